"""Tells a ticket that is held up from one that is still held up."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from desktop.codes.read_codes import FRAMES_OUT_OF_SIGHT


class Sightings:
    """Remembers which codes are in view, so that a ticket held still is told of once.

    A code is out of sight after FRAMES_OUT_OF_SIGHT frames without it that also took a number of seconds, since a
    hard code is read in some of its frames only and a hand shakes.
    """

    SECONDS_OUT_OF_SIGHT: ClassVar[float] = 1.2
    """For cameras: shorter than it takes to lower a ticket and hold it up again on purpose."""

    def __init__(self, seconds_out_of_sight: float) -> None:
        """Start with nothing in view; with 0 seconds only frames are counted."""
        self._seconds = seconds_out_of_sight
        self._frame = 0
        self._last_seen: dict[str, tuple[int, float]] = {}

    def new_among(self, texts: Iterable[str], now: float) -> list[str]:
        """Give those of one frame's codes that were not in view before it; ``now`` is in seconds."""
        self._frame += 1
        self._last_seen = {text: seen for text, seen in self._last_seen.items() if self._is_in_view(seen, now)}
        found = list(dict.fromkeys(texts))
        new = [text for text in found if text not in self._last_seen]
        for text in found:
            self._last_seen[text] = (self._frame, now)
        return new

    def _is_in_view(self, seen: tuple[int, float], now: float) -> bool:
        frame, at = seen
        return self._frame - frame <= FRAMES_OUT_OF_SIGHT or now - at < self._seconds
