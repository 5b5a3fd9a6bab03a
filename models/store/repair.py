"""Mending a damaged copy: what was done here is saved out of it, everything else comes from the server again."""

from __future__ import annotations

import contextlib
import logging
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from sqlalchemy import insert, update

from models.errors import BadInput, StoreError
from models.events import Role
from models.ids import new_epoch
from models.operations.base import decode
from models.store.copy_tables import OutboxRow, Replica
from models.store.database import FULL
from models.store.exchange import Envelope
from models.store.identity import Installation
from models.store.local_copy import LocalCopy

_log = logging.getLogger(__name__)
_REPLICA = "install_id, epoch, event_id, device_id, role, door_id, server_url, server_certificate, skew_ms"
_OUTBOX = "number, op_id, name, arguments, device_time"
_FARTHEST = 100_000
"""So many numbers beyond the last one read are looked up one by one, where the end of the outbox is damaged."""


@dataclass(frozen=True)
class Recovered:
    """What was saved: the operations made here, how many could not be read, and where the damaged file is now."""

    saved: int
    lost: int
    kept_aside: Path
    sentence: str


@dataclass(frozen=True)
class _Saved:
    owner: Installation
    outbox: tuple[Envelope, ...]
    lost: int


def recover(path: Path, start: Callable[[LocalCopy], object], *, synchronous: str = FULL) -> Recovered:
    """Put a new copy in the place of a damaged one, with the outbox of the old; nobody may have the file open.

    ``start`` fetches the rows into the new copy and hands the outbox in: one exchange with the server. When it fails,
    its error passes on and the damaged file is where it was, to be tried again.
    After a crash at any point there is a file at ``path``.
    Raises StoreError ``beyond_repair`` when the file no longer says whose it is, and ``not_mended`` when another
    program holds the new copy; it stays where it is then.
    """
    saved = _read_what_is_left(path)
    fresh = path.with_name(path.name + ".mending")
    _remove(fresh)
    try:
        copy = _new_copy(fresh, saved, synchronous)
        try:
            start(copy)
        finally:
            copy.close()
        _expect_whole(fresh, path)
    except BaseException:
        _remove(fresh)
        raise
    aside = _keep_aside(path)
    # The old journal would be taken for the new copy's. From here on it has nothing that the server has not.
    for ending in ("-wal", "-shm"):
        path.with_name(path.name + ending).unlink(missing_ok=True)
    fresh.replace(path)
    sentence = _sentence(path, saved)
    _log.warning("%s", sentence)
    return Recovered(len(saved.outbox), saved.lost, aside, sentence)


def _sentence(path: Path, saved: _Saved) -> str:
    count = len(saved.outbox)
    changes = "1 change" if count == 1 else f"{count} changes"
    missing = f", {saved.lost} could not be read" if saved.lost else ""
    return (
        f"“{path.name}” was damaged: {changes} made here could be saved{missing}, the rest came from the server again;"
        " the damaged file is kept beside it."
    )


def _read_what_is_left(path: Path) -> _Saved:
    """Read a file's owner and outbox, from a second copy of it: SQLite must not tidy up in the only one there is."""
    # Beside it, where a removal finds what a crash leaves of it.
    working = path.with_name(path.name + ".mending-from")
    _remove(working)
    try:
        for ending in ("", "-wal"):
            with contextlib.suppress(FileNotFoundError):
                shutil.copyfile(path.with_name(path.name + ending), working.with_name(working.name + ending))
        try:
            with contextlib.closing(sqlite3.connect(working)) as connection:
                # A schema of which a part is lost is read as far as it goes.
                connection.execute("PRAGMA writable_schema = ON")
                owner = _read_owner(connection)
                outbox, lost = _read_outbox(connection, owner)
        except (sqlite3.Error, ValueError, TypeError) as error:
            _log.error("beyond_repair: %s", error)
            raise StoreError(
                "beyond_repair",
                f"“{path.name}” is too damaged to be read: keep the file, and join the event again with a new code.",
            ) from error
    finally:
        _remove(working)
    return _Saved(owner, outbox, lost)


def _read_owner(connection: sqlite3.Connection) -> Installation:
    row = connection.execute(f"SELECT {_REPLICA} FROM replica").fetchone()
    if row is None:
        raise ValueError("no replica row")
    owner = Installation(*row)
    return replace(owner, role=Role(owner.role))


