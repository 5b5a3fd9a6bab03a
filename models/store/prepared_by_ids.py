"""Reads of some rows by a list of their ids that are compiled once and run on the driver itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Select

from models.store.prepared import Prepared

IDS = "ids"
_MARK = f"(__[POSTCOMPILE_{IDS}])"


class PreparedByIds(Prepared):
    """One SELECT as :class:`Prepared` runs it, in which ``bindparam("ids", expanding=True)`` is a list of texts."""

    def __init__(self, statement: Select[*tuple[Any, ...]]) -> None:
        """Hold a statement; it is compiled when it runs for the first time."""
        super().__init__(statement)
        self._texts: dict[int, str] = {}

    def rows_of(self, connection: Connection, ids: Sequence[str], **values: str | int | None) -> list[Any]:
        """Run it for these ids (thousands at most); give named tuples as :meth:`rows` does."""
        if connection.dialect.name != "sqlite":
            return list(connection.execute(self._statement, {**values, IDS: list(ids)}))
        driver: Any = connection.connection.driver_connection
        given = {f"{IDS}_{place}": one for place, one in enumerate(ids)}
        found = driver.execute(self._text_for(len(ids)), {**self._constants, **values, **given}).fetchall()
        return [self._made(row) for row in found]

    def _text_for(self, count: int) -> str:
        text = self._texts.get(count)
        if text is None:
            names = ", ".join(f":{IDS}_{place}" for place in range(count))
            text = self._texts[count] = self._text.replace(_MARK, f"({names})")
        return text
