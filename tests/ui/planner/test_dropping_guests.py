"""Guests, households and selections are put down on the plan by real drop events, and undo takes it back."""

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF
from PySide6.QtGui import QUndoStack

from tests.helpers.drops import drag_away, drag_over, drop, drop_on, hold
from tests.helpers.seating_plan import SeatingPlan
from ui.planner.carrying import parcel
from ui.planner.paints import TableLook
from ui.planner.planner_page import PlannerPage

OKAFORS = ("Adaeze Okafor", "Chidi Okafor", "Ngozi Okafor", "Ike Okafor")


@pytest.fixture
def stack(page: PlannerPage) -> QUndoStack:
    return page._workspace.actions.stack


def seat_floor(page: PlannerPage, plan: SeatingPlan, label: str, number: int) -> QPointF:
    return page.canvas.floor_of_seat(plan.seat_id(label, number))


def table_floor(page: PlannerPage, plan: SeatingPlan, label: str) -> QPointF:
    return page.canvas.item_of(plan.tables[label]).pos()


def test_a_waiting_guest_is_seated_by_a_drop_on_a_free_seat(
    page: PlannerPage, plan: SeatingPlan, stack: QUndoStack
) -> None:
    taken = drop_on(page.canvas, plan.ids("Adaeze Okafor"), seat_floor(page, plan, "1", 5))

    assert taken
    assert plan.sitting("1") == {5: "Adaeze Okafor"}
    assert stack.undoText() == "seat Adaeze Okafor"
    assert page.canvas.item_of(plan.tables["1"]).table.seats[4].guest is not None
    assert page.facts == ["10 of 14 seated", "4 waiting"]


def test_undo_and_redo_take_a_seating_back_and_do_it_again(
    page: PlannerPage, plan: SeatingPlan, stack: QUndoStack
) -> None:
    drop_on(page.canvas, plan.ids(*OKAFORS), table_floor(page, plan, "1"))

    stack.undo()
    assert plan.sitting("1") == {}
    assert page.facts[1] == "5 waiting"
    stack.redo()
    assert len(plan.sitting("1")) == 4
    assert page.facts[1] == "1 waiting"


def test_a_household_dropped_on_a_table_sits_side_by_side(
    page: PlannerPage, plan: SeatingPlan, stack: QUndoStack
) -> None:
    plan.seat("1", seat_2="Inés Castellanos")
    page._read()

    drop_on(page.canvas, plan.ids(*OKAFORS), table_floor(page, plan, "1"))

    assert {name: number for number, name in plan.sitting("1").items() if name in OKAFORS} == dict(
        zip(OKAFORS, (3, 4, 5, 6), strict=True)
    )
    assert stack.undoText() == "seat Okafor household at table 1"


def test_a_household_dropped_on_a_seat_begins_there(page: PlannerPage, plan: SeatingPlan) -> None:
    drop_on(page.canvas, plan.ids(*OKAFORS), seat_floor(page, plan, "1", 7))
    assert plan.sitting("1") == dict(zip((7, 8, 1, 2), OKAFORS, strict=True))


def test_a_table_that_is_too_full_refuses_and_says_how_many_are_free_and_needed(
    page: PlannerPage, plan: SeatingPlan, stack: QUndoStack
) -> None:
    would_be_taken = drag_over(page.canvas, plan.ids(*OKAFORS), table_floor(page, plan, "3"))

    assert not would_be_taken
    assert page.canvas.hint == "3 free, 4 needed"
    assert page.canvas.item_of(plan.tables["3"])._look is TableLook.TOO_FULL
    assert not drop_on(page.canvas, plan.ids(*OKAFORS), table_floor(page, plan, "3"))
    assert len(plan.sitting("3")) == 7
    assert not stack.canUndo()


