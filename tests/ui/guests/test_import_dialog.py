"""The import dialog on real files: mapping, correcting, choosing, and what cannot be read."""

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QAbstractItemModelTester, QTest
from PySide6.QtWidgets import QComboBox
from pytestqt.qtbot import QtBot

from models.guest_lists.fields import Field
from models.guest_table import GuestLine, read_guest_rows
from models.importing import Choice
from models.store.local_copy import LocalCopy
from tests.ui.guests.conftest import finish_editing, open_editor
from ui.guests.import_dialog import ImportDialog
from ui.theme import Theme
from ui.workspace import Workspace

SAMPLES = Path(__file__).parents[3] / "resources" / "samples"


@pytest.fixture
def dialog(theme: Theme, workspace: Workspace, qtbot: QtBot) -> ImportDialog:
    shown = ImportDialog(theme, workspace, "DE")
    qtbot.addWidget(shown)
    for model in (shown.sheet_model, shown.problem_model, shown.known_model):
        QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal, model)
    shown.show()
    return shown


def lines_of(copy: LocalCopy) -> dict[str, GuestLine]:
    with copy.read() as connection:
        return {line.name: line for line in read_guest_rows(connection, copy.identity.event_id)}


def settle(dialog: ImportDialog, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: not dialog.reading.is_busy, timeout=10_000)


def open_file(dialog: ImportDialog, qtbot: QtBot, path: Path) -> None:
    dialog.open_file(path)
    settle(dialog, qtbot)


def write(folder: Path, text: str) -> Path:
    path = folder / "list.csv"
    path.write_text(text, encoding="utf-8")
    return path


def bring_in(dialog: ImportDialog, qtbot: QtBot) -> None:
    with qtbot.waitSignal(dialog.accepted, timeout=10_000):
        QTest.mouseClick(dialog.import_button, Qt.MouseButton.LeftButton)


def test_a_list_shows_its_rows_columns_and_problems(dialog: ImportDialog, qtbot: QtBot) -> None:
    open_file(dialog, qtbot, SAMPLES / "further_guests.csv")
    assert dialog.summary_text == "24 guests: 23 new, 1 the same · 2 problems"
    assert dialog.import_button.text() == "Import 23 guests"
    assert dialog.preview.header.choices[0].currentText() == "Name"
    assert dialog.preview.header.choices[2].currentText() == "Phone"
    assert dialog.sheet_model.index(1, 1).data() == "Begleitung von Tilman Rautenberg"
    assert [dialog.problem_model.index(row, 0).data() for row in range(2)] == ["Line 11", "Line 14"]
    row = dialog.sheet_model.row_of_line(11)
    assert dialog.sheet_model.index(row or 0, 0).data() == "left out"


def test_importing_twice_adds_nobody(dialog: ImportDialog, qtbot: QtBot, copy: LocalCopy) -> None:
    open_file(dialog, qtbot, SAMPLES / "further_guests.xlsx")
    bring_in(dialog, qtbot)
    assert len(lines_of(copy)) == 258
    again = ImportDialog(dialog._theme, dialog._workspace, "DE")
    qtbot.addWidget(again)
    open_file(again, qtbot, SAMPLES / "further_guests.xlsx")
    assert again.summary_text == "18 guests: 18 the same"
    assert again.import_button.text() == "Nothing to import"
    assert not again.import_button.isEnabled()


def test_a_problem_is_fixed_in_place(dialog: ImportDialog, qtbot: QtBot, copy: LocalCopy) -> None:
    open_file(dialog, qtbot, SAMPLES / "further_guests.csv")
    place = dialog.problem_table.visualRect(dialog.problem_model.index(0, 1)).center()
    QTest.mouseClick(dialog.problem_table.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, place)
    index = dialog.preview.currentIndex()
    assert (index.column(), dialog.sheet_model.headerData(index.row(), Qt.Orientation.Vertical)) == (1, "11")
    QTest.keyClick(dialog.preview, Qt.Key.Key_F2)
    editor = open_editor(dialog.preview)
    editor.setText("Werftbrücke Verwaltung")
    QTest.keyClick(editor, Qt.Key.Key_Return)
    finish_editing()
    settle(dialog, qtbot)
    assert dialog.isVisible()
    assert dialog.summary_text == "25 guests: 24 new, 1 the same · 1 problem"
    bring_in(dialog, qtbot)
    assert lines_of(copy)["Werftbrücke Verwaltung"].phone == "+493023125466"


def test_another_meaning_of_a_column_reads_anew(dialog: ImportDialog, qtbot: QtBot, copy: LocalCopy) -> None:
    open_file(dialog, qtbot, SAMPLES / "further_guests.csv")
    combo = dialog.preview.header.choices[5]
    combo.setCurrentIndex(combo.findData(Field.COMPANY.value))
    combo.activated.emit(combo.currentIndex())
    settle(dialog, qtbot)
    bring_in(dialog, qtbot)
    line = lines_of(copy)["Ayşegül Karadeniz"]
    assert (line.company, line.diet) == ("halal", None)


