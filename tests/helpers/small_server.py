"""A server's log on a database of its own, asked directly: no web, no threads."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from contextlib import contextmanager
from pathlib import Path

from models.events import Role
from models.ids import new_id
from models.store.database import Database
from models.store.digest import TableDigest, digest
from models.store.exchange import Pulled
from models.store.local_copy import LocalCopy
from models.store.rows import Change
from models.store.schema import SERVER
from models.store.snapshot import read_head, unpacked_lines, write_snapshot
from sync.protocol import PushAnswer
from sync.server.event_log import Caller, EventLog


class SmallServer:
    """Takes in what copies hand over, and gives them rows and snapshots."""

    def __init__(self, folder: Path, event_id: str) -> None:
        self.event_id = event_id
        self.server_id = new_id()
        self.database = Database(folder / "server.sqlite", SERVER, synchronous="OFF")
        self.log = EventLog(self.server_id)
        with self.database.write() as connection:
            self.log.open_event(connection, event_id)

    def push(self, copy: LocalCopy) -> PushAnswer:
        """Take in what waits in a copy."""
        with self.database.write() as connection:
            return self.log.push(connection, _caller(copy), copy.pending())

    def pulled(self, copy: LocalCopy) -> Pulled:
        """Give what a copy has not seen yet."""
        with self.database.read() as connection:
            return self.log.pull(connection, _caller(copy), copy.identity.cookie)

    def snapshot(self, copy: LocalCopy) -> list[bytes]:
        """Write a snapshot as the copy's role sees it."""
        with self.database.read() as connection:
            head = self.log.snapshot_head(connection, _caller(copy))
            return [part for part in write_snapshot(connection, head, copy.identity.role) if part]

    def start(self, copy: LocalCopy) -> Change:
        """Let a copy begin with a snapshot."""
        return start_from(copy, self.snapshot(copy))

    def exchange(self, copy: LocalCopy) -> Change:
        """Push, and pull once."""
        self.push(copy)
        return copy.apply_pull(self.pulled(copy))

    def digest(self, role: Role) -> dict[str, TableDigest]:
        """Take the digest of what a role sees."""
        with self.database.read() as connection:
            return digest(connection, self.event_id, role)


@contextmanager
def small_server(folder: Path, event_id: str) -> Generator[SmallServer]:
    """Give a server for one event."""
    server = SmallServer(folder, event_id)
    try:
        yield server
    finally:
        server.database.close()


def start_from(copy: LocalCopy, packed: Iterable[bytes]) -> Change:
    """Let a copy begin with the bytes of a snapshot."""
    lines = unpacked_lines(packed)
    return copy.start_from(read_head(next(lines, b"")), lines)


def copy_digest(copy: LocalCopy, role: Role | None = None) -> dict[str, TableDigest]:
    """Take the digest of a copy as its own role, or another, sees it."""
    identity = copy.identity
    with copy.read() as connection:
        return digest(connection, identity.event_id, role or identity.role)


def new_copy(folder: Path, event_id: str, role: Role) -> LocalCopy:
    """Make an empty copy for a device."""
    return LocalCopy.create(
        folder / f"{new_id()}.usher", event_id=event_id, device_id=new_id(), role=role, synchronous="OFF"
    )


def _caller(copy: LocalCopy) -> Caller:
    identity = copy.identity
    return Caller(identity.event_id, identity.device_id, identity.install_id, identity.role)
