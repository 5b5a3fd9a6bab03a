"""People who belong together get seats side by side wherever the table allows it."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.invitations import Rsvp
from models.room import RoomGuest, RoomSeat, RoomTable
from models.seat_choice import Shortage, free_seats, seats_for, shortage
from models.seating import Shape


def guest(key: str) -> RoomGuest:
    return RoomGuest(key, key, key, key, "?", Rsvp.ACCEPTED, None, None, None, (), "h", "Household", f"seat {key}")


def table(pattern: str) -> RoomTable:
    """One letter a seat: "." free, "x" blocked, any other letter is who sits there."""
    seats = tuple(
        RoomSeat(str(number), number, "regular", False, sign == "x", guest(sign) if sign not in ".x" else None)
        for number, sign in enumerate(pattern, 1)
    )
    return RoomTable("t", "1", Shape.ROUND, 0, 0, 0, 1800, 1800, seats)


def numbers(seats: tuple[RoomSeat, ...] | None) -> list[int] | None:
    return None if seats is None else [seat.number for seat in seats]


@pytest.mark.parametrize(
    ("pattern", "count", "chosen"),
    [
        ("........", 3, [1, 2, 3]),
        ("a...b...", 3, [2, 3, 4]),
        ("a.b...c.", 3, [4, 5, 6]),
        ("..abcd..", 4, [7, 8, 1, 2]),
        ("a....b..", 2, [7, 8]),
        ("a.b.c.d.", 2, [2, 4]),
        ("..x..a", 2, [1, 2]),
        (".", 1, [1]),
    ],
)
def test_free_neighbours_are_preferred_and_the_gap_that_fits(pattern: str, count: int, chosen: list[int]) -> None:
    assert numbers(seats_for(table(pattern), count)) == chosen


def test_seats_nearest_together_are_taken_when_there_is_no_gap() -> None:
    assert numbers(seats_for(table("a.bc.d.e."), 3)) == [5, 7, 9]


def test_a_blocked_seat_is_never_taken() -> None:
    assert numbers(seats_for(table("x..x.x"), 3)) == [2, 3, 5]
    assert seats_for(table("x..x.x"), 4) is None


def test_those_who_move_leave_their_own_seats_free() -> None:
    full = table("abcd")
    assert free_seats(full) == ()
    assert numbers(seats_for(full, 2, moving={"b", "c"})) == [2, 3]


def test_the_party_begins_at_the_seat_it_was_put_on() -> None:
    assert numbers(seats_for(table("........"), 3, start="6")) == [6, 7, 8]


def test_a_seat_at_the_end_of_a_gap_is_filled_from_the_other_side() -> None:
    assert numbers(seats_for(table("a....b.."), 3, start="5")) == [3, 4, 5]


def test_a_taken_seat_cannot_be_the_first() -> None:
    assert seats_for(table("a..."), 2, start="1") is None


def test_a_table_that_is_too_full_says_how_many_are_free_and_needed() -> None:
    short = shortage(table("abcdefg..."), 4)
    assert short == Shortage(free=3, needed=4)
    assert Shortage(free=3, needed=4).sentence == "3 free, 4 needed"
    assert shortage(table("abcdefg..."), 3) is None


@given(st.text(alphabet=".xa", min_size=1, max_size=14), st.integers(1, 14))
def test_whatever_the_table_exactly_the_free_seats_are_used(pattern: str, count: int) -> None:
    chosen = seats_for(table(pattern), count)
    if pattern.count(".") < count:
        assert chosen is None
        return
    assert chosen is not None
    assert len({seat.id for seat in chosen}) == count
    assert all(pattern[seat.number - 1] == "." for seat in chosen)


@given(st.text(alphabet=".a", min_size=2, max_size=12), st.integers(1, 6))
def test_a_row_is_found_whenever_there_is_one(pattern: str, count: int) -> None:
    ring = pattern + pattern
    there_is_one = "." * count in ring and count <= len(pattern)
    chosen = seats_for(table(pattern), count)
    if chosen is None:
        assert not there_is_one
        return
    steps = [(b.number - a.number) % len(pattern) for a, b in pairwise(chosen)]
    assert all(step == 1 for step in steps) == there_is_one
