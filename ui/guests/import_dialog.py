"""The import dialog: a file's rows as they are, what each column holds, and what becomes of every row."""

from pathlib import Path

import phonenumbers
from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication, QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QFileDialog,
    QHBoxLayout,
    QStackedWidget,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from models.guest_lists.fields import Field
from models.importing import Choice
from models.operations.base import Operation
from models.store.local_copy import Performed
from ui.guests.import_models import KnownModel, ProblemModel, SheetModel
from ui.guests.import_reading import ImportReading
from ui.guests.import_views import KnownTable, ListTable, PreviewTable
from ui.guests.import_words import countries, summary
from ui.theme import Theme
from ui.widgets.buttons import Button, ButtonKind
from ui.widgets.cards import Card, label, wrapped
from ui.widgets.empty_state import EmptyState
from ui.widgets.task_progress import TaskProgress
from ui.workspace import Workspace

_SIZE = (1120, 720)
_SMALLEST = (820, 520)
_FOOT_LEAST = 126
_FOOT_MOST = 190
_WRONG_FIELDS = (("e-mail", Field.EMAIL), ("phone", Field.PHONE), ("answer", Field.RSVP), ("table", Field.TABLE))


class ImportDialog(QDialog):
    """Lets a person see and correct what a list brings before it is imported as one step of undo.

    ``imported`` tells how many guests were added or changed, and from which file.
    """

    imported = Signal(int, str)

    def __init__(self, theme: Theme, workspace: Workspace, country: str | None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Import guests"))
        self.setAcceptDrops(True)
        self.setMinimumSize(*_SMALLEST)
        self.resize(*_SIZE)
        self._theme = theme
        self._workspace = workspace
        self.reading = ImportReading(workspace, country, self)
        self.reading.started.connect(self._on_started)
        self.reading.table_read.connect(self._on_table_read)
        self.reading.planned.connect(self._on_planned)
        self.reading.failed.connect(self._on_failed)
        self.sheet_model = SheetModel(self)
        self.sheet_model.corrected.connect(self._on_corrected)
        self.problem_model = ProblemModel(self)
        self.known_model = KnownModel(self)
        self.known_model.chosen.connect(self.reading.choose)
        self._is_performing = False
        workspace.actions.failed.connect(self._on_refused)
        self._make_parts(country)
        self._lay_out()
        self._show_state()

    # -- opening ------------------------------------------------------------------------------------

    def open_file(self, path: Path) -> None:
        """Show a file."""
        self._sheets_of = None
        self.reading.open_file(path)

    def open_pasted(self, text: str) -> None:
        """Show cells that were copied from a spreadsheet."""
        self._sheets_of = None
        self.reading.open_pasted(text)

    @property
    def summary_text(self) -> str:
        """What the list comes to, as it is shown."""
        return self._summary.text()

    @property
    def problem_text(self) -> str:
        """The sentence about the list as a whole; empty while all is well."""
        return self._problem.text()

    # -- parts --------------------------------------------------------------------------------------

    def _make_parts(self, country: str | None) -> None:
        theme = self._theme
        self._sheets_of: Path | None = None
        self._file_name = label(self.tr("No file yet"), "section")
        self.choose_button = Button(theme, self.tr("Choose file…"), ButtonKind.QUIET, "folder")
        self.choose_button.clicked.connect(self._on_choose_clicked)
        self.sheet_field = QComboBox()
        self.sheet_field.setAccessibleName(self.tr("Sheet"))
        self.sheet_field.activated.connect(self._on_sheet_chosen)
        self._sheet_label = label(self.tr("Sheet"), "muted")
        self.country_field = QComboBox()
        self.country_field.setAccessibleName(self.tr("Country of phone numbers"))
        self.country_field.setMaximumWidth(230)
        self.country_field.addItem(self.tr("no country"), None)
        for name, code in countries(frozenset(phonenumbers.SUPPORTED_REGIONS)):
            prefix = phonenumbers.country_code_for_region(code)
            self.country_field.addItem(f"{name} (+{prefix})", code)
        self.country_field.setCurrentIndex(max(self.country_field.findData(country), 0))
        self.country_field.activated.connect(self._on_country_chosen)
        self._problem = wrapped("", "problem")
        self.preview = PreviewTable(theme, self.sheet_model)
        self.preview.header.mapping_chosen.connect(self.reading.map_columns)
        self.problem_table = ListTable(theme, self.problem_model)
        self.problem_table.setAccessibleName(self.tr("Problems"))
        self.problem_table.setColumnWidth(0, 88)
        self.problem_table.clicked.connect(self._on_problem_chosen)
        self.problem_table.activated.connect(self._on_problem_chosen)
        self.known_table = KnownTable(theme, self.known_model)
        self.known_table.setAccessibleName(self.tr("Already on your list"))
        self.known_table.clicked.connect(self._on_known_clicked)
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        self.tabs.tabBar().setDrawBase(False)
        self.tabs.addTab(self.problem_table, "")
        self.tabs.addTab(self.known_table, "")
        self.progress = TaskProgress(theme)
        self.progress.cancelled.connect(self._on_cancelled)
        self._summary = label("", "strong")
        self.cancel_button = Button(theme, self.tr("Cancel"))
        self.cancel_button.clicked.connect(self.reject)
        self.import_button = Button(theme, self.tr("Import"), ButtonKind.PRIMARY)
        self.import_button.clicked.connect(self._on_import_clicked)

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(8)
        top.addWidget(self._file_name)
        top.addWidget(self.choose_button)
        top.addStretch(1)
        top.addWidget(self._sheet_label)
        top.addWidget(self.sheet_field)
        top.addSpacing(8)
        self._country_label = label(self.tr("Phones without a country are from"), "muted")
        top.addWidget(self._country_label)
        top.addWidget(self.country_field)
        table = Card(padding=1)
        table.column.setContentsMargins(1, 5, 1, 6)
        table.column.addWidget(self.preview)
        lists = Card(padding=1)
        lists.column.setContentsMargins(1, 2, 1, 6)
        lists.column.addWidget(self.tabs)
        lists.setMinimumHeight(_FOOT_LEAST)
        lists.setMaximumHeight(_FOOT_MOST)
        self._lists = lists
        nothing = EmptyState(
            self._theme,
            "import",
            self.tr("Drop a guest list here"),
            self.tr("A CSV, Excel or OpenDocument file, or cells pasted from a spreadsheet."),
            self.tr("Choose file…"),
        )
        nothing.first_step_requested.connect(self._on_choose_clicked)
        empty = Card()
        empty.column.addWidget(nothing)
        self._stack = QStackedWidget()
        self._stack.addWidget(empty)
        self._stack.addWidget(table)
        foot = QHBoxLayout()
        foot.setSpacing(8)
        foot.addWidget(self._summary, 1)
        foot.addWidget(self.cancel_button)
        foot.addWidget(self.import_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 16, 20, 16)
        column.setSpacing(12)
        column.addLayout(top)
        column.addWidget(self._problem)
        column.addWidget(self._stack, 3)
        column.addWidget(lists, 1)
        column.addWidget(self.progress)
        column.addLayout(foot)

    # -- what the reading says ----------------------------------------------------------------------

    def _on_started(self, text: str) -> None:
        self._problem.clear()
        self.progress.start(text, 0)
        self._show_state()

    def _on_table_read(self) -> None:
        sheet = self.reading.sheet
        self.sheet_model.show_sheet(sheet)
        self.known_model.show_plan(None)
        self.problem_model.show_problems(())
        self._file_name.setText(self._source_name() if sheet or self.reading.path else self.tr("No file yet"))
        if sheet is not None:
            self.preview.header.show_mapping(len(sheet.header), self.reading.mapping)
            self.preview.fit_columns()
            self.preview.setFocus()
            self._sheets_of = self.reading.path
            self.sheet_field.clear()
            self.sheet_field.addItems(list(sheet.sheet_names))
            self.sheet_field.setCurrentText(sheet.name or "")
        self._show_state()

    def _on_planned(self) -> None:
        self.progress.finish()
        plan = self.reading.plan
        self.sheet_model.show_plan(plan)
        self.known_model.show_plan(plan)
        self.problem_model.show_problems(plan.problems if plan else ())
        if plan is not None:
            self._summary.setText(summary(plan.counts, len(plan.problems)))
            if not plan.problems and self.known_model.rowCount():
                self.tabs.setCurrentWidget(self.known_table)
        self._show_state()

    def _on_failed(self, sentence: str) -> None:
        self.progress.finish()
        self.sheet_model.show_plan(None)
        self.known_model.show_plan(None)
        self.problem_model.show_problems(())
        self._summary.clear()
        self._problem.setText(sentence)
        self._show_state()

    def _show_state(self) -> None:
        plan = self.reading.plan
        has_table = self.reading.sheet is not None
        self._stack.setCurrentIndex(1 if has_table else 0)
        problems, known = self.problem_model.rowCount(), self.known_model.rowCount()
        self.tabs.setTabText(0, self.tr("Problems · {count}").format(count=problems))
        self.tabs.setTabText(1, self.tr("Already on your list · {count}").format(count=known))
        self._lists.setVisible(has_table and bool(problems or known))
        has_sheets = has_table and self.sheet_field.count() > 1
        self.sheet_field.setVisible(has_sheets)
        self._sheet_label.setVisible(has_sheets)
        self._country_label.setVisible(has_table)
        self.country_field.setVisible(has_table)
        self.tabs.setTabVisible(0, bool(problems))
        self.tabs.setTabVisible(1, bool(known))
        self._problem.setVisible(bool(self._problem.text()))
        self._problem.setAccessibleName(self._problem.text())
        self.choose_button.setVisible(has_table)
        self.import_button.setEnabled(plan is not None and plan.changes_something and not self._is_performing)
        self.import_button.setText(self._import_words())

    def _import_words(self) -> str:
        plan = self.reading.plan
        if plan is None:
            return self.tr("Import")
        count = self._changed_guests()
        if count == 0:
            return self.tr("Import seats") if plan.changes_something else self.tr("Nothing to import")
        return self.tr("Import 1 guest") if count == 1 else self.tr("Import {count} guests").format(count=count)

    def _changed_guests(self) -> int:
        plan = self.reading.plan
        return plan.chosen(Choice.ADD) + plan.chosen(Choice.UPDATE) if plan else 0

    def _source_name(self) -> str:
        return self.reading.path.name if self.reading.path else self.tr("pasted cells")

    # -- what the person does -----------------------------------------------------------------------

    def _on_choose_clicked(self) -> None:
        path, _ = QFileDialog.getOpenFileName(
            self,
            self.tr("Choose a guest list"),
            "",
            self.tr("Guest lists (*.csv *.tsv *.txt *.xlsx *.xlsm *.xls *.ods);;All files (*)"),
        )
        if path:
            self.open_file(Path(path))

    def _on_sheet_chosen(self) -> None:
        if self._sheets_of is not None:
            self.reading.open_file(self._sheets_of, self.sheet_field.currentText())

    def _on_country_chosen(self) -> None:
        self.reading.call_from(self.country_field.currentData())

    def _on_corrected(self) -> None:
        if self.sheet_model.sheet is not None:
            self.reading.correct(self.sheet_model.sheet)

    def _on_problem_chosen(self, index: QModelIndex) -> None:
        problem = self.problem_model.problem(index.row())
        mapping = self.reading.mapping
        column = next(
            (mapping[field] for word, field in _WRONG_FIELDS if word in problem.reason.lower() and field in mapping),
            mapping.get(Field.NAME, mapping.get(Field.FIRST_NAME, 0)),
        )
        self.preview.go_to_line(problem.line, column)

    def _on_known_clicked(self, index: QModelIndex) -> None:
        if index.column() != KnownModel.CHOICE_COLUMN and self.reading.plan is not None:
            place = self.known_model.place(index.row())
            self.preview.go_to_line(self.reading.plan.rows[place].row.line, 0)
            self.known_table.setFocus()

    def _on_cancelled(self) -> None:
        self.reading.cancel()
        self.progress.finish()
        if self.reading.plan is None:
            self._summary.clear()
            self._problem.setText(self.tr("Stopped: choose the file again, or change a column to go on."))
        self._show_state()

    def _on_import_clicked(self) -> None:
        self._is_performing = True
        self._show_state()
        self.progress.start(self.tr("Importing…"), 0)
        self.reading.make_operations(self._on_operations_made)

    def _on_operations_made(self, operations: list[Operation]) -> None:
        count, name = self._changed_guests(), self._source_name()
        words = self.tr("Import 1 guest from {file}") if count == 1 else self.tr("Import {count} guests from {file}")

        def done(_result: Performed) -> None:
            self.imported.emit(count, name)
            self.accept()

        self._workspace.actions.perform(words.format(count=count, file=name), operations, done)

    def _on_refused(self, sentence: str) -> None:
        if self._is_performing:
            self._is_performing = False
            self.progress.finish()
            self._problem.setText(sentence)
            self._show_state()

    # -- keys and drops -----------------------------------------------------------------------------

    def done(self, result: int) -> None:
        self.reading.cancel()
        super().done(result)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        text = QGuiApplication.clipboard().text()
        if event.matches(QKeySequence.StandardKey.Paste) and text.strip():
            self.open_pasted(text)
        elif event.key() not in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            # Enter belongs to the cell that is being corrected, never to the whole import.
            super().keyPressEvent(event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        files = [url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile()]
        if files:
            event.acceptProposedAction()
            self.open_file(Path(files[0]))
