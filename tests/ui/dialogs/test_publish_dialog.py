"""The dialog that connects an event with a server."""

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from models.errors import SyncError, UsherError
from ui.dialogs.publish_dialog import PublishDialog
from ui.theme import Theme


class Publishing:
    """Keeps what was typed, and answers when a test does."""

    def __init__(self) -> None:
        self.typed: list[tuple[str, str, str, str]] = []
        self.done: Callable[[], None] = lambda: None
        self.failed: Callable[[UsherError], None] = lambda _error: None

    def __call__(
        self,
        address: str,
        login: str,
        password: str,
        fingerprint: str,
        done: Callable[[], None],
        failed: Callable[[UsherError], None],
    ) -> None:
        self.typed.append((address, login, password, fingerprint))
        self.done, self.failed = done, failed


@pytest.fixture
def publishing() -> Publishing:
    return Publishing()


@pytest.fixture
def dialog(theme: Theme, qtbot: QtBot, publishing: Publishing) -> PublishDialog:
    dialog = PublishDialog(theme, publishing)
    qtbot.addWidget(dialog)
    dialog.open()
    dialog.address.setText("https://usher.example")
    dialog.login.setText("ada")
    dialog.password.setText("secret")
    return dialog


def test_the_password_is_not_shown(dialog: PublishDialog) -> None:
    assert dialog.password.echoMode() is QLineEdit.EchoMode.Password


def test_enter_connects_once_and_closes_when_it_is_done(
    dialog: PublishDialog, publishing: Publishing, qtbot: QtBot
) -> None:
    qtbot.keyClick(dialog.password, Qt.Key.Key_Return)
    qtbot.keyClick(dialog.password, Qt.Key.Key_Return)
    assert publishing.typed == [("https://usher.example", "ada", "secret", "")]
    assert dialog.sentence.text() == "Connecting…"

    publishing.done()
    assert not dialog.isVisible()


def test_a_refusal_is_one_sentence_and_keeps_what_was_typed(dialog: PublishDialog, publishing: Publishing) -> None:
    dialog.go.click()
    publishing.failed(SyncError("wrong_login", "The name or the password is wrong: try again."))
    assert dialog.isVisible()
    assert dialog.sentence.text() == "The name or the password is wrong: try again."
    assert dialog.password.text() == "secret"
    assert dialog.focusWidget() is dialog.password
    dialog.go.click()
    assert len(publishing.typed) == 2
    publishing.failed(SyncError("away", "The server at usher.example cannot be reached: it is tried again."))
    assert dialog.focusWidget() is dialog.address


def test_a_fingerprint_is_asked_for_only_where_nobody_vouches_for_the_server(
    dialog: PublishDialog, publishing: Publishing, qtbot: QtBot
) -> None:
    assert not dialog.fingerprint.isVisible()
    dialog.go.click()
    publishing.failed(SyncError("wrong_login", "The name or the password is wrong: try again."))
    assert not dialog.fingerprint.isVisible()

    dialog.go.click()
    publishing.failed(SyncError("unknown_certificate", "Nobody vouches for the certificate of usher.example."))
    assert dialog.fingerprint.isVisible()
    assert dialog.fingerprint_hint.isVisible()
    qtbot.keyClicks(dialog.fingerprint, "AB:CD")
    qtbot.keyClick(dialog.fingerprint, Qt.Key.Key_Return)
    assert publishing.typed[-1] == ("https://usher.example", "ada", "secret", "AB:CD")
