"""What somebody should look at, as a door sees it: sentences to read from arm's length, and nothing to settle."""

from collections.abc import Callable, Sequence
from datetime import datetime

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget
from sqlalchemy import select

from models.conflict_words import InboxItem, conflict_words
from models.conflicts import Conflict, ConflictKind
from models.door_conflicts import read_door_conflicts
from models.door_words import event_zone
from models.events import Event
from models.operations.base import now_utc
from models.store.rows import Change
from ui.door.door_bars import ConnectionPill
from ui.saying import say_conflict
from ui.theme import Theme
from ui.widgets.buttons import Button, ButtonKind
from ui.widgets.card_rows import scrolled, take_away
from ui.widgets.cards import Card, CardSurface, label, wrapped
from ui.widgets.chips import Tone
from ui.widgets.fitting import polish_whole
from ui.workspace import Workspace

_WIDTH = 600
_GAP = 16
_SHOWN = 12


class LookPanel(QFrame):
    """Counts the conflicts of this door in a pill, and lists them over the verdict's half until the next verdict.

    It never takes the keyboard: whoever scans goes on while it is open.
    """

    count_changed = Signal(int)

    def __init__(
        self,
        theme: Theme,
        workspace: Workspace,
        door_id: Callable[[], str | None],
        pill: ConnectionPill,
        host: QWidget,
    ) -> None:
        """Count in ``pill``, a press on which opens the list within ``host``; ``door_id`` says which door this is."""
        super().__init__(host)
        self._theme = theme
        self._workspace = workspace
        self._door_id = door_id
        self._pill = pill
        self._items: list[InboxItem] = []
        self.cards: list[LookCard] = []
        self.setProperty("part", "panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setAccessibleName(self.tr("To look at"))
        self._title = label("", "title")
        self.close_button = Button(theme, self.tr("Close"), ButtonKind.QUIET)
        self.close_button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.close_button.clicked.connect(self.close_panel)
        self._note = wrapped(self.tr("An organizer settles these. Nothing has to be done here."), "muted")
        self._more = label("", "muted")
        self._body = QWidget()
        self._column = QVBoxLayout(self._body)
        self._lay_out()
        pill.setToolTip(self.tr("Show what somebody should look at (F6)"))
        pill.clicked.connect(self.toggle)
        host.installEventFilter(self)
        workspace.changes.changed.connect(self._on_changed)
        self.hide()

    @property
    def count(self) -> int:
        """How many conflicts of this door are open."""
        return len(self._items)

    @property
    def is_open(self) -> bool:
        """Whether the list is shown."""
        return not self.isHidden()

    def toggle(self) -> None:
        """Open the list when there is something in it, or close it."""
        if self.is_open:
            self.close_panel()
        elif self._items:
            self._place()
            self.show()
            self.raise_()

    def close_panel(self) -> None:
        """Close the list; the pill stays."""
        self.hide()

    def refresh(self) -> None:
        """Read this door's conflicts anew."""
        with self._workspace.read() as connection:
            items = read_door_conflicts(connection, self._workspace.identity, self._door_id())
            zone = connection.scalar(select(Event.time_zone).where(Event.id == self._workspace.event_id))
        if items == self._items:
            return
        count = len(self._items)
        self._items = items
        self._show(items, zone or "UTC")
        if len(items) != count:
            self.count_changed.emit(len(items))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.parentWidget() and event.type() == QEvent.Type.Resize and self.is_open:
            self._place()
        return super().eventFilter(watched, event)

    def _on_changed(self, change: Change) -> None:
        if change.touches(Conflict):
            self.refresh()

    def _show(self, items: Sequence[InboxItem], zone: str) -> None:
        take_away(self.cards)
        now = now_utc()
        self.cards = [LookCard(*_words(item, zone, now)) for item in items[:_SHOWN]]
        for place, card in enumerate(self.cards):
            self._column.insertWidget(place, card)
            # What a layout shows by itself, it shows later: until then it would count as nothing.
            card.show()
        words = self.tr("1 thing to look at")
        if len(items) != 1:
            words = self.tr("{count} things to look at").format(count=len(items))
        self._title.setText(words)
        self._pill.show_state(words if items else "", Tone.WARNING)
        left_out = len(items) - len(self.cards)
        self._more.setText(self.tr("{count} more stand in the organizers' inbox.").format(count=left_out))
        self._more.setVisible(left_out > 0)
        if not items:
            self.close_panel()
        elif self.is_open:
            self._place()

    def _place(self) -> None:
        host = self.parentWidget()
        if host is None:
            return
        bar = self._pill.parentWidget() or self._pill
        top = bar.mapTo(host, QPoint(0, bar.height())).y() + _GAP
        right = host.width() - _GAP
        width = min(_WIDTH, host.width() - 2 * _GAP)
        polish_whole(self)
        self._column.activate()
        # The frame's own line and the space within it.
        sides = self._outer.contentsMargins() + self.contentsMargins()
        within = width - sides.left() - sides.right()
        head = max(self._title.sizeHint().height(), self.close_button.sizeHint().height())
        parts = (head, self._column.totalHeightForWidth(within), self._note.heightForWidth(within))
        wanted = sum(parts) + 2 * self._outer.spacing() + sides.top() + sides.bottom()
        self.setGeometry(right - width, top, width, min(wanted, host.height() - top - _GAP))

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.addWidget(self._title, 1)
        head.addWidget(self.close_button)
        self._body.setProperty("surface", "clear")
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(10)
        self._column.addWidget(self._more)
        self._column.addStretch(1)
        self._outer = column = QVBoxLayout(self)
        column.setContentsMargins(20, 16, 20, 16)
        column.setSpacing(12)
        column.addLayout(head)
        column.addWidget(scrolled(self._body), 1)
        column.addWidget(self._note)


class LookCard(Card):
    """One sentence in large letters, with what helps to understand it below."""

    def __init__(self, sentence: str, detail: str, parent: QWidget | None = None) -> None:
        super().__init__(CardSurface.WARNING, 14, parent)
        self.sentence = wrapped(sentence)
        self.sentence.setStyleSheet("font-size: 20px; font-weight: 600;")
        self.column.addWidget(self.sentence)
        if detail:
            below = wrapped(detail)
            below.setStyleSheet("font-size: 15px;")
            self.column.addWidget(below)
        self.setAccessibleName(". ".join(part for part in (sentence, detail) if part))


def _words(item: InboxItem, zone: str, now: datetime) -> tuple[str, str]:
    words = conflict_words(item, event_zone(zone), now, say_conflict)
    # What could be done is an organizer's business; why something was refused is worth knowing here.
    return words.sentence, words.detail if item.kind is not ConflictKind.DOUBLE_ADMISSION else ""
