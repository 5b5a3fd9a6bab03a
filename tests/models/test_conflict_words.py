"""What the inbox says about conflicts that the server's own code wrote, and what settling them does."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from models.admission import Person, count_inside, look_up_person
from models.attendance import Attendance
from models.conflict_words import (
    InboxItem,
    Settler,
    Way,
    conflict_words,
    count_open,
    keep,
    read_inbox,
    seat_elsewhere,
    see,
    settled_text,
    take_other,
    undo_second,
    way_text,
)
from models.door_words import event_zone
from models.ids import new_id
from models.operations.base import Operation
from models.operations.edits import FieldEdit
from models.operations.entries import RecordEntries
from models.operations.people import AttendeeField, EditAttendee, EditGuest, GuestField
from models.operations.seating import Placement, SeatAttendees
from models.people import Guest
from tests.helpers.conflict_rows import (
    admit_twice,
    entry_in,
    note_edited_twice,
    seat_refused,
    serve,
    walk_in_on_taken_seat,
)
from tests.helpers.door_event import DoorEvent, door_event

ZONE = event_zone("Europe/Berlin")
NOW = datetime(2026, 12, 12, 18, 30, tzinfo=UTC)
SEVEN_TWO = datetime(2026, 12, 12, 18, 2, tzinfo=UTC)


@pytest.fixture
def event(tmp_path: Path) -> Iterator[DoorEvent]:
    made = door_event(tmp_path)
    made.add_household("Lang", "Anna Lang")
    yield made
    made.copy.close()


def inbox(event: DoorEvent) -> list[InboxItem]:
    with event.copy.read() as connection:
        return read_inbox(connection, event.event_id)


def only(event: DoorEvent) -> InboxItem:
    (item,) = inbox(event)
    return item


def person(event: DoorEvent, name: str) -> Person:
    with event.copy.read() as connection:
        return look_up_person(connection, event.event_id, event.attendees[name]).people[0]


def settler(event: DoorEvent) -> Settler:
    return Settler(event.copy.identity.device_id, NOW, NOW)


def settle(event: DoorEvent, operations: list[Operation]) -> InboxItem:
    event.copy.run_all(operations)
    item = only(event)
    assert not item.is_open
    return item


def test_a_double_admission_is_told_in_one_sentence(event: DoorEvent) -> None:
    admit_twice(event, "Anna Lang", first_at=SEVEN_TWO)
    words = conflict_words(only(event), ZONE, NOW)
    assert words.sentence == "Anna Lang was let in twice: North 19:02, Garden 19:04, both offline"
    assert words.ways == (Way.KEEP, Way.UNDO_SECOND)


def test_who_was_moved_together_with_a_guest_without_the_seat_is_counted(event: DoorEvent) -> None:
    event.add_household("Moreau", "Ida Moreau", "Jun Moreau", "Kofi Moreau")
    wanted = {"Ida Moreau": ("8", 3), "Jun Moreau": ("9", 1), "Kofi Moreau": ("9", 2)}
    places = [Placement(attendee_id=event.attendees[who], seat_id=event.seats[seat]) for who, seat in wanted.items()]
    serve(event, SeatAttendees(placements=tuple(places)))
    words = conflict_words(only(event), ZONE, NOW)
    assert words.sentence == "Table 8, seat 3 was given twice: Adaeze Okafor keeps it, Ida Moreau does not"
    assert words.detail == "Ida Moreau has no seat now. 2 more were to move in the same step and stay as well."


def test_a_group_that_came_in_twice_is_one_conflict_and_undone_as_one(event: DoorEvent) -> None:
    event.add_household("Moreau", "Ida Moreau", "Jun Moreau", "Kofi Moreau")
    group = ("Ida Moreau", "Jun Moreau", "Kofi Moreau")
    admit_twice(event, *group, first_at=SEVEN_TWO)

    words = conflict_words(only(event), ZONE, NOW)
    assert words.sentence.split(" was ")[0].split(" were ")[0].endswith(" and 2 more")
    assert words.detail.startswith("Others may have come in with the same tickets.")
    assert way_text(Way.KEEP, only(event)) == "Keep all entries"
    assert way_text(Way.UNDO_SECOND, only(event)) == "Undo the second entries"

    settle(event, undo_second(only(event), settler(event)))
    for name in group:
        last = person(event, name).last_passage
        assert last is not None
        assert last.door_name == "North"


def test_entries_that_came_at_once_were_not_offline(event: DoorEvent) -> None:
    admit_twice(event, "Anna Lang", first_at=SEVEN_TWO, late=timedelta(seconds=1))
    assert conflict_words(only(event), ZONE, NOW).sentence == "Anna Lang was let in twice: North 19:02, Garden 19:04"


def test_a_door_with_a_wrong_clock_was_not_offline_for_that(event: DoorEvent) -> None:
    for door, behind in (("North", timedelta(minutes=10)), ("Garden", timedelta(minutes=-10))):
        entry = entry_in(event, "Anna Lang", door, SEVEN_TWO)
        entry = entry.model_copy(update={"device_at": SEVEN_TWO - behind})
        serve(event, RecordEntries(entries=(entry,)), at=SEVEN_TWO + timedelta(seconds=1))
    assert "offline" not in conflict_words(only(event), ZONE, NOW).sentence


def test_one_late_door_is_named(event: DoorEvent) -> None:
    admit_twice(event, "Anna Lang", first_at=SEVEN_TWO, late=timedelta(seconds=1))
    with event.copy.database.write() as connection:
        connection.exec_driver_sql(
            "UPDATE entries SET server_at = '2026-12-12T18:20:00.000000Z' WHERE door_name = 'Garden'"
        )
    assert conflict_words(only(event), ZONE, NOW).sentence.endswith("Garden 19:04, Garden offline")


def test_undoing_the_second_entry_keeps_the_first(event: DoorEvent) -> None:
    admit_twice(event, "Anna Lang", first_at=SEVEN_TWO)
    item = settle(event, undo_second(only(event), settler(event)))
    assert settled_text(item, ZONE, NOW).startswith("Second entry undone · ")
    assert person(event, "Anna Lang").attendance is Attendance.CHECKED_IN
    last = person(event, "Anna Lang").last_passage
    assert last is not None
    assert last.door_name == "North"
    with event.copy.read() as connection:
        assert count_inside(connection, event.event_id) == 1


def test_a_second_entry_that_was_undone_elsewhere_leaves_only_seen(event: DoorEvent) -> None:
    admit_twice(event, "Anna Lang", first_at=SEVEN_TWO)
    before = only(event)
    event.copy.run_all(undo_second(before, settler(event))[:1])
    words = conflict_words(only(event), ZONE, NOW)
    assert words.ways == (Way.SEEN,)
    assert len(undo_second(only(event), settler(event))) == 1


def test_keeping_both_entries_changes_no_entry(event: DoorEvent) -> None:
    admit_twice(event, "Anna Lang", first_at=SEVEN_TWO)
    item = settle(event, keep(only(event), settler(event)))
    assert item.resolution == "kept"
    with event.copy.read() as connection:
        assert count_open(connection, event.event_id) == 0


def test_a_walk_ins_taken_seat_offers_others(event: DoorEvent) -> None:
    walk_in_on_taken_seat(event, "Tomasz Łuczak", "8", 3)
    words = conflict_words(only(event), ZONE, NOW)
    assert words.sentence == "Table 8, seat 3 was given twice: Adaeze Okafor keeps it, Tomasz Łuczak does not"
    assert words.detail == "Tomasz Łuczak has no seat now."
    assert words.ways == (Way.SEAT_ELSEWHERE, Way.KEEP)
    settle(event, seat_elsewhere(only(event), event.seats["8", 7], settler(event)))
    assert (person(event, "Tomasz Łuczak").table, person(event, "Tomasz Łuczak").seat) == ("8", 7)


def test_a_refused_seat_tells_where_the_guest_sits_now(event: DoorEvent) -> None:
    event.seat("Anna Lang", "2", 1)
    seat_refused(event, "Anna Lang", "8", 3)
    item = only(event)
    words = conflict_words(item, ZONE, NOW)
    assert words.sentence == "Table 8, seat 3 was given twice: Adaeze Okafor keeps it, Anna Lang does not"
    assert words.detail == "Anna Lang sits at table 2, seat 1 now."
    settle(event, seat_elsewhere(item, event.seats["9", 1], settler(event)))
    assert person(event, "Anna Lang").table == "9"


def test_an_overwritten_note_can_be_put_back(event: DoorEvent) -> None:
    note_edited_twice(event, "Anna Lang", other="Bring to the host", kept="Speech at nine")
    words = conflict_words(only(event), ZONE, NOW)
    assert words.sentence == "The note for the door of Anna Lang was changed in two places at once"
    assert words.detail == "Note for the door: “Speech at nine” counts, “Bring to the host” was overwritten."
    assert words.ways == (Way.KEEP, Way.TAKE_OTHER)
    item = settle(event, take_other(only(event), settler(event)))
    assert (item.resolution, person(event, "Anna Lang").door_note) == ("merged", "Bring to the host")


def test_a_note_that_was_changed_again_is_not_put_back(event: DoorEvent) -> None:
    note_edited_twice(event, "Anna Lang", other="Bring to the host", kept="Speech at nine")
    edit = FieldEdit[str | None](seen="Speech at nine", new="No speech")
    event.copy.run(EditGuest(guest_id=event.guests["Anna Lang"], fields=GuestField(door_note=edit)))
    assert conflict_words(only(event), ZONE, NOW).ways == (Way.KEEP,)


def test_an_emptied_field_can_be_put_back_empty(event: DoorEvent) -> None:
    guest_id = event.guests["Anna Lang"]
    first = EditGuest(guest_id=guest_id, fields=GuestField(diet=FieldEdit[str | None](seen=None, new="vegan")))
    serve(event, first)
    late = EditGuest(guest_id=guest_id, fields=GuestField(diet=FieldEdit[str | None](seen="halal", new=None)))
    serve(event, late)
    item = only(event)
    assert conflict_words(item, ZONE, NOW).detail == "Diet: “nothing” counts, “vegan” was overwritten."
    event.copy.run_all(take_other(item, settler(event)))
    with event.copy.read() as connection:
        assert connection.scalar(select(Guest.diet).where(Guest.id == guest_id)) == "vegan"


def test_several_fields_are_listed_in_one_sentence(event: DoorEvent) -> None:
    def edit(note: str, diet: str) -> EditGuest:
        return EditGuest(
            guest_id=event.guests["Anna Lang"],
            fields=GuestField(
                door_note=FieldEdit[str | None](seen=None, new=note), diet=FieldEdit[str | None](seen=None, new=diet)
            ),
        )

    serve(event, edit("A", "vegan"))
    serve(event, edit("B", "halal"))
    words = conflict_words(only(event), ZONE, NOW)
    assert "note for the door" in words.sentence
    assert "diet" in words.sentence
    assert " were changed in two places" in words.sentence


def test_other_peoples_fields_can_only_be_left(event: DoorEvent) -> None:
    def edit(meal: str) -> EditAttendee:
        edits = AttendeeField(meal=FieldEdit[str | None](seen=None, new=meal))
        return EditAttendee(attendee_id=event.attendees["Anna Lang"], fields=edits)

    serve(event, edit("fish"))
    serve(event, edit("beef"))
    words = conflict_words(only(event), ZONE, NOW)
    assert words.sentence == "The meal of Anna Lang was changed in two places at once"
    assert words.ways == (Way.KEEP,)


def test_a_seat_changed_twice_names_the_places(event: DoorEvent) -> None:
    anna = event.attendees["Anna Lang"]
    serve(event, SeatAttendees(placements=(Placement(attendee_id=anna, seat_id=event.seats["2", 1]),)))
    serve(event, SeatAttendees(placements=(Placement(attendee_id=anna, seat_id=event.seats["3", 4]),)))
    words = conflict_words(only(event), ZONE, NOW)
    assert words.sentence == "The seat of Anna Lang was changed in two places at once"
    assert words.detail == "Seat: “table 3, seat 4” counts, “table 2, seat 1” was overwritten."


def test_seats_that_one_change_overwrote_together_are_one_conflict(event: DoorEvent) -> None:
    event.add_household("Moreau", "Ida Moreau")
    names = ("Anna Lang", "Ida Moreau")

    def seat_both(table: str) -> None:
        seats = {name: event.seats[table, number] for number, name in enumerate(names, 1)}
        moves = tuple(Placement(attendee_id=event.attendees[name], seat_id=seat) for name, seat in seats.items())
        serve(event, SeatAttendees(placements=moves))

    seat_both("2")
    seat_both("3")
    words = conflict_words(only(event), ZONE, NOW)
    assert words.sentence == "The seat of Anna Lang and 1 more was changed in two places at once"


def test_a_refused_change_gives_its_reason(event: DoorEvent) -> None:
    serve(event, SeatAttendees(placements=(Placement(attendee_id=new_id(), seat_id=None),)))
    words = conflict_words(only(event), ZONE, NOW)
    assert words.sentence == "A change of the seat did not hold and was left out"
    assert words.detail.startswith("The attendee is not there any more")
    assert settle(event, see(only(event), settler(event))).resolution == "seen"


def test_a_walk_in_over_the_capacity_is_told(event: DoorEvent) -> None:
    event.add_household("Big", *(f"Guest {number}" for number in range(12)))
    walk_in_on_taken_seat(event, "Tomasz Łuczak", "9", 1)
    words = conflict_words(only(event), ZONE, NOW)
    assert words.sentence == "Tomasz Łuczak came in over the capacity: 21 people for 20 places"
    assert words.ways == (Way.SEEN,)


def test_open_ones_stand_before_settled_ones(event: DoorEvent) -> None:
    admit_twice(event, "Anna Lang", first_at=SEVEN_TWO)
    event.copy.run_all(keep(only(event), settler(event)))
    admit_twice(event, "Omar Abu Zaid", first_at=SEVEN_TWO - timedelta(hours=1))
    assert [(item.subject, item.is_open) for item in inbox(event)] == [("Omar Abu Zaid", True), ("Anna Lang", False)]


def test_every_way_has_a_name(event: DoorEvent) -> None:
    admit_twice(event, "Anna Lang", first_at=SEVEN_TWO)
    assert {way_text(way, only(event)) for way in Way} == {
        "Keep both entries",
        "Undo the second entry",
        "Seat elsewhere…",
        "Take the other one",
        "Seen",
    }
