"""Writing Conflicts: what operations that could not know of each other leave for a person to look at."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from sqlalchemy import ColumnElement, Connection, bindparam, func, select
from sqlalchemy.orm import aliased

from models.attendance import PASSAGES, Entry, Passage, double_admissions, read_passages
from models.base import time_text
from models.conflicts import Conflict, ConflictKind, conflict_id
from models.errors import Refused
from models.events import Device
from models.invitations import Attendee
from models.operations.base import Operation
from models.operations.seating import SeatAttendees
from models.people import Guest
from models.store.portions import portions
from models.store.prepared import Prepared
from models.store.rows import Change, Context, Finding, Rows
from models.tickets import Ticket


def write_conflicts(
    connection: Connection,
    operation: Operation,
    context: Context,
    *,
    findings: Sequence[Finding] = (),
    change: Change | None = None,
    refusal: Refused | None = None,
) -> Change:
    """Write the Conflicts that an operation made, after it was applied or refused; one that is there stays.

    Gives the Conflict rows that were added.
    """
    rows = Rows(connection, context)
    if refusal is not None:
        _add(rows, _of_refusal(operation, refusal), [context.op_id])
    for finding in _one_of_a_kind(findings):
        _add(rows, finding, [context.op_id, *finding.against])
    if change is not None:
        together: dict[tuple[str, str], list[tuple[Passage, Passage]]] = {}
        for first, second in _not_written_yet(rows, _double_admissions(connection, change)):
            together.setdefault((first.op_id, second.op_id), []).append((first, second))
        for op_ids, pairs in together.items():
            _add(rows, _of_double_admission(connection, pairs), op_ids)
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


def _not_written_yet(rows: Rows, pairs: Sequence[tuple[Passage, Passage]]) -> list[tuple[Passage, Passage]]:
    """Leave out the double admissions that have their Conflict, looked up all at once."""
    event_id, kind = rows.context.event_id, ConflictKind.DOUBLE_ADMISSION
    ids = [conflict_id(event_id, kind, [first.op_id, second.op_id]) for first, second in pairs]
    written: set[str] = set()
    for some in portions(ids):
        written.update(rows.connection.scalars(select(Conflict.id).where(Conflict.id.in_(some))))
    return [pair for the_id, pair in zip(ids, pairs, strict=True) if the_id not in written]


def _add(rows: Rows, finding: Finding, op_ids: Iterable[str]) -> None:
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


# Made once: they run at every check-in, and making a statement costs several times what a database needs to run it.
_WHO_ENTERED = (
    select(Entry.attendee_id, Entry.ticket_serial, Ticket.attendee_id)
    .outerjoin(Ticket, (Ticket.serial == Entry.ticket_serial) & (Ticket.event_id == Entry.event_id))
    .where(Entry.id.in_(bindparam("entry_ids", expanding=True)))
)


def _passages_of(attendee_id: ColumnElement[str]) -> Prepared:
    by_ticket = Entry.ticket_serial.in_(select(Ticket.serial).where(Ticket.attendee_id == attendee_id))
    return Prepared(PASSAGES.where((Entry.attendee_id == attendee_id) | (Entry.attendee_id.is_(None) & by_ticket)))


def _who_made(entry_id: ColumnElement[str]) -> ColumnElement[str]:
    one, shown = aliased(Entry), aliased(Ticket)
    return (
        select(func.coalesce(one.attendee_id, shown.attendee_id))
        .outerjoin(shown, (shown.serial == one.ticket_serial) & (shown.event_id == one.event_id))
        .where(one.id == entry_id)
        .scalar_subquery()
    )


_OF_ATTENDEE = _passages_of(bindparam("attendee_id"))
_OF_WHOEVER_MADE = _passages_of(_who_made(bindparam("entry_id")))
_OF_UNLISTED = Prepared(PASSAGES.where(Entry.ticket_serial == bindparam("serial"), Entry.attendee_id.is_(None)))


def _double_admissions(connection: Connection, change: Change) -> list[tuple[Passage, Passage]]:
    """Find the double admissions of everybody whom the changed entries and tickets are about."""
    entry_ids, ticket_ids = list(change.ids(Entry)), list(change.ids(Ticket))
    if len(entry_ids) == 1 and not ticket_ids:
        # One person at one door, as nearly always: one question instead of two. No answer: it is nobody on the list.
        passages = read_passages(connection, _OF_WHOEVER_MADE, entry_id=entry_ids[0])
        if passages:
            return double_admissions(passages)
    attendees: set[str] = set()
    unlisted: set[str] = set()
    for attendee, serial, holder in connection.execute(_WHO_ENTERED, {"entry_ids": entry_ids}):
        if attendee or holder:
            attendees.add(attendee or holder or "")
        elif serial:
            unlisted.add(serial)
    if ticket_ids:
        attendees.update(
            holder
            for holder in connection.scalars(
                select(Ticket.attendee_id)
                .join(Entry, (Entry.ticket_serial == Ticket.serial) & (Entry.event_id == Ticket.event_id))
                .where(Ticket.id.in_(ticket_ids), Ticket.attendee_id.is_not(None))
            )
            if holder
        )
    found: list[tuple[Passage, Passage]] = []
    for attendee in sorted(attendees):
        found += double_admissions(read_passages(connection, _OF_ATTENDEE, attendee_id=attendee))
    for serial in sorted(unlisted):
        found += double_admissions(read_passages(connection, _OF_UNLISTED, serial=serial))
    return found


def _of_double_admission(connection: Connection, pairs: Sequence[tuple[Passage, Passage]]) -> Finding:
    """Make the finding about two operations that both let somebody in: one guest, or the same ones of a group."""
    first, second = pairs[0]
    found = connection.execute(select(Device.id, Device.name).where(Device.id.in_([first.device_id, second.device_id])))
    devices = dict(found.all())
    details = {
        "guest": first.shown_name or second.shown_name,
        "first_door": first.door_name,
        "first_at": time_text(first.happened_at),
        "first_device": devices.get(first.device_id, ""),
        "first_entry": first.id,
        "second_door": second.door_name,
        "second_at": time_text(second.happened_at),
        "second_device": devices.get(second.device_id, ""),
        "second_entry": second.id,
    }
    if len(pairs) > 1:
        details |= {"others": str(len(pairs) - 1), "other_entries": " ".join(also.id for _, also in pairs[1:])}
    about = first.attendee_id or second.attendee_id
    return Finding(ConflictKind.DOUBLE_ADMISSION, Attendee.__tablename__, about, details, for_doors=True)


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