def test_places_that_fit_glow_while_guests_are_carried_and_no_longer(page: PlannerPage, plan: SeatingPlan) -> None:
    drag_over(page.canvas, plan.ids(*OKAFORS), QPointF(10_000, 8_000))
    looks = {label: page.canvas.item_of(table_id)._look for label, table_id in plan.tables.items()}
    assert looks == {
        "1": TableLook.FITS,
        "2": TableLook.CALM,
        "3": TableLook.TOO_FULL,
        "10": TableLook.FITS,
    }

    drag_away(page.canvas)
    assert {page.canvas.item_of(table_id)._look for table_id in plan.tables.values()} == {TableLook.CALM}
    assert page.canvas.hint == ""


def test_the_glow_stays_while_guests_from_this_window_are_outside_the_plan(
    page: PlannerPage, plan: SeatingPlan
) -> None:
    ids = plan.ids(*OKAFORS)
    page.canvas.offer(ids)
    drag_over(page.canvas, ids, QPointF(10_000, 8_000))
    drag_away(page.canvas)
    assert page.canvas.item_of(plan.tables["1"])._look is TableLook.FITS
    page.canvas.withdraw()
    assert page.canvas.item_of(plan.tables["1"])._look is TableLook.CALM


def test_two_seated_guests_swap_and_the_hint_says_so_before(
    page: PlannerPage, plan: SeatingPlan, stack: QUndoStack
) -> None:
    ruth = plan.ids("Ruth Adeyemi")
    majas_seat = seat_floor(page, plan, "2", 1)

    assert drag_over(page.canvas, ruth, majas_seat)
    assert page.canvas.hint == "Swap with Maja Lindqvist"
    assert drop_on(page.canvas, ruth, majas_seat)

    assert plan.sitting("2")[1] == "Ruth Adeyemi"
    assert plan.sitting("3")[1] == "Maja Lindqvist"
    assert stack.undoText() == "swap Ruth Adeyemi and Maja Lindqvist"
    stack.undo()
    assert (plan.sitting("2")[1], plan.sitting("3")[1]) == ("Maja Lindqvist", "Ruth Adeyemi")


def test_a_waiting_guest_sends_the_sitting_one_to_the_waiting_list_and_the_hint_says_so_before(
    page: PlannerPage, plan: SeatingPlan
) -> None:
    majas_seat = seat_floor(page, plan, "2", 1)

    drag_over(page.canvas, plan.ids("Inés Castellanos"), majas_seat)
    assert page.canvas.hint == "Maja Lindqvist goes to the waiting list"
    drop_on(page.canvas, plan.ids("Inés Castellanos"), majas_seat)

    assert plan.sitting("2") == {1: "Inés Castellanos", 2: "Øyvind Sørensen"}
    assert "Maja Lindqvist" in [guest.name for household in plan.room.waiting for guest in household.guests]


def test_who_declined_gets_no_seat(page: PlannerPage, plan: SeatingPlan) -> None:
    elif_ = plan.ids("Elif Yıldız")
    assert not drag_over(page.canvas, elif_, seat_floor(page, plan, "1", 1))
    assert page.canvas.hint == "Elif Yıldız does not come"
    assert not drop_on(page.canvas, elif_, seat_floor(page, plan, "1", 1))
    assert plan.sitting("1") == {}


def test_a_guest_on_their_own_seat_stays(page: PlannerPage, plan: SeatingPlan, stack: QUndoStack) -> None:
    assert not drop_on(page.canvas, plan.ids("Maja Lindqvist"), seat_floor(page, plan, "2", 1))
    assert not stack.canUndo()


def test_the_open_floor_offers_a_new_table_with_enough_seats_and_one_undo_takes_it_away(
    page: PlannerPage, plan: SeatingPlan, stack: QUndoStack
) -> None:
    place = QPointF(12_010, 10_020)
    assert drag_over(page.canvas, plan.ids(*OKAFORS), place)
    assert page.canvas.hint == "New table 11 for 4"
    assert drop_on(page.canvas, plan.ids(*OKAFORS), place)

    new = next(table for table in plan.room.tables if table.label == "11")
    assert (new.x, new.y) == pytest.approx((12_000, 10_000), abs=60)
    assert (new.x % 50, new.y % 50) == (0, 0)
    assert [guest.name for guest in new.sitting] == list(OKAFORS)
    assert len(new.seats) == 6
    stack.undo()
    assert "11" not in [table.label for table in plan.room.tables]
    assert page.facts[1] == "5 waiting"
    stack.redo()
    assert page.facts[1] == "1 waiting"


