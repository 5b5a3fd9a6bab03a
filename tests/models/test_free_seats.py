"""Free seats near a seat, and in the order of the tables."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from models.free_seats import free_seats
from models.operations.seating import RemoveTables
from tests.helpers.door_event import DoorEvent, door_event


@pytest.fixture
def event(tmp_path: Path) -> Iterator[DoorEvent]:
    made = door_event(tmp_path)
    yield made
    made.copy.close()


def found(event: DoorEvent, near: str | None = None) -> list[tuple[str, int, int]]:
    with event.copy.read() as connection:
        return [(one.table, one.number, one.free_at_table) for one in free_seats(connection, event.event_id, near)]


def test_without_a_seat_tables_come_in_the_order_of_their_numbers(event: DoorEvent) -> None:
    seats = found(event)
    assert [table for table, _, _ in seats[:3]] == ["1", "2", "3"]
    assert ("8", 1, 4) in seats
    assert ("10", 2, 7) in seats


def test_the_same_table_comes_first_with_the_nearest_number(event: DoorEvent) -> None:
    seats = found(event, event.seats["8", 6])
    assert seats[0] == ("8", 7, 4)
    assert {table for table, _, _ in seats[1:4]} == {"1", "9", "15"}


def test_full_and_removed_tables_are_left_out(event: DoorEvent) -> None:
    event.add_household("Big", *(f"Guest {number}" for number in range(1, 9)))
    for number in range(1, 9):
        event.seat(f"Guest {number}", "2", number)
    event.copy.run(RemoveTables(table_ids=(event.tables["3"],)))
    tables = {table for table, _, _ in found(event)}
    assert "2" not in tables
    assert "3" not in tables
    assert len(tables) == 19


def test_blocked_seats_are_not_offered(event: DoorEvent) -> None:
    with event.copy.database.write() as connection:
        connection.exec_driver_sql("UPDATE seats SET blocked = 1 WHERE id = ?", (event.seats["1", 1],))
        connection.exec_driver_sql("UPDATE seats SET category = 'vip' WHERE id = ?", (event.seats["1", 2],))
    assert found(event)[0] == ("1", 3, 7)
