"""What a server could not apply yet is kept, run on at its device, and applied later; a restored server is noticed."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from sqlalchemy import select

from models.errors import SyncError
from models.events import Role
from models.ids import new_epoch, new_id
from models.invitations import Attendee
from models.operations import base
from models.operations.edits import FieldEdit
from models.operations.people import EditGuest, GuestField, HideGuests
from models.people import Guest
from models.store.copy_tables import OutboxRow
from models.store.exchange import Envelope, OutcomeKind
from models.store.log_tables import LogRow
from sync.server.caller import Caller
from sync.server.config import ServerConfig
from sync.server.service import Service
from tests.helpers.events import an_entry
from tests.helpers.small_network import Device, House, Server, begin_dinner, now


def rename(device: Device, old: str, new: str) -> None:
    with device.copy.read() as connection:
        guest_id = connection.scalar(select(Guest.id).where(Guest.name == old))
    assert guest_id is not None
    device.copy.run(EditGuest(guest_id=guest_id, fields=GuestField(name=FieldEdit(seen=old, new=new))))


def names(device: Device) -> set[str]:
    with device.copy.read() as connection:
        return set(connection.scalars(select(Guest.name).where(Guest.deleted_at.is_(None))))


def outcomes(server: Server) -> list[str]:
    with server.read() as connection:
        return list(connection.scalars(select(LogRow.outcome).order_by(LogRow.position)))


def settle_waiting(server: Server, event_id: str) -> None:
    with server.write() as connection:
        for waiting in server.log.events_with_waiting(connection):
            server.log.settle_waiting(connection, waiting)
        assert event_id


def test_an_operation_of_a_newer_device_waits_runs_on_there_and_is_applied_after_the_servers_update(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = house.server()
    newer, other = house.device(server), house.device(server)
    begin_dinner(newer)
    newer.exchange()
    other.exchange()

    # given: a server that does not know the operation yet, and a device behind it that does
    rename(newer, "Mei Lindqvist", "Mei Lindqvist-Chen")
    hidden = base.REGISTER.pop(EditGuest.name)
    try:
        with monkeypatch.context() as patch:
            patch.setattr("models.store.rebase.decode", lambda name, arguments: hidden.model_validate_json(arguments))
            newer.exchange()
            rename(newer, "Olu Bankole", "Olu A. Bankole")
            newer.exchange()
            # then: both wait in the log, in their order, and nothing behind them is blocked
            assert outcomes(server)[-2:] == [OutcomeKind.WAITING, OutcomeKind.WAITING]
            assert {"Mei Lindqvist-Chen", "Olu A. Bankole"} <= names(newer)
    finally:
        base.REGISTER[EditGuest.name] = hidden
    other.exchange()
    assert "Mei Lindqvist" in names(other)

    # when: the server is updated
    settle_waiting(server, house.event_id)
    newer.exchange()
    other.exchange()

    assert OutcomeKind.WAITING not in outcomes(server)
    assert {"Mei Lindqvist-Chen", "Olu A. Bankole"} <= names(other)
    assert newer.rows() == other.rows() == server.rows()
    with newer.copy.read() as connection:
        assert OutcomeKind.WAITING not in set(connection.scalars(select(OutboxRow.outcome)))


def test_a_server_that_was_restored_from_a_backup_is_noticed_and_gets_everything_again(
    house: House, tmp_path: Path
) -> None:
    server = house.server()
    device = house.device(server)
    begin_dinner(device)
    device.exchange()
    with server.write() as connection:
        connection.exec_driver_sql("SELECT 1")
    server.database.engine.dispose()
    backup = tmp_path / "backup.sqlite"
    shutil.copy(tmp_path / "server.sqlite", backup)
    rename(device, "Mei Lindqvist", "Mei Chen")
    rename(device, "Olu Bankole", "Olu Chen")
    device.exchange()

    # when: the server goes back to its backup
    server.database.engine.dispose()
    for leftover in tmp_path.glob("server.sqlite-*"):
        leftover.unlink()
    shutil.copy(backup, tmp_path / "server.sqlite")
    for _ in range(3):
        device.exchange()

    assert {"Mei Chen", "Olu Chen"} <= names(device)
    assert device.rows() == server.rows()


def test_a_device_that_comes_to_a_server_before_the_event_does_keeps_its_rows(house: House) -> None:
    hub, _ = house.hub()
    central = house.server("central")
    device = house.device(hub)
    dinner = begin_dinner(device)
    device.exchange()
    device.copy.run(HideGuests(attendee_ids=(dinner.people[0],)))
    door = house.device(central, Role.DOOR)

    with pytest.raises(SyncError) as error:
        door.exchange()

    assert error.value.code == "not_there_yet"
    with device.copy.read() as connection:
        assert connection.scalar(select(Attendee.deleted_at).where(Attendee.id == dinner.people[0])) is not None


def test_a_hub_without_a_server_above_applies_after_its_update_what_waited(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = ServerConfig(tmp_path / "event.hub", hub_event=new_id(), synchronous="OFF")
    assert config.hub_event is not None
    caller = Caller(config.hub_event, new_id(), new_id(), Role.OWNER)
    entry = an_entry(new_id(), caller.device_id)
    envelope = Envelope(
        install_id=caller.install_id,
        epoch=new_epoch(),
        number=1,
        op_id=new_id(),
        name=entry.name,
        arguments=entry.model_dump_json(),
        device_time=now(),
    )
    service = Service(config)
    service.found_event(caller.event_id, caller.device_id, "This laptop", caller.install_id)
    with monkeypatch.context() as earlier:
        earlier.delitem(base.REGISTER, entry.name)
        service.writer.submit(service.push(caller, [envelope])).result()
    service.close()

    updated = Service(config)
    with updated.database.read() as connection:
        assert connection.scalar(select(LogRow.outcome).where(LogRow.op_id == envelope.op_id)) == OutcomeKind.APPLIED
        assert connection.exec_driver_sql("SELECT count(*) FROM entries").scalar_one() == 1
    updated.close()
