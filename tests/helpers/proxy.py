"""A TCP proxy of the tests' own between devices and a server: it delays, cuts, resets, throttles and swallows."""

from __future__ import annotations

import contextlib
import random
import selectors
import socket
import struct
import threading
import time
from collections import Counter
from dataclasses import dataclass
from enum import StrEnum

_PIECE = 65_536
_RATE = 40_000
_SLICE = 4_000
_AT_ONCE = struct.pack("ii", 1, 0)
_METHODS = (b"GET ", b"POST ")


class Fault(StrEnum):
    """What the network does to one request and its answer."""

    DELAY = "delay"
    """The answer comes late."""
    LIMIT = "limit"
    """The answer trickles in."""
    CUT_REQUEST = "cut_request"
    """The line ends in the middle of the request."""
    CUT_ANSWER = "cut_answer"
    """The line ends in the middle of the answer."""
    RESET = "reset"
    """The line is reset (RST) in the middle of the answer."""
    SWALLOW = "swallow"
    """The server does its work, the answer is lost, and the line ends."""
    SILENCE = "silence"
    """The server does its work, the answer is lost, and the line stays open."""


STORM = tuple(fault for fault in Fault if fault is not Fault.SILENCE)
"""What a storm is made of; silence costs a device its whole patience and is asked for by name."""


@dataclass
class _Order:
    fault: Fault
    path: str
    times: int


@dataclass
class _Line:
    """One connection on both its sides, and what befalls the request that is under way on it."""

    near: socket.socket
    far: socket.socket
    fault: Fault | None = None
    path: str = ""


class Proxy:
    """Relays TCP connections from a free loopback port to a server's, with the faults it is told to make."""

    def __init__(self, target_port: int, seed: int = 1) -> None:
        """Relay to ``target_port``; everything left to chance follows ``seed``."""
        self.happened: Counter[tuple[Fault, str]] = Counter()
        """How often which fault met a request for which path."""
        self._target_port = target_port
        self._chance = random.Random(seed)
        self._lock = threading.Lock()
        self._orders: list[_Order] = []
        self._storm = 0.0
        self._lines: set[tuple[socket.socket, socket.socket]] = set()
        self._threads: list[threading.Thread] = []
        self._is_closed = False
        self._listening = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port: int = self._listening.getsockname()[1]
        self._start(threading.Thread(target=self._accept, name="proxy", daemon=True))

    @property
    def url(self) -> str:
        """The address that devices are given."""
        return f"http://127.0.0.1:{self.port}"

    def order(self, fault: Fault, path: str, times: int = 1) -> None:
        """Let a fault befall the next requests whose path begins like this."""
        with self._lock:
            self._orders.append(_Order(fault, path, times))

    def storm(self, chance: float) -> None:
        """Let a fault by chance befall this share of all requests from now on; 0 ends it."""
        with self._lock:
            self._storm = chance

    def close(self) -> None:
        """End for good."""
        with self._lock:
            self._is_closed = True
            lines = list(self._lines)
        _shut(self._listening, *(one for line in lines for one in line))
        for thread in self._threads:
            thread.join(timeout=10)
        self._listening.close()

    def _start(self, thread: threading.Thread) -> None:
        self._threads = [*(one for one in self._threads if one.is_alive()), thread]
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listening.accept()
            except OSError:
                return
            self._start(threading.Thread(target=self._serve, args=(near,), name="proxy-line", daemon=True))

    def _serve(self, near: socket.socket) -> None:
        try:
            far = socket.create_connection(("127.0.0.1", self._target_port), timeout=5.0)
        except OSError:
            near.close()
            return
        far.settimeout(None)
        for one in (near, far):
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with self._lock:
            self._lines.add((near, far))
            is_closed = self._is_closed
        try:
            with contextlib.suppress(OSError, ValueError):
                if not is_closed:
                    self._relay(_Line(near, far))
        finally:
            with self._lock:
                self._lines.discard((near, far))
            _shut(near, far)
            near.close()
            far.close()

    def _relay(self, line: _Line) -> None:
        with selectors.DefaultSelector() as ready:
            ready.register(line.near, selectors.EVENT_READ)
            ready.register(line.far, selectors.EVENT_READ)
            while True:
                for key, _ in ready.select():
                    source = line.near if key.fileobj is line.near else line.far
                    piece = source.recv(_PIECE)
                    if not piece:
                        return
                    goes_on = self._ask(line, piece) if source is line.near else self._answer(line, piece)
                    if not goes_on:
                        return

    def _ask(self, line: _Line, piece: bytes) -> bool:
        if piece.startswith(_METHODS):
            line.path = piece.split(b" ", 2)[1].decode("ascii", "replace").partition("?")[0]
            line.fault = self._draw(line.path)
        if line.fault is Fault.CUT_REQUEST:
            line.far.sendall(piece[: self._part(len(piece))])
            return False
        line.far.sendall(piece)
        return True

    def _answer(self, line: _Line, piece: bytes) -> bool:
        fault = line.fault
        if fault is Fault.DELAY:
            line.fault = None
            time.sleep(self._seconds(0.05, 0.4))
        elif fault is Fault.LIMIT:
            for start in range(0, len(piece), _SLICE):
                line.near.sendall(piece[start : start + _SLICE])
                time.sleep(_SLICE / _RATE)
            return True
        elif fault is Fault.SILENCE:
            return True
        elif fault is Fault.SWALLOW:
            return False
        elif fault in (Fault.CUT_ANSWER, Fault.RESET):
            line.near.sendall(piece[: self._part(len(piece))])
            if fault is Fault.RESET:
                # Lingering for no time at all is how a socket sends RST instead of FIN.
                line.near.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
                line.near.close()
            return False
        line.near.sendall(piece)
        return True

    def _draw(self, path: str) -> Fault | None:
        with self._lock:
            found: Fault | None = None
            for order in self._orders:
                if order.times and path.startswith(order.path):
                    order.times -= 1
                    found = order.fault
                    break
            else:
                if self._chance.random() < self._storm:
                    found = self._chance.choice(STORM)
            if found is not None:
                self.happened[found, path] += 1
            return found

    def _part(self, length: int) -> int:
        with self._lock:
            return self._chance.randrange(length)

    def _seconds(self, least: float, most: float) -> float:
        with self._lock:
            return self._chance.uniform(least, most)


def _shut(*sockets: socket.socket) -> None:
    # A thread that waits in recv or accept only wakes when the socket is shut down, not when it is closed.
    for one in sockets:
        with contextlib.suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)
