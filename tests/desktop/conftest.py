"""The real program without a screen, in a home of its own, with real servers beside it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QLocale
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from sqlalchemy import select

from desktop.application import Program
from desktop.keyring_store import FileTokenStore
from desktop.paths import Paths
from desktop.settings import SettingsFile
from models.check_in import CheckIn
from models.events import Role
from models.invitations import Attendee
from models.store.copy_tables import OutboxRow
from models.store.database import Database
from sync.client.loop import Reach
from sync.protocol import PairingCodeRequest
from sync.server.running import RunningServer
from tests.helpers.devices import PASSWORD, make_user
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


@pytest.fixture
def office(program: Program, server: RunningServer, qtbot: QtBot) -> Program:
    """The program with the sample open, published on the server and in step."""
    program.open_sample()
    assert program.opened is not None
    program.opened.publish(server.url, "ada", PASSWORD)
    in_step(program, qtbot)
    return program


def pairing_code(program: Program, role: Role = Role.DOOR) -> str:
    """Make a code with which another program joins the open event."""
    assert program.opened is not None
    assert program.opened.hub is not None
    return str(program.opened.hub.new_pairing_code(PairingCodeRequest(role=role)))


def join(program: Program, code: str, qtbot: QtBot) -> Path:
    """Join by a code, wait until all of the event is there, and give its file."""
    program.join(code)
    qtbot.waitUntil(lambda: program.opened is not None, timeout=15_000)
    in_step(program, qtbot)
    assert program.opened is not None
    return program.opened.path


def admit_offline(program: Program, count: int) -> list[str]:
    """Let some guests in while nothing is handed on, close the event, and give the op ids."""
    assert program.opened is not None
    assert program.opened.sync is not None
    program.opened.sync.stop()
    copy = program.opened.copy
    with copy.read() as connection:
        attendees = connection.scalars(select(Attendee.id).where(Attendee.rsvp == "accepted").limit(count)).all()
    for attendee_id in attendees:
        CheckIn(copy).show_person(attendee_id)
    with copy.read() as connection:
        made = list(connection.scalars(select(OutboxRow.op_id).order_by(OutboxRow.number)))
    program.close_event()
    assert len(made) == count
    return made


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
