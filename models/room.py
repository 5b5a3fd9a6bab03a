"""Reads a whole room in one go: the floor plan, its tables, who sits where and who still waits."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

from sqlalchemy import Connection, select

from models.guest_lists.folding import TITLES, fold
from models.invitations import Attendee, Invitation, Rsvp
from models.people import Guest
from models.seating import Fixture, FloorPlan, Seat, Shape, Table

_ARABIC_LETTERS = re.compile(r"[\u0600-\u06ff]")
_KEEP_APART = "\u200c"


class Marker(StrEnum):
    """What the people who seat a guest should think of."""

    DIET = "diet"
    ACCESS = "access"
    VIP = "vip"
    CHILD = "child"


@dataclass(frozen=True)
class RoomGuest:
    """One attendee as the planner shows them; ``short_name`` is the name without that of the household."""

    attendee_id: str
    guest_id: str
    name: str
    short_name: str
    initials: str
    rsvp: Rsvp
    meal: str | None
    diet: str | None
    access_needs: str | None
    tags: tuple[str, ...]
    household_id: str
    household: str
    seat_id: str | None

    @property
    def comes(self) -> bool:
        """Whether a seat may be kept for this guest."""
        return self.rsvp.comes

    @cached_property
    def markers(self) -> tuple[Marker, ...]:
        """What to think of with this guest."""
        tags = {tag.casefold() for tag in self.tags}
        found = {
            Marker.DIET: bool(self.diet),
            Marker.ACCESS: bool(self.access_needs),
            Marker.VIP: "vip" in tags,
            Marker.CHILD: "child" in tags or (self.meal or "").casefold() == "child",
        }
        return tuple(marker for marker, there in found.items() if there)

    @cached_property
    def searched(self) -> str:
        """The folded text that a search looks through."""
        words = [self.name, self.household, self.meal, self.diet, self.access_needs, *self.tags]
        return fold(" ".join(word for word in words if word))


@dataclass(frozen=True)
class RoomSeat:
    """One place at a table and who sits there."""

    id: str
    number: int
    category: str
    accessible: bool
    blocked: bool
    guest: RoomGuest | None = None


@dataclass(frozen=True)
class RoomTable:
    """A table with its seats in order; centre and size in millimetres, ``turn`` in degrees clockwise."""

    id: str
    label: str
    shape: Shape
    x: int
    y: int
    turn: int
    width: int
    height: int
    seats: tuple[RoomSeat, ...]

    @property
    def sitting(self) -> tuple[RoomGuest, ...]:
        """Who sits here, in the order of the seats."""
        return tuple(seat.guest for seat in self.seats if seat.guest is not None)


@dataclass(frozen=True)
class RoomPlan:
    """The room itself; width and height in millimetres."""

    id: str
    name: str
    width: int
    height: int
    fixtures: tuple[Fixture, ...]


@dataclass(frozen=True)
class Household:
    """Those of one invitation who come and have no seat yet."""

    id: str
    name: str
    guests: tuple[RoomGuest, ...]


@dataclass(frozen=True)
class Room:
    """Everything the planner shows of one floor plan.

    ``guests`` holds every attendee of the event by id, also those who declined; ``waiting`` those who come
    and sit nowhere, by household, in the order of the alphabet.
    """

    plan: RoomPlan | None
    tables: tuple[RoomTable, ...]
    waiting: tuple[Household, ...]
    guests: Mapping[str, RoomGuest] = field(default_factory=dict[str, RoomGuest])

    @cached_property
    def table_by_id(self) -> Mapping[str, RoomTable]:
        """The tables by their id."""
        return {table.id: table for table in self.tables}

    @cached_property
    def table_of_seat(self) -> Mapping[str, RoomTable]:
        """The table of each seat, by the seat's id."""
        return {seat.id: table for table in self.tables for seat in table.seats}

    @cached_property
    def seat_by_id(self) -> Mapping[str, RoomSeat]:
        """The seats by their id."""
        return {seat.id: seat for table in self.tables for seat in table.seats}

    @property
    def seated_count(self) -> int:
        """How many of those who come have a seat."""
        return sum(1 for guest in self.guests.values() if guest.comes and guest.seat_id is not None)

    @property
    def coming_count(self) -> int:
        """How many come, or have not answered."""
        return sum(1 for guest in self.guests.values() if guest.comes)

    @property
    def waiting_count(self) -> int:
        """How many of those who come have no seat."""
        return sum(len(household.guests) for household in self.waiting)

    def table_at_which(self, attendee_id: str) -> RoomTable | None:
        """Give the table at which an attendee sits, if any."""
        guest = self.guests.get(attendee_id)
        return None if guest is None or guest.seat_id is None else self.table_of_seat.get(guest.seat_id)


EMPTY_ROOM = Room(None, (), ())


def read_room(connection: Connection, event_id: str, floor_plan_id: str | None = None) -> Room:
    """Read a floor plan (without an id: the event's first) with its tables and all attendees of the event.

    Takes four statements, whatever the size.
    """
    guests = _read_guests(connection, event_id)
    plan = _read_plan(connection, event_id, floor_plan_id)
    return Room(
        plan=plan,
        tables=() if plan is None else _read_tables(connection, event_id, plan.id, guests),
        waiting=_waiting(guests),
        guests={guest.attendee_id: guest for guest in guests},
    )


