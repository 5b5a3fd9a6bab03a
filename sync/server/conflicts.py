"""Writing Conflicts: what operations that could not know of each other leave for a person to look at."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from sqlalchemy import Connection, select

from models.conflicts import Conflict, ConflictKind, conflict_id
from models.errors import Refused
from models.invitations import Attendee
from models.operations.base import Operation
from models.operations.seating import SeatAttendees
from models.people import Guest
from models.store.rows import Change, Context, Finding, Rows


def write_conflicts(
    connection: Connection,
    operation: Operation,
    context: Context,
    *,
    findings: Sequence[Finding] = (),
    refusal: Refused | None = None,
) -> Change:
    """Write the Conflicts that an operation made, after it was applied or refused; one that is there stays.

    Gives the Conflict rows that were added.
    """
    rows = Rows(connection, context)
    if refusal is not None:
        add_conflict(rows, _of_refusal(operation, refusal), [context.op_id])
    for finding in _one_of_a_kind(findings):
        add_conflict(rows, finding, [context.op_id, *finding.against])
    return rows.change


def _one_of_a_kind(findings: Sequence[Finding]) -> list[Finding]:
    """Put together what one operation met of the same kind: the first is told, with the number of the others."""
    together: dict[tuple[ConflictKind, tuple[str, ...]], list[Finding]] = {}
    for finding in findings:
        together.setdefault((finding.kind, tuple(finding.against)), []).append(finding)
    return [
        replace(some[0], details={**some[0].details, "others": str(len(some) - 1)}) if len(some) > 1 else some[0]
        for some in together.values()
    ]


def add_conflict(rows: Rows, finding: Finding, op_ids: Iterable[str]) -> None:
    """Write the Conflict of a finding about some operations; one that is there stays."""
    operations = sorted(set(op_ids))
    the_id = conflict_id(rows.context.event_id, finding.kind, operations)
    if rows.connection.scalar(select(Conflict.id).where(Conflict.id == the_id)) is not None:
        return
    details = dict(finding.details)
    if finding.about_id is not None and "guest" not in details:
        details.update(_name(rows.connection, finding.about_table, finding.about_id))
    rows.insert(
        Conflict,
        [
            {
                "id": the_id,
                "kind": finding.kind,
                "about_table": finding.about_table,
                "about_id": finding.about_id,
                "operations": operations,
                "details": details,
                "for_doors": finding.for_doors,
                "resolved_at": None,
                "resolved_by": None,
                "resolution": None,
            }
        ],
    )


def _of_refusal(operation: Operation, refusal: Refused) -> Finding:
    words = {key: str(value) for key, value in refusal.details.items() if key != "cause"}
    about = words.get("attendee_id")
    kind = ConflictKind.SEAT_TAKEN if refusal.code == "seat_taken" else ConflictKind.REFUSED
    if kind is ConflictKind.REFUSED:
        words |= {"name": operation.name, "code": refusal.code, "reason": refusal.message}
    elif isinstance(operation, SeatAttendees) and len(operation.placements) > 1:
        # Refused for one seat, the others were not moved either.
        words["others"] = str(len(operation.placements) - 1)
    return Finding(kind, Attendee.__tablename__, about, words, for_doors=operation.refusal_concerns_doors)


def _name(connection: Connection, table: str, row_id: str) -> dict[str, str]:
    if table == Guest.__tablename__:
        name = connection.scalar(select(Guest.name).where(Guest.id == row_id))
    elif table == Attendee.__tablename__:
        name = connection.scalar(
            select(Guest.name).join(Attendee, Attendee.guest_id == Guest.id).where(Attendee.id == row_id)
        )
    else:
        name = None
    return {} if name is None else {"guest": name}
