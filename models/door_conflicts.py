"""The conflicts that concern one door: somebody who came in elsewhere too, and what it did that was refused."""

from __future__ import annotations

from sqlalchemy import Connection, select

from models.attendance import Entry
from models.conflict_words import InboxItem, read_inbox
from models.conflicts import Conflict, ConflictKind
from models.store.copy_tables import OutboxRow
from models.store.identity import Identity
from models.store.portions import portions

_KINDS = (ConflictKind.DOUBLE_ADMISSION, ConflictKind.REFUSED, ConflictKind.SEAT_TAKEN)


def read_door_conflicts(connection: Connection, identity: Identity, door_id: str | None) -> list[InboxItem]:
    """Read the open conflicts that were made here, by this copy or at its door; the newest first.

    For a local copy's file only: what it did itself stands in its outbox.
    """
    found = connection.execute(
        select(Conflict.id, Conflict.operations, Conflict.details).where(
            Conflict.event_id == identity.event_id,
            Conflict.kind.in_(_KINDS),
            Conflict.deleted_at.is_(None),
            Conflict.resolved_at.is_(None),
        )
    ).all()
    if not found:
        return []
    own = _own(connection, {op_id for row in found for op_id in row.operations})
    entries = {row.details.get(which, "") for row in found for which in ("first_entry", "second_entry")}
    here = _at_door(connection, entries, door_id) if door_id else set[str]()
    wanted = {
        row.id
        for row in found
        if own.intersection(row.operations)
        or here.intersection((row.details.get("first_entry", ""), row.details.get("second_entry", "")))
    }
    if not wanted:
        return []
    return [item for item in read_inbox(connection, identity.event_id) if item.conflict_id in wanted]


def _own(connection: Connection, op_ids: set[str]) -> set[str]:
    return {
        op_id
        for some in portions(sorted(op_ids))
        for op_id in connection.scalars(select(OutboxRow.op_id).where(OutboxRow.op_id.in_(some)))
    }


def _at_door(connection: Connection, entry_ids: set[str], door_id: str) -> set[str]:
    return {
        entry_id
        for some in portions(sorted(entry_ids))
        for entry_id in connection.scalars(select(Entry.id).where(Entry.id.in_(some), Entry.door_id == door_id))
    }