def initials(name: str) -> str:
    """Give the one or two letters that stand for a name on a seat ("Maja Lindqvist" → ML)."""
    words = [word for word in name.split() if fold(word)]
    while len(words) > 2 and fold(words[0]) in TITLES:
        words = words[1:]
    ends = [words[0], words[-1]] if len(words) > 1 else words
    letters = [next(char for char in word if char.isalnum()).upper()[:1] for word in ends]
    apart = _KEEP_APART if letters and _ARABIC_LETTERS.match(letters[0]) else ""
    return apart.join(letters) or "?"


def short_names(household: str, names: Sequence[str]) -> list[str]:
    """Give what tells the people of one household apart ("Okafor": Adaeze Okafor, Ike Okafor → Adaeze, Ike).

    Left out are the words of the household's name and those which all of its people share, wherever they
    stand in the name; a name that shares nothing is cut to its first word.
    """
    folded = [{fold(word) for word in name.split()} for name in names]
    shared = set[str].intersection(*folded) if len(folded) > 1 else set[str]()
    family = shared | set(fold(household).split())
    return [_short_name(name, family) for name in names]


def _short_name(name: str, family: set[str]) -> str:
    words = name.split()
    kept = [word for word in words if not set(fold(word).split()) <= family]
    if kept and len(kept) < len(words):
        return " ".join(kept)
    return words[0] if words else name


def _read_plan(connection: Connection, event_id: str, floor_plan_id: str | None) -> RoomPlan | None:
    wanted = select(FloorPlan.id, FloorPlan.name, FloorPlan.width, FloorPlan.height, FloorPlan.fixtures).where(
        FloorPlan.event_id == event_id, FloorPlan.deleted_at.is_(None)
    )
    if floor_plan_id is not None:
        wanted = wanted.where(FloorPlan.id == floor_plan_id)
    found = connection.execute(wanted.order_by(FloorPlan.created_at, FloorPlan.id).limit(1)).one_or_none()
    if found is None:
        return None
    plan_id, name, width, height, fixtures = found
    return RoomPlan(plan_id, name, width, height, tuple(fixtures))


def _read_guests(connection: Connection, event_id: str) -> list[RoomGuest]:
    found = connection.execute(
        select(
            Attendee.id,
            Guest.id,
            Guest.name,
            Attendee.rsvp,
            Attendee.meal,
            Guest.diet,
            Guest.access_needs,
            Guest.tags,
            Invitation.id,
            Invitation.name,
            Attendee.seat_id,
        )
        .join(Guest, Guest.id == Attendee.guest_id)
        .join(Invitation, Invitation.id == Attendee.invitation_id)
        .where(Attendee.event_id == event_id, Attendee.deleted_at.is_(None))
    ).all()
    members: dict[tuple[str, str], list[str]] = {}
    for row in found:
        members.setdefault((row[8], row[9]), []).append(row[2])
    # Short names are taken off in the order in which the rows of a household come.
    short = {household_id: iter(short_names(household, names)) for (household_id, household), names in members.items()}
    return [
        RoomGuest(
            attendee_id=attendee_id,
            guest_id=guest_id,
            name=name,
            short_name=next(short[household_id]),
            initials=initials(name),
            rsvp=Rsvp(rsvp),
            meal=meal,
            diet=diet,
            access_needs=access_needs,
            tags=tuple(tags),
            household_id=household_id,
            household=household,
            seat_id=seat_id,
        )
        for attendee_id, guest_id, name, rsvp, meal, diet, access_needs, tags, household_id, household, seat_id in found
    ]


def _read_tables(
    connection: Connection, event_id: str, floor_plan_id: str, guests: Iterable[RoomGuest]
) -> tuple[RoomTable, ...]:
    holders = {guest.seat_id: guest for guest in guests if guest.seat_id is not None}
    seats: dict[str, list[RoomSeat]] = {}
    for seat_id, table_id, number, category, accessible, blocked in connection.execute(
        select(Seat.id, Seat.table_id, Seat.number, Seat.category, Seat.accessible, Seat.blocked)
        .where(Seat.event_id == event_id, Seat.deleted_at.is_(None))
        .order_by(Seat.table_id, Seat.number)
    ):
        seats.setdefault(table_id, []).append(
            RoomSeat(seat_id, number, category, accessible, blocked, holders.get(seat_id))
        )
    tables = [
        RoomTable(table_id, label, Shape(shape), x, y, turn, width, height, tuple(seats.get(table_id, ())))
        for table_id, label, shape, x, y, turn, width, height in connection.execute(
            select(Table.id, Table.label, Table.shape, Table.x, Table.y, Table.turn, Table.width, Table.height).where(
                Table.event_id == event_id, Table.floor_plan_id == floor_plan_id, Table.deleted_at.is_(None)
            )
        )
    ]
    return tuple(sorted(tables, key=lambda table: label_order(table.label)))


def label_order(label: str) -> tuple[tuple[int, int, str], ...]:
    """Give the key by which labels sort as people count: 2 before 10, numbers before words."""
    parts = re.findall(r"\d{1,9}|\D+", fold(label))
    return tuple((0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts)


def _waiting(guests: Iterable[RoomGuest]) -> tuple[Household, ...]:
    households: dict[str, list[RoomGuest]] = {}
    for guest in guests:
        if guest.comes and guest.seat_id is None:
            households.setdefault(guest.household_id, []).append(guest)
    groups = [
        Household(household_id, people[0].household, tuple(people)) for household_id, people in households.items()
    ]
    return tuple(sorted(groups, key=lambda group: (fold(group.name), group.id)))
