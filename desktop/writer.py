"""Runs work on threads of their own, in order, and answers on the screen's thread."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from PySide6.QtCore import QCoreApplication, QEvent, QObject, QThread, Signal, Slot

from models.errors import UsherError
from models.store.local_copy import LocalCopy

_log = logging.getLogger(__name__)

T = TypeVar("T")

OnCrash = Callable[[BaseException], None]


@dataclass(frozen=True, slots=True)
class _Job:
    """One piece of work, and who wants to hear of it."""

    work: Callable[[], Any]
    done: Callable[[Any], None]
    failed: Callable[[UsherError], None]


@dataclass(frozen=True, slots=True)
class _Answer:
    """What became of a job: its result, or its error."""

    job: _Job
    result: Any
    error: UsherError | None


class Errands(QObject):
    """Does errands one after the other: one queue, one thread, answers in the order of the work.

    Belongs to the screen's thread and is to be shut down before it goes; work that waits is done first.
    """

    _asked = Signal(object)
    _end_asked = Signal()

    def __init__(self, on_crash: OnCrash, parent: QObject | None = None) -> None:
        """Start the thread. ``on_crash`` gets what work raised by mistake; it is called on the thread of the work."""
        super().__init__(parent)
        self._accepts = True
        self._waiting = 0
        self._thread = QThread(self)
        self._thread.setObjectName("errands")
        self._worker = _Worker(on_crash)
        self._worker.moveToThread(self._thread)
        self._asked.connect(self._worker.on_asked)
        self._end_asked.connect(self._worker.on_end_asked)
        self._worker.answered.connect(self._on_answered)
        self._thread.start()

    @property
    def waiting(self) -> int:
        """How much was asked for and is not answered yet."""
        return self._waiting

    def submit(
        self,
        work: Callable[[], T],
        done: Callable[[T], None],
        failed: Callable[[UsherError], None],
    ) -> None:
        """Queue work; ``done`` gets its result, ``failed`` its error. After ``shutdown`` it fails at once."""
        if not self._accepts:
            failed(UsherError("shut_down", "Usher is closing this event: open it again to go on."))
            return
        self._waiting += 1
        self._asked.emit(_Job(work, done, failed))

    def shutdown(self) -> None:
        """Do all work that waits, hand out its answers, and end the thread; what is asked for later is refused."""
        if not self._accepts:
            return
        self._accepts = False
        # A message behind all work: QThread.quit would end the thread before what is still queued.
        self._end_asked.emit()
        self._thread.wait()
        QCoreApplication.sendPostedEvents(self, QEvent.Type.MetaCall.value)

    @Slot(object)
    def _on_answered(self, answer: _Answer) -> None:
        self._waiting -= 1
        if answer.error is None:
            answer.job.done(answer.result)
        else:
            answer.job.failed(answer.error)


class CopyRunner:
    """Is the ``ui.workspace.Runner`` of one open copy: errands that are given the copy."""

    def __init__(self, copy: LocalCopy, on_crash: OnCrash) -> None:
        """Start the thread; see :class:`Errands`."""
        self._copy = copy
        self._errands = Errands(on_crash)

    @property
    def waiting(self) -> int:
        """How much was asked for and is not answered yet."""
        return self._errands.waiting

    def submit(
        self,
        work: Callable[[LocalCopy], T],
        done: Callable[[T], None],
        failed: Callable[[UsherError], None],
    ) -> None:
        """Queue work on the copy; ``done`` gets its result, ``failed`` its error."""
        self._errands.submit(lambda: work(self._copy), done, failed)

    def shutdown(self) -> None:
        """Do all work that waits, hand out its answers, and end the thread."""
        self._errands.shutdown()


class _Worker(QObject):
    """Does the work, on the thread it was moved to."""

    answered = Signal(object)

    def __init__(self, on_crash: OnCrash) -> None:
        super().__init__()
        self._on_crash = on_crash

    @Slot(object)
    def on_asked(self, job: _Job) -> None:
        """Do one piece of work and tell what became of it."""
        try:
            answer = _Answer(job, job.work(), None)
        except UsherError as error:
            _log.info("refused: %s: %s", error.code, error.message)
            answer = _Answer(job, None, error)
        except Exception as error:
            self._on_crash(error)
            sentence = "That did not work because of an error in Usher: nothing was changed, and the log has a report."
            answer = _Answer(job, None, UsherError("unexpected", sentence))
        self.answered.emit(answer)

    @Slot()
    def on_end_asked(self) -> None:
        """End the thread, all work that was asked for before being done."""
        QThread.currentThread().quit()
