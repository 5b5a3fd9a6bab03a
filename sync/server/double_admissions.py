"""Finding who was let in twice by operations that could not know of each other, and writing their Conflicts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BindParameter, Connection, bindparam, func, select

from models.attendance import PASSAGES, Entry, Passage, double_admissions
from models.base import time_text
from models.conflicts import Conflict, ConflictKind, conflict_id
from models.events import Device
from models.invitations import Attendee
from models.store.portions import portions
from models.store.prepared import IDS, PreparedByIds
from models.store.rows import Change, Context, Finding, Rows
from models.tickets import Ticket
from sync.server.conflicts import add_conflict

_Pair = tuple[Passage, Passage]
_ENTERED = frozenset({Entry.__tablename__, Ticket.__tablename__})


@dataclass(frozen=True)
class Made:
    """What an operation changed, and the context it was applied in."""

    context: Context
    change: Change

    @property
    def concerns_entries(self) -> bool:
        """Whether somebody may have been let in twice by it."""
        return not _ENTERED.isdisjoint(self.change.rows)


def write_double_admissions(connection: Connection, made: Sequence[Made]) -> Change:
    """Write the Conflicts of some operations that were just applied in this order, each as if none came after it.

    One Conflict for each pair of operations; one that is there stays. Gives the Conflict rows that were added.
    """
    concerned = _concerned(connection, made)
    passages = _passages_of(connection, set[str]().union(*concerned))
    still_to_come = {one.context.op_id for one in made}
    found: list[tuple[Context, list[_Pair]]] = []
    for one, people in zip(made, concerned, strict=True):
        still_to_come.discard(one.context.op_id)
        pairs: list[_Pair] = []
        for person in sorted(people & passages.keys()):
            pairs += double_admissions(entry for entry in passages[person] if entry.op_id not in still_to_come)
        if pairs:
            found.append((one.context, pairs))
    return _write(connection, found) if found else Change()


def _concerned(connection: Connection, made: Sequence[Made]) -> list[set[str]]:
    """Give for each operation whom its entries and tickets are about."""
    entry_ids = list({entry_id: None for one in made for entry_id in one.change.ids(Entry)})
    ticket_ids = sorted({ticket_id for one in made for ticket_id in one.change.ids(Ticket)})
    who: dict[str, str | None] = {}
    for some in portions(entry_ids):
        who.update(_WHO_ENTERED.rows_of(connection, some))
    for some in portions(ticket_ids):
        who.update(_WHO_HOLDS.rows_of(connection, some))
    people: list[set[str]] = []
    for one in made:
        about = {who.get(row_id) for row_id in one.change.ids(Entry) | one.change.ids(Ticket)}
        people.append({person for person in about if person})
    return people


def _passages_of(connection: Connection, people: Iterable[str]) -> dict[str, list[Passage]]:
    """Read all entries of those people who have several; made with their ticket before anybody knew whose it is, too.

    Nearly everybody has come once, so that counting comes first. Of some who have one entry it is given all the same.
    """
    passages: dict[str, list[Passage]] = defaultdict(list)
    for some in portions(sorted(people)):
        found = [row for prepared in (_OF_HOLDERS, _OF_UNLISTED) for row in prepared.rows_of(connection, some)]
        again = {row.person for row in found} | {row.person for row in _CAME_AGAIN.rows_of(connection, some)}
        if again:
            found += _OF_ATTENDEES.rows_of(connection, sorted(again))
        for *values, person in found:
            passages[person].append(Passage(*values))
    return passages


def _write(connection: Connection, found: Sequence[tuple[Context, list[_Pair]]]) -> Change:
    event_id = found[0][0].event_id
    written = _written(connection, event_id, [pair for _, pairs in found for pair in pairs])
    changes: list[Change] = []
    for context, pairs in found:
        together: dict[tuple[str, str], list[_Pair]] = {}
        for first, second in pairs:
            together.setdefault((first.op_id, second.op_id), []).append((first, second))
        rows = Rows(connection, context)
        for op_ids, of_both in together.items():
            the_id = conflict_id(event_id, ConflictKind.DOUBLE_ADMISSION, op_ids)
            if the_id not in written:
                written.add(the_id)
                add_conflict(rows, _finding(connection, of_both), op_ids)
        changes.append(rows.change)
    return Change.of_all(changes)


def _written(connection: Connection, event_id: str, pairs: Sequence[_Pair]) -> set[str]:
    """Give the ids of those Conflicts about pairs of operations that are there already."""
    about = {(first.op_id, second.op_id) for first, second in pairs}
    ids = sorted(conflict_id(event_id, ConflictKind.DOUBLE_ADMISSION, op_ids) for op_ids in about)
    written: set[str] = set()
    for some in portions(ids):
        written.update(connection.scalars(select(Conflict.id).where(Conflict.id.in_(some))))
    return written


def _finding(connection: Connection, pairs: Sequence[_Pair]) -> Finding:
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


# Made once: they run at every check-in, and making a statement costs several times what a database needs to run it.
_IDS: BindParameter[Any] = bindparam(IDS, expanding=True)
_ITS_TICKET = (Ticket.serial == Entry.ticket_serial) & (Ticket.event_id == Entry.event_id)
# Not to be searched by its index: entries of nobody on the list can be many, those with one of these tickets are few.
_OF_NOBODY = func.coalesce(Entry.attendee_id, "") == ""
_WHO_ENTERED = PreparedByIds(
    select(Entry.id, func.coalesce(Entry.attendee_id, Ticket.attendee_id, Entry.ticket_serial).label("person"))
    .outerjoin(Ticket, _ITS_TICKET)
    .where(Entry.id.in_(_IDS))
)
_WHO_HOLDS = PreparedByIds(select(Ticket.id, Ticket.attendee_id).where(Ticket.id.in_(_IDS)))
_CAME_AGAIN = PreparedByIds(
    select(Entry.attendee_id.label("person"))
    .where(Entry.attendee_id.in_(_IDS))
    .group_by(Entry.attendee_id)
    .having(func.count() > 1)
)
_OF_ATTENDEES = PreparedByIds(
    PASSAGES.add_columns(Entry.attendee_id.label("person")).where(Entry.attendee_id.in_(_IDS))
)
_OF_HOLDERS = PreparedByIds(
    PASSAGES.add_columns(Ticket.attendee_id.label("person"))
    .join(Ticket, Ticket.serial == Entry.ticket_serial)
    .where(Ticket.attendee_id.in_(_IDS), _OF_NOBODY)
)
_OF_UNLISTED = PreparedByIds(
    PASSAGES.add_columns(Entry.ticket_serial.label("person"))
    .outerjoin(Ticket, _ITS_TICKET)
    .where(Entry.ticket_serial.in_(_IDS), _OF_NOBODY, Ticket.attendee_id.is_(None))
)
