"""The waiting list and the inspector: search, selection, and the way by keyboard for everything that is dragged."""

import pytest
from PySide6.QtCore import QEvent, QItemSelectionModel, QPoint, Qt
from PySide6.QtGui import QHelpEvent, QUndoStack
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QApplication, QToolTip
from pytestqt.qtbot import QtBot

from tests.helpers.seating_plan import SeatingPlan
from tests.ui.planner.conftest import middle_of
from ui.planner.carrying import party_picture, unpacked
from ui.planner.planner_page import PlannerPage
from ui.planner.table_choice import TableChoice
from ui.planner.waiting_rows import WaitingRole
from ui.theme import Theme, ThemeMode

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def stack(page: PlannerPage) -> QUndoStack:
    return page._workspace.actions.stack


def listed(page: PlannerPage) -> list[str]:
    rows = page.waiting.rows
    return [rows.index(row).data() for row in range(rows.rowCount())]


def search(qtbot: QtBot, page: PlannerPage, words: str) -> None:
    qtbot.keyClicks(page.waiting.search_field, words)
    qtbot.keyClick(page.waiting.search_field, Qt.Key.Key_Return)


def choice_of(page: PlannerPage) -> TableChoice:
    return next(child for child in page.children() if isinstance(child, TableChoice))


def test_the_models_keep_the_rules_of_qt(page: PlannerPage, plan: SeatingPlan) -> None:
    warn = QAbstractItemModelTester.FailureReportingMode.Warning
    models = (page.waiting.rows, page.inspector.table_rows, page.inspector.seat_rows)
    testers = [QAbstractItemModelTester(model, warn) for model in models]
    page.canvas.select_tables([plan.tables["3"]])
    plan.seat("1", seat_1="Inés Castellanos")
    page._read()
    page.waiting.guests_chip.click()
    assert len(testers) == 3
    assert page.inspector.seat_rows.rowCount() == 10


def test_households_are_listed_with_their_people(page: PlannerPage) -> None:
    rows = page.waiting.rows
    assert listed(page) == ["Castellanos", "Okafor"]
    okafor = rows.index(1)
    assert okafor.data(WaitingRole.LINE) == "Adaeze, Chidi, Ngozi, Ike"
    assert okafor.data(WaitingRole.COUNT) == 4
    assert okafor.data(Qt.ItemDataRole.AccessibleTextRole) == "Okafor, 4 guests: Adaeze, Chidi, Ngozi, Ike"


def test_guests_can_be_listed_one_by_one(page: PlannerPage) -> None:
    page.waiting.guests_chip.click()
    assert listed(page) == ["Adaeze Okafor", "Chidi Okafor", "Ike Okafor", "Inés Castellanos", "Ngozi Okafor"]
    page.waiting.households_chip.click()
    assert listed(page) == ["Castellanos", "Okafor"]


def test_search_forgives_accents_and_looks_at_names_tags_and_diets(
    qtbot: QtBot, page: PlannerPage, plan: SeatingPlan
) -> None:
    plan.add_household("Brandt", "Jürgen Brandt", diet="vegan", tags=("board",))
    page._read()
    search(qtbot, page, "iNÉS")
    assert listed(page) == ["Castellanos"]
    page.waiting.search_field.clear()
    search(qtbot, page, "vegan jurgen")
    assert listed(page) == ["Brandt"]
    page.waiting.search_field.clear()
    search(qtbot, page, "board")
    assert listed(page) == ["Brandt"]
    page.waiting.search_field.clear()
    search(qtbot, page, "nobody of this name")
    assert listed(page) == []
    assert page.waiting._empty.isVisible()


def test_selected_cards_stay_selected_when_others_are_seated(page: PlannerPage, plan: SeatingPlan) -> None:
    page.waiting.list.setCurrentIndex(page.waiting.rows.index(1))
    plan.seat("1", seat_1="Inés Castellanos")
    page._read()
    assert page.waiting.list.selected_attendees == plan.ids(
        "Adaeze Okafor", "Chidi Okafor", "Ngozi Okafor", "Ike Okafor"
    )


def test_a_drag_carries_all_cards_that_are_selected(page: PlannerPage, plan: SeatingPlan) -> None:
    page.waiting.list.selectAll()
    rows = page.waiting.rows
    mime = rows.mimeData(page.waiting.list.selectedIndexes())
    assert set(unpacked(mime)) == set(
        plan.ids("Inés Castellanos", "Adaeze Okafor", "Chidi Okafor", "Ngozi Okafor", "Ike Okafor")
    )


