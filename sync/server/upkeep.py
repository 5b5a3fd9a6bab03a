"""What whoever runs a server does to its events by hand: who is there, a lost device, a code, a database put back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from sqlalchemy import Connection, select, update

from models.errors import BadInput
from models.events import Device, Door, Event, Role
from models.ids import new_epoch
from models.operations.base import now_utc
from models.operations.events import RevokeDevice
from models.store.log_tables import EventCounter, ServerIdentity
from sync.protocol import PairingCodeRequest
from sync.server.event_log import EventLog
from sync.server.service import keep_pairing_code

T = TypeVar("T")


@dataclass(frozen=True)
class KnownDevice:
    """A device of an event, as it is named in a list."""

    device_id: str
    name: str
    role: Role
    is_revoked: bool


@dataclass(frozen=True)
class KnownEvent:
    """An event on a server with its devices."""

    event_id: str
    title: str
    devices: tuple[KnownDevice, ...]


def read_events(connection: Connection) -> list[KnownEvent]:
    """Read all events of a server with their devices, by title and by name."""
    devices: dict[str, list[KnownDevice]] = {}
    found = connection.execute(
        select(Device.event_id, Device.id, Device.name, Device.role, Device.revoked_at.is_not(None))
        .where(Device.deleted_at.is_(None))
        .order_by(Device.name, Device.id)
    ).all()
    for event_id, device_id, name, role, is_revoked in found:
        devices.setdefault(event_id, []).append(KnownDevice(device_id, name, Role(role), bool(is_revoked)))
    titles = connection.execute(select(Event.id, Event.title).order_by(Event.title, Event.id)).all()
    return [KnownEvent(event_id, title, tuple(devices.get(event_id, ()))) for event_id, title in titles]


def revoke_device(connection: Connection, event: str, device: str, clock: Callable[[], datetime] = now_utc) -> str:
    """Take the rights of a device away, an owner's as well; both are given by name or by id. Gives its name.

    Raises BadInput ``not_found`` and ``ambiguous``.
    """
    found = _event(connection, event)
    one = _only(
        "device", device, [one for one in found.devices if not one.is_revoked and device in (one.name, one.device_id)]
    )
    server_id = connection.scalar(select(ServerIdentity.server_id)) or ""
    EventLog(server_id, clock).run_own(connection, found.event_id, [RevokeDevice(device_id=one.device_id)])
    return one.name


def new_pairing_code(
    connection: Connection, event: str, door: str | None = None, clock: Callable[[], datetime] = now_utc
) -> str:
    """Make a one-time code for a door, or for an organizer's laptop where no door is named.

    It is good for a quarter of an hour. Raises BadInput ``not_found`` and ``ambiguous``.
    """
    found = _event(connection, event)
    request = PairingCodeRequest(role=Role.ORGANIZER)
    if door is not None:
        doors = connection.execute(
            select(Door.id, Door.name).where(Door.event_id == found.event_id, Door.deleted_at.is_(None))
        ).all()
        door_id, _ = _only("door", door, [(one_id, name) for one_id, name in doors if door in (name, one_id)])
        request = PairingCodeRequest(role=Role.DOOR, door_id=door_id)
    return keep_pairing_code(found.event_id, request, clock(), made_by=None)(connection).code


def note_restored(connection: Connection) -> int:
    """Give every event a new epoch, since the database was put back to a backup. Gives how many there are.

    Every device then starts from a fresh copy and hands in again what the backup lacks.
    """
    events = connection.scalars(select(EventCounter.event_id)).all()
    for event_id in events:
        connection.execute(update(EventCounter).where(EventCounter.event_id == event_id).values(epoch=new_epoch()))
    return len(events)


def _event(connection: Connection, event: str) -> KnownEvent:
    return _only("event", event, [one for one in read_events(connection) if event in (one.title, one.event_id)])


def _only(what: str, asked: str, found: list[T]) -> T:
    if not found:
        raise BadInput("not_found", f"There is no {what} “{asked}” here: usher-server devices lists what there is.")
    if len(found) > 1:
        raise BadInput("ambiguous", f"“{asked}” is the name of {len(found)} {what}s: give the id instead.")
    return found[0]
