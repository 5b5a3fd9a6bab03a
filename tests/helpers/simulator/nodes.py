"""Those who take part: a server, a hub, and devices with a copy each. All of them can die and start again."""

from __future__ import annotations

import atexit
import json
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Generator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol
from unittest.mock import patch

from sqlalchemy import Connection, Engine, select

from models.base import Side
from models.check_in import CheckIn
from models.errors import StoreError, SyncError
from models.event_files import RowsPart
from models.events import Role
from models.operations.base import Operation
from models.store.copy_tables import OutboxRow
from models.store.database import Database
from models.store.exchange import OutcomeKind, Pulled
from models.store.local_copy import LocalCopy
from models.store.migrations import upgrade
from models.store.rows import Change, Context
from models.store.schema import COPY, HUB, SERVER
from sync.client.engine import SyncEngine
from sync.server.event_log import Caller, EventLog
from sync.server.hub_replica import HubReplica
from sync.server.open_log import OpenLog, Settled
from sync.server.upstream import follow_upstream
from tests.helpers.simulator.chance import Chance, Clock
from tests.helpers.simulator.promises import Broken, Invariant

DURABILITY = "OFF"
"""A simulated crash ends the process, not the machine: the disk need not be waited for."""


SUM_OF_A_LATER_VERSION = "over columns that nobody here has"
"""The checksum that a server of a later version gives: no device can agree with it, and each lives on with that."""


class Died(Exception):
    """A process was killed at this point."""


def temporary_folder() -> Path:
    """Give a new folder, in memory where the system has such a place."""
    memory = Path("/dev/shm")
    where = str(memory) if memory.is_dir() and os.access(memory, os.W_OK) else None
    return Path(tempfile.mkdtemp(prefix="usher-simulator-", dir=where))


@contextmanager
def statements_compiled_once() -> Generator[None]:
    """Let all databases share one dialect and its compiled statements: a run opens dozens of them.

    Their schema is looked at once as well, when the empty ones are made that all of them begin as.
    """
    make = Database._make_engine

    def make_alike(database: Database) -> Engine:
        engine = make(database)
        first = _FIRST_ENGINES.setdefault("sqlite", engine)
        if first is not engine:
            engine.dialect, engine._compiled_cache = first.dialect, first._compiled_cache
        return engine

    def upgrade_new(engine: Engine, sides: frozenset[Side]) -> None:
        path = Path(engine.url.database or "")
        if not path.exists() or not path.stat().st_size:
            upgrade(engine, sides)

    with patch.object(Database, "_make_engine", make_alike), patch("models.store.database.upgrade", upgrade_new):
        yield


_FIRST_ENGINES: dict[str, Engine] = {}


@lru_cache(maxsize=8)
def empty_database(sides: frozenset[Side], loosened: tuple[tuple[str, str], ...] = ()) -> Path:
    """Make an empty database of a kind once; each of a run's databases begins as a copy of it.

    ``loosened`` names tables and constraints to leave out, for an engine that is broken on purpose.
    """
    folder = temporary_folder()
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    path = folder / ("-".join(sorted(sides)) + ("-loose" if loosened else "") + ".empty")
    database = Database(path, sides, synchronous=DURABILITY)
    with database.write() as connection:
        connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
        for table, constraint in loosened:
            _without_constraint(connection, table, constraint)
    database.engine.dispose()
    return path


def _without_constraint(connection: Connection, table: str, constraint: str) -> None:
    found = connection.exec_driver_sql(
        "SELECT type, sql FROM sqlite_master WHERE tbl_name = ? AND sql IS NOT NULL", (table,)
    ).all()
    if not found:
        return
    connection.exec_driver_sql(f"DROP TABLE {table}")
    for kind, text in sorted(found, key=lambda row: row[0] != "table"):
        if kind == "table":
            text, found_here = re.subn(rf",\s*CONSTRAINT {constraint} UNIQUE \([^)]*\)", "", text)
            assert found_here == 1
        connection.exec_driver_sql(text)


class Serving(Protocol):
    """What stands at the other end of a simulated way: a node of the simulator, or a plain server of a test."""

    name: str
    event_id: str
    log: EventLog
    pushes: int
    pulls: int
    gives_more: bool

    def write(self) -> AbstractContextManager[Connection]: ...
    def read(self) -> AbstractContextManager[Connection]: ...
    def restart(self) -> None: ...


