"""Carries news between the sync thread and the screen: changes from afar, and how this copy stands to its server."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from PySide6.QtCore import QObject, Signal

from models.errors import UsherError
from models.store.local_copy import LocalCopy
from models.store.rows import Change
from sync.client.download import Fetched
from sync.client.loop import Reach, SyncLoop, SyncState


@dataclass(frozen=True)
class Standing:
    """How this copy stands to its server, for the line on the screen.

    ``waiting`` counts what is still to be sent, by this copy or by the hub inside this program; ``fetched`` says how
    far a whole copy is that is on its way.
    """

    reach: Reach
    waiting: int
    sentence: str
    pushed: int
    pulled: int
    fetched: Fetched | None = None


class SyncWorker(QObject):
    """Runs a SyncLoop for a copy; its signals may be emitted on the sync thread and arrive on the screen's."""

    changed = Signal(object)
    standing_changed = Signal(object)

    def __init__(
        self,
        copy: LocalCopy,
        url: str,
        token: str,
        certificate: str | None = None,
        parent: QObject | None = None,
        *,
        keep_token: Callable[[str], None] | None = None,
    ) -> None:
        """Prepare to follow the server at ``url``; ``keep_token`` gets each new token, on the sync thread."""
        super().__init__(parent)
        self._copy = copy
        self._standing: Standing | None = None
        self._above = 0
        self._loop = SyncLoop(
            copy,
            url,
            token,
            certificate=certificate,
            on_change=self._on_change,
            on_state=self._on_state,
            keep_token=keep_token,
        )

    @property
    def standing(self) -> Standing | None:
        """The last that was heard, if anything was. Raises StoreError.

        What waits is counted anew where the server will not be heard of soon.
        """
        known = self._standing
        if known is None or known.reach is Reach.IN_STEP:
            return known
        return replace(known, waiting=self._copy.count_pending() + self._above)

    def start(self) -> None:
        """Begin."""
        self._loop.start()

    def wake(self) -> None:
        """Hand in soon what was just done here."""
        self._loop.wake()

    def stop(self) -> None:
        """End; what waits stays in the copy's outbox."""
        self._loop.stop()

    def _on_change(self, change: Change) -> None:
        self.changed.emit(change)

    def _on_state(self, state: SyncState) -> None:
        try:
            waiting = self._copy.count_pending()
        except UsherError as error:
            self._standing = Standing(Reach.PROBLEM, 0, error.message, state.pushed, state.pulled)
        else:
            if state.reach is Reach.IN_STEP:
                self._above = state.upstream_waiting or 0
            cut_off = state.reach is Reach.IN_STEP and state.upstream_waiting is not None and not state.upstream_reached
            self._standing = Standing(
                Reach.OFFLINE if cut_off else state.reach,
                waiting + self._above,
                state.sentence,
                state.pushed,
                state.pulled,
                state.fetched,
            )
        self.standing_changed.emit(self._standing)
