"""Engines that are broken on purpose: for each invariant, what must make its check fail."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import Any
from unittest.mock import patch
from uuid import UUID, uuid5

from sqlalchemy import Connection, update

from models.ids import new_id
from models.store import rebase as rebase_module
from models.store.copy_tables import Replica as ReplicaRow
from models.store.local_copy import LocalCopy
from models.store.log_tables import LogRow
from models.store.rows import Change, Rows
from models.store.schema import SYNCED
from models.store.undo_log import set_recording, undo_pending
from sync.client.engine import SyncEngine
from sync.protocol import BATCH, PushAnswer
from sync.server import double_admissions as twice_module
from sync.server import event_log as event_log_module
from sync.server import hub_replica as hub_replica_module
from sync.server.event_log import EventLog
from sync.server.hub_replica import HubReplica
from sync.server.open_log import OpenLog
from sync.server.quarantine import revoked_devices
from tests.helpers.simulator.party import Wanted
from tests.helpers.simulator.promises import Invariant


@dataclass(frozen=True)
class Breakage:
    """One way to break the engine, and the promise that must fail then.

    ``broken`` breaks it for a while, and gives the kind of run in which that shows.
    """

    name: str
    breaks: Invariant
    broken: Callable[[], AbstractContextManager[Wanted]]


_seen_as_it_is = partial(Wanted, checksums=False)
"""A run in which no checksum mends what a broken engine spoils."""


@contextmanager
def no_dedupe() -> Generator[Wanted]:
    """A server that takes in again what it has, as one that knows neither numbers nor operations would."""

    class Forgetful(EventLog):
        def push(self, connection: Connection, caller: Any, envelopes: Sequence[Any]) -> PushAnswer:
            log = self.lock(connection, caller.event_id)
            for envelope in envelopes:
                self._is_next(connection, log, envelope)
                key = (envelope.install_id, envelope.epoch)
                seen_before = log.seen.get(key)
                known = event_log_module._known_ops(connection, caller.event_id, [envelope.op_id])
                again = envelope.model_copy(update={"op_id": new_id()}) if known else envelope
                self._take(connection, log, caller, again)
                if seen_before is None or envelope.number > seen_before.number:
                    log.seen[key] = event_log_module.Seen(
                        install_id=envelope.install_id,
                        epoch=envelope.epoch,
                        number=envelope.number,
                        op_id=envelope.op_id,
                    )
            self.close(connection, log, set(log.seen))
            return PushAnswer(version=log.version, seen=list(log.seen.values()))

    yield _seen_as_it_is(hubs=False, copied_files=False, steps=50, check_deaths=False, event_log=Forgetful)


@contextmanager
def acknowledged_on_send() -> Generator[Wanted]:
    """A client that counts as handed in what it has only sent."""

    class Hasty(SyncEngine):
        def _push(self) -> int:
            copy = self._replica
            batch = copy.pending(BATCH)
            if not batch:
                return 0
            assert isinstance(copy, LocalCopy)
            with copy.database.write() as connection:
                connection.execute(update(ReplicaRow).values(acknowledged=batch[-1].number))
            self._transport.push(batch)
            return len(batch)

    def keep(_copy: LocalCopy, _connection: Connection, identity: Any, _seen: Any) -> int:
        return identity.acknowledged

    with patch.object(LocalCopy, "_acknowledge", keep):
        yield _seen_as_it_is(hubs=False, copied_files=False, steps=30, engine=Hasty)


@contextmanager
def no_undo() -> Generator[Wanted]:
    """A rebase that writes the server's rows over the pending ones without putting those back first."""

    def forget(connection: Connection) -> Change:
        connection.exec_driver_sql("DELETE FROM undo_log")
        return Change()

    assert rebase_module.undo_pending is undo_pending
    with patch.object(rebase_module, "undo_pending", forget):
        yield _seen_as_it_is(hubs=False, copied_files=False, steps=50)


@contextmanager
def cursor_off_by_one() -> Generator[Wanted]:
    """A server that answers pulls from one version too late on."""

    class Skipping(EventLog):
        def pull(self, connection: Connection, caller: Any, cookie: int) -> Any:
            return super().pull(connection, caller, cookie + 1)

    yield _seen_as_it_is(hubs=False, copied_files=False, event_log=Skipping)


@contextmanager
def log_out_of_order() -> Generator[Wanted]:
    """A server that numbers the operations of a batch in another order than it applied them."""

    class Shuffling(EventLog):
        def push(self, connection: Connection, caller: Any, envelopes: Sequence[Any]) -> PushAnswer:
            answer = super().push(connection, caller, envelopes)
            if len(envelopes) > 1:
                last = answer.version
                places = LogRow.event_id == caller.event_id
                for place, to in ((last, -1), (last - 1, last), (-1, last - 1)):
                    connection.execute(update(LogRow).where(places, LogRow.position == place).values(position=to))
            return answer

    yield _seen_as_it_is(hubs=False, copied_files=False, event_log=Shuffling)


