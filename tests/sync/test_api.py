"""A server that is away, slow or none at all: each is one sentence at the device, and costs it nothing."""

import gzip
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from models.errors import BadInput, SyncError, UsherError
from models.events import Role
from models.ids import new_id
from models.operations.events import AddDoor
from models.store.local_copy import LocalCopy
from models.store.snapshot import SnapshotHead
from sync.client.api import ServerApi
from sync.client.engine import SyncEngine
from tests.helpers.devices import Venue
from tests.helpers.servers import free_port
from tests.sync.raw_http import answering


def _says(answer: bytes) -> Callable[[socket.socket], None]:
    return lambda wire: wire.sendall(answer)


def _http(body: bytes, *, status: str = "200 OK", kind: str = "application/json", length: int | None = None) -> bytes:
    head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {length or len(body)}\r\nConnection: close"
    return head.encode() + b"\r\n\r\n" + body


def _waits(wire: socket.socket) -> None:
    time.sleep(1.0)


ANSWERS: dict[str, tuple[Callable[[socket.socket], None], str]] = {
    "a web page": (_says(_http(b"<html><h1>It works!</h1></html>", kind="text/html")), "nonsense"),
    "a web page as an error": (
        _says(_http(b"<html>no</html>", status="502 Bad Gateway", kind="text/html")),
        "nonsense",
    ),
    "other JSON": (_says(_http(b'{"hello": "world"}')), "nonsense"),
    "another place": (_says(_http(b"", status="302 Found\r\nLocation: http://127.0.0.1:9/")), "nonsense"),
    "packed wrongly": (_says(_http(b"no gzip", kind="text/plain\r\nContent-Encoding: gzip")), "nonsense"),
    "half an answer": (_says(_http(b'{"server_id": "', length=500)), "away"),
    "no HTTP": (_says(b"220 mail.example ESMTP\r\n"), "away"),
    "nothing": (_says(b""), "away"),
    "too late": (_waits, "slow"),
}


@pytest.fixture
def copy(tmp_path: Path) -> Iterator[LocalCopy]:
    """Give a copy with one change that waits for a server."""
    made = LocalCopy.create(
        tmp_path / "event.usher", event_id=new_id(), device_id=new_id(), role=Role.OWNER, synchronous="OFF"
    )
    made.run(AddDoor(door_id=new_id(), door_name="Main door"))
    yield made
    made.close()


@pytest.mark.parametrize(("handle", "code"), ANSWERS.values(), ids=ANSWERS)
def test_a_server_that_is_none_is_one_sentence_and_loses_nothing(
    copy: LocalCopy, handle: Callable[[socket.socket], None], code: str
) -> None:
    with answering(handle) as url:
        api = ServerApi(url, token="token", timeout=0.4)
        for ask in (
            api.about,
            lambda: api.pull(0),
            lambda: api.push(copy.pending()),
        ):
            with pytest.raises(SyncError) as raised:
                ask()
            assert raised.value.code == code
            assert raised.value.message.endswith(".")
            assert url.removeprefix("http://") in raised.value.message
        api.close()
    assert copy.waiting().pending == 1


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>It works!</html>",
        b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03nonsense",
        b'{"server_id": "x"}\n',
        gzip.compress(b'{"server_id": "x"}\n'),
    ],
    ids=["nothing", "web page", "broken gzip", "plain", "no head"],
)
def test_a_snapshot_that_is_none_leaves_the_copy_as_it_was(copy: LocalCopy, body: bytes) -> None:
    with answering(_says(_http(body, kind="application/octet-stream"))) as url:
        api = ServerApi(url, token="token", timeout=2)
        with pytest.raises(UsherError) as raised:
            SyncEngine(copy, api).exchange()
        api.close()
    assert raised.value.code == "bad_snapshot"
    assert copy.waiting().pending == 1
    with copy.read() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM doors").scalar() == 1


