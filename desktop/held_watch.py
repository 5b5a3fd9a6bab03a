"""Looks from time to time whether revoked devices handed in something that waits for an organizer's decision."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject, QTimer, Signal
from sqlalchemy import select

from desktop.open_event import OpenEvent
from models.errors import UsherError
from models.events import Device
from models.operations.base import ORGANIZERS
from models.store.rows import Change
from ui.dialogs.held_row import HeldChange

_EVERY_MS = 60_000
_FIRST_MS = 3_000


class HeldWatch(QObject):
    """Asks the server, on an organizer's computer and only once a device was revoked; ``counted`` tells the answer."""

    counted = Signal(int)

    def __init__(self, event: OpenEvent) -> None:
        """Begin soon after the event was opened."""
        super().__init__(event)
        self._event = event
        self._is_asking = False
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._on_timeout)
        if event.workspace.identity.role in ORGANIZERS:
            self._timer.start(_FIRST_MS)
            event.workspace.changes.changed.connect(self._on_changed)

    def look(self) -> None:
        """Ask now, if there is anything to ask about."""
        if self._is_asking or not self._has_revoked():
            return
        self._is_asking = True
        self._event.errands.submit(self._event.read_held, self._on_answered, self._on_failed)

    def end(self) -> None:
        """Ask no more."""
        self._timer.stop()

    def _has_revoked(self) -> bool:
        revoked = select(Device.id).where(
            Device.event_id == self._event.workspace.event_id, Device.revoked_at.is_not(None)
        )
        try:
            with self._event.workspace.read() as connection:
                return connection.scalar(revoked.limit(1)) is not None
        except UsherError:
            return False

    def _on_timeout(self) -> None:
        self._timer.setInterval(_EVERY_MS)
        self.look()

    def _on_changed(self, change: Change) -> None:
        if change.touches(Device) and self._timer.isActive():
            self._timer.start(_FIRST_MS)

    def _on_answered(self, held: Sequence[HeldChange]) -> None:
        self._is_asking = False
        self.counted.emit(len(held))

    def _on_failed(self, _error: UsherError) -> None:
        # The connection says so itself; the next time it is asked again.
        self._is_asking = False
