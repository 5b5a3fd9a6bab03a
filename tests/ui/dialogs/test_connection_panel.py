"""The connection panel as a person meets it: opened by a press, true while it is open, never in the way of a scan."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QLineEdit, QPushButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot
from sqlalchemy import select, update

from models.events import Role
from models.operations.base import now_utc
from models.operations.entries import RecordEntries
from models.store.copy_tables import OutboxRow, Replica
from models.store.exchange import OutcomeKind
from tests.helpers.small_event import SmallEvent, small_event
from tests.helpers.workspace import DirectRunner
from ui.dialogs.connection_panel import ConnectionPanel
from ui.door.door_page import DoorPage
from ui.main_window import MainWindow
from ui.theme import Theme
from ui.widgets.status_line import Connection
from ui.workspace import Workspace

LEFT = Qt.MouseButton.LeftButton
REASON = "Seat 1 at table 2 is held by Illari Quispe: choose another seat."
SEATS = (("2", 1), ("2", 2), ("1", 1), ("1", 2))


@pytest.fixture
def event(tmp_path: Path) -> Iterator[SmallEvent]:
    made = small_event(tmp_path, role=Role.OWNER)
    hand_in(made)
    yield made
    made.copy.close()


@pytest.fixture
def workspace(event: SmallEvent) -> Workspace:
    return Workspace(event.copy, DirectRunner(event.copy))


def hand_in(event: SmallEvent) -> None:
    """Note that the server has all that was done so far."""
    with event.copy.database.write() as connection:
        last = connection.scalar(select(OutboxRow.number).order_by(OutboxRow.number.desc()).limit(1))
        connection.execute(update(Replica).values(acknowledged=last, pulled_at=now_utc()))


def refuse(event: SmallEvent, *names: str) -> None:
    """Seat some people, which the server then refuses."""
    for name, (table, seat) in zip(names, SEATS, strict=False):
        event.seat(name, table, seat)
    with event.copy.database.write() as connection:
        refused = {"outcome": OutcomeKind.REFUSED, "reason_code": "seat_taken", "reason": REASON}
        connection.execute(update(OutboxRow).where(OutboxRow.name == "seat_attendees.v1").values(refused))
    hand_in(event)


class Desk:
    """An organizer's window with the panel, and the presses on "Try now"."""

    def __init__(self, theme: Theme, workspace: Workspace, qtbot: QtBot) -> None:
        self.window = MainWindow(theme)
        qtbot.addWidget(self.window)
        self.page = QWidget()
        self.page.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.field, self.other = QLineEdit(), QPushButton("Other")
        column = QVBoxLayout(self.page)
        column.addWidget(self.field)
        column.addWidget(self.other)
        self.window.add_page("page", "Page", "guests", self.page)
        self.window.show_page("page")
        self.tries = 0
        self.panel = ConnectionPanel(theme, workspace, self.try_now, self.window)
        self.button = self.window.status_line.connection_button
        self.frame = self.window.status_line.parentWidget()
        assert self.frame is not None
        self.panel.attach(self.button, self.frame)
        self.window.resize(1280, 720)
        self.window.show()
        self.window.activateWindow()
        qtbot.waitExposed(self.window)
        self.show(Connection.IN_STEP)

    def try_now(self) -> None:
        self.tries += 1

    def show(self, connection: Connection, waiting: int = 0, sentence: str = "") -> None:
        self.window.status_line.show_connection(connection, waiting, sentence)
        self.panel.show_standing(connection, waiting, sentence)


@pytest.fixture
def desk(theme: Theme, workspace: Workspace, qtbot: QtBot) -> Desk:
    return Desk(theme, workspace, qtbot)


# -- opening and closing -----------------------------------------------------------------------------------


def test_a_press_on_the_dot_or_the_words_opens_it_and_another_one_closes_it(desk: Desk, qtbot: QtBot) -> None:
    assert not desk.panel.isVisible()
    qtbot.mouseClick(desk.button, LEFT, pos=QPoint(12, 13))
    assert desk.panel.isVisible()
    assert desk.panel.title == "In step with the server"
    qtbot.mouseClick(desk.button, LEFT, pos=QPoint(desk.button.width() - 12, 13))
    assert not desk.panel.isVisible()


def test_the_keyboard_reaches_it_and_leads_out_of_it(desk: Desk, qtbot: QtBot) -> None:
    desk.other.setFocus()
    for _ in range(20):
        if desk.button.hasFocus():
            break
        qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
    assert desk.button.hasFocus()
    qtbot.keyClick(desk.button, Qt.Key.Key_Space)
    assert desk.panel.try_button.hasFocus()
    qtbot.keyClick(desk.panel.try_button, Qt.Key.Key_Return)
    assert desk.tries == 1
    qtbot.keyClick(desk.panel.try_button, Qt.Key.Key_Escape)
    assert not desk.panel.isVisible()
    assert desk.button.hasFocus()


