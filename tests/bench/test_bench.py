"""Every bench runs and fills its rows; what they measure is not looked at here."""

import json
import math
from pathlib import Path

import pytest

from tests.bench.__main__ import BENCHES, machine, main
from tests.bench.figures import write_figures
from tests.bench.measuring import Aim, Bound, Measurement, as_table, percentile


def test_every_bench_fills_its_rows_and_writes_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "bench.json"
    assert main(["--quick", "--out", str(out)]) == 0
    report = json.loads(out.read_text("utf-8"))
    assert report["machine"]["cores"] >= 1
    assert report["machine"]["python"]
    assert set(report["benches"]) == set(BENCHES)
    table = capsys.readouterr().out
    for rows in report["benches"].values():
        assert rows
        for row in rows:
            assert math.isfinite(row["value"])
            assert row["value"] >= 0
            assert row["name"] in table
    told = [row for rows in report["benches"].values() for row in rows]
    assert all(row["reached"] in (True, False) for row in told if row["aim"] and row["rival"])


def test_an_aim_is_reached_on_its_own_side_of_the_limit() -> None:
    assert Measurement("a", 3.0, rival=1.0, aim=Aim(Bound.RATIO_AT_MOST, 3)).reached is True
    assert Measurement("a", 3.1, rival=1.0, aim=Aim(Bound.RATIO_AT_MOST, 3)).reached is False
    assert Measurement("a", 1.4, rival=1.0, aim=Aim(Bound.RATIO_AT_LEAST, 1.35)).reached is True
    assert Measurement("a", 1.3, rival=1.0, aim=Aim(Bound.RATIO_AT_LEAST, 1.35)).reached is False
    assert Measurement("a", 400, aim=Aim(Bound.VALUE_AT_MOST, 399)).reached is False
    assert Measurement("a", 400, aim=Aim(Bound.VALUE_AT_LEAST, 399)).reached is True


def test_an_aim_without_a_rival_to_compare_with_is_neither_reached_nor_missed() -> None:
    assert Measurement("a", 3.0, rival=0.0, aim=Aim(Bound.RATIO_AT_MOST, 3)).reached is None
    assert Measurement("a", 3.0).reached is None


def test_the_columns_of_the_table_are_aligned() -> None:
    aim = Aim(Bound.RATIO_AT_MOST, 3)
    lines = as_table([Measurement("short", 1.5, "ms", 1.0, "rival", aim), Measurement("much longer", 20_000)])
    head, first, second = lines.splitlines()
    assert head.index("aim") == first.index("ratio <= 3")
    assert head.index("Usher") + len("Usher") == first.index("1.5") + 3 == second.index("20,000") + 6


def test_a_percentile_is_given_in_milliseconds() -> None:
    assert percentile([0.001, 0.002, 0.003], 50) == pytest.approx(2.0)
    assert percentile([0.004], 99) == pytest.approx(4.0)


def test_the_page_of_figures_takes_a_new_table_in_the_place_of_the_old_one(tmp_path: Path) -> None:
    page = tmp_path / "figures.md"
    page.write_text("# Figures\n\nWords before.\n", encoding="utf-8")
    write_figures(page, "push", machine(), [Measurement("old push", 1.0)])
    write_figures(page, "wire", machine(), [Measurement("wire", 2.0, "ms", 4.0, "a rival")])
    missed = Measurement("new push", 9.0, "ms", aim=Aim(Bound.VALUE_AT_MOST, 5))
    write_figures(page, "push", machine(), [missed])
    text = page.read_text("utf-8")
    assert "Words before." in text
    assert "old push" not in text
    assert "| new push | 9 ms |  |  | value <= 5 | **no** |  |" in text
    assert "| wire | 2 ms | 4 ms | 0.50 |  |  | a rival |" in text
    assert text.index("new push") < text.index("| wire |")
    assert str(machine()["date"]) in text
