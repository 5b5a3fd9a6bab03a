"""Operations on rooms and tables, and the rule that a seat holds one person."""

from __future__ import annotations

import pytest
from sqlalchemy import select, update

from models.conflicts import ConflictKind
from models.errors import Refused
from models.events import Role
from models.ids import new_id
from models.invitations import Attendee, Rsvp
from models.operations.base import BULK, Operation, apply_operation
from models.operations.edits import FieldEdit
from models.operations.people import AddGuests, Answer, HideGuests, SetRsvp
from models.operations.seating import (
    AddFloorPlan,
    AddTables,
    EditTable,
    MoveTables,
    PlacedFixture,
    Placement,
    RemoveTables,
    RestoreTables,
    SeatAttendees,
    TableField,
    TablePlace,
)
from models.seating import FloorPlan, Seat, Table
from models.store.rows import Context, Finding, Rows
from models.store.schema import SYNCED
from tests.helpers.small_event import (
    STARTS,
    SmallEvent,
    assert_undone_exactly,
    new_household,
    new_table,
    refusal_of,
    small_event,
)


def _seat(*placements: Placement) -> SeatAttendees:
    return SeatAttendees(placements=placements)


def _findings(event: SmallEvent, operation: Operation) -> tuple[Finding, ...]:
    with event.copy.database.write() as connection:
        return apply_operation(connection, operation, Context(event.event_id, new_id(), STARTS)).findings


# -- who sits where -----------------------------------------------------------------------------------------


def test_people_are_seated_unseated_and_moved_and_all_of_it_can_be_undone(event: SmallEvent) -> None:
    seats = event.seats
    assert_undone_exactly(event, _seat(event.place("Defne Marangoz", "1", 1), event.place("Kerem Marangoz", "1", 2)))
    event.seat("Defne Marangoz", "1", 1)
    assert_undone_exactly(event, _seat(event.place("Defne Marangoz", "2", 1, seen=seats["1", 1])))
    assert_undone_exactly(event, _seat(event.place("Defne Marangoz", None, seen=seats["1", 1])))


def test_two_exchange_their_seats_in_one_operation(event: SmallEvent) -> None:
    event.seat("Defne Marangoz", "1", 1)
    event.seat("Kerem Marangoz", "1", 2)
    swap = _seat(event.place("Defne Marangoz", "1", 2), event.place("Kerem Marangoz", "1", 1))
    assert_undone_exactly(event, swap)
    event.copy.run(swap)
    assert event.seated() == {"Defne Marangoz": ("1", 2), "Kerem Marangoz": ("1", 1)}


def test_three_go_round_in_one_operation(event: SmallEvent) -> None:
    names = ("Illari Quispe", "Wayra Quispe", "Sami Quispe")
    for number, name in enumerate(names, 1):
        event.seat(name, "1", number)
    ring = _seat(*(event.place(name, "1", number % 3 + 1) for number, name in enumerate(names, 1)))
    assert_undone_exactly(event, ring)


def test_a_seat_that_somebody_holds_is_not_taken_and_the_sentence_says_who(event: SmallEvent) -> None:
    event.seat("Defne Marangoz", "1", 1)
    refusal = refusal_of(event, _seat(event.place("Kerem Marangoz", "1", 1)))
    assert refusal.code == "seat_taken"
    assert refusal.message == "Seat 1 at table 1 is held by Defne Marangoz: choose another seat."
    assert refusal.details == {
        "table": "1",
        "seat": "1",
        "holder": "Defne Marangoz",
        "holder_id": event.attendees["Defne Marangoz"],
        "guest": "Kerem Marangoz",
        "seat_id": event.seats["1", 1],
        "attendee_id": event.attendees["Kerem Marangoz"],
    }


def test_of_several_placements_none_holds_when_one_is_refused(event: SmallEvent) -> None:
    event.seat("Defne Marangoz", "1", 1)
    both = _seat(event.place("Sami Quispe", "2", 1), event.place("Kerem Marangoz", "1", 1))
    assert refusal_of(event, both).code == "seat_taken"


def test_a_guest_or_a_seat_named_twice_is_refused(event: SmallEvent) -> None:
    twice = _seat(event.place("Defne Marangoz", "1", 1), event.place("Defne Marangoz", "1", 2))
    assert refusal_of(event, twice).code == "placed_twice"
    lap = _seat(event.place("Defne Marangoz", "1", 1), event.place("Kerem Marangoz", "1", 1))
    assert refusal_of(event, lap).code == "placed_twice"


@pytest.mark.parametrize("answer", [Rsvp.DECLINED, Rsvp.CANCELLED])
def test_who_does_not_come_gets_no_seat(answer: Rsvp, event: SmallEvent) -> None:
    answers = (Answer(attendee_id=event.attendees["Sami Quispe"], rsvp=FieldEdit(seen=Rsvp.ACCEPTED, new=answer)),)
    event.copy.run(SetRsvp(answers=answers))
    assert refusal_of(event, _seat(event.place("Sami Quispe", "1", 1))).code == "not_coming"
    event.copy.run(_seat(event.place("Sami Quispe", None)))


