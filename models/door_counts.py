"""How many are inside and how many are still expected, kept up to date entry by entry."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import Enum
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, select

from models.attendance import Entry, Passage, passages_where, standing
from models.events import Direction
from models.invitations import Attendee, Rsvp
from models.store.portions import portions
from models.store.rows import Change


class _Kind(Enum):
    """What an entry is known by as somebody's."""

    ATTENDEE = 1
    TICKET = 2
    ENTRY = 3


class _Holder(NamedTuple):
    """Whose an entry is: an attendee's, an unknown ticket's, or nobody's but its own."""

    kind: _Kind
    id: str


class DoorCounts:
    """Counts people as ``admission.count_inside`` does, without looking at all entries again at each scan.

    ``inside`` are those whose last passage is "in"; ``expected`` are attendees who accepted, or have not
    answered, and have not come yet. :meth:`load` reads everything once; :meth:`follow` looks only at what changed.
    """

    def __init__(self, event_id: str) -> None:
        """Count nobody yet."""
        self._event_id = event_id
        self._inside_of: dict[str, int] = {}
        self._holder_of: dict[str, _Holder] = {}
        self._coming: set[str] = set()
        self.inside = 0
        self.expected = 0

    def load(self, connection: Connection) -> None:
        """Count all entries and attendees of the event from scratch."""
        passages = passages_where(connection, Entry.event_id == self._event_id)
        self._inside_of = _people_inside(passages)
        self._holder_of = {row.id: _holder(row) for row in passages}
        self._coming = set(connection.scalars(select(Attendee.id).where(*self._comes())))
        self.inside = sum(self._inside_of.values())
        self.expected = len(self._coming - self._inside_of.keys())

    def follow(self, connection: Connection, change: Change) -> None:
        """Take in a change: only the holders of the changed entries and the changed attendees are read."""
        if change.touches(Attendee):
            self._follow_attendees(connection, list(change.ids(Attendee)))
        if change.touches(Entry):
            self._follow_entries(connection, list(change.ids(Entry)))

    def _follow_attendees(self, connection: Connection, ids: Sequence[str]) -> None:
        for some in portions(ids):
            before = self._still_expected(some)
            self._coming.difference_update(some)
            self._coming.update(connection.scalars(select(Attendee.id).where(*self._comes(), Attendee.id.in_(some))))
            self.expected += self._still_expected(some) - before

    def _follow_entries(self, connection: Connection, ids: Sequence[str]) -> None:
        changed: list[Passage] = []
        for some in portions(ids):
            changed += passages_where(connection, Entry.id.in_(some))
        holders = {_holder(row) for row in changed}
        # An entry that is gone does not say whose it was, and one whose ticket became known was somebody else's.
        holders |= {self._holder_of.pop(one) for one in ids if one in self._holder_of}
        self._holder_of.update((row.id, _holder(row)) for row in changed)
        for some in portions([one.id for one in holders if one.kind is _Kind.ATTENDEE]):
            self._recount(connection, some, Entry.attendee_id.in_(some))
        for some in portions([one.id for one in holders if one.kind is _Kind.TICKET]):
            self._recount(connection, some, Entry.ticket_serial.in_(some) & Entry.attendee_id.is_(None))
        for some in portions([one.id for one in holders if one.kind is _Kind.ENTRY]):
            self._recount(connection, some, Entry.id.in_(some) | Entry.undoes.in_(some))

    def _recount(self, connection: Connection, holders: Sequence[str], whose: ColumnElement[bool]) -> None:
        inside_before = sum(self._inside_of.get(holder, 0) for holder in holders)
        expected_before = self._still_expected(holders)
        for holder in holders:
            self._inside_of.pop(holder, None)
        self._inside_of.update(_people_inside(passages_where(connection, (Entry.event_id == self._event_id) & whose)))
        self.inside += sum(self._inside_of.get(holder, 0) for holder in holders) - inside_before
        self.expected += self._still_expected(holders) - expected_before

    def _still_expected(self, ids: Iterable[str]) -> int:
        return sum(1 for one in ids if one in self._coming and one not in self._inside_of)

    def _comes(self) -> tuple[ColumnElement[bool], ...]:
        return (
            Attendee.event_id == self._event_id,
            Attendee.deleted_at.is_(None),
            Attendee.rsvp.in_([Rsvp.ACCEPTED, Rsvp.PENDING]),
        )


def _people_inside(passages: Iterable[Passage]) -> dict[str, int]:
    """Give for everybody who passed a door how many people are inside by it: 0 for those who left."""
    return {
        one.attendee_id or one.ticket_serial or one.id: one.people if one.direction == Direction.IN else 0
        for one in standing(passages)
    }


def _holder(row: Passage) -> _Holder:
    if row.attendee_id:
        return _Holder(_Kind.ATTENDEE, row.attendee_id)
    if row.ticket_serial:
        return _Holder(_Kind.TICKET, row.ticket_serial)
    return _Holder(_Kind.ENTRY, row.undoes or row.id)
