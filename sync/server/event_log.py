"""The ordered log of an event: takes operations in, gives rows out. The caller owns the transaction."""

from __future__ import annotations

import logging
from collections import Counter as Tally
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import BigInteger, Connection, String, bindparam, insert, select, update

from models.errors import BadInput, Refused
from models.events import Device, Role
from models.ids import new_epoch, new_id
from models.invitations import Attendee
from models.operations.base import FAULTS, Operation, apply_operation, decode, now_utc
from models.operations.erasing import EraseGuest
from models.operations.quarantine import JudgeQuarantined
from models.people import Guest
from models.store.exchange import Envelope, OutcomeKind, Pulled, Seen
from models.store.log_tables import EventCounter, InstallSeen, LogRow, NumberSeen
from models.store.prepared import IDS, Prepared, PreparedByIds
from models.store.rows import Context
from models.store.snapshot import SnapshotHead
from models.tickets import Ticket
from sync.protocol import FORKED, GAP, OutOfStep, PushAnswer
from sync.server.caller import Caller
from sync.server.conflicts import write_conflicts
from sync.server.double_admissions import Made
from sync.server.erasing import blank_log, blanked_on_arrival, meaning_nobody_erased, seen_as_held
from sync.server.late_settling import kept_operations, made_by_hub, settle_late
from sync.server.open_log import OneFailed, OpenLog, Settled
from sync.server.quarantine import DEVICE_REVOKED, judge, outcome_in_quarantine, reason_of, revoked_devices
from sync.server.reading import gone_since, last_seen, outcomes_since, rows_since
from sync.server.signing import follow_ups

_log = logging.getLogger(__name__)
_FAULTS_BEFORE_WAITING = 3


