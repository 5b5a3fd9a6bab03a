"""A small room with tables and households, in a real copy; more can be put into it line by line."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from models.codes import new_salt, new_short_code
from models.events import Role
from models.ids import new_id
from models.invitations import Rsvp
from models.operations.events import CreateEvent
from models.operations.people import AddGuests, NewGuest, NewHousehold
from models.operations.seating import AddFloorPlan, AddTables, NewSeat, NewTable, Placement, SeatAttendees
from models.room import Room, RoomTable, read_room
from models.store.local_copy import LocalCopy


@dataclass
class SeatingPlan:
    """The copy, and the ids by the names of the people and the labels of the tables."""

    copy: LocalCopy
    event_id: str
    floor_plan_id: str
    attendees: dict[str, str] = field(default_factory=dict)
    guests: dict[str, str] = field(default_factory=dict)
    tables: dict[str, str] = field(default_factory=dict)

    @classmethod
    def create(cls, folder: Path) -> SeatingPlan:
        """Make an event with an empty room of 20 by 15 metres."""
        plan = cls.without_room(folder)
        plan.copy.run(AddFloorPlan(floor_plan_id=plan.floor_plan_id, plan_name="Hall", width=20_000, height=15_000))
        return plan

    @classmethod
    def without_room(cls, folder: Path) -> SeatingPlan:
        """Make an event with nothing in it."""
        event_id = new_id()
        copy = LocalCopy.create(
            folder / "room.usher", event_id=event_id, device_id=new_id(), role=Role.OWNER, synchronous="OFF"
        )
        copy.run(
            CreateEvent(
                event_id=event_id,
                title="Harbour dinner",
                starts_at=datetime(2026, 12, 12, 18, 30, tzinfo=UTC),
                time_zone="Europe/Lisbon",
                code_salt=new_salt(),
            )
        )
        return cls(copy, event_id, new_id())

    def copied_to(self, folder: Path) -> SeatingPlan:
        """Open a copy of the file of a plan that is closed; making one anew takes much longer."""
        path = Path(shutil.copy(self.copy.path, folder))
        again = LocalCopy(path, synchronous="OFF")
        return SeatingPlan(
            again, self.event_id, self.floor_plan_id, dict(self.attendees), dict(self.guests), dict(self.tables)
        )

    def add_table(self, label: str, seats: int, x: int, y: int, **values: object) -> None:
        """Add a table; round and 1.8 m wide unless ``values`` say otherwise."""
        self.copy.run(AddTables(tables=(self._new_table(label, seats, x, y, **values),)))

    def add_many_tables(self, count: int, seats: int) -> None:
        """Add small round tables in rows of 25; at most 500."""
        new = [
            self._new_table(str(n + 1), seats, 400 + 800 * (n % 25), 400 + 700 * (n // 25), width=500, height=500)
            for n in range(count)
        ]
        self.copy.run(AddTables(tables=tuple(new)))

    def _new_table(self, label: str, seats: int, x: int, y: int, **values: object) -> NewTable:
        self.tables[label] = new_id()
        given = {"shape": "round", "width": 1800, "height": 1800, **values}
        return NewTable.model_validate(
            {
                "table_id": self.tables[label],
                "floor_plan_id": self.floor_plan_id,
                "label": label,
                "x": x,
                "y": y,
                "seats": [NewSeat(seat_id=new_id(), number=number) for number in range(1, seats + 1)],
                **given,
            }
        )

    def add_household(self, household: str, *names: str, **values: object) -> None:
        """Add a household whose people have accepted; ``values`` hold for each of them."""
        people: list[NewGuest] = []
        for name in names:
            self.guests[name], self.attendees[name] = new_id(), new_id()
            given = {"rsvp": Rsvp.ACCEPTED, **values}
            people.append(
                NewGuest.model_validate(
                    {"guest_id": self.guests[name], "attendee_id": self.attendees[name], "name": name, **given}
                )
            )
        new = NewHousehold(
            invitation_id=new_id(), name=household, code=new_short_code(), secret_id=new_id(), guests=tuple(people)
        )
        self.copy.run(AddGuests(households=(new,)))

    def seat(self, label: str, **places: str) -> None:
        """Seat people at a table: ``seat_3="Maja Lindqvist"``."""
        self.copy.run(
            SeatAttendees(
                placements=tuple(
                    Placement(attendee_id=self.attendees[name], seat_id=self.seat_id(label, int(place[5:])))
                    for place, name in places.items()
                )
            )
        )

    @property
    def room(self) -> Room:
        """The room as it is in the rows."""
        with self.copy.read() as connection:
            return read_room(connection, self.event_id)

    def table(self, label: str) -> RoomTable:
        """A table as it is in the rows."""
        return self.room.table_by_id[self.tables[label]]

    def seat_id(self, label: str, number: int) -> str:
        """The id of one seat."""
        return self.table(label).seats[number - 1].id

    def sitting(self, label: str) -> dict[int, str]:
        """Who sits at a table, by the number of the seat."""
        return {seat.number: seat.guest.name for seat in self.table(label).seats if seat.guest is not None}

    def ids(self, *names: str) -> list[str]:
        """The attendee ids of people."""
        return [self.attendees[name] for name in names]


def harbour_dinner(folder: Path) -> SeatingPlan:
    """Make a room with four tables, some seated and some waiting.

    Table 1 is empty (8 seats), table 2 full (2), table 3 has three free of 10, table 10 is long and empty (6).
    """
    plan = SeatingPlan.create(folder)
    plan.add_table("1", 8, 4_000, 4_000)
    plan.add_table("2", 2, 10_000, 4_000)
    plan.add_table("3", 10, 16_000, 4_000)
    plan.add_table("10", 6, 4_000, 11_000, shape="rectangle", width=1800, height=900)
    plan.add_household("Okafor", "Adaeze Okafor", "Chidi Okafor", "Ngozi Okafor", "Ike Okafor")
    plan.add_household("Lindqvist & Sørensen", "Maja Lindqvist", "Øyvind Sørensen", diet="vegan")
    plan.add_household("Castellanos", "Inés Castellanos")
    plan.add_household("Yıldız", "Elif Yıldız", rsvp=Rsvp.DECLINED)
    names = ["Ruth Adeyemi", "Tomé Adeyemi", "Ana Adeyemi", "Bo Adeyemi", "Cy Adeyemi", "Di Adeyemi", "Ed Adeyemi"]
    plan.add_household("Adeyemi", *names, meal="fish")
    plan.seat("2", seat_1="Maja Lindqvist", seat_2="Øyvind Sørensen")
    plan.seat("3", **{f"seat_{number}": name for number, name in enumerate(names, 1)})
    return plan
