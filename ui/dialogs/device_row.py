"""One device of an event as a row, with the question that comes before its rights are taken away."""

from __future__ import annotations

from datetime import datetime, tzinfo

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from models.device_list import DeviceLine, role_text
from models.door_words import when_text
from ui.dialogs.refused_row import say, wrapped
from ui.theme import Theme
from ui.widgets.buttons import Button, ButtonKind
from ui.widgets.cards import Card, CardSurface, label
from ui.widgets.chips import StatusChip, Tone


class DeviceRow(Card):
    """A device's name, what it is for and since when; ``revoke_chosen`` follows a press and a second one."""

    revoke_chosen = Signal(str)

    def __init__(self, theme: Theme, line: DeviceLine, zone: tzinfo, now: datetime, parent: QWidget | None = None):
        """Show a device, at first without a way to revoke it."""
        super().__init__(CardSurface.RAISED, 12, parent)
        # A scrolled list may squeeze wrapped texts otherwise.
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        self.line = line
        since = self.tr("{role} · since {time}").format(role=role_text(line, say), time=_when(line.since, zone, now))
        if line.revoked_at is not None:
            since += self.tr(" · revoked {time}").format(time=_when(line.revoked_at, zone, now))
        name = label(line.name, "strong" if line.revoked_at is None else "muted")
        name.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.about = wrapped(since, "muted")
        texts = QVBoxLayout()
        texts.setSpacing(2)
        texts.addWidget(name)
        texts.addWidget(self.about)
        self._row = QHBoxLayout()
        self._row.setSpacing(10)
        self._row.addLayout(texts, 1)
        if line.is_here:
            self._row.addWidget(StatusChip(self.tr("this computer"), Tone.ACCENT))
        if line.revoked_at is not None:
            self._row.addWidget(StatusChip(self.tr("revoked"), Tone.BAD))
        self.column.addLayout(self._row)
        self.revoke = Button(theme, self.tr("Revoke…"), ButtonKind.QUIET)
        self.revoke.setAccessibleName(self.tr("Revoke {device}").format(device=line.name))
        self.revoke.clicked.connect(self._on_revoke_pressed)
        self._row.addWidget(self.revoke, alignment=Qt.AlignmentFlag.AlignVCenter)
        self.revoke.hide()
        self.really = Button(theme, self.tr("Revoke this device"), ButtonKind.DANGER)
        self.really.clicked.connect(self._on_really_pressed)
        self.keep = Button(theme, self.tr("Keep it"), ButtonKind.QUIET)
        self.keep.clicked.connect(self._on_keep_pressed)
        for button in (self.revoke, self.really, self.keep):
            # Enter presses the one that the keyboard is at, not the dialog's own.
            button.setAutoDefault(True)
        self.question = self._make_question()
        self.column.addWidget(self.question)
        self.setAccessibleName(f"{line.name}. {self.about.text()}")

    def offer_revoking(self) -> None:
        """Let the person take this device's rights away."""
        self.revoke.show()

    def _make_question(self) -> QWidget:
        question = QWidget()
        sentence = wrapped(
            self.tr(
                "From now on “{device}” is refused. What it did offline and hands in later waits here for your"
                " decision. The names on it stay on it. To let it in again, pair it anew; this cannot be undone."
            ).format(device=self.line.name)
        )
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addWidget(self.really)
        buttons.addWidget(self.keep)
        buttons.addStretch(1)
        column = QVBoxLayout(question)
        column.setContentsMargins(0, 4, 0, 0)
        column.setSpacing(8)
        column.addWidget(sentence)
        column.addLayout(buttons)
        question.hide()
        return question

    def _on_revoke_pressed(self) -> None:
        self.revoke.hide()
        self.question.show()
        # Enter, pressed once too often, keeps the device.
        self.keep.setFocus(Qt.FocusReason.TabFocusReason)

    def _on_keep_pressed(self) -> None:
        self.question.hide()
        self.revoke.show()
        self.revoke.setFocus(Qt.FocusReason.TabFocusReason)

    def _on_really_pressed(self) -> None:
        self.really.setEnabled(False)
        self.revoke_chosen.emit(self.line.device_id)


def _when(moment: datetime, zone: tzinfo, now: datetime) -> str:
    return when_text(moment, zone, now, say)