class ServerNode:
    """A server: its database and its log, called without a web around them."""

    def __init__(
        self, name: str, path: Path, clock: Clock, server_id: str, event_id: str, kind: type[EventLog], chance: Chance
    ) -> None:
        self.name, self.path, self.clock = name, path, clock
        self.server_id, self.event_id = server_id, event_id
        self.chance = chance
        self.skew = timedelta()
        self._kind = kind
        self.sides = HUB if isinstance(self, HubNode) else SERVER
        self.before_commit: Callable[[Connection, str], None] = lambda _connection, _name: None
        self.share_of_faults = 0.0
        self.does_not_know: frozenset[str] = frozenset()
        """Operations of a later version: a server that is not updated yet keeps them waiting."""
        self.gives_more = False
        """Whether this server is of a later version, whose rows have columns and tables that no device knows."""
        self.pushes = self.pulls = 0
        self.start()

    def start(self) -> None:
        """Start the process: what it had in memory is gone."""
        self.database = Database(self.path, self.sides, synchronous=DURABILITY)
        self.log = _misbehaving(self._kind, self)(self.server_id, self.clock)

    def stop(self) -> None:
        """Kill the process."""
        self.database.engine.dispose()

    def restart(self) -> None:
        """Kill the process and start it again."""
        self.stop()
        self.start()

    @contextmanager
    def on_its_clock(self) -> Generator[None]:
        """Let all times be those of this server."""
        with self.clock.showing(self.skew):
            yield

    @contextmanager
    def write(self) -> Generator[Connection]:
        """Give a write transaction on the server's own time."""
        with self.on_its_clock(), self.database.write() as connection:
            yield connection
            self.before_commit(connection, self.name)

    @contextmanager
    def read(self) -> Generator[Connection]:
        """Give a snapshot on the server's own time."""
        with self.on_its_clock(), self.database.read() as connection:
            yield connection

    @property
    def epoch(self) -> int | None:
        """The epoch of its event; none before that is opened here."""
        with self.read() as connection:
            return connection.exec_driver_sql("SELECT epoch FROM event_counters").scalar_one_or_none()

    def run_own(self, operations: list[Operation]) -> None:
        """Run operations that the server makes itself."""
        with self.write() as connection:
            self.log.run_own(connection, self.event_id, operations)

    def update(self) -> None:
        """Start the present version, in place of an older one perhaps: what was waiting is settled."""
        self.does_not_know = frozenset()
        self.restart()
        with self.write() as connection:
            for event_id in self.log.events_with_waiting(connection):
                self.log.settle_waiting(connection, event_id)


def _misbehaving(kind: type[EventLog], node: ServerNode) -> type[EventLog]:
    """Give a log that stumbles over an operation now and then, once, and that lacks what its node does not know."""

    class Misbehaving(kind):
        def __init__(self, server_id: str, clock: Callable[[], datetime]) -> None:
            super().__init__(server_id, clock)
            self._stumbled: set[str] = set()

        def settle(
            self, connection: Connection, log: OpenLog, operation: Operation, context: Context
        ) -> Settled | None:
            share = 0.0 if isinstance(node, HubNode) else node.share_of_faults
            if share and context.op_id not in self._stumbled and node.chance.happens(share):
                self._stumbled.add(context.op_id)
                return None
            return super().settle(connection, log, operation, context)

        def settle_as(
            self,
            connection: Connection,
            log: OpenLog,
            name: str,
            arguments: str,
            role: Role,
            context: Context,
            *,
            from_hub: bool,
        ) -> Settled | None:
            if name in node.does_not_know:
                return Settled(OutcomeKind.WAITING, "unknown_operation", "This server is of an earlier version.")
            return super().settle_as(connection, log, name, arguments, role, context, from_hub=from_hub)

    return Misbehaving


class HubNode(ServerNode):
    """A hub: a server to the devices near it, and a client of the central one."""

    def __init__(self, *arguments: Any, install_id: str, device_id: str) -> None:
        self.install_id, self.device_id = install_id, device_id
        self.upstream: ServerNode | None = None
        self.engine: SyncEngine | None = None
        super().__init__(*arguments)

    def start(self) -> None:
        super().start()
        self.replica = _Hub(self.database, self.log, self.event_id)
        self.engine = None

    def publish(self, upstream: ServerNode) -> None:
        """Give the hub a server above it."""
        with self.write() as connection:
            follow_upstream(connection, self.event_id, f"sim://{upstream.name}")
        self.upstream = upstream

    @property
    def epoch(self) -> int | None:
        """The epoch of its event; none while it has not heard that the server above has another one."""
        with self.read() as connection:
            heard = connection.exec_driver_sql("SELECT server_epoch FROM upstreams").scalar_one_or_none()
        is_behind = self.upstream is not None and heard is not None and heard != self.upstream.epoch
        return None if is_behind else super().epoch

    @property
    def caller(self) -> Caller:
        """Who the hub is to the server above it."""
        return Caller(self.event_id, self.device_id, self.install_id, Role.OWNER, is_hub=True)


