"""Finds seats at the tables that a guest list names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select

from models.guest_lists.folding import fold
from models.invitations import Attendee
from models.seating import Seat, Table

_TABLE_WORD = re.compile(r"^(?:table|tisch|mesa)\s+(?:n[ro]?\s+)?")


@dataclass(frozen=True, slots=True)
class TableSeats:
    """A table of the event: its label, and its free seats by number."""

    table_id: str
    label: str
    free: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True)
class FoundSeat:
    """The seat that was found for somebody, or a sentence why there is none."""

    seat_id: str | None
    problem: str = ""


def read_table_seats(connection: Connection, event_id: str) -> list[TableSeats]:
    """Read all tables of an event with the seats that are neither taken nor blocked."""
    tables = connection.execute(
        select(Table.id, Table.label).where(Table.event_id == event_id, Table.deleted_at.is_(None))
    )
    free: dict[str, list[tuple[int, str]]] = {}
    seats = (
        select(Seat.table_id, Seat.number, Seat.id)
        .outerjoin(Attendee, Attendee.seat_id == Seat.id)
        .where(Seat.event_id == event_id, Seat.deleted_at.is_(None), Seat.blocked.is_(False), Attendee.id.is_(None))
        .order_by(Seat.number)
    )
    for table_id, number, seat_id in connection.execute(seats):
        free.setdefault(table_id, []).append((number, seat_id))
    return [TableSeats(table_id, label, tuple(free.get(table_id, ()))) for table_id, label in tables]


class SeatBook:
    """Keeps which seats are still free while seats are given away."""

    def __init__(self, tables: Iterable[TableSeats]) -> None:
        """Begin with the tables as they are."""
        self._free: dict[str, dict[int, str]] = {}
        self._labels: dict[str, str] = {}
        for table in tables:
            key = table_key(table.label)
            if key not in self._free:
                self._free[key] = dict(table.free)
                self._labels[key] = table.label

    def label(self, name: str) -> str | None:
        """Return the label of the table that a list calls so, or None when there is none."""
        return self._labels.get(table_key(name))

    def take(self, name: str, number: int) -> str | None:
        """Give a seat by its number away; None when it is not free."""
        return self._free[table_key(name)].pop(number, None)

    def take_together(self, name: str, count: int) -> list[str]:
        """Give up to ``count`` seats away, side by side where that many are free in a row."""
        free = self._free[table_key(name)]
        numbers = sorted(free)
        runs = (numbers[at : at + count] for at in range(len(numbers) - count + 1))
        chosen = next((run for run in runs if run[-1] - run[0] == count - 1), numbers[:count])
        return [free.pop(number) for number in chosen]


def party_seats(book: SeatBook, table: str, people: Sequence[tuple[str, str | None]]) -> list[FoundSeat]:
    """Seat people who belong together at the table a list names: each a name and a seat number, if it says one."""
    label = book.label(table)
    if label is None:
        return [
            FoundSeat(None, f"There is no table “{table}”: “{name}” was imported without a seat.") for name, _ in people
        ]
    taken: list[str | None] = [
        book.take(table, int(seat)) if seat is not None and seat.isascii() and seat.isdigit() else None
        for _, seat in people
    ]
    rest = iter(book.take_together(table, taken.count(None))) if None in taken else iter(())
    found: list[FoundSeat] = []
    for (name, _), seat_id in zip(people, taken, strict=True):
        given = seat_id or next(rest, None)
        full = f"Table {label} has no free seat left: “{name}” was imported without a seat."
        found.append(FoundSeat(given, "" if given else full))
    return found


def table_key(name: str) -> str:
    """Return a table's name as it is compared: “Tisch 12”, “Table No. 12” and “12” are one table."""
    return _TABLE_WORD.sub("", fold(name))
