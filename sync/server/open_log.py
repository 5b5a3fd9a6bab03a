"""An event's log while its counter is locked: what a writer carries from the lock to the last row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from sqlalchemy import Connection, NestedTransaction

from models.operations.base import Operation
from models.store.driver_writes import insert_rows
from models.store.exchange import Envelope, OutcomeKind, Seen
from models.store.log_tables import LogRow
from models.store.rows import Change, Context


class OneFailed(Exception):
    """Says that an operation has to be undone alone, where all of a batch have one savepoint in common."""


class InCommon:
    """Stands for an operation's own savepoint where a whole batch has one in common."""

    def commit(self) -> None:
        """Do nothing: the batch's savepoint is released at its end."""

    def rollback(self) -> None:
        """Raise OneFailed, for whoever set the batch's savepoint."""
        raise OneFailed


@dataclass
class OpenLog:
    """An event's log while its counter is locked in a transaction."""

    event_id: str
    version: int
    position: int
    install_id: str
    install_epoch: int
    next_number: int
    signing_number: int | None
    signing_private: str | None
    seen: dict[tuple[str, int], Seen] = field(default_factory=dict[tuple[str, int], Seen])
    revoked: frozenset[str] | None = None
    """The devices whose rights were taken away; None when they have to be read (again)."""
    means_nobody_erased: frozenset[str] = frozenset()
    """Those operations of a batch that are known to mean no erased guest."""
    all_at_once: bool = False
    unwritten: list[dict[str, object]] = field(default_factory=list[dict[str, object]])
    """Rows of the log that go to the database together; whoever looks into the log writes them first."""

    def for_all_at_once(self) -> OpenLog:
        """Give a log to write a whole batch on, which is thrown away when one of its operations fails."""
        return replace(self, seen=dict(self.seen), unwritten=list(self.unwritten), all_at_once=True)

    def add_row(
        self, envelope: Envelope, context: Context, settled: Settled, *, handed_in_by: str | None = None
    ) -> None:
        """Put an operation that was settled at the log's next place; it is written with others."""
        self.position += 1
        self.unwritten.append(
            {
                "event_id": self.event_id,
                "position": self.position,
                "version": context.version,
                "install_id": envelope.install_id,
                "epoch": envelope.epoch,
                "number": envelope.number,
                "op_id": envelope.op_id,
                "name": envelope.name,
                "arguments": envelope.arguments,
                "device_time": envelope.device_time,
                "server_time": context.server_at,
                "device_id": envelope.device_id,
                "role": envelope.role,
                "handed_in_by": handed_in_by,
                "outcome": settled.outcome,
                "reason_code": settled.code,
                "reason": settled.reason,
            }
        )

    def write_rows(self, connection: Connection) -> None:
        """Write the rows that are unwritten."""
        if self.unwritten:
            insert_rows(connection, LogRow, self.unwritten)
            self.unwritten = []

    def savepoint(self, connection: Connection) -> InCommon | NestedTransaction:
        """Begin what one operation does, to be undone alone where each has a savepoint of its own."""
        return InCommon() if self.all_at_once else connection.begin_nested()


@dataclass(frozen=True)
class Settled:
    """What became of an operation at a server."""

    outcome: OutcomeKind
    code: str | None = None
    reason: str | None = None
    change: Change = field(default_factory=Change)
    follow_ups: Sequence[Operation] = ()
    applied: Operation | None = None
