"""What a door's screen reads beside verdicts: room, log, companions, names."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from models.admission import Person
from models.attendance import Verdict
from models.check_in import CheckIn
from models.door_desk import (
    LogLine,
    companions_of,
    decide_household,
    follow_names,
    found_people,
    last_to_undo,
    name_index,
    read_desk,
    read_log,
)
from models.events import Direction
from models.invitations import Attendee, Rsvp
from models.operations.edits import FieldEdit
from models.operations.people import EditGuest, GuestField, HideGuests
from models.people import Guest
from tests.helpers.door_event import DoorEvent, door_event


@pytest.fixture
def event(tmp_path: Path) -> Iterator[DoorEvent]:
    made = door_event(tmp_path)
    yield made
    made.copy.close()


def log(event: DoorEvent) -> list[LogLine]:
    with event.copy.read() as connection:
        return read_log(connection, event.event_id, event.copy.identity.device_id, 10)


def people(event: DoorEvent, text: str) -> list[str]:
    with event.copy.read() as connection:
        index = name_index(connection, event.event_id)
        return [one.name for one in found_people(connection, event.event_id, index, text, 8)]


def test_the_desk_knows_the_event_the_door_and_the_room_of_a_table(event: DoorEvent) -> None:
    with event.copy.read() as connection:
        desk = read_desk(connection, event.event_id, event.doors["North door"])
    assert (desk.title, desk.time_zone, desk.door.name) == ("Harbour Foundation Gala", "Europe/Berlin", "North door")
    room = desk.room_of(event.tables["8"])
    assert room is not None
    assert len(room.tables) == 21
    assert desk.room_of("nowhere") is None


def test_the_log_puts_the_entries_of_one_operation_together_newest_first(event: DoorEvent) -> None:
    check_in = CheckIn(event.copy)
    check_in.show_person(event.attendees["Omar Abu Zaid"])
    check_in.admit_chosen([event.attendees["Jürgen Brandt"], event.attendees["Heike Brandt"]])
    check_in.show_code("nonsense")
    lines = log(event)
    assert [line.names for line in lines] == [(), ("Heike Brandt", "Jürgen Brandt"), ("Omar Abu Zaid",)]
    assert (lines[0].verdict, lines[0].passed, lines[1].people) == (Verdict.UNKNOWN_CODE, False, 2)


def test_what_was_undone_is_marked_and_not_undone_again(event: DoorEvent) -> None:
    check_in = CheckIn(event.copy)
    first = check_in.show_person(event.attendees["Omar Abu Zaid"])
    second = check_in.show_person(event.attendees["Heike Brandt"])
    check_in.show_code("nonsense")
    line = last_to_undo(log(event))
    assert line is not None
    assert line.entry_ids == second.entry_ids
    check_in.undo(line.entry_ids)
    assert [one.undone for one in log(event)] == [False, True, False]
    line = last_to_undo(log(event))
    assert line is not None
    assert line.entry_ids == first.entry_ids


def test_companions_are_those_on_the_invitation_who_come_and_have_not_come_yet(event: DoorEvent) -> None:
    event.add_household("Lang", "Anna Lang", rsvp=Rsvp.DECLINED)
    check_in = CheckIn(event.copy)
    check_in.show_person(event.attendees["Chidi Okafor"])
    shown = check_in.show_person(event.attendees["Adaeze Okafor"]).decision.people
    with event.copy.read() as connection:
        names = [one.name for one in companions_of(connection, event.event_id, shown)]
        assert companions_of(connection, event.event_id, ()) == ()
    assert names == ["Ike Okafor", "Ngozi Okafor"]


def test_a_household_can_be_offered_without_its_code(event: DoorEvent) -> None:
    decision = decide_household(event.copy, event.invitations["Okafor"], None, Direction.IN)
    assert (decision.verdict, len(decision.open_ids)) == (Verdict.GROUP, 4)
    assert log(event) == []


def test_names_are_found_without_their_accents(event: DoorEvent) -> None:
    event.add_household("Łuczak", "Tomasz Łuczak", "Søren Nørgård")
    assert people(event, "lucz") == ["Tomasz Łuczak"]
    assert people(event, "norg") == ["Søren Nørgård"]
    assert people(event, "jurgen bra") == ["Jürgen Brandt"]
    assert people(event, "zzzz") == []


def test_the_index_follows_new_renamed_and_hidden_guests(event: DoorEvent) -> None:
    with event.copy.read() as connection:
        index = name_index(connection, event.event_id)

    def found(text: str) -> tuple[Person, ...]:
        with event.copy.read() as connection:
            return found_people(connection, event.event_id, index, text, 8)

    event.add_household("Lang", "Anna Lang")
    rename = FieldEdit[str](seen="Omar Abu Zaid", new="Omar Haddad")
    change = event.copy.run(EditGuest(guest_id=event.guests["Omar Abu Zaid"], fields=GuestField(name=rename)))
    change = change.joined_with(event.copy.run(HideGuests(attendee_ids=(event.attendees["Heike Brandt"],))))
    with event.copy.read() as connection:
        follow_names(connection, index, frozenset({event.attendees["Anna Lang"]}), frozenset())
        follow_names(connection, index, change.ids(Attendee), change.ids(Guest))
    assert [one.name for one in found("lang")] == ["Anna Lang"]
    assert [one.name for one in found("haddad")] == ["Omar Haddad"]
    assert found("zaid") == ()
    assert found("heike") == ()
