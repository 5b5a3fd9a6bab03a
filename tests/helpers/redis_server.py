"""A Redis for tests: the system's own program where there is one, else a stand-in that knows pub/sub only."""

from __future__ import annotations

import shutil
import socket
import socketserver
import subprocess
import tempfile
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from fnmatch import fnmatch
from io import BufferedIOBase
from pathlib import Path

from tests.helpers.servers import free_port

PROGRAMS = ("redis-server", "redis-check-rdb", "valkey-server")
"""Names under which the server may be there: it goes by what it is called, and Debian's tools hold it as the second."""
_START_SECONDS = 20.0


def redis_program() -> str | None:
    """Find a Redis on this system."""
    return next((found for name in PROGRAMS if (found := shutil.which(name)) is not None), None)


class RedisServer:
    """A Redis on one loopback port, which a test can take away and bring back."""

    def __init__(self, folder: Path) -> None:
        """Choose a port; it answers from :meth:`start` on."""
        self._folder = folder
        self._port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self._stand_in: _StandIn | None = None

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"redis://127.0.0.1:{self._port}"

    def start(self) -> None:
        """Begin to answer, again after a :meth:`stop`."""
        program = redis_program()
        if program is None:
            self._stand_in = _StandIn(self._port)
            return
        settings = {"port": self._port, "bind": "127.0.0.1", "save": "", "dir": self._folder, "loglevel": "warning"}
        self._process = subprocess.Popen(
            ["redis-server", *(str(part) for name, value in settings.items() for part in (f"--{name}", value))],
            executable=program,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + _START_SECONDS
        while not self._answers():
            assert self._process.poll() is None, "Redis ended"
            assert time.monotonic() < deadline, "Redis does not answer"
            time.sleep(0.02)

    def stop(self) -> None:
        """End at once; whoever was connected finds out."""
        if self._stand_in is not None:
            self._stand_in.end()
            self._stand_in = None
        if self._process is not None:
            self._process.kill()
            self._process.wait(timeout=10)
            self._process = None

    def _answers(self) -> bool:
        with suppress(OSError), socket.create_connection(("127.0.0.1", self._port), timeout=1) as wire:
            wire.sendall(b"PING\r\n")
            return wire.recv(16).startswith(b"+PONG")
        return False


@contextmanager
def redis_server() -> Generator[RedisServer]:
    """Run a Redis until the block ends."""
    with tempfile.TemporaryDirectory(prefix="usher-redis-") as folder:
        server = RedisServer(Path(folder))
        server.start()
        try:
            yield server
        finally:
            server.stop()


class _StandIn(socketserver.ThreadingTCPServer):
    """Answers PUBLISH, PSUBSCRIBE and PING as Redis does, and OK to everything else."""

    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False

    def __init__(self, port: int) -> None:
        super().__init__(("127.0.0.1", port), _Talk)
        self.talks: list[_Talk] = []
        self.speaking = threading.Lock()
        self._thread = threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def end(self) -> None:
        self.shutdown()
        self.server_close()
        with self.speaking:
            for talk in self.talks:
                with suppress(OSError):
                    talk.request.shutdown(socket.SHUT_RDWR)
        self._thread.join(timeout=5)


class _Talk(socketserver.StreamRequestHandler):
    pattern: str | None = None

    def handle(self) -> None:
        home = self.server
        assert isinstance(home, _StandIn)
        with home.speaking:
            home.talks.append(self)
        try:
            while (command := _read_command(self.rfile)) is not None:
                with home.speaking:
                    self._answer(home, command)
        except OSError:
            pass
        finally:
            with home.speaking:
                home.talks.remove(self)

    def _answer(self, home: _StandIn, command: list[str]) -> None:
        match [command[0].upper(), *command[1:]]:
            case ["PSUBSCRIBE", pattern]:
                self.pattern = pattern
                self.wfile.write(_array("psubscribe", pattern, 1))
            case ["PUBLISH", channel, text]:
                for talk in home.talks:
                    if talk.pattern is not None and fnmatch(channel, talk.pattern):
                        with suppress(OSError):
                            talk.wfile.write(_array("pmessage", talk.pattern, channel, text))
                self.wfile.write(b":1\r\n")
            case ["PING", *_] if self.pattern is not None:
                self.wfile.write(_array("pong", ""))
            case _:
                self.wfile.write(b"+OK\r\n")


def _read_command(wire: BufferedIOBase) -> list[str] | None:
    head = wire.readline()
    if not head.startswith(b"*"):
        return None
    parts: list[str] = []
    for _ in range(int(head[1:])):
        length = int(wire.readline()[1:])
        parts.append(wire.read(length + 2)[:-2].decode())
    return parts


def _array(*parts: str | int) -> bytes:
    told = [f":{part}\r\n" if isinstance(part, int) else f"${len(part.encode())}\r\n{part}\r\n" for part in parts]
    return f"*{len(parts)}\r\n{''.join(told)}".encode()
