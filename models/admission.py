"""The one function that decides who may pass a door, the same on every side, and what it looks at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, bindparam, select

from models.attendance import (
    Attendance,
    Entry,
    Passage,
    Verdict,
    attendance,
    passages_of,
    passages_of_holder,
    passages_where,
    passages_with_ticket,
    standing,
)
from models.codes import ShortCode, SignedCode, code_hmac, parse_code
from models.errors import Refused
from models.events import Direction, Door, DoorDirection, Event, EventState, ReEntry
from models.invitations import Attendee, PaymentStatus, Rsvp, TicketType
from models.people import Guest
from models.seating import Seat, Table
from models.store.prepared import Prepared
from models.tickets import SigningKey, Ticket, TicketSecret


@dataclass(frozen=True, slots=True)
class DoorRules:
    """The rules of one door; the defaults let everybody through in both directions."""

    id: str | None = None
    name: str = ""
    ticket_types: tuple[str, ...] = ()
    session_id: str | None = None
    opens_at: datetime | None = None
    closes_at: datetime | None = None
    direction: DoorDirection = DoorDirection.BOTH
    re_entry: ReEntry = ReEntry.YES
    zone_capacity: int | None = None
    may_override: bool = True


@dataclass(frozen=True, slots=True)
class Person:
    """An attendee as a door sees them."""

    attendee_id: str
    name: str
    invitation_id: str
    rsvp: Rsvp
    payment_status: PaymentStatus
    ticket_type_id: str | None
    ticket_type: str
    sessions: tuple[str, ...]
    table: str | None
    table_id: str | None
    seat: int | None
    door_note: str | None
    access_needs: str | None
    diet: str | None
    tags: tuple[str, ...]
    passages: tuple[Passage, ...] = ()

    @property
    def attendance(self) -> Attendance:
        """Where the person is."""
        return attendance(self.passages)

    @property
    def last_passage(self) -> Passage | None:
        """The last time the person passed a door, if ever."""
        counted = standing(self.passages)
        return counted[-1] if counted else None


@dataclass(frozen=True, slots=True)
class Shown:
    """What was held up, looked up in the copy.

    ``problem`` is a verdict that needs no person: unknown, another event's, forged, revoked. ``people`` are
    those the ticket is for; ``on_list`` is false for a signed ticket that the copy does not have yet.
    """

    problem: Verdict | None = None
    people: tuple[Person, ...] = ()
    is_group: bool = False
    on_list: bool = True
    serial: str | None = None
    admits: int = 1
    revoked_at: datetime | None = None
    was_replaced: bool = False
    ticket_passages: tuple[Passage, ...] = ()


@dataclass(frozen=True, slots=True)
class Decision:
    """The verdict, whether it lets the person through, and what to tell them.

    For ``group``, ``people`` are the ones to choose from and ``open_ids`` those who could pass now. ``since``
    is the passage that ``already_inside`` and ``left_earlier`` speak of.
    """

    verdict: Verdict
    passes: bool
    direction: Direction
    people: tuple[Person, ...] = ()
    open_ids: tuple[str, ...] = ()
    since: Passage | None = None
    pending_rsvp: bool = False
    serial: str | None = None
    admits: int = 1
    revoked_at: datetime | None = None
    was_replaced: bool = False
    opens_at: datetime | None = None
    closes_at: datetime | None = None

    @property
    def person(self) -> Person | None:
        """The one person it is about, if it is one."""
        return self.people[0] if len(self.people) == 1 else None


@dataclass(frozen=True, slots=True)
class House:
    """What a decision needs to know about the event besides the person."""

    event_id: str
    state: EventState
    is_paid: bool
    inside: int | None = None
    """How many are inside, counted only for a door with a zone capacity."""


def decide(shown: Shown, house: House, door: DoorRules, now: datetime, direction: Direction) -> Decision:
    """Decide who may pass: the one admission function of the domain (rule 6).

    Looks at the ticket, then at the person, then at the door, then at where the person is; the first
    thing in the way is the verdict.
    """
    base = Decision(
        Verdict.ADMITTED,
        passes=False,
        direction=direction,
        people=shown.people,
        serial=shown.serial,
        admits=shown.admits,
        revoked_at=shown.revoked_at,
        was_replaced=shown.was_replaced,
        opens_at=door.opens_at,
        closes_at=door.closes_at,
    )
    if shown.problem is not None:
        return replace(base, verdict=shown.problem)
    if house.state is EventState.CANCELLED:
        return replace(base, verdict=Verdict.CANCELLED)
    if not shown.on_list:
        return _decide_unlisted(base, shown, door, now)
    if shown.is_group and len(shown.people) != 1:
        return _decide_group(base, shown, house, door, now, direction)
    return _decide_person(base, shown.people[0], house, door, now, direction)


def _decide_unlisted(base: Decision, shown: Shown, door: DoorRules, now: datetime) -> Decision:
    closed = _door_verdict(None, door, now, base.direction)
    if closed is not None:
        return replace(base, verdict=closed)
    counted = standing(shown.ticket_passages)
    if counted and base.direction is Direction.IN and counted[-1].direction == Direction.IN:
        return replace(base, verdict=Verdict.ALREADY_INSIDE, since=counted[-1])
    return replace(base, verdict=Verdict.NOT_ON_LIST_YET, passes=True)


def _decide_group(
    base: Decision, shown: Shown, house: House, door: DoorRules, now: datetime, direction: Direction
) -> Decision:
    single = [(person, _decide_person(base, person, house, door, now, direction)) for person in shown.people]
    able = tuple(person.attendee_id for person, one in single if one.passes)
    if direction is Direction.OUT:
        inside = tuple(one.attendee_id for one in shown.people if one.attendance is Attendance.CHECKED_IN)
        able = inside or able
    if able:
        return replace(base, verdict=Verdict.GROUP, open_ids=able)
    if not single:
        return replace(base, verdict=Verdict.CANCELLED)
    telling = next((one for _, one in single if one.verdict is Verdict.ALREADY_INSIDE), single[0][1])
    return replace(base, verdict=telling.verdict, since=telling.since)


def _decide_person(
    base: Decision, person: Person, house: House, door: DoorRules, now: datetime, direction: Direction
) -> Decision:
    base = replace(base, people=(person,), pending_rsvp=person.rsvp is Rsvp.PENDING)
    if direction is Direction.OUT:
        closed = _door_verdict(person, door, now, direction)
        if closed is not None:
            return replace(base, verdict=closed)
        return replace(base, passes=True, since=person.last_passage)
    in_the_way = _person_verdict(person, house) or _door_verdict(person, door, now, direction)
    if in_the_way is not None:
        return replace(base, verdict=in_the_way)
    where = person.attendance
    if where is Attendance.CHECKED_IN:
        return replace(base, verdict=Verdict.ALREADY_INSIDE, since=person.last_passage)
    full = door.zone_capacity is not None and (house.inside or 0) >= door.zone_capacity
    if where is Attendance.LEFT:
        exits = sum(1 for entry in standing(person.passages) if entry.direction == Direction.OUT)
        may_return = door.re_entry is ReEntry.YES or (door.re_entry is ReEntry.ONCE and exits <= 1)
        verdict = Verdict.CAPACITY if may_return and full else Verdict.LEFT_EARLIER
        return replace(base, verdict=verdict, passes=may_return and not full, since=person.last_passage)
    if full:
        return replace(base, verdict=Verdict.CAPACITY)
    return replace(base, passes=True)


def _person_verdict(person: Person, house: House) -> Verdict | None:
    if person.rsvp is Rsvp.CANCELLED:
        return Verdict.CANCELLED
    if person.rsvp is Rsvp.DECLINED:
        return Verdict.DECLINED
    if house.is_paid and person.payment_status is not PaymentStatus.PAID:
        return Verdict.UNPAID
    return None


def _door_verdict(person: Person | None, door: DoorRules, now: datetime, direction: Direction) -> Verdict | None:
    if door.direction not in (DoorDirection.BOTH, direction):
        return Verdict.WRONG_DOOR
    if direction is Direction.OUT:
        return None
    if person is not None:
        if door.ticket_types and person.ticket_type_id not in door.ticket_types:
            return Verdict.WRONG_DOOR
        if door.session_id is not None and person.sessions and door.session_id not in person.sessions:
            return Verdict.WRONG_SESSION
    if door.opens_at is not None and now < door.opens_at:
        return Verdict.TOO_EARLY
    if door.closes_at is not None and now >= door.closes_at:
        return Verdict.TOO_LATE
    return None


# -- what the decision looks at ---------------------------------------------------------------------


def look_up_code(connection: Connection, event_id: str, text: str) -> Shown:
    """Look a shown text up in the copy: a signed code, a short code, or a link that ends in one."""
    code = parse_code(text)
    if code is None:
        return Shown(problem=Verdict.UNKNOWN_CODE)
    if isinstance(code, ShortCode):
        return _look_up_short(connection, event_id, code)
    return _look_up_signed(connection, event_id, code)


def look_up_person(connection: Connection, event_id: str, attendee_id: str) -> Shown:
    """Look up one attendee that was found by name."""
    people = read_people(connection, event_id, [attendee_id])
    return Shown(people=people) if people else Shown(problem=Verdict.UNKNOWN_CODE)


def look_up_household(connection: Connection, event_id: str, invitation_id: str) -> tuple[Person, ...]:
    """Give everybody on an invitation, by name."""
    found = _ON_INVITATION.rows(connection, event_id=event_id, invitation_id=invitation_id)
    return _with_passages(found, passages_of(connection, [row.id for row in found]))


def read_house(connection: Connection, event_id: str, door: DoorRules) -> House:
    """Read what a decision needs to know about the event."""
    return _house(connection, event_id, _EVENT.row(connection, event_id=event_id), door)


def read_door(connection: Connection, door_id: str | None) -> DoorRules:
    """Read a door's rules; without a door, or with one that is not there, everything is open."""
    return _rules(_DOOR.row(connection, door_id=door_id)) if door_id else DoorRules()


