"""Guests: the persons somebody may invite."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from sqlalchemy import Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Json, Side, Synced, Timestamp


class Guest(Synced):
    """A person. ``folded`` is the name as search compares it (see ``guest_lists.folding``)."""

    __tablename__ = "guests"
    __table_args__ = (
        Index(None, "event_id", "version"),
        {"info": {"side": Side.SYNCED}},
    )
    hidden_from_doors: ClassVar[frozenset[str]] = frozenset({"email", "phone", "company", "notes", "custom"})
    personal: ClassVar[tuple[str, ...]] = (
        "name", "email", "phone", "company", "notes", "door_note", "diet", "access_needs", "tags", "custom",
    )  # fmt: skip
    """What says, or could say, who a guest is: an erasure leaves nothing of it, in rows and in stored operations."""

    name: Mapped[str] = mapped_column(String(200))
    folded: Mapped[str] = mapped_column(String(400))
    email: Mapped[str | None] = mapped_column(String(254))
    phone: Mapped[str | None] = mapped_column(String(20))
    company: Mapped[str | None] = mapped_column(String(200))
    notes: Mapped[str | None] = mapped_column(Text)
    door_note: Mapped[str | None] = mapped_column(Text)
    diet: Mapped[str | None] = mapped_column(String(200))
    access_needs: Mapped[str | None] = mapped_column(String(200))
    tags: Mapped[list[str]] = mapped_column(Json)
    custom: Mapped[dict[str, str] | None] = mapped_column(Json)
    erased_at: Mapped[datetime | None] = mapped_column(Timestamp)
