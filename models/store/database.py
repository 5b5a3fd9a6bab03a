"""A database and its transactions, with the pragmas, the locks and the sentences for what goes wrong."""

from __future__ import annotations

import logging
import sqlite3
import sys
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from models.base import Side
from models.errors import BadInput, StoreError
from models.store.migrations import upgrade

_log = logging.getLogger(__name__)

PATIENCE = 5.0
"""Seconds that a transaction waits for one of another program before it says that the file is in use."""
FULL = "FULL"
"""The default durability: a commit is on the disk when it returns."""


class Database:
    """One database, on SQLite or PostgreSQL: opens it, brings its schema up to date, runs transactions.

    On SQLite the writers of this process take turns on one lock, and a write transaction begins with
    ``BEGIN IMMEDIATE``, so that it never fails half-way because somebody else wrote. On PostgreSQL a
    writer locks the event's counter first; reads see one snapshot on both.
    """

    def __init__(self, where: str | Path, sides: frozenset[Side], *, synchronous: str = FULL) -> None:
        """Open ``where`` (a path of a SQLite file, or a database URL) and migrate it.

        ``synchronous`` is SQLite's pragma; anything but FULL is for tests.
        Raises StoreError ``damaged``, ``locked``, ``newer_schema``, ``other_kind``, ``disk_full``, ``read_only`` or
        ``database_away``, and BadInput ``bad_database`` for a URL that is none.
        """
        self.url = _url(where)
        self.sides = sides
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self._synchronous = synchronous
        self._writing = threading.RLock()
        self.engine = self._make_engine()
        options: dict[str, Any] = (
            {"usher_begin": "IMMEDIATE"} if self.is_sqlite else {"isolation_level": "READ COMMITTED"}
        )
        self._writers = self.engine.execution_options(**options)
        try:
            with explained(self.shown_name):
                upgrade(self.engine, sides)
        except BaseException:
            self.engine.dispose()
            raise

    @contextmanager
    def read(self) -> Generator[Connection]:
        """Give a connection that reads one snapshot."""
        with explained(self.shown_name), self.engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def write(self) -> Generator[Connection]:
        """Give a connection in a write transaction: committed at the end, rolled back on an error."""
        turn = self._writing if self.is_sqlite else nullcontext()
        with turn, explained(self.shown_name), self._writers.connect() as connection, connection.begin():
            yield connection

    @property
    def shown_name(self) -> str:
        """The file's name, or the server's, for sentences."""
        return Path(self.url.database or "").name if self.is_sqlite else str(self.url.host or "PostgreSQL")

    def scrub(self) -> None:
        """Write the file anew, so that no byte of what was erased is left in it; on PostgreSQL its vacuum does so.

        A file that is in use elsewhere keeps the old bytes until the next time; that is logged.
        """
        if not self.is_sqlite:
            return
        with self._writing:
            raw = self.engine.raw_connection()
            try:
                cursor = raw.cursor()
                for statement in ("PRAGMA wal_checkpoint(TRUNCATE)", "VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)"):
                    cursor.execute(statement)
                    cursor.fetchall()
                cursor.close()
            except sqlite3.Error as error:
                _log.warning("“%s” could not be written anew after an erasure: %s", self.shown_name, error)
            finally:
                raw.close()

    def close(self) -> None:
        """Close all connections."""
        with self._writing:
            self.engine.dispose()

    def _make_engine(self) -> Engine:
        # Errors go to the log, where no key and no guest may stand: so they are told without their values.
        if not self.is_sqlite:
            return create_engine(
                self.url,
                # A plan made while an event's tables were nearly empty would be kept as they grow.
                connect_args={"options": "-c plan_cache_mode=force_custom_plan"},
                isolation_level="REPEATABLE READ",
                pool_size=20,
                max_overflow=20,
                pool_pre_ping=True,
                hide_parameters=True,
            )
        waiting = {"check_same_thread": False, "timeout": PATIENCE}
        engine = create_engine(self.url, connect_args=waiting, hide_parameters=True)
        synchronous = self._synchronous

        def prepare(connection: Any, _record: object) -> None:
            connection.isolation_level = None
            cursor = connection.cursor()
            if _may_be_ours(cursor):
                _switch_to_wal(cursor)
            for pragma in (
                f"synchronous = {synchronous}",
                "foreign_keys = ON",
                "temp_store = MEMORY",
            ):
                cursor.execute(f"PRAGMA {pragma}")
            if sys.platform == "darwin":
                cursor.execute("PRAGMA fullfsync = ON")
                cursor.execute("PRAGMA checkpoint_fullfsync = ON")
            cursor.close()

        def begin(connection: Connection) -> None:
            how = connection.get_execution_options().get("usher_begin", "DEFERRED")
            connection.connection.cursor().execute(f"BEGIN {how}")

        event.listen(engine, "connect", prepare)
        event.listen(engine, "begin", begin)
        return engine