def read_door_and_house(connection: Connection, event_id: str, door_id: str | None) -> tuple[DoorRules, House]:
    """Read what :func:`read_door` and :func:`read_house` do, in one statement."""
    row = _EVENT_AND_DOOR.row(connection, event_id=event_id, door_id=door_id)
    door = _rules(row)
    return door, _house(connection, event_id, row, door)


def _house(connection: Connection, event_id: str, row: Any, door: DoorRules) -> House:
    if row is None:
        raise Refused("no_event", "This copy does not hold the event yet: wait for the server.")
    inside = count_inside(connection, event_id) if door.zone_capacity is not None else None
    return House(event_id, EventState(row.state), row.is_paid, inside)


def _rules(row: Any) -> DoorRules:
    if row is None or row.id is None:
        return DoorRules()
    return DoorRules(
        row.id,
        row.name,
        tuple(row.ticket_types),
        row.session_id,
        row.opens_at,
        row.closes_at,
        DoorDirection(row.direction),
        ReEntry(row.re_entry),
        row.zone_capacity,
        row.may_override,
    )


def count_inside(connection: Connection, event_id: str) -> int:
    """Count the people inside: attendees whose last passage is "in", and people on tickets not known yet."""
    by_holder: dict[str, list[Passage]] = {}
    for passage in passages_where(connection, Entry.event_id == event_id):
        holder = passage.attendee_id or passage.ticket_serial or passage.undoes or passage.id
        by_holder.setdefault(holder, []).append(passage)
    inside = 0
    for passages in by_holder.values():
        counted = standing(passages)
        if counted and counted[-1].direction == Direction.IN:
            inside += counted[-1].people
    return inside


