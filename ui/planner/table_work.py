"""Makes the operations that add, move, turn, rename and remove tables."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from models.ids import new_id
from models.operations.base import BULK, Operation
from models.operations.edits import FieldEdit
from models.operations.seating import (
    AddTables,
    EditTable,
    MoveTables,
    NewSeat,
    NewTable,
    RemoveTables,
    TableField,
    TablePlace,
)
from models.room import Room, RoomPlan, RoomTable
from models.seating import Shape
from ui.planner.seat_layout import SEAT_RADIUS

GRID = 50
"""Tables stand on a grid of so many millimetres."""
TURN = 15
"""One turn of a table, in degrees."""
MOST_SEATS = 40
"""No table offered for a party has more seats."""

_FULL_TURN = 360
_ELBOW_ROOM = 680.0
"""From the middle of one chair to the next at a table made to measure, in millimetres."""


@dataclass(frozen=True, slots=True)
class TableKind:
    """A kind of table that can be added; width and height in millimetres."""

    shape: Shape
    seats: int
    width: int
    height: int


ROUND_TABLES = (
    TableKind(Shape.ROUND, 6, 1400, 1400),
    TableKind(Shape.ROUND, 8, 1600, 1600),
    TableKind(Shape.ROUND, 10, 1800, 1800),
    TableKind(Shape.ROUND, 12, 2100, 2100),
)
LONG_TABLES = (
    TableKind(Shape.RECTANGLE, 6, 1600, 900),
    TableKind(Shape.RECTANGLE, 8, 2400, 900),
    TableKind(Shape.RECTANGLE, 10, 3000, 900),
    TableKind(Shape.RECTANGLE, 12, 3600, 900),
)


def round_table_for(count: int) -> TableKind | None:
    """Give the smallest round table with a seat for each of ``count`` people; None when there is none so large."""
    if count > MOST_SEATS:
        return None
    for kind in ROUND_TABLES:
        if kind.seats >= count:
            return kind
    ring = count * _ELBOW_ROOM / math.tau
    diameter = snapped(2 * (ring - SEAT_RADIUS))
    return TableKind(Shape.ROUND, count, diameter, diameter)


def snapped(millimetres: float) -> int:
    """Give the nearest line of the grid."""
    return round(millimetres / GRID) * GRID


def kept_inside(plan: RoomPlan, x: float, y: float) -> tuple[int, int]:
    """Give the point of the grid nearest to ``x``, ``y`` that lies in the room."""
    return min(max(snapped(x), 0), plan.width), min(max(snapped(y), 0), plan.height)


def next_label(room: Room) -> str:
    """Give the number for one more table: one more than the highest so far."""
    numbers = [int(table.label) for table in room.tables if table.label.isdecimal()]
    return str(max(numbers, default=0) + 1)


def new_table(room: Room, plan: RoomPlan, kind: TableKind, x: float, y: float) -> NewTable:
    """Make a table of some kind with all its seats, its centre at ``x``, ``y``, with the next free number."""
    left, top = kept_inside(plan, x, y)
    return NewTable(
        table_id=new_id(),
        floor_plan_id=plan.id,
        label=next_label(room),
        shape="round" if kind.shape is Shape.ROUND else "rectangle",
        x=left,
        y=top,
        width=kind.width,
        height=kind.height,
        seats=tuple(NewSeat(seat_id=new_id(), number=number) for number in range(1, kind.seats + 1)),
    )


def adding(table: NewTable) -> list[Operation]:
    """Add one table."""
    return [AddTables(tables=(table,))]


def moving(tables: Sequence[RoomTable], places: Mapping[str, tuple[int, int]]) -> list[Operation]:
    """Move tables to new centres; everybody stays seated."""
    return _placing(
        TablePlace(table_id=table.id, x=places[table.id][0], y=places[table.id][1], turn=table.turn)
        for table in tables
        if table.id in places and places[table.id] != (table.x, table.y)
    )


def turning(tables: Sequence[RoomTable], degrees: int) -> list[Operation]:
    """Turn tables clockwise, each round its own centre."""
    return _placing(
        TablePlace(table_id=table.id, x=table.x, y=table.y, turn=(table.turn + degrees) % _FULL_TURN)
        for table in tables
    )


def renaming(table: RoomTable, label: str) -> list[Operation]:
    """Give a table another label."""
    return [EditTable(table_id=table.id, fields=TableField(label=FieldEdit[str](seen=table.label, new=label)))]


def removing(tables: Sequence[RoomTable]) -> list[Operation]:
    """Remove tables; those who sit there go to the waiting list."""
    operations: list[Operation] = []
    for start in range(0, len(tables), BULK):
        some = tables[start : start + BULK]
        operations.append(
            RemoveTables(
                table_ids=tuple(table.id for table in some),
                unseats=tuple(guest.attendee_id for table in some for guest in table.sitting),
            )
        )
    return operations


def free_place(room: Room, plan: RoomPlan, kind: TableKind, x: float, y: float) -> tuple[float, float]:
    """Find a place near ``x``, ``y`` where a table of this kind touches no other; the point itself if none is near."""
    step = 400.0
    for ring in range(16):
        for part in range(max(1, 8 * ring)):
            angle = math.tau * part / max(1, 8 * ring)
            place = x + ring * step * math.cos(angle), y + ring * step * math.sin(angle)
            if _is_free(room.tables, plan, kind, place):
                return place
    return x, y


def _is_free(tables: Collection[RoomTable], plan: RoomPlan, kind: TableKind, place: tuple[float, float]) -> bool:
    margin = 2 * SEAT_RADIUS + 60
    own = max(kind.width, kind.height) / 2 + margin
    x, y = place
    if not (own <= x <= plan.width - own and own <= y <= plan.height - own):
        return False
    return all(
        math.hypot(table.x - x, table.y - y) > own + max(table.width, table.height) / 2 + margin for table in tables
    )


def _placing(places: Iterable[TablePlace]) -> list[Operation]:
    wanted = tuple(places)
    return [MoveTables(places=wanted[start : start + BULK]) for start in range(0, len(wanted), BULK)]
