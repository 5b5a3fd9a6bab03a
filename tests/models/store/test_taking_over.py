"""Taking over all that was done in another copy for the same role."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import select

from models.events import Role
from models.operations.entries import RecordEntries
from models.operations.seating import SeatAttendees
from models.store.copy_tables import OutboxRow
from models.store.local_copy import LocalCopy
from models.store.taking_over import take_over
from tests.helpers.small_event import SmallEvent, small_event
from tests.helpers.small_server import SmallServer, new_copy, small_server


@dataclass
class Handover:
    """An event at a server, a door's copy that works, and an empty one for the same door."""

    event: SmallEvent
    server: SmallServer
    old: LocalCopy
    new: LocalCopy


@pytest.fixture
def handover(tmp_path: Path) -> Iterator[Handover]:
    event = small_event(tmp_path)
    with small_server(tmp_path, event.event_id) as server:
        server.push(event.copy)
        old, new = (new_copy(tmp_path, event.event_id, Role.DOOR) for _ in range(2))
        server.start(old)
        yield Handover(event, server, old, new)
        for copy in (old, new, event.copy):
            copy.close()


def test_what_waited_in_one_copy_reaches_the_server_through_another_once(handover: Handover) -> None:
    event, server, old, new = handover.event, handover.server, handover.old, handover.new
    for name in ("first", "second"):
        old.run(RecordEntries(entries=(event.entry(shown_name=name),)))
    waiting = old.pending()

    take_over(new, old)
    take_over(new, old)
    assert [one.op_id for one in new.pending()] == [one.op_id for one in waiting]

    server.start(new)
    server.exchange(new)
    with server.database.read() as connection:
        logged = dict(connection.exec_driver_sql("SELECT op_id, install_id FROM event_log").all())
    assert [logged[one.op_id] for one in waiting] == [new.identity.install_id] * 2
    assert new.waiting().pending == 0
    with new.read() as connection:
        names = {name for (name,) in connection.exec_driver_sql("SELECT shown_name FROM entries")}
    assert names == {"first", "second"}


def test_what_a_server_refused_before_is_told_to_the_copy_that_takes_it_over(handover: Handover) -> None:
    event, server, old, new = handover.event, handover.server, handover.old, handover.new
    old.run(SeatAttendees(placements=(event.place("Defne Marangoz", "1", 1),)))
    event.copy.run(SeatAttendees(placements=(event.place("Kerem Marangoz", "1", 1),)))
    server.push(event.copy)
    server.exchange(old)
    assert _outcomes(old) == ["refused"]
    server.start(new)

    take_over(new, old)
    server.exchange(new)

    assert _outcomes(new) == ["refused"]


def _outcomes(copy: LocalCopy) -> list[str | None]:
    with copy.read() as connection:
        return list(connection.scalars(select(OutboxRow.outcome).order_by(OutboxRow.number)))
