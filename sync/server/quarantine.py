"""The quarantine: what a device hands in after its rights were taken away waits for an organizer's decision."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Connection, and_, bindparam, select, update

from models.base import time_text
from models.change_words import change_about, change_title
from models.errors import BadInput
from models.events import Device
from models.operations.base import ORGANIZERS
from models.operations.quarantine import Judgement, JudgeQuarantined
from models.store.exchange import OutcomeKind
from models.store.log_tables import LogRow, Upstream
from models.store.prepared import Prepared
from sync.protocol import QuarantineAnswer, QuarantinedChange
from sync.server.caller import Caller
from sync.server.late_settling import kept_operations, settle_late

if TYPE_CHECKING:
    from sync.server.event_log import EventLog
from sync.server.open_log import OpenLog

DEVICE_REVOKED = "device_revoked"
"""The reason code of an operation in quarantine, and of one that was discarded from it."""
_REASONS = {
    OutcomeKind.QUARANTINED: "The device's rights were taken away before this came: an organizer decides about it.",
    OutcomeKind.DISCARDED: "The device's rights were taken away, and an organizer discarded this.",
}
_SHOWN_AT_MOST = 500
_REVOKED = Prepared(select(Device.id).where(Device.event_id == bindparam("event_id"), Device.revoked_at.is_not(None)))


def revoked_devices(connection: Connection, event_id: str) -> frozenset[str]:
    """Give the ids of the devices of an event whose rights were taken away."""
    return frozenset(device_id for (device_id,) in _REVOKED.rows(connection, event_id=event_id))


def outcome_in_quarantine(
    connection: Connection, log: OpenLog, op_id: str, revoked: frozenset[str]
) -> OutcomeKind | None:
    """Tell what becomes of a revoked device's operation as it comes; None when it was accepted before it came.

    That a decision is there first happens where a hub hands its log on. One by a ``revoked`` device counts for nothing:
    it could have accepted in advance what it meant to do afterwards.
    """
    judged = _judgements(connection, log.event_id, op_id, revoked)
    if Judgement.ACCEPT in judged:
        return None
    return OutcomeKind.DISCARDED if judged else OutcomeKind.QUARANTINED


def reason_of(outcome: OutcomeKind) -> str:
    """Say why an operation is not applied, for its device."""
    return _REASONS[outcome]


def judge(connection: Connection, events: EventLog, log: OpenLog, judged: JudgeQuarantined) -> None:
    """Act on a decision in the log: accepted, an operation is settled now; discarded, it is only marked.

    A discarded operation can be accepted later. A hub with a server above it leaves the decision to that server,
    which has the operations of every hub: its word comes down with the next pull.
    """
    if connection.scalar(select(Upstream.event_id).where(Upstream.event_id == log.event_id)) is not None:
        return
    kept = and_(LogRow.op_id == judged.op_id, LogRow.reason_code == DEVICE_REVOKED)
    if judged.verdict is Judgement.ACCEPT:
        for operation in kept_operations(connection, log.event_id, kept):
            settle_late(connection, events, log, operation)
        return
    connection.execute(
        update(LogRow)
        .where(LogRow.event_id == log.event_id, kept, LogRow.outcome == OutcomeKind.QUARANTINED)
        .values(version=log.version, outcome=OutcomeKind.DISCARDED, reason=reason_of(OutcomeKind.DISCARDED))
    )


def read_quarantine(connection: Connection, caller: Caller) -> QuarantineAnswer:
    """Give what waits for a decision, the oldest first, at most 500. Raises BadInput ``not_allowed``."""
    if caller.role not in ORGANIZERS:
        raise BadInput("not_allowed", "Only an organizer sees what waits for a decision.")
    found = connection.execute(
        select(LogRow.op_id, LogRow.name, LogRow.arguments, LogRow.device_time, LogRow.server_time, Device.name)
        .outerjoin(Device, and_(Device.id == LogRow.device_id, Device.event_id == LogRow.event_id))
        .where(LogRow.event_id == caller.event_id, LogRow.outcome == OutcomeKind.QUARANTINED)
        .order_by(LogRow.position)
        .limit(_SHOWN_AT_MOST)
    ).all()
    changes: list[QuarantinedChange] = []
    for op_id, name, arguments, made_at, came_at, device in found:
        about = change_about(connection, arguments)
        what = " · ".join(part for part in (change_title(name), about) if part)
        sentence = f"“{device or 'A device'}” made this at {time_text(made_at)}: {what}."
        changes.append(
            QuarantinedChange(
                op_id=op_id,
                name=name,
                device_name=device or "",
                made_at=made_at,
                came_at=came_at,
                sentence=sentence,
                about=about,
            )
        )
    return QuarantineAnswer(changes=changes)


def _judgements(connection: Connection, event_id: str, op_id: str, revoked: frozenset[str]) -> set[Judgement]:
    found = connection.scalars(
        select(LogRow.arguments).where(
            LogRow.event_id == event_id,
            LogRow.name == JudgeQuarantined.name,
            LogRow.outcome == OutcomeKind.APPLIED,
            LogRow.arguments.contains(op_id),
            LogRow.device_id.not_in(revoked),
        )
    )
    decoded = [JudgeQuarantined.model_validate_json(arguments) for arguments in found]
    return {one.verdict for one in decoded if one.op_id == op_id}
