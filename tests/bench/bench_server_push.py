"""Measures how many check-ins a server takes in a second, beside a POST that does nothing and a bare commit."""

from __future__ import annotations

import http.client
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import psycopg

from models.attendance import EntryHow, Verdict
from models.events import Direction, Role
from models.ids import new_epoch, new_id
from models.operations.entries import NewEntry, RecordEntries
from models.store.exchange import Envelope
from sync.client.api import ServerApi
from sync.protocol import PROTOCOL, PROTOCOL_HEADER, PairRequest, PushRequest
from tests.bench.bench_check_in import bare_commit, bare_database, bare_group_commit
from tests.bench.measuring import Aim, Bound, Measurement, disk_folder, percentile, seconds_of
from tests.bench.served_event import NOTHING, ServedEvent, served_event
from tests.helpers.big_events import BigEvent, Person
from tests.helpers.servers import postgres_server

BATCH = 50
CLIENTS = (1, 8, 32)
_PUSH = "/sync/v1/push"
_AT_LEAST = Aim(Bound.VALUE_AT_LEAST, 1_750)
"""Fifty times the 35 check-ins a second of the best open peer on the machine where both were measured."""
_HALF = Aim(Bound.RATIO_AT_LEAST, 0.5)
_STEADY = Aim(Bound.VALUE_AT_MOST, 60)


def measure(
    requests: int = 96, rounds: int = 3, scan_seconds: int = 10, clients: Sequence[int] = CLIENTS
) -> list[Measurement]:
    """Send so many requests in each way: one check-in or fifty in each, from 1, 8 and 32 clients, on two databases.

    Then 32 clients scan once a second each, for ``scan_seconds``.
    """
    with disk_folder() as folder:
        bare = _bare_sqlite(folder, requests)
        size = _Size(requests, rounds, scan_seconds, clients)
        rows = _measure_on("SQLite", folder / "server.sqlite", size, bare)
        # Empty settings: this one must survive a power cut as the SQLite does.
        with postgres_server({}) as postgres:
            bare = _bare_postgres(postgres.new_database(), requests)
            rows += _measure_on("PostgreSQL", postgres.new_database(), size, bare)
    return rows


@dataclass(frozen=True)
class _Bare:
    """Rows a second of the bare database on the same disk: a commit for each, and a commit for fifty."""

    one_by_one: float
    grouped: float


