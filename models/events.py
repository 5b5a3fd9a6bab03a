"""Events, their sessions, doors, devices and members."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from sqlalchemy import Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Flag, Json, Side, Synced, Timestamp, refers_to


class Role(StrEnum):
    """What a member or a device may do in an event."""

    OWNER = "owner"
    ORGANIZER = "organizer"
    DOOR = "door"
    VIEWER = "viewer"


class EventState(StrEnum):
    """The life of an event."""

    DRAFT = "draft"
    PUBLISHED = "published"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    POSTPONED = "postponed"


class Direction(StrEnum):
    """Which way somebody passes a door."""

    IN = "in"
    OUT = "out"


class DoorDirection(StrEnum):
    """Which ways a door is used."""

    IN = "in"
    OUT = "out"
    BOTH = "both"


class ReEntry(StrEnum):
    """Whether a guest who left may come in again."""

    YES = "yes"
    ONCE = "once"
    NO = "no"


class Event(Synced):
    """One occasion with a start, a place and a capacity. Its ``event_id`` is its own id."""

    __tablename__ = "events"
    __table_args__ = (
        Index(None, "event_id", "version"),
        {"info": {"side": Side.SYNCED}},
    )

    title: Mapped[str] = mapped_column(String(300))
    kind: Mapped[str] = mapped_column(String(40))
    description: Mapped[str] = mapped_column(Text, default="")
    venue_text: Mapped[str] = mapped_column(String(300), default="")
    city: Mapped[str] = mapped_column(String(120), default="")
    starts_at: Mapped[datetime] = mapped_column(Timestamp)
    ends_at: Mapped[datetime | None] = mapped_column(Timestamp)
    time_zone: Mapped[str] = mapped_column(String(64))
    capacity: Mapped[int | None]
    is_paid: Mapped[bool] = mapped_column(Flag, default=False)
    state: Mapped[str] = mapped_column(String(16), default=EventState.DRAFT)
    code_salt: Mapped[str] = mapped_column(String(64))


class EventSession(Synced):
    """A part of an event that can have its own admission."""

    __tablename__ = "event_sessions"
    __table_args__ = (
        Index(None, "event_id", "version"),
        {"info": {"side": Side.SYNCED}},
    )

    title: Mapped[str] = mapped_column(String(300))
    speaker: Mapped[str] = mapped_column(String(200), default="")
    starts_at: Mapped[datetime] = mapped_column(Timestamp)
    ends_at: Mapped[datetime | None] = mapped_column(Timestamp)


class Door(Synced):
    """A named entrance with its own admission rules.

    ``ticket_types`` lists the ids of the types it lets through (empty: all). ``opens_at`` and
    ``closes_at`` bound the time; ``session_id`` makes it the door of one session.
    """

    __tablename__ = "doors"
    __table_args__ = (
        refers_to("session_id", "event_sessions.id"),
        Index(None, "event_id", "version"),
        {"info": {"side": Side.SYNCED}},
    )

    name: Mapped[str] = mapped_column(String(120))
    ticket_types: Mapped[list[str]] = mapped_column(Json)
    session_id: Mapped[str | None] = mapped_column(String(36))
    opens_at: Mapped[datetime | None] = mapped_column(Timestamp)
    closes_at: Mapped[datetime | None] = mapped_column(Timestamp)
    direction: Mapped[str] = mapped_column(String(8), default=DoorDirection.BOTH)
    re_entry: Mapped[str] = mapped_column(String(8), default=ReEntry.YES)
    zone_capacity: Mapped[int | None]
    may_override: Mapped[bool] = mapped_column(Flag, default=True)


class Device(Synced):
    """One installed copy of Usher, paired with an event in one role."""

    __tablename__ = "devices"
    __table_args__ = (
        refers_to("door_id", "doors.id"),
        Index(None, "event_id", "version"),
        {"info": {"side": Side.SYNCED}},
    )

    name: Mapped[str] = mapped_column(String(120))
    role: Mapped[str] = mapped_column(String(16))
    door_id: Mapped[str | None] = mapped_column(String(36))
    install_id: Mapped[str] = mapped_column(String(36))
    revoked_at: Mapped[datetime | None] = mapped_column(Timestamp)


class Member(Synced):
    """The role which a user of the server has in an event."""

    __tablename__ = "members"
    __table_args__ = (
        Index(None, "event_id", "version"),
        {"info": {"side": Side.SYNCED}},
    )
    unseen_by_doors: ClassVar[bool] = True

    user_id: Mapped[str] = mapped_column(String(36))
    role: Mapped[str] = mapped_column(String(16))
