"""The guest page follows changes that are read beside the screen, in whatever order things happen meanwhile."""

import threading
from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from desktop.writer import CopyRunner
from models.errors import StoreError
from models.guest_counts import GuestCounts
from models.guest_table import GuestLine, read_guest_rows
from models.invitations import Rsvp
from models.operations.base import Operation
from models.operations.people import HideGuests
from models.store.local_copy import LocalCopy
from models.store.rows import Change
from tests.ui.guests.conftest import type_into_cell
from ui.guests.arrangement import HOUSEHOLD_MARK, Arrangement, Column, Wanted, arrange
from ui.guests.edits import guest_edit, set_answers
from ui.guests.guest_delegate import PADDING
from ui.guests.guests_page import GuestsPage
from ui.theme import Theme
from ui.workspace import Workspace


class Office:
    """A guest page whose reading runs on a thread of its own, which can be held up, and others who change guests."""

    def __init__(self, copy: LocalCopy, theme: Theme, qtbot: QtBot) -> None:
        self.copy = copy
        self.crashes: list[BaseException] = []
        self.runner = CopyRunner(copy, self.crashes.append)
        self.workspace = Workspace(copy, self.runner)
        self.page = GuestsPage(theme, self.workspace)
        self._qtbot = qtbot
        self._holds: list[threading.Event] = []
        qtbot.addWidget(self.page)
        self.page.resize(1_340, 800)
        self.page.show()
        self.settle()

    def hold_up(self) -> None:
        """Let what is asked for from now on wait until it is released."""
        may_go_on = threading.Event()
        self._holds.append(may_go_on)
        self.runner.submit(lambda _copy: may_go_on.wait(20), lambda _done: None, lambda _error: None)

    def read_without_an_answer(self) -> None:
        """Let what was asked for be done, while its answers are still on their way to the screen."""
        is_done = threading.Event()
        self.runner.submit(lambda _copy: is_done.set(), lambda _done: None, lambda _error: None)
        assert is_done.wait(20)

    def release(self) -> None:
        """Let everything go on and wait until all is shown."""
        for one in self._holds:
            one.set()
        self.settle()

    def settle(self) -> None:
        """Wait until nothing is asked for any more."""
        self._qtbot.waitUntil(lambda: self.runner.waiting == 0, timeout=20_000)

    def hear(self, *operations: Operation) -> None:
        """Tell the page of what others did."""
        self.workspace.hear(self.copy.run_all(operations))

    def close(self) -> None:
        for one in self._holds:
            one.set()
        self.runner.shutdown()
        assert self.crashes == []

    @property
    def lines(self) -> dict[str, GuestLine]:
        """What the page holds, by name."""
        return {line.name: line for line in self.page.model.lines.values()}

    def assert_all_is_shown(self) -> None:
        """Check rows and figures of the page against the copy, read anew."""
        with self.copy.read() as connection:
            rows = read_guest_rows(connection, self.copy.identity.event_id)
        model, every = self.page.model, {line.attendee_id: line for line in rows}
        anew = arrange(every, model.wanted, model.folded_away)
        assert model.lines == every
        assert model.keys == anew.keys
        assert [model.row_of(key) for key in model.keys] == list(range(model.rowCount()))
        answers = GuestCounts(rows).answers
        assert f"{answers.guests} guests" in self.page.filters.counts_text
        assert f"{answers.declined} declined" in self.page.filters.counts_text
        meals = " · ".join(f"{count} {meal}" for meal, count in GuestCounts(rows).meals[:6])
        assert self.page.status_facts() == [f"Meals: {meals}"]


@pytest.fixture
def office(copy: LocalCopy, theme: Theme, qtbot: QtBot) -> Iterator[Office]:
    made = Office(copy, theme, qtbot)
    yield made
    made.close()


def renamed(line: GuestLine, name: str) -> list[Operation]:
    return guest_edit(line, Column.NAME, name, "GB")


