"""Seats that nobody holds, the nearest first: for walk-ins, and for those who lost theirs."""

from __future__ import annotations

from dataclasses import dataclass
from math import hypot

from sqlalchemy import Connection, select

from models.invitations import Attendee
from models.room import label_order
from models.seating import Seat, SeatCategory, Table


@dataclass(frozen=True, slots=True)
class FreeSeat:
    """A seat that can be given to somebody, and how many at its table are free."""

    seat_id: str
    table_id: str
    table: str
    number: int
    free_at_table: int


def free_seats(connection: Connection, event_id: str, near_seat: str | None = None) -> list[FreeSeat]:
    """Give one free seat a table, at the tables nearest to a seat first, else in the order of their labels.

    Blocked seats are left out; at the seat's own table it is the nearest number, elsewhere the lowest one.
    Regular seats come before those for VIPs and reserved ones.
    """
    rows = connection.execute(
        select(Seat.id, Seat.table_id, Seat.number, Seat.category, Table.label, Table.x, Table.y)
        .join(Table, Table.id == Seat.table_id)
        .outerjoin(Attendee, Attendee.seat_id == Seat.id)
        .where(
            Seat.event_id == event_id,
            Seat.deleted_at.is_(None),
            Seat.blocked.is_(False),
            Table.deleted_at.is_(None),
            Attendee.id.is_(None),
        )
    ).all()
    origin = connection.execute(
        select(Seat.table_id, Seat.number, Table.x, Table.y)
        .join(Table, Table.id == Seat.table_id)
        .where(Seat.id == near_seat)
    ).one_or_none()
    best: dict[str, tuple[tuple[bool, int], FreeSeat]] = {}
    counts: dict[str, int] = {}
    far: dict[str, float] = {}
    for seat_id, table_id, number, category, label, x, y in rows:
        counts[table_id] = counts.get(table_id, 0) + 1
        far[table_id] = 0.0 if origin is None else hypot(x - origin.x, y - origin.y)
        away = abs(number - origin.number) if origin is not None and origin.table_id == table_id else number
        rank = (category != SeatCategory.REGULAR, away)
        if table_id not in best or rank < best[table_id][0]:
            best[table_id] = (rank, FreeSeat(seat_id, table_id, label, number, 0))
    found = [
        FreeSeat(seat.seat_id, table_id, seat.table, seat.number, counts[table_id])
        for table_id, (_, seat) in best.items()
    ]
    return sorted(found, key=lambda seat: (far[seat.table_id], label_order(seat.table)))