_OF_EVENT = select(Event.state, Event.is_paid).where(Event.id == bindparam("event_id"))
_DOOR_COLUMNS = (
    Door.id,
    Door.name,
    Door.ticket_types,
    Door.session_id,
    Door.opens_at,
    Door.closes_at,
    Door.direction,
    Door.re_entry,
    Door.zone_capacity,
    Door.may_override,
)
_EVENT = Prepared(_OF_EVENT)
_DOOR = Prepared(select(*_DOOR_COLUMNS).where(Door.id == bindparam("door_id")))
_EVENT_AND_DOOR = Prepared(
    _OF_EVENT.add_columns(*_DOOR_COLUMNS).outerjoin(Door, Door.id == bindparam("door_id")),
)
_PEOPLE = (
    select(
        Attendee.id,
        Guest.name,
        Attendee.invitation_id,
        Attendee.rsvp,
        Attendee.payment_status,
        Attendee.ticket_type_id,
        TicketType.name.label("ticket_type"),
        TicketType.sessions,
        Table.label,
        Table.id.label("table_id"),
        Seat.number,
        Guest.door_note,
        Guest.access_needs,
        Guest.diet,
        Guest.tags,
    )
    .join(Guest, Guest.id == Attendee.guest_id)
    .outerjoin(TicketType, TicketType.id == Attendee.ticket_type_id)
    .outerjoin(Seat, Seat.id == Attendee.seat_id)
    .outerjoin(Table, Table.id == Seat.table_id)
    .where(Attendee.event_id == bindparam("event_id"), Attendee.deleted_at.is_(None))
    .order_by(Guest.folded, Attendee.id)
)
_ONE_PERSON = Prepared(_PEOPLE.where(Attendee.id == bindparam("attendee_id")))
_SOME_PEOPLE = _PEOPLE.where(Attendee.id.in_(bindparam("attendee_ids", expanding=True)))
_ON_INVITATION = Prepared(_PEOPLE.where(Attendee.invitation_id == bindparam("invitation_id")))
_TICKET = select(
    Ticket.id,
    Ticket.attendee_id,
    Ticket.invitation_id,
    Ticket.serial,
    Ticket.admits,
    Ticket.revoked_at,
    Ticket.replaced_by,
)
_KEYS_AND_TICKET = Prepared(
    _TICKET.add_columns(SigningKey.public_key, SigningKey.withdrawn_at)
    .select_from(SigningKey)
    .outerjoin(Ticket, and_(Ticket.event_id == SigningKey.event_id, Ticket.serial == bindparam("serial")))
    .where(SigningKey.event_id == bindparam("event_id"), SigningKey.number == bindparam("number"))
)
_TICKET_BY_ID = Prepared(_TICKET.where(Ticket.id == bindparam("ticket_id")))
_SECRET = Prepared(
    select(TicketSecret.ticket_id, TicketSecret.invitation_id).where(
        TicketSecret.event_id == bindparam("event_id"), TicketSecret.hmac == bindparam("hmac")
    )
)
_SALT = select(Event.code_salt).where(Event.id == bindparam("event_id"))


