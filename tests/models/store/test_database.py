"""The pragmas, the transactions, and one sentence for everything that can be wrong with a file."""

from __future__ import annotations

import logging
import os
import sqlite3
import subprocess
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from shutil import disk_usage, which

import pytest
from sqlalchemy import event as sqlalchemy_event
from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError

from models.errors import BadInput, Refused, StoreError
from models.events import Role
from models.ids import new_id
from models.operations.people import AddGuests
from models.people import Guest
from models.store import database as database_module
from models.store.copy_tables import Replica
from models.store.database import Database
from models.store.local_copy import LocalCopy
from models.store.schema import COPY, SERVER, tables_for
from tests.helpers.small_event import SmallEvent, new_household, small_event


@pytest.fixture
def event(tmp_path: Path) -> Iterator[SmallEvent]:
    made = small_event(tmp_path)
    yield made
    made.copy.close()


def _closed_file(folder: Path, guests: int = 300) -> Path:
    """Make an event file of some size and close it: everything is in the one file then."""
    made = small_event(folder)
    made.copy.run_all([AddGuests(households=(new_household(made, f"House {n}", f"Guest {n}"),)) for n in range(guests)])
    made.copy.close()
    return made.copy.path


def _refused(path: Path, caplog: pytest.LogCaptureFixture) -> StoreError:
    """Open a file and read all of it, and give the one error that this ends in."""
    caplog.clear()
    with caplog.at_level(logging.ERROR), pytest.raises(StoreError) as caught:
        _read_all(path)
    error = caught.value
    assert error.message.endswith(".")
    assert "\n" not in error.message
    assert any(error.code in line.getMessage() for line in caplog.records)
    return error


def _read_all(path: Path) -> None:
    copy = LocalCopy(path)
    try:
        with copy.read() as connection:
            for table in tables_for(COPY):
                connection.execute(select(table)).all()
    finally:
        copy.close()


def test_a_commit_is_on_the_disk_in_a_write_ahead_log_and_foreign_keys_hold(tmp_path: Path) -> None:
    database = Database(tmp_path / "new.usher", COPY)
    for transaction in (database.read, database.write):
        with transaction() as connection:
            pragmas = {
                name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
                for name in ("journal_mode", "synchronous", "foreign_keys")
            }
        assert pragmas == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}
    database.close()


def test_a_write_transaction_holds_the_lock_from_its_first_moment(event: SmallEvent) -> None:
    with closing(sqlite3.connect(event.copy.path, timeout=0, isolation_level=None)) as other:
        with event.copy.database.read():
            other.execute("BEGIN IMMEDIATE")
            other.execute("ROLLBACK")
        with event.copy.database.write(), pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("BEGIN IMMEDIATE")


def test_a_reader_sees_one_state_however_long_it_reads(event: SmallEvent) -> None:
    count = select(func.count()).select_from(Guest)
    with event.copy.read() as connection:
        before = connection.scalar(count)
        event.copy.run(AddGuests(households=(new_household(event, "Ferreira", "Duarte Ferreira"),)))
        assert connection.scalar(count) == before
    with event.copy.read() as connection:
        assert connection.scalar(count) == (before or 0) + 1


