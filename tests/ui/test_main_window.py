"""The window and its frame."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QApplication, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from ui.main_window import MainWindow
from ui.theme import Theme
from ui.widgets.chips import Tone
from ui.widgets.header import mark_icon, mark_primary


@pytest.fixture
def window(theme: Theme, qtbot: QtBot) -> MainWindow:
    window = MainWindow(theme)
    qtbot.addWidget(window)
    window.add_page("guests", "Guests", "guests", QLineEdit(), "Ctrl+1")
    window.add_page("tables", "Tables", "tables", QWidget(), "Ctrl+2")
    window.resize(1280, 720)
    window.show()
    qtbot.waitExposed(window)
    return window


def test_the_first_page_is_shown_first(window: MainWindow) -> None:
    assert window.current_page == "guests"
    assert window.rail.entry("guests").isChecked()


def test_the_rail_and_the_shortcut_lead_to_a_page(window: MainWindow, qtbot: QtBot) -> None:
    with qtbot.waitSignal(window.page_changed) as changed:
        qtbot.mouseClick(window.rail.entry("tables"), Qt.MouseButton.LeftButton)
    assert changed.args == ["tables"]

    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    qtbot.keyClick(window, Qt.Key.Key_1, Qt.KeyboardModifier.ControlModifier)
    assert window.current_page == "guests"


def test_the_header_shows_the_actions_of_the_page(window: MainWindow) -> None:
    add = mark_primary(QAction("Add guest", window))
    window.set_header_actions("guests", [QAction("Import…", window), add])
    assert [button.text() for button in window.header.buttons] == ["Import…", "Add guest"]
    assert window.header.buttons[1].property("kind") == "primary"

    window.show_page("tables")
    assert window.header.buttons == []
    window.show_page("guests")
    assert len(window.header.buttons) == 2


def test_a_full_screen_hides_the_frame_until_a_page_is_shown(window: MainWindow, qtbot: QtBot) -> None:
    door = QWidget()
    window.show_full(door)
    assert door.isVisible()
    assert not window.rail.isVisible()
    assert door.height() == window.height()
    assert window.current_page == ""

    window.show_page("tables")
    assert window.rail.isVisible()
    assert not door.isVisible()


def test_the_title_names_the_event(window: MainWindow) -> None:
    window.set_title("Harbour Foundation Gala", "Sat 12 Dec 2026 · 18:30")

    assert window.header.title == "Harbour Foundation Gala"
    assert window.windowTitle() == "Harbour Foundation Gala – Usher"


def test_a_message_lies_above_the_status_line_and_takes_no_focus(window: MainWindow, qtbot: QtBot) -> None:
    window.activateWindow()
    window.show_page("guests")
    field = window.findChild(QLineEdit)
    assert field is not None
    qtbot.waitUntil(field.hasFocus)
    done: list[bool] = []
    undo = QAction("Undo", window)
    undo.triggered.connect(lambda: done.append(True))
    window.show_message("Table 4 was moved.", Tone.OK, undo)

    QApplication.processEvents()
    assert field.hasFocus()
    assert window.toast.isVisible()
    assert window.toast.accessibleName() == "Table 4 was moved."
    assert window.toast.geometry().bottom() < window.status_line.mapTo(window, window.rect().topLeft()).y()
    button = next(b for b in window.toast.findChildren(QWidget) if b.property("kind") == "quiet")
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert done == [True]
    assert window.toast.message is None


def test_a_long_message_stays_inside_a_small_window(window: MainWindow) -> None:
    window.show_message("Row 14 of guests.csv has no name: it was left out. " * 4, Tone.BAD)
    window.resize(640, 360)

    assert window.rect().contains(window.toast.geometry())


def test_closing_asks_first_and_tells_afterwards(window: MainWindow, qtbot: QtBot) -> None:
    answers = [False, True]
    window.set_can_close(lambda: answers.pop(0))
    with qtbot.assertNotEmitted(window.closing):
        window.close()
    assert window.isVisible()

    with qtbot.waitSignal(window.closing):
        window.close()
    assert not window.isVisible()


def test_another_event_brings_its_own_pages(window: MainWindow) -> None:
    window.clear_pages()
    window.add_page("guests", "Guests", "guests", QWidget(), "Ctrl+1")

    assert window.current_page == "guests"
    with pytest.raises(KeyError):
        window.show_page("tables")


def test_a_screen_has_an_entry_and_the_way_back_leads_to_the_page_before(window: MainWindow, qtbot: QtBot) -> None:
    door = QWidget()
    window.add_screen("door", "Door", "door-in", "Ctrl+4")
    window.screen_chosen.connect(lambda _key: window.show_full(door))
    window.show_page("tables")
    with qtbot.waitSignal(window.screen_chosen) as chosen:
        qtbot.mouseClick(window.rail.entry("door"), Qt.MouseButton.LeftButton)
    assert chosen.args == ["door"]
    assert door.isVisible()

    window.show_last_page()
    assert window.current_page == "tables"
    assert window.rail.entry("tables").isChecked()
    assert not window.rail.entry("door").isChecked()


def test_the_place_gives_way_before_the_title_does(window: MainWindow) -> None:
    window.set_title("Harbour Foundation Gala", "Sat 12 Dec 2026 · 18:30 · Old Customs House, Cais da Lanterna 14")
    texts = (
        "Undo seat a household of seven at the table by the window",
        "Tickets…",
        "Pair a device…",
        "Server…",
        "Export",
        "Import…",
    )
    window.set_header_actions("guests", [QAction(text, window) for text in texts])
    window.resize(1280, 720)
    QApplication.processEvents()
    title = window.header._title
    assert title.width() >= title.fontMetrics().horizontalAdvance(title.text())
    assert window.header._subtitle.width() < window.header._subtitle.sizeHint().width()
    assert all(button.geometry().right() <= window.header.width() for button in window.header.buttons)


def test_a_message_over_a_full_screen_leaves_its_foot_free(window: MainWindow) -> None:
    window.show_full(QWidget(), foot=40)
    window.show_message("The connection is back.")
    QApplication.processEvents()
    assert window.toast.geometry().bottom() < window.height() - 40


def test_an_action_can_be_shown_by_its_icon_alone(window: MainWindow) -> None:
    more = mark_icon(QAction("More", window))
    window.set_header_actions("guests", [more])
    (button,) = window.header.buttons
    assert button.toolButtonStyle() is Qt.ToolButtonStyle.ToolButtonIconOnly
    assert button.accessibleName() == "More"


def test_the_shortcuts_of_one_event_do_not_outlive_it(window: MainWindow) -> None:
    window.addAction(QAction("Undo", window))
    window.clear_pages()
    assert window.actions() == []
