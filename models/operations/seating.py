"""Operations on floor plans, tables and who sits where."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection, bindparam, select

from models.conflicts import ConflictKind
from models.errors import Refused
from models.invitations import Attendee, Rsvp
from models.operations.base import BULK, EVERYBODY_AT_WORK, Id, Line, Operation, operation
from models.operations.edits import FieldEdit, apply_edits, reversed_edits
from models.people import Guest
from models.seating import FloorPlan, Seat, SeatCategory, Table
from models.store.prepared import IDS, PreparedByIds
from models.store.rows import Finding, Rows, gone

Millimetres = Annotated[int, Field(ge=-1_000_000, le=1_000_000)]
Size = Annotated[int, Field(ge=1, le=1_000_000)]
Degrees = Annotated[int, Field(ge=-3_600, le=3_600)]


class PlacedFixture(BaseModel):
    """A fixture of the room, in millimetres and degrees."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["stage", "bar", "dance_floor", "wall", "door", "pillar"]
    label: Line = ""
    x: Millimetres
    y: Millimetres
    width: Size
    height: Size
    turn: Degrees = 0


@operation("add_floor_plan.v1")
class AddFloorPlan(Operation):
    """Add a room drawn to scale."""

    floor_plan_id: Id
    plan_name: Annotated[str, Field(min_length=1, max_length=120)]
    width: Size
    height: Size
    fixtures: Annotated[tuple[PlacedFixture, ...], Field(max_length=BULK)] = ()

    def apply(self, rows: Rows) -> None:
        """Add the row."""
        rows.insert(
            FloorPlan,
            [
                {
                    "id": self.floor_plan_id,
                    "name": self.plan_name,
                    "width": self.width,
                    "height": self.height,
                    "fixtures": [fixture.model_dump() for fixture in self.fixtures],
                }
            ],
        )


class NewSeat(BaseModel):
    """A seat to add to a table."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    seat_id: Id
    number: Annotated[int, Field(ge=1, le=200)]
    category: SeatCategory = SeatCategory.REGULAR
    accessible: bool = False


class NewTable(BaseModel):
    """A table to add, with its seats; millimetres and degrees."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    table_id: Id
    floor_plan_id: Id
    label: Annotated[str, Field(min_length=1, max_length=40)]
    shape: Literal["round", "rectangle"]
    x: Millimetres
    y: Millimetres
    turn: Degrees = 0
    width: Size
    height: Size
    seats: Annotated[tuple[NewSeat, ...], Field(max_length=200)]


@operation("add_tables.v1")
class AddTables(Operation):
    """Add tables with their seats."""

    tables: Annotated[tuple[NewTable, ...], Field(min_length=1, max_length=BULK)]

    def apply(self, rows: Rows) -> None:
        """Add the rows."""
        rows.present(FloorPlan, {new.floor_plan_id for new in self.tables})
        rows.insert(
            Table,
            [{**new.model_dump(exclude={"table_id", "seats"}), "id": new.table_id} for new in self.tables],
        )
        rows.insert(
            Seat,
            [
                {
                    "id": seat.seat_id,
                    "table_id": new.table_id,
                    "number": seat.number,
                    "category": seat.category,
                    "accessible": seat.accessible,
                }
                for new in self.tables
                for seat in new.seats
            ],
        )

    def inverse(self, connection: Connection, event_id: str) -> Sequence[Operation]:
        """Take the tables away."""
        return [RemoveTables(table_ids=tuple(new.table_id for new in self.tables))]


class TablePlace(BaseModel):
    """Where a table shall stand."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    table_id: Id
    x: Millimetres
    y: Millimetres
    turn: Degrees


@operation("move_tables.v1")
class MoveTables(Operation):
    """Move and turn tables; whoever comes last wins quietly. Everybody stays seated."""

    places: Annotated[tuple[TablePlace, ...], Field(min_length=1, max_length=BULK)]

    def apply(self, rows: Rows) -> None:
        """Set the places."""
        rows.present(Table, {place.table_id for place in self.places})
        for place in self.places:
            rows.update(Table, [place.table_id], x=place.x, y=place.y, turn=place.turn)

    def inverse(self, connection: Connection, event_id: str) -> Sequence[Operation]:
        """Move them back."""
        ids = [place.table_id for place in self.places]
        found = connection.execute(select(Table.id, Table.x, Table.y, Table.turn).where(Table.id.in_(ids)))
        return [MoveTables(places=tuple(TablePlace(table_id=i, x=x, y=y, turn=t) for i, x, y, t in found))]


class TableField(BaseModel):
    """The fields of a table that can be edited."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    label: FieldEdit[Annotated[str, Field(min_length=1, max_length=40)]] | None = None


