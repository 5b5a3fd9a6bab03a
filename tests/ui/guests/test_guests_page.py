"""The guest page, used as a person does: typing, clicking, dropping, undoing."""

from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox
from pytestqt.qtbot import QtBot

from models.events import Role
from models.guest_lists.preview import preview_guest_list
from models.guest_table import GuestLine
from models.ids import new_id
from models.invitations import Rsvp
from models.samples import new_event_operations
from models.store.local_copy import LocalCopy
from tests.helpers.workspace import DirectRunner
from tests.ui.guests.conftest import finish_editing, type_into_cell
from ui.guests.arrangement import HOUSEHOLD_MARK, Column
from ui.guests.guest_dialogs import AddGuestDialog, HouseholdDialog
from ui.guests.guests_page import GuestsPage
from ui.guests.import_dialog import ImportDialog
from ui.theme import Theme
from ui.widgets.chips import Tone
from ui.workspace import Workspace

SAMPLES = Path(__file__).parents[3] / "resources" / "samples"


def guest(page: GuestsPage, name: str) -> GuestLine:
    return next(line for line in page.model.lines.values() if line.name == name)


def has_guest(page: GuestsPage, name: str) -> bool:
    return any(line.name == name for line in page.model.lines.values())


def go_to(page: GuestsPage, name: str, column: Column) -> GuestLine:
    line = guest(page, name)
    page.show_guest(line.attendee_id)
    row = page.model.row_of(line.attendee_id)
    assert row is not None
    page.view.setCurrentIndex(page.model.index(row, column))
    return line


def said(page: GuestsPage) -> str:
    message = page.work.toast.message
    return message.text if message else ""


def undo(page: GuestsPage, workspace: Workspace) -> None:
    workspace.actions.stack.undo()


def test_all_guests_are_shown_and_counted(page: GuestsPage) -> None:
    assert page.filters.counts_text == "240 guests · 203 accepted · 31 pending · 6 declined"
    assert page.status_facts() == ["Meals: 88 fish · 71 beef · 29 vegan · 15 child"]
    assert page.model.shown_guests == 240


def test_typing_without_accents_finds_the_guest(page: GuestsPage, qtbot: QtBot) -> None:
    QTest.keyClicks(page.filters.search, "oyvind")
    qtbot.waitUntil(lambda: page.model.shown_guests == 1)
    assert page.model.index(1, Column.NAME).data() == "Øyvind Sørensen"
    QTest.keyClick(page.filters.search, Qt.Key.Key_Escape)
    assert page.model.shown_guests == 240


def test_a_search_without_a_find_offers_all_guests_again(page: GuestsPage, qtbot: QtBot) -> None:
    QTest.keyClicks(page.filters.search, "zzzzzz")
    QTest.keyClick(page.filters.search, Qt.Key.Key_Return)
    assert page.model.shown_guests == 0
    assert page.not_found.isVisible()
    page.not_found.first_step_requested.emit()
    assert page.model.shown_guests == 240
    assert not page.not_found.isVisible()


def test_filters_narrow_the_list(page: GuestsPage) -> None:
    page.filters.rsvp_chip.menu().actions()[4].trigger()
    assert page.filters.rsvp is Rsvp.DECLINED
    assert page.model.shown_guests == 6
    assert page.filters.rsvp_chip.isChecked()
    assert page.filters.counts_text.startswith("6 of 240 guests")
    page.filters.clear_filters()
    QTest.mouseClick(page.filters.unseated_chip, Qt.MouseButton.LeftButton)
    assert 0 < page.model.shown_guests < 240
    QTest.mouseClick(page.filters.unseated_chip, Qt.MouseButton.LeftButton)
    tag = page.filters.tag_chip.menu().actions()[2]
    tag.trigger()
    assert page.model.shown_guests == sum(tag.data() in line.tags for line in page.model.lines.values())


def test_a_cell_is_edited_in_place_and_undone(page: GuestsPage, workspace: Workspace, qtbot: QtBot) -> None:
    go_to(page, "Øyvind Sørensen", Column.EMAIL)
    type_into_cell(page, "Oyvind@New.Example")
    assert guest(page, "Øyvind Sørensen").email == "oyvind@new.example"
    assert workspace.actions.stack.undoText() == "edit Øyvind Sørensen"
    undo(page, workspace)
    assert guest(page, "Øyvind Sørensen").email == "oyvind@fjord.example"
    workspace.actions.stack.redo()
    assert guest(page, "Øyvind Sørensen").email == "oyvind@new.example"


