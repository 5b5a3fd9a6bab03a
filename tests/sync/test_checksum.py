"""The checksum of a pull: a copy whose rows are not the server's notices, and is mended with its outbox kept."""

import logging
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass

import pytest
from sqlalchemy import Connection

from models.errors import StoreError, SyncError
from models.events import Role
from models.store.digest import TableDigest, digest, joined
from models.store.exchange import Pulled
from sync.client.engine import CHECK_EVERY_SECONDS, Exchanged, Occasion, SyncEngine
from sync.client.loop import SyncLoop
from tests.helpers.devices import TestDevice, Venue, wait_until
from tests.helpers.events import an_entry, some_guests


def _spoil(device: TestDevice) -> None:
    """Change a row behind Usher's back, with its triggers on as they are for every program."""
    with closing(sqlite3.connect(device.copy.path)) as connection, connection:
        connection.execute("UPDATE replica SET recording = 0")
        connection.execute("UPDATE guests SET name = 'Somebody Else' WHERE name = 'Maja Lindqvist'")
        connection.execute("UPDATE replica SET recording = 1")


@pytest.mark.parametrize("role", [Role.DOOR, Role.ORGANIZER])
def test_a_row_changed_behind_ushers_back_is_mended_and_the_outbox_kept(
    role: Role, own_venue: Venue, caplog: pytest.LogCaptureFixture
) -> None:
    device = own_venue.pair(role=role)
    device.exchange()
    _spoil(device)
    device.copy.run(an_entry(own_venue.made.attendees["Otto Lindqvist"], device.copy.identity.device_id))
    assert device.digest() != own_venue.digest(role)

    with caplog.at_level(logging.WARNING, "sync.client.engine"):
        done = device.exchange()
    assert done.started_anew
    assert [one.getMessage() for one in caplog.records if one.name == "sync.client.engine"] == [
        "a row here is not the server's: starting from a snapshot, the outbox is kept"
    ]
    assert device.copy.waiting().pending == 0
    assert device.digest() == own_venue.digest(role)
    with own_venue.service.database.read() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM entries").scalar() == 1


def test_pending_work_does_not_disturb_the_sum(own_venue: Venue, monkeypatch: pytest.MonkeyPatch) -> None:
    door = own_venue.pair()
    own_venue.organizer.copy.run(some_guests(3))
    own_venue.organizer.exchange()
    door.copy.run(an_entry(own_venue.made.attendees["Otto Lindqvist"], door.copy.identity.device_id))
    # Nothing is handed in, so the entry stands on top of the rows when the sum is taken.
    monkeypatch.setattr(SyncEngine, "_push", lambda _engine: 0)
    assert not door.exchange().started_anew
    assert door.copy.waiting().pending == 1


@dataclass
class Watch:
    """Seconds that pass when a test says so."""

    seconds: float = 1_000.0

    def __call__(self) -> float:
        return self.seconds


