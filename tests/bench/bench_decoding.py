"""Measures how many codes the decoder chain reads and what that costs, beside pyzbar alone on the same frames."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from pyzbar import pyzbar

from desktop.codes.decoder import CodeReader, Grey, as_grey
from desktop.codes.staging import stage_empty_frame, stage_view
from desktop.codes.views import Difficulty, View, draw_view
from tests.bench.measuring import Aim, Bound, Measurement, as_table

_SHARE_AIM = Aim(Bound.RATIO_AT_LEAST, 1.35)
_TIME_AIM = Aim(Bound.RATIO_AT_MOST, 0.3)

Reader = Callable[[Grey], list[str]]


@dataclass(slots=True)
class _Tally:
    read: int = 0
    misread: int = 0
    seconds_with: float = 0.0
    seconds_without: float = 0.0
    by_hardship: dict[str, int] = field(default_factory=dict)


def measure(frames: int = 600, seed: int = 2026) -> list[Measurement]:
    """Show `frames` made-up frames with a code, each a guest of its own, and a quarter as many without one.

    The chain goes through them as a door would, with its count of misses running on. CPU time is that of all
    threads of this process.
    """
    rng = np.random.default_rng(seed)
    chain, rival = _Tally(), _Tally()
    contenders = ((_chain(), chain), (_pyzbar_alone, rival))
    hardships: dict[str, int] = {}
    for number in range(frames):
        text, view = _ticket_text(rng), draw_view(rng, Difficulty.MIX)
        grey = as_grey(stage_view(text, view, rng))
        kinds = _hardships(view)
        for kind in kinds:
            hardships[kind] = hardships.get(kind, 0) + 1
        for reader, tally in contenders:
            started = time.process_time()
            texts = reader(grey)
            tally.seconds_with += time.process_time() - started
            tally.read += text in texts
            tally.misread += any(other != text for other in texts)
            for kind in kinds:
                tally.by_hardship[kind] = tally.by_hardship.get(kind, 0) + (text in texts)
        if number % 4 == 0:
            grey = as_grey(stage_empty_frame(rng, difficulty=Difficulty.MIX))
            for reader, tally in contenders:
                started = time.process_time()
                tally.misread += bool(reader(grey))
                tally.seconds_without += time.process_time() - started
    empty = (frames + 3) // 4
    rows = [
        _row("codes read", chain.read / frames * 100, "%", rival.read / frames * 100, _SHARE_AIM),
        _row(
            "CPU a frame with a code",
            chain.seconds_with / frames * 1e3,
            "ms",
            rival.seconds_with / frames * 1e3,
            _TIME_AIM,
        ),
        _row(
            "CPU a frame without one",
            chain.seconds_without / empty * 1e3,
            "ms",
            rival.seconds_without / empty * 1e3,
        ),
        _row("frames misread", chain.misread, "", rival.misread),
    ]
    rows += [
        _row(
            f"codes read: {kind} ({count})",
            chain.by_hardship[kind] / count * 100,
            "%",
            rival.by_hardship[kind] / count * 100,
        )
        for kind, count in sorted(hardships.items())
    ]
    return rows


def _chain() -> Reader:
    reader = CodeReader()
    return lambda grey: [code.text for code in reader.read(grey)]


def _pyzbar_alone(grey: Grey) -> list[str]:
    found = pyzbar.decode(grey, symbols=[pyzbar.ZBarSymbol.QRCODE])
    return [code.data.decode(errors="replace") for code in found]


def _row(name: str, value: float, unit: str, rival: float, aim: Aim | None = None) -> Measurement:
    return Measurement(name, value, unit, rival, "pyzbar alone", aim)


def _ticket_text(rng: np.random.Generator) -> str:
    """Four signed tickets (194 digits) come to one web link."""
    if rng.random() < 0.2:
        letters = rng.choice(list("0123456789ABCDEFGHJKMNPQRSTVWXYZ"), 12)
        return "https://tickets.example/i/" + "".join(letters)
    return "1" + "".join(str(digit) for digit in rng.integers(0, 10, 193))


def _hardships(view: View) -> list[str]:
    named = {
        "small, below 120 px": view.size < 120,
        "moving hand": view.motion > 0,
        "dark hall": view.light < 0.55,
        "dark mode": view.inverted,
        "glare": view.glare > 0,
        "none of these": False,
    }
    return [kind for kind, applies in named.items() if applies] or ["none of these"]


def main() -> None:
    """Print the measurements as a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=600, help="frames with a code (default 600)")
    parser.add_argument("--seed", type=int, default=2026)
    arguments = parser.parse_args()
    print(as_table(measure(arguments.frames, arguments.seed)))


if __name__ == "__main__":
    main()
