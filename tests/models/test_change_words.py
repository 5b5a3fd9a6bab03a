"""What a change is called, and whom it is about."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from models.change_words import LONGEST_READ, ChangeKind, change_about, change_title, count_text, counts_text, kind_of
from models.invitations import Rsvp
from models.operations.base import REGISTER, Operation
from models.operations.edits import FieldEdit
from models.operations.entries import RecordEntries
from models.operations.events import DoorField, EditDoor
from models.operations.people import AddGuests, Answer, EditGuest, GuestField, HideGuests, SetRsvp
from models.operations.seating import MoveTables, RemoveTables, SeatAttendees, TablePlace
from models.operations.tickets import IssueTickets, RevokeTicket
from tests.helpers.small_event import SmallEvent, new_household, new_ticket, small_event


@pytest.fixture
def event(tmp_path: Path) -> Iterator[SmallEvent]:
    made = small_event(tmp_path)
    yield made
    made.copy.close()


def about(event: SmallEvent, what: Operation) -> str:
    with event.copy.read() as connection:
        return change_about(connection, what.model_dump_json())


@pytest.mark.parametrize("name", sorted(REGISTER))
def test_every_operation_has_a_kind_and_a_title(name: str) -> None:
    assert kind_of(name) is not ChangeKind.OTHER
    assert change_title(name) != "Change"


@pytest.mark.parametrize("kind", list(ChangeKind))
def test_every_kind_is_counted_in_words(kind: ChangeKind) -> None:
    assert count_text(kind, 1).startswith("1 ")
    assert count_text(kind, 12).startswith("12 ")
    assert count_text(kind, 1).removeprefix("1") != count_text(kind, 12).removeprefix("12")


def test_an_operation_of_a_newer_usher_is_another_change() -> None:
    assert (kind_of("dance.v1"), change_title("dance.v1")) == (ChangeKind.OTHER, "Change")
    assert kind_of("seat_attendees.v2") is ChangeKind.SEAT


def test_the_most_stands_first_and_nothing_is_said_of_none() -> None:
    counts = {ChangeKind.SEAT: 2, ChangeKind.ENTRY: 12, ChangeKind.TABLE: 0}
    assert counts_text(counts) == "12 entries, 2 seat changes"
    assert counts_text({}) == ""


def test_a_seat_change_names_guest_table_and_seat(event: SmallEvent) -> None:
    one = event.place("Åsa Lindqvist", "2", 1)
    nowhere = event.place("Sami Quispe", None)
    assert about(event, SeatAttendees(placements=(one,))) == "Åsa Lindqvist → Table 2, seat 1"
    assert about(event, SeatAttendees(placements=(nowhere,))) == "Sami Quispe → no seat"
    assert about(event, SeatAttendees(placements=(one, nowhere))) == "Åsa Lindqvist & Sami Quispe"


def test_people_are_named_whatever_is_done_to_them(event: SmallEvent) -> None:
    wayra = event.attendees["Wayra Quispe"]
    edit = EditGuest(
        guest_id=event.guests["Wayra Quispe"], fields=GuestField(email=FieldEdit(seen=None, new="wayra@example.org"))
    )
    answer = Answer(attendee_id=wayra, rsvp=FieldEdit(seen=Rsvp.ACCEPTED, new=Rsvp.DECLINED))
    assert about(event, edit) == "Wayra Quispe"
    assert about(event, SetRsvp(answers=(answer,))) == "Wayra Quispe"
    assert about(event, RecordEntries(entries=(event.entry("Kerem Marangoz"),))) == "Kerem Marangoz"
    assert (
        about(event, AddGuests(households=(new_household(event, "Roy", "Anik Roy", "Mira Roy"),))) == "Anik & Mira Roy"
    )


def test_guests_who_are_gone_are_still_named(event: SmallEvent) -> None:
    hide = HideGuests(attendee_ids=(event.attendees["Sami Quispe"],))
    event.copy.run(hide)
    assert about(event, hide) == "Sami Quispe"


def test_tickets_name_their_holder_and_no_code(event: SmallEvent) -> None:
    for_one = new_ticket(attendee_id=event.attendees["Kerem Marangoz"])
    for_all = new_ticket(invitation_id=event.invitations["Quispe"], admits=3)
    issue = IssueTickets(tickets=(for_one, for_all))
    assert about(event, issue) == "Kerem Marangoz & Quispe"
    event.copy.run(issue)
    assert about(event, RevokeTicket(ticket_id=for_one.ticket_id)) == "Kerem Marangoz"
    assert about(event, RevokeTicket(ticket_id=for_all.ticket_id)) == "Quispe"


def test_tables_and_doors_are_named(event: SmallEvent) -> None:
    one, two = event.tables["1"], event.tables["2"]
    moved = MoveTables(places=(TablePlace(table_id=two, x=1, y=1, turn=0),))
    renamed = EditDoor(door_id=event.door_id, fields=DoorField(name=FieldEdit(seen="Main door", new="Garden")))
    assert about(event, moved) == "Table 2"
    assert about(event, RemoveTables(table_ids=(two, one))) == "Tables 1, 2"
    assert about(event, renamed) == "Main door"


@pytest.mark.parametrize("arguments", ["", "[]", "nonsense", '{"placements": 3}', '{"attendee_ids": [null]}', "{}"])
def test_arguments_that_tell_nothing_give_nothing(event: SmallEvent, arguments: str) -> None:
    with event.copy.read() as connection:
        assert change_about(connection, arguments) == ""


def test_an_import_is_not_read_through(event: SmallEvent) -> None:
    long = json.dumps({"guest_name": "Anik Roy", "notes": "x" * LONGEST_READ})
    with event.copy.read() as connection:
        assert change_about(connection, long) == ""
        assert change_about(connection, json.dumps({"guest_name": "Anik Roy"})) == "Anik Roy"
