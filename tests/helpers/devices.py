"""Devices as tests use them: an organizer who published an event, and what was paired with it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from models.events import Role
from models.ids import new_id
from models.store.digest import TableDigest, digest
from models.store.local_copy import LocalCopy
from sync.client.api import ServerApi
from sync.client.engine import Exchanged, SyncEngine
from sync.client.pairing import PairingCode, pair
from sync.protocol import LoginRequest, PairingCodeRequest, PublishRequest
from sync.server.accounts import Accounts
from sync.server.running import RunningServer
from sync.server.service import Service
from tests.helpers.events import Gathering

PASSWORD = "correct horse battery"


@dataclass
class TestDevice:
    """A copy with its way to the server."""

    __test__ = False

    copy: LocalCopy
    api: ServerApi
    token: str

    def exchange(self) -> Exchanged:
        """Push and pull once."""
        return SyncEngine(self.copy, self.api).exchange()

    def digest(self, role: Role | None = None) -> dict[str, TableDigest]:
        """Take the digest of what the copy holds, as its own role or a narrower one sees it."""
        identity = self.copy.identity
        with self.copy.read() as connection:
            return digest(connection, identity.event_id, role or identity.role)

    def close(self) -> None:
        """Close the copy and the connections."""
        self.api.close()
        self.copy.close()


class Venue:
    """A central server with one published event, and everybody who works at it. Ends with :meth:`close`."""

    def __init__(self, service: Service, url: str, folder: Path, made: Gathering, certificate: str | None = None):
        """Make a user, publish the event as that user, and hand its operations in."""
        self.service, self.url, self.folder, self.made = service, url, folder, made
        self.certificate = certificate
        self._devices: list[TestDevice] = []
        self.user_id = make_user(service, "ada")
        self.organizer = self._publish()

    def pair(self, name: str = "Door", role: Role = Role.DOOR, door: str | None = None) -> TestDevice:
        """Pair a further device with a code that the organizer asks for."""
        door_id = self.made.doors[door] if door else None
        code = self.organizer.api.new_pairing_code(PairingCodeRequest(role=role, door_id=door_id))
        paired = pair(
            PairingCode(self.url, code.code, self.certificate),
            name,
            self.folder / new_id(),
            keep_token=lambda _install, _token: None,
            synchronous="OFF",
        )
        return self._keep(paired.copy, paired.token)

    def digest(self, role: Role) -> dict[str, TableDigest]:
        """Take the digest of the server's view for a role."""
        with self.service.database.read() as connection:
            return digest(connection, self.made.event_id, role)

    def close(self) -> None:
        """Close all devices."""
        for device in self._devices:
            device.close()

    def _publish(self) -> TestDevice:
        copy = LocalCopy.create(
            self.folder / "organizer.usher",
            event_id=self.made.event_id,
            device_id=new_id(),
            role=Role.OWNER,
            server_url=self.url,
            synchronous="OFF",
        )
        copy.run_all(self.made.operations)
        token = publish(self.url, copy, certificate=self.certificate)
        device = self._keep(copy, token)
        device.exchange()
        return device

    def _keep(self, copy: LocalCopy, token: str) -> TestDevice:
        device = TestDevice(copy, ServerApi(self.url, token=token, certificate=self.certificate), token)
        self._devices.append(device)
        return device


def make_user(service: Service, name: str, *, email: str | None = None) -> str:
    """Make a user of a server, who logs in with PASSWORD; give the user's id."""
    return service.writer.submit(Accounts(service.session_secret).create(name, PASSWORD, email=email)).result()


def publish(url: str, copy: LocalCopy, *, login: str = "ada", certificate: str | None = None) -> str:
    """Publish a copy's event as a user; give the token that its hub shows."""
    identity = copy.identity
    request = PublishRequest(
        event_id=identity.event_id,
        install_id=identity.install_id,
        device_id=identity.device_id,
        device_name="Organizer",
    )
    api = ServerApi(url, certificate=certificate)
    try:
        session = api.login(LoginRequest(login=login, password=PASSWORD))
        return api.publish(request, session.access).token
    finally:
        api.close()


def venue_at(server: RunningServer, folder: Path, made: Gathering, certificate: str | None = None) -> Venue:
    """Make a venue at a server that runs in this process."""
    return Venue(server.service, server.url, folder, made, certificate)


def wait_until(what: Callable[[], bool], seconds: float = 10.0) -> None:
    """Wait until something is so; fail when it does not come."""
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, "it did not come in time"
        time.sleep(0.01)
