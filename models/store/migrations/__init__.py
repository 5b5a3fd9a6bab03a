"""Schemas and the way from each to the next, for copies and servers alike."""

from __future__ import annotations

import logging
import re
from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, text

from models.base import Side
from models.errors import StoreError
from models.store.undo_log import install_triggers

_log = logging.getLogger(__name__)
_VERSIONS = "schema_version"
_REVISION = re.compile(r"\d{4}")

HEAD = "0003"
"""The newest schema; a test holds it against the scripts."""


def upgrade(engine: Engine, sides: frozenset[Side]) -> None:
    """Bring a database to the newest schema, in one transaction; two processes that start together take turns.

    Raises StoreError ``newer_schema`` for a database of a later Usher, ``damaged`` for one of another program,
    ``other_kind`` for a server's where a copy is wanted, and the other way round.
    """
    with engine.connect() as connection, connection.begin():
        if _present(connection, sides) == HEAD:
            return
    # On PostgreSQL whoever waited for the lock has to see what the one before committed meanwhile.
    options = {"usher_begin": "IMMEDIATE"} if engine.dialect.name == "sqlite" else {"isolation_level": "READ COMMITTED"}
    with engine.connect().execution_options(**options) as connection, connection.begin():
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(7387294)"))
        _present(connection, sides)
        _migrate(connection, sides)
        if Side.COPY in sides:
            install_triggers(connection)


def _present(connection: Connection, sides: frozenset[Side]) -> str | None:
    names = set(inspect(connection).get_table_names())
    if not names:
        return None
    present: str | None = None
    if _VERSIONS in names:
        present = connection.execute(text(f"SELECT version_num FROM {_VERSIONS}")).scalar()
    if present is None or not _REVISION.fullmatch(present):
        raise _refused("damaged", "This file is a database of another program: choose an Usher event.")
    if present > HEAD:
        raise _refused("newer_schema", "This event was saved by a newer Usher: update Usher here.")
    # The first schema has these of each kind, and no later one lacks them.
    marks = {Side.COPY: "outbox" in names, Side.SERVER: "event_log" in names}
    if any(there != (side in sides) for side, there in marks.items()):
        raise _refused("other_kind", "This is another kind of Usher file than is needed here: choose the right one.")
    return present


def _refused(code: str, sentence: str) -> StoreError:
    _log.error("%s: %s", code, sentence)
    return StoreError(code, sentence)


def _migrate(connection: Connection, sides: frozenset[Side]) -> None:
    from alembic.operations import Operations
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory

    scripts = ScriptDirectory(str(Path(__file__).parent), version_locations=[str(Path(__file__).parent / "versions")])

    def upgrade(present: str, _context: MigrationContext) -> object:
        # What Alembic's own command does; without its configuration file there is no public way to it.
        return scripts._upgrade_revs(HEAD, present)  # pyright: ignore[reportPrivateUsage]

    context = MigrationContext.configure(
        connection, opts={"version_table": _VERSIONS, "fn": upgrade, "script": scripts}
    )
    context.opts["sides"] = sides
    with Operations.context(context):
        context.run_migrations()