def test_a_blocked_seat_is_not_given_away(event: SmallEvent) -> None:
    with event.copy.database.write() as connection:
        connection.execute(update(Seat).where(Seat.id == event.seats["1", 1]).values(blocked=True))
    assert refusal_of(event, _seat(event.place("Sami Quispe", "1", 1))).code == "seat_blocked"


def test_a_seat_or_a_guest_that_is_not_there_any_more_is_said_so(event: SmallEvent) -> None:
    sami = event.attendees["Sami Quispe"]
    assert refusal_of(event, _seat(Placement(attendee_id=sami, seat_id=new_id()))).details["table"] == "seats"
    nobody = _seat(Placement(attendee_id=new_id(), seat_id=event.seats["1", 1]))
    assert refusal_of(event, nobody).details["table"] == "attendees"
    event.copy.run(RemoveTables(table_ids=(event.tables["2"],)))
    assert refusal_of(event, _seat(event.place("Sami Quispe", "2", 1))).code == "gone"
    event.copy.run(HideGuests(attendee_ids=(sami,)))
    assert refusal_of(event, _seat(event.place("Sami Quispe", "1", 1))).code == "gone"


def test_seats_and_guests_of_another_event_are_out_of_reach(
    event: SmallEvent, tmp_path_factory: pytest.TempPathFactory
) -> None:
    other = small_event(tmp_path_factory.mktemp("other"))
    _carry_over(other, event)
    strangers_seat = Placement(attendee_id=event.attendees["Sami Quispe"], seat_id=other.seats["1", 1])
    assert refusal_of(event, _seat(strangers_seat)).code == "gone"
    stranger = other.attendees["Sami Quispe"]
    for seat in (event.seats["1", 1], None):
        assert refusal_of(event, _seat(Placement(attendee_id=stranger, seat_id=seat))).code == "gone"
    assert refusal_of(event, MoveTables(places=(TablePlace(table_id=other.tables["1"], x=0, y=0, turn=0),))).code == (
        "gone"
    )
    assert refusal_of(event, RemoveTables(table_ids=(other.tables["1"],))).code == "gone"
    assert refusal_of(event, RestoreTables(table_ids=(other.tables["1"],))).code == "gone"
    other.copy.close()


def _carry_over(source: SmallEvent, target: SmallEvent) -> None:
    """Put another event's rows into a copy's tables, as they lie side by side on a server."""
    with source.copy.read() as reading, target.copy.database.write() as writing:
        for entity in SYNCED:
            rows = [tuple(row) for row in reading.exec_driver_sql(f"SELECT * FROM {entity.__tablename__}")]
            if rows:
                marks = ", ".join("?" * len(rows[0]))
                writing.exec_driver_sql(f"INSERT INTO {entity.__tablename__} VALUES ({marks})", rows)


def test_moving_somebody_who_was_moved_meanwhile_wins_and_says_where_they_sat(event: SmallEvent) -> None:
    event.seat("Defne Marangoz", "1", 1)
    moved = _seat(event.place("Defne Marangoz", "1", 2, seen=event.seats["2", 2]))
    (finding,) = _findings(event, moved)
    assert (finding.kind, finding.about_id) == (ConflictKind.EDITED_TWICE, event.attendees["Defne Marangoz"])
    assert finding.details == {"seat_id": event.seats["1", 1], "seat_id:kept": event.seats["1", 2]}
    assert finding.for_doors
    assert event.seated() == {"Defne Marangoz": ("1", 2)}


def test_seating_somebody_where_they_sit_already_is_no_conflict(event: SmallEvent) -> None:
    event.seat("Defne Marangoz", "1", 1)
    again = _seat(event.place("Defne Marangoz", "1", 1))
    assert _findings(event, again) == ()
    assert event.seated() == {"Defne Marangoz": ("1", 1)}


def test_a_door_may_seat_but_not_move_tables() -> None:
    assert Role.DOOR in SeatAttendees.roles
    assert SeatAttendees.refusal_concerns_doors
    for kind in (AddTables, MoveTables, EditTable, RemoveTables, RestoreTables, AddFloorPlan):
        assert Role.DOOR not in kind.roles


# -- the room -----------------------------------------------------------------------------------------------


def test_a_room_is_drawn_with_its_fixtures(event: SmallEvent) -> None:
    stage = PlacedFixture(kind="stage", label="Stage", x=5_000, y=500, width=4_000, height=1_000, turn=90)
    event.copy.run(
        AddFloorPlan(floor_plan_id=new_id(), plan_name="Garden", width=9_000, height=9_000, fixtures=(stage,))
    )
    with event.copy.read() as connection:
        fixtures = connection.scalar(select(FloorPlan.fixtures).where(FloorPlan.name == "Garden"))
    assert fixtures == [stage.model_dump()]


