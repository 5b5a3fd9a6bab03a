"""One desktop of the tour: the real program in a process of its own, driven by commands on standard input."""

from __future__ import annotations

import json
import logging
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QCoreApplication, QEvent, QEventLoop, QObject, QPointF, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QWidget
from sqlalchemy import func, select

from desktop.application import Program
from desktop.camera_worker import Recording
from desktop.door_camera import DoorCamera
from desktop.event_screens import EventScreens
from desktop.keyring_store import FileTokenStore
from desktop.launch import Launch, launched
from desktop.open_event import OpenEvent
from desktop.pairing_camera import PairingCamera
from desktop.settings import SettingsFile
from models.attendance import Entry, EntryHow
from models.conflicts import Conflict
from models.errors import UsherError
from models.events import Door
from models.invitations import Attendee, Invitation
from models.people import Guest
from models.seating import Seat, Table
from models.store.digest import digest, joined
from models.ticketing import read_printable_tickets
from sync.client.loop import Reach
from ui.dialogs.pairing_dialog import PairingDialog
from ui.dialogs.publish_dialog import PublishDialog
from ui.planner.gestures import drag_over, drop_on
from ui.printing.tickets_dialog import TicketsDialog
from ui.theme import ThemeMode

_log = logging.getLogger(__name__)
_WINDOW = (1440, 900)
_KEYS = {
    "Enter": Qt.Key.Key_Return,
    "F2": Qt.Key.Key_F2,
    "F8": Qt.Key.Key_F8,
    "Down": Qt.Key.Key_Down,
    "Up": Qt.Key.Key_Up,
    "Escape": Qt.Key.Key_Escape,
    "Tab": Qt.Key.Key_Tab,
}
Answer = dict[str, Any]


class NotAsTold(UsherError):
    """The desktop did not come to be as the story tells."""

    def __init__(self, message: str) -> None:
        """Say what was waited for."""
        super().__init__("not_as_told", message)


