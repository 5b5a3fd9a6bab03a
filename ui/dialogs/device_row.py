"""One device of an event as a row, with the question that comes before its rights are taken away."""

from __future__ import annotations

from datetime import datetime, tzinfo

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from models.device_list import DeviceLine, role_text
from models.door_words import when_text
from ui.saying import say_report
from ui.theme import Theme
from ui.widgets.buttons import Button, ButtonKind
from ui.widgets.card_rows import CardRow
from ui.widgets.cards import wrapped
from ui.widgets.chips import StatusChip, Tone


class DeviceRow(CardRow):
    """A device's name, what it is for and since when; ``revoke_chosen`` follows a press and a second one."""

    revoke_chosen = Signal(str)

    def __init__(self, theme: Theme, line: DeviceLine, zone: tzinfo, now: datetime, parent: QWidget | None = None):
        """Show a device, at first without a way to revoke it."""
        super().__init__(parent)
        self.line = line
        time = when_text(line.since, zone, now, say_report)
        since = self.tr("{role} · since {time}").format(role=role_text(line, say_report), time=time)
        if line.revoked_at is not None:
            time = when_text(line.revoked_at, zone, now, say_report)
            since += self.tr(" · revoked {time}").format(time=time)
        name = wrapped(line.name, "strong" if line.revoked_at is None else "muted")
        name.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.about = wrapped(since, "muted")
        self.texts.addWidget(name)
        self.texts.addWidget(self.about)
        if line.is_here:
            self.row.addWidget(StatusChip(self.tr("this laptop"), Tone.ACCENT))
        if line.revoked_at is not None:
            self.row.addWidget(StatusChip(self.tr("revoked"), Tone.BAD))
        self.revoke = Button(theme, self.tr("Revoke…"), ButtonKind.QUIET)
        self.revoke.setAccessibleName(self.tr("Revoke {device}").format(device=line.name))
        self.revoke.clicked.connect(self._on_revoke_pressed)
        self.row.addWidget(self.revoke, alignment=Qt.AlignmentFlag.AlignVCenter)
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
