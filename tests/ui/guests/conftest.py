"""A workspace on the sample gala, and a shown guest page."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractItemView, QLineEdit
from pytestqt.qtbot import QtBot

from models.store.local_copy import LocalCopy
from tests.helpers.workspace import DirectRunner, gala_copy
from ui.guests.guests_page import GuestsPage
from ui.theme import Theme
from ui.workspace import Workspace


@pytest.fixture
def copy(tmp_path: Path) -> Iterator[LocalCopy]:
    opened = gala_copy(tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def workspace(copy: LocalCopy, qtbot: QtBot) -> Workspace:
    return Workspace(copy, DirectRunner(copy))


@pytest.fixture
def page(theme: Theme, workspace: Workspace, qtbot: QtBot) -> GuestsPage:
    shown = GuestsPage(theme, workspace)
    qtbot.addWidget(shown)
    shown.resize(1_340, 800)
    shown.work.country = "GB"
    shown.show()
    return shown


def type_into_cell(page: GuestsPage, text: str) -> None:
    """Open the current cell's editor with F2, type over what is there, and press Enter."""
    QTest.keyClick(page.view, Qt.Key.Key_F2)
    editor = open_editor(page.view)
    QTest.keyClick(editor, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClicks(editor, text)
    QTest.keyClick(editor, Qt.Key.Key_Return)
    finish_editing()


def open_editor(view: QAbstractItemView) -> QLineEdit:
    """Return the line that is being edited in a table."""
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    return next(line for line in view.viewport().findChildren(QLineEdit) if line.isVisible())


def finish_editing() -> None:
    """Let the view take the editor's value, and then the page what the view asks for: both are queued."""
    for _ in range(3):
        QCoreApplication.processEvents()
