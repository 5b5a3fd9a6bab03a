"""Removing an event in the real program: asked about, closed, wiped, gone from the list."""

from contextlib import closing
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from desktop.application import Program
from desktop.open_event import OpenEvent
from models.event_files import restore_event
from models.ids import new_id
from models.operations.events import AddDoor
from sync.client.loop import Reach
from sync.server.running import RunningServer
from tests.desktop.conftest import StartProgram, end, in_step, message
from tests.helpers.devices import PASSWORD
from ui.dialogs.removal_dialog import RemovalDialog

NAME = "Maja Lindqvist"


def _published(program: Program, server: RunningServer, qtbot: QtBot) -> Path:
    program.open_sample()
    assert program.opened is not None
    program.opened.publish(server.url, "ada", PASSWORD)
    hub = program.opened.hub.server.service.hub if program.opened.hub is not None else None
    assert hub is not None
    qtbot.waitUntil(lambda: not hub.waiting(), timeout=15_000)
    in_step(program, qtbot)
    return program.opened.path


def _ask(program: Program) -> RemovalDialog:
    assert program.screens is not None
    program.screens.menu.remove.trigger()
    dialog = program.removal.dialog
    assert dialog is not None
    assert dialog.isVisible()
    return dialog


def _add_door(program: Program) -> None:
    assert program.opened is not None
    program.opened.workspace.actions.perform("Add a door", [AddDoor(door_id=new_id(), door_name="Side door")])


def _one_change_waits(program: Program, server: RunningServer, qtbot: QtBot) -> OpenEvent:
    """Do something while the server is away."""
    server.stop()
    _add_door(program)
    assert program.opened is not None
    event = program.opened
    qtbot.waitUntil(lambda: event.standing.reach is Reach.OFFLINE and event.standing.waiting == 1, timeout=15_000)
    return event


def _names_left(folder: Path) -> list[str]:
    return [one.name for one in folder.rglob("*") if one.is_file() and NAME.encode() in one.read_bytes()]


def test_an_event_that_is_handed_on_leaves_with_every_name_and_its_place_in_the_list(
    program: Program, server: RunningServer, tmp_path: Path, qtbot: QtBot
) -> None:
    path = _published(program, server, qtbot)
    assert _names_left(tmp_path / "office")
    dialog = _ask(program)
    assert "Harbour Foundation Gala" in dialog.question.text()

    qtbot.mouseClick(dialog.remove, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: program.removal.dialog is None, timeout=15_000)

    assert not path.exists()
    assert _names_left(tmp_path / "office") == []
    assert program.opened is None
    assert program.window.current_page == ""
    assert program.start_page.recent.cards == []
    assert message(program) == "“Harbour Foundation Gala” is gone from this laptop."


def test_an_event_on_no_server_goes_once_it_is_saved_and_comes_back_from_its_file(
    program: Program, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    program.open_sample()
    assert program.opened is not None
    path = program.opened.path
    saved = tmp_path / "gala.usher-event"
    chosen = [("", ""), (str(saved), "")]
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: chosen.pop(0))
    dialog = _ask(program)

    qtbot.mouseClick(dialog.save_first, Qt.MouseButton.LeftButton)
    assert path.exists()
    assert program.opened is not None
    qtbot.mouseClick(dialog.save_first, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: program.removal.dialog is None, timeout=15_000)

    assert not path.exists()
    assert _names_left(tmp_path / "office") == []
    with closing(restore_event(saved, tmp_path / "back.usher")) as back, back.read() as connection:
        assert NAME in connection.exec_driver_sql("SELECT name FROM guests").scalars().all()


def test_while_something_waits_it_is_counted_and_the_event_stays(
    program: Program, server: RunningServer, qtbot: QtBot
) -> None:
    path = _published(program, server, qtbot)
    event = _one_change_waits(program, server, qtbot)

    dialog = _ask(program)
    assert dialog.sentence.text() == "1 change waits here for the server: connect and let it go out first."
    assert not dialog.remove.isEnabled()
    dialog.cancel.click()
    assert path.exists()
    assert program.opened is event


def test_what_waits_can_be_saved_to_a_file_first(
    program: Program, server: RunningServer, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = _published(program, server, qtbot)
    event = _one_change_waits(program, server, qtbot)
    saved = tmp_path / "waiting"
    chosen = [("", ""), (str(saved), "")]
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: chosen.pop(0))
    dialog = _ask(program)

    qtbot.mouseClick(dialog.save_first, Qt.MouseButton.LeftButton)
    assert dialog.save_first.isEnabled()
    assert program.opened is event
    qtbot.mouseClick(dialog.save_first, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: program.removal.dialog is None, timeout=15_000)

    assert not path.exists()
    assert "Side door" in saved.with_name("waiting.usher-changes").read_text(encoding="utf-8")


def test_what_goes_out_while_the_dialog_asks_opens_the_way(
    program: Program, server: RunningServer, qtbot: QtBot
) -> None:
    _published(program, server, qtbot)
    assert program.opened is not None
    dialog = _ask(program)
    dialog.show_waiting(2)
    assert not dialog.remove.isEnabled()
    assert program.opened.sync is not None
    program.opened.sync.wake()
    qtbot.waitUntil(dialog.remove.isEnabled, timeout=10_000)


def test_what_fails_is_said_and_the_event_opens_again(
    program: Program, server: RunningServer, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = _published(program, server, qtbot)

    def refuse(_path: Path) -> None:
        raise PermissionError("in use")

    monkeypatch.setattr("desktop.removal.wipe_file", refuse)
    dialog = _ask(program)
    qtbot.mouseClick(dialog.remove, Qt.MouseButton.LeftButton)
    assert not dialog.cancel.isEnabled()
    qtbot.waitUntil(lambda: "could not be removed whole" in dialog.sentence.text(), timeout=10_000)
    assert program.opened is None

    qtbot.mouseClick(dialog.cancel, Qt.MouseButton.LeftButton)
    assert program.opened is not None
    assert program.opened.path == path


def test_a_closed_event_is_removed_from_the_list_of_the_start_page(
    program: Program, server: RunningServer, tmp_path: Path, qtbot: QtBot
) -> None:
    path = _published(program, server, qtbot)
    program.close_event()
    (card,) = program.start_page.recent.cards
    menu = program.start_page.recent.menu_of(card)
    menu.actions()[-1].trigger()
    qtbot.waitUntil(lambda: program.removal.dialog is not None, timeout=10_000)
    dialog = program.removal.dialog
    assert dialog is not None
    qtbot.mouseClick(dialog.remove, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not path.exists() and program.removal.dialog is None, timeout=10_000)
    assert program.start_page.recent.cards == []
    assert _names_left(tmp_path / "office") == []


def test_closing_the_program_takes_the_question_back(start: StartProgram, server: RunningServer, qtbot: QtBot) -> None:
    program = start("office")
    path = _published(program, server, qtbot)
    dialog = _ask(program)
    end(program)
    assert not dialog.isVisible()
    assert path.exists()
