"""The program: its window, the event that is open in it, and the order in which everything ends."""

from __future__ import annotations

import logging
import platform
import sys
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QByteArray, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QApplication

from desktop.crash_dialog import CrashDialogs
from desktop.event_removal import EventRemoval
from desktop.event_screens import EventScreens
from desktop.fetching import arrived_of, fetching_text
from desktop.interrupts import Interrupts
from desktop.joining import Joined, join_event
from desktop.keyring_store import FileTokenStore, KeyringTokenStore, TokenStore
from desktop.launch import Launch
from desktop.open_event import OpenEvent
from desktop.pairing_camera import PairingCamera
from desktop.paths import EVENT_SUFFIX, Paths
from desktop.recovery import recover_event
from desktop.saved_changes import CHANGES_SUFFIX, TakenIn, take_in_changes
from desktop.settings import SettingsFile
from desktop.writer import Errands
from models.errors import BadInput, UsherError
from models.event_files import SUFFIX, make_event, read_file_head, restore_event
from models.ids import new_id
from models.operations.base import Operation
from models.samples import new_event_operations, sample_operations
from models.store.repair import Recovered
from sync.client.download import Fetched
from sync.client.pairing import parse_pairing_code
from ui.main_window import MainWindow
from ui.start.event_choices import EventDraft
from ui.start.start_page import StartPage
from ui.theme import Theme, ThemeMode
from ui.widgets.chips import Tone

_log = logging.getLogger(__name__)
_PATIENCE = 0.8
"""Seconds that the end of the program waits for a server's answer to an errand."""


