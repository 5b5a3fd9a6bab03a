"""One table on the floor plan, with its seats and the people on them."""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPainterPath, QStaticText, QTransform
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from models.invitations import Rsvp
from models.room import RoomSeat, RoomTable
from models.seating import Shape
from ui.planner.paints import (
    COUNT_SIZE,
    FULL_SCALE,
    INITIALS_SIZE,
    LABEL_SIZE,
    NAMES_FROM,
    Lines,
    Paints,
    SeatLook,
    TableLook,
)
from ui.planner.seat_layout import SeatLayout, seat_layout
from ui.theme import ColourRole

_MARGIN = 160.0
"""Room for outlines and markers around the seats, in millimetres."""
_MARKER_RADIUS = 98.0
_CORNER = 130.0
_LABELS_FROM = 0.12
_HALF_WAY = 0.7


@dataclass(frozen=True, slots=True)
class Hit:
    """What lies under a point: a table, and one of its seats if the point is on one."""

    table_id: str
    seat_id: str | None


class TableItem(QGraphicsItem):
    """Draws one table as it was last told; it changes nothing and asks nobody."""

    def __init__(self, paints: Paints, table: RoomTable) -> None:
        super().__init__()
        self._paints = paints
        self._table = table
        self._look = TableLook.CALM
        self._chosen: frozenset[str] = frozenset()
        self._is_selected = False
        self._selected_guests: frozenset[str] = frozenset()
        self._bounds = QRectF()
        self._body = QPainterPath()
        self._layout = SeatLayout((), 0.0)
        self._seat_paths: list[tuple[SeatLook, QPainterPath]] = []
        self._names: list[tuple[QPointF, QStaticText, bool]] = []
        self._markers = QPainterPath()
        self._label: Lines | None = None
        self._count: Lines | None = None
        self.show_table(table)

    @property
    def table(self) -> RoomTable:
        """The table as it is drawn."""
        return self._table

    def show_table(self, table: RoomTable) -> None:
        """Draw this table from now on, at its own place."""
        self.prepareGeometryChange()
        self._table = table
        self._layout = seat_layout(table)
        self._body = self._body_path()
        self.setPos(table.x, table.y)
        self._arrange()

    def show_offer(self, look: TableLook, chosen: Collection[str] = ()) -> None:
        """Glow while guests are carried; ``chosen`` are the seats they would get."""
        if (look, frozenset(chosen)) != (self._look, self._chosen):
            self._look, self._chosen = look, frozenset(chosen)
            self._arrange()

    def show_selection(self, is_selected: bool, guests: Collection[str]) -> None:
        """Mark the table, or some who sit at it (attendee ids)."""
        here = frozenset(guests) & {guest.attendee_id for guest in self._table.sitting}
        if (is_selected, here) != (self._is_selected, self._selected_guests):
            self._is_selected, self._selected_guests = is_selected, here
            self._arrange()

    def refresh(self) -> None:
        """Draw in the colours of now."""
        self._arrange()

    def seat_centre(self, seat_id: str) -> QPointF:
        """Give the middle of a seat on the floor. Raises `KeyError` when the table has no such seat."""
        for seat, spot in zip(self._table.seats, self._layout.spots, strict=True):
            if seat.id == seat_id:
                return self.pos() + QPointF(spot.x, spot.y)
        raise KeyError(seat_id)

    def hit(self, floor: QPointF) -> Hit | None:
        """Give what of this table lies under a point of the floor."""
        point = floor - self.pos()
        reach = self._layout.radius**2 * 1.2
        for seat, spot in zip(self._table.seats, self._layout.spots, strict=True):
            if (spot.x - point.x()) ** 2 + (spot.y - point.y()) ** 2 <= reach:
                return Hit(self._table.id, seat.id)
        if self._body.contains(point):
            return Hit(self._table.id, None)
        return None

    @property
    def top(self) -> QPointF:
        """The middle of the upper edge of what is drawn, on the floor."""
        return self.pos() + QPointF(0, self._bounds.top() + _MARGIN)

    def boundingRect(self) -> QRectF:
        return self._bounds

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        zoom = option.levelOfDetailFromTransform(painter.worldTransform()) / FULL_SCALE
        self._paint_body(painter)
        for look, path in self._seat_paths:
            ink = self._paints.seats[look]
            painter.setBrush(ink.brush)
            painter.setPen(ink.pen)
            painter.drawPath(path)
        if zoom >= NAMES_FROM:
            self._paint_names(painter)
        if zoom >= _LABELS_FROM:
            self._paint_label(painter, zoom)
        if not self._markers.isEmpty():
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self._paints.colour(ColourRole.WARNING))
            painter.drawPath(self._markers)

    def _paint_body(self, painter: QPainter) -> None:
        ink = self._paints.tables[self._look]
        painter.setBrush(ink.brush)
        selected = self._is_selected and self._look is TableLook.CALM
        painter.setPen(self._paints.pen(ColourRole.ACCENT, 2.4) if selected else ink.pen)
        painter.drawPath(self._body)

    def _paint_names(self, painter: QPainter) -> None:
        painter.setFont(self._paints.font(INITIALS_SIZE, QFont.Weight.DemiBold))
        ink, on_strong = self._paints.colour(ColourRole.ACCENT_INK), self._paints.colour(ColourRole.ON_ACCENT)
        for place, text, is_strong in self._names:
            painter.setPen(on_strong if is_strong else ink)
            painter.drawStaticText(place, text)

    def _paint_label(self, painter: QPainter, zoom: float) -> None:
        if self._label is None or self._count is None:
            return
        both = zoom >= NAMES_FROM
        height = self._label.height * 0.86 + (self._count.height * 0.9 if both else 0)
        top = -height / 2
        self._draw(painter, self._label, top - self._label.height * 0.07, self._ink_of_label(ColourRole.TEXT))
        if both:
            muted = self._ink_of_label(ColourRole.MUTED)
            self._draw(painter, self._count, top + self._label.height * 0.84, muted)

    def _ink_of_label(self, role: ColourRole) -> QColor:
        on_soft = role is ColourRole.MUTED and self._look is not TableLook.CALM
        return self._paints.colour(ColourRole.MUTED_INK if on_soft else role)

    @staticmethod
    def _draw(painter: QPainter, lines: Lines, top: float, colour: QColor) -> None:
        painter.setFont(lines.font)
        painter.setPen(colour)
        painter.drawStaticText(QPointF(-lines.width / 2, top), lines.text)

    def _body_path(self) -> QPainterPath:
        table, path = self._table, QPainterPath()
        box = QRectF(-table.width / 2, -table.height / 2, table.width, table.height)
        if table.shape is Shape.ROUND:
            path.addEllipse(box)
            return path
        path.addRoundedRect(box, _CORNER, _CORNER)
        return QTransform().rotate(table.turn).map(path)

    def _arrange(self) -> None:
        """Lay out once what `paint` draws many times."""
        table, radius = self._table, self._layout.radius
        paths: dict[SeatLook, QPainterPath] = {}
        self._names, self._markers = [], QPainterPath()
        for seat, spot in zip(table.seats, self._layout.spots, strict=True):
            centre = QPointF(spot.x, spot.y)
            look = self._seat_look(seat)
            paths.setdefault(look, QPainterPath()).addEllipse(centre, radius, radius)
            if seat.guest is None:
                continue
            lines = self._paints.lines(seat.guest.initials, INITIALS_SIZE, QFont.Weight.DemiBold)
            strong = look in (SeatLook.SELECTED, SeatLook.CHOSEN)
            self._names.append((centre - QPointF(lines.width / 2, lines.height / 2), lines.text, strong))
            if seat.guest.markers:
                self._markers.addEllipse(centre + QPointF(radius, -radius) * 0.72, _MARKER_RADIUS, _MARKER_RADIUS)
        self._seat_paths = list(paths.items())
        self._label = self._paints.lines(table.label, LABEL_SIZE, QFont.Weight.DemiBold, self._room_for_label())
        self._count = self._paints.lines(f"{len(table.sitting)}/{len(table.seats)}", COUNT_SIZE, QFont.Weight.Normal)
        bounds = self._body.boundingRect()
        for path in paths.values():
            bounds = bounds.united(path.boundingRect())
        grown = bounds.adjusted(-_MARGIN, -_MARGIN, _MARGIN, _MARGIN)
        if grown != self._bounds:
            self.prepareGeometryChange()
            self._bounds = grown
        self.update()

    def _room_for_label(self) -> float:
        table = self._table
        lies_across = abs(math.cos(math.radians(table.turn))) > _HALF_WAY
        return 0.9 * (table.width if lies_across or table.shape is Shape.ROUND else table.height)

    def _seat_look(self, seat: RoomSeat) -> SeatLook:
        if seat.id in self._chosen:
            return SeatLook.CHOSEN
        if seat.guest is not None:
            if seat.guest.attendee_id in self._selected_guests:
                return SeatLook.SELECTED
            return SeatLook.UNSURE if seat.guest.rsvp is Rsvp.PENDING else SeatLook.TAKEN
        if seat.blocked:
            return SeatLook.BLOCKED
        offered = {TableLook.FITS: SeatLook.OFFERED, TableLook.TOO_FULL: SeatLook.LACKING}
        return offered.get(self._look, SeatLook.FREE)
