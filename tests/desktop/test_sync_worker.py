"""News between the sync thread and the screen."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QThread
from pytestqt.qtbot import QtBot

from desktop.sync_worker import Standing, SyncWorker
from models.ids import new_id
from models.operations.events import AddDoor
from models.store.rows import Change
from sync.client.loop import Reach, SyncState
from tests.helpers.devices import TestDevice, Venue, venue_at
from tests.helpers.events import gathering, some_guests
from tests.helpers.read_steps import steps_of
from tests.helpers.servers import free_port, running_server


@pytest.fixture
def venue(tmp_path: Path) -> Iterator[Venue]:
    with running_server(tmp_path / "venue.sqlite") as server:
        venue = venue_at(server, tmp_path, gathering())
        yield venue
        venue.close()


@pytest.fixture
def device(venue: Venue) -> TestDevice:
    return venue.pair()


@pytest.fixture
def worker(qapp: object, venue: Venue, device: TestDevice) -> Iterator[SyncWorker]:
    worker = SyncWorker(device.copy, venue.url, device.token)
    yield worker
    worker.stop()


def _state(reach: Reach, waiting_above: int | None = None, reached: bool = True) -> SyncState:
    return SyncState(reach, "", 0, 0, None, waiting_above, reached)


def test_news_arrives_on_the_screens_thread(venue: Venue, worker: SyncWorker, qtbot: QtBot) -> None:
    heard: list[tuple[Change, bool]] = []
    here = QThread.currentThread()

    class Screen(QThread):
        def take(self, change: Change) -> None:
            heard.append((change, QThread.currentThread() is here))

    screen = Screen()
    worker.changed.connect(screen.take)
    with qtbot.waitSignal(worker.standing_changed, timeout=10_000):
        worker.start()
    venue.organizer.copy.run(some_guests(1))
    venue.organizer.exchange()
    qtbot.waitUntil(lambda: any(change for change, _ in heard), timeout=10_000)
    assert all(on_screen for _, on_screen in heard)


def test_what_waits_offline_is_counted_as_it_grows(qapp: object, device: TestDevice, qtbot: QtBot) -> None:
    worker = SyncWorker(device.copy, f"http://127.0.0.1:{free_port()}", device.token)
    worker.start()
    try:
        qtbot.waitUntil(lambda: worker.standing is not None and worker.standing.reach is Reach.OFFLINE)
        device.copy.run(AddDoor(door_id=new_id(), door_name="Stage door"))
        assert worker.standing is not None
        assert worker.standing.waiting == 1
    finally:
        worker.stop()


def test_what_waits_offline_costs_the_screen_the_same_however_much_it_is(
    qapp: object, device: TestDevice, qtbot: QtBot
) -> None:
    worker = SyncWorker(device.copy, f"http://127.0.0.1:{free_port()}", device.token)
    worker.start()
    try:
        qtbot.waitUntil(lambda: worker.standing is not None and worker.standing.reach is Reach.OFFLINE)
    finally:
        worker.stop()
    device.copy.run(AddDoor(door_id=new_id(), door_name="Stage door"))
    few = steps_of(device.copy.database, lambda: worker.standing)
    device.copy.run_all([AddDoor(door_id=new_id(), door_name=f"Door {number}") for number in range(299)])
    assert steps_of(device.copy.database, lambda: worker.standing) == few > 0
    assert worker.standing is not None
    assert worker.standing.waiting == 300


def test_a_hub_whose_server_is_away_counts_what_it_holds_too(worker: SyncWorker) -> None:
    said: list[Standing] = []
    worker.standing_changed.connect(said.append)
    worker._on_state(_state(Reach.IN_STEP, 7, reached=False))
    worker._on_state(_state(Reach.IN_STEP, 0, reached=True))
    assert [(one.reach, one.waiting) for one in said] == [(Reach.OFFLINE, 7), (Reach.IN_STEP, 0)]


def test_a_copy_that_cannot_be_read_is_a_problem_with_a_sentence(
    worker: SyncWorker, device: TestDevice, monkeypatch: pytest.MonkeyPatch
) -> None:
    from models.errors import StoreError

    def broken() -> None:
        raise StoreError("damaged", "“door.usher” is damaged: fetch it again.")

    with monkeypatch.context() as patch:
        patch.setattr(device.copy, "count_pending", broken)
        worker._on_state(_state(Reach.IN_STEP))
        known = worker._standing
    assert known is not None
    assert (known.reach, known.sentence) == (Reach.PROBLEM, "“door.usher” is damaged: fetch it again.")


def test_it_ends_with_its_thread(worker: SyncWorker, qtbot: QtBot) -> None:
    with qtbot.waitSignal(worker.standing_changed, timeout=10_000):
        worker.start()
    worker.stop()
    assert "usher-sync" not in [thread.name for thread in threading.enumerate()]
