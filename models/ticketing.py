"""Who gets a ticket, and what stands on each of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, select

from models.codes import new_serial, new_short_code, written_short_code
from models.events import Event
from models.guest_lists.folding import fold
from models.ids import new_id
from models.invitations import Attendee, Invitation, Rsvp, TicketType
from models.operations.base import BULK, Operation
from models.operations.tickets import IssueTickets, NewTicket
from models.people import Guest
from models.seating import Seat, Table
from models.tickets import Ticket

_MOST_ADMITTED = 255
"""What fits the byte in a signed code."""


@dataclass(frozen=True, slots=True)
class TicketCounts:
    """How far an event's tickets are.

    ``ready`` are signed and can be printed, ``waiting`` are issued and wait for the server, ``missing`` are
    those that :func:`ticket_operations` would issue.
    """

    ready: int
    waiting: int
    missing: int


@dataclass(frozen=True, slots=True)
class PrintablePerson:
    """One person on a ticket, with the seat if there is one yet."""

    name: str
    table: str | None
    seat: int | None


@dataclass(frozen=True, slots=True)
class PrintableTicket:
    """What stands on one printed ticket.

    ``holder`` is the guest's name, or the household's on a group ticket; ``people`` are those it is for.
    ``signed_code`` is None while the ticket waits for the server. ``short_code`` is written as people read it.
    ``starts_at`` is aware and in the event's own time zone.
    """

    ticket_id: str
    holder: str
    people: tuple[PrintablePerson, ...]
    is_group: bool
    admits: int
    signed_code: str | None
    short_code: str
    ticket_type: str
    event_title: str
    place: str
    starts_at: datetime


@dataclass(frozen=True, slots=True)
class _Coming:
    attendee_id: str
    invitation_id: str
    household: str
    person: PrintablePerson
    ticket_type: str


@dataclass(frozen=True, slots=True)
class _Holder:
    attendee_id: str | None
    invitation_id: str | None
    admits: int


def ticket_operations(connection: Connection, event_id: str) -> list[Operation]:
    """Give the operations that issue the tickets which are missing, at most 500 in each.

    Everybody who comes (accepted or pending) gets one; so does every household of two or more who come, for all
    of them together. Who holds a valid ticket keeps that one. Serials and short codes are drawn here.
    """
    new = [
        NewTicket(
            ticket_id=new_id(),
            secret_id=new_id(),
            attendee_id=holder.attendee_id,
            invitation_id=holder.invitation_id,
            serial=new_serial(),
            admits=holder.admits,
            short_code=new_short_code(),
        )
        for holder in _without_ticket(connection, event_id)
    ]
    return [IssueTickets(tickets=tuple(new[start : start + BULK])) for start in range(0, len(new), BULK)]


def count_tickets(connection: Connection, event_id: str) -> TicketCounts:
    """Count the tickets that can be printed, that wait for the server, and that are still to be issued."""
    people = _coming(connection, event_id)
    attendees = {one.attendee_id for one in people}
    households = {one.invitation_id for one in people}
    signed = [
        code is not None
        for attendee_id, invitation_id, code in connection.execute(
            select(Ticket.attendee_id, Ticket.invitation_id, Ticket.signed_code).where(
                Ticket.event_id == event_id, Ticket.revoked_at.is_(None), Ticket.deleted_at.is_(None)
            )
        )
        if attendee_id in attendees or invitation_id in households
    ]
    ready = sum(signed)
    return TicketCounts(ready, len(signed) - ready, len(_without_ticket(connection, event_id)))


def read_printable_tickets(connection: Connection, event_id: str) -> list[PrintableTicket]:
    """Read all valid tickets of those who come, household by household, each household's own ticket first."""
    title, place, city, starts_at, zone = connection.execute(
        select(Event.title, Event.venue_text, Event.city, Event.starts_at, Event.time_zone).where(Event.id == event_id)
    ).one()
    people = _coming(connection, event_id)
    by_attendee = {one.attendee_id: one for one in people}
    by_household = _by_household(people)
    local_start = starts_at.astimezone(_zone(zone))
    where = ", ".join(part for part in (place, city) if part)
    found: list[tuple[tuple[str, str, bool, str], PrintableTicket]] = []
    for row in connection.execute(
        select(
            Ticket.id,
            Ticket.attendee_id,
            Ticket.invitation_id,
            Ticket.admits,
            Ticket.signed_code,
            Ticket.short_code,
        ).where(Ticket.event_id == event_id, Ticket.revoked_at.is_(None), Ticket.deleted_at.is_(None))
    ):
        one = by_attendee.get(row.attendee_id or "")
        members = [one] if one else by_household.get(row.invitation_id or "", [])
        if not members:
            continue
        first = members[0]
        ticket = PrintableTicket(
            ticket_id=row.id,
            holder=one.person.name if one else first.household,
            people=tuple(member.person for member in members),
            is_group=one is None,
            admits=row.admits,
            signed_code=row.signed_code,
            short_code=written_short_code(row.short_code) if row.short_code else "",
            ticket_type=one.ticket_type if one else "",
            event_title=title,
            place=where,
            starts_at=local_start,
        )
        order = (fold(first.household), first.invitation_id, one is not None, fold(ticket.holder))
        found.append((order, ticket))
    return [ticket for _, ticket in sorted(found, key=lambda pair: pair[0])]


def _coming(connection: Connection, event_id: str) -> list[_Coming]:
    found = connection.execute(
        select(
            Attendee.id,
            Attendee.invitation_id,
            Attendee.rsvp,
            Guest.name,
            Invitation.name,
            Table.label,
            Seat.number,
            TicketType.name,
        )
        .join(Guest, Guest.id == Attendee.guest_id)
        .join(Invitation, Invitation.id == Attendee.invitation_id)
        .outerjoin(Seat, Seat.id == Attendee.seat_id)
        .outerjoin(Table, Table.id == Seat.table_id)
        .outerjoin(TicketType, TicketType.id == Attendee.ticket_type_id)
        .where(Attendee.event_id == event_id, Attendee.deleted_at.is_(None), Guest.deleted_at.is_(None))
        .order_by(Guest.folded, Attendee.id)
    )
    return [
        _Coming(attendee, invitation, household, PrintablePerson(name, table, seat), ticket_type or "")
        for attendee, invitation, rsvp, name, household, table, seat, ticket_type in found
        if Rsvp(rsvp).comes
    ]


def _by_household(people: Sequence[_Coming]) -> Mapping[str, list[_Coming]]:
    found: dict[str, list[_Coming]] = defaultdict(list)
    for one in people:
        found[one.invitation_id].append(one)
    return found


def _without_ticket(connection: Connection, event_id: str) -> list[_Holder]:
    people = _coming(connection, event_id)
    served = {
        attendee or invitation
        for attendee, invitation in connection.execute(
            select(Ticket.attendee_id, Ticket.invitation_id).where(
                Ticket.event_id == event_id, Ticket.revoked_at.is_(None), Ticket.deleted_at.is_(None)
            )
        )
    }
    alone = [_Holder(one.attendee_id, None, 1) for one in people if one.attendee_id not in served]
    together = [
        _Holder(None, invitation, min(len(members), _MOST_ADMITTED))
        for invitation, members in _by_household(people).items()
        if len(members) > 1 and invitation not in served
    ]
    return alone + together


def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, KeyError):
        return UTC
