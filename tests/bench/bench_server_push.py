"""Measures how many check-ins a server takes in a second, beside a POST that does nothing and a bare commit."""

from __future__ import annotations

import http.client
import threading
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
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
from tests.bench.bench_check_in import bare_commit, bare_database
from tests.bench.measuring import Aim, Bound, Measurement, disk_folder
from tests.bench.served_event import NOTHING, ServedEvent, served_event
from tests.helpers.big_events import BigEvent, Person
from tests.helpers.servers import postgres_server

BATCH = 50
CLIENTS = 8
_AIM = Aim(Bound.VALUE_AT_LEAST, 1_750)
"""Fifty times the 35 check-ins a second of the best open peer on the machine where both were measured."""


def measure(requests: int = 160, rounds: int = 4) -> list[Measurement]:
    """Send so many requests in each way: one check-in or fifty in each, from 1 client and from 8, on two databases."""
    with disk_folder() as folder:
        bare = _bare_sqlite(folder, requests)
        rows = _measure_on("SQLite", folder / "server.sqlite", requests, rounds, bare)
        # Empty settings: this one must survive a power cut as the SQLite does.
        with postgres_server({}) as postgres:
            bare = _bare_postgres(postgres.new_database(), requests)
            rows += _measure_on("PostgreSQL", postgres.new_database(), requests, rounds, bare)
    return rows


def _measure_on(kind: str, database: str | Path, requests: int, rounds: int, bare_commits: float) -> list[Measurement]:
    per_client = max(requests // CLIENTS // rounds, 1)
    alone = max(requests // rounds, 1)
    a_round = (1 + BATCH) * (alone + CLIENTS * per_client)
    event = BigEvent(new_id(), a_round * rounds, seed=7)
    rows: list[Measurement] = []
    with served_event(database, event, Role.DOOR, CLIENTS) as served:
        devices = [_Device(served, code) for code in served.pairing_codes]
        people = iter(event.people)
        for clients, count in ((devices[:1], alone), (devices, per_client)):
            who = "1 client" if len(clients) == 1 else f"{len(clients)} clients"
            nothing = _Pace()
            paces = {1: _Pace(), BATCH: _Pace()}
            for _ in range(rounds):
                nothing.add(len(clients) * count, _in_parallel(clients, NOTHING, [[b"{}"] * count for _ in clients]))
                for size, pace in paces.items():
                    bodies = [[device.body(people, size) for _ in range(count)] for device in clients]
                    pace.add(len(clients) * count * size, _in_parallel(clients, "/sync/v1/push", bodies))
            rows.append(
                Measurement(
                    f"push to {kind}, one by one, {who}",
                    paces[1].per_second,
                    "/s",
                    nothing.per_second,
                    "POST that does nothing",
                )
            )
            rows.append(
                Measurement(
                    f"push to {kind}, {BATCH} at once, {who}",
                    paces[BATCH].per_second,
                    "/s",
                    bare_commits,
                    "bare INSERT and COMMIT",
                    _AIM,
                )
            )
        for device in devices:
            device.close()
    return rows


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
    failures: list[BaseException] = []

    def send(device: _Device, own: Sequence[bytes]) -> None:
        try:
            for body in own:
                device.post(path, body)
        except BaseException as failure:
            failures.append(failure)

    threads = [threading.Thread(target=send, args=pair) for pair in zip(devices, bodies, strict=True)]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - started
    if failures:
        raise failures[0]
    return seconds


def _bare_sqlite(folder: Path, commits: int) -> float:
    connection = bare_database(folder / "bare.sqlite")
    seconds = sum(bare_commit(connection) for _ in range(commits))
    connection.close()
    return commits / seconds


def _bare_postgres(url: str, commits: int) -> float:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE plain (id TEXT PRIMARY KEY, words TEXT)")
        started = time.perf_counter()
        for _ in range(commits):
            connection.execute("INSERT INTO plain VALUES (%s, %s)", (new_id(), "x" * 600))
        return commits / (time.perf_counter() - started)
