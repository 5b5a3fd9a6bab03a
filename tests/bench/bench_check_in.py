"""Measures the way from a ticket's text to a verdict on the disk, beside a bare commit on the same disk."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path
from random import Random

from models.attendance import Verdict
from models.check_in import CheckIn
from models.events import Role
from models.ids import new_id
from models.store.local_copy import LocalCopy
from tests.bench.measuring import Aim, Bound, Measurement, disk_folder, p50_and_p99
from tests.helpers.big_events import BigEvent, fill_with_big_event

_TURN = 25
"""So many of one contender before the other has its turn: the machine's other load then falls on both."""
_ROW = "x" * 600
"""About as many bytes as an entry and its outbox row."""


def measure(guests: int = 50_000, scans: int = 1_000) -> list[Measurement]:
    """Admit ``scans`` of ``guests`` guests by their signed codes, each commit with ``synchronous=FULL``."""
    event = BigEvent(new_id(), guests, seed=7)
    with disk_folder() as folder:
        copy = LocalCopy.create(
            folder / "door.usher",
            event_id=event.event_id,
            device_id=new_id(),
            role=Role.DOOR,
            door_id=event.door_ids[0],
        )
        with copy.database.write() as connection:
            fill_with_big_event(connection, event)
        rival = bare_database(folder / "bare.sqlite")
        codes = [event.signed_code(person) for person in Random(3).sample(event.people, min(scans, guests))]
        desk = CheckIn(copy, staff_name="Door staff")
        desk.show_code("not a code")
        ours: list[float] = []
        bare: list[float] = []
        for start in range(0, len(codes), _TURN):
            turn = codes[start : start + _TURN]
            ours += [_admit(desk, code) for code in turn]
            bare += [bare_commit(rival) for _ in turn]
        rival.close()
        copy.close()
    aim = Aim(Bound.RATIO_AT_MOST, 3)
    return p50_and_p99("ticket to verdict on the disk", ours, bare, "bare INSERT and COMMIT", aim)


def bare_database(path: Path) -> sqlite3.Connection:
    """Make a database of one plain table that commits as safely as Usher's do."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("CREATE TABLE plain (id TEXT PRIMARY KEY, words TEXT)")
    return connection


def bare_commit(connection: sqlite3.Connection) -> float:
    """Put one row on the disk and give the seconds."""
    started = time.perf_counter()
    connection.execute("BEGIN IMMEDIATE")
    connection.execute("INSERT INTO plain VALUES (?, ?)", (new_id(), _ROW))
    connection.execute("COMMIT")
    return time.perf_counter() - started


def bare_group_commit(connection: sqlite3.Connection, rows: int) -> float:
    """Put so many rows on the disk in one transaction and give the seconds."""
    values = [(new_id(), _ROW) for _ in range(rows)]
    started = time.perf_counter()
    connection.execute("BEGIN IMMEDIATE")
    connection.executemany("INSERT INTO plain VALUES (?, ?)", values)
    connection.execute("COMMIT")
    return time.perf_counter() - started


def _admit(desk: CheckIn, code: str) -> float:
    started = time.perf_counter()
    shown = desk.show_code(code)
    took = time.perf_counter() - started
    assert shown.decision.verdict is Verdict.ADMITTED
    return took
