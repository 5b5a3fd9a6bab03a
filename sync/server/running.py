"""A server that runs: on the calling thread for ``usher-server``, on a thread of its own inside a desktop."""

from __future__ import annotations

import hashlib
import logging
import signal
import socket
import ssl
import sys
import threading
import time
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

import uvicorn

from models.errors import BadInput, SyncError
from sync.server.app import make_app
from sync.server.config import ServerConfig
from sync.server.service import Service

if TYPE_CHECKING:
    from sync.server.fan_out import FanOut

_log = logging.getLogger(__name__)
_START_SECONDS = 20.0
_LARGEST_LIVE_MESSAGE = 4_096
_EVERYWHERE = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}
"""Where this computer itself reaches a server that listens on all its addresses."""


class RunningServer:
    """One server on one address, from :meth:`start` to :meth:`stop`."""

    def __init__(self, config: ServerConfig) -> None:
        """Open the database and take the address. Port 0 takes a free one.

        Raises StoreError, BadInput for a certificate or a Redis address that cannot be used, and SyncError
        ``address_taken`` when somebody else has the address.
        """
        self.config = config
        fan_out = None if config.redis is None else _fan_out(config.redis)
        self._socket = _listen(config.host, config.port)
        try:
            self.service = Service(config)
        except BaseException:
            self._socket.close()
            raise
        self.port: int = self._socket.getsockname()[1]
        web = uvicorn.Config(
            make_app(self.service, fan_out),
            log_config=None,
            access_log=False,
            ws="websockets-sansio",
            ws_max_size=_LARGEST_LIVE_MESSAGE,
            ws_ping_interval=20.0,
            timeout_graceful_shutdown=2,
            ssl_certfile=config.tls_certificate,
            ssl_keyfile=config.tls_key,
        )
        try:
            web.load()
        except (OSError, ValueError) as error:
            self._socket.close()
            self.service.close()
            raise BadInput(
                "bad_certificate", "The certificate and its key cannot be used: both are PEM files and belong together."
            ) from error
        self._server = uvicorn.Server(web)
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """Where the server answers."""
        host = _EVERYWHERE.get(self.config.host, self.config.host)
        host = f"[{host}]" if ":" in host else host
        return f"{self.config.scheme}://{host}:{self.port}"

    def run(self) -> None:
        """Serve on this thread until a signal ends it."""
        # The web server hands a signal on when it is done: by then it has had its effect, and the database is to close.
        for one in (signal.SIGINT, signal.SIGTERM):
            signal.signal(one, _already_ending)
        try:
            self._server.run(sockets=[self._socket])
        finally:
            self.service.close()

    def start(self) -> None:
        """Serve on a thread of its own; returns once the server answers. Raises SyncError ``no_server``."""
        self._thread = threading.Thread(target=self._run_quietly, name="usher-server", daemon=True)
        self._thread.start()
        deadline = time.monotonic() + _START_SECONDS
        while not self._server.started:
            if not self._thread.is_alive() or time.monotonic() > deadline:
                self.stop()
                raise SyncError("no_server", "The server did not start: see the log.")
            time.sleep(0.005)

    def stop(self) -> None:
        """Answer what is under way, finish what waits, and end."""
        self._server.should_exit = True
        if self._thread is not None:
            self._thread.join(timeout=30.0)
        self._socket.close()
        self.service.close()

    def _run_quietly(self) -> None:
        try:
            self._server.run(sockets=[self._socket])
        except Exception:
            _log.exception("the server ended")


def _fan_out(url: str) -> FanOut:
    # Its client takes a while to load, and a server inside a desktop never needs it.
    from sync.server.fan_out import FanOut

    return FanOut(url)


def _already_ending(_signal: int, _frame: FrameType | None) -> None:
    _log.info("the server has ended")


def certificate_fingerprint(certificate: Path) -> str:
    """Give the SHA-256 fingerprint of a PEM certificate, 64 hexadecimal digits. Raises BadInput ``bad_certificate``."""
    try:
        # A chain begins with the server's own certificate, and may be explained by text around it.
        text = certificate.read_text("ascii")
        first = text[text.index(ssl.PEM_HEADER) :].partition(ssl.PEM_FOOTER)
        der = ssl.PEM_cert_to_DER_cert(first[0] + first[1])
    except (OSError, ValueError) as error:
        raise BadInput(
            "bad_certificate", f"“{certificate.name}” is no readable PEM certificate: check the path."
        ) from error
    return hashlib.sha256(der).hexdigest()


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # The protocol is named, or asyncio leaves the waiting for full packets on: 40 ms at each answer.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    # On Windows this option would let two programs share an address; there a free one needs none.
    if sys.platform != "win32":
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except (OSError, OverflowError) as error:
        listening.close()
        raise SyncError(
            "address_taken",
            f"{host}:{port} cannot be used: another program has it, or it is no address of this computer.",
        ) from error
    listening.listen(256)
    return listening
