"""A copy with work that waits to be handed in, and what a server sends it meanwhile."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import update

from models.attendance import EntryHow, Verdict
from models.base import Value
from models.events import Direction, Role
from models.ids import new_id
from models.operations.base import Operation
from models.operations.edits import FieldEdit
from models.operations.entries import NewEntry, RecordEntries
from models.operations.people import EditGuest, GuestField
from models.operations.seating import Placement, SeatAttendees
from models.people import Guest
from models.store.copy_tables import Replica
from models.store.exchange import Pulled, TableRows
from models.store.local_copy import LocalCopy
from models.store.schema import columns_of
from tests.helpers.big_events import BigEvent, Person, fill_with_big_event

_SERVER = new_id()
_PART = 250


@dataclass(frozen=True)
class FollowedEvent:
    """A large event and a copy of it without pending work, which follows a server that does not exist."""

    event: BigEvent
    path: Path

    @classmethod
    def made(cls, folder: Path, guests: int) -> FollowedEvent:
        """Write the copy into a folder."""
        event = BigEvent(new_id(), guests, seed=7)
        path = folder / f"followed-{guests}.usher"
        copy = LocalCopy.create(path, event_id=event.event_id, device_id=new_id(), role=Role.ORGANIZER)
        with copy.database.write() as connection:
            fill_with_big_event(connection, event)
            connection.execute(update(Replica).values(server_id=_SERVER, server_epoch=1, cookie=1))
        copy.close()
        return cls(event, path)

    def copy_with(self, operations: Sequence[Operation]) -> LocalCopy:
        """Give a new copy of the copy in which these operations are pending."""
        path = self.path.with_name(f"{new_id()}.usher")
        shutil.copyfile(self.path, path)
        copy = LocalCopy(path)
        for start in range(0, len(operations), _PART):
            copy.run_all(operations[start : start + _PART])
        return copy

    def check_ins(self, count: int) -> list[Operation]:
        """Give what a door has waiting: one entry for each of the first ``count`` guests."""
        return [check_in(self.event, person) for person in self.event.people[:count]]

    def mixed_work(self, count: int) -> list[Operation]:
        """Give what an organizer's computer with a door has waiting: 70 % check-ins, 20 % swapped seats, 10 % notes."""
        people = self.event.people
        seats = {person.attendee_id: person.seat_id for person in people}
        work: list[Operation] = []
        for number in range(count):
            person, other = people[number % len(people)], people[(number + 1) % len(people)]
            if number % 10 < 7:
                work.append(check_in(self.event, person))
            elif number % 10 < 9:
                work.append(_swap(seats, person.attendee_id, other.attendee_id))
            else:
                note = FieldEdit[str | None](seen=None, new=f"Table by the window, asked {number}")
                work.append(EditGuest(guest_id=person.guest_id, fields=GuestField(notes=note)))
        return work


def check_in(event: BigEvent, person: Person) -> RecordEntries:
    """Give the operation that lets a person in at the first door."""
    now = datetime.now(UTC)
    entry = NewEntry(
        entry_id=new_id(),
        attendee_id=person.attendee_id,
        ticket_serial=person.serial,
        shown_name=person.name,
        direction=Direction.IN,
        passed=True,
        verdict=Verdict.ADMITTED,
        how=EntryHow.SCAN,
        door_id=event.door_ids[0],
        door_name="North door",
        device_id=event.door_ids[1],
        happened_at=now,
        device_at=now,
    )
    return RecordEntries(entries=(entry,))


def stored_guests(copy: LocalCopy, limit: int) -> list[list[Value]]:
    """Give the stored values of so many guests, in the order of their columns."""
    with copy.read() as connection:
        found = connection.exec_driver_sql(
            f"SELECT {', '.join(columns_of(Guest))} FROM {Guest.__tablename__} LIMIT ?", (limit,)
        ).all()
    return [list(row) for row in found]


def pull_of(images: Sequence[Sequence[Value]], version: int) -> Pulled:
    """Give a pull that brings these guests at a version."""
    columns = columns_of(Guest)
    place = columns.index("version")
    return Pulled(
        server_id=_SERVER,
        epoch=1,
        version=version,
        tables={
            Guest.__tablename__: TableRows(
                columns=columns, rows=[[*row[:place], version, *row[place + 1 :]] for row in images]
            )
        },
        server_time=datetime.now(UTC),
    )


def _swap(seats: dict[str, str], one: str, other: str) -> SeatAttendees:
    swap = SeatAttendees(
        placements=(
            Placement(attendee_id=one, seat_id=seats[other], seen=seats[one]),
            Placement(attendee_id=other, seat_id=seats[one], seen=seats[other]),
        )
    )
    seats[one], seats[other] = seats[other], seats[one]
    return swap