class EventLog:
    """The logs of all events in one database of one server.

    All methods work in the caller's transaction; writers lock the event's counter first, so that one
    transaction at a time applies operations of one event, on every server process.
    """

    def __init__(self, server_id: str, clock: Callable[[], datetime] = now_utc) -> None:
        """Answer as a server with this id and this clock."""
        self.server_id = server_id
        self._clock = clock
        self.behind = timedelta()
        """At a hub, how far its clock is behind that of the server above: devices and entries get that one's time."""
        self._faults: Tally[str] = Tally()

    # -- writing --------------------------------------------------------------------------------------

    def open_event(self, connection: Connection, event_id: str) -> None:
        """Begin the log of a new event. Raises Refused ``exists`` when there is one."""
        if self.has_event(connection, event_id):
            raise Refused("exists", "This event is on the server already.")
        connection.execute(
            insert(EventCounter).values(
                event_id=event_id,
                epoch=new_epoch(),
                install_id=new_id(),
                install_epoch=new_epoch(),
                signing_number=None,
                signing_private=None,
            )
        )

    def has_event(self, connection: Connection, event_id: str) -> bool:
        """Tell whether the log of an event is here."""
        return connection.scalar(select(EventCounter.event_id).where(EventCounter.event_id == event_id)) is not None

    def push(self, connection: Connection, caller: Caller, envelopes: Sequence[Envelope]) -> PushAnswer:
        """Take operations in, in the order of their numbers; each whole or not at all, with a version of its own.

        Raises OutOfStep (nothing is kept then) and BadInput ``other_install``.
        """
        log = self.lock(connection, caller.event_id)
        known = _known_ops(connection, caller.event_id, [one.op_id for one in envelopes])
        log.means_nobody_erased = meaning_nobody_erased(connection, log.event_id, envelopes)
        if len(envelopes) > 1:
            # Nearly every batch has nothing to undo: one savepoint serves it all, and each gets its own when not.
            try:
                with connection.begin_nested():
                    return self._push_all(connection, log.for_all_at_once(), caller, envelopes, set(known))
            except OneFailed:
                _log.debug("a batch is taken in one by one")
        return self._push_all(connection, log, caller, envelopes, known)

    def _push_all(
        self, connection: Connection, log: OpenLog, caller: Caller, envelopes: Sequence[Envelope], known: set[str]
    ) -> PushAnswer:
        stopped = False
        handed: set[tuple[str, int]] = set()
        for envelope in envelopes:
            if envelope.install_id != caller.install_id and not caller.is_hub:
                raise BadInput("other_install", "A device hands in its own work only.")
            if not self._is_next(connection, log, envelope):
                handed.add((envelope.install_id, envelope.epoch))
                continue
            if envelope.op_id in known:
                self._number_again(connection, log, envelope)
            elif not self._take(connection, log, caller, envelope):
                stopped = True
                break
            known.add(envelope.op_id)
            log.seen[envelope.install_id, envelope.epoch] = Seen(
                install_id=envelope.install_id, epoch=envelope.epoch, number=envelope.number, op_id=envelope.op_id
            )
            handed.add((envelope.install_id, envelope.epoch))
        self.close(connection, log, handed)
        return PushAnswer(
            server_id=self.server_id,
            epoch=log.epoch,
            version=log.version,
            seen=[log.seen[key] for key in handed if key in log.seen],
            stopped=stopped,
        )

    def settle_waiting(self, connection: Connection, event_id: str) -> int:
        """Try again what could not be applied so far: after an update of the server, or once a fault has passed.

        What can be settled now takes the next place in the order. Gives the new version.
        """
        log = self.lock(connection, event_id)
        for kept in kept_operations(connection, event_id, LogRow.outcome == OutcomeKind.WAITING):
            settle_late(connection, self, log, kept)
        self.close(connection, log, set())
        return log.version

    def events_with_waiting(self, connection: Connection) -> list[str]:
        """Give the events in whose logs something waits to be applied."""
        found = select(LogRow.event_id).where(LogRow.outcome == OutcomeKind.WAITING).distinct()
        return list(connection.scalars(found))

    def run_own(self, connection: Connection, event_id: str, operations: Sequence[Operation]) -> int:
        """Run operations that the server makes itself (a pairing, a key). Gives the new version."""
        log = self.lock(connection, event_id)
        for operation in operations:
            self._run_own(connection, log, operation)
        self.close(connection, log, set())
        return log.version

    def lock(self, connection: Connection, event_id: str) -> OpenLog:
        """Lock the event's counter; everything that follows happens at its next versions."""
        row = _LOCKED.row(connection, event_id=event_id)
        if row is None:
            raise BadInput("no_event", "This event is not on this server.")
        return OpenLog(event_id, *row)

    def close(self, connection: Connection, log: OpenLog, handed: set[tuple[str, int]]) -> None:
        """Write what is unwritten, the counter and what was seen."""
        log.write_rows(connection)
        connection.execute(
            _COUNTED,
            {
                "of_event": log.event_id,
                "version": log.version,
                "position": log.position,
                "next_number": log.next_number,
            },
        )
        for key in sorted(handed):
            seen = log.seen.get(key)
            if seen is None:
                continue
            place = {"of_event": log.event_id, "of_install": seen.install_id, "of_epoch": seen.epoch}
            values = {"number": seen.number, "op_id": seen.op_id}
            if not connection.execute(_SEEN_FURTHER, place | values).rowcount:
                connection.execute(
                    insert(InstallSeen).values(
                        event_id=log.event_id, install_id=seen.install_id, epoch=seen.epoch, **values
                    )
                )

    def _is_next(self, connection: Connection, log: OpenLog, envelope: Envelope) -> bool:
        """Tell whether an envelope is the next of its device; False when it is seen already."""
        key = (envelope.install_id, envelope.epoch)
        if key not in log.seen:
            found = _LAST_SEEN.row(
                connection, event_id=log.event_id, install_id=envelope.install_id, epoch=envelope.epoch
            )
            if found is not None:
                log.seen[key] = Seen(
                    install_id=envelope.install_id, epoch=envelope.epoch, number=found.number, op_id=found.op_id
                )
        last = log.seen[key].number if key in log.seen else 0
        if envelope.number > last + 1:
            raise OutOfStep(GAP, envelope.install_id, last + 1)
        if envelope.number == last + 1:
            return True
        if self._op_at(connection, log, envelope) not in (envelope.op_id, None):
            raise OutOfStep(FORKED, envelope.install_id, last + 1)
        return False

    def _number_again(self, connection: Connection, log: OpenLog, envelope: Envelope) -> None:
        """Note a further number of a known operation; an outcome that is not "applied" is told again."""
        log.write_rows(connection)
        connection.execute(
            insert(NumberSeen).values(
                event_id=log.event_id,
                install_id=envelope.install_id,
                epoch=envelope.epoch,
                number=envelope.number,
                op_id=envelope.op_id,
            )
        )
        log.version += connection.execute(
            update(LogRow)
            .where(
                LogRow.event_id == log.event_id,
                LogRow.op_id == envelope.op_id,
                LogRow.outcome != OutcomeKind.APPLIED,
            )
            .values(version=log.version + 1)
        ).rowcount

    def _op_at(self, connection: Connection, log: OpenLog, place: Envelope) -> str | None:
        """Give the operation known under a number; None where only a server above this hub knows it."""
        last = log.seen[place.install_id, place.epoch]
        if last.number == place.number:
            return last.op_id
        log.write_rows(connection)
        for entity in (LogRow, NumberSeen):
            found = connection.scalar(
                select(entity.op_id).where(
                    entity.event_id == log.event_id,
                    entity.install_id == place.install_id,
                    entity.epoch == place.epoch,
                    entity.number == place.number,
                )
            )
            if found is not None:
                return found
        return None

    def _take(self, connection: Connection, log: OpenLog, caller: Caller, envelope: Envelope) -> bool:
        """Apply one envelope and log it; False when a fault of ours stopped it and nothing is numbered."""
        role = (envelope.role or Role.VIEWER) if caller.is_hub else caller.role
        device_id = envelope.device_id if caller.is_hub else caller.device_id
        arguments = envelope.arguments
        if envelope.op_id not in log.means_nobody_erased:
            arguments = blanked_on_arrival(connection, log.event_id, envelope.name, arguments)
        arguments = seen_as_held(connection, log.event_id, envelope.name, arguments)
        log.version += 1
        context = Context(log.event_id, envelope.op_id, envelope.device_time, log.version, self.now())
        result = self._held_back(connection, log, {caller.device_id, device_id}, envelope.op_id) or self.settle_as(
            connection,
            log,
            envelope.name,
            arguments,
            role,
            context,
            from_hub=caller.is_hub and made_by_hub(device_id, role),
        )
        if result is None:
            log.version -= 1
            return False
        log.add_row(
            envelope,
            context,
            result,
            arguments=arguments,
            device_id=device_id,
            role=role,
            handed_in_by=caller.device_id if caller.is_hub else None,
        )
        self.follow_up(connection, log, result)
        return True

    def _held_back(
        self, connection: Connection, log: OpenLog, device_ids: set[str | None], op_id: str
    ) -> Settled | None:
        """Put the operation of a revoked device, or what a revoked hub hands in, into quarantine."""
        if log.revoked is None:
            log.revoked = revoked_devices(connection, log.event_id)
        if not device_ids & log.revoked:
            return None
        log.write_rows(connection)
        outcome = outcome_in_quarantine(connection, log, op_id, log.revoked)
        return None if outcome is None else Settled(outcome, DEVICE_REVOKED, reason_of(outcome))

    def follow_up(self, connection: Connection, log: OpenLog, settled: Settled) -> None:
        """Do what a server does by itself once an operation is settled and in the log."""
        if settled.change.touches(Device):
            log.revoked = None
        if settled.change.touches(Guest, Attendee, Ticket):
            log.means_nobody_erased = frozenset()
        for operation in settled.follow_ups:
            self._run_own(connection, log, operation)
        applied = settled.applied
        if isinstance(applied, JudgeQuarantined | EraseGuest):
            log.write_rows(connection)
        if isinstance(applied, JudgeQuarantined):
            judge(connection, self, log, applied)
        elif isinstance(applied, EraseGuest):
            blank_log(connection, log.event_id, sorted(settled.change.ids(Guest)), log.version)

    def now(self) -> datetime:
        """Give the time by the server's clock, or by that of the server above it."""
        return self._clock() + self.behind

    def settle_as(
        self,
        connection: Connection,
        log: OpenLog,
        name: str,
        arguments: str,
        role: Role,
        context: Context,
        *,
        from_hub: bool,
    ) -> Settled | None:
        """Settle an operation that came as text, as far as its role may do it; None for a fault of ours.

        ``from_hub`` is true for what a hub made itself, not for what it hands on for its devices.
        """
        try:
            operation = decode(name, arguments)
        except BadInput as bad:
            if bad.code == "unknown_operation":
                return Settled(OutcomeKind.WAITING, bad.code, bad.message)
            return Settled(OutcomeKind.REFUSED, bad.code, bad.message)
        if operation.made_by_servers and not from_hub:
            return Settled(OutcomeKind.REFUSED, "not_allowed", "Only a server makes this change.")
        handed_on = operation.made_by_servers and from_hub
        if not handed_on and role not in operation.roles_allowed(connection):
            return Settled(OutcomeKind.REFUSED, "not_allowed", f"A device in the role “{role}” may not do this.")
        return self.settle(connection, log, operation, context)

    def settle(self, connection: Connection, log: OpenLog, operation: Operation, context: Context) -> Settled | None:
        """Apply an operation in a savepoint and write the conflicts it makes; None for a fault of ours."""
        savepoint = log.savepoint(connection)
        try:
            done = log.apply(connection, operation, context)
        except Refused as refusal:
            savepoint.rollback()
            change = write_conflicts(connection, operation, context, refusal=refusal)
            return Settled(OutcomeKind.REFUSED, refusal.code, refusal.message, change=change)
        except FAULTS as fault:
            savepoint.rollback()
            self._faults[context.op_id] += 1
            _log.exception("a fault of this server at %s %s", operation.name, context.op_id)
            if self._faults[context.op_id] < _FAULTS_BEFORE_WAITING:
                return None
            return Settled(
                OutcomeKind.WAITING, "server_fault", f"The server could not do it yet: {type(fault).__name__}."
            )
        savepoint.commit()
        change = done.change
        if done.findings:
            change = change.joined_with(write_conflicts(connection, operation, context, findings=done.findings))
        change = change.joined_with(log.look_for_double_admissions(connection, Made(context, done.change)))
        more = follow_ups(connection, log, operation, done.change) if "tickets" in done.change.rows else ()
        return Settled(OutcomeKind.APPLIED, change=change, follow_ups=more, applied=operation)

    def _run_own(self, connection: Connection, log: OpenLog, operation: Operation) -> None:
        moment = self.now()
        log.version += 1
        envelope = Envelope(
            install_id=log.install_id,
            epoch=log.install_epoch,
            number=log.next_number,
            op_id=new_id(),
            name=operation.name,
            arguments=operation.model_dump_json(),
            device_time=moment,
        )
        context = Context(log.event_id, envelope.op_id, moment, log.version, moment)
        apply_operation(connection, operation, context)
        log.add_row(envelope, context, Settled(OutcomeKind.APPLIED), arguments=envelope.arguments, role=Role.OWNER)
        log.next_number += 1

    # -- reading --------------------------------------------------------------------------------------

    def pull(self, connection: Connection, caller: Caller, cookie: int) -> Pulled:
        """Give what changed after a cookie, as the caller's role sees it, from one snapshot."""
        version, epoch = self._now(connection, caller.event_id)
        moved = cookie < version
        return Pulled(
            server_id=self.server_id,
            epoch=epoch,
            version=version,
            tables=rows_since(connection, caller, cookie) if moved else {},
            gone=gone_since(connection, caller.event_id, cookie) if moved else [],
            seen=last_seen(connection, caller),
            outcomes=outcomes_since(connection, caller, cookie) if moved else [],
            server_time=self.now(),
        )

    def snapshot_head(self, connection: Connection, caller: Caller) -> SnapshotHead:
        """Give the head of a snapshot at the present version."""
        version, epoch = self._now(connection, caller.event_id)
        return SnapshotHead(
            server_id=self.server_id,
            epoch=epoch,
            event_id=caller.event_id,
            version=version,
            seen=last_seen(connection, caller),
            outcomes=outcomes_since(connection, caller, 0),
        )

    def _now(self, connection: Connection, event_id: str) -> tuple[int, int]:
        row = _NOW.row(connection, event_id=event_id)
        if row is None:
            raise BadInput("no_event", "This event is not on this server.")
        return row.version, row.epoch


