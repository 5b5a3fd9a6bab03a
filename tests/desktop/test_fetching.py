"""How far a whole copy is that is on its way, in words and by a bar, at each place where it is shown."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from desktop.application import Program
from desktop.fetching import fetching_text
from desktop.sync_worker import Standing, SyncWorker
from models.events import Role
from models.ids import new_id
from models.store.local_copy import LocalCopy
from sync.client.download import Fetched
from sync.client.loop import Reach, SyncState
from sync.client.pairing import PairingCode, parse_pairing_code
from sync.server.running import RunningServer
from tests.desktop.conftest import StartProgram, in_step, join, pairing_code
from tests.helpers.proxy import Fault, Proxy
from ui.widgets.arrival_bar import ArrivalBar
from ui.widgets.status_line import Connection

HALF = Fetched(2_100_000, 4_900_000)
PATH = "/sync/v1/snapshot"


@pytest.fixture
def line(server: RunningServer) -> Iterator[Proxy]:
    """The way to the server, which can be made slow."""
    proxy = Proxy(server.port)
    yield proxy
    proxy.close()


def _code_over(line: Proxy, office: Program, role: Role) -> str:
    return str(PairingCode(line.url, parse_pairing_code(pairing_code(office, role)).code))


def _is_under_way(bar: ArrivalBar) -> bool:
    return not bar.isHidden() and 0 < bar.value() < bar.maximum()


@pytest.mark.parametrize(
    ("received", "total", "text"),
    [
        (2_100_000, 4_900_000, "Fetching the event: 2.1 of 4.9 MB"),
        (0, 4_949_999, "Fetching the event: 0.0 of 4.9 MB"),
        (1_500, 340_200, "Fetching the event: 1 of 341 kB"),
        (12, 12, "Fetching the event: 0 of 1 kB"),
    ],
)
def test_the_words_say_how_much_is_here(received: int, total: int, text: str) -> None:
    assert fetching_text(Fetched(received, total)) == text


def test_a_first_copy_is_counted_wherever_the_connection_is_shown(program: Program, qtbot: QtBot) -> None:
    program.open_sample()
    in_step(program, qtbot)
    assert program.opened is not None
    assert program.screens is not None
    standing = Standing(Reach.FETCHING, 0, "", 0, 0, HALF)
    program.screens.connection.open_at(program.window.status_line.connection_button, program.window)
    program.opened.standing_changed.emit(standing)
    program.screens.connection.refresh()
    words = "Fetching the event: 2.1 of 4.9 MB"
    assert program.window.status_line.connection is Connection.FETCHING
    assert program.window.status_line.text == words
    assert program.screens.door.header.connection.text() == words
    assert (program.screens.connection.title, program.screens.connection.state) == ("Fetching the event", words)


def test_the_worker_hands_on_how_far_the_copy_is(qapp: object, tmp_path: Path) -> None:
    copy = LocalCopy.create(
        tmp_path / "event.usher", event_id=new_id(), device_id=new_id(), role=Role.DOOR, synchronous="OFF"
    )
    worker = SyncWorker(copy, "http://127.0.0.1:1", "token")
    heard: list[Standing] = []
    worker.standing_changed.connect(heard.append)
    worker._on_state(SyncState(Reach.FETCHING, "", 0, 0, None, fetched=HALF))
    assert [(one.reach, one.fetched) for one in heard] == [(Reach.FETCHING, HALF)]
    copy.close()


def test_a_problem_is_not_hidden_by_what_has_arrived(program: Program, qtbot: QtBot) -> None:
    program.open_sample()
    in_step(program, qtbot)
    assert program.opened is not None
    sentence = "The key for this event's server is gone: connect it again under “Server…”."
    program.opened.standing_changed.emit(Standing(Reach.PROBLEM, 0, sentence, 0, 0, HALF))
    assert program.window.status_line.text == sentence
    assert program.window.status_line.bar.isHidden()


def test_a_copy_that_is_fetched_anew_fills_the_bars_and_they_go_when_it_is_here(
    start: StartProgram, office: Program, line: Proxy, qtbot: QtBot
) -> None:
    other = start("other")
    join(other, _code_over(line, office, Role.ORGANIZER), qtbot)
    assert other.opened is not None
    assert other.opened.sync is not None
    assert other.screens is not None
    panel, status_line = other.screens.connection, other.window.status_line
    qtbot.mouseClick(status_line.connection_button, Qt.MouseButton.LeftButton)
    assert panel.isVisible()
    assert not panel.bar.isVisible()
    assert not status_line.bar.isVisible()

    line.order(Fault.LIMIT, PATH)
    other.opened.copy.follow(line.url)
    other.opened.sync.wake()
    qtbot.waitUntil(lambda: _is_under_way(panel.bar), timeout=10_000)
    assert (panel.bar.value(), panel.bar.maximum()) == (status_line.bar.value(), status_line.bar.maximum())
    assert panel.bar.isVisible()
    assert status_line.bar.isVisible()
    assert panel.state == status_line.text
    assert panel.state.startswith("Fetching the event: ")

    in_step(other, qtbot)
    qtbot.waitUntil(lambda: not status_line.bar.isVisible() and not panel.bar.isVisible(), timeout=10_000)
    qtbot.waitUntil(lambda: panel.state == "Everything is handed in.", timeout=10_000)


def test_joining_over_a_slow_line_fills_a_bar_until_the_event_opens(
    start: StartProgram, office: Program, line: Proxy, qtbot: QtBot
) -> None:
    door = start("door")
    line.order(Fault.LIMIT, PATH)
    door.join(_code_over(line, office, Role.DOOR))
    bar = door.start_page.join.bar
    qtbot.waitUntil(lambda: _is_under_way(bar), timeout=10_000)
    assert bar.isVisible()
    qtbot.waitUntil(lambda: door.opened is not None, timeout=15_000)
    assert bar.isHidden()


def test_joining_shows_how_far_it_is_until_it_is_done(program: Program) -> None:
    card = program.start_page.join
    card.show_waiting()
    program.fetched.emit(HALF)
    assert not card.progress.isHidden()
    assert card.progress.text() == "Fetching the event: 2.1 of 4.9 MB"
    assert (card.bar.value(), card.bar.maximum()) == (HALF.received, HALF.total)
    card.show_ready()
    assert card.progress.isHidden()
    assert card.bar.isHidden()
