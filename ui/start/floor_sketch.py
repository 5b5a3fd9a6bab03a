"""A small drawing of a room full of tables, for the sample's card."""

import math
from typing import NamedTuple

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFont, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from ui.theme import ColourRole, Theme
from ui.theme.style import ThemedWidget

_SEATS = 8


_PITCH = 64.0
_ROW_PITCH = 54.0
_TABLES_IN_A_ROW = 6
# How many of its eight seats are taken at one table after the other, and how far it stands off its row.
_TAKEN = (8, 6, 8, 3, 8, 7, 7, 8, 5, 0, 8, 8, 4, 8, 8, 6, 8)
_DRIFT = (2.0, -3.0, 3.0, -2.0, 1.0, -2.0, 0.0, 2.0, 0.0, 2.0, -1.0)


class _SketchTable(NamedTuple):
    """A table's place, in units of which a full row is about 390 wide, and how many seats are taken."""

    x: float
    y: float
    taken: int


class FloorSketch(ThemedWidget):
    """Paints part of a seating plan, as a taste of what opens; it carries no information."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self.setMinimumHeight(132)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def sizeHint(self) -> QSize:
        return QSize(480, 176)

    def paintEvent(self, event: QPaintEvent) -> None:
        colours = self.theme.colours
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        frame = QRectF(self.rect())
        room = QPainterPath()
        room.addRoundedRect(frame, 9, 9)
        painter.setClipPath(room)
        painter.fillRect(frame, colours.of(ColourRole.BACKGROUND))
        self._paint_dots(painter, frame)
        unit = frame.width() / (_PITCH * (_TABLES_IN_A_ROW + 0.1))
        for number, table in enumerate(_tables(frame.height() / unit), start=1):
            self._paint_table(painter, table, number, unit)

    def _paint_dots(self, painter: QPainter, frame: QRectF) -> None:
        painter.setPen(QPen(self.theme.colours.of(ColourRole.LINE), 1.5))
        for x in range(10, int(frame.width()), 20):
            for y in range(10, int(frame.height()), 20):
                painter.drawPoint(QPointF(x, y))

    def _paint_table(self, painter: QPainter, table: _SketchTable, number: int, unit: float) -> None:
        colours = self.theme.colours
        centre = QPointF(table.x * unit, table.y * unit)
        empty = table.taken == 0
        for seat in range(_SEATS):
            turn = 2 * math.pi * seat / _SEATS - math.pi / 2
            place = centre + QPointF(math.cos(turn), math.sin(turn)) * 17.5 * unit
            if seat < table.taken:
                painter.setPen(QPen(colours.of(ColourRole.ACCENT), 1))
                painter.setBrush(colours.of(ColourRole.ACCENT_SOFT))
            else:
                painter.setPen(QPen(colours.of(ColourRole.OK if empty else ColourRole.LINE), 1))
                painter.setBrush(colours.of(ColourRole.OK_SOFT if empty else ColourRole.SURFACE))
            painter.drawEllipse(place, 4.6 * unit, 4.6 * unit)
        painter.setPen(QPen(colours.of(ColourRole.OK if empty else ColourRole.LINE), 1.2))
        painter.setBrush(colours.of(ColourRole.OK_SOFT if empty else ColourRole.SURFACE))
        painter.drawEllipse(centre, 10.5 * unit, 10.5 * unit)
        painter.setPen(colours.of(ColourRole.TEXT))
        painter.setFont(self.theme.font(max(9.0, min(12.0, 8 * unit)), QFont.Weight.DemiBold))
        box = QRectF(centre.x() - 20, centre.y() - 20, 40, 40)
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, str(number))


def _tables(height: float) -> list[_SketchTable]:
    # Rows of six and five in turn, each set between those above, until the drawing is full.
    tables: list[_SketchTable] = []
    y = 30.0
    row = 0
    while y - 22 < height:
        shifted = row % 2
        for place in range(_TABLES_IN_A_ROW - shifted):
            number = len(tables)
            x = _PITCH * (place + 0.55 + shifted / 2)
            tables.append(_SketchTable(x, y + _DRIFT[number % len(_DRIFT)], _TAKEN[number % len(_TAKEN)]))
        y += _ROW_PITCH
        row += 1
    return tables