def test_who_types_goes_on_typing(desk: Desk, qtbot: QtBot) -> None:
    desk.field.setFocus()
    qtbot.mouseClick(desk.button, LEFT)
    assert desk.panel.isVisible()
    assert desk.field.hasFocus()
    qtbot.mouseClick(desk.panel.close_button, LEFT)
    assert not desk.panel.isVisible()
    assert desk.field.hasFocus()


@pytest.mark.parametrize(("width", "height"), [(1280, 720), (640, 360), (1440, 900)])
def test_it_lies_within_the_window_above_the_line(
    desk: Desk, event: SmallEvent, qtbot: QtBot, width: int, height: int
) -> None:
    refuse(event, "Åsa Lindqvist", "Sami Quispe", "Wayra Quispe", "Kerem Marangoz")
    qtbot.mouseClick(desk.button, LEFT)
    desk.window.resize(width, height)
    panel = desk.panel

    def lies_well() -> None:
        assert desk.frame is not None
        assert desk.frame.rect().contains(panel.geometry())
        assert panel.geometry().bottom() < desk.window.status_line.geometry().top()
        close = panel.close_button
        assert panel.rect().contains(close.rect().translated(close.mapTo(panel, QPoint(0, 0))))

    qtbot.waitUntil(lies_well)


# -- what it says --------------------------------------------------------------------------------------------


def test_with_nothing_left_everything_is_handed_in(desk: Desk, qtbot: QtBot) -> None:
    qtbot.mouseClick(desk.button, LEFT)
    assert desk.panel.state == "Everything is handed in."
    assert desk.panel.fact("waiting") == "Nothing"
    assert (desk.panel.fact("kinds"), desk.panel.fact("not_holding"), desk.panel.skew) == ("", "", "")
    assert desk.panel.rows == []


def test_offline_it_says_what_waits_and_since_when(desk: Desk, event: SmallEvent, qtbot: QtBot) -> None:
    event.copy.run(RecordEntries(entries=(event.entry(),)), at=now_utc() - timedelta(days=2))
    event.seat("Åsa Lindqvist", "2", 1)
    desk.show(Connection.OFFLINE, 2)
    qtbot.mouseClick(desk.button, LEFT)
    panel = desk.panel
    assert panel.title == "Working offline"
    assert panel.state == "The server does not answer. Work on: what waits is handed in by itself later."
    assert panel.fact("waiting").startswith("2 changes since ")
    assert panel.fact("kinds") == "1 entry, 1 seat change"
    assert panel.fact("elsewhere") == ""


def test_what_waits_in_a_hub_here_is_told_as_well(desk: Desk, event: SmallEvent, qtbot: QtBot) -> None:
    event.seat("Åsa Lindqvist", "2", 1)
    desk.show(Connection.OFFLINE, 5)
    qtbot.mouseClick(desk.button, LEFT)
    assert desk.panel.fact("elsewhere") == "4 more wait here for the central server."


def test_a_problem_is_said_in_its_own_sentence(desk: Desk, qtbot: QtBot) -> None:
    qtbot.mouseClick(desk.button, LEFT)
    desk.show(Connection.PROBLEM, 0, "The server does not know this device: pair it anew.")
    qtbot.waitUntil(lambda: desk.panel.title == "Something needs a look")
    assert desk.panel.state == "The server does not know this device: pair it anew."


def test_a_clock_that_is_off_is_mentioned(desk: Desk, event: SmallEvent, qtbot: QtBot) -> None:
    event.copy.measure_skew(242_000)
    qtbot.mouseClick(desk.button, LEFT)
    assert desk.panel.skew == "This laptop's clock is 4 min behind the server's."


def test_it_follows_what_is_done_while_it_is_open(
    desk: Desk, event: SmallEvent, workspace: Workspace, qtbot: QtBot
) -> None:
    qtbot.mouseClick(desk.button, LEFT)
    workspace.announce(event.copy.run(RecordEntries(entries=(event.entry(),))))
    qtbot.waitUntil(lambda: desk.panel.fact("kinds") == "1 entry")
    hand_in(event)
    # The server's answer changed no row: only the standing is heard of.
    desk.show(Connection.IN_STEP)
    qtbot.waitUntil(lambda: desk.panel.fact("waiting") == "Nothing")
    assert desk.panel.state == "Everything is handed in."


# -- refusals ----------------------------------------------------------------------------------------------


def test_a_refusal_stands_with_its_reason_until_it_was_seen(desk: Desk, event: SmallEvent, qtbot: QtBot) -> None:
    refuse(event, "Åsa Lindqvist")
    qtbot.mouseClick(desk.button, LEFT)
    (row,) = desk.panel.rows
    assert (row.what.text(), row.why.text()) == ("Seat change · Åsa Lindqvist → Table 2, seat 1", REASON)
    qtbot.mouseClick(row.seen_button, LEFT)
    assert desk.panel.rows == []
    desk.panel.close_panel()
    qtbot.mouseClick(desk.button, LEFT)
    assert desk.panel.rows == []
    assert event.copy.waiting().refused == 1


