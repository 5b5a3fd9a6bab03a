"""Runs the benches, prints one table and writes ``bench.json``: ``python -m tests.bench [--only NAME…] [--quick]``.

With ``--figures`` the tables of the benches that ran replace their older ones in ``resources/docs/figures.md``.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sqlite3
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from pathlib import Path

import psutil

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from tests.bench import (
    bench_canvas,
    bench_catch_up,
    bench_check_in,
    bench_decoding,
    bench_first_copy,
    bench_frames,
    bench_rebase,
    bench_server_push,
    bench_start,
    bench_wire,
)
from tests.bench.figures import write_figures
from tests.bench.measuring import ROOT, Measurement, as_table

FIGURES = ROOT / "resources" / "docs" / "figures.md"
_Measure = Callable[[], list[Measurement]]


@dataclass(frozen=True)
class Bench:
    """One bench at its full size and at a size that only shows that it works."""

    full: _Measure
    quick: _Measure


BENCHES: Mapping[str, Bench] = {
    "decoding": Bench(bench_decoding.measure, partial(bench_decoding.measure, frames=8)),
    "check-in": Bench(bench_check_in.measure, partial(bench_check_in.measure, guests=60, scans=20)),
    "first-copy": Bench(bench_first_copy.measure, partial(bench_first_copy.measure, guests=60, rounds=1)),
    "rebase": Bench(bench_rebase.measure, partial(bench_rebase.measure, guests=60, pending=(20,), rows=10, rounds=2)),
    "frames": Bench(bench_frames.measure, partial(bench_frames.measure, guests=60, pending=20, rows=10, rounds=1)),
    "push": Bench(
        bench_server_push.measure,
        partial(bench_server_push.measure, requests=4, rounds=1, scan_seconds=1, clients=(1, 2)),
    ),
    "wire": Bench(
        bench_wire.measure, partial(bench_wire.measure, sizes=(60,), check_ins=10, pushed=10, pokes=3, pulls=5)
    ),
    "catch-up": Bench(bench_catch_up.measure, partial(bench_catch_up.measure, doors=3, entries=30, counted=1)),
    "start": Bench(bench_start.measure, partial(bench_start.measure, guests=60, rounds=1)),
    "canvas": Bench(bench_canvas.measure, partial(bench_canvas.measure, tables=6, seats=4, frames=2)),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benches that were chosen. Gives 0: a missed aim is a figure, not a failure."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description="Measures Usher beside its rivals.")
    parser.add_argument("--only", nargs="+", metavar="NAME", choices=BENCHES, default=list(BENCHES))
    parser.add_argument("--quick", action="store_true", help="tiny sizes: shows that all run, the figures mean nothing")
    parser.add_argument("--out", type=Path, default=ROOT / "bench.json", metavar="FILE")
    parser.add_argument("--figures", action="store_true", help="write the tables into resources/docs/figures.md")
    chosen = parser.parse_args(arguments)
    rows: dict[str, list[Measurement]] = {}
    for name in chosen.only:
        here = machine()
        started = time.perf_counter()
        rows[name] = run(name, is_quick=chosen.quick)
        took = f"{name}: {time.perf_counter() - started:.0f} s, load {here['load']} before it"
        print(took, file=sys.stderr, flush=True)
        if chosen.figures:
            write_figures(FIGURES, name, here, rows[name])
    print(as_table([row for some in rows.values() for row in some]))
    report = {
        "machine": machine(),
        "quick": chosen.quick,
        "benches": {name: [_told(row) for row in some] for name, some in rows.items()},
    }
    chosen.out.write_text(json.dumps(report, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return 0


def run(name: str, *, is_quick: bool) -> list[Measurement]:
    """Run one bench by its name."""
    bench = BENCHES[name]
    return bench.quick() if is_quick else bench.full()


def machine() -> dict[str, str | int | float]:
    """Describe what the figures were taken on and when, with the load: how many programs wanted a core by then."""
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "cpu": _cpu_model(),
        "cores": os.cpu_count() or 0,
        "load": round(psutil.getloadavg()[0], 1),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "sqlalchemy": version("sqlalchemy"),
        "pyside6": version("PySide6"),
    }


def _cpu_model() -> str:
    listed = Path("/proc/cpuinfo")
    if listed.exists():
        for line in listed.read_text("utf-8", "replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _told(row: Measurement) -> dict[str, object]:
    aim = None if row.aim is None else str(row.aim)
    return {**asdict(row), "aim": aim, "ratio": row.ratio, "reached": row.reached}


if __name__ == "__main__":
    raise SystemExit(main())