@dataclass(frozen=True)
class _Size:
    """How much is sent: requests in each way and number of clients, in so many rounds; and seconds of single scans."""

    requests: int
    rounds: int
    scan_seconds: int
    clients: Sequence[int]

    def each(self, clients: int) -> int:
        """Give how many requests each of so many clients sends in a round."""
        return max(self.requests // clients // self.rounds, 1)

    @property
    def check_ins(self) -> int:
        """How many people are admitted in all."""
        in_turns = sum((1 + BATCH) * clients * self.each(clients) * self.rounds for clients in self.clients)
        return in_turns + max(self.clients) * self.scan_seconds


def _measure_on(kind: str, database: str | Path, size: _Size, bare: _Bare) -> list[Measurement]:
    event = BigEvent(new_id(), size.check_ins, seed=7)
    rows: list[Measurement] = []
    with served_event(database, event, Role.DOOR, max(size.clients)) as served:
        devices = [_Device(served, code) for code in served.pairing_codes]
        people = iter(event.people)
        for clients in size.clients:
            rows += _measure_paces(kind, devices[:clients], size, people, bare)
        scans = [[device.body(people, 1) for _ in range(size.scan_seconds)] for device in devices]
        idle = _steadily(devices, NOTHING, [[b"{}"] * max(size.scan_seconds // 2, 1) for _ in devices])
        steady = _steadily(devices, _PUSH, scans)
        name = f"{len(devices)} clients of one scan a second, push to {kind}"
        beside = "POST that does nothing, as often"
        rows.append(Measurement(f"{name}, p50", percentile(steady, 50), "ms", percentile(idle, 50), beside))
        rows.append(Measurement(f"{name}, p99", percentile(steady, 99), "ms", percentile(idle, 99), beside, _STEADY))
        for device in devices:
            device.close()
    return rows


def _measure_paces(
    kind: str, clients: Sequence[_Device], size: _Size, people: Iterator[Person], bare: _Bare
) -> list[Measurement]:
    count = size.each(len(clients))
    nothing = _Pace()
    paces = {1: _Pace(), BATCH: _Pace()}
    for _ in range(size.rounds):
        nothing.add(len(clients) * count, _in_parallel(clients, NOTHING, [[b"{}"] * count for _ in clients]))
        for at_once, pace in paces.items():
            bodies = [[device.body(people, at_once) for _ in range(count)] for device in clients]
            pace.add(len(clients) * count * at_once, _in_parallel(clients, _PUSH, bodies))
    who = "1 client" if len(clients) == 1 else f"{len(clients)} clients"
    many = paces[BATCH].per_second
    name = f"push to {kind}, {BATCH} at once, {who}"
    return [
        Measurement(
            f"push to {kind}, one by one, {who}",
            paces[1].per_second,
            "/s",
            nothing.per_second,
            "POST that does nothing",
        ),
        Measurement(name, many, "/s", bare.one_by_one, "bare INSERT and COMMIT", _AT_LEAST),
        Measurement(name, many, "/s", bare.grouped, f"bare commit of {BATCH} rows", _HALF),
    ]


def _steadily(devices: Sequence[_Device], path: str, bodies: Sequence[Sequence[bytes]]) -> list[float]:
    """Let every device send one body a second, each at its own part of the second; give how long each took."""
    taken: list[float] = []
    for device in devices:
        device.connect_anew()
    begin = time.perf_counter() + 0.2

    def send(place: int) -> None:
        for number, body in enumerate(bodies[place]):
            due = begin + number + place / len(devices)
            time.sleep(max(due - time.perf_counter(), 0.0))
            started = time.perf_counter()
            devices[place].post(path, body)
            # From when it was due: one that had to wait for the one before is late, too.
            taken.append(time.perf_counter() - min(started, due + 0.002))

    _on_threads([partial(send, place) for place in range(len(devices))])
    return taken


class _Pace:
    """Adds up what was done and how long it took."""

    def __init__(self) -> None:
        self._done = 0
        self._seconds = 0.0

    def add(self, done: int, seconds: float) -> None:
        self._done += done
        self._seconds += seconds

    @property
    def per_second(self) -> float:
        return self._done / self._seconds


class _Device:
    """A paired device on one kept connection, as thin as a client can be: the server is what is measured."""

    def __init__(self, served: ServedEvent, code: str) -> None:
        self._install_id, self._epoch, self._number = new_id(), new_epoch(), 0
        api = ServerApi(served.url)
        answer = api.pair(PairRequest(code=code, install_id=self._install_id, device_name="Bench"))
        api.close()
        self._device_id = answer.device_id
        self._headers = {
            "Authorization": f"Bearer {answer.token}",
            "Content-Type": "application/json",
            PROTOCOL_HEADER: str(PROTOCOL),
        }
        self._connection = http.client.HTTPConnection(urlsplit(served.url).netloc, timeout=60)

    def body(self, people: Iterator[Person], size: int) -> bytes:
        """Make a push of so many check-ins of people who have not come yet."""
        envelopes = [self._envelope(next(people)) for _ in range(size)]
        return PushRequest(envelopes=envelopes).model_dump_json().encode()

    def _envelope(self, person: Person) -> Envelope:
        self._number += 1
        now = datetime.now(UTC)
        entry = NewEntry(
            entry_id=new_id(),
            attendee_id=person.attendee_id,
            ticket_serial=person.serial,
            shown_name=person.name,
            direction=Direction.IN,
            passed=True,
            verdict=Verdict.ADMITTED,
            how=EntryHow.SCAN,
            device_id=self._device_id,
            happened_at=now,
            device_at=now,
        )
        return Envelope(
            install_id=self._install_id,
            epoch=self._epoch,
            number=self._number,
            op_id=new_id(),
            name=RecordEntries.name,
            arguments=RecordEntries(entries=(entry,)).model_dump_json(),
            device_time=now,
        )

    def connect_anew(self) -> None:
        """Have a fresh connection: the server closes those that were quiet for some seconds."""
        self._connection.close()
        self.post(NOTHING, b"{}")

    def post(self, path: str, body: bytes) -> None:
        """Send a body and read the answer, which must be good."""
        self._connection.request("POST", path, body, self._headers)
        response = self._connection.getresponse()
        answer = response.read()
        assert response.status == 200, answer

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


def _in_parallel(devices: Sequence[_Device], path: str, bodies: Sequence[Sequence[bytes]]) -> float:
    """Let all devices send their bodies at the same time, each on a thread; give the seconds until the last is done."""

    def send(device: _Device, own: Sequence[bytes]) -> None:
        for body in own:
            device.post(path, body)

    for device in devices:
        device.connect_anew()
    works = [partial(send, device, own) for device, own in zip(devices, bodies, strict=True)]
    return seconds_of(lambda: _on_threads(works))


def _on_threads(works: Sequence[Callable[[], None]]) -> None:
    """Do all of it at the same time; raises the first failure."""
    with ThreadPoolExecutor(len(works)) as pool:
        for done in [pool.submit(work) for work in works]:
            done.result()


def _bare_sqlite(folder: Path, commits: int) -> _Bare:
    connection = bare_database(folder / "bare.sqlite")
    alone = sum(bare_commit(connection) for _ in range(commits))
    grouped = sum(bare_group_commit(connection, BATCH) for _ in range(commits))
    connection.close()
    return _Bare(commits / alone, BATCH * commits / grouped)


def _bare_postgres(url: str, commits: int) -> _Bare:
    insert = "INSERT INTO plain VALUES (%s, %s)"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE plain (id TEXT PRIMARY KEY, words TEXT)")
        started = time.perf_counter()
        for _ in range(commits):
            connection.execute(insert, (new_id(), "x" * 600))
        alone = time.perf_counter() - started
        started = time.perf_counter()
        for _ in range(commits):
            with connection.transaction(), connection.cursor() as cursor:
                cursor.executemany(insert, [(new_id(), "x" * 600) for _ in range(BATCH)])
        return _Bare(commits / alone, BATCH * commits / (time.perf_counter() - started))
