"""The real program without a screen, in a home of its own, with real servers beside it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QLocale
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from desktop.application import Program
from desktop.keyring_store import FileTokenStore
from desktop.paths import Paths
from desktop.settings import SettingsFile
from models.store.database import Database
from sync.client.loop import Reach
from sync.server.running import RunningServer
from tests.helpers.devices import make_user
from tests.helpers.servers import running_server

StartProgram = Callable[..., Program]


def home_at(folder: Path) -> Paths:
    """The folders of one person, below one folder."""
    return Paths(folder / "data", folder / "config", folder / "logs")


@pytest.fixture
def crashes() -> list[BaseException]:
    """What the programs of a test reported as crashes."""
    return []


@pytest.fixture
def start(
    qapp: QApplication,
    qtbot: QtBot,
    tmp_path: Path,
    crashes: list[BaseException],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[StartProgram]:
    """Starts programs, each in the home of its name; all that still run are ended after the test."""
    # Durability has tests of its own; hundreds of waits for a disk would only make these slow.
    prepare = Database.__init__
    monkeypatch.setattr(
        Database, "__init__", lambda self, where, sides, **_: prepare(self, where, sides, synchronous="OFF")
    )
    monkeypatch.setattr("desktop.door_camera.list_cameras", list)
    before = QLocale()
    QLocale.setDefault(QLocale(QLocale.Language.English, QLocale.Country.UnitedKingdom))
    running: list[Program] = []

    def start_it(name: str = "office") -> Program:
        paths = home_at(tmp_path / name)
        tokens = FileTokenStore(paths.tokens_file)
        settings = SettingsFile(paths.settings_file)
        settings.change(theme_mode=settings.current.theme_mode, sound_on=False)
        program = Program(qapp, paths, settings, tokens, crashes.append)
        qtbot.addWidget(program.window)
        running.append(program)
        program.window.resize(1280, 720)
        program.show()
        return program

    yield start_it
    for program in running:
        end(program)
    QLocale.setDefault(before)
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    assert crashes == []


@pytest.fixture
def program(start: StartProgram) -> Program:
    """One program on its start page."""
    return start()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RunningServer]:
    """A central server with a user called ada."""
    with running_server(tmp_path / "server.sqlite") as running:
        make_user(running.service, "ada")
        yield running


def end(program: Program) -> None:
    """Close the window and end the program, as its last window closing does; twice is harmless."""
    program.window.close()
    program.shutdown()


def in_step(program: Program, qtbot: QtBot) -> None:
    """Wait until the open event is in step with its server and nothing is left to send."""

    def check() -> None:
        assert program.opened is not None
        standing = program.opened.standing
        assert (standing.reach, standing.waiting) == (Reach.IN_STEP, 0), standing

    qtbot.waitUntil(lambda: _holds(check), timeout=15_000)


def message(program: Program) -> str:
    """What the toast says now."""
    shown = program.window.toast.message
    return shown.text if shown is not None else ""


def _holds(check: Callable[[], None]) -> bool:
    try:
        check()
    except AssertionError:
        return False
    return True
