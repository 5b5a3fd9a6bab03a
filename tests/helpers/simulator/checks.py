"""What must always hold, checked against nothing but rows, and in other words than the program's own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, select

from models.base import canonical_json
from models.conflicts import ConflictKind
from models.errors import BadInput
from models.events import Role
from models.operations.base import apply_operation, decode
from models.operations.quarantine import Judgement, JudgeQuarantined
from models.store.exchange import OutcomeKind
from models.store.log_tables import LogRow
from models.store.rows import Context
from models.store.schema import SYNCED
from models.store.views import door_conflicts_only, visible_columns
from sync.server.event_log import EventLog
from tests.helpers.simulator.nodes import DeviceNode, ServerNode, Serving, entry_ids_of, restored_entry_ids_of
from tests.helpers.simulator.promises import Broken, Invariant

_HELD_BACK = (OutcomeKind.QUARANTINED, OutcomeKind.DISCARDED)


View = Mapping[str, Mapping[str, tuple[Any, ...]]]


def view(connection: Connection, event_id: str, role: Role) -> View:
    """Read all rows that a role sees, without the version, which each server counts for itself."""
    found: dict[str, dict[str, tuple[Any, ...]]] = {}
    for entity in SYNCED:
        columns = [column for column in visible_columns(entity, role) if column != "version"]
        if not columns:
            continue
        condition = " AND for_doors = 1" if door_conflicts_only(entity, role) else ""
        rows = connection.exec_driver_sql(
            f"SELECT {', '.join(columns)} FROM {entity.__tablename__} WHERE event_id = ?{condition}", (event_id,)
        )
        place = columns.index("id")
        found[entity.__tablename__] = {row[place]: tuple(row) for row in rows}
        found[f"columns of {entity.__tablename__}"] = {"": tuple(columns)}
    return found


def differences(one: View, other: View, one_name: str, other_name: str) -> list[str]:
    """Name each row and column in which two views differ."""
    lines: list[str] = []
    for table in sorted(one.keys() | other.keys()):
        here, there = one.get(table, {}), other.get(table, {})
        columns = one.get(f"columns of {table}", {}).get("", ())
        for row_id in sorted(here.keys() | there.keys()):
            if row_id not in here:
                lines.append(f"{table} {row_id[:8]}: {one_name} lacks it; {other_name}: {there[row_id]}")
            elif row_id not in there:
                lines.append(f"{table} {row_id[:8]}: {other_name} lacks it; {one_name}: {here[row_id]}")
            elif here[row_id] != there[row_id]:
                cells = [
                    f"{column}: {a!r} at {one_name}, {b!r} at {other_name}"
                    for column, a, b in zip(columns, here[row_id], there[row_id], strict=False)
                    if a != b
                ]
                lines.append(f"{table} {row_id[:8]}: {'; '.join(cells)}")
    return lines


def check_views(server: ServerNode, devices: Sequence[DeviceNode], hubs: Sequence[ServerNode]) -> None:
    """Check 2: row for row, for devices and hubs."""
    by_role: dict[Role, View] = {}
    with server.read() as connection:
        for role in (Role.OWNER, Role.ORGANIZER, Role.DOOR):
            by_role[role] = view(connection, server.event_id, role)
    lines: list[str] = []
    for hub in hubs:
        with hub.read() as connection:
            lines += differences(view(connection, server.event_id, Role.OWNER), by_role[Role.OWNER], hub.name, "server")
    for device in devices:
        with device.copy.read() as connection:
            mine = view(connection, server.event_id, device.role)
        lines += differences(mine, by_role[device.role], device.name, "server")
    if lines:
        raise Broken(Invariant.EQUAL_VIEWS, lines)


def check_entries(server: ServerNode, committed: Mapping[str, str], shown: Mapping[str, str]) -> None:
    """Check 1: operations and entries that were committed anywhere, against the server's log and rows.

    ``committed`` maps op ids, ``shown`` entry ids that a screen showed as done, to the device's name. An entry that
    waits for a decision about a revoked device is in the log, and counts once it is accepted; one that came back out of
    a saved file counts although the operation that it was made by may be lost.
    """
    with server.read() as connection:
        log = connection.execute(
            select(LogRow.op_id, LogRow.name, LogRow.arguments, LogRow.outcome, LogRow.reason).where(
                LogRow.event_id == server.event_id
            )
        ).all()
        rows = Counter(connection.exec_driver_sql("SELECT id FROM entries").scalars())
    operations = Counter(row.op_id for row in log)
    logged = Counter(entry for row in log for entry in entry_ids_of(row.name, row.arguments))
    brought_back = {entry for row in log if row.outcome == OutcomeKind.APPLIED for entry in restored_entry_ids_of(row)}
    held_back = {entry for row in log if row.outcome in _HELD_BACK for entry in entry_ids_of(row.name, row.arguments)}
    lines = [
        f"operation {one} of {who} is in the log {operations[one]} times"
        for one, who in committed.items()
        if operations[one] != 1
    ]
    lines += [
        f"entry {one} of {who} is in the log {logged[one]} times" for one, who in shown.items() if logged[one] != 1
    ]
    lines += [
        f"entry {one} of {who} is in the rows {rows[one]} times"
        for one, who in shown.items()
        if rows[one] != (one in brought_back or one not in held_back)
    ]
    lines += [f"entry {one} is in the log {count} times" for one, count in logged.items() if count > 1]
    lines += [
        f"entry {one} is in the rows and not in the log" for one in rows if one not in logged.keys() | brought_back
    ]
    lines += [
        f"{row.name} {row.op_id} is {row.outcome} ({row.reason}), and it carries an entry"
        for row in log
        if entry_ids_of(row.name, row.arguments) and row.outcome not in (OutcomeKind.APPLIED, *_HELD_BACK)
    ]
    if lines:
        raise Broken(Invariant.ENTRIES_ONCE, lines)


def check_copies(server: ServerNode, copies: Sequence[DeviceNode]) -> None:
    """Check 8: all that the files hold which were copied or put back from a copy is at the server."""
    lines: list[str] = []
    with server.read() as connection:
        logged = set(connection.exec_driver_sql("SELECT op_id FROM event_log").scalars())
    for device in copies:
        with device.copy.read() as connection:
            mine = connection.exec_driver_sql("SELECT op_id, name FROM outbox ORDER BY number").all()
        lines += [f"{name} {op_id} of {device.name} is lost" for op_id, name in mine if op_id not in logged]
    if lines:
        raise Broken(Invariant.COPIES_LOSE_NOTHING, lines)


def check_quarantine(server: ServerNode, revoked: Sequence[DeviceNode]) -> None:
    """Check 9: what a revoked device did is at the server as it was made, and what was accepted is not held back."""
    with server.read() as connection:
        log = {
            row.op_id: row
            for row in connection.execute(
                select(LogRow.op_id, LogRow.name, LogRow.arguments, LogRow.outcome, LogRow.reason_code).where(
                    LogRow.event_id == server.event_id
                )
            )
        }
        erased = connection.exec_driver_sql("SELECT count(*) FROM guests WHERE erased_at IS NOT NULL").scalar_one()
    lines: list[str] = []
    for device in revoked:
        with device.copy.read() as connection:
            mine = connection.exec_driver_sql("SELECT op_id, name, arguments FROM outbox ORDER BY number").all()
        for op_id, name, arguments in mine:
            kept = log.get(op_id)
            if kept is None:
                lines.append(f"{name} {op_id} of {device.name}, which was revoked, is nowhere")
            elif kept.arguments != arguments and not erased:
                lines.append(f"{name} {op_id} of {device.name} is not kept as it was made")
    for row in log.values():
        if row.name != JudgeQuarantined.name or row.outcome != OutcomeKind.APPLIED:
            continue
        said = decode(row.name, row.arguments)
        assert isinstance(said, JudgeQuarantined)
        judged = log.get(said.op_id)
        undecided = _HELD_BACK if said.verdict is Judgement.ACCEPT else (OutcomeKind.QUARANTINED,)
        if judged is not None and judged.outcome in undecided:
            lines.append(f"{judged.name} {said.op_id} was decided about ({said.verdict}) and is {judged.outcome}")
    if lines:
        raise Broken(Invariant.QUEUE_RECOVERED, lines)


def check_seats(connection: Connection, whose: str) -> None:
    """Check 4: count the holders of each seat, row by row."""
    driver: Any = connection.connection.driver_connection
    held = driver.execute("SELECT seat_id, id FROM attendees NOT INDEXED WHERE seat_id IS NOT NULL")
    by_seat: dict[str, list[str]] = {}
    for seat, who in held:
        by_seat.setdefault(seat, []).append(who)
    twice = [f"seat {seat} at {whose} is held by {sorted(who)}" for seat, who in by_seat.items() if len(who) > 1]
    if twice:
        raise Broken(Invariant.SEATS, twice)


_DOUBLE_ADMISSIONS = """
WITH passages AS (
    SELECT e.id, e.op_id, e.happened_at, e.direction, e.verdict,
           COALESCE(e.attendee_id, t.attendee_id, e.ticket_serial) AS holder,
           e.happened_at || ' ' || e.op_id || ' ' || e.id AS place
    FROM entries e
    LEFT JOIN tickets t ON t.serial = e.ticket_serial AND e.attendee_id IS NULL
    WHERE e.passed = 1 AND e.undoes IS NULL
      AND NOT EXISTS (SELECT 1 FROM entries u WHERE u.undoes = e.id)
)
SELECT a.op_id, b.op_id, a.holder
FROM passages a JOIN passages b ON a.holder = b.holder AND a.place < b.place AND a.op_id <> b.op_id
WHERE a.direction = 'in' AND b.direction = 'in'
  AND a.verdict <> 'already_inside' AND b.verdict <> 'already_inside'
  AND NOT EXISTS (
      SELECT 1 FROM passages o
      WHERE o.holder = a.holder AND o.direction = 'out' AND o.place > a.place AND o.place < b.place
  )
