"""What can be done with an event as a whole: its devices, saving, duplicating, the colours, closing, removing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu

from desktop.event_saving import app_version, choose_event_file
from desktop.open_event import OpenEvent
from desktop.paths import Paths
from models.duplicates import duplicate_operations
from models.errors import UsherError
from models.event_files import make_event, save_event
from models.ids import new_id
from models.operations.base import ORGANIZERS
from ui.dialogs.duplicate_dialog import DuplicateDialog
from ui.guests.guests_page import GuestsPage
from ui.main_window import MainWindow
from ui.theme import Theme, ThemeMode
from ui.widgets.chips import Tone
from ui.widgets.header import mark_icon


class EventMenu(QObject):
    """Holds the menu behind the three dots, and does what it offers, away from the screen's thread."""

    left = Signal()
    """The person wants back to the start page."""
    event_made = Signal(Path)
    """A further event was made, to be opened."""
    duplicating = Signal(object)
    """The dialog that asks for the new event, to be shown."""

    devices_asked = Signal()
    """The person wants to see the devices, and what waits for a decision."""
    removal_asked = Signal()
    """The person wants the event off this computer."""

    def __init__(self, event: OpenEvent, window: MainWindow, theme: Theme, paths: Paths) -> None:
        """Build the menu; :attr:`button` opens it, :attr:`leave` has its shortcut in the whole window."""
        super().__init__(event)
        self._event, self._window, self._theme, self._paths = event, window, theme, paths
        self.menu = QMenu(window)
        self.save = self.menu.addAction(self.tr("Save event to a file…"))
        self.save.triggered.connect(self.open_saving)
        self.duplicate = self.menu.addAction(self.tr("Duplicate event…"))
        self.duplicate.triggered.connect(self._on_duplicate_triggered)
        self.menu.addSeparator()
        self.devices = self.menu.addAction(self.tr("Devices…"))
        self.devices.setVisible(event.workspace.identity.role in ORGANIZERS)
        self.devices.triggered.connect(self.devices_asked)
        self._after_people = self.menu.addSeparator()
        self.colours = self.menu.addAction("")
        self.colours.triggered.connect(self._on_colours_triggered)
        self.menu.addSeparator()
        self.leave = self.menu.addAction(self.tr("Close event"))
        self.leave.setShortcut(QKeySequence("Ctrl+W"))
        self.leave.triggered.connect(self.left)
        self.remove = self.menu.addAction(self.tr("Remove from this laptop…"))
        self.remove.triggered.connect(self.removal_asked)
        theme.changed.connect(self._show_colours)
        self._show_colours()
        self.button = mark_icon(QAction(self.tr("More"), self))
        self.button.setMenu(self.menu)
        theme.keep_icon(self.button, "more")
        window.addAction(self.leave)

    def show_held(self, count: int) -> None:
        """Say at the devices how much waits for a decision."""
        text = self.tr("Devices…")
        self.devices.setText(self.tr("Devices… · {count} to decide").format(count=count) if count else text)

    def offer_erasing(self, guests: GuestsPage) -> None:
        """Offer to erase the guests that are chosen on the guest screen, while it is shown."""

        def look() -> None:
            guests.erase_action.setVisible(guests.view.may_erase and guests.isVisible())
            guests.erase_action.setEnabled(bool(guests.view.erasable_guests()))

        self.menu.insertAction(self._after_people, guests.erase_action)
        self.menu.aboutToShow.connect(look)

    def open_saving(self) -> None:
        """Ask where to, and save the event there."""
        chosen = choose_event_file(self._window, self._event.read_facts().title)
        if chosen is not None:
            self.save_to(chosen)

    def save_to(self, path: Path) -> None:
        """Save the event to a file, and say when it is done."""
        copy = self._event.copy
        done = self.tr("The whole event is in “{file}”.").format(file=path.name)
        self._window.show_message(self.tr("Saving the event to “{file}”…").format(file=path.name))
        self._event.filing.submit(
            lambda: save_event(copy, path, app_version=app_version()),
            lambda _head: self._window.show_message(done, Tone.OK),
            self._on_failed,
        )

    def duplicate_dialog(self) -> DuplicateDialog:
        """Make the dialog that asks for the new event's title and start."""
        facts = self._event.read_facts()
        return DuplicateDialog(self._theme, facts.title, facts.starts_at, self.make_duplicate, self._window)

    def make_duplicate(
        self, title: str, starts_at: datetime, done: Callable[[], None], failed: Callable[[UsherError], None]
    ) -> None:
        """Make a new event like this one; ``event_made`` follows."""
        copy, event_id, paths = self._event.copy, self._event.workspace.event_id, self._paths

        def work() -> Path:
            new_event_id = new_id()
            with copy.read() as connection:
                operations = duplicate_operations(
                    connection, event_id, new_event_id=new_event_id, title=title, starts_at=starts_at.astimezone(UTC)
                )
            path = paths.new_event_file(title)
            make_event(path, new_event_id, operations).close()
            return path

        def finish(path: Path) -> None:
            done()
            self.event_made.emit(path)

        self._event.filing.submit(work, finish, failed)

    def close(self) -> None:
        """Take the menu out of the window."""
        self._theme.changed.disconnect(self._show_colours)
        self._window.removeAction(self.leave)
        self.menu.deleteLater()

    def _show_colours(self) -> None:
        self.colours.setText(self.tr("Light colours") if self._theme.is_dark else self.tr("Dark colours"))

    def _on_colours_triggered(self) -> None:
        self._theme.set_mode(ThemeMode.LIGHT if self._theme.is_dark else ThemeMode.DARK)

    def _on_duplicate_triggered(self) -> None:
        self.duplicating.emit(self.duplicate_dialog())

    def _on_failed(self, error: UsherError) -> None:
        self._window.show_message(error.message, Tone.BAD)
