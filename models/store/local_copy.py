"""A device's own copy of one event: runs operations, keeps the outbox, takes in what the server sends."""

from __future__ import annotations

import logging
from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, bindparam, delete, func, insert, literal_column, select, update
from sqlalchemy.exc import IntegrityError

from models.errors import BadInput, Refused, StoreError, SyncError
from models.events import Event, Role
from models.ids import new_epoch, new_id
from models.operations.base import Operation, apply_operation, holds_nul, now_utc
from models.store.checksum import agrees_as_it_is, check_sum
from models.store.copy_tables import OutboxRow, Replica, UndoRow
from models.store.database import FULL, Database
from models.store.erasing import blank_outbox, erased_guests, newly_erased
from models.store.exchange import LONGEST_ARGUMENTS, Envelope, Outcome, OutcomeKind, Pulled, Receipt, Seen
from models.store.identity import Followed, Identity, read_identity
from models.store.prepared import Prepared
from models.store.rebase import Pending, rebase, run_all_again
from models.store.rows import Change, Context
from models.store.schema import COPY
from models.store.snapshot import SnapshotHead, load_snapshot

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Performed:
    """What a change did, and the operations that undo it (none when it cannot be undone)."""

    change: Change
    inverse: tuple[Operation, ...]


@dataclass(frozen=True)
class Waiting:
    """What a copy still has to hand in, and what was refused."""

    pending: int
    oldest: datetime | None
    refused: int
    not_holding: int


