"""The dialog that asks before an event leaves this computer."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QDialog
from pytestqt.qtbot import QtBot

from models.errors import StoreError, UsherError
from ui.dialogs.removal_dialog import RemovalDialog
from ui.theme import Theme


class Asked:
    """Notes which way was asked for, and answers when a test does."""

    def __init__(self) -> None:
        self.ways: list[str] = []
        self.done: Callable[[], None] = lambda: None
        self.failed: Callable[[UsherError], None] = lambda _error: None

    def way(self, name: str) -> Callable[[Callable[[], None], Callable[[UsherError], None]], None]:
        def take(done: Callable[[], None], failed: Callable[[UsherError], None]) -> None:
            self.ways.append(name)
            self.done, self.failed = done, failed

        return take


@pytest.fixture
def asked() -> Asked:
    return Asked()


def _shown(theme: Theme, qtbot: QtBot, asked: Asked, waiting: int | None) -> RemovalDialog:
    dialog = RemovalDialog(theme, "Winter gala", waiting, asked.way("remove"), asked.way("save"))
    qtbot.addWidget(dialog)
    dialog.open()
    return dialog


def test_with_nothing_waiting_one_click_removes(theme: Theme, qtbot: QtBot, asked: Asked) -> None:
    dialog = _shown(theme, qtbot, asked, 0)
    assert "Winter gala" in dialog.question.text()
    assert dialog.save_first.isHidden()
    qtbot.mouseClick(dialog.remove, Qt.MouseButton.LeftButton)
    assert asked.ways == ["remove"]
    asked.done()
    assert dialog.result() == QDialog.DialogCode.Accepted


def test_what_waits_is_counted_and_only_saving_it_first_removes(theme: Theme, qtbot: QtBot, asked: Asked) -> None:
    dialog = _shown(theme, qtbot, asked, 3)
    assert dialog.sentence.text().startswith("3 changes wait here")
    qtbot.mouseClick(dialog.remove, Qt.MouseButton.LeftButton)
    assert asked.ways == []
    qtbot.mouseClick(dialog.save_first, Qt.MouseButton.LeftButton)
    assert asked.ways == ["save"]


def test_a_failure_is_said_and_can_be_tried_again(theme: Theme, qtbot: QtBot, asked: Asked) -> None:
    dialog = _shown(theme, qtbot, asked, 0)
    qtbot.mouseClick(dialog.remove, Qt.MouseButton.LeftButton)
    assert not dialog.remove.isEnabled()
    asked.failed(StoreError("not_removed", "“gala.usher” could not be removed whole."))
    assert dialog.sentence.text() == "“gala.usher” could not be removed whole."
    assert dialog.remove.isEnabled()
    assert dialog.isVisible()
    assert dialog.focusWidget() is dialog.cancel
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    assert dialog.result() == QDialog.DialogCode.Rejected


def test_an_event_on_no_server_leaves_only_by_a_file(theme: Theme, qtbot: QtBot, asked: Asked) -> None:
    dialog = _shown(theme, qtbot, asked, None)
    assert not dialog.remove.isVisible()
    assert dialog.focusWidget() is dialog.cancel
    assert dialog.save_first.text() == "Save the event to a file and remove…"
    qtbot.mouseClick(dialog.save_first, Qt.MouseButton.LeftButton)
    assert asked.ways == ["save"]
    asked.failed(StoreError("cannot_write", "“gala.usher-event” cannot be written."))
    assert dialog.save_first.isEnabled()
    assert not dialog.remove.isVisible()


@pytest.mark.parametrize("sentence", ["Short.", "A sentence that is told again and again. " * 6])
def test_it_is_as_high_as_its_sentence_needs(theme: Theme, qtbot: QtBot, asked: Asked, sentence: str) -> None:
    dialog = _shown(theme, qtbot, asked, 0)
    qtbot.mouseClick(dialog.remove, Qt.MouseButton.LeftButton)
    asked.failed(StoreError("not_removed", sentence))
    text = dialog.sentence
    qtbot.waitUntil(lambda: text.height() == text.heightForWidth(text.width()))


@pytest.mark.parametrize(("before", "after"), [(0, 0), (0, 1), (2, 2), (2, 0)])
def test_enter_leaves_everything_as_it_is(theme: Theme, qtbot: QtBot, asked: Asked, before: int, after: int) -> None:
    dialog = _shown(theme, qtbot, asked, before)
    dialog.activateWindow()
    qtbot.waitUntil(dialog.cancel.hasFocus)
    dialog.show_waiting(after)
    QApplication.processEvents()
    assert dialog.cancel.hasFocus()
    qtbot.keyClick(dialog, Qt.Key.Key_Return)
    assert asked.ways == []
    assert dialog.result() == QDialog.DialogCode.Rejected
