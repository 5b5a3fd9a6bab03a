"""Writes what a bench measured into the page of figures, so that no number there is put in by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.bench.measuring import Measurement, cells_of

Machine = Mapping[str, str | int | float]

_HEADS = ("what", "Usher", "rival", "ratio", "aim", "reached", "the rival is")


def write_figures(page: Path, bench: str, machine: Machine, rows: Sequence[Measurement]) -> None:
    """Put a bench's table between its two marks in a page; a bench that is not there yet is put at the end."""
    begin, end = f"<!-- bench {bench} -->", f"<!-- end of {bench} -->"
    text = page.read_text("utf-8") if page.exists() else "# Figures\n"
    block = f"{begin}\n{_section(bench, machine, rows)}\n{end}"
    before, found, rest = text.partition(begin)
    text = before + block + rest.partition(end)[2] if found else f"{text.rstrip()}\n\n{block}\n"
    page.write_text(text, encoding="utf-8")


def _section(bench: str, machine: Machine, rows: Sequence[Measurement]) -> str:
    taken = (
        f"{machine['date']} · {machine['cpu']}, {machine['cores']} cores, load {machine['load']} before the run"
        f" · {machine['system']} · Python {machine['python']} · SQLite {machine['sqlite']}"
    )
    lines = [f"### {bench}", "", taken, "", _line(_HEADS), _line(["---"] * len(_HEADS))]
    for row in rows:
        what, value, unit, rival, ratio, aim, reached, beside = cells_of(row)
        shown = "**no**" if reached == "NO" else reached
        with_unit = f"{rival} {unit}" if rival else ""
        lines.append(_line((what, f"{value} {unit}".strip(), with_unit, ratio, aim, shown, beside)))
    return "\n".join(lines)


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
