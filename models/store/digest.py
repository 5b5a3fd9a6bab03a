"""Counts and hashes of a copy's tables, to hold copies against each other row for row."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from pydantic_core import to_json
from sqlalchemy import Connection

from models.base import canonical_json
from models.events import Role
from models.store.driver import value_mark
from models.store.schema import SYNCED
from models.store.views import door_conflicts_only, visible_columns

_AT_ONCE = 200
"""So many rows are hashed as one text. Both ends must agree on it; more would hold up other threads for longer."""


@dataclass(frozen=True)
class TableDigest:
    """The number of rows of a table and a hash over their stored values."""

    count: int
    sha256: str


def digest(connection: Connection, event_id: str, role: Role) -> dict[str, TableDigest]:
    """Take the digest of an event as a role sees it, whoever asks: a copy or a server.

    ``version`` is left out: it numbers rows for one server and is another one's on a hub.
    """
    found: dict[str, TableDigest] = {}
    mark = value_mark(connection)
    for entity in SYNCED:
        columns = [column for column in visible_columns(entity, role) if column != "version"]
        if not columns:
            continue
        condition = " AND for_doors = 1" if door_conflicts_only(entity, role) else ""
        statement = (
            f"SELECT {', '.join(columns)} FROM {entity.__tablename__} WHERE event_id = {mark}{condition} ORDER BY id"
        )
        hasher = hashlib.sha256()
        count = 0
        with connection.exec_driver_sql(statement, (event_id,)) as result:
            # The driver's plain tuples: making rows of them would take longer than all the rest.
            cursor: Any = result.cursor
            while rows := cursor.fetchmany(_AT_ONCE):
                count += len(rows)
                hasher.update(to_json(rows, bytes_mode="base64"))
        found[entity.__tablename__] = TableDigest(count, hasher.hexdigest())
    return found


def joined(digests: dict[str, TableDigest]) -> str:
    """Give one hash for all tables."""
    text = canonical_json({name: [one.count, one.sha256] for name, one in digests.items()})
    return hashlib.sha256(text.encode()).hexdigest()
