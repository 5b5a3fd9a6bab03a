"""Attendance is read off the entries, in the order in which they happened."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import permutations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.attendance import (
    Attendance,
    Passage,
    Verdict,
    attendance,
    double_admissions,
    passages_of,
    standing,
)
from models.operations.entries import RecordEntries
from tests.helpers.small_event import STARTS, SmallEvent, small_event


def _passage(name: str, direction: str = "in", minute: float = 0, **values: object) -> Passage:
    """Make an entry; its id and the id of its operation are its name unless something else is said."""
    made = Passage(
        id=name,
        op_id=name,
        attendee_id="somebody",
        ticket_serial=None,
        direction=direction,
        passed=True,
        verdict=Verdict.ADMITTED,
        shown_name="Sami Quispe",
        door_name="Main door",
        staff_name="",
        device_id="tablet",
        happened_at=STARTS + timedelta(minutes=minute),
        forced_reason=None,
        undoes=None,
        people=1,
    )
    return replace(made, **values)


def _undo(name: str, of: Passage, minute: float = 99) -> Passage:
    return _passage(name, minute=minute, passed=False, undoes=of.id)


def _pairs(*passages: Passage) -> list[tuple[str, str]]:
    return [(first.id, second.id) for first, second in double_admissions(passages)]


def test_without_an_entry_nobody_is_there() -> None:
    assert attendance([]) is Attendance.NOT_CHECKED_IN


def test_the_last_passage_says_where_somebody_is() -> None:
    came, went, came_back = _passage("a"), _passage("b", "out", 10), _passage("c", "in", 20)
    assert attendance([came]) is Attendance.CHECKED_IN
    assert attendance([came, went]) is Attendance.LEFT
    assert attendance([came, went, came_back]) is Attendance.CHECKED_IN


def test_an_in_that_becomes_known_late_does_not_undo_a_later_out() -> None:
    went = _passage("b", "out", 10)
    late = _passage("a", "in", 5)
    assert attendance([went, late]) is Attendance.LEFT


def test_at_the_same_moment_the_operations_id_decides_everywhere_alike() -> None:
    came, went = _passage("a"), _passage("b", "out")
    for order in permutations((came, went)):
        assert [one.id for one in standing(order)] == ["a", "b"]
        assert attendance(order) is Attendance.LEFT
    swapped = (replace(came, op_id="z"), went)
    assert attendance(swapped) is Attendance.CHECKED_IN


def test_who_was_turned_away_is_not_inside() -> None:
    assert attendance([_passage("a", passed=False, verdict=Verdict.DECLINED)]) is Attendance.NOT_CHECKED_IN


def test_who_was_let_in_all_the_same_is_inside() -> None:
    forced = _passage("a", verdict=Verdict.DECLINED, forced_reason="The bride says so")
    assert attendance([forced]) is Attendance.CHECKED_IN


def test_an_undone_entry_does_not_count_whenever_the_undoing_becomes_known() -> None:
    came, went = _passage("a"), _passage("b", "out", 10)
    assert attendance([_undo("u", came), came]) is Attendance.NOT_CHECKED_IN
    assert attendance([came, went, _undo("u", went)]) is Attendance.CHECKED_IN
    assert attendance([_undo("u", came)]) is Attendance.NOT_CHECKED_IN


def test_two_ins_that_did_not_know_of_each_other_are_a_double_admission() -> None:
    assert _pairs(_passage("b", minute=3), _passage("a")) == [("a", "b")]


def test_after_going_out_coming_in_again_is_none() -> None:
    assert _pairs(_passage("a"), _passage("b", "out", 1), _passage("c", minute=2)) == []
    assert _pairs(_passage("a"), _passage("b", minute=1), _passage("c", "out", 2), _passage("d", minute=3)) == [
        ("a", "b")
    ]


def test_three_ins_are_three_pairs() -> None:
    three = (_passage("a"), _passage("b", minute=1), _passage("c", minute=2))
    assert sorted(_pairs(*three)) == [("a", "b"), ("a", "c"), ("b", "c")]


def test_an_in_that_was_forced_over_already_inside_knew_of_the_other() -> None:
    forced = _passage("b", minute=1, verdict=Verdict.ALREADY_INSIDE, forced_reason="Lost the badge")
    assert _pairs(_passage("a"), forced) == []
    assert _pairs(_passage("a"), forced, _passage("c", minute=2)) == [("a", "c")]


def test_an_in_that_was_forced_for_another_reason_did_not() -> None:
    forced = _passage("b", minute=1, verdict=Verdict.UNPAID, forced_reason="Pays inside")
    assert _pairs(_passage("a"), forced) == [("a", "b")]


def test_an_undone_or_refused_in_makes_no_pair() -> None:
    first, second = _passage("a"), _passage("b", minute=1)
    assert _pairs(first, second, _undo("u", second)) == []
    assert _pairs(first, replace(second, passed=False, verdict=Verdict.ALREADY_INSIDE)) == []


def test_an_undone_out_leaves_the_ins_before_and_after_it_as_a_pair() -> None:
    went = _passage("b", "out", 1)
    assert _pairs(_passage("a"), went, _passage("c", minute=2), _undo("u", went)) == [("a", "c")]


def test_the_entries_of_one_operation_are_no_pair() -> None:
    assert _pairs(_passage("a", op_id="one"), _passage("b", op_id="one", minute=1)) == []


@given(
    st.lists(
        st.tuples(st.sampled_from(["in", "out"]), st.integers(0, 5), st.sampled_from("abc"), st.booleans()), max_size=8
    ),
    st.randoms(use_true_random=False),
)
def test_the_order_in_which_entries_become_known_changes_nothing(
    drawn: list[tuple[str, int, str, bool]], random
) -> None:
    passages = [
        _passage(f"{number}", direction, minute, op_id=op_id, passed=passed)
        for number, (direction, minute, op_id, passed) in enumerate(drawn)
    ]
    shuffled = list(passages)
    random.shuffle(shuffled)
    assert standing(shuffled) == standing(passages)
    assert attendance(shuffled) is attendance(passages)
    assert double_admissions(shuffled) == double_admissions(passages)


@pytest.fixture
def event(tmp_path: Path) -> Iterator[SmallEvent]:
    made = small_event(tmp_path)
    yield made
    made.copy.close()


def test_passages_are_read_back_as_they_were_recorded(event: SmallEvent) -> None:
    came = event.entry("Sami Quispe")
    went = event.entry("Sami Quispe", direction="out", happened_at=STARTS + timedelta(minutes=5))
    other = event.entry("Wayra Quispe")
    event.copy.run(RecordEntries(entries=(went, other)))
    event.copy.run(RecordEntries(entries=(came,)))
    many = [event.attendees["Sami Quispe"], *(f"nobody {number}" for number in range(600))]
    with event.copy.read() as connection:
        found = passages_of(connection, many)
        assert passages_of(connection, []) == []
    assert [one.id for one in standing(found)] == [came.entry_id, went.entry_id]
    assert attendance(found) is Attendance.LEFT
