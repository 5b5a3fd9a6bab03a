"""Tables are moved, turned, added, renamed and removed on the plan, and nobody loses a seat unasked."""

from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QUndoStack, QWheelEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from models.operations.seating import MoveTables, RemoveTables, TablePlace
from models.seating import Shape
from tests.helpers.seating_plan import SeatingPlan
from tests.ui.planner.conftest import OpenPlanner, middle_of
from ui.planner.planner_page import PlannerPage
from ui.planner.removal import RemovalQuestion
from ui.planner.table_work import LONG_TABLES, round_table_for
from ui.widgets.buttons import Button

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def stack(page: PlannerPage) -> QUndoStack:
    return page._workspace.actions.stack


def pull(qtbot: QtBot, page: PlannerPage, start: QPoint, way: QPoint, button: Qt.MouseButton = LEFT) -> None:
    surface = page.canvas.viewport()
    qtbot.mousePress(surface, button, pos=start)
    qtbot.mouseMove(surface, start + way / 2)
    qtbot.mouseMove(surface, start + way)
    qtbot.mouseRelease(surface, button, pos=start + way)


def test_a_table_is_moved_along_the_grid_and_keeps_its_people(
    qtbot: QtBot, page: PlannerPage, plan: SeatingPlan, stack: QUndoStack
) -> None:
    before = plan.table("2")

    pull(qtbot, page, middle_of(page, plan, "2"), QPoint(37, 61))

    after = plan.table("2")
    assert (after.x, after.y) != (before.x, before.y)
    assert (after.x % 50, after.y % 50) == (0, 0)
    assert plan.sitting("2") == {1: "Maja Lindqvist", 2: "Øyvind Sørensen"}
    assert stack.undoText() == "move Table 2"
    stack.undo()
    assert (plan.table("2").x, plan.table("2").y) == (before.x, before.y)
    assert page.canvas.item_of(plan.tables["2"]).pos() == QPointF(before.x, before.y)


def test_a_table_cannot_be_moved_out_of_the_room(qtbot: QtBot, page: PlannerPage, plan: SeatingPlan) -> None:
    pull(qtbot, page, middle_of(page, plan, "1"), QPoint(-400, -400))
    assert (plan.table("1").x, plan.table("1").y) == (0, 0)


def test_escape_gives_up_a_move(qtbot: QtBot, page: PlannerPage, plan: SeatingPlan, stack: QUndoStack) -> None:
    surface, start = page.canvas.viewport(), middle_of(page, plan, "1")
    qtbot.mousePress(surface, LEFT, pos=start)
    qtbot.mouseMove(surface, start + QPoint(60, 60))
    qtbot.keyClick(page.canvas, Qt.Key.Key_Escape)
    qtbot.mouseRelease(surface, LEFT, pos=start + QPoint(60, 60))
    assert page.canvas.item_of(plan.tables["1"]).pos() == QPointF(4_000, 4_000)
    assert not stack.canUndo()


def test_tables_that_are_selected_move_together(qtbot: QtBot, page: PlannerPage, plan: SeatingPlan) -> None:
    surface = page.canvas.viewport()
    qtbot.mouseClick(surface, LEFT, pos=middle_of(page, plan, "1"))
    qtbot.mouseClick(surface, LEFT, Qt.KeyboardModifier.ControlModifier, middle_of(page, plan, "10"))
    pull(qtbot, page, middle_of(page, plan, "1"), QPoint(40, 0))
    one, ten = plan.table("1"), plan.table("10")
    assert one.x - 4_000 == ten.x - 4_000 > 0


