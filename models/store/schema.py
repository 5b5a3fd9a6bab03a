"""All tables together, and which of them each kind of database holds."""

from __future__ import annotations

from sqlalchemy import Table, UniqueConstraint

from models import attendance, conflicts, events, invitations, people, seating, tickets
from models.base import Base, Side, Synced
from models.store import copy_tables, log_tables

SYNCED: tuple[type[Synced], ...] = (
    events.Event,
    events.EventSession,
    events.Door,
    events.Device,
    events.Member,
    people.Guest,
    invitations.Invitation,
    invitations.TicketType,
    seating.FloorPlan,
    seating.Table,
    seating.Seat,
    invitations.Attendee,
    tickets.Ticket,
    tickets.TicketSecret,
    tickets.SigningKey,
    attendance.Entry,
    conflicts.Conflict,
)
"""The synced tables, each after those it refers to."""

BY_NAME: dict[str, type[Synced]] = {entity.__tablename__: entity for entity in SYNCED}
COPY = frozenset({Side.SYNCED, Side.COPY})
SERVER = frozenset({Side.SYNCED, Side.SERVER})
HUB = frozenset({Side.SYNCED, Side.SERVER, Side.COPY})
"""What a copy, a server and a hub (a server that is also a copy of another one) hold."""

__all__ = [
    "BY_NAME",
    "COPY",
    "HUB",
    "SERVER",
    "SYNCED",
    "columns_of",
    "copy_tables",
    "log_tables",
    "loose_columns",
    "tables_for",
]


def tables_for(sides: frozenset[Side]) -> list[Table]:
    """Give the tables of a kind of database, in an order in which they can be made."""
    return [table for table in Base.metadata.sorted_tables if table.info["side"] in sides]


def columns_of(entity: type[Synced]) -> tuple[str, ...]:
    """Give the column names of a synced table, in the order they travel."""
    return tuple(column.name for column in entity.__table__.columns)


def loose_columns(entity: type[Synced]) -> tuple[str, ...]:
    """Give the columns that are unique by themselves and can be empty: a bulk write empties them first."""
    table = entity.__table__
    assert isinstance(table, Table)
    return tuple(
        constraint.columns[0].name
        for constraint in table.constraints
        if isinstance(constraint, UniqueConstraint) and len(constraint.columns) == 1 and constraint.columns[0].nullable
    )
