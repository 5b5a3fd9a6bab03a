"""Joining an event that this computer has already: one copy, a new key, and nothing that was done is lost."""

from pathlib import Path

from pytestqt.qtbot import QtBot
from sqlalchemy import select

from desktop.application import Program
from desktop.hub import hub_file
from models.events import Device, Role
from models.operations.events import RevokeDevice
from sync.server.running import RunningServer
from tests.desktop.conftest import StartProgram, admit_offline, in_step, join, pairing_code


def _outcomes(server: RunningServer, op_ids: list[str]) -> list[str]:
    with server.service.database.read() as connection:
        found = dict(connection.exec_driver_sql("SELECT op_id, outcome FROM event_log").all())
    return [found.get(op_id, "missing") for op_id in op_ids]


def _files(path: Path) -> list[str]:
    return sorted(one.name for one in path.parent.iterdir() if one.suffix == ".usher")


def test_a_door_whose_key_is_gone_joins_again_and_hands_in_what_it_did(
    start: StartProgram, office: Program, server: RunningServer, qtbot: QtBot
) -> None:
    door = start("door")
    path = join(door, pairing_code(office), qtbot)
    assert door.opened is not None
    old = door.opened.copy.identity
    made = admit_offline(door, 3)
    door._tokens.forget(old.install_id)

    assert join(door, pairing_code(office), qtbot) == path

    assert door.opened is not None
    new = door.opened.copy.identity
    assert new.install_id != old.install_id
    assert _outcomes(server, made) == ["applied"] * 3
    assert _files(path) == [path.name]
    assert [one.path for one in door._settings.current.recent] == [path]
    assert door.opened.standing.waiting == 0


def test_a_revoked_door_that_joins_again_works_and_its_old_work_waits_for_a_decision(
    start: StartProgram, office: Program, server: RunningServer, qtbot: QtBot
) -> None:
    door = start("door")
    path = join(door, pairing_code(office), qtbot)
    assert door.opened is not None
    device_id = door.opened.copy.identity.device_id
    made = admit_offline(door, 2)
    assert office.opened is not None
    copy = office.opened.copy

    def revoked(there: RunningServer) -> bool:
        with there.service.database.read() as connection:
            return connection.scalar(select(Device.revoked_at).where(Device.id == device_id)) is not None

    qtbot.waitUntil(lambda: _knows(office, device_id), timeout=10_000)
    office.opened.workspace.announce(copy.run(RevokeDevice(device_id=device_id)))
    qtbot.waitUntil(lambda: revoked(server), timeout=15_000)

    assert join(door, pairing_code(office), qtbot) == path

    assert _outcomes(server, made) == ["quarantined"] * 2
    assert _files(path) == [path.name]


def test_the_copy_for_another_role_stays_beside_the_new_one(
    start: StartProgram, office: Program, server: RunningServer, qtbot: QtBot
) -> None:
    laptop = start("laptop")
    own = join(laptop, pairing_code(office, Role.ORGANIZER), qtbot)
    made = admit_offline(laptop, 2)

    as_door = join(laptop, pairing_code(office), qtbot)

    assert _files(own) == sorted([own.name, as_door.name])
    laptop.close_event()
    laptop.open_file(own)
    in_step(laptop, qtbot)
    assert _outcomes(server, made) == ["applied"] * 2


def test_the_owners_event_stays_when_the_same_computer_joins_it_as_a_door(office: Program, qtbot: QtBot) -> None:
    assert office.opened is not None
    code, event_id, made_as = pairing_code(office), office.opened.workspace.event_id, office.opened.path
    office.close_event()
    # Under such a name, as somebody may have given it, it looks like one that was joined.
    own = made_as.with_name(f"{event_id}-mine.usher")
    for there, here in ((made_as, own), (hub_file(made_as), hub_file(own))):
        there.rename(here)
    joined = join(office, code, qtbot)
    assert joined != own
    assert own.exists()
    office.open_file(own)
    in_step(office, qtbot)
    assert office.opened is not None
    assert office.opened.is_ours


def _knows(program: Program, device_id: str) -> bool:
    assert program.opened is not None
    with program.opened.copy.read() as connection:
        return connection.scalar(select(Device.id).where(Device.id == device_id)) is not None
