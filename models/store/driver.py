"""SQLite's own driver, for small statements that run by the thousand.

SQLAlchemy's work around such a statement takes several times as long as SQLite needs to run it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError


def has_driver(connection: Connection) -> bool:
    """Tell whether this is SQLite: on another database, small statements run as any others do."""
    return connection.dialect.name == "sqlite"


def value_mark(connection: Connection) -> str:
    """Give what stands for a value in text that goes to the driver as it is, on any database."""
    return "?" if has_driver(connection) else "%s"


def run(connection: Connection, text: str, values: Sequence[object] | Mapping[str, object] = ()) -> sqlite3.Cursor:
    """Run one statement in the caller's transaction. Raises SQLAlchemy's errors."""
    driver: Any = connection.connection.driver_connection
    try:
        return driver.execute(text, values)
    except sqlite3.Error as error:
        raise _as_usual(connection, text, error) from error


def run_many(connection: Connection, text: str, values: Sequence[Sequence[object]]) -> None:
    """Run a statement once for each of the values, in the caller's transaction. Raises SQLAlchemy's errors."""
    driver: Any = connection.connection.driver_connection
    try:
        driver.executemany(text, values)
    except sqlite3.Error as error:
        raise _as_usual(connection, text, error) from error


def _as_usual(connection: Connection, text: str, error: sqlite3.Error) -> BaseException:
    # Whoever waits for a broken constraint knows SQLAlchemy's errors, not the driver's.
    return DBAPIError.instance(text, None, error, sqlite3.Error, dialect=connection.dialect)
