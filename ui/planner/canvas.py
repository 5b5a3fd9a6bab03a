"""The floor plan to scale: shows the room, zooms and pans, and takes in what is dragged over it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QFocusEvent,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
)
from PySide6.QtWidgets import QToolTip, QWidget

from models.room import EMPTY_ROOM, Room
from ui.planner.carrying import unpacked
from ui.planner.floor import paint_floor
from ui.planner.offer import Offer
from ui.planner.paints import Paints
from ui.planner.placing import AtSeat, AtTable, OnFloor, Target
from ui.planner.pointer import Gesture, MovingTables, Panning, PullingGuests
from ui.planner.scaled_view import ScaledView
from ui.planner.table_item import Hit, TableItem
from ui.planner.table_work import GRID, kept_inside, snapped
from ui.planner.words import seat_words
from ui.theme import ColourRole, Theme

_PAN_STEP = 60
_FAR_STEP = 10
_NUDGE_REST = 350
_ARROWS = {
    Qt.Key.Key_Left: QPoint(-1, 0),
    Qt.Key.Key_Right: QPoint(1, 0),
    Qt.Key.Key_Up: QPoint(0, -1),
    Qt.Key.Key_Down: QPoint(0, 1),
}


class RoomCanvas(ScaledView):
    """Shows one room and says what people do to it; it changes nothing itself.

    Coordinates of the scene are millimetres of the floor. The items follow the rows: `show_room` draws again
    only the tables that differ.
    """

    plan_dropped = Signal(object)
    tables_moved = Signal(dict)
    turn_requested = Signal(int)
    removal_requested = Signal()
    rename_requested = Signal()
    seat_choice_requested = Signal()
    guests_pulled = Signal(list)
    menu_requested = Signal(object, QPoint)
    selection_changed = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._paints = Paints(theme)
        self._room = EMPTY_ROOM
        self._items: dict[str, TableItem] = {}
        self._selected_tables: frozenset[str] = frozenset()
        self._selected_guests: frozenset[str] = frozenset()
        self._offer: Offer | None = None
        self._is_offer_announced = False
        self._gesture: Gesture | None = None
        self._space_held = False
        self._nudged: dict[str, tuple[int, int]] = {}
        self._nudge_rest = QTimer(self)
        self._nudge_rest.setSingleShot(True)
        self._nudge_rest.setInterval(_NUDGE_REST)
        self._nudge_rest.timeout.connect(self._end_nudge)
        theme.changed.connect(self._on_theme_changed)

        self.setAcceptDrops(True)
        self.viewport().setAcceptDrops(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(self.tr("Floor plan"))
        self.setAccessibleDescription(
            self.tr("The tables and their seats are listed beside the plan, with everything that can be done here.")
        )

    # -- what is shown --------------------------------------------------------------------------------

    @property
    def room(self) -> Room:
        """The room as it is shown."""
        return self._room

    @property
    def selected_tables(self) -> frozenset[str]:
        """The ids of the tables that are selected."""
        return self._selected_tables

    @property
    def selected_guests(self) -> frozenset[str]:
        """The attendee ids of those who are selected on their seats."""
        return self._selected_guests

    @property
    def hint(self) -> str:
        """What is said at the pointer while guests are carried over the plan."""
        return "" if self._offer is None else self._offer.hint

    def show_room(self, room: Room) -> None:
        """Show this room; only tables that differ are drawn again."""
        offered = self._offer.attendee_ids if self._offer is not None else ()
        is_announced = self._is_offer_announced
        self.withdraw()
        has_new_walls = room.plan != self._room.plan
        self._room = room
        for table_id in self._items.keys() - room.table_by_id.keys():
            self.scene().removeItem(self._items.pop(table_id))
        for table in room.tables:
            item = self._items.get(table.id)
            if item is None:
                self._items[table.id] = item = TableItem(self._paints, table)
                self.scene().addItem(item)
            elif item.table != table or (item.x(), item.y()) != (table.x, table.y):
                item.show_table(table)
        if has_new_walls and room.plan is not None:
            self.set_floor(QRectF(0, 0, room.plan.width, room.plan.height))
        self._select(
            self._selected_tables & room.table_by_id.keys(),
            {one for one in self._selected_guests if room.table_at_which(one) is not None},
        )
        if offered and all(one in room.guests for one in offered):
            self._begin_offer(offered)
            self._is_offer_announced = is_announced

    def item_of(self, table_id: str) -> TableItem:
        """Give the item that draws a table. Raises `KeyError` when it is not in the room."""
        return self._items[table_id]

    def position_of_table(self, table_id: str) -> QPoint:
        """Give the middle of a table, in coordinates of the viewport. Raises `KeyError` when it is not in the room."""
        return self.mapFromScene(self._items[table_id].pos())

    def position_of_seat(self, seat_id: str) -> QPoint:
        """Give the middle of a seat, in coordinates of the viewport. Raises `KeyError` when it is not in the room."""
        return self.mapFromScene(self.floor_of_seat(seat_id))

    def floor_of_seat(self, seat_id: str) -> QPointF:
        """Give the middle of a seat on the floor. Raises `KeyError` when it is not in the room."""
        return self._items[self._room.table_of_seat[seat_id].id].seat_centre(seat_id)

    def preview_places(self, places: Mapping[str, tuple[int, int]]) -> None:
        """Draw tables elsewhere without changing anything, while a gesture goes on."""
        for table_id, (x, y) in places.items():
            if table_id in self._items:
                self._items[table_id].setPos(x, y)

    def show_as_stored(self) -> None:
        """Draw every table where its row says, after a change that was refused."""
        self.preview_places({table.id: (table.x, table.y) for table in self._room.tables})

    # -- selection --------------------------------------------------------------------------------

    def select_tables(self, table_ids: Iterable[str]) -> None:
        """Select these tables and nothing else."""
        self._select(frozenset(table_ids), frozenset())

    def select_guests(self, attendee_ids: Iterable[str]) -> None:
        """Select these seated guests and nothing else."""
        self._select(frozenset(), frozenset(attendee_ids))

    def clear_selection(self) -> None:
        """Select nothing."""
        self._select(frozenset(), frozenset())

    def show_table(self, table_id: str) -> None:
        """Move a table into sight if it is not. Raises `KeyError` when it is not in the room."""
        place = self.position_of_table(table_id)
        if not self.viewport().rect().adjusted(60, 60, -60, -60).contains(place):
            self.pan(self.viewport().rect().center() - place)

    def _select(self, tables: Iterable[str], guests: Iterable[str]) -> None:
        chosen = frozenset(tables), frozenset(guests)
        differs = chosen != (self._selected_tables, self._selected_guests)
        self._selected_tables, self._selected_guests = chosen
        for table_id, item in self._items.items():
            item.show_selection(table_id in chosen[0], chosen[1])
        if differs:
            self.selection_changed.emit()

    # -- carried guests ---------------------------------------------------------------------------

    def offer(self, attendee_ids: Sequence[str]) -> None:
        """Make the places glow where these attendees fit, until `withdraw`."""
        self._begin_offer(attendee_ids)
        self._is_offer_announced = True

    def withdraw(self) -> None:
        """End the glow."""
        self._is_offer_announced = False
        if self._offer is not None:
            self._offer.end()
            self._offer = None

    def _begin_offer(self, attendee_ids: Sequence[str]) -> Offer:
        if self._offer is None or self._offer.attendee_ids != tuple(attendee_ids):
            self.withdraw()
            self._offer = Offer(self.scene(), self._paints, self._room, self._items, attendee_ids)
        return self._offer

    def target_at(self, place: QPoint) -> Target:
        """Give where guests would be put down at a point of the viewport."""
        hit = self.hit(place)
        if hit is not None:
            return AtTable(hit.table_id) if hit.seat_id is None else AtSeat(hit.table_id, hit.seat_id)
        floor = self.mapToScene(place)
        return OnFloor(snapped(floor.x()), snapped(floor.y()))

    def hit(self, place: QPoint) -> Hit | None:
        """Give the table, and its seat, at a point of the viewport."""
        floor = self.mapToScene(place)
        for item in self.scene().items(floor, Qt.ItemSelectionMode.IntersectsItemBoundingRect):
            found = item.hit(floor) if isinstance(item, TableItem) else None
            if found is not None:
                return found
        return None

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        ids = unpacked(event.mimeData())
        if ids and self._room.plan is not None:
            self._begin_offer(ids)
            event.acceptProposedAction()
        else:
            event.ignore()

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        if self._offer is None:
            event.ignore()
            return
        # Asked for at every place, also where it is refused: else Qt would not ask again in the same rectangle.
        event.setDropAction(Qt.DropAction.MoveAction)
        event.setAccepted(self._offer.hover(self.target_at(event.position().toPoint())).fits)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        # Guests picked up in this window are still being carried; those from elsewhere are gone.
        if self._offer is not None and self._is_offer_announced:
            self._offer.leave()
        else:
            self.withdraw()

    def dropEvent(self, event: QDropEvent) -> None:
        ids = unpacked(event.mimeData())
        if not ids:
            event.ignore()
            return
        plan = self._begin_offer(ids).hover(self.target_at(event.position().toPoint()))
        self.withdraw()
        event.setDropAction(Qt.DropAction.MoveAction)
        event.setAccepted(plan.fits)
        self.plan_dropped.emit(plan)

    # -- the mouse --------------------------------------------------------------------------------

    def end_gesture(self) -> None:
        """Forget the gesture that is going on."""
        self._gesture = None

    def mousePressEvent(self, event: QMouseEvent) -> None:
        place = event.position().toPoint()
        middle = event.button() == Qt.MouseButton.MiddleButton
        if middle or (event.button() == Qt.MouseButton.LeftButton and self._space_held):
            self._gesture = Panning(self, place)
            return
        if event.button() == Qt.MouseButton.LeftButton:
            self._end_nudge()
            self._gesture = self._gesture_at(place, bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._gesture is not None:
            self._gesture.move(event.position().toPoint())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        gesture, self._gesture = self._gesture, None
        if gesture is not None:
            gesture.finish(event.position().toPoint())

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        hit = self.hit(event.position().toPoint())
        if hit is not None and self._guest_at(hit) is None:
            self.select_tables([hit.table_id])
            self.rename_requested.emit()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        hit = self.hit(event.pos()) if event.reason() == QContextMenuEvent.Reason.Mouse else None
        if hit is not None:
            guest = self._guest_at(hit)
            if guest is None and hit.table_id not in self._selected_tables:
                self.select_tables([hit.table_id])
            elif guest is not None and guest not in self._selected_guests:
                self.select_guests([guest])
        if self._selected_tables or self._selected_guests:
            self.menu_requested.emit(hit, event.globalPos())

    def viewportEvent(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            self._show_tool_tip(event)
            return True
        return super().viewportEvent(event)

    def _gesture_at(self, place: QPoint, adds: object) -> Gesture:
        hit = self.hit(place)
        if hit is None:
            return Panning(self, place)
        guest = self._guest_at(hit)
        if guest is not None:
            return self._press_guest(guest, place, adds)
        tables = self._selected_tables
        if adds:
            tables = tables ^ {hit.table_id}
            self.select_tables(tables)
        elif hit.table_id not in tables:
            tables = frozenset({hit.table_id})
            self.select_tables(tables)
        return MovingTables(self, sorted(tables), place)

    def _press_guest(self, guest: str, place: QPoint, adds: object) -> Gesture:
        guests = self._selected_guests
        if adds:
            guests = guests ^ {guest}
            self.select_guests(guests)
        elif guest not in guests:
            guests = frozenset({guest})
            self.select_guests(guests)
        return PullingGuests(self, self.in_order(guests), place)

    def in_order(self, attendee_ids: Iterable[str]) -> list[str]:
        """Sort seated guests as they sit, table by table."""
        wanted = frozenset(attendee_ids)
        return [one.attendee_id for table in self._room.tables for one in table.sitting if one.attendee_id in wanted]

    def _guest_at(self, hit: Hit) -> str | None:
        seat = self._room.seat_by_id.get(hit.seat_id) if hit.seat_id is not None else None
        return None if seat is None or seat.guest is None else seat.guest.attendee_id

    def _show_tool_tip(self, event: QHelpEvent) -> None:
        hit = self.hit(event.pos())
        seat = self._room.seat_by_id.get(hit.seat_id) if hit is not None and hit.seat_id is not None else None
        if seat is None:
            QToolTip.hideText()
            return
        QToolTip.showText(event.globalPos(), seat_words(seat), self.viewport())

    # -- the keyboard -------------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        if key in _ARROWS:
            self._press_arrow(_ARROWS[key], bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier))
        elif key == Qt.Key.Key_Space:
            self._space_held = True
            self.viewport().setCursor(Qt.CursorShape.OpenHandCursor)
        elif key == Qt.Key.Key_R and self._selected_tables:
            is_back = event.modifiers() & Qt.KeyboardModifier.ShiftModifier
            self.turn_requested.emit(-1 if is_back else 1)
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self.zoom_in()
        elif key == Qt.Key.Key_Minus:
            self.zoom_out()
        elif key == Qt.Key.Key_0:
            self.fit()
        elif key in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.removal_requested.emit()
        elif key == Qt.Key.Key_F2 and self._selected_tables:
            self.rename_requested.emit()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self._selected_guests:
            self.seat_choice_requested.emit()
        elif key == Qt.Key.Key_Escape:
            self._escape()
        else:
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            self._space_held = False
            self.viewport().unsetCursor()
            return
        super().keyReleaseEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._space_held = False
        self._end_nudge()
        super().focusOutEvent(event)

    def _escape(self) -> None:
        if self._gesture is not None:
            self._gesture.cancel()
            self._gesture = None
        else:
            self.clear_selection()

    def _press_arrow(self, way: QPoint, is_far: object) -> None:
        if not self._selected_tables:
            self.pan(-way * _PAN_STEP)
            return
        plan = self._room.plan
        if plan is None:
            return
        step = way * (GRID * _FAR_STEP if is_far else GRID)
        for table_id in self._selected_tables:
            table = self._room.table_by_id[table_id]
            x, y = self._nudged.get(table_id, (table.x, table.y))
            self._nudged[table_id] = kept_inside(plan, x + step.x(), y + step.y())
        self.preview_places(self._nudged)
        self._nudge_rest.start()

    def _end_nudge(self) -> None:
        """Make one change of many steps with the arrows."""
        self._nudge_rest.stop()
        places, self._nudged = self._nudged, {}
        if places:
            self.tables_moved.emit(places)

    # -- painting ---------------------------------------------------------------------------------

    def drawBackground(self, painter: QPainter, rect: QRectF) -> None:
        painter.fillRect(rect, self._paints.colour(ColourRole.BACKGROUND))
        if self._room.plan is not None:
            paint_floor(painter, rect, self._room.plan, self._paints, self.transform().m11())

    def _on_theme_changed(self) -> None:
        self._paints.refresh()
        for item in self._items.values():
            item.refresh()
        self.viewport().update()
