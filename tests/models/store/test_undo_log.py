"""Triggers keep what rows were before the pending operations, and everything can be put back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import delete, select

from models.attendance import Entry
from models.base import Value
from models.errors import Refused
from models.invitations import Attendee
from models.operations.entries import RecordEntries
from models.operations.people import AddGuests, EditGuest, GuestField, HideGuests
from models.operations.seating import AddTables, SeatAttendees
from models.people import Guest
from models.store.copy_tables import UndoRow
from models.store.database import Database
from models.store.rebase import rebase
from models.store.rows import Change
from models.store.schema import COPY, SYNCED
from models.store.undo_log import install_triggers, put_rows, set_recording, touched_rows, undo_pending
from tests.helpers.small_event import SmallEvent, new_guest, new_household, new_table, small_event
from tests.helpers.small_server import copy_digest


@pytest.fixture
def event(tmp_path: Path) -> Iterator[SmallEvent]:
    """The event as its server knows it: nothing is in the undo log."""
    made = small_event(tmp_path)
    made.seat("Defne Marangoz", "1", 1)
    made.seat("Kerem Marangoz", "1", 2)
    made.settle()
    yield made
    made.copy.close()


def _images(event: SmallEvent) -> dict[tuple[str, str], dict[str, Value] | None]:
    with event.copy.read() as connection:
        found = connection.execute(select(UndoRow.table_name, UndoRow.row_id, UndoRow.before)).all()
    return {(name, row_id): None if before is None else json.loads(before) for name, row_id, before in found}


def _stored(event: SmallEvent, table: str, row_id: str) -> dict[str, Value]:
    with event.copy.read() as connection:
        found = connection.exec_driver_sql(f"SELECT * FROM {table} WHERE id = ?", (row_id,)).mappings().one()
    return dict(found)


def _undo(event: SmallEvent) -> Change:
    with event.copy.database.write() as connection:
        return rebase(connection, {}, [], Change).change


def _diet(event: SmallEvent, name: str, new: str | None, seen: str | None = None) -> EditGuest:
    fields = GuestField.model_validate({"diet": {"seen": seen, "new": new}})
    return EditGuest(guest_id=event.guests[name], fields=fields)


def test_an_added_row_is_kept_as_not_having_been_there(event: SmallEvent) -> None:
    entry = event.entry()
    event.copy.run(RecordEntries(entries=(entry,)))
    assert _images(event) == {("entries", entry.entry_id): None}


def test_a_changed_row_is_kept_as_it_was_column_for_column(event: SmallEvent) -> None:
    guest = event.guests["Sami Quispe"]
    before = _stored(event, "guests", guest)
    event.copy.run(_diet(event, "Sami Quispe", "no nuts – «ñandú» \"quoted\" 'x'"))
    assert _images(event) == {("guests", guest): before}


def test_a_removed_row_is_kept_as_it_was(event: SmallEvent) -> None:
    attendee = event.attendees["Sami Quispe"]
    before = _stored(event, "attendees", attendee)
    with event.copy.database.write() as connection:
        connection.execute(delete(Attendee).where(Attendee.id == attendee))
    assert _images(event) == {("attendees", attendee): before}
    _undo(event)
    assert _stored(event, "attendees", attendee) == before


def test_the_earliest_image_of_a_row_is_the_one_that_is_kept(event: SmallEvent) -> None:
    guest = event.guests["Sami Quispe"]
    before = _stored(event, "guests", guest)
    event.copy.run(_diet(event, "Sami Quispe", "vegan"))
    event.copy.run(_diet(event, "Sami Quispe", "halal", seen="vegan"))
    assert _images(event) == {("guests", guest): before}


def test_a_row_that_was_added_and_then_changed_was_still_not_there(event: SmallEvent) -> None:
    before = event.state()
    event.copy.run(AddGuests(households=(new_household(event, "Oduya", "Maren Oduya"),)))
    event.copy.run(_diet(event, "Maren Oduya", "vegan"))
    event.seat("Maren Oduya", "1", 3)
    assert _images(event)["guests", event.guests["Maren Oduya"]] is None
    _undo(event)
    assert event.state() == before
    with event.copy.read() as connection:
        assert connection.scalar(select(Guest.id).where(Guest.id == event.guests["Maren Oduya"])) is None


def test_a_swap_of_two_unique_seats_is_put_back(event: SmallEvent) -> None:
    before = copy_digest(event.copy)
    event.copy.run(
        SeatAttendees(placements=(event.place("Defne Marangoz", "1", 2), event.place("Kerem Marangoz", "1", 1)))
    )
    assert event.seated() == {"Defne Marangoz": ("1", 2), "Kerem Marangoz": ("1", 1)}
    _undo(event)
    assert copy_digest(event.copy) == before


def test_a_ring_over_a_new_guest_and_a_new_table_is_put_back(event: SmallEvent) -> None:
    before = copy_digest(event.copy)
    event.copy.run(AddTables(tables=(new_table(event, "3", 2),)))
    guest = new_guest(event, "Maren Oduya")
    household = new_household(event, "Oduya").model_copy(update={"guests": (guest,)})
    event.copy.run(AddGuests(households=(household,)))
    event.copy.run(SeatAttendees(placements=(event.place("Defne Marangoz", "3", 1),)))
    event.copy.run(
        SeatAttendees(placements=(event.place("Maren Oduya", "1", 1), event.place("Kerem Marangoz", "3", 2)))
    )
    event.copy.run(SeatAttendees(placements=(event.place("Sami Quispe", "1", 2),)))
    event.copy.run(HideGuests(attendee_ids=(event.attendees["Defne Marangoz"],)))
    _undo(event)
    assert copy_digest(event.copy) == before
    assert _images(event) == {}


def test_undoing_says_which_rows_it_put_back_and_empties_the_log(event: SmallEvent) -> None:
    entry = event.entry()
    event.copy.run(RecordEntries(entries=(entry,)))
    event.copy.run(_diet(event, "Sami Quispe", "vegan"))
    with event.copy.database.write() as connection:
        touched = touched_rows(connection)
        connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
        set_recording(connection, 0)
        undone = undo_pending(connection)
        set_recording(connection, 1)
        assert touched_rows(connection) == Change()
    assert undone == touched
    assert undone.ids(Entry) == {entry.entry_id}
    assert undone.ids(Guest) == {event.guests["Sami Quispe"]}


def test_nothing_is_kept_while_recording_is_off(event: SmallEvent) -> None:
    with event.copy.database.write() as connection:
        set_recording(connection, 0)
        connection.exec_driver_sql("UPDATE guests SET diet = 'vegan'")
        connection.exec_driver_sql("DELETE FROM tickets")
        set_recording(connection, 1)
    assert _images(event) == {}


def test_a_refused_operation_leaves_no_image_behind(event: SmallEvent) -> None:
    taken = SeatAttendees(placements=(event.place("Sami Quispe", "1", 1),))
    with pytest.raises(Refused):
        event.copy.run_all([_diet(event, "Sami Quispe", "vegan"), taken])
    assert _images(event) == {}


def test_every_synced_table_has_its_three_triggers_and_they_can_be_made_again(tmp_path: Path) -> None:
    database = Database(tmp_path / "new.usher", COPY)
    with database.write() as connection:
        install_triggers(connection)
        found = set(connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'").scalars())
    database.close()
    assert found == {
        f"undo_{entity.__tablename__}_{moment}" for entity in SYNCED for moment in ("insert", "update", "delete")
    }


def test_rows_that_exchange_a_unique_value_are_written_in_one_go(event: SmallEvent) -> None:
    first, second = event.attendees["Defne Marangoz"], event.attendees["Kerem Marangoz"]
    rows = [_stored(event, "attendees", first), _stored(event, "attendees", second)]
    rows[0]["seat_id"], rows[1]["seat_id"] = rows[1]["seat_id"], rows[0]["seat_id"]
    columns = tuple(rows[0])
    with event.copy.database.write() as connection:
        put_rows(connection, "attendees", columns, [[row[column] for column in columns] for row in rows])
        put_rows(connection, "attendees", columns, [])
    assert event.seated() == {"Defne Marangoz": ("1", 2), "Kerem Marangoz": ("1", 1)}
