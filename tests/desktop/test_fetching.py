"""How far a first copy is, in words and at each place where it is shown."""

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from desktop.application import Program
from desktop.fetching import fetching_text
from desktop.sync_worker import Standing, SyncWorker
from models.events import Role
from models.ids import new_id
from models.store.local_copy import LocalCopy
from sync.client.download import Fetched
from sync.client.loop import Reach, SyncState
from tests.desktop.conftest import in_step
from ui.widgets.status_line import Connection

HALF = Fetched(2_100_000, 4_900_000)


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


def test_joining_shows_how_far_it_is_until_it_is_done(program: Program) -> None:
    card = program.start_page.join
    card.show_waiting()
    program.fetched.emit(HALF)
    assert not card.progress.isHidden()
    assert card.progress.text() == "Fetching the event: 2.1 of 4.9 MB"
    card.show_ready()
    assert card.progress.isHidden()
