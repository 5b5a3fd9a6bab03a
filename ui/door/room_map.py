"""Draws a room small, with the tables as dots and the wanted ones bright."""

from collections.abc import Collection

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPen

from models.door_desk import RoomSketch, TableSpot
from ui.theme import Theme

_ROOM = 0.16
_FIXTURE = 0.16
_DOT = 0.30
_SOLID_FIXTURES = frozenset({"stage", "bar", "dance_floor"})
_LABEL_FROM = 9.0
_GROWN = 1.25


def paint_room(
    painter: QPainter,
    theme: Theme,
    room: RoomSketch,
    table_ids: Collection[str],
    place: QRectF,
    ink: QColor,
    ground: QColor,
) -> QRectF:
    """Paint a room at the left foot of ``place``, in shades of ``ink``; the tables in ``table_ids`` fully.

    ``ground`` is the colour behind it, for the labels. Gives the rectangle that the room covers.
    """
    scale = min(place.width() / room.width, place.height() / room.height)
    area = QRectF(0, 0, room.width * scale, room.height * scale)
    area.moveBottomLeft(place.bottomLeft())
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(_faint(ink, _ROOM * 2), 1.5))
    painter.setBrush(_faint(ink, _ROOM / 2))
    painter.drawRoundedRect(area, 8, 8)
    painter.translate(area.topLeft())
    painter.setPen(Qt.PenStyle.NoPen)
    for fixture in room.fixtures:
        if fixture["kind"] in _SOLID_FIXTURES or fixture["kind"] == "door":
            painter.setBrush(_faint(ink, _FIXTURE if fixture["kind"] != "door" else 0.7))
            thinnest = 4.0 if fixture["kind"] == "door" else 1.0
            size = (max(fixture["width"] * scale, thinnest), max(fixture["height"] * scale, thinnest))
            _paint_turned(painter, fixture["x"] * scale, fixture["y"] * scale, size, fixture["turn"], 2.0)
    bright = [table for table in room.tables if table.table_id in table_ids]
    painter.setBrush(_faint(ink, _DOT))
    for table in room.tables:
        if table.table_id not in table_ids:
            _paint_table(painter, table, scale, 0.92)
    for table in bright:
        painter.setBrush(ink)
        _paint_table(painter, table, scale, _GROWN)
        radius = min(table.width, table.height) * scale * _GROWN / 2
        if radius >= _LABEL_FROM:
            painter.setFont(theme.font(min(radius * 0.95, 16.0), QFont.Weight.Bold))
            painter.setPen(ground)
            middle = QPointF(table.x * scale, table.y * scale)
            box = QRectF(middle.x() - 40, middle.y() - 20, 80, 40)
            if painter.fontMetrics().horizontalAdvance(table.label) <= radius * 1.9:
                painter.drawText(box, Qt.AlignmentFlag.AlignCenter, table.label)
            painter.setPen(Qt.PenStyle.NoPen)
    painter.restore()
    return area


def _paint_table(painter: QPainter, table: TableSpot, scale: float, grown: float) -> None:
    width, height = max(table.width * scale * grown, 5.0), max(table.height * scale * grown, 5.0)
    if table.is_round:
        painter.drawEllipse(QPointF(table.x * scale, table.y * scale), width / 2, height / 2)
    else:
        _paint_turned(painter, table.x * scale, table.y * scale, (width, height), table.turn, 3.0)


def _paint_turned(painter: QPainter, x: float, y: float, size: tuple[float, float], turn: int, radius: float) -> None:
    painter.save()
    painter.translate(x, y)
    painter.rotate(turn)
    painter.drawRoundedRect(QRectF(-size[0] / 2, -size[1] / 2, *size), radius, radius)
    painter.restore()


def _faint(ink: QColor, strength: float) -> QColor:
    colour = QColor(ink)
    colour.setAlphaF(strength)
    return colour
