"""The line at the top: what this is about at the left, what can be done at the right."""

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QWidget

from ui.widgets.buttons import ActionButton, ButtonKind
from ui.widgets.cards import label

HEADER_HEIGHT = 52
KIND_PROPERTY = "kind"


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
        self._title = label("", "title")
        self._subtitle = label("", "muted")
        # A long place name gives way to the buttons.
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
            self._trailing.addWidget(button, alignment=Qt.AlignmentFlag.AlignVCenter)
            self._buttons.append(button)

    def add_trailing(self, widget: QWidget) -> None:
        """Show `widget` at the right end, after the buttons, for as long as the header lives."""
        layout = self.layout()
        assert layout is not None
        layout.addWidget(widget)
