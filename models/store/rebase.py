"""Taking in what a server sent: undo the pending operations, write its rows, run the pending ones again."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from models.errors import BadInput, Refused, StoreError
from models.operations.base import FAULTS, apply_operation, decode
from models.store.database import is_of_environment
from models.store.driver import run
from models.store.exchange import TableRows
from models.store.portions import portions
from models.store.rows import Change, Context
from models.store.schema import BY_NAME, columns_of
from models.store.undo_log import Contents, put_rows, set_recording, touched_contents, undo_pending

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Pending:
    """One operation of the outbox that a server does not have yet, or could not apply so far."""

    number: int
    op_id: str
    name: str
    arguments: str
    device_time: datetime
    holds: bool


@dataclass(frozen=True)
class Rebased:
    """What a rebase changed: rows put back, rows written from afar, rows changed by running again."""

    undone: Change
    written: Change
    again: Change
    unmoved: Change
    """Rows that were put back and changed again, and are now what they were before."""

    @property
    def change(self) -> Change:
        """All rows that are not what they were, with all that were written from afar."""
        moved = Change.of_all([self.undone, self.again]).without(self.unmoved)
        return moved.joined_with(self.written)


def rebase(
    connection: Connection,
    tables: Mapping[str, TableRows],
    gone: Sequence[tuple[str, str]],
    run_again: Callable[[], Change],
) -> Rebased:
    """Take in rows from afar inside the caller's write transaction.

    ``run_again`` runs what is still pending, with the undo log recording.
    Raises StoreError ``other_server`` when the rows refer to rows that are not there.
    """
    connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
    set_recording(connection, 0)
    before = touched_contents(connection)
    undone = undo_pending(connection)
    written = write_rows(connection, tables, gone)
    _check_references(connection, written)
    set_recording(connection, 1)
    # A pending operation that refers to a row which is gone must meet its refusal, not spoil the commit.
    connection.exec_driver_sql("PRAGMA defer_foreign_keys = OFF")
    again = run_again()
    return Rebased(undone, written, again, _unmoved(before, touched_contents(connection)))


def write_rows(connection: Connection, tables: Mapping[str, TableRows], gone: Sequence[tuple[str, str]]) -> Change:
    """Write rows from afar as they are; columns and tables that this copy does not know are left out."""
    written: dict[str, frozenset[str]] = {}
    # First what is gone: it may hold a seat that a written row has now, and a row that came back is in both.
    for name, row_id in gone:
        if name in BY_NAME:
            connection.exec_driver_sql(f"DELETE FROM {name} WHERE id = ?", (row_id,))
            written[name] = written.get(name, frozenset()) | {row_id}
    for name, entity in BY_NAME.items():
        part = tables.get(name)
        if part is None or not part.rows:
            continue
        known = set(columns_of(entity))
        places = [place for place, column in enumerate(part.columns) if column in known]
        columns = [part.columns[place] for place in places]
        rows = [[row[place] for place in places] for row in part.rows] if len(places) < len(part.columns) else part.rows
        put_rows(connection, name, columns, rows)
        place = columns.index("id")
        written[name] = written.get(name, frozenset()) | {str(row[place]) for row in rows}
    return Change(written)


def _unmoved(before: Contents, after: Contents) -> Change:
    # A door with thousands of entries waiting would repaint all of them at every pull.
    return Change(
        {
            name: frozenset(row_id for row_id, row in rows.items() if after.get(name, {}).get(row_id) == row)
            for name, rows in before.items()
        }
    )


def _check_references(connection: Connection, written: Change) -> None:
    # Foreign keys that were put off are forgotten, not checked, when they are switched back: so this is the check.
    for name, ids in written.rows.items():
        for key in BY_NAME[name].__table__.foreign_keys:
            column, target = key.parent.name, key.column.table.name
            for some in portions(sorted(ids)):
                dangling = connection.exec_driver_sql(
                    f"SELECT id FROM {name} AS one WHERE id IN ({', '.join('?' * len(some))}) AND {column} IS NOT NULL"
                    f" AND NOT EXISTS (SELECT 1 FROM {target} WHERE {target}.id = one.{column}) LIMIT 1",
                    tuple(some),
                ).first()
                if dangling is not None:
                    _log.error("a row of %s from the server refers to none of %s: %s", name, target, dangling[0])
                    raise StoreError(
                        "other_server", "What the server sent does not fit this copy: it starts anew.", table=name
                    )


def run_all_again(connection: Connection, event_id: str, pending: Iterable[Pending]) -> Change:
    """Run operations again in their order, and mark those that hold no longer, or hold once more, in the outbox."""
    changed: dict[str, set[str]] = {}
    turned: list[tuple[int, int]] = []
    for one in pending:
        done = run_one_again(connection, one.name, one.arguments, Context(event_id, one.op_id, one.device_time))
        holds = done is not None
        if done is not None:
            for name, ids in done.rows.items():
                changed.setdefault(name, set()).update(ids)
        if one.holds != holds:
            turned.append((int(holds), one.number))
    if turned:
        connection.exec_driver_sql("UPDATE outbox SET holds = ? WHERE number = ?", turned)
    return Change({name: frozenset(ids) for name, ids in changed.items()})


def run_one_again(connection: Connection, name: str, arguments: str, context: Context) -> Change | None:
    """Run one operation in a savepoint of its own; None for one that does not hold, which changes nothing.

    A mistake of ours in it is logged and stops no pull: the server says what becomes of the operation.
    """
    # Said to the driver itself: what SQLAlchemy does around a savepoint takes as long as a whole small operation.
    run(connection, "SAVEPOINT one_again")
    try:
        done = apply_operation(connection, decode(name, arguments), context)
    except FAULTS as fault:
        if is_of_environment(fault):
            raise
        if not isinstance(fault, Refused | BadInput):
            _log.exception("a fault of this copy at %s %s", name, context.op_id)
        run(connection, "ROLLBACK TO one_again")
        run(connection, "RELEASE one_again")
        return None
    run(connection, "RELEASE one_again")
    return done.change