@pytest.mark.parametrize("line", [b"nonsense", b"[]", b"5", b'{"table": "doors"}', b'{"total": 7}'])
def test_a_snapshot_with_a_nonsense_line_leaves_the_copy_as_it_was(copy: LocalCopy, line: bytes) -> None:
    head = SnapshotHead(server_id=new_id(), epoch=1, event_id=copy.identity.event_id, version=1, seen=[])
    body = gzip.compress(head.model_dump_json().encode() + b"\n" + line + b"\n")
    with answering(_says(_http(body, kind="application/octet-stream"))) as url:
        api = ServerApi(url, token="token", timeout=2)
        with pytest.raises(UsherError) as raised:
            SyncEngine(copy, api).exchange()
        api.close()
    assert raised.value.code == "bad_snapshot"
    with copy.read() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM doors").scalar() == 1


def test_a_snapshot_of_another_event_is_not_taken(copy: LocalCopy) -> None:
    head = SnapshotHead(server_id=new_id(), epoch=1, event_id=new_id(), version=1, seen=[])
    body = gzip.compress(head.model_dump_json().encode() + b'\n{"total": 0}\n')
    with answering(_says(_http(body, kind="application/octet-stream"))) as url:
        api = ServerApi(url, token="token", timeout=2)
        with pytest.raises(SyncError) as raised:
            SyncEngine(copy, api).exchange()
        api.close()
    assert raised.value.code == "other_event"
    assert copy.waiting().pending == 1


def test_half_a_snapshot_leaves_the_copy_as_it_was(venue: Venue) -> None:
    door = venue.pair()
    before = door.digest()
    whole = _snapshot_bytes(venue, door.token)
    with answering(
        _says(_http(whole[: len(whole) * 2 // 3], kind="application/octet-stream", length=len(whole)))
    ) as url:
        api = ServerApi(url, token=door.token, timeout=2)
        door.copy.follow(url)
        with pytest.raises(SyncError) as raised:
            SyncEngine(door.copy, api).exchange()
        api.close()
    assert raised.value.code == "away"
    assert door.digest() == before


def test_a_snapshot_whose_end_is_missing_is_not_taken(venue: Venue) -> None:
    door = venue.pair()
    before = door.digest()
    whole = _snapshot_bytes(venue, door.token)
    with answering(_says(_http(whole[: len(whole) * 2 // 3], kind="application/octet-stream"))) as url:
        api = ServerApi(url, token=door.token, timeout=2)
        door.copy.follow(url)
        with pytest.raises(UsherError) as raised:
            SyncEngine(door.copy, api).exchange()
        api.close()
    assert raised.value.code == "bad_snapshot"
    assert door.digest() == before


def test_nobody_at_the_address_is_one_sentence(copy: LocalCopy) -> None:
    api = ServerApi(f"http://127.0.0.1:{free_port()}", token="token")
    with pytest.raises(SyncError) as raised:
        SyncEngine(copy, api).exchange()
    api.close()
    assert raised.value.code == "away"
    assert "cannot be reached" in raised.value.message


def test_an_error_of_the_server_is_told_in_the_servers_words(venue: Venue) -> None:
    api = ServerApi(venue.url, token="not a token")
    with pytest.raises(SyncError) as raised:
        api.pull(0)
    api.close()
    assert raised.value.code == "no_token"
    assert raised.value.details["status"] == 401


@pytest.mark.parametrize(
    "address",
    [
        "",
        "venue.example",
        "ftp://venue.example",
        "https://",
        "http://[::1",
        "http://localhost:port",
        "http://localhost:99999",
        "https://venue example",
        "file:///etc/passwd",
        "x" * 5_000,
    ],
)
def test_an_address_that_is_none_is_refused_with_a_sentence(address: str) -> None:
    with pytest.raises(BadInput) as raised:
        ServerApi(address)
    assert raised.value.code == "bad_address"
    assert len(raised.value.message) < 400


@pytest.mark.parametrize("address", ["http://venue.example", "http://192.0.2.7:8765", "http://localhost.example"])
def test_plain_http_to_another_computer_is_refused_before_anything_is_sent(address: str) -> None:
    with pytest.raises(BadInput) as raised:
        ServerApi(address, token="secret")
    assert raised.value.code == "bad_address"
    assert "https://" in raised.value.message


def _snapshot_bytes(venue: Venue, token: str) -> bytes:
    import httpx

    with httpx.Client(trust_env=False) as client:
        return client.get(f"{venue.url}/sync/v1/snapshot", headers={"Authorization": f"Bearer {token}"}).content
