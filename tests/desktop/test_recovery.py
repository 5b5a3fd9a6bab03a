"""A damaged copy in the real program: said, recovered from its server by a click, with what was done here."""

import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot
from sqlalchemy import func, select

from desktop.application import Program
from models.people import Guest
from sync.server.running import RunningServer
from tests.desktop.conftest import StartProgram, admit_offline, in_step, join, message, pairing_code
from tests.helpers.servers import running_server
from ui.widgets.buttons import ActionButton

PAGE = 4096
TEXT = "is damaged or no Usher event"


def _overwrite_table(path: Path, name: str) -> None:
    """Overwrite the first page of a table's tree, as a bad disk would."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        root = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (name,)).fetchone()[0]
    with path.open("r+b") as file:
        file.seek((root - 1) * PAGE)
        file.write(b"\xa5" * PAGE)


def _press(program: Program, text: str, qtbot: QtBot) -> None:
    button = next(one for one in program.window.toast.findChildren(ActionButton) if one.text() == text)
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def _guests(program: Program) -> int:
    assert program.opened is not None
    with program.opened.copy.read() as connection:
        return connection.scalar(select(func.count()).select_from(Guest)) or 0


def _door_with_work(start: StartProgram, office: Program, qtbot: QtBot) -> tuple[Program, Path, list[str]]:
    """Join a door, work there while the server is away, and damage the door's file."""
    door = start("door")
    path = join(door, pairing_code(office), qtbot)
    made = admit_offline(door, 5)
    _overwrite_table(path, "guests")
    return door, path, made


def _logged(server: RunningServer) -> list[str]:
    with server.service.database.read() as connection:
        return [op_id for (op_id,) in connection.exec_driver_sql("SELECT op_id FROM event_log")]


def test_a_damaged_copy_is_recovered_from_its_server_with_what_was_done_here(
    start: StartProgram, office: Program, server: RunningServer, qtbot: QtBot
) -> None:
    door, path, made = _door_with_work(start, office, qtbot)
    damaged = path.read_bytes()
    assert not set(made) & set(_logged(server))

    door.open_file(path)
    qtbot.waitUntil(lambda: TEXT in message(door), timeout=10_000)
    assert message(door).startswith("“Harbour Foundation Gala” is damaged")
    _press(door, "Recover it", qtbot)
    qtbot.waitUntil(lambda: door.opened is not None and "was damaged" in message(door), timeout=20_000)

    assert message(door).startswith("“Harbour Foundation Gala” was damaged: 5 changes made here could be saved")
    assert path.name not in message(door)
    assert _guests(door) == 240
    assert set(made) <= set(_logged(server))
    in_step(door, qtbot)
    assert path.with_name(f"{path.name}.damaged").read_bytes() == damaged


def test_without_the_server_the_damaged_file_stays_and_can_be_tried_again(
    start: StartProgram, office: Program, server: RunningServer, qtbot: QtBot
) -> None:
    door, path, made = _door_with_work(start, office, qtbot)
    damaged = path.read_bytes()
    server.stop()
    door.recover(path)
    qtbot.waitUntil(lambda: "cannot be reached" in message(door), timeout=20_000)
    assert path.read_bytes() == damaged
    assert door.opened is None
    port = urlsplit(server.url).port
    assert server.service.database.url.database is not None
    with running_server(Path(server.service.database.url.database), port=port) as back:
        _press(door, "Try again", qtbot)
        qtbot.waitUntil(lambda: door.opened is not None, timeout=20_000)
        assert set(made) <= set(_logged(back))
        door.close_event()


def test_an_event_that_was_made_here_is_recovered_from_its_own_hub(program: Program, qtbot: QtBot) -> None:
    program.open_sample()
    in_step(program, qtbot)
    assert program.opened is not None
    path = program.opened.path
    program.close_event()
    _overwrite_table(path, "guests")

    program.open_file(path)
    qtbot.waitUntil(lambda: TEXT in message(program), timeout=10_000)
    _press(program, "Recover it", qtbot)
    qtbot.waitUntil(lambda: program.opened is not None and "was damaged" in message(program), timeout=20_000)

    assert _guests(program) == 240
    in_step(program, qtbot)


def test_a_file_that_says_nothing_of_its_owner_is_kept_and_nothing_more_is_offered(
    program: Program, tmp_path: Path, qtbot: QtBot
) -> None:
    path = tmp_path / "gala.usher"
    path.write_bytes(b"\xa5" * 8 * PAGE)
    program.open_file(path)
    assert TEXT in message(program)
    _press(program, "Recover it", qtbot)
    qtbot.waitUntil(lambda: "too damaged to be read" in message(program), timeout=10_000)
    toast = program.window.toast.message
    assert toast is not None
    assert toast.action is None
    assert path.read_bytes() == b"\xa5" * 8 * PAGE
