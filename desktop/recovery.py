"""Recovering a damaged copy: its outbox is saved, and one exchange with its server brings everything else again."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from desktop.hub import DesktopHub, has_hub, hub_file
from desktop.keyring_store import TokenStore
from models.errors import SyncError
from models.store.local_copy import LocalCopy
from models.store.repair import Recovered, recover
from sync.client.api import ServerApi
from sync.client.engine import SyncEngine


def recover_event(path: Path, tokens: TokenStore, device_name: str) -> Recovered:
    """Put a new copy in the place of a damaged one that nobody has open. Blocks.

    An event that was made here is fetched from its own hub, every other one from its server, with the key that this
    device has. Raises StoreError ``beyond_repair`` and SyncError; the damaged file is where it was then.
    """

    def start(copy: LocalCopy) -> None:
        if has_hub(path):
            hub = DesktopHub(copy, tokens, device_name, hub_file(path))
            try:
                _exchange(copy, hub.url, hub.token, None)
            finally:
                hub.stop()
            return
        identity = copy.identity
        token = tokens.token(identity.install_id)
        if identity.server_url is None or token is None:
            raise SyncError(
                "no_key", "The key of this device is gone, so its event cannot be fetched: join again with a new code."
            )
        _exchange(copy, identity.server_url, token, identity.server_certificate)

    return recover(path, start)


def _exchange(copy: LocalCopy, url: str, token: str, certificate: str | None) -> None:
    with closing(ServerApi(url, token=token, certificate=certificate)) as api:
        SyncEngine(copy, api).exchange()
