"""What a door records: entries, overrides, groups, undoing and walk-ins, in real copies."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from models.admission import count_inside, look_up_person
from models.attendance import Attendance, Entry, EntryHow, Verdict
from models.check_in import CheckIn
from models.codes import new_serial
from models.errors import Refused
from models.events import Direction
from models.invitations import Attendee, Rsvp
from models.operations.base import now_utc
from models.people import Guest
from tests.helpers.door_event import DoorEvent, door_event


@pytest.fixture
def event(tmp_path: Path) -> Iterator[DoorEvent]:
    made = door_event(tmp_path)
    yield made
    made.copy.close()


def attendance_of(event: DoorEvent, name: str) -> Attendance:
    with event.copy.read() as connection:
        return look_up_person(connection, event.event_id, event.attendees[name]).people[0].attendance


def entries(event: DoorEvent) -> int:
    with event.copy.read() as connection:
        return connection.scalar(select(func.count()).select_from(Entry)) or 0


def entry(event: DoorEvent, entry_id: str):
    with event.copy.read() as connection:
        return connection.execute(select(Entry.__table__).where(Entry.id == entry_id)).one()


def test_a_shown_ticket_is_recorded_and_waits_for_the_server(event: DoorEvent) -> None:
    ticket = event.ticket_for("Omar Abu Zaid")
    before = event.copy.waiting().pending
    done = CheckIn(event.copy, staff_name="Sam").show_code(ticket.signed_code)
    assert done.decision.passes
    assert event.copy.waiting().pending == before + 1
    row = entry(event, done.entry_ids[0])
    assert (row.shown_name, row.door_name, row.staff_name, row.how) == ("Omar Abu Zaid", "North door", "Sam", "scan")
    assert row.ticket_serial == ticket.serial
    assert done.change.ids(Entry) == frozenset(done.entry_ids)
    assert attendance_of(event, "Omar Abu Zaid") is Attendance.CHECKED_IN


def test_a_refusal_is_recorded_and_counts_for_nobody(event: DoorEvent) -> None:
    done = CheckIn(event.copy).show_code("nonsense")
    row = entry(event, done.entry_ids[0])
    assert (row.passed, row.verdict, row.attendee_id) == (False, Verdict.UNKNOWN_CODE, None)
    with event.copy.read() as connection:
        assert count_inside(connection, event.event_id) == 0


def test_a_group_is_not_recorded_before_somebody_was_chosen(event: DoorEvent) -> None:
    before = entries(event)
    done = CheckIn(event.copy).show_code(event.codes["Okafor"])
    assert (done.decision.verdict, done.entry_ids, entries(event)) == (Verdict.GROUP, (), before)


def test_the_chosen_of_a_group_come_in_together_and_the_others_later(event: DoorEvent) -> None:
    check_in = CheckIn(event.copy)
    first = check_in.admit_chosen([event.attendees["Ike Okafor"], event.attendees["Ngozi Okafor"]])
    assert {one.name for one in first.decision.people} == {"Ike Okafor", "Ngozi Okafor"}
    again = check_in.show_code(event.codes["Okafor"]).decision
    assert set(again.open_ids) == {event.attendees["Adaeze Okafor"], event.attendees["Chidi Okafor"]}
    check_in.admit_chosen(again.open_ids)
    assert check_in.show_code(event.codes["Okafor"]).decision.verdict is Verdict.ALREADY_INSIDE


def test_of_the_chosen_only_those_who_may_pass_are_recorded(event: DoorEvent) -> None:
    check_in = CheckIn(event.copy)
    check_in.show_person(event.attendees["Heike Brandt"])
    done = check_in.admit_chosen([event.attendees["Heike Brandt"], event.attendees["Jürgen Brandt"]])
    assert [one.name for one in done.decision.people] == ["Jürgen Brandt"]
    assert len(done.entry_ids) == 1


def test_when_no_chosen_one_may_pass_the_reason_is_given(event: DoorEvent) -> None:
    check_in = CheckIn(event.copy)
    check_in.show_person(event.attendees["Heike Brandt"])
    done = check_in.admit_chosen([event.attendees["Heike Brandt"]])
    assert (done.decision.verdict, done.decision.passes, done.entry_ids) == (Verdict.ALREADY_INSIDE, False, ())


def test_choosing_nobody_is_refused(event: DoorEvent) -> None:
    with pytest.raises(Refused, match="Nobody was chosen"):
        CheckIn(event.copy).admit_chosen([])


def test_a_group_fills_a_zone_only_up_to_its_capacity(event: DoorEvent) -> None:
    door_id = event.add_door("Gallery", zone_capacity=2)
    check_in = CheckIn(event.copy, door_id=door_id)
    done = check_in.admit_chosen([event.attendees[f"{name} Okafor"] for name in ("Adaeze", "Chidi", "Ike")])
    assert len(done.entry_ids) == 2
    with event.copy.read() as connection:
        assert count_inside(connection, event.event_id) == 2


def test_an_override_needs_a_reason_and_keeps_it(event: DoorEvent) -> None:
    event.add_household("Lang", "Anna Lang", rsvp=Rsvp.DECLINED)
    check_in = CheckIn(event.copy)
    stopped = check_in.show_person(event.attendees["Anna Lang"]).decision
    with pytest.raises(Refused) as refused:
        check_in.override(stopped, "   ")
    assert refused.value.code == "no_reason"
    done = check_in.override(stopped, " She changed her mind ")
    row = entry(event, done.entry_ids[0])
    assert (row.forced_reason, row.passed, row.verdict) == ("She changed her mind", True, Verdict.DECLINED)
    assert attendance_of(event, "Anna Lang") is Attendance.CHECKED_IN


def test_a_door_that_may_not_override_does_not(event: DoorEvent) -> None:
    door_id = event.add_door("Side door", may_override=False)
    check_in = CheckIn(event.copy, door_id=door_id)
    stopped = check_in.show_code("nonsense").decision
    with pytest.raises(Refused) as refused:
        check_in.override(stopped, "please")
    assert refused.value.code == "no_override"


def test_undoing_an_entry_brings_back_what_was_before(event: DoorEvent) -> None:
    check_in = CheckIn(event.copy)
    done = check_in.show_person(event.attendees["Omar Abu Zaid"])
    before = entries(event)
    undone = check_in.undo(done.entry_ids)
    assert attendance_of(event, "Omar Abu Zaid") is Attendance.NOT_CHECKED_IN
    assert entries(event) == before + 1
    assert entry(event, undone.entry_ids[0]).undoes == done.entry_ids[0]
    assert check_in.show_person(event.attendees["Omar Abu Zaid"]).decision.verdict is Verdict.ADMITTED


def test_undoing_a_way_out_leaves_the_person_inside(event: DoorEvent) -> None:
    check_in = CheckIn(event.copy)
    check_in.show_person(event.attendees["Omar Abu Zaid"])
    out = check_in.show_person(event.attendees["Omar Abu Zaid"], Direction.OUT)
    check_in.undo(out.entry_ids)
    assert attendance_of(event, "Omar Abu Zaid") is Attendance.CHECKED_IN


def test_an_entry_is_undone_once(event: DoorEvent) -> None:
    check_in = CheckIn(event.copy)
    done = check_in.show_person(event.attendees["Omar Abu Zaid"])
    check_in.undo(done.entry_ids)
    with pytest.raises(Refused, match="undone already"):
        check_in.undo(done.entry_ids)


def test_a_walk_in_is_a_guest_with_a_seat_and_an_entry(event: DoorEvent) -> None:
    seat = event.seats["9", 1]
    done = CheckIn(event.copy).walk_in(" Tomasz Łuczak ", "Friend of the band", seat)
    somebody = done.decision.person
    assert somebody is not None
    assert (somebody.name, somebody.table, somebody.seat) == ("Tomasz Łuczak", "9", 1)
    assert somebody.door_note == "Friend of the band"
    assert done.change.touches(Guest)
    assert done.change.touches(Attendee)
    assert entry(event, done.entry_ids[0]).how == EntryHow.WALK_IN


def test_a_walk_in_comes_in_without_a_seat_that_is_taken(event: DoorEvent) -> None:
    done = CheckIn(event.copy).walk_in("Tomasz Łuczak", None, event.seats["8", 3])
    assert done.decision.passes
    assert done.decision.person is not None
    assert done.decision.person.table is None
    with event.copy.read() as connection:
        adaeze = look_up_person(connection, event.event_id, event.attendees["Adaeze Okafor"]).people[0]
    assert (adaeze.table, adaeze.seat) == ("8", 3)


def test_a_walk_in_needs_a_name(event: DoorEvent) -> None:
    with pytest.raises(Refused) as refused:
        CheckIn(event.copy).walk_in("  ")
    assert refused.value.code == "no_name"


def test_times_are_corrected_by_the_measured_skew(event: DoorEvent) -> None:
    event.copy.measure_skew(3_600_000)
    done = CheckIn(event.copy).show_person(event.attendees["Omar Abu Zaid"])
    row = entry(event, done.entry_ids[0])
    assert abs(row.happened_at - row.device_at - timedelta(hours=1)) < timedelta(seconds=1)
    assert abs(row.device_at - now_utc()) < timedelta(minutes=1)


def test_the_people_on_a_ticket_not_on_the_list_are_recorded(event: DoorEvent) -> None:
    serial = new_serial()
    done = CheckIn(event.copy).show_code(event.sign(serial, admits=4))
    row = entry(event, done.entry_ids[0])
    assert (row.people, row.ticket_serial, row.attendee_id) == (4, serial, None)


def test_a_ticket_that_came_in_before_its_person_was_known_counts_for_that_person(event: DoorEvent) -> None:
    check_in = CheckIn(event.copy)
    ticket = event.ticket_for("Omar Abu Zaid")
    with event.copy.database.write() as connection:
        connection.exec_driver_sql("UPDATE tickets SET serial = 'ffffffffffffffff' WHERE id = ?", (ticket.ticket_id,))
    assert check_in.show_code(ticket.signed_code).decision.verdict is Verdict.NOT_ON_LIST_YET
    with event.copy.database.write() as connection:
        connection.exec_driver_sql("UPDATE tickets SET serial = ? WHERE id = ?", (ticket.serial, ticket.ticket_id))
    assert check_in.show_code(ticket.signed_code).decision.verdict is Verdict.ALREADY_INSIDE
