"""Snapshots: a role's whole view of an event as lines of JSON, written by a server and loaded by a copy.

The first line is the head; every other line is one table's next rows:
``{"table": "guests", "columns": [...], "rows": [[...], ...]}``. The last line counts the rows.
"""

from __future__ import annotations

import zlib
from collections.abc import Generator, Iterable
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import to_json
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError, ProgrammingError

from models.base import Value
from models.errors import BadInput
from models.events import Role
from models.store.driver import value_mark
from models.store.exchange import Outcome, Seen
from models.store.schema import BY_NAME, SYNCED, columns_of
from models.store.undo_log import set_recording
from models.store.views import door_conflicts_only, visible_columns

_ROWS_A_LINE = 500
LONGEST_LINE = 64 * 1024 * 1024


class SnapshotHead(BaseModel):
    """What a snapshot is of."""

    model_config = ConfigDict(frozen=True)

    server_id: str
    epoch: int
    event_id: str
    version: int
    seen: list[Seen]
    outcomes: list[Outcome] = []
    """What became of the asking copy's operations, where it is not that they were applied."""


class SnapshotLine(BaseModel):
    """Some rows of one table, or at the end the ``total`` of all rows."""

    model_config = ConfigDict(frozen=True)

    table: Annotated[str, Field(max_length=40)] = ""
    columns: list[str] = []
    rows: list[list[Value]] = []
    total: int | None = None


def write_snapshot(connection: Connection, head: SnapshotHead, role: Role) -> Generator[bytes]:
    """Give the gzipped lines of a role's view, read from the caller's transaction."""
    packer = zlib.compressobj(6, zlib.DEFLATED, 31)
    total = 0
    yield packer.compress(head.model_dump_json().encode() + b"\n")
    for entity in SYNCED:
        columns = visible_columns(entity, role)
        if not columns:
            continue
        name = entity.__tablename__
        mark = value_mark(connection)
        condition = " AND for_doors = 1" if door_conflicts_only(entity, role) else ""
        found = connection.exec_driver_sql(
            f"SELECT {', '.join(columns)} FROM {name} WHERE event_id = {mark}{condition}", (head.event_id,)
        )
        for rows in found.partitions(_ROWS_A_LINE):
            total += len(rows)
            line = {"table": name, "columns": columns, "rows": [list(row) for row in rows]}
            yield packer.compress(to_json(line) + b"\n")
    yield packer.compress(to_json({"total": total}) + b"\n")
    yield packer.flush()


def read_head(line: bytes) -> SnapshotHead:
    """Read a snapshot's first line. Raises BadInput ``bad_snapshot``."""
    try:
        return SnapshotHead.model_validate_json(line)
    except ValidationError as error:
        raise bad_snapshot() from error


def load_snapshot(connection: Connection, lines: Iterable[bytes]) -> int:
    """Replace all synced rows by those of a snapshot's lines (unpacked, the head left out).

    Runs in the caller's write transaction; leaves the undo log off. Gives the number of rows.
    Raises BadInput ``bad_snapshot`` when a line does not fit or rows are missing at the end.
    """
    connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
    set_recording(connection, 0)
    for entity in reversed(SYNCED):
        connection.exec_driver_sql(f"DELETE FROM {entity.__tablename__}")
    loaded = 0
    expected: int | None = None
    for text in lines:
        line = _read_line(text)
        if line.total is not None:
            expected = line.total
        else:
            loaded += _load_line(connection, line.table, line.columns, line.rows)
    if expected != loaded:
        raise bad_snapshot()
    return loaded


def _read_line(text: bytes) -> SnapshotLine:
    try:
        return SnapshotLine.model_validate_json(text)
    except ValidationError as error:
        raise bad_snapshot() from error


def _load_line(connection: Connection, name: str, columns: list[str], rows: list[list[Value]]) -> int:
    entity = BY_NAME.get(name)
    if entity is None:
        return len(rows)
    known = set(columns_of(entity))
    if not rows or "id" not in columns or any(len(row) != len(columns) for row in rows):
        raise bad_snapshot()
    if not known.issuperset(columns):
        places = [place for place, column in enumerate(columns) if column in known]
        columns = [columns[place] for place in places]
        rows = [[row[place] for place in places] for row in rows]
    marks = ", ".join("?" * len(columns))
    try:
        connection.exec_driver_sql(
            f"INSERT INTO {name} ({', '.join(columns)}) VALUES ({marks})", [tuple(row) for row in rows]
        )
    except (IntegrityError, ProgrammingError, OverflowError) as error:
        raise bad_snapshot() from error
    return len(rows)


def unpacked_lines(chunks: Iterable[bytes], limit: int = 4 * 1024**3) -> Generator[bytes]:
    """Unpack gzipped chunks into lines. Raises BadInput ``bad_snapshot``, also above ``limit`` bytes."""
    unpacker = zlib.decompressobj(31)
    rest = b""
    total = 0
    try:
        for chunk in chunks:
            while chunk:
                data = unpacker.decompress(chunk, 1 << 20)
                chunk = unpacker.unconsumed_tail
                total += len(data)
                if total > limit or len(rest) > LONGEST_LINE:
                    raise bad_snapshot()
                *lines, rest = (rest + data).split(b"\n")
                yield from lines
        rest += unpacker.flush()
    except zlib.error as error:
        raise bad_snapshot() from error
    if rest:
        yield from (line for line in rest.split(b"\n") if line)


def bad_snapshot() -> BadInput:
    """Make the error for a snapshot that is not what a server writes."""
    return BadInput("bad_snapshot", "The copy that the server sent is incomplete or damaged: it is fetched again.")
