"""What a pull gives: rows, tombstones and outcomes after a cookie, as a role sees them."""

from __future__ import annotations

from functools import lru_cache

from sqlalchemy import Connection, Integer, String, and_, bindparam, literal_column, or_, select

from models.store.exchange import Outcome, OutcomeKind, Seen, TableRows
from models.store.log_tables import InstallSeen, LogRow, NumberSeen, OutcomeAbove, Tombstone
from models.store.prepared import Prepared
from models.store.schema import SYNCED
from models.store.views import door_conflicts_only, visible_columns
from sync.server.caller import Caller


def rows_since(connection: Connection, caller: Caller, cookie: int) -> dict[str, TableRows]:
    """Give the rows that changed after a cookie, by table, as the caller's role sees them."""
    tables: dict[str, TableRows] = {}
    values = {"event_id": caller.event_id, "cookie": cookie}
    since = "event_id = :event_id AND version > :cookie"
    if connection.dialect.name != "sqlite":
        since = "event_id = %(event_id)s AND version > %(cookie)s"
    changed = set(connection.exec_driver_sql(_tables_changed(since), values).scalars())
    for entity in SYNCED:
        name, columns = entity.__tablename__, visible_columns(entity, caller.role)
        if name not in changed or not columns:
            continue
        condition = " AND for_doors = 1" if door_conflicts_only(entity, caller.role) else ""
        rows = connection.exec_driver_sql(
            f"SELECT {', '.join(columns)} FROM {name} WHERE {since}{condition}", values
        ).all()
        if rows:
            tables[name] = TableRows(columns=columns, rows=[list(row) for row in rows])
    return tables


@lru_cache
def _tables_changed(since: str) -> str:
    # Most pulls concern two or three tables: asked in one statement, the others cost no way to the database.
    names = [entity.__tablename__ for entity in SYNCED]
    return " UNION ALL ".join(f"SELECT '{name}' WHERE EXISTS (SELECT 1 FROM {name} WHERE {since})" for name in names)


def gone_since(connection: Connection, event_id: str, cookie: int) -> list[tuple[str, str]]:
    """Give the tombstones left after a cookie: table and row id."""
    return [(name, row_id) for name, row_id in _GONE.rows(connection, event_id=event_id, cookie=cookie)]


def outcomes_since(connection: Connection, caller: Caller, cookie: int) -> list[Outcome]:
    """Give the outcomes settled after a cookie that a device has to hear of; a hub hears of every device's.

    An operation that another installed copy has taken over is told to both. A hub tells its devices what the server
    above made of operations that never were in its own log, too.
    """
    if caller.is_hub:
        of_all = {"event_id": caller.event_id, "cookie": cookie}
        found = [*_ALL_OUTCOMES.rows(connection, **of_all), *_ALL_TAKEN_OVER.rows(connection, **of_all)]
        return [Outcome(op_id=row[0], outcome=row[1], code=row[2], reason=row[3], install_id=row[4]) for row in found]
    values = {"event_id": caller.event_id, "cookie": cookie, "install_id": caller.install_id}
    found = [one for asked in (_OUTCOMES_ABOVE, _OUTCOMES, _TAKEN_OVER) for one in asked.rows(connection, **values)]
    return [
        Outcome(op_id=op_id, outcome=OutcomeKind(outcome), code=code, reason=reason)
        for op_id, outcome, code, reason in found
    ]


def last_seen(connection: Connection, caller: Caller) -> list[Seen]:
    """Give the last number seen of the caller's installed copy in each epoch; a hub hears of every copy."""
    if caller.is_hub:
        found = _ALL_SEEN.rows(connection, event_id=caller.event_id)
    else:
        found = _SEEN.rows(connection, event_id=caller.event_id, install_id=caller.install_id)
    return [
        Seen(install_id=install_id, epoch=epoch, number=number, op_id=op_id)
        for install_id, epoch, number, op_id in found
    ]


_event = bindparam("event_id", type_=String)
_cookie = bindparam("cookie", type_=Integer)
_install = bindparam("install_id", type_=String)
_gone = select(Tombstone.table_name, Tombstone.row_id)
_GONE = Prepared(_gone.where(Tombstone.event_id == _event, Tombstone.version > _cookie))
_outcome = (LogRow.op_id, LogRow.outcome, LogRow.reason_code, LogRow.reason)
_to_tell = (
    LogRow.event_id == _event,
    LogRow.version > _cookie,
    # Not is_(): a flag is a number, and PostgreSQL compares numbers with = only.
    or_(LogRow.outcome != literal_column(f"'{OutcomeKind.APPLIED}'"), LogRow.resettled == literal_column("1")),
)
_ALL_OUTCOMES = Prepared(select(*_outcome, LogRow.install_id).where(*_to_tell))
_OUTCOMES = Prepared(select(*_outcome).where(*_to_tell, LogRow.install_id == _install))
_by_another = and_(
    NumberSeen.event_id == LogRow.event_id,
    NumberSeen.op_id == LogRow.op_id,
    NumberSeen.install_id != LogRow.install_id,
)
_ALL_TAKEN_OVER = Prepared(select(*_outcome, NumberSeen.install_id).join(NumberSeen, _by_another).where(*_to_tell))
_TAKEN_OVER = Prepared(
    select(*_outcome).join(NumberSeen, _by_another).where(*_to_tell, NumberSeen.install_id == _install)
)
_OUTCOMES_ABOVE = Prepared(
    select(OutcomeAbove.op_id, OutcomeAbove.outcome, OutcomeAbove.reason_code, OutcomeAbove.reason).where(
        OutcomeAbove.event_id == _event, OutcomeAbove.version > _cookie, OutcomeAbove.install_id == _install
    )
)
_seen = select(InstallSeen.install_id, InstallSeen.epoch, InstallSeen.number, InstallSeen.op_id).where(
    InstallSeen.event_id == _event
)
_ALL_SEEN = Prepared(_seen)
_SEEN = Prepared(_seen.where(InstallSeen.install_id == _install))
