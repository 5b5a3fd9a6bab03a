"""The rail at the left edge that leads from page to page."""

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFont, QFontMetricsF, QKeyEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QButtonGroup, QFrame, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from ui.theme import ColourRole, Theme

_WIDTH = 68
_ENTRY_HEIGHT = 52
_COMPACT_HEIGHT = 36
_MARGIN = 6
_GAP = 4


class NavRail(QFrame):
    """Holds one entry a page; arrows walk, and it gives up its labels where the window is low."""

    entry_chosen = Signal(str)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._entries: dict[str, NavEntry] = {}
        self._group = QButtonGroup(self)
        self.setProperty("part", "rail")
        self.setFixedWidth(_WIDTH)
        self.setAccessibleName(self.tr("Pages"))
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Ignored)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(_MARGIN, 12, _MARGIN, 8)
        self._column.setSpacing(_GAP)
        self._column.addStretch(1)

    def add_entry(self, key: str, text: str, icon_name: str, shortcut: str = "") -> None:
        """Add an entry below the others; `key` comes back in `entry_chosen`."""
        entry = NavEntry(self._theme, text, icon_name, shortcut)
        entry.clicked.connect(self._on_entry_clicked)
        self._entries[key] = entry
        self._group.addButton(entry)
        self._column.insertWidget(len(self._entries) - 1, entry)
        self._fit_height()

    def clear(self) -> None:
        """Take all entries away."""
        for entry in self._entries.values():
            self._group.removeButton(entry)
            self._column.removeWidget(entry)
            entry.hide()
            entry.deleteLater()
        self._entries.clear()

    def set_current(self, key: str) -> None:
        """Mark the entry of the page that is shown. Raises `KeyError` for an unknown key."""
        self._entries[key].setChecked(True)

    def set_badge(self, key: str, count: int) -> None:
        """Show `count` on an entry; nought takes it away. Raises `KeyError` for an unknown key."""
        self._entries[key].set_badge(count)

    def entry(self, key: str) -> "NavEntry":
        """Return the button of `key`. Raises `KeyError` for an unknown key."""
        return self._entries[key]

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}
        keys = list(self._entries)
        focused = [key for key in keys if self._entries[key].hasFocus()]
        if event.key() in steps and focused:
            place = (keys.index(focused[0]) + steps[Qt.Key(event.key())]) % len(keys)
            self._entries[keys[place]].setFocus(Qt.FocusReason.TabFocusReason)
            return
        super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_height()

    def _fit_height(self) -> None:
        needed = 20 + len(self._entries) * (_ENTRY_HEIGHT + _GAP)
        for entry in self._entries.values():
            entry.fit(_ENTRY_HEIGHT if self.height() >= needed else _COMPACT_HEIGHT)

    def _on_entry_clicked(self) -> None:
        for key, entry in self._entries.items():
            if entry is self.sender():
                self.entry_chosen.emit(key)


class NavEntry(QToolButton):
    """One page's button: an icon over a label, with a count at its corner when there is one."""

    def __init__(self, theme: Theme, text: str, icon_name: str, shortcut: str) -> None:
        super().__init__()
        self._theme = theme
        self._icon_name = icon_name
        self._name = text
        self._badge = 0
        self.setProperty("part", "entry")
        self.setText(text)
        self.setCheckable(True)
        self.setAutoExclusive(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setToolTip(f"{text} ({shortcut})" if shortcut else text)
        self.setIconSize(QSize(22, 22))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.toggled.connect(self._draw_icon)
        theme.changed.connect(self._draw_icon)
        self._draw_icon()
        self.set_badge(0)

    @property
    def badge(self) -> int:
        """The count that is shown; nought for none."""
        return self._badge

    def set_badge(self, count: int) -> None:
        """Show `count`, or nothing for nought."""
        self._badge = count
        told = self.tr("%n to look at", "", count)
        self.setAccessibleName(f"{self._name}, {told}" if count else self._name)
        self.update()

    def fit(self, height: int) -> None:
        """Take `height` logical pixels, without the label where that is little."""
        self.setFixedHeight(height)
        style = Qt.ToolButtonStyle
        roomy = height >= _ENTRY_HEIGHT
        self.setToolButtonStyle(style.ToolButtonTextUnderIcon if roomy else style.ToolButtonIconOnly)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self._badge:
            return
        text = str(self._badge) if self._badge < 100 else "99+"
        font = self._theme.font(10, QFont.Weight.Bold)
        width = max(16.0, QFontMetricsF(font).horizontalAdvance(text) + 8)
        badge = QRectF(min(self.width() / 2 + 4, self.width() - width - 3), 4, width, 16)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._theme.colours.of(ColourRole.VERDICT_BAD))
        painter.drawRoundedRect(badge, 8, 8)
        painter.setFont(font)
        painter.setPen(self._theme.colours.of(ColourRole.ON_VERDICT))
        painter.drawText(badge, Qt.AlignmentFlag.AlignCenter, text)

    def _draw_icon(self) -> None:
        role = ColourRole.ACCENT_INK if self.isChecked() else ColourRole.MUTED
        self.setIcon(self._theme.icon(self._icon_name, role))
