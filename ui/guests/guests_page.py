"""The guest screen: search, filters, the table, and everything that is done from there."""

from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QDragEnterEvent, QDragMoveEvent, QDropEvent, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from models.errors import UsherError
from models.guest_table import SHOWN_ENTITIES
from models.operations.base import ORGANIZERS
from models.store.rows import Change
from ui.guests.arrangement import Column, Placed, carried
from ui.guests.filter_bar import FilterBar
from ui.guests.guest_model import GuestModel
from ui.guests.guest_reader import GuestReader, News
from ui.guests.guest_view import GuestView
from ui.guests.guest_work import GuestWork
from ui.theme import Theme
from ui.widgets.buttons import Button
from ui.widgets.cards import Card
from ui.widgets.chips import Tone
from ui.widgets.empty_state import EmptyState
from ui.widgets.header import mark_primary
from ui.workspace import Workspace

_LISTS = frozenset({".csv", ".tsv", ".txt", ".xlsx", ".xlsm", ".xls", ".ods"})


class GuestsPage(QWidget):
    """Shows the event's guests and lets a person find, edit, import and export them."""

    facts_changed = Signal()

    def __init__(self, theme: Theme, workspace: Workspace, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._workspace = workspace
        self._tags: list[tuple[str, int]] = []
        self._to_show: str | None = None
        self.setAcceptDrops(True)

        self.model = GuestModel(self)
        self.filters = FilterBar(theme)
        self.filters.changed.connect(self._on_filters_changed)
        self.view = GuestView(theme, self.model)
        self.work = GuestWork(theme, workspace, self.model, self)
        # Queued, since the rows may move and the view still holds the editor while it commits.
        self.model.edit_asked.connect(self.work.edit, Qt.ConnectionType.QueuedConnection)
        self.view.answer_asked.connect(self.work.set_answer)
        self.view.removal_asked.connect(self.work.remove)
        self.view.move_asked.connect(self.work.ask_household)
        self.view.addition_asked.connect(self.work.ask_guest)
        self.view.paste_asked.connect(self.work.paste)
        self.view.erasing_asked.connect(self.work.ask_erasing)
        self.view.may_erase = workspace.identity.role in ORGANIZERS
        self.erase_action = QAction(self.tr("Erase guest…"), self)
        self.erase_action.triggered.connect(self.view.ask_erasing)
        self.view.search_asked.connect(self.filters.search.setFocus)
        self._nobody = self._make_nobody()
        self.not_found = EmptyState(
            theme,
            "search",
            self.tr("Nobody fits"),
            self.tr("No guest fits the search and the filters."),
            self.tr("Show all guests"),
        )
        self.not_found.first_step_requested.connect(self.filters.clear_filters)
        self._lay_out()
        self._actions = self._make_actions()
        self.setFocusProxy(self.view)
        self._reader = GuestReader(workspace, self.model, self.view.chosen_spans, self)
        self._reader.arrived.connect(self._on_read)
        self._reader.failed.connect(self._on_reading_failed)
        self.view.sort_asked.connect(self._on_sort_asked)
        self.view.folding_asked.connect(self._on_folding_asked)
        self.view.unfolding_asked.connect(self._on_unfolding_asked)
        self.model.household_turned.connect(self._reader.note_turned)
        workspace.changes.changed.connect(self._on_rows_changed)
        self.reload()

    # -- for the window -----------------------------------------------------------------------------

    def header_actions(self) -> list[QAction]:
        """Return what the window's header offers while this page is shown."""
        return list(self._actions)

    def status_facts(self) -> list[str]:
        """Return the figures for the status line: the meals of those who accepted."""
        meals = self._reader.known.counts.meals
        if not meals:
            return []
        text = " · ".join(f"{count} {meal}" for meal, count in meals[:6])
        return [self.tr("Meals: {meals}").format(meals=text)]

    def show_guest(self, attendee_id: str) -> None:
        """Go to a guest, without filters that would hide them; at once, or as soon as they have a row."""
        self._to_show = attendee_id
        if self.model.row_of(attendee_id) is None:
            self._make_seen(attendee_id)
        # Arranged meanwhile, it has been gone to.
        if self._to_show is not None and self.model.row_of(attendee_id) is not None:
            self._go_to(attendee_id)

    def _make_seen(self, attendee_id: str) -> None:
        line, wish = self.model.lines.get(attendee_id), self._reader.wish
        if line is None:
            return
        if wish.typed or wish.wanted.filters:
            self.filters.clear_filters()
        elif self.model.is_folded(line.invitation_id) and not self._reader.is_reading:
            self.model.toggle_household(line.invitation_id)

    def _go_to(self, attendee_id: str) -> None:
        self._to_show = None
        self.view.choose([attendee_id], attendee_id)
        self.view.scrollTo(self.view.currentIndex())
        self.view.setFocus()

    def reload(self) -> None:
        """Read all guests anew, away from the screen's thread."""
        if not self.model.lines:
            self.filters.say(self.tr("Loading guests…"))
        self._reader.read_all()

    # -- layout -------------------------------------------------------------------------------------

    def _lay_out(self) -> None:
        card = Card(padding=1)
        card.column.setContentsMargins(1, 5, 1, 6)
        card.column.addWidget(self.view)
        self._stack = QStackedWidget()
        nobody_fits = Card()
        nobody_fits.column.addWidget(self.not_found)
        for widget in (card, self._nobody, nobody_fits):
            self._stack.addWidget(widget)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 20)
        column.setSpacing(14)
        column.addWidget(self.filters)
        column.addWidget(self._stack, 1)

    def _make_nobody(self) -> QWidget:
        empty = EmptyState(
            self._theme,
            "guests",
            self.tr("No guests yet"),
            self.tr("Drop an Excel or CSV file here, paste cells, or add the first guest by hand."),
            self.tr("Import…"),
        )
        empty.first_step_requested.connect(self.work.ask_list)
        self.first_guest_button = Button(self._theme, self.tr("Add guest"))
        self.first_guest_button.clicked.connect(self.work.ask_guest_anywhere)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(self.first_guest_button)
        row.addStretch(1)
        card = Card()
        card.column.addStretch(2)
        card.column.addWidget(empty)
        card.column.addLayout(row)
        card.column.addStretch(3)
        return card

    def _make_actions(self) -> list[QAction]:
        export = QAction(self.tr("Export"), self)
        export.triggered.connect(self.work.ask_where_to_export)
        bring = QAction(self.tr("Import…"), self)
        bring.setShortcut(QKeySequence("Ctrl+I"))
        bring.triggered.connect(self.work.ask_list)
        add = mark_primary(QAction(self.tr("Add guest"), self))
        add.setShortcut(QKeySequence(QKeySequence.StandardKey.New))
        add.triggered.connect(self.work.ask_guest_anywhere)
        self._export_action = export
        return [export, bring, add]

    # -- rows ---------------------------------------------------------------------------------------

    def _on_rows_changed(self, change: Change) -> None:
        if change.touches(*SHOWN_ENTITIES):
            self._reader.read_changed(change)

    def _on_read(self, news: News) -> None:
        if news.placed is None:
            self.model.show(news.known.lines, news.changed, None)
        else:
            self._show_moved(news, news.placed)
        self._show_figures()
        if self._to_show is not None:
            self.show_guest(self._to_show)

    def _show_moved(self, news: News, placed: Placed) -> None:
        """Show other rows with the same ones chosen; a current row that was in sight stays in sight.

        Who asked for other rows is taken to the current one wherever it is.
        """
        view, bar, model = self.view, self.view.verticalScrollBar(), self.model
        before, spans, current, offset = model.arrangement, view.chosen_spans(), view.currentIndex(), bar.value()
        current_key = model.key_at(current.row()) if current.isValid() else None
        was_seen = current.isValid() and view.viewport().rect().intersects(view.visualRect(current))
        model.show(news.known.lines, news.changed, placed)
        chosen = news.chosen if spans == news.chosen_before else carried(spans, before, placed)
        if not news.is_asked_for:
            bar.setValue(offset)
        view.choose_spans(chosen, current_key)
        if not news.is_asked_for and not was_seen:
            bar.setValue(offset)

    def _on_reading_failed(self, error: UsherError) -> None:
        self.filters.say("")
        self.work.say(error.message, Tone.BAD)

    def _on_filters_changed(self) -> None:
        wish = self._reader.wish
        wanted = replace(
            wish.wanted,
            by_household=self.filters.household_chip.isChecked(),
            rsvp=self.filters.rsvp,
            tag=self.filters.tag,
            only_unseated=self.filters.unseated_chip.isChecked(),
        )
        self._reader.want(replace(wish, wanted=wanted, typed=self.filters.search.text().strip()))

    def _on_sort_asked(self, column: Column, order: Qt.SortOrder) -> None:
        wish = self._reader.wish
        is_descending = order == Qt.SortOrder.DescendingOrder
        wanted = replace(wish.wanted, sorted_by=column, is_descending=is_descending)
        self._reader.want(replace(wish, wanted=wanted))

    def _on_folding_asked(self) -> None:
        self._reader.want(replace(self._reader.wish, folded_away=self.model.households))

    def _on_unfolding_asked(self) -> None:
        self._reader.want(replace(self._reader.wish, folded_away=frozenset()))

    def _show_figures(self) -> None:
        counts = self._reader.known.counts
        if counts.tags != self._tags:
            self._tags = counts.tags
            self.filters.set_tags(self._tags)
            if self.filters.tag != self.model.wanted.tag:
                # Nobody has the tag any more by which the list was filtered.
                self._on_filters_changed()
        shown = self.model.shown_guests
        self.filters.show_counts(counts.answers, shown)
        self._stack.setCurrentIndex(0 if shown else 1 if not self.model.lines else 2)
        self._export_action.setEnabled(bool(self.model.lines))
        self.facts_changed.emit()

    # -- drops and keys -----------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Paste):
            self.work.paste()
        elif event.matches(QKeySequence.StandardKey.Find):
            self.filters.search.setFocus()
        else:
            super().keyPressEvent(event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if _dropped_list(event) is not None:
            event.acceptProposedAction()

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        if _dropped_list(event) is not None:
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        path = _dropped_list(event)
        if path is not None:
            event.acceptProposedAction()
            self.work.import_file(path)


def _dropped_list(event: QDropEvent) -> Path | None:
    paths = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
    return next((path for path in paths if path.suffix.casefold() in _LISTS), paths[0] if paths else None)