@contextmanager
def own_clock_in_apply() -> Generator[Wanted]:
    """Operations that write a number of their own, so that applying one again gives another row."""
    real = Rows.insert_missing
    counted = [0]

    def stamped(rows: Rows, entity: Any, values: Sequence[Any]) -> None:
        if entity.__tablename__ == "entries":
            counted[0] += 1
            values = [{**value, "staff_name": f"{value['staff_name']} {counted[0]}"} for value in values]
        real(rows, entity, values)

    with patch.object(Rows, "insert_missing", stamped):
        yield _seen_as_it_is(hubs=False, copied_files=False, check_deaths=False)


@contextmanager
def seats_for_everybody() -> Generator[Wanted]:
    """No rule and no constraint that keeps a seat for one."""
    with (
        patch("models.operations.seating.seat_holders", lambda _connection, _ids: {}),
        patch("models.operations.entries.seat_holders", lambda _connection, _ids: {}),
    ):
        yield _seen_as_it_is(
            hubs=False, copied_files=False, steps=50, loosened=(("attendees", "uq_attendees_seat_id"),)
        )


@contextmanager
def no_conflicts() -> Generator[Wanted]:
    """A server that looks for no double admissions."""
    with patch.object(twice_module, "_concerned", lambda _connection, made: [set() for _ in made]):
        yield _seen_as_it_is(hubs=False, copied_files=False, steps=30)


@contextmanager
def conflicts_not_for_doors() -> Generator[Wanted]:
    """A server that keeps double admissions from the doors that made them."""
    real = twice_module._finding

    def hidden(*arguments: Any) -> Any:
        return replace(real(*arguments), for_doors=False)

    with patch.object(twice_module, "_finding", hidden):
        yield _seen_as_it_is(hubs=False, copied_files=False, steps=30)


@contextmanager
def numbers_in_advance() -> Generator[Wanted]:
    """A naive cursor: each of two server processes draws its versions from a block of its own, as a cached sequence.

    Whoever was given a version of the higher block never asks for what the other process numbers below it.
    """

    class Drawing(EventLog):
        def __init__(self, *arguments: Any) -> None:
            super().__init__(*arguments)
            self._drawn, self._turn = [0, 1_000], 0

        def lock(self, connection: Connection, event_id: str) -> OpenLog:
            log = super().lock(connection, event_id)
            self._turn = 1 - self._turn
            log.version = max(self._drawn[self._turn], log.version % 1_000 + self._turn * 1_000)
            return log

        def close(self, connection: Connection, log: OpenLog, handed: Any) -> None:
            self._drawn[self._turn] = log.version
            log.version = max(self._drawn)
            super().close(connection, log, handed)

    yield _seen_as_it_is(hubs=False, copied_files=False, event_log=Drawing)


@contextmanager
def copies_not_noticed() -> Generator[Wanted]:
    """A device that takes the server's word for a number without looking which operation is meant."""

    def believe(_copy: LocalCopy, connection: Connection, identity: Any, seen: Any) -> int:
        number = max((one.number for one in seen if one.epoch == identity.epoch), default=0)
        connection.execute(update(ReplicaRow).values(acknowledged=number))
        return number

    def go_on(copy: LocalCopy, _install_id: str) -> None:
        with copy.database.write() as connection:
            connection.exec_driver_sql("UPDATE replica SET acknowledged = (SELECT max(number) FROM outbox)")

    with patch.object(LocalCopy, "_acknowledge", believe), patch.object(LocalCopy, "start_new_epoch", go_on):
        yield _seen_as_it_is(hubs=False, copied_files=True, steps=40, check_deaths=False)


@contextmanager
def receipts_for_nothing() -> Generator[Wanted]:
    """A server that gives a revoked device its receipt and throws away what it handed in."""

    class Throwing(EventLog):
        def _take(self, connection: Connection, log: OpenLog, caller: Any, envelope: Any) -> bool:
            if caller.device_id in revoked_devices(connection, caller.event_id):
                return True
            return super()._take(connection, log, caller, envelope)

    yield _seen_as_it_is(hubs=False, copied_files=False, steps=25, revoked=True, check_deaths=False, event_log=Throwing)


@contextmanager
def decisions_without_effect() -> Generator[Wanted]:
    """A server that leaves in quarantine what an organizer accepted."""
    with patch.object(event_log_module, "judge", lambda *_: None):
        yield _seen_as_it_is(hubs=False, copied_files=False, steps=25, revoked=True)


@contextmanager
def sums_of_a_skipped_row() -> Generator[Wanted]:
    """A server that answers pulls from one version too late on, and tells its devices the sum of all rows."""
    with cursor_off_by_one() as wanted:
        yield replace(wanted, checksums=True)


# -- hubs ------------------------------------------------------------------------------------------------

