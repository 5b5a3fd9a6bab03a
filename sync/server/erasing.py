"""Erasing a guest at a server: the person is blanked in the log."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, or_, select, update

from models.operations.erasing import ERASED_NAME
from models.store.erasing import ErasedGuest, erased_among, erased_guest
from models.store.exchange import Envelope
from models.store.log_tables import LogRow, OutcomeAbove


def blank_log(connection: Connection, event_id: str, guest_ids: Sequence[str], version: int) -> None:
    """Blank erased guests in the log of an event: a replay gives the same blanked rows.

    Reasons that named them are told again, at this version, to the devices that hold them.
    """
    for guest_id in guest_ids:
        person = erased_guest(connection, guest_id)
        meant = or_(*(LogRow.arguments.contains(one) for one in sorted(person.ids)))
        found = connection.execute(
            select(LogRow.op_id, LogRow.name, LogRow.arguments)
            .where(LogRow.event_id == event_id, meant)
            .order_by(LogRow.position)
        ).all()
        for op_id, name, arguments in found:
            blanked = person.blanked(name, arguments)
            if blanked != arguments:
                connection.execute(
                    update(LogRow).where(LogRow.event_id == event_id, LogRow.op_id == op_id).values(arguments=blanked)
                )
        _blank_reasons(connection, event_id, person, version)


def meaning_nobody_erased(connection: Connection, event_id: str, envelopes: Sequence[Envelope]) -> frozenset[str]:
    """Give the ids of those operations of a batch that mean no erased guest, looked up all at once: all or none."""
    if erased_among(connection, event_id, [(one.name, one.arguments) for one in envelopes]):
        return frozenset()
    return frozenset(one.op_id for one in envelopes)


def blanked_on_arrival(connection: Connection, event_id: str, name: str, arguments: str) -> str:
    """Give the arguments of an operation that comes late without those who were erased meanwhile."""
    for guest_id in erased_among(connection, event_id, [(name, arguments)]):
        person = erased_guest(connection, guest_id)
        person.only_word = ERASED_NAME
        arguments = person.blanked(name, arguments)
    return arguments


def _blank_reasons(connection: Connection, event_id: str, person: ErasedGuest, version: int) -> None:
    for entity in (LogRow, OutcomeAbove):
        found = connection.execute(
            select(entity.op_id, entity.reason).where(entity.event_id == event_id, entity.reason.is_not(None))
        ).all()
        for op_id, reason in found:
            blanked = person.blanked_text(reason or "")
            if blanked != reason:
                connection.execute(
                    update(entity)
                    .where(entity.event_id == event_id, entity.op_id == op_id)
                    .values(reason=blanked, version=version)
                )
