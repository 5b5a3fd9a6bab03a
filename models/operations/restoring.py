"""Operations that bring back rows which were saved to a file."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Any, ClassVar, cast

from pydantic import ConfigDict, Field, TypeAdapter, field_validator, model_validator
from sqlalchemy import BigInteger, Column, Integer

from models.attendance import EntryHow, Verdict
from models.base import Flag, Json, Money, Synced, Timestamp, Value, parse_time, time_text
from models.conflicts import ConflictKind
from models.errors import Refused
from models.events import Device, Direction, DoorDirection, Event, EventState, Member, ReEntry, Role
from models.invitations import PaymentStatus, Rsvp
from models.operations.base import BULK, Operation, operation
from models.operations.seating import PlacedFixture
from models.seating import SeatCategory, Shape
from models.store.rows import Rows, gone
from models.store.schema import BY_NAME, SYNCED, columns_of
from models.tickets import SigningKey

GRANTING: frozenset[type[Synced]] = frozenset({Member, Device, SigningKey})
"""The tables whose rows give somebody rights: only an owner brings them back."""

_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_PATTERNS = {
    "code_salt": re.compile(r"[0-9a-f]{32,64}"),
    "hmac": re.compile(r"[0-9a-f]{64}"),
    "public_key": re.compile(r"[0-9a-f]{64}"),
    "serial": re.compile(r"[0-9a-f]{16}"),
    "signed_code": re.compile(r"1[0-9]{193}"),
}
_CHOICES: dict[tuple[str, str], type[StrEnum]] = {
    ("events", "state"): EventState,
    ("doors", "direction"): DoorDirection,
    ("doors", "re_entry"): ReEntry,
    ("devices", "role"): Role,
    ("members", "role"): Role,
    ("attendees", "rsvp"): Rsvp,
    ("attendees", "payment_status"): PaymentStatus,
    ("tables", "shape"): Shape,
    ("seats", "category"): SeatCategory,
    ("entries", "direction"): Direction,
    ("entries", "verdict"): Verdict,
    ("entries", "how"): EntryHow,
    ("conflicts", "kind"): ConflictKind,
}
_WORDS = TypeAdapter[object](list[str])
_SHAPES = {
    "fixtures": TypeAdapter[object](list[PlacedFixture]),
    "custom": TypeAdapter[object](dict[str, str]),
    "details": TypeAdapter[object](dict[str, str]),
}

LEFT_OUT = frozenset({"event_id", "version"})
"""Columns that do not travel: the log knows the event, and each server counts its own versions."""

NEEDED = frozenset({"id", "created_at", "updated_at"})
"""Columns without which no row is restored; a file of an older Usher may lack others, which are empty then."""


class _Restoring(Operation):
    """Bring rows of one table back as they were, with their ids and times.

    ``columns`` name the values of each row, in the order of the table. Values are checked against the
    columns' types. A row that is there already, and equal, is left alone; another one under the same id is
    refused, since nothing that is newer may be overwritten.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    of_tables: ClassVar[frozenset[type[Synced]]] = frozenset()

    table: Annotated[str, Field(max_length=40)]
    columns: Annotated[tuple[str, ...], Field(min_length=1, max_length=100, strict=False)]
    rows: Annotated[
        tuple[Annotated[tuple[Value, ...], Field(strict=False)], ...],
        Field(min_length=1, max_length=BULK, strict=False),
    ]

    @field_validator("table")
    @classmethod
    def _known_table(cls, table: str) -> str:
        entity = BY_NAME.get(table)
        if entity is None or entity not in cls.of_tables:
            raise ValueError("this table is not restored so")
        return table

    @model_validator(mode="after")
    def _fitting_rows(self) -> _Restoring:
        entity = BY_NAME[self.table]
        given = set(self.columns)
        if not NEEDED <= given <= set(travelling_columns(entity)) or len(given) != len(self.columns):
            raise ValueError("the columns are not those of the table")
        columns = [cast(Column[Any], entity.__table__.c[name]) for name in self.columns]
        if any(len(row) != len(columns) for row in self.rows):
            raise ValueError("a row has too few or too many values")
        for place, column in enumerate(columns):
            # Most columns repeat a few values over and over.
            for value in {row[place] for row in self.rows}:
                _check(column, value)
        place = self.columns.index("id")
        if len({row[place] for row in self.rows}) != len(self.rows):
            raise ValueError("a row is there twice")
        return self

    def _check_references(self, rows: Rows, entity: type[Synced]) -> None:
        # A rebase puts foreign keys off to its commit, where nobody could refuse any more.
        for key in entity.__table__.foreign_keys:
            if key.parent.name not in self.columns:
                continue
            place = self.columns.index(key.parent.name)
            wanted = {str(row[place]) for row in self.rows if row[place] is not None}
            target = BY_NAME[key.column.table.name]
            if len(rows.stored(target, sorted(wanted), ["id"])) != len(wanted):
                raise gone(target)

    def apply(self, rows: Rows) -> None:
        """Add the rows that are missing."""
        entity = BY_NAME[self.table]
        place = self.columns.index("id")
        if entity is Event and any(row[place] != rows.context.event_id for row in self.rows):
            raise Refused("other_event", "This change belongs to another event.")
        wanted = {str(row[place]): row for row in self.rows}
        held = rows.stored(entity, list(wanted), self.columns)
        if any(wanted[row_id] != row for row_id, row in held.items()):
            raise Refused(
                "restored_differs",
                f"The event has newer {self.table.replace('_', ' ')} than the saved file: they stay as they are.",
                table=self.table,
            )
        self._check_references(rows, entity)
        rows.restore(entity, self.columns, [row for row_id, row in wanted.items() if row_id not in held])


