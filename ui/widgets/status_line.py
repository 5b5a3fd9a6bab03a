"""The line at the foot: whether all is handed on, some figures, and what others do."""

from collections.abc import Sequence
from enum import Enum

from PySide6.QtCore import QCoreApplication, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QWidget

from ui.theme import Theme
from ui.theme.style import ThemedWidget, set_look
from ui.widgets.arrival_bar import ArrivalBar, Arrived
from ui.widgets.cards import label
from ui.widgets.chips import Tone

STATUS_HEIGHT = 32
_BUTTON_HEIGHT = 27
_BUTTON_NARROWEST = 160
_BUTTON_PADDING = 8
_BAR_WIDTH = 104
"""With the room to its right."""


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


def connection_words(connection: Connection, waiting: int = 0) -> str:
    """Say a state in a few words; `waiting` is how many changes are still to send, where that is to be said."""
    if connection is Connection.IN_STEP:
        return _translated("In step with the server")
    if connection is Connection.SENDING:
        return _translated("Sending · %n left", waiting) if waiting else _translated("Sending")
    if connection is Connection.FETCHING:
        return _translated("Fetching the event")
    if connection is Connection.OFFLINE:
        return _translated("Working offline · %n to send", waiting) if waiting else _translated("Working offline")
    return _translated("Something needs a look")


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
        self.bar = ArrivalBar()
        self.bar.setFixedWidth(_BAR_WIDTH)
        self._facts_row = QHBoxLayout()
        self._facts_row.setSpacing(18)
        self._facts: list[QLabel] = []
        self._right = label("")
        row.addWidget(self.connection_button)
        row.addWidget(self.bar)
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

    def show_connection(
        self, connection: Connection, waiting: int = 0, text: str = "", arrived: Arrived | None = None
    ) -> None:
        """Show a state; `waiting` is how many changes are still to send.

        `text` replaces the usual words, such as the sentence for a problem; `arrived` says how much there is of a
        whole copy that is on its way.
        """
        self._connection = connection
        self.connection_button.show_state(text or connection_words(connection, waiting), _TONES[connection])
        self.bar.show_arrived(arrived)
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
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self._dot = StatusDot(theme)
        self._full_words = ""
        self._words = label("")
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(_BUTTON_PADDING, 0, _BUTTON_PADDING, 0)
        self._row.setSpacing(7)
        self._row.addWidget(self._dot)
        self._row.addWidget(self._words)

    @property
    def words(self) -> str:
        """The words beside the dot, whole; a narrow window may show only their beginning."""
        return self._full_words

    def show_state(self, words: str, tone: Tone) -> None:
        """Show other words in another tone."""
        self._full_words = words
        self._dot.show_tone(tone)
        set_look(self._words, "tone", tone.value)
        self.setAccessibleName(words)
        self._fit_words()
        self.updateGeometry()

    def sizeHint(self) -> QSize:
        # A pixel more: a text measures in fractions of one.
        return QSize(self._words.fontMetrics().horizontalAdvance(self._full_words) + 1 + self._around(), _BUTTON_HEIGHT)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint().boundedTo(QSize(_BUTTON_NARROWEST, _BUTTON_HEIGHT))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_words()

    def _fit_words(self) -> None:
        room = self.width() - self._around()
        self._words.setText(self._words.fontMetrics().elidedText(self._full_words, Qt.TextElideMode.ElideRight, room))

    def _around(self) -> int:
        return 2 * _BUTTON_PADDING + self._dot.width() + self._row.spacing()


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


def _translated(text: str, count: int = -1) -> str:
    return QCoreApplication.translate("Connection", text, None, count)
