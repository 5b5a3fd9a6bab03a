"""A damaged copy: what was done in it is saved, the rest comes from the server, and the old file is kept."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import select

from models.errors import StoreError, SyncError
from models.events import Role
from models.ids import new_id
from models.operations.entries import RecordEntries
from models.store.copy_tables import OutboxRow
from models.store.local_copy import LocalCopy
from models.store.repair import recover
from tests.helpers.small_event import SmallEvent, small_event
from tests.helpers.small_server import SmallServer, copy_digest, new_copy, small_server

HANDED_IN, WAITING = 40, 60
PAGE = 4096


class Door:
    """A door's closed file: some of its entries are on the server, the later ones are nowhere else."""

    def __init__(self, event: SmallEvent, server: SmallServer, folder: Path) -> None:
        copy = new_copy(folder, event.event_id, Role.DOOR)
        server.start(copy)
        for number in range(HANDED_IN + WAITING):
            if number == HANDED_IN:
                server.exchange(copy)
            # A person each: one person at a hundred doors would make a conflict for every two.
            entry = event.entry().model_copy(update={"attendee_id": new_id()})
            copy.run(RecordEntries(entries=(entry,)))
        self.path, self.server, self.event = copy.path, server, event
        self.identity = copy.identity
        with copy.read() as connection:
            self.made = list(connection.scalars(select(OutboxRow.op_id).order_by(OutboxRow.number)))
        copy.close()
        assert not Path(f"{self.path}-wal").exists()

    def start(self, copy: LocalCopy) -> None:
        """Do what an exchange does: a snapshot, a push and a pull."""
        self.server.start(copy)
        self.server.exchange(copy)

    def in_the_log(self) -> list[str]:
        with self.server.database.read() as connection:
            found = connection.exec_driver_sql(
                "SELECT op_id FROM event_log WHERE install_id = ? ORDER BY position", (self.identity.install_id,)
            )
            return [op_id for (op_id,) in found]

    def pages_of(self, name: str) -> list[int]:
        with closing(sqlite3.connect(self.path)) as connection:
            root = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (name,)).fetchone()[0]
        return _leaves(self.path.read_bytes(), root)

    def overwrite(self, pages: list[int]) -> None:
        with self.path.open("r+b") as file:
            for page in pages:
                file.seek((page - 1) * PAGE)
                file.write(b"\xa5" * PAGE)


def _leaves(data: bytes, page: int) -> list[int]:
    """Give the leaf pages of a table's tree, in order (the file format's section on b-tree pages)."""
    start = (page - 1) * PAGE + (100 if page == 1 else 0)
    if data[start] == 0x0D:
        return [page]
    assert data[start] == 0x05
    count = int.from_bytes(data[start + 3 : start + 5], "big")
    found: list[int] = []
    for place in range(count):
        cell = (page - 1) * PAGE + int.from_bytes(data[start + 12 + 2 * place : start + 14 + 2 * place], "big")
        found += _leaves(data, int.from_bytes(data[cell : cell + 4], "big"))
    return found + _leaves(data, int.from_bytes(data[start + 8 : start + 12], "big"))


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Door]:
    event = small_event(tmp_path)
    with small_server(tmp_path, event.event_id) as server:
        server.push(event.copy)
        server.start(event.copy)
        yield Door(event, server, tmp_path / "door")
    event.copy.close()


def _is_in_step(door: Door) -> None:
    copy = LocalCopy(door.path)
    assert copy.waiting().pending == 0
    assert copy_digest(copy) == door.server.digest(Role.DOOR)
    assert (copy.identity.install_id, copy.identity.device_id) == (door.identity.install_id, door.identity.device_id)
    copy.close()


def test_work_that_was_nowhere_else_is_saved_from_a_file_that_does_not_open(door: Door) -> None:
    door.overwrite(door.pages_of("schema_version") + door.pages_of("guests"))
    with pytest.raises(StoreError) as caught:
        LocalCopy(door.path)
    assert caught.value.code == "damaged"

    done = recover(door.path, door.start)
    assert (done.saved, done.lost) == (HANDED_IN + WAITING, 0)
    assert done.kept_aside == door.path.with_name(door.path.name + ".damaged")
    assert done.kept_aside.exists()
    assert done.sentence == (
        f"“{door.path.name}” was damaged: 100 changes made here could be saved, the rest came from the server again;"
        " the damaged file is kept beside it."
    )
    assert door.in_the_log() == door.made
    _is_in_step(door)


