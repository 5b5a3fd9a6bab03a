"""The gestures of the mouse on the floor plan: pan, move tables, pull guests off their seats."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtWidgets import QApplication

from ui.planner.table_work import kept_inside

if TYPE_CHECKING:
    from ui.planner.canvas import RoomCanvas


class Gesture(Protocol):
    """Something begun by pressing a button of the mouse."""

    def move(self, place: QPoint) -> None:
        """Follow the pointer, in coordinates of the viewport."""
        ...

    def finish(self, place: QPoint) -> None:
        """The button was let go."""
        ...

    def cancel(self) -> None:
        """Put everything back as it was."""
        ...


class Panning:
    """Moves the room under the pointer; a mere click clears the selection."""

    def __init__(self, canvas: RoomCanvas, start: QPoint) -> None:
        self._canvas = canvas
        self._start = start
        self._last = start
        self._has_moved = False

    def move(self, place: QPoint) -> None:
        """Pan by what the pointer moved."""
        if not self._has_moved and not _is_far(self._start, place):
            return
        self._has_moved = True
        self._canvas.viewport().setCursor(Qt.CursorShape.ClosedHandCursor)
        self._canvas.pan(place - self._last)
        self._last = place

    def finish(self, place: QPoint) -> None:
        """Stop; nothing moved means that somebody clicked on the floor."""
        self._canvas.viewport().unsetCursor()
        if not self._has_moved:
            self._canvas.clear_selection()

    def cancel(self) -> None:
        """Stay where the room is now."""
        self._canvas.viewport().unsetCursor()


class MovingTables:
    """Moves tables with the pointer along the grid; only letting go makes it a change."""

    def __init__(self, canvas: RoomCanvas, table_ids: Sequence[str], start: QPoint) -> None:
        self._canvas = canvas
        self._start = start
        self._from = {one: (canvas.room.table_by_id[one].x, canvas.room.table_by_id[one].y) for one in table_ids}
        self._places: dict[str, tuple[int, int]] = {}

    def move(self, place: QPoint) -> None:
        """Show the tables where they would stand."""
        if not self._places and not _is_far(self._start, place):
            return
        plan = self._canvas.room.plan
        if plan is None:
            return
        way: QPointF = self._canvas.mapToScene(place) - self._canvas.mapToScene(self._start)
        self._places = {one: kept_inside(plan, x + way.x(), y + way.y()) for one, (x, y) in self._from.items()}
        self._canvas.preview_places(self._places)

    def finish(self, place: QPoint) -> None:
        """Ask for the change."""
        moved = {one: new for one, new in self._places.items() if new != self._from[one]}
        if moved:
            self._canvas.tables_moved.emit(moved)

    def cancel(self) -> None:
        """Show the tables where they stand."""
        self._canvas.preview_places(self._from)


class PullingGuests:
    """Begins to carry guests once the pointer has moved far enough from their seats."""

    def __init__(self, canvas: RoomCanvas, attendee_ids: Sequence[str], start: QPoint) -> None:
        self._canvas = canvas
        self._attendee_ids = tuple(attendee_ids)
        self._start = start

    def move(self, place: QPoint) -> None:
        """Hand over to the carrying as soon as it is meant."""
        if _is_far(self._start, place):
            self._canvas.end_gesture()
            self._canvas.guests_pulled.emit(list(self._attendee_ids))

    def finish(self, place: QPoint) -> None:
        """A click: the guest has been selected already."""

    def cancel(self) -> None:
        """Nothing was begun."""


def _is_far(start: QPoint, place: QPoint) -> bool:
    return (place - start).manhattanLength() >= QApplication.startDragDistance()
