"""The writer: many requests in one commit, and each of them whole or not at all."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from pathlib import Path

import pytest
from sqlalchemy import Connection, insert, select

from models.errors import BadInput, StoreError
from models.store.database import Database
from models.store.log_tables import NumberSeen
from models.store.schema import SERVER
from sync.server.writer import Writer


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """Give a server's empty database."""
    made = Database(tmp_path / "server.sqlite", SERVER, synchronous="OFF")
    yield made
    made.close()


@pytest.fixture
def writer(database: Database) -> Iterator[Writer]:
    """Give a writer on it."""
    made = Writer(database)
    yield made
    made.stop()


def _note(number: int) -> Callable[[Connection], int]:
    def work(connection: Connection) -> int:
        connection.execute(insert(NumberSeen).values(event_id="e", install_id="i", epoch=1, number=number, op_id="o"))
        return number

    return work


def _fails(number: int) -> Callable[[Connection], int]:
    def work(connection: Connection) -> int:
        _note(number)(connection)
        raise BadInput("no", "No.")

    return work


def _numbers(database: Database) -> list[int]:
    with database.read() as connection:
        return list(connection.scalars(select(NumberSeen.number).order_by(NumberSeen.number)))


class Held:
    """Keeps the writer busy until it is let go, so that what is submitted meanwhile waits together."""

    def __init__(self, writer: Writer) -> None:
        self._started, self._release = threading.Event(), threading.Event()
        self.done = writer.submit(self._wait)
        assert self._started.wait(10)

    def _wait(self, _connection: Connection) -> None:
        self._started.set()
        assert self._release.wait(10)

    def let_go(self) -> None:
        self._release.set()


def test_one_job_that_fails_leaves_the_others_of_its_group(writer: Writer, database: Database) -> None:
    held = Held(writer)
    waiting: list[Future[int]] = [writer.submit(work) for work in (_note(1), _fails(2), _note(3), _note(3), _note(4))]
    held.let_go()
    outcomes = [type(one.exception(10)).__name__ for one in waiting]
    assert outcomes == ["NoneType", "BadInput", "NoneType", "IntegrityError", "NoneType"]
    assert _numbers(database) == [1, 3, 4]


def test_what_waits_together_is_committed_together(
    writer: Writer, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    commits: list[int] = []
    held = Held(writer)
    waiting = [writer.submit(_note(number)) for number in range(20)]
    write = database.write
    monkeypatch.setattr(database, "write", lambda: commits.append(1) or write())
    held.let_go()
    assert [one.result(10) for one in waiting] == list(range(20))
    assert len(commits) == 1


def test_an_answer_comes_only_after_the_commit(writer: Writer, database: Database) -> None:
    for number in range(5):
        writer.submit(_note(number)).result(10)
        assert number in _numbers(database)


def test_a_commit_that_fails_is_told_to_everybody_in_it(
    writer: Writer, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = Held(writer)
    waiting = [writer.submit(_note(number)) for number in range(3)]

    def broken() -> object:
        raise StoreError("disk_full", "The disk is full.")

    monkeypatch.setattr(database, "write", broken)
    held.let_go()
    assert [getattr(one.exception(10), "code", None) for one in waiting] == ["disk_full"] * 3
    monkeypatch.undo()
    assert writer.submit(_note(9)).result(10) == 9
    assert _numbers(database) == [9]


def test_a_job_that_nobody_waits_for_any_more_does_not_stop_the_writer(writer: Writer, database: Database) -> None:
    held = Held(writer)
    left, stays = writer.submit(_note(1)), writer.submit(_note(2))
    assert left.cancel()
    held.let_go()
    assert stays.result(10) == 2
    assert writer.submit(_note(3)).result(10) == 3
    assert _numbers(database) == [2, 3]


def test_stopping_finishes_what_waits_and_takes_nothing_more(database: Database) -> None:
    writer = Writer(database)
    waiting = [writer.submit(_note(number)) for number in range(100)]
    writer.stop()
    assert all(one.done() for one in waiting)
    assert _numbers(database) == list(range(100))
    with pytest.raises(StoreError) as raised:
        writer.submit(_note(200))
    assert raised.value.code == "stopped"
    writer.stop()