ORDER BY 1, 2
"""


def check_double_admissions(server: ServerNode, devices: Sequence[DeviceNode]) -> int:
    """Check 5: find the double admissions by SQL on the server's entries; give how many there are."""
    with server.read() as connection:
        expected = [tuple(row) for row in connection.exec_driver_sql(_DOUBLE_ADMISSIONS)]
    lines: list[str] = []
    for whose, read in [(server.name, server.read), *((one.name, one.copy.read) for one in devices)]:
        with read() as connection:
            found = set(
                connection.exec_driver_sql(
                    "SELECT operations FROM conflicts WHERE kind = ?", (str(ConflictKind.DOUBLE_ADMISSION),)
                ).scalars()
            )
        lines += [
            f"{whose} has no Conflict for the operations {first} and {second} that let {holder} in"
            for first, second, holder in expected
            if canonical_json(sorted([first, second])) not in found
        ]
    if lines:
        raise Broken(Invariant.DOUBLE_ADMISSIONS, lines)
    return len({(first, second) for first, second, _ in expected})


def check_replay(server: Serving, replay: Serving, replayed: int = 0) -> None:
    """Check 3: apply the numbered log to an empty server, each operation in its stored context.

    ``replayed`` are the first positions that the replay has already.
    """
    with server.read() as connection:
        log = connection.execute(
            select(LogRow).where(LogRow.event_id == server.event_id).order_by(LogRow.position)
        ).all()
        stored = view(connection, server.event_id, Role.OWNER)
    lines: list[str] = []
    places = [row.position for row in log]
    moved = any(row.resettled for row in log)
    if places != list(range(1, len(places) + 1)) and not moved:
        lines.append(f"the log's positions are not 1 to {len(places)}")
    with replay.write() as connection:
        if not replayed:
            replay.log.open_event(connection, server.event_id)
        opened = replay.log.lock(connection, server.event_id)
        judged: dict[str, str] = {}
        for row in log:
            if row.name == JudgeQuarantined.name and row.outcome == OutcomeKind.APPLIED:
                said = decode(row.name, row.arguments)
                assert isinstance(said, JudgeQuarantined)
                if judged.get(said.op_id) != Judgement.ACCEPT:
                    judged[said.op_id] = said.verdict
        for row in log[replayed:]:
            context = Context(server.event_id, row.op_id, row.device_time, row.version, row.server_time)
            outcome = _in_quarantine(connection, row, judged)
            outcome = outcome or _replayed(connection, replay.log, opened, row, context)
            if outcome != (row.outcome, row.reason_code):
                lines.append(
                    f"{row.position} {row.name} {row.op_id[:8]}: {row.outcome} {row.reason_code} in the log,"
                    f" {outcome[0]} {outcome[1]} in the replay"
                )
        replayed_view = view(connection, server.event_id, Role.OWNER)
    lines += differences(replayed_view, stored, "replay", "server")
    if lines:
        raise Broken(Invariant.REPLAY, lines)


