"""A prepared read gives what the same statement gives by SQLAlchemy, by ids too, and fails as it does."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import bindparam, select

from models.errors import StoreError
from models.events import Door, Event, Role
from models.ids import new_id
from models.invitations import Attendee
from models.store.copy_tables import Replica
from models.store.local_copy import LocalCopy
from models.store.prepared import IDS, Prepared, PreparedByIds
from models.tickets import SigningKey
from tests.helpers.big_events import BigEvent, fill_with_big_event
from tests.helpers.small_event import SmallEvent, small_event

_DOORS = select(Door.id, Door.name, Door.ticket_types, Door.may_override, Door.created_at, Door.zone_capacity).where(
    Door.event_id == bindparam("event_id")
)
_ATTENDEES = select(Attendee.id, Attendee.created_at, Attendee.is_placeholder, Attendee.seat_id).where(
    Attendee.id.in_(bindparam(IDS, expanding=True)), Attendee.event_id == bindparam("event_id")
)


@pytest.fixture
def event() -> BigEvent:
    return BigEvent(new_id(), guests=3, seed=1)


@pytest.fixture
def copy(tmp_path: Path, event: BigEvent) -> LocalCopy:
    made = LocalCopy.create(
        tmp_path / "a.usher", event_id=event.event_id, device_id=new_id(), role=Role.DOOR, synchronous="OFF"
    )
    with made.database.write() as connection:
        fill_with_big_event(connection, event)
    return made


def test_the_values_are_read_as_their_columns_types_read_them(copy: LocalCopy, event: BigEvent) -> None:
    with copy.read() as connection:
        ours = Prepared(_DOORS).rows(connection, event_id=event.event_id)
        usual = connection.execute(_DOORS, {"event_id": event.event_id}).all()
    assert [tuple(row) for row in ours] == [tuple(row) for row in usual]
    assert len(ours) == 2
    assert ours[0].ticket_types == []
    assert ours[0].may_override is True
    assert ours[0].created_at.tzinfo is not None
    assert ours[0].zone_capacity is None
    copy.close()


def test_a_value_can_be_used_twice_and_a_name_can_be_chosen(copy: LocalCopy, event: BigEvent) -> None:
    twice = select(Event.title.label("called")).where(
        (Event.id == bindparam("event_id")) & (Event.event_id == bindparam("event_id"))
    )
    with copy.read() as connection:
        assert Prepared(twice).row(connection, event_id=event.event_id).called == "Gala for 3"
    copy.close()


def test_nothing_found_is_no_row(copy: LocalCopy) -> None:
    with copy.read() as connection:
        assert Prepared(_DOORS).row(connection, event_id=new_id()) is None
    copy.close()


def test_it_sees_what_its_own_transaction_has_changed(copy: LocalCopy) -> None:
    recording = Prepared(select(Replica.recording))
    with copy.database.write() as connection:
        connection.exec_driver_sql("UPDATE replica SET recording = 0")
        assert recording.row(connection).recording is False
        connection.exec_driver_sql("UPDATE replica SET recording = 1")
        assert recording.row(connection).recording is True
    copy.close()


def test_what_the_driver_says_is_explained_as_usual(copy: LocalCopy) -> None:
    with copy.database.write() as connection:
        connection.exec_driver_sql("DROP TABLE signing_keys")
    with pytest.raises(StoreError) as caught, copy.read() as connection:
        Prepared(select(SigningKey.id)).rows(connection)
    assert caught.value.code == "other_kind"
    copy.close()


@pytest.fixture
def supper(tmp_path: Path) -> Iterator[SmallEvent]:
    made = small_event(tmp_path)
    yield made
    made.copy.close()


@pytest.mark.parametrize("count", [0, 1, 2, 6])
def test_any_number_of_ids_gives_what_sqlalchemy_gives(supper: SmallEvent, count: int) -> None:
    ids = list(supper.attendees.values())[:count]
    prepared = PreparedByIds(_ATTENDEES)
    with supper.copy.read() as connection:
        usual = connection.execute(_ATTENDEES, {IDS: ids, "event_id": supper.event_id}).all()
        for _ in range(2):
            ours = prepared.rows_of(connection, ids, event_id=supper.event_id)
            assert sorted(tuple(row) for row in ours) == sorted(tuple(row) for row in usual)
    assert len(usual) == count


def test_its_rows_are_read_as_their_columns_types_read_them(supper: SmallEvent) -> None:
    supper.seat("Sami Quispe", "1", 2)
    with supper.copy.read() as connection:
        (row,) = PreparedByIds(_ATTENDEES).rows_of(
            connection, [supper.attendees["Sami Quispe"]], event_id=supper.event_id
        )
    assert row.created_at.tzinfo is not None
    assert row.is_placeholder is False
    assert row.seat_id == supper.seats["1", 2]
