"""Snapshot files: a role's view of an event at a version, kept for an hour so that a broken download can go on."""

from __future__ import annotations

import base64
import hashlib
import logging
import tempfile
import threading
import time
from collections.abc import Callable, Generator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from sqlalchemy import Connection, select

from models.errors import BadInput, StoreError
from models.events import Role
from models.people import Guest
from models.store.database import Database
from models.store.log_tables import EventCounter, InstallSeen, LogRow
from models.store.snapshot import write_snapshot
from sync.server.caller import Caller
from sync.server.event_log import EventLog

_log = logging.getLogger(__name__)
KEPT_SECONDS = 3600.0
MOST_KEPT = 64
_PIECE = 1 << 16
_PREFIX = "usher-snapshot-"


@dataclass(frozen=True)
class Whose:
    """Who may have a file: a role of an event, and one installed copy where the head says what was seen of it."""

    event_id: str
    role: Role
    install_id: str | None
    is_hub: bool


@dataclass(frozen=True)
class Moment:
    """A place in an event's history: another one can stand there after the server was put back from a backup."""

    epoch: int
    version: int
    position: int
    op_id: str | None


class KeptSnapshot:
    """One snapshot in a file without a name: nobody else can open it, and nothing is left of it once it is closed."""

    def __init__(self, file: IO[bytes], whose: Whose, moment: Moment, size: int, digest: bytes, made_at: float) -> None:
        """Hold a file that was written to its end; ``digest`` is the SHA-256 of its ``size`` bytes."""
        self.whose, self.moment, self.size, self.digest, self.made_at = whose, moment, size, digest, made_at
        self._file = file
        self._lock = threading.Lock()
        self._readers = 0
        self._is_dropped = False

    @property
    def etag(self) -> str:
        """What HTTP calls the file by: equal bytes have equal names, on every process of a server."""
        return f'"{self.digest.hex()}"'

    @property
    def repr_digest(self) -> str:
        """The hash of the whole file as RFC 9530 writes it."""
        return f"sha-256=:{base64.b64encode(self.digest).decode()}:"

    def pieces(self, start: int) -> Generator[bytes]:
        """Give the bytes from ``start`` on; a file that is dropped meanwhile is read to its end all the same."""
        with self._lock:
            if self._is_dropped:
                return
            self._readers += 1
        try:
            while True:
                with self._lock:
                    self._file.seek(start)
                    piece = self._file.read(_PIECE)
                if not piece:
                    return
                start += len(piece)
                yield piece
        finally:
            with self._lock:
                self._readers -= 1
                self._close_if_done()

    def drop(self) -> None:
        """Let nobody begin to read it any more, and close it after the last who reads."""
        with self._lock:
            self._is_dropped = True
            self._close_if_done()

    def _close_if_done(self) -> None:
        if self._is_dropped and not self._readers:
            self._file.close()


