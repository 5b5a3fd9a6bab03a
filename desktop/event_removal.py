"""The way of an event off this computer: asked about, closed, wiped away from the screen's thread, forgotten."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFileDialog

from desktop.event_saving import app_version, choose_event_file
from desktop.keyring_store import TokenStore
from desktop.open_event import OpenEvent
from desktop.paths import file_name_for
from desktop.removal import read_waiting, remove_event, save_and_remove_event, save_event_and_remove
from desktop.saved_changes import CHANGES_SUFFIX
from desktop.sync_worker import Standing
from desktop.writer import Errands
from models.errors import UsherError
from ui.dialogs.removal_dialog import RemovalDialog
from ui.main_window import MainWindow
from ui.theme import Theme


class EventRemoval(QObject):
    """Holds the dialog that asks, and removes what was agreed to."""

    removed = Signal(Path, str)
    """This event, with this title, is gone from this computer."""
    kept = Signal(Path)
    """This event was closed to be removed, and is still here."""
    failed = Signal(object)
    """What waits in a closed event could not be read; the error goes with it."""

    def __init__(self, window: MainWindow, theme: Theme, tokens: TokenStore, filing: Errands) -> None:
        """Ask over ``window``, and remove on the thread of ``filing``."""
        super().__init__(window)
        self._window, self._theme, self._tokens, self._filing = window, theme, tokens, filing
        self.dialog: RemovalDialog | None = None
        self._is_closed = False

    def ask_open(self, event: OpenEvent, close: Callable[[], None]) -> None:
        """Ask about the event that is open; ``close`` ends everything that holds its files."""
        is_only_copy = event.hub is not None and event.hub.upstream_url is None
        waiting = None if is_only_copy else event.standing.waiting
        dialog = self._ask(event.path, event.read_facts().title, waiting, close)

        def follow(standing: Standing) -> None:
            if self.dialog is dialog:
                dialog.show_waiting(standing.waiting)

        if not is_only_copy:
            event.standing_changed.connect(follow)

    def ask_closed(self, path: Path, title: str) -> None:
        """Ask about an event that is not open."""

        def show(waiting: int) -> None:
            self._ask(path, title, waiting, lambda: None)

        def refuse(error: UsherError) -> None:
            if error.code == "only_copy":
                self._ask(path, title, None, lambda: None)
            else:
                self.failed.emit(error)

        self._filing.submit(lambda: read_waiting(path), show, refuse)

    def end(self) -> None:
        """Take the question back: the program is closing."""
        dialog, self.dialog = self.dialog, None
        if dialog is not None:
            dialog.hide()
            dialog.deleteLater()

    def _ask(self, path: Path, title: str, waiting: int | None, close: Callable[[], None]) -> RemovalDialog:
        self.end()
        self._is_closed = False
        tokens = self._tokens

        def begin(work: Callable[[], object], done: Callable[[], None], failed: Callable[[UsherError], None]) -> None:
            if not self._is_closed:
                self._is_closed = True
                close()

            def finish(_result: object) -> None:
                done()
                self.removed.emit(path, title)

            self._filing.submit(work, finish, failed)

        def remove(done: Callable[[], None], failed: Callable[[UsherError], None]) -> None:
            begin(lambda: remove_event(path, tokens), done, failed)

        def save_and_remove(done: Callable[[], None], failed: Callable[[UsherError], None]) -> None:
            saved_to = choose_event_file(dialog, title) if waiting is None else self._choose_file(title)
            if saved_to is None:
                dialog.take_back()
            elif waiting is None:
                begin(lambda: save_event_and_remove(path, tokens, saved_to, app_version()), done, failed)
            else:
                begin(lambda: save_and_remove_event(path, tokens, saved_to), done, failed)

        dialog = RemovalDialog(self._theme, title, waiting, remove, save_and_remove, self._window)
        self.dialog = dialog
        dialog.finished.connect(lambda: self._on_finished(dialog, path))
        dialog.open()
        return dialog

    def _choose_file(self, title: str) -> Path | None:
        chosen, _ = QFileDialog.getSaveFileName(
            self.dialog,
            self.tr("Save the changes to a file"),
            str(Path.home() / f"{file_name_for(title)}{CHANGES_SUFFIX}"),
            self.tr("Changes ({pattern})").format(pattern=f"*{CHANGES_SUFFIX}"),
        )
        if not chosen:
            return None
        return Path(chosen if chosen.endswith(CHANGES_SUFFIX) else f"{chosen}{CHANGES_SUFFIX}")

    def _on_finished(self, dialog: RemovalDialog, path: Path) -> None:
        if self.dialog is not dialog:
            return
        self.dialog = None
        dialog.deleteLater()
        if self._is_closed and dialog.result() == RemovalDialog.DialogCode.Rejected and path.exists():
            self.kept.emit(path)
