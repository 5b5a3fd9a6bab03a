"""A planner on a small room in a real copy."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint
from pytestqt.qtbot import QtBot

from tests.helpers.seating_plan import SeatingPlan, harbour_dinner
from tests.helpers.workspace import DirectRunner
from ui.planner.planner_page import PlannerPage
from ui.theme import Theme
from ui.workspace import Workspace

OpenPlanner = Callable[[SeatingPlan], PlannerPage]


@pytest.fixture(scope="module")
def dinner(tmp_path_factory: pytest.TempPathFactory) -> SeatingPlan:
    made = harbour_dinner(tmp_path_factory.mktemp("dinner"))
    made.copy.close()
    return made


@pytest.fixture
def plan(dinner: SeatingPlan, tmp_path: Path) -> Iterator[SeatingPlan]:
    opened = dinner.copied_to(tmp_path)
    yield opened
    opened.copy.close()


@pytest.fixture
def open_planner(qtbot: QtBot, theme: Theme) -> OpenPlanner:
    def open_it(plan: SeatingPlan) -> PlannerPage:
        page = PlannerPage(theme, Workspace(plan.copy, DirectRunner(plan.copy)))
        qtbot.addWidget(page)
        page.resize(1240, 800)
        page.show()
        return page

    return open_it


@pytest.fixture
def page(plan: SeatingPlan, open_planner: OpenPlanner) -> PlannerPage:
    return open_planner(plan)


def middle_of(page: PlannerPage, plan: SeatingPlan, label: str) -> QPoint:
    """The middle of a table, in coordinates of the canvas's viewport."""
    return page.canvas.position_of_table(plan.tables[label])
