"""Joining an event by a pairing code: a copy of its own, or a new key for the one that this computer has already."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

from desktop.hub import has_hub
from desktop.keyring_store import TokenStore
from desktop.removal import wipe_event
from models.errors import SyncError, UsherError
from models.store.identity import Identity
from models.store.local_copy import LocalCopy
from models.store.taking_over import take_over
from sync.client.api import ServerApi
from sync.client.download import Fetched
from sync.client.engine import SyncEngine
from sync.client.pairing import PairingCode, pair

_log = logging.getLogger(__name__)


def join_event(
    code: PairingCode, device_name: str, folder: Path, tokens: TokenStore, on_progress: Callable[[Fetched], None]
) -> Path:
    """Pair this computer and give the file of its copy in ``folder``. Blocks; raises SyncError and BadInput.

    A copy of the same event for the same role that was joined here before gives way to the new one under its own name,
    and what it did is taken over; of a revoked device that is handed in under the old key first, for a decision.
    One for another role stays as it is: it may do and see what the new one may not.
    """
    used_up: list[str] = []
    before: dict[Path, Identity] = {}

    def keep(install_id: str, token: str) -> None:
        used_up.append(install_id)
        tokens.keep(install_id, token)

    def prepare(copy: LocalCopy) -> None:
        for path in sorted(folder.glob(f"{copy.identity.event_id}-*.usher")):
            if path != copy.path and not has_hub(path):
                _take_over(copy, path, tokens, before)

    try:
        paired = pair(code, device_name, folder, keep_token=keep, on_progress=on_progress, prepare=prepare)
    except SyncError as error:
        if not used_up:
            raise
        _log.error("%s: %s", error.code, error.message)
        raise SyncError(
            "not_arrived",
            "The connection broke before the event was here, and the code is used up: ask for a new one.",
        ) from error
    path = paired.copy.path
    paired.copy.close()
    return _put_in_place(path, before, tokens)


def _take_over(copy: LocalCopy, path: Path, tokens: TokenStore, before: dict[Path, Identity]) -> None:
    try:
        old = LocalCopy(path)
    except UsherError as error:
        # One that cannot be read is left as it is: it may be recovered yet.
        _log.warning("an earlier copy is left alone: %s", error.message)
        return
    try:
        identity = old.identity
        if identity.role is not copy.identity.role:
            return
        if old.waiting().pending:
            _hand_in(old, identity, tokens)
        take_over(copy, old)
    finally:
        old.close()
    before[path] = identity
    _log.info("an earlier copy gives way")


def _hand_in(old: LocalCopy, identity: Identity, tokens: TokenStore) -> None:
    """Let an earlier copy hand in under its own key what it can: a revoked one's work is for an organizer to judge."""
    token = tokens.token(identity.install_id)
    if token is None or identity.server_url is None:
        return
    try:
        api = ServerApi(identity.server_url, token=token, certificate=identity.server_certificate)
        try:
            SyncEngine(old, api).exchange()
        finally:
            api.close()
    except UsherError as error:
        _log.info("the earlier copy: %s", error.message)


def _put_in_place(path: Path, before: dict[Path, Identity], tokens: TokenStore) -> Path:
    if not before:
        return path
    place = next(iter(before))
    try:
        for old, identity in before.items():
            wipe_event(old, identity, tokens)
        path.replace(place)
    except (UsherError, OSError) as error:
        # Two files of one event are untidy, but nothing is lost: the new one has everything.
        _log.warning("an earlier copy stays: %s", error)
        return path
    return place
