"""What the inbox says about a conflict, and the ways out of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, tzinfo
from enum import StrEnum

from sqlalchemy import Connection, select

from models.attendance import Entry, EntryHow, Passage, Verdict, passages_where, standing
from models.base import parse_time
from models.conflicts import Conflict, ConflictKind
from models.door_words import Say, english, when_text
from models.events import Direction, Door, Event
from models.ids import new_id
from models.invitations import Attendee, Invitation
from models.operations.base import Operation
from models.operations.conflicts import SettleConflict
from models.operations.edits import FieldEdit
from models.operations.entries import NewEntry, RecordEntries
from models.operations.people import EditGuest, GuestField
from models.operations.seating import Placement, SeatAttendees
from models.people import Guest
from models.seating import Seat, Table

OFFLINE_AFTER = timedelta(seconds=20)
"""An entry that took longer than this to reach a server was made offline."""
_LONGEST_VALUE = 80
_GUEST_TEXTS = frozenset(GuestField.model_fields) - {"tags"}


class Way(StrEnum):
    """A way to settle a conflict."""

    KEEP = "keep"
    UNDO_SECOND = "undo_second"
    SEAT_ELSEWHERE = "seat_elsewhere"
    TAKE_OTHER = "take_other"
    SEEN = "seen"


@dataclass(frozen=True, slots=True)
class SeatOfGuest:
    """Who a seat conflict is about, and where they sit now."""

    attendee_id: str
    seat_id: str | None
    place: str


@dataclass(frozen=True, slots=True)
class InboxItem:
    """One conflict with what is known about it by now.

    ``seconds`` are the entries that "undo" would undo; ``late_doors`` are the doors whose entry came in late.
    """

    conflict_id: str
    kind: ConflictKind
    about_table: str
    about_id: str | None
    details: Mapping[str, str]
    created_at: datetime
    resolved_at: datetime | None
    resolution: str | None
    subject: str = ""
    seconds: tuple[Passage, ...] = ()
    late_doors: tuple[str, ...] = ()
    sits: SeatOfGuest | None = None
    is_replaceable: bool = False

    @property
    def is_open(self) -> bool:
        """Whether nobody has settled it."""
        return self.resolved_at is None


@dataclass(frozen=True, slots=True)
class ConflictWords:
    """A sentence, what else helps to decide, and the ways out in the order of the buttons."""

    sentence: str
    detail: str
    ways: tuple[Way, ...]


def read_inbox(connection: Connection, event_id: str) -> list[InboxItem]:
    """Read all conflicts of an event: the open ones first, the newest on top of each part."""
    found = [
        InboxItem(row[0], ConflictKind(row[1]), *row[2:])
        for row in connection.execute(
            select(
                Conflict.id,
                Conflict.kind,
                Conflict.about_table,
                Conflict.about_id,
                Conflict.details,
                Conflict.created_at,
                Conflict.resolved_at,
                Conflict.resolution,
            ).where(Conflict.event_id == event_id, Conflict.deleted_at.is_(None))
        )
    ]
    found.sort(key=lambda item: item.created_at, reverse=True)
    found.sort(key=lambda item: not item.is_open)
    return [_with_present_state(connection, item) for item in found]


def count_open(connection: Connection, event_id: str) -> int:
    """Count the conflicts that wait for somebody."""
    open_ones = select(Conflict.id).where(
        Conflict.event_id == event_id, Conflict.deleted_at.is_(None), Conflict.resolved_at.is_(None)
    )
    return len(connection.scalars(open_ones).all())


def conflict_words(item: InboxItem, zone: tzinfo, now: datetime, say: Say = english) -> ConflictWords:
    """Say what a conflict is about, whatever its kind."""
    if item.kind is ConflictKind.DOUBLE_ADMISSION:
        return _double_admission(item, zone, now, say)
    if item.kind is ConflictKind.SEAT_TAKEN:
        return _seat_taken(item, say)
    if item.kind is ConflictKind.EDITED_TWICE:
        return _edited_twice(item, say)
    if item.kind is ConflictKind.OVER_CAPACITY:
        return _over_capacity(item, say)
    return _refused(item, say)


def way_text(way: Way, item: InboxItem, say: Say = english) -> str:
    """Name a way out for its button."""
    if way is Way.KEEP:
        if item.kind is not ConflictKind.DOUBLE_ADMISSION:
            return say("Leave it as it is")
        return say("Keep all entries") if len(item.seconds) > 1 else say("Keep both entries")
    if way is Way.UNDO_SECOND:
        return say("Undo the second entries") if len(item.seconds) > 1 else say("Undo the second entry")
    if way is Way.SEAT_ELSEWHERE:
        return say("Seat elsewhere…")
    return say("Take the other one") if way is Way.TAKE_OTHER else say("Seen")


def settled_text(item: InboxItem, zone: tzinfo, now: datetime, say: Say = english) -> str:
    """Say how and when a conflict was settled."""
    how = say(_RESOLUTIONS.get(item.resolution or "", "Settled"))
    return f"{how} · {when_text(item.resolved_at, zone, now, say)}" if item.resolved_at else how


# -- settling --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Settler:
    """Who settles, and when: the device and its time, corrected and as it stands on the device."""

    device_id: str
    now: datetime
    device_now: datetime


def keep(item: InboxItem, settler: Settler) -> list[Operation]:
    """Settle by leaving everything as it is."""
    return [_settle(item, settler, "kept")]


def see(item: InboxItem, settler: Settler) -> list[Operation]:
    """Settle what only had to be known."""
    return [_settle(item, settler, "seen")]


def undo_second(item: InboxItem, settler: Settler) -> list[Operation]:
    """Settle a double admission by undoing the later entries; by that alone when they were undone already."""
    settled = _settle(item, settler, "undone")
    entries = tuple(
        NewEntry(
            entry_id=new_id(),
            attendee_id=second.attendee_id,
            ticket_serial=second.ticket_serial,
            shown_name=second.shown_name,
            direction=Direction(second.direction),
            passed=False,
            verdict=Verdict(second.verdict),
            how=EntryHow.UNDO,
            door_name=second.door_name,
            device_id=settler.device_id,
            happened_at=settler.now,
            device_at=settler.device_now,
            undoes=second.id,
        )
        for second in item.seconds
    )
    return [RecordEntries(entries=entries), settled] if entries else [settled]


def seat_elsewhere(item: InboxItem, seat_id: str, settler: Settler) -> list[Operation]:
    """Settle a seat conflict by giving the guest another seat."""
    assert item.sits is not None
    placement = Placement(attendee_id=item.sits.attendee_id, seat_id=seat_id, seen=item.sits.seat_id)
    return [SeatAttendees(placements=(placement,)), _settle(item, settler, "seated_elsewhere")]


def take_other(item: InboxItem, settler: Settler) -> list[Operation]:
    """Settle a double edit by putting the overwritten values back."""
    assert item.about_id is not None
    edits = {
        name: FieldEdit[str | None](seen=_value(kept), new=_value(other))
        for name, other, kept in _edited_fields(item.details)
    }
    return [
        EditGuest(guest_id=item.about_id, fields=GuestField.model_validate(edits)),
        _settle(item, settler, "merged"),
    ]


def _settle(item: InboxItem, settler: Settler, resolution: str) -> SettleConflict:
    return SettleConflict.model_validate(
        {"conflict_id": item.conflict_id, "resolution": resolution, "settled_by": settler.device_id}
    )


# -- the present state -----------------------------------------------------------------------------------


def _with_present_state(connection: Connection, item: InboxItem) -> InboxItem:
    item = replace(item, subject=_subject(connection, item))
    if item.kind is ConflictKind.DOUBLE_ADMISSION:
        ids = [item.details.get("first_entry", ""), item.details.get("second_entry", "")]
        later = [ids[1], *item.details.get("other_entries", "").split()]
        passages = passages_where(connection, Entry.id.in_(later) | Entry.undoes.in_(later))
        counted = {one.id: one for one in standing(passages)}
        seconds = tuple(counted[one] for one in later if one in counted)
        return replace(item, seconds=seconds, late_doors=_late_doors(connection, ids))
    attendee_id = item.details.get("attendee_id") or item.about_id
    if item.kind is ConflictKind.SEAT_TAKEN and attendee_id is not None:
        return replace(item, sits=_seat_now(connection, attendee_id))
    if item.kind is ConflictKind.EDITED_TWICE:
        return replace(item, is_replaceable=_is_replaceable(connection, item), details=_named_seats(connection, item))
    return item


def _late_doors(connection: Connection, entry_ids: Sequence[str]) -> tuple[str, ...]:
    # By the corrected time: a door whose clock is ten minutes behind was not offline for that.
    found = connection.execute(
        select(Entry.id, Entry.door_name, Entry.happened_at, Entry.server_at).where(Entry.id.in_(entry_ids))
    ).all()
    late = {entry_id: door for entry_id, door, made, came in found if came is not None and came - made > OFFLINE_AFTER}
    return tuple(late[one] for one in entry_ids if one in late)


def _seat_now(connection: Connection, attendee_id: str) -> SeatOfGuest | None:
    row = connection.execute(
        select(Attendee.seat_id, Table.label, Seat.number)
        .outerjoin(Seat, Seat.id == Attendee.seat_id)
        .outerjoin(Table, Table.id == Seat.table_id)
        .where(Attendee.id == attendee_id, Attendee.deleted_at.is_(None))
    ).one_or_none()
    if row is None:
        return None
    label, number = row[1], row[2]
    return SeatOfGuest(attendee_id, row[0], "" if row[0] is None else f"table {label}, seat {number}")


def _subject(connection: Connection, item: InboxItem) -> str:
    if item.details.get("guest"):
        return item.details["guest"]
    columns = {
        Guest.__tablename__: (Guest.name, Guest.id),
        Table.__tablename__: (Table.label, Table.id),
        Event.__tablename__: (Event.title, Event.id),
        Door.__tablename__: (Door.name, Door.id),
        Invitation.__tablename__: (Invitation.name, Invitation.id),
    }
    if item.about_table == Attendee.__tablename__:
        wanted = select(Guest.name).join(Attendee, Attendee.guest_id == Guest.id).where(Attendee.id == item.about_id)
    elif item.about_table in columns:
        name, row_id = columns[item.about_table]
        wanted = select(name).where(row_id == item.about_id)
    else:
        return ""
    return connection.scalar(wanted) or ""


def _is_replaceable(connection: Connection, item: InboxItem) -> bool:
    """Tell whether the other values can be put back: text fields of a guest that still hold what was kept."""
    fields = _edited_fields(item.details)
    if item.about_table != Guest.__tablename__ or not fields or any(name not in _GUEST_TEXTS for name, _, _ in fields):
        return False
    columns = [Guest.__table__.c[name] for name, _, _ in fields]
    row = connection.execute(
        select(*columns).where(Guest.id == item.about_id, Guest.deleted_at.is_(None))
    ).one_or_none()
    return row is not None and [_value(kept) for _, _, kept in fields] == list(row)


def _named_seats(connection: Connection, item: InboxItem) -> Mapping[str, str]:
    if "seat_id" not in item.details:
        return item.details
    ids = [item.details["seat_id"], item.details.get("seat_id:kept", "")]
    places: dict[str, str] = {
        seat_id: f"table {label}, seat {number}"
        for seat_id, label, number in connection.execute(
            select(Seat.id, Table.label, Seat.number).join(Table, Table.id == Seat.table_id).where(Seat.id.in_(ids))
        )
    }
    other, kept = (places.get(one, "") for one in ids)
    return {**item.details, "seat_id": other, "seat_id:kept": kept}


# -- the sentences ---------------------------------------------------------------------------------------


def _double_admission(item: InboxItem, zone: tzinfo, now: datetime, say: Say) -> ConflictWords:
    details = item.details
    passages = [
        f"{details.get(f'{which}_door') or details.get(f'{which}_device') or say('a door')} "
        f"{when_text(parse_time(details[f'{which}_at']), zone, now, say)}"
        for which in ("first", "second")
    ]
    template = say("{guest} was let in twice: {first}, {second}")
    if details.get("others"):
        template = say("{guest} and {others} more were let in twice: {first}, {second}")
    sentence = template.format(
        guest=item.subject or say("Somebody"), others=details.get("others"), first=passages[0], second=passages[1]
    )
    if len(item.late_doors) > 1:
        sentence += say(", both offline")
    elif item.late_doors:
        sentence += say(", {door} offline").format(door=item.late_doors[0])
    if not item.seconds:
        return ConflictWords(sentence, say("The second entry does not count any more."), (Way.SEEN,))
    detail = say("Two people may have come in with one ticket. Keep both, or undo one if it was the same person.")
    if len(item.seconds) > 1:
        detail = say(
            "Others may have come in with the same tickets."
            " Keep all, or undo the second entries if it was the same people."
        )
    return ConflictWords(sentence, detail, (Way.KEEP, Way.UNDO_SECOND))


def _seat_taken(item: InboxItem, say: Say) -> ConflictWords:
    details = item.details
    place = say("Table {table}, seat {seat}").format(table=details.get("table", "?"), seat=details.get("seat", "?"))
    guest = item.subject or say("Somebody")
    if details.get("holder"):
        template = say("{place} was given twice: {holder} keeps it, {guest} does not")
        sentence = template.format(place=place, holder=details["holder"], guest=guest)
    else:
        sentence = say("{place} could not be given to {guest}: it is blocked or gone").format(place=place, guest=guest)
    if item.sits is None:
        return ConflictWords(sentence, say("This guest is not on the list any more."), (Way.SEEN,))
    if item.sits.place:
        detail = say("{guest} sits at {place} now.").format(guest=guest, place=item.sits.place)
    else:
        detail = say("{guest} has no seat now.").format(guest=guest)
    if details.get("others") == "1":
        detail += " " + say("1 more was to move in the same step and stays as well.")
    elif details.get("others"):
        many = say("{others} more were to move in the same step and stay as well.")
        detail += " " + many.format(others=details["others"])
    return ConflictWords(sentence, detail, (Way.SEAT_ELSEWHERE, Way.KEEP))


def _edited_twice(item: InboxItem, say: Say) -> ConflictWords:
    fields = _edited_fields(item.details)
    words = [say(_FIELDS.get(name, name.replace("_", " "))) for name, _, _ in fields]
    listed = words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {say('and')} {words[-1]}" if words else ""
    of_whom = item.subject or say("this event")
    if item.details.get("others"):
        of_whom = say("{subject} and {others} more").format(subject=of_whom, others=item.details["others"])
    template = say("The {fields} of {subject} was changed in two places at once")
    if len(words) > 1:
        template = say("The {fields} of {subject} were changed in two places at once")
    template_kept = say("{field}: “{kept}” counts, “{other}” was overwritten.")
    detail = " ".join(
        template_kept.format(field=word[:1].upper() + word[1:], kept=_short(kept, say), other=_short(other, say))
        for word, (_, other, kept) in zip(words, fields, strict=True)
    )
    ways = (Way.KEEP, Way.TAKE_OTHER) if item.is_replaceable else (Way.KEEP,)
    return ConflictWords(template.format(fields=listed, subject=of_whom), detail, ways)


def _refused(item: InboxItem, say: Say) -> ConflictWords:
    details = item.details
    what = say(_OPERATIONS.get(details.get("name", "").partition(".")[0], "A change"))
    if item.subject:
        what = say("{what} of {guest}").format(what=what, guest=item.subject)
    sentence = say("{what} did not hold and was left out").format(what=what)
    return ConflictWords(sentence, details.get("reason", ""), (Way.SEEN,))


def _over_capacity(item: InboxItem, say: Say) -> ConflictWords:
    template = say("{guest} came in over the capacity: {coming} people for {capacity} places")
    sentence = template.format(
        guest=item.subject or say("A walk-in"),
        coming=item.details.get("coming", "?"),
        capacity=item.details.get("capacity", "?"),
    )
    return ConflictWords(sentence, say("Walk-ins are let in and flagged; nobody has to leave for it."), (Way.SEEN,))


def _edited_fields(details: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """Give name, overwritten value and kept value of each edited field."""
    return [
        (name.removesuffix(":kept"), details.get(name.removesuffix(":kept"), ""), kept)
        for name, kept in details.items()
        if name.endswith(":kept")
    ]


def _value(text: str) -> str | None:
    return None if text in ("", "null") else text


def _short(text: str, say: Say) -> str:
    value = _value(text)
    if value is None:
        return say("nothing")
    return value if len(value) <= _LONGEST_VALUE else f"{value[: _LONGEST_VALUE - 1]}…"


_RESOLUTIONS = {
    "kept": "Left as it is",
    "undone": "Second entry undone",
    "seated_elsewhere": "Seated elsewhere",
    "merged": "Other value taken",
    "seen": "Seen",
}
_FIELDS = {
    "name": "name",
    "email": "e-mail address",
    "phone": "phone number",
    "company": "company",
    "notes": "notes",
    "door_note": "note for the door",
    "diet": "diet",
    "access_needs": "accessibility needs",
    "tags": "tags",
    "rsvp": "answer",
    "meal": "meal",
    "ticket_type_id": "ticket type",
    "payment_status": "payment",
    "seat_id": "seat",
    "label": "label",
    "title": "title",
    "venue_text": "place",
    "starts_at": "start",
    "ends_at": "end",
    "time_zone": "time zone",
}
_OPERATIONS = {
    "seat_attendees": "A change of the seat",
    "set_rsvp": "The answer",
    "edit_guest": "An edit",
    "edit_attendee": "An edit",
    "edit_table": "An edit of a table",
    "add_guests": "Adding guests",
    "hide_guests": "Taking guests off the list",
    "move_tables": "Moving tables",
    "remove_tables": "Removing tables",
    "add_tables": "Adding tables",
    "issue_tickets": "Making tickets",
    "revoke_ticket": "Revoking a ticket",
}
