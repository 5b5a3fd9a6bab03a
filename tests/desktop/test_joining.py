"""Joining by a code while an earlier copy of the same event is here: who gets what waits in it, and who does not."""

import json
import socket
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from desktop.joining import Joined, join_event
from desktop.keyring_store import FileTokenStore
from models.errors import SyncError
from models.events import Role
from models.ids import new_id
from models.operations.events import RevokeDevice
from models.store.exchange import Envelope
from models.store.identity import Identity
from models.store.local_copy import LocalCopy
from sync.client.api import ServerApi
from sync.client.pairing import PairingCode
from sync.protocol import PairingCodeRequest, PushAnswer
from tests.helpers.devices import Venue, venue_at
from tests.helpers.events import Gathering, an_entry, gathering
from tests.helpers.servers import running_server
from tests.sync.raw_http import answering


@dataclass
class Laptop:
    """The events' folder and the keys of one laptop."""

    folder: Path
    tokens: FileTokenStore = field(init=False)

    def __post_init__(self) -> None:
        self.tokens = FileTokenStore(self.folder.parent / "tokens.json")

    def join(self, venue: Venue) -> Joined:
        code = venue.organizer.api.new_pairing_code(PairingCodeRequest(role=Role.DOOR)).code
        return self.join_by(PairingCode(venue.url, code))

    def join_by(self, code: PairingCode) -> Joined:
        return join_event(code, "Door", self.folder, self.tokens, lambda _fetched: None)

    def files(self) -> set[Path]:
        return set(self.folder.glob("*.usher"))


@pytest.fixture
def made() -> Gathering:
    return gathering()


@pytest.fixture
def laptop(tmp_path: Path) -> Laptop:
    (tmp_path / "events").mkdir()
    return Laptop(tmp_path / "events")


@pytest.fixture
def venue(tmp_path: Path, made: Gathering) -> Iterator[Venue]:
    yield from _venue(tmp_path / "venue", made)


@pytest.fixture
def stranger(tmp_path: Path, made: Gathering) -> Iterator[Venue]:
    """Another server, which says that it has the same event."""
    yield from _venue(tmp_path / "stranger", made)


def _venue(folder: Path, made: Gathering) -> Iterator[Venue]:
    folder.mkdir()
    with running_server(folder / "server.sqlite") as server:
        venue = venue_at(server, folder, made)
        yield venue
        venue.close()


def _work_offline(path: Path) -> tuple[Identity, list[str]]:
    with closing(LocalCopy(path)) as copy:
        for _ in range(3):
            copy.run(an_entry(new_id(), copy.identity.device_id))
        return copy.identity, [one.op_id for one in copy.pending()]


def _outcomes(venue: Venue, op_ids: list[str]) -> list[str]:
    with venue.service.database.read() as connection:
        found = dict(connection.exec_driver_sql("SELECT op_id, outcome FROM event_log").all())
    return [found.get(op_id, "missing") for op_id in op_ids]


def _never_takes(token: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let whoever shows this token hand nothing in."""
    push = ServerApi.push

    def slow(api: ServerApi, envelopes: list[Envelope]) -> PushAnswer:
        if api.token == token:
            raise SyncError("slow", "The server does not answer in time.")
        return push(api, envelopes)

    monkeypatch.setattr(ServerApi, "push", slow)


def test_another_server_that_claims_the_event_gets_nothing_of_the_copy_that_is_here(
    laptop: Laptop, venue: Venue, stranger: Venue
) -> None:
    path = laptop.join(venue).path
    owner, made = _work_offline(path)

    joined = laptop.join(stranger)

    assert _outcomes(stranger, made) == ["missing"] * 3
    assert laptop.files() == {path, joined.path}
    assert laptop.tokens.token(owner.install_id) is not None
    assert joined.notice == "The earlier copy of this event stays beside this one: it belongs to another server."
    again = laptop.join(venue)
    assert (again.path, _outcomes(venue, made)) == (path, ["applied"] * 3)


def test_a_server_whose_ids_are_none_is_not_believed(laptop: Laptop, venue: Venue) -> None:
    path = laptop.join(venue).path
    said = {"token": "t", "device_id": new_id(), "role": "door", "door_id": None, "event_title": "Party"}

    def pairs(wire: socket.socket) -> None:
        body = json.dumps(said | {"event_id": "*"}).encode()
        wire.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))

    with answering(pairs) as url, pytest.raises(SyncError) as raised:
        laptop.join_by(PairingCode(url, "ABCDEFGH"))

    assert raised.value.code == "nonsense"
    assert laptop.files() == {path}


def test_what_a_revoked_copy_cannot_hand_in_now_does_not_come_in_under_the_new_key(
    laptop: Laptop, venue: Venue, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = laptop.join(venue).path
    owner, made = _work_offline(path)
    venue.organizer.exchange()
    venue.organizer.copy.run(RevokeDevice(device_id=owner.device_id))
    venue.organizer.exchange()
    with monkeypatch.context() as meanwhile:
        _never_takes(laptop.tokens.token(owner.install_id), meanwhile)
        joined = laptop.join(venue)

    assert _outcomes(venue, made) == ["missing"] * 3
    assert laptop.files() == {path, joined.path}
    assert joined.notice.startswith("The earlier copy of this event stays beside this one: what waits in it")
    assert laptop.join(venue).notice == ""
    assert _outcomes(venue, made) == ["quarantined"] * 3


def test_a_copy_whose_key_its_server_does_not_know_hands_in_under_the_new_one(laptop: Laptop, venue: Venue) -> None:
    path = laptop.join(venue).path
    owner, made = _work_offline(path)
    laptop.tokens.keep(owner.install_id, "of long ago")

    joined = laptop.join(venue)

    assert (joined.path, joined.notice) == (path, "")
    assert _outcomes(venue, made) == ["applied"] * 3
