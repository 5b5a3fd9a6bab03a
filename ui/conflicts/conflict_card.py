"""One conflict as a card: a sentence, when, and the ways to settle it."""

from collections.abc import Sequence
from datetime import datetime, tzinfo

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from models.conflict_words import InboxItem, Way, conflict_words, settled_text, way_text
from models.conflicts import ConflictKind
from models.door_words import Say, when_text
from models.free_seats import FreeSeat
from ui.theme import ColourRole, Theme
from ui.widgets.buttons import Button, ButtonKind
from ui.widgets.cards import Card, CardSurface, label, wrapped

_ICONS = {
    ConflictKind.DOUBLE_ADMISSION: "users",
    ConflictKind.SEAT_TAKEN: "tables",
    ConflictKind.EDITED_TWICE: "edit",
    ConflictKind.REFUSED: "cross-circle",
    ConflictKind.OVER_CAPACITY: "alert-circle",
}
_SEATS_OFFERED = 4


class ConflictCard(Card):
    """Shows one conflict; ``way_chosen`` carries what the person chose, ``seat_chosen`` the seat.

    Without ``settles`` there are no buttons: a role that may not settle sees only what happened.
    """

    way_chosen = Signal(str, str)
    seat_chosen = Signal(str, str)

    def __init__(
        self,
        theme: Theme,
        item: InboxItem,
        ways: Sequence[Way],
        zone: tzinfo,
        now: datetime,
        say: Say,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(CardSurface.CARD if item.is_open else CardSurface.RAISED, 14, parent)
        # A scrolled list may squeeze wrapped texts otherwise.
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        self.item = item
        self._theme = theme
        self._seats: QWidget | None = None
        words = conflict_words(item, zone, now, say)
        self.buttons: dict[Way, Button] = {}
        self.seat_buttons: list[Button] = []

        sentence = wrapped(words.sentence, "section" if item.is_open else "strong")
        detail = wrapped(words.detail if item.is_open else settled_text(item, zone, now, say), "muted")
        detail.setVisible(bool(detail.text()))
        texts = QVBoxLayout()
        texts.setSpacing(3)
        texts.addWidget(sentence)
        texts.addWidget(detail)
        time = label(when_text(item.created_at, zone, now, say), "small")
        row = QHBoxLayout()
        row.setSpacing(14)
        row.addWidget(KindSign(theme, item), alignment=Qt.AlignmentFlag.AlignTop)
        row.addLayout(texts, 1)
        row.addWidget(time, alignment=Qt.AlignmentFlag.AlignTop)
        self.column.addLayout(row)
        self._sentence, self._detail = sentence, detail
        if item.is_open and ways:
            self._add_buttons(theme, ways, say)
        self.setAccessibleName(". ".join(part for part in (words.sentence, detail.text()) if part))

    @property
    def sentence(self) -> str:
        """What happened."""
        return self._sentence.text()

    @property
    def detail(self) -> str:
        """What helps to decide, or how it was settled."""
        return self._detail.text()

    def offer_seats(self, seats: Sequence[FreeSeat]) -> None:
        """Show the nearest free seats, one a table; a press on one seats the guest there."""
        if self._seats is not None:
            self.column.removeWidget(self._seats)
            self._seats.deleteLater()
        self._seats = QWidget()
        row = QHBoxLayout(self._seats)
        row.setContentsMargins(50, 0, 0, 0)
        row.setSpacing(8)
        text = self.tr("The nearest free seats:") if seats else self.tr("No seat is free: add a table first.")
        row.addWidget(label(text, "muted"))
        self.seat_buttons = []
        for seat in seats[:_SEATS_OFFERED]:
            button = Button(
                self._theme, self.tr("Table {table} · Seat {seat}").format(table=seat.table, seat=seat.number)
            )
            button.setProperty("seat_id", seat.seat_id)
            button.clicked.connect(self._on_seat_pressed)
            self.seat_buttons.append(button)
            row.addWidget(button)
        row.addStretch(1)
        self.column.addWidget(self._seats)
        if self.seat_buttons:
            self.seat_buttons[0].setFocus(Qt.FocusReason.TabFocusReason)

    def _add_buttons(self, theme: Theme, ways: Sequence[Way], say: Say) -> None:
        row = QHBoxLayout()
        row.setContentsMargins(50, 4, 0, 0)
        row.setSpacing(8)
        for place, way in enumerate(ways):
            kind = ButtonKind.PRIMARY if place == 0 and way is not Way.SEEN else ButtonKind.QUIET
            button = Button(theme, way_text(way, self.item, say), kind)
            button.setProperty("way", way.value)
            button.clicked.connect(self._on_way_pressed)
            self.buttons[way] = button
            row.addWidget(button)
        row.addStretch(1)
        self.column.addLayout(row)

    def _on_way_pressed(self) -> None:
        self.way_chosen.emit(self.item.conflict_id, self.sender().property("way"))

    def _on_seat_pressed(self) -> None:
        self.seat_chosen.emit(self.item.conflict_id, self.sender().property("seat_id"))


class KindSign(QLabel):
    """The icon of a conflict's kind on a soft ground; it fades once the conflict is settled."""

    def __init__(self, theme: Theme, item: InboxItem, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._icon = _ICONS[item.kind]
        self._is_open = item.is_open
        self.setFixedSize(36, 36)
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        theme.changed.connect(self._on_theme_changed)
        self._on_theme_changed()

    def _on_theme_changed(self) -> None:
        ink = ColourRole.WARNING_INK if self._is_open else ColourRole.MUTED
        soft = ColourRole.WARNING_SOFT if self._is_open else ColourRole.BACKGROUND
        self.setPixmap(self._theme.pixmap(self._icon, ink, 20, self.devicePixelRatioF()))
        ground = self._theme.colours.of(soft).name()
        self.setStyleSheet(f"QLabel {{ background: {ground}; border-radius: 10px; }}")
