"""Reads that are compiled once and run on the driver itself: those that somebody waits for at every scan."""

from __future__ import annotations

import collections
from functools import cached_property
from typing import Any

from sqlalchemy import Compiled, Connection, Select
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite

_named_tuple: Any = collections.namedtuple
_DIALECT = SQLiteDialect_pysqlite(paramstyle="named")


class Prepared:
    """One SELECT whose parameters are all named, texts or numbers.

    SQLAlchemy's own work around a statement takes several times as long as SQLite needs to run it. On another
    database the statement runs as any other does.
    """

    def __init__(self, statement: Select[*tuple[Any, ...]]) -> None:
        """Hold a statement; it is compiled when it runs for the first time."""
        self._statement = statement

    def rows(self, connection: Connection, **values: str | int | None) -> list[Any]:
        """Run it in the caller's transaction; give named tuples with the values as their columns' types read them."""
        if connection.dialect.name != "sqlite":
            return list(connection.execute(self._statement, values))
        driver: Any = connection.connection.driver_connection
        return [self._made(row) for row in driver.execute(self._text, self._constants | values).fetchall()]

    def row(self, connection: Connection, **values: str | int | None) -> Any:
        """Give the one row there is at most, or None."""
        found = self.rows(connection, **values)
        return found[0] if found else None

    def _made(self, stored: tuple[Any, ...]) -> Any:
        values = list(stored)
        for place, read in self._readers:
            values[place] = read(values[place])
        return self._row(*values)

    @cached_property
    def _compiled(self) -> Compiled:
        return self._statement.compile(dialect=_DIALECT)

    @cached_property
    def _text(self) -> str:
        return str(self._compiled)

    @cached_property
    def _constants(self) -> dict[str, Any]:
        # What SQLAlchemy itself puts in, such as the offset that SQLite wants beside a limit.
        return {name: value for name, value in (self._compiled.params or {}).items() if value is not None}

    @cached_property
    def _row(self) -> Any:
        columns: Any = self._statement.selected_columns
        return _named_tuple("Row", [column.key for column in columns])

    @cached_property
    def _readers(self) -> list[tuple[int, Any]]:
        columns: Any = self._statement.selected_columns
        readers = [column.type.result_processor(_DIALECT, None) for column in columns]
        return [(place, read) for place, read in enumerate(readers) if read is not None]