def _asked(device: TestDevice, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Note from now on which pulls of a device are plain and which are checked."""
    asked: list[str] = []
    plain, checked = device.api.pull, device.api.pull_checked
    monkeypatch.setattr(device.api, "pull", lambda cookie: (asked.append("plain"), plain(cookie))[1])
    monkeypatch.setattr(device.api, "pull_checked", lambda cookie: (asked.append("checked"), checked(cookie))[1])
    return asked


def test_the_first_pull_is_checked_and_then_a_quiet_one_after_some_minutes(
    own_venue: Venue, monkeypatch: pytest.MonkeyPatch
) -> None:
    door, watch = own_venue.pair(), Watch()
    asked = _asked(door, monkeypatch)
    engine = SyncEngine(door.copy, door.api, uptime=watch)
    for passed, occasion in (
        (0, Occasion.NEWS),
        (CHECK_EVERY_SECONDS - 1, Occasion.QUIET),
        (1, Occasion.NEWS),
        (0, Occasion.QUIET),
        (1, Occasion.QUIET),
    ):
        watch.seconds += passed
        assert not engine.exchange(occasion).started_anew
    assert asked == ["checked", "plain", "plain", "checked", "plain"]


def test_a_first_pull_that_fails_leaves_the_check_to_the_next(
    own_venue: Venue, monkeypatch: pytest.MonkeyPatch
) -> None:
    door = own_venue.pair()
    engine = SyncEngine(door.copy, door.api)
    with monkeypatch.context() as away:
        away.setattr(door.api, "pull_checked", _gone_away)
        with pytest.raises(SyncError, match="cut"):
            engine.exchange()
    asked = _asked(door, monkeypatch)
    engine.exchange()
    assert asked == ["checked"]


def test_by_the_clock_the_loop_checks_and_for_news_it_does_not(
    own_venue: Venue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sync.client.engine.CHECK_EVERY_SECONDS", 0.0)
    monkeypatch.setattr("sync.client.live.PokeListener.start", lambda _listener: None)
    occasions: list[Occasion] = []
    exchange = SyncEngine.exchange

    def noted(engine: SyncEngine, occasion: Occasion = Occasion.NEWS) -> Exchanged:
        occasions.append(occasion)
        return exchange(engine, occasion)

    monkeypatch.setattr(SyncEngine, "exchange", noted)
    door = own_venue.pair()
    occasions.clear()
    loop = SyncLoop(door.copy, own_venue.url, door.token, on_change=lambda _: None, on_state=lambda _: None, every=0.3)
    loop.start()
    try:
        wait_until(lambda: len(occasions) == 1)
        loop.wake()
        wait_until(lambda: len(occasions) >= 3)
    finally:
        loop.stop()
    assert occasions[:3] == [Occasion.NEWS, Occasion.NEWS, Occasion.QUIET]


def test_a_sum_that_never_agrees_does_not_fetch_the_event_for_ever(own_venue: Venue) -> None:
    door, watch = own_venue.pair(), Watch()
    checked = door.api.pull_checked
    door.api.pull_checked = lambda cookie: checked(cookie).model_copy(update={"checksum": "00"})
    engine = SyncEngine(door.copy, door.api, uptime=watch)
    anew: list[int] = []
    for turn in range(8):
        if engine.exchange(Occasion.QUIET).started_anew:
            anew.append(turn)
        watch.seconds += CHECK_EVERY_SECONDS
    assert anew == [0, 2, 6]


def test_doors_at_one_version_cost_the_server_one_sum(own_venue: Venue, monkeypatch: pytest.MonkeyPatch) -> None:
    doors = [own_venue.pair(f"Door {number}") for number in range(3)]
    taken: list[Role] = []

    def counted(connection: Connection, event_id: str, role: Role) -> dict[str, TableDigest]:
        taken.append(role)
        return digest(connection, event_id, role)

    monkeypatch.setattr("sync.server.checksums.digest", counted)

    def sums() -> set[str | None]:
        with ThreadPoolExecutor(len(doors)) as pool:
            return {pulled.checksum for pulled in pool.map(lambda door: door.api.pull_checked(0), doors)}

    def let_in(name: str) -> None:
        doors[0].copy.run(an_entry(own_venue.made.attendees[name], doors[0].copy.identity.device_id))
        doors[0].api.push(doors[0].copy.pending())

    let_in("Maja Lindqvist")
    first = sums()
    assert taken == [Role.DOOR]
    assert first == {joined(own_venue.digest(Role.DOOR))}
    of_all = own_venue.organizer.api.pull_checked(0).checksum
    assert taken == [Role.DOOR, Role.OWNER]
    assert of_all == joined(own_venue.digest(Role.OWNER))

    let_in("Otto Lindqvist")
    second = sums()
    assert taken.count(Role.DOOR) == 2
    assert second == {joined(own_venue.digest(Role.DOOR))} != first


def test_a_sum_that_could_not_be_taken_is_taken_the_next_time(
    own_venue: Venue, monkeypatch: pytest.MonkeyPatch
) -> None:
    door = own_venue.pair()
    own_venue.organizer.copy.run(some_guests(3))
    own_venue.organizer.api.push(own_venue.organizer.copy.pending())

    def broken(*_: object) -> dict[str, TableDigest]:
        raise StoreError("damaged", "The file cannot be read.")

    with monkeypatch.context() as damaged:
        damaged.setattr("sync.server.checksums.digest", broken)
        with pytest.raises(SyncError, match="cannot be read"):
            door.api.pull_checked(0)
    assert door.api.pull_checked(0).checksum == joined(own_venue.digest(Role.DOOR))


def test_a_scan_does_not_wait_for_the_sum(own_venue: Venue, monkeypatch: pytest.MonkeyPatch) -> None:
    door = own_venue.pair()
    door.exchange()
    admitted: list[int] = []

    def scanning(connection: Connection, event_id: str, role: Role) -> dict[str, TableDigest]:
        scan = an_entry(own_venue.made.attendees["Otto Lindqvist"], door.copy.identity.device_id)
        writer = threading.Thread(target=door.copy.run, args=(scan,))
        writer.start()
        writer.join(timeout=5)
        assert not writer.is_alive(), "the scan waits for the sum"
        admitted.append(door.copy.waiting().pending)
        return digest(connection, event_id, role)

    monkeypatch.setattr("models.store.checksum.digest", scanning)
    engine = SyncEngine(door.copy, door.api)
    assert not engine.exchange().started_anew
    assert admitted == [1]
    assert door.copy.waiting().pending == 1


def _gone_away(_cookie: int) -> Pulled:
    raise SyncError("away", "The network is cut.")
