"""Tests of Ctrl+C in a program that waits inside Qt."""

import signal
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest
from pytestqt.qtbot import QtBot

from desktop.interrupts import Interrupts


@pytest.fixture
def interrupts(qapp: object) -> Iterator[Interrupts]:
    with Interrupts() as interrupts:
        yield interrupts


@pytest.mark.parametrize("wish", [signal.SIGINT, signal.SIGTERM])
def test_a_program_that_waits_hears_that_it_shall_end(
    interrupts: Interrupts, qtbot: QtBot, wish: signal.Signals
) -> None:
    later = threading.Timer(0.05, signal.raise_signal, [wish])

    with qtbot.waitSignal(interrupts.interrupted, timeout=2000):
        later.start()

    later.join()


def test_asked_a_second_time_the_process_ends() -> None:
    program = (
        "import signal, threading; from PySide6.QtCore import QCoreApplication;"
        "from desktop.interrupts import Interrupts;"
        "app = QCoreApplication([]); interrupts = Interrupts();"
        "interrupts.interrupted.connect(lambda: threading.Timer(0.05, signal.raise_signal, [signal.SIGINT]).start());"
        "threading.Timer(0.05, signal.raise_signal, [signal.SIGINT]).start(); app.exec()"
    )

    result = subprocess.run([sys.executable, "-c", program], check=False, timeout=60)

    assert result.returncode != 0


def test_closing_gives_the_signals_back(qapp: object) -> None:
    before = [signal.getsignal(wish) for wish in (signal.SIGINT, signal.SIGTERM)]
    interrupts = Interrupts()
    during = [signal.getsignal(wish) for wish in (signal.SIGINT, signal.SIGTERM)]
    interrupts.close()
    interrupts.close()

    assert [signal.getsignal(wish) for wish in (signal.SIGINT, signal.SIGTERM)] == before
    assert all(now != then for now, then in zip(during, before, strict=True))
    assert signal.set_wakeup_fd(-1) == -1
