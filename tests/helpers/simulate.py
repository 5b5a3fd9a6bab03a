"""Runs simulated networks from the command line: ``python -m tests.helpers.simulate --seeds 20 --from 1``."""

from __future__ import annotations

import argparse
import logging
import sys
import time
import traceback
from collections.abc import Sequence

from tests.helpers.simulator import Broken, Played, play

_LAST_STEPS = 40
_EVERY_SECONDS = 5.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the seeds asked for; give 1 at the first that breaks a promise, else 0."""
    parser = argparse.ArgumentParser(prog="simulate", description="Run simulated networks and check their promises.")
    parser.add_argument("--seeds", type=_positive, default=20, help="how many seeds to run")
    parser.add_argument("--from", dest="first", type=int, default=1, help="the first seed")
    parser.add_argument("--journal", action="store_true", help="print what happened in each run")
    asked = parser.parse_args(arguments)
    # What the program logs in a run is about faults that were made on purpose.
    logging.disable(logging.CRITICAL)
    try:
        return _run(asked.first, asked.seeds, asked.journal)
    finally:
        logging.disable(logging.NOTSET)


def _run(first: int, count: int, with_journal: bool) -> int:
    started = said = time.perf_counter()
    done: list[Played] = []
    for seed in range(first, first + count):
        try:
            played = play(seed)
        except Broken as broken:
            _explain(seed, str(broken.invariant), broken.what, broken.journal)
            return 1
        except Exception:
            _explain(seed, "the run itself failed", traceback.format_exc().splitlines()[-12:], ())
            return 1
        done.append(played)
        if with_journal:
            print("\n".join(played.journal))
        if time.perf_counter() - said > _EVERY_SECONDS:
            said = time.perf_counter()
            print(f"{len(done)} of {count} seeds hold, {len(done) / (said - started):.1f} seeds/s", flush=True)
    _sum_up(done, time.perf_counter() - started)
    return 0


def _sum_up(done: Sequence[Played], seconds: float) -> None:
    operations = sum(one.operations for one in done)
    print(
        f"{len(done)} seeds hold: {operations} operations, {sum(one.messages for one in done)} messages,"
        f" {sum(one.deaths for one in done)} deaths, {sum(one.double_admissions for one in done)} double admissions,"
        f" {sum(one.conflicts for one in done)} conflicts"
    )
    print(f"{len(done) / seconds:.2f} seeds/s, {operations / seconds:.0f} operations/s, {seconds:.1f} s")


def _explain(seed: int, promise: str, what: Sequence[str], journal: Sequence[str]) -> None:
    print(f"seed {seed} breaks a promise: {promise}")
    for line in what:
        print(f"  {line}")
    if journal:
        print(f"the last of {len(journal)} steps:")
        for line in journal[-_LAST_STEPS:]:
            print(f"  {line}")
    print(f"replay it with: make simulate SEEDS=1 FROM={seed}")


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("at least one seed")
    return number


if __name__ == "__main__":
    sys.exit(main())
