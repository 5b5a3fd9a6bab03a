"""Conflicts in a copy, written by the server's own code from operations that really met."""

from __future__ import annotations

from datetime import datetime, timedelta

from models.attendance import EntryHow, Verdict
from models.errors import Refused
from models.events import Direction
from models.ids import new_id
from models.operations.base import Operation, apply_operation, now_utc
from models.operations.edits import FieldEdit
from models.operations.entries import NewEntry, RecordEntries, WalkIn
from models.operations.people import EditGuest, GuestField
from models.operations.seating import Placement, SeatAttendees
from models.store.rows import Change, Context
from sync.server.conflicts import write_conflicts
from sync.server.double_admissions import Made, write_double_admissions
from tests.helpers.door_event import DoorEvent


def serve(event: DoorEvent, operation: Operation, *, at: datetime | None = None) -> Change:
    """Apply an operation as a server does, its Conflicts included, and give the rows that changed."""
    moment = at or now_utc()
    context = Context(event.event_id, new_id(), moment, version=1, server_at=moment)
    with event.copy.database.write() as connection:
        savepoint = connection.begin_nested()
        try:
            done = apply_operation(connection, operation, context)
        except Refused as refusal:
            savepoint.rollback()
            return write_conflicts(connection, operation, context, refusal=refusal)
        savepoint.commit()
        written = write_conflicts(connection, operation, context, findings=done.findings)
        twice = write_double_admissions(connection, [Made(context, done.change)])
        return Change.of_all([done.change, written, twice])


def entry_in(event: DoorEvent, name: str, door: str, happened_at: datetime) -> NewEntry:
    """Make an entry by which somebody came in."""
    return NewEntry(
        entry_id=new_id(),
        attendee_id=event.attendees[name],
        shown_name=name,
        direction=Direction.IN,
        passed=True,
        verdict=Verdict.ADMITTED,
        how=EntryHow.SCAN,
        door_name=door,
        device_id=new_id(),
        happened_at=happened_at,
        device_at=happened_at,
    )


def admit_twice(event: DoorEvent, *names: str, first_at: datetime, late: timedelta = timedelta(minutes=9)) -> Change:
    """Let one or a group in at two doors, two minutes apart; both operations reach the server ``late``."""
    change = Change()
    for door, at in (("North", first_at), ("Garden", first_at + timedelta(minutes=2))):
        entries = tuple(entry_in(event, name, door, at) for name in names)
        change = change.joined_with(serve(event, RecordEntries(entries=entries), at=at + late))
    return change


def walk_in_on_taken_seat(event: DoorEvent, name: str, table: str, seat: int) -> Change:
    """Let a walk-in have a seat that somebody else has by then."""
    attendee_id = new_id()
    event.attendees[name] = attendee_id
    now = now_utc()
    entry = entry_in(event, name, "North", now).model_copy(update={"how": EntryHow.WALK_IN})
    operation = WalkIn(
        guest_id=new_id(),
        attendee_id=attendee_id,
        invitation_id=new_id(),
        guest_name=name,
        seat_id=event.seats[table, seat],
        entry=entry,
    )
    return serve(event, operation)


def seat_refused(event: DoorEvent, name: str, table: str, seat: int) -> Change:
    """Ask for a seat that somebody else holds by then."""
    placement = Placement(attendee_id=event.attendees[name], seat_id=event.seats[table, seat])
    return serve(event, SeatAttendees(placements=(placement,)))


def note_edited_twice(event: DoorEvent, name: str, *, other: str, kept: str) -> Change:
    """Have a door note written in two places, neither of which had seen the other's."""
    written = serve(event, _note(event, name, other))
    return written.joined_with(serve(event, _note(event, name, kept)))


def _note(event: DoorEvent, name: str, text: str) -> EditGuest:
    return EditGuest(
        guest_id=event.guests[name], fields=GuestField(door_note=FieldEdit[str | None](seen=None, new=text))
    )
