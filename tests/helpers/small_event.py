"""A small event whose every id is known by name, and readers that hold two states of it against each other."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection, delete, select

from models.base import Synced, Value
from models.codes import new_short_code
from models.errors import Refused
from models.events import Role
from models.ids import new_id
from models.invitations import Attendee, Rsvp
from models.operations.base import Operation
from models.operations.entries import NewEntry
from models.operations.events import AddDoor, AddTicketTypes, CreateEvent, NewTicketType
from models.operations.people import AddGuests, NewGuest, NewHousehold
from models.operations.seating import AddFloorPlan, AddTables, NewSeat, NewTable, Placement, SeatAttendees
from models.operations.tickets import NewTicket
from models.seating import Seat
from models.store.copy_tables import UndoRow
from models.store.local_copy import LocalCopy
from models.store.schema import SYNCED, columns_of
from models.tickets import TicketSecret

Kind = TypeVar("Kind", bound=Operation)

STARTS = datetime(2026, 12, 12, 18, 30, tzinfo=UTC)
HOUSEHOLDS = {
    "Marangoz": ("Defne Marangoz", "Kerem Marangoz"),
    "Quispe": ("Illari Quispe", "Wayra Quispe", "Sami Quispe"),
    "Lindqvist": ("Åsa Lindqvist",),
}
TABLES = {"1": 4, "2": 2}
"""Seats at each table."""


@dataclass
class SmallEvent:
    """The copy and the ids of everything in it."""

    copy: LocalCopy
    event_id: str
    plan_id: str = field(default_factory=new_id)
    door_id: str = field(default_factory=new_id)
    types: dict[str, str] = field(default_factory=dict)
    guests: dict[str, str] = field(default_factory=dict)
    attendees: dict[str, str] = field(default_factory=dict)
    invitations: dict[str, str] = field(default_factory=dict)
    tables: dict[str, str] = field(default_factory=dict)
    seats: dict[tuple[str, int], str] = field(default_factory=dict)

    def place(self, name: str, table: str | None, number: int = 0, *, seen: str | None = None) -> Placement:
        """Make a placement by names; without a table it is an unseating."""
        seat = None if table is None else self.seats[table, number]
        return Placement(attendee_id=self.attendees[name], seat_id=seat, seen=seen)

    def seat(self, name: str, table: str, number: int) -> None:
        """Seat somebody from nowhere."""
        self.copy.run(SeatAttendees(placements=(self.place(name, table, number),)))

    def seated(self) -> dict[str, tuple[str, int]]:
        """Tell who sits where, by names."""
        names = {attendee: name for name, attendee in self.attendees.items()}
        places = {seat: place for place, seat in self.seats.items()}
        with self.copy.read() as connection:
            found = connection.execute(
                select(Attendee.id, Attendee.seat_id).where(
                    Attendee.seat_id.is_not(None), Attendee.deleted_at.is_(None)
                )
            ).all()
        return {names[who]: places[seat] for who, seat in found if seat is not None}

    def entry(self, name: str = "Defne Marangoz", **values: object) -> NewEntry:
        """Make an "in" at the door; ``values`` replace its fields."""
        given = {
            "entry_id": new_id(),
            "attendee_id": self.attendees[name],
            "shown_name": name,
            "direction": "in",
            "passed": True,
            "verdict": "admitted",
            "how": "scan",
            "door_id": self.door_id,
            "door_name": "Main door",
            "device_id": self.copy.identity.device_id,
            "happened_at": STARTS,
            "device_at": STARTS,
        }
        return NewEntry.model_validate({**given, **values})

    def state(self) -> dict[str, list[tuple[Value, ...]]]:
        """Read everything that is not hidden, apart from when it was last changed."""
        with self.copy.read() as connection:
            return visible_state(connection)

    def settle(self) -> None:
        """Make the rows that are there the server's: what follows is pending on top of them."""
        with self.copy.database.write() as connection:
            connection.execute(delete(UndoRow))


