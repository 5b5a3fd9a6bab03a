"""The tour: it goes well from end to end, and it notices when a part of the sync is switched off."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from desktop.launch import Launch, launched
from desktop.tour import play_tour

FEW = 3
PATIENCE = 12.0


@pytest.fixture
def launch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Launch]:
    monkeypatch.setenv("USHER_HOME", str(tmp_path / "home"))
    with launched() as opened:
        yield opened


def report_of(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "report.json").read_text(encoding="utf-8"))


def test_the_whole_story_goes_well_and_all_copies_agree(launch: Launch, tmp_path: Path) -> None:
    folder = tmp_path / "tour"

    code = play_tour(launch, folder, arrivals=FEW)

    report = report_of(folder)
    assert code == 0, report
    assert report["converged"] is True
    assert [step["ok"] for step in report["steps"]] == [True] * 6
    counts = report["counts"]
    assert counts["guests"] > 270
    assert counts["tickets"] > 300
    assert counts["conflicts"] == {"double_admission": 1, "seat_taken": 1}
    assert counts["entries_on_server"] == counts["entries_committed_at_doors"] > 0
    assert {"forged", "unknown_code", "already_inside"} <= counts["refused"].keys()
    assert all((folder / shot).stat().st_size > 10_000 for step in report["steps"] for shot in step["screenshots"])


@pytest.mark.parametrize("part", ["rebase", "dedupe"])
def test_the_same_story_fails_with_a_part_of_the_sync_switched_off(part: str, launch: Launch, tmp_path: Path) -> None:
    folder = tmp_path / "tour"
    sabotaged = (sys.executable, "-m", "tests.helpers.sabotaged", part)

    code = play_tour(
        launch,
        folder,
        desktop_command=(*sabotaged, "desktop"),
        server_command=(*sabotaged, "server"),
        arrivals=FEW,
        patience=PATIENCE,
    )

    report = report_of(folder)
    assert code == 1
    assert [step["ok"] for step in report["steps"]] == [True] * 5 + [False], report
    assert report["converged"] is False
