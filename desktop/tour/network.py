"""The network of the tour: a relay between the desktops and the server that can be cut and can swallow answers."""

from __future__ import annotations

import contextlib
import selectors
import socket
import threading

_PIECE = 65_536


class Network:
    """Relays TCP connections from one loopback port to another, until it is cut.

    While it is cut nothing answers at its port: connections are refused and those that were open are closed.
    """

    def __init__(self, target_port: int) -> None:
        """Listen on a free port; relay to ``target_port``."""
        self._target_port = target_port
        self._lock = threading.Lock()
        self._open: list[socket.socket] = []
        self._lost_answers = 0
        self._listening = _listening_socket(0)
        self.port: int = self._listening.getsockname()[1]
        self._accept()

    @property
    def url(self) -> str:
        """The address that desktops are given."""
        return f"http://127.0.0.1:{self.port}"

    def cut(self) -> None:
        """Pull the plug: from now on the server cannot be reached."""
        self._hang_up(self._listening)
        self._drop_all()

    def restore(self, lose_answers: int) -> None:
        """Plug in again; the first answers to pushes are lost after the server has done the work."""
        with self._lock:
            self._lost_answers = lose_answers
        self._listening = _listening_socket(self.port)
        self._accept()

    def close(self) -> None:
        """End for good."""
        self.cut()

    def _accept(self) -> None:
        threading.Thread(target=self._run, args=(self._listening,), name="tour-network", daemon=True).start()

    def _run(self, listening: socket.socket) -> None:
        while True:
            try:
                near, _ = listening.accept()
            except OSError:
                return
            try:
                far = socket.create_connection(("127.0.0.1", self._target_port), timeout=5.0)
            except OSError:
                near.close()
                continue
            far.settimeout(None)
            with self._lock:
                self._open += [near, far]
            threading.Thread(target=self._relay, args=(near, far), name="tour-relay", daemon=True).start()

    def _relay(self, near: socket.socket, far: socket.socket) -> None:
        losing = False
        with contextlib.suppress(OSError), selectors.DefaultSelector() as ready:
            ready.register(near, selectors.EVENT_READ)
            ready.register(far, selectors.EVENT_READ)
            while True:
                for key, _ in ready.select():
                    source = key.fileobj
                    assert isinstance(source, socket.socket)
                    piece = source.recv(_PIECE)
                    if not piece:
                        return self._drop(near, far)
                    if source is near:
                        losing = losing or self._takes_for_lost(piece)
                        far.sendall(piece)
                    elif losing:
                        return self._drop(near, far)
                    else:
                        near.sendall(piece)
        self._drop(near, far)
        return None

    def _takes_for_lost(self, piece: bytes) -> bool:
        with self._lock:
            if self._lost_answers > 0 and piece.startswith(b"POST /sync/v1/push"):
                self._lost_answers -= 1
                return True
        return False

    def _drop(self, *sockets: socket.socket) -> None:
        for one in sockets:
            self._hang_up(one)
        with self._lock:
            self._open = [one for one in self._open if one not in sockets]

    def _drop_all(self) -> None:
        with self._lock:
            sockets = list(self._open)
        self._drop(*sockets)

    def _hang_up(self, one: socket.socket) -> None:
        # A thread that waits in accept or recv only wakes when the socket is shut down, not when it is closed.
        with contextlib.suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)
        one.close()


def _listening_socket(port: int) -> socket.socket:
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind(("127.0.0.1", port))
    listening.listen(64)
    return listening
