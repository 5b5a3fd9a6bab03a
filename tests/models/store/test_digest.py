"""A digest tells two copies apart by any value that their role sees, and by nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from models.base import Synced
from models.events import Role
from models.store.digest import digest, joined
from models.store.schema import SYNCED
from models.store.views import visible_columns
from tests.helpers.small_event import SmallEvent, small_event
from tests.helpers.small_server import copy_digest, new_copy, small_server


@pytest.fixture
def event(tmp_path: Path) -> Iterator[SmallEvent]:
    made = small_event(tmp_path)
    yield made
    made.copy.close()


def _write(event: SmallEvent, statement: str) -> None:
    with event.copy.database.write() as connection:
        connection.exec_driver_sql(statement)


def _changed(event: SmallEvent, statement: str, role: Role = Role.OWNER) -> set[str]:
    before = copy_digest(event.copy, role)
    _write(event, statement)
    after = copy_digest(event.copy, role)
    assert (joined(before) == joined(after)) == (before == after)
    return {name for name in before if before[name] != after[name]}


def test_equal_rows_have_equal_digests_on_the_server_and_on_its_copies(event: SmallEvent, tmp_path: Path) -> None:
    with small_server(tmp_path, event.event_id) as server:
        server.push(event.copy)
        server.start(event.copy)
        other = new_copy(tmp_path, event.event_id, Role.OWNER)
        server.start(other)
        assert copy_digest(other) == copy_digest(event.copy) == server.digest(Role.OWNER)
        assert joined(copy_digest(other)) == joined(server.digest(Role.OWNER))
        other.close()


def test_the_order_in_which_rows_were_written_does_not_matter(event: SmallEvent) -> None:
    before = copy_digest(event.copy)
    with event.copy.database.write() as connection:
        connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
        rows = [tuple(row) for row in connection.exec_driver_sql("SELECT * FROM guests ORDER BY id")]
        connection.exec_driver_sql("DELETE FROM guests")
        marks = ", ".join("?" * len(rows[0]))
        connection.exec_driver_sql(f"INSERT INTO guests VALUES ({marks})", rows[::-1])
    assert copy_digest(event.copy) == before


def test_counts_are_the_numbers_of_rows(event: SmallEvent) -> None:
    counts = {name: one.count for name, one in copy_digest(event.copy).items()}
    assert (counts["guests"], counts["invitations"], counts["seats"], counts["entries"]) == (6, 3, 6, 0)
    assert list(counts) == [entity.__tablename__ for entity in SYNCED]


def test_one_changed_value_shows_in_its_table_alone(event: SmallEvent) -> None:
    assert _changed(event, "UPDATE seats SET blocked = 1 WHERE number = 4") == {"seats"}
    assert _changed(event, "UPDATE guests SET diet = '' WHERE name LIKE 'Sami%'") == {"guests"}
    assert _changed(event, "UPDATE doors SET deleted_at = created_at") == {"doors"}


def test_an_empty_text_a_missing_one_and_a_number_are_three_things(event: SmallEvent) -> None:
    seen: set[str] = set()
    for value in ("NULL", "''", "'0'", "' '"):
        _write(event, f"UPDATE guests SET diet = {value}")
        seen.add(copy_digest(event.copy)["guests"].sha256)
    assert len(seen) == 4


def test_values_cannot_slip_from_one_column_into_the_next(event: SmallEvent) -> None:
    assert _changed(event, "UPDATE guests SET diet = 'a', access_needs = 'b,c'") == {"guests"}
    assert _changed(event, "UPDATE guests SET diet = 'a,b', access_needs = 'c'") == {"guests"}


def test_the_version_of_a_row_is_its_servers_own_business(event: SmallEvent) -> None:
    assert _changed(event, "UPDATE guests SET version = version + 7") == set()


def test_rows_of_another_event_do_not_count(event: SmallEvent) -> None:
    with event.copy.read() as connection:
        other = digest(connection, "00000000-0000-4000-8000-000000000000", Role.OWNER)
    assert {one.count for one in other.values()} == {0}


@pytest.mark.parametrize("role", [Role.DOOR, Role.VIEWER])
def test_what_a_role_does_not_see_does_not_change_its_digest(role: Role, event: SmallEvent) -> None:
    assert _changed(event, "UPDATE guests SET email = 'sami@example.org', notes = 'x'", role) == set()
    assert _changed(event, "UPDATE invitations SET code = NULL, message = 'x'", role) == set()
    assert _changed(event, "UPDATE guests SET door_note = 'uses the ramp'", role) == {"guests"}
    assert "members" not in copy_digest(event.copy, role)


def test_a_door_counts_only_the_conflicts_that_are_meant_for_it(event: SmallEvent) -> None:
    stamp = "2026-12-12T18:30:00.000000Z"
    columns = "id, event_id, version, created_at, updated_at, kind, about_table, operations, details, for_doors"
    for number, for_doors in enumerate((1, 0)):
        _write(
            event,
            f"INSERT INTO conflicts ({columns}) VALUES ('c{number}', '{event.event_id}', 0, '{stamp}', '{stamp}',"
            f" 'refused', 'guests', '[]', '{{}}', {for_doors})",
        )
    assert copy_digest(event.copy, Role.DOOR)["conflicts"].count == 1
    assert copy_digest(event.copy, Role.ORGANIZER)["conflicts"].count == 2


@pytest.mark.parametrize("entity", SYNCED)
def test_organizers_see_every_column_and_doors_never_a_hidden_one(entity: type[Synced]) -> None:
    everything = set(visible_columns(entity, Role.OWNER))
    assert everything == set(visible_columns(entity, Role.ORGANIZER)) == set(entity.__table__.columns.keys())
    for role in (Role.DOOR, Role.VIEWER):
        seen = set(visible_columns(entity, role))
        assert seen == (set() if entity.unseen_by_doors else everything - entity.hidden_from_doors)
