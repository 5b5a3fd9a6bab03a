"""A hub as its upper server sees it: hands on envelopes as they came, takes the central order in, settles anew."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from models.errors import BadInput, StoreError
from models.events import Role
from models.ids import new_epoch
from models.operations.base import decode, now_utc
from models.store.checksum import agrees_as_it_is, check_sum
from models.store.copy_tables import Replica as ReplicaRow
from models.store.copy_tables import UndoRow
from models.store.database import Database
from models.store.driver_writes import insert_rows
from models.store.erasing import erased_guests, newly_erased
from models.store.exchange import Envelope, Outcome, OutcomeKind, Pulled, Receipt, Seen, TableRows, fit_to_be_handed_on
from models.store.identity import Followed
from models.store.log_tables import EventCounter, InstallSeen, LogRow, NumberSeen, OutcomeAbove, Tombstone, Upstream
from models.store.portions import portions
from models.store.rebase import rebase
from models.store.rows import Change, Context
from models.store.schema import BY_NAME, SYNCED
from models.store.snapshot import SnapshotHead, load_snapshot
from models.store.undo_log import set_recording, touched_rows
from sync.server.erasing import blank_log
from sync.server.event_log import EventLog
from sync.server.open_log import OpenLog, Settled
from sync.server.quarantine import DEVICE_REVOKED
from sync.server.upstream import read_upstream

_log = logging.getLogger(__name__)


class HubReplica:
    """The side of a hub that follows a server above it, for its one event."""

    def __init__(self, database: Database, event_log: EventLog, event_id: str) -> None:
        """Work on the hub's database, whose tables are a server's and a copy's at once."""
        self._database = database
        self._event_log = event_log
        self._event_id = event_id
        with database.read() as connection:
            skew_ms = connection.scalar(select(ReplicaRow.skew_ms)) or 0
        event_log.behind = timedelta(milliseconds=skew_ms)

    def followed(self) -> Followed:
        """Tell which server the hub follows and how far."""
        with self._database.read() as connection:
            return self._followed(connection)

    def pending(self, limit: int = 500, skip: int = 0) -> list[Envelope]:
        """Give the envelopes that the server above has not been seen to have, in the hub's order, as they came."""
        with self._database.read() as connection:
            found = connection.execute(
                select(*_ENVELOPE)
                .where(LogRow.event_id == self._event_id, LogRow.upstream_seen.is_(False))
                .order_by(LogRow.position)
                .offset(skip)
                .limit(limit)
            ).mappings()
            return [
                Envelope.model_validate({**row, "arguments": fit_to_be_handed_on(row["arguments"])}) for row in found
            ]

    def waiting(self) -> int:
        """Count what the hub has still to hand on."""
        with self._database.read() as connection:
            return self._count_waiting(connection)

    def waiting_for_upstream(self, connection: Connection) -> int | None:
        """Count what the hub has still to hand on, in the caller's snapshot; None without a server above it."""
        has_upstream = read_upstream(connection, self._event_id) is not None
        return self._count_waiting(connection) if has_upstream else None

    def _count_waiting(self, connection: Connection) -> int:
        waiting = select(func.count()).where(LogRow.event_id == self._event_id, LogRow.upstream_seen.is_(False))
        return connection.scalar(waiting) or 0

    def _followed(self, connection: Connection) -> Followed:
        above = select(Upstream.server_id, Upstream.server_epoch, Upstream.cookie)
        return Followed(self._event_id, *connection.execute(above.where(Upstream.event_id == self._event_id)).one())

    def _note_above(self, connection: Connection, **values: object) -> None:
        connection.execute(update(Upstream).where(Upstream.event_id == self._event_id).values(**values))

    def apply_pull(self, pulled: Pulled) -> Change:
        """Take in the central order: its rows win, what is still to be handed on is settled again on top.

        Every row that this touches gets a new version of the hub's, and rows that are gone leave
        tombstones, so that the hub's devices hear of it. Rows that are not the server's raise StoreError
        ``bad_checksum``, where the pull carries a checksum, and rows that do not fit ``other_server``.
        """
        if pulled.checksum is not None and self._agrees_as_it_is(pulled):
            pulled = pulled.model_copy(update={"checksum": None})
        try:
            with self._database.write() as connection:
                change = self._take_in(connection, pulled)
        except IntegrityError as error:
            _log.error("the rows of the server above do not fit this hub: %s", error.orig)
            raise StoreError("other_server", "What the server sent does not fit this hub: it starts anew.") from error
        if newly_erased(pulled.tables):
            self._database.scrub()
        return change

    def _agrees_as_it_is(self, pulled: Pulled) -> bool:
        with self._database.read() as connection:
            return agrees_as_it_is(connection, self._followed(connection), Role.OWNER, pulled)

    def _take_in(self, connection: Connection, pulled: Pulled) -> Change:
        followed = self._followed(connection)
        if (followed.server_id, followed.server_epoch) != (pulled.server_id, pulled.epoch):
            raise StoreError("other_server", "The server is not the one this hub followed: it starts anew.")
        if pulled.version < followed.cookie:
            return Change()
        handed_on = self._mark_seen(connection, pulled.seen)
        change = Change()
        if handed_on.count or not pulled.carries_nothing:
            change = self._rebase(connection, pulled, handed_on)
        self._note_above(connection, cookie=pulled.version, pulled_at=now_utc())
        return change

    def start_from(self, head: SnapshotHead, lines: Iterable[bytes]) -> Change:
        """Replace the hub's rows by the central view and settle everything not handed on again on top."""
        with self._database.write() as connection:
            log = self._event_log.lock(connection, self._event_id)
            log.version += 1
            has_gone_back = self._followed(connection).is_ahead_of(head)
            before = Change(
                {entity.__tablename__: frozenset(connection.scalars(select(entity.id))) for entity in SYNCED}
            )
            # Only what the server above says it has counts: another one may have answered so far.
            connection.execute(update(LogRow).where(LogRow.event_id == self._event_id).values(upstream_seen=False))
            connection.execute(delete(OutcomeAbove).where(OutcomeAbove.event_id == self._event_id))
            if has_gone_back:
                self._go_back_too(connection)
            handed_on = self._mark_seen(connection, head.seen)
            connection.execute(delete(UndoRow))
            load_snapshot(connection, lines)
            for entity in SYNCED:
                connection.exec_driver_sql(f"UPDATE {entity.__tablename__} SET version = ?", (log.version,))
            set_recording(connection, 1)
            connection.exec_driver_sql("PRAGMA defer_foreign_keys = OFF")
            erased = erased_guests(connection)
            blank_log(connection, self._event_id, erased, log.version)
            change = before.joined_with(self._settle_again(connection, log))
            self._take_outcomes(connection, log, handed_on, head.outcomes)
            self._leave_tombstones(connection, before, log.version)
            self._event_log.close(connection, log, set())
            follows = {"server_id": head.server_id, "server_epoch": head.epoch, "cookie": head.version}
            self._note_above(connection, **follows, pulled_at=now_utc())
        if erased:
            self._database.scrub()
        return change

    def _go_back_too(self, connection: Connection) -> None:
        """Hand everything on under new epochs, forget all numbers, and let the hub's devices hand in again as well.

        A server that was put back to a backup lacks what it had, also what devices of this hub handed in there
        themselves; and a backup's numbers prove nothing, as :meth:`LocalCopy.start_from` says.
        """
        of_this = LogRow.event_id == self._event_id
        for install_id in connection.scalars(select(LogRow.install_id).where(of_this).distinct()).all():
            self._renumber(connection, install_id)
        for entity in (NumberSeen, InstallSeen):
            connection.execute(delete(entity).where(entity.event_id == self._event_id))
        connection.execute(
            update(EventCounter).where(EventCounter.event_id == self._event_id).values(epoch=new_epoch())
        )

    def start_new_epoch(self, install_id: str) -> None:
        """Hand on what is left of one installed copy under a new epoch; its device keeps its own numbers here."""
        with self._database.write() as connection:
            self._renumber(connection, install_id)

    def rewind(self, install_id: str, expected: int) -> None:
        """Hand on again from a number on, which the server above asked for.

        Where this hub has nothing more to hand on from there (the numbers between went another way, or got
        a new epoch), the rest goes on under a new epoch: a gap must not hold everybody else's work up.
        """
        with self._database.write() as connection:
            again = connection.execute(
                update(LogRow)
                .where(
                    LogRow.event_id == self._event_id,
                    LogRow.install_id == install_id,
                    LogRow.number >= expected,
                    LogRow.upstream_seen.is_(True),
                )
                .values(upstream_seen=False)
            ).rowcount
            if not again:
                self._renumber(connection, install_id)

    def measure_skew(self, skew_ms: int) -> None:
        """Keep the skew and answer by the time of the server above: the hub's devices measure theirs against it."""
        with self._database.write() as connection:
            connection.execute(update(ReplicaRow).values(skew_ms=skew_ms))
        self._event_log.behind = timedelta(milliseconds=skew_ms)

    def doubt_receipt(self) -> None:
        """Hand the last operation on once more."""
        with self._database.write() as connection:
            of_this = LogRow.event_id == self._event_id
            last = select(func.max(LogRow.position)).where(of_this, LogRow.upstream_seen.is_(True)).scalar_subquery()
            connection.execute(update(LogRow).where(of_this, LogRow.position == last).values(upstream_seen=False))

    def keep_receipt(self, receipt: Receipt) -> None:
        """Mark what a server above has that took this hub's rights away; its devices keep the hub's own word.

        One that was put back to a backup gets everything again.
        """
        with self._database.write() as connection:
            if self._followed(connection).is_ahead_of(receipt):
                connection.execute(update(LogRow).where(LogRow.event_id == self._event_id).values(upstream_seen=False))
                self._go_back_too(connection)
                self._note_above(connection, server_epoch=receipt.epoch, cookie=0)
            else:
                self._mark_seen(connection, receipt.seen)

    def _renumber(self, connection: Connection, install_id: str) -> None:
        epoch = new_epoch()
        found = connection.execute(
            select(LogRow.position, LogRow.epoch, LogRow.number, LogRow.op_id)
            .where(
                LogRow.event_id == self._event_id,
                LogRow.install_id == install_id,
                LogRow.upstream_seen.is_(False),
            )
            .order_by(LogRow.position)
        ).all()
        for number, row in enumerate(found, start=1):
            connection.execute(
                insert(NumberSeen).values(
                    event_id=self._event_id,
                    install_id=install_id,
                    epoch=row.epoch,
                    number=row.number,
                    op_id=row.op_id,
                )
            )
            connection.execute(
                update(LogRow)
                .where(LogRow.event_id == self._event_id, LogRow.position == row.position)
                .values(epoch=epoch, number=number)
            )

    # -- settling anew --------------------------------------------------------------------------------

    def _rebase(self, connection: Connection, pulled: Pulled, handed_on: _HandedOn) -> Change:
        log = self._event_log.lock(connection, self._event_id)
        log.version += 1
        touched = touched_rows(connection)
        tables = {name: _at_version(part, log.version) for name, part in pulled.tables.items() if name in BY_NAME}

        def again() -> Change:
            check_sum(connection, self._event_id, Role.OWNER, pulled.checksum)
            set_recording(connection, 0)
            for name, ids in touched.rows.items():
                connection.exec_driver_sql(
                    f"UPDATE {name} SET version = ? WHERE id = ?", [(log.version, row_id) for row_id in ids]
                )
            set_recording(connection, 1)
            blank_log(connection, self._event_id, newly_erased(pulled.tables), log.version)
            return self._settle_again(connection, log)

        done = rebase(connection, tables, pulled.gone, again)
        self._take_outcomes(connection, log, handed_on, pulled.outcomes)
        gone = Change.of_all(Change({name: frozenset([row_id])}) for name, row_id in pulled.gone if name in BY_NAME)
        self._leave_tombstones(connection, touched.joined_with(gone), log.version)
        self._event_log.close(connection, log, set())
        return done.change

    def _settle_again(self, connection: Connection, log: OpenLog) -> Change:
        changes: list[Change] = []
        found = connection.execute(
            select(
                LogRow.op_id,
                LogRow.name,
                LogRow.arguments,
                LogRow.device_time,
                LogRow.server_time,
                LogRow.outcome,
                LogRow.reason_code,
            )
            .where(LogRow.event_id == self._event_id, LogRow.upstream_seen.is_(False))
            .order_by(LogRow.position)
        ).all()
        for row in found:
            if row.reason_code in _SETTLED_FOR_GOOD:
                continue
            context = Context(self._event_id, row.op_id, row.device_time, log.version, row.server_time)
            settled = self._settle_one(connection, log, row.name, row.arguments, context)
            changes.append(settled.change)
            if (settled.outcome, settled.code) != (row.outcome, row.reason_code):
                self._write_outcome(connection, log, row.op_id, settled.outcome, settled.code, settled.reason)
        return Change.of_all(changes)

    def _settle_one(self, connection: Connection, log: OpenLog, name: str, arguments: str, context: Context) -> Settled:
        try:
            operation = decode(name, arguments)
        except BadInput as bad:
            return Settled(OutcomeKind.WAITING, bad.code, bad.message)
        settled = self._event_log.settle(connection, log, operation, context)
        return settled or Settled(OutcomeKind.WAITING, "server_fault", "The hub could not do it yet.")

    def _take_outcomes(
        self, connection: Connection, log: OpenLog, handed_on: _HandedOn, outcomes: Sequence[Outcome]
    ) -> None:
        """Take the central word on what was handed on; where it says nothing, the operation was applied."""
        for op_id in handed_on.not_applied_here:
            self._write_outcome(connection, log, op_id, OutcomeKind.APPLIED, None, None)
        for outcome in outcomes:
            self._write_outcome(connection, log, outcome.op_id, outcome.outcome, outcome.code, outcome.reason)
            if not self._is_from(connection, outcome):
                self._keep_for_its_device(connection, log, outcome)

    def _is_from(self, connection: Connection, outcome: Outcome) -> bool:
        """Tell whether this hub has an operation from the installed copy that the outcome is for."""
        for entity in (LogRow, NumberSeen):
            of_it = (entity.event_id == self._event_id, entity.op_id == outcome.op_id)
            if connection.scalar(select(entity.op_id).where(*of_it, entity.install_id == outcome.install_id).limit(1)):
                return True
        return False

    def _keep_for_its_device(self, connection: Connection, log: OpenLog, outcome: Outcome) -> None:
        """Keep the central word on what a device handed in there directly: it may come to this hub next."""
        where = (OutcomeAbove.event_id == self._event_id, OutcomeAbove.op_id == outcome.op_id)
        connection.execute(delete(OutcomeAbove).where(*where))
        connection.execute(
            insert(OutcomeAbove).values(
                event_id=self._event_id,
                op_id=outcome.op_id,
                install_id=outcome.install_id or "",
                version=log.version,
                outcome=outcome.outcome,
                reason_code=outcome.code,
                reason=outcome.reason,
            )
        )

    def _write_outcome(
        self,
        connection: Connection,
        log: OpenLog,
        op_id: str,
        outcome: OutcomeKind,
        code: str | None,
        reason: str | None,
    ) -> None:
        """Write what became of an operation, if this hub has it in its log."""
        connection.execute(
            update(LogRow)
            .where(LogRow.event_id == self._event_id, LogRow.op_id == op_id)
            .values(outcome=outcome, reason_code=code, reason=reason, version=log.version, resettled=True)
        )

    def _mark_seen(self, connection: Connection, seen: Iterable[Seen]) -> _HandedOn:
        """Mark what the server above has, and learn of devices that spoke to it directly. Gives what was new."""
        count = 0
        not_applied_here: list[str] = []
        here = self._last_seen(connection)
        to_hand_on = select(LogRow.install_id, LogRow.epoch).where(
            LogRow.event_id == self._event_id, LogRow.upstream_seen.is_(False)
        )
        waiting_of = {(install_id, epoch) for install_id, epoch in connection.execute(to_hand_on.distinct())}
        for one in seen:
            key = (one.install_id, one.epoch)
            if key not in waiting_of and here.get(key, 0) >= one.number:
                # So it is of nearly all of them: every pull tells of every copy there ever was.
                continue
            theirs = (
                LogRow.event_id == self._event_id,
                LogRow.install_id == one.install_id,
                LogRow.epoch == one.epoch,
            )
            held = connection.scalar(select(LogRow.op_id).where(*theirs, LogRow.number == one.number))
            if held not in (one.op_id, None):
                _log.warning("number %s of %s is another operation above: a copied file", one.number, one.install_id)
                continue
            waiting = (*theirs, LogRow.number <= one.number, LogRow.upstream_seen.is_(False))
            not_applied_here += connection.scalars(
                select(LogRow.op_id).where(*waiting, LogRow.outcome != OutcomeKind.APPLIED)
            )
            count += connection.execute(update(LogRow).where(*waiting).values(upstream_seen=True)).rowcount
            if key not in here:
                connection.execute(
                    insert(InstallSeen).values(
                        event_id=self._event_id,
                        install_id=one.install_id,
                        epoch=one.epoch,
                        number=one.number,
                        op_id=one.op_id,
                    )
                )
            elif here[key] < one.number:
                connection.execute(
                    update(InstallSeen)
                    .where(
                        InstallSeen.event_id == self._event_id,
                        InstallSeen.install_id == one.install_id,
                        InstallSeen.epoch == one.epoch,
                    )
                    .values(number=one.number, op_id=one.op_id)
                )
        return _HandedOn(count, tuple(not_applied_here))

    def _last_seen(self, connection: Connection) -> dict[tuple[str, int], int]:
        found = select(InstallSeen.install_id, InstallSeen.epoch, InstallSeen.number).where(
            InstallSeen.event_id == self._event_id
        )
        return {(install_id, epoch): number for install_id, epoch, number in connection.execute(found)}

    def _leave_tombstones(self, connection: Connection, touched: Change, version: int) -> None:
        for name, ids in touched.rows.items():
            entity = BY_NAME[name]
            place = {"event_id": self._event_id, "table_name": name, "version": version}
            of_table = (Tombstone.event_id == self._event_id, Tombstone.table_name == name)
            for some in portions(sorted(ids)):
                connection.execute(delete(Tombstone).where(*of_table, Tombstone.row_id.in_(some)))
                there = set(connection.scalars(select(entity.id).where(entity.id.in_(some))))
                gone = [{**place, "row_id": row_id} for row_id in some if row_id not in there]
                if gone:
                    insert_rows(connection, Tombstone, gone)


@dataclass(frozen=True)
class _HandedOn:
    """What the server above has by now: how many are new, and which were not applied here."""

    count: int
    not_applied_here: tuple[str, ...]


_SETTLED_FOR_GOOD = frozenset({"not_allowed", "bad_arguments", DEVICE_REVOKED})
_ENVELOPE = (
    LogRow.install_id,
    LogRow.epoch,
    LogRow.number,
    LogRow.op_id,
    LogRow.name,
    LogRow.arguments,
    LogRow.device_time,
    LogRow.device_id,
    LogRow.role,
)


def _at_version(part: TableRows, version: int) -> TableRows:
    place = part.columns.index("version")
    return TableRows(columns=part.columns, rows=[[*row[:place], version, *row[place + 1 :]] for row in part.rows])
