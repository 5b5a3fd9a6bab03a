"""The seating planner: the waiting list, the plan and the inspector, joined to the event's rows."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QAction, QPainter, QPaintEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QMenu, QStackedWidget, QWidget

from models.events import Event
from models.ids import new_id
from models.invitations import Attendee, Invitation
from models.operations.base import Operation
from models.operations.seating import AddFloorPlan
from models.people import Guest
from models.room import EMPTY_ROOM, Room, RoomTable, read_room
from models.seating import FloorPlan, Seat, Table
from models.store.rows import Change
from ui.planner.canvas import RoomCanvas
from ui.planner.carrying import carry, party_picture
from ui.planner.floor_tools import FloorTools
from ui.planner.inspector import Inspector
from ui.planner.placing import OnFloor, OnWaitingList, Plan, party_name, plan_drop
from ui.planner.removal import RemovalQuestion
from ui.planner.table_choice import TableChoice
from ui.planner.table_work import (
    ROUND_TABLES,
    TURN,
    TableKind,
    adding,
    free_place,
    moving,
    new_table,
    removing,
    renaming,
    turning,
)
from ui.planner.waiting_panel import WaitingPanel
from ui.planner.words import table_title, tables_in_words
from ui.theme import ColourRole, Theme
from ui.theme.style import ThemedWidget
from ui.widgets.empty_state import EmptyState
from ui.workspace import Workspace

_SIDE_WIDTH = 272
_NARROW_SIDE = 232
_NARROW_PAGE = 1100
_NEW_ROOM = (20_000, 15_000)
"""Width and height of a room added here, in millimetres."""


class PlannerPage(QWidget):
    """Turns what people do on the plan and beside it into operations, and shows the rows as they are."""

    facts_changed = Signal(list)
    """Short texts for the status line: how many are seated, how many wait."""
    message_raised = Signal(str)
    """One sentence about something that could not be done."""

    def __init__(self, theme: Theme, workspace: Workspace, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._workspace = workspace
        self._room = EMPTY_ROOM
        self._is_stale = True
        self.canvas = RoomCanvas(theme)
        self.waiting = WaitingPanel(theme)
        self.inspector = Inspector(theme)
        self.tools = FloorTools(theme, self.canvas)
        self._no_room = EmptyState(
            theme,
            "tables",
            self.tr("No room yet"),
            self.tr("Tables stand in a room drawn to scale. Add one of 20 by 15 metres to begin."),
            self.tr("Add a room"),
        )
        self._no_room.first_step_requested.connect(self._add_room)
        self._middle = QStackedWidget()
        self._middle.addWidget(self.tools)
        self._middle.addWidget(self._no_room)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.waiting)
        row.addWidget(self._middle, 1)
        row.addWidget(_Hairline(theme))
        row.addWidget(self.inspector)
        self.setFocusProxy(self.canvas)
        self._connect()

    @property
    def room(self) -> Room:
        """The room as it is shown."""
        return self._room

    @property
    def facts(self) -> list[str]:
        """Short texts for the status line."""
        room = self._room
        return [
            self.tr("{seated} of {all} seated").format(seated=room.seated_count, all=room.coming_count),
            self.tr("{waiting} waiting").format(waiting=room.waiting_count),
        ]

    def undo_actions(self) -> list[QAction]:
        """Make the actions "Undo move Table 4" and "Redo …" for the head of the window."""
        stack = self._workspace.actions.stack
        return [stack.createUndoAction(self, self.tr("Undo")), stack.createRedoAction(self, self.tr("Redo"))]

    def _connect(self) -> None:
        self._workspace.changes.changed.connect(self._on_rows_changed)
        self._workspace.actions.failed.connect(self._on_change_refused)
        canvas, waiting, inspector = self.canvas, self.waiting, self.inspector
        self.tools.table_wanted.connect(self.add_table)
        canvas.plan_dropped.connect(self.carry_out)
        canvas.tables_moved.connect(self._on_tables_moved)
        canvas.turn_requested.connect(self.turn_tables)
        canvas.removal_requested.connect(self._on_removal_requested)
        canvas.rename_requested.connect(inspector.edit_label)
        canvas.seat_choice_requested.connect(self._on_canvas_asked_for_seats)
        canvas.guests_pulled.connect(self._on_guests_pulled)
        canvas.menu_requested.connect(self._on_menu_requested)
        canvas.selection_changed.connect(self._show_selection)
        waiting.guests_pulled.connect(self._on_guests_pulled)
        waiting.seat_choice_requested.connect(self.choose_seats)
        waiting.plan_dropped.connect(self.carry_out)
        inspector.table_chosen.connect(self._on_table_chosen)
        inspector.overview_requested.connect(canvas.clear_selection)
        inspector.guests_chosen.connect(self._on_guests_chosen)
        inspector.unseat_requested.connect(self.unseat)
        inspector.seat_choice_requested.connect(self.choose_seats)
        inspector.turn_requested.connect(self.turn_tables)
        inspector.removal_requested.connect(self._on_removal_requested)
        inspector.renamed.connect(self.rename_table)

    # -- what is shown --------------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._is_stale:
            self._read()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        side = _SIDE_WIDTH if self.width() >= _NARROW_PAGE else _NARROW_SIDE
        self.waiting.setFixedWidth(side)
        self.inspector.setFixedWidth(side)

    def _on_rows_changed(self, change: Change) -> None:
        if not change.touches(Event, FloorPlan, Table, Seat, Attendee, Guest, Invitation):
            return
        # A page that nobody sees reads once when it is seen again, not at every change.
        self._is_stale = True
        if self.isVisible():
            self._read()

    def _read(self) -> None:
        with self._workspace.read() as connection:
            room = read_room(connection, self._workspace.event_id)
        self._is_stale = False
        self._room = room
        self._middle.setCurrentWidget(self._no_room if room.plan is None else self.tools)
        self.tools.first_step.setVisible(room.plan is not None and not room.tables)
        self.canvas.show_room(room)
        self.waiting.show_room(room)
        self._show_selection()
        self.facts_changed.emit(self.facts)

    def _show_selection(self) -> None:
        guests = self.canvas.selected_guests
        tables = set(self.canvas.selected_tables)
        tables |= {table.id for table in map(self._room.table_at_which, guests) if table is not None}
        self.inspector.show_room(self._room, tables.pop() if len(tables) == 1 else None, guests)

    def _on_change_refused(self) -> None:
        self.canvas.show_as_stored()

    # -- guests -----------------------------------------------------------------------------------

    def carry_out(self, plan: Plan) -> None:
        """Do what a plan says, or say why it cannot be done."""
        if plan.fits:
            self._perform(plan.text, plan.operations)
        else:
            self.message_raised.emit(plan.hint)

    def unseat(self, attendee_ids: Sequence[str]) -> None:
        """Send guests back to the waiting list."""
        self.carry_out(plan_drop(self._room, attendee_ids, OnWaitingList()))

    def choose_seats(self, attendee_ids: Sequence[str]) -> None:
        """Ask at which table these guests shall sit."""
        if self._room.plan is None:
            return
        choice = TableChoice(self._theme, self._room, attendee_ids, self._floor_in_sight(ROUND_TABLES[-1]), self)
        choice.plan_chosen.connect(self.carry_out)
        choice.open()

    def _on_canvas_asked_for_seats(self) -> None:
        self.choose_seats(self.canvas.in_order(self.canvas.selected_guests))

    def _on_guests_pulled(self, attendee_ids: list[str]) -> None:
        name = party_name(self._room, attendee_ids)
        count = len(attendee_ids)
        line = self.tr("%n guests, side by side", "", count) if count > 1 else self.tr("1 guest")
        picture = party_picture(self._theme, name, line, self.devicePixelRatioF())
        self.canvas.offer(attendee_ids)
        carry(self, attendee_ids, picture)
        self.canvas.withdraw()

    # -- tables -----------------------------------------------------------------------------------

    def add_table(self, kind: TableKind) -> None:
        """Add a table of a kind where there is room for it in sight, and select it."""
        plan = self._room.plan
        if plan is None:
            return
        place = self._floor_in_sight(kind)
        table = new_table(self._room, plan, kind, place.x, place.y)

        def select(_: object) -> None:
            self.canvas.select_tables([table.table_id])

        text = self.tr("Add {table}").format(table=table_title(table.label))
        self._workspace.actions.perform(text, adding(table), select)

    def turn_tables(self, steps: int) -> None:
        """Turn the selected tables by so many steps clockwise."""
        tables = self._chosen_tables()
        if tables:
            self._perform(
                self.tr("Turn {tables}").format(tables=tables_in_words(tables)), turning(tables, steps * TURN)
            )

    def rename_table(self, label: str) -> None:
        """Give the table that the inspector shows another label."""
        table = self.inspector.shown_table
        if table is not None:
            self._perform(self.tr("Rename {table}").format(table=table_title(table.label)), renaming(table, label))

    def remove_tables(self) -> None:
        """Remove the selected tables; where people sit, ask first and say who they are."""
        tables = self._chosen_tables()
        if not tables:
            return
        if not any(table.sitting for table in tables):
            self._remove(tables)
            return
        question = RemovalQuestion(self._theme, tables, self)
        question.accepted.connect(lambda: self._remove(tables))
        question.open()

    def _remove(self, tables: Sequence[RoomTable]) -> None:
        self._perform(self.tr("Remove {tables}").format(tables=tables_in_words(tables)), removing(tables))

    def _on_tables_moved(self, places: dict[str, tuple[int, int]]) -> None:
        tables = [self._room.table_by_id[one] for one in places if one in self._room.table_by_id]
        self._perform(self.tr("Move {tables}").format(tables=tables_in_words(tables)), moving(tables, places))

    def _on_removal_requested(self) -> None:
        if self.canvas.selected_guests:
            self.unseat(self.canvas.in_order(self.canvas.selected_guests))
        else:
            self.remove_tables()

    def _chosen_tables(self) -> list[RoomTable]:
        shown = self.inspector.shown_table
        chosen = self.canvas.selected_tables or ({shown.id} if shown is not None else set[str]())
        return [table for table in self._room.tables if table.id in chosen]

    def _floor_in_sight(self, kind: TableKind) -> OnFloor:
        middle = self.canvas.mapToScene(self.canvas.viewport().rect().center())
        plan = self._room.plan
        if plan is None:
            return OnFloor(middle.x(), middle.y())
        return OnFloor(*free_place(self._room, plan, kind, middle.x(), middle.y()))

    def _add_room(self) -> None:
        width, height = _NEW_ROOM
        room = AddFloorPlan(floor_plan_id=new_id(), plan_name=self.tr("Main room"), width=width, height=height)
        self._perform(self.tr("Add a room"), [room])

    # -- selection --------------------------------------------------------------------------------

    def _on_table_chosen(self, table_id: str) -> None:
        self.canvas.select_tables([table_id])
        self.canvas.show_table(table_id)

    def _on_guests_chosen(self, attendee_ids: list[str]) -> None:
        table = self.inspector.shown_table
        if attendee_ids:
            self.canvas.select_guests(attendee_ids)
        elif table is not None:
            self.canvas.select_tables([table.id])

    def _on_menu_requested(self, hit: object, place: QPoint) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        if self.canvas.selected_guests:
            menu.addAction(self.tr("Move to…"), self._on_canvas_asked_for_seats)
            menu.addAction(self.tr("Unseat"), self._on_removal_requested)
        else:
            menu.addAction(self.tr("Rename"), self.inspector.edit_label)
            menu.addAction(self.tr("Turn right"), lambda: self.turn_tables(1))
            menu.addAction(self.tr("Turn left"), lambda: self.turn_tables(-1))
            menu.addSeparator()
            menu.addAction(self.tr("Remove"), self.remove_tables)
        menu.popup(place)

    def _perform(self, text: str, operations: Sequence[Operation]) -> None:
        if operations:
            self._workspace.actions.perform(text, operations)


class _Hairline(ThemedWidget):
    """The line between the plan and what lies to the right of it."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme)
        self.setFixedWidth(1)

    def paintEvent(self, event: QPaintEvent) -> None:
        QPainter(self).fillRect(self.rect(), self.theme.colours.of(ColourRole.LINE))