# Made once: making a statement costs several times what a database needs to run it.
_event = EventCounter.event_id == bindparam("event_id", type_=String)
_NOW = Prepared(select(EventCounter.version, EventCounter.epoch).where(_event))
_LOCKED = Prepared(
    select(
        EventCounter.epoch,
        EventCounter.version,
        EventCounter.position,
        EventCounter.install_id,
        EventCounter.install_epoch,
        EventCounter.next_number,
        EventCounter.signing_number,
        EventCounter.signing_private,
    )
    .where(_event)
    .with_for_update()
)
_COUNTED = (
    update(EventCounter)
    .where(EventCounter.event_id == bindparam("of_event"))
    .values({name: bindparam(name) for name in ("version", "position", "next_number")})
)
_LAST_SEEN = Prepared(
    select(InstallSeen.number, InstallSeen.op_id).where(
        InstallSeen.event_id == bindparam("event_id", type_=String),
        InstallSeen.install_id == bindparam("install_id", type_=String),
        InstallSeen.epoch == bindparam("epoch", type_=BigInteger),
    )
)
_SEEN_FURTHER = (
    update(InstallSeen)
    .where(
        InstallSeen.event_id == bindparam("of_event"),
        InstallSeen.install_id == bindparam("of_install"),
        InstallSeen.epoch == bindparam("of_epoch"),
    )
    .values(number=bindparam("number"), op_id=bindparam("op_id"))
)
_KNOWN_OPS = PreparedByIds(
    select(LogRow.op_id).where(
        LogRow.event_id == bindparam("event_id"), LogRow.op_id.in_(bindparam(IDS, expanding=True))
    )
)


def _known_ops(connection: Connection, event_id: str, op_ids: Sequence[str]) -> set[str]:
    return {op_id for (op_id,) in _KNOWN_OPS.rows_of(connection, op_ids, event_id=event_id)}
