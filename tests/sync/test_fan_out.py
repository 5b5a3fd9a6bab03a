"""Pokes between the processes of one server, over a real Redis, and life without one."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack, ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from models.errors import BadInput, SyncError
from models.events import Role
from models.operations.events import RevokeDevice
from sync.client.api import ServerApi
from sync.client.loop import SyncLoop
from sync.protocol import REVOKED, Poke
from sync.server.config import ServerConfig
from sync.server.fan_out import FanOut
from sync.server.live import NOT_WELCOME
from sync.server.service import Service
from tests.helpers.devices import TestDevice, Venue, wait_until
from tests.helpers.events import an_entry, gathering
from tests.helpers.redis_server import RedisServer, redis_server
from tests.helpers.servers import PostgresServer, ServerProcess, free_port, server_process

AT_ONCE = 3.0
"""Seconds: far below the half minute after which a client pulls by the clock."""


@dataclass
class TwoProcesses:
    """Two processes of one server on one PostgreSQL, and an event that was published at the first."""

    first: ServerProcess
    second: ServerProcess
    first_url: str
    second_url: str
    venue: Venue

    def moved(self, device: TestDevice) -> TestDevice:
        """Give a device's way to the second process."""
        return TestDevice(device.copy, ServerApi(self.second_url, token=device.token), device.token)

    def socket(self, token: str) -> ClientConnection:
        """Open a live socket at the second process."""
        address = self.second_url.replace("http", "ws", 1) + "/sync/v1/live"
        opened = connect(address, additional_headers={"Authorization": f"Bearer {token}"}, proxy=None)
        time.sleep(0.1)
        return opened

    def enter(self, name: str = "Samira Benali") -> None:
        """Let somebody in at a door of the first process."""
        door = self.venue.pair()
        door.copy.run(an_entry(self.venue.made.attendees[name], door.copy.identity.device_id))
        door.exchange()


def two_processes(stack: ExitStack, database: str, folder: Path, *arguments: str) -> TwoProcesses:
    address = ("--database", database, "--port", "0", *arguments)
    first, second = (stack.enter_context(server_process(*address)) for _ in range(2))
    first_url, second_url = first.address(), second.address()
    service = Service(ServerConfig(database))
    stack.callback(service.close)
    venue = Venue(service, first_url, folder, gathering())
    stack.callback(venue.close)
    return TwoProcesses(first, second, first_url, second_url, venue)


def revoke(venue: Venue, device: TestDevice) -> None:
    venue.organizer.exchange()
    venue.organizer.copy.run(RevokeDevice(device_id=device.copy.identity.device_id))
    venue.organizer.exchange()


def hear_of(wire: ClientConnection, version: int, within: float) -> None:
    """Listen until a poke tells of this version or a later one."""
    while Poke.model_validate_json(wire.recv(timeout=within)).version < version:
        pass


@pytest.fixture(scope="module")
def redis() -> Iterator[RedisServer]:
    with redis_server() as running:
        yield running


@pytest.fixture(scope="module")
def joined(postgres: PostgresServer, redis: RedisServer, tmp_path_factory: pytest.TempPathFactory):
    """Give two processes that hear of each other."""
    with ExitStack() as stack:
        folder = tmp_path_factory.mktemp("joined")
        yield two_processes(stack, postgres.new_database(), folder, "--redis", redis.url)


@pytest.fixture(scope="module")
def apart(postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory):
    """Give two processes that do not hear of each other."""
    with ExitStack() as stack:
        yield two_processes(stack, postgres.new_database(), tmp_path_factory.mktemp("apart"))


def test_a_push_to_one_process_pokes_the_clients_of_the_other(joined: TwoProcesses) -> None:
    with joined.socket(joined.venue.organizer.token) as wire:
        joined.enter()
        poke = Poke.model_validate_json(wire.recv(timeout=AT_ONCE))
    assert poke.event_id == joined.venue.made.event_id


def test_what_travels_over_redis_is_where_to_look_and_nothing_else(joined: TwoProcesses, redis: RedisServer) -> None:
    texts = asyncio.run(_overheard(redis.url, joined.enter))
    assert texts
    for text in texts:
        assert Poke.model_validate_json(text).event_id == joined.venue.made.event_id
        assert len(text) < 100


def test_a_revoked_devices_socket_at_the_other_process_is_closed(joined: TwoProcesses) -> None:
    door = joined.venue.pair()
    with joined.socket(door.token) as wire:
        revoke(joined.venue, door)
        with pytest.raises(ConnectionClosed) as raised:
            hear_of(wire, 1_000_000, within=AT_ONCE)
    assert raised.value.rcvd is not None
    assert raised.value.rcvd.code == NOT_WELCOME


