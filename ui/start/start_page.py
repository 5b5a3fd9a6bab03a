"""The page that greets: recent events, a new one, the sample, or somebody else's."""

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from ui.start.event_choices import EventDraft, RecentEvent
from ui.start.floor_sketch import FloorSketch
from ui.start.join_card import JoinCard
from ui.start.new_event_card import NewEventCard
from ui.start.recent_events import RecentEvents
from ui.theme import ColourRole, Theme, ThemeMode
from ui.widgets.buttons import Button, ButtonKind, IconButton
from ui.widgets.cards import Card, label, wrapped

_WIDEST = 1080
_TWO_COLUMNS_FROM = 820
_FILE_FILTER = "*.usher *.usher-event *.usher-changes *.db *.sqlite"


class StartPage(QScrollArea):
    """Offers the four ways to an event, and says which one was taken."""

    sample_requested = Signal()
    event_requested = Signal(EventDraft)
    recent_requested = Signal(Path)
    file_requested = Signal(Path)
    join_requested = Signal(str)
    camera_requested = Signal()

    def __init__(self, theme: Theme, recents: Sequence[RecentEvent] = (), parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAcceptDrops(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setAccessibleName(self.tr("Start"))

        self.new_event = NewEventCard(theme)
        self.new_event.event_requested.connect(self.event_requested)
        self.join = JoinCard(theme)
        self.join.join_requested.connect(self.join_requested)
        self.join.camera_requested.connect(self.camera_requested)
        self.recent = RecentEvents()
        self.recent.event_chosen.connect(self.recent_requested)
        self.sample = SampleCard(theme)
        self.sample.open_button.clicked.connect(self.sample_requested)
        self.open_button = Button(theme, self.tr("Open a file…"), ButtonKind.PLAIN, "folder")
        self.open_button.clicked.connect(self._on_open_asked)

        self._recent_title = label(self.tr("Recent events"), "section")
        left_head = QHBoxLayout()
        left_head.addWidget(self._recent_title)
        left_head.addStretch(1)
        left_head.addWidget(self.open_button)
        self._left = left = QVBoxLayout()
        left.setSpacing(8)
        left.addLayout(left_head)
        left.addWidget(self.recent)
        left.addSpacing(8)
        left.addWidget(self.sample)
        left.addStretch(1)
        right = QVBoxLayout()
        right.setSpacing(16)
        right.addWidget(self.new_event)
        right.addWidget(self.join)
        right.addStretch(1)
        self._columns = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._columns.setSpacing(24)
        self._columns.addLayout(left, 6)
        self._columns.addLayout(right, 5)

        sheet = QWidget()
        sheet.setMaximumWidth(_WIDEST)
        column = QVBoxLayout(sheet)
        column.setContentsMargins(28, 20, 28, 28)
        column.setSpacing(0)
        column.addStretch(2)
        column.addLayout(self._greeting())
        column.addSpacing(24)
        column.addLayout(self._columns)
        column.addStretch(3)
        ground = QWidget()
        ground.setProperty("surface", "background")
        across = QHBoxLayout(ground)
        across.setContentsMargins(0, 0, 0, 0)
        across.addStretch(1)
        across.addWidget(sheet, 1000)
        across.addStretch(1)
        self.setWidget(ground)
        self.show_recents(recents)

    def show_recents(self, recents: Sequence[RecentEvent]) -> None:
        """Show the events that were opened here before; with none, the sample takes their place."""
        self.recent.show_events(recents)
        self.recent.setVisible(bool(recents))
        first_run = not recents
        self._recent_title.setText(self.tr("Have a look around") if first_run else self.tr("Recent events"))
        self.sample.show_sketch(first_run)
        # Beside the forms the drawing may grow; below a list it has no place.
        self._left.setStretchFactor(self.sample, 100 if first_run else 0)
        self._order_focus()

    def sizeHint(self) -> QSize:
        return QSize(_WIDEST, 720)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        first = self.recent.cards[0] if self.recent.cards else self.new_event.title_field
        first.setFocus(Qt.FocusReason.OtherFocusReason)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        direction = QBoxLayout.Direction
        wide = self.viewport().width() >= _TWO_COLUMNS_FROM
        self._columns.setDirection(direction.LeftToRight if wide else direction.TopToBottom)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if _local_file(event) is not None:
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        path = _local_file(event)
        if path is not None:
            event.acceptProposedAction()
            self.file_requested.emit(path)

    def _order_focus(self) -> None:
        form = self.new_event
        order = [*self.recent.cards, self.open_button, self.sample.open_button]
        order += [form.title_field, form.date_field, form.time_field, form.place_field, form.make_button]
        order += [self.join.code_field, self.join.join_button, self.join.camera_button, self.mode_button]
        for before, after in pairwise(order):
            QWidget.setTabOrder(before, after)

    def _greeting(self) -> QHBoxLayout:
        sign = QLabel()
        sign.setPixmap(self._theme.pixmap("usher", ColourRole.TEXT, 44, self.devicePixelRatioF()))
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(label(self.tr("Usher"), "headline"))
        words.addWidget(label(self.tr("Invite, seat and admit your guests, with or without a network."), "muted"))
        self.mode_button = IconButton(self._theme, "moon", self.tr("Dark colours"))
        self.mode_button.clicked.connect(self._on_mode_asked)
        self._theme.changed.connect(self._show_mode)
        self._show_mode()
        row = QHBoxLayout()
        row.setSpacing(14)
        row.addWidget(sign)
        row.addLayout(words, 1)
        row.addWidget(self.mode_button, alignment=Qt.AlignmentFlag.AlignTop)
        return row

    def _show_mode(self) -> None:
        dark = self._theme.is_dark
        name = self.tr("Light colours") if dark else self.tr("Dark colours")
        self._theme.keep_icon(self.mode_button, "sun" if dark else "moon", ColourRole.MUTED)
        self.mode_button.setToolTip(name)
        self.mode_button.setAccessibleName(name)

    def _on_mode_asked(self) -> None:
        self._theme.set_mode(ThemeMode.LIGHT if self._theme.is_dark else ThemeMode.DARK)

    def _on_open_asked(self) -> None:
        chosen, _ = QFileDialog.getOpenFileName(
            self, self.tr("Open an event"), "", self.tr("Events ({pattern})").format(pattern=_FILE_FILTER)
        )
        if chosen:
            self.file_requested.emit(Path(chosen))


class SampleCard(Card):
    """Offers a finished event to play with."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(padding=20, parent=parent)
        self._sketch = FloorSketch(theme)
        self.open_button = Button(theme, self.tr("Open the sample"), ButtonKind.QUIET, "spark")
        sentence = wrapped(
            self.tr("A gala of 240 guests at 26 tables, ready to be moved about. Nothing in it can break."),
            "muted",
        )
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addStretch(1)
        words.addWidget(label(self.tr("The sample event"), "section"))
        words.addWidget(sentence)
        words.addStretch(1)
        row = QHBoxLayout()
        row.setSpacing(16)
        row.addLayout(words, 1)
        row.addWidget(self.open_button, alignment=Qt.AlignmentFlag.AlignVCenter)
        self.column.addWidget(self._sketch, 1)
        self.column.addLayout(row)

    def show_sketch(self, shown: bool) -> None:
        """Draw the room above the words where there is space for it."""
        self._sketch.setVisible(shown)
        self.column.setSpacing(16 if shown else 0)


def _local_file(event: QDropEvent) -> Path | None:
    urls = event.mimeData().urls()
    if len(urls) == 1 and urls[0].isLocalFile():
        return Path(urls[0].toLocalFile())
    return None
