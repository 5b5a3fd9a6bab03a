"""Runs simulated networks from the command line: ``python -m tests.helpers.simulate --seeds 20 --from 1``."""

from __future__ import annotations

import argparse
import logging
import multiprocessing
import os
import subprocess
import sys
import time
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from tests.helpers.simulator import Broken, Played, play

_LAST_STEPS = 40
_EVERY_SECONDS = 10.0
_SEEDS_AT_ONCE = 5
_SEEDS_A_PROCESS = 2_000


@dataclass(frozen=True)
class Failed:
    """A seed that broke a promise, or a run that fell over."""

    seed: int
    promise: str
    what: Sequence[str]
    journal: Sequence[str] = ()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the seeds asked for; give 1 when one breaks a promise, else 0."""
    parser = argparse.ArgumentParser(prog="simulate", description="Run simulated networks and check their promises.")
    parser.add_argument("--seeds", type=_positive, default=20, help="how many seeds to run")
    parser.add_argument("--from", dest="first", type=int, default=1, help="the first seed")
    parser.add_argument("--jobs", type=_positive, default=os.cpu_count() or 1, help="how many processes run them")
    parser.add_argument("--journal", action="store_true", help="print what happened in each run")
    parser.add_argument("--keep-going", action="store_true", help="go on after a seed that breaks a promise")
    parser.add_argument("--record", type=Path, metavar="FILE", help="add a line about the run to the end of this file")
    asked = parser.parse_args(arguments)
    seeds = range(asked.first, asked.first + asked.seeds)
    # What the program logs in a run is about faults that were made on purpose.
    logging.disable(logging.CRITICAL)
    try:
        if asked.jobs == 1 or len(seeds) <= _SEEDS_AT_ONCE:
            return _report(map(run_one, seeds), asked)
        with multiprocessing.Pool(asked.jobs, _be_quiet, maxtasksperchild=_SEEDS_A_PROCESS // _SEEDS_AT_ONCE) as pool:
            return _report(pool.imap_unordered(run_one, seeds, _SEEDS_AT_ONCE), asked)
    finally:
        logging.disable(logging.NOTSET)


def run_one(seed: int) -> Played | Failed:
    """Run one seed; what it broke is given, not raised."""
    try:
        return play(seed)
    except Broken as broken:
        return Failed(seed, str(broken.invariant), broken.what, broken.journal)
    except Exception:
        return Failed(seed, "the run itself failed", traceback.format_exc().splitlines()[-12:])


def _be_quiet() -> None:
    logging.disable(logging.CRITICAL)


def _report(results: Iterator[Played | Failed], asked: argparse.Namespace) -> int:
    started = said = time.perf_counter()
    done: list[Played] = []
    failed: list[int] = []
    for result in results:
        if isinstance(result, Failed):
            _explain(result)
            failed.append(result.seed)
            if not asked.keep_going:
                return 1
            continue
        if asked.journal:
            print("\n".join(result.journal))
        done.append(replace(result, journal=[]))
        if time.perf_counter() - said > _EVERY_SECONDS:
            said = time.perf_counter()
            print(f"{len(done)} of {asked.seeds} seeds hold, {len(done) / (said - started):.1f} seeds/s", flush=True)
    seconds = time.perf_counter() - started
    _sum_up(done, seconds)
    if asked.record:
        _record(asked.record, asked.first, asked.seeds, done, seconds)
    if failed:
        print(f"{len(failed)} seeds break a promise: {', '.join(map(str, sorted(failed)))}")
    return 1 if failed else 0


def _sum_up(done: Sequence[Played], seconds: float) -> None:
    operations = sum(one.operations for one in done)
    print(
        f"{len(done)} seeds hold: {operations} operations, {sum(one.messages for one in done)} messages,"
        f" {sum(one.deaths for one in done)} deaths, {sum(one.double_admissions for one in done)} double admissions,"
        f" {sum(one.conflicts for one in done)} conflicts"
    )
    print(f"{len(done) / seconds:.2f} seeds/s, {operations / seconds:.0f} operations/s, {seconds:.1f} s")


def _record(file: Path, first: int, count: int, done: Sequence[Played], seconds: float) -> None:
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    operations = sum(one.operations for one in done)
    cells = [
        datetime.now(UTC).date().isoformat(),
        commit.stdout.strip() or "unknown",
        f"{first:,} to {first + count - 1:,}",
        f"{len(done):,}",
        f"{operations:,}",
        f"{sum(one.messages for one in done):,}",
        f"{sum(one.deaths for one in done):,}",
        f"{sum(one.double_admissions for one in done):,}",
        f"{len(done) / seconds:.1f}",
        f"{operations / seconds:.0f}",
    ]
    with file.open("a", encoding="utf-8") as open_file:
        open_file.write(f"| {' | '.join(cells)} |\n")


def _explain(failed: Failed) -> None:
    print(f"seed {failed.seed} breaks a promise: {failed.promise}")
    for line in failed.what:
        print(f"  {line}")
    if failed.journal:
        print(f"the last of {len(failed.journal)} steps:")
        for line in failed.journal[-_LAST_STEPS:]:
            print(f"  {line}")
    print(f"replay it with: make simulate SEEDS=1 FROM={failed.seed}", flush=True)


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("at least one")
    return number


if __name__ == "__main__":
    sys.exit(main())
