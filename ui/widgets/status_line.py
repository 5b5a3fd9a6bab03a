"""The line at the foot: whether all is handed on, some figures, and what others do."""

from collections.abc import Sequence
from enum import Enum

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QWidget

from ui.theme import Theme
from ui.theme.style import ThemedWidget, set_look
from ui.widgets.cards import label
from ui.widgets.chips import Tone

STATUS_HEIGHT = 32
_BUTTON_HEIGHT = 26
_BUTTON_PADDING = 8


class Connection(Enum):
    """How this copy stands to its server."""

    IN_STEP = "in_step"
    SENDING = "sending"
    FETCHING = "fetching"
    OFFLINE = "offline"
    PROBLEM = "problem"


_TONES = {
    Connection.IN_STEP: Tone.OK,
    Connection.SENDING: Tone.ACCENT,
    Connection.FETCHING: Tone.ACCENT,
    Connection.OFFLINE: Tone.WARNING,
    Connection.PROBLEM: Tone.BAD,
}


def connection_tone(connection: Connection) -> Tone:
    """Give the tone in which a state is shown."""
    return _TONES[connection]


class StatusLine(QFrame):
    """Tells the state of the connection in a few words, beside the figures of the page."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("part", "status")
        self.setFixedHeight(STATUS_HEIGHT)
        row = QHBoxLayout(self)
        row.setContentsMargins(20 - _BUTTON_PADDING, 0, 20, 0)
        row.setSpacing(18 - _BUTTON_PADDING)
        self.connection_button = ConnectionButton(theme)
        self._facts_row = QHBoxLayout()
        self._facts_row.setSpacing(18)
        self._facts: list[QLabel] = []
        self._right = label("")
        row.addWidget(self.connection_button)
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
        return self.connection_button.words

    def show_connection(self, connection: Connection, waiting: int = 0, text: str = "") -> None:
        """Show a state; `waiting` is how many changes are still to send.

        `text` replaces the usual words, such as the sentence for a problem.
        """
        self._connection = connection
        self.connection_button.show_state(text or self._words(connection, waiting), _TONES[connection])
        self.setAccessibleName(self.text)

    def set_facts(self, facts: Sequence[str]) -> None:
        """Show the page's figures, such as "28 waiting"."""
        while len(self._facts) < len(facts):
            fact = label("")
            self._facts.append(fact)
            self._facts_row.addWidget(fact)
        for place, fact in enumerate(self._facts):
            fact.setText(facts[place] if place < len(facts) else "")
            fact.setVisible(place < len(facts))

    @property
    def right_text(self) -> str:
        """What stands at the right end."""
        return self._right.text()

    def set_right(self, text: str) -> None:
        """Show `text` at the right end, such as what somebody else is doing."""
        self._right.setText(text)

    def _words(self, connection: Connection, waiting: int) -> str:
        if connection is Connection.IN_STEP:
            return self.tr("In step with the server")
        if connection is Connection.SENDING:
            return self.tr("Sending · %n left", "", waiting)
        if connection is Connection.FETCHING:
            return self.tr("Fetching the event")
        if connection is Connection.OFFLINE:
            return self.tr("Working offline · %n to send", "", waiting) if waiting else self.tr("Working offline")
        return self.tr("Something needs a look")


class ConnectionButton(QPushButton):
    """The dot and the words about the connection; a press asks for all that is known of it."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", "status")
        self.setAutoDefault(False)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFixedHeight(_BUTTON_HEIGHT)
        self.setToolTip(self.tr("Show what waits and what was refused"))
        self._dot = StatusDot(theme)
        self._words = label("")
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(_BUTTON_PADDING, 0, _BUTTON_PADDING, 0)
        self._row.setSpacing(7)
        self._row.addWidget(self._dot)
        self._row.addWidget(self._words)

    @property
    def words(self) -> str:
        """The words beside the dot."""
        return self._words.text()

    def show_state(self, words: str, tone: Tone) -> None:
        """Show other words in another tone."""
        self._words.setText(words)
        self._dot.show_tone(tone)
        set_look(self._words, "tone", tone.value)
        self.setAccessibleName(words)
        self.updateGeometry()

    def sizeHint(self) -> QSize:
        return self._row.sizeHint()

    def minimumSizeHint(self) -> QSize:
        return self._row.minimumSize()


class StatusDot(ThemedWidget):
    """A small disc in the colour of a tone."""

    def __init__(self, theme: Theme, tone: Tone = Tone.OK, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self._tone = tone
        self.setFixedSize(8, 8)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

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
