"""The window: header, rail, pages, status line and messages."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from PySide6.QtCore import QSize, Signal
from PySide6.QtGui import QAction, QCloseEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QMainWindow, QStackedWidget, QVBoxLayout, QWidget

from ui.theme import Theme
from ui.theme.icons import application_icon
from ui.widgets.chips import Tone
from ui.widgets.header import Header
from ui.widgets.nav_rail import NavRail
from ui.widgets.status_line import STATUS_HEIGHT, StatusLine
from ui.widgets.toast import Message, Toast

_FIRST_SIZE = QSize(1440, 900)
_SMALLEST_SIZE = QSize(640, 360)


@dataclass(slots=True)
class _Page:
    """What the window keeps of one page."""

    widget: QWidget
    label: str
    actions: list[QAction] = field(default_factory=list)


class MainWindow(QMainWindow):
    """Frames the pages of one event, or gives the whole window to a single screen."""

    page_changed = Signal(str)
    screen_chosen = Signal(str)
    closing = Signal()

    def __init__(self, theme: Theme, can_close: Callable[[], bool] | None = None) -> None:
        """`can_close` is asked before the window closes and may refuse, having said why."""
        super().__init__()
        self._theme = theme
        self._can_close = can_close
        self._pages: dict[str, _Page] = {}
        self._current = ""
        self.setWindowTitle(self.tr("Usher"))
        self.setWindowIcon(application_icon())
        self.setMinimumSize(_SMALLEST_SIZE)
        self.resize(_FIRST_SIZE.boundedTo(self.screen().availableSize()))

        self._header = Header()
        self._rail = NavRail(theme)
        self._rail.entry_chosen.connect(self._on_entry_chosen)
        self._stack = QStackedWidget()
        self.status_line = StatusLine(theme)

        middle = QHBoxLayout()
        middle.setSpacing(0)
        middle.addWidget(self._rail)
        middle.addWidget(self._stack, 1)
        self._framed = QWidget()
        column = QVBoxLayout(self._framed)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._header)
        column.addLayout(middle, 1)
        column.addWidget(self.status_line)

        self._outer = QStackedWidget()
        self._outer.addWidget(self._framed)
        self.setCentralWidget(self._outer)
        self._toast = Toast(theme, self._outer)
        self._toast.set_foot(STATUS_HEIGHT)

    @property
    def header(self) -> Header:
        """The line at the top of the framed pages."""
        return self._header

    @property
    def rail(self) -> NavRail:
        """The rail at the left of the framed pages."""
        return self._rail

    @property
    def toast(self) -> Toast:
        """Where messages are shown."""
        return self._toast

    @property
    def current_page(self) -> str:
        """The key of the page that is shown, or nothing while a full screen is."""
        return self._current if self._outer.currentWidget() is self._framed else ""

    def set_can_close(self, can_close: Callable[[], bool]) -> None:
        """Ask `can_close` before the window closes from now on."""
        self._can_close = can_close

    def add_page(self, key: str, label: str, icon_name: str, widget: QWidget, shortcut: str = "") -> None:
        """Add a page with an entry in the rail; `shortcut` such as "Ctrl+1" leads to it too."""
        self._pages[key] = _Page(widget, label)
        self._stack.addWidget(widget)
        self._add_entry(key, label, icon_name, shortcut)
        if len(self._pages) == 1:
            self._choose(key)

    def add_screen(self, key: str, label: str, icon_name: str, shortcut: str = "") -> None:
        """Add an entry in the rail for a screen that takes the whole window: it emits `screen_chosen`."""
        self._add_entry(key, label, icon_name, shortcut)

    def clear_pages(self) -> None:
        """Take all pages away, so that another event can bring its own."""
        for page in self._pages.values():
            self._stack.removeWidget(page.widget)
            page.widget.deleteLater()
        for way in self.findChildren(QShortcut):
            way.setEnabled(False)
            way.deleteLater()
        for action in self.actions():
            self.removeAction(action)
        self._pages.clear()
        self._current = ""
        self._header.set_actions([])
        self._rail.clear()

    def show_page(self, key: str) -> None:
        """Show the page `key` in its frame. Raises `KeyError` when there is none."""
        self._choose(key)
        self._outer.setCurrentWidget(self._framed)
        self._toast.set_foot(STATUS_HEIGHT)
        self._pages[key].widget.setFocus()

    def show_last_page(self) -> None:
        """Go back from a full screen to the page before it; without pages nothing happens."""
        if self._current:
            self.show_page(self._current)

    def show_full(self, widget: QWidget, foot: int = 0) -> None:
        """Give the whole window to `widget`, without header, rail and status line.

        Messages keep `foot` logical pixels free at its lower edge.
        """
        if self._outer.indexOf(widget) < 0:
            self._outer.addWidget(widget)
        self._outer.setCurrentWidget(widget)
        self._toast.set_foot(foot)
        widget.setFocus()

    def set_title(self, title: str, subtitle: str = "") -> None:
        """Show which event this is, in the header and in the title bar."""
        self._header.set_title(title, subtitle)
        self.setWindowTitle(self.tr("{title} – Usher").format(title=title) if title else self.tr("Usher"))

    def set_header_actions(self, key: str, actions: Sequence[QAction]) -> None:
        """Show `actions` as buttons while the page `key` is shown; `mark_primary` makes one stand out.

        Raises `KeyError` when there is no such page.
        """
        self._pages[key].actions = list(actions)
        if key == self._current:
            self._header.set_actions(actions)

    def set_badge(self, key: str, count: int) -> None:
        """Show how much there is to look at on a page. Raises `KeyError` when there is no such page."""
        self._rail.set_badge(key, count)

    def show_message(self, text: str, tone: Tone = Tone.NEUTRAL, action: QAction | None = None) -> None:
        """Show one sentence over the window, with at most one thing to do about it."""
        self._toast.show_message(Message(text, tone, action))

    def closeEvent(self, event: QCloseEvent) -> None:
        if self._can_close is not None and not self._can_close():
            event.ignore()
            return
        self.closing.emit()
        event.accept()

    def _add_entry(self, key: str, label: str, icon_name: str, shortcut: str) -> None:
        native = QKeySequence(shortcut).toString(QKeySequence.SequenceFormat.NativeText)
        self._rail.add_entry(key, label, icon_name, native)
        if shortcut:
            way = QShortcut(QKeySequence(shortcut), self)
            way.activated.connect(self._rail.entry(key).click)

    def _on_entry_chosen(self, key: str) -> None:
        if key in self._pages:
            self.show_page(key)
            return
        # The rail comes back with the page, which is then the one that is marked.
        if self._current:
            self._rail.set_current(self._current)
        self.screen_chosen.emit(key)

    def _choose(self, key: str) -> None:
        page = self._pages[key]
        changed = key != self._current
        self._current = key
        self._stack.setCurrentWidget(page.widget)
        self._rail.set_current(key)
        if changed:
            self._header.set_actions(page.actions)
            self.page_changed.emit(key)
