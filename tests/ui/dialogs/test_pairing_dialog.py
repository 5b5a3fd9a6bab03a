"""The dialog that pairs a device."""

from collections.abc import Callable

import pytest
from PySide6.QtGui import QColor, QGuiApplication
from pytestqt.qtbot import QtBot

from models.errors import SyncError, UsherError
from models.events import Role
from ui.dialogs.pairing_dialog import PairingDialog
from ui.theme import Theme

CODE = "usher:https://venue.example:8443#K7Q2M9XA#" + "0f" * 32


class Asked:
    """Keeps what was asked for, and answers when a test does."""

    def __init__(self) -> None:
        self.wanted: list[tuple[Role, str | None]] = []
        self.done: Callable[[str], None] = lambda _text: None
        self.failed: Callable[[UsherError], None] = lambda _error: None

    def __call__(
        self, role: Role, door_id: str | None, done: Callable[[str], None], failed: Callable[[UsherError], None]
    ) -> None:
        self.wanted.append((role, door_id))
        self.done, self.failed = done, failed


@pytest.fixture
def asked() -> Asked:
    return Asked()


@pytest.fixture
def dialog(theme: Theme, qtbot: QtBot, asked: Asked) -> PairingDialog:
    dialog = PairingDialog(theme, [("north-id", "North"), ("garden-id", "Garden")], asked)
    qtbot.addWidget(dialog)
    dialog.open()
    return dialog


def test_it_offers_each_door_and_another_organizer(dialog: PairingDialog, asked: Asked) -> None:
    texts = [dialog.choice.itemText(place) for place in range(dialog.choice.count())]
    assert texts == ["Door: North", "Door: Garden", "Another organizer's laptop"]
    for place in (1, 2):
        dialog.choice.setCurrentIndex(place)
        dialog.make.click()
        asked.done(CODE)
    assert asked.wanted == [(Role.DOOR, "garden-id"), (Role.ORGANIZER, None)]


def test_a_code_is_shown_as_text_and_as_a_picture(dialog: PairingDialog, asked: Asked) -> None:
    dialog.make.click()
    assert not dialog.make.isEnabled()
    asked.done(CODE)

    assert dialog.code.text() == CODE
    assert dialog.make.isEnabled()
    picture = dialog.picture.grab().toImage()
    colours = {QColor(picture.pixel(x, 130)).lightness() for x in range(10, 250)}
    assert min(colours) == 0
    assert max(colours) == 255


def test_a_code_is_copied(dialog: PairingDialog, asked: Asked) -> None:
    assert not dialog.copy_button.isEnabled()
    dialog.make.click()
    asked.done(CODE)
    dialog.copy_button.click()
    assert QGuiApplication.clipboard().text() == CODE


def test_a_server_that_is_away_is_told_and_can_be_asked_again(dialog: PairingDialog, asked: Asked) -> None:
    dialog.make.click()
    asked.failed(SyncError("away", "The server cannot be reached: it is tried again."))
    assert dialog.sentence.text() == "The server cannot be reached: it is tried again."
    assert dialog.make.isEnabled()
    dialog.make.click()
    asked.done(CODE)
    assert dialog.sentence.text().startswith("This code works once")