class LocalCopy:
    """One device's copy of one event, in one SQLite file.

    Any thread may call it: writers take turns on the database's lock, and every change commits together
    with its outbox row before the call returns.
    """

    def __init__(self, path: Path, *, synchronous: str = FULL) -> None:
        """Open a copy that is there. Raises StoreError when it cannot be used."""
        if not path.exists():
            _log.error("missing: %s", path)
            raise StoreError("missing", f"The event file “{path.name}” is not there: choose another one.")
        self.path = path
        self.database = Database(path, COPY, synchronous=synchronous)
        try:
            with self.database.read() as connection:
                found = connection.execute(select(Replica.event_id)).one_or_none()
            if found is None:
                _log.error("damaged: %s holds no event", path)
                raise StoreError("damaged", f"“{path.name}” holds no event: fetch it from its server again.")
            self.event_id: str = found.event_id
        except BaseException:
            self.database.close()
            raise

    @classmethod
    def create(
        cls,
        path: Path,
        *,
        event_id: str,
        device_id: str,
        role: Role,
        install_id: str | None = None,
        door_id: str | None = None,
        server_url: str | None = None,
        server_certificate: str | None = None,
        synchronous: str = FULL,
    ) -> LocalCopy:
        """Make an empty copy for an event; the rows come from operations or from a server.

        Raises StoreError, also ``exists`` when there is an event in the file: it stays as it is.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        database = Database(path, COPY, synchronous=synchronous)
        try:
            with database.write() as connection:
                if connection.scalar(select(Replica.only)) is not None:
                    _log.error("exists: %s", path)
                    raise StoreError("exists", f"“{path.name}” holds an event already: choose another name.")
                connection.execute(
                    insert(Replica).values(
                        only=1,
                        install_id=install_id or new_id(),
                        epoch=new_epoch(),
                        event_id=event_id,
                        device_id=device_id,
                        role=role,
                        door_id=door_id,
                        server_url=server_url,
                        server_certificate=server_certificate,
                        server_id=None,
                        server_epoch=None,
                        pulled_at=None,
                    )
                )
        finally:
            database.close()
        return cls(path, synchronous=synchronous)

    def close(self) -> None:
        """Close the file; nothing is waiting to be written."""
        self.database.close()

    @contextmanager
    def read(self) -> Generator[Connection]:
        """Give a connection that reads one snapshot of the rows."""
        with self.database.read() as connection:
            yield connection

    @property
    def identity(self) -> Identity:
        """Who this copy is, read from the file."""
        with self.database.read() as connection:
            return read_identity(connection)

    # -- operations ---------------------------------------------------------------------------------

    def run(self, operation: Operation, *, op_id: str | None = None, at: datetime | None = None) -> Change:
        """Run one operation and commit it with its outbox row. Raises Refused; nothing is changed then."""
        return self.run_all([operation], op_ids=[op_id or new_id()], at=at)

    def run_all(
        self,
        operations: Sequence[Operation],
        *,
        op_ids: Sequence[str] | None = None,
        at: datetime | None = None,
    ) -> Change:
        """Run operations in one transaction: all of them or, when one is refused, none."""
        with self.database.write() as connection:
            return self.run_in(connection, operations, op_ids=op_ids, at=at)

    def perform(self, operations: Sequence[Operation]) -> Performed:
        """Run operations as :meth:`run_all` does, and read the way back off the state before each of them."""
        change = Change()
        inverse: list[Operation] = []
        with self.database.write() as connection:
            for operation in operations:
                back = operation.inverse(connection, self.event_id)
                change = change.joined_with(self.run_in(connection, [operation]))
                inverse[:0] = back
        return Performed(change, tuple(inverse))

    def run_in(
        self,
        connection: Connection,
        operations: Sequence[Operation],
        *,
        op_ids: Sequence[str] | None = None,
        at: datetime | None = None,
    ) -> Change:
        """Run operations in the caller's write transaction, after what it decided in it (an admission)."""
        moment = at or now_utc()
        change = Change()
        for op_id, operation in zip(op_ids or [new_id() for _ in operations], operations, strict=True):
            arguments = _handed_on(operation)
            done = apply_operation(connection, operation, Context(self.event_id, op_id, moment))
            change = change.joined_with(done.change) if change else done.change
            connection.execute(
                _INTO_OUTBOX,
                {"op_id": op_id, "name": operation.name, "arguments": arguments, "device_time": moment},
            )
        return change

    # -- what waits ---------------------------------------------------------------------------------

    def pending(self, limit: int = 500, skip: int = 0) -> list[Envelope]:
        """Give operations that the server has not been seen to have, in their order, leaving out the first ``skip``."""
        with self.database.read() as connection:
            identity = read_identity(connection)
            rows = _pending_rows(connection, identity.acknowledged + skip, limit)
        return [
            Envelope(
                install_id=identity.install_id,
                epoch=identity.epoch,
                number=row.number,
                op_id=row.op_id,
                name=row.name,
                arguments=row.arguments,
                device_time=row.device_time,
                device_id=identity.device_id,
                role=identity.role,
            )
            for row in rows
        ]

    def count_pending(self) -> int:
        """Count what waits for the server, at the same small cost however much it is: screens ask at each change.

        Numbers follow each other without a gap, or the server would not take them.
        """
        with self.database.read() as connection:
            last = _LAST_NUMBERS.row(connection)
        return max(0, (last.made or 0) - last.acknowledged)

    def waiting(self) -> Waiting:
        """Count what waits for the server and what it refused."""
        with self.database.read() as connection:
            beyond = OutboxRow.number > select(Replica.acknowledged).scalar_subquery()
            pending, oldest = connection.execute(
                select(func.count(), func.min(OutboxRow.device_time)).where(beyond)
            ).one()
            refused = connection.scalar(
                select(func.count()).select_from(OutboxRow).where(OutboxRow.outcome == OutcomeKind.REFUSED)
            )
            not_holding = connection.scalar(
                select(func.count()).select_from(OutboxRow).where(beyond, OutboxRow.holds.is_(False))
            )
        return Waiting(pending, oldest, refused or 0, not_holding or 0)

    # -- what the server sends ------------------------------------------------------------------------

    def apply_pull(self, pulled: Pulled) -> Change:
        """Take in a pull: rows, tombstones and outcomes, with what is still pending run again on top.

        A server that is not the one the cookie belongs to raises StoreError ``other_server``: start from a snapshot.
        A server that does not know what this copy thinks acknowledged, or knows something else under the
        number, shows that this file was copied or restored: a new epoch begins and all is handed in again.
        Rows that are not the server's raise StoreError ``bad_checksum``, where the pull carries a checksum.
        """
        if pulled.checksum is not None and self._agrees_as_it_is(pulled):
            pulled = pulled.model_copy(update={"checksum": None})
        try:
            with self.database.write() as connection:
                change = self._take_in(connection, pulled)
        except IntegrityError as error:
            _log.error("the server's rows do not fit this copy: %s", error.orig)
            raise StoreError("other_server", "What the server sent does not fit this copy: it starts anew.") from error
        if newly_erased(pulled.tables):
            self.database.scrub()
        return change

    def _agrees_as_it_is(self, pulled: Pulled) -> bool:
        with self.database.read() as connection:
            identity = read_identity(connection)
            return agrees_as_it_is(connection, identity.followed, identity.role, pulled)

    def start_from(self, head: SnapshotHead, lines: Iterable[bytes]) -> Change:
        """Replace all rows by a snapshot's lines in one transaction and run the outbox again on top.

        Raises BadInput ``bad_snapshot``, and SyncError ``not_there_yet`` for a server that has the event's log
        but not the event (its hub has not handed it on); the copy and its outbox are as they were then.
        """
        try:
            with self.database.write() as connection:
                identity = read_identity(connection)
                connection.execute(delete(UndoRow))
                load_snapshot(connection, lines)
                connection.execute(
                    update(Replica).values(
                        server_id=head.server_id,
                        server_epoch=head.epoch,
                        cookie=head.version,
                        recording=True,
                        pulled_at=now_utc(),
                    )
                )
                if identity.followed.is_ahead_of(head):
                    # A backup's numbers prove nothing: a copied file may have handed in others under them since.
                    _new_epoch(connection)
                    acknowledged = 0
                else:
                    acknowledged = self._acknowledge(connection, identity, head.seen)
                connection.execute(update(OutboxRow).values(outcome=None, reason_code=None, reason=None))
                _take_outcomes(connection, head.outcomes)
                connection.exec_driver_sql("PRAGMA defer_foreign_keys = OFF")
                erased = erased_guests(connection)
                blank_outbox(connection, erased)
                change = _run_pending_again(connection, identity.event_id, acknowledged)
                if connection.scalar(select(Event.id).where(Event.id == identity.event_id)) is None:
                    raise SyncError("not_there_yet", "The server does not have this event yet: it is tried again.")
        except IntegrityError as error:
            raise BadInput(
                "bad_snapshot", "The copy that the server sent does not hang together: it is fetched again."
            ) from error
        if erased:
            self.database.scrub()
        return change

    def start_new_epoch(self, install_id: str) -> None:
        """Draw a new epoch: everything in the outbox is handed in again under it."""
        with self.database.write() as connection:
            _new_epoch(connection)

    def rewind(self, install_id: str, expected: int) -> None:
        """Hand in again from a number on, which the server asked for."""
        with self.database.write() as connection:
            connection.execute(update(Replica).values(acknowledged=expected - 1))

    def followed(self) -> Followed:
        """Tell which server this copy follows and how far."""
        return self.identity.followed

    def measure_skew(self, skew_ms: int) -> None:
        """Keep how far the server's clock is ahead of this device's, in milliseconds."""
        with self.database.write() as connection:
            connection.execute(update(Replica).values(skew_ms=skew_ms))

    def doubt_receipt(self) -> None:
        """Hand the last operation that counts as handed in over once more."""
        with self.database.write() as connection:
            one_less = update(Replica).where(Replica.acknowledged > 0).values(acknowledged=Replica.acknowledged - 1)
            connection.execute(one_less)

    def keep_receipt(self, receipt: Receipt) -> None:
        """Count as handed in what a server took that gives this copy nothing more: its rights were taken away.

        One that was put back to a backup gets everything again, as in :meth:`start_from`.
        """
        with self.database.write() as connection:
            identity = read_identity(connection)
            if identity.followed.is_ahead_of(receipt):
                # Were it ever asked for rows again, then for all of them: those here are from before.
                connection.execute(update(Replica).values(server_epoch=receipt.epoch, cookie=0))
                _new_epoch(connection)
            elif any((one.install_id, one.epoch) == (identity.install_id, identity.epoch) for one in receipt.seen):
                self._acknowledge(connection, identity, receipt.seen)

    def follow(self, server_url: str | None, *, server_certificate: str | None = None) -> None:
        """Follow another server from now on: the next contact starts from a snapshot, the outbox goes along.

        All of it is pending until that server says what it has; one that took this device's rights away says so
        by its receipts only.
        """
        with self.database.write() as connection:
            connection.execute(
                update(Replica).values(
                    server_url=server_url,
                    server_certificate=server_certificate,
                    server_id=None,
                    server_epoch=None,
                    cookie=0,
                    acknowledged=0,
                )
            )

    def follow_address(self, server_url: str) -> None:
        """Follow the same server at another address, as a hub that took another port; the cookie stays good."""
        with self.database.write() as connection:
            connection.execute(update(Replica).values(server_url=server_url))

    def _take_in(self, connection: Connection, pulled: Pulled) -> Change:
        identity = read_identity(connection)
        if (identity.server_id, identity.server_epoch) != (pulled.server_id, pulled.epoch):
            raise StoreError("other_server", "The server is not the one this copy followed: it starts anew.")
        if pulled.version < identity.cookie:
            return Change()
        acknowledged = self._acknowledge(connection, identity, pulled.seen)
        if pulled.carries_nothing and acknowledged == identity.acknowledged:
            connection.execute(update(Replica).values(cookie=pulled.version, pulled_at=now_utc()))
            return Change()
        _take_outcomes(connection, pulled.outcomes)

        def run_again() -> Change:
            check_sum(connection, identity.event_id, identity.role, pulled.checksum)
            blank_outbox(connection, newly_erased(pulled.tables))
            return _run_pending_again(connection, identity.event_id, acknowledged)

        done = rebase(connection, pulled.tables, pulled.gone, run_again)
        connection.execute(update(Replica).values(cookie=pulled.version, pulled_at=now_utc()))
        return done.change

    def _acknowledge(self, connection: Connection, identity: Identity, seen: Sequence[Seen]) -> int:
        own = next((s for s in seen if (s.install_id, s.epoch) == (identity.install_id, identity.epoch)), None)
        number = own.number if own else 0
        held = _OP_AT.row(connection, number=number) if own else None
        forked = own is not None and (held is None or held.op_id != own.op_id)
        if forked:
            _log.warning("the server has number %s of this copy with another operation: new epoch", number)
            _new_epoch(connection)
            return 0
        if number < identity.acknowledged and identity.server_id is not None and own is None:
            _log.info("the server does not have what this copy handed to another one")
        if number != identity.acknowledged:
            connection.execute(update(Replica).values(acknowledged=number))
        return number


