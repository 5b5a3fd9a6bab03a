"""The rows of the waiting list: households or single guests, as far as the search finds them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum, IntEnum

from PySide6.QtCore import QAbstractListModel, QMimeData, QModelIndex, QObject, QPersistentModelIndex, Qt

from models.guest_lists.folding import fold
from models.room import Household, RoomGuest
from ui.planner.carrying import MIME_TYPE, parcel
from ui.planner.words import guest_remarks

_Index = QModelIndex | QPersistentModelIndex
_MOST_REMARKS = 2


class Grouping(Enum):
    """What one row of the waiting list is."""

    HOUSEHOLDS = "households"
    GUESTS = "guests"


class WaitingRole(IntEnum):
    """What the rows know beside their text."""

    LINE = Qt.ItemDataRole.UserRole + 1
    COUNT = Qt.ItemDataRole.UserRole + 2
    ATTENDEES = Qt.ItemDataRole.UserRole + 3
    KEY = Qt.ItemDataRole.UserRole + 4
    GROUPING = Qt.ItemDataRole.UserRole + 5


@dataclass(frozen=True, slots=True)
class _Row:
    key: str
    title: str
    line: str
    attendee_ids: tuple[str, ...]
    searched: str


class WaitingRows(QAbstractListModel):
    """Lists those who come and have no seat yet, in the order of the alphabet."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._households: tuple[Household, ...] = ()
        self._grouping = Grouping.HOUSEHOLDS
        self._words: tuple[str, ...] = ()
        self._all: list[_Row] = []
        self._rows: list[_Row] = []

    @property
    def grouping(self) -> Grouping:
        """What one row is."""
        return self._grouping

    def show_households(self, households: tuple[Household, ...]) -> None:
        """List these."""
        if households != self._households:
            self._households = households
            self._rebuild()

    def group_by(self, grouping: Grouping) -> None:
        """Make a row of each household or of each guest."""
        if grouping is not self._grouping:
            self._grouping = grouping
            self._rebuild()

    def search(self, text: str) -> None:
        """List only those in whom every word is found: names, households, tags, diets; accents are forgiven."""
        words = tuple(fold(text).split())
        if words != self._words:
            self._words = words
            self._filter()

    def attendees_at(self, indexes: Iterable[_Index]) -> list[str]:
        """Give the attendee ids of some rows, in the order of the list."""
        rows = sorted({index.row() for index in indexes if index.isValid()})
        return [one for row in rows for one in self._rows[row].attendee_ids]

    def keys_at(self, indexes: Iterable[_Index]) -> set[str]:
        """Give what the rows are known by, also after the list was made anew."""
        return {self._rows[index.row()].key for index in indexes if index.isValid()}

    def index_of(self, key: str) -> QModelIndex:
        """Give the row known by a key; no valid index when it is not listed."""
        for number, row in enumerate(self._rows):
            if row.key == key:
                return self.index(number)
        return QModelIndex()

    def rowCount(self, parent: _Index = QModelIndex()) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid() or index.row() >= len(self._rows):
            return None
        row = self._rows[index.row()]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return row.title
            case WaitingRole.LINE:
                return row.line
            case WaitingRole.COUNT:
                return len(row.attendee_ids)
            case WaitingRole.ATTENDEES:
                return list(row.attendee_ids)
            case WaitingRole.KEY:
                return row.key
            case WaitingRole.GROUPING:
                return self._grouping
            case Qt.ItemDataRole.AccessibleTextRole:
                if self._grouping is Grouping.GUESTS:
                    return f"{row.title}, {row.line}"
                return self.tr("{name}, %n guests: {people}", "", len(row.attendee_ids)).format(
                    name=row.title, people=row.line
                )
            case Qt.ItemDataRole.ToolTipRole:
                return row.line or None
            case _:
                return None

    def flags(self, index: _Index) -> Qt.ItemFlag:
        flags = super().flags(index)
        return flags | Qt.ItemFlag.ItemIsDragEnabled if index.isValid() else flags

    def mimeTypes(self) -> list[str]:
        return [MIME_TYPE]

    def mimeData(self, indexes: Sequence[QModelIndex]) -> QMimeData:
        return parcel(self.attendees_at(indexes))

    def supportedDragActions(self) -> Qt.DropAction:
        return Qt.DropAction.MoveAction

    def _rebuild(self) -> None:
        if self._grouping is Grouping.HOUSEHOLDS:
            self._all = [_household_row(household) for household in self._households]
        else:
            guests = [guest for household in self._households for guest in household.guests]
            self._all = [_guest_row(guest) for guest in sorted(guests, key=lambda guest: fold(guest.name))]
        self._filter()

    def _filter(self) -> None:
        self.beginResetModel()
        self._rows = [row for row in self._all if all(word in row.searched for word in self._words)]
        self.endResetModel()


def _household_row(household: Household) -> _Row:
    remarks = dict.fromkeys(remark for guest in household.guests for remark in guest_remarks(guest))
    names = ", ".join(guest.short_name for guest in household.guests)
    return _Row(
        key=household.id,
        title=household.name,
        line=" · ".join([names, *list(remarks)[:_MOST_REMARKS]]),
        attendee_ids=tuple(guest.attendee_id for guest in household.guests),
        searched=" ".join(guest.searched for guest in household.guests),
    )


def _guest_row(guest: RoomGuest) -> _Row:
    return _Row(
        key=guest.attendee_id,
        title=guest.name,
        line=" · ".join([guest.household, *guest_remarks(guest)[:_MOST_REMARKS]]),
        attendee_ids=(guest.attendee_id,),
        searched=guest.searched,
    )
