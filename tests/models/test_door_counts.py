"""The counts at a door agree with the entries, whatever happened in which order."""

from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import event as engine_events
from sqlalchemy import func, select

from models.admission import count_inside
from models.attendance import Entry
from models.check_in import CheckIn
from models.codes import new_serial
from models.door_counts import DoorCounts
from models.events import Direction, Role
from models.ids import new_id
from models.invitations import Rsvp
from models.operations.edits import FieldEdit
from models.operations.people import Answer, HideGuests, SetRsvp
from models.store.local_copy import LocalCopy
from models.store.rows import Change
from tests.helpers.big_events import BigEvent, fill_with_big_event
from tests.helpers.door_event import DoorEvent, door_event


@pytest.fixture
def event(tmp_path: Path) -> Iterator[DoorEvent]:
    made = door_event(tmp_path)
    yield made
    made.copy.close()


def loaded(event: DoorEvent) -> DoorCounts:
    counts = DoorCounts(event.event_id)
    with event.copy.read() as connection:
        counts.load(connection)
    return counts


def follow(event: DoorEvent, counts: DoorCounts, change: Change) -> None:
    with event.copy.read() as connection:
        counts.follow(connection, change)


def test_at_first_nobody_is_inside_and_everybody_who_comes_is_expected(event: DoorEvent) -> None:
    event.add_household("Lang", "Anna Lang", rsvp=Rsvp.DECLINED)
    event.add_household("Nowak", "Noor Nowak", rsvp=Rsvp.PENDING)
    counts = loaded(event)
    assert (counts.inside, counts.expected) == (0, 8)


def test_who_comes_in_is_no_longer_expected_and_who_leaves_neither(event: DoorEvent) -> None:
    counts, check_in = loaded(event), CheckIn(event.copy)
    follow(event, counts, check_in.show_person(event.attendees["Omar Abu Zaid"]).change)
    assert (counts.inside, counts.expected) == (1, 6)
    follow(event, counts, check_in.show_person(event.attendees["Omar Abu Zaid"], Direction.OUT).change)
    assert (counts.inside, counts.expected) == (0, 6)


def test_an_undone_entry_makes_the_person_expected_again(event: DoorEvent) -> None:
    counts, check_in = loaded(event), CheckIn(event.copy)
    done = check_in.show_person(event.attendees["Omar Abu Zaid"])
    follow(event, counts, done.change)
    follow(event, counts, check_in.undo(done.entry_ids).change)
    assert (counts.inside, counts.expected) == (0, 7)


def test_a_walk_in_is_inside_and_was_never_expected(event: DoorEvent) -> None:
    counts = loaded(event)
    follow(event, counts, CheckIn(event.copy).walk_in("Tomasz Łuczak").change)
    assert (counts.inside, counts.expected) == (1, 7)


def test_answers_and_hidden_guests_change_who_is_expected(event: DoorEvent) -> None:
    counts = loaded(event)
    omar = event.attendees["Omar Abu Zaid"]
    declined = FieldEdit[Rsvp](seen=Rsvp.ACCEPTED, new=Rsvp.DECLINED)
    follow(event, counts, event.copy.run(SetRsvp(answers=(Answer(attendee_id=omar, rsvp=declined),))))
    assert counts.expected == 6
    follow(event, counts, event.copy.run(HideGuests(attendee_ids=(event.attendees["Heike Brandt"],))))
    assert counts.expected == 5


def test_an_entry_that_is_gone_is_no_longer_counted(event: DoorEvent) -> None:
    counts = loaded(event)
    done = CheckIn(event.copy).show_person(event.attendees["Omar Abu Zaid"])
    follow(event, counts, done.change)
    with event.copy.database.write() as connection:
        connection.exec_driver_sql("DELETE FROM entries WHERE id = ?", done.entry_ids)
    follow(event, counts, done.change)
    assert (counts.inside, counts.expected) == (0, 7)


def test_an_entry_whose_person_became_known_counts_for_that_person_only(event: DoorEvent) -> None:
    counts, check_in = loaded(event), CheckIn(event.copy)
    done = check_in.show_code(event.sign(new_serial(), admits=1))
    follow(event, counts, done.change)
    assert (counts.inside, counts.expected) == (1, 7)
    with event.copy.database.write() as connection:
        connection.exec_driver_sql(
            "UPDATE entries SET attendee_id = ? WHERE id = ?", (event.attendees["Omar Abu Zaid"], *done.entry_ids)
        )
    follow(event, counts, done.change)
    assert (counts.inside, counts.expected) == (1, 6)


@pytest.mark.parametrize("seed", range(12))
def test_following_counts_as_starting_anew_does(event: DoorEvent, seed: int) -> None:
    draw, check_in, counts = Random(seed), CheckIn(event.copy), loaded(event)
    serials = [new_serial() for _ in range(3)]
    undoable: list[tuple[str, ...]] = []
    for _ in range(25):
        what = draw.randrange(6)
        direction = draw.choice(list(Direction))
        if what == 0 and undoable:
            done = check_in.undo(undoable.pop(draw.randrange(len(undoable))))
        elif what == 1:
            done = check_in.show_code(event.sign(draw.choice(serials), admits=draw.randint(1, 4)), direction)
        elif what == 2:
            done = check_in.override(check_in.show_code("nonsense").decision, "because")
        elif what == 3:
            done = check_in.walk_in(f"Walk-in {draw.random()}")
        else:
            done = check_in.show_person(draw.choice(list(event.attendees.values())), direction)
        if what != 0:
            undoable.append(done.entry_ids)
        follow(event, counts, done.change)
    anew = loaded(event)
    assert (counts.inside, counts.expected) == (anew.inside, anew.expected)
    with event.copy.read() as connection:
        assert counts.inside == count_inside(connection, event.event_id)


def test_a_scan_among_thousands_reads_a_handful_of_rows(tmp_path: Path) -> None:
    event_id = new_id()
    big = BigEvent(event_id, 2_000, 7)
    copy = LocalCopy.create(
        tmp_path / "big.usher", event_id=event_id, device_id=new_id(), role=Role.DOOR, synchronous="OFF"
    )
    with copy.database.write() as connection:
        fill_with_big_event(connection, big)
    check_in = CheckIn(copy)
    for person in big.people[:300]:
        check_in.show_person(person.attendee_id)
    counts = DoorCounts(event_id)
    with copy.read() as connection:
        counts.load(connection)
    change = check_in.show_person(big.people[900].attendee_id).change
    fetched: list[int] = []

    def count_rows(connection, cursor, statement, parameters, context, executemany) -> None:
        inner = connection.connection.driver_connection.execute(f"SELECT count(*) FROM ({statement})", parameters)
        fetched.append(inner.fetchone()[0])

    with copy.read() as connection:
        engine_events.listen(connection.engine, "before_cursor_execute", count_rows)
        counts.follow(connection, change)
        engine_events.remove(connection.engine, "before_cursor_execute", count_rows)
        assert connection.scalar(select(func.count()).select_from(Entry)) == 301
    assert counts.inside == 301
    assert sum(fetched) <= 4
    copy.close()