def test_operations_on_both_sides_of_a_hole_in_the_outbox_are_saved(door: Door) -> None:
    leaves = door.pages_of("outbox")
    assert len(leaves) > 6
    door.overwrite([leaves[-4], leaves[-2]])
    done = recover(door.path, door.start)
    assert 0 < done.lost < HANDED_IN
    assert done.saved + done.lost == HANDED_IN + WAITING
    assert f"{done.lost} could not be read" in done.sentence
    found = door.in_the_log()
    assert len(found) == len(set(found)) == len(set(found) & set(door.made))
    # What the server had before counts, wherever the hole was.
    assert set(door.made[:HANDED_IN]) <= set(found)
    assert door.made[-1] in found
    _is_in_step(door)


def test_the_first_part_of_a_truncated_file_is_saved(door: Door) -> None:
    leaves = door.pages_of("outbox")
    with door.path.open("r+b") as file:
        file.truncate((leaves[-2] - 1) * PAGE)
    done = recover(door.path, door.start)
    assert done.saved >= HANDED_IN
    assert set(door.in_the_log()) >= set(door.made[: done.saved])
    _is_in_step(door)


def test_a_server_that_is_away_leaves_the_damaged_file_for_the_next_time(door: Door) -> None:
    door.overwrite(door.pages_of("guests"))
    before = door.path.read_bytes()

    def away(_copy: LocalCopy) -> None:
        raise SyncError("away", "The network is cut.")

    with pytest.raises(SyncError):
        recover(door.path, away)
    assert door.path.read_bytes() == before
    assert [one.name for one in door.path.parent.iterdir()] == [door.path.name]
    assert recover(door.path, door.start).saved == HANDED_IN + WAITING


def test_a_crash_at_the_last_step_leaves_an_event_that_can_be_recovered(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    door.overwrite(door.pages_of("guests"))
    before = door.path.read_bytes()
    replace = Path.replace

    def die(path: Path, target: Path) -> Path:
        if target == door.path:
            raise KeyboardInterrupt
        return replace(path, target)

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(Path, "replace", die)
        with pytest.raises(KeyboardInterrupt):
            recover(door.path, door.start)

    assert door.path.read_bytes() == before
    assert recover(door.path, door.start).saved == HANDED_IN + WAITING
    _is_in_step(door)


def test_the_journal_of_a_killed_program_is_read_and_kept_and_not_taken_for_the_new_copys(door: Door) -> None:
    # Looked up first: whoever opens the file tidies its journal up.
    pages = door.pages_of("guests")
    copy = LocalCopy(door.path)
    copy.run(RecordEntries(entries=(door.event.entry().model_copy(update={"attendee_id": new_id()}),)))
    journal = Path(f"{door.path}-wal")
    left = [(one, one.read_bytes()) for one in (door.path, journal)]
    copy.close()
    for one, data in left:
        one.write_bytes(data)
    door.overwrite(pages)

    done = recover(door.path, door.start)

    assert done.saved == HANDED_IN + WAITING + 1
    assert Path(f"{done.kept_aside}-wal").read_bytes() == left[1][1]
    assert not journal.exists()
    _is_in_step(door)


def test_a_new_copy_that_is_still_in_its_journal_does_not_take_the_place(door: Door) -> None:
    door.overwrite(door.pages_of("guests"))
    before = door.path.read_bytes()

    def start(copy: LocalCopy) -> None:
        door.start(copy)
        held.append(sqlite3.connect(copy.path))
        held[0].execute("SELECT count(*) FROM guests").fetchone()

    held: list[sqlite3.Connection] = []
    with pytest.raises(StoreError) as caught:
        recover(door.path, start)
    held[0].close()
    assert caught.value.code == "not_mended"
    assert door.path.read_bytes() == before


def test_all_work_is_done_beside_the_file_and_only_the_damaged_one_is_left_of_it(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.mkdtemp", lambda *_args, **_options: pytest.fail("elsewhere"))
    door.overwrite(door.pages_of("guests"))
    recover(door.path, door.start)
    assert {one.name for one in door.path.parent.iterdir()} == {door.path.name, door.path.name + ".damaged"}


def test_a_file_that_does_not_say_whose_it_is_stays_where_it_is(door: Door) -> None:
    door.path.write_bytes(b"\xa5" * PAGE * 3)
    with pytest.raises(StoreError) as caught:
        recover(door.path, door.start)
    assert caught.value.code == "beyond_repair"
    assert door.path.exists()


def test_a_second_damage_keeps_the_first_file_too(door: Door) -> None:
    for name in (".damaged", ".damaged-2"):
        door.overwrite(door.pages_of("guests"))
        assert recover(door.path, door.start).kept_aside.name == door.path.name + name
