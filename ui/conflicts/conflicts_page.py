"""The inbox: what somebody has to look at, in sentences, each with the ways to settle it."""

from collections.abc import Sequence
from datetime import timedelta

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QScrollArea, QStackedWidget, QVBoxLayout, QWidget
from sqlalchemy import select

from models.attendance import Entry
from models.conflict_words import (
    InboxItem,
    Settler,
    Way,
    conflict_words,
    keep,
    read_inbox,
    seat_elsewhere,
    see,
    take_other,
    undo_second,
)
from models.conflicts import Conflict
from models.door_words import event_zone
from models.errors import UsherError
from models.events import Event
from models.free_seats import FreeSeat, free_seats
from models.invitations import Attendee
from models.operations.base import ORGANIZERS, Operation, now_utc
from models.people import Guest
from models.store.local_copy import LocalCopy
from models.store.rows import Change
from ui.conflicts.conflict_card import ConflictCard
from ui.saying import say_conflict
from ui.theme import Theme
from ui.widgets.buttons import Button, ButtonKind
from ui.widgets.card_rows import scrolled, take_away
from ui.widgets.cards import label
from ui.widgets.empty_state import EmptyState
from ui.workspace import Workspace

_WIDEST = 860
_SHOWN = 100
_SETTLED_SHOWN = 50