class _Copy(LocalCopy):
    """A copy that is never out of step with its server's checksum without a reason."""

    def apply_pull(self, pulled: Pulled) -> Change:
        with _agreeing(self.path.stem, pulled):
            return super().apply_pull(pulled)


class _Hub(HubReplica):
    """A hub of which the same is true."""

    def apply_pull(self, pulled: Pulled) -> Change:
        with _agreeing("a hub", pulled):
            return super().apply_pull(pulled)


@contextmanager
def _agreeing(who: str, pulled: Pulled) -> Generator[None]:
    try:
        yield
    except StoreError as error:
        if error.code == "bad_checksum" and pulled.checksum != SUM_OF_A_LATER_VERSION:
            raise Broken(Invariant.CHECKSUMS, [f"{who} does not agree with its server at {pulled.version}"]) from error
        raise


@dataclass
class DeviceNode:
    """A device: its copy, its clock's skew and what it has done."""

    name: str
    path: Path
    role: Role
    skew: timedelta
    caller: Caller
    clock: Clock
    server: ServerNode
    chance: Chance
    share_of_deaths: float = 0.0
    inverses: list[tuple[Operation, ...]] = field(default_factory=list)
    admitted: list[str] = field(default_factory=list)
    saved_parts: Sequence[RowsPart] = ()
    """The event as it was saved to a file from here."""
    last_number: int = 0
    noted: list[str] = field(default_factory=list)
    """The operations that were seen in the outbox once: none of them may leave it."""
    engine: SyncEngine | None = None
    in_step_at: tuple[int, int] = (0, 0)
    """Epoch and number up to which all was handed in, when an exchange last came to its end."""

    def open(self) -> None:
        """Start the program on the copy's file."""
        self.copy = _Copy(self.path, synchronous=DURABILITY)
        self.desk = CheckIn(self.copy, staff_name=self.name)
        self.engine = None
        self._die_at_commits(self.copy.database)

    def kill(self) -> None:
        """End the process without any clean-up and start it again."""
        self.copy.database.engine.dispose()
        self.open()

    @property
    def is_organizer(self) -> bool:
        return self.role in (Role.OWNER, Role.ORGANIZER)

    @contextmanager
    def on_its_clock(self) -> Generator[None]:
        """Let all times be those of this device."""
        with self.clock.showing(self.skew):
            yield

    def note_step(self) -> None:
        """Note what is handed in, now that rows and outbox agree about it."""
        identity = self.copy.identity
        self.in_step_at = identity.epoch, identity.acknowledged

    def new_outbox_rows(self) -> list[tuple[int, str, str, str]]:
        """Give number, op id, name and arguments of what was committed since the last time."""
        with self.copy.read() as connection:
            found = connection.execute(
                select(OutboxRow.number, OutboxRow.op_id, OutboxRow.name, OutboxRow.arguments)
                .where(OutboxRow.number > self.last_number)
                .order_by(OutboxRow.number)
            ).all()
        if found:
            self.last_number = found[-1].number
            self.noted += [row.op_id for row in found]
        return [(row.number, row.op_id, row.name, row.arguments) for row in found]

    def _die_at_commits(self, database: Database) -> None:
        write = database.write

        @contextmanager
        def write_or_die() -> Generator[Connection]:
            with write() as connection:
                yield connection
                if self.share_of_deaths and self.chance.happens(self.share_of_deaths):
                    raise Died("before a commit")
            if self.share_of_deaths and self.chance.happens(self.share_of_deaths):
                raise Died("after a commit")

        database.write = write_or_die


def closed(database: Database) -> None:
    """Close a database so that its one file holds all."""
    with database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    database.engine.dispose()


def new_file(template: Path, path: Path) -> Path:
    """Begin a database as a copy of an empty one."""
    shutil.copyfile(template, path)
    return path


def entry_ids_of(name: str, arguments: str) -> list[str]:
    """Read the entries that an operation carries off its stored arguments, without the program's own classes."""
    read = json.loads(arguments)
    if name == "record_entries.v1":
        return [entry["entry_id"] for entry in read["entries"]]
    if name == "walk_in.v1":
        return [read["entry"]["entry_id"]]
    return []


def restored_entry_ids_of(row: Any) -> list[str]:
    """Read the entries that a row of the log brings back out of a saved file."""
    if row.name != "restore_rows.v1":
        return []
    read = json.loads(row.arguments)
    place = read["columns"].index("id")
    return [values[place] for values in read["rows"]] if read["table"] == "entries" else []


__all__ = ["COPY", "HUB", "SERVER", "DeviceNode", "Died", "HubNode", "ServerNode", "SyncError"]
