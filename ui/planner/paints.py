"""The colours, lines and letters that the floor plan is drawn with."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from PySide6.QtCore import Qt
from PySide6.QtGui import QBrush, QColor, QFont, QFontMetricsF, QPen, QStaticText

from ui.theme import ColourRole, Theme

FULL_SCALE = 0.06
"""Pixels for one millimetre at 100 %."""
NAMES_FROM = 0.35
"""Below this zoom nothing is written on seats: it could not be read, and would cost two thirds of a frame."""
INITIALS_SIZE, COUNT_SIZE, LABEL_SIZE = 224, 250, 400
"""Heights of the three kinds of letters, in millimetres on the floor."""


class SeatLook(Enum):
    """How a seat is drawn."""

    TAKEN = auto()
    UNSURE = auto()
    FREE = auto()
    BLOCKED = auto()
    OFFERED = auto()
    LACKING = auto()
    CHOSEN = auto()
    SELECTED = auto()


class TableLook(Enum):
    """How the top of a table is drawn."""

    CALM = auto()
    FITS = auto()
    TOO_FULL = auto()


@dataclass(frozen=True, slots=True)
class Ink:
    """What a shape is filled and outlined with."""

    brush: QBrush
    pen: QPen


@dataclass(frozen=True, slots=True)
class Lines:
    """A word laid out once, with the font it is drawn in; width and height in millimetres."""

    text: QStaticText
    font: QFont
    width: float
    height: float


class Paints:
    """Keeps the inks of a theme, and each word laid out once however often it stands on the plan."""

    def __init__(self, theme: Theme) -> None:
        self._theme = theme
        self._words: dict[tuple[str, int, int, int], Lines] = {}
        self._fonts: dict[tuple[int, int], QFont] = {}
        self.seats: dict[SeatLook, Ink] = {}
        self.tables: dict[TableLook, Ink] = {}
        self.refresh()

    def refresh(self) -> None:
        """Take the colours which the theme has now."""
        role = ColourRole
        solid, dashed = Qt.PenStyle.SolidLine, Qt.PenStyle.DashLine
        self.seats = {
            SeatLook.TAKEN: self._ink(role.ACCENT_SOFT, role.ACCENT, 1.0, solid),
            SeatLook.UNSURE: self._ink(role.ACCENT_SOFT, role.ACCENT, 1.0, dashed),
            SeatLook.FREE: self._ink(role.SURFACE, role.LINE, 1.2, dashed),
            SeatLook.BLOCKED: self._ink(role.LINE, role.LINE, 1.0, solid),
            SeatLook.OFFERED: self._ink(role.OK_SOFT, role.OK, 1.4, solid),
            SeatLook.LACKING: self._ink(role.SURFACE, role.BAD, 1.4, solid),
            SeatLook.CHOSEN: self._ink(role.OK, role.OK, 1.4, solid),
            SeatLook.SELECTED: self._ink(role.ACCENT, role.ACCENT, 1.4, solid),
        }
        self.tables = {
            TableLook.CALM: self._ink(role.SURFACE, role.LINE, 1.4, solid),
            TableLook.FITS: self._ink(role.OK_SOFT, role.OK, 2.0, solid),
            TableLook.TOO_FULL: self._ink(role.BAD_SOFT, role.BAD, 2.0, solid),
        }

    def colour(self, role: ColourRole) -> QColor:
        """Give a colour of the theme."""
        return self._theme.colours.of(role)

    def pen(self, role: ColourRole, width: float = 1.0, style: Qt.PenStyle = Qt.PenStyle.SolidLine) -> QPen:
        """Give a pen that is ``width`` pixels wide at every zoom."""
        pen = QPen(self.colour(role), width, style)
        pen.setCosmetic(True)
        return pen

    def lines(self, text: str, size: int, weight: QFont.Weight, room: float = 0.0) -> Lines:
        """Give a word ready to draw, ``size`` millimetres high, shortened to ``room`` millimetres if that is given."""
        key = (text, size, weight.value, round(room))
        if key not in self._words:
            font = self.font(size, weight)
            if room:
                text = QFontMetricsF(font).elidedText(text, Qt.TextElideMode.ElideRight, room)
            static = QStaticText(text)
            static.setTextFormat(Qt.TextFormat.PlainText)
            static.setPerformanceHint(QStaticText.PerformanceHint.AggressiveCaching)
            static.prepare(font=font)
            self._words[key] = Lines(static, font, static.size().width(), static.size().height())
        return self._words[key]

    def font(self, size: int, weight: QFont.Weight) -> QFont:
        """Give the font of a size; looking one up takes long enough to see, so each is kept."""
        key = (size, weight.value)
        if key not in self._fonts:
            self._fonts[key] = self._theme.font(size, weight)
        return self._fonts[key]

    def _ink(self, fill: ColourRole, line: ColourRole, width: float, style: Qt.PenStyle) -> Ink:
        return Ink(QBrush(self.colour(fill)), self.pen(line, width, style))
