"""Measures taking in rows from afar under pending operations, beside a bare upsert and insert of as many rows."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Sequence
from pathlib import Path

from models.attendance import Entry
from models.base import Value
from models.ids import new_id
from models.operations.base import Operation
from models.people import Guest
from models.store.schema import columns_of
from tests.bench.measuring import Aim, Bound, Measurement, disk_folder, percentile
from tests.bench.waiting_work import FollowedEvent, pull_of, stored_guests

_LARGEST_AIMED_AT = 5_000
_AIM = Aim(Bound.VALUE_AT_MOST, 1_000)
_SMALL = 1_000


def measure(
    guests: int = 50_000, pending: Sequence[int] = (100, 1_000, 5_000), rows: int = 500, rounds: int = 7
) -> list[Measurement]:
    """Take in ``rows`` changed guests, ``rounds`` times, with so many operations waiting, in two sizes of event."""
    with disk_folder() as folder:
        large = FollowedEvent.made(folder, guests)
        measured: list[Measurement] = []
        for count in pending:
            measured += _measured(large, f"{count:,} pending check-ins", large.check_ins(count), rows, rounds)
        most = max(pending)
        measured += _measured(large, f"{most:,} pending of all kinds", large.mixed_work(most), rows, rounds)
        count = min(_SMALL, guests // 2)
        small = FollowedEvent.made(folder, count)
        measured += _measured(small, f"{count:,} pending check-ins", small.check_ins(count), rows, rounds)
    return measured


def _measured(
    followed: FollowedEvent, waiting: str, operations: Sequence[Operation], rows: int, rounds: int
) -> list[Measurement]:
    copy = followed.copy_with(operations)
    images = stored_guests(copy, rows)
    rival = _Rival(copy.path, images, len(operations))
    ours: list[float] = []
    bare: list[float] = []
    our_cpu: list[float] = []
    bare_cpu: list[float] = []
    for version in range(2, rounds + 2):
        pulled = pull_of(images, version)
        started, cpu = time.perf_counter(), time.thread_time()
        change = copy.apply_pull(pulled)
        ours.append(time.perf_counter() - started)
        our_cpu.append(time.thread_time() - cpu)
        assert len(change.ids(Guest)) == len(images)
        assert not change.ids(Entry), "what waits is what it was"
        cpu = time.thread_time()
        bare.append(rival.write())
        bare_cpu.append(time.thread_time() - cpu)
    assert copy.waiting().not_holding == 0
    rival.close()
    copy.close()
    aim = _AIM if len(operations) >= _LARGEST_AIMED_AT else None
    name = f"rebase, {followed.event.guests:,} guests, {waiting}"
    beside = "upsert and insert of as many rows"
    return [
        Measurement(f"{name}, p50", percentile(ours, 50), "ms", percentile(bare, 50), beside, aim),
        Measurement(f"{name}, CPU", percentile(our_cpu, 50), "ms", percentile(bare_cpu, 50), beside),
    ]


class _Rival:
    """A database with the same tables and indexes and no triggers, written with plain statements."""

    def __init__(self, source: Path, guests: list[list[Value]], entries: int) -> None:
        self._connection = sqlite3.connect(source.with_suffix(".bare"), isolation_level=None)
        with sqlite3.connect(source) as copied:
            copied.backup(self._connection)
        copied.close()
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = FULL")
        for (trigger,) in self._connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            self._connection.execute(f"DROP TRIGGER {trigger}")
        columns = columns_of(Guest)
        sets = ", ".join(f"{column} = excluded.{column}" for column in columns if column != "id")
        marks = ", ".join("?" * len(columns))
        self._upsert = (
            f"INSERT INTO {Guest.__tablename__} ({', '.join(columns)}) VALUES ({marks})"
            f" ON CONFLICT (id) DO UPDATE SET {sets}"
        )
        self._guests = guests
        self._columns = columns_of(Entry)
        self._insert = (
            f"INSERT INTO {Entry.__tablename__} ({', '.join(self._columns)})"
            f" VALUES ({', '.join('?' * len(self._columns))})"
        )
        found: list[tuple[Value, ...]] = self._connection.execute(
            f"SELECT {', '.join(self._columns)} FROM {Entry.__tablename__} LIMIT ?", (entries,)
        ).fetchall()
        self._entries = [found[number % len(found)] for number in range(entries)]

    def write(self) -> float:
        """Write the rows in one transaction and give the seconds."""
        place = self._columns.index("id")
        fresh = [(*row[:place], new_id(), *row[place + 1 :]) for row in self._entries]
        started = time.perf_counter()
        self._connection.execute("BEGIN IMMEDIATE")
        self._connection.executemany(self._upsert, self._guests)
        self._connection.executemany(self._insert, fresh)
        self._connection.execute("COMMIT")
        return time.perf_counter() - started

    def close(self) -> None:
        """Close the database."""
        self._connection.close()
