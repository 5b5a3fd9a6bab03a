"""Conflicts: what a person has to look at because two operations could not know of each other."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from uuid import UUID, uuid5

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Flag, Json, Side, Synced, Timestamp


class ConflictKind(StrEnum):
    """What went against what."""

    DOUBLE_ADMISSION = "double_admission"
    SEAT_TAKEN = "seat_taken"
    EDITED_TWICE = "edited_twice"
    REFUSED = "refused"
    OVER_CAPACITY = "over_capacity"


class Conflict(Synced):
    """One conflict, written by a server, open until a person settles it.

    ``operations`` are the sorted op ids it is about; ``details`` hold names and places for the sentence
    shown (never e-mail addresses, phone numbers or notes when ``for_doors``).
    """

    __tablename__ = "conflicts"
    __table_args__ = (
        Index(None, "event_id", "version"),
        {"info": {"side": Side.SYNCED}},
    )

    kind: Mapped[str] = mapped_column(String(24))
    about_table: Mapped[str] = mapped_column(String(40))
    about_id: Mapped[str | None] = mapped_column(String(36))
    operations: Mapped[list[str]] = mapped_column(Json)
    details: Mapped[dict[str, str]] = mapped_column(Json)
    for_doors: Mapped[bool] = mapped_column(Flag)
    resolved_at: Mapped[datetime | None] = mapped_column(Timestamp)
    resolved_by: Mapped[str | None] = mapped_column(String(36))
    resolution: Mapped[str | None] = mapped_column(String(40))


def conflict_id(event_id: str, kind: ConflictKind, op_ids: Iterable[str]) -> str:
    """Make the id that every server gives the same conflict: uuid5 of event, kind and sorted op ids."""
    return str(uuid5(UUID(event_id), f"{kind} {' '.join(sorted(op_ids))}"))