def read_people(
    connection: Connection, event_id: str, attendee_ids: Sequence[str], ticket_serial: str | None = None
) -> tuple[Person, ...]:
    """Read those attendees that are there, by name, with their passages.

    Passages made with a ticket before the copy knew whose it is count for its one holder when
    ``ticket_serial`` is given.
    """
    if not attendee_ids:
        return ()
    if len(attendee_ids) == 1:
        found = _ONE_PERSON.rows(connection, event_id=event_id, attendee_id=attendee_ids[0])
    else:
        found = connection.execute(_SOME_PEOPLE, {"event_id": event_id, "attendee_ids": list(attendee_ids)}).all()
    ids = [row.id for row in found]
    if ticket_serial is not None and len(ids) == 1:
        return _with_passages(found, passages_of_holder(connection, ids[0], ticket_serial))
    return _with_passages(found, passages_of(connection, ids))


def _with_passages(found: Sequence[Any], passages: Sequence[Passage]) -> tuple[Person, ...]:
    return tuple(
        Person(
            row.id,
            row.name,
            row.invitation_id,
            Rsvp(row.rsvp),
            PaymentStatus(row.payment_status),
            row.ticket_type_id,
            row.ticket_type or "",
            tuple(row.sessions or ()),
            row.label,
            row.table_id,
            row.number,
            row.door_note,
            row.access_needs,
            row.diet,
            tuple(row.tags),
            tuple(p for p in passages if p.attendee_id == row.id or p.attendee_id is None),
        )
        for row in found
    )


def _look_up_signed(connection: Connection, event_id: str, code: SignedCode) -> Shown:
    if not code.is_of_event(event_id):
        return Shown(problem=Verdict.OTHER_EVENT)
    found = _KEYS_AND_TICKET.rows(connection, event_id=event_id, number=code.key_number, serial=code.serial)
    signers = [row for row in found if code.is_signed_by(row.public_key, event_id)]
    if not signers:
        return Shown(problem=Verdict.FORGED)
    if all(row.withdrawn_at is not None for row in signers):
        return Shown(problem=Verdict.REVOKED, serial=code.serial, revoked_at=signers[0].withdrawn_at)
    if signers[0].id is None:
        known = passages_with_ticket(connection, code.serial)
        return Shown(on_list=False, serial=code.serial, admits=code.admits, ticket_passages=tuple(known))
    return _shown_ticket(connection, event_id, signers[0])


def _look_up_short(connection: Connection, event_id: str, code: ShortCode) -> Shown:
    salt = connection.scalar(_SALT, {"event_id": event_id})
    if salt is None:
        return Shown(problem=Verdict.UNKNOWN_CODE)
    secret = _SECRET.row(connection, event_id=event_id, hmac=code_hmac(salt, code.text))
    if secret is None:
        return Shown(problem=Verdict.UNKNOWN_CODE)
    if secret.ticket_id is not None:
        ticket = _TICKET_BY_ID.row(connection, ticket_id=secret.ticket_id)
        return _shown_ticket(connection, event_id, ticket)
    people = look_up_household(connection, event_id, secret.invitation_id or "")
    return Shown(people=people, is_group=True)


def _shown_ticket(connection: Connection, event_id: str, ticket: Any) -> Shown:
    if ticket.attendee_id is not None:
        people = read_people(connection, event_id, [ticket.attendee_id], ticket.serial)
    else:
        people = look_up_household(connection, event_id, ticket.invitation_id or "")
    problem = Verdict.REVOKED if ticket.revoked_at is not None else (None if people else Verdict.CANCELLED)
    return Shown(
        problem=problem,
        people=people,
        is_group=ticket.invitation_id is not None,
        serial=ticket.serial,
        admits=ticket.admits,
        revoked_at=ticket.revoked_at,
        was_replaced=ticket.replaced_by is not None,
    )
