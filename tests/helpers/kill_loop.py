"""Kills devices and the server of an event at random moments, again and again, and checks that nothing is lost.

``python -m tests.helpers.kill_loop --rounds 200 --seed 1``
"""

from __future__ import annotations

import argparse
import contextlib
import random
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import func, select

from models.attendance import Entry
from models.events import Role
from models.ids import new_id
from models.store.copy_tables import OutboxRow
from models.store.database import Database
from models.store.digest import TableDigest, digest
from models.store.local_copy import LocalCopy
from models.store.schema import SERVER
from sync.client.api import ServerApi
from sync.client.engine import SyncEngine
from sync.client.pairing import PairingCode, pair
from sync.protocol import PairingCodeRequest
from sync.server.accounts import Accounts
from tests.helpers.devices import PASSWORD, publish
from tests.helpers.events import gathering
from tests.helpers.proxy import Proxy
from tests.helpers.servers import ROOT, free_port

_READY_SECONDS = 30.0
_ENTRY_OPERATIONS = ("record_entries", "walk_in")


class Process:
    """A Python module in a process of its own, whose lines are kept as they come; what it logs goes to a file."""

    def __init__(self, module: str, arguments: Iterable[str | Path], log: Path) -> None:
        """Start it."""
        self.lines: list[str] = []
        self._log = log.open("ab")
        self._process = subprocess.Popen(
            [sys.executable, "-m", module, *map(str, arguments)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def kill(self) -> list[str]:
        """End it at once, as a power cut would; give all whole lines it had said."""
        self._process.kill()
        return self._ended()

    def end(self) -> list[str]:
        """Let it end in order; give all it said."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        return self._ended()

    def wait_for_a_line(self) -> str:
        """Wait until it has said something."""
        deadline = time.monotonic() + _READY_SECONDS
        while not self.lines:
            assert self._process.poll() is None, f"it ended: {Path(self._log.name).read_text()[-2000:]}"
            assert time.monotonic() < deadline, "it says nothing"
            time.sleep(0.02)
        return self.lines[0]

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            # A line without its end was cut off by the kill: it was not said.
            if line.endswith("\n"):
                self.lines.append(line.strip())

    def _ended(self) -> list[str]:
        self._process.wait(timeout=20)
        self._reader.join(timeout=10)
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with contextlib.suppress(BrokenPipeError):
                    stream.close()
        self._log.close()
        return self.lines


@dataclass
class Player:
    """A device of the event: its file, its token, its process, and what it said it had committed."""

    name: str
    path: Path
    token: str
    process: Process | None = None
    said: set[str] = field(default_factory=set[str])


@dataclass
class Figures:
    """What a kill loop did."""

    rounds: int = 0
    device_kills: int = 0
    server_kills: int = 0
    fresh_starts: int = 0
    operations: int = 0
    said: int = 0
    entries: int = 0
    faults: int = 0
    seconds: float = 0.0

    def __str__(self) -> str:
        """Give one line."""
        return (
            f"{self.rounds} rounds in {self.seconds:.0f} s: {self.device_kills} devices and {self.server_kills} servers"
            f" killed, {self.fresh_starts} fresh starts, {self.faults} faults of the network;"
            f" {self.operations} operations ({self.said} said to be done, {self.entries} entries), none lost or doubled"
        )


class KillLoop:
    """An event with an organizer and two doors, every one a process, behind a proxy that can make bad weather."""

    def __init__(self, folder: Path, seed: int, storm: float = 0.1) -> None:
        """Publish an event, pair two doors and start everybody."""
        self.figures = Figures()
        self._chance = random.Random(seed)
        self._storm = storm
        self._folder = folder
        self._database = folder / "server.sqlite"
        self._port = free_port()
        self._made = gathering()
        self._make_user()
        self._server = self._serve()
        self.proxy = Proxy(self._port, seed)
        self.players = self._pair()
        self.proxy.storm(storm)
        for player in self.players:
            self._begin(player)

    def run(self, rounds: int) -> Figures:
        """Kill and check that many times, then let everything arrive and compare. Raises AssertionError."""
        started = time.monotonic()
        for _ in range(rounds):
            self.play_round()
        self.settle()
        self.figures.seconds = time.monotonic() - started
        self.figures.faults = self.proxy.happened.total()
        return self.figures

    def play_round(self) -> None:
        """Kill somebody at a random moment, check what the killed ones hold, and start them again."""
        victims = [player for player in self.players if self._chance.random() < 0.4]
        kills_server = self._chance.random() < 0.4 or not victims
        time.sleep(self._chance.uniform(0.1, 1.5))
        if kills_server:
            self._server.kill()
            self.figures.server_kills += 1
        for player in victims:
            assert player.process is not None
            player.said.update(player.process.kill())
            player.process = None
            self.figures.device_kills += 1
        for player in victims:
            self._check(player)
            self._begin(player)
        if kills_server:
            time.sleep(self._chance.uniform(0.0, 0.5))
            self._server = self._serve()
        self.figures.rounds += 1

    def settle(self) -> None:
        """Let everybody hand everything in, and hold all copies against the server row for row."""
        self.proxy.storm(0.0)
        for player in self.players:
            assert player.process is not None
            player.said.update(player.process.end())
            player.process = None
            self._check(player)
        copies = [LocalCopy(player.path) for player in self.players]
        try:
            for _ in range(2):
                for player, copy in zip(self.players, copies, strict=True):
                    self._exchange(player, copy)
            for player, copy in zip(self.players, copies, strict=True):
                self._compare(player, copy)
            self._count(copies)
        finally:
            for copy in copies:
                copy.close()

    def close(self) -> None:
        """End every process that is still there."""
        for player in self.players:
            if player.process is not None:
                player.process.kill()
        self._server.kill()
        self.proxy.close()

    # -- checks ---------------------------------------------------------------------------------------

    def _check(self, player: Player) -> None:
        """Check a copy whose process is gone: what it said is there, and what waits is what was not seen."""
        copy = LocalCopy(player.path)
        try:
            identity = copy.identity
            with copy.read() as connection:
                assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
                assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []
                outbox = connection.execute(select(OutboxRow.number, OutboxRow.op_id, OutboxRow.name)).all()
                entries = set(connection.scalars(select(Entry.op_id)))
            made = {row.op_id for row in outbox}
            assert player.said <= made, f"{player.name} lost {len(player.said - made)} operations that it had said"
            facts = {row.op_id for row in outbox if row.name.startswith(_ENTRY_OPERATIONS)}
            assert facts <= entries, f"{player.name} lost {len(facts - entries)} entries"
            beyond = [row.op_id for row in sorted(outbox) if row.number > identity.acknowledged]
            assert [one.op_id for one in copy.pending(limit=len(outbox) + 1)] == beyond
            assert copy.waiting().pending == len(beyond)
            logged = self._logged()
            handed = made - set(beyond)
            assert handed <= logged.keys(), f"{player.name} takes {len(handed - logged.keys())} for handed in"
            if self._chance.random() < 0.2:
                copy.follow(self.proxy.url)
                self.figures.fresh_starts += 1
        finally:
            copy.close()

    def _compare(self, player: Player, copy: LocalCopy) -> None:
        identity = copy.identity
        assert copy.waiting().pending == 0, player.name
        with copy.read() as connection:
            ours = digest(connection, identity.event_id, identity.role)
        theirs = self._digest(identity.role)
        assert ours == theirs, [name for name in theirs if ours[name] != theirs[name]]

    def _count(self, copies: list[LocalCopy]) -> None:
        logged = self._logged()
        said = set[str]().union(*(player.said for player in self.players))
        made: list[str] = []
        facts: list[str] = []
        for copy in copies:
            with copy.read() as connection:
                for op_id, name in connection.execute(select(OutboxRow.op_id, OutboxRow.name)):
                    made.append(op_id)
                    if name.startswith(_ENTRY_OPERATIONS):
                        facts.append(op_id)
        assert len(made) == len(set(made))
        assert all(logged.get(op_id) == 1 for op_id in made), "the server does not have each exactly once"
        with copies[0].read() as connection:
            entries = list(connection.scalars(select(Entry.op_id)))
            assert connection.scalar(select(func.count()).select_from(Entry)) == len(facts)
        assert sorted(entries) == sorted(facts)
        self.figures.operations, self.figures.said, self.figures.entries = len(made), len(said), len(entries)

    def _logged(self) -> dict[str, int]:
        # Read beside the running server, as a process of its own would.
        with contextlib.closing(sqlite3.connect(f"file:{self._database}?mode=ro", uri=True, timeout=10)) as server:
            return dict(server.execute("SELECT op_id, count(*) FROM event_log GROUP BY op_id"))

    def _digest(self, role: Role) -> dict[str, TableDigest]:
        database = Database(self._database, SERVER)
        try:
            with database.read() as connection:
                return digest(connection, self._made.event_id, role)
        finally:
            database.close()

    # -- processes ------------------------------------------------------------------------------------

    def _begin(self, player: Player) -> None:
        seed = self._chance.randrange(1 << 30)
        arguments = (player.path, self.proxy.url, player.token, str(seed))
        player.process = Process("tests.helpers.busy_device", arguments, self._folder / f"{player.name}.log")

    def _serve(self) -> Process:
        arguments = ("--database", self._database, "--port", str(self._port))
        server = Process("sync.server.main", arguments, self._folder / "server.log")
        server.wait_for_a_line()
        return server

    def _exchange(self, player: Player, copy: LocalCopy) -> None:
        api = ServerApi(self.proxy.url, token=player.token)
        try:
            engine = SyncEngine(copy, api)
            engine.exchange()
            while copy.waiting().pending:
                engine.exchange()
        finally:
            api.close()

    def _pair(self) -> list[Player]:
        path = self._folder / "organizer.usher"
        copy = LocalCopy.create(path, event_id=self._made.event_id, device_id=new_id(), role=Role.OWNER)
        copy.run_all(self._made.operations)
        organizer = Player("organizer", path, publish(self.proxy.url, copy))
        self._exchange(organizer, copy)
        copy.close()
        players = [organizer]
        api = ServerApi(self.proxy.url, token=organizer.token)
        for name, door_id in self._made.doors.items():
            code = api.new_pairing_code(PairingCodeRequest(role=Role.DOOR, door_id=door_id)).code
            folder = self._folder / name
            paired = pair(PairingCode(self.proxy.url, code), name, folder, keep_token=lambda _install, _token: None)
            paired.copy.close()
            players.append(Player(name, paired.copy.path, paired.token))
        api.close()
        return players

    def _make_user(self) -> None:
        made = Database(self._database, SERVER)
        with made.write() as connection:
            Accounts("").create("ada", PASSWORD)(connection)
        made.close()


@contextmanager
def kill_loop(folder: Path, seed: int, storm: float = 0.1) -> Generator[KillLoop]:
    """Give a kill loop whose processes end with the block."""
    loop = KillLoop(folder, seed, storm)
    try:
        yield loop
    finally:
        loop.close()


def main() -> int:
    """Run a long kill loop, and say how it went."""
    parser = argparse.ArgumentParser(prog="kill_loop", description=__doc__)
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=float("inf"), help="end after this time at the latest")
    parser.add_argument("--record", type=Path, metavar="FILE", help="add a line about the run to the end of this file")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, kill_loop(Path(folder), chosen.seed) as loop:
        started = time.monotonic()
        while loop.figures.rounds < chosen.rounds and time.monotonic() - started < chosen.seconds:
            loop.play_round()
            if loop.figures.rounds % 10 == 0:
                print(f"{loop.figures.rounds} rounds", flush=True)
        loop.run(0)
        loop.figures.seconds = time.monotonic() - started
        print(loop.figures)
        if chosen.record:
            with chosen.record.open("a", encoding="utf-8") as file:
                file.write(f"- {datetime.now(UTC).date()}: {loop.figures}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
