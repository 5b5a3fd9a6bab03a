"""Publishing: giving an event that was made on this computer a server above it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QDialog, QDialogButtonBox, QFormLayout, QLineEdit, QVBoxLayout, QWidget

from models.errors import UsherError
from ui.theme import Theme
from ui.theme.style import set_look
from ui.widgets.buttons import Button, ButtonKind
from ui.widgets.cards import wrapped
from ui.widgets.fitting import fit_height

Publish = Callable[[str, str, str, str, Callable[[], None], Callable[[UsherError], None]], None]
"""Publishes at an address with a login, a password and a fingerprint (or nothing); answers when it is done, or with
an error."""

_WIDTH = 480
_FIELD_HEIGHT = 32
_ABOUT_CERTIFICATES = frozenset({"unknown_certificate", "wrong_certificate", "bad_fingerprint"})


class PublishDialog(QDialog):
    """Asks for a server's address and a login there; for a fingerprint only where nobody vouches for the server."""

    def __init__(self, theme: Theme, publish: Publish, parent: QWidget | None = None) -> None:
        """``publish`` does the work away from the screen."""
        super().__init__(parent)
        self._publish = publish
        self.setWindowTitle(self.tr("Connect to a server"))
        self.address = QLineEdit()
        self.address.setPlaceholderText("https://usher.example")
        self.login = QLineEdit()
        self.password = QLineEdit()
        self.password.setEchoMode(QLineEdit.EchoMode.Password)
        self.go = Button(theme, self.tr("Connect"), ButtonKind.PRIMARY, "cloud-check")
        # Only such a button stays the one that Enter presses.
        self.go.setAutoDefault(True)
        self.go.setDefault(True)
        self.go.clicked.connect(self._on_go_clicked)
        self.sentence = wrapped(
            self.tr("The event stays on this laptop. The server hands it to doors and organizers elsewhere."), "muted"
        )
        self.fingerprint = QLineEdit()
        self.fingerprint.setPlaceholderText(self.tr("64 digits and letters"))
        self.fingerprint_hint = wrapped(
            self.tr("If the server made its certificate itself: ask who runs it for the SHA-256 fingerprint."), "muted"
        )
        self._form = form = QFormLayout()
        form.setSpacing(12)
        form.addRow(self.tr("Server"), self.address)
        form.addRow(self.tr("Name, e-mail or phone"), self.login)
        form.addRow(self.tr("Password"), self.password)
        form.addRow(self.tr("Fingerprint"), self.fingerprint)
        for field in (self.address, self.login, self.password, self.fingerprint):
            # In the middle of its field, as on the start page.
            form.labelForField(field).setMinimumHeight(_FIELD_HEIGHT)
        form.addRow(self.fingerprint_hint)
        for part in (self.fingerprint, self.fingerprint_hint):
            form.setRowVisible(part, False)
        buttons = QDialogButtonBox()
        buttons.addButton(self.go, QDialogButtonBox.ButtonRole.ActionRole)
        buttons.addButton(QDialogButtonBox.StandardButton.Cancel)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 24, 24, 24)
        column.setSpacing(16)
        column.addWidget(self.sentence)
        column.addLayout(form)
        column.addWidget(buttons)
        fit_height(self, _WIDTH)

    def _on_go_clicked(self) -> None:
        self.go.setEnabled(False)
        self._say(self.tr("Connecting…"), "muted")
        self._publish(
            self.address.text(),
            self.login.text(),
            self.password.text(),
            self.fingerprint.text(),
            self.accept,
            self._on_failed,
        )

    def _on_failed(self, error: UsherError) -> None:
        self.go.setEnabled(True)
        if error.code in _ABOUT_CERTIFICATES:
            for part in (self.fingerprint, self.fingerprint_hint):
                self._form.setRowVisible(part, True)
            self.fingerprint.setFocus()
        else:
            # Disabled meanwhile, the button lost the keyboard.
            field = self.password if error.code == "wrong_login" else self.address
            field.selectAll()
            field.setFocus()
        self._say(error.message, "problem")

    def _say(self, sentence: str, look: str) -> None:
        self.sentence.setText(sentence)
        set_look(self.sentence, "look", look)
        fit_height(self, self.width())
