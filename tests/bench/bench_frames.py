"""Measures how long the screen is held: while rows are taken in under pending work, and while guests are sorted."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel

from models.base import Value
from models.people import Guest
from models.store.exchange import Pulled
from models.store.local_copy import LocalCopy
from models.store.rows import Change
from models.store.schema import columns_of
from tests.bench.measuring import ROOT, Aim, Bound, Measurement, disk_folder
from tests.bench.screen_frames import FRAME_MS, Held, ScreenFrames, longest_of
from tests.bench.waiting_work import FollowedEvent, pull_of, stored_guests

_HEARD_SECONDS = 1.0
"""So long after a pull the screens may still be repainting what it changed."""
_SETTLED_SECONDS = 0.3
_IDLE_SECONDS = 0.9
_PATIENCE = 120.0


def measure(guests: int = 50_000, pending: int = 5_000, rows: int = 500, rounds: int = 4) -> list[Measurement]:
    """Let the program take in ``rows`` changed guests over ``pending`` operations while a timer ticks at 60 Hz.

    Then let a person sort and fold its guest table, while everybody is chosen.
    """
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
    idle, rebasing, repainting = found.idle, found.rebasing, found.repainting
    measured = [
        Measurement(f"{name} while it rebases", rebasing.clock, "ms", idle.clock, beside, aim),
        Measurement(f"{name} while it rebases, CPU", rebasing.cpu, "ms", idle.cpu, beside, aim),
        Measurement(f"{name} until repainted", repainting.clock, "ms", idle.clock, beside, aim),
        Measurement(f"{name} until repainted, CPU", repainting.cpu, "ms", idle.cpu, beside, aim),
        Measurement(f"{name} the rebase meanwhile", found.rebase, "ms", found.frames * FRAME_MS, "its frames"),
    ]
    for gesture, held in found.gestures.items():
        name, usual, rival = f"longest frame, {guests:,} guests, {gesture}", found.usual[gesture], found.rivals[gesture]
        measured += [
            Measurement(name, held.clock, "ms", usual.clock, rival, aim),
            Measurement(f"{name}, CPU", held.cpu, "ms", usual.cpu, rival, aim),
        ]
    return measured


def _renamed(images: Sequence[Sequence[Value]], version: int) -> list[list[Value]]:
    """Give the guests with other names at each version: their rows move, and the list has to follow."""
    columns = columns_of(Guest)
    name, folded = columns.index("name"), columns.index("folded")
    renamed = [list(image) for image in images]
    for image in renamed:
        image[name], image[folded] = f"{image[name]} {version}", f"{version} {image[folded]}"
    return renamed


def _held_frames(folder: Path, path: Path, guests: int, bodies: Sequence[Path]) -> _Found:
    # A process of its own: what this one has in memory would make its collections of garbage longer.
    done = subprocess.run(
        [sys.executable, "-m", __name__, str(path), str(guests), *map(str, bodies)],
        cwd=ROOT,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen", "USHER_HOME": str(folder / "home")},
        check=True,
        stdout=subprocess.PIPE,
        timeout=_PATIENCE,
    )
    return _Found.model_validate_json(done.stdout)


class _Found(BaseModel):
    """What the program's process tells of itself."""

    idle: Held
    rebasing: Held
    repainting: Held
    rebase: float
    frames: int
    gestures: dict[str, Held]
    usual: dict[str, Held]
    rivals: dict[str, str]


@dataclass
class _Taken:
    """When a pull was taken in, as seconds of the monotonic clock."""

    begin: float
    end: float


def _take_in(copy: LocalCopy, bodies: Sequence[bytes], heard: list[Change], taken: list[_Taken]) -> None:
    for body in bodies:
        begin = time.perf_counter()
        change = copy.apply_pull(Pulled.model_validate_json(body))
        taken.append(_Taken(begin, time.perf_counter()))
        heard.append(change)
        time.sleep(_HEARD_SECONDS)


def main() -> None:
    """Be the program: open the copy, let a thread take the pulls in and a person sort, and tell the longest frames."""
    from PySide6.QtWidgets import QApplication

    from desktop.application import Program
    from desktop.keyring_store import FileTokenStore
    from desktop.launch import launched
    from desktop.settings import SettingsFile
    from tests.bench.guest_gestures import RIVALS, held_by_gestures, held_the_usual_way

    path, guests, *files = sys.argv[1:]
    with launched() as launch:
        qt = QApplication(sys.argv[:1])
        tokens = FileTokenStore(launch.paths.tokens_file)
        program = Program(qt, launch.paths, SettingsFile(launch.paths.settings_file), tokens, launch.crashes.report)
        program.show()
        program.open_file(Path(path))
        assert program.screens is not None
        assert program.opened is not None
        page, workspace = program.screens.guests, program.opened.workspace
        assert page is not None
        heard: list[Change] = []
        taken: list[_Taken] = []
        frames = ScreenFrames(lambda: workspace.hear(heard.pop()) if heard else None)
        deadline = time.monotonic() + _PATIENCE / 2
        frames.run_until(lambda: len(page.model.lines) >= int(guests) or time.monotonic() > deadline)
        frames.run_for(_SETTLED_SECONDS)
        begun = time.perf_counter()
        frames.run_for(_IDLE_SECONDS)
        idle = frames.longest(begun, time.perf_counter())
        bodies = [Path(file).read_bytes() for file in files]
        thread = threading.Thread(target=_take_in, args=(program.opened.copy, bodies, heard, taken))
        thread.start()
        frames.run_until(lambda: not thread.is_alive())
        gestures = held_by_gestures(page, frames, len(files))
        lines = page.model.lines
        frames.stop()
        program.shutdown()
        found = _Found(
            idle=idle,
            rebasing=longest_of(frames.longest(one.begin, one.end) for one in taken),
            repainting=longest_of(frames.longest(one.end, one.end + _HEARD_SECONDS) for one in taken),
            rebase=max(one.end - one.begin for one in taken) * 1e3,
            frames=max(frames.begun(one.begin, one.end) for one in taken),
            gestures=gestures,
            usual=held_the_usual_way(lines),
            rivals=RIVALS,
        )
    print(found.model_dump_json())


if __name__ == "__main__":
    main()
