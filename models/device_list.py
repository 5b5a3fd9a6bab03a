"""The devices of an event as an organizer looks at them: what each is for, since when, and whether it may go on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from models.door_words import Say, english
from models.events import Device, Door, Role
from models.operations.base import ORGANIZERS
from models.store.identity import Identity


@dataclass(frozen=True, slots=True)
class DeviceLine:
    """One device; ``door`` is the name of its door, ``is_here`` tells that it is the one that asks."""

    device_id: str
    name: str
    role: Role
    door: str
    since: datetime
    revoked_at: datetime | None
    is_here: bool


def read_devices(connection: Connection, identity: Identity) -> list[DeviceLine]:
    """Read the devices of a copy's event: this one first, those without rights last, the others by name."""
    found = connection.execute(
        select(Device.id, Device.install_id, Device.name, Device.role, Door.name, Device.created_at, Device.revoked_at)
        .outerjoin(Door, Door.id == Device.door_id)
        .where(Device.event_id == identity.event_id, Device.deleted_at.is_(None))
    ).all()
    own = (identity.install_id, identity.device_id)
    lines = [
        DeviceLine(device_id, name, Role(role), door or "", since, revoked_at, (install_id, device_id) == own)
        for device_id, install_id, name, role, door, since, revoked_at in found
    ]
    return sorted(lines, key=lambda line: (line.revoked_at is not None, not line.is_here, line.name.casefold()))


def may_revoke(line: DeviceLine, role: Role) -> bool:
    """Tell whether somebody in a role may take a device's rights away: never one's own, an owner's only as an owner."""
    if line.is_here or line.revoked_at is not None or role not in ORGANIZERS:
        return False
    return line.role is not Role.OWNER or role is Role.OWNER


def role_text(line: DeviceLine, say: Say = english) -> str:
    """Say what a device is for: ``Door · North``, ``Organizer``."""
    name = say(_ROLES[line.role])
    return f"{name} · {line.door}" if line.door else name


_ROLES = {Role.OWNER: "Owner", Role.ORGANIZER: "Organizer", Role.DOOR: "Door", Role.VIEWER: "Viewer"}