_OP_AT = Prepared(select(OutboxRow.op_id).where(OutboxRow.number == bindparam("number")))
_LAST_NUMBERS = Prepared(
    select(select(func.max(OutboxRow.number)).scalar_subquery().label("made"), Replica.acknowledged)
)
_INTO_OUTBOX = insert(OutboxRow)


def _handed_on(operation: Operation) -> str:
    """Give an operation's arguments as they travel. Raises Refused for what no server could take."""
    arguments = operation.model_dump_json()
    if len(arguments) > LONGEST_ARGUMENTS:
        raise Refused("too_large", "This change is too large to be handed on: make it in smaller parts.")
    if holds_nul(arguments):
        raise Refused("bad_text", "A text holds a character that cannot be kept: type it again.")
    return arguments


_PENDING = select(
    OutboxRow.number, OutboxRow.op_id, OutboxRow.name, OutboxRow.arguments, OutboxRow.device_time, OutboxRow.holds
).order_by(OutboxRow.number)


_PENDING_AFTER = Prepared(_PENDING.where(OutboxRow.number > bindparam("acknowledged")).limit(bindparam("most")))


def _pending_rows(connection: Connection, acknowledged: int, limit: int) -> list[Pending]:
    return [Pending(*row) for row in _PENDING_AFTER.rows(connection, acknowledged=acknowledged, most=limit)]


_UNSETTLED = Prepared(
    _PENDING.where(
        (OutboxRow.number > bindparam("acknowledged"))
        | (OutboxRow.outcome == literal_column(f"'{OutcomeKind.WAITING}'"))
    )
)


def _run_pending_again(connection: Connection, event_id: str, acknowledged: int) -> Change:
    """Run what the server does not have yet, and what it has but could not apply so far."""
    found = _UNSETTLED.rows(connection, acknowledged=acknowledged)
    return run_all_again(connection, event_id, (Pending(*row) for row in found))


def _take_outcomes(connection: Connection, outcomes: Sequence[Outcome]) -> None:
    for outcome in outcomes:
        connection.execute(
            update(OutboxRow)
            .where(OutboxRow.op_id == outcome.op_id)
            .values(outcome=outcome.outcome, reason_code=outcome.code, reason=outcome.reason)
        )


def _new_epoch(connection: Connection) -> None:
    connection.execute(update(Replica).values(epoch=new_epoch(), acknowledged=0))
