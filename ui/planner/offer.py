"""Shows on the plan where carried guests may go: green places, red ones with the reason, the hint at the pointer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QPointF
from PySide6.QtWidgets import QGraphicsScene

from models.room import Room, RoomTable
from models.seat_choice import free_seats, shortage
from ui.planner.hints import GhostTable, HintItem
from ui.planner.paints import Paints, TableLook
from ui.planner.placing import AtSeat, AtTable, OnFloor, Plan, Target, plan_drop, shortage_words
from ui.planner.table_item import TableItem
from ui.widgets.chips import Tone

_MOST_REASONS = 24
"""With more red tables than this only the one under the pointer says why."""


class Offer:
    """One party being carried over the plan, from picking it up to letting go."""

    def __init__(
        self, scene: QGraphicsScene, paints: Paints, room: Room, items: Mapping[str, TableItem], ids: Sequence[str]
    ) -> None:
        """Make the places glow where these attendees fit."""
        self.attendee_ids = tuple(ids)
        self._scene = scene
        self._paints = paints
        self._room = room
        self._items = items
        self._target: Target | None = None
        self._plan: Plan | None = None
        self._ghost: GhostTable | None = None
        self._hint = HintItem(paints)
        self._hint.hide()
        scene.addItem(self._hint)
        self._reasons: dict[str, HintItem] = {}
        self._looks = {table.id: self._look_of(table) for table in room.tables}
        self._glow()
        self._say_reasons()

    @property
    def hint(self) -> str:
        """What is said at the pointer; nothing while it is elsewhere."""
        return self._hint.text if self._hint.isVisible() else ""

    @property
    def plan(self) -> Plan | None:
        """What letting go here would do; None while the pointer is nowhere."""
        return self._plan

    def hover(self, target: Target) -> Plan:
        """Show and give what letting go at ``target`` would do."""
        if target == self._target and self._plan is not None:
            return self._plan
        self._clear_hover()
        self._target = target
        self._plan = plan_drop(self._room, self.attendee_ids, target)
        self._show_plan(target, self._plan)
        return self._plan

    def leave(self) -> None:
        """Forget the place under the pointer; the glow stays."""
        self._clear_hover()

    def end(self) -> None:
        """Take everything away again."""
        self._clear_hover()
        for item in (self._hint, *self._reasons.values()):
            self._scene.removeItem(item)
        self._reasons.clear()
        for item in self._items.values():
            item.show_offer(TableLook.CALM)

    def _look_of(self, table: RoomTable) -> TableLook:
        moving = frozenset(self.attendee_ids)
        if not all(guest.comes for guest in map(self._room.guests.get, self.attendee_ids) if guest):
            return TableLook.CALM
        if shortage(table, len(self.attendee_ids), moving) is None:
            return TableLook.FITS
        # A table without any free seat is nobody's mistake: it stays quiet until somebody points at it.
        return TableLook.TOO_FULL if free_seats(table, moving) else TableLook.CALM

    def _glow(self) -> None:
        for table_id, item in self._items.items():
            item.show_offer(self._looks.get(table_id, TableLook.CALM))

    def _say_reasons(self) -> None:
        red = [table for table in self._room.tables if self._looks[table.id] is TableLook.TOO_FULL]
        if len(red) > _MOST_REASONS:
            return
        for table in red:
            short = shortage(table, len(self.attendee_ids), frozenset(self.attendee_ids))
            if short is not None:
                reason = HintItem(self._paints, shortage_words(short), Tone.BAD)
                reason.setPos(self._items[table.id].top)
                self._scene.addItem(reason)
                self._reasons[table.id] = reason

    def _show_plan(self, target: Target, plan: Plan) -> None:
        table = self._room.table_by_id.get(target.table_id) if isinstance(target, AtSeat | AtTable) else None
        if table is not None:
            is_swap = plan.fits and plan.tone is not Tone.OK
            look = self._looks[table.id] if is_swap else TableLook.FITS if plan.fits else TableLook.TOO_FULL
            self._items[table.id].show_offer(look, plan.seat_ids)
            if table.id in self._reasons:
                self._reasons[table.id].hide()
            self._hint.setPos(self._items[table.id].top)
        elif isinstance(target, OnFloor):
            if plan.table is not None:
                self._ghost = GhostTable(self._paints, plan.table, len(plan.seat_ids))
                self._scene.addItem(self._ghost)
                self._hint.setPos(self._ghost.pos() + QPointF(0, self._ghost.boundingRect().top()))
            else:
                self._hint.setPos(QPointF(target.x, target.y - 400))
        self._hint.say(plan.hint, plan.tone)
        self._hint.show()

    def _clear_hover(self) -> None:
        if isinstance(self._target, AtSeat | AtTable):
            table_id = self._target.table_id
            if table_id in self._items:
                self._items[table_id].show_offer(self._looks.get(table_id, TableLook.CALM))
            if table_id in self._reasons:
                self._reasons[table_id].show()
        if self._ghost is not None:
            self._scene.removeItem(self._ghost)
            self._ghost = None
        self._hint.hide()
        self._target = None
        self._plan = None
