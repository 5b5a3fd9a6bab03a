"""The guest table as people handle it: keys, folding, selection, copying and the menu of a row."""

from collections.abc import Sequence

from PySide6.QtCore import QItemSelection, QItemSelectionModel, QModelIndex, QPoint, Qt, Signal
from PySide6.QtGui import (
    QAction,
    QContextMenuEvent,
    QGuiApplication,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractItemView, QMenu, QTableView, QWidget

from models.guest_table import GuestLine
from models.invitations import Rsvp
from ui.guests.arrangement import HOUSEHOLD_MARK, Column, Span, spans_of
from ui.guests.guest_delegate import FOLD_WIDTH, PADDING, GuestDelegate
from ui.guests.guest_model import GuestModel
from ui.guests.words import rsvp_word
from ui.theme import Theme
from ui.widgets.tables import calm_table

FIRST_SHOWN = (Column.NAME, Column.EMAIL, Column.RSVP, Column.MEAL, Column.SEAT, Column.TAGS)
_WIDTHS = {
    Column.NAME: 380,
    Column.EMAIL: 300,
    Column.RSVP: 170,
    Column.MEAL: 120,
    Column.SEAT: 136,
    Column.TAGS: 140,
    Column.DIET: 140,
    Column.PHONE: 140,
    Column.COMPANY: 150,
    Column.TICKET: 100,
    Column.ATTENDANCE: 100,
}
_ANSWER_KEYS = {Rsvp.ACCEPTED: "Alt+1", Rsvp.PENDING: "Alt+2", Rsvp.DECLINED: "Alt+3", Rsvp.CANCELLED: "Alt+4"}


class GuestView(QTableView):
    """Shows the guest table; what is to be done with guests it asks for by signals, with the lines concerned."""

    answer_asked = Signal(list, Rsvp)
    removal_asked = Signal(list)
    move_asked = Signal(list)
    addition_asked = Signal(str)
    paste_asked = Signal()
    search_asked = Signal()
    erasing_asked = Signal(list)
    sort_asked = Signal(Column, Qt.SortOrder)
    folding_asked = Signal()
    """All households are to be folded away."""
    unfolding_asked = Signal()

    def __init__(self, theme: Theme, model: GuestModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._guests = model
        self.may_erase = False
        """Whether this device's role may erase guests."""
        calm_table(self)
        self.setModel(model)
        self.setItemDelegate(GuestDelegate(theme, model, self))
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.DoubleClicked | QAbstractItemView.EditTrigger.EditKeyPressed)
        self.setTabKeyNavigation(False)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setAccessibleName(self.tr("Guests"))
        theme.changed.connect(self.viewport().update)
        header = self.horizontalHeader()
        # A header that follows the selection asks 50,000 rows whether their column is selected at every painting.
        header.setSelectionModel(QItemSelectionModel(model, header))
        header.setSectionsMovable(True)
        header.setSortIndicator(Column.NAME, Qt.SortOrder.AscendingOrder)
        header.setSortIndicatorShown(True)
        header.setSectionsClickable(True)
        header.sortIndicatorChanged.connect(self._on_sort_chosen)
        header.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        header.customContextMenuRequested.connect(self._on_header_menu_asked)
        for column in Column:
            self.setColumnWidth(column, _WIDTHS[column])
            self.setColumnHidden(column, column not in FIRST_SHOWN)
        self._is_sized_by_hand = False
        header.sectionResized.connect(self._on_section_resized)
        self._fitting = False

    # -- who is chosen ------------------------------------------------------------------------------

    def chosen_spans(self) -> tuple[Span, ...]:
        """Return the selected rows as they follow each other, in no order."""
        return tuple((span.top(), span.bottom()) for span in self.selectionModel().selection().toList())

    def chosen_rows(self) -> list[int]:
        """Return the selected rows in their order."""
        rows: set[int] = set()
        for first, last in self.chosen_spans():
            rows.update(range(first, last + 1))
        return sorted(rows)

    def chosen_guests(self) -> list[GuestLine]:
        """Return the selected guests; a selected household stands for the guests it shows."""
        return self._guests.guests_in_rows(self.chosen_rows())

    def choose(self, keys: list[str], current: str | None = None) -> None:
        """Select the rows with these keys, as far as they are shown, and go to the current one."""
        rows = {row for key in keys if (row := self._guests.row_of(key)) is not None}
        self.choose_spans(spans_of(rows), current)

    def choose_spans(self, spans: Sequence[Span], current: str | None = None) -> None:
        """Select some rows, and go to the one with the key ``current``, as far as it is shown."""
        selection = QItemSelection()
        side = self._guests.columnCount() - 1
        for first, last in spans:
            selection.select(self._guests.index(first, 0), self._guests.index(last, side))
        row = self._guests.row_of(current) if current else None
        if row is not None:
            column = max(self.currentIndex().column(), 0)
            self.selectionModel().setCurrentIndex(
                self._guests.index(row, column), QItemSelectionModel.SelectionFlag.NoUpdate
            )
        self.selectionModel().select(selection, QItemSelectionModel.SelectionFlag.ClearAndSelect)

    def copy_text(self) -> str:
        """Return the selected guests as cells of the shown columns, with their headings, for a spreadsheet."""
        header = self.horizontalHeader()
        logical = [header.logicalIndex(at) for at in range(header.count())]
        columns = [Column(one) for one in logical if not self.isColumnHidden(one)]
        lines = ["\t".join(self._guests.title(column) for column in columns)]
        for guest in self.chosen_guests():
            row = self._guests.row_of(guest.attendee_id)
            cells = [self._cell(guest, row, column) for column in columns]
            lines.append("\t".join(cells))
        return "\n".join(lines) + "\n"

    # -- keys and mouse -----------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self.state() == QAbstractItemView.State.EditingState:
            super().keyPressEvent(event)
            return
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy()
        elif event.matches(QKeySequence.StandardKey.Paste):
            self.paste_asked.emit()
        elif event.matches(QKeySequence.StandardKey.Find):
            self.search_asked.emit()
        elif event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace) and self.chosen_guests():
            self.removal_asked.emit(self.chosen_guests())
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._enter(self.currentIndex())
        elif event.modifiers() == Qt.KeyboardModifier.AltModifier and self._answer_for(event) is not None:
            self.answer_asked.emit(self.chosen_guests(), self._answer_for(event))
        elif not self._fold_by_key(event):
            super().keyPressEvent(event)

    def keyboardSearch(self, search: str) -> None:
        # Comparing 50,000 names letter by letter is what the search field does better.
        return

    def mousePressEvent(self, event: QMouseEvent) -> None:
        index = self.indexAt(event.position().toPoint())
        if event.button() == Qt.MouseButton.LeftButton and index.isValid() and index.column() == Column.NAME:
            household = self._guests.household_at(index.row())
            if household is not None and event.position().x() < self.visualRect(index).left() + PADDING + FOLD_WIDTH:
                self._toggle(household, index.row())
                return
        super().mousePressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if self.chosen_guests():
            self.row_menu().popup(event.globalPos())

    def copy(self) -> None:
        """Put the selected guests on the clipboard as cells."""
        if self.chosen_rows():
            QGuiApplication.clipboard().setText(self.copy_text())

    def row_menu(self) -> QMenu:
        """Return the menu of what can be done with the selected guests."""
        guests = self.chosen_guests()
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        answers = menu.addMenu(self.tr("Set RSVP"))
        for rsvp in Rsvp:
            action = answers.addAction(rsvp_word(rsvp))
            action.setShortcut(QKeySequence(_ANSWER_KEYS[rsvp]))
            action.setData(rsvp)
            action.triggered.connect(self._on_answer_triggered)
        menu.addAction(self.tr("Move to household…"), self._on_move_triggered)
        menu.addAction(self.tr("Add guest to this household…"), self._on_add_triggered)
        menu.addSeparator()
        copy = menu.addAction(self.tr("Copy"), self.copy)
        copy.setShortcut(QKeySequence(QKeySequence.StandardKey.Copy))
        menu.addAction(self.tr("Fold all households")).triggered.connect(self.folding_asked)
        menu.addAction(self.tr("Unfold all households")).triggered.connect(self.unfolding_asked)
        menu.addSeparator()
        text = self.tr("Remove {name}") if len(guests) == 1 else self.tr("Remove {count} guests")
        remove = menu.addAction(text.format(name=guests[0].name, count=len(guests)), self._on_remove_triggered)
        remove.setShortcut(QKeySequence(Qt.Key.Key_Delete))
        if erasable := self.erasable_guests():
            text = self.tr("Erase {name}…") if len(erasable) == 1 else self.tr("Erase {count} guests…")
            menu.addAction(text.format(name=erasable[0].name, count=len(erasable)), self.ask_erasing)
        return menu

    def erasable_guests(self) -> list[GuestLine]:
        """Return the selected guests who can be erased: none where the role may not, nor those who are erased."""
        return [line for line in self.chosen_guests() if not line.is_erased] if self.may_erase else []

    def ask_erasing(self) -> None:
        """Ask for the selected guests to be erased."""
        self.erasing_asked.emit(self.erasable_guests())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    # -- inside -------------------------------------------------------------------------------------

    def _fit(self) -> None:
        """Share the width out among the columns until somebody sizes one by hand."""
        if self._is_sized_by_hand:
            return
        shown = [column for column in Column if not self.isColumnHidden(column)]
        wanted = sum(_WIDTHS[column] for column in shown)
        room = max(self.viewport().width(), 760)
        self._fitting = True
        for column in shown:
            self.setColumnWidth(column, max(72, int(_WIDTHS[column] * min(room / wanted, 1.25))))
        self._fitting = False

    def _on_section_resized(self) -> None:
        header = self.horizontalHeader()
        if not self._fitting and header.isVisible() and header.cursor().shape() == Qt.CursorShape.SplitHCursor:
            self._is_sized_by_hand = True

    def _cell(self, guest: GuestLine, row: int | None, column: Column) -> str:
        if column is Column.SEAT and guest.table is None:
            return ""
        if row is None:
            # The guest's household is folded away.
            return " ".join(self._guests.text_of(guest, column).split())
        text = str(self._guests.index(row, column).data() or "")
        return " ".join(text.split())

    def _enter(self, index: QModelIndex) -> None:
        if not index.isValid():
            return
        household = self._guests.household_at(index.row())
        if household is not None:
            self._toggle(household, index.row())
        else:
            self.edit(index)

    def _fold_by_key(self, event: QKeyEvent) -> bool:
        index = self.currentIndex()
        is_plain = event.modifiers() in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.KeypadModifier)
        if not index.isValid() or not is_plain or not self._guests.wanted.by_household:
            return False
        household = self._guests.household_at(index.row())
        if event.key() == Qt.Key.Key_Left and index.column() == Column.NAME:
            if household is None and not self._guests.is_inside_household(index.row()):
                return False
            if household is None:
                key = HOUSEHOLD_MARK + self._guests.invitation_at(index.row())
                self.choose([key], key)
            elif not self._guests.is_folded(household):
                self._toggle(household, index.row())
            return True
        if event.key() == Qt.Key.Key_Right and household is not None and self._guests.is_folded(household):
            self._toggle(household, index.row())
            return True
        return False

    def _toggle(self, household: str, row: int) -> None:
        had_chosen = self.selectionModel().hasSelection()
        self._guests.toggle_household(household)
        # What was chosen stays chosen by itself, as far as it still has a row. The household's own has not moved.
        index = self._guests.index(row, max(self.currentIndex().column(), 0))
        self.selectionModel().setCurrentIndex(index, QItemSelectionModel.SelectionFlag.NoUpdate)
        if not had_chosen:
            self.choose_spans([(row, row)])

    def _answer_for(self, event: QKeyEvent) -> Rsvp | None:
        pressed = QKeySequence(event.keyCombination())
        return next((rsvp for rsvp, key in _ANSWER_KEYS.items() if pressed == QKeySequence(key)), None)

    def _on_answer_triggered(self) -> None:
        action = self.sender()
        if isinstance(action, QAction):
            self.answer_asked.emit(self.chosen_guests(), Rsvp(action.data()))

    def _on_move_triggered(self) -> None:
        self.move_asked.emit(self.chosen_guests())

    def _on_add_triggered(self) -> None:
        rows = self.chosen_rows()
        if rows:
            self.addition_asked.emit(self._guests.invitation_at(rows[0]))

    def _on_remove_triggered(self) -> None:
        self.removal_asked.emit(self.chosen_guests())

    def _on_sort_chosen(self, column: int, order: Qt.SortOrder) -> None:
        if column >= 0:
            self.sort_asked.emit(Column(column), order)

    def _on_header_menu_asked(self, place: QPoint) -> None:
        self.columns_menu().popup(self.horizontalHeader().mapToGlobal(place))

    def columns_menu(self) -> QMenu:
        """Return the menu that shows and hides columns; the name always stays."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for column in Column:
            if column is Column.NAME:
                continue
            action = menu.addAction(self._guests.title(column))
            action.setCheckable(True)
            action.setChecked(not self.isColumnHidden(column))
            action.setData(int(column))
            action.toggled.connect(self._on_column_toggled)
        return menu

    def _on_column_toggled(self, is_shown: bool) -> None:
        action = self.sender()
        if isinstance(action, QAction):
            self.setColumnHidden(action.data(), not is_shown)
            self._fit()
