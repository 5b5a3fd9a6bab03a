"""Sets text as large as its place allows, in any script, without ever cutting it off."""

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QTextLayout, QTextOption

_STEP = 2
_READABLE = 40
_SMALLEST = 12


@dataclass(frozen=True, slots=True)
class FittedText:
    """Text set in lines: draw it at a point."""

    layout: QTextLayout
    pixel_size: int
    height: float

    @property
    def lines(self) -> int:
        """In how many lines it stands."""
        return self.layout.lineCount()

    def draw(self, painter: QPainter, left: float, top: float, colour: QColor) -> None:
        """Draw it with its top left corner at a point."""
        painter.setPen(colour)
        self.layout.draw(painter, QPointF(left, top))


def fit_text(
    text: str, font: Callable[[int], QFont], width: float, height: float, largest: int, lines: int
) -> FittedText:
    """Set ``text`` in at most ``lines`` lines, ``width`` wide and ``height`` high, at most ``largest`` pixels large.

    It shrinks word by word first; only what is still too wide at 40 pixels is broken within words.
    """
    smallest = min(_READABLE, largest)
    for size in range(largest, smallest - 1, -_STEP):
        fitted = _set(text, font(size), size, width, QTextOption.WrapMode.WordWrap)
        if _fits(fitted, width, height, lines):
            return fitted
    for size in range(smallest, _SMALLEST, -_STEP):
        fitted = _set(text, font(size), size, width, QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        if fitted.height <= height:
            return fitted
    return _set(text, font(_SMALLEST), _SMALLEST, width, QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)


def _set(text: str, font: QFont, size: int, width: float, wrap: QTextOption.WrapMode) -> FittedText:
    layout = QTextLayout(text, font)
    option = QTextOption(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignAbsolute)
    option.setWrapMode(wrap)
    layout.setTextOption(option)
    layout.setCacheEnabled(True)
    layout.beginLayout()
    height = 0.0
    while (line := layout.createLine()).isValid():
        line.setLineWidth(width)
        line.setPosition(QPointF(0, height))
        height += line.height()
    layout.endLayout()
    return FittedText(layout, size, height)


def _fits(fitted: FittedText, width: float, height: float, lines: int) -> bool:
    layout = fitted.layout
    widest = max((layout.lineAt(at).naturalTextWidth() for at in range(layout.lineCount())), default=0.0)
    return layout.lineCount() <= lines and fitted.height <= height and widest <= width
