"""Measures the program's start until the guests of a large event can be used, beside that of an empty window."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

from models.events import Role
from models.ids import new_id
from models.store.local_copy import LocalCopy
from tests.bench.measuring import ROOT, Measurement, disk_folder
from tests.helpers.big_events import BigEvent, fill_with_big_event

_PATIENCE = 120.0


def measure(guests: int = 50_000, rounds: int = 3) -> list[Measurement]:
    """Start the program on an organizer's copy and an empty window in turn; the middle times count.

    Wall time runs from the process's start; CPU time is that of all its threads. The window comes first, the
    guests are there (rows to scroll, search and edit) when their table is painted.
    """
    event = BigEvent(new_id(), guests, seed=7)
    window: list[float] = []
    usable: list[float] = []
    cpu: list[float] = []
    bare: list[float] = []
    bare_cpu: list[float] = []
    with disk_folder() as folder:
        copy = LocalCopy.create(
            folder / "event.usher", event_id=event.event_id, device_id=new_id(), role=Role.ORGANIZER
        )
        with copy.database.write() as connection:
            fill_with_big_event(connection, event)
        copy.close()
        for _ in range(rounds):
            empty = _started(folder, "window")
            bare.append(empty["window"])
            bare_cpu.append(empty["cpu"])
            own = _started(folder, "program", str(copy.path), str(guests))
            window.append(own["window"])
            usable.append(own["usable"])
            cpu.append(own["cpu"])
    beside = "start of an empty window"
    name = f"start with {guests:,} guests"
    return [
        Measurement(f"{name}, window shown", median(window), "s", median(bare), beside),
        Measurement(f"{name}, guests shown", median(usable), "s", median(bare), beside),
        Measurement(f"{name}, CPU until then", median(cpu), "s", median(bare_cpu), beside),
    ]


def _started(folder: Path, *arguments: str) -> dict[str, float]:
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "USHER_HOME": str(folder / "home")}
    started = time.time()
    done = subprocess.run(
        [sys.executable, "-m", __name__, str(started), *arguments],
        cwd=ROOT,
        env=environment,
        check=True,
        stdout=subprocess.PIPE,
        timeout=_PATIENCE,
    )
    return json.loads(done.stdout)


def _start_program(started: float, path: Path, guests: int) -> dict[str, float]:
    """Do what the command ``usher EVENT`` does, and take the times."""
    from PySide6.QtWidgets import QApplication

    from desktop.application import Program
    from desktop.keyring_store import FileTokenStore
    from desktop.launch import launched
    from desktop.settings import SettingsFile

    with launched() as launch:
        qt = QApplication(sys.argv[:1])
        tokens = FileTokenStore(launch.paths.tokens_file)
        program = Program(qt, launch.paths, SettingsFile(launch.paths.settings_file), tokens, launch.crashes.report)
        program.show()
        qt.processEvents()
        window = time.time() - started
        program.open_file(path)
        assert program.screens is not None
        page = program.screens.guests
        assert page is not None
        while len(page.model.lines) < guests and time.time() - started < _PATIENCE:
            qt.processEvents()
            time.sleep(0.002)
        assert page.isVisible()
        assert page.model.rowCount() > 0
        page.view.viewport().grab()
        times = {"window": window, "usable": time.time() - started, "cpu": time.process_time()}
        program.shutdown()
    return times


def _start_window(started: float) -> dict[str, float]:
    from PySide6.QtWidgets import QApplication, QMainWindow

    qt = QApplication(sys.argv[:1])
    window = QMainWindow()
    window.show()
    qt.processEvents()
    window.grab()
    return {"window": time.time() - started, "cpu": time.process_time()}


def main() -> None:
    """Be the process that is started, and say when it was where."""
    started, what, *rest = sys.argv[1:]
    if what == "window":
        times = _start_window(float(started))
    else:
        times = _start_program(float(started), Path(rest[0]), int(rest[1]))
    print(json.dumps(times))


if __name__ == "__main__":
    main()
