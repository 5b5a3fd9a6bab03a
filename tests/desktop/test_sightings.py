"""Tests of telling a ticket that is held up from one that is still held up."""

from desktop.codes.read_codes import FRAMES_OUT_OF_SIGHT
from desktop.codes.sightings import Sightings


def test_a_ticket_held_still_is_new_once() -> None:
    sightings = Sightings(1.0)

    assert [sightings.new_among(["A"], at / 30) for at in range(3)] == [["A"], [], []]


def test_a_ticket_that_is_missed_in_some_frames_is_still_held_up() -> None:
    sightings = Sightings(0.0)
    sightings.new_among(["A"], 0.0)
    for _ in range(FRAMES_OUT_OF_SIGHT - 1):
        sightings.new_among([], 0.0)

    assert sightings.new_among(["A"], 0.0) == []


def test_a_ticket_that_was_lowered_is_new_again() -> None:
    sightings = Sightings(0.0)
    sightings.new_among(["A"], 0.0)
    for _ in range(FRAMES_OUT_OF_SIGHT):
        sightings.new_among([], 0.0)

    assert sightings.new_among(["A"], 0.0) == ["A"]


def test_a_fast_camera_gives_the_hand_its_time_all_the_same() -> None:
    sightings = Sightings(1.0)
    sightings.new_among(["A"], 0.0)
    for at in range(1, 100):
        sightings.new_among([], at / 120)

    assert sightings.new_among(["A"], 0.9) == []
    for at in range(100):
        sightings.new_among([], 0.9 + at / 60)
    assert sightings.new_among(["A"], 2.6) == ["A"]


def test_a_slow_camera_gives_the_reader_its_frames_all_the_same() -> None:
    sightings = Sightings(1.0)
    sightings.new_among(["A"], 0.0)

    assert sightings.new_among(["A"], 5.0) == []


def test_two_tickets_in_one_frame_are_two_and_two_copies_are_one() -> None:
    assert Sightings(1.0).new_among(["A", "B", "A"], 0.0) == ["A", "B"]
