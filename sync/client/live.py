"""Listening for pokes: a socket that says only that there is something new."""

from __future__ import annotations

import logging
import ssl
import threading
from collections.abc import Callable

from websockets.exceptions import WebSocketException
from websockets.sync.client import ClientConnection, connect

from models.errors import UsherError
from sync.client.api import pinned_context, safe_address

_log = logging.getLogger(__name__)
_QUIET_SECONDS = 20.0
_OPEN_SECONDS = 5.0
_CLOSE_SECONDS = 0.4


class PokeListener:
    """Holds a socket to the server's live endpoint open and calls back at each poke.

    Losing the socket, or every poke, loses nothing: the loop pulls by the clock as well.
    """

    def __init__(self, url: str, token: str, poked: Callable[[], None], *, certificate: str | None = None) -> None:
        """Listen to the server at ``url`` once :meth:`start` is called; ``poked`` runs on the listener's thread."""
        self._server = url
        self._url = "ws" + url.removeprefix("http").rstrip("/") + "/sync/v1/live"
        self._token = token
        self._certificate = certificate
        self._poked = poked
        self._stopping = threading.Event()
        self._connection: ClientConnection | None = None
        self._thread = threading.Thread(target=self._run, name="usher-live", daemon=True)

    def start(self) -> None:
        """Begin to listen."""
        self._thread.start()

    def use_token(self, token: str) -> None:
        """Show another token from the next socket on."""
        self._token = token

    def stop(self) -> None:
        """End the socket and the thread."""
        self._stopping.set()
        connection = self._connection
        if connection is not None:
            connection.close()
        if self._thread.is_alive():
            # One that is still reaching for a silent server ends by itself, and pokes nobody any more.
            self._thread.join(timeout=_CLOSE_SECONDS)

    def _run(self) -> None:
        wait = 0.5
        while not self._stopping.is_set():
            try:
                self._listen()
                wait = 0.5
            except (OSError, WebSocketException, ValueError, UsherError) as error:
                _log.debug("the live socket is away: %s", error)
            self._connection = None
            self._stopping.wait(wait)
            wait = min(wait * 2, 10.0)

    def _listen(self) -> None:
        with connect(
            self._url,
            additional_headers={"Authorization": f"Bearer {self._token}"},
            ssl=self._context(),
            open_timeout=_OPEN_SECONDS,
            close_timeout=_CLOSE_SECONDS,
            ping_interval=_QUIET_SECONDS,
            compression=None,
            proxy=None,
        ) as connection:
            self._connection = connection
            if self._stopping.is_set():
                return
            self._poked()
            for _ in connection:
                if self._stopping.is_set():
                    return
                self._poked()

    def _context(self) -> ssl.SSLContext | None:
        # The token goes out with the first bytes: who answers has to be known before.
        address = safe_address(self._server)
        if address.scheme == "http":
            return None
        if self._certificate is None:
            return ssl.create_default_context()
        return pinned_context(address, self._certificate, _OPEN_SECONDS)
