"""What must hold at every step, not only after quiet: what pulls give out, and what is left after a death."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection

from models.store.identity import read_identity
from models.store.local_copy import _run_pending_again
from models.store.rebase import rebase
from models.store.schema import SYNCED
from tests.helpers.simulator.checks import differences, view
from tests.helpers.simulator.nodes import DeviceNode, Serving
from tests.helpers.simulator.promises import Broken, Invariant

_ALL_VERSIONS = " UNION ALL ".join(
    f"SELECT '{entity.__tablename__}', id, version FROM {entity.__tablename__}" for entity in SYNCED
)
_PAST_ANY_NUMBER = 2**62


class GivenOut:
    """The rows that each server had at each version it gave out.

    A row may change later, and then has a later version. A row that turns up at or below a version which somebody
    has already reached was skipped: nobody who has that version will ever ask for it.
    """

    def __init__(self) -> None:
        self._rows: dict[str, dict[int, frozenset[tuple[str, str, int]]]] = {}

    def forget(self, name: str) -> None:
        """Begin anew with a server that is not where it was."""
        self._rows.pop(name, None)

    def check(self, connection: Connection, server: Serving, cookie: int, version: int) -> None:
        """Check 6, in the transaction that answers a pull: after ``cookie``, up to ``version``."""
        if cookie >= version:
            return
        driver: Any = connection.connection.driver_connection
        rows = frozenset(driver.execute(_ALL_VERSIONS))
        known = self._rows.setdefault(server.name, {})
        known[version] = rows
        late = [one for one in rows - known.get(cookie, rows) if one[2] <= cookie]
        ahead = [one for one in rows if one[2] > version]
        if late or ahead:
            raise Broken(
                Invariant.NO_SKIP,
                [
                    *(
                        f"{table} {row[:8]} has version {at}: {server.name} gave {cookie} out before"
                        for table, row, at in late
                    ),
                    *(
                        f"{table} {row[:8]} has version {at}, beyond {server.name}'s {version}"
                        for table, row, at in ahead
                    ),
                ],
            )


def check_outbox(device: DeviceNode, logged: set[str], revoked_ids: set[str]) -> None:
    """Check 7 on a copy as its file is: what is pending, what the server has, and rows that agree with both.

    ``logged`` are the operations in the log of any server. The rows of a revoked device stay as they were, although
    a server has its operations: it is given no others in their place.
    """
    copy = device.copy
    lines: list[str] = []
    with copy.read() as connection:
        identity = read_identity(connection)
        rows = [tuple(row) for row in connection.exec_driver_sql("SELECT number, op_id FROM outbox ORDER BY number")]
    if [number for number, _ in rows] != list(range(1, len(rows) + 1)):
        lines.append(f"the outbox of {device.name} has gaps: {[number for number, _ in rows]}")
    there = {op_id for _, op_id in rows}
    lines += [f"{op_id} was committed at {device.name} and is gone" for op_id in device.noted if op_id not in there]
    beyond = [op_id for number, op_id in rows if number > identity.acknowledged]
    pending = [one.op_id for one in copy.pending(_PAST_ANY_NUMBER)]
    if pending != beyond:
        lines.append(f"{device.name} holds {pending} for pending, and {beyond} is beyond what its server has seen")
    # One that has been put back to a backup since may lack what it had, or a hub's server above.
    if (identity.server_id, identity.server_epoch) == (device.server.server_id, device.server.epoch):
        lines += [
            f"{device.name} holds {number} for handed in, and no server has it"
            for number, op_id in rows
            if number <= identity.acknowledged and op_id not in logged
        ]
    # One that goes to another server starts from that server's rows, and only then runs again what is pending there;
    # one that was told to hand in again (a gap, a fork), with the answer to its next pull.
    is_told_to_again = identity.epoch != device.in_step_at[0] or identity.acknowledged < device.in_step_at[1]
    if device.caller.device_id not in revoked_ids and identity.server_id is not None and not is_told_to_again:
        lines += _run_again_gives_the_same(device, identity.acknowledged)
    if lines:
        raise Broken(Invariant.AFTER_A_KILL, lines)


class _Enough(Exception):
    """Nothing of this is to be kept."""


def _run_again_gives_the_same(device: DeviceNode, acknowledged: int) -> list[str]:
    """Undo what is pending and run it again, as a pull would: the rows must be those that were there."""
    copy, lines = device.copy, list[str]()
    try:
        with (
            copy.database.engine.execution_options(usher_begin="IMMEDIATE").connect() as connection,
            connection.begin(),
        ):
            before = view(connection, copy.event_id, device.role)
            rebase(connection, {}, [], lambda: _run_pending_again(connection, copy.event_id, acknowledged))
            after = view(connection, copy.event_id, device.role)
            lines = differences(before, after, f"{device.name}", "the same, run again")
            raise _Enough
    except _Enough:
        return lines
