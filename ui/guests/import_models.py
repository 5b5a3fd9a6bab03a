"""The item models of the import dialog: the rows of the file, the problems, and who is there already."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal

from models.guest_lists.rows import Problem
from models.guest_lists.tables import Sheet, TableRow
from models.importing import Choice, ImportPlan, RowKind
from ui.guests.import_words import KIND_TONES, choice_word, difference_text, file_side, kind_word, list_side
from ui.widgets.chips import Tone

AnyIndex = QModelIndex | QPersistentModelIndex
_RANKS = {RowKind.SIMILAR: 3, RowKind.UPDATE: 2, RowKind.NEW: 1, RowKind.SAME: 0}


class SheetModel(QAbstractTableModel):
    """Shows the rows of a file behind a first column that says what becomes of each; cells can be corrected."""

    corrected = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._sheet: Sheet | None = None
        self._rows: list[TableRow] = []
        self._results: Mapping[int, tuple[str, Tone]] = {}
        self._problems: Mapping[int, str] = {}
        self._at_line: dict[int, int] = {}

    @property
    def sheet(self) -> Sheet | None:
        """The table with all corrections made so far."""
        return self._sheet

    def show_sheet(self, sheet: Sheet | None) -> None:
        """Show another table."""
        self.beginResetModel()
        self._sheet = sheet
        self._rows = [row for row in sheet.rows if not row.is_blank] if sheet else []
        self._at_line = {row.line: at for at, row in enumerate(self._rows)}
        self._results, self._problems = {}, {}
        self.endResetModel()

    def show_plan(self, plan: ImportPlan | None) -> None:
        """Say for each row what becomes of it; nothing while that is not known."""
        results: dict[int, tuple[str, Tone]] = {}
        ranks: dict[int, int] = {}
        problems: dict[int, str] = {}
        if plan is not None:
            for planned in plan.rows:
                line, rank = planned.row.line, _RANKS[planned.kind]
                if rank >= ranks.get(line, 0):
                    ranks[line] = rank
                    results[line] = (kind_word(planned.kind), KIND_TONES[planned.kind])
            for problem in plan.problems:
                problems[problem.line] = f"{problems.get(problem.line, '')} {problem.reason}".strip()
            for line in problems.keys() - results.keys():
                results[line] = (self.tr("left out"), Tone.BAD)
        self._results, self._problems = results, problems
        if self._rows:
            last = self.index(len(self._rows) - 1, self.columnCount() - 1)
            self.dataChanged.emit(self.index(0, 0), last)

    def row_of_line(self, line: int) -> int | None:
        """Return the row that shows a line of the file."""
        return self._at_line.get(line)

    def result(self, row: int) -> tuple[str, Tone] | None:
        """Return the chip of a row."""
        return self._results.get(self._rows[row].line)

    def has_problem(self, row: int) -> bool:
        """Whether something about a row needs a person's eye."""
        return self._rows[row].line in self._problems

    def rowCount(self, parent: AnyIndex = QModelIndex()) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: AnyIndex = QModelIndex()) -> int:
        return 0 if parent.isValid() or self._sheet is None else 1 + len(self._sheet.header)

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        row = self._rows[index.row()]
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._problems.get(row.line)
        if role not in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.EditRole):
            return None
        if index.column() == 0:
            result = self._results.get(row.line)
            return result[0] if result else ""
        return row.cell(index.column() - 1)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        if orientation is Qt.Orientation.Vertical:
            return str(self._rows[section].line) if 0 <= section < len(self._rows) else None
        if section == 0:
            return self.tr("Becomes")
        header = self._sheet.header if self._sheet else ()
        return header[section - 1] if 0 < section <= len(header) else None

    def flags(self, index: AnyIndex) -> Qt.ItemFlag:
        if not index.isValid():
            return Qt.ItemFlag.NoItemFlags
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemNeverHasChildren
        return flags | Qt.ItemFlag.ItemIsEditable if index.column() else flags

    def setData(self, index: AnyIndex, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        if not index.isValid() or role != Qt.ItemDataRole.EditRole or index.column() == 0 or self._sheet is None:
            return False
        old = self._rows[index.row()]
        at = index.column() - 1
        if old.cell(at) == str(value):
            return True
        cells = [*old.cells, *[""] * (at + 1 - len(old.cells))]
        cells[at] = str(value)
        new = replace(old, cells=tuple(cells))
        self._rows[index.row()] = new
        rows = tuple(new if row.line == new.line else row for row in self._sheet.rows)
        self._sheet = replace(self._sheet, rows=rows)
        cell = self.index(index.row(), index.column())
        self.dataChanged.emit(cell, cell)
        self.corrected.emit()
        return True


class ProblemModel(QAbstractTableModel):
    """Lists the lines that need a person's eye, and why."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._problems: Sequence[Problem] = ()

    def show_problems(self, problems: Sequence[Problem]) -> None:
        """List other problems."""
        self.beginResetModel()
        self._problems = problems
        self.endResetModel()

    def problem(self, row: int) -> Problem:
        """Return the problem of a row."""
        return self._problems[row]

    def rowCount(self, parent: AnyIndex = QModelIndex()) -> int:
        return 0 if parent.isValid() else len(self._problems)

    def columnCount(self, parent: AnyIndex = QModelIndex()) -> int:
        return 0 if parent.isValid() else 2

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid() or role not in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return None
        problem = self._problems[index.row()]
        return problem.reason if index.column() else self.tr("Line {line}").format(line=problem.line)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation is not Qt.Orientation.Horizontal or role != Qt.ItemDataRole.DisplayRole:
            return None
        return (self.tr("Line"), self.tr("What needs a look"))[section] if 0 <= section < 2 else None


class KnownModel(QAbstractTableModel):
    """Sets those of the file beside those of the event whom they may be, with what shall be done."""

    chosen = Signal(int, Choice)
    CHOICE_COLUMN = 4

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._plan: ImportPlan | None = None
        self._places: list[int] = []

    def show_plan(self, plan: ImportPlan | None) -> None:
        """List the similar and the changed rows of a plan, the doubtful ones first."""
        places: list[int] = []
        if plan is not None:
            for kind in (RowKind.SIMILAR, RowKind.UPDATE):
                places += [at for at, planned in enumerate(plan.rows) if planned.kind is kind]
        if places == self._places and plan is not None:
            self._plan = plan
            if places:
                self.dataChanged.emit(self.index(0, 0), self.index(len(places) - 1, self.columnCount() - 1))
            return
        self.beginResetModel()
        self._plan, self._places = plan, places
        self.endResetModel()

    def place(self, row: int) -> int:
        """Return the place in the plan of a row."""
        return self._places[row]

    def rowCount(self, parent: AnyIndex = QModelIndex()) -> int:
        return 0 if parent.isValid() else len(self._places)

    def columnCount(self, parent: AnyIndex = QModelIndex()) -> int:
        return 0 if parent.isValid() else 5

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid() or self._plan is None:
            return None
        planned = self._plan.rows[self._places[index.row()]]
        if role == Qt.ItemDataRole.EditRole and index.column() == self.CHOICE_COLUMN:
            return planned.choice.value
        if role not in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return None
        if index.column() == 0:
            return str(planned.row.line)
        if index.column() == 1:
            return file_side(planned)
        if index.column() == 2:
            return list_side(planned)
        if index.column() == self.CHOICE_COLUMN:
            return choice_word(planned.choice)
        changes = difference_text(planned, self._plan.situation)
        return "; ".join(part for part in (planned.why if planned.kind is RowKind.SIMILAR else "", changes) if part)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation is not Qt.Orientation.Horizontal or role != Qt.ItemDataRole.DisplayRole:
            return None
        titles = (
            self.tr("Line"),
            self.tr("In the file"),
            self.tr("On your list"),
            self.tr("What differs"),
            self.tr("What to do"),
        )
        return titles[section] if 0 <= section < len(titles) else None

    def flags(self, index: AnyIndex) -> Qt.ItemFlag:
        if not index.isValid():
            return Qt.ItemFlag.NoItemFlags
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemNeverHasChildren
        return flags | Qt.ItemFlag.ItemIsEditable if index.column() == self.CHOICE_COLUMN else flags

    def setData(self, index: AnyIndex, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        if not index.isValid() or index.column() != self.CHOICE_COLUMN or role != Qt.ItemDataRole.EditRole:
            return False
        self.chosen.emit(self._places[index.row()], Choice(value))
        return True