def test_many_changes_at_once_arrive_and_are_all_shown(office: Office) -> None:
    for at, line in enumerate(list(office.lines.values())[:120]):
        if at % 3 == 0:
            office.hear(*set_answers([line], Rsvp.DECLINED))
        elif at % 3 == 1:
            office.hear(*renamed(line, f"Aa {at} Quist"))
        else:
            office.hear(HideGuests(attendee_ids=(line.attendee_id,)))
    office.settle()
    assert len(office.lines) == 200
    office.assert_all_is_shown()


def test_changes_that_come_during_a_reading_are_read_after_it_all_at_once(office: Office) -> None:
    first, *others = list(office.lines.values())[:40]
    office.hold_up()
    office.hear(*renamed(first, "Zz Quist"))
    asked = office.runner.waiting
    for at, line in enumerate(others):
        office.hear(*renamed(line, f"Zz {at} Quist"))
    assert office.runner.waiting == asked
    assert "Zz Quist" not in office.lines
    office.release()
    assert "Zz Quist" in office.lines
    assert "Zz 38 Quist" in office.lines
    office.assert_all_is_shown()


def test_a_change_during_a_reload_is_not_lost(office: Office) -> None:
    line = next(iter(office.lines.values()))
    office.page.reload()
    office.read_without_an_answer()
    office.hear(*renamed(line, "Zz Quist"))
    office.settle()
    office.hear(*set_answers([line], Rsvp.DECLINED))
    office.read_without_an_answer()
    office.page.reload()
    office.hear(*guest_edit(line, Column.EMAIL, "zz@quist.example", "GB"))
    office.settle()
    assert office.lines["Zz Quist"].email == "zz@quist.example"
    assert office.lines["Zz Quist"].rsvp is Rsvp.DECLINED
    office.assert_all_is_shown()


@pytest.mark.parametrize("what", ["filter", "fold", "sort", "search"])
def test_what_a_person_does_during_a_reading_holds_afterwards(office: Office, what: str, qtbot: QtBot) -> None:
    page, line = office.page, office.lines["Øyvind Sørensen"]
    page.show_guest(line.attendee_id)
    alone = next(one for one in office.lines.values() if len(page.model.everybody_in(one.invitation_id)) == 1)
    office.hear(*renamed(line, "Øyvind Aasen"), HideGuests(attendee_ids=(alone.attendee_id,)))
    office.read_without_an_answer()
    do: dict[str, Callable[[], object]] = {
        "filter": lambda: QTest.mouseClick(page.filters.household_chip, Qt.MouseButton.LeftButton),
        "fold": lambda: fold(page, line),
        "sort": lambda: page.view.horizontalHeader().setSortIndicator(Column.MEAL, Qt.SortOrder.DescendingOrder),
        "search": lambda: (QTest.keyClicks(page.filters.search, "aasen"), page.filters.search.ask_now()),
    }
    do[what]()
    assert "Øyvind Aasen" not in office.lines
    office.settle()
    assert office.lines["Øyvind Aasen"].attendee_id == line.attendee_id
    office.assert_all_is_shown()
    assert page.model.shown_guests == (1 if what == "search" else 239)
    assert page.model.wanted.by_household == (what != "filter")
    assert page.model.wanted.sorted_by == (Column.MEAL if what == "sort" else Column.NAME)
    assert (page.model.row_of(line.attendee_id) is None) == (what == "fold")


def fold(page: GuestsPage, line: GuestLine) -> None:
    row = page.model.row_of(HOUSEHOLD_MARK + line.invitation_id)
    assert row is not None
    place = page.view.visualRect(page.model.index(row, 0)).topLeft() + QPoint(PADDING + 2, 15)
    QTest.mouseClick(page.view.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, place)


def test_selection_and_undo_hold_while_others_rename_guests(office: Office, qtbot: QtBot) -> None:
    page, mine = office.page, office.lines["Øyvind Sørensen"]
    page.show_guest(mine.attendee_id)
    page.view.setCurrentIndex(page.model.index(page.model.row_of(mine.attendee_id) or 0, Column.EMAIL))
    type_into_cell(page, "oyvind@new.example")
    office.settle()
    assert office.lines["Øyvind Sørensen"].email == "oyvind@new.example"
    for at, line in enumerate(list(office.lines.values())[:60]):
        if line.attendee_id != mine.attendee_id:
            office.hear(*renamed(line, f"Aa {at} Quist"))
    office.settle()
    assert [one.name for one in page.view.chosen_guests()] == ["Øyvind Sørensen"]
    assert page.view.currentIndex().row() == page.model.row_of(mine.attendee_id)
    office.workspace.actions.stack.undo()
    office.settle()
    assert office.lines["Øyvind Sørensen"].email == "oyvind@fjord.example"
    office.assert_all_is_shown()


