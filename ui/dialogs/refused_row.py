"""A change that the server did not take, as a card in the connection panel."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import QCoreApplication, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from models.door_words import when_text
from models.outbox_report import NotedChange, OutboxReport, noted_text
from ui.theme import Theme
from ui.widgets.buttons import Button, ButtonKind
from ui.widgets.cards import Card, CardSurface, label


def say(text: str) -> str:
    """Give a text of the report's words in the language of the screen."""
    return QCoreApplication.translate("OutboxReport", text)


def wrapped(text: str, look: str = "") -> QLabel:
    """Return a label that breaks its lines."""
    made = label(text, look)
    made.setWordWrap(True)
    return made


class RefusedRow(Card):
    """One change that the server did not take: what it was, why, when; "Seen" hides it on this computer."""

    seen = Signal(str)

    def __init__(
        self, theme: Theme, change: NotedChange, report: OutboxReport, now: datetime, parent: QWidget | None = None
    ) -> None:
        super().__init__(CardSurface.RAISED, 12, parent)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        self._op_id = change.op_id
        self.what = wrapped(noted_text(change, say), "strong")
        self.why = wrapped(change.reason or self.tr("The server gave no reason."), "muted")
        time = label(when_text(change.made_at, report.zone, now, say), "small")
        self.seen_button = Button(theme, self.tr("Seen"), ButtonKind.PLAIN)
        self.seen_button.setAccessibleName(self.tr("Seen: {what}").format(what=self.what.text()))
        self.seen_button.clicked.connect(self._on_pressed)
        texts = QVBoxLayout()
        texts.setSpacing(2)
        texts.addWidget(self.what)
        texts.addWidget(self.why)
        texts.addWidget(time)
        row = QHBoxLayout()
        row.setSpacing(10)
        row.addLayout(texts, 1)
        row.addWidget(self.seen_button, alignment=Qt.AlignmentFlag.AlignTop)
        self.column.addLayout(row)
        self.setAccessibleName(f"{self.what.text()}. {self.why.text()}")

    def _on_pressed(self) -> None:
        self.seen.emit(self._op_id)
