"""The rows beside the plan: all tables, and the seats of one table with who sits there."""

from __future__ import annotations

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt

from models.room import RoomSeat, RoomTable
from ui.planner.words import guest_remarks, seat_words, table_title

_Index = QModelIndex | QPersistentModelIndex
_DISPLAY = Qt.ItemDataRole.DisplayRole
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class TableRows(QAbstractTableModel):
    """Lists all tables by their labels, with how many seats of each are taken."""

    def __init__(self) -> None:
        super().__init__()
        self._tables: tuple[RoomTable, ...] = ()

    def show_tables(self, tables: tuple[RoomTable, ...]) -> None:
        """List these; what is selected stays so where only counts changed."""
        if tables == self._tables:
            return
        if [table.id for table in tables] == [table.id for table in self._tables]:
            self._tables = tables
            self.dataChanged.emit(self.index(0, 0), self.index(len(tables) - 1, 1))
            return
        self.beginResetModel()
        self._tables = tables
        self.endResetModel()

    def table_at(self, index: _Index) -> RoomTable | None:
        """Give the table of a row."""
        return self._tables[index.row()] if index.isValid() else None

    def rowCount(self, parent: _Index = QModelIndex()) -> int:
        return 0 if parent.isValid() else len(self._tables)

    def columnCount(self, parent: _Index = QModelIndex()) -> int:
        return 0 if parent.isValid() else 2

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = _DISPLAY) -> object:
        if orientation is Qt.Orientation.Horizontal and role == _DISPLAY:
            return (self.tr("Table"), self.tr("Seated"))[section]
        return None

    def data(self, index: _Index, role: int = _DISPLAY) -> object:
        if not index.isValid():
            return None
        table = self._tables[index.row()]
        taken, seats = len(table.sitting), len(table.seats)
        if role == _DISPLAY:
            return f"{taken}/{seats}" if index.column() else table.label
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return self.tr("{table}, {taken} of {seats} seats taken").format(
                table=table_title(table.label), taken=taken, seats=seats
            )
        if role == Qt.ItemDataRole.TextAlignmentRole and index.column():
            return _RIGHT
        return None


class SeatRows(QAbstractTableModel):
    """Lists the seats of one table with who sits there and what to think of with them."""

    def __init__(self) -> None:
        super().__init__()
        self._seats: tuple[RoomSeat, ...] = ()

    def show_seats(self, seats: tuple[RoomSeat, ...]) -> None:
        """List these; what is selected stays so at the same table."""
        if seats == self._seats:
            return
        if [seat.id for seat in seats] == [seat.id for seat in self._seats]:
            self._seats = seats
            self.dataChanged.emit(self.index(0, 0), self.index(len(seats) - 1, 1))
            return
        self.beginResetModel()
        self._seats = seats
        self.endResetModel()

    def seat_at(self, index: _Index) -> RoomSeat | None:
        """Give the seat of a row."""
        return self._seats[index.row()] if index.isValid() else None

    def row_of(self, attendee_id: str) -> int | None:
        """Give the row in which a guest is listed."""
        for row, seat in enumerate(self._seats):
            if seat.guest is not None and seat.guest.attendee_id == attendee_id:
                return row
        return None

    def rowCount(self, parent: _Index = QModelIndex()) -> int:
        return 0 if parent.isValid() else len(self._seats)

    def columnCount(self, parent: _Index = QModelIndex()) -> int:
        return 0 if parent.isValid() else 2

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = _DISPLAY) -> object:
        if orientation is Qt.Orientation.Horizontal and role == _DISPLAY:
            return (self.tr("Seat"), self.tr("Guest"))[section]
        return None

    def data(self, index: _Index, role: int = _DISPLAY) -> object:
        if not index.isValid():
            return None
        seat = self._seats[index.row()]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return self._words(seat) if index.column() else str(seat.number)
            case Qt.ItemDataRole.AccessibleTextRole | Qt.ItemDataRole.ToolTipRole:
                return f"{seat.number}: {seat_words(seat)}" if seat.guest is not None else seat_words(seat)
            case _:
                return None

    def _words(self, seat: RoomSeat) -> str:
        if seat.guest is None:
            return self.tr("blocked") if seat.blocked else "–"
        return " · ".join([seat.guest.name, *guest_remarks(seat.guest)])