def test_a_row_in_sight_stays_in_sight_and_one_that_was_left_does_not_call_back(office: Office) -> None:
    page, line = office.page, office.lines["Øyvind Sørensen"]
    page.show_guest(line.attendee_id)
    QTest.mouseClick(page.filters.household_chip, Qt.MouseButton.LeftButton)
    office.settle()
    bar = page.view.verticalScrollBar()
    bar.setValue(40)
    office.hear(*renamed(line, "Aa Quist"))
    office.settle()
    assert page.view.currentIndex().row() == page.model.row_of(line.attendee_id) == 0
    assert bar.value() == 40
    page.view.scrollToTop()
    office.hear(*renamed(office.lines["Aa Quist"], "Zz Quist"))
    office.settle()
    assert page.view.currentIndex().row() > 200
    assert page.view.viewport().rect().intersects(page.view.visualRect(page.view.currentIndex()))


def test_a_change_that_leaves_a_line_as_it_was_moves_and_paints_nothing(office: Office) -> None:
    painted: list[object] = []
    office.page.model.dataChanged.connect(painted.append)
    office.page.model.layoutChanged.connect(painted.append)
    office.page.model.modelReset.connect(lambda: painted.append("reset"))
    before = office.page.model.keys
    with office.copy.read() as connection:
        change = connection.exec_driver_sql("SELECT id FROM guests").scalars().all()
    office.workspace.hear(Change({"guests": frozenset(change)}))
    office.settle()
    assert painted == []
    assert office.page.model.keys is before


