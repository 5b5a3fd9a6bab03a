"""One reading gives the whole room, with the people as the planner shows them."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import event

from models.invitations import Rsvp
from models.operations.people import HideGuests
from models.operations.seating import MoveTables, RemoveTables, TablePlace
from models.room import Marker, initials, label_order, read_room, short_names
from models.seating import Shape
from tests.helpers.seating_plan import SeatingPlan, harbour_dinner


@pytest.fixture(scope="module")
def dinner(tmp_path_factory: pytest.TempPathFactory) -> SeatingPlan:
    made = harbour_dinner(tmp_path_factory.mktemp("dinner"))
    made.copy.close()
    return made


@pytest.fixture
def plan(dinner: SeatingPlan, tmp_path: Path) -> Iterator[SeatingPlan]:
    opened = dinner.copied_to(tmp_path)
    yield opened
    opened.copy.close()


def test_a_room_has_its_tables_in_the_order_of_their_labels_with_seats_clockwise(plan: SeatingPlan) -> None:
    room = plan.room
    assert [table.label for table in room.tables] == ["1", "2", "3", "10"]
    long = room.tables[-1]
    assert (long.shape, long.x, long.y, long.width, long.height) == (Shape.RECTANGLE, 4_000, 11_000, 1_800, 900)
    assert [seat.number for seat in long.seats] == [1, 2, 3, 4, 5, 6]
    assert room.plan is not None
    assert (room.plan.name, room.plan.width, room.plan.height) == ("Hall", 20_000, 15_000)


def test_everybody_is_found_on_their_seat(plan: SeatingPlan) -> None:
    room = plan.room
    maja = plan.attendees["Maja Lindqvist"]
    table = room.table_at_which(maja)
    assert table is not None
    assert table.label == "2"
    assert [guest.name for guest in table.sitting] == ["Maja Lindqvist", "Øyvind Sørensen"]
    assert room.table_at_which(plan.attendees["Inés Castellanos"]) is None


def test_who_comes_and_has_no_seat_waits_by_household(plan: SeatingPlan) -> None:
    room = plan.room
    assert [(household.name, len(household.guests)) for household in room.waiting] == [
        ("Castellanos", 1),
        ("Okafor", 4),
    ]
    assert (room.seated_count, room.waiting_count, room.coming_count) == (9, 5, 14)
    assert room.guests[plan.attendees["Elif Yıldız"]].rsvp is Rsvp.DECLINED


def test_hidden_guests_and_tables_are_not_in_the_room(plan: SeatingPlan) -> None:
    plan.copy.run(HideGuests(attendee_ids=(plan.attendees["Inés Castellanos"],)))
    plan.copy.run(RemoveTables(table_ids=(plan.tables["1"],)))
    room = plan.room
    assert plan.attendees["Inés Castellanos"] not in room.guests
    assert [household.name for household in room.waiting] == ["Okafor"]
    assert plan.tables["1"] not in room.table_by_id


def test_a_guest_carries_what_to_think_of(plan: SeatingPlan) -> None:
    plan.add_household(
        "Whitcombe", "Rosalind Whitcombe", access_needs="wheelchair", tags=("VIP", "board"), meal="child"
    )
    rosalind = plan.room.guests[plan.attendees["Rosalind Whitcombe"]]
    assert rosalind.markers == (Marker.ACCESS, Marker.VIP, Marker.CHILD)
    assert "wheelchair" in rosalind.searched
    maja = plan.room.guests[plan.attendees["Maja Lindqvist"]]
    assert maja.markers == (Marker.DIET,)
    assert "sorensen" in maja.searched


def test_only_tables_that_changed_differ_between_two_readings(plan: SeatingPlan) -> None:
    before = plan.room
    plan.copy.run(MoveTables(places=(TablePlace(table_id=plan.tables["1"], x=5_000, y=5_000, turn=0),)))
    after = plan.room
    assert [table.label for table in after.tables if table != before.table_by_id[table.id]] == ["1"]


def test_a_room_is_read_in_four_statements(plan: SeatingPlan) -> None:
    statements: list[str] = []
    with plan.copy.read() as connection:
        event.listen(connection, "before_cursor_execute", lambda *args: statements.append(args[2]))
        read_room(connection, plan.event_id)
    assert len(statements) == 4


def test_another_event_has_no_room_here(plan: SeatingPlan) -> None:
    with plan.copy.read() as connection:
        room = read_room(connection, "00000000-0000-0000-0000-000000000000")
    assert (room.plan, room.tables, dict(room.guests)) == (None, (), {})


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("Maja Lindqvist", "ML"),
        ("Nguyễn Thị Lan", "NL"),
        ("Dr. Ana Maria Pérez", "AP"),
        ("Cher", "C"),
        ("øyvind sørensen", "ØS"),
        ("石川 美咲", "石美"),
        ("ريم الخطيب", "ر\u200cا"),
        ("…", "?"),
    ],
)
def test_initials_are_one_or_two_letters_of_any_script(name: str, letters: str) -> None:
    assert initials(name) == letters


@pytest.mark.parametrize(
    ("household", "names", "short"),
    [
        ("Okafor", ["Adaeze Okafor", "Ike Okafor"], ["Adaeze", "Ike"]),
        ("Nguyễn", ["Nguyễn Thị Lan", "Nguyễn Bảo"], ["Thị Lan", "Bảo"]),
        ("Ishikawa", ["石川 美咲", "石川 健太"], ["美咲", "健太"]),
        ("Lindqvist & Sørensen", ["Maja Lindqvist", "Øyvind Sørensen"], ["Maja", "Øyvind"]),
        ("Marlow Architects", ["Yetunde Bakare"], ["Yetunde"]),
        ("Haddad-Moreau", ["Salma Haddad", "Étienne Moreau"], ["Salma", "Étienne"]),
    ],
)
def test_short_names_leave_out_what_the_household_shares(household: str, names: list[str], short: list[str]) -> None:
    assert short_names(household, names) == short


def test_labels_sort_as_people_count() -> None:
    assert sorted(["10", "2", "Head", "1", "B2", "B10"], key=label_order) == ["1", "2", "10", "B2", "B10", "Head"]
