"""Tests of the thread that works on a copy, with a real copy and a real thread."""

import logging
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QThread
from pytestqt.qtbot import QtBot
from sqlalchemy import delete, func, select

from desktop.writer import CopyRunner
from models.errors import Refused, UsherError
from models.events import Door, Role
from models.ids import new_id
from models.operations.base import now_utc
from models.operations.events import AddDoor
from models.samples import new_event_operations
from models.store.local_copy import LocalCopy
from ui.workspace import Workspace


class Office:
    """An open copy with its runner, and what came back from it."""

    def __init__(self, copy: LocalCopy) -> None:
        self.copy = copy
        self.crashes: list[BaseException] = []
        self.runner = CopyRunner(copy, self.crashes.append)
        self.results: list[object] = []
        self.errors: list[UsherError] = []

    def add_door(self, name: str) -> None:
        door = AddDoor(door_id=new_id(), door_name=name)
        self.runner.submit(lambda copy: (copy.run(door), name)[1], self.results.append, self.errors.append)

    def doors(self) -> set[str]:
        with self.copy.read() as connection:
            return set(connection.scalars(select(Door.name)))


@pytest.fixture
def office(qapp: object, tmp_path: Path) -> Iterator[Office]:
    event_id = new_id()
    copy = LocalCopy.create(
        tmp_path / "party.usher", event_id=event_id, device_id=new_id(), role=Role.OWNER, synchronous="OFF"
    )
    copy.run_all(
        new_event_operations(event_id, title="Party", starts_at=now_utc(), place="Barn", time_zone="Europe/Oslo")
    )
    office = Office(copy)
    yield office
    office.runner.shutdown()
    copy.close()


def test_work_runs_elsewhere_and_is_answered_on_the_screens_thread(office: Office, qtbot: QtBot) -> None:
    here = QThread.currentThread()
    threads: list[bool] = []
    office.runner.submit(
        lambda copy: threads.append(QThread.currentThread() is here),
        lambda result: threads.append(QThread.currentThread() is here),
        office.errors.append,
    )
    assert office.runner.waiting == 1

    qtbot.waitUntil(lambda: len(threads) == 2)

    assert threads == [False, True]
    assert office.runner.waiting == 0


def test_submitting_does_not_wait_for_the_work(office: Office, qtbot: QtBot) -> None:
    may_go_on = threading.Event()
    office.runner.submit(lambda copy: may_go_on.wait(10), office.results.append, office.errors.append)
    assert office.results == []

    may_go_on.set()

    qtbot.waitUntil(lambda: office.results == [True])


def test_answers_come_in_the_order_of_the_work(office: Office, qtbot: QtBot) -> None:
    names = [f"Door {number}" for number in range(20)]
    for name in names:
        office.add_door(name)

    qtbot.waitUntil(lambda: len(office.results) == 20)

    assert office.results == names
    assert office.doors() >= set(names)


def test_a_refusal_is_answered_and_the_work_behind_it_goes_on(office: Office, qtbot: QtBot) -> None:
    def refuse(copy: LocalCopy) -> None:
        raise UsherError("full", "The room is full: choose another one.")

    office.runner.submit(refuse, office.results.append, office.errors.append)
    office.add_door("East")

    qtbot.waitUntil(lambda: office.results == ["East"])

    assert [error.code for error in office.errors] == ["full"]
    assert office.crashes == []


def test_the_log_names_nobody_whom_a_refusal_names(
    office: Office, qtbot: QtBot, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(_copy: LocalCopy) -> None:
        raise Refused("seat_taken", "Seat 4 at table 2 is held by Anna Lang.")

    with caplog.at_level(logging.DEBUG):
        office.runner.submit(refuse, office.results.append, office.errors.append)
        qtbot.waitUntil(lambda: len(office.errors) == 1)

    assert "refused: seat_taken" in caplog.text
    assert "Anna" not in caplog.text


def test_a_bug_in_work_is_reported_and_answered_with_a_sentence(office: Office, qtbot: QtBot) -> None:
    def fail(copy: LocalCopy) -> None:
        with copy.database.write() as connection:
            connection.execute(delete(Door))
            raise ZeroDivisionError

    before = office.doors()
    office.runner.submit(fail, office.results.append, office.errors.append)
    office.add_door("East")

    qtbot.waitUntil(lambda: office.results == ["East"])

    assert [error.code for error in office.errors] == ["unexpected"]
    assert [type(crash) for crash in office.crashes] == [ZeroDivisionError]
    assert office.doors() == before | {"East"}


def test_shutting_down_does_all_that_waits_and_answers_it(office: Office) -> None:
    office.runner.submit(lambda copy: time.sleep(0.05), office.results.append, office.errors.append)
    for number in range(30):
        office.add_door(f"Door {number}")

    office.runner.shutdown()

    assert office.results == [None, *(f"Door {number}" for number in range(30))]
    assert len(office.copy.pending()) == 30 + 4
    with office.copy.read() as connection:
        assert connection.scalar(select(func.count()).select_from(Door)) == 31


def test_after_shutting_down_no_work_is_taken(office: Office) -> None:
    office.runner.shutdown()
    office.runner.shutdown()

    office.add_door("Too late")

    assert [error.code for error in office.errors] == ["shut_down"]
    assert "Too late" not in office.doors()


def test_an_answer_that_asks_for_more_while_shutting_down_is_refused(office: Office) -> None:
    office.runner.submit(lambda copy: "first", lambda result: office.add_door("more"), office.errors.append)

    office.runner.shutdown()

    assert [error.code for error in office.errors] == ["shut_down"]
    assert office.runner.waiting == 0


def test_a_workspace_does_undoes_and_redoes_through_it(office: Office, qtbot: QtBot) -> None:
    workspace = Workspace(office.copy, office.runner)
    changes: list[object] = []
    workspace.changes.changed.connect(changes.append)

    workspace.actions.perform("add a door", [AddDoor(door_id=new_id(), door_name="Terrace")])

    qtbot.waitUntil(lambda: len(changes) == 1)
    assert "Terrace" in office.doors()