@operation("edit_table.v1")
class EditTable(Operation):
    """Change a table's label."""

    table_id: Id
    fields: TableField

    def apply(self, rows: Rows) -> None:
        """Set the fields; one that changed meanwhile is noted."""
        apply_edits(rows, Table, self.table_id, self.fields, for_doors=True)

    def inverse(self, connection: Connection, event_id: str) -> Sequence[Operation]:
        """Set the fields back."""
        fields = reversed_edits(connection, Table, self.table_id, event_id, self.fields)
        return [EditTable(table_id=self.table_id, fields=fields)]


@operation("remove_tables.v1")
class RemoveTables(Operation):
    """Hide tables. ``unseats`` names those who lose their seat: nobody else does, or it is refused."""

    table_ids: Annotated[tuple[Id, ...], Field(min_length=1, max_length=BULK)]
    unseats: Annotated[tuple[Id, ...], Field(max_length=5_000)] = ()

    def apply(self, rows: Rows) -> None:
        """Unseat and hide."""
        rows.present(Table, self.table_ids)
        sitting = _sitting_at(rows.connection, self.table_ids)
        if set(sitting) - set(self.unseats):
            raise Refused("table_occupied", "Somebody else sits at this table by now: look at it again.")
        rows.update(Attendee, sitting, seat_id=None)
        rows.update(Table, self.table_ids, deleted_at=rows.context.at)

    def inverse(self, connection: Connection, event_id: str) -> Sequence[Operation]:
        """Bring the tables and the people back."""
        seated = present_placements(connection, self.unseats)
        back: list[Operation] = [RestoreTables(table_ids=self.table_ids)]
        placements = [one.at_seat() for one in seated if one.seat_id]
        parts = (placements[start : start + BULK] for start in range(0, len(placements), BULK))
        return [*back, *(SeatAttendees(placements=tuple(part)) for part in parts)]


@operation("restore_tables.v1")
class RestoreTables(Operation):
    """Show hidden tables again, empty."""

    table_ids: Annotated[tuple[Id, ...], Field(min_length=1, max_length=BULK)]

    def apply(self, rows: Rows) -> None:
        """Show the rows."""
        rows.update(Table, self.table_ids, deleted_at=None)

    def inverse(self, connection: Connection, event_id: str) -> Sequence[Operation]:
        """Hide them again."""
        return [RemoveTables(table_ids=self.table_ids, unseats=tuple(_sitting_at(connection, self.table_ids)))]


