"""Cards one below the other: the frame of such a row, the area that scrolls them, and taking them away again."""

from collections.abc import Iterable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from ui.widgets.cards import Card, CardSurface


class CardRow(Card):
    """A raised card with texts at the left, and at the right what can be pressed."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(CardSurface.RAISED, 12, parent)
        # A scrolled list may squeeze wrapped texts otherwise.
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        self.texts = QVBoxLayout()
        self.texts.setSpacing(2)
        self.row = QHBoxLayout()
        self.row.setSpacing(10)
        self.row.addLayout(self.texts, 1)
        self.column.addLayout(self.row)


def scrolled(body: QWidget) -> QScrollArea:
    """Return an area as wide as there is room that scrolls ``body`` up and down, and never takes the keyboard."""
    area = QScrollArea()
    area.setProperty("surface", "clear")
    area.setWidgetResizable(True)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    area.setWidget(body)
    return area


def take_away(rows: Iterable[QWidget]) -> None:
    """Take rows out of sight at once, and out of their layout soon."""
    for row in rows:
        row.hide()
        row.deleteLater()
