"""Joining an event by a pairing code: a copy of its own, or a new key for the one that this computer has already."""

from __future__ import annotations

import glob
import logging
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
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
from sync.protocol import NO_TOKEN

_log = logging.getLogger(__name__)
_OF_ANOTHER_SERVER = "The earlier copy of this event stays beside this one: it belongs to another server."
_NOT_HANDED_IN = (
    "The earlier copy of this event stays beside this one: what waits in it could not be handed in with its own key."
)


@dataclass(frozen=True)
class Joined:
    """The file of a copy that was joined, and a sentence where an earlier one stays that was to give way to it."""

    path: Path
    notice: str


@dataclass
class _Earlier:
    """What becomes of the copies of the same event that were joined here before."""

    giving_way: dict[Path, Identity] = field(default_factory=dict[Path, Identity])
    notice: str = ""


def join_event(
    code: PairingCode, device_name: str, folder: Path, tokens: TokenStore, on_progress: Callable[[Fetched], None]
) -> Joined:
    """Pair this computer and give the file of its copy in ``folder``. Blocks; raises SyncError and BadInput.

    A copy of the same event for the same role that was joined here before gives way to the new one under its own name,
    and what it did is taken over; what waits in it is handed in under the old key first, for a decision where that is
    a revoked device's. When it cannot be, the copy stays as it is, and so does one from another server: whoever makes
    up a code for this event gets nothing of it. One for another role stays too: it may do and see what the new one may
    not.
    """
    used_up: list[str] = []
    earlier = _Earlier()

    def keep(install_id: str, token: str) -> None:
        used_up.append(install_id)
        tokens.keep(install_id, token)

    def prepare(copy: LocalCopy) -> None:
        for path in sorted(folder.glob(f"{glob.escape(copy.identity.event_id)}-*.usher")):
            if path != copy.path and not has_hub(path):
                _take_over(copy, path, tokens, earlier)

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
    return Joined(_put_in_place(path, earlier.giving_way, tokens), earlier.notice)


def _take_over(copy: LocalCopy, path: Path, tokens: TokenStore, earlier: _Earlier) -> None:
    try:
        old = LocalCopy(path)
    except UsherError as error:
        # One that cannot be read is left as it is: it may be recovered yet.
        _log.warning("an earlier copy is left alone: %s", error.message)
        return
    with closing(old):
        identity = old.identity
        if identity.role is not copy.identity.role:
            return
        if identity.server_known_by != copy.identity.server_known_by:
            earlier.notice = _OF_ANOTHER_SERVER
        elif old.count_pending() and not _hand_in(old, identity, tokens):
            earlier.notice = _NOT_HANDED_IN
        else:
            take_over(copy, old)
            earlier.giving_way[path] = identity
    _log.info("an earlier copy %s", "gives way" if path in earlier.giving_way else "stays")


def _hand_in(old: LocalCopy, identity: Identity, tokens: TokenStore) -> bool:
    """Let an earlier copy hand in what waits under its own key, and tell whether no other key may bring it in wrongly.

    A revoked device's work is for an organizer to judge, and would count under a good key. Only where the old key is
    gone, or its server does not know it any more, is the new one the only way.
    """
    token = tokens.token(identity.install_id)
    if token is None or identity.server_url is None:
        return True
    try:
        with closing(ServerApi(identity.server_url, token=token, certificate=identity.server_certificate)) as api:
            SyncEngine(old, api).exchange()
    except UsherError as error:
        _log.info("the earlier copy: %s: %s", error.code, error.message)
        if error.code == NO_TOKEN:
            return True
    return not old.count_pending()


def _put_in_place(path: Path, giving_way: dict[Path, Identity], tokens: TokenStore) -> Path:
    if not giving_way:
        return path
    place = next(iter(giving_way))
    try:
        for old, identity in giving_way.items():
            wipe_event(old, identity, tokens)
        path.replace(place)
    except (UsherError, OSError) as error:
        # Two files of one event are untidy, but nothing is lost: the new one has everything.
        _log.warning("an earlier copy stays: %s", error)
        return path
    return place
