"""What a person does to the order of the guest table, and the usual ways of a toolkit to do the same."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from PySide6.QtCore import QModelIndex, QSortFilterProxyModel, Qt
from PySide6.QtGui import QStandardItem, QStandardItemModel
from PySide6.QtWidgets import QApplication, QTableView, QTreeView

from models.guest_table import GuestLine
from tests.bench.screen_frames import Held, ScreenFrames, longest_of
from ui.guests.arrangement import HOUSEHOLD_MARK, Column, Wanted, arrange, place
from ui.guests.guests_page import GuestsPage

SORTING = "sorting by e-mail"
GROUPING = "the household chip"
FOLDING_ALL = "folding all households, and back"
FOLDING_ONE = "folding one household, and back"
RIVALS = {
    SORTING: "a QSortFilterProxyModel",
    GROUPING: "arranged on the screen's thread",
    FOLDING_ALL: "a QTreeView",
    FOLDING_ONE: "a QTreeView",
}
_AFTERWARDS_SECONDS = 0.15
"""So long after other rows are shown they may still be painted."""
_PATIENCE = 30.0


@dataclass(frozen=True)
class _Step:
    """Something a person does, and how to see that it is done."""

    act: Callable[[], object]
    is_done: Callable[[], bool]


def held_by_gestures(page: GuestsPage, frames: ScreenFrames, rounds: int) -> dict[str, Held]:
    """Do each gesture some times while everybody is chosen, and give the longest frames it cost."""
    page.view.selectAll()
    return {
        name: longest_of(_held(frames, step) for _ in range(rounds) for step in steps)
        for name, steps in _gestures(page).items()
    }


def held_the_usual_way(lines: Mapping[str, GuestLine]) -> dict[str, Held]:
    """Give how long the screen's thread is held by the usual ways to do the same with as many guests."""
    held = _held_by_proxy(lines) | _held_by_tree(lines)
    households = arrange(lines, Wanted(), frozenset())
    flat = Wanted(by_household=False)
    held[GROUPING] = _work(lambda: place(arrange(lines, flat, frozenset()), households.keys))
    return held


def _gestures(page: GuestsPage) -> dict[str, list[_Step]]:
    model, header = page.model, page.view.horizontalHeader()

    def sort(column: Column) -> _Step:
        return _Step(
            lambda: header.setSortIndicator(column, Qt.SortOrder.AscendingOrder),
            lambda: model.wanted.sorted_by is column,
        )

    def chip(by_household: bool) -> _Step:
        return _Step(page.filters.household_chip.click, lambda: model.wanted.by_household is by_household)

    def turn() -> _Step:
        return _Step(lambda: model.toggle_household(_first_household(model.keys)), lambda: True)

    fold = _Step(page.view.folding_asked.emit, lambda: bool(model.folded_away))
    unfold = _Step(page.view.unfolding_asked.emit, lambda: not model.folded_away)
    return {
        SORTING: [sort(Column.EMAIL), sort(Column.NAME)],
        GROUPING: [chip(False), chip(True)],
        FOLDING_ALL: [fold, unfold],
        FOLDING_ONE: [turn(), turn()],
    }


def _first_household(keys: Iterable[str]) -> str:
    return next(key for key in keys if key.startswith(HOUSEHOLD_MARK)).removeprefix(HOUSEHOLD_MARK)


def _held(frames: ScreenFrames, step: _Step) -> Held:
    frames.run_for(_AFTERWARDS_SECONDS)
    begin = time.perf_counter()
    step.act()
    frames.run_until(lambda: step.is_done() or time.perf_counter() > begin + _PATIENCE)
    frames.run_for(_AFTERWARDS_SECONDS)
    assert step.is_done()
    return frames.longest(begin, time.perf_counter())


def _held_by_proxy(lines: Mapping[str, GuestLine]) -> dict[str, Held]:
    model, proxy, view = QStandardItemModel(0, len(_TEXTS)), QSortFilterProxyModel(), QTableView()
    for line in lines.values():
        model.appendRow(_items(line))
    proxy.setSourceModel(model)
    view.setModel(proxy)
    view.show()
    held = longest_of(_work(lambda by=by: proxy.sort(by)) for by in (1, 0))
    view.close()
    return {SORTING: held}


def _held_by_tree(lines: Mapping[str, GuestLine]) -> dict[str, Held]:
    model, view = QStandardItemModel(0, len(_TEXTS)), QTreeView()
    households: dict[str, QStandardItem] = {}
    for line in lines.values():
        household = households.get(line.invitation_id)
        if household is None:
            household = households[line.invitation_id] = QStandardItem(line.household)
            model.appendRow(household)
        household.appendRow(_items(line))
    view.setUniformRowHeights(True)
    view.setModel(model)
    view.expandAll()
    view.show()
    first = model.index(0, 0, QModelIndex())
    one = longest_of(_work(lambda open_=open_: view.setExpanded(first, open_)) for open_ in (False, True))
    every = longest_of(_work(act) for act in (view.collapseAll, view.expandAll))
    view.close()
    return {FOLDING_ALL: every, FOLDING_ONE: one}


_TEXTS: tuple[Callable[[GuestLine], str], ...] = (
    lambda line: line.name,
    lambda line: line.email or "",
    lambda line: line.rsvp.value,
    lambda line: line.meal or "",
    lambda line: f"{line.table} · {line.seat}",
    lambda line: ", ".join(line.tags),
)


def _items(line: GuestLine) -> list[QStandardItem]:
    return [QStandardItem(text(line)) for text in _TEXTS]


def _work(act: Callable[[], object]) -> Held:
    QApplication.processEvents()
    at, cpu = time.perf_counter(), time.thread_time()
    act()
    QApplication.processEvents()
    return Held((time.perf_counter() - at) * 1e3, (time.thread_time() - cpu) * 1e3)
