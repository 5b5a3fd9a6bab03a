"""The column types and the base classes that all tables share.

A stored value is NULL, an integer or a text, the same on SQLite and on PostgreSQL: what lies in a
column is what travels on the wire, what the undo log keeps and what a checksum is taken over.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from typing import Any, ClassVar

from sqlalchemy import BigInteger, Dialect, ForeignKeyConstraint, MetaData, SmallInteger, String, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

Value = None | int | str
"""A stored value."""


class Timestamp(TypeDecorator[datetime]):
    """An aware UTC time, stored as ISO 8601 text of fixed width, so that texts sort as times do."""

    impl = String(27)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:
        """Refuse naive times, store the rest as text."""
        return None if value is None else time_text(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> datetime | None:
        """Read the text back as an aware time."""
        return None if value is None else parse_time(value)


class Flag(TypeDecorator[bool]):
    """A yes or no, stored as 1 or 0."""

    impl = SmallInteger
    cache_ok = True

    def process_bind_param(self, value: bool | None, dialect: Dialect) -> int | None:
        """Store as a number."""
        return None if value is None else int(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> bool | None:
        """Read the number back."""
        return None if value is None else bool(value)


class Json(TypeDecorator[Any]):
    """A list or an object, stored as JSON text in one canonical form."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: object, dialect: Dialect) -> str | None:
        """Store canonical JSON: sorted keys, no spaces."""
        return None if value is None else canonical_json(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> object:
        """Read the JSON back."""
        return None if value is None else json.loads(value)


class Money(TypeDecorator[Decimal]):
    """An exact amount, stored as decimal text."""

    impl = String(32)
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> str | None:
        """Store the digits as they are."""
        return None if value is None else str(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Decimal | None:
        """Read the digits back."""
        return None if value is None else Decimal(value)


def canonical_json(value: object) -> str:
    """Give the one JSON text that Usher stores and signs for a value."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


@lru_cache(maxsize=256)
def time_text(value: datetime) -> str:
    """Give an aware time as UTC text with microseconds, ``2026-12-12T18:30:00.000000Z``."""
    if value.tzinfo is None:
        raise ValueError("a time needs a zone")
    # strftime writes the year 900 with three digits on some systems: such a text would not sort, nor be read back.
    return value.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def parse_time(text: str) -> datetime:
    """Read what :func:`time_text` wrote, and any other ISO 8601 text with a zone, as an aware UTC time."""
    value = datetime.fromisoformat(text)
    if value.tzinfo is None:
        raise ValueError("a time needs a zone")
    return value.astimezone(UTC)


class Side(StrEnum):
    """Where a table is kept."""

    SYNCED = "synced"
    COPY = "copy"
    SERVER = "server"


class Base(DeclarativeBase):
    """The base of all tables."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class Synced(Base):
    """The base of the tables that every copy of an event holds: (S) in the domain.

    ``version`` is the event's version at which the server last changed the row; it is 0 on rows that
    only this copy has made so far. ``deleted_at`` hides a row: nothing is removed by an operation.
    """

    __abstract__ = True

    hidden_from_doors: ClassVar[frozenset[str]] = frozenset()
    """Columns which a door's copy never holds."""
    unseen_by_doors: ClassVar[bool] = False
    """Whether a door's copy holds no row of this table at all."""

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    event_id: Mapped[str] = mapped_column(String(36))
    version: Mapped[int] = mapped_column(BigInteger, default=0)
    created_at: Mapped[datetime] = mapped_column(Timestamp)
    updated_at: Mapped[datetime] = mapped_column(Timestamp)
    deleted_at: Mapped[datetime | None] = mapped_column(Timestamp, default=None)


def refers_to(column: str, target: str) -> ForeignKeyConstraint:
    """Declare a foreign key that a pull can put off to the end of its transaction."""
    return ForeignKeyConstraint([column], [target], deferrable=True, initially="IMMEDIATE")
