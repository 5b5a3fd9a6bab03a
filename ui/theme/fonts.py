"""Loads the bundled Inter and names the families that stand in for scripts it does not cover."""

import logging
from importlib.resources import files

from PySide6.QtCore import QByteArray
from PySide6.QtGui import QFont, QFontDatabase

BUNDLED_FAMILY = "Inter"
BODY_SIZE = 13

# Inter covers Latin, Greek and Cyrillic. The rest comes from what Linux, macOS and Windows ship.
FALLBACK_FAMILIES = (
    "Noto Sans",
    "Noto Sans Arabic",
    "Noto Sans Hebrew",
    "Noto Sans Devanagari",
    "Noto Sans Thai",
    "Noto Sans CJK SC",
    "Noto Sans CJK JP",
    "Noto Sans CJK KR",
    "Segoe UI",
    "Microsoft YaHei UI",
    "Yu Gothic UI",
    "Malgun Gothic",
    "PingFang SC",
    "Hiragino Sans",
    "Apple SD Gothic Neo",
    "Geeza Pro",
    "DejaVu Sans",
    "Droid Sans Fallback",
)

_log = logging.getLogger(__name__)


def load_bundled_fonts() -> None:
    """Make the bundled font known to Qt; does nothing when it already is.

    A file that cannot be loaded costs a log line: Qt then uses the system's font.
    """
    if BUNDLED_FAMILY in QFontDatabase.families():
        return
    folder = files("resources") / "fonts"
    for entry in sorted(folder.iterdir(), key=lambda item: item.name):
        if not entry.name.endswith(".ttf"):
            continue
        if QFontDatabase.addApplicationFontFromData(QByteArray(entry.read_bytes())) < 0:
            _log.warning("The font file %s could not be loaded; the system's font is used instead.", entry.name)


def text_font(size: float = BODY_SIZE, weight: QFont.Weight = QFont.Weight.Normal) -> QFont:
    """Return Inter with tabular figures at `size` logical pixels."""
    font = QFont()
    known = set(QFontDatabase.families())
    font.setFamilies([BUNDLED_FAMILY, *(family for family in FALLBACK_FAMILIES if family in known)])
    font.setPixelSize(round(size))
    font.setWeight(weight)
    font.setFeature(QFont.Tag("tnum"), 1)
    return font
