"""Real processes that are killed, and a real network that fails: nothing is lost, nothing doubled, all agree."""

import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from models.attendance import Entry
from models.errors import SyncError
from models.events import Role
from models.invitations import Attendee
from models.store.exchange import OutcomeKind
from sync.client.api import ServerApi
from sync.client.loop import SyncLoop
from sync.server.running import RunningServer
from tests.helpers.devices import TestDevice, Venue, venue_at, wait_until
from tests.helpers.events import an_entry, gathering, some_guests
from tests.helpers.kill_loop import kill_loop
from tests.helpers.proxy import Fault, Proxy
from tests.helpers.servers import running_server

PUSH, PULL, SNAPSHOT = "/sync/v1/push", "/sync/v1/pull", "/sync/v1/snapshot"
FAILING = [fault for fault in Fault if fault not in (Fault.DELAY, Fault.LIMIT)]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with running_server(tmp_path_factory.mktemp("faults") / "server.sqlite") as server:
        yield server


@pytest.fixture(scope="module")
def crowd(running: RunningServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Venue]:
    """Give an event of a size that does not fit one packet."""
    made = venue_at(running, tmp_path_factory.mktemp("crowd"), gathering())
    made.organizer.copy.run(some_guests(300))
    made.organizer.exchange()
    yield made
    made.close()


@pytest.fixture
def proxy(running: RunningServer) -> Iterator[Proxy]:
    made = Proxy(running.port, seed=5)
    yield made
    made.close()


@pytest.fixture
def door(crowd: Venue, proxy: Proxy) -> Iterator[TestDevice]:
    """Give a door whose way to the server leads through the proxy, with little patience."""
    paired = crowd.pair()
    api = ServerApi(proxy.url, token=paired.token, timeout=2.5)
    yield TestDevice(paired.copy, api, paired.token)
    api.close()


def _work(door: TestDevice, count: int = 6) -> None:
    with door.copy.read() as connection:
        outside = select(Attendee.id).where(Attendee.id.not_in(select(Entry.attendee_id))).limit(count)
        attendees = list(connection.scalars(outside))
    assert len(attendees) == count
    for minute, attendee_id in enumerate(attendees):
        door.copy.run(an_entry(attendee_id, door.copy.identity.device_id, minute))


def _agrees(door: TestDevice, crowd: Venue) -> None:
    own = {one.op_id for one in door.copy.pending()}
    assert not own
    assert door.digest() == crowd.digest(Role.DOOR)


@pytest.mark.parametrize("path", [PUSH, PULL])
@pytest.mark.parametrize("fault", FAILING)
def test_a_failing_line_is_told_and_the_next_exchange_makes_it_good(
    fault: Fault, path: str, door: TestDevice, crowd: Venue, proxy: Proxy
) -> None:
    _work(door)
    proxy.order(fault, path)
    with pytest.raises(SyncError) as caught:
        door.exchange()
    assert caught.value.code in ("away", "slow")
    assert proxy.happened[fault, path] == 1
    assert door.copy.waiting().pending == 6

    crowd.organizer.copy.run(some_guests(1))
    crowd.organizer.exchange()
    door.exchange()
    _agrees(door, crowd)


# A whole view may take its time: silence on the way to it costs half a minute, and is met by the other paths.
@pytest.mark.parametrize("fault", [fault for fault in FAILING if fault is not Fault.SILENCE])
def test_a_line_that_fails_while_a_copy_comes_is_made_good_in_the_same_exchange(
    fault: Fault, door: TestDevice, crowd: Venue, proxy: Proxy
) -> None:
    _work(door)
    door.copy.follow(proxy.url)
    proxy.order(fault, SNAPSHOT)
    done = door.exchange()
    assert proxy.happened[fault, SNAPSHOT] == 1
    assert (done.started_anew, done.pushed) == (True, 6)
    _agrees(door, crowd)


@pytest.mark.parametrize("path", [PUSH, PULL, SNAPSHOT])
@pytest.mark.parametrize("fault", [Fault.DELAY, Fault.LIMIT])
def test_a_slow_line_only_takes_longer(fault: Fault, path: str, door: TestDevice, crowd: Venue, proxy: Proxy) -> None:
    _work(door)
    if path == SNAPSHOT:
        door.copy.follow(proxy.url)
    proxy.order(fault, path)
    done = door.exchange()
    assert proxy.happened[fault, path] == 1
    assert done.pushed == 6
    _agrees(door, crowd)


def test_an_answer_that_is_swallowed_again_and_again_makes_no_second_entry(
    door: TestDevice, crowd: Venue, proxy: Proxy
) -> None:
    _work(door, 5)
    proxy.order(Fault.SWALLOW, PUSH, times=4)
    for _ in range(4):
        with pytest.raises(SyncError):
            door.exchange()
    door.exchange()
    _agrees(door, crowd)
    with crowd.service.database.read() as connection:
        rows = connection.exec_driver_sql(
            "SELECT op_id, outcome FROM event_log WHERE install_id = ?", (door.copy.identity.install_id,)
        ).all()
    assert len(rows) == len({row.op_id for row in rows}) == 5
    assert {row.outcome for row in rows} == {OutcomeKind.APPLIED}


def test_a_loop_works_through_a_storm(door: TestDevice, crowd: Venue, proxy: Proxy) -> None:
    proxy.storm(0.5)
    loop = SyncLoop(
        door.copy, proxy.url, door.token, on_change=lambda _change: None, on_state=lambda _state: None, every=0.2
    )
    loop.start()
    try:
        for _ in range(30):
            _work(door, 1)
            loop.wake()
            time.sleep(0.03)
        wait_until(lambda: proxy.happened.total() >= 5, 20)
        proxy.storm(0.0)
        wait_until(lambda: door.copy.waiting().pending == 0, 20)
    finally:
        loop.stop()
    door.exchange()
    _agrees(door, crowd)


def test_the_proxy_resets_with_rst_and_cuts_with_an_orderly_end(proxy: Proxy) -> None:
    def ending(fault: Fault) -> type[BaseException] | None:
        proxy.order(fault, "/sync/v1/about")
        with socket.create_connection(("127.0.0.1", proxy.port), timeout=5) as line:
            line.sendall(b"GET /sync/v1/about HTTP/1.1\r\nHost: here\r\n\r\n")
            try:
                while line.recv(4096):
                    pass
            except ConnectionResetError as error:
                return type(error)
        return None

    assert ending(Fault.CUT_ANSWER) is None
    assert ending(Fault.RESET) is ConnectionResetError


def test_killed_processes_lose_and_double_nothing(tmp_path: Path) -> None:
    with kill_loop(tmp_path, seed=3) as loop:
        figures = loop.run(6)
    assert figures.device_kills >= 3
    assert figures.server_kills >= 1
    assert figures.said > 50


def test_the_kill_loop_notices_work_that_was_lost(tmp_path: Path) -> None:
    with kill_loop(tmp_path, seed=3, storm=0.0) as loop:
        door = loop.players[1]
        assert door.process is not None
        door.process.wait_for_a_line()
        door.said.add("made up")
        with pytest.raises(AssertionError, match="lost 1 operations"):
            loop.settle()