class SnapshotFiles:
    """Makes the snapshots of a server's events and keeps each for an hour, for downloads that break off.

    A new download gets the present version; one that goes on gets the file that it began with, unless a guest was
    erased since, or the server was put back from a backup: then it begins anew.
    """

    def __init__(
        self, database: Database, log: EventLog, folder: Path | None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Keep files in ``folder``, or where the system keeps files that come and go."""
        self._database, self._log = database, log
        self._folder = folder
        self._clock = clock
        self._lock = threading.Lock()
        self._making: dict[tuple[str, Role], threading.Lock] = {}
        self._kept: list[KeptSnapshot] = []

    def begun(self, caller: Caller, etag: str) -> KeptSnapshot | None:
        """Give the file that a caller's download began with, if it is kept and still true. Raises StoreError."""
        with self._database.read() as connection:
            mine = (None, caller.install_id)
            for kept in self._all():
                whose = kept.whose
                fits = (whose.event_id, whose.role, whose.is_hub) == (caller.event_id, caller.role, caller.is_hub)
                if fits and whose.install_id in mine and kept.etag == etag and self._is_true(connection, kept):
                    return kept
        return None

    def present(self, caller: Caller) -> KeptSnapshot:
        """Give a file of the present version, made now unless it is there. Raises BadInput ``no_event``, StoreError."""
        with self._lock:
            making = self._making.setdefault((caller.event_id, caller.role), threading.Lock())
        # Doors that begin at the same moment get one file, made once.
        with making:
            with self._database.read() as connection:
                whose, now = _whose(connection, caller), _moment(connection, caller.event_id)
                for kept in self._all():
                    if (kept.whose, kept.moment) == (whose, now):
                        return kept
                made = self._make(connection, caller, whose, now)
            self._keep(made)
        return made

    def drop_event(self, event_id: str) -> None:
        """Drop all files of an event: somebody in them was erased."""
        self._drop(lambda kept: kept.whose.event_id == event_id)

    def sweep(self) -> None:
        """Drop what is older than an hour, or no longer true. Raises StoreError."""
        self._drop_old()
        with self._database.read() as connection:
            false = {kept for kept in self._all() if not self._is_true(connection, kept)}
        self._drop(lambda kept: kept in false)

    def close(self) -> None:
        """Drop all."""
        self._drop(lambda _kept: True)

    def _is_true(self, connection: Connection, kept: KeptSnapshot) -> bool:
        event_id, moment = kept.whose.event_id, kept.moment
        now = connection.execute(
            select(EventCounter.epoch, EventCounter.version).where(EventCounter.event_id == event_id)
        ).one_or_none()
        if now is None or now.epoch != moment.epoch or now.version < moment.version:
            return False
        if _op_id_at(connection, event_id, moment.position) != moment.op_id:
            return False
        erased = select(Guest.id).where(
            Guest.event_id == event_id, Guest.erased_at.is_not(None), Guest.version > moment.version
        )
        return connection.scalar(erased.limit(1)) is None

    def _make(self, connection: Connection, caller: Caller, whose: Whose, moment: Moment) -> KeptSnapshot:
        head = self._log.snapshot_head(connection, caller)
        digest = hashlib.sha256()
        size = 0
        try:
            with ExitStack() as half_written:
                file = half_written.enter_context(tempfile.TemporaryFile(prefix=_PREFIX, dir=self._folder))
                for piece in write_snapshot(connection, head, caller.role):
                    file.write(piece)
                    digest.update(piece)
                    size += len(piece)
                file.flush()
                # Whole now: it stays open for as long as it is kept.
                half_written.pop_all()
        except OSError as error:
            _log.error("a snapshot cannot be written: %s", error)
            raise StoreError(
                "disk_full", "The server has no room for the copy it was to hand out: it is tried again."
            ) from error
        return KeptSnapshot(file, whose, moment, size, digest.digest(), self._clock())

    def _keep(self, made: KeptSnapshot) -> None:
        self._drop_old()
        with self._lock:
            self._kept.append(made)
            surplus, self._kept = self._kept[:-MOST_KEPT], self._kept[-MOST_KEPT:]
        for kept in surplus:
            kept.drop()

    def _all(self) -> list[KeptSnapshot]:
        oldest = self._clock() - KEPT_SECONDS
        with self._lock:
            return [kept for kept in self._kept if kept.made_at > oldest]

    def _drop_old(self) -> None:
        oldest = self._clock() - KEPT_SECONDS
        self._drop(lambda kept: kept.made_at <= oldest)

    def _drop(self, is_meant: Callable[[KeptSnapshot], bool]) -> None:
        with self._lock:
            gone = [kept for kept in self._kept if is_meant(kept)]
            self._kept = [kept for kept in self._kept if kept not in gone]
        for kept in gone:
            kept.drop()


def _whose(connection: Connection, caller: Caller) -> Whose:
    # A device that has handed nothing in yet is told nothing of its own: it shares its role's file.
    is_new = False
    if not caller.is_hub:
        seen = select(InstallSeen.number).where(
            InstallSeen.event_id == caller.event_id, InstallSeen.install_id == caller.install_id
        )
        is_new = connection.scalar(seen.limit(1)) is None
    return Whose(caller.event_id, caller.role, None if is_new else caller.install_id, caller.is_hub)


def _moment(connection: Connection, event_id: str) -> Moment:
    row = connection.execute(
        select(EventCounter.epoch, EventCounter.version, EventCounter.position).where(EventCounter.event_id == event_id)
    ).one_or_none()
    if row is None:
        raise BadInput("no_event", "This event is not on this server.")
    return Moment(row.epoch, row.version, row.position, _op_id_at(connection, event_id, row.position))


def _op_id_at(connection: Connection, event_id: str, position: int) -> str | None:
    return connection.scalar(select(LogRow.op_id).where(LogRow.event_id == event_id, LogRow.position == position))
