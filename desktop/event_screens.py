"""The screens of an open event: an organizer's pages, or the one screen of a door, joined to everything behind them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QAction, QKeySequence
from sqlalchemy import select

from desktop.door_camera import DoorCamera
from desktop.hub import parse_server_address
from desktop.open_event import OpenEvent
from desktop.settings import SettingsFile
from desktop.sync_worker import Standing
from models.errors import UsherError
from models.events import Door, Event, Role
from models.operations.base import now_utc
from models.store.rows import Change
from sync.client.loop import Reach
from sync.protocol import PairingCodeRequest
from ui.conflicts.conflicts_page import ConflictsPage
from ui.dialogs.pairing_dialog import PairingDialog
from ui.dialogs.publish_dialog import PublishDialog
from ui.door.door_page import DoorPage
from ui.guests.guests_page import GuestsPage
from ui.main_window import MainWindow
from ui.planner.planner_page import PlannerPage
from ui.printing.tickets_dialog import TicketsDialog
from ui.start.event_choices import RecentEvent
from ui.start.recent_events import event_time_text
from ui.theme import Theme
from ui.widgets.chips import Tone
from ui.widgets.status_line import Connection

_CONNECTIONS = {
    Reach.IN_STEP: Connection.IN_STEP,
    Reach.OFFLINE: Connection.OFFLINE,
    Reach.PROBLEM: Connection.PROBLEM,
}


class EventScreens(QObject):
    """Puts an open event's screens into the window and keeps their surroundings true: title, badges, connection."""

    left = Signal()
    """The person wants back to the start page."""

    def __init__(
        self,
        event: OpenEvent,
        window: MainWindow,
        theme: Theme,
        settings: SettingsFile,
        on_crash: Callable[[BaseException], None],
    ) -> None:
        """Build the screens that the copy's role has."""
        super().__init__(event)
        self._event, self._window, self._theme, self._settings = event, window, theme, settings
        self.role = event.workspace.identity.role
        self.planner: PlannerPage | None = None
        self.guests: GuestsPage | None = None
        self.conflicts: ConflictsPage | None = None
        self.dialog: TicketsDialog | PairingDialog | PublishDialog | None = None
        self.door = DoorPage(theme, event.workspace, staff_name=settings.current.staff_name)
        self.camera = DoorCamera(self.door, settings, event.errands, on_crash)
        event.workspace.actions.failed.connect(self._on_failed)
        event.workspace.changes.changed.connect(self._on_changed)
        event.standing_changed.connect(self._on_standing_changed)
        if self.role is Role.DOOR:
            self.show_door()
        else:
            self._build_pages()
        self._show_title()
        self._on_standing_changed(event.standing)

    def remembered(self) -> RecentEvent:
        """Give what the list of recent events keeps of this one."""
        title, place, _, starts_at, _ = self._read_event()
        return RecentEvent(self._event.path, title, place, starts_at, now_utc())

    def show_door(self) -> None:
        """Give the whole window to the door's screen and look for its camera."""
        self._window.show_full(self.door)
        self.camera.start()

    def close(self) -> None:
        """Let go of the camera and end the dialogs, before the event is closed; news that still comes is not shown."""
        self._event.standing_changed.disconnect(self._on_standing_changed)
        self._event.workspace.changes.changed.disconnect(self._on_changed)
        self._event.workspace.actions.failed.disconnect(self._on_failed)
        self.camera.stop()
        if self.dialog is not None:
            self.dialog.reject()
        self.door.hide()
        self.door.setParent(None)
        self.door.deleteLater()

    # -- an organizer's pages -------------------------------------------------------------------------

    def _build_pages(self) -> None:
        workspace, theme, window = self._event.workspace, self._theme, self._window
        self.guests = GuestsPage(theme, workspace)
        self.planner = PlannerPage(theme, workspace)
        self.conflicts = ConflictsPage(theme, workspace)
        window.add_page("guests", self.tr("Guests"), "guests", self.guests, "Ctrl+1")
        window.add_page("tables", self.tr("Tables"), "tables", self.planner, "Ctrl+2")
        window.add_page("conflicts", self.tr("Conflicts"), "conflicts", self.conflicts, "Ctrl+3")
        undo, redo = self._undo_actions()
        shared = self._event_actions()
        # Without a reference from here the actions would go with their wrappers.
        self._kept_actions = [undo, redo, *shared]
        window.set_header_actions("guests", [undo, *shared, *self.guests.header_actions()])
        window.set_header_actions("tables", [undo, redo, *shared])
        window.set_header_actions("conflicts", [undo])
        self.guests.facts_changed.connect(self._show_facts)
        self.planner.facts_changed.connect(self._on_planner_facts_changed)
        self.planner.message_raised.connect(self._on_failed)
        self.conflicts.open_count_changed.connect(self._on_conflicts_counted)
        self._planner_facts: list[str] = []
        window.page_changed.connect(self._show_facts)
        window.show_page("guests")
        self._on_conflicts_counted(self.conflicts.open_count)
        self._show_facts()

    def _undo_actions(self) -> tuple[QAction, QAction]:
        stack = self._event.workspace.actions.stack
        undo = stack.createUndoAction(self._window, self.tr("Undo"))
        undo.setShortcut(QKeySequence.StandardKey.Undo)
        redo = stack.createRedoAction(self._window, self.tr("Redo"))
        redo.setShortcut(QKeySequence.StandardKey.Redo)
        self._window.addActions([undo, redo])
        return undo, redo

    def _event_actions(self) -> list[QAction]:
        """Make what concerns the whole event: tickets, doors, the server."""
        window = self._window
        tickets = QAction(self.tr("Tickets…"), window)
        tickets.triggered.connect(self.open_tickets)
        pairing = QAction(self.tr("Pair a device…"), window)
        pairing.triggered.connect(self.open_pairing)
        server = QAction(self.tr("Server…"), window)
        server.triggered.connect(self.open_publishing)
        leave = QAction(self.tr("Close event"), window)
        leave.setShortcut(QKeySequence.StandardKey.Close)
        leave.triggered.connect(self.left)
        window.addActions([leave])
        offered = [tickets]
        if self._event.is_ours:
            offered += [pairing, server]
        return offered

    def open_tickets(self) -> None:
        """Open the dialog that makes and prints tickets."""
        self._open(TicketsDialog(self._event.workspace, self._theme, self._window))

    def open_pairing(self) -> None:
        """Open the dialog that pairs a device."""
        with self._event.workspace.read() as connection:
            doors = [
                (door_id, name)
                for door_id, name in connection.execute(
                    select(Door.id, Door.name)
                    .where(Door.event_id == self._event.workspace.event_id, Door.deleted_at.is_(None))
                    .order_by(Door.name)
                )
            ]
        self._open(PairingDialog(self._theme, doors, self._request_code, self._window))

    def open_publishing(self) -> None:
        """Open the dialog that connects the event with a server."""
        self._open(PublishDialog(self._theme, self._publish, self._window))

    def _open(self, dialog: TicketsDialog | PairingDialog | PublishDialog) -> None:
        self.dialog = dialog
        dialog.finished.connect(self._on_dialog_finished)
        dialog.open()

    def _on_dialog_finished(self) -> None:
        dialog, self.dialog = self.dialog, None
        if dialog is not None:
            dialog.deleteLater()

    def _request_code(
        self, role: Role, door_id: str | None, done: Callable[[str], None], failed: Callable[[UsherError], None]
    ) -> None:
        hub = self._event.hub
        assert hub is not None
        request = PairingCodeRequest(role=role, door_id=door_id)
        self._event.errands.submit(lambda: str(hub.new_pairing_code(request)), done, failed)

    def _publish(
        self, address: str, login: str, password: str, done: Callable[[], None], failed: Callable[[UsherError], None]
    ) -> None:
        def work() -> None:
            self._event.publish(parse_server_address(address), login, password)

        self._event.errands.submit(work, lambda _none: done(), failed)

    # -- what stands around ---------------------------------------------------------------------------

    def _read_event(self) -> tuple[str, str, str, datetime, str]:
        workspace = self._event.workspace
        with workspace.read() as connection:
            row = connection.execute(
                select(Event.title, Event.venue_text, Event.city, Event.starts_at, Event.time_zone).where(
                    Event.id == workspace.event_id
                )
            ).one()
        return row.title, row.venue_text, row.city, row.starts_at, row.time_zone

    def _show_title(self) -> None:
        title, place, _, starts_at, zone = self._read_event()
        when = event_time_text(starts_at.astimezone(ZoneInfo(zone)))
        self._window.set_title(title, " · ".join(part for part in (when, place) if part))

    def _show_facts(self) -> None:
        page = self._window.current_page
        if page == "guests" and self.guests is not None:
            self._window.status_line.set_facts(self.guests.status_facts())
        elif page == "tables":
            self._window.status_line.set_facts(self._planner_facts)
        else:
            self._window.status_line.set_facts([])

    def _on_planner_facts_changed(self, facts: list[str]) -> None:
        self._planner_facts = facts
        self._show_facts()

    def _on_conflicts_counted(self, count: int) -> None:
        self._window.set_badge("conflicts", count)

    def _on_changed(self, change: Change) -> None:
        if change.touches(Event):
            self._show_title()

    def _on_standing_changed(self, standing: Standing) -> None:
        connection = _CONNECTIONS[standing.reach]
        if connection is Connection.IN_STEP and standing.waiting:
            connection = Connection.SENDING
        text = standing.sentence if connection is Connection.PROBLEM else ""
        self.door.set_connection(connection, standing.waiting, text)
        self._window.status_line.show_connection(connection, standing.waiting, text)

    def _on_failed(self, sentence: str) -> None:
        self._window.show_message(sentence, Tone.BAD)
