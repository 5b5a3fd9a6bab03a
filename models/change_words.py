"""What a change is called when people read of it, and whom or what it is about."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, ValidationError
from sqlalchemy import Connection, select

from models.door_words import Say, english, names_text
from models.events import Door
from models.invitations import Attendee, Invitation
from models.people import Guest
from models.seating import Seat, Table
from models.tickets import Ticket

LONGEST_READ = 300_000
"""Characters of arguments that are read for names; a larger change is an import, which its title says well enough."""
_TABLES_SHOWN = 6


class ChangeKind(StrEnum):
    """What sort of change an operation is, for counting them."""

    ENTRY = "entry"
    WALK_IN = "walk_in"
    SEAT = "seat"
    ANSWER = "answer"
    GUEST = "guest"
    TABLE = "table"
    TICKET = "ticket"
    DOOR = "door"
    EVENT = "event"
    CONFLICT = "conflict"
    RESTORED = "restored"
    OTHER = "other"


def kind_of(name: str) -> ChangeKind:
    """Give the kind of an operation by its versioned name; one from a newer Usher is of the kind ``other``."""
    return _change(name)[0]


def count_text(kind: ChangeKind, count: int, say: Say = english) -> str:
    """Say how many changes of a kind there are: ``12 entries``, ``1 seat change``."""
    one, many = _COUNTED[kind]
    return say(one) if count == 1 else say(many).format(count=count)


def counts_text(counts: Mapping[ChangeKind, int], say: Say = english) -> str:
    """Say how many there are of each kind, the most first: ``12 entries, 2 seat changes``; empty for none."""
    in_order = sorted(ChangeKind, key=lambda kind: -counts.get(kind, 0))
    return ", ".join(count_text(kind, counts[kind], say) for kind in in_order if counts.get(kind))


def change_title(name: str, say: Say = english) -> str:
    """Name a change in a few words: ``Seat change``."""
    return say(_change(name)[1])


def change_about(connection: Connection, arguments: str, say: Say = english) -> str:
    """Say whom or what an operation is about, by its arguments (JSON): ``Åsa Lindqvist → Table 2, seat 1``.

    Reads names of guests, households, tables and doors only, also of those that are gone by now; nothing by
    which somebody could be reached, and no code. Empty when it cannot be told.
    """
    if len(arguments) > LONGEST_READ:
        return ""
    try:
        what = _Mentions.model_validate_json(arguments)
    except ValidationError:
        return ""
    if len(what.placements) == 1:
        return _placed(connection, what.placements[0], say)
    return names_text(_people(connection, what), say) or _things(connection, what, say)


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class _Placed(_Part):
    attendee_id: str
    seat_id: str | None


class _Answered(_Part):
    attendee_id: str


class _Named(_Part):
    name: str


class _Household(_Part):
    guests: tuple[_Named, ...]


class _Joining(_Part):
    guest: _Named


class _Shown(_Part):
    shown_name: str


class _Labelled(_Part):
    label: str


class _Place(_Part):
    table_id: str


class _Held(_Part):
    attendee_id: str | None = None
    invitation_id: str | None = None


class _Mentions(_Part):
    """Whom and what the arguments of any operation name; one of a newer version is read by the same fields."""

    placements: tuple[_Placed, ...] = ()
    answers: tuple[_Answered, ...] = ()
    attendee_ids: tuple[str, ...] = ()
    attendee_id: str | None = None
    guest_id: str | None = None
    guest_name: str = ""
    households: tuple[_Household, ...] = ()
    joining: tuple[_Joining, ...] = ()
    entries: tuple[_Shown, ...] = ()
    tickets: tuple[_Held, ...] = ()
    ticket_id: str | None = None
    invitation_id: str | None = None
    tables: tuple[_Labelled, ...] = ()
    places: tuple[_Place, ...] = ()
    table_ids: tuple[str, ...] = ()
    table_id: str | None = None
    door_id: str | None = None
    door_name: str = ""
    device_name: str = ""
    plan_name: str = ""
    title: str = ""


def _change(name: str) -> tuple[ChangeKind, str]:
    return _CHANGES.get(name.partition(".")[0], (ChangeKind.OTHER, "Change"))


def _placed(connection: Connection, placed: _Placed, say: Say) -> str:
    names = _of_attendees(connection, [placed.attendee_id])
    name = names[0] if names else say("Somebody")
    if placed.seat_id is None:
        return say("{guest} → no seat").format(guest=name)
    row = connection.execute(
        select(Table.label, Seat.number).join(Seat, Seat.table_id == Table.id).where(Seat.id == placed.seat_id)
    ).one_or_none()
    if row is None:
        return "".join(names)
    return say("{guest} → Table {table}, seat {seat}").format(guest=name, table=row.label, seat=row.number)


def _people(connection: Connection, what: _Mentions) -> list[str]:
    if what.guest_name:
        return [what.guest_name]
    written = [guest.name for new in what.households for guest in new.guests]
    written += [new.guest.name for new in what.joining] + [entry.shown_name for entry in what.entries]
    if written:
        return written
    wanted = [one.attendee_id for one in (*what.placements, *what.answers)] + list(what.attendee_ids)
    wanted += [held.attendee_id for held in what.tickets if held.attendee_id]
    wanted += [what.attendee_id] if what.attendee_id else []
    households = [held.invitation_id for held in what.tickets if held.invitation_id]
    if what.ticket_id is not None:
        holder = select(Ticket.attendee_id, Ticket.invitation_id).where(Ticket.id == what.ticket_id)
        for attendee_id, invitation_id in connection.execute(holder):
            wanted += [attendee_id] if attendee_id else []
            households += [invitation_id] if invitation_id else []
    found = _of_attendees(connection, wanted)
    if what.guest_id is not None:
        found += connection.scalars(select(Guest.name).where(Guest.id == what.guest_id))
    if not wanted and what.invitation_id is not None:
        households.append(what.invitation_id)
    if households:
        found += connection.scalars(select(Invitation.name).where(Invitation.id.in_(households)))
    return found


def _things(connection: Connection, what: _Mentions, say: Say) -> str:
    wanted = [place.table_id for place in what.places] + list(what.table_ids)
    wanted += [what.table_id] if what.table_id else []
    labels = [table.label for table in what.tables]
    if wanted:
        labels += connection.scalars(select(Table.label).where(Table.id.in_(wanted)).order_by(Table.label))
    if len(labels) == 1:
        return say("Table {table}").format(table=labels[0])
    if labels:
        shown = ", ".join(labels[:_TABLES_SHOWN]) + ("…" if len(labels) > _TABLES_SHOWN else "")
        return say("Tables {tables}").format(tables=shown)
    door = what.door_name
    if not door and what.door_id is not None:
        door = connection.scalar(select(Door.name).where(Door.id == what.door_id)) or ""
    return what.device_name or door or what.plan_name or what.title


def _of_attendees(connection: Connection, attendee_ids: Iterable[str]) -> list[str]:
    wanted = list(dict.fromkeys(attendee_ids))
    if not wanted:
        return []
    rows = connection.execute(
        select(Attendee.id, Guest.name).join(Guest, Guest.id == Attendee.guest_id).where(Attendee.id.in_(wanted))
    )
    found = {row[0]: row[1] for row in rows}
    return [found[one] for one in wanted if one in found]


_CHANGES = {
    "record_entries": (ChangeKind.ENTRY, "Entry"),
    "walk_in": (ChangeKind.WALK_IN, "Walk-in"),
    "seat_attendees": (ChangeKind.SEAT, "Seat change"),
    "set_rsvp": (ChangeKind.ANSWER, "Answer to the invitation"),
    "add_guests": (ChangeKind.GUEST, "New guests"),
    "hide_guests": (ChangeKind.GUEST, "Taking guests off the list"),
    "show_guests": (ChangeKind.GUEST, "Bringing guests back"),
    "edit_guest": (ChangeKind.GUEST, "Edit of a guest"),
    "erase_guest": (ChangeKind.GUEST, "Erasing a guest"),
    "edit_attendee": (ChangeKind.GUEST, "Edit of a guest"),
    "edit_invitation": (ChangeKind.GUEST, "Edit of a household"),
    "move_to_household": (ChangeKind.GUEST, "Move to another household"),
    "add_floor_plan": (ChangeKind.TABLE, "New floor plan"),
    "add_tables": (ChangeKind.TABLE, "New tables"),
    "move_tables": (ChangeKind.TABLE, "Moving tables"),
    "edit_table": (ChangeKind.TABLE, "Edit of a table"),
    "remove_tables": (ChangeKind.TABLE, "Removing tables"),
    "restore_tables": (ChangeKind.TABLE, "Bringing tables back"),
    "issue_tickets": (ChangeKind.TICKET, "New tickets"),
    "sign_tickets": (ChangeKind.TICKET, "Signing tickets"),
    "revoke_ticket": (ChangeKind.TICKET, "Revoking a ticket"),
    "add_ticket_types": (ChangeKind.TICKET, "New ticket types"),
    "add_signing_key": (ChangeKind.TICKET, "New key for tickets"),
    "withdraw_signing_key": (ChangeKind.TICKET, "Withdrawing a key for tickets"),
    "add_door": (ChangeKind.DOOR, "New door"),
    "edit_door": (ChangeKind.DOOR, "Edit of a door"),
    "register_device": (ChangeKind.DOOR, "New device"),
    "revoke_device": (ChangeKind.DOOR, "Revoking a device"),
    "judge_quarantined": (ChangeKind.DOOR, "Deciding about a revoked device's work"),
    "create_event": (ChangeKind.EVENT, "New event"),
    "edit_event": (ChangeKind.EVENT, "Edit of the event"),
    "add_session": (ChangeKind.EVENT, "New session"),
    "add_member": (ChangeKind.EVENT, "New member"),
    "settle_conflict": (ChangeKind.CONFLICT, "Settling a conflict"),
    "restore_rows": (ChangeKind.RESTORED, "Restoring the event"),
    "restore_rights": (ChangeKind.RESTORED, "Restoring the event"),
}
_COUNTED = {
    ChangeKind.ENTRY: ("1 entry", "{count} entries"),
    ChangeKind.WALK_IN: ("1 walk-in", "{count} walk-ins"),
    ChangeKind.SEAT: ("1 seat change", "{count} seat changes"),
    ChangeKind.ANSWER: ("1 change of answers", "{count} changes of answers"),
    ChangeKind.GUEST: ("1 change to guests", "{count} changes to guests"),
    ChangeKind.TABLE: ("1 change to tables", "{count} changes to tables"),
    ChangeKind.TICKET: ("1 change to tickets", "{count} changes to tickets"),
    ChangeKind.DOOR: ("1 change to doors and devices", "{count} changes to doors and devices"),
    ChangeKind.EVENT: ("1 change to the event", "{count} changes to the event"),
    ChangeKind.CONFLICT: ("1 settled conflict", "{count} settled conflicts"),
    ChangeKind.RESTORED: ("1 part of a restored event", "{count} parts of a restored event"),
    ChangeKind.OTHER: ("1 other change", "{count} other changes"),
}
