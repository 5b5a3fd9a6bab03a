"""What a desktop of the tour knows about its own copy."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select

from desktop.open_event import OpenEvent
from models.attendance import Entry, EntryHow
from models.conflicts import Conflict
from models.invitations import Attendee
from models.store.digest import digest, joined


def read_facts(event: OpenEvent) -> dict[str, Any]:
    """Tell how a copy stands: a digest, what waits, what it counts."""
    standing = event.standing
    identity = event.copy.identity
    with event.copy.read() as connection:
        tables = digest(connection, identity.event_id, identity.role)
        open_conflicts = select(Conflict.kind, func.count()).where(Conflict.resolved_at.is_(None))
        conflicts = dict(connection.execute(open_conflicts.group_by(Conflict.kind)).all())
        attendees = select(func.count()).select_from(Attendee).where(Attendee.deleted_at.is_(None))
        guests = connection.scalar(attendees)
        seated = connection.scalar(attendees.where(Attendee.seat_id.is_not(None)))
        own = list(connection.scalars(select(Entry.id).where(Entry.device_id == identity.device_id)))
        scans = connection.scalar(
            select(func.count())
            .select_from(Entry)
            .where(Entry.device_id == identity.device_id, Entry.how == EntryHow.SCAN)
        )
    waiting = event.copy.waiting()
    return {
        "event_id": identity.event_id,
        "role": identity.role,
        "reach": standing.reach,
        "pending": max(waiting.pending, standing.waiting),
        "refused": waiting.refused,
        "pushed": standing.pushed,
        "pulled": standing.pulled,
        "digest": joined(tables),
        "tables": {name: one.sha256 for name, one in tables.items()},
        "conflicts": conflicts,
        "guests": guests,
        "seated": seated,
        "own_entries": own,
        "scans": scans,
    }