def test_pulling_a_card_hands_its_people_to_the_pointer(qtbot: QtBot, page: PlannerPage, plan: SeatingPlan) -> None:
    page.waiting.guests_pulled.disconnect()
    page.waiting.list.setCurrentIndex(page.waiting.rows.index(0))
    with qtbot.waitSignal(page.waiting.guests_pulled) as pulled:
        page.waiting.list.startDrag(Qt.DropAction.MoveAction)
    assert pulled.args == [plan.ids("Inés Castellanos")]


def test_pulling_a_seated_guest_hands_them_to_the_pointer(qtbot: QtBot, page: PlannerPage, plan: SeatingPlan) -> None:
    page.canvas.guests_pulled.disconnect()
    surface, seat = page.canvas.viewport(), page.canvas.position_of_seat(plan.seat_id("2", 1))
    with qtbot.waitSignal(page.canvas.guests_pulled) as pulled:
        qtbot.mousePress(surface, LEFT, pos=seat)
        qtbot.mouseMove(surface, seat + QPoint(0, 40))
        qtbot.mouseRelease(surface, LEFT, pos=seat + QPoint(0, 40))
    assert pulled.args == [plan.ids("Maja Lindqvist")]
    assert page.canvas.selected_guests == frozenset(plan.ids("Maja Lindqvist"))


def test_enter_in_the_waiting_list_lists_the_tables_that_fit_and_enter_seats(
    qtbot: QtBot, page: PlannerPage, plan: SeatingPlan, stack: QUndoStack
) -> None:
    page.waiting.list.setCurrentIndex(page.waiting.rows.index(1))
    qtbot.keyClick(page.waiting.list, Qt.Key.Key_Return)

    choice = choice_of(page)
    words = [choice.choices.index(row).data() for row in range(choice.choices.rowCount())]
    assert [line.split("   ")[0] for line in words] == ["Table 1", "Table 10", "New table 11 for 4"]
    qtbot.keyClick(choice.field, Qt.Key.Key_Down)
    qtbot.keyClick(choice.field, Qt.Key.Key_Return)

    assert len(plan.sitting("10")) == 4
    assert stack.undoText() == "seat Okafor household at table 10"


def test_typing_narrows_the_list_of_tables(qtbot: QtBot, page: PlannerPage, plan: SeatingPlan) -> None:
    page.choose_seats(plan.ids("Inés Castellanos"))
    choice = choice_of(page)
    qtbot.keyClicks(choice.field, "3")
    qtbot.keyClick(choice.field, Qt.Key.Key_Return)
    assert plan.sitting("3")[8] == "Inés Castellanos"


def test_a_new_table_can_be_chosen_by_keyboard(qtbot: QtBot, page: PlannerPage, plan: SeatingPlan) -> None:
    page.choose_seats(plan.ids("Inés Castellanos"))
    choice = choice_of(page)
    for _ in range(5):
        qtbot.keyClick(choice.field, Qt.Key.Key_Down)
    qtbot.keyClick(choice.field, Qt.Key.Key_Return)
    new = next(table for table in plan.room.tables if table.label == "11")
    assert [guest.name for guest in new.sitting] == ["Inés Castellanos"]


def test_the_inspector_tells_the_facts_of_the_selected_table(
    qtbot: QtBot, page: PlannerPage, plan: SeatingPlan
) -> None:
    qtbot.mouseClick(page.canvas.viewport(), LEFT, pos=middle_of(page, plan, "3"))
    inspector = page.inspector
    assert inspector.title.text() == "Table 3"
    assert inspector._shape.text() == "round · 1.8 m"
    assert inspector._seats.text() == "10, clockwise from the top"
    assert inspector._seated.text() == "7"
    assert inspector._meals.text() == "7 fish"
    assert inspector.seat_rows.index(0, 1).data() == "Ruth Adeyemi"
    assert inspector.seat_rows.index(8, 1).data() == "–"


def test_all_tables_are_listed_and_enter_goes_to_one(qtbot: QtBot, page: PlannerPage, plan: SeatingPlan) -> None:
    rows = page.inspector.table_rows
    assert [(rows.index(row, 0).data(), rows.index(row, 1).data()) for row in range(4)] == [
        ("1", "0/8"),
        ("2", "2/2"),
        ("3", "7/10"),
        ("10", "0/6"),
    ]
    page.inspector.table_list.setCurrentIndex(rows.index(1, 0))
    qtbot.keyClick(page.inspector.table_list, Qt.Key.Key_Return)
    assert page.canvas.selected_tables == {plan.tables["2"]}
    qtbot.mouseClick(page.inspector.back_button, LEFT)
    assert page.inspector.shown_table is None


