"""Pairing a door: a one-time code as text to type and as a QR code to hold a camera to."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPointF, QSize, Qt
from PySide6.QtGui import QGuiApplication, QPainter, QPaintEvent
from PySide6.QtWidgets import QComboBox, QDialog, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from models.errors import UsherError
from models.events import Role
from ui.printing.qr_code import text_path
from ui.theme import ColourRole, Theme
from ui.theme.style import set_look
from ui.widgets.buttons import Button, ButtonKind
from ui.widgets.cards import wrapped
from ui.widgets.fitting import fit_height

RequestCode = Callable[[Role, str | None, Callable[[str], None], Callable[[UsherError], None]], None]
"""Asks a server for a code for a role and a door; answers with the code's text or an error."""
_QR_WIDTH = 260
_WIDTH = 520


class PairingDialog(QDialog):
    """Shows a new one-time code for a device that shall become a door or another organizer's computer."""

    def __init__(
        self, theme: Theme, doors: list[tuple[str, str]], request: RequestCode, parent: QWidget | None = None
    ) -> None:
        """Offer the doors (id and name); ``request`` fetches a code for the chosen one."""
        super().__init__(parent)
        self._request = request
        self.setWindowTitle(self.tr("Pair a device"))
        self.choice = QComboBox()
        self.choice.setAccessibleName(self.tr("What the device is for"))
        for door_id, name in doors:
            self.choice.addItem(self.tr("Door: {name}").format(name=name), (Role.DOOR, door_id))
        self.choice.addItem(self.tr("Another organizer's laptop"), (Role.ORGANIZER, None))
        self.make = Button(theme, self.tr("Make a code"), ButtonKind.PRIMARY, "key")
        self.make.clicked.connect(self._on_make_clicked)
        self.picture = CodePicture(theme)
        self.code = QLineEdit()
        self.code.setReadOnly(True)
        self.code.setAccessibleName(self.tr("Pairing code"))
        self.copy_button = Button(theme, self.tr("Copy"), ButtonKind.QUIET, "link")
        self.copy_button.clicked.connect(self._on_copy_clicked)
        self.sentence = wrapped(
            self.tr("On the other laptop choose “Join with a pairing code” and type this, or show it to its camera."),
            "muted",
        )
        self._lay_out()

    def show_code(self, text: str) -> None:
        """Show a full pairing code."""
        self.code.setText(text)
        self.code.setCursorPosition(0)
        self.picture.show_text(text)
        self.copy_button.setEnabled(True)
        self.make.setEnabled(True)
        sentence = self.tr("This code works once, for a quarter of an hour. Type it there, or show it to the camera.")
        if "//127.0.0.1:" in text:
            sentence += " " + self.tr(
                "It works on this laptop only: for doors on other laptops, connect the event with a server first."
            )
        self._say(sentence, "muted")

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        row.addWidget(self.choice, 1)
        row.addWidget(self.make)
        below = QHBoxLayout()
        below.addWidget(self.code, 1)
        below.addWidget(self.copy_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 24, 24, 24)
        column.setSpacing(16)
        column.addLayout(row)
        column.addWidget(self.picture, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addLayout(below)
        column.addWidget(self.sentence)
        self.copy_button.setEnabled(False)
        fit_height(self, _WIDTH)

    def _on_make_clicked(self) -> None:
        role, door_id = self.choice.currentData()
        self.make.setEnabled(False)
        self._request(Role(role), door_id, self.show_code, self._on_failed)

    def _on_failed(self, error: UsherError) -> None:
        self.make.setEnabled(True)
        self._say(error.message, "problem")

    def _say(self, sentence: str, look: str) -> None:
        self.sentence.setText(sentence)
        set_look(self.sentence, "look", look)
        fit_height(self, self.width())

    def _on_copy_clicked(self) -> None:
        QGuiApplication.clipboard().setText(self.code.text())


class CodePicture(QWidget):
    """A text as a QR code, always dark on white so that every camera reads it."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        """Begin empty."""
        super().__init__(parent)
        self._theme = theme
        self._text = ""
        self.setFixedSize(QSize(_QR_WIDTH, _QR_WIDTH))
        self.setAccessibleName(self.tr("Pairing code as a QR code"))

    def show_text(self, text: str) -> None:
        """Show another text."""
        self._text = text
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(self._theme.colours.of(ColourRole.LINE))
        painter.setBrush(Qt.GlobalColor.white if self._text else self._theme.colours.of(ColourRole.RAISED))
        painter.drawRoundedRect(self.rect().adjusted(0, 0, -1, -1), 10, 10)
        if self._text:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
            painter.fillPath(text_path(self._text, QPointF(0, 0), _QR_WIDTH), Qt.GlobalColor.black)