class Program(QObject):
    """Owns the window and at most one open event; everything else hangs off these two."""

    fetched = Signal(object)
    """How far the first copy of an event is that is being joined; emitted off the screen's thread."""
    warned = Signal(str)
    """A sentence that a person is to know; emitted on any thread."""

    def __init__(
        self,
        qt: QApplication,
        paths: Paths,
        settings: SettingsFile,
        tokens: TokenStore,
        on_crash: Callable[[BaseException], None],
    ) -> None:
        """Build the window with the start page; :meth:`show` shows it."""
        super().__init__()
        self._paths = paths
        self._settings = settings
        self._tokens = tokens
        self._on_crash = on_crash
        self.theme = Theme(ThemeMode(settings.current.theme_mode))
        self.theme.apply(qt)
        self.theme.changed.connect(self._on_theme_changed)
        self.window = MainWindow(self.theme)
        self.errands = Errands(on_crash)
        self.filing = Errands(on_crash)
        self.start_page = StartPage(self.theme, settings.current.recent_events())
        self.start_page.sample_requested.connect(self.open_sample)
        self.start_page.event_requested.connect(self._on_event_requested)
        self.start_page.recent_requested.connect(self.open_file)
        self.start_page.file_requested.connect(self.open_file)
        self.start_page.join_requested.connect(self.join)
        self.fetched.connect(self._on_fetched)
        self.warned.connect(self._on_warned)
        self.start_page.camera_requested.connect(self._on_camera_requested)
        self.start_page.recent.removal_asked.connect(self._on_closed_removal_asked)
        self.removal = EventRemoval(self.window, self.theme, tokens, self.filing)
        self.removal.removed.connect(self._on_removed)
        self.removal.kept.connect(self.open_file)
        self.removal.failed.connect(self._on_removal_failed)
        self.opened: OpenEvent | None = None
        self.screens: EventScreens | None = None
        self.window.show_full(self.start_page)
        self.window.closing.connect(self.close_event)

    def show(self) -> None:
        """Show the window where it was the last time."""
        geometry = self._settings.current.window_geometry
        if geometry:
            self.window.restoreGeometry(_from_text(geometry))
        self.window.show()

    # -- opening --------------------------------------------------------------------------------------

    def open_sample(self) -> None:
        """Make a fresh copy of the sample gala and open it."""
        self._make(self.tr("Harbour Foundation Gala"), sample_operations)

    def open_file(self, path: Path) -> None:
        """Open an event file, or an event made of or completed by a saved one; one that cannot be opened says why."""
        if path.suffix == SUFFIX:
            self.restore(path)
            return
        if path.suffix == CHANGES_SUFFIX:
            self.take_in(path)
            return
        self.close_event()
        event: OpenEvent | None = None
        try:
            event = OpenEvent(path, self._tokens, self._on_crash, self)
            screens = EventScreens(event, self.window, self.theme, self._settings, self._paths, self._on_crash)
        except BaseException as error:
            if event is not None:
                event.shutdown()
                event.deleteLater()
            self._show_start()
            if not isinstance(error, UsherError):
                raise
            self._refuse(error, path)
            return
        self.opened, self.screens = event, screens
        # Queued: the event is not to go from under whoever asked for it.
        screens.left.connect(self.close_event, Qt.ConnectionType.QueuedConnection)
        screens.event_made.connect(self.open_file, Qt.ConnectionType.QueuedConnection)
        screens.removal_asked.connect(lambda: self.removal.ask_open(event, self.close_event))
        event.damaged.connect(lambda error: self._refuse(error, path))
        self._settings.remember_event(screens.remembered())

    def restore(self, path: Path) -> None:
        """Make a new event here of a saved one, away from the screen, and open it."""
        paths = self._paths

        def work() -> Path:
            target = paths.new_event_file(read_file_head(path).title)
            restore_event(path, target).close()
            return target

        self.window.show_message(self.tr("Making an event of “{file}”…").format(file=path.name))
        self.filing.submit(work, self._on_restored, lambda error: self._refuse(error, path))

    def take_in(self, path: Path) -> None:
        """Put changes saved from a removed event into its copy on this laptop, away from the screen, and open that."""
        self.close_event()
        recent = [one.path for one in self._settings.current.recent]
        events = dict.fromkeys([*recent, *sorted(self._paths.events.glob(f"*{EVENT_SUFFIX}"))])

        def finish(taken: TakenIn) -> None:
            self.open_file(taken.event)
            sentence = self.tr("%n changes of “{file}” are in this event now.", "", taken.count)
            if taken.count == 1:
                sentence = self.tr("1 change of “{file}” is in this event now.")
            elif not taken.count:
                sentence = self.tr("All changes of “{file}” were in this event already.")
            self.window.show_message(sentence.format(file=path.name), Tone.OK)

        self.filing.submit(lambda: take_in_changes(path, events), finish, lambda error: self._refuse(error, path))

    def recover(self, path: Path) -> None:
        """Put a new copy in the place of a damaged one, with what was done here, away from the screen; and open it."""
        self.close_event()
        tokens, name = self._tokens, _device_name()
        self.window.show_message(self._in_words(self.tr("Recovering “{file}”…").format(file=path.name), path))

        def finish(recovered: Recovered) -> None:
            self.open_file(path)
            tone = Tone.WARNING if recovered.lost else Tone.OK
            self.window.show_message(self._in_words(recovered.sentence, path), tone)

        self.filing.submit(
            lambda: recover_event(path, tokens, name), finish, lambda error: self._on_not_recovered(error, path)
        )

    def join(self, text: str) -> None:
        """Pair this computer by a full pairing code and open the event it fetched."""
        try:
            code = parse_pairing_code(text)
        except BadInput as error:
            self.start_page.join.show_problem(error.message)
            return
        self.start_page.join.show_waiting()
        name, paths, tokens = _device_name(), self._paths, self._tokens
        self.errands.submit(
            lambda: join_event(code, name, paths.events, tokens, self.fetched.emit),
            self._on_joined,
            self._on_join_failed,
        )

    def close_event(self) -> None:
        """Close the open event, whatever is still waiting in it being kept, and show the start page."""
        event, screens = self.opened, self.screens
        self.opened = self.screens = None
        if screens is not None:
            screens.close()
        if event is not None:
            event.shutdown()
            event.deleteLater()
        self._show_start()

    def shutdown(self) -> None:
        """End everything in order; to be called once, after the last window closed."""
        self._settings.change(window_geometry=_to_text(self.window))
        self.removal.end()
        self.close_event()
        self.filing.shutdown()
        self.errands.shutdown(_PATIENCE)

    # -- answers --------------------------------------------------------------------------------------

    def _make(self, title: str, operations: Callable[[str], list[Operation]]) -> None:
        event_id = new_id()
        try:
            path = self._paths.new_event_file(title)
            make_event(path, event_id, operations(event_id)).close()
        except UsherError as error:
            self._refuse(error)
            return
        self.open_file(path)

    def _show_start(self) -> None:
        self.start_page.show_recents(self._settings.current.recent_events())
        self.window.show_full(self.start_page)
        self.window.set_title("")
        self.window.clear_pages()

    def _refuse(self, error: UsherError, path: Path | None = None) -> None:
        """Say why an event could not be opened, and offer the one thing that helps.

        One whose file is gone can be taken off the list, a damaged copy can be recovered.
        """
        _log.error("%s: %s", error.code, error.message)
        way_out: QAction | None = None
        if error.code == "missing" and path is not None:
            way_out = QAction(self.tr("Take it off the list"), self)
            way_out.triggered.connect(lambda: self._forget(path))
        elif error.code == "damaged" and path is not None and path.suffix != SUFFIX:
            way_out = self._recovery_of(path, self.tr("Recover it"))
        self.window.show_message(self._in_words(error.message, path), Tone.BAD, way_out)

    def _in_words(self, sentence: str, path: Path | None) -> str:
        return self._settings.current.in_words(sentence, path) if path is not None else sentence

    def _recovery_of(self, path: Path, text: str) -> QAction:
        recover = QAction(text, self)
        recover.triggered.connect(lambda: self.recover(path))
        return recover

    def _on_not_recovered(self, error: UsherError, path: Path) -> None:
        _log.error("%s: %s", error.code, error.message)
        again = None if error.code == "beyond_repair" else self._recovery_of(path, self.tr("Try again"))
        self.window.show_message(self._in_words(error.message, path), Tone.BAD, again)

    def _forget(self, path: Path) -> None:
        self._settings.forget_event(path)
        self.start_page.show_recents(self._settings.current.recent_events())

    def _on_closed_removal_asked(self, path: Path) -> None:
        title = next((one.title for one in self._settings.current.recent if one.path == path), path.stem)
        self.removal.ask_closed(path, title)

    def _on_removal_failed(self, error: UsherError) -> None:
        self._refuse(error)

    def _on_removed(self, path: Path, title: str) -> None:
        self._forget(path)
        self.window.show_message(self.tr("“{title}” is gone from this laptop.").format(title=title), Tone.OK)

    def _on_fetched(self, fetched: Fetched) -> None:
        self.start_page.join.show_progress(fetching_text(fetched), arrived_of(fetched))

    def _on_warned(self, sentence: str) -> None:
        self.window.show_message(sentence, Tone.WARNING)

    def _on_restored(self, path: Path) -> None:
        self.window.toast.dismiss()
        self.open_file(path)

    def _on_event_requested(self, draft: EventDraft) -> None:
        self._make(
            draft.title,
            lambda event_id: new_event_operations(
                event_id, title=draft.title, starts_at=draft.starts_at, time_zone=draft.time_zone, place=draft.place
            ),
        )

    def _on_joined(self, joined: Joined) -> None:
        self.start_page.join.show_ready()
        self.open_file(joined.path)
        if joined.notice:
            self.window.show_message(joined.notice, Tone.WARNING)

    def _on_join_failed(self, error: UsherError) -> None:
        self.start_page.join.show_problem(error.message)

    def _on_camera_requested(self) -> None:
        dialog = PairingCamera(self.theme, self._on_crash, self.window)
        dialog.code_read.connect(self.join)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _on_theme_changed(self) -> None:
        self._settings.change(theme_mode=self.theme.mode.value)


