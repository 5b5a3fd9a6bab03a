"""Writing Conflicts: what operations that could not know of each other leave for a person to look at."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, bindparam, select

from models.attendance import PASSAGES, Entry, Passage, double_admissions, read_passages
from models.base import time_text
from models.conflicts import Conflict, ConflictKind, conflict_id
from models.errors import Refused
from models.events import Device
from models.invitations import Attendee
from models.operations.base import BULK, Operation
from models.people import Guest
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
    for finding in findings:
        _add(rows, finding, [context.op_id, *finding.against])
    if change is not None:
        for first, second in _not_written_yet(rows, _double_admissions(connection, change)):
            _add(rows, _of_double_admission(connection, first, second), [first.op_id, second.op_id])
    return rows.change


def _not_written_yet(rows: Rows, pairs: Sequence[tuple[Passage, Passage]]) -> list[tuple[Passage, Passage]]:
    """Leave out the double admissions that have their Conflict, looked up all at once."""
    event_id, kind = rows.context.event_id, ConflictKind.DOUBLE_ADMISSION
    ids = [conflict_id(event_id, kind, [first.op_id, second.op_id]) for first, second in pairs]
    written: set[str] = set()
    for start in range(0, len(ids), BULK):
        some = ids[start : start + BULK]
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
    return Finding(kind, Attendee.__tablename__, about, words, for_doors=operation.refusal_concerns_doors)


# Made once: they run at every check-in, and making a statement costs several times what a database needs to run it.
_WHO_ENTERED = (
    select(Entry.attendee_id, Entry.ticket_serial, Ticket.attendee_id)
    .outerjoin(Ticket, (Ticket.serial == Entry.ticket_serial) & (Ticket.event_id == Entry.event_id))
    .where(Entry.id.in_(bindparam("entry_ids", expanding=True)))
)
_OF_ATTENDEE = Prepared(
    PASSAGES.where(
        (Entry.attendee_id == bindparam("attendee_id"))
        | (
            Entry.attendee_id.is_(None)
            & Entry.ticket_serial.in_(select(Ticket.serial).where(Ticket.attendee_id == bindparam("attendee_id")))
        )
    )
)
_OF_UNLISTED = Prepared(PASSAGES.where(Entry.ticket_serial == bindparam("serial"), Entry.attendee_id.is_(None)))


def _double_admissions(connection: Connection, change: Change) -> list[tuple[Passage, Passage]]:
    """Find the double admissions of everybody whom the changed entries and tickets are about."""
    attendees: set[str] = set()
    unlisted: set[str] = set()
    for attendee, serial, holder in connection.execute(_WHO_ENTERED, {"entry_ids": list(change.ids(Entry))}):
        if attendee or holder:
            attendees.add(attendee or holder or "")
        elif serial:
            unlisted.add(serial)
    ticket_ids = list(change.ids(Ticket))
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


def _of_double_admission(connection: Connection, first: Passage, second: Passage) -> Finding:
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
