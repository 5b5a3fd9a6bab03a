"""What all benches share: a figure beside its rival's, percentiles, and rounds that take turns."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from statistics import quantiles

ROOT = Path(__file__).parents[2]


class Bound(StrEnum):
    """What an aim bounds."""

    RATIO_AT_MOST = "ratio <="
    RATIO_AT_LEAST = "ratio >="
    VALUE_AT_MOST = "value <="
    VALUE_AT_LEAST = "value >="


@dataclass(frozen=True, slots=True)
class Aim:
    """What was promised of a figure."""

    bound: Bound
    limit: float

    def __str__(self) -> str:
        return f"{self.bound} {self.limit:g}"


@dataclass(frozen=True, slots=True)
class Measurement:
    """One figure of Usher's beside its rival's, with what was promised of it."""

    name: str
    value: float
    unit: str = ""
    rival: float | None = None
    """The rival's figure in the same unit, taken in the same run."""
    beside: str = ""
    """Who the rival is."""
    aim: Aim | None = None

    @property
    def ratio(self) -> float | None:
        """Usher's figure over the rival's; None without a rival or where its figure is zero."""
        return self.value / self.rival if self.rival else None

    @property
    def reached(self) -> bool | None:
        """Tell whether the aim is reached; None without an aim, or without the ratio it speaks of."""
        if self.aim is None:
            return None
        is_ratio = self.aim.bound in (Bound.RATIO_AT_MOST, Bound.RATIO_AT_LEAST)
        figure = self.ratio if is_ratio else self.value
        if figure is None:
            return None
        at_most = self.aim.bound in (Bound.RATIO_AT_MOST, Bound.VALUE_AT_MOST)
        return figure <= self.aim.limit if at_most else figure >= self.aim.limit


_HEADS = ("what", "Usher", "", "rival", "ratio", "aim", "reached", "the rival is")


def as_table(rows: Sequence[Measurement]) -> str:
    """Write figures as one aligned table."""
    lines = [_HEADS, *(cells_of(row) for row in rows)]
    widths = [max(len(line[at]) for line in lines) for at in range(len(_HEADS))]
    numbers = {_HEADS.index(head) for head in ("Usher", "rival", "ratio")}
    return "\n".join(
        "  ".join(
            cell.rjust(width) if at in numbers else cell.ljust(width)
            for at, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )


def cells_of(row: Measurement) -> tuple[str, ...]:
    """Give a figure as words, in the order of the printed table."""
    reached = {True: "yes", False: "NO", None: ""}[row.reached]
    ratio = "" if row.ratio is None else f"{row.ratio:.2f}"
    return (
        row.name,
        _figure(row.value),
        row.unit,
        "" if row.rival is None else _figure(row.rival),
        ratio,
        "" if row.aim is None else str(row.aim),
        reached,
        row.beside,
    )


def _figure(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1_000 else f"{value:.3g}"


def percentile(seconds: Sequence[float], percent: int) -> float:
    """Give a percentile (1 to 99) of some times, in milliseconds."""
    if len(seconds) == 1:
        return seconds[0] * 1e3
    return quantiles(seconds, n=100, method="inclusive")[percent - 1] * 1e3


def p50_and_p99(
    name: str, ours: Sequence[float], rivals: Sequence[float], beside: str, aim: Aim | None = None
) -> list[Measurement]:
    """Give the median, which the aim is about, and the 99th percentile of two lists of seconds, in milliseconds."""
    return [
        Measurement(f"{name}, p50", percentile(ours, 50), "ms", percentile(rivals, 50), beside, aim),
        Measurement(f"{name}, p99", percentile(ours, 99), "ms", percentile(rivals, 99), beside),
    ]


def seconds_of(work: Callable[[], object]) -> float:
    """Do something and give the seconds it took."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


@contextmanager
def disk_folder() -> Generator[Path]:
    """Give an empty folder beside the project, on a disk: the system's temporary folder may be memory."""
    home = ROOT / "build"
    home.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="bench-", dir=home, ignore_cleanup_errors=True) as folder:
        yield Path(folder)
