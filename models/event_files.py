"""Saving an event to one file, and making it anew from such a file."""

from __future__ import annotations

import gzip
import hashlib
import logging
import os
import zlib
from collections import Counter
from collections.abc import Generator, Iterable
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import to_json
from sqlalchemy import Connection, select

from models.base import Value
from models.errors import BadInput, Refused, StoreError
from models.events import Event, Role
from models.ids import new_id
from models.operations.base import BULK, ORGANIZERS, Operation
from models.operations.restoring import restoring, travelling_columns
from models.store.database import FULL
from models.store.driver import value_mark
from models.store.local_copy import LocalCopy
from models.store.schema import BY_NAME, SYNCED

SUFFIX = ".usher-event"
FORMAT = "usher-event"
FORMAT_VERSION = 1
LONGEST_LINE = 8 * 1024 * 1024
LARGEST_FILE = 8 * 1024**3
"""Bytes, unpacked."""

_LONGEST_PART = 500_000
"""Characters of values in one part: an operation with them must fit an envelope on its way to a server."""
_PIECE = 1 << 20

_log = logging.getLogger(__name__)


class _Kind(BaseModel):
    # All that can be said of the head of a file from any version.
    model_config = ConfigDict(frozen=True, extra="ignore")

    format: Literal["usher-event"]
    format_version: Annotated[int, Field(ge=1)]


