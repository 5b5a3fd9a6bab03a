"""A limit of wrong tries, so that codes and passwords cannot be guessed by the thousand."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator
from contextlib import contextmanager
from time import monotonic

from models.errors import BadInput

TRIES = 10
_WITHIN_SECONDS = 60.0


class TryLimit:
    """Counts tries by the address that they come from: those that failed of late, and those that are under way.

    What is under way counts, too, since checking a password takes long: a thousand at once would all be checked else.
    """

    def __init__(self) -> None:
        """Begin with no tries."""
        self._tries: dict[str, deque[float]] = {}

    @contextmanager
    def trying(self, address: str) -> Generator[None]:
        """Try something in the block, which raises BadInput when it fails.

        Raises BadInput ``too_many_tries``, without trying, where too many from this address failed or are under way.
        """
        now = monotonic()
        self._forget_until(now - _WITHIN_SECONDS)
        tries = self._tries.setdefault(address, deque())
        if len(tries) >= TRIES:
            raise BadInput("too_many_tries", "Too many wrong tries from here: wait a minute.")
        tries.append(now)
        failed = False
        try:
            yield
        except BadInput:
            failed = True
            raise
        finally:
            if not failed and now in tries:
                tries.remove(now)

    def _forget_until(self, moment: float) -> None:
        for address in list(self._tries):
            tries = self._tries[address]
            while tries and tries[0] < moment:
                tries.popleft()
            if not tries:
                del self._tries[address]
