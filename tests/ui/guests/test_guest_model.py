"""The guest model keeps Qt's rules while guests come, go, fold and are filtered."""

import random
from collections.abc import Sequence
from dataclasses import replace

import pytest
from PySide6.QtCore import QAbstractItemModel, Qt
from PySide6.QtTest import QAbstractItemModelTester
from pytestqt.qtbot import QtBot

from models.attendance import Attendance
from models.guest_table import GuestLine
from models.invitations import Rsvp
from ui.guests.arrangement import HOUSEHOLD_MARK, Column, Wanted, arrange, place
from ui.guests.guest_model import CellEdit, GuestModel


def line(number: int, house: int, **fields: object) -> GuestLine:
    plain = GuestLine(
        attendee_id=f"a{number}",
        guest_id=f"g{number}",
        invitation_id=f"i{house}",
        household=f"House {house}",
        name=f"Name {number}",
        folded=f"name {number}",
        email=None,
        phone=None,
        company=None,
        notes=None,
        door_note=None,
        diet=None,
        access_needs=None,
        tags=(),
        rsvp=Rsvp.ACCEPTED,
        meal=None,
        is_placeholder=False,
        plus_one_of=None,
        ticket_type_id=None,
        ticket_type=None,
        seat_id=None,
        table_id=None,
        table=None,
        seat=None,
        attendance=Attendance.NOT_CHECKED_IN,
    )
    return replace(plain, **fields)


def show(
    model: GuestModel,
    lines: Sequence[GuestLine] = (),
    gone: Sequence[str] = (),
    *,
    wanted: Wanted | None = None,
    folded_away: frozenset[str] | None = None,
) -> None:
    """Show some lines in the place of those they replace, arranged as wanted, as the page does with what it read."""
    every = {one: known for one, known in model.lines.items() if one not in gone}
    every |= {one.attendee_id: one for one in lines}
    folded = model.folded_away if folded_away is None else folded_away
    placed = place(arrange(every, wanted or model.wanted, folded), model.keys)
    model.show(every, [*(one.attendee_id for one in lines), *gone], placed)