def test_the_keyboard_goes_from_one_refusal_to_the_next(desk: Desk, event: SmallEvent, qtbot: QtBot) -> None:
    refuse(event, "Åsa Lindqvist")
    event.copy.run(RecordEntries(entries=(event.entry("Sami Quispe"),)))
    with event.copy.database.write() as connection:
        connection.execute(
            update(OutboxRow)
            .where(OutboxRow.name == "record_entries.v1")
            .values(outcome=OutcomeKind.REFUSED, reason_code="no", reason="No.")
        )
    qtbot.mouseClick(desk.button, LEFT)
    assert desk.panel.rows[0].what.text() == "Entry · Sami Quispe"
    desk.panel.rows[0].seen_button.setFocus()
    qtbot.keyClick(desk.panel.rows[0].seen_button, Qt.Key.Key_Space)
    assert len(desk.panel.rows) == 1
    assert desk.panel.rows[0].seen_button.hasFocus()
    qtbot.keyClick(desk.panel.rows[0].seen_button, Qt.Key.Key_Return)
    assert desk.panel.rows == []
    assert desk.panel.close_button.hasFocus()


# -- what can be done --------------------------------------------------------------------------------------


def test_try_now_tries_and_says_so_until_there_is_an_answer(desk: Desk, qtbot: QtBot) -> None:
    desk.show(Connection.OFFLINE)
    qtbot.mouseClick(desk.button, LEFT)
    qtbot.mouseClick(desk.panel.try_button, LEFT)
    assert desk.tries == 1
    assert desk.panel.try_button.text() == "Trying…"
    desk.show(Connection.IN_STEP)
    assert desk.panel.try_button.text() == "Try now"


def test_the_report_goes_to_the_clipboard_as_it_stands_now(desk: Desk, event: SmallEvent, qtbot: QtBot) -> None:
    refuse(event, "Åsa Lindqvist")
    qtbot.mouseClick(desk.button, LEFT)
    event.copy.run(RecordEntries(entries=(event.entry(),)))
    qtbot.mouseClick(desk.panel.copy_button, LEFT)
    text = QGuiApplication.clipboard().text()
    assert "Event: Winter supper" in text
    assert "Waiting: 1 change since " in text
    assert f"{REASON} [seat_taken]" in text
    assert desk.panel.copy_button.text() == "Copied"


# -- at a door ---------------------------------------------------------------------------------------------


@pytest.fixture
def door(theme: Theme, workspace: Workspace, qtbot: QtBot) -> Iterator[tuple[DoorPage, ConnectionPanel]]:
    page = DoorPage(theme, workspace)
    page.sounds.set_muted(True)
    qtbot.addWidget(page)
    panel = ConnectionPanel(theme, workspace, lambda: None, page)
    panel.attach(page.header.connection, page)
    page.control.verdict_reached.connect(panel.close_panel)
    page.resize(1280, 720)
    page.show()
    page.activateWindow()
    qtbot.waitExposed(page)
    page.set_connection(Connection.OFFLINE, 3)
    panel.show_standing(Connection.OFFLINE, 3)
    yield page, panel
    panel.close_panel()


def test_the_pill_opens_it_below_the_header_and_a_scan_still_arrives(
    door: tuple[DoorPage, ConnectionPanel], qtbot: QtBot
) -> None:
    page, panel = door
    qtbot.mouseClick(page.header.connection, LEFT)
    assert panel.isVisible()
    assert panel.geometry().top() >= page.header.geometry().bottom()
    assert page.rect().contains(panel.geometry())
    assert page.search.hasFocus()
    # A verdict is never covered.
    qtbot.keyClicks(page.search, "1234567890")
    page.on_code("nonsense")
    assert not panel.isVisible()


@pytest.mark.parametrize("key", [Qt.Key.Key_Space, Qt.Key.Key_Return])
def test_the_pill_is_pressed_by_key_as_well(door: tuple[DoorPage, ConnectionPanel], qtbot: QtBot, key: Qt.Key) -> None:
    page, panel = door
    page.header.connection.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.keyClick(page.header.connection, key)
    assert panel.try_button.hasFocus()
    qtbot.keyClick(panel.try_button, Qt.Key.Key_Escape)
    assert not panel.isVisible()
    assert page.header.connection.hasFocus()


def test_back_in_step_it_stays_open_and_gives_the_keyboard_back_to_the_search(
    door: tuple[DoorPage, ConnectionPanel], qtbot: QtBot
) -> None:
    page, panel = door
    page.header.connection.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.keyClick(page.header.connection, Qt.Key.Key_Space)
    page.set_connection(Connection.IN_STEP)
    panel.show_standing(Connection.IN_STEP)
    qtbot.waitUntil(lambda: panel.state == "Everything is handed in.")
    assert panel.isVisible()
    qtbot.mouseClick(panel.close_button, LEFT)
    assert page.search.hasFocus()
