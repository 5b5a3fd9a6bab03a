"""Which conflicts a door is told of: its own, and no others."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select, update

from models.attendance import Entry
from models.conflict_words import Settler, see
from models.conflicts import Conflict, ConflictKind
from models.door_conflicts import read_door_conflicts
from models.ids import new_id
from models.operations.base import now_utc
from models.store.copy_tables import OutboxRow
from tests.helpers.conflict_rows import admit_twice, note_edited_twice, walk_in_on_taken_seat
from tests.helpers.door_event import DoorEvent, door_event


@pytest.fixture
def event(tmp_path: Path) -> Iterator[DoorEvent]:
    made = door_event(tmp_path)
    yield made
    made.copy.close()


def _read(event: DoorEvent, door_id: str | None = None) -> list[ConflictKind]:
    with event.copy.read() as connection:
        return [item.kind for item in read_door_conflicts(connection, event.copy.identity, door_id)]


def _make_own(event: DoorEvent, kind: ConflictKind) -> None:
    """Write into a conflict the last operation of this copy, as if that had made it."""
    with event.copy.database.write() as connection:
        op_id = connection.scalar(select(OutboxRow.op_id).order_by(OutboxRow.number.desc()))
        connection.execute(update(Conflict).where(Conflict.kind == kind).values(operations=[op_id]))


def test_without_conflicts_there_is_nothing(event: DoorEvent) -> None:
    assert _read(event, event.doors["North door"]) == []


def test_a_double_admission_at_two_other_doors_is_no_business_of_this_one(event: DoorEvent) -> None:
    admit_twice(event, "Adaeze Okafor", first_at=now_utc())
    assert _read(event) == []
    assert _read(event, event.doors["North door"]) == []


def test_one_at_this_door_is_shown_whichever_laptop_made_it(event: DoorEvent) -> None:
    admit_twice(event, "Adaeze Okafor", first_at=now_utc())
    with event.copy.database.write() as connection:
        connection.execute(update(Entry).where(Entry.door_name == "Garden").values(door_id=event.doors["North door"]))
    assert _read(event, event.doors["North door"]) == [ConflictKind.DOUBLE_ADMISSION]


def test_what_was_done_here_and_refused_is_shown_also_without_a_door(event: DoorEvent) -> None:
    walk_in_on_taken_seat(event, "Tomasz Łuczak", "8", 3)
    assert _read(event) == []
    _make_own(event, ConflictKind.SEAT_TAKEN)
    assert _read(event) == [ConflictKind.SEAT_TAKEN]


def test_a_field_that_was_edited_twice_is_for_organizers_only(event: DoorEvent) -> None:
    note_edited_twice(event, "Adaeze Okafor", other="by the stairs", kept="by the lift")
    _make_own(event, ConflictKind.EDITED_TWICE)
    assert _read(event) == []


def test_a_settled_one_is_gone(event: DoorEvent) -> None:
    admit_twice(event, "Adaeze Okafor", first_at=now_utc())
    _make_own(event, ConflictKind.DOUBLE_ADMISSION)
    with event.copy.read() as connection:
        (item,) = read_door_conflicts(connection, event.copy.identity, None)
    event.copy.run_all(see(item, Settler(new_id(), now_utc(), now_utc())))
    assert _read(event) == []