@pytest.mark.parametrize(
    ("column", "typed", "sentence"),
    [
        (Column.EMAIL, "oyvind(at)fjord", "is not one e-mail address"),
        (Column.PHONE, "12", "is not one phone number"),
        (Column.NAME, "   ", "A name is needed"),
    ],
)
def test_a_bad_value_gets_one_sentence_and_changes_nothing(
    page: GuestsPage, workspace: Workspace, qtbot: QtBot, column: Column, typed: str, sentence: str
) -> None:
    page.view.setColumnHidden(Column.PHONE, False)
    before = go_to(page, "Øyvind Sørensen", column)
    type_into_cell(page, typed)
    assert sentence in said(page)
    assert page.work.toast.message is not None
    assert page.work.toast.message.tone is Tone.BAD
    assert guest(page, "Øyvind Sørensen") == before
    assert not workspace.actions.stack.canUndo()


def test_phone_meal_and_tags_are_read_as_people_type_them(page: GuestsPage, qtbot: QtBot) -> None:
    page.view.setColumnHidden(Column.PHONE, False)
    for column, typed in ((Column.PHONE, "020 7946 0018"), (Column.MEAL, "vegan"), (Column.TAGS, "#VIP, choir,VIP")):
        go_to(page, "Øyvind Sørensen", column)
        type_into_cell(page, typed)
    line = guest(page, "Øyvind Sørensen")
    assert (line.phone, line.meal, line.tags) == ("+442079460018", "vegan", ("VIP", "choir"))


def test_an_answer_is_chosen_from_a_list(page: GuestsPage, workspace: Workspace) -> None:
    go_to(page, "Øyvind Sørensen", Column.RSVP)
    QTest.keyClick(page.view, Qt.Key.Key_F2)
    combo = page.view.findChild(QComboBox)
    assert combo is not None
    combo.hidePopup()
    combo.setCurrentIndex(combo.findData(Rsvp.DECLINED.value))
    QTest.keyClick(combo, Qt.Key.Key_Return)
    finish_editing()
    assert guest(page, "Øyvind Sørensen").rsvp is Rsvp.DECLINED
    undo(page, workspace)
    assert guest(page, "Øyvind Sørensen").rsvp is Rsvp.PENDING