def test_after_a_reading_that_failed_the_next_one_misses_nothing(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = list(office.lines.values())[:2]
    with monkeypatch.context() as broken:

        def fail(*_arguments: object) -> object:
            raise StoreError("busy", "The disk is busy: try again.")

        broken.setattr("ui.guests.guest_reader.read_lines", fail)
        office.hear(*renamed(first, "Zz Quist"))
        office.settle()
    message = office.page.work.toast.message
    assert message is not None
    assert message.text == "The disk is busy: try again."
    assert "Zz Quist" not in office.lines
    office.hear(*set_answers([second], Rsvp.DECLINED))
    office.settle()
    assert "Zz Quist" in office.lines
    office.assert_all_is_shown()


def test_a_tag_that_nobody_has_any_more_no_longer_filters(office: Office) -> None:
    page = office.page
    tag = page.filters.tag_chip.menu().actions()[2]
    tag.trigger()
    office.settle()
    chosen = [line for line in office.lines.values() if tag.data() in line.tags]
    assert page.model.shown_guests == len(chosen)
    for line in chosen:
        office.hear(*guest_edit(line, Column.TAGS, "", "GB"))
    office.settle()
    assert page.filters.tag is None
    assert page.model.shown_guests == 240


# -- arranging ---------------------------------------------------------------------------------------------


WISHES: dict[str, Callable[[GuestsPage], object]] = {
    "sort": lambda page: page.view.horizontalHeader().setSortIndicator(Column.EMAIL, Qt.SortOrder.DescendingOrder),
    "household chip": lambda page: QTest.mouseClick(page.filters.household_chip, Qt.MouseButton.LeftButton),
    "filter": lambda page: QTest.mouseClick(page.filters.unseated_chip, Qt.MouseButton.LeftButton),
    "search": lambda page: (page.filters.search.setText("lindqvist"), page.filters.search.ask_now()),
    "fold all": lambda page: page.view.folding_asked.emit(),
    "unfold all": lambda page: page.view.unfolding_asked.emit(),
}


def arranging_threads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Note on which threads guests are arranged from now on."""
    threads: list[str] = []

    def noted(
        lines: dict[str, GuestLine], wanted: Wanted, folded: frozenset[str], everybody: dict[str, list[str]] | None
    ) -> Arrangement:
        threads.append(threading.current_thread().name)
        return arrange(lines, wanted, folded, everybody)

    monkeypatch.setattr("ui.guests.guest_reader.arrange", noted)
    return threads


@pytest.mark.parametrize("what", WISHES)
def test_rows_are_arranged_beside_the_screen(office: Office, what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    page = office.page
    if what == "unfold all":
        WISHES["fold all"](page)
        office.settle()
    before = page.model.arrangement
    threads = arranging_threads(monkeypatch)
    office.hold_up()
    WISHES[what](page)
    assert page.model.arrangement is before
    office.release()
    assert page.model.arrangement is not before
    office.assert_all_is_shown()
    assert set(threads) == {"errands"}


def test_one_household_folds_at_once_and_nobody_is_arranged_for_it(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    page, line = office.page, office.lines["Øyvind Sørensen"]
    page.show_guest(line.attendee_id)
    threads = arranging_threads(monkeypatch)
    office.hold_up()
    asked = office.runner.waiting
    fold(page, line)
    assert page.model.row_of(line.attendee_id) is None
    fold(page, line)
    assert page.model.row_of(line.attendee_id) is not None
    fold(page, line)
    assert office.runner.waiting == asked
    office.release()
    assert threads == []
    office.assert_all_is_shown()
    assert page.model.is_folded(line.invitation_id)


def test_the_last_of_several_wishes_counts(office: Office) -> None:
    page, line = office.page, office.lines["Øyvind Sørensen"]
    page.show_guest(line.attendee_id)
    office.hold_up()
    WISHES["fold all"](page)
    WISHES["sort"](page)
    WISHES["unfold all"](page)
    fold(page, line)
    office.release()
    assert (page.model.wanted.sorted_by, page.model.wanted.is_descending) == (Column.EMAIL, True)
    assert page.model.folded_away == {line.invitation_id}
    office.assert_all_is_shown()


def test_who_was_chosen_is_chosen_afterwards_however_the_rows_are_arranged(office: Office) -> None:
    page = office.page
    some = [office.lines[name].attendee_id for name in ("Øyvind Sørensen", "Sanne Achterberg", "Hana Abu Zaid")]
    page.view.choose(some, some[1])
    for what in ("sort", "household chip", "sort", "household chip"):
        WISHES[what](page)
        office.settle()
        assert {one.attendee_id for one in page.view.chosen_guests()} == set(some)
        assert page.view.currentIndex().row() == page.model.row_of(some[1])


def test_everybody_stays_chosen_in_one_run_of_rows(office: Office) -> None:
    page = office.page
    WISHES["household chip"](page)
    office.settle()
    page.view.selectAll()
    for what in ("household chip", "fold all", "unfold all", "sort", "household chip"):
        WISHES[what](page)
        office.settle()
        assert page.view.chosen_spans() == ((0, page.model.rowCount() - 1),)
        assert len(page.view.chosen_guests()) == 240


def test_who_is_chosen_while_the_rows_are_arranged_is_chosen_afterwards(office: Office) -> None:
    page, line = office.page, office.lines["Øyvind Sørensen"]
    page.view.selectAll()
    office.hold_up()
    WISHES["sort"](page)
    page.view.choose([line.attendee_id], line.attendee_id)
    office.release()
    assert [one.name for one in page.view.chosen_guests()] == ["Øyvind Sørensen"]
    assert page.view.currentIndex().row() == page.model.row_of(line.attendee_id)


def test_a_guest_is_gone_to_once_the_filter_that_hid_them_is_gone(office: Office) -> None:
    page, line = office.page, office.lines["Øyvind Sørensen"]
    WISHES["fold all"](page)
    page.filters.search.setText("achterberg")
    page.filters.search.ask_now()
    office.settle()
    assert page.model.row_of(line.attendee_id) is None
    page.show_guest(line.attendee_id)
    office.settle()
    assert page.filters.search.text() == ""
    assert page.view.currentIndex().row() == page.model.row_of(line.attendee_id) is not None
    assert [one.name for one in page.view.chosen_guests()] == ["Øyvind Sørensen"]
    office.assert_all_is_shown()