class Placement(BaseModel):
    """Where an attendee shall sit (None: nowhere), and where the person saw them sit."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    attendee_id: Id
    seat_id: Id | None
    seen: Id | None = None

    def at_seat(self) -> Placement:
        """Give the same placement, meant for somebody who sits nowhere."""
        return Placement(attendee_id=self.attendee_id, seat_id=self.seat_id, seen=None)


@operation("seat_attendees.v1")
class SeatAttendees(Operation):
    """Seat, unseat, move and swap: after it, each of these attendees sits where it says.

    Two may exchange their seats in one operation. A seat that somebody else holds is never taken: the
    first in the server's order keeps it, the other guest keeps the seat from before (domain, rule 1).
    """

    roles = EVERYBODY_AT_WORK
    refusal_concerns_doors = True

    placements: Annotated[tuple[Placement, ...], Field(min_length=1, max_length=BULK)]

    def apply(self, rows: Rows) -> None:
        """Empty the seats of those who move, then fill them."""
        connection = rows.connection
        moving = {one.attendee_id: one.seat_id for one in self.placements}
        wanted = [seat for seat in moving.values() if seat is not None]
        if len(moving) != len(self.placements) or len(set(wanted)) != len(wanted):
            raise Refused("placed_twice", "A guest or a seat is named twice in one change.")
        found = _attendees(rows, moving)
        if len(found) != len(moving):
            raise gone(Attendee)
        staying_away = [one for one in found if moving[one[0]] and not Rsvp(one[1]).comes]
        if staying_away:
            raise Refused("not_coming", "A guest who declined or cancelled gets no seat.")
        check_seats(rows, wanted)
        holders = seat_holders(connection, wanted)
        for seat_id, (holder, name) in holders.items():
            if holder not in moving:
                wanting = next(who for who, seat in moving.items() if seat == seat_id)
                raise seat_taken(connection, seat_id, (holder, name), wanting)
        before = {attendee_id: seat for attendee_id, _, seat in found}
        rows.update(Attendee, [who for who in moving if before[who] is not None], seat_id=None)
        for who, seat_id in moving.items():
            if seat_id is not None:
                rows.update(Attendee, [who], seat_id=seat_id)
        overtaken = [one for one in self.placements if before[one.attendee_id] not in (one.seen, one.seat_id)]
        for one in overtaken:
            rows.find(
                Finding(
                    ConflictKind.EDITED_TWICE,
                    Attendee.__tablename__,
                    one.attendee_id,
                    {"seat_id": before[one.attendee_id] or "", "seat_id:kept": one.seat_id or ""},
                    for_doors=True,
                )
            )

    def inverse(self, connection: Connection, event_id: str) -> Sequence[Operation]:
        """Put everybody back where they sat."""
        before = {
            one.attendee_id: one.seat_id
            for one in present_placements(connection, [p.attendee_id for p in self.placements])
        }
        return [
            SeatAttendees(
                placements=tuple(
                    Placement(attendee_id=one.attendee_id, seat_id=before.get(one.attendee_id), seen=one.seat_id)
                    for one in self.placements
                )
            )
        ]


# Prepared, since thousands of placements may run again in one pull.
_SEATS = PreparedByIds(
    select(Seat.id, Seat.blocked, Table.deleted_at)
    .join(Table, Table.id == Seat.table_id)
    .where(
        Seat.id.in_(bindparam(IDS, expanding=True)),
        Seat.event_id == bindparam("event_id"),
        Seat.deleted_at.is_(None),
    )
)
_HOLDERS = PreparedByIds(
    select(Attendee.seat_id, Attendee.id, Guest.name)
    .join(Guest, Guest.id == Attendee.guest_id)
    .where(Attendee.seat_id.in_(bindparam(IDS, expanding=True)))
)
_ATTENDEES = PreparedByIds(
    select(Attendee.id, Attendee.rsvp, Attendee.seat_id).where(
        Attendee.id.in_(bindparam(IDS, expanding=True)),
        Attendee.event_id == bindparam("event_id"),
        Attendee.deleted_at.is_(None),
    )
)


def present_placements(connection: Connection, attendee_ids: Iterable[str]) -> list[Placement]:
    """Read where some attendees sit now."""
    ids = list(attendee_ids)
    found = connection.execute(select(Attendee.id, Attendee.seat_id).where(Attendee.id.in_(ids)))
    return [Placement(attendee_id=who, seat_id=seat, seen=seat) for who, seat in found]


def check_seats(rows: Rows, seat_ids: Sequence[str]) -> None:
    """Raise Refused when a seat is not there, is blocked, or its table is hidden."""
    found = _SEATS.rows_of(rows.connection, seat_ids, event_id=rows.context.event_id)
    if len(found) != len(seat_ids) or any(hidden is not None for _, _, hidden in found):
        raise gone(Seat)
    if any(blocked for _, blocked, _ in found):
        raise Refused("seat_blocked", "This seat is blocked: choose another one.")


def seat_holders(connection: Connection, seat_ids: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Give for each taken seat who holds it: attendee id and name."""
    found = _HOLDERS.rows_of(connection, seat_ids)
    return {seat: (who, name) for seat, who, name in found if seat is not None}


def seat_words(connection: Connection, seat_id: str) -> dict[str, str]:
    """Give a seat's table and number for a sentence."""
    found = connection.execute(
        select(Table.label, Seat.number).join(Table, Table.id == Seat.table_id).where(Seat.id == seat_id)
    ).one_or_none()
    return {} if found is None else {"table": found[0], "seat": str(found[1])}


def seat_taken(connection: Connection, seat_id: str, holder: tuple[str, str], attendee_id: str) -> Refused:
    """Make the refusal for a seat that somebody else holds (attendee id and name)."""
    who = connection.scalar(
        select(Guest.name).join(Attendee, Attendee.guest_id == Guest.id).where(Attendee.id == attendee_id)
    )
    words = seat_words(connection, seat_id)
    place = f"Seat {words.get('seat')} at table {words.get('table')}"
    return Refused(
        "seat_taken",
        f"{place} is held by {holder[1]}: choose another seat.",
        **words,
        holder=holder[1],
        holder_id=holder[0],
        guest=who or "",
        seat_id=seat_id,
        attendee_id=attendee_id,
    )


def _attendees(rows: Rows, ids: Iterable[str]) -> list[tuple[str, str, str | None]]:
    found = _ATTENDEES.rows_of(rows.connection, list(ids), event_id=rows.context.event_id)
    return [(who, rsvp, seat) for who, rsvp, seat in found]


def _sitting_at(connection: Connection, table_ids: Sequence[str]) -> list[str]:
    return list(
        connection.scalars(
            select(Attendee.id).join(Seat, Seat.id == Attendee.seat_id).where(Seat.table_id.in_(table_ids))
        )
    )
