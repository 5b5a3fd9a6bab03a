"""Measures taking in rows from afar under pending operations, beside a bare upsert and insert of as many rows."""

from __future__ import annotations

import sqlite3
import time
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import update

from models.attendance import Entry, EntryHow, Verdict
from models.base import Value
from models.events import Direction, Role
from models.ids import new_id
from models.operations.entries import NewEntry, RecordEntries
from models.people import Guest
from models.store.copy_tables import Replica
from models.store.exchange import Pulled, TableRows
from models.store.local_copy import LocalCopy
from models.store.schema import columns_of
from tests.bench.measuring import Measurement, disk_folder, p50_and_p99
from tests.helpers.big_events import BigEvent, fill_with_big_event


def measure(guests: int = 5_000, pending: int = 1_000, rows: int = 500, rounds: int = 15) -> list[Measurement]:
    """Take in ``rows`` changed guests, ``rounds`` times, while ``pending`` check-ins wait to be handed in."""
    event = BigEvent(new_id(), guests, seed=7)
    server_id = new_id()
    with disk_folder() as folder:
        copy = _copy_that_follows(folder / "door.usher", event, server_id)
        copy.run_all([_check_in(event, number) for number in range(pending)])
        columns, images = _stored_guests(copy, rows)
        rival = _Rival(copy.path, columns, images, pending)
        ours: list[float] = []
        bare: list[float] = []
        for version in range(2, rounds + 2):
            place = columns.index("version")
            changed = [[*row[:place], version, *row[place + 1 :]] for row in images]
            pulled = Pulled(
                server_id=server_id,
                epoch=1,
                version=version,
                tables={Guest.__tablename__: TableRows(columns=columns, rows=changed)},
                server_time=datetime.now(UTC),
            )
            started = time.perf_counter()
            change = copy.apply_pull(pulled)
            ours.append(time.perf_counter() - started)
            assert len(change.ids(Guest)) == rows
            assert len(change.ids(Entry)) == pending
            bare.append(rival.write())
        rival.close()
        copy.close()
    name = f"rebase: {rows:,} rows from afar, {pending:,} pending"
    return p50_and_p99(name, ours, bare, "upsert and insert of as many rows")


def _copy_that_follows(path: Path, event: BigEvent, server_id: str) -> LocalCopy:
    copy = LocalCopy.create(
        path, event_id=event.event_id, device_id=new_id(), role=Role.DOOR, door_id=event.door_ids[0]
    )
    with copy.database.write() as connection:
        fill_with_big_event(connection, event)
        connection.execute(update(Replica).values(server_id=server_id, server_epoch=1, cookie=1))
    return copy


def _check_in(event: BigEvent, number: int) -> RecordEntries:
    person = event.people[number]
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
        door_id=event.door_ids[0],
        door_name="North door",
        device_id=event.door_ids[1],
        happened_at=now,
        device_at=now,
    )
    return RecordEntries(entries=(entry,))


def _stored_guests(copy: LocalCopy, limit: int) -> tuple[tuple[str, ...], list[list[Value]]]:
    columns = columns_of(Guest)
    with copy.read() as connection:
        found = connection.exec_driver_sql(
            f"SELECT {', '.join(columns)} FROM {Guest.__tablename__} LIMIT ?", (limit,)
        ).all()
    return columns, [list(row) for row in found]


class _Rival:
    """A database with the same tables and indexes and no triggers, written with plain statements."""

    def __init__(self, source: Path, columns: tuple[str, ...], guests: list[list[Value]], entries: int) -> None:
        self._connection = sqlite3.connect(source.with_suffix(".bare"), isolation_level=None)
        with sqlite3.connect(source) as copied:
            copied.backup(self._connection)
        copied.close()
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = FULL")
        for (trigger,) in self._connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            self._connection.execute(f"DROP TRIGGER {trigger}")
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
        self._entries: list[tuple[Value, ...]] = self._connection.execute(
            f"SELECT {', '.join(self._columns)} FROM {Entry.__tablename__} LIMIT ?", (entries,)
        ).fetchall()

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