def small_event(folder: Path, *, role: Role = Role.OWNER, name: str = "small.usher") -> SmallEvent:
    """Make the event in a new copy; everybody comes, nobody sits."""
    event_id = new_id()
    copy = LocalCopy.create(folder / name, event_id=event_id, device_id=new_id(), role=role, synchronous="OFF")
    event = SmallEvent(copy, event_id, types={"standard": new_id(), "VIP": new_id()})
    households = [_household(event, household, names) for household, names in HOUSEHOLDS.items()]
    copy.run_all(
        [
            CreateEvent(
                event_id=event_id,
                title="Winter supper",
                starts_at=STARTS,
                time_zone="Europe/Lisbon",
                capacity=8,
                code_salt="5a" * 32,
            ),
            AddTicketTypes(
                ticket_types=(
                    NewTicketType(id=event.types["standard"], name="standard", number=1),
                    NewTicketType(id=event.types["VIP"], name="VIP", number=2),
                )
            ),
            AddDoor(door_id=event.door_id, door_name="Main door"),
            AddFloorPlan(floor_plan_id=event.plan_id, plan_name="Hall", width=12_000, height=8_000),
            AddTables(tables=tuple(new_table(event, label, seats) for label, seats in TABLES.items())),
            AddGuests(households=tuple(households)),
        ]
    )
    return event


def new_table(event: SmallEvent, label: str, seats: int) -> NewTable:
    """Make a table that is not there yet, and remember its ids."""
    event.tables[label] = new_id()
    made = tuple(NewSeat(seat_id=new_id(), number=number) for number in range(1, seats + 1))
    event.seats.update({(label, seat.number): seat.seat_id for seat in made})
    return NewTable(
        table_id=event.tables[label],
        floor_plan_id=event.plan_id,
        label=label,
        shape="round",
        x=2_000,
        y=2_000,
        width=1_500,
        height=1_500,
        seats=made,
    )


def new_guest(event: SmallEvent, name: str, **values: object) -> NewGuest:
    """Make a guest who is not there yet, and remember the ids."""
    event.guests[name], event.attendees[name] = new_id(), new_id()
    given = {"guest_id": event.guests[name], "attendee_id": event.attendees[name], "name": name, "rsvp": Rsvp.ACCEPTED}
    return NewGuest.model_validate({**given, **values})


def new_household(event: SmallEvent, household: str, *names: str) -> NewHousehold:
    """Make a household that is not there yet, and remember the ids."""
    return _household(event, household, names)


def new_ticket(*, attendee_id: str | None = None, invitation_id: str | None = None, **values: object) -> NewTicket:
    """Make a ticket for somebody, with a new code."""
    given = {
        "ticket_id": new_id(),
        "secret_id": new_id(),
        "attendee_id": attendee_id,
        "invitation_id": invitation_id,
        "serial": new_id().replace("-", "")[:16],
        "short_code": new_short_code(),
    }
    return NewTicket.model_validate({**given, **values})


_PART_OF: dict[type[Synced], str] = {
    Seat: " AND table_id IN (SELECT id FROM tables WHERE deleted_at IS NULL)",
    TicketSecret: (
        " AND (invitation_id IS NULL OR invitation_id IN (SELECT id FROM invitations WHERE deleted_at IS NULL))"
    ),
}
"""Rows that are hidden with the one they are a part of."""


def visible_state(connection: Connection) -> dict[str, list[tuple[Value, ...]]]:
    """Read all rows that are not hidden, without their version and the time of their last change."""
    found: dict[str, list[tuple[Value, ...]]] = {}
    for entity in SYNCED:
        columns = [name for name in columns_of(entity) if name not in ("version", "updated_at", "deleted_at")]
        hidden_with = _PART_OF.get(entity, "")
        rows = connection.exec_driver_sql(
            f"SELECT {', '.join(columns)} FROM {entity.__tablename__} WHERE deleted_at IS NULL{hidden_with} ORDER BY id"
        )
        found[entity.__tablename__] = [tuple(row) for row in rows]
    return found


def refusal_of(event: SmallEvent, operation: Operation) -> Refused:
    """Run an operation that has to be refused, see that it changed nothing, and give the refusal."""
    before, waiting = event.state(), event.copy.waiting().pending
    try:
        event.copy.run(operation)
    except Refused as refusal:
        assert (event.state(), event.copy.waiting().pending) == (before, waiting)
        return refusal
    raise AssertionError(f"{operation.name} was not refused")


def assert_undone_exactly(event: SmallEvent, *operations: Operation) -> None:
    """Perform operations, undo them, redo and undo them again: each time the state is the one from before."""
    before = event.state()
    done = event.copy.perform(operations)
    after = event.state()
    assert after != before
    back = event.copy.perform(done.inverse)
    assert event.state() == before
    again = event.copy.perform(back.inverse)
    assert event.state() == after
    event.copy.perform(again.inverse)
    assert event.state() == before


def _household(event: SmallEvent, household: str, names: tuple[str, ...]) -> NewHousehold:
    event.invitations[household] = new_id()
    return NewHousehold(
        invitation_id=event.invitations[household],
        name=household,
        code=new_short_code(),
        secret_id=new_id(),
        guests=tuple(new_guest(event, name) for name in names),
    )