class Actor(QObject):
    """Does to the program what a person would do, one command at a time, on the screen's thread."""

    _line_read = Signal(str)

    def __init__(self, program: Program, qt: QApplication, on_crash: Callable[[BaseException], None]) -> None:
        """Drive a program."""
        super().__init__()
        self._program = program
        self._qt = qt
        self._on_crash = on_crash
        self._scans = 0
        self._line_read.connect(self._on_line_read, Qt.ConnectionType.QueuedConnection)

    def start(self) -> None:
        """Begin to listen for commands."""
        threading.Thread(target=self._listen, name="tour-commands", daemon=True).start()

    # -- commands: what everybody does ----------------------------------------------------------------

    def do_hello(self) -> Answer:
        """Answer that the program is there."""
        return {}

    def do_quit(self) -> Answer:
        """Close the window as a person would; the program ends in order."""
        QTimer.singleShot(0, self._program.window.close)
        return {}

    def do_screenshot(self, path: str) -> Answer:
        """Save a picture of the window, with the dialog that is open over it."""
        self._settle()
        self._picture(self._program.window, path)
        return {}

    def do_theme(self, mode: str) -> Answer:
        """Change between light and dark."""
        self._program.theme.set_mode(ThemeMode(mode))
        self._settle()
        return {}

    def do_show_page(self, key: str) -> Answer:
        """Go to one of the organizer's pages."""
        self._program.window.show_page(key)
        self._settle()
        return {}

    def do_facts(self) -> Answer:
        """Tell how this copy stands: a digest, what waits, what it counts."""
        event = self._program.opened
        if event is None:
            return {"event_id": None}
        standing = event.standing
        identity = event.copy.identity
        with event.copy.read() as connection:
            tables = digest(connection, identity.event_id, identity.role)
            open_conflicts = select(Conflict.kind, func.count()).where(Conflict.resolved_at.is_(None))
            conflicts = dict(connection.execute(open_conflicts.group_by(Conflict.kind)).all())
            attendees = select(func.count()).select_from(Attendee).where(Attendee.deleted_at.is_(None))
            guests = connection.scalar(attendees)
            seated = connection.scalar(attendees.where(Attendee.seat_id.is_not(None)))
            own = list(connection.scalars(select(Entry.id).where(Entry.device_id == identity.device_id)))
            scans = connection.scalar(
                select(func.count())
                .select_from(Entry)
                .where(Entry.device_id == identity.device_id, Entry.how == EntryHow.SCAN)
            )
        waiting = event.copy.waiting()
        return {
            "event_id": identity.event_id,
            "role": identity.role,
            "reach": standing.reach,
            "pending": max(waiting.pending, standing.waiting),
            "refused": waiting.refused,
            "pushed": standing.pushed,
            "pulled": standing.pulled,
            "digest": joined(tables),
            "tables": {name: one.sha256 for name, one in tables.items()},
            "conflicts": conflicts,
            "guests": guests,
            "seated": seated,
            "own_entries": own,
            "scans": scans,
        }

    def do_wait_for_standing(self, reach: str) -> Answer:
        """Wait until the program knows how it stands to its server."""
        self._wait(lambda: self._event.standing.reach is Reach(reach), f"the standing “{reach}”", 40.0)
        self._settle()
        return self.do_facts()

    # -- commands: the organizer ----------------------------------------------------------------------

    def do_open_sample(self) -> Answer:
        """Open the sample from the start page."""
        self._program.start_page.sample_requested.emit()
        guests = self._screens.guests
        assert guests is not None
        self._wait(lambda: bool(guests.model.lines), "the guests")
        self._wait(lambda: self._event.standing.reach is Reach.IN_STEP, "the event's own server")
        return {}

    def do_import_list(self, path: str, screenshot: str) -> Answer:
        """Import a guest list through its dialog."""
        from ui.guests.import_dialog import ImportDialog

        guests = self._screens.guests
        assert guests is not None
        before = self.do_facts()["guests"]
        self._program.window.show_page("guests")
        guests.work.import_file(Path(path))
        dialog = guests.work.dialog
        assert isinstance(dialog, ImportDialog)
        self._wait(lambda: dialog.import_button.isEnabled(), "the preview of the list")
        self._settle()
        self._picture(self._program.window, screenshot)
        dialog.import_button.click()
        self._wait(lambda: guests.work.dialog is None, "the end of the import")
        self._wait(lambda: self.do_facts()["guests"] > before, "the imported guests")
        return {"added": self.do_facts()["guests"] - before}

    def do_drop_household(self, household: str, table: str, screenshot: str) -> Answer:
        """Drag a whole household over a table, let a picture be taken, and drop it there."""
        with self._event.copy.read() as connection:
            ids = list(
                connection.scalars(
                    select(Attendee.id)
                    .join(Invitation, Invitation.id == Attendee.invitation_id)
                    .where(Invitation.name == household, Attendee.deleted_at.is_(None))
                )
            )
        point = self._point_of(table, None)
        planner = self._planner()
        drag_over(planner.canvas, ids, point)
        self._settle()
        self._picture(self._program.window, screenshot)
        if not drop_on(planner.canvas, ids, point):
            raise NotAsTold(f"The household {household} was not taken at table {table}.")
        self._wait(
            lambda: all(self._seat_of(one) is not None for one in ids), f"the household {household} at its seats"
        )
        return {"seated": len(ids)}

    def do_drop_guest(self, guest: str, table: str, seat: int | None = None) -> Answer:
        """Drop a guest on a seat, or on the first free one of a table."""
        with self._event.copy.read() as connection:
            who = connection.scalar(
                select(Attendee.id)
                .join(Guest, Guest.id == Attendee.guest_id)
                .where(Guest.name == guest, Attendee.deleted_at.is_(None))
            )
        if who is None:
            raise NotAsTold(f"The guest {guest} is not on the list.")
        seat = seat or self._free_seat(table)
        if not drop_on(self._planner().canvas, [who], self._point_of(table, seat)):
            raise NotAsTold(f"{guest} was not taken at seat {seat} of table {table}.")
        wanted = self._seat_id(table, seat)
        self._wait(lambda: self._seat_of(who) == wanted, f"{guest} at the seat")
        return {"seat": seat}

    def do_undo_and_redo(self) -> Answer:
        """Undo the last step and do it again."""
        stack = self._event.workspace.actions.stack
        seated = self.do_facts()["seated"]
        stack.undo()
        self._wait(lambda: self.do_facts()["seated"] == seated - 1, "the seat to be free again")
        stack.redo()
        self._wait(lambda: self.do_facts()["seated"] == seated, "the guest to sit there again")
        return {}

    def do_make_tickets(self, path: str, screenshot: str) -> Answer:
        """Make the tickets through their dialog, wait for the signatures and save the PDF."""
        self._screens.open_tickets()
        dialog = self._screens.dialog
        assert isinstance(dialog, TicketsDialog)
        dialog.make_button.click()
        self._wait(lambda: self._printable() > 0 and self._printable() == self._issued(), "the signatures", 60.0)
        self._settle()
        saved: list[str] = []
        dialog.tickets_saved.connect(lambda where, _count: saved.append(where))
        dialog.save_pdf(Path(path))
        self._wait(lambda: bool(saved), "the PDF", 90.0)
        self._settle()
        self._picture(self._program.window, screenshot)
        dialog.reject()
        with self._event.copy.read() as connection:
            tickets = read_printable_tickets(connection, self._event.workspace.event_id)
        return {
            "codes": [
                {"holder": ticket.holder, "people": len(ticket.people) or 1, "text": ticket.signed_code}
                for ticket in tickets
                if ticket.signed_code is not None
            ]
        }

    def do_publish(self, url: str, login: str, password: str) -> Answer:
        """Connect the event with a server through its dialog."""
        self._screens.open_publishing()
        dialog = self._screens.dialog
        assert isinstance(dialog, PublishDialog)
        dialog.address.setText(url)
        dialog.login.setText(login)
        dialog.password.setText(password)
        dialog.go.click()
        self._wait(lambda: self._screens.dialog is None, f"the server: {dialog.sentence.text()}", 60.0)
        self._wait(lambda: self._event.standing.reach is Reach.IN_STEP, "the server above")
        return {}

    def do_pairing_code(self, door: str, screenshot: str) -> Answer:
        """Make a pairing code for a door through its dialog."""
        self._screens.open_pairing()
        dialog = self._screens.dialog
        assert isinstance(dialog, PairingDialog)
        with self._event.copy.read() as connection:
            door_id = connection.scalar(select(Door.id).where(Door.name == door))
        places = [dialog.choice.itemData(place) for place in range(dialog.choice.count())]
        dialog.choice.setCurrentIndex(next(i for i, (_, one) in enumerate(places) if one == door_id))
        dialog.make.click()
        self._wait(lambda: bool(dialog.code.text()), f"the pairing code: {dialog.sentence.text()}", 30.0)
        self._settle()
        self._picture(self._program.window, screenshot)
        code = dialog.code.text()
        dialog.reject()
        self._settle()
        return {"code": code}

    # -- commands: a door -----------------------------------------------------------------------------

    def do_join_by_typing(self, code: str) -> Answer:
        """Type a pairing code on the start page."""
        self._program.start_page.join_requested.emit(code)
        return self._joined()

    def do_join_by_camera(self, picture: str) -> Answer:
        """Read a pairing code off a picture of the organizer's screen."""
        dialog = PairingCamera(self._program.theme, self._on_crash, self._program.window, Recording(Path(picture), 5.0))
        dialog.code_read.connect(self._program.join)
        dialog.open()
        return self._joined()

    def do_watch(self, video: str) -> Answer:
        """Let the door's camera look at a video to its end; wait for the verdict on the last code."""
        door = self._screens.door
        read: list[str] = []
        verdicts: list[object] = []
        ended: list[bool] = []
        camera: DoorCamera = self._screens.camera
        camera.feed.code_read.connect(read.append)
        camera.feed.finished.connect(lambda: ended.append(True))
        door.control.verdict_reached.connect(verdicts.append)
        camera.watch(Recording(Path(video)))
        self._wait(lambda: bool(ended) and len(verdicts) >= len(read), "the end of the video", 120.0)
        camera.feed.code_read.disconnect()
        camera.feed.code_read.connect(door.on_code)
        camera.feed.finished.disconnect()
        door.control.verdict_reached.disconnect(verdicts.append)
        self._settle()
        return {"codes": len(read), "verdicts": len(verdicts)}

    def do_press(self, keys: str) -> Answer:
        """Press a key at the door."""
        self._press(_KEYS[keys])
        self._settle(0.6)
        return {}

    def do_search_and_admit(self, name: str) -> Answer:
        """Type a name at the door and admit the first that is found."""
        door = self._screens.door
        reached: list[object] = []
        door.control.verdict_reached.connect(reached.append)
        for letter in name:
            self._send_key(door.search, Qt.Key.Key_unknown, letter)
        self._wait(lambda: door.results.chosen is not None, f"somebody called {name}")
        self._settle()
        self._press(_KEYS["Enter"])
        self._wait(lambda: bool(reached), "the verdict")
        door.control.verdict_reached.disconnect(reached.append)
        return {}

    def do_walk_in(self, name: str, table: str) -> Answer:
        """Let somebody in who is on no list, on a free seat of a table."""
        door = self._screens.door
        reached: list[object] = []
        door.control.verdict_reached.connect(reached.append)
        self._press(_KEYS["F2"])
        form = door.panel.walk_in_form
        number = self._free_seat(table)
        wanted = self._seat_id(table, number)
        self._wait(lambda: form.seat_box.findData(wanted) >= 0, "the free seats")
        form.name_field.setText(name)
        form.seat_box.setCurrentIndex(form.seat_box.findData(wanted))
        form.hand_in()
        self._wait(lambda: bool(reached), "the walk-in")
        door.control.verdict_reached.disconnect(reached.append)
        self._settle()
        return {"seat": number}

    # -- how ------------------------------------------------------------------------------------------

    @property
    def _event(self) -> OpenEvent:
        event = self._program.opened
        if event is None:
            raise NotAsTold("No event is open.")
        return event

    @property
    def _screens(self) -> EventScreens:
        screens = self._program.screens
        if screens is None:
            raise NotAsTold("No event is open.")
        return screens

    def _planner(self):
        planner = self._screens.planner
        assert planner is not None
        if self._program.window.current_page != "tables":
            self._program.window.show_page("tables")
            self._settle(0.3)
        return planner

    def _joined(self) -> Answer:
        join = self._program.start_page.join
        self._wait(lambda: self._program.opened is not None, f"the event: {join}", 60.0)
        self._wait(lambda: self._event.standing.reach is Reach.IN_STEP, "the server")
        self._settle()
        return {}

    def _printable(self) -> int:
        with self._event.copy.read() as connection:
            tickets = read_printable_tickets(connection, self._event.workspace.event_id)
        return sum(1 for ticket in tickets if ticket.signed_code is not None)

    def _issued(self) -> int:
        with self._event.copy.read() as connection:
            return len(read_printable_tickets(connection, self._event.workspace.event_id))

    def _seat_id(self, table: str, seat: int) -> str:
        with self._event.copy.read() as connection:
            found = connection.scalar(
                select(Seat.id).join(Table, Table.id == Seat.table_id).where(Table.label == table, Seat.number == seat)
            )
        if found is None:
            raise NotAsTold(f"Seat {seat} of table {table} is not there.")
        return found

    def _free_seat(self, table: str) -> int:
        taken = select(Attendee.seat_id).where(Attendee.seat_id.is_not(None))
        with self._event.copy.read() as connection:
            found = connection.scalar(
                select(func.min(Seat.number))
                .join(Table, Table.id == Seat.table_id)
                .where(Table.label == table, Seat.id.not_in(taken), Seat.blocked.is_(False))
            )
        if found is None:
            raise NotAsTold(f"No seat is free at table {table}.")
        return found

    def _seat_of(self, attendee_id: str) -> str | None:
        with self._event.copy.read() as connection:
            return connection.scalar(select(Attendee.seat_id).where(Attendee.id == attendee_id))

    def _point_of(self, table: str, seat: int | None) -> QPointF:
        canvas = self._planner().canvas
        if seat is not None:
            return canvas.floor_of_seat(self._seat_id(table, seat))
        with self._event.copy.read() as connection:
            x, y = connection.execute(select(Table.x, Table.y).where(Table.label == table)).one()
        return QPointF(x, y)

    def _press(self, key: Qt.Key) -> None:
        target = self._screens.door.focusWidget() or self._screens.door
        self._send_key(target, key, "\r" if key == Qt.Key.Key_Return else "")

    def _send_key(self, target: QWidget, key: Qt.Key, text: str) -> None:
        for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
            QCoreApplication.sendEvent(target, QKeyEvent(kind, key, Qt.KeyboardModifier.NoModifier, text))

    def _picture(self, window: QWidget, path: str) -> None:
        picture = window.grab()
        for dialog in self._qt.topLevelWidgets():
            if dialog is not window and dialog.isVisible() and dialog.isWindow() and dialog.windowModality():
                _draw_over(picture, dialog, window)
        picture.save(path)

    def _settle(self, seconds: float = 0.25) -> None:
        """Let everything that is due be painted."""
        loop = QEventLoop()
        QTimer.singleShot(int(seconds * 1000), loop.quit)
        loop.exec()

    def _wait(self, reached: Callable[[], bool], what: str, seconds: float = 30.0) -> None:
        deadline = time.monotonic() + seconds
        while not reached():
            if time.monotonic() > deadline:
                raise NotAsTold(f"It was waited in vain for {what}.")
            self._settle(0.03)

    def _listen(self) -> None:
        for line in sys.stdin:
            self._line_read.emit(line)
        self._line_read.emit(json.dumps({"command": "quit"}))

    def _on_line_read(self, line: str) -> None:
        told = json.loads(line)
        command = told.pop("command")
        try:
            answer = getattr(self, f"do_{command}")(**told)
        except UsherError as error:
            _log.exception("the command %s failed", command)
            answer = {"problem": error.message}
        except Exception as error:
            _log.exception("the command %s failed", command)
            answer = {"problem": f"{type(error).__name__}: {error}"}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


