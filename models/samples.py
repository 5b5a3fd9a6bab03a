"""The sample event, and what a new event starts with, as operations."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from importlib.resources import files
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from models.codes import new_salt, new_short_code
from models.ids import new_id
from models.invitations import PaymentStatus, Rsvp
from models.operations.base import BULK, Operation
from models.operations.events import AddDoor, AddTicketTypes, CreateEvent, NewTicketType
from models.operations.people import AddGuests, JoiningGuest, NewGuest, NewHousehold
from models.operations.seating import (
    AddFloorPlan,
    AddTables,
    NewSeat,
    NewTable,
    PlacedFixture,
    Placement,
    SeatAttendees,
)

SAMPLE_DOORS = ("North door", "Garden door")
NEW_EVENT_DOOR = "Main door"
NEW_EVENT_ROOM = "Main room"
NEW_EVENT_ROOM_SIZE = (20_000, 15_000)
"""Width and height of a new event's room, in millimetres."""


class _Read(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _Occasion(_Read):
    title: str
    kind: str
    description: str
    venue: str
    address: str
    city: str
    starts_at: datetime
    ends_at: datetime
    time_zone: str
    capacity: int


class _Type(_Read):
    name: str
    number: int
    price: Decimal
    currency: str


class _Table(_Read):
    label: str
    shape: Literal["round", "rectangle"]
    x: int
    y: int
    turn: int
    width: int
    height: int
    seats: int
    accessible_seats: frozenset[int] = frozenset()


class _Room(_Read):
    name: str
    width: int
    height: int
    fixtures: tuple[PlacedFixture, ...]
    tables: tuple[_Table, ...]


class _Person(_Read):
    name: str
    rsvp: Rsvp
    ticket_type: str
    email: str | None = None
    phone: str | None = None
    company: str | None = None
    meal: str | None = None
    diet: str | None = None
    access_needs: str | None = None
    tags: tuple[str, ...] = ()
    door_note: str | None = None
    notes: str | None = None
    table: str | None = None
    seat: int | None = None


class _Household(_Read):
    name: str
    guests: tuple[_Person, ...] = Field(min_length=1)


class _Sample(_Read):
    event: _Occasion
    ticket_types: tuple[_Type, ...]
    floor_plan: _Room
    households: tuple[_Household, ...]


def sample_operations(event_id: str) -> list[Operation]:
    """Give the operations that make the sample gala: room, tables, guests, seats and two doors.

    Ids and codes are drawn anew at each call.
    """
    sample = _Sample.model_validate_json(files("resources").joinpath("samples", "gala.json").read_bytes())
    types = [
        NewTicketType(id=new_id(), name=one.name, number=one.number, price=one.price, currency=one.currency)
        for one in sample.ticket_types
    ]
    room = sample.floor_plan
    plan_id = new_id()
    tables = [_new_table(one, plan_id) for one in room.tables]
    type_ids = {one.name: one.id for one in types}
    households = [_new_household(one, type_ids) for one in sample.households]
    return [
        _create_event(event_id, sample.event),
        AddTicketTypes(ticket_types=tuple(types)),
        AddFloorPlan(
            floor_plan_id=plan_id,
            plan_name=room.name,
            width=room.width,
            height=room.height,
            fixtures=room.fixtures,
        ),
        AddTables(tables=tuple(tables)),
        *guest_operations(households),
        *seating_operations(_placements(sample, households, tables)),
        *(AddDoor(door_id=new_id(), door_name=name) for name in SAMPLE_DOORS),
    ]


def new_event_operations(
    event_id: str, *, title: str, starts_at: datetime, place: str, time_zone: str
) -> list[Operation]:
    """Give the operations that make an event of the start page's answers.

    It begins with one ticket type, one empty room and one door, so that every screen has something to
    work with. ``starts_at`` is aware, ``time_zone`` an IANA name.
    """
    width, height = NEW_EVENT_ROOM_SIZE
    return [
        CreateEvent(
            event_id=event_id,
            title=title,
            kind="party",
            venue_text=place,
            starts_at=starts_at,
            time_zone=time_zone,
            code_salt=new_salt(),
        ),
        AddTicketTypes(ticket_types=(NewTicketType(id=new_id(), name="standard", number=1),)),
        AddFloorPlan(floor_plan_id=new_id(), plan_name=NEW_EVENT_ROOM, width=width, height=height),
        AddDoor(door_id=new_id(), door_name=NEW_EVENT_DOOR),
    ]


def guest_operations(households: Iterable[NewHousehold]) -> list[AddGuests]:
    """Put households into as few operations as may travel: at most 500 guests in each.

    A household is cut only when it is larger than that itself: the rest of it joins in further operations.
    """
    parts: list[list[NewHousehold]] = []
    rest: list[JoiningGuest] = []
    room = 0
    for household in households:
        if len(household.guests) > BULK:
            rest += [
                JoiningGuest(invitation_id=household.invitation_id, guest=guest) for guest in household.guests[BULK:]
            ]
            household = household.model_copy(update={"guests": household.guests[:BULK]})
        people = max(len(household.guests), 1)
        if people > room:
            parts.append([])
            room = BULK
        parts[-1].append(household)
        room -= people
    return [
        *(AddGuests(households=tuple(part)) for part in parts),
        *(AddGuests(joining=tuple(rest[start : start + BULK])) for start in range(0, len(rest), BULK)),
    ]


def seating_operations(placements: Sequence[Placement]) -> list[SeatAttendees]:
    """Put placements into as few operations as may travel."""
    return [
        SeatAttendees(placements=tuple(placements[start : start + BULK])) for start in range(0, len(placements), BULK)
    ]


def _create_event(event_id: str, event: _Occasion) -> CreateEvent:
    return CreateEvent(
        event_id=event_id,
        title=event.title,
        kind=event.kind,
        description=event.description,
        venue_text=f"{event.venue}, {event.address}",
        city=event.city,
        starts_at=event.starts_at,
        ends_at=event.ends_at,
        time_zone=event.time_zone,
        capacity=event.capacity,
        code_salt=new_salt(),
    )


def _new_table(table: _Table, plan_id: str) -> NewTable:
    return NewTable(
        table_id=new_id(),
        floor_plan_id=plan_id,
        label=table.label,
        shape=table.shape,
        x=table.x,
        y=table.y,
        turn=table.turn,
        width=table.width,
        height=table.height,
        seats=tuple(
            NewSeat(seat_id=new_id(), number=number, accessible=number in table.accessible_seats)
            for number in range(1, table.seats + 1)
        ),
    )


def _new_household(household: _Household, type_ids: dict[str, str]) -> NewHousehold:
    return NewHousehold(
        invitation_id=new_id(),
        name=household.name,
        code=new_short_code(),
        secret_id=new_id(),
        guests=tuple(
            NewGuest(
                guest_id=new_id(),
                attendee_id=new_id(),
                ticket_type_id=type_ids[person.ticket_type],
                payment_status=PaymentStatus.PAID if person.rsvp is Rsvp.ACCEPTED else PaymentStatus.UNPAID,
                **person.model_dump(exclude={"ticket_type", "table", "seat"}),
            )
            for person in household.guests
        ),
    )


def _placements(sample: _Sample, households: Sequence[NewHousehold], tables: Sequence[NewTable]) -> list[Placement]:
    seat_ids = {(table.label, seat.number): seat.seat_id for table in tables for seat in table.seats}
    return [
        Placement(attendee_id=new.attendee_id, seat_id=seat_ids[person.table, person.seat], seen=None)
        for household, made in zip(sample.households, households, strict=True)
        for person, new in zip(household.guests, made.guests, strict=True)
        if person.table is not None and person.seat is not None
    ]
