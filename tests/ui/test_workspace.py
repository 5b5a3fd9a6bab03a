"""What every screen works with, on a real copy."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from models.errors import Refused
from models.events import Event
from models.store.local_copy import LocalCopy
from models.store.rows import Change
from tests.helpers.workspace import DirectRunner, gala_copy
from ui.workspace import Workspace


@pytest.fixture
def workspace(qapp: object, tmp_path: Path) -> Iterator[Workspace]:
    copy = gala_copy(tmp_path)
    yield Workspace(copy, DirectRunner(copy))
    copy.close()


@pytest.fixture
def heard(workspace: Workspace) -> list[str]:
    """What was told, in order."""
    told: list[str] = []
    workspace.changes.changed.connect(lambda _change: told.append("changed"))
    workspace.changed_here.connect(lambda: told.append("to hand on"))
    return told


def _change(workspace: Workspace) -> Change:
    return Change({Event.__tablename__: frozenset([workspace.event_id])})


def test_it_reads_the_rows_of_its_event(workspace: Workspace) -> None:
    with workspace.read() as connection:
        assert connection.scalar(select(Event.id)) == workspace.event_id


def test_what_was_done_here_is_shown_and_handed_on(workspace: Workspace, heard: list[str]) -> None:
    workspace.announce(_change(workspace))
    assert heard == ["changed", "to hand on"]


def test_what_came_from_elsewhere_is_shown_only(workspace: Workspace, heard: list[str]) -> None:
    workspace.hear(_change(workspace))
    assert heard == ["changed"]


def test_nothing_is_told_of_nothing(workspace: Workspace, heard: list[str]) -> None:
    workspace.announce(Change())
    workspace.hear(Change())
    assert heard == []


def test_work_is_given_the_copy_and_its_error_comes_back(workspace: Workspace) -> None:
    results: list[str] = []

    def refuse(_copy: LocalCopy) -> str:
        raise Refused("no", "Not today.")

    workspace.submit(lambda copy: copy.identity.event_id, results.append, lambda error: results.append(error.message))
    workspace.submit(refuse, results.append, lambda error: results.append(error.message))
    assert results == [workspace.event_id, "Not today."]


def test_the_skew_is_the_one_that_was_measured_last(workspace: Workspace) -> None:
    assert workspace.skew_ms == 0
    workspace._copy.measure_skew(300_000)
    assert workspace.skew_ms == 300_000
