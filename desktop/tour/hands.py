"""What the tour does with its hands: waiting, looking, pressing keys and finding things in the open event."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QCoreApplication, QEvent, QEventLoop, QPointF, Qt, QTimer
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPixmap
from PySide6.QtWidgets import QApplication, QWidget
from sqlalchemy import func, select

from desktop.application import Program
from desktop.event_screens import EventScreens
from desktop.open_event import OpenEvent
from models.errors import UsherError
from models.invitations import Attendee
from models.seating import Seat, Table
from ui.planner.planner_page import PlannerPage

Answer = dict[str, Any]


class NotAsTold(UsherError):
    """The desktop did not come to be as the story tells."""

    def __init__(self, message: str) -> None:
        """Say what was waited for."""
        super().__init__("not_as_told", message)


class Hands:
    """Handles one program as a person would."""

    def __init__(self, program: Program, qt: QApplication, on_crash: Callable[[BaseException], None]) -> None:
        """Handle a program on the screen's thread."""
        self.program = program
        self.qt = qt
        self.on_crash = on_crash

    @property
    def event(self) -> OpenEvent:
        """Give the open event."""
        event = self.program.opened
        if event is None:
            raise NotAsTold("No event is open.")
        return event

    @property
    def screens(self) -> EventScreens:
        """Give the screens of the open event."""
        screens = self.program.screens
        if screens is None:
            raise NotAsTold("No event is open.")
        return screens

    def planner(self) -> PlannerPage:
        """Go to the tables and give their page."""
        planner = self.screens.planner
        assert planner is not None
        if self.program.window.current_page != "tables":
            self.program.window.show_page("tables")
            self.settle(0.3)
        return planner

    def seat_id(self, table: str, seat: int) -> str:
        """Find a seat."""
        with self.event.copy.read() as connection:
            found = connection.scalar(
                select(Seat.id).join(Table, Table.id == Seat.table_id).where(Table.label == table, Seat.number == seat)
            )
        if found is None:
            raise NotAsTold(f"Seat {seat} of table {table} is not there.")
        return found

    def free_seat(self, table: str) -> int:
        """Find the first free seat of a table."""
        taken = select(Attendee.seat_id).where(Attendee.seat_id.is_not(None))
        with self.event.copy.read() as connection:
            found = connection.scalar(
                select(func.min(Seat.number))
                .join(Table, Table.id == Seat.table_id)
                .where(Table.label == table, Seat.id.not_in(taken), Seat.blocked.is_(False))
            )
        if found is None:
            raise NotAsTold(f"No seat is free at table {table}.")
        return found

    def seat_of(self, attendee_id: str) -> str | None:
        """Tell where somebody sits."""
        with self.event.copy.read() as connection:
            return connection.scalar(select(Attendee.seat_id).where(Attendee.id == attendee_id))

    def point_of(self, table: str, seat: int | None) -> QPointF:
        """Give the point of the floor where a table or a seat is, in millimetres."""
        canvas = self.planner().canvas
        if seat is not None:
            return canvas.floor_of_seat(self.seat_id(table, seat))
        with self.event.copy.read() as connection:
            x, y = connection.execute(select(Table.x, Table.y).where(Table.label == table)).one()
        return QPointF(x, y)

    def press(self, key: Qt.Key) -> None:
        """Press a key where the keyboard is at the door."""
        target = self.screens.door.focusWidget() or self.screens.door
        self.send_key(target, key, "\r" if key == Qt.Key.Key_Return else "")

    def send_key(self, target: QWidget, key: Qt.Key, text: str) -> None:
        """Press and release a key on a widget."""
        for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
            QCoreApplication.sendEvent(target, QKeyEvent(kind, key, Qt.KeyboardModifier.NoModifier, text))

    def picture(self, window: QWidget, path: str) -> None:
        """Save a picture of the window with the dialogs over it."""
        picture = window.grab()
        for dialog in self.qt.topLevelWidgets():
            if dialog is not window and dialog.isVisible() and dialog.isWindow() and dialog.windowModality():
                _draw_over(picture, dialog)
        picture.save(path)

    def settle(self, seconds: float = 0.25) -> None:
        """Let everything that is due be painted."""
        loop = QEventLoop()
        QTimer.singleShot(int(seconds * 1000), loop.quit)
        loop.exec()

    def wait(self, reached: Callable[[], bool], what: str, seconds: float = 30.0) -> None:
        """Wait until something is so. Raises NotAsTold, naming ``what`` it was waited for."""
        deadline = time.monotonic() + seconds
        while not reached():
            if time.monotonic() > deadline:
                raise NotAsTold(f"It was waited in vain for {what}.")
            self.settle(0.03)


def _draw_over(picture: QPixmap, dialog: QWidget) -> None:
    painter = QPainter(picture)
    painter.fillRect(picture.rect(), QColor(0, 0, 0, 70))
    shown = dialog.grab()
    ratio = picture.devicePixelRatio()
    x = (picture.width() / ratio - dialog.width()) / 2
    y = (picture.height() / ratio - dialog.height()) / 2
    painter.drawPixmap(QPointF(x, y), shown)
    painter.end()
