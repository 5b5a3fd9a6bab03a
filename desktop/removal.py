"""Removing an event from this computer: its files are overwritten and deleted, its keys forgotten."""

from __future__ import annotations

import glob
import logging
import os
from collections.abc import Generator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy import func, select

from desktop.hub import has_hub, hub_file
from desktop.keyring_store import TokenStore
from desktop.saved_changes import save_changes
from models.errors import BadInput, StoreError
from models.event_files import check_file, save_event
from models.ids import new_id
from models.store.database import Database
from models.store.exchange import Envelope
from models.store.identity import Identity
from models.store.local_copy import LocalCopy
from models.store.log_tables import LogRow, Upstream
from models.store.schema import HUB
from sync.server.event_log import EventLog
from sync.server.hub_replica import HubReplica

_log = logging.getLogger(__name__)
_COMPANIONS = ("", "-wal", "-shm", "-journal")
_OF_REPAIR = (".damaged*", ".mending*")
_CHUNK = 1 << 20
_BATCH = 500


def remove_event(path: Path, tokens: TokenStore) -> None:
    """Remove a closed event from this computer once everything that was done here is handed on.

    Raises BadInput ``not_handed_on`` with how much waits, ``only_copy`` for an event that is on no server,
    and StoreError when the files cannot be read or deleted; nothing is removed in the first two.
    """
    identity, waiting = _read(path)
    if waiting:
        changes = "1 change waits" if waiting == 1 else f"{waiting} changes wait"
        raise BadInput(
            "not_handed_on",
            f"{changes} here for the server: connect and let them go out first, or save them to a file and remove.",
            waiting=waiting,
        )
    wipe_event(path, identity, tokens)


def save_and_remove_event(path: Path, tokens: TokenStore, saved_to: Path) -> int:
    """Save everything that waits for the server to a file from which another copy takes it in, then remove the event.

    Gives how many changes were saved. Raises BadInput ``only_copy`` and StoreError; without a file that can be
    read again nothing is removed.
    """
    with closing(LocalCopy(path)) as copy:
        identity, waiting = copy.identity, _all_pending(copy)
    if has_hub(path):
        waiting += _pending_at_hub(path, identity.event_id)
    save_changes(saved_to, identity, waiting)
    wipe_event(path, identity, tokens)
    return len(waiting)


def save_event_and_remove(path: Path, tokens: TokenStore, saved_to: Path, app_version: str) -> None:
    """Save an event that only this computer has to a file from which it can be restored, then remove it.

    Raises StoreError, and BadInput or Refused as :func:`save_event` does; without a file that can be read again nothing
    is removed.
    """
    with closing(LocalCopy(path)) as copy:
        identity = copy.identity
        save_event(copy, saved_to, app_version=app_version)
    check_file(saved_to)
    wipe_event(path, identity, tokens)


def read_waiting(path: Path) -> int:
    """Read how many changes of a closed event are still to be handed on.

    Raises BadInput ``only_copy`` and StoreError.
    """
    return _read(path)[1]


def wipe_file(path: Path) -> None:
    """Overwrite a file with zeros, empty it and delete it; one that is not there is fine. Raises OSError.

    A disk that moves blocks around by itself may still hold old ones: only an encrypted disk helps there.
    """
    try:
        size = path.stat().st_size
    except FileNotFoundError:
        return
    with path.open("r+b") as file:
        for start in range(0, size, _CHUNK):
            file.write(bytes(min(_CHUNK, size - start)))
        file.flush()
        os.fsync(file.fileno())
        file.truncate(0)
        os.fsync(file.fileno())
    path.unlink()


def _read(path: Path) -> tuple[Identity, int]:
    with closing(LocalCopy(path)) as copy:
        identity, waiting = copy.identity, copy.count_pending()
    return identity, waiting + (_waiting_at_hub(path, identity.event_id) if has_hub(path) else 0)


def _waiting_at_hub(path: Path, event_id: str) -> int:
    with _hub_below_a_server(path, event_id) as hub, hub.read() as connection:
        waiting = (LogRow.event_id == event_id, LogRow.upstream_seen.is_(False))
        return connection.scalar(select(func.count()).select_from(LogRow).where(*waiting)) or 0


def _pending_at_hub(path: Path, event_id: str) -> list[Envelope]:
    with _hub_below_a_server(path, event_id) as hub:
        return _all_pending(HubReplica(hub, EventLog(new_id()), event_id))


@contextmanager
def _hub_below_a_server(path: Path, event_id: str) -> Generator[Database]:
    """Open the hub's file of an event; one that hands nothing on to a server raises BadInput ``only_copy``."""
    with closing(Database(hub_file(path), HUB)) as hub:
        with hub.read() as connection:
            if connection.scalar(select(Upstream.event_id).where(Upstream.event_id == event_id)) is None:
                raise BadInput("only_copy", "This event is on no server, only on this laptop: save it to a file first.")
        yield hub


def _all_pending(replica: LocalCopy | HubReplica) -> list[Envelope]:
    found: list[Envelope] = []
    while batch := replica.pending(_BATCH, skip=len(found)):
        found += batch
    return found


def wipe_event(path: Path, identity: Identity, tokens: TokenStore) -> None:
    """Overwrite and delete all files of a closed event, and forget its keys, whatever waits. Raises StoreError."""
    # The hub's key is not another copy's to forget, joined on the same computer.
    accounts = [identity.install_id] + ([f"hub-{identity.event_id}"] if has_hub(path) else [])
    for account in accounts:
        tokens.forget(account)
    # The event file last: while it is there, the removal can be asked for again.
    # What repair put aside, or a crash left of its work, is full of names too.
    aside = [one for kind in _OF_REPAIR for one in sorted(path.parent.glob(glob.escape(path.name) + kind))]
    files = [*aside, *(Path(f"{main}{end}") for main in (hub_file(path), path) for end in reversed(_COMPANIONS))]
    try:
        for file in files:
            wipe_file(file)
    except OSError as error:
        raise StoreError(
            "not_removed", f"“{path.name}” could not be removed whole: close it in other programs and try again."
        ) from error
    _log.info("an event was removed from this laptop")
