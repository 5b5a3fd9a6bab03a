"""A small event with everything that a door can meet: households, tickets of every kind, two doors, a room."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from models.codes import new_salt, new_serial, new_short_code, new_signing_key, sign_ticket
from models.events import Role
from models.ids import new_id
from models.invitations import PaymentStatus, Rsvp
from models.operations.events import AddDoor, AddSession, AddTicketTypes, CreateEvent, NewTicketType
from models.operations.people import AddGuests, NewGuest, NewHousehold
from models.operations.seating import (
    AddFloorPlan,
    AddTables,
    NewSeat,
    NewTable,
    PlacedFixture,
    Placement,
    SeatAttendees,
)
from models.operations.tickets import AddSigningKey, IssueTickets, NewTicket
from models.store.local_copy import LocalCopy

STARTS = datetime(2026, 12, 12, 18, 30, tzinfo=UTC)
PLAN_WIDTH, PLAN_HEIGHT = 21_000, 9_000


@dataclass
class IssuedTicket:
    """A ticket with everything that can be shown of it."""

    ticket_id: str
    serial: str
    short_code: str
    signed_code: str
    admits: int


@dataclass
class DoorEvent:
    """The copy, and the ids by the names of the people and doors."""

    copy: LocalCopy
    event_id: str
    private_key: str
    key_id: str
    attendees: dict[str, str] = field(default_factory=dict)
    guests: dict[str, str] = field(default_factory=dict)
    invitations: dict[str, str] = field(default_factory=dict)
    codes: dict[str, str] = field(default_factory=dict)
    seats: dict[tuple[str, int], str] = field(default_factory=dict)
    tables: dict[str, str] = field(default_factory=dict)
    types: dict[str, str] = field(default_factory=dict)
    doors: dict[str, str] = field(default_factory=dict)
    sessions: dict[str, str] = field(default_factory=dict)

    def add_household(self, household: str, *names: str, **values: object) -> None:
        """Add a household; ``values`` hold for each of its guests."""
        invitation_id, code = new_id(), new_short_code()
        people = []
        for name in names:
            guest_id, attendee_id = new_id(), new_id()
            self.attendees[name], self.guests[name] = attendee_id, guest_id
            given = {"rsvp": Rsvp.ACCEPTED, "payment_status": PaymentStatus.PAID, **values}
            people.append(
                NewGuest.model_validate({"guest_id": guest_id, "attendee_id": attendee_id, "name": name, **given})
            )
        self.invitations[household], self.codes[household] = invitation_id, code
        new = NewHousehold(
            invitation_id=invitation_id, name=household, code=code, secret_id=new_id(), guests=tuple(people)
        )
        self.copy.run(AddGuests(households=(new,)))

    def add_door(self, name: str, **rules: object) -> str:
        """Add a door with rules and give its id."""
        door_id = new_id()
        self.copy.run(AddDoor.model_validate({"door_id": door_id, "door_name": name, **rules}))
        self.doors[name] = door_id
        return door_id

    def seat(self, name: str, table: str, number: int) -> None:
        """Seat somebody."""
        placement = Placement(attendee_id=self.attendees[name], seat_id=self.seats[table, number])
        self.copy.run(SeatAttendees(placements=(placement,)))

    def ticket_for(self, name: str) -> IssuedTicket:
        """Issue a person's ticket."""
        return self.issue(attendee_id=self.attendees[name])

    def group_ticket(self, household: str, admits: int) -> IssuedTicket:
        """Issue a household's ticket."""
        return self.issue(invitation_id=self.invitations[household], admits=admits)

    def issue(
        self, *, attendee_id: str | None = None, invitation_id: str | None = None, admits: int = 1
    ) -> IssuedTicket:
        """Issue a ticket and sign it as a server would."""
        ticket = NewTicket(
            ticket_id=new_id(),
            secret_id=new_id(),
            attendee_id=attendee_id,
            invitation_id=invitation_id,
            serial=new_serial(),
            admits=admits,
            short_code=new_short_code(),
        )
        self.copy.run(IssueTickets(tickets=(ticket,)))
        signed = self.sign(ticket.serial, admits)
        return IssuedTicket(ticket.ticket_id, ticket.serial, ticket.short_code, signed, admits)

    def sign(self, serial: str, admits: int = 1) -> str:
        """Sign a serial with the event's key."""
        return sign_ticket(self.private_key, 1, self.event_id, serial=serial, admits=admits, type_number=0)


