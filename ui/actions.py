"""Doing, undoing and redoing: every gesture that changes something goes through here as operations."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoCommand, QUndoStack

from models.errors import UsherError
from models.operations.base import Operation
from models.store.local_copy import Performed

if TYPE_CHECKING:
    from ui.workspace import Workspace


class Actions(QObject):
    """Runs operations for the screens and keeps the way back under a name ("move Table 4").

    The stack holds operations and their inverses, nothing of any canvas. ``failed`` carries one sentence for
    the person when an operation was refused; nothing changed then.
    """

    failed = Signal(str)
    performed = Signal(str)

    def __init__(self, workspace: Workspace, parent: QObject | None = None) -> None:
        """Work on a workspace, with an empty stack."""
        super().__init__(parent)
        self._workspace = workspace
        self.stack = QUndoStack(self)

    def perform(
        self, text: str, operations: Sequence[Operation], done: Callable[[Performed], None] | None = None
    ) -> None:
        """Run operations in one transaction as one step of undo, named ``text`` ("Seat Maja Lindqvist")."""

        def finish(result: Performed) -> None:
            self._workspace.announce(result.change)
            if result.inverse:
                self.stack.push(_Step(self, text, result.inverse))
            self.performed.emit(text)
            if done is not None:
                done(result)

        self._workspace.submit(lambda copy: copy.perform(operations), finish, self._on_failed)

    def run_back(self, step: _Step) -> None:
        """Run the operations of a step's other direction, and keep the way back to this one."""

        def finish(result: Performed) -> None:
            step.other_way = result.inverse
            self._workspace.announce(result.change)

        def fail(error: UsherError) -> None:
            step.setObsolete(True)
            self._on_failed(error)

        operations = step.other_way
        self._workspace.submit(lambda copy: copy.perform(operations), finish, fail)

    def _on_failed(self, error: UsherError) -> None:
        self.failed.emit(error.message)


class _Step(QUndoCommand):
    """One step of undo; ``other_way`` are the operations that take it back, or do it again."""

    def __init__(self, actions: Actions, text: str, inverse: tuple[Operation, ...]) -> None:
        super().__init__(text)
        self._actions = actions
        self.other_way = inverse
        self._is_done = False

    def undo(self) -> None:
        self._actions.run_back(self)

    def redo(self) -> None:
        if self._is_done:
            self._actions.run_back(self)
        self._is_done = True
