"""The screens of an open event: an organizer's pages, or the one screen of a door, joined to everything behind them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from PySide6.QtCore import QEvent, QObject, Signal
from PySide6.QtGui import QAction, QKeySequence
from sqlalchemy import select

from desktop.door_camera import DoorCamera
from desktop.event_menu import EventMenu
from desktop.fetching import arrived_of, fetching_text
from desktop.held_watch import HeldWatch
from desktop.hub import parse_fingerprint, parse_server_address
from desktop.open_event import OpenEvent
from desktop.paths import Paths
from desktop.settings import SettingsFile
from desktop.sync_worker import Standing
from models.errors import UsherError
from models.events import Door, Event, Role
from models.operations.base import now_utc
from models.outbox_report import wrong_clock_text
from models.store.rows import Change
from sync.client.loop import Reach
from sync.protocol import PairingCodeRequest
from ui.conflicts.conflicts_page import ConflictsPage
from ui.dialogs.connection_panel import ConnectionPanel
from ui.dialogs.devices_dialog import DevicesDialog
from ui.dialogs.duplicate_dialog import DuplicateDialog
from ui.dialogs.held_row import HeldChange
from ui.dialogs.pairing_dialog import PairingDialog
from ui.dialogs.publish_dialog import PublishDialog
from ui.door.door_page import DoorPage
from ui.guests.guests_page import GuestsPage
from ui.main_window import MainWindow
from ui.planner.planner_page import PlannerPage
from ui.printing.tickets_dialog import TicketsDialog
from ui.saying import say_report
from ui.start.event_choices import RecentEvent
from ui.start.recent_events import event_time_text
from ui.theme import Theme
from ui.widgets.chips import Tone
from ui.widgets.status_line import Connection

T = TypeVar("T")
Dialog = TicketsDialog | PairingDialog | PublishDialog | DuplicateDialog | DevicesDialog

_CONNECTIONS = {
    Reach.IN_STEP: Connection.IN_STEP,
    Reach.FETCHING: Connection.FETCHING,
    Reach.OFFLINE: Connection.OFFLINE,
    Reach.PROBLEM: Connection.PROBLEM,
}


class EventScreens(QObject):
    """Puts an open event's screens into the window and keeps their surroundings true: title, badges, connection."""

    left = Signal()
    """The person wants back to the start page."""
    event_made = Signal(Path)
    """A further event was made, to be opened."""
    removal_asked = Signal()
    """The person wants the event off this computer."""

    def __init__(
        self,
        event: OpenEvent,
        window: MainWindow,
        theme: Theme,
        settings: SettingsFile,
        paths: Paths,
        on_crash: Callable[[BaseException], None],
    ) -> None:
        """Build the screens that the copy's role has. Raises StoreError for a copy that cannot be shown."""
        super().__init__(event)
        self._event, self._window, self._theme, self._settings = event, window, theme, settings
        self.role = event.workspace.identity.role
        facts = event.read_facts()
        self._recent = RecentEvent(event.path, facts.title, facts.place, facts.starts_at, now_utc())
        self.planner: PlannerPage | None = None
        self.guests: GuestsPage | None = None
        self.conflicts: ConflictsPage | None = None
        self.dialog: Dialog | None = None
        self._undo: tuple[QAction, ...] = ()
        self._kept_actions: list[QAction] = []
        self._planner_facts: list[str] = []
        self.door = DoorPage(theme, event.workspace, staff_name=settings.current.staff_name)
        self.camera = DoorCamera(self.door, settings, event.errands, on_crash)
        self.door.left.connect(self._leave_door)
        self.door.installEventFilter(self)
        self.menu = EventMenu(event, window, theme, paths)
        self.menu.left.connect(self.left)
        self.menu.event_made.connect(self.event_made)
        self.menu.duplicating.connect(self._open)
        self.menu.devices_asked.connect(self.open_devices)
        self.menu.removal_asked.connect(self.removal_asked)
        self.watch = HeldWatch(event)
        self.watch.counted.connect(self._on_held_counted)
        self._held_told = 0
        status_line = window.status_line
        self.connection = ConnectionPanel(theme, event.workspace, self._try_now, window)
        self.connection.attach(status_line.connection_button, status_line.parentWidget() or window)
        self.connection.attach(self.door.header.connection, self.door)
        # Nothing lies over a verdict.
        self.door.control.verdict_reached.connect(self.connection.close_panel)
        event.workspace.actions.failed.connect(self._on_failed)
        event.workspace.changes.changed.connect(self._on_changed)
        event.standing_changed.connect(self._on_standing_changed)
        event.damaged.connect(self._on_damaged)
        window.page_changed.connect(self._show_facts)
        if self.role is Role.DOOR:
            self.show_door()
        else:
            self._build_pages()
        self._show_title()
        self._on_standing_changed(event.standing)

    def remembered(self) -> RecentEvent:
        """Give what the list of recent events keeps of this one."""
        return self._recent

    def show_door(self) -> None:
        """Give the whole window to the door's screen and look for its camera."""
        # Its keys are its own: Ctrl+Z takes back an entry there, not a table.
        for action in self._undo:
            self._window.removeAction(action)
        self._window.show_full(self.door, self.door.foot.height())
        self.camera.start()

    def close(self) -> None:
        """Let go of the camera and end the dialogs, before the event is closed; news that still comes is not shown."""
        self._event.standing_changed.disconnect(self._on_standing_changed)
        self._event.workspace.changes.changed.disconnect(self._on_changed)
        self._event.workspace.actions.failed.disconnect(self._on_failed)
        self._window.page_changed.disconnect(self._show_facts)
        if self.role is not Role.DOOR:
            self._window.screen_chosen.disconnect(self._on_screen_chosen)
        self.door.removeEventFilter(self)
        self.camera.stop()
        self.watch.end()
        if self.dialog is not None:
            self.dialog.reject()
        for action in (*self._undo, *self._kept_actions):
            self._window.removeAction(action)
            action.deleteLater()
        self.menu.close()
        self._window.status_line.set_right("")
        self.connection.end()
        self.door.hide()
        self.door.setParent(None)
        self.door.deleteLater()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        # Minimised, the window still looks; left behind, it must not.
        if watched is self.door and event.type() == QEvent.Type.Hide and not event.spontaneous():
            self._on_door_hidden()
        return super().eventFilter(watched, event)

    def _on_door_hidden(self) -> None:
        self.camera.stop()
        self._window.addActions(list(self._undo))

    def _leave_door(self) -> None:
        if self.role is not Role.DOOR:
            self._window.show_last_page()

    # -- an organizer's pages -------------------------------------------------------------------------

    def _build_pages(self) -> None:
        workspace, theme, window = self._event.workspace, self._theme, self._window
        self.guests = GuestsPage(theme, workspace)
        self.planner = PlannerPage(theme, workspace)
        self.conflicts = ConflictsPage(theme, workspace)
        window.add_page("guests", self.tr("Guests"), "guests", self.guests, "Ctrl+1")
        window.add_page("tables", self.tr("Tables"), "tables", self.planner, "Ctrl+2")
        window.add_page("conflicts", self.tr("Conflicts"), "conflicts", self.conflicts, "Ctrl+3")
        window.add_screen("door", self.tr("Door"), "door-in", "Ctrl+4")
        window.screen_chosen.connect(self._on_screen_chosen)
        self.door.offer_way_back()
        self._undo = undo, redo = self._undo_actions()
        shared = self._kept_actions = self._event_actions()
        self.menu.offer_erasing(self.guests)
        more = self.menu.button
        window.set_header_actions("guests", [undo, redo, *self.guests.header_actions(), *shared, more])
        window.set_header_actions("tables", [undo, redo, *shared, more])
        window.set_header_actions("conflicts", [undo, redo, more])
        self.guests.facts_changed.connect(self._show_facts)
        self.planner.facts_changed.connect(self._on_planner_facts_changed)
        self.planner.message_raised.connect(self._on_failed)
        self.conflicts.open_count_changed.connect(self._on_conflicts_counted)
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

    def open_devices(self) -> None:
        """Open the dialog with the event's devices and what waits for a decision."""
        self._open(DevicesDialog(self._theme, self._event.workspace, self._ask_held, self._window))

    def _open(self, dialog: Dialog) -> None:
        if self.dialog is not None:
            self.dialog.reject()
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
        self._ask_for_dialog(lambda: str(hub.new_pairing_code(request)), done, failed)

    def _ask_held(self, done: Callable[[Sequence[HeldChange]], None], failed: Callable[[UsherError], None]) -> None:
        self._ask_for_dialog(self._event.read_held, done, failed)

    def _ask_for_dialog(
        self, work: Callable[[], T], done: Callable[[T], None], failed: Callable[[UsherError], None]
    ) -> None:
        """Run an errand for the dialog that is open; closed meanwhile, it does not hear the answer."""
        dialog = self.dialog

        def show(result: T) -> None:
            if self.dialog is dialog:
                done(result)

        def refuse(error: UsherError) -> None:
            if self.dialog is dialog:
                failed(error)

        self._event.errands.submit(work, show, refuse)

    def _publish(
        self,
        address: str,
        login: str,
        password: str,
        fingerprint: str,
        done: Callable[[], None],
        failed: Callable[[UsherError], None],
    ) -> None:
        dialog = self.dialog

        def work() -> str:
            url = parse_server_address(address)
            self._event.publish(url, login, password, parse_fingerprint(fingerprint))
            return url

        def finish(url: str) -> None:
            if self.dialog is dialog:
                done()
            self._window.show_message(self.tr("The event is handed on to {server} now.").format(server=url), Tone.OK)

        def refuse(error: UsherError) -> None:
            if self.dialog is dialog:
                failed(error)
            else:
                self._on_failed(error.message)

        self._event.errands.submit(work, finish, refuse)

    # -- what stands around ---------------------------------------------------------------------------

    def _show_title(self) -> None:
        facts = self._event.read_facts()
        when = event_time_text(facts.starts_at)
        self._window.set_title(facts.title, " · ".join(part for part in (when, facts.place) if part))

    def _on_screen_chosen(self, key: str) -> None:
        if key == "door":
            self.show_door()

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
        text = self._in_words(standing.sentence) if connection is Connection.PROBLEM else ""
        fetched = standing.fetched if connection is Connection.FETCHING else None
        if fetched is not None:
            text = fetching_text(fetched)
        clock = wrong_clock_text(self._event.workspace.skew_ms, say_report)
        at_door = text or (clock if connection in (Connection.IN_STEP, Connection.SENDING) else "")
        self.door.set_connection(connection, standing.waiting, at_door)
        self._window.status_line.set_right(clock)
        arrived = arrived_of(fetched)
        self._window.status_line.show_connection(connection, standing.waiting, text, arrived)
        self.connection.show_standing(connection, standing.waiting, text, arrived)

    def _on_held_counted(self, count: int) -> None:
        self.menu.show_held(count)
        is_news, self._held_told = count > self._held_told, count
        if not is_news or isinstance(self.dialog, DevicesDialog) or not self._window.current_page:
            return
        text = self.tr("{count} changes of a revoked device wait for a decision.").format(count=count)
        if count == 1:
            text = self.tr("1 change of a revoked device waits for a decision.")
        look = QAction(self.tr("Look at it…"), self)
        look.triggered.connect(self.open_devices)
        self._window.show_message(text, Tone.WARNING, look)

    def _on_damaged(self, _error: UsherError) -> None:
        # It is said over the whole window, with the way out: once is enough.
        if self.guests is not None:
            self.guests.work.toast.dismiss()

    def _try_now(self) -> None:
        if self._event.sync is not None:
            self._event.sync.wake()

    def _on_failed(self, sentence: str) -> None:
        self._window.show_message(self._in_words(sentence), Tone.BAD)

    def _in_words(self, sentence: str) -> str:
        return self._settings.current.in_words(sentence, self._event.path)
