"""One open event: what runs beside it, and that it ends in order."""

import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication
from pytestqt.qtbot import QtBot

from desktop.hub import hub_file
from desktop.keyring_store import FileTokenStore
from desktop.open_event import OpenEvent
from models.errors import StoreError
from models.event_files import make_event
from models.ids import new_id
from models.operations.events import AddDoor
from models.samples import new_event_operations
from models.store.local_copy import LocalCopy
from sync.client.loop import Reach

Open = Callable[[], OpenEvent]
STARTS = datetime(2027, 1, 30, 23, 30, tzinfo=UTC)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """The file of an event that was just made."""
    event_id = new_id()
    operations = new_event_operations(event_id, title="Party", starts_at=STARTS, time_zone="Asia/Tokyo", place="Barn")
    make_event(tmp_path / "party.usher", event_id, operations, synchronous="OFF").close()
    return tmp_path / "party.usher"


@pytest.fixture
def tokens(tmp_path: Path) -> FileTokenStore:
    return FileTokenStore(tmp_path / "tokens.json")


@pytest.fixture
def open_it(qapp: object, path: Path, tokens: FileTokenStore) -> Iterator[Open]:
    """Opens the event; what is open is ended after the test, and nothing may have crashed."""
    opened: list[OpenEvent] = []
    crashes: list[BaseException] = []

    def open_event() -> OpenEvent:
        opened.append(OpenEvent(path, tokens, crashes.append))
        return opened[-1]

    yield open_event
    for event in opened:
        event.shutdown()
    assert crashes == []


def _wait_in_step(event: OpenEvent, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: event.standing.reach is Reach.IN_STEP and event.standing.waiting == 0, timeout=10_000)


def test_a_new_event_gets_its_hub_when_it_is_opened_first(open_it: Open, path: Path, qtbot: QtBot) -> None:
    assert not hub_file(path).exists()
    event = open_it()
    assert event.is_ours
    assert hub_file(path).exists()
    _wait_in_step(event, qtbot)


def test_its_facts_are_those_of_the_events_zone(open_it: Open) -> None:
    facts = open_it().read_facts()
    assert (facts.title, facts.place) == ("Party", "Barn")
    assert facts.starts_at.isoformat() == "2027-01-31T08:30:00+09:00"


def test_what_is_done_here_is_counted_until_the_hub_has_it(open_it: Open, qtbot: QtBot) -> None:
    event = open_it()
    _wait_in_step(event, qtbot)
    assert event.sync is not None
    before = event.sync.standing
    assert before is not None
    event.workspace.actions.perform("Add North", [AddDoor(door_id=new_id(), door_name="North")])
    qtbot.waitUntil(lambda: event.runner.waiting == 0)
    _wait_in_step(event, qtbot)
    qtbot.waitUntil(lambda: event.standing.pushed == before.pushed + 1)


def test_after_the_end_nothing_holds_the_files(open_it: Open, path: Path, qtbot: QtBot) -> None:
    event = open_it()
    event.workspace.actions.perform("Add North", [AddDoor(door_id=new_id(), door_name="North")])
    event.shutdown()
    for _ in range(20):
        # News that was on its way to the screens must not open the file again.
        QCoreApplication.processEvents()
        time.sleep(0.01)
    assert [thread.name for thread in threading.enumerate() if thread.name.startswith(("errands", "usher-"))] == []
    if sys.platform.startswith("linux"):
        open_files = {os.path.realpath(one) for one in Path("/proc/self/fd").iterdir()}
        assert not [name for name in open_files if name.startswith(str(path))]
    again = LocalCopy(path, synchronous="OFF")
    assert again.waiting().pending >= 0
    again.close()


def test_a_file_that_cannot_be_opened_leaves_no_thread(
    qapp: object, path: Path, tokens: FileTokenStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_copy: LocalCopy, _url: str) -> None:
        raise StoreError("read_only", "“party.usher” cannot be written: allow writing to the file and its folder.")

    monkeypatch.setattr(LocalCopy, "follow_address", fail)
    crashes: list[BaseException] = []
    before = threading.active_count()
    with pytest.raises(StoreError, match="cannot be written"):
        OpenEvent(path, tokens, crashes.append)
    deadline = time.monotonic() + 5
    while threading.active_count() > before and time.monotonic() < deadline:
        time.sleep(0.01)
    assert threading.active_count() == before


def test_an_errand_that_waits_for_somebody_does_not_hold_the_end_up(open_it: Open) -> None:
    event = open_it()
    released = threading.Event()
    answered: list[object] = []
    event.errands.submit(lambda: released.wait(20), answered.append, answered.append)
    started = time.monotonic()
    event.shutdown()
    took = time.monotonic() - started
    released.set()
    assert took < 2.5
    QCoreApplication.processEvents()
    assert answered == []


def test_a_file_that_is_being_written_is_waited_for(open_it: Open) -> None:
    event = open_it()
    answered: list[object] = []
    event.filing.submit(lambda: time.sleep(1.2), answered.append, answered.append)
    event.shutdown()
    assert answered == [None]
