"""Runs work that needs no database away from the screen's thread, and answers on it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from PySide6.QtCore import QObject, QThreadPool, Signal

from models.errors import UsherError

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Answers:
    """Who is told how a task went."""

    done: Callable[[Any], None]
    failed: Callable[[UsherError], None]


class _Messenger(QObject):
    """Carries a result from a worker's thread; it outlives the screen that asked."""

    finished = Signal(int, object)


class Background(QObject):
    """Starts tasks on the shared threads; a task that was dropped or whose owner is gone answers nobody."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._waiting: dict[int, _Answers] = {}
        self._messengers: dict[int, _Messenger] = {}
        self._last = 0

    @property
    def is_busy(self) -> bool:
        """Whether an answer is still to come."""
        return bool(self._waiting)

    def run(self, work: Callable[[], T], done: Callable[[T], None], failed: Callable[[UsherError], None]) -> None:
        """Start a task; ``done`` gets its result, ``failed`` its UsherError, both on this object's thread."""
        self._last += 1
        task = self._last
        self._waiting[task] = _Answers(done, failed)
        messenger = self._messengers[task] = _Messenger()
        messenger.finished.connect(self._on_finished)

        def carry_out() -> None:
            result: object
            try:
                result = work()
            except Exception as error:
                result = error
            messenger.finished.emit(task, result)

        QThreadPool.globalInstance().start(carry_out)

    def drop_all(self) -> None:
        """Forget the tasks that are under way: nobody is told how they went."""
        self._waiting.clear()

    def _on_finished(self, task: int, result: object) -> None:
        self._messengers.pop(task, None)
        answers = self._waiting.pop(task, None)
        if answers is None:
            return
        if isinstance(result, UsherError):
            answers.failed(result)
        elif isinstance(result, Exception):
            # A bug and not a bad file: it goes the way of all bugs.
            raise result
        else:
            answers.done(result)
