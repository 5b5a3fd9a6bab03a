"""Schemas and the way from each to the next, for copies and servers alike."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, text

from models.base import Side
from models.errors import StoreError
from models.store.undo_log import install_triggers

HEAD = "0001"
"""The newest schema; a test holds it against the scripts."""


def upgrade(engine: Engine, sides: frozenset[Side]) -> None:
    """Bring a database to the newest schema, in one transaction; two processes that start together take turns.

    Raises StoreError ``newer_schema`` for a database of a later Usher, ``damaged`` for one of another program.
    """
    with engine.connect() as connection, connection.begin():
        if _present(connection) == HEAD:
            return
    options = {"usher_begin": "IMMEDIATE"} if engine.dialect.name == "sqlite" else {}
    with engine.connect().execution_options(**options) as connection, connection.begin():
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(7387294)"))
        _migrate(connection, sides)
        if Side.COPY in sides:
            install_triggers(connection)


def _present(connection: Connection) -> str | None:
    names = set(inspect(connection).get_table_names())
    if "schema_version" not in names:
        if names:
            raise StoreError("damaged", "This file is a database of another program: choose an Usher event.")
        return None
    present = connection.execute(text("SELECT version_num FROM schema_version")).scalar()
    if present is not None and present > HEAD:
        raise StoreError(
            "newer_schema",
            "This event was saved by a newer Usher: update Usher on this computer.",
            present=present,
        )
    return present


def _migrate(connection: Connection, sides: frozenset[Side]) -> None:
    from alembic.operations import Operations
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory

    scripts = ScriptDirectory(str(Path(__file__).parent), version_locations=[str(Path(__file__).parent / "versions")])
    context = MigrationContext.configure(
        connection,
        opts={
            "version_table": "schema_version",
            "fn": lambda present, _context: scripts._upgrade_revs(HEAD, present),  # pyright: ignore
            "script": scripts,
        },
    )
    context.opts["sides"] = sides
    with Operations.context(context):
        context.run_migrations()
