"""The counts and the log at a door follow what others do, on a thread of their own and never in a scan's way."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from pytestqt.qtbot import QtBot

from desktop.writer import CopyRunner
from models.attendance import Entry
from models.check_in import CheckIn
from models.door_counts import DoorCounts
from models.errors import StoreError
from models.ids import new_id
from models.invitations import Rsvp
from models.operations.edits import FieldEdit
from models.operations.events import DoorField, EditDoor
from models.operations.people import Answer, SetRsvp
from models.store.rows import Change
from tests.helpers.door_event import DoorEvent
from ui.door.door_control import DoorControl
from ui.workspace import Workspace


@dataclass
class BusyDoor:
    """A door whose work runs on a thread of its own, and what it told."""

    event: DoorEvent
    runner: CopyRunner
    workspace: Workspace
    control: DoorControl
    counts: list[tuple[int, int]]
    qtbot: QtBot

    def settle(self) -> None:
        """Wait until nothing is asked for any more."""
        self.qtbot.waitUntil(lambda: self.runner.waiting == 0, timeout=20_000)

    def read_without_an_answer(self) -> None:
        """Let what was asked for be done, while its answers are still on their way to the screen."""
        is_done = threading.Event()
        self.runner.submit(lambda _copy: is_done.set(), lambda _done: None, lambda _error: None)
        assert is_done.wait(20)

    def assert_counted(self) -> None:
        """Check the counts against the copy, counted anew."""
        anew = DoorCounts(self.event.event_id)
        with self.event.copy.read() as connection:
            anew.load(connection)
        assert self.counts[-1] == (anew.inside, anew.expected)


@pytest.fixture
def door(event: DoorEvent, qtbot: QtBot) -> Iterator[BusyDoor]:
    crashes: list[BaseException] = []
    runner = CopyRunner(event.copy, crashes.append)
    workspace = Workspace(event.copy, runner)
    control = DoorControl(workspace, lambda text: text)
    made = BusyDoor(event, runner, workspace, control, [], qtbot)
    control.counts_changed.connect(lambda inside, expected: made.counts.append((inside, expected)))
    control.start()
    made.settle()
    yield made
    runner.shutdown()
    assert crashes == []


def test_what_comes_at_once_is_counted_in_the_end(door: BusyDoor) -> None:
    check_in = CheckIn(door.event.copy)
    for attendee_id in door.event.attendees.values():
        door.workspace.hear(check_in.show_person(attendee_id).change)
    door.settle()
    assert door.counts[-1][0] == len(door.event.attendees)
    door.assert_counted()


def test_a_change_while_the_counts_are_read_is_not_lost(door: BusyDoor) -> None:
    check_in, (first, second, third, *_) = CheckIn(door.event.copy), door.event.attendees.values()
    door.control.start()
    door.read_without_an_answer()
    door.workspace.hear(check_in.show_person(first).change)
    door.settle()
    door.workspace.hear(check_in.show_person(second).change)
    door.read_without_an_answer()
    declined = FieldEdit[Rsvp](seen=Rsvp.ACCEPTED, new=Rsvp.DECLINED)
    door.workspace.hear(door.event.copy.run(SetRsvp(answers=(Answer(attendee_id=third, rsvp=declined),))))
    door.settle()
    door.assert_counted()
    assert door.counts[-1][0] == 2


def test_a_scan_does_not_wait_for_thousands_of_changes(door: BusyDoor) -> None:
    told: list[str] = []
    door.control.verdict_reached.connect(lambda _shown: told.append("verdict"))
    door.control.counts_changed.connect(lambda _inside, _expected: told.append("counts"))
    door.workspace.hear(Change({Entry.__tablename__: frozenset(new_id() for _ in range(5_000))}))
    door.control.see_code(door.event.ticket_for("Omar Abu Zaid").signed_code)
    door.settle()
    assert told.index("verdict") == 1
    assert told.count("counts") >= 20
    door.assert_counted()


def test_the_log_tells_what_happened_here_and_not_what_happened_elsewhere(door: BusyDoor) -> None:
    logs: list[list[tuple[str, ...]]] = []
    door.control.log_changed.connect(lambda lines: logs.append([line.names for line in lines]))
    door.control.see_code(door.event.ticket_for("Omar Abu Zaid").signed_code)
    door.settle()
    assert logs == [[("Omar Abu Zaid",)]]
    entry = CheckIn(door.event.copy).show_person(door.event.attendees["Heike Brandt"])
    with door.event.copy.database.write() as connection:
        connection.exec_driver_sql("UPDATE entries SET device_id = ? WHERE id = ?", (new_id(), entry.entry_ids[0]))
    door.workspace.hear(entry.change)
    door.settle()
    assert len(logs) == 1
    assert door.counts[-1][0] == 2
    door.control.undo()
    door.settle()
    assert [line.undone for line in door.control.log] == [True]


def test_a_door_that_is_renamed_elsewhere_is_named_anew(door: BusyDoor, qtbot: QtBot) -> None:
    door_id = door.control.desk.door.id
    assert door_id is not None
    field = DoorField(name=FieldEdit[str](seen=door.control.desk.door.name, new="East door"))
    with qtbot.waitSignal(door.control.desk_changed):
        door.workspace.hear(door.event.copy.run(EditDoor(door_id=door_id, fields=field)))
    assert door.control.desk.door.name == "East door"


def test_after_a_failure_the_next_change_brings_all_and_no_verdict_is_painted_over(
    door: BusyDoor, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    check_in, (first, second, *_) = CheckIn(door.event.copy), door.event.attendees.values()
    with monkeypatch.context() as broken:

        def fail(*_arguments: object) -> None:
            raise StoreError("busy", "The disk is busy: try again.")

        broken.setattr(DoorCounts, "follow", fail)
        door.workspace.hear(check_in.show_person(first).change)
        door.settle()
    assert door.control.shown is None
    assert "The disk is busy" in caplog.text
    door.workspace.hear(check_in.show_person(second).change)
    door.settle()
    assert door.counts[-1][0] == 2
    door.assert_counted()
