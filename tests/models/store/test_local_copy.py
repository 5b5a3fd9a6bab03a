"""A copy runs operations with their outbox rows, all or nothing, and knows what still waits."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from models.errors import Refused, StoreError
from models.events import Role
from models.guest_lists.folding import fold
from models.ids import new_id
from models.operations.base import decode
from models.operations.entries import RecordEntries
from models.operations.people import AddGuests, EditGuest, GuestField
from models.operations.seating import SeatAttendees
from models.people import Guest
from models.store.exchange import LONGEST_ARGUMENTS
from models.store.local_copy import LocalCopy, Waiting
from tests.helpers.read_steps import steps_of
from tests.helpers.small_event import (
    STARTS,
    SmallEvent,
    new_household,
    refusal_of,
    small_event,
)
from tests.helpers.small_server import SmallServer, copy_digest, new_copy, small_server

ROOT = Path(__file__).parents[3]


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


def _joining(event: SmallEvent, name: str) -> AddGuests:
    return AddGuests(households=(new_household(event, name, name),))


def _guest_names(copy: LocalCopy) -> set[str]:
    with copy.read() as connection:
        return set(connection.scalars(select(Guest.name)))


def test_a_change_and_its_outbox_row_are_one(event: SmallEvent) -> None:
    at = STARTS + timedelta(minutes=3)
    op_id = new_id()
    operation = _joining(event, "Duarte Ferreira")
    change = event.copy.run(operation, op_id=op_id, at=at)
    assert change.ids(Guest) == {event.guests["Duarte Ferreira"]}
    last = event.copy.pending()[-1]
    assert (last.op_id, last.device_time, decode(last.name, last.arguments)) == (op_id, at, operation)


def test_of_several_operations_all_hold_or_none(event: SmallEvent) -> None:
    event.seat("Defne Marangoz", "1", 1)
    before, pending = event.state(), event.copy.pending()
    with pytest.raises(Refused, match="held by Defne Marangoz"):
        event.copy.run_all(
            [
                _joining(event, "Duarte Ferreira"),
                SeatAttendees(placements=(event.place("Kerem Marangoz", "1", 1),)),
            ]
        )
    assert (event.state(), event.copy.pending()) == (before, pending)
    with pytest.raises(Refused):
        event.copy.perform(
            [
                _joining(event, "Duarte Ferreira"),
                SeatAttendees(placements=(event.place("Kerem Marangoz", "1", 1),)),
            ]
        )
    assert (event.state(), event.copy.pending()) == (before, pending)


def test_the_way_back_is_read_off_the_state_before_each_operation(event: SmallEvent) -> None:
    before = event.state()
    done = event.copy.perform(
        [
            SeatAttendees(placements=(event.place("Defne Marangoz", "1", 1),)),
            SeatAttendees(placements=(event.place("Defne Marangoz", "1", 2, seen=event.seats["1", 1]),)),
            SeatAttendees(placements=(event.place("Kerem Marangoz", "1", 1),)),
        ]
    )
    assert event.seated() == {"Defne Marangoz": ("1", 2), "Kerem Marangoz": ("1", 1)}
    assert len(done.inverse) == 3
    event.copy.perform(done.inverse[:1])
    assert event.seated() == {"Defne Marangoz": ("1", 2)}
    event.copy.perform(done.inverse[1:2])
    assert event.seated() == {"Defne Marangoz": ("1", 1)}
    event.copy.perform(done.inverse[2:])
    assert event.state() == before


def test_the_change_of_a_performance_holds_the_rows_of_all_its_operations(event: SmallEvent) -> None:
    done = event.copy.perform([_joining(event, "Duarte Ferreira"), _joining(event, "Maren Oduya")])
    assert done.change.ids(Guest) == {event.guests["Duarte Ferreira"], event.guests["Maren Oduya"]}


def test_what_cannot_be_handed_on_is_refused_where_it_is_made(event: SmallEvent) -> None:
    note = "x" * 10_000
    many = tuple(f"Guest {number}" for number in range(LONGEST_ARGUMENTS // len(note) + 1))
    household = new_household(event, "Endless", *many)
    guests = tuple(guest.model_copy(update={"notes": note}) for guest in household.guests)
    too_large = AddGuests(households=(household.model_copy(update={"guests": guests}),))
    assert refusal_of(event, too_large).code == "too_large"

    nul = _joining(event, "Nul \x00 Character")
    assert refusal_of(event, nul).code == "bad_text"
    event.copy.run(_joining(event, r"Written \u0000 Out"))
    event.copy.pending()


def test_pending_gives_parts_in_order(event: SmallEvent) -> None:
    numbers = [one.number for one in event.copy.pending()]
    assert numbers == list(range(1, len(numbers) + 1))
    assert [one.number for one in event.copy.pending(limit=2, skip=3)] == [4, 5]
    identity = event.copy.identity
    assert {(one.install_id, one.epoch, one.device_id, one.role) for one in event.copy.pending()} == {
        (identity.install_id, identity.epoch, identity.device_id, Role.OWNER)
    }


def test_waiting_counts_what_the_server_has_not_been_seen_to_have(event: SmallEvent, server: SmallServer) -> None:
    assert event.copy.waiting() == Waiting(pending=0, oldest=None, refused=0, not_holding=0)
    at = STARTS + timedelta(minutes=1)
    event.copy.run(_joining(event, "Duarte Ferreira"), at=at)
    event.copy.run(_joining(event, "Maren Oduya"), at=at + timedelta(minutes=1))
    server.push(event.copy)
    assert event.copy.waiting() == Waiting(pending=2, oldest=at, refused=0, not_holding=0)
    assert event.copy.count_pending() == 2
    event.copy.apply_pull(server.pulled(event.copy))
    assert event.copy.waiting().pending == event.copy.count_pending() == 0
    event.copy.start_new_epoch(event.copy.identity.install_id)
    assert event.copy.count_pending() == event.copy.waiting().pending > 2


def test_counting_what_waits_costs_the_same_however_much_it_is(event: SmallEvent) -> None:
    few = steps_of(event.copy.database, event.copy.count_pending)
    event.copy.run_all([RecordEntries(entries=(event.entry(),)) for _ in range(300)])
    assert event.copy.count_pending() > 300
    assert steps_of(event.copy.database, event.copy.count_pending) == few > 0


def test_a_refusal_of_the_server_takes_the_change_back_and_is_counted(
    event: SmallEvent, server: SmallServer, tmp_path: Path
) -> None:
    other = new_copy(tmp_path, event.event_id, Role.ORGANIZER)
    server.start(other)
    event.seat("Defne Marangoz", "1", 1)
    other.run(SeatAttendees(placements=(event.place("Kerem Marangoz", "1", 1),)))
    server.exchange(event.copy)

    other.apply_pull(server.pulled(other))
    assert other.waiting() == Waiting(1, other.waiting().oldest, refused=0, not_holding=1)
    server.exchange(other)
    assert other.waiting() == Waiting(pending=0, oldest=None, refused=1, not_holding=0)
    assert copy_digest(other) == server.digest(Role.ORGANIZER)
    other.close()


def test_a_door_works_on_a_masked_copy_and_agrees_with_the_server(
    event: SmallEvent, server: SmallServer, tmp_path: Path
) -> None:
    door = new_copy(tmp_path, event.event_id, Role.DOOR)
    server.start(door)
    door.run(RecordEntries(entries=(event.entry(),)))
    door.run(SeatAttendees(placements=(event.place("Wayra Quispe", "2", 1),)))
    server.exchange(door)
    server.exchange(event.copy)
    assert copy_digest(door) == server.digest(Role.DOOR) == copy_digest(event.copy, Role.DOOR)
    door.close()


def test_another_server_is_not_taken_for_the_one_followed(event: SmallEvent, server: SmallServer) -> None:
    before = event.state()
    stranger = server.pulled(event.copy).model_copy(update={"server_id": new_id()})
    with pytest.raises(StoreError) as caught:
        event.copy.apply_pull(stranger)
    assert caught.value.code == "other_server"
    assert event.state() == before


def test_rows_that_do_not_fit_together_change_nothing_and_lead_to_a_new_start(
    event: SmallEvent, server: SmallServer, tmp_path: Path
) -> None:
    event.seat("Defne Marangoz", "1", 1)
    server.exchange(event.copy)
    other = new_copy(tmp_path, event.event_id, Role.ORGANIZER)
    server.start(other)
    other.run(_joining(event, "Duarte Ferreira"))
    server.push(other)
    pulled = server.pulled(event.copy)
    without_guests = {name: rows for name, rows in pulled.tables.items() if name != "guests"}
    attendees = pulled.tables["attendees"]
    seat = attendees.columns.index("seat_id")
    two_on_a_seat = attendees.model_copy(
        update={"rows": [[*row[:seat], event.seats["1", 1], *row[seat + 1 :]] for row in attendees.rows]}
    )
    before = copy_digest(event.copy)
    for tables in (without_guests, {**pulled.tables, "attendees": two_on_a_seat}):
        with pytest.raises(StoreError) as caught:
            event.copy.apply_pull(pulled.model_copy(update={"tables": tables}))
        assert caught.value.code == "other_server"
        assert copy_digest(event.copy) == before
    event.copy.apply_pull(pulled)
    assert "Duarte Ferreira" in _guest_names(event.copy)
    other.close()


def test_a_late_answer_of_the_server_is_passed_over(event: SmallEvent, server: SmallServer) -> None:
    late = server.pulled(event.copy)
    event.copy.run(_joining(event, "Duarte Ferreira"))
    server.exchange(event.copy)
    assert not event.copy.apply_pull(late)
    assert "Duarte Ferreira" in _guest_names(event.copy)
    assert event.copy.waiting().pending == 0


def test_a_copied_file_hands_in_its_own_work_under_a_new_epoch(
    event: SmallEvent, server: SmallServer, tmp_path: Path
) -> None:
    event.copy.close()
    twin_path = tmp_path / "twin.usher"
    shutil.copy(event.copy.path, twin_path)
    event.copy = LocalCopy(event.copy.path, synchronous="OFF")
    twin = LocalCopy(twin_path, synchronous="OFF")
    assert twin.identity.epoch == event.copy.identity.epoch

    event.copy.run(_joining(event, "Made In The First"))
    twin.run(_joining(event, "Made In The Twin"))
    server.exchange(event.copy)
    twin.apply_pull(server.pulled(twin))

    assert twin.identity.epoch != event.copy.identity.epoch
    assert {"Made In The First", "Made In The Twin"} <= _guest_names(twin)
    server.exchange(twin)
    server.exchange(event.copy)
    assert twin.waiting().pending == 0
    assert copy_digest(twin) == copy_digest(event.copy) == server.digest(Role.OWNER)
    twin.close()


def test_an_older_copy_of_the_file_loses_nothing_when_it_is_put_back(
    event: SmallEvent, server: SmallServer, tmp_path: Path
) -> None:
    event.copy.close()
    older = tmp_path / "older.usher"
    shutil.copy(event.copy.path, older)
    event.copy = LocalCopy(event.copy.path, synchronous="OFF")
    event.copy.run(_joining(event, "Handed In Before"))
    server.exchange(event.copy)

    restored = LocalCopy(older, synchronous="OFF")
    restored.run(_joining(event, "Made After The Restore"))
    restored.apply_pull(server.pulled(restored))
    server.exchange(restored)
    assert {"Handed In Before", "Made After The Restore"} <= _guest_names(restored)
    assert copy_digest(restored) == server.digest(Role.OWNER)
    restored.close()


def test_threads_may_run_operations_on_one_copy(event: SmallEvent) -> None:
    households = [[_joining(event, f"Guest {part} {number}") for number in range(10)] for part in range(3)]

    def work(part: int) -> None:
        for operation in households[part]:
            event.copy.run(operation)

    before = event.copy.waiting().pending
    threads = [threading.Thread(target=work, args=(part,)) for part in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert event.copy.waiting().pending == before + 30


_WRITES_UNTIL_KILLED = """
import sys
from pathlib import Path
from models.ids import new_id
from models.codes import new_short_code
from models.operations.people import AddGuests, NewGuest, NewHousehold
from models.store.local_copy import LocalCopy
copy = LocalCopy(Path(sys.argv[1]))
while True:
    op_id = new_id()
    guest = NewGuest(guest_id=op_id, attendee_id=new_id(), name=f"Guest {op_id}")
    house = NewHousehold(
        invitation_id=new_id(), name="House", code=new_short_code(), secret_id=new_id(), guests=(guest,)
    )
    copy.run(AddGuests(households=(house,)), op_id=op_id)
    sys.stdout.write(op_id + "\\n")
    sys.stdout.flush()