def open_program(launch: Launch, event: Path | None) -> int:
    """Open the program, with an event file or with the start page. Gives the exit code."""
    return _run(launch, lambda program: program.open_file(event) if event is not None else None)


def open_sample(launch: Launch) -> int:
    """Open the program on the sample gala with its own server running. Gives the exit code."""
    return _run(launch, lambda program: program.open_sample())


def make_program(launch: Launch, qt: QApplication) -> Program:
    """Build the program from what the command line started."""

    def warn(sentence: str) -> None:
        # The keyring is first asked once the program is there, by whatever thread needs a key.
        program.warned.emit(sentence)

    tokens = KeyringTokenStore(FileTokenStore(launch.paths.tokens_file), warn)
    program = Program(qt, launch.paths, SettingsFile(launch.paths.settings_file), tokens, launch.crashes.report)
    return program


def _run(launch: Launch, begin: Callable[[Program], None]) -> int:
    qt = QApplication(sys.argv[:1])
    qt.setApplicationName("Usher")
    qt.setApplicationVersion(launch.version)
    launch.crashes.watch_faults(launch.paths.logs)
    launch.log.take_qt_messages()
    dialogs = CrashDialogs(launch.log.path)
    launch.crashes.show_through(dialogs.show)
    program = make_program(launch, qt)
    interrupts = Interrupts()
    interrupts.interrupted.connect(program.window.close)
    program.show()
    QTimer.singleShot(0, lambda: begin(program))
    code = qt.exec()
    program.shutdown()
    interrupts.close()
    dialogs.close()
    return code


def _device_name() -> str:
    return platform.node() or "Usher"


def _to_text(window: MainWindow) -> str:
    return bytes(window.saveGeometry().toBase64().data()).decode("ascii")


def _from_text(text: str) -> QByteArray:
    return QByteArray.fromBase64(text.encode("ascii"))
