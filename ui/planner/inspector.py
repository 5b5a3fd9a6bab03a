"""What is known of the selected table, and the list by which everything on the plan can be done by keyboard."""

from __future__ import annotations

from PySide6.QtCore import QItemSelectionModel, QModelIndex, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QStackedWidget,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from models.room import EMPTY_ROOM, Room, RoomTable
from ui.planner.seat_rows import SeatRows, TableRows
from ui.planner.words import meal_words, shape_words, table_title
from ui.theme import ColourRole, Theme
from ui.widgets.buttons import Button, IconButton
from ui.widgets.cards import divider, label
from ui.widgets.tables import calm_table

_SIDE = 16
_ROW_HEIGHT = 30
_LONGEST_LABEL = 40


class Inspector(QFrame):
    """Shows all tables, or one of them with its seats; it asks for changes and makes none."""

    table_chosen = Signal(str)
    overview_requested = Signal()
    guests_chosen = Signal(list)
    unseat_requested = Signal(list)
    seat_choice_requested = Signal(list)
    turn_requested = Signal(int)
    removal_requested = Signal()
    renamed = Signal(str)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("part", "inspector")
        self.setProperty("surface", "surface")
        self._theme = theme
        self._room = EMPTY_ROOM
        self._table: RoomTable | None = None
        self._is_following = False
        self.table_rows = TableRows()
        self.seat_rows = SeatRows()
        self.table_list = _RowList(self.tr("All tables"))
        self.table_list.setModel(self.table_rows)
        self.table_list.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table_list.chosen.connect(self._on_table_row_chosen)
        self.table_list.clicked.connect(self._on_table_row_chosen)
        self.seat_list = _RowList(self.tr("Who sits at this table"))
        self.seat_list.setModel(self.seat_rows)
        self.seat_list.setAccessibleDescription(
            self.tr("Press Enter to choose another table for those who are selected, Delete to unseat them.")
        )
        self.seat_list.selectionModel().selectionChanged.connect(self._on_seat_selection_changed)
        self.seat_list.chosen.connect(self._ask_for_seats)
        self.seat_list.emptied.connect(self._ask_to_unseat)
        self._stretch_columns()
        self.title = label("", "section")
        self._shape = label("", "muted")
        self.label_field = QLineEdit()
        self.label_field.setMaxLength(_LONGEST_LABEL)
        self.label_field.setAccessibleName(self.tr("Label of the table"))
        self.label_field.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.label_field.editingFinished.connect(self._on_label_edited)
        self._seats, self._seated, self._meals = label(""), label(""), label("")
        self._tables_count = label("", "muted")
        self.move_button = Button(theme, self.tr("Move to…"))
        self.move_button.clicked.connect(self._ask_for_seats)
        self.unseat_button = Button(theme, self.tr("Unseat"))
        self.unseat_button.clicked.connect(self._ask_to_unseat)
        self.turn_button = IconButton(theme, "refresh", self.tr("Turn by 15° (R)"))
        self.turn_button.clicked.connect(self._on_turn_clicked)
        self.remove_button = IconButton(theme, "trash", self.tr("Remove the table (Delete)"), ColourRole.BAD)
        self.remove_button.clicked.connect(self.removal_requested)
        self.back_button = IconButton(theme, "chevron-left", self.tr("All tables"))
        self.back_button.clicked.connect(self.overview_requested)
        self._stack = QStackedWidget()
        self._overview, self._detail = self._overview_page(), self._detail_page()
        self._stack.addWidget(self._overview)
        self._stack.addWidget(self._detail)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._stack)

    @property
    def shown_table(self) -> RoomTable | None:
        """The table whose seats are listed; None while all tables are."""
        return self._table

    @property
    def selected_attendees(self) -> list[str]:
        """The attendee ids of the rows that are selected."""
        rows = sorted({index.row() for index in self.seat_list.selectionModel().selectedRows()})
        seats = [self.seat_rows.seat_at(self.seat_rows.index(row, 0)) for row in rows]
        return [seat.guest.attendee_id for seat in seats if seat is not None and seat.guest is not None]

    def show_room(self, room: Room, table_id: str | None, guests: frozenset[str]) -> None:
        """Show a table of this room (without an id all of them) with these guests selected."""
        self._room = room
        self._table = room.table_by_id.get(table_id) if table_id is not None else None
        self._tables_count.setText(str(len(room.tables)))
        self.table_rows.show_tables(room.tables)
        if self._table is None:
            self._stack.setCurrentWidget(self._overview)
            return
        self._stack.setCurrentWidget(self._detail)
        self._show_facts(self._table)
        self._is_following = True
        self.seat_rows.show_seats(self._table.seats)
        if set(guests) != set(self.selected_attendees):
            self._select_rows(guests)
        self._is_following = False
        self._show_what_can_be_done()

    def edit_label(self) -> None:
        """Let the person type another label."""
        self.label_field.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.label_field.selectAll()

    def _show_facts(self, table: RoomTable) -> None:
        self.title.setText(table_title(table.label))
        self._shape.setText(shape_words(table))
        if not self.label_field.hasFocus():
            self.label_field.setText(table.label)
        self._seats.setText(self.tr("{count}, clockwise from the top").format(count=len(table.seats)))
        self._seated.setText(str(len(table.sitting)))
        self._meals.setText(meal_words(table.sitting) or "–")
        self._meals.setToolTip(self._meals.text())

    def _select_rows(self, guests: frozenset[str]) -> None:
        model = self.seat_list.selectionModel()
        model.clearSelection()
        for guest in guests:
            row = self.seat_rows.row_of(guest)
            if row is not None:
                index = self.seat_rows.index(row, 0)
                flags = QItemSelectionModel.SelectionFlag
                model.select(index, flags.Select | flags.Rows)
                model.setCurrentIndex(index, flags.NoUpdate)
                self.seat_list.scrollTo(index)

    def _show_what_can_be_done(self) -> None:
        somebody = bool(self.selected_attendees)
        self.move_button.setEnabled(somebody)
        self.unseat_button.setEnabled(somebody)

    # -- what people do -------------------------------------------------------------------------------

    def _on_table_row_chosen(self, index: QModelIndex) -> None:
        table = self.table_rows.table_at(index)
        if table is not None:
            self.table_chosen.emit(table.id)

    def _on_seat_selection_changed(self) -> None:
        self._show_what_can_be_done()
        if not self._is_following:
            self.guests_chosen.emit(self.selected_attendees)

    def _ask_for_seats(self) -> None:
        if self.selected_attendees:
            self.seat_choice_requested.emit(self.selected_attendees)

    def _ask_to_unseat(self) -> None:
        if self.selected_attendees:
            self.unseat_requested.emit(self.selected_attendees)

    def _on_turn_clicked(self) -> None:
        self.turn_requested.emit(1)

    def _on_label_edited(self) -> None:
        wanted = self.label_field.text().strip()
        if self._table is None or wanted == self._table.label:
            return
        if not wanted:
            self.label_field.setText(self._table.label)
            return
        self.renamed.emit(wanted)

    # -- layout -------------------------------------------------------------------------------------

    def _stretch_columns(self) -> None:
        fixed, stretch = QHeaderView.ResizeMode.Fixed, QHeaderView.ResizeMode.Stretch
        tables, seats = self.table_list.horizontalHeader(), self.seat_list.horizontalHeader()
        for header in (tables, seats):
            header.setStretchLastSection(False)
            header.hide()
        tables.setSectionResizeMode(0, stretch)
        tables.setSectionResizeMode(1, fixed)
        tables.resizeSection(1, 72)
        seats.setSectionResizeMode(0, fixed)
        seats.resizeSection(0, 40)
        seats.setSectionResizeMode(1, stretch)

    def _overview_page(self) -> QWidget:
        page = QWidget()
        head = QHBoxLayout()
        head.setContentsMargins(_SIDE, 14, _SIDE, 0)
        head.addWidget(label(self.tr("Tables"), "section"))
        head.addStretch(1)
        head.addWidget(self._tables_count)
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addLayout(head)
        column.addLayout(_inset(self.table_list), 1)
        return page

    def _detail_page(self) -> QWidget:
        page = QWidget()
        head = QHBoxLayout()
        head.setContentsMargins(8, 8, _SIDE, 0)
        head.setSpacing(4)
        head.addWidget(self.back_button)
        head.addWidget(self.title)
        head.addStretch(1)
        head.addWidget(self._shape)
        facts = QVBoxLayout()
        facts.setContentsMargins(_SIDE, 0, _SIDE, 0)
        facts.setSpacing(6)
        for name, value in (
            (self.tr("Label"), self.label_field),
            (self.tr("Seats"), self._seats),
            (self.tr("Seated"), self._seated),
            (self.tr("Meals"), self._meals),
        ):
            facts.addLayout(self._fact(name, value))
            facts.addWidget(divider())
        buttons = QHBoxLayout()
        buttons.setContentsMargins(_SIDE, 0, 8, 12)
        buttons.setSpacing(6)
        buttons.addWidget(self.move_button)
        buttons.addWidget(self.unseat_button)
        buttons.addStretch(1)
        buttons.addWidget(self.turn_button)
        buttons.addWidget(self.remove_button)
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addLayout(head)
        column.addLayout(facts)
        column.addLayout(_inset(self.seat_list), 1)
        column.addLayout(buttons)
        return page

    @staticmethod
    def _fact(name: str, value: QWidget) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(12)
        row.addWidget(label(name, "muted"))
        if isinstance(value, QLabel):
            value.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            value.setWordWrap(True)
            row.addWidget(value, 1)
        else:
            row.addStretch(1)
            value.setMaximumWidth(110)
            row.addWidget(value)
        return row


def _inset(rows: QWidget) -> QHBoxLayout:
    """Give a list the margins of the words above it; its cells have a few pixels of their own."""
    layout = QHBoxLayout()
    layout.setContentsMargins(_SIDE - 4, 0, _SIDE - 4, 0)
    layout.addWidget(rows)
    return layout


class _RowList(QTableView):
    """A list of rows in which Enter chooses and Delete empties."""

    chosen = Signal(QModelIndex)
    emptied = Signal()

    def __init__(self, name: str) -> None:
        super().__init__()
        calm_table(self)
        self.verticalHeader().setDefaultSectionSize(_ROW_HEIGHT)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTabKeyNavigation(False)
        self.setAccessibleName(name)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.chosen.emit(self.currentIndex())
        elif event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.emptied.emit()
        else:
            super().keyPressEvent(event)
