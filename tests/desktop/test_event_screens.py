"""The screens of an open event: an organizer's pages with their surroundings, and the way to the door and back."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QToolButton
from pytestqt.qtbot import QtBot
from sqlalchemy import func, select

from desktop.application import Program
from desktop.camera_worker import Recording
from models.ids import new_id
from models.invitations import Attendee
from models.people import Guest
from tests.desktop.conftest import in_step, message
from tests.helpers.events import an_entry
from ui.dialogs.duplicate_dialog import DuplicateDialog
from ui.dialogs.pairing_dialog import PairingDialog
from ui.theme import ThemeMode
from ui.widgets.status_line import Connection


@pytest.fixture
def gala(program: Program) -> Program:
    """The program with the sample open."""
    program.open_sample()
    return program


def _guests(program: Program) -> int:
    assert program.opened is not None
    with program.opened.copy.read() as connection:
        return connection.scalar(select(func.count()).select_from(Guest)) or 0


def test_every_page_has_its_actions_and_the_menu(gala: Program) -> None:
    texts = {}
    for page in ("guests", "tables", "conflicts"):
        gala.window.show_page(page)
        texts[page] = [button.text() for button in gala.window.header.buttons]
    assert texts["tables"] == ["Undo", "Redo", "Tickets…", "Pair a device…", "Server…", "More"]
    assert texts["conflicts"] == ["Undo", "Redo", "More"]
    assert texts["guests"][0] == "Undo"
    assert texts["guests"][-1] == "More"
    assert gala.window.header.buttons[-1].toolButtonStyle() is Qt.ToolButtonStyle.ToolButtonIconOnly


def test_a_long_step_of_undo_leaves_the_title_readable(gala: Program) -> None:
    assert gala.opened is not None
    gala.window.resize(1280, 720)
    gala.window.header.buttons[0].setText("Undo seat the whole of a very long household at the table by the window")
    gala.window.show_page("guests")
    title = gala.window.header._title
    full = title.fontMetrics().horizontalAdvance(title.text())
    assert title.width() >= full
    assert gala.window.width() == 1280


def test_the_door_is_an_entry_of_the_rail_with_a_way_back(gala: Program, qtbot: QtBot) -> None:
    assert gala.screens is not None
    door = gala.screens.door
    gala.window.show_page("tables")
    qtbot.mouseClick(gala.window.rail.entry("door"), Qt.MouseButton.LeftButton)
    assert door.isVisible()
    assert door.header.back.isVisible()
    assert gala.window.current_page == ""

    qtbot.mouseClick(door.header.back, Qt.MouseButton.LeftButton)
    assert gala.window.current_page == "tables"
    assert gala.window.rail.entry("tables").isChecked()
    assert not door.isVisible()


def test_escape_clears_at_the_door_and_never_leaves_it(gala: Program, qtbot: QtBot) -> None:
    assert gala.screens is not None
    door = gala.screens.door
    gala.screens.show_door()
    qtbot.keyClicks(door.search, "Am")
    for _ in range(3):
        qtbot.keyClick(door.search, Qt.Key.Key_Escape)
    assert door.search.text() == ""
    assert door.isVisible()


def test_leaving_the_door_lets_go_of_the_camera(gala: Program, qtbot: QtBot, tmp_path: Path) -> None:
    assert gala.screens is not None
    camera = gala.screens.camera
    gala.screens.show_door()
    camera.watch(Recording(tmp_path / "nothing.avi"))
    assert camera.feed.is_running
    gala.window.show_page("conflicts")
    assert not camera.feed.is_running
    gala.screens.show_door()
    gala.close_event()
    assert not camera.feed.is_running


def test_at_the_door_the_undo_of_planning_is_out_of_reach(gala: Program) -> None:
    assert gala.screens is not None
    undo = gala.screens._undo
    assert set(undo) <= set(gala.window.actions())
    gala.screens.show_door()
    assert not set(undo) & set(gala.window.actions())
    gala.window.show_last_page()
    assert set(undo) <= set(gala.window.actions())


def test_open_conflicts_are_counted_at_their_entry(gala: Program, qtbot: QtBot) -> None:
    in_step(gala, qtbot)
    assert gala.opened is not None
    assert gala.window.rail.entry("conflicts").badge == 0
    copy = gala.opened.copy
    with copy.read() as connection:
        guest = connection.scalars(select(Attendee.id)).first()
    assert guest is not None
    for _ in range(2):
        # Two doors that did not hear of each other.
        copy.run(an_entry(guest, new_id()))
    assert gala.opened.sync is not None
    gala.opened.sync.wake()
    qtbot.waitUntil(lambda: gala.window.rail.entry("conflicts").badge == 1, timeout=10_000)


def test_the_facts_belong_to_the_page(gala: Program, qtbot: QtBot) -> None:
    line = gala.window.status_line
    gala.window.show_page("tables")
    qtbot.waitUntil(lambda: any("seated" in fact.text() for fact in line._facts if fact.isVisible()))
    gala.window.show_page("conflicts")
    assert not any(fact.isVisible() for fact in line._facts)


def test_the_menu_closes_the_event(gala: Program, qtbot: QtBot) -> None:
    assert gala.screens is not None
    gala.screens.menu.leave.trigger()
    qtbot.waitUntil(lambda: gala.opened is None)
    assert gala.start_page.isVisible()
    assert gala.window.actions() == []


def test_the_shortcut_closes_the_event_from_the_door_too(gala: Program, qtbot: QtBot) -> None:
    assert gala.screens is not None
    gala.screens.show_door()
    gala.window.activateWindow()
    qtbot.keyClick(gala.window, Qt.Key.Key_W, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: gala.opened is None)


def test_the_menu_changes_the_colours(gala: Program) -> None:
    assert gala.screens is not None
    gala.theme.set_mode(ThemeMode.LIGHT)
    assert gala.screens.menu.colours.text() == "Dark colours"
    gala.screens.menu.colours.trigger()
    assert gala.theme.mode is ThemeMode.DARK
    assert gala.screens.menu.colours.text() == "Light colours"
    gala.theme.set_mode(ThemeMode.LIGHT)


def test_an_event_is_saved_to_a_file_and_restored_from_the_start_page(
    gala: Program, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = str(tmp_path / "gala")
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (chosen, ""))
    assert gala.screens is not None
    gala.screens.menu.save.trigger()
    qtbot.waitUntil(lambda: message(gala) == "The whole event is in “gala.usher-event”.", timeout=10_000)
    gala.close_event()

    gala.start_page.file_requested.emit(tmp_path / "gala.usher-event")
    qtbot.waitUntil(lambda: gala.opened is not None, timeout=20_000)
    assert gala.opened is not None
    assert gala.opened.path.name == "Harbour Foundation Gala 2.usher"
    assert gala.opened.is_ours
    assert _guests(gala) == 240
    in_step(gala, qtbot)


def test_a_place_that_cannot_be_written_is_told(gala: Program, qtbot: QtBot, tmp_path: Path) -> None:
    assert gala.screens is not None
    gala.screens.menu.save_to(tmp_path / "no such folder" / "gala.usher-event")
    qtbot.waitUntil(lambda: "cannot be written: choose another folder" in message(gala))


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "“saved.usher-event” is no saved Usher event: choose a “.usher-event” file."),
        (b"\x1f\x8b\x08", "“saved.usher-event” is damaged or incomplete: use another copy of the file."),
    ],
)
def test_a_saved_event_that_cannot_be_read_is_told(
    program: Program, qtbot: QtBot, tmp_path: Path, content: bytes, sentence: str
) -> None:
    saved = tmp_path / "saved.usher-event"
    saved.write_bytes(content)
    program.open_file(saved)
    qtbot.waitUntil(lambda: message(program) == sentence)
    assert list(program._paths.events.iterdir()) == []


def test_a_duplicate_is_made_from_the_menu_and_opened(gala: Program, qtbot: QtBot) -> None:
    assert gala.screens is not None
    assert gala.opened is not None
    before = gala.opened.path
    gala.screens.menu.duplicate.trigger()
    dialog = gala.screens.dialog
    assert isinstance(dialog, DuplicateDialog)
    assert dialog.title_field.text() == "Harbour Foundation Gala"
    dialog.title_field.setText("Spring gala")
    dialog.go.click()

    qtbot.waitUntil(lambda: gala.window.header.title == "Spring gala", timeout=20_000)
    assert gala.opened.path != before
    assert gala.opened.read_facts().starts_at.astimezone(UTC) == datetime(2027, 12, 11, 18, 30, tzinfo=UTC)
    assert _guests(gala) == 240
    in_step(gala, qtbot)
    gala.open_file(before)
    assert gala.window.header.title == "Harbour Foundation Gala"


def test_another_dialog_takes_the_place_of_the_one_that_is_open(gala: Program, qtbot: QtBot) -> None:
    assert gala.screens is not None
    gala.screens.open_publishing()
    first = gala.screens.dialog
    gala.screens.open_pairing()
    second = gala.screens.dialog
    assert second is not None
    assert second is not first
    assert second.isVisible()
    gala.close_event()
    assert gala.opened is None


def test_a_pairing_code_is_shown_with_its_picture(gala: Program, qtbot: QtBot) -> None:
    assert gala.screens is not None
    gala.screens.open_pairing()
    dialog = gala.screens.dialog
    assert isinstance(dialog, PairingDialog)
    dialog.make.click()
    qtbot.waitUntil(lambda: dialog.code.text().startswith("usher:http://127.0.0.1:"), timeout=10_000)


def test_a_problem_is_told_in_words_at_both_places(gala: Program, qtbot: QtBot) -> None:
    in_step(gala, qtbot)
    assert gala.opened is not None
    assert gala.opened.hub is not None
    assert gala.screens is not None
    gala.opened.hub.problem = "The rights were taken away."
    gala.opened._tell_standing()
    assert gala.window.status_line.connection is Connection.PROBLEM
    assert gala.window.status_line.text == "The rights were taken away."
    assert gala.screens.door.header.connection.text() == "The rights were taken away."


def test_the_menu_button_opens_the_menu(gala: Program) -> None:
    assert gala.screens is not None
    button = gala.window.header.buttons[-1]
    assert button.menu() is gala.screens.menu.menu
    assert button.popupMode() is QToolButton.ToolButtonPopupMode.InstantPopup
    assert [action.text() for action in button.menu().actions() if not action.isSeparator()] == [
        "Save event to a file…",
        "Duplicate event…",
        "Devices…",
        "Erase guest…",
        gala.screens.menu.colours.text(),
        "Close event",
        "Remove from this laptop…",
    ]