def test_without_redis_the_other_process_refuses_a_revoked_devices_next_request(apart: TwoProcesses) -> None:
    door = apart.venue.pair()
    there = apart.moved(door)
    there.exchange()
    revoke(apart.venue, door)
    with pytest.raises(SyncError) as raised:
        there.exchange()
    assert raised.value.code == REVOKED
    there.api.close()


def test_without_redis_the_clients_of_the_other_process_follow_by_the_clock(apart: TwoProcesses) -> None:
    device = apart.venue.pair(role=Role.ORGANIZER)
    loop = SyncLoop(
        device.copy,
        apart.second_url,
        device.token,
        on_change=lambda _change: None,
        on_state=lambda _state: None,
        every=0.3,
    )
    with apart.socket(device.token) as wire:
        loop.start()
        try:
            apart.enter()
            wait_until(lambda: device.digest() == apart.venue.digest(Role.ORGANIZER))
        finally:
            loop.stop()
        with pytest.raises(TimeoutError):
            wire.recv(timeout=0)
    assert device.digest()["entries"].count >= 1


def test_a_redis_that_goes_stops_no_push_and_is_used_again_when_it_is_back(
    postgres: PostgresServer, tmp_path: Path
) -> None:
    with ExitStack() as stack:
        redis = stack.enter_context(redis_server())
        both = two_processes(stack, postgres.new_database(), tmp_path, "--redis", redis.url)
        door = both.venue.pair()
        wire = stack.enter_context(both.socket(both.venue.organizer.token))
        both.enter()
        wire.recv(timeout=AT_ONCE)

        redis.stop()
        started = time.monotonic()
        for minute in range(5):
            door.copy.run(an_entry(both.venue.made.attendees["佐藤 美咲"], door.copy.identity.device_id, minute))
            assert door.exchange().pushed == 1
        assert time.monotonic() - started < AT_ONCE
        time.sleep(1)

        redis.start()
        # Before anything new happens: something may have gone by unheard, and it has.
        wire.recv(timeout=10)
        newest = door.copy.identity.cookie
        both.enter("Maja Lindqvist")
        # The other process may be in the longest of its pauses.
        hear_of(wire, newest + 1, within=30)
        for one in (both.first, both.second):
            code, log = one.end()
            assert code == 0
            assert log.count("Redis is away") == 1
            assert log.count("Redis is back") == 1


def test_a_redis_that_was_never_there_stops_no_server(database: Path) -> None:
    with server_process("--database", database, "--port", "0", "--redis", f"redis://127.0.0.1:{free_port()}") as server:
        api = ServerApi(server.address())
        assert api.about().product == "usher"
        api.close()
        started = time.monotonic()
        code, log = server.end()
    assert (code, log.count("Redis is away")) == (0, 1)
    assert time.monotonic() - started < 10


def test_an_address_that_is_no_redis_is_refused_with_one_sentence(database: Path) -> None:
    with server_process("--database", database, "--port", "0", "--redis", "localhost:6379") as server:
        _, said = server.process.communicate(timeout=30)
        assert server.process.returncode == 2
    assert said == "usher-server: This is no address of a Redis: give it as redis://host:port.\n"
    assert not database.exists()
    with pytest.raises(BadInput):
        FanOut("redis://host:port")


def test_a_process_does_not_hear_itself_and_servers_do_not_hear_each_other(redis: RedisServer) -> None:
    heard: dict[str, list[Poke]] = {"first": [], "second": [], "stranger": []}

    async def talk() -> None:
        async with AsyncExitStack() as stack:
            fans: dict[str, FanOut] = {}
            for name, pokes in heard.items():
                fans[name], listening = FanOut(redis.url), asyncio.Event()
                server_id = "theirs" if name == "stranger" else "ours"
                await stack.enter_async_context(fans[name].running(server_id, pokes.append, listening.set))
                await listening.wait()
            for version in (1, 3, 2):
                fans["first"].tell(Poke(event_id="evening", version=version))
            await asyncio.sleep(0.5)

    asyncio.run(asyncio.wait_for(talk(), 20))
    assert heard == {"first": [], "second": [Poke(event_id="evening", version=3)], "stranger": []}


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """Give the path of a database that is not there yet."""
    return tmp_path / "server.sqlite"


async def _overheard(url: str, act: object) -> list[bytes]:
    from redis.asyncio import Redis

    assert callable(act)
    async with Redis.from_url(url, protocol=2) as client, client.pubsub() as channel:
        await channel.psubscribe("*")
        await asyncio.to_thread(act)
        texts: list[bytes] = []
        while (message := await channel.get_message(timeout=0.5)) is not None:
            if message["type"] == "pmessage":
                texts.append(message["data"])
    return texts
