"""What a door's screen reads: the event and its room, the log of this device, households and names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Connection, select

from models.admission import (
    Decision,
    DoorRules,
    Person,
    Shown,
    decide,
    look_up_household,
    read_door,
    read_house,
    read_people,
)
from models.attendance import Attendance, Entry, EntryHow, Verdict
from models.check_in import CheckedIn
from models.events import Direction, Event
from models.guest_lists.folding import fold
from models.invitations import Attendee
from models.name_search import NameIndex, SearchEntry
from models.operations.base import now_utc
from models.people import Guest
from models.seating import Fixture, FloorPlan, Shape, Table
from models.store.identity import read_identity
from models.store.local_copy import LocalCopy
from models.store.portions import portions


@dataclass(frozen=True, slots=True)
class TableSpot:
    """Where a table stands: centre and size in millimetres."""

    table_id: str
    floor_plan_id: str
    label: str
    is_round: bool
    x: int
    y: int
    width: int
    height: int
    turn: int


@dataclass(frozen=True, slots=True)
class RoomSketch:
    """A room to draw small: its size and its fixtures, in millimetres."""

    width: int
    height: int
    fixtures: tuple[Fixture, ...]
    tables: tuple[TableSpot, ...]


@dataclass(frozen=True, slots=True)
class Desk:
    """What stays the same from scan to scan: the event, the door's rules, and the rooms by their ids."""

    title: str
    time_zone: str
    door: DoorRules
    rooms: dict[str, RoomSketch]

    def room_of(self, table_id: str) -> RoomSketch | None:
        """Give the room in which a table stands."""
        return next(
            (room for room in self.rooms.values() if any(one.table_id == table_id for one in room.tables)), None
        )


@dataclass(frozen=True, slots=True)
class LogLine:
    """One thing that happened at this device: the entries of one operation."""

    op_id: str
    entry_ids: tuple[str, ...]
    names: tuple[str, ...]
    happened_at: datetime
    direction: Direction
    verdict: Verdict
    how: EntryHow
    passed: bool
    forced: bool
    undone: bool
    people: int


@dataclass(frozen=True, slots=True)
class AtTheDoor:
    """What was decided and recorded, with those on the same invitation who could still pass."""

    checked_in: CheckedIn
    companions: tuple[Person, ...] = ()


def read_desk(connection: Connection, event_id: str, door_id: str | None) -> Desk:
    """Read the event, the door and the rooms."""
    title, time_zone = connection.execute(select(Event.title, Event.time_zone).where(Event.id == event_id)).one()
    tables: dict[str, list[TableSpot]] = {}
    for row in connection.execute(
        select(
            Table.id,
            Table.floor_plan_id,
            Table.label,
            Table.shape,
            Table.x,
            Table.y,
            Table.width,
            Table.height,
            Table.turn,
        ).where(Table.event_id == event_id, Table.deleted_at.is_(None))
    ):
        spot = TableSpot(row[0], row[1], row[2], row[3] == Shape.ROUND, *row[4:])
        tables.setdefault(row[1], []).append(spot)
    rooms = {
        plan_id: RoomSketch(width, height, tuple(fixtures), tuple(tables.get(plan_id, ())))
        for plan_id, width, height, fixtures in connection.execute(
            select(FloorPlan.id, FloorPlan.width, FloorPlan.height, FloorPlan.fixtures).where(
                FloorPlan.event_id == event_id, FloorPlan.deleted_at.is_(None)
            )
        )
    }
    return Desk(title, time_zone, read_door(connection, door_id), rooms)


def companions_of(connection: Connection, event_id: str, people: Sequence[Person]) -> tuple[Person, ...]:
    """Give the others on a person's invitation who come and are not inside; nobody for several invitations."""
    invitations = {person.invitation_id for person in people}
    if len(invitations) != 1:
        return ()
    shown = {person.attendee_id for person in people}
    return tuple(
        one
        for one in look_up_household(connection, event_id, invitations.pop())
        if one.attendee_id not in shown and one.rsvp.comes and one.attendance is Attendance.NOT_CHECKED_IN
    )


