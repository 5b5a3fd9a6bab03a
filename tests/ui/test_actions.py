"""Doing, undoing and redoing through one stack, on a real copy."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot
from sqlalchemy import select

from models.errors import UsherError
from models.events import Door, Event
from models.ids import new_id
from models.operations.base import Operation
from models.operations.edits import FieldEdit
from models.operations.events import AddDoor, EditEvent, EventField
from models.operations.quarantine import Judgement, JudgeQuarantined
from models.store.local_copy import LocalCopy
from tests.helpers.workspace import DirectRunner, gala_copy
from ui.workspace import Workspace


class LateRunner:
    """Does work when it is told to, and answers when it is told to: as a thread with a queue does."""

    def __init__(self, copy: LocalCopy) -> None:
        self.copy = copy
        self.work: list[tuple[Callable, Callable, Callable]] = []
        self.answers: list[Callable[[], None]] = []

    def submit(self, work: Callable, done: Callable, failed: Callable[[UsherError], None]) -> None:
        self.work.append((work, done, failed))

    def do_all(self) -> None:
        """Do what waits, in order, and keep the answers back."""
        for work, done, failed in self.work:
            try:
                result = work(self.copy)
            except UsherError as error:
                self.answers.append(lambda failed=failed, error=error: failed(error))
            else:
                self.answers.append(lambda done=done, result=result: done(result))
        self.work.clear()

    def answer_all(self) -> None:
        """Hand the answers out."""
        answers, self.answers = self.answers, []
        for answer in answers:
            answer()


@pytest.fixture
def copy(qapp: object, tmp_path: Path) -> Iterator[LocalCopy]:
    made = gala_copy(tmp_path)
    yield made
    made.close()


@pytest.fixture
def workspace(copy: LocalCopy) -> Workspace:
    return Workspace(copy, DirectRunner(copy))


def _title(copy: LocalCopy) -> str:
    with copy.read() as connection:
        return connection.execute(select(Event.title)).scalar_one()


def _rename(copy: LocalCopy, title: str) -> list[Operation]:
    fields = EventField(title=FieldEdit[str](seen=_title(copy), new=title))
    return [EditEvent(event_id=copy.identity.event_id, fields=fields)]


def test_a_step_is_named_with_a_small_letter_after_undo(workspace: Workspace, copy: LocalCopy) -> None:
    stack = workspace.actions.stack
    undo = stack.createUndoAction(workspace, "Undo")
    workspace.actions.perform("Move Table 4", _rename(copy, "Winter gala"))
    assert undo.text() == "Undo move Table 4"
    assert stack.text(0) == "Move Table 4"


def test_a_step_goes_back_and_forth(workspace: Workspace, copy: LocalCopy) -> None:
    before = _title(copy)
    workspace.actions.perform("Rename", _rename(copy, "Winter gala"))
    for _ in range(2):
        workspace.actions.stack.undo()
        assert _title(copy) == before
        workspace.actions.stack.redo()
        assert _title(copy) == "Winter gala"


def test_screens_hear_of_what_is_done_and_undone(workspace: Workspace, copy: LocalCopy) -> None:
    heard: list[bool] = []
    workspace.changes.changed.connect(lambda change: heard.append(change.touches(Event)))
    handed_on: list[int] = []
    workspace.changed_here.connect(lambda: handed_on.append(1))
    workspace.actions.perform("Rename", _rename(copy, "Winter gala"))
    workspace.actions.stack.undo()
    assert heard == [True, True]
    assert len(handed_on) == 2


def test_what_has_no_way_back_leaves_no_step(workspace: Workspace, copy: LocalCopy) -> None:
    workspace.actions.perform("Add a door", [AddDoor(door_id=new_id(), door_name="North")])
    with copy.read() as connection:
        assert "North" in connection.scalars(select(Door.name)).all()
    assert not workspace.actions.stack.canUndo()


def test_what_is_refused_changes_nothing_and_leaves_no_step(workspace: Workspace, copy: LocalCopy) -> None:
    said: list[str] = []
    workspace.actions.failed.connect(said.append)
    door = AddDoor(door_id=new_id(), door_name="North")
    workspace.actions.perform("Add doors", [*_rename(copy, "Winter gala"), door, door])
    assert len(said) == 1
    assert said[0].endswith(".")
    assert _title(copy) == "Harbour Foundation Gala"
    assert not workspace.actions.stack.canUndo()


def test_undone_and_done_again_before_the_first_answer_comes_is_as_done(copy: LocalCopy) -> None:
    runner = LateRunner(copy)
    workspace = Workspace(copy, runner)
    before = _title(copy)
    workspace.actions.perform("Rename", _rename(copy, "Winter gala"))
    runner.do_all()
    runner.answer_all()
    workspace.actions.stack.undo()
    workspace.actions.stack.redo()
    runner.do_all()
    runner.answer_all()
    assert _title(copy) == "Winter gala"
    workspace.actions.stack.undo()
    runner.do_all()
    runner.answer_all()
    assert _title(copy) == before


def test_an_undo_that_no_longer_holds_is_told_and_its_step_is_gone(
    workspace: Workspace, copy: LocalCopy, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    workspace.actions.failed.connect(said.append)
    workspace.actions.perform("Rename", _rename(copy, "Winter gala"))
    workspace.actions.perform("Rename again", _rename(copy, "Spring gala"))

    with monkeypatch.context() as patch:
        patch.setattr(EditEvent, "apply", _refuse)
        workspace.actions.stack.undo()
    assert said == ["This does not hold any more."]
    stack = workspace.actions.stack
    assert not stack.canRedo()
    assert stack.undoText() == "rename"
    assert _title(copy) == "Spring gala"


def test_a_late_failure_of_a_step_that_was_pushed_away_hurts_nothing(
    copy: LocalCopy, monkeypatch: pytest.MonkeyPatch
) -> None:
    runner = LateRunner(copy)
    workspace = Workspace(copy, runner)
    said: list[str] = []
    workspace.actions.failed.connect(said.append)
    workspace.actions.perform("Rename", _rename(copy, "Winter gala"))
    runner.do_all()
    runner.answer_all()
    workspace.actions.stack.undo()
    with monkeypatch.context() as patch:
        patch.setattr(EditEvent, "apply", _refuse)
        runner.do_all()
    late, runner.answers = runner.answers, []
    workspace.actions.perform("Rename again", _rename(copy, "Spring gala"))
    runner.do_all()
    runner.answer_all()
    for answer in late:
        answer()
    assert said == ["This does not hold any more."]
    assert workspace.actions.stack.undoText() == "rename again"
    assert workspace.actions.stack.count() == 1


def _refuse(_operation: EditEvent, _rows: object) -> None:
    from models.errors import Refused

    raise Refused("changed", "This does not hold any more.")


def test_an_operation_that_changes_no_row_here_is_handed_on_all_the_same(workspace: Workspace, qtbot: QtBot) -> None:
    decision = JudgeQuarantined(op_id=new_id(), verdict=Judgement.ACCEPT)
    with qtbot.waitSignal(workspace.changed_here), qtbot.assertNotEmitted(workspace.changes.changed):
        workspace.actions.perform("Accept it", [decision])