_below_a_server = partial(_seen_as_it_is, hubs=True, copied_files=False, revoked=False)


@contextmanager
def rebased_rows_keep_their_version() -> Generator[Wanted]:
    """A hub that takes the central rows in under the versions its own had: its devices have those already."""
    real = hub_replica_module.rebase

    def versions(connection: Connection) -> dict[str, list[tuple[int, str]]]:
        named = ((entity.__tablename__, "SELECT version, id FROM " + entity.__tablename__) for entity in SYNCED)
        return {name: [tuple(row) for row in connection.exec_driver_sql(read)] for name, read in named}

    def unheard(connection: Connection, *arguments: Any) -> Any:
        before = versions(connection)
        done = real(connection, *arguments)
        set_recording(connection, 0)
        for name, rows in before.items():
            if rows:
                connection.exec_driver_sql(f"UPDATE {name} SET version = ? WHERE id = ?", rows)
        set_recording(connection, 1)
        return done

    with patch.object(hub_replica_module, "rebase", unheard):
        yield _below_a_server(steps=40)


@contextmanager
def hub_without_tombstones() -> Generator[Wanted]:
    """A hub that tells nobody of rows that are gone when the central order wins."""
    with patch.object(HubReplica, "_leave_tombstones", lambda *_: None):
        yield _below_a_server(steps=90, revoked=True, apart=True)


@contextmanager
def handed_on_when_sent() -> Generator[Wanted]:
    """A hub that counts as handed on what it has only sent."""

    class Hasty(SyncEngine):
        def _push(self) -> int:
            hub = self._replica
            if not isinstance(hub, HubReplica):
                return super()._push()
            batch = hub.pending(BATCH)
            with hub._database.write() as connection:
                sent = LogRow.op_id.in_([one.op_id for one in batch])
                connection.execute(update(LogRow).where(sent).values(upstream_seen=True))
            if batch:
                self._transport.push(batch)
            return len(batch)

    yield _below_a_server(steps=40, engine=Hasty)


@contextmanager
def handed_on_by_other_names() -> Generator[Wanted]:
    """A hub that hands on operations under ids of its own, by which nobody knows them again."""
    names: dict[str, str] = {}
    pending, mark_seen = HubReplica.pending, HubReplica._mark_seen

    def renamed(hub: HubReplica, limit: int = BATCH, skip: int = 0) -> list[Any]:
        found = [(one, str(uuid5(UUID(one.op_id), "the hub's"))) for one in pending(hub, limit, skip)]
        names.update({name: one.op_id for one, name in found})
        return [one.model_copy(update={"op_id": name}) for one, name in found]

    def by_own_name(hub: HubReplica, connection: Connection, seen: Any) -> Any:
        own = [one.model_copy(update={"op_id": names.get(one.op_id, one.op_id)}) for one in seen]
        return mark_seen(hub, connection, own)

    with patch.object(HubReplica, "pending", renamed), patch.object(HubReplica, "_mark_seen", by_own_name):
        yield _below_a_server(steps=25)


BREAKAGES = (
    Breakage("no dedupe", Invariant.ENTRIES_ONCE, no_dedupe),
    Breakage("acknowledged on send", Invariant.AFTER_A_KILL, acknowledged_on_send),
    Breakage("no undo before the server's rows", Invariant.EQUAL_VIEWS, no_undo),
    Breakage("cursor off by one", Invariant.EQUAL_VIEWS, cursor_off_by_one),
    Breakage("log out of order", Invariant.REPLAY, log_out_of_order),
    Breakage("an operation that is not deterministic", Invariant.REPLAY, own_clock_in_apply),
    Breakage("no rule for seats", Invariant.SEATS, seats_for_everybody),
    Breakage("no search for double admissions", Invariant.DOUBLE_ADMISSIONS, no_conflicts),
    Breakage("double admissions kept from doors", Invariant.DOUBLE_ADMISSIONS, conflicts_not_for_doors),
    Breakage("versions drawn in advance", Invariant.NO_SKIP, numbers_in_advance),
    Breakage("copied files not noticed", Invariant.COPIES_LOSE_NOTHING, copies_not_noticed),
    Breakage("receipts for nothing", Invariant.QUEUE_RECOVERED, receipts_for_nothing),
    Breakage("decisions without effect", Invariant.QUEUE_RECOVERED, decisions_without_effect),
    Breakage("cursor off by one, under checksums", Invariant.CHECKSUMS, sums_of_a_skipped_row),
    Breakage("rebased rows keep their version at a hub", Invariant.EQUAL_VIEWS, rebased_rows_keep_their_version),
    Breakage("a hub without tombstones", Invariant.EQUAL_VIEWS, hub_without_tombstones),
    Breakage("handed on when sent", Invariant.ENTRIES_ONCE, handed_on_when_sent),
    Breakage("handed on by other names", Invariant.ENTRIES_ONCE, handed_on_by_other_names),
)
