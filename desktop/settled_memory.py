"""Keeps the pauses short in which Python looks for garbage: what an open event holds for good is set aside."""

from __future__ import annotations

import gc
import time
from typing import Literal

_LONG_SECONDS = 0.02
_WHOLE_HEAP = 2


class SettledMemory:
    """Sets everything in use aside after each look at the whole memory that was long, until it is closed.

    The screen stands still meanwhile, whichever thread set it off: with 50,000 guests in a list that is a sixth of a
    second, and taking in a server's rows sets it off again and again. What is set aside is still freed when nobody
    refers to it any more; only circles in it wait until the event is closed.
    """

    def __init__(self, long_seconds: float = _LONG_SECONDS) -> None:
        """Begin to watch; ``long_seconds`` is what a look may take without consequences."""
        self._long_seconds = long_seconds
        self._began = 0.0
        gc.callbacks.append(self._on_collection)

    def close(self) -> None:
        """Watch no longer, and let circles that were set aside be found again."""
        if self._on_collection in gc.callbacks:
            gc.callbacks.remove(self._on_collection)
            gc.unfreeze()

    def _on_collection(self, phase: Literal["start", "stop"], info: dict[str, int]) -> None:
        if info["generation"] != _WHOLE_HEAP:
            return
        if phase == "start":
            self._began = time.perf_counter()
        elif time.perf_counter() - self._began >= self._long_seconds:
            gc.freeze()
