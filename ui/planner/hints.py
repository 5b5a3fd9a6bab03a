"""What is said on the plan while guests are carried over it: short words in colour, and a table to come."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QPainter
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from models.operations.seating import NewTable
from models.room import RoomSeat, RoomTable
from models.seating import SeatCategory, Shape
from ui.planner.paints import Paints, SeatLook
from ui.planner.seat_layout import reach, seat_layout
from ui.theme import ColourRole
from ui.widgets.chips import Tone

_HEIGHT = 20.0
_PADDING = 7.0
_OVER_TABLES = 10.0
_OVER_ALL = 20.0
_BACKGROUNDS = {
    Tone.OK: (ColourRole.VERDICT_OK, ColourRole.ON_VERDICT),
    Tone.ACCENT: (ColourRole.ACCENT, ColourRole.ON_ACCENT),
    Tone.WARNING: (ColourRole.VERDICT_WARNING, ColourRole.ON_VERDICT),
    Tone.BAD: (ColourRole.VERDICT_BAD, ColourRole.ON_VERDICT),
}


class HintItem(QGraphicsItem):
    """A few words on a coloured pill, of one size at every zoom; its place is the middle of its lower edge."""

    def __init__(self, paints: Paints, text: str = "", tone: Tone = Tone.OK) -> None:
        super().__init__()
        self._paints = paints
        self._text = text
        self._tone = tone
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemIgnoresTransformations)
        self.setZValue(_OVER_TABLES)

    @property
    def text(self) -> str:
        """What is said."""
        return self._text

    @property
    def tone(self) -> Tone:
        """How it is meant."""
        return self._tone

    def say(self, text: str, tone: Tone) -> None:
        """Say something else, above all that is said elsewhere."""
        self.setZValue(_OVER_ALL)
        if (text, tone) != (self._text, self._tone):
            self.prepareGeometryChange()
            self._text, self._tone = text, tone
            self.update()

    def boundingRect(self) -> QRectF:
        font = self._paints.font(11, QFont.Weight.DemiBold)
        width = QFontMetricsF(font).horizontalAdvance(self._text) + 2 * _PADDING
        return QRectF(-width / 2, -_HEIGHT, width, _HEIGHT)

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        ground, ink = _BACKGROUNDS[self._tone]
        box = self.boundingRect()
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._paints.colour(ground))
        painter.drawRoundedRect(box, 5, 5)
        painter.setFont(self._paints.font(11, QFont.Weight.DemiBold))
        painter.setPen(self._paints.colour(ink))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, self._text)


class GhostTable(QGraphicsItem):
    """The outline of the table that would be put where the pointer is."""

    def __init__(self, paints: Paints, table: NewTable, taken: int) -> None:
        """Draw a table to come; the first ``taken`` of its seats would be sat on."""
        super().__init__()
        self._paints = paints
        self._table = _as_room_table(table)
        self._taken = taken
        self._layout = seat_layout(self._table)
        self.setPos(table.x, table.y)
        self.setZValue(_OVER_TABLES - 1)

    def boundingRect(self) -> QRectF:
        far = reach(self._table) + 100
        return QRectF(-far, -far, 2 * far, 2 * far)

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        pen = self._paints.pen(ColourRole.OK, 1.6, Qt.PenStyle.DashLine)
        painter.setPen(pen)
        painter.setBrush(self._paints.colour(ColourRole.OK_SOFT))
        painter.drawEllipse(QPointF(0, 0), self._table.width / 2, self._table.height / 2)
        for place, spot in enumerate(self._layout.spots):
            ink = self._paints.seats[SeatLook.CHOSEN if place < self._taken else SeatLook.OFFERED]
            painter.setPen(ink.pen)
            painter.setBrush(ink.brush)
            painter.drawEllipse(QPointF(spot.x, spot.y), self._layout.radius, self._layout.radius)


def _as_room_table(table: NewTable) -> RoomTable:
    seats = tuple(RoomSeat(seat.seat_id, seat.number, SeatCategory.REGULAR, False, False) for seat in table.seats)
    return RoomTable(
        table.table_id, table.label, Shape(table.shape), table.x, table.y, table.turn, table.width, table.height, seats
    )
