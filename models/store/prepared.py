"""Reads that are compiled once: those that somebody waits for at every scan, or that run again by the thousand."""

from __future__ import annotations

import collections
from collections.abc import Sequence
from functools import cached_property
from typing import Any

from sqlalchemy import Compiled, Connection, Select
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite

from models.store.driver import has_driver, run

_named_tuple: Any = collections.namedtuple
_DIALECT = SQLiteDialect_pysqlite(paramstyle="named")
IDS = "ids"
_MARK = f"(__[POSTCOMPILE_{IDS}])"


class Prepared:
    """One SELECT whose parameters are all named, texts or numbers."""

    def __init__(self, statement: Select[*tuple[Any, ...]]) -> None:
        """Hold a statement; it is compiled when it runs for the first time."""
        self._statement = statement

    def rows(self, connection: Connection, **values: str | int | None) -> list[Any]:
        """Run it in the caller's transaction; give named tuples with the values as their columns' types read them."""
        if not has_driver(connection):
            return list(connection.execute(self._statement, values))
        return self._read(connection, self._text, values)

    def row(self, connection: Connection, **values: str | int | None) -> Any:
        """Give the one row there is at most, or None."""
        found = self.rows(connection, **values)
        return found[0] if found else None

    def _read(self, connection: Connection, text: str, values: dict[str, str | int | None]) -> list[Any]:
        return [self._made(row) for row in run(connection, text, self._constants | values).fetchall()]

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


class PreparedByIds(Prepared):
    """One SELECT as :class:`Prepared` runs it, in which ``bindparam("ids", expanding=True)`` is a list of texts."""

    def __init__(self, statement: Select[*tuple[Any, ...]]) -> None:
        """Hold a statement; it is compiled when it runs for the first time."""
        super().__init__(statement)
        self._texts: dict[int, str] = {}

    def rows_of(self, connection: Connection, ids: Sequence[str], **values: str | int | None) -> list[Any]:
        """Run it for these ids (thousands at most); give named tuples as :meth:`rows` does."""
        if not has_driver(connection):
            return list(connection.execute(self._statement, {**values, IDS: list(ids)}))
        given = {f"{IDS}_{place}": one for place, one in enumerate(ids)}
        return self._read(connection, self._text_for(len(ids)), values | given)

    def _text_for(self, count: int) -> str:
        text = self._texts.get(count)
        if text is None:
            names = ", ".join(f":{IDS}_{place}" for place in range(count))
            text = self._texts[count] = self._text.replace(_MARK, f"({names})")
        return text