def test_a_key_sets_the_answer_of_the_selection(page: GuestsPage, workspace: Workspace) -> None:
    page.filters.rsvp_chip.menu().actions()[2].trigger()
    pending = page.model.shown_guests
    QTest.keyClick(page.view, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClick(page.view, Qt.Key.Key_1, Qt.KeyboardModifier.AltModifier)
    assert workspace.actions.stack.undoText() == f"set {pending} guests to accepted"
    assert page.model.shown_guests == 0
    undo(page, workspace)
    assert page.model.shown_guests == pending


def test_a_household_is_renamed_in_its_row(page: GuestsPage, qtbot: QtBot) -> None:
    line = guest(page, "Øyvind Sørensen")
    row = page.model.row_of(HOUSEHOLD_MARK + line.invitation_id)
    assert row is not None
    page.view.setCurrentIndex(page.model.index(row, Column.NAME))
    type_into_cell(page, "The fjord")
    assert guest(page, "Øyvind Sørensen").household == "The fjord"
    row = page.model.row_of(HOUSEHOLD_MARK + line.invitation_id)
    assert page.model.index(row or 0, Column.NAME).data() == "The fjord"


def test_a_click_on_the_mark_folds_a_household(page: GuestsPage) -> None:
    line = guest(page, "Øyvind Sørensen")
    page.show_guest(line.attendee_id)
    row = page.model.row_of(HOUSEHOLD_MARK + line.invitation_id)
    assert row is not None
    place = page.view.visualRect(page.model.index(row, 0)).topLeft() + QPoint(14, 15)
    QTest.mouseClick(page.view.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, place)
    assert page.model.row_of(line.attendee_id) is None
    QTest.keyClick(page.view, Qt.Key.Key_Right)
    assert page.model.row_of(line.attendee_id) == row + 2
    QTest.keyClick(page.view, Qt.Key.Key_Left)
    assert page.model.row_of(line.attendee_id) is None
    page.show_guest(line.attendee_id)
    assert page.view.currentIndex().row() == page.model.row_of(line.attendee_id)


def test_guests_are_removed_and_brought_back_with_their_seats(page: GuestsPage, workspace: Workspace) -> None:
    alone = [line for line in page.model.lines.values() if len(page.model.everybody_in(line.invitation_id)) == 1]
    before = next(line for line in alone if line.is_seated)
    page.show_guest(before.attendee_id)
    QTest.keyClick(page.view, Qt.Key.Key_Delete)
    assert not has_guest(page, before.name)
    assert said(page) == f"{before.name} was removed."
    assert page.filters.counts_text.startswith("239 guests")
    undo(page, workspace)
    assert guest(page, before.name) == before


def test_the_selection_is_copied_as_cells(page: GuestsPage) -> None:
    line = go_to(page, "Øyvind Sørensen", Column.NAME)
    page.view.selectRow(page.model.row_of(HOUSEHOLD_MARK + line.invitation_id) or 0)
    QTest.keyClick(page.view, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    rows = [row.split("\t") for row in QGuiApplication.clipboard().text().splitlines()]
    assert rows[0] == ["Name", "E-mail", "RSVP", "Meal", "Seat", "Tags"]
    assert [row[0] for row in rows[1:]] == ["Maja Lindqvist", "Øyvind Sørensen"]
    assert rows[2][1] == "oyvind@fjord.example"


def test_a_guest_is_added_to_a_new_household(page: GuestsPage, workspace: Workspace) -> None:
    page.header_actions()[2].trigger()
    dialog = page.work.dialog
    assert isinstance(dialog, AddGuestDialog)
    QTest.keyClicks(dialog.name_field, "Zubeida Quist")
    QTest.keyClicks(dialog.email_field, "zubeida(at)quist")
    QTest.mouseClick(dialog.add_button, Qt.MouseButton.LeftButton)
    assert "e-mail" in dialog.problem.text()
    assert dialog.isVisible()
    dialog.email_field.setText("zubeida@quist.example")
    QTest.mouseClick(dialog.add_button, Qt.MouseButton.LeftButton)
    line = guest(page, "Zubeida Quist")
    assert (line.email, line.household) == ("zubeida@quist.example", "Zubeida Quist")
    assert page.work.dialog is None
    undo(page, workspace)
    assert not has_guest(page, "Zubeida Quist")


def test_one_guest_after_the_other_joins_a_household(page: GuestsPage) -> None:
    known = guest(page, "Øyvind Sørensen")
    page.work.ask_guest(known.invitation_id)
    dialog = page.work.dialog
    assert isinstance(dialog, AddGuestDialog)
    for name in ("Torgeir Aasen", "Ylva Aasen"):
        QTest.keyClicks(dialog.name_field, name)
        QTest.mouseClick(dialog.next_button, Qt.MouseButton.LeftButton)
        assert guest(page, name).invitation_id == known.invitation_id
    dialog.reject()


def test_a_typed_name_of_a_household_means_the_one_that_is_there(page: GuestsPage) -> None:
    known = guest(page, "Øyvind Sørensen")
    page.work.ask_guest_anywhere()
    dialog = page.work.dialog
    assert isinstance(dialog, AddGuestDialog)
    dialog.household_field.setEditText("lindqvist & sorensen")
    assert dialog.household_field.choice().invitation_id == known.invitation_id
    dialog.household_field.setEditText("Somebody else")
    assert dialog.household_field.choice().invitation_id is None
    dialog.reject()


def test_guests_move_to_another_household(page: GuestsPage, workspace: Workspace) -> None:
    before = guest(page, "Øyvind Sørensen")
    page.show_guest(before.attendee_id)
    menu = page.view.row_menu()
    next(action for action in menu.actions() if action.text().startswith("Move")).trigger()
    dialog = page.work.dialog
    assert isinstance(dialog, HouseholdDialog)
    assert not dialog.move_button.isEnabled()
    dialog.household_field.setEditText("Sørensen alone")
    QTest.mouseClick(dialog.move_button, Qt.MouseButton.LeftButton)
    after = guest(page, "Øyvind Sørensen")
    assert after.household == "Sørensen alone"
    assert after.invitation_id != before.invitation_id
    undo(page, workspace)
    assert guest(page, "Øyvind Sørensen") == before
    menu.deleteLater()


def test_a_search_holds_while_guests_come_and_go(page: GuestsPage, workspace: Workspace) -> None:
    page.filters.search.setText("oyvind")
    page.filters.search.ask_now()
    page.work.remove([guest(page, "Øyvind Sørensen")])
    assert page.model.shown_guests == 0
    undo(page, workspace)
    assert page.model.shown_guests == 1


def test_columns_are_shown_and_sorted_by_the_header(page: GuestsPage) -> None:
    assert page.view.isColumnHidden(Column.DIET)
    menu = page.view.columns_menu()
    next(action for action in menu.actions() if action.text() == "Diet").trigger()
    assert not page.view.isColumnHidden(Column.DIET)
    QTest.mouseClick(page.filters.household_chip, Qt.MouseButton.LeftButton)
    page.view.horizontalHeader().setSortIndicator(Column.EMAIL, Qt.SortOrder.AscendingOrder)
    mails = [page.model.index(row, Column.EMAIL).data() for row in range(5)]
    assert mails == sorted(mails)
    assert all(mails)
    menu.deleteLater()


def test_a_change_from_afar_shows(page: GuestsPage, workspace: Workspace, copy: LocalCopy) -> None:
    from ui.guests.edits import set_answers

    line = guest(page, "Øyvind Sørensen")
    page.show_guest(line.attendee_id)
    workspace.announce(copy.run_all(set_answers([line], Rsvp.ACCEPTED)))
    assert guest(page, "Øyvind Sørensen").rsvp is Rsvp.ACCEPTED
    assert page.filters.counts_text.startswith("240 guests · 204 accepted")
    assert [one.name for one in page.view.chosen_guests()] == ["Øyvind Sørensen"]


def drop(page: GuestsPage, path: Path) -> bool:
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path))])
    action, buttons, keys = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(QPoint(200, 200), action, mime, buttons, keys)
    QApplication.sendEvent(page, enter)
    event = QDropEvent(QPointF(200, 200), action, mime, buttons, keys)
    QApplication.sendEvent(page, event)
    return enter.isAccepted() and event.isAccepted()


