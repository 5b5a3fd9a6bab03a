"""The server inside a desktop: founded once, found again, and given a server above it."""

import socket
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from desktop.hub import DesktopHub, has_hub, parse_server_address
from desktop.keyring_store import FileTokenStore
from models.errors import BadInput, StoreError, SyncError
from models.event_files import make_event
from models.events import Role
from models.ids import new_id
from models.operations.events import AddDoor
from models.store.local_copy import LocalCopy
from sync.client.api import ServerApi
from sync.client.engine import SyncEngine
from sync.client.pairing import pair
from sync.protocol import PairingCodeRequest
from sync.server.running import RunningServer
from tests.helpers.devices import PASSWORD, wait_until
from tests.helpers.events import gathering

Start = Callable[[], DesktopHub]


@pytest.fixture
def copy(tmp_path: Path) -> Iterator[LocalCopy]:
    made = gathering()
    copy = make_event(tmp_path / "supper.usher", made.event_id, made.operations, synchronous="OFF")
    yield copy
    copy.close()


@pytest.fixture
def tokens(tmp_path: Path) -> FileTokenStore:
    return FileTokenStore(tmp_path / "tokens.json")


@pytest.fixture
def start(copy: LocalCopy, tokens: FileTokenStore) -> Iterator[Start]:
    running: list[DesktopHub] = []

    def start_it() -> DesktopHub:
        running.append(DesktopHub(copy, tokens, "Office"))
        return running[-1]

    yield start_it
    for hub in running:
        hub.stop()


def _hand_in(copy: LocalCopy, hub: DesktopHub) -> None:
    api = ServerApi(hub.url, token=hub.token)
    SyncEngine(copy, api).exchange()
    api.close()


@contextmanager
def black_hole() -> Iterator[str]:
    """An address where a connection is neither made nor refused: a queue that is full."""
    listening = socket.create_server(("127.0.0.1", 0), backlog=0)
    address = listening.getsockname()
    waiting = []
    for _ in range(4):
        one = socket.socket()
        one.setblocking(False)
        one.connect_ex(address)
        waiting.append(one)
    try:
        yield f"http://127.0.0.1:{address[1]}"
    finally:
        for one in (*waiting, listening):
            one.close()


def test_the_copy_hands_in_what_was_done_before_the_hub_was_there(copy: LocalCopy, start: Start) -> None:
    assert not has_hub(copy.path)
    hub = start()
    assert has_hub(copy.path)
    assert copy.waiting().pending > 0
    _hand_in(copy, hub)
    assert copy.waiting().pending == 0


def test_the_second_start_goes_on_with_the_first_ones_key(
    copy: LocalCopy, start: Start, tokens: FileTokenStore
) -> None:
    first = start()
    _hand_in(copy, first)
    first.stop()
    second = start()
    assert second.token == first.token
    copy.run(AddDoor(door_id=new_id(), door_name="Stage door"))
    _hand_in(copy, second)
    assert copy.waiting().pending == 0


def test_a_lost_key_of_the_own_copy_is_made_anew(copy: LocalCopy, start: Start, tokens: FileTokenStore) -> None:
    first = start()
    first.stop()
    tokens.forget(copy.identity.install_id)
    second = start()
    assert second.token != first.token
    _hand_in(copy, second)
    assert copy.waiting().pending == 0


def test_a_hub_that_cannot_keep_its_key_ends_its_server(
    copy: LocalCopy, tokens: FileTokenStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopped: list[RunningServer] = []
    stop = RunningServer.stop
    monkeypatch.setattr(RunningServer, "stop", lambda server: (stopped.append(server), stop(server)))

    def full(_account: str, _token: str) -> None:
        raise StoreError("tokens_not_written", "The key of this device cannot be kept.")

    monkeypatch.setattr(tokens, "keep", full)
    with pytest.raises(StoreError, match="cannot be kept"):
        DesktopHub(copy, tokens, "Office")
    assert len(stopped) == 1


def test_a_pairing_code_waits_until_the_hub_has_the_event(
    copy: LocalCopy, start: Start, tokens: FileTokenStore, tmp_path: Path
) -> None:
    hub = start()
    late = threading.Timer(0.3, lambda: _hand_in(copy, hub))
    late.start()
    code = hub.new_pairing_code(PairingCodeRequest(role=Role.DOOR))
    late.join()
    paired = pair(code, "Door", tmp_path / "door", keep_token=tokens.keep, synchronous="OFF")
    assert paired.event_title == "Winter supper"
    paired.copy.close()


def test_publishing_hands_the_event_on_and_goes_on_after_the_next_start(
    copy: LocalCopy, start: Start, server: RunningServer
) -> None:
    hub = start()
    _hand_in(copy, hub)
    hub.publish(server.url, "ada", PASSWORD)
    assert hub.upstream_url == server.url
    wait_until(lambda: server.service.has_event(hub.event_id))
    wait_until(lambda: _left_to_hand_on(hub) == 0)
    assert hub.new_pairing_code(PairingCodeRequest(role=Role.DOOR)).server_url == server.url
    hub.stop()

    again = start()
    copy.run(AddDoor(door_id=new_id(), door_name="Stage door"))
    _hand_in(copy, again)
    wait_until(lambda: _left_to_hand_on(again) == 0)


def test_a_lost_key_for_the_server_above_is_told(
    copy: LocalCopy, start: Start, server: RunningServer, tokens: FileTokenStore
) -> None:
    hub = start()
    hub.publish(server.url, "ada", PASSWORD)
    hub.stop()
    tokens.forget(f"hub-{hub.event_id}")
    again = start()
    assert again.problem == "The key for this event's server is gone: connect it again under “Server…”."
    again.publish(server.url, "ada", PASSWORD)
    assert again.problem == ""


def test_a_refused_login_publishes_nothing(copy: LocalCopy, start: Start, server: RunningServer) -> None:
    hub = start()
    with pytest.raises(SyncError):
        hub.publish(server.url, "ada", "wrong password")
    assert hub.upstream_url is None
    assert not server.service.has_event(hub.event_id)


def test_a_hub_below_a_black_hole_ends_soon(copy: LocalCopy, start: Start, server: RunningServer) -> None:
    hub = start()
    hub.publish(server.url, "ada", PASSWORD)
    hub.stop()
    with black_hole() as nowhere:
        _point_at(copy, nowhere)
        again = start()
        time.sleep(0.3)
        started = time.monotonic()
        again.stop()
        assert time.monotonic() - started < 2.5


def _left_to_hand_on(hub: DesktopHub) -> int:
    replica = hub.server.service.hub
    assert replica is not None
    return replica.waiting()


def _point_at(copy: LocalCopy, url: str) -> None:
    raw = sqlite3.connect(f"{copy.path}.hub")
    raw.execute("UPDATE upstreams SET server_url = ?", (url,))
    raw.commit()
    raw.close()


@pytest.mark.parametrize(
    ("typed", "url"),
    [
        ("usher.example", "https://usher.example"),
        (" https://usher.example/ ", "https://usher.example"),
        ("http://127.0.0.1:8765", "http://127.0.0.1:8765"),
    ],
)
def test_an_address_is_taken_as_people_type_it(typed: str, url: str) -> None:
    assert parse_server_address(typed) == url


@pytest.mark.parametrize("typed", ["", "   ", "/"])
def test_a_missing_address_is_asked_for(typed: str) -> None:
    with pytest.raises(BadInput, match="address is missing"):
        parse_server_address(typed)
