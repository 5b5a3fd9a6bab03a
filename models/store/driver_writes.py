"""Inserts and updates of rows whose text is made once and that run on SQLite's own driver.

SQLAlchemy's work around a small statement takes several times as long as SQLite's: thousands of them run again
whenever a server's rows are taken in.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, cast

from sqlalchemy import Column, Connection, Table
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.exc import DBAPIError

from models.base import Base, Synced, Value

_DIALECT = SQLiteDialect_pysqlite()
_Store = Callable[[Any], Value]


def insert_rows(connection: Connection, entity: type[Base], rows: Sequence[Mapping[str, object]]) -> None:
    """Add rows with the same keys; the columns without a default must be there. Raises SQLAlchemy's errors."""
    _insert(connection, _plan(entity, tuple(rows[0]), ""), rows)


def insert_missing_rows(connection: Connection, entity: type[Synced], rows: Sequence[Mapping[str, object]]) -> None:
    """Add rows as :func:`insert_rows` does; one whose ``id`` is there already stays as it is."""
    _insert(connection, _plan(entity, tuple(rows[0]), " ON CONFLICT (id) DO NOTHING"), rows)


def update_rows(
    connection: Connection, entity: type[Synced], event_id: str, ids: Sequence[str], values: Mapping[str, object]
) -> int:
    """Set the same values in some rows of an event; give how many of them there were. Raises SQLAlchemy's errors."""
    plan = _update_plan(entity, tuple(values), len(ids))
    stored = [
        value if store is None else store(value) for value, store in zip(values.values(), plan.stores, strict=True)
    ]
    return _run(connection, plan.text, (*stored, event_id, *ids)).rowcount


@dataclass(frozen=True, slots=True)
class _Plan:
    text: str
    given: tuple[str, ...]
    stores: tuple[_Store | None, ...]
    """For each given column what makes a stored value of its value; None where it is stored as it is."""
    filled_in: tuple[Value, ...] = ()
    """The stored defaults of the columns that are not given."""


def _insert(connection: Connection, plan: _Plan, rows: Sequence[Mapping[str, object]]) -> None:
    made = [(place, store) for place, store in enumerate(plan.stores) if store is not None]
    stored: list[list[Any]] = []
    for row in rows:
        values = [row[name] for name in plan.given]
        for place, store in made:
            values[place] = store(values[place])
        values += plan.filled_in
        stored.append(values)
    _run_many(connection, plan.text, stored)


@lru_cache(maxsize=256)
def _plan(entity: type[Base], given: tuple[str, ...], conflict: str) -> _Plan:
    table = cast("Table[Any]", entity.__table__)
    stores = tuple(_store(table.c[name]) for name in given)
    others = [column for column in table.columns if column.name not in given and column.default is not None]
    filled_in = tuple(_stored_default(column) for column in others)
    names = [*given, *(column.name for column in others)]
    marks = ", ".join("?" * len(names))
    return _Plan(f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({marks}){conflict}", given, stores, filled_in)


@lru_cache(maxsize=256)
def _update_plan(entity: type[Synced], given: tuple[str, ...], count: int) -> _Plan:
    table = cast("Table[Any]", entity.__table__)
    sets = ", ".join(f"{name} = ?" for name in given)
    marks = ", ".join("?" * count)
    text = f"UPDATE {table.name} SET {sets} WHERE event_id = ? AND id IN ({marks})"
    return _Plan(text, given, tuple(_store(table.c[name]) for name in given))


def _store(column: Column[Any]) -> _Store | None:
    return column.type.bind_processor(_DIALECT)


def _stored_default(column: Column[Any]) -> Value:
    default: Any = column.default
    assert default.is_scalar, f"{column}: a default that is worked out is none of a synced row"
    store = _store(column)
    return default.arg if store is None else store(default.arg)


def _run(connection: Connection, text: str, values: Sequence[object]) -> sqlite3.Cursor:
    driver: Any = connection.connection.driver_connection
    try:
        return driver.execute(text, values)
    except sqlite3.Error as error:
        raise _as_usual(connection, text, error) from error


def _run_many(connection: Connection, text: str, values: Sequence[Sequence[object]]) -> None:
    driver: Any = connection.connection.driver_connection
    try:
        driver.executemany(text, values)
    except sqlite3.Error as error:
        raise _as_usual(connection, text, error) from error


def _as_usual(connection: Connection, text: str, error: sqlite3.Error) -> BaseException:
    # Whoever waits for a broken constraint knows SQLAlchemy's errors, not the driver's.
    return DBAPIError.instance(text, None, error, sqlite3.Error, dialect=connection.dialect)