def decide_household(copy: LocalCopy, invitation_id: str, door_id: str | None, direction: Direction) -> Decision:
    """Decide on everybody on an invitation, as if its code had been shown; nothing is recorded."""
    with copy.read() as connection:
        identity = read_identity(connection)
        door = read_door(connection, door_id or identity.door_id)
        people = look_up_household(connection, identity.event_id, invitation_id)
        house = read_house(connection, identity.event_id, door)
        now = now_utc() + timedelta(milliseconds=identity.skew_ms)
        return decide(Shown(people=people, is_group=True), house, door, now, direction)


def read_log(connection: Connection, event_id: str, device_id: str, limit: int) -> list[LogLine]:
    """Read the last things that happened at a device, the newest first; undoing shows at what was undone."""
    wanted = (
        select(
            Entry.id,
            Entry.op_id,
            Entry.shown_name,
            Entry.happened_at,
            Entry.direction,
            Entry.verdict,
            Entry.how,
            Entry.passed,
            Entry.forced_reason,
            Entry.undoes,
            Entry.people,
        )
        .where(Entry.event_id == event_id, Entry.device_id == device_id)
        .order_by(Entry.happened_at.desc(), Entry.op_id, Entry.id)
        .limit(limit * 3)
    )
    rows = [_LoggedEntry(*row) for row in connection.execute(wanted)]
    known = [row.id for row in rows]
    undone = set(connection.scalars(select(Entry.undoes).where(Entry.undoes.in_(known))))
    by_operation: dict[str, list[_LoggedEntry]] = {}
    for row in rows:
        if row.undoes is None:
            by_operation.setdefault(row.op_id, []).append(row)
    return [_log_line(op_id, of_one, undone) for op_id, of_one in list(by_operation.items())[:limit]]


def last_to_undo(lines: Sequence[LogLine]) -> LogLine | None:
    """Give the last thing at this device by which somebody passed and that still counts."""
    return next((line for line in lines if line.passed and not line.undone), None)


def name_index(connection: Connection, event_id: str) -> NameIndex:
    """Read the names of all attendees into an index by attendee."""
    return NameIndex(
        SearchEntry(attendee_id, folded, fold(tags))
        for attendee_id, folded, tags in (
            (row.id, row.folded, " ".join(row.tags))
            for row in connection.execute(
                select(Attendee.id, Guest.folded, Guest.tags)
                .join(Guest, Guest.id == Attendee.guest_id)
                .where(Attendee.event_id == event_id, Attendee.deleted_at.is_(None))
            )
        )
    )


def follow_names(connection: Connection, index: NameIndex, attendee_ids: frozenset[str], guest_ids: frozenset[str]):
    """Bring an index of names up to date after attendees or guests changed."""
    columns = select(Attendee.id, Attendee.deleted_at, Guest.folded, Guest.tags).join(
        Guest, Guest.id == Attendee.guest_id
    )
    for column, ids in ((Attendee.id, list(attendee_ids)), (Attendee.guest_id, list(guest_ids))):
        for some in portions(ids):
            rows = connection.execute(columns.where(column.in_(some))).all()
            index.discard([row.id for row in rows if row.deleted_at is not None])
            index.put(
                SearchEntry(row.id, row.folded, fold(" ".join(row.tags))) for row in rows if row.deleted_at is None
            )


def found_people(connection: Connection, event_id: str, index: NameIndex, text: str, limit: int) -> tuple[Person, ...]:
    """Find people by name, the best first."""
    ids = index.search(text, limit)
    if not ids:
        return ()
    place = {attendee_id: order for order, attendee_id in enumerate(ids)}
    people = read_people(connection, event_id, ids)
    return tuple(sorted(people, key=lambda person: place[person.attendee_id]))


class _LoggedEntry(NamedTuple):
    """One entry of the log, before those of an operation are put together."""

    id: str
    op_id: str
    shown_name: str
    happened_at: datetime
    direction: str
    verdict: str
    how: str
    passed: bool
    forced_reason: str | None
    undoes: str | None
    people: int


def _log_line(op_id: str, rows: Sequence[_LoggedEntry], undone: set[str | None]) -> LogLine:
    first = rows[0]
    return LogLine(
        op_id,
        tuple(row.id for row in rows),
        tuple(sorted(row.shown_name for row in rows if row.shown_name)),
        first.happened_at,
        Direction(first.direction),
        Verdict(first.verdict),
        EntryHow(first.how),
        first.passed,
        any(row.forced_reason is not None for row in rows),
        all(row.id in undone for row in rows),
        sum(row.people for row in rows),
    )