def _draw_over(picture, dialog: QWidget, window: QWidget) -> None:
    from PySide6.QtGui import QColor, QPainter

    painter = QPainter(picture)
    painter.fillRect(picture.rect(), QColor(0, 0, 0, 70))
    shown = dialog.grab()
    ratio = picture.devicePixelRatio()
    x = (picture.width() / ratio - dialog.width()) / 2
    y = (picture.height() / ratio - dialog.height()) / 2
    painter.drawPixmap(QPointF(x, y), shown)
    painter.end()


def main() -> int:
    """Run one desktop of the tour; its name is the only argument."""
    with launched() as launch:
        return _run(launch)


def _run(launch: Launch) -> int:
    qt = QApplication(sys.argv[:1])
    qt.setApplicationName("Usher")
    qt.setQuitOnLastWindowClosed(True)
    launch.log.take_qt_messages()
    settings = SettingsFile(launch.paths.settings_file)
    settings.change(theme_mode=ThemeMode.LIGHT.value, sound_on=False)
    program = Program(qt, launch.paths, settings, FileTokenStore(launch.paths.tokens_file), launch.crashes.report)
    program.window.resize(*_WINDOW)
    program.window.show()
    actor = Actor(program, qt, launch.crashes.report)
    actor.start()
    code = qt.exec()
    program.shutdown()
    return code


if __name__ == "__main__":
    raise SystemExit(main())
