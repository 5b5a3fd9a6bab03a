"""The exchange between a replica and its server: push what waits, pull what changed, start anew when needed."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Protocol

from models.errors import StoreError, SyncError
from models.store.exchange import Envelope, Pulled, Receipt
from models.store.identity import Followed
from models.store.rows import Change
from models.store.snapshot import SnapshotHead
from sync.protocol import BATCH, BATCH_BYTES, FORKED, REVOKED, OutOfStep, PushAnswer

_log = logging.getLogger(__name__)
_BATCHES_A_TURN = 40
_MISSES_A_TURN = 3
SKEW_WORTH_KEEPING_MS = 500
_QUICK_ANSWER_SECONDS = 2.0
"""An answer that took longer says too little about the clock: it is off by up to half of the way there and back."""
CHECK_EVERY_SECONDS = 300.0
"""The first pull after a start holds all rows against the server's by a checksum; then a quiet one, not more often."""


class Occasion(StrEnum):
    """Why an exchange happens."""

    NEWS = "news"
    """Something changed here or there, and somebody may wait for it."""
    QUIET = "quiet"
    """It is time again; nothing is known to have changed."""


class Replica(Protocol):
    """Something that follows a server: a device's copy, or a hub that has a server above it."""

    def followed(self) -> Followed:
        """Tell which server it follows and how far."""
        ...

    def pending(self, limit: int = BATCH, skip: int = 0) -> list[Envelope]:
        """Give what the server has not been seen to have, in order."""
        ...

    def apply_pull(self, pulled: Pulled) -> Change:
        """Take in a pull. Raises StoreError ``other_server``."""
        ...

    def start_from(self, head: SnapshotHead, lines: Iterable[bytes]) -> Change:
        """Replace the rows by those of a snapshot's lines."""
        ...

    def start_new_epoch(self, install_id: str) -> None:
        """Hand in everything again in a new epoch."""
        ...

    def rewind(self, install_id: str, expected: int) -> None:
        """Hand in again from a number on."""
        ...

    def measure_skew(self, skew_ms: int) -> None:
        """Keep how far the server's clock is ahead."""
        ...

    def doubt_receipt(self) -> None:
        """Hand the last operation that counts as handed in over once more."""
        ...

    def keep_receipt(self, receipt: Receipt) -> None:
        """Count as handed in what a server took that gives nothing more: the rights of this replica were taken away."""
        ...


class OpenSnapshot(Protocol):
    """A snapshot on its way: its head and its further lines."""

    head: SnapshotHead

    def lines(self) -> Iterator[bytes]:
        """Give the lines after the head."""
        ...


class Transport(Protocol):
    """The way to a server: HTTP, or a direct call in the simulator. All methods raise SyncError."""

    def push(self, envelopes: Sequence[Envelope]) -> PushAnswer:
        """Hand operations in. Raises OutOfStep."""
        ...

    def pull(self, cookie: int) -> Pulled:
        """Ask for what changed after a cookie."""
        ...

    def pull_checked(self, cookie: int) -> Pulled:
        """Ask for what changed after a cookie, with the checksum of all rows where the way carries one."""
        ...

    def snapshot(self) -> AbstractContextManager[OpenSnapshot]:
        """Ask for the whole view."""
        ...


@dataclass(frozen=True)
class Exchanged:
    """What one exchange did."""

    pushed: int
    pulled_rows: int
    change: Change
    upstream_waiting: int | None
    upstream_reached: bool
    started_anew: bool


