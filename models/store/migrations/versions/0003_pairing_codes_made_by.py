"""A server knows which device asked for a pairing code, so that one without rights brings nobody in."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from models.base import Side

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the column to servers and hubs; a copy has no such table."""
    if Side.SERVER not in op.get_context().opts["sides"]:
        return
    op.add_column("pairing_codes", sa.Column("made_by", sa.String(length=36), nullable=True))
