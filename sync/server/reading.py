"""What a pull gives: rows, tombstones and outcomes after a cookie, as a role sees them."""

from __future__ import annotations

from sqlalchemy import Connection, or_, select

from models.store.exchange import Outcome, OutcomeKind, TableRows
from models.store.log_tables import LogRow, Tombstone
from models.store.schema import SYNCED
from models.store.views import door_conflicts_only, visible_columns
from sync.server.caller import Caller


def rows_since(connection: Connection, caller: Caller, cookie: int) -> dict[str, TableRows]:
    """Give the rows that changed after a cookie, by table, as the caller's role sees them."""
    tables: dict[str, TableRows] = {}
    mark = "?" if connection.dialect.name == "sqlite" else "%s"
    for entity in SYNCED:
        columns = visible_columns(entity, caller.role)
        if not columns:
            continue
        condition = " AND for_doors = 1" if door_conflicts_only(entity, caller.role) else ""
        rows = connection.exec_driver_sql(
            f"SELECT {', '.join(columns)} FROM {entity.__tablename__}"
            f" WHERE event_id = {mark} AND version > {mark}{condition}",
            (caller.event_id, cookie),
        ).all()
        if rows:
            tables[entity.__tablename__] = TableRows(columns=columns, rows=[list(row) for row in rows])
    return tables


def gone_since(connection: Connection, event_id: str, cookie: int) -> list[tuple[str, str]]:
    """Give the tombstones left after a cookie: table and row id."""
    found = connection.execute(
        select(Tombstone.table_name, Tombstone.row_id).where(Tombstone.event_id == event_id, Tombstone.version > cookie)
    )
    return [(name, row_id) for name, row_id in found]


def outcomes_since(connection: Connection, caller: Caller, cookie: int) -> list[Outcome]:
    """Give the outcomes settled after a cookie that a device has to hear of; a hub hears of every device's."""
    wanted = select(LogRow.op_id, LogRow.outcome, LogRow.reason_code, LogRow.reason).where(
        LogRow.event_id == caller.event_id,
        LogRow.version > cookie,
        # Not is_(): a flag is a number, and PostgreSQL compares numbers with = only.
        or_(LogRow.outcome != OutcomeKind.APPLIED, LogRow.resettled == 1),
    )
    if not caller.is_hub:
        wanted = wanted.where(LogRow.install_id == caller.install_id)
    return [
        Outcome(op_id=op_id, outcome=OutcomeKind(outcome), code=code, reason=reason)
        for op_id, outcome, code, reason in connection.execute(wanted)
    ]
