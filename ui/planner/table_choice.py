"""Choosing a table from a list: the way by keyboard for everything that can be dragged."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QAbstractListModel, QEvent, QModelIndex, QObject, QPersistentModelIndex, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QDialog, QHBoxLayout, QListView, QVBoxLayout, QWidget

from models.guest_lists.folding import fold
from models.room import Room, RoomTable
from models.seat_choice import free_seats
from ui.planner.placing import AtTable, OnFloor, Plan, party_name, plan_drop
from ui.planner.words import shape_words, table_title
from ui.theme import Theme
from ui.widgets.buttons import Button, ButtonKind
from ui.widgets.cards import Card, label
from ui.widgets.search_field import SearchField

_Index = QModelIndex | QPersistentModelIndex
_ROW_HEIGHT = 30
_WALKING = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)


class TableChoices(QAbstractListModel):
    """Lists the tables at which a party fits, by their labels, and a new table last."""

    def __init__(self, room: Room, attendee_ids: Sequence[str], floor: OnFloor, parent: QObject | None = None) -> None:
        """List for these attendees; a new table would be put at ``floor``."""
        super().__init__(parent)
        self._all: list[tuple[str, str, Plan]] = []
        for table in room.tables:
            plan = plan_drop(room, attendee_ids, AtTable(table.id))
            if plan.fits:
                self._all.append((table.label, self._words(table, attendee_ids), plan))
        new = plan_drop(room, attendee_ids, floor)
        if new.fits:
            self._all.append(("", new.hint, new))
        self._rows = self._all

    def search(self, text: str) -> None:
        """List only tables whose label begins like this."""
        wanted = fold(text)
        self.beginResetModel()
        self._rows = [row for row in self._all if not wanted or fold(row[0]).startswith(wanted)]
        self.endResetModel()

    def plan_at(self, index: _Index) -> Plan | None:
        """Give what choosing a row would do."""
        return self._rows[index.row()][2] if index.isValid() else None

    def rowCount(self, parent: _Index = QModelIndex()) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if role == Qt.ItemDataRole.SizeHintRole:
            return QSize(120, _ROW_HEIGHT)
        if index.isValid() and role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return self._rows[index.row()][1]
        return None

    def _words(self, table: RoomTable, attendee_ids: Sequence[str]) -> str:
        free = len(free_seats(table, attendee_ids))
        return self.tr("{table}   ·   {free} free   ·   {shape}").format(
            table=table_title(table.label), free=free, shape=shape_words(table)
        )


class TableChoice(QDialog):
    """Asks at which table a party shall sit; typing narrows the list, Enter seats."""

    plan_chosen = Signal(object)

    def __init__(
        self, theme: Theme, room: Room, attendee_ids: Sequence[str], floor: OnFloor, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        title = self.tr("Seat {who}").format(who=party_name(room, attendee_ids))
        self.setWindowTitle(title)
        self.choices = TableChoices(room, attendee_ids, floor, self)
        self.field = SearchField(theme, self.tr("Table"))
        self.field.installEventFilter(self)
        self.field.textChanged.connect(self._on_text_changed)
        self.list = QListView()
        self.list.setModel(self.choices)
        self.list.setUniformItemSizes(True)
        self.list.setAccessibleName(self.tr("Tables with enough free seats"))
        self.list.doubleClicked.connect(self._choose)
        card = Card(padding=6)
        card.column.addWidget(self.list)
        self.seat_button = Button(theme, self.tr("Seat"), ButtonKind.PRIMARY)
        self.seat_button.clicked.connect(self._choose)
        keep = Button(theme, self.tr("Cancel"))
        keep.clicked.connect(self.reject)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(keep)
        buttons.addWidget(self.seat_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(10)
        column.addWidget(label(title, "title"))
        column.addWidget(self.field)
        column.addWidget(card, 1)
        column.addLayout(buttons)
        self.resize(400, 420)
        self.field.setFocus()
        self._select_first()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress and event.key() in _WALKING:
            self.list.keyPressEvent(event)
            return True
        return super().eventFilter(watched, event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._choose()
            return
        super().keyPressEvent(event)

    def _on_text_changed(self, text: str) -> None:
        self.choices.search(text)
        self._select_first()

    def _select_first(self) -> None:
        if self.choices.rowCount():
            self.list.setCurrentIndex(self.choices.index(0))
        self.seat_button.setEnabled(self.choices.rowCount() > 0)

    def _choose(self) -> None:
        plan = self.choices.plan_at(self.list.currentIndex())
        if plan is not None:
            self.accept()
            self.plan_chosen.emit(plan)
