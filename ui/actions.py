"""Doing, undoing and redoing: every gesture that changes something goes through here as operations."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoCommand, QUndoStack

from models.errors import UsherError
from models.operations.base import Operation
from models.store.local_copy import LocalCopy, Performed

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
            if not result.change:
                # Nothing to repaint, such as a decision that only a server acts on; handed on it must be all the same.
                self._workspace.changed_here.emit()
            if result.inverse:
                self.stack.push(_Step(self, text, result.inverse))
            self.performed.emit(text)
            if done is not None:
                done(result)

        self._workspace.submit(lambda copy: copy.perform(operations), finish, self._on_failed)

    def run_back(self, step: _Step) -> None:
        """Run the operations of a step's other direction, and keep the way back to this one."""

        def work(copy: LocalCopy) -> Performed:
            # Here and not in the answer: undone and done again quickly, the second must find what the first left.
            result = copy.perform(step.other_way)
            step.other_way = result.inverse
            return result

        def fail(error: UsherError) -> None:
            self._drop(step)
            self._on_failed(error)

        self._workspace.submit(work, lambda result: self._workspace.announce(result.change), fail)

    def _drop(self, step: _Step) -> None:
        """Take a step that no longer holds off the stack, or leave it there as one that does nothing."""
        step.is_void = True
        if step.is_asking:
            # The stack is in the middle of this very step, and drops it by itself.
            step.setObsolete(True)
            return
        at = self.stack.index()
        if at < self.stack.count() and self.stack.command(at) is step:
            step.setObsolete(True)
            self.stack.redo()
        elif at > 0 and self.stack.command(at - 1) is step:
            step.setObsolete(True)
            self.stack.undo()

    def _on_failed(self, error: UsherError) -> None:
        self.failed.emit(error.message)


class _Step(QUndoCommand):
    """One step of undo; ``other_way`` are the operations that take it back, or do it again."""

    def __init__(self, actions: Actions, text: str, inverse: tuple[Operation, ...]) -> None:
        # The second line is for actions: "Undo move Table 4". Names of steps begin with a verb.
        super().__init__(f"{text}\n{text[:1].lower()}{text[1:]}")
        self._actions = actions
        self.other_way = inverse
        self.is_void = False
        self.is_asking = False
        self._is_done = False

    def undo(self) -> None:
        self._run_back()

    def redo(self) -> None:
        if self._is_done:
            self._run_back()
        self._is_done = True

    def _run_back(self) -> None:
        if self.is_void:
            return
        self.is_asking = True
        try:
            self._actions.run_back(self)
        finally:
            self.is_asking = False
