"""A small event as operations, with the ids and the private words that tests look for."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from models.attendance import EntryHow, Verdict
from models.codes import new_salt, new_serial, new_short_code
from models.events import Direction
from models.ids import new_id
from models.invitations import Rsvp
from models.operations.base import Operation
from models.operations.entries import NewEntry, RecordEntries
from models.operations.events import AddDoor, AddTicketTypes, CreateEvent, NewTicketType
from models.operations.people import AddGuests, NewGuest, NewHousehold
from models.operations.seating import AddFloorPlan, AddTables, NewSeat, NewTable, Placement, SeatAttendees
from models.operations.tickets import IssueTickets, NewTicket

STARTS = datetime(2026, 12, 12, 18, 30, tzinfo=UTC)
HOUSEHOLDS = {
    "Okonkwo": ("Ngozi Okonkwo", "Chidi Okonkwo"),
    "Lindqvist": ("Maja Lindqvist", "Otto Lindqvist"),
    "Benali": ("Samira Benali",),
    "佐藤": ("佐藤 美咲",),
}


@dataclass
class Gathering:
    """An event's operations in their order, and what stands in them, by the names of the people and things."""

    event_id: str
    operations: list[Operation]
    attendees: dict[str, str] = field(default_factory=dict[str, str])
    guests: dict[str, str] = field(default_factory=dict[str, str])
    doors: dict[str, str] = field(default_factory=dict[str, str])
    seats: list[str] = field(default_factory=list[str])
    private_words: list[str] = field(default_factory=list[str])
    """What no door may ever hold: e-mail addresses, phone numbers, notes, codes of invitations and tickets."""


def gathering(event_id: str | None = None) -> Gathering:
    """Make an event with six guests in four households, a table of six, two doors and a ticket for everybody."""
    made = Gathering(event_id or new_id(), [])
    type_id = new_id()
    made.operations += [
        CreateEvent(
            event_id=made.event_id,
            title="Winter supper",
            starts_at=STARTS,
            time_zone="Europe/Lisbon",
            code_salt=new_salt(),
        ),
        AddTicketTypes(ticket_types=(NewTicketType(id=type_id, name="standard", number=1),)),
    ]
    for name in ("North door", "Garden door"):
        made.doors[name] = new_id()
        made.operations.append(AddDoor(door_id=made.doors[name], door_name=name))
    made.operations.append(AddGuests(households=tuple(_households(made, type_id))))
    made.operations += _room(made)
    first, second = list(made.attendees.values())[:2]
    made.operations += [
        SeatAttendees(
            placements=(
                Placement(attendee_id=first, seat_id=made.seats[0]),
                Placement(attendee_id=second, seat_id=made.seats[1]),
            )
        ),
        IssueTickets(tickets=tuple(_tickets(made))),
    ]
    return made


def some_guests(count: int, word: str = "Guest") -> AddGuests:
    """Make an operation that adds that many guests, each a household."""
    return AddGuests(
        households=tuple(
            NewHousehold(
                invitation_id=new_id(),
                name=f"{word} {number}",
                code=new_short_code(),
                secret_id=new_id(),
                guests=(NewGuest(guest_id=new_id(), attendee_id=new_id(), name=f"{word} {number}"),),
            )
            for number in range(count)
        )
    )


def an_entry(attendee_id: str, device_id: str, minute: int = 0) -> RecordEntries:
    """Make the fact that somebody came in, some minutes after the doors opened."""
    moment = STARTS + timedelta(minutes=minute)
    return RecordEntries(
        entries=(
            NewEntry(
                entry_id=new_id(),
                attendee_id=attendee_id,
                shown_name="Somebody",
                direction=Direction.IN,
                passed=True,
                verdict=Verdict.ADMITTED,
                how=EntryHow.SEARCH,
                device_id=device_id,
                happened_at=moment,
                device_at=moment,
            ),
        )
    )


def _households(made: Gathering, type_id: str) -> list[NewHousehold]:
    found: list[NewHousehold] = []
    for place, (household, names) in enumerate(HOUSEHOLDS.items()):
        code = new_short_code()
        made.private_words.append(code)
        people: list[NewGuest] = []
        for number, name in enumerate(names):
            made.guests[name], made.attendees[name] = new_id(), new_id()
            email, phone = f"guest{place}{number}@post.example", f"+3519120000{place}{number}"
            notes = f"private word {place}{number}"
            made.private_words.extend((email, phone, notes))
            people.append(
                NewGuest(
                    guest_id=made.guests[name],
                    attendee_id=made.attendees[name],
                    name=name,
                    email=email,
                    phone=phone,
                    notes=notes,
                    company="Harbour & Sons",
                    rsvp=Rsvp.ACCEPTED,
                    ticket_type_id=type_id,
                )
            )
        found.append(
            NewHousehold(invitation_id=new_id(), name=household, code=code, secret_id=new_id(), guests=tuple(people))
        )
    made.private_words.append("Harbour & Sons")
    return found


def _room(made: Gathering) -> list[Operation]:
    plan_id = new_id()
    made.seats.extend(new_id() for _ in range(6))
    return [
        AddFloorPlan(floor_plan_id=plan_id, plan_name="Hall", width=12_000, height=9_000),
        AddTables(
            tables=(
                NewTable(
                    table_id=new_id(),
                    floor_plan_id=plan_id,
                    label="1",
                    shape="round",
                    x=4_000,
                    y=4_000,
                    width=1_800,
                    height=1_800,
                    seats=tuple(NewSeat(seat_id=seat, number=number) for number, seat in enumerate(made.seats, 1)),
                ),
            )
        ),
    ]


def _tickets(made: Gathering) -> list[NewTicket]:
    tickets = [
        NewTicket(
            ticket_id=new_id(),
            secret_id=new_id(),
            attendee_id=attendee_id,
            serial=new_serial(),
            short_code=new_short_code(),
        )
        for attendee_id in made.attendees.values()
    ]
    made.private_words.extend(ticket.short_code for ticket in tickets)
    return tickets