def test_writers_on_several_threads_take_turns_and_lose_nothing(event: SmallEvent) -> None:
    def count_up() -> None:
        for _ in range(25):
            with event.copy.database.write() as connection:
                seen = connection.scalar(select(Replica.cookie)) or 0
                connection.execute(update(Replica).values(cookie=seen + 1))

    threads = [threading.Thread(target=count_up) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert event.copy.identity.cookie == 100


def test_an_error_inside_a_write_leaves_nothing_behind(event: SmallEvent) -> None:
    def fail_half_way() -> None:
        with event.copy.database.write() as connection:
            connection.execute(update(Replica).values(cookie=77))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_half_way()
    assert event.copy.identity.cookie == 0


def test_a_file_in_use_by_another_program_is_said_so_and_works_afterwards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(database_module, "PATIENCE", 0.05)
    event = small_event(tmp_path)
    joining = AddGuests(households=(new_household(event, "Ferreira", "Duarte Ferreira"),))
    pending = event.copy.waiting().pending
    with closing(sqlite3.connect(event.copy.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with caplog.at_level(logging.ERROR), pytest.raises(StoreError) as caught:
            event.copy.run(joining)
        assert caught.value.code == "locked"
        assert "small.usher" in caught.value.message
        assert "locked" in caplog.text
        assert event.copy.waiting().pending == pending
        other.execute("ROLLBACK")
    event.copy.run(joining)
    assert event.copy.waiting().pending == pending + 1
    event.copy.close()


def test_a_new_file_waits_for_the_other_program_only_so_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database_module, "PATIENCE", 0.05)
    path = tmp_path / "busy.usher"
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(StoreError) as caught:
            Database(path, COPY)
    assert caught.value.code == "locked"


def test_overwritten_pages_are_called_damage_and_the_rest_of_the_file_is_left_alone(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = _closed_file(tmp_path)
    content = bytearray(path.read_bytes())
    third = len(content) // 3
    content[third : 2 * third] = bytes(range(256)) * (third // 256) + bytes(third % 256)
    path.write_bytes(content)
    assert _refused(path, caplog).code == "damaged"
    assert path.read_bytes() == content


def test_a_file_that_was_cut_short_is_called_damaged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = _closed_file(tmp_path)
    content = path.read_bytes()[: path.stat().st_size // 2]
    path.write_bytes(content)
    assert _refused(path, caplog).code == "damaged"
    assert path.read_bytes() == content


@pytest.mark.parametrize("content", [b"name,email\nDefne,\n" * 500, b"SQLite format 3\x00" + b"\x07" * 4_000])
def test_a_file_that_is_no_database_is_called_so_and_stays(
    content: bytes, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "guests.usher"
    path.write_bytes(content)
    assert _refused(path, caplog).code == "damaged"
    assert path.read_bytes() == content


def test_the_database_of_another_program_stays_as_it_is(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "notes.db"
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE notes (text)")
        other.execute("INSERT INTO notes VALUES ('milk')")
        other.commit()
    content = path.read_bytes()
    error = _refused(path, caplog)
    assert (error.code, "another program" in error.message) == ("damaged", True)
    assert path.read_bytes() == content
    assert sorted(tmp_path.iterdir()) == [path]


def test_a_newer_schema_asks_for_a_newer_usher(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = _closed_file(tmp_path, guests=1)
    with closing(sqlite3.connect(path)) as other:
        other.execute("UPDATE schema_version SET version_num = '9999'")
        other.commit()
    error = _refused(path, caplog)
    assert (error.code, "update Usher" in error.message) == ("newer_schema", True)
    with closing(sqlite3.connect(path)) as other:
        assert other.execute("SELECT version_num FROM schema_version").fetchall() == [("9999",)]


@pytest.mark.parametrize("version", [None, "main"])
def test_a_schema_that_names_no_version_of_usher_is_refused(
    version: str | None, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = _closed_file(tmp_path, guests=1)
    with closing(sqlite3.connect(path)) as other:
        other.execute("DELETE FROM schema_version")
        if version is not None:
            other.execute("INSERT INTO schema_version VALUES (?)", (version,))
        other.commit()
    assert _refused(path, caplog).code == "damaged"


def test_a_servers_database_is_no_event_file_and_the_other_way_round(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    Database(tmp_path / "server.sqlite", SERVER).close()
    assert _refused(tmp_path / "server.sqlite", caplog).code == "other_kind"
    with pytest.raises(StoreError) as caught:
        Database(_closed_file(tmp_path, guests=1), SERVER)
    assert caught.value.code == "other_kind"


def test_a_file_without_an_event_a_missing_file_and_a_missing_folder_have_their_sentences(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    Database(tmp_path / "blank.usher", COPY).close()
    assert "holds no event" in _refused(tmp_path / "blank.usher", caplog).message
    assert _refused(tmp_path / "gone.usher", caplog).code == "missing"
    with pytest.raises(StoreError) as caught:
        Database(tmp_path / "nowhere" / "new.usher", COPY)
    assert caught.value.code == "cannot_open"


def test_a_new_event_never_replaces_one_that_is_there(event: SmallEvent) -> None:
    before = event.state()
    with pytest.raises(StoreError) as caught:
        LocalCopy.create(event.copy.path, event_id=new_id(), device_id=new_id(), role=Role.OWNER)
    assert caught.value.code == "exists"
    assert event.state() == before
    assert event.copy.identity.event_id == event.event_id


def test_a_database_server_that_is_away_gets_a_sentence_without_the_password(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with pytest.raises(StoreError) as caught:
        Database("postgresql://usher:hunter2@127.0.0.1:1/usher", SERVER)
    assert caught.value.code == "database_away"
    assert "127.0.0.1" in caught.value.message
    assert "hunter2" not in caught.value.message + caplog.text


@pytest.mark.parametrize("url", ["mysql://host/usher", "postgresql://host:port/usher", "://"])
def test_a_url_that_names_no_database_of_ushers_is_refused(url: str) -> None:
    with pytest.raises(BadInput) as caught:
        Database(url, SERVER)
    assert caught.value.code == "bad_database"


# -- disks ------------------------------------------------------------------------------------------------


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path | None]:
    """Mount a disk of two megabytes, where this user may; None elsewhere."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = which("mount")
    if mount is None or not hasattr(os, "geteuid") or os.geteuid() != 0:
        yield None
        return
    mounted = subprocess.run([mount, "-t", "tmpfs", "-o", "size=2m", "tmpfs", place], capture_output=True, check=False)
    if mounted.returncode != 0:
        yield None
        return
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", place], check=True)


def _add_until_full(event: SmallEvent, size: int) -> tuple[int, StoreError]:
    for added in range(1_000):
        names = tuple(f"Guest {added} {number} {'x' * 150}" for number in range(size))
        try:
            event.copy.run(AddGuests(households=(new_household(event, f"House {added}", *names),)))
        except StoreError as error:
            return added, error
    raise AssertionError("the disk never was full")


def test_a_full_disk_loses_nothing_and_goes_on_when_there_is_room(
    small_disk: Path | None, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    event = small_event(small_disk or tmp_path)
    ballast = event.copy.path.with_name("ballast")
    if small_disk is None:
        _limit_pages(event.copy, 260)
    else:
        ballast.write_bytes(bytes(300_000))
    pending, guests = event.copy.waiting().pending, len(event.state()["guests"])

    with caplog.at_level(logging.ERROR):
        added, error = _add_until_full(event, size=20)

    assert error.code == "disk_full"
    assert "disk_full" in caplog.text
    assert added > 0
    assert event.copy.waiting().pending == pending + added
    assert len(event.state()["guests"]) == guests + 20 * added
    ballast.unlink(missing_ok=True)
    if small_disk is None:
        _limit_pages(event.copy, 1_000_000)
    event.copy.run(AddGuests(households=(new_household(event, "Late", "Late Guest"),)))
    if small_disk is not None:
        ballast.write_bytes(bytes(disk_usage(small_disk).free - 30_000))
        with pytest.raises(StoreError, match="is full"):
            small_event(small_disk, name="another.usher")
    event.copy.close()
    copy = LocalCopy(event.copy.path)
    assert copy.waiting().pending == pending + added + 1
    with copy.read() as connection:
        assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
    copy.close()


def _limit_pages(copy: LocalCopy, pages: int) -> None:
    def limit(connection: sqlite3.Connection, _record: object) -> None:
        connection.execute(f"PRAGMA max_page_count = {pages}")

    sqlalchemy_event.listen(copy.database.engine, "connect", limit)
    copy.database.engine.dispose()


def test_a_file_that_cannot_be_written_is_said_so_and_stays(
    small_disk: Path | None, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = _closed_file(small_disk or tmp_path, guests=1)
    content = path.read_bytes()
    if small_disk is None:
        path.chmod(0o444)
        path.parent.chmod(0o555)
    else:
        subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    try:
        caplog.clear()
        with caplog.at_level(logging.ERROR), pytest.raises(StoreError) as caught:
            _write_something(path)
    finally:
        if small_disk is None:
            path.parent.chmod(0o755)
    assert caught.value.code in ("read_only", "cannot_open")
    assert caught.value.code in caplog.text
    assert path.read_bytes() == content


def _write_something(path: Path) -> None:
    copy = LocalCopy(path)
    try:
        with copy.database.write() as connection:
            connection.execute(update(Replica).values(cookie=1))
    finally:
        copy.close()


def test_what_is_told_of_a_failed_statement_holds_none_of_its_values(event: SmallEvent) -> None:
    with pytest.raises(IntegrityError) as caught, event.copy.database.write() as connection:
        connection.execute(update(Guest).values(email="mei@zhou.example", name=None))
    assert "UPDATE guests" in str(caught.value)
    assert "mei@zhou.example" not in str(caught.value)


def test_a_refusal_is_not_taken_for_a_fault_of_the_file(event: SmallEvent) -> None:
    with pytest.raises(Refused), event.copy.database.write():
        raise Refused("seat_taken", "Seat 1 is held.")
