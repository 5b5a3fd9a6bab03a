"""The promises of the design, and how one that does not hold is told."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import StrEnum

_SHOWN_DIFFERENCES = 12


class Invariant(StrEnum):
    """The promises of the design, by their numbers there, and what else a run must do."""

    ENTRIES_ONCE = "1: every committed entry reaches the server exactly once"
    EQUAL_VIEWS = "2: after quiet, every replica equals the server's view for its role"
    REPLAY = "3: the server's state equals a replay of its numbered log"
    SEATS = "4: no seat is ever held twice"
    DOUBLE_ADMISSIONS = "5: every double admission has a Conflict on every device that may see it"
    NO_SKIP = "6: no pull skips a version"
    AFTER_A_KILL = "7: after a kill, pending is the outbox beyond the last number seen"
    COPIES_LOSE_NOTHING = "8: a restored or copied device loses nothing"
    QUEUE_RECOVERED = "9: a revoked device's queue can be recovered"
    OUTCOMES = "every device hears what became of its operations"
    QUIET = "the network comes to rest"
    CHECKSUMS = "a copy agrees with its server's checksum whenever it is held against it"
    NO_FAULT = "nobody meets an error that nothing explains"


class Broken(AssertionError):
    """A promise that does not hold, with what differs."""

    def __init__(self, invariant: Invariant, what: Iterable[str]) -> None:
        lines = list(what)
        more = [f"… and {len(lines) - _SHOWN_DIFFERENCES} more"] if len(lines) > _SHOWN_DIFFERENCES else []
        self.invariant = invariant
        self.what = lines[:_SHOWN_DIFFERENCES] + more
        self.seed: int | None = None
        self.journal: Sequence[str] = ()
        super().__init__("\n".join([str(invariant), *self.what]))
