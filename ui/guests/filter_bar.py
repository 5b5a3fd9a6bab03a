"""The line above the guest table: search, filters, and the counts of answers."""

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QHBoxLayout, QMenu, QSizePolicy, QWidget

from models.guest_counts import AnswerCounts
from models.invitations import Rsvp
from ui.guests.words import rsvp_word
from ui.theme import Theme
from ui.widgets.cards import label
from ui.widgets.chips import FilterChip
from ui.widgets.search_field import SearchField

_SEARCH_WIDTH = 340


class FilterBar(QWidget):
    """Asks which guests to show (``changed``), and tells how many there are."""

    changed = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.search = SearchField(theme, self.tr("Search name, mail, company, note"))
        self.search.setMaximumWidth(_SEARCH_WIDTH)
        self.search.setMinimumWidth(180)
        self.search.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.search.search_changed.connect(self._on_changed)
        self.household_chip = FilterChip(self.tr("By household"))
        self.household_chip.setChecked(True)
        self.household_chip.toggled.connect(self._on_changed)
        self.unseated_chip = FilterChip(self.tr("Not seated"))
        self.unseated_chip.toggled.connect(self._on_changed)
        self.rsvp_chip = FilterChip("")
        self.tag_chip = FilterChip("")
        self._rsvp: Rsvp | None = None
        self._tag: str | None = None
        self._tags: Sequence[tuple[str, int]] = ()
        self._fill_rsvp_menu()
        self.set_tags([])
        self._counts = label("", "muted")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self.search, 20)
        for chip in (self.household_chip, self.rsvp_chip, self.unseated_chip, self.tag_chip):
            row.addWidget(chip)
        row.addStretch(1)
        row.addWidget(self._counts)

    @property
    def rsvp(self) -> Rsvp | None:
        """The answer that is shown; None for any."""
        return self._rsvp

    @property
    def tag(self) -> str | None:
        """The tag that is shown; None for any."""
        return self._tag

    @property
    def counts_text(self) -> str:
        """The counts as they are shown."""
        return self._counts.text()

    def set_tags(self, tags: Sequence[tuple[str, int]]) -> None:
        """Offer these tags, with how many guests have each."""
        self._tags = tags
        if self._tag not in {tag for tag, _ in tags}:
            self._tag = None
        menu = QMenu(self.tag_chip)
        group = QActionGroup(menu)
        self._add_choice(menu, group, self.tr("Any tag"), None, self._tag is None)
        if tags:
            menu.addSeparator()
        for tag, count in tags:
            text = f"{tag.replace('&', '&&')}  ·  {count}"
            self._add_choice(menu, group, text, tag, tag == self._tag)
        group.triggered.connect(self._on_tag_chosen)
        self._set_menu(self.tag_chip, menu)
        self._show_choices()

    def show_counts(self, counts: AnswerCounts, shown: int) -> None:
        """Tell how many guests there are by answer, and how many of them are shown."""
        if counts.guests == 0:
            self._counts.setText("")
            return
        guests = self.tr("1 guest") if counts.guests == 1 else self.tr("{count} guests")
        parts = [guests.format(count=counts.guests)]
        if shown != counts.guests:
            parts = [self.tr("{shown} of {count} guests").format(shown=shown, count=counts.guests)]
        for rsvp, count in (
            (Rsvp.ACCEPTED, counts.accepted),
            (Rsvp.PENDING, counts.pending),
            (Rsvp.DECLINED, counts.declined),
            (Rsvp.CANCELLED, counts.cancelled),
        ):
            if count:
                parts.append(f"{count} {rsvp_word(rsvp)}")
        self._counts.setText(" · ".join(parts))

    def say(self, text: str) -> None:
        """Show other words in the place of the counts, such as that guests are being loaded."""
        self._counts.setText(text)

    def clear_filters(self) -> None:
        """Show all guests again."""
        self._rsvp = None
        self._tag = None
        self.unseated_chip.setChecked(False)
        self.search.clear()
        self.search.ask_now()
        self._fill_rsvp_menu()
        self.set_tags(self._tags)
        self.changed.emit()

    def _fill_rsvp_menu(self) -> None:
        menu = QMenu(self.rsvp_chip)
        group = QActionGroup(menu)
        self._add_choice(menu, group, self.tr("Any answer"), None, self._rsvp is None)
        menu.addSeparator()
        for rsvp in Rsvp:
            self._add_choice(menu, group, rsvp_word(rsvp), rsvp, rsvp is self._rsvp)
        group.triggered.connect(self._on_rsvp_chosen)
        self._set_menu(self.rsvp_chip, menu)
        self._show_choices()

    @staticmethod
    def _set_menu(chip: FilterChip, menu: QMenu) -> None:
        before = chip.menu()
        chip.setMenu(menu)
        if before is not None:
            before.deleteLater()

    @staticmethod
    def _add_choice(menu: QMenu, group: QActionGroup, text: str, value: str | None, is_chosen: bool) -> None:
        action = menu.addAction(text)
        action.setCheckable(True)
        action.setChecked(is_chosen)
        action.setData(value)
        group.addAction(action)

    def _on_rsvp_chosen(self, action: QAction) -> None:
        value = action.data()
        self._rsvp = None if value is None else Rsvp(value)
        self._show_choices()
        self.changed.emit()

    def _on_tag_chosen(self, action: QAction) -> None:
        self._tag = action.data()
        self._show_choices()
        self.changed.emit()

    def _show_choices(self) -> None:
        answer = rsvp_word(self._rsvp) if self._rsvp else self.tr("any")
        self.rsvp_chip.setText(self.tr("RSVP: {answer}").format(answer=answer))
        tag = (self._tag or "").replace("&", "&&")
        self.tag_chip.setText(self.tr("Tag: {tag}").format(tag=tag) if self._tag else self.tr("Tag"))
        for chip, is_used in ((self.rsvp_chip, self._rsvp is not None), (self.tag_chip, self._tag is not None)):
            # A chip with a menu is not switched by a press: being checked only colours it.
            chip.setCheckable(is_used)
            chip.setChecked(is_used)

    def _on_changed(self) -> None:
        self.changed.emit()
