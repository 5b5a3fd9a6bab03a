"""Watches how long the screen's thread is held between two ticks of a timer at 60 Hz."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from itertools import pairwise
from typing import NamedTuple

from PySide6.QtCore import QEventLoop, Qt, QTimer

FRAME_MS = 16


class Held(NamedTuple):
    """How long a frame was held, in milliseconds: by the clock, and by the screen's thread's own work.

    The difference is waiting for a core, or for Python.
    """

    clock: float
    cpu: float


def longest_of(frames: Iterable[Held]) -> Held:
    """Give the longest of some frames, in each of the two ways."""
    clock, cpu = zip(*frames, strict=True)
    return Held(max(clock), max(cpu))


class _Tick(NamedTuple):
    """A moment on the screen's thread: by the monotonic clock, and by the CPU time the thread has had."""

    at: float
    cpu: float


class ScreenFrames:
    """Runs the program's event loop, and knows when each frame of it began."""

    def __init__(self, on_frame: Callable[[], None] | None = None) -> None:
        """Begin to tick; ``on_frame`` is called in each frame."""
        self._ticks: list[_Tick] = []
        self._on_frame = on_frame
        self._loop = QEventLoop()
        self._is_over: Callable[[], bool] = bool
        self._timer = QTimer()
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(FRAME_MS)
        self._timer.timeout.connect(self._on_tick)
        self._timer.start()

    def run_until(self, is_over: Callable[[], bool]) -> None:
        """Run the event loop until something holds, which is looked at in each frame."""
        self._is_over = is_over
        self._loop.exec()

    def run_for(self, seconds: float) -> None:
        """Run the event loop for some time."""
        end = time.perf_counter() + seconds
        self.run_until(lambda: time.perf_counter() >= end)

    def longest(self, begin: float, end: float) -> Held:
        """Give the longest frame that was not over before ``begin`` and had begun by ``end``, in each of its two ways.

        Both are moments of ``time.perf_counter``.
        """
        inside = [(one, next_) for one, next_ in pairwise(self._ticks) if next_.at >= begin and one.at <= end]
        return Held(
            max((next_.at - one.at for one, next_ in inside), default=0.0) * 1e3,
            max((next_.cpu - one.cpu for one, next_ in inside), default=0.0) * 1e3,
        )

    def begun(self, begin: float, end: float) -> int:
        """Count the frames that began between two moments."""
        return sum(begin <= tick.at <= end for tick in self._ticks)

    def stop(self) -> None:
        """Tick no longer."""
        self._timer.stop()

    def _on_tick(self) -> None:
        self._ticks.append(_Tick(time.perf_counter(), time.thread_time()))
        if self._on_frame is not None:
            self._on_frame()
        if self._is_over():
            self._loop.quit()
