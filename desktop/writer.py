"""Runs work on threads of their own, in order, and answers on the screen's thread."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from PySide6.QtCore import QCoreApplication, QEvent, QObject, Qt, Signal, Slot

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

    _answered = Signal(object)

    def __init__(self, on_crash: OnCrash, parent: QObject | None = None) -> None:
        """Start the thread. ``on_crash`` gets what work raised by mistake; it is called on the thread of the work."""
        super().__init__(parent)
        self._waiting = 0
        self._way_back = _WayBack(self._answered.emit)
        self._worker = _Worker(self._way_back.answer, on_crash)
        self._answered.connect(self._on_answered, Qt.ConnectionType.QueuedConnection)
        self._worker.start()

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
        if not self._worker.ask(_Job(work, done, failed)):
            failed(UsherError("shut_down", "Usher is closing this event: open it again to go on."))
            return
        self._waiting += 1

    def shutdown(self, patience: float | None = None) -> None:
        """Do all work that waits, hand out its answers, and end the thread; what is asked for later is refused.

        With ``patience``, in seconds, work that takes longer is left to itself and never answered: a server that is
        silent must not hold the program up.
        """
        self._worker.end()
        self._worker.join(patience)
        QCoreApplication.sendPostedEvents(self, QEvent.Type.MetaCall.value)
        self._way_back.close()
        if self._worker.is_alive():
            self._worker.leave()
            _log.warning("work that waits for somebody else was left behind")

    @Slot(object)
    def _on_answered(self, answer: _Answer) -> None:
        self._waiting -= 1
        if answer.error is None:
            answer.job.done(answer.result)
        else:
            answer.job.failed(answer.error)


def _log_only(error: UsherError) -> None:
    _log.error("%s: %s", error.code, error.message)


class CopyRunner:
    """Is the ``ui.workspace.Runner`` of one open copy: errands that are given the copy."""

    def __init__(self, copy: LocalCopy, on_crash: OnCrash, on_damage: Callable[[UsherError], None] = _log_only) -> None:
        """Start the thread; see :class:`Errands`. ``on_damage`` hears, on the screen's thread, that the file is bad."""
        self._copy = copy
        self._on_damage = on_damage
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

        def fail(error: UsherError) -> None:
            failed(error)
            if error.code == "damaged":
                self._on_damage(error)

        self._errands.submit(lambda: work(self._copy), done, fail)

    def shutdown(self) -> None:
        """Do all work that waits, hand out its answers, and end the thread, however long it takes."""
        self._errands.shutdown()


class _WayBack:
    """Carries answers to the screen for as long as somebody is there to take them."""

    def __init__(self, send: Callable[[_Answer], None]) -> None:
        self._send: Callable[[_Answer], None] | None = send
        self._lock = threading.Lock()

    def answer(self, answer: _Answer) -> None:
        with self._lock:
            if self._send is not None:
                self._send(answer)

    def close(self) -> None:
        with self._lock:
            self._send = None


class _Worker(threading.Thread):
    """Does the work; a daemon, since a thread of Qt's could not be left behind in a silent server's hands."""

    def __init__(self, answer: Callable[[_Answer], None], on_crash: OnCrash) -> None:
        super().__init__(name="errands", daemon=True)
        self._answer = answer
        self._on_crash = on_crash
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._is_ending = False
        self._is_left = False

    def ask(self, job: _Job) -> bool:
        """Queue a job; tell whether it will be done."""
        if not self._is_ending:
            self._jobs.put(job)
        return not self._is_ending

    def end(self) -> None:
        """End after what is queued."""
        if not self._is_ending:
            self._is_ending = True
            self._jobs.put(None)

    def leave(self) -> None:
        """Begin nothing more once the present job is done."""
        self._is_left = True

    def run(self) -> None:
        while (job := self._jobs.get()) is not None and not self._is_left:
            self._answer(self._do(job))

    def _do(self, job: _Job) -> _Answer:
        try:
            return _Answer(job, job.work(), None)
        except UsherError as error:
            # The code alone: a sentence may name guests.
            _log.info("refused: %s", error.code)
            return _Answer(job, None, error)
        except Exception as error:
            self._on_crash(error)
            sentence = "That did not work because of an error in Usher: nothing was changed, and the log has a report."
            return _Answer(job, None, UsherError("unexpected", sentence))