def test_tables_are_added_and_taken_back(event: SmallEvent) -> None:
    assert_undone_exactly(event, AddTables(tables=(new_table(event, "3", 8), new_table(event, "4", 0))))


def test_a_table_needs_its_room_and_different_seats(event: SmallEvent) -> None:
    table = new_table(event, "3", 2)
    assert refusal_of(event, AddTables(tables=(table.model_copy(update={"floor_plan_id": new_id()}),))).code == "gone"
    same_number = table.model_copy(update={"seats": (table.seats[0], table.seats[1].model_copy(update={"number": 1}))})
    assert refusal_of(event, AddTables(tables=(same_number,))).code == "constraint"


def test_moving_a_table_keeps_everybody_seated(event: SmallEvent) -> None:
    event.seat("Defne Marangoz", "1", 1)
    moved = MoveTables(
        places=(
            TablePlace(table_id=event.tables["1"], x=8_000, y=3_000, turn=45),
            TablePlace(table_id=event.tables["2"], x=1_000, y=3_000, turn=-90),
        )
    )
    assert_undone_exactly(event, moved)
    event.copy.run(moved)
    assert event.seated() == {"Defne Marangoz": ("1", 1)}
    with event.copy.read() as connection:
        found = connection.execute(select(Table.x, Table.turn).where(Table.id == event.tables["1"])).one()
    assert found == (8_000, 45)
    assert refusal_of(event, MoveTables(places=(TablePlace(table_id=new_id(), x=0, y=0, turn=0),))).code == "gone"


def test_the_label_of_a_table_is_edited_and_set_back(event: SmallEvent) -> None:
    fields = TableField.model_validate({"label": {"seen": "1", "new": "Family"}})
    assert_undone_exactly(event, EditTable(table_id=event.tables["1"], fields=fields))


def test_removing_a_table_unseats_those_who_were_named_and_undo_brings_them_back(event: SmallEvent) -> None:
    event.seat("Defne Marangoz", "1", 1)
    event.seat("Kerem Marangoz", "1", 4)
    event.seat("Sami Quispe", "2", 1)
    sitting = (event.attendees["Defne Marangoz"], event.attendees["Kerem Marangoz"])
    removal = RemoveTables(table_ids=(event.tables["1"],), unseats=sitting)
    assert_undone_exactly(event, removal)
    event.copy.run(removal)
    assert event.seated() == {"Sami Quispe": ("2", 1)}


def test_a_table_where_somebody_else_sits_by_now_is_not_removed(event: SmallEvent) -> None:
    event.seat("Defne Marangoz", "1", 1)
    event.seat("Kerem Marangoz", "1", 2)
    one_of_two = RemoveTables(table_ids=(event.tables["1"],), unseats=(event.attendees["Defne Marangoz"],))
    assert refusal_of(event, one_of_two).code == "table_occupied"
    assert event.seated().keys() == {"Defne Marangoz", "Kerem Marangoz"}


def test_a_table_cannot_be_removed_twice(event: SmallEvent) -> None:
    removal = RemoveTables(table_ids=(event.tables["2"],))
    event.copy.run(removal)
    assert refusal_of(event, removal).code == "gone"


def test_a_hall_of_more_people_than_one_operation_carries_is_brought_back(event: SmallEvent) -> None:
    people = [f"Guest {number}" for number in range(BULK + 20)]
    for start in (0, BULK):
        event.copy.run(AddGuests(households=(new_household(event, f"Crowd {start}", *people[start : start + BULK]),)))
    labels = ("A", "B", "C")
    event.copy.run(AddTables(tables=tuple(new_table(event, label, 200) for label in labels)))
    places = [event.place(name, labels[at // 200], at % 200 + 1) for at, name in enumerate(people)]
    for start in (0, BULK):
        event.copy.run(_seat(*places[start : start + BULK]))

    before = event.state()
    everybody = tuple(event.attendees[name] for name in people)
    done = event.copy.perform(
        [RemoveTables(table_ids=tuple(event.tables[label] for label in labels), unseats=everybody)]
    )
    assert event.seated() == {}
    sizes = [len(one.model_dump()["placements"]) for one in done.inverse if one.name == SeatAttendees.name]
    assert (sum(sizes), max(sizes)) == (len(people), BULK)
    event.copy.perform(done.inverse)
    assert event.state() == before


def test_the_database_itself_keeps_two_from_one_seat(event: SmallEvent) -> None:
    event.seat("Defne Marangoz", "1", 1)

    class Careless(SeatAttendees):
        def apply(self, rows: Rows) -> None:
            rows.update(Attendee, [self.placements[0].attendee_id], seat_id=self.placements[0].seat_id)

    with pytest.raises(Refused) as caught:
        event.copy.run(Careless(placements=(event.place("Kerem Marangoz", "1", 1),)))
    assert caught.value.code == "constraint"
    assert event.seated() == {"Defne Marangoz": ("1", 1)}
