"""Settling an operation that has been in the log for a while: it takes the next place in the order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, Connection, select, update

from models.events import Role
from models.store.exchange import OutcomeKind
from models.store.log_tables import LogRow
from models.store.rows import Context

if TYPE_CHECKING:
    from sync.server.event_log import EventLog
from sync.server.open_log import OpenLog, Settled


@dataclass(frozen=True)
class KeptOperation:
    """An operation in the log that is not settled for good, with the context it keeps."""

    op_id: str
    name: str
    arguments: str
    device_time: datetime
    role: Role
    from_hub: bool


def made_by_hub(device_id: str | None, role: Role) -> bool:
    """Tell whether what a hub hands in is its own work: a device that is paired, a key, signatures.

    A device of the hub may call its operations what it likes; the hub says of which device and role they are.
    """
    return device_id is None and role is Role.OWNER


def kept_operations(connection: Connection, event_id: str, condition: ColumnElement[bool]) -> Sequence[KeptOperation]:
    """Read the operations of an event that fit a condition, in the order of the log."""
    found = connection.execute(
        select(
            LogRow.op_id,
            LogRow.name,
            LogRow.arguments,
            LogRow.device_time,
            LogRow.role,
            LogRow.device_id,
            LogRow.handed_in_by,
        )
        .where(LogRow.event_id == event_id, condition)
        .order_by(LogRow.position)
    ).all()
    return [
        KeptOperation(
            op_id,
            name,
            arguments,
            device_time,
            Role(role),
            from_hub=handed_in_by is not None and made_by_hub(device_id, Role(role)),
        )
        for op_id, name, arguments, device_time, role, device_id, handed_in_by in found
    ]


def settle_late(connection: Connection, events: EventLog, log: OpenLog, kept: KeptOperation) -> None:
    """Settle an operation at the next place in the order; one that must still wait keeps its place.

    After a fault of ours it waits as well, and is tried again every few minutes.
    """
    server_time = events.now()
    log.version += 1
    context = Context(log.event_id, kept.op_id, kept.device_time, log.version, server_time)
    result = events.settle_as(connection, log, kept.name, kept.arguments, kept.role, context, from_hub=kept.from_hub)
    result = result or Settled(OutcomeKind.WAITING, "server_fault", "The server could not do it yet.")
    where = (LogRow.event_id == log.event_id, LogRow.op_id == kept.op_id)
    settled = {"version": log.version, "outcome": result.outcome, "reason_code": result.code, "reason": result.reason}
    if result.outcome is OutcomeKind.WAITING:
        # One that waited before is told nothing new.
        is_news = update(LogRow).where(*where, LogRow.outcome != OutcomeKind.WAITING).values(**settled)
        if not connection.execute(is_news).rowcount:
            log.version -= 1
        return
    log.position += 1
    connection.execute(
        update(LogRow).where(*where).values(position=log.position, server_time=server_time, resettled=True, **settled)
    )
    events.follow_up(connection, log, result)
