"""Measures a device's first copy of an event, from the server to a usable database, beside a bare executemany."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

from models.base import Value
from models.events import Role
from models.ids import new_id
from models.people import Guest
from models.store.database import Database
from models.store.schema import COPY, SYNCED, columns_of
from sync.client.pairing import PairingCode, pair
from tests.bench.measuring import ROOT, Aim, Bound, Measurement, disk_folder
from tests.bench.served_event import served_event
from tests.helpers.big_events import BigEvent

_Rows = list[tuple[str, list[tuple[Value, ...]]]]


def measure(guests: int = 50_000, rounds: int = 3) -> list[Measurement]:
    """Pair a new organizer's device ``rounds`` times, each in a process of its own; the middle time counts."""
    event = BigEvent(new_id(), guests, seed=7)
    ours: list[float] = []
    megabytes: list[float] = []
    bare: list[float] = []
    with disk_folder() as folder:
        server = folder / "server.sqlite"
        with served_event(server, event, Role.ORGANIZER, rounds) as served:
            rows = _all_rows(server)
            for number, code in enumerate(served.pairing_codes):
                bare.append(_bare_copy(folder / f"bare-{number}", rows))
                seconds, peak = _first_copy(served.url, code, folder / f"copy-{number}", guests)
                ours.append(seconds)
                megabytes.append(peak)
    name = f"first copy of {guests:,} guests"
    return [
        Measurement(name, median(ours), "s", median(bare), "executemany of the same rows", Aim(Bound.RATIO_AT_MOST, 6)),
        Measurement(f"{name}, client's memory", max(megabytes), "MB", aim=Aim(Bound.VALUE_AT_MOST, 400)),
    ]


def _all_rows(server: Path) -> _Rows:
    connection = sqlite3.connect(server)
    try:
        return [
            (entity.__tablename__, connection.execute(_select(entity.__tablename__, columns_of(entity))).fetchall())
            for entity in SYNCED
        ]
    finally:
        connection.close()


def _select(table: str, columns: tuple[str, ...]) -> str:
    return f"SELECT {', '.join(columns)} FROM {table}"


def _bare_copy(path: Path, rows: _Rows) -> float:
    """Write the rows into the same tables with the same indexes, without Usher's triggers, in one transaction."""
    Database(path, COPY).close()
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA synchronous = FULL")
    for (trigger,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        connection.execute(f"DROP TRIGGER {trigger}")
    started = time.perf_counter()
    connection.execute("BEGIN IMMEDIATE")
    for entity, (table, values) in zip(SYNCED, rows, strict=True):
        columns = columns_of(entity)
        marks = ", ".join("?" * len(columns))
        connection.executemany(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})", values)
    connection.execute("COMMIT")
    seconds = time.perf_counter() - started
    connection.close()
    return seconds


def _first_copy(url: str, code: str, folder: Path, guests: int) -> tuple[float, float]:
    done = subprocess.run(
        [sys.executable, "-m", __name__, url, code, str(folder)], cwd=ROOT, check=True, capture_output=True, text=True
    )
    answer = json.loads(done.stdout)
    assert answer["guests"] == guests
    return answer["seconds"], answer["megabytes"]


def _peak_megabytes() -> float:
    """Give the most memory that this process ever had."""
    if sys.platform == "win32":
        import psutil

        return psutil.Process().memory_info().peak_wset / 1e6
    status = Path("/proc/self/status")
    if status.exists():
        # What getrusage says of the peak here is that of the parent, when it had more.
        line = next(line for line in status.read_text("ascii").splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) * 1024 / 1e6
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1e6 if sys.platform == "darwin" else peak * 1024 / 1e6


def main() -> None:
    """Be the client: fetch a first copy and say how long it took and how much memory."""
    url, code, folder = sys.argv[1:]
    started = time.perf_counter()
    paired = pair(PairingCode(url, code), "Bench", Path(folder), keep_token=lambda _install, _token: None)
    with paired.copy.read() as connection:
        guests = connection.exec_driver_sql(f"SELECT count(*) FROM {Guest.__tablename__}").scalar()
    seconds = time.perf_counter() - started
    paired.copy.close()
    print(json.dumps({"seconds": seconds, "megabytes": _peak_megabytes(), "guests": guests}))


if __name__ == "__main__":
    main()