class SyncEngine:
    """Keeps one replica in step with its server; one exchange at a time, from one thread."""

    def __init__(
        self,
        replica: Replica,
        transport: Transport,
        clock: Callable[[], datetime] | None = None,
        uptime: Callable[[], float] = time.monotonic,
    ) -> None:
        """Exchange between a replica and what answers at the other end of a transport.

        ``uptime`` gives seconds that never run backwards.
        """
        self._replica = replica
        self._transport = transport
        self._clock = clock or (lambda: datetime.now(UTC))
        self._uptime = uptime
        self._skew_ms: int | None = None
        self._checked_at: float | None = None
        self._check_every = CHECK_EVERY_SECONDS

    def exchange(self, occasion: Occasion = Occasion.NEWS) -> Exchanged:
        """Push what waits, then pull. Raises SyncError or StoreError; what was done until then stays done.

        All rows are held against the server's by the first pull, and from time to time on a quiet occasion.
        SyncError ``revoked``: the rights of this replica were taken away; what it did is handed in all the same.
        """
        try:
            return self._exchange(occasion)
        except SyncError as error:
            if error.code == REVOKED:
                self._hand_in_for_a_decision()
            raise

    def _exchange(self, occasion: Occasion) -> Exchanged:
        change = Change()
        followed = self._replica.followed()
        started_anew = followed.server_id is None
        if started_anew:
            change = self._start()
        pushed = self._push()
        pulled = self._pull_once(occasion)
        if pulled is None:
            started_anew = True
            change = change.joined_with(self._start())
            pulled = self._pull_once(Occasion.NEWS)
            if pulled is None:
                raise SyncError("other_server", "The server changed while this copy was fetched: it is tried again.")
        done, answer = pulled
        return Exchanged(
            pushed=pushed,
            pulled_rows=sum(len(part.rows) for part in answer.tables.values()),
            change=change.joined_with(done),
            upstream_waiting=answer.upstream_waiting,
            upstream_reached=answer.upstream_reached,
            started_anew=started_anew,
        )

    def _start(self) -> Change:
        with self._transport.snapshot() as snapshot:
            if snapshot.head.event_id != self._replica.followed().event_id:
                raise SyncError("other_event", "The server answers for another event: pair this device again.")
            return self._replica.start_from(snapshot.head, snapshot.lines())

    def _hand_in_for_a_decision(self) -> None:
        # Nothing is pulled any more, so the answer to the push is all that says what the server has. Was it put back
        # to a backup since the last one? Then what it is given once more does not fit its numbers.
        self._replica.doubt_receipt()
        misses = 0
        for _ in range(_BATCHES_A_TURN):
            batch = _of_one_body(self._replica.pending(BATCH))
            if not batch:
                return
            try:
                answer = self._transport.push(batch)
            except OutOfStep as step:
                misses += 1
                if misses > _MISSES_A_TURN:
                    return
                self._get_in_step(step)
                continue
            self._replica.keep_receipt(answer)
            if answer.stopped:
                return

    def _get_in_step(self, step: OutOfStep) -> None:
        _log.warning("the server is out of step: %s, expects %s", step.code, step.expected)
        if step.code == FORKED:
            self._replica.start_new_epoch(step.install_id)
        else:
            self._replica.rewind(step.install_id, step.expected)

    def _push(self) -> int:
        pushed = 0
        misses = 0
        for _ in range(_BATCHES_A_TURN):
            batch = _of_one_body(self._replica.pending(BATCH, skip=pushed))
            if not batch:
                break
            try:
                answer = self._transport.push(batch)
            except OutOfStep as step:
                misses += 1
                if misses > _MISSES_A_TURN:
                    raise
                self._get_in_step(step)
                pushed = 0
                continue
            if answer.stopped:
                break
            pushed += len(batch)
        return pushed

    def _pull_once(self, occasion: Occasion) -> tuple[Change, Pulled] | None:
        """Pull and take in; None when the server is another one than the replica follows, or has gone back in time."""
        started = self._uptime()
        asked = self._replica.followed()
        is_checked = self._is_check_due(occasion)
        pulled = (self._transport.pull_checked if is_checked else self._transport.pull)(asked.cookie)
        took = self._uptime() - started
        if took < _QUICK_ANSWER_SECONDS:
            self._measure_skew(took, pulled.server_time)
        if pulled.version < asked.cookie and (pulled.server_id, pulled.epoch) == (asked.server_id, asked.server_epoch):
            _log.warning("the server has lost versions: it was restored from a backup; starting from a snapshot")
            return None
        try:
            done = self._replica.apply_pull(pulled)
        except StoreError as error:
            if error.code == "bad_checksum":
                _log.warning("a row here is not the server's: starting from a snapshot, the outbox is kept")
                # Were it the fault of the sum (columns that only one side knows), it would end here each time.
                self._check_every *= 2
                self._checked_at = self._uptime()
                return None
            if error.code != "other_server":
                raise
            _log.info("another server answers: starting from a snapshot")
            return None
        if is_checked:
            self._checked_at = self._uptime()
        return done, pulled

    def _is_check_due(self, occasion: Occasion) -> bool:
        # Both ends read every row for it: nobody at a door should wait for that.
        if self._checked_at is None:
            return True
        return occasion is Occasion.QUIET and self._uptime() - self._checked_at >= self._check_every

    def _measure_skew(self, took: float, server_time: datetime) -> None:
        middle = self._clock() - timedelta(seconds=took / 2)
        skew_ms = round((server_time - middle).total_seconds() * 1000)
        kept = 0 if abs(skew_ms) < SKEW_WORTH_KEEPING_MS else skew_ms
        if self._skew_ms is None or abs(kept - self._skew_ms) >= SKEW_WORTH_KEEPING_MS:
            self._replica.measure_skew(kept)
            self._skew_ms = kept


def _of_one_body(envelopes: Sequence[Envelope]) -> Sequence[Envelope]:
    """Give as many of the first envelopes as fit a request's body, one at least."""
    size = 0
    for place, envelope in enumerate(envelopes, start=1):
        size += len(envelope.arguments.encode())
        if size >= BATCH_BYTES:
            return envelopes[:place]
    return envelopes
