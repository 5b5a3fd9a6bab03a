"""The network between a replica and its server: loses, repeats, delays and cuts what travels on it."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

from models.errors import SyncError, UsherError
from models.store.digest import digest, joined
from models.store.exchange import Envelope, Pulled, TableRows
from models.store.snapshot import SnapshotHead, read_head, unpacked_lines, write_snapshot
from sync.protocol import REVOKED, PushAnswer, PushRequest
from sync.server.event_log import Caller
from tests.helpers.simulator.chance import Chance
from tests.helpers.simulator.nodes import SUM_OF_A_LATER_VERSION, Died, Serving
from tests.helpers.simulator.on_the_way import GivenOut


@dataclass
class Faults:
    """How much goes wrong on the network and in the processes, as shares of the occasions."""

    lost_before: float = 0.0
    lost_after: float = 0.0
    repeated: float = 0.0
    delayed: float = 0.0
    server_dies: float = 0.0
    client_dies: float = 0.0
    cut_download: float = 0.0


@dataclass
class Late:
    """A message on its way that nobody waits for any more."""

    sentence: str
    deliver: Callable[[], None]
    to_device: str | None = None


@dataclass
class Network:
    """What all connections share: the faults, what is still under way, and what is told about it."""

    chance: Chance
    tell: Callable[[str], None]
    faults: Faults = field(default_factory=Faults)
    under_way: list[Late] = field(default_factory=list)
    messages: int = 0
    take_late_pull: Callable[[str, Pulled], None] = lambda _name, _pulled: None
    meanwhile: Callable[[str], None] = lambda _name: None
    """What others do while the one of this name fetches a snapshot."""
    given_out: GivenOut = field(default_factory=GivenOut)
    gives_checksums: bool = False

    def happens(self, share: float) -> bool:
        return share > 0 and self.chance.happens(share)

    def drop_answers_to(self, name: str) -> None:
        """Lose what is on its way to one that does not wait for it any more."""
        self.under_way = [late for late in self.under_way if late.to_device != name]

    def drop_requests_to(self, name: str) -> None:
        """Lose what is on its way to a server that is gone."""
        self.under_way = [late for late in self.under_way if name not in late.sentence]


class _Download:
    def __init__(self, head: SnapshotHead, lines: Iterator[bytes]) -> None:
        self.head = head
        self._lines = lines

    def lines(self) -> Iterator[bytes]:
        return self._lines


class SimulatedTransport:
    """One replica's way to one server."""

    def __init__(self, network: Network, name: str, caller: Caller, server: Serving) -> None:
        self._network, self._name, self.caller, self._server = network, name, caller, server

    def push(self, envelopes: Sequence[Envelope]) -> PushAnswer:
        text = PushRequest(envelopes=list(envelopes)).model_dump_json()
        return self._call(f"push of {len(envelopes)}", lambda: self._push_at_server(text))

    def pull(self, cookie: int) -> Pulled:
        return self._pull(f"pull after {cookie}", lambda: self._pull_at_server(cookie, self._no_sum))

    def pull_checked(self, cookie: int) -> Pulled:
        if not self._network.gives_checksums:
            return self.pull(cookie)
        return self._pull(f"checked pull after {cookie}", lambda: self._pull_at_server(cookie, self._sum_at_server))

    def _pull(self, what: str, at_server: Callable[[], Pulled]) -> Pulled:
        network = self._network
        pulled = self._call(what, at_server)
        if network.happens(network.faults.delayed / 2):
            late = Late("an answer to a pull", lambda: network.take_late_pull(self._name, pulled), self._name)
            network.under_way.append(late)
            raise SyncError("slow", "The answer to a pull is late.")
        return pulled

    @contextmanager
    def snapshot(self) -> Generator[_Download]:
        packed = self._call("snapshot", self._snapshot_at_server)
        if self._network.happens(self._network.faults.cut_download):
            packed = packed[: len(packed) // 2]
        lines = unpacked_lines([packed[start : start + 4096] for start in range(0, len(packed), 4096)])
        yield _Download(read_head(next(lines, b"")), lines)

    def _push_at_server(self, text: str) -> PushAnswer:
        envelopes = PushRequest.model_validate_json(text).envelopes
        server, network = self._server, self._network
        with server.write() as connection:
            answer = server.log.push(connection, self.caller, envelopes)
            if network.happens(network.faults.server_dies):
                raise Died("the server, before its commit")
        server.pushes += 1
        return PushAnswer.model_validate_json(answer.model_dump_json())

    def _no_sum(self, _connection: Connection) -> None:
        return None

    def _sum_at_server(self, connection: Connection) -> str:
        if self._server.gives_more:
            return SUM_OF_A_LATER_VERSION
        return joined(digest(connection, self.caller.event_id, self.caller.role))

    def _pull_at_server(self, cookie: int, checksum: Callable[[Connection], str | None]) -> Pulled:
        server = self._server
        with server.read() as connection:
            self._turn_away_if_revoked(connection)
            pulled = server.log.pull(connection, self.caller, cookie)
            pulled = pulled.model_copy(update={"checksum": checksum(connection)})
            self._network.given_out.check(connection, server, cookie, pulled.version)
        server.pulls += 1
        return Pulled.model_validate_json(
            (_of_a_later_version(pulled) if server.gives_more else pulled).model_dump_json()
        )

    def _snapshot_at_server(self) -> bytes:
        server = self._server
        with server.read() as connection:
            self._turn_away_if_revoked(connection)
            head = server.log.snapshot_head(connection, self.caller)
            self._network.given_out.check(connection, server, 0, head.version)
            self._network.meanwhile(self._name)
            return b"".join(write_snapshot(connection, head, self.caller.role))

    def _turn_away_if_revoked(self, connection: Connection) -> None:
        driver: Any = connection.connection.driver_connection
        if driver.execute(_IS_REVOKED, (self.caller.device_id,)).fetchone():
            raise SyncError(REVOKED, "The rights of this device were taken away.")

    def _call(self, what: str, at_server):
        """Carry a request there and its answer back, unless something goes wrong."""
        network, faults = self._network, self._network.faults
        network.messages += 1
        sentence = f"{what} of {self._name} at {self._server.name}"
        if network.happens(faults.client_dies):
            network.tell(f"{sentence}: its sender dies before")
            raise Died("the client, before a request")
        if network.happens(faults.lost_before):
            network.tell(f"{sentence}: lost")
            raise SyncError("away", "The request was lost.")
        if network.happens(faults.delayed):
            network.tell(f"{sentence}: late")
            network.under_way.append(Late(sentence, lambda: self._deliver_late(at_server)))
            raise SyncError("slow", "The request is late.")
        answer = self._at_server(at_server)
        if network.happens(faults.repeated):
            network.tell(f"{sentence}: delivered twice")
            answer = self._at_server(at_server)
        if network.happens(faults.lost_after):
            network.tell(f"{sentence}: its answer is lost")
            raise SyncError("slow", "The answer was lost.")
        if network.happens(faults.server_dies):
            network.tell(f"{sentence}: the server dies after its commit")
            self._server.restart()
            raise SyncError("away", "The server died.")
        if network.happens(faults.client_dies):
            network.tell(f"{sentence}: its sender dies before it has the answer")
            raise Died("the client, before an answer")
        return answer

    def _at_server(self, at_server):
        try:
            return at_server()
        except Died as death:
            self._network.tell(str(death))
            self._server.restart()
            raise SyncError("away", "The server died.") from death

    def _deliver_late(self, at_server) -> None:
        try:
            at_server()
        except Died:
            self._server.restart()
        except UsherError as error:
            self._network.tell(f"a late message: {error.code}")


_IS_REVOKED = "SELECT 1 FROM devices WHERE id = ? AND revoked_at IS NOT NULL"


def _of_a_later_version(pulled: Pulled) -> Pulled:
    tables = {
        name: TableRows(columns=(*part.columns, "added_later"), rows=[[*row, "?"] for row in part.rows])
        for name, part in pulled.tables.items()
    }
    if tables:
        tables["things_of_later"] = TableRows(columns=("id", "name"), rows=[["1", "one"]])
    return pulled.model_copy(update={"tables": tables})
