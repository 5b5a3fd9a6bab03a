"""What comes from afar is written first, what waits runs again on top, and neither spoils the other."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select, text

from models.events import Role
from models.invitations import Attendee
from models.operations.people import AddGuests
from models.operations.restoring import restoring, travelling_columns
from models.operations.seating import SeatAttendees
from models.people import Guest
from models.store.exchange import TableRows
from models.store.rebase import write_rows
from models.store.rows import Change
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