class ConflictsPage(QWidget):
    """Lists open conflicts as cards, settled ones folded away below; only organizers get buttons."""

    open_count_changed = Signal(int)

    def __init__(self, theme: Theme, workspace: Workspace, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._workspace = workspace
        self._items: list[InboxItem] = []
        self._open_count = 0
        self.cards: list[ConflictCard] = []
        self.settled_cards: list[ConflictCard] = []
        self.setAccessibleName(self.tr("Conflicts"))

        self.empty = EmptyState(
            theme,
            "check-circle",
            self.tr("Nothing to look at"),
            self.tr("When two people change the same thing without knowing of each other, it stands here."),
        )
        self.settled_button = Button(theme, "", ButtonKind.PLAIN, "chevron-right")
        self.settled_button.setCheckable(True)
        self.settled_button.toggled.connect(self._on_fold_toggled)
        self._more = label("", "muted")
        self._note = label(self.tr("An organizer settles these; here they are only shown."), "muted")
        self._open_column = _column()
        self._settled_column = _column()
        self._settled = QWidget()
        self._settled.setLayout(self._settled_column)
        self._settled.hide()
        self._stack = QStackedWidget()
        self._stack.addWidget(self.empty)
        self._stack.addWidget(self._scrolled())
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._stack)
        workspace.changes.changed.connect(self._on_changed)
        self.refresh()

    @property
    def open_count(self) -> int:
        """How many conflicts wait for somebody; for the badge."""
        return self._open_count

    @property
    def may_settle(self) -> bool:
        """Whether this device's role may settle conflicts."""
        return self._workspace.identity.role in ORGANIZERS

    def refresh(self) -> None:
        """Read all conflicts and show them."""
        with self._workspace.read() as connection:
            items = read_inbox(connection, self._workspace.event_id)
            zone = connection.scalar(select(Event.time_zone).where(Event.id == self._workspace.event_id))
        if items == self._items and self._stack.currentIndex() == bool(items):
            return
        self._items = items
        self._zone = event_zone(zone or "UTC")
        self._show(items)

    # -- settling -----------------------------------------------------------------------------------------

    def _on_way_chosen(self, conflict_id: str, way: str) -> None:
        item = self._item(conflict_id)
        if item is None:
            return
        settler = self._settler()
        chosen = Way(way)
        if chosen is Way.SEAT_ELSEWHERE:
            self._look_for_seats(item)
        elif chosen is Way.UNDO_SECOND:
            self._perform(self.tr("Undo the second entry"), undo_second(item, settler))
        elif chosen is Way.TAKE_OTHER:
            self._perform(self.tr("Take the other value"), take_other(item, settler))
        elif chosen is Way.KEEP:
            self._perform(self.tr("Settle a conflict"), keep(item, settler))
        else:
            self._perform(self.tr("Settle a conflict"), see(item, settler))

    def _on_seat_chosen(self, conflict_id: str, seat_id: str) -> None:
        item = self._item(conflict_id)
        if item is not None and item.sits is not None:
            text = self.tr("Seat {guest} elsewhere").format(guest=item.subject)
            self._perform(text, seat_elsewhere(item, seat_id, self._settler()))

    def _look_for_seats(self, item: InboxItem) -> None:
        event_id = self._workspace.event_id
        wanted = item.details.get("seat_id")

        def work(copy: LocalCopy) -> list[FreeSeat]:
            with copy.read() as connection:
                return free_seats(connection, event_id, wanted)

        def show(seats: Sequence[FreeSeat]) -> None:
            card = next((one for one in self.cards if one.item.conflict_id == item.conflict_id), None)
            if card is not None:
                card.offer_seats(seats)

        self._workspace.submit(work, show, self._on_failed)

    def _on_failed(self, error: UsherError) -> None:
        self._workspace.actions.failed.emit(error.message)

    def _perform(self, text: str, operations: Sequence[Operation]) -> None:
        self._workspace.actions.perform(text, operations)

    def _settler(self) -> Settler:
        moment = now_utc()
        corrected = moment + timedelta(milliseconds=self._workspace.skew_ms)
        return Settler(self._workspace.identity.device_id, corrected, moment)

    def _item(self, conflict_id: str) -> InboxItem | None:
        return next((one for one in self._items if one.conflict_id == conflict_id and one.is_open), None)

    # -- showing ------------------------------------------------------------------------------------------

    def _on_changed(self, change: Change) -> None:
        # What a conflict is about is looked up when somebody sees it: during an evening, entries come all the time.
        about = bool(self._items) and self.isVisible() and change.touches(Entry, Attendee, Guest, Event)
        if change.touches(Conflict) or about:
            self.refresh()

    def showEvent(self, event: QShowEvent) -> None:
        self.refresh()
        super().showEvent(event)

    def _on_fold_toggled(self, unfolded: bool) -> None:
        self._settled.setVisible(unfolded)
        self._theme.keep_icon(self.settled_button, "chevron-down" if unfolded else "chevron-right")

    def _show(self, items: Sequence[InboxItem]) -> None:
        take_away((*self.cards, *self.settled_cards))
        waiting = [item for item in items if item.is_open]
        settled = sorted(
            (item for item in items if not item.is_open), key=lambda item: item.resolved_at or item.created_at
        )[::-1]
        self.cards = [self._card(item, self._open_column) for item in waiting[:_SHOWN]]
        self.settled_cards = [self._card(item, self._settled_column) for item in settled[:_SETTLED_SHOWN]]
        left_out = len(waiting) - len(self.cards)
        self._more.setText(self.tr("{count} more follow when these are settled.").format(count=left_out))
        self._more.setVisible(left_out > 0)
        self._note.setVisible(bool(waiting) and not self.may_settle)
        self.settled_button.setVisible(bool(settled))
        self.settled_button.setText(self.tr("Settled · {count}").format(count=len(settled)))
        self._settled.setVisible(self.settled_button.isChecked() and bool(settled))
        self._nothing_open.setVisible(not waiting)
        self._stack.setCurrentIndex(1 if items else 0)
        if len(waiting) != self._open_count:
            self._open_count = len(waiting)
            self.open_count_changed.emit(self._open_count)

    def _card(self, item: InboxItem, column: QVBoxLayout) -> ConflictCard:
        now = now_utc()
        ways = conflict_words(item, self._zone, now, say_conflict).ways if self.may_settle else ()
        card = ConflictCard(self._theme, item, ways, self._zone, now, say_conflict)
        card.way_chosen.connect(self._on_way_chosen)
        card.seat_chosen.connect(self._on_seat_chosen)
        column.addWidget(card)
        return card

    def _scrolled(self) -> QScrollArea:
        self._nothing_open = label(self.tr("Nothing to look at: everything is settled."), "muted")
        sheet = QWidget()
        sheet.setMaximumWidth(_WIDEST)
        column = QVBoxLayout(sheet)
        column.setContentsMargins(24, 20, 24, 24)
        column.setSpacing(12)
        column.addWidget(self._nothing_open)
        column.addWidget(self._note)
        column.addLayout(self._open_column)
        column.addWidget(self._more)
        column.addWidget(self.settled_button, alignment=Qt.AlignmentFlag.AlignLeft)
        column.addWidget(self._settled)
        column.addStretch(1)
        ground = QWidget()
        ground.setProperty("surface", "background")
        across = QHBoxLayout(ground)
        across.setContentsMargins(0, 0, 0, 0)
        across.addStretch(1)
        across.addWidget(sheet, 1000)
        across.addStretch(1)
        return scrolled(ground)


def _column() -> QVBoxLayout:
    column = QVBoxLayout()
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(10)
    return column
