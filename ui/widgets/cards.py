"""Rounded surfaces that hold what belongs together."""

from enum import StrEnum

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QFrame, QLabel, QPushButton, QVBoxLayout, QWidget


class CardSurface(StrEnum):
    """What a card is made of; each value is what the style sheet selects by."""

    CARD = "card"
    RAISED = "raised-card"
    OK = "ok"
    WARNING = "warning"
    BAD = "bad"
    ACCENT = "accent"


class Card(QFrame):
    """A rounded surface with a column of widgets inside.

    A table that fills a card wants `padding=1` and hides no corner: leave 6 above and below it.
    """

    def __init__(
        self, surface: CardSurface = CardSurface.CARD, padding: int = 16, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setProperty("surface", surface.value)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(padding, padding, padding, padding)
        self._column.setSpacing(8)

    @property
    def column(self) -> QVBoxLayout:
        """Where the card's widgets go, from top to bottom."""
        return self._column


class CardButton(QPushButton):
    """A whole card that can be pressed, with widgets of its own on it."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", "card")
        self.setAutoDefault(False)
        self.setAccessibleName(name)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(14, 11, 14, 11)
        self._column.setSpacing(2)

    @property
    def column(self) -> QVBoxLayout:
        """Where the card's widgets go, from top to bottom."""
        return self._column

    def sizeHint(self) -> QSize:
        return self._column.sizeHint()

    def minimumSizeHint(self) -> QSize:
        return self._column.minimumSize()


def label(text: str, look: str = "", parent: QWidget | None = None) -> QLabel:
    """Return a plain label that lets the mouse through.

    `look` is one of muted, small, strong, section, title, headline, field and problem.
    """
    result = QLabel(text, parent)
    result.setTextFormat(Qt.TextFormat.PlainText)
    if look:
        result.setProperty("look", look)
    result.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
    return result


def wrapped(text: str, look: str = "") -> QLabel:
    """Return a plain label that breaks its lines; for `look` see :func:`label`."""
    result = label(text, look)
    result.setWordWrap(True)
    return result


def divider(parent: QWidget | None = None) -> QFrame:
    """Return a hairline between two parts of a card."""
    result = QFrame(parent)
    result.setProperty("surface", "divider")
    return result
