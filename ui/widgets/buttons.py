"""Buttons in their few looks: primary, quiet, plain, danger, and one with an icon only."""

from enum import StrEnum

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QPushButton, QToolButton, QWidget

from ui.theme import ColourRole, Theme
from ui.theme.style import set_look

ICON_SIZE = QSize(18, 18)


class ButtonKind(StrEnum):
    """How much a button asks to be pressed."""

    PRIMARY = "primary"
    QUIET = "quiet"
    PLAIN = "plain"
    DANGER = "danger"
    ICON = "icon"


_ICON_ROLES = {
    ButtonKind.PRIMARY: ColourRole.ON_ACCENT,
    ButtonKind.QUIET: ColourRole.TEXT,
    ButtonKind.PLAIN: ColourRole.TEXT,
    ButtonKind.DANGER: ColourRole.BAD,
    ButtonKind.ICON: ColourRole.TEXT,
}


class Button(QPushButton):
    """A push button with a text, 32 high, that shows its focus only to the keyboard."""

    def __init__(
        self,
        theme: Theme,
        text: str,
        kind: ButtonKind = ButtonKind.QUIET,
        icon_name: str | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(text, parent)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAutoDefault(False)
        self.setProperty("kind", kind.value)
        if icon_name is not None:
            self.setIconSize(ICON_SIZE)
            theme.keep_icon(self, icon_name, _ICON_ROLES[kind])

    def setMenu(self, menu: QMenu) -> None:
        """Open `menu` when pressed, and leave room for its arrow."""
        super().setMenu(menu)
        set_look(self, "has_menu", "yes")


class IconButton(QToolButton):
    """A button that shows an icon only; its name is its tool tip and what a screen reader says."""

    def __init__(
        self,
        theme: Theme,
        icon_name: str,
        name: str,
        role: ColourRole = ColourRole.TEXT,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setProperty("kind", "icon")
        self.setIconSize(ICON_SIZE)
        self.setAccessibleName(name)
        self.setToolTip(name)
        theme.keep_icon(self, icon_name, role)


class ActionButton(QToolButton):
    """A button that stands for an action: it follows its text, icon, state and menu.

    Not by setDefaultAction: the binding would then count the action as the button's own and lose it with
    the button, while the same action still stands in menus and on other pages.
    """

    def __init__(self, action: QAction, kind: ButtonKind, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._action = action
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._kind = kind
        self.setProperty("kind", kind.value)
        self.setIconSize(ICON_SIZE)
        menu = action.menu()
        if isinstance(menu, QMenu):
            self.setMenu(menu)
            # A button of three dots says by itself that it opens a menu.
            self.setProperty("has_menu", "quiet" if kind is ButtonKind.ICON else "yes")
            self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        action.changed.connect(self._on_action_changed)
        self.clicked.connect(action.trigger)
        self._on_action_changed()

    def _on_action_changed(self) -> None:
        action = self._action
        # Without a parent, being visible would open a window of its own and take the focus.
        if self.parentWidget() is not None:
            self.setVisible(action.isVisible())
        has_icon = not action.icon().isNull()
        style = Qt.ToolButtonStyle
        if self._kind is ButtonKind.ICON:
            self.setToolButtonStyle(style.ToolButtonIconOnly)
        else:
            self.setToolButtonStyle(style.ToolButtonTextBesideIcon if has_icon else style.ToolButtonTextOnly)
        self.setIcon(action.icon())
        self.setText(action.text())
        self.setToolTip(action.toolTip())
        self.setEnabled(action.isEnabled())
        self.setCheckable(action.isCheckable())
        self.setChecked(action.isChecked())
        self.setAccessibleName(action.text().replace("&", ""))