def test_nothing_can_be_put_down_outside_the_room(page: PlannerPage, plan: SeatingPlan) -> None:
    page.canvas.set_zoom(0.2)
    assert not drag_over(page.canvas, plan.ids(*OKAFORS), QPointF(-3_000, 5_000))
    assert page.canvas.hint == "Outside the room"


def test_seated_guests_go_back_to_the_waiting_list(page: PlannerPage, plan: SeatingPlan, stack: QUndoStack) -> None:
    couple = parcel(plan.ids("Maja Lindqvist", "Øyvind Sørensen"))
    assert drop(page.waiting.list, couple, QPoint(80, 300))
    assert plan.sitting("2") == {}
    assert stack.undoText() == "unseat Lindqvist & Sørensen household"
    stack.undo()
    assert plan.sitting("2") == {1: "Maja Lindqvist", 2: "Øyvind Sørensen"}


def test_a_waiting_list_without_anybody_takes_guests_too(page: PlannerPage, plan: SeatingPlan) -> None:
    drop_on(page.canvas, plan.ids("Inés Castellanos", *OKAFORS), table_floor(page, plan, "1"))
    assert page.facts[1] == "0 waiting"
    assert page.waiting.list.isVisible()
    assert drop(page.waiting.list, parcel(plan.ids("Inés Castellanos")), QPoint(80, 200))
    assert page.facts[1] == "1 waiting"


def test_who_waits_already_cannot_be_dropped_on_the_waiting_list(page: PlannerPage, plan: SeatingPlan) -> None:
    assert not drop(page.waiting.list, parcel(plan.ids("Inés Castellanos")), QPoint(80, 300))


def test_a_selection_from_several_households_sits_together(
    page: PlannerPage, plan: SeatingPlan, stack: QUndoStack
) -> None:
    drop_on(page.canvas, plan.ids("Inés Castellanos", "Ike Okafor", "Maja Lindqvist"), table_floor(page, plan, "10"))
    assert plan.sitting("10") == {1: "Inés Castellanos", 2: "Ike Okafor", 3: "Maja Lindqvist"}
    assert stack.undoText() == "seat 3 guests at table 10"


def test_something_else_in_a_drag_is_ignored(page: PlannerPage, plan: SeatingPlan) -> None:
    text = QMimeData()
    text.setText("Adaeze Okafor")
    broken = QMimeData()
    broken.setData("application/x-usher-attendees", b"{not json")
    place = page.canvas.position_of_table(plan.tables["1"])
    assert not hold(page.canvas, text, place)
    assert not hold(page.canvas, broken, place)


def test_a_guest_who_is_no_longer_on_the_list_is_refused(page: PlannerPage, plan: SeatingPlan) -> None:
    gone = ["00000000-0000-4000-8000-000000000000"]
    assert not drag_over(page.canvas, gone, table_floor(page, plan, "1"))
    assert page.canvas.hint == "Not on the list any more"


def test_a_change_from_afar_while_carrying_is_taken_into_account(page: PlannerPage, plan: SeatingPlan) -> None:
    ids = plan.ids("Inés Castellanos")
    page.canvas.offer(ids)
    plan.seat("1", **{f"seat_{number}": name for number, name in enumerate(OKAFORS, 1)})
    page._read()
    drag_over(page.canvas, ids, seat_floor(page, plan, "1", 1))
    assert page.canvas.hint == "Adaeze Okafor goes to the waiting list"
    page.canvas.withdraw()
