"""Reads and compares a list for the import dialog, away from the screen's thread."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from models.errors import UsherError
from models.guest_lists.columns import recognise_columns
from models.guest_lists.fields import Field
from models.guest_lists.preview import preview_sheet
from models.guest_lists.tables import Sheet, read_pasted, read_table
from models.importing import (
    Choice,
    ImportPlan,
    ImportSituation,
    RowKind,
    import_operations,
    plan_import,
    read_situation,
)
from models.operations.base import Operation
from models.store.local_copy import LocalCopy
from ui.guests.background import Background
from ui.workspace import Workspace


@dataclass(frozen=True, slots=True)
class _Read:
    """A table and what its columns hold, as far as the headers say."""

    sheet: Sheet
    mapping: Mapping[Field, int]


@dataclass(slots=True)
class _Chosen:
    """What a person chose for rows, kept by line and name so that it outlives a new reading."""

    choices: dict[tuple[int, str], Choice] = field(default_factory=dict)

    def places(self, plan: ImportPlan) -> dict[int, Choice]:
        """Return the choices by the places of a plan's rows, as far as they still make sense."""
        found: dict[int, Choice] = {}
        for at, planned in enumerate(plan.rows):
            choice = self.choices.get((planned.row.line, planned.row.name))
            if choice is not None and planned.kind in (RowKind.SIMILAR, RowKind.UPDATE):
                found[at] = choice
        return found


class ImportReading(QObject):
    """Holds one list on its way into the event: the table, the columns, the plan, and what was chosen.

    ``started`` says what takes its time, ``table_read`` that there is a table, ``planned`` that there is a plan;
    ``failed`` carries one sentence, and there is no plan then.
    """

    started = Signal(str)
    table_read = Signal()
    planned = Signal()
    failed = Signal(str)

    def __init__(self, workspace: Workspace, country: str | None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._workspace = workspace
        self._background = Background(self)
        self._chosen = _Chosen()
        self._situation: ImportSituation | None = None
        self.country = country
        self.path: Path | None = None
        self.sheet: Sheet | None = None
        self.mapping: Mapping[Field, int] = {}
        self.plan: ImportPlan | None = None

    @property
    def is_busy(self) -> bool:
        """Whether something is being read or compared."""
        return self._background.is_busy

    def open_file(self, path: Path, sheet: str | None = None) -> None:
        """Read a file, or another of its sheets."""
        self.path = path
        self._read(path.name, lambda: read_table(path, sheet))

    def open_pasted(self, text: str) -> None:
        """Read cells that were pasted."""
        self.path = None
        self._read(self.tr("pasted cells"), lambda: read_pasted(text))

    def correct(self, sheet: Sheet) -> None:
        """Take corrected cells."""
        self.sheet = sheet
        self._compare()

    def map_columns(self, mapping: Mapping[Field, int]) -> None:
        """Take other meanings of the columns."""
        self.mapping = mapping
        self._compare()

    def call_from(self, country: str | None) -> None:
        """Take another country for phone numbers without one."""
        if country != self.country:
            self.country = country
            if self.sheet is not None:
                self._compare()

    def choose(self, at: int, choice: Choice) -> None:
        """Choose what shall be done with a row of the plan."""
        if self.plan is None:
            return
        row = self.plan.rows[at].row
        self._chosen.choices[row.line, row.name] = choice
        self.plan = self.plan.with_choices({at: choice})
        self.planned.emit()

    def cancel(self) -> None:
        """Stop waiting for what is being read."""
        self._background.drop_all()

    def make_operations(self, done: Callable[[list[Operation]], None]) -> None:
        """Make the operations of the plan, away from the screen's thread."""
        plan = self.plan
        if plan is not None:
            self._background.run(lambda: import_operations(plan), done, self._on_failed)

    def _read(self, name: str, read: Callable[[], Sheet]) -> None:
        self.cancel()
        self.plan = None
        self._chosen = _Chosen()
        self.started.emit(self.tr("Reading {file}…").format(file=name))

        def work() -> _Read:
            sheet = read()
            return _Read(sheet, recognise_columns(sheet.header, sheet.rows))

        self._background.run(work, self._on_read, self._on_unreadable)

    def _on_read(self, found: _Read) -> None:
        self.sheet, self.mapping = found.sheet, found.mapping
        self.table_read.emit()
        self._compare()

    def _on_unreadable(self, error: UsherError) -> None:
        self.sheet, self.mapping = None, {}
        self.table_read.emit()
        self._on_failed(error)

    def _compare(self) -> None:
        self.cancel()
        self.plan = None
        self.started.emit(self.tr("Comparing with your guests…"))
        if self._situation is None:
            event_id = self._workspace.event_id

            def read(copy: LocalCopy) -> ImportSituation:
                with copy.read() as connection:
                    return read_situation(connection, event_id)

            self._workspace.submit(read, self._on_situation_read, self._on_failed)
        else:
            self._plan(self._situation)

    def _on_situation_read(self, situation: ImportSituation) -> None:
        self._situation = situation
        self._plan(situation)

    def _plan(self, situation: ImportSituation) -> None:
        sheet, mapping, country, chosen = self.sheet, self.mapping, self.country, self._chosen
        if sheet is None:
            return

        def work() -> ImportPlan:
            preview = preview_sheet(sheet, country, mapping)
            plan = plan_import(preview.rows, situation, preview.problems)
            choices = chosen.places(plan)
            return plan.with_choices(choices) if choices else plan

        self._background.run(work, self._on_planned, self._on_failed)

    def _on_planned(self, plan: ImportPlan) -> None:
        self.plan = plan
        self.planned.emit()

    def _on_failed(self, error: UsherError) -> None:
        self.failed.emit(error.message)
