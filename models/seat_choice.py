"""Chooses the seats at a table for people who want to sit side by side."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from models.room import RoomSeat, RoomTable

_NOBODY: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Shortage:
    """Why a party does not fit at a table."""

    free: int
    needed: int

    @property
    def sentence(self) -> str:
        """The reason in words."""
        return f"{self.free} free, {self.needed} needed"


def free_seats(table: RoomTable, moving: Collection[str] = _NOBODY) -> tuple[RoomSeat, ...]:
    """Give the seats which a party may take; the seats of those of it who sit here (``moving``) count as free."""
    return tuple(
        seat for seat in table.seats if not seat.blocked and (seat.guest is None or seat.guest.attendee_id in moving)
    )


def shortage(table: RoomTable, count: int, moving: Collection[str] = _NOBODY) -> Shortage | None:
    """Give the reason why ``count`` people do not fit at a table; None when they do."""
    free = len(free_seats(table, moving))
    return None if free >= count else Shortage(free, count)


def seats_for(
    table: RoomTable, count: int, moving: Collection[str] = _NOBODY, start: str | None = None
) -> tuple[RoomSeat, ...] | None:
    """Choose seats for ``count`` people (at least one), in the order in which they go round the table.

    Free neighbours are preferred, and among them the gap that fits most closely, so that larger parties
    find room later; else the seats that lie nearest together. ``start`` is the id of a seat that shall be
    among them, first if possible. None when there are not enough free seats, or ``start`` is not free.
    """
    free = {seat.id for seat in free_seats(table, moving)}
    if len(free) < count or (start is not None and start not in free):
        return None
    ring = table.seats
    best: tuple[tuple[int, ...], tuple[RoomSeat, ...]] | None = None
    for first, seat in enumerate(ring):
        if seat.id not in free:
            continue
        chosen, length = _window(ring, free, first, count)
        ids = [one.id for one in chosen]
        if start is not None and start not in ids:
            continue
        from_start = 0 if start is None else ids.index(start)
        gap = _gap_around(ring, free, first)
        rank = (length, from_start, gap, _steps_into_gap(ring, free, first), first)
        if best is None or rank < best[0]:
            best = (rank, chosen)
    return None if best is None else best[1]


def _window(
    ring: Sequence[RoomSeat], free: Collection[str], first: int, count: int
) -> tuple[tuple[RoomSeat, ...], int]:
    """Collect ``count`` free seats clockwise from ``first``; also how many seats they stretch over."""
    chosen: list[RoomSeat] = []
    for step in range(len(ring)):
        seat = ring[(first + step) % len(ring)]
        if seat.id in free:
            chosen.append(seat)
            if len(chosen) == count:
                return tuple(chosen), step + 1
    raise AssertionError("fewer free seats than were counted")


def _gap_around(ring: Sequence[RoomSeat], free: Collection[str], at: int) -> int:
    """Count the free seats in a row around one of them."""
    if len(free) == len(ring):
        return len(ring)
    back = _steps_into_gap(ring, free, at)
    ahead = next(step for step in range(len(ring)) if ring[(at + step) % len(ring)].id not in free)
    return back + ahead


def _steps_into_gap(ring: Sequence[RoomSeat], free: Collection[str], at: int) -> int:
    """Count the free seats just before one of them; none at a table without a taken seat."""
    if len(free) == len(ring):
        return 0
    return next(step for step in range(len(ring)) if ring[at - step - 1].id not in free)