def _in_quarantine(connection: Connection, row: Any, judged: Mapping[str, str]) -> tuple[str, str | None] | None:
    """Tell what a revoked device's operation must be that nobody accepted; None for every other one.

    One that came before the rights were taken away, and waited for a later version of the server, is applied.
    """
    if row.resettled:
        return None
    revoked = connection.exec_driver_sql(
        "SELECT count(*) FROM devices WHERE id IN (?, ?) AND revoked_at IS NOT NULL", (row.device_id, row.handed_in_by)
    ).scalar_one()
    verdict = judged.get(row.op_id)
    if not revoked or verdict == Judgement.ACCEPT:
        return None
    return (OutcomeKind.DISCARDED if verdict else OutcomeKind.QUARANTINED), "device_revoked"


def _replayed(connection: Connection, log: EventLog, opened: Any, row: Any, context: Context) -> tuple[str, str | None]:
    try:
        operation = decode(row.name, row.arguments)
    except BadInput as bad:
        return OutcomeKind.REFUSED, bad.code
    own_work = row.device_id is None and row.handed_in_by is None
    if own_work:
        apply_operation(connection, operation, context)
        return OutcomeKind.APPLIED, None
    by_hub = row.handed_in_by is not None and row.device_id is None and row.role == Role.OWNER
    if operation.made_by_servers:
        if not by_hub:
            return OutcomeKind.REFUSED, "not_allowed"
    elif Role(row.role) not in operation.roles_allowed(connection):
        return OutcomeKind.REFUSED, "not_allowed"
    settled = log.settle(connection, opened, operation, context)
    return (OutcomeKind.WAITING, "server_fault") if settled is None else (settled.outcome, settled.code)


def check_outcomes(server: ServerNode, devices: Sequence[DeviceNode]) -> None:
    """Check that each outbox holds what the server made of its operations, and nothing is pending."""
    with server.read() as connection:
        log = {
            op_id: (outcome, code)
            for op_id, outcome, code in connection.execute(
                select(LogRow.op_id, LogRow.outcome, LogRow.reason_code).where(LogRow.event_id == server.event_id)
            )
        }
    lines: list[str] = []
    for device in devices:
        with device.copy.read() as connection:
            rows = connection.exec_driver_sql("SELECT op_id, name, outcome, reason_code FROM outbox").all()
        for op_id, name, outcome, code in rows:
            said = (outcome or str(OutcomeKind.APPLIED), code)
            if op_id in log and said != log[op_id]:
                lines.append(f"{device.name} thinks {name} {op_id[:8]} was {said}, the server {log[op_id]}")
        if device.copy.pending(1):
            lines.append(f"{device.name} still thinks that operations are pending")
    if lines:
        raise Broken(Invariant.OUTCOMES, lines)