def door_event(folder: Path, *, is_paid: bool = False, door: str = "North door", role: Role = Role.OWNER) -> DoorEvent:
    """Make the event in a new copy whose device stands at a door."""
    event_id, door_id = new_id(), new_id()
    copy = LocalCopy.create(
        folder / f"{event_id}.usher",
        event_id=event_id,
        device_id=new_id(),
        role=role,
        door_id=door_id,
        synchronous="OFF",
    )
    private, public = new_signing_key()
    key_id = new_id()
    event = DoorEvent(copy, event_id, private, key_id)
    event.types = {"standard": new_id(), "VIP": new_id()}
    copy.run_all(
        [
            CreateEvent(
                event_id=event_id,
                title="Harbour Foundation Gala",
                starts_at=STARTS,
                time_zone="Europe/Berlin",
                capacity=20,
                is_paid=is_paid,
                code_salt=new_salt(),
            ),
            AddTicketTypes(
                ticket_types=(
                    NewTicketType(id=event.types["standard"], name="standard", number=1),
                    NewTicketType(id=event.types["VIP"], name="VIP", number=2),
                )
            ),
            AddDoor(door_id=door_id, door_name=door),
            AddSigningKey(key_id=key_id, number=1, public_key=public),
        ]
    )
    event.doors[door] = door_id
    _add_room(event)
    event.add_household(
        "Okafor", "Adaeze Okafor", "Chidi Okafor", "Ngozi Okafor", "Ike Okafor", ticket_type_id=event.types["VIP"]
    )
    event.add_household("Abu Zaid", "Omar Abu Zaid", ticket_type_id=event.types["standard"])
    event.add_household("Brandt", "Jürgen Brandt", "Heike Brandt", ticket_type_id=event.types["standard"])
    for number, name in enumerate(("Adaeze Okafor", "Chidi Okafor", "Ngozi Okafor", "Ike Okafor"), 3):
        event.seat(name, "8", number)
    event.seat("Omar Abu Zaid", "10", 1)
    return event


def add_session(event: DoorEvent, title: str) -> str:
    """Add a session and give its id."""
    session_id = new_id()
    event.copy.run(AddSession(session_id=session_id, title=title, starts_at=STARTS))
    event.sessions[title] = session_id
    return session_id


def _add_room(event: DoorEvent) -> None:
    plan_id = new_id()
    stage = PlacedFixture(kind="stage", label="Stage", x=10_500, y=700, width=6_000, height=1_000)
    way_in = PlacedFixture(kind="door", label="North door", x=18_000, y=9_000, width=1_800, height=200)
    tables = []
    for index in range(21):
        label, table_id = str(index + 1), new_id()
        seats = tuple(NewSeat(seat_id=new_id(), number=number) for number in range(1, 9))
        event.tables[label] = table_id
        event.seats.update({(label, seat.number): seat.seat_id for seat in seats})
        tables.append(
            NewTable(
                table_id=table_id,
                floor_plan_id=plan_id,
                label=label,
                shape="round",
                x=1_500 + 3_000 * (index % 7),
                y=3_000 + 2_300 * (index // 7),
                width=1_700,
                height=1_700,
                seats=seats,
            )
        )
    event.copy.run_all(
        [
            AddFloorPlan(
                floor_plan_id=plan_id,
                plan_name="Main hall",
                width=PLAN_WIDTH,
                height=PLAN_HEIGHT,
                fixtures=(stage, way_in),
            ),
            AddTables(tables=tuple(tables)),
        ]
    )
