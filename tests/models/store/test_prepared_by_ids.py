"""A prepared read by ids gives what the same statement gives by SQLAlchemy, for any number of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import bindparam, select

from models.invitations import Attendee
from models.store.prepared_by_ids import IDS, PreparedByIds
from tests.helpers.small_event import SmallEvent, small_event

_ATTENDEES = select(Attendee.id, Attendee.created_at, Attendee.is_placeholder, Attendee.seat_id).where(
    Attendee.id.in_(bindparam(IDS, expanding=True)), Attendee.event_id == bindparam("event_id")
)


@pytest.fixture
def event(tmp_path: Path) -> Iterator[SmallEvent]:
    made = small_event(tmp_path)
    yield made
    made.copy.close()


@pytest.mark.parametrize("count", [0, 1, 2, 6])
def test_any_number_of_ids_gives_what_sqlalchemy_gives(event: SmallEvent, count: int) -> None:
    ids = list(event.attendees.values())[:count]
    prepared = PreparedByIds(_ATTENDEES)
    with event.copy.read() as connection:
        usual = connection.execute(_ATTENDEES, {IDS: ids, "event_id": event.event_id}).all()
        for _ in range(2):
            ours = prepared.rows_of(connection, ids, event_id=event.event_id)
            assert sorted(tuple(row) for row in ours) == sorted(tuple(row) for row in usual)
    assert len(usual) == count


def test_its_rows_are_read_as_their_columns_types_read_them(event: SmallEvent) -> None:
    event.seat("Sami Quispe", "1", 2)
    with event.copy.read() as connection:
        (row,) = PreparedByIds(_ATTENDEES).rows_of(
            connection, [event.attendees["Sami Quispe"]], event_id=event.event_id
        )
    assert row.created_at.tzinfo is not None
    assert row.is_placeholder is False
    assert row.seat_id == event.seats["1", 2]
