"""Taking in what a server sends: pending work is undone, the server's rows are written, the work runs again."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Row, select
from sqlalchemy.exc import IntegrityError

from models.admission import count_inside
from models.check_in import CheckIn
from models.errors import StoreError
from models.events import Role
from models.ids import new_id
from models.invitations import Attendee
from models.operations.conflicts import SettleConflict
from models.operations.edits import FieldEdit
from models.operations.people import EditGuest, GuestField, HideGuests
from models.operations.seating import Placement, SeatAttendees
from models.people import Guest
from models.store.copy_tables import OutboxRow, UndoRow
from models.store.local_copy import LocalCopy
from models.store.rebase import rebase
from models.store.rows import Change
from models.store.undo_log import undo_pending
from tests.helpers.small_network import Device, Dinner, House, Server, begin_dinner


@pytest.fixture
def server(house: House) -> Server:
    return house.server()


@pytest.fixture
def organizer(house: House, server: Server) -> Device:
    return house.device(server)


@pytest.fixture
def dinner(organizer: Device) -> Dinner:
    dinner = begin_dinner(organizer)
    organizer.exchange()
    return dinner


@pytest.fixture
def other(house: House, server: Server, dinner: Dinner) -> Device:
    other = house.device(server, Role.ORGANIZER)
    other.exchange()
    return other


def outbox(device: Device) -> Sequence[Row[Any]]:
    with device.copy.read() as connection:
        return connection.execute(select(OutboxRow.__table__).order_by(OutboxRow.number)).all()


def test_a_pending_operation_that_no_longer_holds_is_kept_and_marked_and_handed_in(
    organizer: Device, other: Device, dinner: Dinner
) -> None:
    organizer.seat(dinner.people[0], dinner.seats[0])
    organizer.exchange()
    other.seat(dinner.people[1], dinner.seats[0])
    other.way.is_cut = False
    pulled = other.way.pull(other.copy.followed().cookie)

    other.copy.apply_pull(pulled)

    assert other.seat_of(dinner.people[0]) == dinner.seats[0]
    assert other.seat_of(dinner.people[1]) is None
    assert other.copy.waiting().not_holding == 1
    assert len(other.copy.pending()) == 1

    other.exchange()

    assert other.copy.waiting().pending == 0
    assert outbox(other)[-1].outcome == "refused"
    assert outbox(other)[-1].reason_code == "seat_taken"


def test_a_pending_operation_holds_again_when_the_way_is_free_again(
    organizer: Device, other: Device, dinner: Dinner
) -> None:
    organizer.seat(dinner.people[0], dinner.seats[0])
    organizer.exchange()
    other.seat(dinner.people[1], dinner.seats[0])
    other.copy.apply_pull(other.way.pull(other.copy.followed().cookie))
    organizer.seat(dinner.people[0], dinner.seats[1])
    organizer.exchange()

    other.copy.apply_pull(other.way.pull(other.copy.followed().cookie))

    assert other.seat_of(dinner.people[1]) == dinner.seats[0]
    assert other.copy.waiting().not_holding == 0


def test_a_swap_from_afar_arrives_under_a_pending_swap(organizer: Device, other: Device, dinner: Dinner) -> None:
    first, second, third = dinner.people
    for who, seat in zip(dinner.people, dinner.seats, strict=False):
        organizer.seat(who, seat)
    organizer.exchange()
    other.exchange()
    organizer.copy.run(
        SeatAttendees(
            placements=(
                Placement(attendee_id=first, seat_id=dinner.seats[1], seen=dinner.seats[0]),
                Placement(attendee_id=second, seat_id=dinner.seats[0], seen=dinner.seats[1]),
            )
        )
    )
    organizer.exchange()
    other.copy.run(
        SeatAttendees(
            placements=(
                Placement(attendee_id=second, seat_id=dinner.seats[2], seen=dinner.seats[1]),
                Placement(attendee_id=third, seat_id=dinner.seats[1], seen=dinner.seats[2]),
            )
        )
    )

    other.copy.apply_pull(other.way.pull(other.copy.followed().cookie))

    # The second sits on the third's place as meant; the third finds the seat held by the first by now.
    assert other.seat_of(first) == dinner.seats[1]
    assert other.seat_of(second) == dinner.seats[0]
    assert other.seat_of(third) == dinner.seats[2]
    other.exchange()
    organizer.exchange()
    assert other.rows() == organizer.rows()


def test_the_undo_log_puts_inserted_updated_and_deleted_rows_back(organizer: Device, dinner: Dinner) -> None:
    before = organizer.rows()
    CheckIn(organizer.copy).walk_in("Ruth Okafor", seat_id=dinner.seats[3])
    organizer.seat(dinner.people[0], dinner.seats[0])
    organizer.copy.run(HideGuests(attendee_ids=(dinner.people[1],)))
    with organizer.copy.database.write() as connection:
        connection.exec_driver_sql("DELETE FROM ticket_secrets")
    assert organizer.rows() != before

    with organizer.copy.database.write() as connection:
        logged = connection.scalars(select(UndoRow.before)).all()
        connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
        connection.exec_driver_sql("UPDATE replica SET recording = 0")
        undo_pending(connection)
        connection.exec_driver_sql("UPDATE replica SET recording = 1")

    assert None in logged
    assert organizer.rows() == before


def test_the_undo_log_keeps_the_first_image_of_a_row_that_changes_twice(organizer: Device, dinner: Dinner) -> None:
    before = organizer.rows()
    organizer.seat(dinner.people[0], dinner.seats[0])
    organizer.seat(dinner.people[0], dinner.seats[1])

    with organizer.copy.database.write() as connection:
        connection.exec_driver_sql("UPDATE replica SET recording = 0")
        undo_pending(connection)

    assert organizer.rows() == before


def test_a_copied_file_gets_a_new_epoch_and_both_lose_nothing(
    house: House, server: Server, organizer: Device, dinner: Dinner, tmp_path: Path
) -> None:
    organizer.copy.close()
    shutil.copyfile(organizer.copy.path, tmp_path / "twin.usher")
    twin = house.reached(LocalCopy(tmp_path / "twin.usher", synchronous="OFF"), organizer.caller, server)
    organizer.seat(dinner.people[0], dinner.seats[0])
    twin.seat(dinner.people[1], dinner.seats[1])
    CheckIn(twin.copy).show_person(dinner.people[2])
    epoch = twin.copy.identity.epoch

    organizer.exchange()
    twin.exchange()
    organizer.exchange()

    assert twin.copy.identity.epoch != epoch
    assert organizer.copy.identity.epoch == epoch
    assert {device.seat_of(dinner.people[1]) for device in (organizer, twin)} == {dinner.seats[1]}
    assert organizer.rows() == twin.rows() == server.rows()
    assert server.count("entries") == 1
    assert twin.copy.waiting().pending == organizer.copy.waiting().pending == 0


def test_a_restored_older_copy_hands_in_again_and_loses_nothing(
    house: House, server: Server, organizer: Device, dinner: Dinner, tmp_path: Path
) -> None:
    organizer.copy.close()
    shutil.copyfile(organizer.copy.path, tmp_path / "saved.usher")
    organizer.seat(dinner.people[0], dinner.seats[0])
    organizer.exchange()
    restored = house.reached(LocalCopy(tmp_path / "saved.usher", synchronous="OFF"), organizer.caller, server)
    CheckIn(restored.copy).show_person(dinner.people[2])
    length = server.count("event_log")

    restored.exchange()
    restored.exchange()

    assert restored.copy.waiting().pending == 0
    assert restored.seat_of(dinner.people[0]) == dinner.seats[0]
    assert restored.rows() == server.rows()
    assert server.count("event_log") == length + 1
    assert server.count("entries") == 1


def test_numbers_that_a_copied_file_used_at_a_restored_server_are_not_taken_for_ones_own(
    house: House, server: Server, organizer: Device, dinner: Dinner, tmp_path: Path
) -> None:
    organizer.exchange()
    organizer.copy.close()
    shutil.copyfile(organizer.copy.path, tmp_path / "twin.usher")
    twin = house.reached(LocalCopy(tmp_path / "twin.usher", synchronous="OFF"), organizer.caller, server)
    server.back_up(tmp_path / "backup.sqlite")
    CheckIn(organizer.copy).show_person(dinner.people[2])
    organizer.exchange()

    server.put_back(tmp_path / "backup.sqlite")
    CheckIn(twin.copy).show_person(dinner.people[1])
    twin.exchange()
    organizer.seat(dinner.people[0], dinner.seats[0])
    for device in (organizer, organizer, twin):
        device.exchange()

    assert server.count("entries") == 2
    assert organizer.rows() == twin.rows() == server.rows()
    assert organizer.copy.waiting().pending == twin.copy.waiting().pending == 0


def test_a_start_from_a_snapshot_keeps_the_outbox(organizer: Device, other: Device, dinner: Dinner) -> None:
    other.seat(dinner.people[0], dinner.seats[0])
    entry = CheckIn(other.copy).show_person(dinner.people[2])
    before = [row.op_id for row in outbox(other)]

    other.copy.follow("sim://elsewhere")
    with other.way.snapshot() as snapshot:
        other.copy.start_from(snapshot.head, snapshot.lines())

    assert [row.op_id for row in outbox(other)] == before
    assert other.seat_of(dinner.people[0]) == dinner.seats[0]
    with other.copy.read() as connection:
        assert count_inside(connection, other.caller.event_id) == 1
    assert len(other.copy.pending()) == 2
    other.exchange()
    organizer.exchange()
    assert other.rows() == organizer.rows()
    assert entry.decision.passes


def test_a_start_from_a_snapshot_tells_what_was_refused(organizer: Device, other: Device, dinner: Dinner) -> None:
    organizer.seat(dinner.people[0], dinner.seats[0])
    other.seat(dinner.people[1], dinner.seats[0])
    organizer.exchange()
    other.way.push(other.copy.pending())

    other.copy.follow("sim://elsewhere")
    other.exchange()

    assert outbox(other)[-1].outcome == "refused"
    assert other.copy.waiting().refused == 1


def test_a_masked_copy_runs_its_pending_work_again_and_stays_masked(
    house: House, server: Server, organizer: Device, dinner: Dinner
) -> None:
    door = house.device(server, Role.DOOR)
    door.exchange()
    desk = CheckIn(door.copy)
    desk.show_person(dinner.people[0])
    desk.walk_in("Ruth Okafor", "knows the host", dinner.seats[2])
    door.seat(dinner.people[1], dinner.seats[1])
    with organizer.copy.read() as connection:
        guest_id = connection.scalar(select(Attendee.guest_id).where(Attendee.id == dinner.people[0])) or ""
    fields = GuestField(name=FieldEdit(seen="Ines Duarte", new="Inês Duarte"))
    organizer.copy.run(EditGuest(guest_id=guest_id, fields=fields))
    organizer.exchange()

    door.copy.apply_pull(door.way.pull(door.copy.followed().cookie))

    with door.copy.read() as connection:
        row = connection.execute(select(Guest.name, Guest.email, Guest.notes).where(Guest.id == guest_id)).one()
        inside = count_inside(connection, door.caller.event_id)
    assert tuple(row) == ("Inês Duarte", None, None)
    assert inside == 2
    assert door.seat_of(dinner.people[1]) == dinner.seats[1]
    assert door.copy.waiting().not_holding == 0
    door.exchange()
    assert door.rows() == server.rows(Role.DOOR)


def test_a_pending_reference_to_a_row_that_is_gone_is_marked_and_the_pull_is_taken_in(
    organizer: Device, other: Device, dinner: Dinner
) -> None:
    other.seat(dinner.people[0], dinner.seats[0])
    pulled = other.way.pull(0)
    with organizer.copy.read() as connection:
        gone = [("attendees", who) for who in dinner.people]
        gone += [("guests", one) for one in connection.scalars(select(Guest.id))]
    tables = {name: part for name, part in pulled.tables.items() if name not in ("attendees", "guests")}

    other.copy.apply_pull(pulled.model_copy(update={"tables": tables, "gone": gone}))

    assert other.copy.waiting().not_holding == 1
    assert other.copy.waiting().pending == 1


def test_a_row_that_is_gone_and_there_again_in_one_pull_is_there(other: Device, dinner: Dinner) -> None:
    pulled = other.way.pull(0)

    other.copy.apply_pull(pulled.model_copy(update={"gone": [("attendees", dinner.people[0])]}))

    with other.copy.read() as connection:
        assert connection.scalar(select(Attendee.id).where(Attendee.id == dinner.people[0])) is not None


def test_an_older_answer_that_comes_late_changes_nothing(organizer: Device, other: Device, dinner: Dinner) -> None:
    old = other.way.pull(other.copy.followed().cookie)
    organizer.seat(dinner.people[0], dinner.seats[0])
    organizer.exchange()
    other.exchange()
    before = other.rows()

    assert not other.copy.apply_pull(old)

    assert other.rows() == before


def test_another_servers_answer_is_not_taken_in(other: Device) -> None:
    pulled = other.way.pull(0).model_copy(update={"server_id": new_id()})

    with pytest.raises(StoreError) as caught:
        other.copy.apply_pull(pulled)

    assert caught.value.code == "other_server"


def test_settling_a_conflict_that_is_not_known_yet_does_nothing(
    server: Server, organizer: Device, dinner: Dinner
) -> None:
    organizer.copy.run(SettleConflict(conflict_id=new_id(), resolution="seen", settled_by=new_id()))

    organizer.exchange()

    assert organizer.copy.waiting().refused == 0
    assert server.count("conflicts") == 0


def test_running_again_meets_missing_rows_at_once_and_not_at_the_commit(organizer: Device, dinner: Dinner) -> None:
    def sit_nowhere() -> Change:
        with pytest.raises(IntegrityError):
            connection.exec_driver_sql("UPDATE attendees SET seat_id = 'missing' WHERE id = ?", (dinner.people[0],))
        return Change()

    with organizer.copy.database.write() as connection:
        rebase(connection, {}, [], sit_nowhere)

    assert organizer.seat_of(dinner.people[0]) is None
