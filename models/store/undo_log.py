"""The undo log: before-images of all rows that pending operations touched, kept by triggers."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, inspect

from models.base import Value
from models.store.rows import Change

Contents = Mapping[str, Mapping[str, tuple[Value, ...]]]
"""Stored values of rows: by the name of their table and their id."""


def install_triggers(connection: Connection) -> None:
    """Make the triggers of all synced tables anew, from the columns that the tables have now."""
    from models.store.schema import SYNCED

    inspector = inspect(connection)
    for entity in SYNCED:
        name = entity.__tablename__
        columns = [column["name"] for column in inspector.get_columns(name)]
        image = ", ".join(f"'{column}', OLD.{column}" for column in columns)
        for moment, row, before in (
            ("INSERT", "NEW", "NULL"),
            ("UPDATE", "OLD", f"json_object({image})"),
            ("DELETE", "OLD", f"json_object({image})"),
        ):
            trigger = f"undo_{name}_{moment.lower()}"
            connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {trigger}")
            connection.exec_driver_sql(
                f"CREATE TRIGGER {trigger} AFTER {moment} ON {name}"
                " WHEN (SELECT recording FROM replica)"
                " BEGIN INSERT INTO undo_log (table_name, row_id, before)"
                f" VALUES ('{name}', {row}.id, {before}) ON CONFLICT DO NOTHING; END"
            )


def set_recording(connection: Connection, on: int) -> None:
    """Switch the triggers on (1) or off (0) for what follows in this transaction."""
    connection.exec_driver_sql("UPDATE replica SET recording = ?", (on,))


def touched_rows(connection: Connection) -> Change:
    """Give the rows that pending operations have touched."""
    found: dict[str, set[str]] = defaultdict(set)
    for name, row_id in connection.exec_driver_sql("SELECT table_name, row_id FROM undo_log"):
        found[name].add(row_id)
    return Change({name: frozenset(ids) for name, ids in found.items()})


def touched_contents(connection: Connection) -> Contents:
    """Give what the rows that pending operations have touched hold now: by table and id, without those not there."""
    names = [name for (name,) in connection.exec_driver_sql("SELECT DISTINCT table_name FROM undo_log")]
    found: dict[str, dict[str, tuple[Value, ...]]] = {}
    for name in names:
        rows = connection.exec_driver_sql(
            f"SELECT log.row_id, row.* FROM undo_log AS log CROSS JOIN {name} AS row ON row.id = log.row_id"
            " WHERE log.table_name = ?",
            (name,),
        ).all()
        found[name] = {row_id: tuple(values) for row_id, *values in rows}
    return found


def undo_pending(connection: Connection) -> Change:
    """Put every touched row back as it was before the pending operations, and empty the log.

    Needs recording off and foreign keys deferred. Gives the rows that were put back.
    """
    added: dict[str, list[str]] = defaultdict(list)
    changed: dict[str, list[dict[str, Value]]] = defaultdict(list)
    for name, row_id, before in connection.exec_driver_sql("SELECT table_name, row_id, before FROM undo_log"):
        if before is None:
            added[name].append(row_id)
        else:
            changed[name].append(json.loads(before))
    for name, ids in added.items():
        connection.exec_driver_sql(f"DELETE FROM {name} WHERE id = ?", [(row_id,) for row_id in ids])
    for name, images in changed.items():
        columns = tuple(images[0])
        put_rows(connection, name, columns, [[image[column] for column in columns] for image in images])
    connection.exec_driver_sql("DELETE FROM undo_log")
    rows = {name: set(ids) for name, ids in added.items()}
    for name, images in changed.items():
        rows.setdefault(name, set()).update(str(image["id"]) for image in images)
    return Change({name: frozenset(ids) for name, ids in rows.items()})


def put_rows(connection: Connection, table: str, columns: Sequence[str], rows: Sequence[Sequence[Value]]) -> None:
    """Write rows as they are, in two passes: empty the unique columns, then insert or update by id."""
    from models.store.schema import BY_NAME, loose_columns

    if not rows:
        return
    place = list(columns).index("id")
    for loose in loose_columns(BY_NAME[table]):
        connection.exec_driver_sql(f"UPDATE {table} SET {loose} = NULL WHERE id = ?", [(row[place],) for row in rows])
    marks = ", ".join("?" * len(columns))
    sets = ", ".join(f"{column} = excluded.{column}" for column in columns if column != "id")
    connection.exec_driver_sql(
        f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks}) ON CONFLICT (id) DO UPDATE SET {sets}",
        [tuple(row) for row in rows],
    )
