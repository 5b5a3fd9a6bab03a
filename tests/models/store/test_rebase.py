"""What comes from afar is written first, what waits runs again on top, and neither spoils the other."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, select, text
from sqlalchemy.exc import OperationalError

from models.errors import Refused, StoreError
from models.events import Role
from models.invitations import Attendee
from models.operations.edits import FieldEdit
from models.operations.entries import RecordEntries
from models.operations.people import AddGuests, EditGuest, GuestField
from models.operations.restoring import restoring, travelling_columns
from models.operations.seating import SeatAttendees
from models.people import Guest
from models.store.copy_tables import OutboxRow
from models.store.exchange import Pulled, TableRows
from models.store.rebase import Pending, rebase, run_all_again, write_rows
from models.store.rows import Change, Rows
from models.store.schema import columns_of
from tests.helpers.small_event import SmallEvent, new_household, refusal_of, small_event
from tests.helpers.small_server import SmallServer, copy_digest, new_copy, small_server


@pytest.fixture
def event(tmp_path: Path) -> Iterator[SmallEvent]:
    made = small_event(tmp_path)
    yield made
    made.copy.close()


@pytest.fixture
def server(event: SmallEvent, tmp_path: Path) -> Iterator[SmallServer]:
    with small_server(tmp_path, event.event_id) as made:
        made.push(event.copy)
        made.start(event.copy)
        yield made


def _attendee_rows(event: SmallEvent, *names: str) -> TableRows:
    columns = columns_of(Attendee)
    ids = [event.attendees[name] for name in names]
    with event.copy.read() as connection:
        found = connection.execute(text(f"SELECT {', '.join(columns)} FROM attendees")).all()
    place = columns.index("id")
    return TableRows(columns=columns, rows=[list(row) for row in found if row[place] in ids])


def test_a_seat_passes_from_a_row_that_is_gone_to_one_that_is_written(event: SmallEvent) -> None:
    event.seat("Sami Quispe", "1", 1)
    gone = event.attendees["Sami Quispe"]
    rows = _attendee_rows(event, "Defne Marangoz")
    rows.rows[0][rows.columns.index("seat_id")] = event.seats["1", 1]
    with event.copy.database.write() as connection:
        change = write_rows(connection, {"attendees": rows}, [("attendees", gone), ("horoscopes", "1")])
    assert change == Change({"attendees": frozenset({gone, event.attendees["Defne Marangoz"]})})
    assert event.seated() == {"Defne Marangoz": ("1", 1)}


def test_a_row_that_went_and_came_back_is_there(event: SmallEvent) -> None:
    rows = _attendee_rows(event, "Sami Quispe")
    with event.copy.database.write() as connection:
        write_rows(connection, {"attendees": rows}, [("attendees", event.attendees["Sami Quispe"])])
    assert len(_attendee_rows(event, "Sami Quispe").rows) == 1


def test_what_waits_meets_a_refusal_and_the_pull_is_taken_in_all_the_same(
    event: SmallEvent, server: SmallServer, tmp_path: Path
) -> None:
    other = new_copy(tmp_path, event.event_id, Role.ORGANIZER)
    server.start(other)
    event.seat("Defne Marangoz", "1", 1)
    server.exchange(event.copy)
    other.run(SeatAttendees(placements=(event.place("Kerem Marangoz", "1", 1),)))
    other.run(AddGuests(households=(new_household(event, "Oduya", "Maren Oduya"),)))

    other.apply_pull(server.pulled(other))

    assert (other.waiting().pending, other.waiting().not_holding) == (2, 1)
    with other.read() as connection:
        seats = {row.id: row.seat_id for row in connection.execute(select(Attendee.id, Attendee.seat_id))}
        names = set(connection.scalars(select(Guest.name)))
    assert seats[event.attendees["Defne Marangoz"]] == event.seats["1", 1]
    assert seats[event.attendees["Kerem Marangoz"]] is None
    assert "Maren Oduya" in names
    other.close()


def test_a_pull_over_the_same_state_changes_nothing(event: SmallEvent, server: SmallServer) -> None:
    event.seat("Defne Marangoz", "1", 1)
    before = copy_digest(event.copy)
    event.copy.apply_pull(server.pulled(event.copy))
    event.copy.apply_pull(server.pulled(event.copy))
    assert copy_digest(event.copy) == before
    assert event.copy.waiting().pending == 1


def test_a_restored_row_that_refers_to_nobody_is_refused_at_once_and_later(event: SmallEvent) -> None:
    columns = travelling_columns(Attendee)
    with event.copy.read() as connection:
        row = connection.exec_driver_sql(f"SELECT {', '.join(columns)} FROM attendees LIMIT 1").one()
    values = dict(zip(columns, row, strict=True))
    values |= {"id": "00000000-0000-4000-8000-000000000001", "guest_id": "00000000-0000-4000-8000-000000000002"}
    refusal = refusal_of(event, restoring(Attendee, columns, [[values[name] for name in columns]]))
    assert (refusal.code, refusal.details["table"]) == ("gone", "guests")


def test_what_waits_and_is_what_it_was_is_not_told_as_changed(event: SmallEvent, server: SmallServer) -> None:
    event.copy.run(RecordEntries(entries=(event.entry("Sami Quispe"),)))
    event.seat("Defne Marangoz", "1", 1)
    note = _renamed(event, "Kerem Marangoz", "Kerem M.")
    server_change = _pulled_with(event, server, note)

    change = event.copy.apply_pull(server_change)

    assert change.rows == {"guests": frozenset({event.guests["Kerem Marangoz"]})}
    assert event.seated() == {"Defne Marangoz": ("1", 1)}


def test_what_waited_and_is_changed_or_put_back_by_a_pull_is_told_as_changed(
    event: SmallEvent, server: SmallServer, tmp_path: Path
) -> None:
    other = new_copy(tmp_path, event.event_id, Role.ORGANIZER)
    server.start(other)
    other.run(SeatAttendees(placements=(event.place("Kerem Marangoz", "1", 1),)))
    other.run(_renamed(event, "Sami Quispe", "Sami the pending"))
    event.seat("Defne Marangoz", "1", 1)
    event.copy.run(_renamed(event, "Sami Quispe", "Sami from afar"))
    server.exchange(event.copy)

    change = other.apply_pull(server.pulled(other))

    assert change.ids(Attendee) == {event.attendees["Defne Marangoz"], event.attendees["Kerem Marangoz"]}
    assert change.ids(Guest) == {event.guests["Sami Quispe"]}
    with other.read() as connection:
        sitting = connection.scalars(select(Attendee.id).where(Attendee.seat_id.is_not(None))).all()
    assert sitting == [event.attendees["Defne Marangoz"]]
    other.close()


def test_one_that_is_refused_half_way_leaves_nothing_behind_and_the_others_stand(
    event: SmallEvent, monkeypatch: pytest.MonkeyPatch
) -> None:
    event.settle()
    event.seat("Defne Marangoz", "1", 1)
    event.seat("Kerem Marangoz", "1", 2)
    event.seat("Illari Quispe", "1", 3)
    apply = SeatAttendees.apply

    def refused_half_way(self: SeatAttendees, rows: Rows) -> None:
        apply(self, rows)
        if self.placements[0].attendee_id == event.attendees["Kerem Marangoz"]:
            raise Refused("no", "No.")

    monkeypatch.setattr(SeatAttendees, "apply", refused_half_way)
    with event.copy.database.write() as connection:
        rebased = rebase(connection, {}, [], lambda: _run_all_again(event, connection))

    assert event.seated() == {"Defne Marangoz": ("1", 1), "Illari Quispe": ("1", 3)}
    assert rebased.change.rows == {"attendees": frozenset({event.attendees["Kerem Marangoz"]})}
    assert event.copy.waiting().not_holding == 1
    monkeypatch.undo()
    with event.copy.database.write() as connection:
        rebase(connection, {}, [], lambda: _run_all_again(event, connection))
    assert event.seated()["Kerem Marangoz"] == ("1", 2)
    assert event.copy.waiting().not_holding == 0


def test_an_operation_that_meets_a_mistake_of_ours_stops_no_pull_and_stays_in_the_outbox(
    event: SmallEvent, server: SmallServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    event.seat("Defne Marangoz", "1", 1)
    event.copy.run(_renamed(event, "Sami Quispe", "Sami the pending"))
    pulled = _pulled_with(event, server, _renamed(event, "Kerem Marangoz", "Kerem M."))
    _raise_half_way(monkeypatch, ValueError("a mistake of ours"))

    change = event.copy.apply_pull(pulled)

    assert event.guests["Kerem Marangoz"] in change.ids(Guest)
    assert event.seated() == {}
    with event.copy.read() as connection:
        waiting = connection.execute(select(OutboxRow.name, OutboxRow.holds).order_by(OutboxRow.number)).all()
        assert "Sami the pending" in set(connection.scalars(select(Guest.name)))
    assert [tuple(row) for row in waiting[-2:]] == [(SeatAttendees.name, False), (EditGuest.name, True)]
    assert "a mistake of ours" in caplog.text


def test_a_full_disk_is_not_taken_for_a_mistake_of_ours(
    event: SmallEvent, server: SmallServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    event.seat("Defne Marangoz", "1", 1)
    pulled = _pulled_with(event, server, _renamed(event, "Kerem Marangoz", "Kerem M."))
    full = OperationalError("UPDATE attendees", None, sqlite3.OperationalError("database or disk is full"))
    _raise_half_way(monkeypatch, full)

    with pytest.raises(StoreError) as error:
        event.copy.apply_pull(pulled)

    assert error.value.code == "disk_full"
    assert event.seated() == {"Defne Marangoz": ("1", 1)}
    assert event.copy.waiting().not_holding == 0


def _raise_half_way(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    apply = SeatAttendees.apply

    def half_way(self: SeatAttendees, rows: Rows) -> None:
        apply(self, rows)
        raise error

    monkeypatch.setattr(SeatAttendees, "apply", half_way)


def _run_all_again(event: SmallEvent, connection: Connection) -> Change:
    columns = (OutboxRow.number, OutboxRow.op_id, OutboxRow.name, OutboxRow.arguments, OutboxRow.device_time)
    found = connection.execute(
        select(*columns, OutboxRow.holds).where(OutboxRow.name == SeatAttendees.name).order_by(OutboxRow.number)
    ).all()
    return run_all_again(connection, event.event_id, [Pending(*row) for row in found])


def _renamed(event: SmallEvent, name: str, new: str) -> EditGuest:
    return EditGuest(guest_id=event.guests[name], fields=GuestField(name=FieldEdit(seen=name, new=new)))


def _pulled_with(event: SmallEvent, server: SmallServer, operation: EditGuest) -> Pulled:
    """Give what the server sends after somebody else did this."""
    other = new_copy(event.copy.path.parent, event.event_id, Role.ORGANIZER)
    server.start(other)
    other.run(operation)
    server.push(other)
    other.close()
    return server.pulled(event.copy)
