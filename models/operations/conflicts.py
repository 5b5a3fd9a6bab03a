"""The operation that settles a conflict."""

from __future__ import annotations

from typing import Literal

from sqlalchemy import select

from models.conflicts import Conflict
from models.operations.base import Id, Operation, operation
from models.store.rows import Rows


@operation("settle_conflict.v1")
class SettleConflict(Operation):
    """Mark a conflict as settled by a person; settling one that is not known yet does nothing."""

    conflict_id: Id
    resolution: Literal["kept", "undone", "seated_elsewhere", "merged", "seen"]
    settled_by: Id

    def apply(self, rows: Rows) -> None:
        """Mark the row if it is open."""
        open_one = rows.connection.scalar(
            select(Conflict.id).where(
                Conflict.id == self.conflict_id,
                Conflict.event_id == rows.context.event_id,
                Conflict.resolved_at.is_(None),
            )
        )
        if open_one is not None:
            rows.update(
                Conflict,
                [self.conflict_id],
                resolved_at=rows.context.at,
                resolved_by=self.settled_by,
                resolution=self.resolution,
            )
