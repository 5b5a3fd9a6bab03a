"""Inserts and updates of rows whose text is made once: they run again by the thousand as a server's rows come in."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any, cast

from sqlalchemy import Column, Connection, Insert, Table, insert, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite

from models.base import Base, Synced, Value
from models.store.driver import has_driver, run, run_many

_DIALECT = SQLiteDialect_pysqlite()
_Store = Callable[[Any], Value]
_Rows = Sequence[Mapping[str, object]]


def insert_rows(connection: Connection, entity: type[Base], rows: _Rows) -> None:
    """Add rows with the same keys; the columns without a default must be there. Raises SQLAlchemy's errors."""
    if has_driver(connection):
        _insert(connection, _plan(entity, tuple(rows[0]), ""), rows)
    else:
        connection.execute(_insert_into(entity), rows)


def insert_missing_rows(connection: Connection, entity: type[Synced], rows: _Rows) -> None:
    """Add rows as :func:`insert_rows` does; one whose ``id`` is there already stays as it is."""
    if has_driver(connection):
        _insert(connection, _plan(entity, tuple(rows[0]), " ON CONFLICT (id) DO NOTHING"), rows)
    else:
        connection.execute(_insert_missing(entity), rows)


def update_rows(
    connection: Connection, entity: type[Synced], event_id: str, ids: Sequence[str], values: Mapping[str, object]
) -> int:
    """Set the same values in some rows of an event; give how many of them there were. Raises SQLAlchemy's errors."""
    if not has_driver(connection):
        table = _table(entity)
        where = table.c.id == ids[0] if len(ids) == 1 else table.c.id.in_(ids)
        return connection.execute(update(table).where(table.c.event_id == event_id, where).values(**values)).rowcount
    plan = _update_plan(entity, tuple(values), len(ids))
    stored = [
        value if store is None else store(value) for value, store in zip(values.values(), plan.stores, strict=True)
    ]
    return run(connection, plan.text, (*stored, event_id, *ids)).rowcount


@cache
def _insert_into(entity: type[Base]) -> Insert[Any]:
    return insert(_table(entity))


@cache
def _insert_missing(entity: type[Synced]) -> Insert[Any]:
    return postgresql.insert(_table(entity)).on_conflict_do_nothing(index_elements=["id"])


@dataclass(frozen=True, slots=True)
class _Plan:
    text: str
    given: tuple[str, ...]
    stores: tuple[_Store | None, ...]
    """For each given column what makes a stored value of its value; None where it is stored as it is."""
    filled_in: tuple[Value, ...] = ()
    """The stored defaults of the columns that are not given."""


def _insert(connection: Connection, plan: _Plan, rows: _Rows) -> None:
    made = [(place, store) for place, store in enumerate(plan.stores) if store is not None]
    stored: list[list[Any]] = []
    for row in rows:
        values = [row[name] for name in plan.given]
        for place, store in made:
            values[place] = store(values[place])
        values += plan.filled_in
        stored.append(values)
    run_many(connection, plan.text, stored)


@lru_cache(maxsize=256)
def _plan(entity: type[Base], given: tuple[str, ...], conflict: str) -> _Plan:
    table = _table(entity)
    stores = tuple(_store(table.c[name]) for name in given)
    others = [column for column in table.columns if column.name not in given and column.default is not None]
    filled_in = tuple(_stored_default(column) for column in others)
    names = [*given, *(column.name for column in others)]
    marks = ", ".join("?" * len(names))
    return _Plan(f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({marks}){conflict}", given, stores, filled_in)


@lru_cache(maxsize=256)
def _update_plan(entity: type[Synced], given: tuple[str, ...], count: int) -> _Plan:
    table = _table(entity)
    sets = ", ".join(f"{name} = ?" for name in given)
    marks = ", ".join("?" * count)
    text = f"UPDATE {table.name} SET {sets} WHERE event_id = ? AND id IN ({marks})"
    return _Plan(text, given, tuple(_store(table.c[name]) for name in given))


def _table(entity: type[Base]) -> Table[Any]:
    return cast("Table[Any]", entity.__table__)


def _store(column: Column[Any]) -> _Store | None:
    return column.type.bind_processor(_DIALECT)


def _stored_default(column: Column[Any]) -> Value:
    default: Any = column.default
    assert default.is_scalar, f"{column}: a default that is worked out is none of a synced row"
    store = _store(column)
    return default.arg if store is None else store(default.arg)
