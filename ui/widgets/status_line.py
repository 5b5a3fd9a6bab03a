"""The line at the foot: whether all is handed on, some figures, and what others do."""

from collections.abc import Sequence
from enum import Enum

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QWidget

from ui.theme import Theme
from ui.theme.style import ThemedWidget, set_look
from ui.widgets.cards import label
from ui.widgets.chips import Tone

STATUS_HEIGHT = 32


class Connection(Enum):
    """How this copy stands to its server."""

    IN_STEP = "in_step"
    SENDING = "sending"
    OFFLINE = "offline"
    PROBLEM = "problem"


_TONES = {
    Connection.IN_STEP: Tone.OK,
    Connection.SENDING: Tone.ACCENT,
    Connection.OFFLINE: Tone.WARNING,
    Connection.PROBLEM: Tone.BAD,
}


class StatusLine(QFrame):
    """Tells the state of the connection in a few words, beside the figures of the page."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("part", "status")
        self.setFixedHeight(STATUS_HEIGHT)
        row = QHBoxLayout(self)
        row.setContentsMargins(20, 0, 20, 0)
        row.setSpacing(18)
        self._dot = StatusDot(theme)
        self._text = label("")
        self._facts_row = QHBoxLayout()
        self._facts_row.setSpacing(18)
        self._facts: list[QLabel] = []
        self._right = label("")
        lead = QHBoxLayout()
        lead.setSpacing(7)
        lead.addWidget(self._dot)
        lead.addWidget(self._text)
        row.addLayout(lead)
        row.addLayout(self._facts_row)
        row.addStretch(1)
        row.addWidget(self._right)
        self._connection = Connection.IN_STEP
        self.show_connection(Connection.IN_STEP)

    @property
    def connection(self) -> Connection:
        """The state that is shown."""
        return self._connection

    @property
    def text(self) -> str:
        """The words beside the dot."""
        return self._text.text()

    def show_connection(self, connection: Connection, waiting: int = 0, text: str = "") -> None:
        """Show a state; `waiting` is how many changes are still to send.

        `text` replaces the usual words, such as the sentence for a problem.
        """
        self._connection = connection
        self._text.setText(text or self._words(connection, waiting))
        self._dot.show_tone(_TONES[connection])
        set_look(self._text, "tone", _TONES[connection].value)
        self.setAccessibleName(self._text.text())

    def set_facts(self, facts: Sequence[str]) -> None:
        """Show the page's figures, such as "28 waiting"."""
        while len(self._facts) < len(facts):
            fact = label("")
            self._facts.append(fact)
            self._facts_row.addWidget(fact)
        for place, fact in enumerate(self._facts):
            fact.setText(facts[place] if place < len(facts) else "")
            fact.setVisible(place < len(facts))

    def set_right(self, text: str) -> None:
        """Show `text` at the right end, such as what somebody else is doing."""
        self._right.setText(text)

    def _words(self, connection: Connection, waiting: int) -> str:
        if connection is Connection.IN_STEP:
            return self.tr("In step with the server")
        if connection is Connection.SENDING:
            return self.tr("Sending · %n left", "", waiting)
        if connection is Connection.OFFLINE:
            return self.tr("Working offline · %n to send", "", waiting) if waiting else self.tr("Working offline")
        return self.tr("Something needs a look")


class StatusDot(ThemedWidget):
    """A small disc in the colour of a tone."""

    def __init__(self, theme: Theme, tone: Tone = Tone.OK, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self._tone = tone
        self.setFixedSize(8, 8)

    def show_tone(self, tone: Tone) -> None:
        """Take another colour."""
        self._tone = tone
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.theme.colours.of(self._tone.strong_role))
        painter.drawEllipse(QRectF(self.rect()))
