"""A hub keeps what the server above made of operations that went there directly."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from models.base import Side

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the table to servers and hubs; a copy has none of it."""
    if Side.SERVER not in op.get_context().opts["sides"]:
        return
    op.create_table(
        "outcomes_above",
        sa.Column("event_id", sa.String(length=36), nullable=False),
        sa.Column("op_id", sa.String(length=36), nullable=False),
        sa.Column("install_id", sa.String(length=36), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("reason_code", sa.String(length=80), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("event_id", "op_id", name=op.f("pk_outcomes_above")),
    )
    op.create_index(
        op.f("ix_outcomes_above_event_id_install_id_version"), "outcomes_above", ["event_id", "install_id", "version"]
    )
