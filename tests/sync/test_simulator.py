"""The promises of the design hold in simulated networks, and each check notices an engine that breaks its promise."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from sync.client.engine import SyncEngine
from sync.server.event_log import EventLog
from tests.helpers import simulate
from tests.helpers.simulator import Broken, Invariant, Wanted, play
from tests.helpers.simulator.breakages import BREAKAGES, Breakage

SEEDS = 2_000
SEEDS_IN_A_GROUP = 50
MOST_SEEDS = 40
"""So many seeds at most may pass before a broken engine is noticed."""


@pytest.fixture(autouse=True)
def quiet_logs() -> Iterator[None]:
    # Faults are made on purpose by the thousand here.
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.mark.parametrize("first", range(1, 1 + SEEDS, SEEDS_IN_A_GROUP))
def test_every_promise_holds_in_simulated_networks(first: int) -> None:
    double_admissions = deaths = 0
    for seed in range(first, first + SEEDS_IN_A_GROUP):
        played = play(seed)
        double_admissions += played.double_admissions
        deaths += played.deaths

    assert double_admissions > 0
    assert deaths > 0


@pytest.mark.parametrize("breakage", BREAKAGES, ids=lambda one: one.name)
def test_a_broken_engine_is_noticed_by_the_check_of_its_promise(breakage: Breakage) -> None:
    seed, broken, wanted = _first_failure(breakage)

    assert broken.invariant is breakage.breaks, str(broken)
    # The same seed with the engine as it is.
    play(seed, replace(wanted, event_log=EventLog, engine=SyncEngine, loosened=(), check_deaths=True, checksums=True))


def test_every_promise_has_an_engine_that_breaks_it() -> None:
    of_the_design = {one for one in Invariant if str(one)[0].isdigit()}

    assert {one.breaks for one in BREAKAGES} >= of_the_design
    assert len(of_the_design) == 9


def _first_failure(breakage: Breakage) -> tuple[int, Broken, Wanted]:
    for seed in range(1, MOST_SEEDS + 1):
        with breakage.broken() as wanted:
            try:
                play(seed, wanted)
            except Broken as broken:
                return seed, broken, wanted
    pytest.fail(f"{MOST_SEEDS} seeds did not notice: {breakage.name}")


@pytest.mark.parametrize("wanted", [Wanted(hubs=False), Wanted(hubs=True)], ids=["server alone", "with a hub"])
def test_a_seed_replays_step_for_step(wanted: Wanted) -> None:
    assert play(7, wanted).journal == play(7, wanted).journal


def test_a_failing_seed_is_printed_with_the_command_that_replays_it(capsys: pytest.CaptureFixture[str]) -> None:
    breakage = next(one for one in BREAKAGES if one.name == "cursor off by one")
    real = simulate.play
    with breakage.broken() as wanted, pytest.MonkeyPatch.context() as patch:
        patch.setattr(simulate, "play", lambda seed: real(seed, wanted))
        code = simulate.main(["--seeds", "3", "--from", "1"])

    said = capsys.readouterr().out
    assert code == 1
    assert "seed 1 breaks a promise: 2: after quiet" in said
    assert "make simulate SEEDS=1 FROM=1" in said


def test_seeds_run_in_several_processes_and_the_run_is_recorded(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    record = tmp_path / "runs.md"
    code = simulate.main(["--seeds", "12", "--jobs", "2", "--keep-going", "--record", str(record)])

    assert code == 0
    assert "12 seeds hold" in capsys.readouterr().out
    assert "| 1 to 12 | 12 |" in record.read_text()


def test_seeds_that_hold_are_counted(capsys: pytest.CaptureFixture[str]) -> None:
    code = simulate.main(["--seeds", "1", "--from", "2"])

    said = capsys.readouterr().out
    assert code == 0
    assert "1 seeds hold" in said
    assert "operations/s" in said
