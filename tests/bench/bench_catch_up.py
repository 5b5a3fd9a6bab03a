"""Measures how long doors that were alone for hours need until all of them hold all entries, beside bare inserts."""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta
from pathlib import Path

from models.attendance import Entry
from models.base import Value
from models.events import Role
from models.ids import new_id
from models.operations.entries import RecordEntries
from models.store.digest import digest
from models.store.schema import columns_of
from tests.bench.doors import CountedWire, Door, paired_doors
from tests.bench.measuring import Measurement, disk_folder, seconds_of
from tests.bench.served_event import served_event
from tests.bench.waiting_work import check_in
from tests.helpers.big_events import BigEvent, Person

_ALONE = timedelta(hours=6)
_PART = 250
_PATIENCE = 240.0


def measure(doors: int = 20, entries: int = 10_000, counted: int = 2) -> list[Measurement]:
    """Let so many doors make so many entries without a network, then find the network all at once.

    All doors are threads of one process, so they share what twenty machines would each have. The last ``counted``
    doors go through a wire that counts.
    """
    event = BigEvent(new_id(), entries, seed=7)
    with disk_folder() as folder, served_event(folder / "server.sqlite", event, Role.DOOR, doors) as served:
        wire = CountedWire(served.url)
        urls = [served.url] * (doors - counted) + [wire.url] * counted
        everyone = paired_doors(served, folder, urls)
        for number, one in enumerate(everyone):
            work = _six_hours(event, event.people[number::doors])
            for start in range(0, len(work), _PART):
                one.copy.run_all(work[start : start + _PART])
        wire.taken()
        cpu = time.process_time()
        pulled: list[int] = []
        seconds = seconds_of(lambda: _all_at_once(everyone, entries, pulled))
        cpu = time.process_time() - cpu
        bytes_each = wire.taken() / counted
        wire.close()
        _check_even(everyone)
        rows = _entries_of(everyone[0])
        bare = seconds_of(lambda: _bare_inserts(folder, rows, doors))
        facts = len(json.dumps(rows, separators=(",", ":")).encode())
        for one in everyone:
            one.close()
    name = f"catch-up, {doors} doors, {entries:,} entries"
    beside = "insert of all entries in as many bare databases"
    return [
        Measurement(f"{name}, until all are even", seconds, "s", bare, beside),
        Measurement(f"{name}, CPU of all doors together", cpu, "s", bare, beside),
        Measurement(f"{name}, rows pulled by a door", sum(pulled) / doors, "rows", entries, "the entries"),
        Measurement(f"{name}, on a door's wire", bytes_each / 1e6, "MB", facts / 1e6, "bare JSON of all entries"),
    ]


def _six_hours(event: BigEvent, people: Sequence[Person]) -> list[RecordEntries]:
    """Give one entry of each, spread over the hours alone."""
    work: list[RecordEntries] = []
    for number, person in enumerate(people):
        (entry,) = check_in(event, person).entries
        at = entry.happened_at - _ALONE * (1 - number / len(people))
        work.append(RecordEntries(entries=(entry.model_copy(update={"happened_at": at, "device_at": at}),)))
    return work


def _all_at_once(everyone: Sequence[Door], entries: int, pulled: list[int]) -> None:
    """Let every door exchange until it has handed in its own and has everybody else's."""
    handed_in = threading.Barrier(len(everyone))

    def catch_up(one: Door) -> None:
        try:
            rows = one.engine.exchange().pulled_rows
            # A poke tells a door of what the others handed in meanwhile; here it waits for the last of them.
            handed_in.wait(_PATIENCE)
            rows += one.engine.exchange().pulled_rows
        except BaseException:
            handed_in.abort()
            raise
        pulled.append(rows)
        assert one.copy.waiting().pending == 0
        assert _count(one) == entries

    with ThreadPoolExecutor(len(everyone)) as pool:
        for done in [pool.submit(catch_up, one) for one in everyone]:
            done.result()


def _count(door: Door) -> int:
    with door.copy.read() as connection:
        return connection.exec_driver_sql(f"SELECT count(*) FROM {Entry.__tablename__}").scalar_one()


def _check_even(doors: Sequence[Door]) -> None:
    sums: list[object] = []
    for door in (doors[0], doors[-1]):
        identity = door.copy.identity
        with door.copy.read() as connection:
            sums.append(digest(connection, identity.event_id, identity.role))
    assert sums[0] == sums[1]


def _entries_of(door: Door) -> list[tuple[Value, ...]]:
    with closing(sqlite3.connect(door.copy.path)) as connection:
        return connection.execute(f"SELECT {', '.join(columns_of(Entry))} FROM {Entry.__tablename__}").fetchall()


def _bare_inserts(folder: Path, rows: Sequence[tuple[Value, ...]], databases: int) -> None:
    columns = columns_of(Entry)
    for number in range(databases):
        with closing(sqlite3.connect(folder / f"bare-{number}.sqlite", isolation_level=None)) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute(f"CREATE TABLE plain ({', '.join(columns)}, PRIMARY KEY (id))")
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany(f"INSERT INTO plain VALUES ({', '.join('?' * len(columns))})", rows)
            connection.execute("COMMIT")
