"""The operation by which an organizer decides about the work of a device whose rights were taken away."""

from __future__ import annotations

from enum import StrEnum

from models.operations.base import Id, Operation, operation
from models.store.rows import Rows


class Judgement(StrEnum):
    """What an organizer decides about one quarantined operation."""

    ACCEPT = "accept"
    DISCARD = "discard"


@operation("judge_quarantined.v1")
class JudgeQuarantined(Operation):
    """Accept or discard one operation of a revoked device.

    What it is about is in a server's log only: a copy changes nothing, and hears of the rows once the server
    has applied what was accepted. An operation that the server does not have yet is judged when it comes.
    """

    op_id: Id
    verdict: Judgement

    def apply(self, rows: Rows) -> None:
        """Change no row: the server that has the operation acts on it."""
