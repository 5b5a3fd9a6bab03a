"""The line at the top: what this is about at the left, what can be done at the right."""

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QSizePolicy, QWidget

from ui.widgets.buttons import ActionButton, ButtonKind

HEADER_HEIGHT = 52
KIND_PROPERTY = "kind"
_WIDEST_BUTTON = 230
_LEAST_TITLE = 260


def mark_primary(action: QAction) -> QAction:
    """Have `action` shown as the one button that stands out, and return it."""
    action.setProperty(KIND_PROPERTY, ButtonKind.PRIMARY.value)
    return action


def mark_icon(action: QAction) -> QAction:
    """Have `action` shown by its icon alone, and return it."""
    action.setProperty(KIND_PROPERTY, ButtonKind.ICON.value)
    return action


class Header(QFrame):
    """Shows a title, a muted subtitle, and a button for each action it is given."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("part", "header")
        self.setFixedHeight(HEADER_HEIGHT)
        row = QHBoxLayout(self)
        row.setContentsMargins(20, 0, 20, 0)
        row.setSpacing(12)
        self._title = ShortenedLabel("title", _LEAST_TITLE)
        self._subtitle = ShortenedLabel("muted", 0)
        # Date and place give way to the buttons, and only then does the title.
        self._subtitle.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._trailing = QHBoxLayout()
        self._trailing.setSpacing(12)
        row.addWidget(self._title)
        row.addWidget(self._subtitle, 1)
        row.addLayout(self._trailing)
        self._buttons: list[ActionButton] = []

    @property
    def title(self) -> str:
        """The title that is shown."""
        return self._title.text()

    @property
    def buttons(self) -> list[ActionButton]:
        """The buttons of the actions that are shown, from left to right."""
        return list(self._buttons)

    def set_title(self, title: str, subtitle: str = "") -> None:
        """Show what the window is about."""
        self._title.setText(title)
        self._title.setToolTip(title)
        self._subtitle.setText(subtitle)
        self._subtitle.setToolTip(subtitle)

    def set_actions(self, actions: Sequence[QAction]) -> None:
        """Show a button for each of `actions` in place of those before."""
        for button in self._buttons:
            self._trailing.removeWidget(button)
            button.hide()
            button.deleteLater()
        self._buttons = []
        for action in actions:
            kind = ButtonKind(action.property(KIND_PROPERTY) or ButtonKind.QUIET.value)
            button = ActionButton(action, kind, self)
            # The name of a step of undo may be a whole sentence; its tool tip has all of it.
            button.setMaximumWidth(_WIDEST_BUTTON)
            self._trailing.addWidget(button, alignment=Qt.AlignmentFlag.AlignVCenter)
            self._buttons.append(button)

    def add_trailing(self, widget: QWidget) -> None:
        """Show `widget` at the right end, after the buttons, for as long as the header lives."""
        layout = self.layout()
        assert layout is not None
        layout.addWidget(widget)


class ShortenedLabel(QLabel):
    """One line that ends in dots where there is no room for all of it."""

    def __init__(self, look: str, least_width: int) -> None:
        """Take at least `least_width` logical pixels, or as many as the text needs."""
        super().__init__()
        self._least_width = least_width
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setProperty("look", look)

    def minimumSizeHint(self) -> QSize:
        full = super().sizeHint()
        return QSize(min(full.width(), self._least_width), full.height())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setPen(self.palette().color(self.foregroundRole()))
        shown = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, self.width())
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, shown)
