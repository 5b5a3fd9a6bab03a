"""Measures how long the screen stands still while the program takes in rows under pending work, beside its idling."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from models.base import Value
from models.people import Guest
from models.store.exchange import Pulled
from models.store.local_copy import LocalCopy
from models.store.rows import Change
from models.store.schema import columns_of
from tests.bench.measuring import ROOT, Aim, Bound, Measurement, disk_folder
from tests.bench.waiting_work import FollowedEvent, pull_of, stored_guests

FRAME_MS = 16
_HEARD_SECONDS = 1.0
"""So long after a pull the screens may still be repainting what it changed."""
_IDLE_MS = 1_200
_PATIENCE = 120.0


def measure(guests: int = 50_000, pending: int = 5_000, rows: int = 500, rounds: int = 4) -> list[Measurement]:
    """Let the program take in ``rows`` changed guests over ``pending`` operations while a timer ticks at 60 Hz."""
    with disk_folder() as folder:
        followed = FollowedEvent.made(folder, guests)
        copy = followed.copy_with(followed.mixed_work(pending))
        images = stored_guests(copy, rows)
        bodies = [folder / f"pull-{version}.json" for version in range(2, rounds + 2)]
        for version, body in enumerate(bodies, start=2):
            body.write_text(pull_of(_renamed(images, version), version).model_dump_json(), encoding="utf-8")
        copy.close()
        del followed, images
        found = _held_frames(folder, copy.path, guests, bodies)
    aim = Aim(Bound.VALUE_AT_MOST, 50)
    beside = "the idle program's longest"
    name = f"longest frame, {guests:,} guests, {pending:,} pending,"
    return [
        Measurement(f"{name} while it rebases", found["rebasing"], "ms", found["idle"], beside, aim),
        Measurement(f"{name} while it rebases, CPU", found["rebasing_cpu"], "ms", found["idle_cpu"], beside, aim),
        Measurement(f"{name} until repainted", found["repainting"], "ms", found["idle"], beside, aim),
        Measurement(f"{name} until repainted, CPU", found["repainting_cpu"], "ms", found["idle_cpu"], beside, aim),
        Measurement(f"{name} the rebase meanwhile", found["rebase"], "ms", found["frames"] * FRAME_MS, "its frames"),
    ]


def _renamed(images: Sequence[Sequence[Value]], version: int) -> list[list[Value]]:
    """Give the guests with other names at each version: their rows move, and the list has to follow."""
    columns = columns_of(Guest)
    name, folded = columns.index("name"), columns.index("folded")
    renamed = [list(image) for image in images]
    for image in renamed:
        image[name], image[folded] = f"{image[name]} {version}", f"{version} {image[folded]}"
    return renamed


def _held_frames(folder: Path, path: Path, guests: int, bodies: Sequence[Path]) -> dict[str, float]:
    # A process of its own: what this one has in memory would make its collections of garbage longer.
    done = subprocess.run(
        [sys.executable, "-m", __name__, str(path), str(guests), *map(str, bodies)],
        cwd=ROOT,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen", "USHER_HOME": str(folder / "home")},
        check=True,
        stdout=subprocess.PIPE,
        timeout=_PATIENCE,
    )
    return json.loads(done.stdout)


@dataclass
class _Taken:
    """When a pull was taken in, as seconds of the monotonic clock."""

    begin: float
    end: float


class _Tick(NamedTuple):
    """A moment on the screen's thread: by the monotonic clock, and by the CPU time the thread has had."""

    at: float
    cpu: float


def _take_in(copy: LocalCopy, bodies: Sequence[bytes], heard: list[Change], taken: list[_Taken]) -> None:
    for body in bodies:
        begin = time.perf_counter()
        change = copy.apply_pull(Pulled.model_validate_json(body))
        taken.append(_Taken(begin, time.perf_counter()))
        heard.append(change)
        time.sleep(_HEARD_SECONDS)


def main() -> None:
    """Be the program: open the copy, let a thread take the pulls in, and tell the longest times between two ticks."""
    from PySide6.QtCore import Qt, QTimer
    from PySide6.QtWidgets import QApplication

    from desktop.application import Program
    from desktop.keyring_store import FileTokenStore
    from desktop.launch import launched
    from desktop.settings import SettingsFile

    path, guests, *files = sys.argv[1:]
    with launched() as launch:
        qt = QApplication(sys.argv[:1])
        tokens = FileTokenStore(launch.paths.tokens_file)
        program = Program(qt, launch.paths, SettingsFile(launch.paths.settings_file), tokens, launch.crashes.report)
        program.show()
        program.open_file(Path(path))
        assert program.screens is not None
        assert program.opened is not None
        page = program.screens.guests
        assert page is not None
        deadline = time.monotonic() + _PATIENCE / 2
        while len(page.model.lines) < int(guests) and time.monotonic() < deadline:
            qt.processEvents()
            time.sleep(0.002)
        workspace = program.opened.workspace
        ticks: list[_Tick] = []
        heard: list[Change] = []
        taken: list[_Taken] = []
        thread = threading.Thread(
            target=_take_in,
            args=(program.opened.copy, [Path(file).read_bytes() for file in files], heard, taken),
        )
        timer = QTimer()
        timer.setTimerType(Qt.TimerType.PreciseTimer)
        timer.setInterval(FRAME_MS)

        def on_tick() -> None:
            ticks.append(_Tick(time.perf_counter(), time.thread_time()))
            if heard:
                workspace.hear(heard.pop())
            if len(taken) == len(files) and not thread.is_alive():
                qt.quit()

        timer.timeout.connect(on_tick)
        timer.start()
        QTimer.singleShot(_IDLE_MS, thread.start)
        begun = time.perf_counter()
        qt.exec()
        thread.join()
        gaps = list(pairwise(ticks))
        first = taken[0].begin
        idle = _longest(gaps, begun + 0.3, first - 0.02)
        rebasing = [_longest(gaps, one.begin, one.end) for one in taken]
        repainting = [_longest(gaps, one.end, one.end + _HEARD_SECONDS) for one in taken]
        answer = {
            "idle": idle.at,
            "idle_cpu": idle.cpu,
            "rebasing": max(frame.at for frame in rebasing),
            "rebasing_cpu": max(frame.cpu for frame in rebasing),
            "repainting": max(frame.at for frame in repainting),
            "repainting_cpu": max(frame.cpu for frame in repainting),
            "rebase": max(one.end - one.begin for one in taken) * 1e3,
            "frames": max(sum(one.begin <= tick.at <= one.end for tick in ticks) for one in taken),
        }
        program.shutdown()
    print(json.dumps(answer))


def _longest(gaps: Sequence[tuple[_Tick, _Tick]], begin: float, end: float) -> _Tick:
    """Give the longest time between two ticks that began and ended between two moments, and the most CPU time of one.

    Both in milliseconds: the CPU time is the screen's thread's own, without its waiting for a core or for Python.
    """
    inside = [(before, after) for before, after in gaps if after.at >= begin and before.at <= end]
    return _Tick(
        max((after.at - before.at for before, after in inside), default=0.0) * 1e3,
        max((after.cpu - before.cpu for before, after in inside), default=0.0) * 1e3,
    )


if __name__ == "__main__":
    main()
