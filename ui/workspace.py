"""What a screen works with: the open event's rows to read, a way to change them, and news of changes."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Protocol, TypeVar

from PySide6.QtCore import QObject, Signal
from sqlalchemy import Connection

from models.errors import UsherError
from models.store.identity import Identity
from models.store.local_copy import LocalCopy
from models.store.rows import Change
from ui.actions import Actions
from ui.changes import Changes

_log = logging.getLogger(__name__)

T = TypeVar("T")


class Runner(Protocol):
    """Runs work on the copy away from the screen's thread and answers on the screen's thread."""

    def submit(
        self,
        work: Callable[[LocalCopy], T],
        done: Callable[[T], None],
        failed: Callable[[UsherError], None],
    ) -> None:
        """Queue work; ``done`` gets its result, ``failed`` its UsherError. Work runs in the order given."""
        ...


class Workspace(QObject):
    """One open event, as its screens see it.

    Screens only read (``read``); they change through ``actions`` (with undo) or, at a door, through
    ``submit`` with work that gives back a Change for ``announce``.
    """

    changed_here = Signal()

    def __init__(self, copy: LocalCopy, runner: Runner) -> None:
        """Work on an open copy."""
        super().__init__()
        self._copy = copy
        self._runner = runner
        self.identity: Identity = copy.identity
        """Who this copy is; what is measured anew as time goes by is not read off it (:attr:`skew_ms`)."""
        self._skew_ms = self.identity.skew_ms
        self.changes = Changes(self)
        self.actions = Actions(self, self)

    @property
    def event_id(self) -> str:
        """The event's id."""
        return self.identity.event_id

    @property
    def skew_ms(self) -> int:
        """How far the server's clock is ahead of this one, as it was measured last; it changes while all is open."""
        try:
            self._skew_ms = self._copy.identity.skew_ms
        except UsherError:
            # A copy that cannot be read just now is no reason for a clock to stop.
            _log.warning("the skew of the clock could not be read")
        return self._skew_ms

    def read(self) -> AbstractContextManager[Connection]:
        """Give a connection that reads one snapshot; for short reads on the screen's thread."""
        return self._copy.read()

    def submit(
        self, work: Callable[[LocalCopy], T], done: Callable[[T], None], failed: Callable[[UsherError], None]
    ) -> None:
        """Run work on the copy away from the screen's thread; the answers come back on it."""
        self._runner.submit(work, done, failed)

    def announce(self, change: Change) -> None:
        """Tell all screens what was changed here, and whoever hands it on."""
        if change:
            self.changes.changed.emit(change)
            self.changed_here.emit()

    def hear(self, change: Change) -> None:
        """Tell all screens what was changed elsewhere."""
        if change:
            self.changes.changed.emit(change)
