"""Reads the guest list of an event as lines: guest, household, answer, seat and attendance in one."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, String, select, type_coerce

from models.attendance import Attendance, Entry, Passage, attendance, passages_of, passages_where
from models.base import Synced
from models.guest_lists.folding import fold
from models.invitations import Attendee, Invitation, Rsvp, TicketType
from models.people import Guest
from models.seating import Seat, Table
from models.store.portions import portions
from models.store.rows import Change

_RSVPS = {rsvp.value: rsvp for rsvp in Rsvp}


@dataclass(frozen=True, slots=True)
class GuestLine:
    """One attendee of the event with everything that a list of guests shows; missing values are None."""

    attendee_id: str
    guest_id: str
    invitation_id: str
    household: str
    name: str
    folded: str
    """The name as search compares it."""
    email: str | None
    phone: str | None
    company: str | None
    notes: str | None
    door_note: str | None
    diet: str | None
    access_needs: str | None
    tags: tuple[str, ...]
    rsvp: Rsvp
    meal: str | None
    is_placeholder: bool
    plus_one_of: str | None
    ticket_type_id: str | None
    ticket_type: str | None
    seat_id: str | None
    table_id: str | None
    table: str | None
    """The label of the table."""
    seat: int | None
    attendance: Attendance
    is_erased: bool = False
    """Whether everything that said who this guest was is blanked."""

    @property
    def is_seated(self) -> bool:
        """Whether a seat is kept for this guest."""
        return self.seat_id is not None

    def further_text(self) -> str:
        """Return what else a search looks through, folded: household, e-mail, phone, company, notes and diet."""
        parts = (self.household, self.email, self.phone, self.company, self.notes, self.door_note, self.diet)
        return fold(" ".join(part for part in parts if part))


def read_guest_rows(connection: Connection, event_id: str) -> list[GuestLine]:
    """Read all guests of an event, in no order, in two statements."""
    entered = passages_where(connection, (Entry.event_id == event_id) & Entry.attendee_id.is_not(None))
    return list(_lines(connection, Attendee.event_id == event_id, _attendances(entered)))


def read_lines(connection: Connection, attendee_ids: Sequence[str]) -> list[GuestLine]:
    """Read the lines of some attendees, in no order; those who are hidden or unknown are left out."""
    there = _attendances(passages_of(connection, attendee_ids))
    lines: list[GuestLine] = []
    for some in portions(attendee_ids):
        lines += _lines(connection, Attendee.id.in_(some), there)
    return lines


def affected_attendees(connection: Connection, change: Change) -> set[str]:
    """Return the ids of all attendees whose line a change may have changed; hidden ones are among them."""
    affected = set(change.ids(Attendee))
    for entity, column in (
        (Guest, Attendee.guest_id),
        (Invitation, Attendee.invitation_id),
        (TicketType, Attendee.ticket_type_id),
        (Seat, Attendee.seat_id),
    ):
        for some in portions(sorted(change.ids(entity))):
            affected.update(connection.scalars(select(Attendee.id).where(column.in_(some))))
    for some in portions(sorted(change.ids(Table))):
        at_tables = select(Attendee.id).join(Seat, Seat.id == Attendee.seat_id).where(Seat.table_id.in_(some))
        affected.update(connection.scalars(at_tables))
    for some in portions(sorted(change.ids(Entry))):
        found = connection.scalars(select(Entry.attendee_id).where(Entry.id.in_(some)))
        affected.update(attendee_id for attendee_id in found if attendee_id is not None)
    return affected


SHOWN_ENTITIES: tuple[type[Synced], ...] = (Attendee, Guest, Invitation, TicketType, Seat, Table, Entry)
"""The tables whose rows a line is made of."""


_COLUMNS = (
    Attendee.id,
    Attendee.guest_id,
    Attendee.invitation_id,
    Invitation.name,
    Guest.name,
    Guest.folded,
    Guest.email,
    Guest.phone,
    Guest.company,
    Guest.notes,
    Guest.door_note,
    Guest.diet,
    Guest.access_needs,
    # Most lists know a handful of sets of tags: each text is taken apart once only.
    type_coerce(Guest.tags, String),
    Attendee.rsvp,
    Attendee.meal,
    Attendee.is_placeholder,
    Attendee.plus_one_of,
    Attendee.ticket_type_id,
    TicketType.name,
    Attendee.seat_id,
    Seat.table_id,
    Table.label,
    Seat.number,
    Guest.erased_at,
)
_TAGS_AT = 13
_RSVP_AT = 14
_LINES = (
    select(*_COLUMNS)
    .join(Guest, Guest.id == Attendee.guest_id)
    .join(Invitation, Invitation.id == Attendee.invitation_id)
    .outerjoin(TicketType, TicketType.id == Attendee.ticket_type_id)
    .outerjoin(Seat, Seat.id == Attendee.seat_id)
    .outerjoin(Table, Table.id == Seat.table_id)
    .where(Attendee.deleted_at.is_(None), Guest.deleted_at.is_(None))
)


def _lines(
    connection: Connection, condition: ColumnElement[bool], there: Mapping[str, Attendance]
) -> Iterator[GuestLine]:
    tag_sets: dict[str, tuple[str, ...]] = {}
    for row in connection.execute(_LINES.where(condition)):
        fields: list[Any] = [*row[:-1], there.get(row[0], Attendance.NOT_CHECKED_IN), row[-1] is not None]
        tag_text: str = fields[_TAGS_AT]
        tags = tag_sets.get(tag_text)
        if tags is None:
            tags = tag_sets[tag_text] = tuple(json.loads(tag_text or "[]"))
        fields[_TAGS_AT] = tags
        fields[_RSVP_AT] = _RSVPS[fields[_RSVP_AT]]
        yield GuestLine(*fields)


def _attendances(entered: Iterable[Passage]) -> dict[str, Attendance]:
    by_attendee: defaultdict[str, list[Passage]] = defaultdict(list)
    for passage in entered:
        by_attendee[passage.attendee_id or ""].append(passage)
    return {attendee_id: attendance(passages) for attendee_id, passages in by_attendee.items()}