def test_arrows_move_the_selected_tables_in_one_step_of_undo(
    qtbot: QtBot, page: PlannerPage, plan: SeatingPlan, stack: QUndoStack
) -> None:
    page.canvas.select_tables([plan.tables["1"]])
    for _ in range(3):
        qtbot.keyClick(page.canvas, Qt.Key.Key_Right)
    qtbot.keyClick(page.canvas, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    qtbot.waitUntil(stack.canUndo)
    assert (plan.table("1").x, plan.table("1").y) == (4_150, 4_500)
    assert stack.count() == 1


def test_r_turns_a_table_and_shift_r_turns_it_back(qtbot: QtBot, page: PlannerPage, plan: SeatingPlan) -> None:
    page.canvas.select_tables([plan.tables["10"]])
    qtbot.keyClick(page.canvas, Qt.Key.Key_R)
    assert plan.table("10").turn == 15
    qtbot.keyClick(page.canvas, Qt.Key.Key_R, Qt.KeyboardModifier.ShiftModifier)
    qtbot.keyClick(page.canvas, Qt.Key.Key_R, Qt.KeyboardModifier.ShiftModifier)
    assert plan.table("10").turn == 345


def test_the_buttons_add_tables_that_touch_no_other(page: PlannerPage, plan: SeatingPlan, stack: QUndoStack) -> None:
    menu = page.tools.round_button.menu()
    menu.actions()[2].trigger()
    page.tools.table_wanted.emit(LONG_TABLES[1])
    added = {table.label: table for table in plan.room.tables if table.label in ("11", "12")}
    assert (added["11"].shape, len(added["11"].seats)) == (Shape.ROUND, 10)
    assert (added["12"].shape, len(added["12"].seats)) == (Shape.RECTANGLE, 8)
    away = (added["11"].x - added["12"].x) ** 2 + (added["11"].y - added["12"].y) ** 2
    assert away > 2_000**2
    assert page.canvas.selected_tables == {added["12"].id}
    assert stack.undoText() == "add Table 12"


def test_a_table_is_renamed_beside_the_plan(qtbot: QtBot, page: PlannerPage, plan: SeatingPlan) -> None:
    qtbot.mouseClick(page.canvas.viewport(), LEFT, pos=middle_of(page, plan, "1"))
    field = page.inspector.label_field
    field.setFocus()
    field.selectAll()
    qtbot.keyClicks(field, "Garden")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert plan.table("1").label == "Garden"
    assert page.inspector.title.text() == "Table Garden"


def test_an_empty_table_is_removed_at_once_and_undo_brings_it_back(
    qtbot: QtBot, page: PlannerPage, plan: SeatingPlan, stack: QUndoStack
) -> None:
    page.canvas.select_tables([plan.tables["1"]])
    qtbot.keyClick(page.canvas, Qt.Key.Key_Delete)
    assert plan.tables["1"] not in plan.room.table_by_id
    assert stack.undoText() == "remove Table 1"
    stack.undo()
    assert plan.tables["1"] in plan.room.table_by_id


def question_of(page: PlannerPage) -> RemovalQuestion:
    return next(child for child in page.children() if isinstance(child, RemovalQuestion))


def test_removing_a_table_tells_who_sits_there_first_and_undo_brings_them_back(
    qtbot: QtBot, page: PlannerPage, plan: SeatingPlan, stack: QUndoStack
) -> None:
    page.canvas.select_tables([plan.tables["3"]])
    qtbot.keyClick(page.canvas, Qt.Key.Key_Delete)

    question = question_of(page)
    words = question.sentence.text().replace("\u2068", "").replace("\u2069", "")
    assert words.startswith("Removing sends Ruth Adeyemi, Tomé Adeyemi, Ana Adeyemi and 4 others to the waiting list.")
    assert plan.tables["3"] in plan.room.table_by_id

    qtbot.mouseClick(question.remove_button, LEFT)
    assert plan.tables["3"] not in plan.room.table_by_id
    assert page.facts[1] == "12 waiting"
    stack.undo()
    assert len(plan.sitting("3")) == 7
    stack.redo()
    assert plan.tables["3"] not in plan.room.table_by_id


def test_keep_keeps_the_table(qtbot: QtBot, page: PlannerPage, plan: SeatingPlan, stack: QUndoStack) -> None:
    page.canvas.select_tables([plan.tables["2"]])
    page.remove_tables()
    qtbot.mouseClick(question_of(page).keep_button, LEFT)
    assert len(plan.sitting("2")) == 2
    assert not stack.canUndo()


def test_a_change_from_afar_is_shown(page: PlannerPage, plan: SeatingPlan) -> None:
    untouched = page.canvas.item_of(plan.tables["2"])
    place = TablePlace(table_id=plan.tables["1"], x=7_000, y=7_500, turn=0)
    page._workspace.announce(plan.copy.run(MoveTables(places=(place,))))
    assert page.canvas.item_of(plan.tables["1"]).pos() == QPointF(7_000, 7_500)
    assert page.canvas.item_of(plan.tables["2"]) is untouched

    page._workspace.announce(plan.copy.run(RemoveTables(table_ids=(plan.tables["1"],))))
    with pytest.raises(KeyError):
        page.canvas.item_of(plan.tables["1"])


def test_a_page_out_of_sight_catches_up_when_it_is_shown(page: PlannerPage, plan: SeatingPlan) -> None:
    page.hide()
    page._workspace.announce(plan.copy.run(RemoveTables(table_ids=(plan.tables["1"],))))
    assert plan.tables["1"] in page.room.table_by_id
    page.show()
    assert plan.tables["1"] not in page.room.table_by_id


def test_a_refused_move_puts_the_table_back(qtbot: QtBot, page: PlannerPage, plan: SeatingPlan) -> None:
    plan.copy.run(RemoveTables(table_ids=(plan.tables["1"],)))
    with qtbot.waitSignal(page._workspace.actions.failed) as refused:
        pull(qtbot, page, middle_of(page, plan, "1"), QPoint(50, 50))
    assert refused.args is not None
    assert "not there any more" in refused.args[0]
    assert page.canvas.item_of(plan.tables["1"]).pos() == QPointF(4_000, 4_000)


def turn_wheel(page: PlannerPage, place: QPoint, notches: int) -> None:
    event = QWheelEvent(
        QPointF(place),
        QPointF(page.canvas.viewport().mapToGlobal(place)),
        QPoint(),
        QPoint(0, 120 * notches),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(page.canvas.viewport(), event)


def test_the_wheel_zooms_to_the_pointer(page: PlannerPage, plan: SeatingPlan) -> None:
    before, place = page.canvas.zoom, middle_of(page, plan, "3")
    turn_wheel(page, place, 3)
    assert page.canvas.zoom > before * 1.5
    assert (middle_of(page, plan, "3") - place).manhattanLength() <= 2
    turn_wheel(page, place, -3)
    assert page.canvas.zoom == pytest.approx(before)


def test_zoom_by_keyboard_and_fit(qtbot: QtBot, page: PlannerPage) -> None:
    fitting = page.canvas.zoom
    qtbot.keyClick(page.canvas, Qt.Key.Key_Plus)
    assert page.canvas.zoom > fitting
    assert page.tools.zoom_button.text() == f"{round(page.canvas.zoom * 100)} %"
    qtbot.keyClick(page.canvas, Qt.Key.Key_Minus)
    qtbot.keyClick(page.canvas, Qt.Key.Key_Minus)
    assert page.canvas.zoom < fitting
    qtbot.keyClick(page.canvas, Qt.Key.Key_0)
    assert page.canvas.zoom == pytest.approx(fitting)


def test_fit_shows_the_whole_room_also_after_the_window_shrinks(page: PlannerPage, plan: SeatingPlan) -> None:
    page.resize(1000, 560)
    seen = page.canvas.viewport().rect()
    corners = [page.canvas.mapFromScene(QPointF(x, y)) for x in (0, 20_000) for y in (0, 15_000)]
    assert all(seen.contains(corner) for corner in corners)


@pytest.mark.parametrize("button", [LEFT, Qt.MouseButton.MiddleButton])
def test_the_floor_is_panned_with_the_mouse(
    qtbot: QtBot, page: PlannerPage, plan: SeatingPlan, button: Qt.MouseButton
) -> None:
    before = middle_of(page, plan, "1")
    free = page.canvas.mapFromScene(QPointF(10_000, 8_000))
    pull(qtbot, page, free, QPoint(50, 30), button)
    assert middle_of(page, plan, "1") - before == QPoint(50, 30)


def test_space_pans_even_on_a_table(qtbot: QtBot, page: PlannerPage, plan: SeatingPlan) -> None:
    before = middle_of(page, plan, "1")
    qtbot.keyPress(page.canvas, Qt.Key.Key_Space)
    pull(qtbot, page, before, QPoint(40, 20))
    qtbot.keyRelease(page.canvas, Qt.Key.Key_Space)
    assert middle_of(page, plan, "1") - before == QPoint(40, 20)
    assert plan.table("1").x == 4_000


def test_arrows_pan_when_nothing_is_selected(qtbot: QtBot, page: PlannerPage, plan: SeatingPlan) -> None:
    before = middle_of(page, plan, "1")
    qtbot.keyClick(page.canvas, Qt.Key.Key_Right)
    assert middle_of(page, plan, "1").x() < before.x()


def test_a_click_on_the_floor_selects_nothing(qtbot: QtBot, page: PlannerPage, plan: SeatingPlan) -> None:
    page.canvas.select_tables([plan.tables["1"]])
    qtbot.mouseClick(page.canvas.viewport(), LEFT, pos=page.canvas.mapFromScene(QPointF(10_000, 8_000)))
    assert page.canvas.selected_tables == frozenset()
    assert page.inspector.shown_table is None


def test_an_empty_room_says_how_to_begin(tmp_path: Path, open_planner: OpenPlanner) -> None:
    plan = SeatingPlan.create(tmp_path)
    page = open_planner(plan)
    assert not page.tools.first_step.isHidden()
    page.tools.table_wanted.emit(LONG_TABLES[0])
    assert page.tools.first_step.isHidden()
    plan.copy.close()


def test_an_event_without_a_room_offers_one(qtbot: QtBot, tmp_path: Path, open_planner: OpenPlanner) -> None:
    plan = SeatingPlan.without_room(tmp_path)
    page = open_planner(plan)
    assert page._no_room.isVisible()
    qtbot.mouseClick(page._no_room.findChild(Button), LEFT)
    assert page.canvas.isVisible()
    assert plan.room.plan is not None
    plan.copy.close()


@pytest.mark.parametrize(("count", "seats"), [(1, 6), (6, 6), (7, 8), (12, 12), (17, 17), (40, 40)])
def test_a_round_table_for_a_party_has_enough_seats(count: int, seats: int) -> None:
    kind = round_table_for(count)
    assert kind is not None
    assert kind.seats == seats


def test_no_table_is_offered_for_a_whole_hall() -> None:
    assert round_table_for(41) is None


def test_five_hundred_tables_are_built_and_painted(tmp_path: Path, open_planner: OpenPlanner) -> None:
    plan = SeatingPlan.create(tmp_path)
    plan.add_many_tables(500, 10)
    page = open_planner(plan)
    picture = page.canvas.viewport().grab().toImage()
    middle = middle_of(page, plan, "250")
    assert picture.pixelColor(middle) != picture.pixelColor(2, picture.height() - 2)
    page.canvas.set_zoom(1.0, middle)
    assert not page.canvas.viewport().grab().isNull()
    plan.copy.close()