def _switch_to_wal(cursor: sqlite3.Cursor) -> None:
    """Switch to the write-ahead log, waiting for others that open the file at the same moment.

    SQLite does not wait by itself here: of two programs that switch a new file at once, one is refused.
    """
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            cursor.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() >= deadline:
                raise
            time.sleep(0.02)
        else:
            return


@contextmanager
def explained(name: str) -> Generator[None]:
    """Turn what the driver raises about the environment into a StoreError with one sentence."""
    try:
        yield
    except DBAPIError as error:
        known = _explain(error.orig, name)
        if known is None:
            raise
        _log.error("%s: %s", known.code, error.orig)
        raise known from error
    except sqlite3.Error as error:
        known = _explain(error, name)
        if known is None:
            raise
        _log.error("%s: %s", known.code, error)
        raise known from error


def is_of_environment(error: Exception) -> bool:
    """Tell whether an error is one that :func:`explained` gives a sentence for: no operation is to blame for it."""
    return isinstance(error, StoreError) or (isinstance(error, DBAPIError) and _explain(error.orig, "") is not None)


def _may_be_ours(cursor: sqlite3.Cursor) -> bool:
    # The mode of the journal stays in the file: the database of another program is left as it is.
    names = {name for (name,) in cursor.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    return not names or "schema_version" in names


def _explain(error: object, name: str) -> StoreError | None:
    text = str(error).lower()
    if "database is locked" in text or "database table is locked" in text:
        return StoreError("locked", f"“{name}” is in use by another program: close it there and try again.")
    # The last: the index of the write-ahead log could not grow, which is how a full disk first shows in a new file.
    shared = getattr(error, "sqlite_errorname", None) == "SQLITE_IOERR_SHMSIZE"
    if "disk is full" in text or "no space left" in text or shared:
        return StoreError(
            "disk_full", f"The disk with “{name}” is full: free some space and try again; nothing was lost."
        )
    if "malformed" in text or "not a database" in text or "disk image" in text:
        return StoreError("damaged", f"“{name}” is damaged or no Usher event: fetch the event from its server again.")
    if "readonly" in text or "read-only" in text:
        return StoreError("read_only", f"“{name}” cannot be written: allow writing to the file and its folder.")
    if "unable to open database" in text:
        return StoreError("cannot_open", f"“{name}” cannot be opened: check that the folder exists and can be written.")
    if "connection failed" in text or "failed to resolve host" in text or "connection timeout expired" in text:
        return StoreError(
            "database_away", f"The database at {name} cannot be reached: check its address, its user and that it runs."
        )
    if "no such table" in text:
        return StoreError(
            "other_kind", f"“{name}” is another kind of Usher file than is needed here: choose the right one."
        )
    if "disk i/o error" in text:
        return StoreError("disk_error", f"The disk with “{name}” does not answer as it should: check it and try again.")
    return None


def _url(where: str | Path) -> URL:
    if isinstance(where, Path) or "://" not in where:
        return URL.create("sqlite", database=str(where))
    try:
        url = make_url(where)
    except (ArgumentError, ValueError) as error:
        raise _bad_url() from error
    if url.drivername.partition("+")[0] in ("postgresql", "postgres"):
        return url.set(drivername="postgresql+psycopg")
    if url.drivername != "sqlite":
        raise _bad_url()
    return url


def _bad_url() -> BadInput:
    return BadInput("bad_database", "This is no database of Usher's: give the path of a file, or postgresql://….")
