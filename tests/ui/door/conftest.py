"""A door's page on a real copy, shown and silent."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from tests.helpers.door_event import DoorEvent, door_event
from tests.helpers.workspace import DirectRunner
from ui.door.door_page import DoorPage
from ui.theme import Theme
from ui.workspace import Workspace


@pytest.fixture
def event(tmp_path: Path) -> Iterator[DoorEvent]:
    made = door_event(tmp_path)
    yield made
    made.copy.close()


@pytest.fixture(autouse=True)
def closed_pages_are_destroyed(qapp: QApplication) -> Iterator[None]:
    """Destroy what a test closed: without a running event loop Qt keeps it, and each new theme dresses it again."""
    yield
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


class DoorAtWork:
    """The page with a clock of its own and the keys of the person who works it."""

    def __init__(self, theme: Theme, event: DoorEvent, qtbot: QtBot, door_id: str | None = None) -> None:
        self.event = event
        self.workspace = Workspace(event.copy, DirectRunner(event.copy))
        self.page = DoorPage(theme, self.workspace, staff_name="Sam", door_id=door_id)
        self.page.sounds.set_muted(True)
        self.seconds = 100.0
        self.page.control.clock = lambda: self.seconds
        self._qtbot = qtbot
        qtbot.addWidget(self.page)
        self.page.resize(1440, 900)
        self.page.show()
        self.page.activateWindow()
        qtbot.waitExposed(self.page)

    def press(self, key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        """Press a key where the focus is, a second after the last one."""
        self.seconds += 1
        self._qtbot.keyClick(self.page.focusWidget() or self.page, key, modifier)

    def type(self, text: str) -> None:
        """Type where the focus is, as a person does."""
        for character in text:
            self.seconds += 0.3
            # QTest knows only the keys of plain letters.
            for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
                event = QKeyEvent(kind, 0, Qt.KeyboardModifier.NoModifier, character)
                QApplication.sendEvent(self.page.focusWidget() or self.page, event)

    def scan(self, text: str) -> None:
        """Type as a USB scanner does: fast, with Enter at the end."""
        for character in text:
            self.seconds += 0.005
            self._qtbot.keyClicks(self.page.focusWidget() or self.page, character)
        self.seconds += 0.005
        self._qtbot.keyClick(self.page.focusWidget() or self.page, Qt.Key.Key_Return)

    def show(self, code: str) -> None:
        """Have the camera read a code, some seconds after the last."""
        self.seconds += 10
        self.page.on_code(code)

    def search(self, text: str) -> None:
        """Type a name and wait for its results."""
        self.type(text)
        self.page.search.ask_now()

    @property
    def said(self) -> tuple[str, str, str]:
        """Tone, word and headline of the verdict."""
        words = self.page.panel.words
        return words.tone.value, words.word, words.headline

    @property
    def counts(self) -> tuple[int | None, int | None]:
        """Inside and expected, as the pills say."""
        return self.page.header.inside.count, self.page.header.expected.count

    @property
    def log(self) -> list[str]:
        """The log without its times, the newest first."""
        rows = (self.page.log.item(at).text() for at in range(self.page.log.count()))
        return [row.partition(", ")[2] for row in rows]


@pytest.fixture
def door(theme: Theme, event: DoorEvent, qtbot: QtBot) -> DoorAtWork:
    return DoorAtWork(theme, event, qtbot)
