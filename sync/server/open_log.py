"""An event's log while its counter is locked: what a writer carries from the lock to the last row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from sqlalchemy import Connection, NestedTransaction
from sqlalchemy.exc import SQLAlchemyError

from models.base import Synced
from models.events import Role
from models.operations.base import Applied, Nature, Operation, apply_operation
from models.store.driver_writes import insert_missing_rows, insert_rows
from models.store.exchange import Envelope, OutcomeKind, Seen
from models.store.log_tables import LogRow
from models.store.rows import Change, Context
from sync.server.double_admissions import Made, write_double_admissions


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
    epoch: int
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
    facts: list[Made] = field(default_factory=list[Made])
    """Facts of a batch whose entries are unwritten, in their order: they read no entries, so that one look at all of
    them afterwards finds what a look at each would have found."""
    entries: dict[type[Synced], list[Mapping[str, object]]] = field(
        default_factory=dict[type[Synced], list[Mapping[str, object]]]
    )
    """What those facts have added, and is unwritten."""

    def for_all_at_once(self) -> OpenLog:
        """Give a log to write a whole batch on, which is thrown away when one of its operations fails."""
        return replace(
            self, seen=dict(self.seen), unwritten=list(self.unwritten), facts=[], entries={}, all_at_once=True
        )

    def apply(self, connection: Connection, operation: Operation, context: Context) -> Applied:
        """Apply an operation as :func:`apply_operation` does; in a batch the entries of facts are written together."""
        if self.all_at_once and operation.nature is Nature.FACT:
            return apply_operation(connection, operation, context, self._keep)
        self._write_entries(connection)
        return apply_operation(connection, operation, context)

    def look_for_double_admissions(self, connection: Connection, made: Made) -> Change:
        """Write the Conflicts of an operation that let somebody in twice; later, where its entries are unwritten."""
        if not made.concerns_entries:
            return Change()
        if self.entries:
            self.facts.append(made)
            return Change()
        return write_double_admissions(connection, [made])

    def add_row(
        self,
        envelope: Envelope,
        context: Context,
        settled: Settled,
        *,
        arguments: str,
        role: Role,
        device_id: str | None = None,
        handed_in_by: str | None = None,
    ) -> None:
        """Put an operation that was settled at the log's next place; it is written with others.

        ``arguments``, ``role`` and ``device_id`` are those it was settled with, whatever its envelope says.
        """
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
                "arguments": arguments,
                "device_time": envelope.device_time,
                "server_time": context.server_at,
                "device_id": device_id,
                "role": role,
                "handed_in_by": handed_in_by,
                "outcome": settled.outcome,
                "reason_code": settled.code,
                "reason": settled.reason,
            }
        )

    def write_rows(self, connection: Connection) -> None:
        """Write what is unwritten."""
        self._write_entries(connection)
        if self.unwritten:
            insert_rows(connection, LogRow, self.unwritten)
            self.unwritten = []

    def _keep(self, _connection: Connection, entity: type[Synced], rows: Sequence[Mapping[str, object]]) -> None:
        self.entries.setdefault(entity, []).extend(rows)

    def _write_entries(self, connection: Connection) -> None:
        entries, facts = self.entries, self.facts
        if not entries:
            return
        self.entries, self.facts = {}, []
        try:
            for entity, rows in entries.items():
                insert_missing_rows(connection, entity, rows)
            write_double_admissions(connection, facts)
        except SQLAlchemyError as error:
            raise OneFailed from error

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
