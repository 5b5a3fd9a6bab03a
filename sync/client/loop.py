"""The thread that keeps a replica in step: on a poke, after a change here, and by the clock."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from models.errors import StoreError, UsherError
from models.operations.base import now_utc
from models.store.rows import Change
from sync.client.api import ServerApi
from sync.client.download import Fetched
from sync.client.engine import Occasion, Replica, SyncEngine
from sync.client.live import PokeListener
from sync.protocol import REVOKED

_log = logging.getLogger(__name__)
_EVERY_SECONDS = 30.0
_FIRST_RETRY_SECONDS = 0.5
_LONGEST_RETRY_SECONDS = 10.0
_JOIN_POKES_SECONDS = 0.15
_LET_FINISH_SECONDS = 0.4
_ASK_FOR_TOKEN_SECONDS = 86_400.0
_END_SECONDS = 0.4
_AWAY = ("away", "slow")
_REVOKED_HERE = "This device's rights were taken away. What it did is handed in; an organizer decides about it."


class Reach(StrEnum):
    """Whether the server answers."""

    IN_STEP = "in_step"
    FETCHING = "fetching"
    """A whole copy is on its way."""
    OFFLINE = "offline"
    PROBLEM = "problem"


@dataclass(frozen=True)
class SyncState:
    """How a replica stands to its server, for a line on the screen."""

    reach: Reach
    sentence: str
    pushed: int
    pulled: int
    last_contact: datetime | None
    upstream_waiting: int | None = None
    upstream_reached: bool = True
    fetched: Fetched | None = None
    """While a whole copy is on its way: how far it is."""


class SyncLoop:
    """Runs a SyncEngine on a thread of its own until it is stopped."""

    def __init__(
        self,
        replica: Replica,
        url: str,
        token: str,
        *,
        certificate: str | None = None,
        on_change: Callable[[Change], None],
        on_state: Callable[[SyncState], None],
        keep_token: Callable[[str], None] | None = None,
        every: float = _EVERY_SECONDS,
    ) -> None:
        """Follow the server at ``url``; the callbacks run on the loop's thread.

        ``keep_token`` gets each new token of this device and may raise StoreError: then the old one is used on. Without
        it the token is never renewed.
        """
        self._replica = replica
        self._url, self._token, self._certificate = url, token, certificate
        self._on_change, self._on_state = on_change, on_state
        self._keep_token = keep_token
        self._ask_for_token_at = 0.0
        self._every = every
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._is_left = threading.Event()
        self._api: ServerApi | None = None
        self._pushed = self._pulled = 0
        self._last_contact: datetime | None = None
        self._thread = threading.Thread(target=self._run, name="usher-sync", daemon=True)
        self._listener = PokeListener(url, token, self.wake, certificate=certificate)

    def start(self) -> None:
        """Begin to exchange."""
        self._thread.start()
        self._listener.start()

    def wake(self) -> None:
        """Exchange soon: something changed here or there."""
        self._wake.set()

    def stop(self) -> None:
        """End after the exchange that is under way; one that a slow server holds up is cut off and repeated next time.

        A thread that still reaches for a silent server is left to end by itself: it says and changes nothing any more.
        """
        self._stopping.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(timeout=_LET_FINISH_SECONDS)
        api = self._api
        if api is not None and self._thread.is_alive():
            api.abort()
        self._listener.stop()
        if self._thread.is_alive():
            self._thread.join(timeout=_END_SECONDS)
        self._is_left.set()

    def _run(self) -> None:
        retry = _FIRST_RETRY_SECONDS
        engine: SyncEngine | None = None
        occasion = Occasion.NEWS
        while not self._stopping.is_set():
            self._wake.clear()
            wait = self._every
            try:
                if engine is None:
                    self._api = ServerApi(
                        self._url, token=self._token, certificate=self._certificate, on_progress=self._on_progress
                    )
                    engine = SyncEngine(self._replica, self._api)
                if self._is_left.is_set():
                    break
                self._exchange(engine, occasion)
                self._renew_token()
                retry = _FIRST_RETRY_SECONDS
            except UsherError as error:
                self._report(error)
                wait, retry = retry, min(retry * 2, _LONGEST_RETRY_SECONDS)
            except Exception:
                _log.exception("the exchange with the server failed")
                self._state(Reach.PROBLEM, "The exchange with the server failed: see the log.")
                wait, retry = retry, min(retry * 2, _LONGEST_RETRY_SECONDS)
            occasion = self._sleep(wait)
        if self._api is not None:
            self._api.close()

    def _exchange(self, engine: SyncEngine, occasion: Occasion) -> None:
        done = engine.exchange(occasion)
        self._pushed += done.pushed
        self._pulled += done.pulled_rows
        self._last_contact = now_utc()
        if done.change and not self._is_left.is_set():
            self._on_change(done.change)
        self._state(Reach.IN_STEP, "", done.upstream_waiting, done.upstream_reached)

    def _renew_token(self) -> None:
        api = self._api
        if api is None or self._keep_token is None or time.monotonic() < self._ask_for_token_at:
            return
        try:
            token = api.new_token()
            if token is not None and not self._is_left.is_set():
                self._keep_token(token)
        except UsherError as error:
            _log.info("the token of this device is renewed later: %s", error.message)
            if error.code in _AWAY:
                return
            token = None
        self._ask_for_token_at = time.monotonic() + _ASK_FOR_TOKEN_SECONDS
        if token is not None:
            api.use_token(token)
            self._listener.use_token(token)
            # Showing the new one ends the old one.
            self._wake.set()

    def _on_progress(self, fetched: Fetched) -> None:
        self._tell(SyncState(Reach.FETCHING, "", self._pushed, self._pulled, self._last_contact, fetched=fetched))

    def _report(self, error: UsherError) -> None:
        # What the copy's own file cannot do is to be seen to; what a server says or leaves unsaid passes.
        level = logging.ERROR if isinstance(error, StoreError) else logging.INFO
        _log.log(level, "%s: %s", error.code, error.message)
        away = error.code in _AWAY
        self._state(Reach.OFFLINE if away else Reach.PROBLEM, _REVOKED_HERE if error.code == REVOKED else error.message)

    def _state(
        self, reach: Reach, sentence: str, upstream_waiting: int | None = None, upstream_reached: bool = True
    ) -> None:
        self._tell(
            SyncState(
                reach, sentence, self._pushed, self._pulled, self._last_contact, upstream_waiting, upstream_reached
            )
        )

    def _tell(self, state: SyncState) -> None:
        if self._is_left.is_set():
            return
        try:
            self._on_state(state)
        except Exception:
            # A screen that cannot show the state is no reason to stop handing work on.
            _log.exception("the state of the exchange could not be shown")

    def _sleep(self, seconds: float) -> Occasion:
        """Wait for the clock or a wake, and tell which it was; wakes that come close together are one."""
        started = time.monotonic()
        if not self._wake.wait(seconds):
            # After a failure it is only the next try: what was new then still is.
            return Occasion.QUIET if seconds == self._every else Occasion.NEWS
        if not self._stopping.is_set():
            rest = _JOIN_POKES_SECONDS - (time.monotonic() - started)
            if rest > 0:
                self._stopping.wait(min(rest, 0.05))
        return Occasion.NEWS