def test_a_row_of_the_inspector_unseats_by_keyboard(
    qtbot: QtBot, page: PlannerPage, plan: SeatingPlan, stack: QUndoStack
) -> None:
    page.canvas.select_tables([plan.tables["2"]])
    page.inspector.seat_list.selectRow(0)
    assert page.canvas.selected_guests == frozenset(plan.ids("Maja Lindqvist"))
    qtbot.keyClick(page.inspector.seat_list, Qt.Key.Key_Delete)
    assert plan.sitting("2") == {2: "Øyvind Sørensen"}
    assert stack.undoText() == "unseat Maja Lindqvist"


def test_move_to_seats_those_who_are_selected_elsewhere(qtbot: QtBot, page: PlannerPage, plan: SeatingPlan) -> None:
    page.canvas.select_tables([plan.tables["2"]])
    flags = QItemSelectionModel.SelectionFlag
    rows = page.inspector.seat_rows
    for row in (0, 1):
        page.inspector.seat_list.selectionModel().select(rows.index(row, 0), flags.Select | flags.Rows)
    qtbot.mouseClick(page.inspector.move_button, LEFT)
    qtbot.keyClick(choice_of(page).field, Qt.Key.Key_Return)
    assert plan.sitting("1") == {1: "Maja Lindqvist", 2: "Øyvind Sørensen"}


def test_a_guest_selected_on_the_plan_is_unseated_by_delete(qtbot: QtBot, page: PlannerPage, plan: SeatingPlan) -> None:
    qtbot.mouseClick(page.canvas.viewport(), LEFT, pos=page.canvas.position_of_seat(plan.seat_id("2", 2)))
    assert page.inspector.selected_attendees == plan.ids("Øyvind Sørensen")
    qtbot.keyClick(page.canvas, Qt.Key.Key_Delete)
    assert plan.sitting("2") == {1: "Maja Lindqvist"}


def test_a_seat_tells_who_sits_there_and_what_to_think_of(page: PlannerPage, plan: SeatingPlan) -> None:
    place = page.canvas.position_of_seat(plan.seat_id("2", 1))
    surface = page.canvas.viewport()
    QApplication.sendEvent(surface, QHelpEvent(QEvent.Type.ToolTip, place, surface.mapToGlobal(place)))
    assert QToolTip.text() == "Maja Lindqvist · vegan"
    QToolTip.hideText()


def test_status_facts_follow_every_change(qtbot: QtBot, page: PlannerPage, plan: SeatingPlan) -> None:
    with qtbot.waitSignal(page.facts_changed) as told:
        page.unseat(plan.ids("Maja Lindqvist"))
    assert told.args == [["8 of 14 seated", "6 waiting"]]


def test_what_cannot_be_done_is_said(qtbot: QtBot, page: PlannerPage, plan: SeatingPlan) -> None:
    with qtbot.waitSignal(page.message_raised) as told:
        page.unseat(plan.ids("Inés Castellanos"))
    assert told.args == ["Waiting already"]


def test_undo_and_redo_have_names_in_the_head_of_the_window(page: PlannerPage, plan: SeatingPlan) -> None:
    undo, redo = page.undo_actions()
    page.unseat(plan.ids("Maja Lindqvist"))
    assert undo.text() == "Undo unseat Maja Lindqvist"
    undo.trigger()
    assert len(plan.sitting("2")) == 2
    assert redo.text() == "Redo unseat Maja Lindqvist"


def test_everything_has_a_name_for_screen_readers(page: PlannerPage) -> None:
    named = (page.canvas, page.waiting.list, page.waiting.search_field, page.inspector.table_list)
    assert all(widget.accessibleName() for widget in (*named, page.inspector.seat_list, page.inspector.turn_button))


def test_the_plan_changes_its_colours_with_the_theme(page: PlannerPage, plan: SeatingPlan, theme: Theme) -> None:
    place = middle_of(page, plan, "1") + QPoint(0, 14)
    light = page.canvas.viewport().grab().toImage().pixelColor(place)
    theme.set_mode(ThemeMode.DARK)
    dark = page.canvas.viewport().grab().toImage().pixelColor(place)
    assert light.lightness() > 200 > 80 > dark.lightness()


def test_the_card_under_the_pointer_is_as_wide_as_its_words(theme: Theme) -> None:
    short = party_picture(theme, "Ike", "1 guest", 1.0)
    long = party_picture(theme, "The Lindqvist & Sørensen household", "2 guests, side by side", 2.0)
    assert long.deviceIndependentSize().width() > short.deviceIndependentSize().width()
    assert long.devicePixelRatio() == 2.0