@operation("restore_rows.v1")
class RestoreRows(_Restoring):
    """Bring back rows of the event's content."""

    of_tables = frozenset(SYNCED) - GRANTING


@operation("restore_rights.v1")
class RestoreRights(_Restoring):
    """Bring back members, devices and signing keys: only an owner may, since such rows grant rights."""

    roles = frozenset({Role.OWNER})
    of_tables = GRANTING


def travelling_columns(entity: type[Synced]) -> tuple[str, ...]:
    """Give the columns of a table that a saved row has, in their order."""
    return tuple(column for column in columns_of(entity) if column not in LEFT_OUT)


def restoring(entity: type[Synced], columns: Sequence[str], rows: Sequence[Sequence[Value]]) -> Operation:
    """Make the operation that brings rows of a table back. Raises pydantic's ValidationError when they do not fit."""
    kind = RestoreRights if entity in GRANTING else RestoreRows
    return kind(table=entity.__tablename__, columns=tuple(columns), rows=tuple(tuple(row) for row in rows))


def _check(column: Column[Any], value: Value) -> None:
    if value is None:
        if not column.nullable:
            raise ValueError(f"“{column.name}” is empty")
        return
    kind = column.type
    if isinstance(kind, Flag | Integer):
        if not isinstance(value, int) or value not in _numbers_of(kind):
            raise ValueError(f"“{column.name}” is no number that fits")
        return
    longest = getattr(kind, "length", None)
    if not isinstance(value, str) or (longest is not None and len(value) > longest) or "\x00" in value:
        raise ValueError(f"“{column.name}” is no text, or too long")
    if isinstance(kind, Timestamp):
        if time_text(parse_time(value)) != value:
            raise ValueError(f"“{column.name}” is no time")
    elif isinstance(kind, Json):
        _SHAPES.get(column.name, _WORDS).validate_json(value)
    elif isinstance(kind, Money):
        if not re.fullmatch(r"-?\d{1,20}(\.\d{1,10})?", value):
            raise ValueError(f"“{column.name}” is no amount")
    else:
        _check_text(column, value)


def _numbers_of(kind: Flag | Integer) -> range:
    """Give the numbers that a column holds on every database: SQLite alone would take larger ones."""
    if isinstance(kind, Flag):
        return range(2)
    limit = 2**63 if isinstance(kind, BigInteger) else 2**31
    return range(-limit, limit)


def _check_text(column: Column[Any], value: str) -> None:
    # What the screens take for granted: a word outside its list would stop every copy that reads it.
    words = _CHOICES.get((str(column.table.name), column.name))
    if words is not None and value not in list(words):
        raise ValueError(f"“{column.name}” is none of the words it may be")
    pattern = _ID if column.name == "id" or column.name.endswith("_id") else _PATTERNS.get(column.name)
    if pattern is not None and not pattern.fullmatch(value):
        raise ValueError(f"“{column.name}” does not have the form it must have")