@pytest.fixture
def model(qtbot: QtBot) -> GuestModel:
    made = GuestModel()
    QAbstractItemModelTester(made, QAbstractItemModelTester.FailureReportingMode.Fatal, made)
    show(made, [line(number, number // 2) for number in range(6)])
    return made


def names(model: QAbstractItemModel) -> list[str]:
    return [str(model.index(row, Column.NAME).data()) for row in range(model.rowCount())]


def test_households_stand_above_their_guests(model: GuestModel) -> None:
    assert names(model)[:4] == ["House 0", "Name 0", "Name 1", "House 1"]
    assert model.index(0, Column.EMAIL).data() == "2 guests"
    assert model.household_at(0) == "i0"
    assert model.household_at(1) is None


def test_a_guest_alone_has_no_household_above(model: GuestModel) -> None:
    show(model, [line(9, 9)])
    assert names(model)[-1] == "Name 9"
    assert model.rowCount() == 10
    assert not model.is_inside_household(9)


def test_a_household_folds_and_unfolds(model: GuestModel) -> None:
    model.toggle_household("i1")
    assert names(model) == ["House 0", "Name 0", "Name 1", "House 1", "House 2", "Name 4", "Name 5"]
    model.toggle_household("i1")
    assert model.rowCount() == 9
    show(model, folded_away=model.households)
    assert names(model) == ["House 0", "House 1", "House 2"]
    show(model, folded_away=frozenset())
    assert model.rowCount() == 9


def test_a_changed_guest_repaints_only_the_rows_concerned(model: GuestModel, qtbot: QtBot) -> None:
    changed: list[int] = []
    model.dataChanged.connect(lambda first, last: changed.extend(range(first.row(), last.row() + 1)))
    resets: list[None] = []
    model.modelReset.connect(lambda: resets.append(None))
    show(model, [line(3, 1, meal="fish")])
    assert sorted(changed) == [3, 5]
    assert resets == []
    assert model.index(5, Column.MEAL).data() == "fish"


def test_guests_who_come_and_go_move_only_the_rows_between(model: GuestModel) -> None:
    resets: list[None] = []
    model.modelReset.connect(lambda: resets.append(None))
    show(model, [line(7, 1)])
    assert names(model)[3:7] == ["House 1", "Name 2", "Name 3", "Name 7"]
    show(model, [], gone=["a2", "a3", "unknown"])
    assert names(model)[3:5] == ["Name 7", "House 2"]
    show(model, [line(0, 0, household="Zebra"), line(1, 0, household="Zebra")])
    assert names(model)[-3:] == ["Zebra", "Name 0", "Name 1"]
    assert resets == []


def test_filters_hide_and_say_how_many_are_shown(model: GuestModel) -> None:
    show(model, [line(1, 0, rsvp=Rsvp.DECLINED), line(2, 1, tags=("VIP",))])
    show(model, wanted=Wanted(rsvp=Rsvp.DECLINED))
    assert names(model) == ["House 0", "Name 1"]
    assert model.index(0, Column.EMAIL).data() == "1 of 2 guests"
    assert model.index(0, Column.RSVP).data() == "partial"
    show(model, wanted=Wanted(tag="VIP", by_household=False))
    assert names(model) == ["Name 2"]
    assert model.shown_guests == 1
    show(model, wanted=Wanted(only_unseated=True, by_household=False))
    assert names(model) == ["Name 0", "Name 2", "Name 3", "Name 4", "Name 5"]


def test_a_guest_who_no_longer_fits_the_filter_goes(model: GuestModel) -> None:
    show(model, wanted=Wanted(rsvp=Rsvp.ACCEPTED))
    show(model, [line(0, 0, rsvp=Rsvp.PENDING)])
    assert "Name 0" not in names(model)


def test_tables_are_sorted_by_number_and_the_unseated_come_last(model: GuestModel) -> None:
    show(model, [line(0, 0, table="10", seat=1), line(1, 0, table="2", seat=4), line(2, 1, table="2", seat=3)])
    show(model, wanted=Wanted(by_household=False, sorted_by=Column.SEAT))
    assert names(model)[:4] == ["Name 2", "Name 1", "Name 0", "Name 3"]
    show(model, wanted=Wanted(by_household=False, is_descending=True))
    assert names(model)[0] == "Name 5"


@pytest.mark.parametrize("is_descending", [False, True])
def test_thousands_of_guests_are_in_order_and_what_is_empty_comes_last(is_descending: bool) -> None:
    chance = random.Random(5)
    mails = [None, "", *(f"{chance.choice('aÄzZ')}{chance.randrange(2_000)}@quist.example" for _ in range(7))]
    lines = [line(number, number, email=chance.choice(mails), folded=f"name {number:05}") for number in range(9_000)]
    chance.shuffle(lines)
    wanted = Wanted(by_household=False, sorted_by=Column.EMAIL, is_descending=is_descending)
    arranged = arrange({one.attendee_id: one for one in lines}, wanted, frozenset())
    lines.sort(key=lambda one: (not one.email, (one.email or "").casefold(), one.folded), reverse=is_descending)
    assert arranged.keys == [one.attendee_id for one in lines]


def test_an_edit_is_asked_for_and_not_made(model: GuestModel) -> None:
    asked: list[CellEdit] = []
    model.edit_asked.connect(asked.append)
    cell = model.index(1, Column.NAME)
    assert model.setData(cell, "Other")
    assert model.setData(cell, "Name 0")
    assert asked == [CellEdit("a0", "i0", Column.NAME, "Other")]
    assert cell.data() == "Name 0"
    assert not model.flags(model.index(1, Column.SEAT)) & Qt.ItemFlag.ItemIsEditable
    assert not model.flags(model.index(0, Column.MEAL)) & Qt.ItemFlag.ItemIsEditable


def test_a_household_stands_for_the_guests_it_shows(model: GuestModel) -> None:
    model.toggle_household("i1")
    row = model.row_of(HOUSEHOLD_MARK + "i1")
    assert row is not None
    assert [guest.name for guest in model.guests_in_rows([0, 1, row])] == ["Name 0", "Name 1", "Name 2", "Name 3"]


def test_fifty_thousand_guests_are_arranged_in_a_moment(qtbot: QtBot) -> None:
    model = GuestModel()
    show(model, [line(number, number // 3) for number in range(50_000)])
    assert model.rowCount() == 50_000 + 16_667
    show(model, [line(25_000, 8_333, name="Aaron", folded="aaron")])
    row = model.row_of("a25000")
    assert row is not None
    assert model.index(row, 0).data() == "Aaron"