class FileHead(_Kind):
    """The first line of a saved event: what it is, and the hash of all bytes after that line."""

    app_version: Annotated[str, Field(max_length=40)]
    event_id: Annotated[str, Field(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]
    title: Annotated[str, Field(max_length=300)]
    counts: dict[str, int]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class RowsPart(BaseModel):
    """Some rows of one table, as every line after the head holds them."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    table: Annotated[str, Field(max_length=40)]
    columns: list[str]
    rows: Annotated[list[list[Value]], Field(max_length=BULK)]


def save_event(copy: LocalCopy, path: Path, *, app_version: str = "0") -> FileHead:
    """Save the whole event as this copy holds it: all rows, entries included.

    The file is gzipped lines of JSON and appears only when it is complete; one that was there is replaced then.
    Raises Refused ``role`` on a door's copy, which lacks columns, and StoreError ``cannot_write``.
    """
    if copy.identity.role not in ORGANIZERS:
        raise Refused("role", "Only an organizer's copy holds the whole event: save it there.")
    event_id = copy.identity.event_id
    beside = path.with_name(f".{path.name}.{new_id()[:8]}")
    try:
        with copy.read() as connection:
            head = _head(connection, event_id, app_version)
            with beside.open("wb") as raw, gzip.GzipFile("", "wb", 6, raw, mtime=0) as packed:
                packed.write(head.model_dump_json().encode() + b"\n")
                for part in read_parts(connection, event_id):
                    packed.write(_line(part))
                packed.flush()
                raw.flush()
                os.fsync(raw.fileno())
        beside.replace(path)
    except OSError as error:
        _forget(beside)
        _log.error("an event could not be saved: %s", error)
        raise StoreError(
            "cannot_write", f"“{path.name}” cannot be written: choose another folder or free some space."
        ) from error
    except BaseException:
        _forget(beside)
        raise
    return head


def read_file_head(path: Path) -> FileHead:
    """Read what a file is of, without its rows. Raises BadInput as :func:`restore_event` does."""
    with _opened(path) as unpacked:
        return _read_head(unpacked, path)


def check_file(path: Path) -> FileHead:
    """Read a saved event whole and give what it is of. Raises BadInput as :func:`restore_event` does."""
    with _opened(path) as unpacked:
        head = _read_head(unpacked, path)
        body = hashlib.sha256()
        size = 0
        while piece := unpacked.read(_PIECE):
            body.update(piece)
            size += len(piece)
            if size > LARGEST_FILE:
                raise _damaged(path)
    if body.hexdigest() != head.sha256:
        raise _damaged(path)
    return head


def restore_event(path: Path, target: Path, *, device_id: str | None = None, synchronous: str = FULL) -> LocalCopy:
    """Make a new copy of the saved event at ``target``, with the same keys.

    The rows come in as operations, so they also reach a server that is joined later. The copy's role is owner
    and it follows no server yet. Raises BadInput ``damaged_file``, ``foreign_file``, ``newer_file`` or
    ``no_file``, and StoreError ``exists`` when there is a file at ``target``; nothing is left behind then.
    """
    # The whole file once, before anything is made of it.
    head = check_file(path)
    with (
        _new_copy(target, head.event_id, device_id, synchronous) as copy,
        copy.database.write() as connection,
        _opened(path) as unpacked,
    ):
        _read_head(unpacked, path)
        try:
            for operation in restore_operations(_parts(unpacked, path)):
                copy.run_in(connection, [operation])
        except (Refused, ValueError) as error:
            # What the error says may hold a guest's name.
            _log.error("a row of a saved event does not fit: %s", type(error).__name__)
            raise _damaged(path) from error
    return copy


def make_event(target: Path, event_id: str, operations: list[Operation], *, synchronous: str = FULL) -> LocalCopy:
    """Make a new copy for an event that operations make: a new one, the sample, or a duplicate.

    Raises StoreError ``exists`` when there is a file at ``target``, and what the operations raise.
    """
    with _new_copy(target, event_id, None, synchronous) as copy:
        copy.run_all(operations)
    return copy


def read_parts(connection: Connection, event_id: str) -> Generator[RowsPart]:
    """Read all rows of an event, each table after those it refers to, in parts that fit one operation."""
    mark = value_mark(connection)
    for entity in SYNCED:
        columns = travelling_columns(entity)
        found = connection.exec_driver_sql(
            f"SELECT {', '.join(columns)} FROM {entity.__tablename__} WHERE event_id = {mark} ORDER BY id", (event_id,)
        )
        rows: list[list[Value]] = []
        size = 0
        for row in found:
            values: list[Value] = list(row)
            length = sum(len(value) if isinstance(value, str) else 8 for value in values)
            if rows and (len(rows) == BULK or size + length > _LONGEST_PART):
                yield RowsPart(table=entity.__tablename__, columns=list(columns), rows=rows)
                rows, size = [], 0
            rows.append(values)
            size += length
        if rows:
            yield RowsPart(table=entity.__tablename__, columns=list(columns), rows=rows)


def restore_operations(parts: Iterable[RowsPart]) -> Generator[Operation]:
    """Turn saved rows into operations that bring them back, here and on every server.

    Raises pydantic's ValidationError (a ValueError) when values do not fit their columns.
    """
    for part in parts:
        yield restoring(BY_NAME[part.table], part.columns, part.rows)


@contextmanager
def _new_copy(target: Path, event_id: str, device_id: str | None, synchronous: str) -> Generator[LocalCopy]:
    # Gives a new, empty copy; it is taken away again when the caller fails.
    if target.exists():
        raise StoreError("exists", f"There is a file “{target.name}” already: choose another name.")
    copy = LocalCopy.create(
        target, event_id=event_id, device_id=device_id or new_id(), role=Role.OWNER, synchronous=synchronous
    )
    try:
        yield copy
    except BaseException:
        copy.close()
        for name in (target.name, f"{target.name}-wal", f"{target.name}-shm"):
            target.with_name(name).unlink(missing_ok=True)
        raise


@contextmanager
def _opened(path: Path) -> Generator[gzip.GzipFile]:
    try:
        with path.open("rb") as raw:
            if raw.read(2) != b"\x1f\x8b":
                raise _foreign(path)
            raw.seek(0)
            with gzip.GzipFile(fileobj=raw, mode="rb") as unpacked:
                yield unpacked
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise _damaged(path) from error
    except OSError as error:
        _log.error("a saved event could not be opened: %s", error)
        raise BadInput(
            "no_file", f"“{path.name}” cannot be opened: check that the file is there and may be read."
        ) from error


def _head(connection: Connection, event_id: str, app_version: str) -> FileHead:
    title = connection.scalar(select(Event.title).where(Event.id == event_id))
    counts: Counter[str] = Counter()
    body = hashlib.sha256()
    for part in read_parts(connection, event_id):
        counts[part.table] += len(part.rows)
        body.update(_line(part))
    return FileHead(
        format=FORMAT,
        format_version=FORMAT_VERSION,
        app_version=app_version,
        event_id=event_id,
        title=title or "",
        counts=counts,
        sha256=body.hexdigest(),
    )


def _line(part: RowsPart) -> bytes:
    return to_json(part) + b"\n"


def _read_head(unpacked: gzip.GzipFile, path: Path) -> FileHead:
    line = unpacked.readline(LONGEST_LINE)
    try:
        kind = _Kind.model_validate_json(line)
    except ValidationError as error:
        raise _foreign(path) from error
    if kind.format_version > FORMAT_VERSION:
        raise _newer(path)
    try:
        return FileHead.model_validate_json(line)
    except ValidationError as error:
        raise _damaged(path) from error


def _forget(half_written: Path) -> None:
    with suppress(OSError):
        half_written.unlink(missing_ok=True)


def _parts(unpacked: gzip.GzipFile, path: Path) -> Generator[RowsPart]:
    while line := unpacked.readline(LONGEST_LINE):
        try:
            part = RowsPart.model_validate_json(line)
        except ValidationError as error:
            raise _damaged(path) from error
        entity = BY_NAME.get(part.table)
        # Nothing is dropped in silence: what this Usher has no place for, a newer one wrote.
        if entity is None or not set(part.columns) <= set(travelling_columns(entity)):
            raise _newer(path)
        yield part


def _damaged(path: Path) -> BadInput:
    return BadInput("damaged_file", f"“{path.name}” is damaged or incomplete: use another copy of the file.")


def _foreign(path: Path) -> BadInput:
    return BadInput("foreign_file", f"“{path.name}” is no saved Usher event: choose a “{SUFFIX}” file.")


def _newer(path: Path) -> BadInput:
    return BadInput("newer_file", f"“{path.name}” was saved by a newer Usher: update this one and try again.")