def test_one_field_is_held_by_one_column_and_names_are_needed(dialog: ImportDialog, qtbot: QtBot) -> None:
    open_file(dialog, qtbot, SAMPLES / "further_guests.csv")
    choices = dialog.preview.header.choices
    choices[4].setCurrentIndex(choices[4].findData(Field.NAME.value))
    choices[4].activated.emit(choices[4].currentIndex())
    settle(dialog, qtbot)
    assert choices[0].currentText() == "Leave out"
    choices[4].setCurrentIndex(0)
    choices[4].activated.emit(0)
    settle(dialog, qtbot)
    assert "no column with names" in dialog.problem_text
    assert not dialog.import_button.isEnabled()
    choices[0].setCurrentIndex(choices[0].findData(Field.NAME.value))
    choices[0].activated.emit(choices[0].currentIndex())
    settle(dialog, qtbot)
    assert dialog.problem_text == ""
    assert dialog.import_button.isEnabled()


def test_phones_are_read_as_of_the_chosen_country(dialog: ImportDialog, qtbot: QtBot, tmp_path: Path) -> None:
    open_file(dialog, qtbot, write(tmp_path, "Name,Phone\nZubeida Quist,020 7946 0018\n"))
    field = dialog.country_field
    field.setCurrentIndex(field.findData("GB"))
    field.activated.emit(field.currentIndex())
    settle(dialog, qtbot)
    assert dialog.reading.plan is not None
    assert dialog.reading.plan.rows[0].row.phone == "+442079460018"
    field.setCurrentIndex(0)
    field.activated.emit(0)
    settle(dialog, qtbot)
    assert dialog.summary_text == "1 guest: 1 new · 1 problem"


def test_similar_guests_stand_side_by_side_until_somebody_chooses(
    dialog: ImportDialog, qtbot: QtBot, tmp_path: Path, copy: LocalCopy
) -> None:
    text = "Name,E-mail,Diet\nOyvind Sorenson,o@other.example,\nMaja Lindqvist,maja@lindqvist.example,no fish\n"
    open_file(dialog, qtbot, write(tmp_path, text))
    assert dialog.summary_text == "2 guests: 1 update, 1 similar"
    assert dialog.tabs.currentWidget() is dialog.known_table
    known = dialog.known_model
    assert "Oyvind Sorenson" in known.index(0, 1).data()
    assert "Øyvind Sørensen" in known.index(0, 2).data()
    assert known.index(0, 4).data() == "Skip"
    assert "Diet: " in known.index(1, 3).data()
    place = dialog.known_table.visualRect(known.index(0, 4)).center()
    QTest.mouseClick(dialog.known_table.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, place)
    combo = dialog.known_table.findChild(QComboBox)
    assert combo is not None
    combo.hidePopup()
    combo.setCurrentIndex(combo.findData(Choice.ADD.value))
    combo.activated.emit(combo.currentIndex())
    assert known.index(0, 4).data() == "Add as new"
    assert dialog.import_button.text() == "Import 2 guests"
    # A correction reads the list anew; what was chosen stays.
    dialog.sheet_model.setData(dialog.sheet_model.index(0, 3), "vegan")
    settle(dialog, qtbot)
    assert known.index(0, 4).data() == "Add as new"
    bring_in(dialog, qtbot)
    lines = lines_of(copy)
    assert lines["Oyvind Sorenson"].diet == "vegan"
    assert lines["Maja Lindqvist"].diet == "no fish"


def test_a_sheet_of_a_workbook_is_chosen(dialog: ImportDialog, qtbot: QtBot, tmp_path: Path) -> None:
    from openpyxl import Workbook

    book = Workbook()
    for name in ("First", "Second"):
        sheet = book.create_sheet(name)
        sheet.append(["Name", "E-mail"])
        sheet.append([f"{name} Quist", f"{name.lower()}@quist.example"])
    path = tmp_path / "two.xlsx"
    book.save(path)
    open_file(dialog, qtbot, path)
    assert dialog.sheet_field.currentText() == "First"
    dialog.sheet_field.setCurrentText("Second")
    dialog.sheet_field.activated.emit(dialog.sheet_field.currentIndex())
    settle(dialog, qtbot)
    assert dialog.sheet_model.index(0, 1).data() == "Second Quist"
    assert dialog.sheet_field.currentText() == "Second"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"\x89PNG\r\n\x1a\n" + bytes(200), "not a table"),
        (b"Name,E-mail\n", "no guests"),
        (b"a,b\n" + b"x," * 1_100_000, "too large"),
    ],
    ids=["empty", "picture", "headers only", "a million cells"],
)
def test_a_file_that_is_no_list_gets_one_sentence(
    dialog: ImportDialog, qtbot: QtBot, tmp_path: Path, content: bytes, words: str
) -> None:
    path = tmp_path / "odd.csv"
    path.write_bytes(content)
    open_file(dialog, qtbot, path)
    assert words in dialog.problem_text
    assert dialog.problem_text.count("odd.csv") == 1
    assert not dialog.import_button.isEnabled()
    open_file(dialog, qtbot, SAMPLES / "further_guests.csv")
    assert dialog.problem_text == ""
    assert dialog.import_button.isEnabled()


def test_reading_can_be_cancelled(dialog: ImportDialog, qtbot: QtBot) -> None:
    dialog.open_file(SAMPLES / "further_guests.csv")
    assert dialog.progress.isVisible()
    dialog.progress.cancelled.emit()
    assert not dialog.progress.isVisible()
    assert dialog.problem_text.startswith("Stopped")
    assert not dialog.import_button.isEnabled()


def test_enter_in_the_preview_does_not_import(dialog: ImportDialog, qtbot: QtBot, copy: LocalCopy) -> None:
    open_file(dialog, qtbot, SAMPLES / "further_guests.csv")
    QTest.keyClick(dialog, Qt.Key.Key_Return)
    assert dialog.isVisible()
    assert len(lines_of(copy)) == 240
