"""One change of a revoked device as a row, with the decision about it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, tzinfo

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QWidget

from models.change_words import change_title
from models.door_words import when_text
from models.operations.quarantine import Judgement
from ui.saying import say_report
from ui.theme import Theme
from ui.widgets.buttons import Button, ButtonKind
from ui.widgets.card_rows import CardRow
from ui.widgets.cards import wrapped
from ui.widgets.chips import StatusChip, Tone


@dataclass(frozen=True, slots=True)
class HeldChange:
    """A change that waits for a decision: its operation's name, whom it is about, who made it and when it came."""

    op_id: str
    name: str
    about: str
    device: str
    made_at: datetime
    came_at: datetime


class HeldRow(CardRow):
    """Says what a revoked device did; ``judged`` carries the operation and what the person decided."""

    judged = Signal(str, object)

    def __init__(self, theme: Theme, held: HeldChange, zone: tzinfo, now: datetime, parent: QWidget | None = None):
        """Show a change that nobody decided about yet."""
        super().__init__(parent)
        self.held = held
        what = " · ".join(part for part in (change_title(held.name, say_report), held.about) if part)
        self.what = wrapped(what, "strong")
        device = held.device or self.tr("a device that is not known any more")
        self.origin = wrapped(
            self.tr("{device}, {made} · handed in {came}").format(
                device=device,
                made=when_text(held.made_at, zone, now, say_report),
                came=when_text(held.came_at, zone, now, say_report),
            ),
            "muted",
        )
        self.texts.addWidget(self.what)
        self.texts.addWidget(self.origin)
        self.accept = Button(theme, self.tr("Accept"), ButtonKind.QUIET, "check")
        self.accept.setAccessibleName(self.tr("Accept: {what}").format(what=what))
        self.accept.clicked.connect(self._on_accept_pressed)
        self.discard = Button(theme, self.tr("Discard"), ButtonKind.PLAIN)
        self.discard.setAccessibleName(self.tr("Discard: {what}").format(what=what))
        self.discard.clicked.connect(self._on_discard_pressed)
        for button in (self.accept, self.discard):
            # Enter presses the one that the keyboard is at, not the dialog's own.
            button.setAutoDefault(True)
        self.decision = StatusChip("")
        self.decision.hide()
        for widget in (self.decision, self.accept, self.discard):
            self.row.addWidget(widget, alignment=Qt.AlignmentFlag.AlignVCenter)
        self.setAccessibleName(f"{what}. {self.origin.text()}")

    def show_decision(self, verdict: Judgement) -> None:
        """Show what was decided, in place of the buttons."""
        self.accept.hide()
        self.discard.hide()
        if verdict is Judgement.ACCEPT:
            self.decision.show_state(self.tr("accepted"), Tone.OK)
        else:
            self.decision.show_state(self.tr("discarded"), Tone.NEUTRAL)
        self.decision.show()

    def _on_accept_pressed(self) -> None:
        self.judged.emit(self.held.op_id, Judgement.ACCEPT)

    def _on_discard_pressed(self) -> None:
        self.judged.emit(self.held.op_id, Judgement.DISCARD)