def _read_outbox(connection: sqlite3.Connection, owner: Installation) -> tuple[tuple[Envelope, ...], int]:
    """Give the operations that can be read whole, in their order, and how many are known to be lost."""
    rows: dict[int, tuple[Any, ...]] = {}
    _take(rows, _until_an_error(connection, f"SELECT {_OUTBOX} FROM outbox ORDER BY number"))
    first_part = max(rows, default=0)
    _take(rows, _until_an_error(connection, f"SELECT {_OUTBOX} FROM outbox ORDER BY number DESC"))
    # The index over the ids has pages of its own: it knows of rows whose own page is gone.
    known = {
        row[0]
        for row in _until_an_error(connection, "SELECT number, op_id FROM outbox ORDER BY op_id")
        if isinstance(row[0], int)
    } | rows.keys()
    last = max(known, default=0)
    for number in range(first_part + 1, min(last, first_part + _FARTHEST) + 1):
        if number not in rows:
            _take(rows, _until_an_error(connection, f"SELECT {_OUTBOX} FROM outbox WHERE number = ?", number))
    outbox = [envelope for number in sorted(rows) if (envelope := _whole(rows[number], owner)) is not None]
    return tuple(outbox), last - len(outbox)


def _take(rows: dict[int, tuple[Any, ...]], found: Iterator[tuple[Any, ...]]) -> None:
    for row in found:
        if isinstance(row[0], int):
            rows.setdefault(row[0], row)


def _until_an_error(connection: sqlite3.Connection, query: str, *values: int) -> Iterator[tuple[Any, ...]]:
    cursor = connection.cursor()
    try:
        yield from cursor.execute(query, values)
    except sqlite3.Error as error:
        _log.info("%s ends early: %s", query, error)
    finally:
        cursor.close()


def _whole(row: tuple[Any, ...], owner: Installation) -> Envelope | None:
    """Give a row as an envelope, or nothing when damage has got into it."""
    number, op_id, name, arguments, device_time = row
    try:
        envelope = Envelope(
            install_id=owner.install_id,
            epoch=owner.epoch,
            number=number,
            op_id=op_id,
            name=name,
            arguments=arguments,
            device_time=device_time,
        )
        decode(envelope.name, envelope.arguments)
    except (ValidationError, BadInput) as error:
        _log.error("number %s of the outbox is damaged: %s", number, type(error).__name__)
        return None
    return envelope


def _new_copy(path: Path, saved: _Saved, synchronous: str) -> LocalCopy:
    owner = saved.owner
    copy = LocalCopy.create(
        path,
        event_id=owner.event_id,
        device_id=owner.device_id,
        role=owner.role,
        install_id=owner.install_id,
        door_id=owner.door_id,
        server_url=owner.server_url,
        server_certificate=owner.server_certificate,
        synchronous=synchronous,
    )
    # A server takes no numbers with a gap: then all go in again under a new epoch, and it knows them by their ids.
    has_gap = [one.number for one in saved.outbox] != list(range(1, len(saved.outbox) + 1))
    try:
        with copy.database.write() as connection:
            epoch = new_epoch() if has_gap else owner.epoch
            connection.execute(update(Replica).values(epoch=epoch, skew_ms=owner.skew_ms))
            for number, one in enumerate(saved.outbox, start=1):
                connection.execute(
                    insert(OutboxRow).values(
                        number=number,
                        op_id=one.op_id,
                        name=one.name,
                        arguments=one.arguments,
                        device_time=one.device_time,
                    )
                )
    except BaseException:
        copy.close()
        raise
    return copy


def _expect_whole(fresh: Path, path: Path) -> None:
    """Raise StoreError ``not_mended`` while a part of the new copy is still in its journal, which does not move."""
    if fresh.with_name(fresh.name + "-wal").exists():
        raise StoreError("not_mended", f"The new copy of “{path.name}” is in use by another program: try again.")


def _keep_aside(path: Path) -> Path:
    """Give the damaged file a name of its own; it keeps the old one until the new copy takes that, in one step."""
    aside = path.with_name(path.name + ".damaged")
    count = 1
    while aside.exists():
        count += 1
        aside = path.with_name(f"{path.name}.damaged-{count}")
    for ending in ("-wal", ""):
        here, there = path.with_name(path.name + ending), aside.with_name(aside.name + ending)
        if here.exists():
            try:
                there.hardlink_to(here)
            except OSError:
                # Not every disk gives a file two names.
                shutil.copyfile(here, there)
    return aside


def _remove(path: Path) -> None:
    for ending in ("", "-wal", "-shm"):
        path.with_name(path.name + ending).unlink(missing_ok=True)
