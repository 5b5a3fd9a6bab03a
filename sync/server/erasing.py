"""Erasing a guest at a server: the person is blanked in the log and in what conflicts still say."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, or_, select, update

from models.conflicts import Conflict
from models.operations.erasing import ERASED_NAME
from models.store.erasing import ErasedGuest, erased_among, erased_guest
from models.store.log_tables import LogRow


def blank_log(connection: Connection, event_id: str, guest_ids: Sequence[str], version: int) -> None:
    """Blank erased guests in the log of an event: a replay gives the same blanked rows.

    Older names that conflicts still show are replaced by the words that stand for them in the log.
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
        _blank_reasons(connection, event_id, person)
        _blank_conflicts(connection, event_id, person, version)


def blanked_on_arrival(connection: Connection, event_id: str, name: str, arguments: str) -> str:
    """Give the arguments of an operation that comes late without those who were erased meanwhile."""
    for guest_id in erased_among(connection, event_id, name, arguments):
        person = erased_guest(connection, guest_id)
        person.only_word = ERASED_NAME
        arguments = person.blanked(name, arguments)
    return arguments


def _blank_reasons(connection: Connection, event_id: str, person: ErasedGuest) -> None:
    found = connection.execute(
        select(LogRow.op_id, LogRow.reason).where(LogRow.event_id == event_id, LogRow.reason.is_not(None))
    ).all()
    for op_id, reason in found:
        blanked = person.blanked_text(reason or "")
        if blanked != reason:
            connection.execute(
                update(LogRow).where(LogRow.event_id == event_id, LogRow.op_id == op_id).values(reason=blanked)
            )


def _blank_conflicts(connection: Connection, event_id: str, person: ErasedGuest, version: int) -> None:
    found = connection.execute(select(Conflict.id, Conflict.details).where(Conflict.event_id == event_id)).all()
    for conflict_id, details in found:
        blanked = {key: person.words.get(value, value) for key, value in details.items()}
        if blanked != details:
            connection.execute(
                update(Conflict).where(Conflict.id == conflict_id).values(details=blanked, version=version)
            )
