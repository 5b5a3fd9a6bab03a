"""The floor plan, its tables and their seats."""

from __future__ import annotations

from enum import StrEnum
from typing import TypedDict

from sqlalchemy import Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Flag, Json, Side, Synced, refers_to


class Shape(StrEnum):
    """The shape of a table."""

    ROUND = "round"
    RECTANGLE = "rectangle"


class SeatCategory(StrEnum):
    """Who a seat is meant for."""

    REGULAR = "regular"
    VIP = "vip"
    RESERVED = "reserved"


class Fixture(TypedDict):
    """A thing in the room that is no table: stage, bar, dance floor, wall, door, pillar.

    ``x`` and ``y`` are its centre, from the room's top left corner, as a table's are. Lengths are millimetres;
    ``turn`` is in degrees clockwise around the centre.
    """

    kind: str
    label: str
    x: int
    y: int
    width: int
    height: int
    turn: int


class FloorPlan(Synced):
    """One room drawn to scale; ``width`` and ``height`` in millimetres."""

    __tablename__ = "floor_plans"
    __table_args__ = (
        Index(None, "event_id", "version"),
        {"info": {"side": Side.SYNCED}},
    )

    name: Mapped[str] = mapped_column(String(120))
    width: Mapped[int]
    height: Mapped[int]
    fixtures: Mapped[list[Fixture]] = mapped_column(Json)


class Table(Synced):
    """A table on a floor plan: centre ``x``, ``y`` and size in millimetres, ``turn`` in degrees clockwise."""

    __tablename__ = "tables"
    __table_args__ = (
        refers_to("floor_plan_id", "floor_plans.id"),
        Index(None, "event_id", "version"),
        {"info": {"side": Side.SYNCED}},
    )

    floor_plan_id: Mapped[str] = mapped_column(String(36))
    label: Mapped[str] = mapped_column(String(40))
    shape: Mapped[str] = mapped_column(String(16))
    x: Mapped[int]
    y: Mapped[int]
    turn: Mapped[int] = mapped_column(default=0)
    width: Mapped[int]
    height: Mapped[int]


class Seat(Synced):
    """One place at a table, numbered from 1 clockwise from the top."""

    __tablename__ = "seats"
    __table_args__ = (
        refers_to("table_id", "tables.id"),
        UniqueConstraint("table_id", "number"),
        Index(None, "event_id", "version"),
        {"info": {"side": Side.SYNCED}},
    )

    table_id: Mapped[str] = mapped_column(String(36))
    number: Mapped[int]
    category: Mapped[str] = mapped_column(String(16), default=SeatCategory.REGULAR)
    accessible: Mapped[bool] = mapped_column(Flag, default=False)
    blocked: Mapped[bool] = mapped_column(Flag, default=False)
