"""The connection panel in the real program: opened from the status line and the door, gone with its event."""

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from desktop.application import Program
from tests.desktop.conftest import in_step
from ui.dialogs.connection_panel import ConnectionPanel
from ui.widgets.status_line import Connection


def _open(program: Program, qtbot: QtBot) -> ConnectionPanel:
    assert program.screens is not None
    qtbot.mouseClick(program.window.status_line.connection_button, Qt.MouseButton.LeftButton)
    assert program.screens.connection.isVisible()
    return program.screens.connection


def test_the_status_line_opens_it_and_it_follows_the_exchange(program: Program, qtbot: QtBot) -> None:
    program.open_sample()
    panel = _open(program, qtbot)
    in_step(program, qtbot)
    qtbot.waitUntil(lambda: panel.state == "Everything is handed in.", timeout=10_000)
    assert panel.fact("server") == "this laptop"
    assert panel.fact("contact") not in ("", "not yet")


def test_try_now_makes_an_exchange(program: Program, qtbot: QtBot) -> None:
    program.open_sample()
    in_step(program, qtbot)
    assert program.opened is not None
    panel = _open(program, qtbot)
    with qtbot.waitSignal(program.opened.standing_changed, timeout=10_000):
        qtbot.mouseClick(panel.try_button, Qt.MouseButton.LeftButton)
    assert panel.try_button.text() == "Try now"


def test_at_the_door_it_gives_way_to_a_verdict(program: Program, qtbot: QtBot) -> None:
    program.open_sample()
    in_step(program, qtbot)
    assert program.screens is not None
    door, panel = program.screens.door, program.screens.connection
    program.screens.show_door()
    door.set_connection(Connection.OFFLINE, 2)
    qtbot.mouseClick(door.header.connection, Qt.MouseButton.LeftButton)
    assert panel.isVisible()
    assert panel.parentWidget() is door
    door.on_code("nonsense")
    qtbot.waitUntil(lambda: not panel.isVisible())


def test_it_goes_with_its_event_and_the_next_one_has_its_own(program: Program, qtbot: QtBot) -> None:
    program.open_sample()
    first = _open(program, qtbot)
    program.close_event()
    assert not first.isVisible()
    program.open_sample()
    second = _open(program, qtbot)
    assert second is not first
    assert program.window.findChildren(ConnectionPanel) == [second]
