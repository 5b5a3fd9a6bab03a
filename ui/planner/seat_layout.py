"""Where the seats of a table stand on the floor, in millimetres."""

from __future__ import annotations

import math
from dataclasses import dataclass

from models.room import RoomTable
from models.seating import Shape

SEAT_RADIUS = 285.0
"""Half the width of a chair with somebody on it, in millimetres."""
_GAP = 60.0
"""Between the edge of a table and the chairs, in millimetres."""
_FEWEST_WITH_ENDS = 6
"""From so many seats on, a long table has one at each end."""


@dataclass(frozen=True, slots=True)
class Spot:
    """A place relative to the centre of a table, ``x`` to the right and ``y`` down."""

    x: float
    y: float

    def turned(self, degrees: float) -> Spot:
        """Give the spot after a turn clockwise round the centre."""
        angle = math.radians(degrees)
        cos, sin = math.cos(angle), math.sin(angle)
        return Spot(self.x * cos - self.y * sin, self.x * sin + self.y * cos)


@dataclass(frozen=True, slots=True)
class SeatLayout:
    """The spots of a table's seats, in the order of their numbers, and how large a seat is drawn."""

    spots: tuple[Spot, ...]
    radius: float


def seat_layout(table: RoomTable) -> SeatLayout:
    """Lay the seats out clockwise from the top, the table's turn included."""
    count = len(table.seats)
    if not count:
        return SeatLayout((), SEAT_RADIUS)
    if table.shape is Shape.ROUND:
        spots, spacing = _round_spots(count, table.width / 2)
    else:
        spots, spacing = _long_spots(count, table.width, table.height)
    return SeatLayout(tuple(spot.turned(table.turn) for spot in spots), min(SEAT_RADIUS, spacing * 0.46))


def reach(table: RoomTable) -> float:
    """Give how far a table with its seats reaches from its centre, at most."""
    away = SEAT_RADIUS * 2 + _GAP
    if table.shape is Shape.ROUND:
        return table.width / 2 + away
    return math.hypot(table.width / 2 + away, table.height / 2 + away)


def _round_spots(count: int, table_radius: float) -> tuple[list[Spot], float]:
    ring = table_radius + _GAP + SEAT_RADIUS
    top = Spot(0.0, -ring)
    return [top.turned(360 * place / count) for place in range(count)], math.tau * ring / count


def _long_spots(count: int, width: float, height: float) -> tuple[list[Spot], float]:
    ends = 1 if count >= _FEWEST_WITH_ENDS else 0
    along = count - 2 * ends
    above, below = math.ceil(along / 2), along // 2
    away = height / 2 + _GAP + SEAT_RADIUS
    over_end = width / 2 + _GAP + SEAT_RADIUS
    spots = [Spot(x, -away) for x in _spread(above, width)]
    spots += [Spot(over_end, 0.0)] * ends
    spots += [Spot(x, away) for x in reversed(_spread(below, width))]
    spots += [Spot(-over_end, 0.0)] * ends
    return spots, width / max(above, 1)


def _spread(count: int, width: float) -> list[float]:
    return [width * ((place + 0.5) / count - 0.5) for place in range(count)]
