"""One open event of this program: its copy, the thread that works on it, its hub and its way to a server."""

from __future__ import annotations

import logging
import platform
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from PySide6.QtCore import QObject, Signal
from sqlalchemy import select

from desktop.hub import DesktopHub, has_hub, hub_file
from desktop.keyring_store import TokenStore
from desktop.settled_memory import SettledMemory
from desktop.sync_worker import Standing, SyncWorker
from desktop.writer import CopyRunner, Errands
from models.door_words import event_zone
from models.errors import StoreError, UsherError
from models.events import Event, Role
from models.store.identity import Identity
from models.store.local_copy import LocalCopy
from models.store.rows import Change
from sync.client.api import ServerApi
from sync.client.loop import Reach
from sync.protocol import QuarantineAnswer
from ui.dialogs.held_row import HeldChange
from ui.workspace import Workspace

_log = logging.getLogger(__name__)
_PATIENCE = 0.8
"""Seconds that closing an event waits for a server's answer to an errand."""


@dataclass(frozen=True)
class EventFacts:
    """What the surroundings of the screens show of an event; ``starts_at`` is in the event's zone."""

    title: str
    place: str
    starts_at: datetime


class OpenEvent(QObject):
    """Holds everything that runs while an event is open, and ends it in order: no change is ever lost by closing.

    ``runner`` does the work on the copy; ``errands`` is a thread for what waits for a server or a camera, so that no
    slow answer ever stands in the way of a door; ``filing`` is one for files that are read or written as a whole.
    """

    standing_changed = Signal(object)
    damaged = Signal(object)
    """The copy turned out to be damaged while it was worked on; the error goes with it."""

    def __init__(
        self, path: Path, tokens: TokenStore, on_crash: Callable[[BaseException], None], parent: QObject | None = None
    ) -> None:
        """Open the event file; one that was made here gets its hub. Raises StoreError.

        Without its hub or its key the event opens all the same and works on offline; ``standing`` says so.
        """
        super().__init__(parent)
        self.path = path
        self._tokens = tokens
        self.copy = LocalCopy(path)
        self._memory = SettledMemory()
        self.runner = CopyRunner(self.copy, on_crash, self.damaged.emit)
        self.errands = Errands(on_crash)
        self.filing = Errands(on_crash)
        self.hub: DesktopHub | None = None
        self.sync: SyncWorker | None = None
        self._problem = ""
        self._is_closed = False
        try:
            self.workspace = Workspace(self.copy, self.runner)
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
        """How the copy stands to its server, as far as is known. Raises StoreError."""
        known = self.sync.standing if self.sync is not None else None
        if known is None:
            known = Standing(Reach.OFFLINE, self.copy.count_pending(), "", 0, 0)
        problem = self._problem or (self.hub.problem if self.hub is not None else "")
        return replace(known, reach=Reach.PROBLEM, sentence=problem) if problem else known

    def read_facts(self) -> EventFacts:
        """Read what the event is called, where and when it is. Raises StoreError ``incomplete`` without an event."""
        with self.workspace.read() as connection:
            row = connection.execute(
                select(Event.title, Event.venue_text, Event.starts_at, Event.time_zone).where(
                    Event.id == self.workspace.event_id
                )
            ).one_or_none()
        if row is None:
            raise StoreError(
                "incomplete",
                f"“{self.path.name}” was never fetched to its end: join again with a new pairing code.",
            )
        return EventFacts(row.title, row.venue_text, row.starts_at.astimezone(event_zone(row.time_zone)))

    def publish(self, url: str, login: str, password: str, certificate: str | None = None) -> None:
        """Give the hub a server above it. Blocks: to be called off the screen's thread. Raises UsherError."""
        if self.hub is None:
            raise UsherError("not_here", "This event was made on another laptop: publish it there.")
        self.hub.publish(url, login, password, certificate)
        if self.sync is not None:
            self.sync.wake()

    def read_held(self) -> list[HeldChange]:
        """Ask the event's server what revoked devices handed in afterwards, for a decision. Blocks."""
        return [
            HeldChange(one.op_id, one.name, one.about, one.device_name, one.made_at, one.came_at)
            for one in self._quarantine().changes
        ]

    def _quarantine(self) -> QuarantineAnswer:
        if self.hub is not None:
            return self.hub.quarantine()
        identity = self.copy.identity
        token = self._tokens.token(identity.install_id)
        if identity.server_url is None or token is None:
            raise UsherError("no_server", "This event has no way to its server from here.")
        with closing(ServerApi(identity.server_url, token=token, certificate=identity.server_certificate)) as api:
            return api.quarantine()

    def shutdown(self) -> None:
        """Finish the work that waits, hand in what can be handed in at once, and close everything."""
        self.runner.shutdown()
        self.filing.shutdown()
        if self.hub is not None:
            self.hub.hurry()
        self.errands.shutdown(_PATIENCE)
        if self.sync is not None:
            self.sync.stop()
        if self.hub is not None:
            self.hub.stop()
        # News that is still on its way to the screens would open the file again.
        self._is_closed = True
        self.copy.close()
        self._memory.close()

    def _connect(self) -> None:
        identity = self.copy.identity
        if _is_made_here(self.path, identity):
            self._start_hub(identity)
        elif identity.server_url is not None:
            self._follow_server(identity, identity.server_url)

    def _start_hub(self, identity: Identity) -> None:
        if not has_hub(self.path) and identity.server_url is not None:
            # A new one would know nothing of what the old one was told by others.
            self._work_offline(
                f"Working offline: “{hub_file(self.path).name}” is missing, put it back beside “{self.path.name}”."
            )
            return
        try:
            self.hub = DesktopHub(self.copy, self._tokens, platform.node() or "Usher")
        except UsherError as error:
            self._work_offline(error.message)
            return
        self.copy.follow_address(self.hub.url)
        self._follow(self.hub.url, self.hub.token, None)

    def _follow_server(self, identity: Identity, url: str) -> None:
        try:
            token = self._tokens.token(identity.install_id)
        except UsherError as error:
            self._work_offline(error.message)
            return
        if token is None:
            self._work_offline("Working offline: the key of this device is gone, ask the organizer to pair it anew.")
            return
        self._follow(url, token, identity.server_certificate)

    def _work_offline(self, sentence: str) -> None:
        _log.error("%s", sentence)
        self._problem = sentence

    def _follow(self, url: str, token: str, certificate: str | None) -> None:
        self.sync = SyncWorker(self.copy, url, token, certificate, self, keep_token=self._keep_token)
        self.sync.changed.connect(self._on_changed_elsewhere)
        self.sync.standing_changed.connect(self._on_standing_changed)
        self.sync.start()

    def _keep_token(self, token: str) -> None:
        self._tokens.keep(self.copy.identity.install_id, token)

    def _on_changed_elsewhere(self, change: Change) -> None:
        if not self._is_closed:
            self.workspace.hear(change)

    def _on_standing_changed(self, _standing: Standing) -> None:
        self._tell_standing()

    def _on_changed_here(self) -> None:
        if self.sync is not None:
            self.sync.wake()
        self._tell_standing()

    def _tell_standing(self) -> None:
        if self._is_closed:
            return
        try:
            standing = self.standing
        except UsherError as error:
            standing = Standing(Reach.PROBLEM, 0, error.message, 0, 0)
        self.standing_changed.emit(standing)


def _is_made_here(path: Path, identity: Identity) -> bool:
    if has_hub(path):
        return True
    if identity.role is not Role.OWNER:
        return False
    # Restored, duplicated, or never opened yet; or its hub was lost.
    return identity.server_url is None or urlsplit(identity.server_url).hostname == "127.0.0.1"
