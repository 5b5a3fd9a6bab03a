"""What is written on the driver itself is stored as SQLAlchemy stores it, and fails as it does."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import Table, insert, update
from sqlalchemy.exc import IntegrityError, OperationalError

from models.attendance import Entry, EntryHow, Verdict
from models.base import Synced
from models.errors import Refused
from models.events import Direction, Door, Event
from models.ids import new_id
from models.operations.events import AddDoor
from models.store.driver_writes import insert_missing_rows, insert_rows, update_rows
from models.store.schema import SYNCED, columns_of
from tests.helpers.small_event import STARTS, SmallEvent, refusal_of, small_event

_ELSEWHERE = timezone(timedelta(hours=-9))


@pytest.fixture
def event(tmp_path: Path) -> Iterator[SmallEvent]:
    made = small_event(tmp_path)
    yield made
    made.copy.close()


def _stamp(event: SmallEvent) -> dict[str, object]:
    return {"event_id": event.event_id, "version": 7, "created_at": STARTS, "updated_at": STARTS}


def _door(event: SmallEvent, name: str, **values: object) -> dict[str, object]:
    return {"id": new_id(), "name": name, "ticket_types": ["Ångström", "b"], **_stamp(event), **values}


def _entry(event: SmallEvent, **values: object) -> dict[str, object]:
    return {
        "id": new_id(),
        "op_id": new_id(),
        "attendee_id": event.attendees["Sami Quispe"],
        "ticket_serial": None,
        "shown_name": "Sami Quispe",
        "direction": Direction.IN,
        "passed": True,
        "verdict": Verdict.ADMITTED,
        "how": EntryHow.SCAN,
        "door_id": event.door_id,
        "door_name": "Main door",
        "device_id": new_id(),
        "happened_at": datetime(2026, 12, 12, 9, 30, tzinfo=_ELSEWHERE),
        "device_at": STARTS,
        **_stamp(event),
        **values,
    }


def _stored(event: SmallEvent, entity: type[Synced], ids: Sequence[object]) -> list[tuple[object, ...]]:
    """Give the rows but for their ids, in the order of the ids given."""
    names = ", ".join(column for column in columns_of(entity) if column not in ("id", "op_id", "device_id"))
    with event.copy.read() as connection:
        return [
            tuple(connection.exec_driver_sql(f"SELECT {names} FROM {entity.__tablename__} WHERE id = ?", (one,)).one())
            for one in ids
        ]


@pytest.mark.parametrize("make", [_door, _entry])
def test_a_row_is_stored_as_sqlalchemy_stores_it(event: SmallEvent, make: object) -> None:
    entity, ours, usual = (
        (Door, _door(event, "North"), _door(event, "North")) if make is _door else (Entry, _entry(event), _entry(event))
    )
    table = entity.__table__
    assert isinstance(table, Table)
    with event.copy.database.write() as connection:
        insert_rows(connection, entity, [ours])
        connection.execute(insert(table), [usual])
    stored, expected = _stored(event, entity, [ours["id"], usual["id"]])
    assert stored == expected


def test_defaults_are_filled_in_and_several_rows_are_written(event: SmallEvent) -> None:
    doors = [_door(event, "North"), _door(event, "South", ticket_types=[])]
    with event.copy.database.write() as connection:
        insert_rows(connection, Door, doors)
    rows = [dict(zip(_names(Door), row, strict=True)) for row in _stored(event, Door, [one["id"] for one in doors])]
    assert [row["name"] for row in rows] == ["North", "South"]
    assert json.loads(str(rows[0]["ticket_types"])) == ["Ångström", "b"]
    assert (rows[0]["may_override"], rows[0]["direction"], rows[0]["deleted_at"]) == (1, "both", None)


def _names(entity: type[Synced]) -> list[str]:
    return [column for column in columns_of(entity) if column not in ("id", "op_id", "device_id")]


def test_no_synced_column_has_a_default_that_would_have_to_be_worked_out() -> None:
    worked_out = [
        str(column)
        for entity in SYNCED
        for column in entity.__table__.columns
        if column.default is not None and not column.default.is_scalar
    ]
    assert worked_out == []


def test_a_row_that_is_there_stays_as_it_is_when_only_missing_ones_are_added(event: SmallEvent) -> None:
    first = _entry(event)
    second = _entry(event)
    with event.copy.database.write() as connection:
        insert_rows(connection, Entry, [first])
        insert_missing_rows(connection, Entry, [{**first, "shown_name": "Somebody else"}, second])
    names = _names(Entry)
    found = [dict(zip(names, row, strict=True)) for row in _stored(event, Entry, [first["id"], second["id"]])]
    assert [row["shown_name"] for row in found] == ["Sami Quispe", "Sami Quispe"]


def test_a_broken_rule_is_sqlalchemys_error_and_a_refusal_of_an_operation(event: SmallEvent) -> None:
    with event.copy.database.write() as connection, pytest.raises(IntegrityError):
        insert_rows(connection, Door, [_door(event, "Again", id=event.door_id)])
    with event.copy.database.write() as connection, pytest.raises(IntegrityError):
        insert_missing_rows(connection, Entry, [_entry(event, shown_name=None)])
    with event.copy.database.write() as connection:
        connection.exec_driver_sql("CREATE TRIGGER no_more BEFORE INSERT ON doors BEGIN SELECT missing(); END")
        with pytest.raises(OperationalError):
            insert_rows(connection, Door, [_door(event, "North")])
        connection.exec_driver_sql("DROP TRIGGER no_more")
    refusal = refusal_of(event, AddDoor(door_id=event.door_id, door_name="Again"))
    assert isinstance(refusal, Refused)
    assert refusal.code == "constraint"


def _values(**more: object) -> Mapping[str, object]:
    return {"may_override": False, "ticket_types": ["VIP"], "updated_at": STARTS, **more}


def test_an_update_is_stored_as_sqlalchemy_stores_it_and_counts_its_rows(event: SmallEvent) -> None:
    doors = [_door(event, "North"), _door(event, "North")]
    table = Door.__table__
    assert isinstance(table, Table)
    with event.copy.database.write() as connection:
        insert_rows(connection, Door, doors)
        ours = update_rows(connection, Door, event.event_id, [str(doors[0]["id"]), new_id()], _values(version=9))
        connection.execute(update(table).where(table.c.id == doors[1]["id"]).values(**_values(version=9)))
    stored, expected = _stored(event, Door, [one["id"] for one in doors])
    assert ours == 1
    assert stored == expected


def test_the_rows_of_another_event_are_not_touched(event: SmallEvent) -> None:
    with event.copy.database.write() as connection:
        assert update_rows(connection, Event, new_id(), [event.event_id], {"title": "Stolen"}) == 0
        assert connection.exec_driver_sql("SELECT title FROM events").scalar_one() == "Winter supper"