"""


@pytest.mark.parametrize("reported", [1, 7, 23])
def test_what_a_killed_process_had_reported_is_there_and_nothing_else(reported: int, tmp_path: Path) -> None:
    event = small_event(tmp_path)
    before = {one.op_id for one in event.copy.pending()}
    event.copy.close()
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        [sys.executable, "-c", _WRITES_UNTIL_KILLED, event.copy.path],
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    ) as writer:
        assert writer.stdout is not None
        said = [writer.stdout.readline().strip() for _ in range(reported)]
        writer.kill()
        said += writer.stdout.read().split()

    copy = LocalCopy(event.copy.path)
    kept = [one.op_id for one in copy.pending() if one.op_id not in before]
    # The last one may have been committed and not yet said.
    assert kept[: len(said)] == said
    assert len(kept) <= len(said) + 1
    with copy.read() as connection:
        guests = set(connection.scalars(select(Guest.id).where(Guest.id.in_(kept))))
        everybody = connection.scalar(select(func.count()).select_from(Guest))
        assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
    assert guests == set(kept)
    assert everybody == len(event.guests) + len(kept)
    copy.close()


def test_identity_and_skew_survive_a_restart(event: SmallEvent) -> None:
    event.copy.measure_skew(-1_250)
    event.copy.follow("https://events.example", server_certificate="ab" * 32)
    before = event.copy.identity
    event.copy.close()
    event.copy = LocalCopy(event.copy.path, synchronous="OFF")
    assert event.copy.identity == before
    assert (before.skew_ms, before.server_url, before.cookie) == (-1_250, "https://events.example", 0)


def test_following_another_server_keeps_the_outbox(event: SmallEvent, server: SmallServer, tmp_path: Path) -> None:
    event.copy.run(_joining(event, "Duarte Ferreira"))
    event.copy.follow("https://elsewhere.example")
    (tmp_path / "second").mkdir()
    with small_server(tmp_path / "second", event.event_id) as second:
        second.start(event.copy)
        assert event.copy.waiting().pending == 7
        second.exchange(event.copy)
        assert copy_digest(event.copy) == second.digest(Role.OWNER)
        assert "Duarte Ferreira" in _guest_names(event.copy)


def test_a_walk_in_is_found_by_its_folded_name_however_long(event: SmallEvent) -> None:
    name = "ß" * 150 + "ﷺ" * 50
    event.copy.run(_joining(event, name))
    with event.copy.read() as connection:
        folded = connection.scalar(select(Guest.folded).where(Guest.id == event.guests[name]))
    assert folded is not None
    assert len(folded) <= 400
    assert fold(name).startswith(folded)


def test_an_edit_runs_again_on_top_of_what_came_from_afar(
    event: SmallEvent, server: SmallServer, tmp_path: Path
) -> None:
    other = new_copy(tmp_path, event.event_id, Role.ORGANIZER)
    server.start(other)
    guest = event.guests["Åsa Lindqvist"]
    fields = GuestField.model_validate({"diet": {"seen": None, "new": "vegan"}})
    other.run(EditGuest(guest_id=guest, fields=fields))
    server.exchange(other)
    company = GuestField.model_validate({"company": {"seen": None, "new": "Lindqvist & Co"}})
    event.copy.run(EditGuest(guest_id=guest, fields=company))
    event.copy.apply_pull(server.pulled(event.copy))
    with event.copy.read() as connection:
        assert connection.execute(select(Guest.diet, Guest.company).where(Guest.id == guest)).one() == (
            "vegan",
            "Lindqvist & Co",
        )
    other.close()
