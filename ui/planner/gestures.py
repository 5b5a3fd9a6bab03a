"""Puts guests down on the plan as a person would, by events sent to the viewport: for tests and the guided tour."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QMimeData, QPoint, QPointF, Qt
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDragMoveEvent, QDropEvent
from PySide6.QtWidgets import QAbstractScrollArea, QApplication, QWidget

from ui.planner.canvas import RoomCanvas
from ui.planner.carrying import parcel

_LEFT = Qt.MouseButton.LeftButton
_PLAIN = Qt.KeyboardModifier.NoModifier
_MOVE = Qt.DropAction.MoveAction


def drag_over(canvas: RoomCanvas, attendee_ids: Sequence[str], floor: QPointF) -> bool:
    """Carry guests to a point of the floor (millimetres) and stay there; tells whether they would be taken."""
    return hold(canvas, parcel(attendee_ids), canvas.mapFromScene(floor))


def drop_on(canvas: RoomCanvas, attendee_ids: Sequence[str], floor: QPointF) -> bool:
    """Carry guests to a point of the floor (millimetres) and let go; tells whether they were taken."""
    return drop(canvas, parcel(attendee_ids), canvas.mapFromScene(floor))


def drag_away(view: QWidget) -> None:
    """Carry away again what was held over a view."""
    QApplication.sendEvent(_surface(view), QDragLeaveEvent())


def hold(view: QWidget, mime: QMimeData, place: QPoint) -> bool:
    """Carry anything over a view to a point of its viewport; tells whether it would be taken there."""
    surface = _surface(view)
    enter = QDragEnterEvent(place, _MOVE, mime, _LEFT, _PLAIN)
    QApplication.sendEvent(surface, enter)
    if not enter.isAccepted():
        return False
    move = QDragMoveEvent(place, _MOVE, mime, _LEFT, _PLAIN)
    QApplication.sendEvent(surface, move)
    return move.isAccepted()


def drop(view: QWidget, mime: QMimeData, place: QPoint) -> bool:
    """Carry anything over a view and let go at a point of its viewport; tells whether it was taken.

    What a view refuses while it is held there is carried away again, as Qt does with a real drag.
    """
    if not hold(view, mime, place):
        drag_away(view)
        return False
    let_go = QDropEvent(QPointF(place), _MOVE, mime, _LEFT, _PLAIN, QEvent.Type.Drop)
    QApplication.sendEvent(_surface(view), let_go)
    return let_go.isAccepted()


def _surface(view: QWidget) -> QWidget:
    return view.viewport() if isinstance(view, QAbstractScrollArea) else view
