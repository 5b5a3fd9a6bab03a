"""The devices of an event as an organizer reads them, and whose rights may be taken away."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from models.device_list import DeviceLine, may_revoke, read_devices, role_text
from models.events import Role
from models.ids import new_id
from models.operations.base import apply_operation, now_utc
from models.operations.events import RegisterDevice, RevokeDevice
from models.store.rows import Context
from tests.helpers.small_event import SmallEvent, small_event


@pytest.fixture
def event(tmp_path: Path) -> Iterator[SmallEvent]:
    made = small_event(tmp_path)
    yield made
    made.copy.close()


def _register(event: SmallEvent, name: str, role: Role, **values: str) -> str:
    """Register a device as a server does."""
    device_id = values.get("device_id", new_id())
    device = RegisterDevice(
        device_id=device_id,
        device_name=name,
        role=role,
        door_id=values.get("door_id"),
        install_id=values.get("install_id", new_id()),
    )
    with event.copy.database.write() as connection:
        apply_operation(connection, device, Context(event.event_id, new_id(), now_utc(), version=1))
    return device_id


def _line(role: Role, *, is_here: bool = False, revoked_at: datetime | None = None) -> DeviceLine:
    return DeviceLine(new_id(), "Laptop", role, "", datetime(2026, 12, 1, tzinfo=UTC), revoked_at, is_here)


def test_this_computer_comes_first_and_those_without_rights_last(event: SmallEvent) -> None:
    identity = event.copy.identity
    lost = _register(event, "Attic laptop", Role.DOOR, door_id=event.door_id)
    _register(event, "Yard laptop", Role.DOOR, door_id=event.door_id)
    _register(event, "Zoe's laptop", Role.OWNER, device_id=identity.device_id, install_id=identity.install_id)
    _register(event, "bar laptop", Role.ORGANIZER)
    event.copy.run(RevokeDevice(device_id=lost))

    with event.copy.read() as connection:
        lines = read_devices(connection, identity)

    assert [line.name for line in lines] == ["Zoe's laptop", "bar laptop", "Yard laptop", "Attic laptop"]
    assert [line.is_here for line in lines] == [True, False, False, False]
    assert [line.revoked_at is not None for line in lines] == [False, False, False, True]
    assert [role_text(line) for line in lines] == ["Owner", "Organizer", "Door · Main door", "Door · Main door"]


@pytest.mark.parametrize(
    ("line", "role", "allowed"),
    [
        (_line(Role.DOOR), Role.ORGANIZER, True),
        (_line(Role.ORGANIZER), Role.ORGANIZER, True),
        (_line(Role.OWNER), Role.ORGANIZER, False),
        (_line(Role.OWNER), Role.OWNER, True),
        (_line(Role.OWNER, is_here=True), Role.OWNER, False),
        (_line(Role.DOOR, revoked_at=datetime(2026, 12, 2, tzinfo=UTC)), Role.OWNER, False),
        (_line(Role.DOOR), Role.DOOR, False),
        (_line(Role.DOOR), Role.VIEWER, False),
    ],
)
def test_nobody_revokes_this_computer_nor_an_organizer_an_owner(line: DeviceLine, role: Role, allowed: bool) -> None:
    assert may_revoke(line, role) is allowed
