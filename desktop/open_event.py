"""One open event of this program: its copy, the thread that works on it, its hub and its way to a server."""

from __future__ import annotations

import logging
import platform
from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from desktop.hub import DesktopHub, has_hub
from desktop.keyring_store import TokenStore
from desktop.sync_worker import Standing, SyncWorker
from desktop.writer import CopyRunner, Errands
from models.errors import UsherError
from models.events import Role
from models.ids import new_id
from models.operations.base import Operation
from models.store.local_copy import LocalCopy
from sync.client.loop import Reach
from ui.workspace import Workspace

_log = logging.getLogger(__name__)


class OpenEvent(QObject):
    """Holds everything that runs while an event is open, and ends it in order: no change is ever lost by closing.

    ``runner`` does the work on the copy; ``errands`` is a thread for what waits for a server, so that no
    slow answer ever stands in the way of a door.
    """

    standing_changed = Signal(object)

    def __init__(
        self, path: Path, tokens: TokenStore, on_crash: Callable[[BaseException], None], parent: QObject | None = None
    ) -> None:
        """Open the event file; one that was made here gets its hub. Raises StoreError and SyncError."""
        super().__init__(parent)
        self.path = path
        self._tokens = tokens
        self.copy = LocalCopy(path)
        self.runner = CopyRunner(self.copy, on_crash)
        self.errands = Errands(on_crash)
        self.workspace = Workspace(self.copy, self.runner)
        self.hub: DesktopHub | None = None
        self.sync: SyncWorker | None = None
        try:
            self._connect()
        except BaseException:
            self.shutdown()
            raise
        self.workspace.changed_here.connect(self._on_changed_here)

    @property
    def is_ours(self) -> bool:
        """Whether the event was made on this computer, so that its hub runs here."""
        return self.hub is not None

    @property
    def standing(self) -> Standing:
        """How the copy stands to its server, as far as is known."""
        known = self.sync.standing if self.sync is not None else None
        if known is not None:
            return known
        waiting = self.copy.waiting()
        return Standing(Reach.OFFLINE, waiting.pending, waiting.refused, "", 0, 0)

    def publish(self, url: str, login: str, password: str) -> None:
        """Give the hub a server above it. Blocks: to be called off the screen's thread. Raises UsherError."""
        if self.hub is None:
            raise UsherError("not_here", "This event was made on another computer: publish it there.")
        self.hub.publish(url, login, password)
        if self.sync is not None:
            self.sync.wake()

    def shutdown(self) -> None:
        """Finish the work that waits, hand in what can be handed in at once, and close everything."""
        self.runner.shutdown()
        self.errands.shutdown()
        if self.sync is not None:
            self.sync.stop()
        if self.hub is not None:
            self.hub.stop()
        self.copy.close()

    def _connect(self) -> None:
        identity = self.copy.identity
        if has_hub(self.path):
            self.hub = DesktopHub(self.copy, self._tokens, platform.node() or "Usher")
            self.copy.follow_address(self.hub.url)
            self._follow(self.hub.url, self.hub.token, None)
        elif identity.server_url is not None:
            token = self._tokens.token(identity.install_id)
            if token is None:
                _log.error("the key of this device is gone: it works on without its server")
                return
            self._follow(identity.server_url, token, identity.server_certificate)

    def _follow(self, url: str, token: str, certificate: str | None) -> None:
        self.sync = SyncWorker(self.copy, url, token, certificate, self)
        self.sync.changed.connect(self.workspace.hear)
        self.sync.standing_changed.connect(self.standing_changed)
        self.sync.start()

    def _on_changed_here(self) -> None:
        if self.sync is not None:
            self.sync.wake()


def make_event(path: Path, event_id: str, operations: Sequence[Operation], tokens: TokenStore) -> None:
    """Make a new event on this computer, with its hub from the first minute. Raises StoreError."""
    copy = LocalCopy.create(path, event_id=event_id, device_id=new_id(), role=Role.OWNER)
    try:
        copy.run_all(operations)
        hub = DesktopHub(copy, tokens, platform.node() or "Usher")
        hub.stop()
    finally:
        copy.close()
