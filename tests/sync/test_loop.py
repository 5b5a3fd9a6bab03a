"""The loop that keeps a copy in step by itself, through a network that goes and servers that die."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from models.events import Role
from models.ids import new_id
from models.operations.events import AddDoor, RevokeDevice
from models.store.local_copy import LocalCopy
from sync.client.api import ServerApi
from sync.client.engine import SyncEngine
from sync.client.loop import Reach, SyncLoop, SyncState
from sync.client.pairing import PairingCode, pair
from sync.protocol import PairingCodeRequest
from tests.helpers.devices import PASSWORD, TestDevice, Venue, publish, venue_at, wait_until
from tests.helpers.events import an_entry, gathering, some_guests
from tests.helpers.servers import ServerProcess, free_port, running_server


class Desktop:
    """A copy with its loop, and what it said so far."""

    def __init__(self, copy: LocalCopy, url: str, token: str, every: float = 30.0) -> None:
        self.copy = copy
        self.states: list[SyncState] = []
        self.changes = 0
        self.loop = SyncLoop(copy, url, token, on_change=self._on_change, on_state=self.states.append, every=every)
        self.loop.start()

    def _on_change(self, _change: object) -> None:
        self.changes += 1

    def reaches(self, reach: Reach) -> SyncState:
        wait_until(lambda: bool(self.states) and self.states[-1].reach is reach)
        return self.states[-1]

    def hands_everything_in(self) -> None:
        wait_until(lambda: self.copy.waiting().pending == 0, 20)


@pytest.fixture
def desktops() -> Iterator[list[Desktop]]:
    """Give a list whose loops are stopped at the end."""
    made: list[Desktop] = []
    yield made
    for one in made:
        one.loop.stop()


def _desktop(desktops: list[Desktop], device: TestDevice, url: str, every: float = 30.0) -> Desktop:
    desktops.append(Desktop(device.copy, url, device.token, every))
    return desktops[-1]


def test_what_is_done_at_one_desktop_shows_at_the_other_without_waiting_for_the_clock(
    venue: Venue, desktops: list[Desktop]
) -> None:
    left, right = (_desktop(desktops, venue.pair(), venue.url) for _ in range(2))
    left.reaches(Reach.IN_STEP)
    right.reaches(Reach.IN_STEP)
    before = right.changes

    left.copy.run(an_entry(venue.made.attendees["Maja Lindqvist"], left.copy.identity.device_id))
    left.loop.wake()

    left.hands_everything_in()
    wait_until(lambda: right.changes > before)
    assert left.reaches(Reach.IN_STEP).pushed == 1


def test_without_a_poke_the_clock_brings_the_news(
    venue: Venue, desktops: list[Desktop], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sync.client.live.PokeListener.start", lambda _listener: None)
    desktop = _desktop(desktops, venue.pair(), venue.url, every=0.2)
    desktop.reaches(Reach.IN_STEP)
    before = desktop.changes
    venue.organizer.copy.run(some_guests(1))
    venue.organizer.exchange()
    wait_until(lambda: desktop.changes > before)


def test_an_outage_is_told_and_ends_by_itself(tmp_path: Path, desktops: list[Desktop]) -> None:
    made = gathering()
    with running_server(tmp_path / "server.sqlite") as first:
        venue = venue_at(first, tmp_path, made)
        door = venue.pair()
        desktop = _desktop(desktops, door, first.url)
        desktop.reaches(Reach.IN_STEP)
        port = first.port
    desktop.copy.run(an_entry(made.attendees["Otto Lindqvist"], door.copy.identity.device_id))
    desktop.loop.wake()
    sentence = desktop.reaches(Reach.OFFLINE).sentence
    assert "cannot be reached" in sentence
    assert desktop.copy.waiting().pending == 1

    with running_server(tmp_path / "server.sqlite", port=port) as second:
        desktop.hands_everything_in()
        state = desktop.reaches(Reach.IN_STEP)
        venue.service = second.service
        assert door.digest() == venue.digest(Role.DOOR)
        desktop.loop.stop()
    assert state.sentence == ""
    assert state.last_contact is not None
    venue.close()


def test_a_revoked_device_is_told_so_and_keeps_its_work(venue: Venue, desktops: list[Desktop]) -> None:
    door = venue.pair()
    venue.organizer.exchange()
    venue.organizer.copy.run(RevokeDevice(device_id=door.copy.identity.device_id))
    venue.organizer.exchange()
    before = door.digest()["entries"].count
    door.copy.run(an_entry(venue.made.attendees["Otto Lindqvist"], door.copy.identity.device_id))
    state = _desktop(desktops, door, venue.url).reaches(Reach.PROBLEM)
    assert "rights were taken away" in state.sentence
    assert door.copy.waiting().pending == 0
    assert door.digest()["entries"].count == before + 1


def test_a_screen_that_fails_does_not_end_the_exchange(venue: Venue) -> None:
    door = venue.pair()
    seen: list[Reach] = []

    def shown(state: SyncState) -> None:
        seen.append(state.reach)
        raise RuntimeError("the window is gone")

    loop = SyncLoop(door.copy, venue.url, door.token, on_change=lambda _change: None, on_state=shown, every=0.1)
    loop.start()
    wait_until(lambda: len(seen) > 2)
    loop.stop()


def test_stopping_is_prompt_online_offline_and_before_the_start(venue: Venue, desktops: list[Desktop]) -> None:
    online = _desktop(desktops, venue.pair(), venue.url)
    online.reaches(Reach.IN_STEP)
    offline = _desktop(desktops, venue.pair(), f"http://127.0.0.1:{free_port()}")
    offline.reaches(Reach.OFFLINE)
    never = SyncLoop(online.copy, venue.url, "token", on_change=lambda _change: None, on_state=lambda _state: None)
    for loop in (online.loop, offline.loop, never):
        started = time.monotonic()
        loop.stop()
        assert time.monotonic() - started < 3


def test_a_server_that_is_killed_and_comes_back_loses_and_doubles_nothing(tmp_path: Path) -> None:
    database, port = tmp_path / "server.sqlite", free_port()
    made = gathering()
    arguments = ("--database", database, "--port", port)
    _make_user(database)
    server = ServerProcess(*map(str, arguments))
    try:
        url = server.address()
        organizer = LocalCopy.create(
            tmp_path / "organizer.usher", event_id=made.event_id, device_id=new_id(), role=Role.OWNER, synchronous="OFF"
        )
        organizer.run_all(made.operations)
        token = publish(url, organizer)
        api = ServerApi(url, token=token)
        SyncEngine(organizer, api).exchange()
        codes = [api.new_pairing_code(PairingCodeRequest(role=Role.DOOR)).code for _ in range(2)]
        doors = [
            pair(PairingCode(url, code), f"Door {n}", tmp_path / f"door{n}", keep_token=_forget, synchronous="OFF")
            for n, code in enumerate(codes)
        ]
        desktops = [Desktop(door.copy, url, door.token) for door in doors]
        attendees = list(made.attendees.values())

        def admit(desktop: Desktop) -> None:
            for minute in range(60):
                desktop.copy.run(an_entry(attendees[minute % len(attendees)], desktop.copy.identity.device_id, minute))
                desktop.loop.wake()
                time.sleep(0.01)

        people = [threading.Thread(target=admit, args=(desktop,)) for desktop in desktops]
        for one in people:
            one.start()
        for _ in range(2):
            time.sleep(0.25)
            server.kill()
            server = ServerProcess(*map(str, arguments))
            assert server.address() == url
        for one in people:
            one.join()
        for desktop in desktops:
            desktop.hands_everything_in()
            desktop.loop.stop()
        for door in doors:
            door_api = ServerApi(url, token=door.token)
            SyncEngine(door.copy, door_api).exchange()
            door_api.close()
        SyncEngine(organizer, api).exchange()
        devices = [TestDevice(door.copy, api, door.token) for door in doors]
        kept = TestDevice(organizer, api, token).digest(Role.DOOR)
        assert [device.digest() for device in devices] == [kept, kept]
        assert kept["entries"].count == 120
        for copy in (organizer, *(door.copy for door in doors)):
            copy.close()
        api.close()
    finally:
        server.kill()


def test_a_change_made_while_the_loop_is_away_is_not_forgotten(venue: Venue, desktops: list[Desktop]) -> None:
    device = venue.pair(role=Role.ORGANIZER)
    first = _desktop(desktops, device, venue.url)
    first.reaches(Reach.IN_STEP)
    first.loop.stop()
    device.copy.run(AddDoor(door_id=new_id(), door_name="Back door"))
    again = _desktop(desktops, device, venue.url)
    again.hands_everything_in()


def _forget(_install: str, _token: str) -> None:
    return None


def _make_user(database: Path) -> None:
    from models.store.database import Database
    from models.store.schema import SERVER
    from sync.server.accounts import Accounts

    made = Database(database, SERVER)
    with made.write() as connection:
        Accounts("").create("ada", PASSWORD)(connection)
    made.close()