def test_a_dropped_file_opens_the_import(page: GuestsPage, workspace: Workspace, qtbot: QtBot) -> None:
    assert drop(page, SAMPLES / "further_guests.csv")
    dialog = page.work.dialog
    assert isinstance(dialog, ImportDialog)
    qtbot.waitUntil(dialog.import_button.isEnabled, timeout=10_000)
    QTest.mouseClick(dialog.import_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: page.work.dialog is None, timeout=10_000)
    assert page.filters.counts_text.startswith("263 guests")
    assert said(page) == "23 guests were imported from further_guests.csv."
    assert workspace.actions.stack.undoText() == "import 23 guests from further_guests.csv"
    undo(page, workspace)
    assert page.filters.counts_text.startswith("240 guests")


def test_pasted_cells_open_the_import(page: GuestsPage, qtbot: QtBot) -> None:
    QGuiApplication.clipboard().setText("Name\tE-mail\nZubeida Quist\tzubeida@quist.example\n")
    QTest.keyClick(page.view, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    dialog = page.work.dialog
    assert isinstance(dialog, ImportDialog)
    qtbot.waitUntil(lambda: dialog.summary_text == "1 guest: 1 new", timeout=10_000)
    dialog.reject()
    QGuiApplication.clipboard().clear()
    page.work.paste()
    assert said(page).startswith("Nothing to paste")


def test_all_guests_are_exported(page: GuestsPage, tmp_path: Path, qtbot: QtBot) -> None:
    page.work.export_to(tmp_path / "all.csv")
    qtbot.waitUntil(lambda: said(page) == "240 guests were written to “all.csv”.", timeout=10_000)
    assert len(preview_guest_list(tmp_path / "all.csv").rows) == 240
    page.work.export_to(tmp_path / "all.doc")
    qtbot.waitUntil(lambda: "ends in .csv or .xlsx" in said(page), timeout=10_000)


def test_an_empty_event_offers_the_first_steps(theme: Theme, tmp_path: Path, qtbot: QtBot) -> None:
    from datetime import UTC, datetime

    event_id = new_id()
    copy = LocalCopy.create(tmp_path / "new.usher", event_id=event_id, device_id=new_id(), role=Role.OWNER)
    starts_at = datetime(2026, 12, 12, 18, tzinfo=UTC)
    copy.run_all(new_event_operations(event_id, title="Dinner", starts_at=starts_at, place="", time_zone="UTC"))
    page = GuestsPage(theme, Workspace(copy, DirectRunner(copy)))
    qtbot.addWidget(page)
    page.show()
    assert page.first_guest_button.isVisible()
    assert not page.view.isVisible()
    QTest.mouseClick(page.first_guest_button, Qt.MouseButton.LeftButton)
    dialog = page.work.dialog
    assert isinstance(dialog, AddGuestDialog)
    QTest.keyClicks(dialog.name_field, "Ada Quist")
    QTest.mouseClick(dialog.add_button, Qt.MouseButton.LeftButton)
    assert page.view.isVisible()
    assert page.filters.counts_text == "1 guest · 1 pending"
    copy.close()
