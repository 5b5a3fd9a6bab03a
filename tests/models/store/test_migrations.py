"""The schema is what the models say, made by scripts alone, on every kind of database."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import ForeignKeyConstraint, Table, inspect, select

from models import operations
from models.attendance import Attendance, attendance, passages_of
from models.base import Base, Side
from models.check_in import CheckIn
from models.errors import Refused
from models.invitations import Attendee
from models.operations.seating import Placement, SeatAttendees
from models.people import Guest
from models.store.copy_tables import OutboxRow
from models.store.database import Database
from models.store.local_copy import LocalCopy
from models.store.migrations import HEAD
from models.store.schema import COPY, HUB, SERVER, SYNCED, tables_for
from tests.databases.make_database import FOLDER, make_database

KINDS = pytest.mark.parametrize("sides", [COPY, SERVER, HUB], ids=["copy", "server", "hub"])
RELEASED = sorted(FOLDER.glob("*.usher"))


def _scripts() -> ScriptDirectory:
    folder = Path(operations.__file__).parents[1] / "store" / "migrations"
    return ScriptDirectory(str(folder), version_locations=[str(folder / "versions")])


def test_head_is_the_newest_script_and_they_form_one_line() -> None:
    scripts = _scripts()
    assert scripts.get_heads() == [HEAD]
    revisions = [script.revision for script in scripts.walk_revisions()]
    assert revisions == sorted(revisions, reverse=True)


@KINDS
def test_a_migrated_database_is_what_the_models_say(sides: frozenset[Side], tmp_path: Path) -> None:
    wanted = {table.name for table in tables_for(sides)}

    def is_meant(thing: object, _name: str | None, kind: str, reflected: bool, _other: object) -> bool:
        return kind != "table" or reflected or (isinstance(thing, Table) and thing.name in wanted)

    database = Database(tmp_path / "new", sides)
    options = {
        "version_table": "schema_version",
        "compare_type": True,
        "compare_server_default": True,
        "include_object": is_meant,
    }
    with database.read() as connection:
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, Base.metadata) == []
        assert set(inspect(connection).get_table_names()) == wanted | {"schema_version"}
    database.close()


@KINDS
def test_a_migrated_database_has_the_names_and_rules_of_every_constraint(
    sides: frozenset[Side], tmp_path: Path
) -> None:
    database = Database(tmp_path / "new", sides)
    with database.read() as connection:
        inspector = inspect(connection)
        for table in tables_for(sides):
            assert inspector.get_pk_constraint(table.name)["name"] == table.primary_key.name == f"pk_{table.name}"
            uniques = {unique["name"] for unique in inspector.get_unique_constraints(table.name)}
            keys = {key["name"]: key.get("options", {}) for key in inspector.get_foreign_keys(table.name)}
            indexes = {index["name"] for index in inspector.get_indexes(table.name)}
            assert None not in uniques | keys.keys() | indexes
            assert keys == {
                constraint.name: {"deferrable": True, "initially": "IMMEDIATE"}
                for constraint in table.constraints
                if isinstance(constraint, ForeignKeyConstraint)
            }
    database.close()


def test_every_constraint_of_the_models_has_a_name_of_its_own() -> None:
    names = Counter(
        str(thing.name) for table in Base.metadata.tables.values() for thing in (*table.constraints, *table.indexes)
    )
    assert "None" not in names
    assert [name for name, count in names.items() if count > 1] == []
    assert max(map(len, names)) <= 63, "PostgreSQL cuts longer names"


def test_opening_a_database_again_changes_nothing(tmp_path: Path) -> None:
    make_database(tmp_path / "event.usher")
    before = _dump(tmp_path / "event.usher")
    LocalCopy(tmp_path / "event.usher").close()
    assert _dump(tmp_path / "event.usher") == before


def test_the_newest_schema_has_its_stored_database() -> None:
    assert [path.stem for path in RELEASED] == [f"{number:04}" for number in range(1, int(HEAD) + 1)]


@pytest.mark.parametrize("stored", RELEASED, ids=lambda path: path.stem)
def test_a_stored_database_has_the_schema_of_a_new_one_once_it_was_opened(stored: Path, tmp_path: Path) -> None:
    shutil.copy(stored, tmp_path / "stored.usher")
    for name in ("stored.usher", "new.usher"):
        Database(tmp_path / name, COPY).close()
    assert _schema(tmp_path / "stored.usher") == _schema(tmp_path / "new.usher")


@pytest.mark.parametrize("stored", RELEASED, ids=lambda path: path.stem)
def test_an_event_of_every_released_schema_opens_and_works(stored: Path, tmp_path: Path) -> None:
    assert stored.stat().st_size < 300_000
    path = tmp_path / stored.name
    shutil.copy(stored, path)

    copy = LocalCopy(path, synchronous="OFF")
    with copy.read() as connection:
        people = {
            name: (attendee, seat)
            for name, attendee, seat in connection.execute(
                select(Guest.name, Attendee.id, Attendee.seat_id).join(Attendee, Attendee.guest_id == Guest.id)
            )
        }
        inside = {
            name
            for name, (attendee, _) in people.items()
            if attendance(passages_of(connection, [attendee])) is Attendance.CHECKED_IN
        }
        assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []
    assert len(people) == 7
    assert inside == {"Defne Marangoz", "Åsa Lindqvist", "Tomás Ferreira"}
    assert [one.name for one in copy.pending()] == ["record_entries.v1", "record_entries.v1", "walk_in.v1"]

    wayra, _ = people["Wayra Quispe"]
    _, defnes_seat = people["Defne Marangoz"]
    with pytest.raises(Refused):
        copy.run(SeatAttendees(placements=(Placement(attendee_id=wayra, seat_id=defnes_seat),)))
    assert CheckIn(copy).show_person(wayra).decision.passes
    assert copy.waiting().pending == 4
    copy.close()


@pytest.mark.parametrize("stored", RELEASED, ids=lambda path: path.stem)
def test_everything_an_older_usher_had_still_to_hand_in_can_be_read(stored: Path, tmp_path: Path) -> None:
    path = tmp_path / stored.name
    shutil.copy(stored, path)
    copy = LocalCopy(path, synchronous="OFF")
    with copy.read() as connection:
        outbox = connection.execute(select(OutboxRow.name, OutboxRow.arguments).order_by(OutboxRow.number)).all()
    copy.close()
    assert len(outbox) == 13
    for name, arguments in outbox:
        assert operations.decode(name, arguments).model_dump_json() == arguments


_OPENS_FILES = """
import sys, time
from pathlib import Path
from models.store.database import Database
from models.store.schema import COPY
folder, start = Path(sys.argv[1]), float(sys.argv[2])
for number in range(6):
    time.sleep(max(0, start + 0.2 * number - time.time()))
    database = Database(folder / f"{number}.usher", COPY)
    with database.write() as connection:
        connection.exec_driver_sql("SELECT count(*) FROM guests").scalar()
    database.close()
"""


def test_two_processes_that_make_the_same_file_at_once_both_have_it(tmp_path: Path) -> None:
    start = time.time() + 2.0
    command = [sys.executable, "-c", _OPENS_FILES, str(tmp_path), str(start)]
    both = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    said = [process.communicate(timeout=60)[1] for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    for number in range(6):
        with closing(sqlite3.connect(tmp_path / f"{number}.usher")) as connection:
            assert connection.execute("SELECT version_num FROM schema_version").fetchall() == [(HEAD,)]
            triggers = connection.execute("SELECT count(*) FROM sqlite_master WHERE type = 'trigger'").fetchone()
            assert triggers == (3 * len(SYNCED),)


def _dump(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        return list(connection.iterdump())


def _schema(path: Path) -> set[tuple[str, str]]:
    with closing(sqlite3.connect(path)) as connection:
        return set(connection.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL"))
