"""Settling a conflict: once, by somebody, and never in the way of anything."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import insert, select

from models.conflicts import Conflict, ConflictKind, conflict_id
from models.errors import BadInput
from models.ids import new_id
from models.operations.base import decode
from models.operations.conflicts import SettleConflict
from tests.helpers.small_event import STARTS, SmallEvent


def _open_conflict(event: SmallEvent) -> str:
    the_id = conflict_id(event.event_id, ConflictKind.SEAT_TAKEN, [new_id()])
    with event.copy.database.write() as connection:
        connection.execute(
            insert(Conflict).values(
                id=the_id,
                event_id=event.event_id,
                created_at=STARTS,
                updated_at=STARTS,
                kind=ConflictKind.SEAT_TAKEN,
                about_table="attendees",
                about_id=None,
                operations=[],
                details={},
                for_doors=True,
            )
        )
    return the_id


def _settled(event: SmallEvent) -> tuple[object, ...]:
    with event.copy.read() as connection:
        return tuple(connection.execute(select(Conflict.resolved_at, Conflict.resolved_by, Conflict.resolution)).one())


def test_a_conflict_is_settled_by_the_first_who_does(event: SmallEvent) -> None:
    conflict, first, second = _open_conflict(event), new_id(), new_id()
    change = event.copy.run(
        SettleConflict(conflict_id=conflict, resolution="seated_elsewhere", settled_by=first), at=STARTS
    )
    assert change.ids(Conflict) == {conflict}
    assert _settled(event) == (STARTS, first, "seated_elsewhere")

    later = STARTS + timedelta(minutes=1)
    assert not event.copy.run(SettleConflict(conflict_id=conflict, resolution="kept", settled_by=second), at=later)
    assert _settled(event) == (STARTS, first, "seated_elsewhere")


def test_settling_what_is_not_known_yet_is_no_fault(event: SmallEvent) -> None:
    pending = event.copy.waiting().pending
    assert not event.copy.run(SettleConflict(conflict_id=new_id(), resolution="seen", settled_by=new_id()))
    assert event.copy.waiting().pending == pending + 1


@pytest.mark.parametrize("resolution", ["", "ignored", "KEPT"])
def test_a_conflict_is_settled_in_one_of_the_known_ways(resolution: str) -> None:
    with pytest.raises(BadInput) as caught:
        decode("settle_conflict.v1", {"conflict_id": new_id(), "resolution": resolution, "settled_by": new_id()})
    assert caught.value.details["field"] == "resolution"


def test_every_server_gives_the_same_conflict_the_same_id(event: SmallEvent) -> None:
    first, second = new_id(), new_id()
    one = conflict_id(event.event_id, ConflictKind.DOUBLE_ADMISSION, [first, second])
    assert one == conflict_id(event.event_id, ConflictKind.DOUBLE_ADMISSION, [second, first])
    assert one != conflict_id(event.event_id, ConflictKind.EDITED_TWICE, [first, second])
    assert one != conflict_id(new_id(), ConflictKind.DOUBLE_ADMISSION, [first, second])
