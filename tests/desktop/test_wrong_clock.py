"""A computer whose clock is plainly wrong: one calm sentence, the right time at the door, and it goes by itself."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from pytestqt.qtbot import QtBot
from sqlalchemy import select

from desktop.application import Program
from models.attendance import Entry
from models.base import time_text
from models.check_in import CheckIn
from models.events import Role
from models.invitations import Attendee
from models.operations.base import now_utc
from sync.server.running import RunningServer
from tests.desktop.conftest import StartProgram, in_step, join, pairing_code

SENTENCE = "This laptop's clock is 5 min behind the server's"
Set = Callable[[timedelta], None]


@pytest.fixture
def set_ahead(server: RunningServer, monkeypatch: pytest.MonkeyPatch) -> Set:
    """Sets the server's clock ahead of this computer's."""

    def set_it(by: timedelta) -> None:
        def clock() -> datetime:
            return now_utc() + by

        monkeypatch.setattr(server.service.log, "_clock", clock)

    return set_it


def _join(start: StartProgram, office: Program, role: Role, qtbot: QtBot) -> Program:
    joined = start(role.value)
    join(joined, pairing_code(office, role), qtbot)
    return joined


def _right(program: Program) -> str:
    return program.window.status_line.right_text


def test_an_organizer_reads_it_in_the_status_line_until_it_is_right(
    start: StartProgram, office: Program, set_ahead: Set, qtbot: QtBot
) -> None:
    set_ahead(timedelta(minutes=5))
    other = _join(start, office, Role.ORGANIZER, qtbot)
    qtbot.waitUntil(lambda: _right(other) == SENTENCE, timeout=10_000)
    qtbot.waitUntil(lambda: other.window.status_line.text == "In step with the server", timeout=10_000)
    assert _right(other) == SENTENCE

    set_ahead(timedelta(seconds=20))
    assert other.opened is not None
    assert other.opened.sync is not None
    other.opened.sync.wake()
    qtbot.waitUntil(lambda: _right(other) == "", timeout=10_000)


def test_a_door_reads_it_in_its_bar_and_its_clock_and_entries_are_right_all_the_same(
    start: StartProgram, office: Program, set_ahead: Set, qtbot: QtBot
) -> None:
    set_ahead(timedelta(0))
    door = _join(start, office, Role.DOOR, qtbot)
    assert door.screens is not None
    assert door.opened is not None
    assert door.opened.sync is not None
    page, copy = door.screens.door, door.opened.copy
    qtbot.waitUntil(lambda: not page.header.connection.isVisible(), timeout=10_000)

    # Measured while the event is open.
    set_ahead(timedelta(minutes=5))
    door.opened.sync.wake()
    qtbot.waitUntil(lambda: page.header.connection.text() == SENTENCE, timeout=10_000)

    assert abs(page.control.now() - now_utc() - timedelta(minutes=5)) < timedelta(seconds=10)
    with copy.read() as connection:
        attendee_id = connection.scalars(select(Attendee.id).where(Attendee.rsvp == "accepted")).first()
    assert attendee_id is not None
    CheckIn(copy).show_person(attendee_id)
    with copy.read() as connection:
        happened_at, device_at = connection.execute(select(Entry.happened_at, Entry.device_at)).one()
    assert timedelta(minutes=4, seconds=50) < happened_at - device_at < timedelta(minutes=5, seconds=10), time_text(
        happened_at
    )


def test_a_laptop_with_a_hub_reads_how_far_it_is_from_the_server_above_and_nothing_is_held_up(
    office: Program, server: RunningServer, set_ahead: Set, qtbot: QtBot
) -> None:
    assert office.opened is not None
    assert office.opened.sync is not None
    assert office.screens is not None
    event, sync, panel = office.opened, office.opened.sync, office.screens.connection
    panel.open_at(office.window.status_line.connection_button, office.window)

    def is_read(text: str) -> bool:
        # As half a minute later: the hub asks the server above, and this laptop its hub.
        server.service.poke(event.workspace.event_id, 0)
        sync.wake()
        return _right(office) == text

    set_ahead(timedelta(minutes=5))
    qtbot.waitUntil(lambda: is_read(SENTENCE), timeout=10_000)
    qtbot.waitUntil(lambda: panel.skew == f"{SENTENCE}.", timeout=10_000)
    in_step(office, qtbot)
    assert office.window.status_line.text == "In step with the server"
    office.screens.show_door()
    assert office.screens.door.header.connection.text() == SENTENCE
    assert abs(office.screens.door.control.now() - now_utc() - timedelta(minutes=5)) < timedelta(seconds=10)

    set_ahead(timedelta(seconds=20))
    qtbot.waitUntil(lambda: is_read(""), timeout=10_000)
    assert office.screens.door.header.connection.text() == ""
