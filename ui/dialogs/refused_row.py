"""A change that the server did not take, as a card in the connection panel."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QWidget

from models.door_words import when_text
from models.outbox_report import NotedChange, OutboxReport, noted_text
from ui.saying import say_report
from ui.theme import Theme
from ui.widgets.buttons import Button, ButtonKind
from ui.widgets.card_rows import CardRow
from ui.widgets.cards import label, wrapped


class RefusedRow(CardRow):
    """One change that the server did not take: what it was, why, when; "Seen" hides it on this computer."""

    seen = Signal(str)

    def __init__(
        self, theme: Theme, change: NotedChange, report: OutboxReport, now: datetime, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._op_id = change.op_id
        self.what = wrapped(noted_text(change, say_report), "strong")
        self.why = wrapped(change.reason or self.tr("The server gave no reason."), "muted")
        time = label(when_text(change.made_at, report.zone, now, say_report), "small")
        self.seen_button = Button(theme, self.tr("Seen"), ButtonKind.PLAIN)
        self.seen_button.setAccessibleName(self.tr("Seen: {what}").format(what=self.what.text()))
        self.seen_button.clicked.connect(self._on_pressed)
        for text in (self.what, self.why, time):
            self.texts.addWidget(text)
        self.row.addWidget(self.seen_button, alignment=Qt.AlignmentFlag.AlignTop)
        self.setAccessibleName(f"{self.what.text()}. {self.why.text()}")

    def _on_pressed(self) -> None:
        self.seen.emit(self._op_id)
