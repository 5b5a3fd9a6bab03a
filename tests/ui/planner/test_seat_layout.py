"""Seats stand round their table clockwise from the top."""

import math

import pytest

from models.room import RoomSeat, RoomTable
from models.seating import Shape
from ui.planner.seat_layout import SEAT_RADIUS, Spot, seat_layout


def table(shape: Shape, seats: int, width: int, height: int, turn: int = 0) -> RoomTable:
    places = tuple(RoomSeat(str(number), number, "regular", False, False) for number in range(1, seats + 1))
    return RoomTable("t", "1", shape, 0, 0, turn, width, height, places)


def test_a_round_table_begins_at_the_top_and_goes_clockwise() -> None:
    top, right, bottom, left = seat_layout(table(Shape.ROUND, 4, 1800, 1800)).spots
    assert (round(top.x), top.y < -900) == (0, True)
    assert (right.x > 900, round(right.y)) == (True, 0)
    assert bottom.y > 900
    assert left.x < -900


def test_a_long_table_has_one_seat_at_each_end() -> None:
    spots = seat_layout(table(Shape.RECTANGLE, 10, 3600, 900)).spots
    assert [spot.y < -450 for spot in spots[:4]] == [True] * 4
    assert spots[4].x > 1800
    assert [spot.y > 450 for spot in spots[5:9]] == [True] * 4
    assert spots[9].x < -1800
    assert spots[0].x < spots[3].x
    assert spots[5].x > spots[8].x


def test_a_small_long_table_has_seats_at_its_sides_only() -> None:
    spots = seat_layout(table(Shape.RECTANGLE, 4, 1400, 800)).spots
    assert {spot.y < 0 for spot in spots[:2]} == {True}
    assert {spot.y > 0 for spot in spots[2:]} == {True}


def test_a_quarter_turn_brings_the_first_seat_to_the_right() -> None:
    first = seat_layout(table(Shape.ROUND, 8, 1800, 1800, turn=90)).spots[0]
    assert (first.x > 900, round(first.y)) == (True, 0)
    assert Spot(0, -1).turned(90).x == pytest.approx(1)


@pytest.mark.parametrize("seats", [1, 2, 7, 10, 20, 40])
def test_seats_do_not_overlap_however_many(seats: int) -> None:
    layout = seat_layout(table(Shape.ROUND, seats, 1800, 1800))
    assert layout.radius <= SEAT_RADIUS
    apart = [
        math.hypot(one.x - other.x, one.y - other.y)
        for at, one in enumerate(layout.spots)
        for other in layout.spots[at + 1 :]
    ]
    assert all(distance >= 2 * layout.radius * 0.99 for distance in apart)
