"""The list of events that were opened here before."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QDate, QDateTime, QLocale, QPoint, Qt, QTime, Signal
from PySide6.QtWidgets import QHBoxLayout, QMenu, QVBoxLayout, QWidget

from ui.start.event_choices import RecentEvent
from ui.widgets.card_rows import take_away
from ui.widgets.cards import CardButton, label


class RecentEvents(QWidget):
    """Shows one card an event, the newest first; pressing one asks for it to be opened."""

    event_chosen = Signal(Path)
    removal_asked = Signal(Path)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._cards: list[RecentCard] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(8)

    @property
    def cards(self) -> "list[RecentCard]":
        """The cards that are shown, from top to bottom."""
        return list(self._cards)

    def show_events(self, events: Sequence[RecentEvent]) -> None:
        """Show `events` in place of those before."""
        take_away(self._cards)
        self._cards = []
        for event in sorted(events, key=lambda recent: recent.last_opened, reverse=True):
            card = RecentCard(event)
            card.clicked.connect(self._on_card_clicked)
            card.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
            card.customContextMenuRequested.connect(self._on_menu_asked)
            self._cards.append(card)
            self._column.addWidget(card)

    def menu_of(self, card: "RecentCard") -> QMenu:
        """Return the menu of what else can be done with an event."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        path = card.recent.path
        menu.addAction(self.tr("Open"), lambda: self.event_chosen.emit(path))
        menu.addAction(self.tr("Remove from this laptop…"), lambda: self.removal_asked.emit(path))
        return menu

    def _on_menu_asked(self, place: QPoint) -> None:
        card = self.sender()
        if isinstance(card, RecentCard):
            self.menu_of(card).popup(card.mapToGlobal(place))

    def _on_card_clicked(self) -> None:
        card = self.sender()
        if isinstance(card, RecentCard):
            self.event_chosen.emit(card.recent.path)


class RecentCard(CardButton):
    """One event: title, date and place, and when it was open last."""

    def __init__(self, recent: RecentEvent, parent: QWidget | None = None) -> None:
        when = event_time_text(recent.starts_at)
        where = f"{when} · {recent.place}" if recent.place else when
        super().__init__(f"{recent.title}, {where}", parent)
        self.recent = recent
        opened = label(
            QCoreApplication.translate("RecentCard", "opened {date}").format(date=_day_text(recent.last_opened)),
            "small",
        )
        first = QHBoxLayout()
        first.addWidget(label(recent.title, "section"), 1)
        first.addWidget(opened, alignment=Qt.AlignmentFlag.AlignBottom)
        self.column.addLayout(first)
        self.column.addWidget(label(where, "muted"))
        self.setToolTip(str(recent.path))


def event_time_text(moment: datetime) -> str:
    """Return date and time as the headers show them, such as "Sat 12 Dec 2026 · 18:30", in the moment's own zone."""
    locale = QLocale()
    clock = locale.toString(QTime(moment.hour, moment.minute), QLocale.FormatType.ShortFormat)
    return f"{locale.toString(QDate(moment.year, moment.month, moment.day), 'ddd d MMM yyyy')} · {clock}"


def _day_text(moment: datetime) -> str:
    local = QDateTime.fromSecsSinceEpoch(int(moment.timestamp())).date()
    ago = local.daysTo(QDateTime.currentDateTime().date())
    if ago == 0:
        return QCoreApplication.translate("RecentCard", "today")
    if ago == 1:
        return QCoreApplication.translate("RecentCard", "yesterday")
    return QLocale().toString(local, "d MMM yyyy")
