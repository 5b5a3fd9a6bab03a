"""The guest table as an item model: rows of guests and of households that fold."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal

from models.attendance import Attendance
from models.guest_table import GuestLine
from models.invitations import InvitationState, invitation_state
from ui.guests.arrangement import HOUSEHOLD_MARK, NOTHING, Arrangement, Column, Placed, Wanted, turn
from ui.guests.words import rsvp_tone, rsvp_word, state_tone, state_word
from ui.widgets.chips import Tone

AnyIndex = QModelIndex | QPersistentModelIndex
_MOST_ROWS_BY_STEPS = 2_000
_MOST_PAINTED_SINGLY = 50
_EDITABLE = frozenset(
    {Column.NAME, Column.EMAIL, Column.RSVP, Column.MEAL, Column.TAGS, Column.DIET, Column.PHONE, Column.COMPANY}
)


@dataclass(frozen=True, slots=True)
class CellEdit:
    """What a person typed into a cell: of a guest, or the name of a household."""

    attendee_id: str | None
    invitation_id: str
    column: Column
    text: str


class GuestModel(QAbstractTableModel):
    """Shows the lines it is given in the rows it is given; edits are only asked for (``edit_asked``), never made here.

    Rows are arranged elsewhere, since that takes longer than a picture may stand still. Only folding one household,
    which moves nobody else, is done here.
    """

    edit_asked = Signal(object)
    household_turned = Signal(str)
    """A household, by its invitation's id, was folded away or shown again."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._lines: dict[str, GuestLine] = {}
        self._arrangement = NOTHING
        self._keys: list[str] = []
        self._rows: dict[str, int] | None = None

    # -- what is shown ------------------------------------------------------------------------------

    @property
    def lines(self) -> dict[str, GuestLine]:
        """All guests by their attendees' ids, shown or not; it never changes, others take its place."""
        return self._lines

    @property
    def keys(self) -> list[str]:
        """The keys of all rows; it never changes, others take its place."""
        return self._keys

    @property
    def arrangement(self) -> Arrangement:
        """The rows and what they are arranged for."""
        return self._arrangement

    @property
    def folded_away(self) -> frozenset[str]:
        """The invitations whose guests are folded away."""
        return self._arrangement.folded_away

    @property
    def wanted(self) -> Wanted:
        """What the rows are arranged for."""
        return self._arrangement.wanted

    @property
    def shown_guests(self) -> int:
        """How many guests pass the filters, folded away or not."""
        return self._arrangement.shown_guests

    @property
    def households(self) -> frozenset[str]:
        """The invitations of all guests, shown or not."""
        return frozenset(self._arrangement.everybody)

    def show(self, lines: dict[str, GuestLine], changed: Collection[str], placed: Placed | None) -> None:
        """Show these guests: ``placed`` are their rows (None: the rows stay), ``changed`` look different.

        ``lines`` is not to be changed any more; ``placed`` was found from the present rows.
        """
        before, self._lines = self._lines, lines
        if placed is not None and placed.removed + placed.added > _MOST_ROWS_BY_STEPS:
            self.beginResetModel()
            self._take(placed.arrangement, placed.rows)
            self.endResetModel()
            return
        if placed is not None:
            self._move_to(placed)
        self._repaint(changed, before)

    def toggle_household(self, invitation_id: str) -> None:
        """Fold a household's guests away, or show them again."""
        row = self._look_for(HOUSEHOLD_MARK + invitation_id)
        self._move_to(turn(self._arrangement, invitation_id, row))
        if row is not None:
            self.dataChanged.emit(self.index(row, 0), self.index(row, self.columnCount() - 1))
        self.household_turned.emit(invitation_id)

    def is_folded(self, invitation_id: str) -> bool:
        """Whether the household's guests are folded away."""
        return invitation_id in self._arrangement.folded_away

    # -- who is where -------------------------------------------------------------------------------

    def row_of(self, key: str) -> int | None:
        """Return the row of an attendee's id, or of an invitation's behind the mark; None when it is not shown."""
        if self._rows is None:
            self._rows = dict(zip(self._keys, range(len(self._keys)), strict=True))
        return self._rows.get(key)

    def key_at(self, row: int) -> str:
        """Return the key of a row."""
        return self._keys[row]

    def line_at(self, row: int) -> GuestLine | None:
        """Return the guest of a row; None for a household."""
        return self._lines.get(self._keys[row]) if 0 <= row < len(self._keys) else None

    def household_at(self, row: int) -> str | None:
        """Return the invitation's id of a household's row; None for a guest."""
        key = self._keys[row]
        return key.removeprefix(HOUSEHOLD_MARK) if key.startswith(HOUSEHOLD_MARK) else None

    def is_inside_household(self, row: int) -> bool:
        """Tell whether a row is a guest's below the row of their household."""
        line = self.line_at(row)
        return line is not None and len(self._arrangement.everybody.get(line.invitation_id, ())) > 1

    def invitation_at(self, row: int) -> str:
        """Return the invitation's id of a row, be it of the household or of one of its guests."""
        line = self.line_at(row)
        return line.invitation_id if line else self._keys[row].removeprefix(HOUSEHOLD_MARK)

    def everybody_in(self, invitation_id: str) -> list[GuestLine]:
        """Return all guests of a household, shown or not."""
        return [self._lines[one] for one in self._arrangement.everybody.get(invitation_id, ()) if one in self._lines]

    def guests_in_rows(self, rows: Iterable[int]) -> list[GuestLine]:
        """Return the guests of some rows, each once, in order; a household's row stands for those it shows."""
        found: dict[str, GuestLine] = {}
        for row in rows:
            invitation_id = self.household_at(row)
            for attendee_id in [self._keys[row]] if invitation_id is None else self._arrangement.shown[invitation_id]:
                found[attendee_id] = self._lines[attendee_id]
        return list(found.values())

    def chips(self, index: AnyIndex) -> list[tuple[str, Tone]] | None:
        """Return the chips of a cell; None for a cell that shows text."""
        line = self.line_at(index.row())
        if index.column() == Column.RSVP:
            if line is not None:
                return [(rsvp_word(line.rsvp), rsvp_tone(line.rsvp))]
            state = self._state(self._keys[index.row()].removeprefix(HOUSEHOLD_MARK))
            return [(state_word(state), state_tone(state))]
        if index.column() == Column.TAGS:
            return [(tag, Tone.ACCENT) for tag in line.tags] if line else []
        return None

    # -- Qt's questions -----------------------------------------------------------------------------

    def rowCount(self, parent: AnyIndex = QModelIndex()) -> int:
        return 0 if parent.isValid() else len(self._keys)

    def columnCount(self, parent: AnyIndex = QModelIndex()) -> int:
        return 0 if parent.isValid() else len(Column)

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid() or role not in (
            Qt.ItemDataRole.DisplayRole,
            Qt.ItemDataRole.EditRole,
            Qt.ItemDataRole.ToolTipRole,
            Qt.ItemDataRole.AccessibleTextRole,
        ):
            return None
        line = self.line_at(index.row())
        column = Column(index.column())
        if line is None:
            return self._household_text(self._keys[index.row()].removeprefix(HOUSEHOLD_MARK), column)
        if role == Qt.ItemDataRole.EditRole:
            return line.rsvp.value if column is Column.RSVP else self.text_of(line, column)
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._tool_tip(line, column)
        return self.text_of(line, column)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation is not Qt.Orientation.Horizontal or role != Qt.ItemDataRole.DisplayRole:
            return None
        return self.title(Column(section)) if 0 <= section < len(Column) else None

    def title(self, column: Column) -> str:
        """Return the heading of a column."""
        titles = {
            Column.NAME: self.tr("Name"),
            Column.EMAIL: self.tr("E-mail"),
            Column.RSVP: self.tr("RSVP"),
            Column.MEAL: self.tr("Meal"),
            Column.SEAT: self.tr("Seat"),
            Column.TAGS: self.tr("Tags"),
            Column.DIET: self.tr("Diet"),
            Column.PHONE: self.tr("Phone"),
            Column.COMPANY: self.tr("Company"),
            Column.TICKET: self.tr("Ticket"),
            Column.ATTENDANCE: self.tr("At the door"),
        }
        return titles[column]

    def flags(self, index: AnyIndex) -> Qt.ItemFlag:
        if not index.isValid():
            return Qt.ItemFlag.NoItemFlags
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemNeverHasChildren
        is_guest = self.line_at(index.row()) is not None
        can_edit = index.column() in _EDITABLE if is_guest else index.column() == Column.NAME
        return flags | Qt.ItemFlag.ItemIsEditable if can_edit else flags

    def setData(self, index: AnyIndex, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        if not index.isValid() or role != Qt.ItemDataRole.EditRole:
            return False
        line = self.line_at(index.row())
        edit = CellEdit(
            line.attendee_id if line else None, self.invitation_at(index.row()), Column(index.column()), str(value)
        )
        if str(value) != self.data(index, Qt.ItemDataRole.EditRole):
            self.edit_asked.emit(edit)
        return True

    # -- inside -------------------------------------------------------------------------------------

    def _state(self, invitation_id: str) -> InvitationState:
        members = self.everybody_in(invitation_id)
        let_in = sum(line.attendance is not Attendance.NOT_CHECKED_IN for line in members)
        return invitation_state((line.rsvp for line in members), let_in)

    def _household_text(self, invitation_id: str, column: Column) -> str:
        members = self.everybody_in(invitation_id)
        if not members:
            return ""
        if column is Column.NAME:
            return members[0].household
        if column is Column.EMAIL:
            shown = len(self._arrangement.shown.get(invitation_id, ()))
            if shown == len(members):
                return self.tr("1 guest") if shown == 1 else self.tr("{count} guests").format(count=shown)
            return self.tr("{shown} of {all} guests").format(shown=shown, all=len(members))
        if column is Column.RSVP:
            return state_word(self._state(invitation_id))
        if column is Column.SEAT:
            tables = sorted({line.table for line in members if line.table}, key=lambda label: (len(label), label))
            if not tables:
                return ""
            if len(tables) == 1:
                return self.tr("Table {label}").format(label=tables[0])
            return self.tr("Tables {labels}").format(labels=", ".join(tables))
        return ""

    def text_of(self, line: GuestLine, column: Column) -> str:
        """Return what a guest's cell says."""
        return _TEXTS[column](line) if column in _TEXTS else self._attendance_word(line)

    def _attendance_word(self, line: GuestLine) -> str:
        words = {
            Attendance.NOT_CHECKED_IN: "",
            Attendance.CHECKED_IN: self.tr("inside"),
            Attendance.LEFT: self.tr("left"),
        }
        return words[line.attendance]

    def _tool_tip(self, line: GuestLine, column: Column) -> str | None:
        if column is Column.NAME:
            parts = [
                self.tr("Diet: {diet}").format(diet=line.diet) if line.diet else "",
                self.tr("Needs: {needs}").format(needs=line.access_needs) if line.access_needs else "",
                line.door_note or "",
                line.notes or "",
            ]
            return "\n".join(part for part in parts if part) or None
        return self.text_of(line, column) or None

    def _look_for(self, key: str) -> int | None:
        """Find one row; it does not find out all of them for that, which takes as long as looking for dozens."""
        if self._rows is not None:
            return self._rows.get(key)
        return self._keys.index(key) if key in self._keys else None

    def _take(self, arrangement: Arrangement, rows: dict[str, int] | None) -> None:
        self._arrangement = arrangement
        self._set_keys(arrangement.keys, rows)

    def _set_keys(self, keys: list[str], rows: dict[str, int] | None = None) -> None:
        self._keys = keys
        self._rows = rows

    def _move_to(self, placed: Placed) -> None:
        """Move to other rows step by step, so that the view keeps what is chosen in the others."""
        arrangement, head = placed.arrangement, placed.head
        if placed.removed:
            self.beginRemoveRows(QModelIndex(), head, head + placed.removed - 1)
            self._set_keys(self._keys[:head] + self._keys[head + placed.removed :])
            self.endRemoveRows()
        if placed.added:
            self.beginInsertRows(QModelIndex(), head, head + placed.added - 1)
            self._take(arrangement, placed.rows)
            self.endInsertRows()
        else:
            self._take(arrangement, placed.rows)

    def _repaint(self, changed: Collection[str], before: dict[str, GuestLine]) -> None:
        for first, last in self._rows_to_repaint(changed, before):
            self.dataChanged.emit(self.index(first, 0), self.index(last, self.columnCount() - 1))

    def _rows_to_repaint(self, changed: Collection[str], before: dict[str, GuestLine]) -> list[tuple[int, int]]:
        if len(changed) > _MOST_PAINTED_SINGLY:
            # Only what is in sight is painted: one word about all rows costs less than one about each.
            return [(0, len(self._keys) - 1)] if self._keys else []
        lines = [known[key] for key in changed for known in (before, self._lines) if key in known]
        keys = {line.attendee_id for line in lines} | {HOUSEHOLD_MARK + line.invitation_id for line in lines}
        return [(row, row) for key in keys if (row := self.row_of(key)) is not None]


def _seat_text(line: GuestLine) -> str:
    return "–" if line.table is None else f"{line.table} · {line.seat}"


_TEXTS: dict[Column, Callable[[GuestLine], str]] = {
    Column.NAME: lambda line: line.name,
    Column.EMAIL: lambda line: line.email or "",
    Column.RSVP: lambda line: rsvp_word(line.rsvp),
    Column.MEAL: lambda line: line.meal or "",
    Column.SEAT: _seat_text,
    Column.TAGS: lambda line: ", ".join(line.tags),
    Column.DIET: lambda line: line.diet or "",
    Column.PHONE: lambda line: line.phone or "",
    Column.COMPANY: lambda line: line.company or "",
    Column.TICKET: lambda line: line.ticket_type or "",
}
