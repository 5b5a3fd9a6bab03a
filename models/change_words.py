"""What a change is called when people read of it, and whom or what it is about."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum

from sqlalchemy import Connection, select

from models.door_words import Say, english, names_text
from models.errors import BadInput
from models.events import Door, Event
from models.invitations import Attendee, Invitation
from models.operations import Operation, decode
from models.operations.entries import RecordEntries, WalkIn
from models.operations.events import AddDoor, AddSession, AddTicketTypes, CreateEvent, EditDoor, EditEvent
from models.operations.people import (
    AddGuests,
    EditAttendee,
    EditGuest,
    EditInvitation,
    HideGuests,
    MoveToHousehold,
    SetRsvp,
    ShowGuests,
)
from models.operations.seating import (
    AddFloorPlan,
    AddTables,
    EditTable,
    MoveTables,
    RemoveTables,
    RestoreTables,
    SeatAttendees,
)
from models.operations.tickets import IssueTickets, NewTicket, RevokeTicket
from models.people import Guest
from models.seating import Seat, Table
from models.tickets import Ticket

LONGEST_READ = 300_000
"""Characters of arguments that are read for names; a larger change is an import, which its title says well enough."""


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
    return _KINDS.get(_stem(name), ChangeKind.OTHER)


def count_text(kind: ChangeKind, count: int, say: Say = english) -> str:
    """Say how many changes of a kind there are: ``12 entries``, ``1 seat change``."""
    one, many = _COUNTED[kind]
    return say(one) if count == 1 else say(many).format(count=count)


def counts_text(counts: Mapping[ChangeKind, int], say: Say = english) -> str:
    """Say how many there are of each kind, the most first: ``12 entries, 2 seat changes``; empty for none."""
    ranked = sorted(counts.items(), key=lambda item: (-item[1], list(ChangeKind).index(item[0])))
    return ", ".join(count_text(kind, count, say) for kind, count in ranked if count)


def change_title(name: str, say: Say = english) -> str:
    """Name a change in a few words: ``Seat change``."""
    return say(_TITLES.get(_stem(name), "Change"))


def change_about(connection: Connection, name: str, arguments: str, say: Say = english) -> str:
    """Say whom or what an operation is about, ``Åsa Lindqvist → Table 2, seat 1``; empty when it cannot be told.

    Reads names of guests, tables and doors only, also of those that are gone by now; nothing by which
    somebody could be reached, and no code.
    """
    if len(arguments) > LONGEST_READ:
        return ""
    try:
        return _about(connection, decode(name, arguments), say)
    except BadInput:
        return ""


def _stem(name: str) -> str:
    return name.partition(".")[0]


def _about(connection: Connection, what: Operation, say: Say) -> str:
    if isinstance(what, SeatAttendees):
        return _placed(connection, what, say)
    if isinstance(what, AddGuests):
        people = [guest.name for new in what.households for guest in new.guests]
        return names_text(people + [new.guest.name for new in what.joining], say)
    if isinstance(what, RecordEntries):
        return names_text([entry.shown_name for entry in what.entries], say)
    if isinstance(what, WalkIn):
        return what.guest_name
    tables = _tables(connection, what)
    if tables:
        return say("Table {table}").format(table=tables[0]) if len(tables) == 1 else _tables_text(tables, say)
    return names_text(_people(connection, what), say) or _named_thing(connection, what)


def _placed(connection: Connection, what: SeatAttendees, say: Say) -> str:
    names = _of_attendees(connection, [one.attendee_id for one in what.placements])
    if len(what.placements) > 1 or not names:
        return names_text(names, say)
    seat_id = what.placements[0].seat_id
    if seat_id is None:
        return say("{guest} → no seat").format(guest=names[0])
    row = connection.execute(
        select(Table.label, Seat.number).join(Seat, Seat.table_id == Table.id).where(Seat.id == seat_id)
    ).one_or_none()
    if row is None:
        return names[0]
    return say("{guest} → Table {table}, seat {seat}").format(guest=names[0], table=row.label, seat=row.number)


def _people(connection: Connection, what: Operation) -> list[str]:
    if isinstance(what, SetRsvp):
        return _of_attendees(connection, [one.attendee_id for one in what.answers])
    if isinstance(what, HideGuests | ShowGuests | MoveToHousehold):
        return _of_attendees(connection, what.attendee_ids)
    if isinstance(what, EditAttendee):
        return _of_attendees(connection, [what.attendee_id])
    if isinstance(what, EditGuest):
        return list(connection.scalars(select(Guest.name).where(Guest.id == what.guest_id)))
    if isinstance(what, IssueTickets):
        return _of_tickets(connection, what.tickets)
    if isinstance(what, RevokeTicket):
        holder = select(Ticket.attendee_id, Ticket.invitation_id).where(Ticket.id == what.ticket_id)
        row = connection.execute(holder).one_or_none()
        if row is None:
            return []
        return _of_attendees(connection, [row[0] or ""]) or _of_invitation(connection, row[1])
    return []


def _tables(connection: Connection, what: Operation) -> list[str]:
    if isinstance(what, AddTables):
        return [table.label for table in what.tables]
    if isinstance(what, MoveTables):
        wanted = [place.table_id for place in what.places]
    elif isinstance(what, RemoveTables | RestoreTables):
        wanted = list(what.table_ids)
    elif isinstance(what, EditTable):
        wanted = [what.table_id]
    else:
        return []
    found = {row[0]: row[1] for row in connection.execute(select(Table.id, Table.label).where(Table.id.in_(wanted)))}
    return [found[one] for one in wanted if one in found]


def _tables_text(labels: list[str], say: Say) -> str:
    shown = ", ".join(labels[:6]) + ("…" if len(labels) > 6 else "")
    return say("Tables {tables}").format(tables=shown)


def _named_thing(connection: Connection, what: Operation) -> str:
    if isinstance(what, AddDoor):
        return what.door_name
    if isinstance(what, EditDoor):
        return connection.scalar(select(Door.name).where(Door.id == what.door_id)) or ""
    if isinstance(what, EditInvitation):
        return "".join(_of_invitation(connection, what.invitation_id))
    if isinstance(what, AddSession | CreateEvent):
        return what.title
    if isinstance(what, EditEvent):
        return connection.scalar(select(Event.title).where(Event.id == what.event_id)) or ""
    if isinstance(what, AddTicketTypes):
        return ", ".join(new.name for new in what.ticket_types)
    return what.plan_name if isinstance(what, AddFloorPlan) else ""


def _of_attendees(connection: Connection, attendee_ids: Iterable[str]) -> list[str]:
    wanted = list(dict.fromkeys(attendee_ids))
    found = {
        row[0]: row[1]
        for row in connection.execute(
            select(Attendee.id, Guest.name).join(Guest, Guest.id == Attendee.guest_id).where(Attendee.id.in_(wanted))
        )
    }
    return [found[one] for one in wanted if one in found]


def _of_invitation(connection: Connection, invitation_id: str | None) -> list[str]:
    return list(connection.scalars(select(Invitation.name).where(Invitation.id == invitation_id)))


def _of_tickets(connection: Connection, tickets: Iterable[NewTicket]) -> list[str]:
    holders = [(new.attendee_id, new.invitation_id) for new in tickets]
    people = _of_attendees(connection, [attendee for attendee, _ in holders if attendee])
    households = [name for _, invitation in holders if invitation for name in _of_invitation(connection, invitation)]
    return people + households


_KINDS = {
    "record_entries": ChangeKind.ENTRY,
    "walk_in": ChangeKind.WALK_IN,
    "seat_attendees": ChangeKind.SEAT,
    "set_rsvp": ChangeKind.ANSWER,
    "add_guests": ChangeKind.GUEST,
    "hide_guests": ChangeKind.GUEST,
    "show_guests": ChangeKind.GUEST,
    "edit_guest": ChangeKind.GUEST,
    "edit_attendee": ChangeKind.GUEST,
    "edit_invitation": ChangeKind.GUEST,
    "move_to_household": ChangeKind.GUEST,
    "add_floor_plan": ChangeKind.TABLE,
    "add_tables": ChangeKind.TABLE,
    "move_tables": ChangeKind.TABLE,
    "edit_table": ChangeKind.TABLE,
    "remove_tables": ChangeKind.TABLE,
    "restore_tables": ChangeKind.TABLE,
    "issue_tickets": ChangeKind.TICKET,
    "sign_tickets": ChangeKind.TICKET,
    "revoke_ticket": ChangeKind.TICKET,
    "add_ticket_types": ChangeKind.TICKET,
    "add_signing_key": ChangeKind.TICKET,
    "withdraw_signing_key": ChangeKind.TICKET,
    "add_door": ChangeKind.DOOR,
    "edit_door": ChangeKind.DOOR,
    "register_device": ChangeKind.DOOR,
    "revoke_device": ChangeKind.DOOR,
    "create_event": ChangeKind.EVENT,
    "edit_event": ChangeKind.EVENT,
    "add_session": ChangeKind.EVENT,
    "add_member": ChangeKind.EVENT,
    "settle_conflict": ChangeKind.CONFLICT,
    "restore_rows": ChangeKind.RESTORED,
    "restore_rights": ChangeKind.RESTORED,
}
_COUNTED = {
    ChangeKind.ENTRY: ("1 entry", "{count} entries"),
    ChangeKind.WALK_IN: ("1 walk-in", "{count} walk-ins"),
    ChangeKind.SEAT: ("1 seat change", "{count} seat changes"),
    ChangeKind.ANSWER: ("1 change of answers", "{count} changes of answers"),
    ChangeKind.GUEST: ("1 change to guests", "{count} changes to guests"),
    ChangeKind.TABLE: ("1 change to tables", "{count} changes to tables"),
    ChangeKind.TICKET: ("1 change to tickets", "{count} changes to tickets"),
    ChangeKind.DOOR: ("1 change to doors", "{count} changes to doors"),
    ChangeKind.EVENT: ("1 change to the event", "{count} changes to the event"),
    ChangeKind.CONFLICT: ("1 settled conflict", "{count} settled conflicts"),
    ChangeKind.RESTORED: ("1 part of a restored event", "{count} parts of a restored event"),
    ChangeKind.OTHER: ("1 other change", "{count} other changes"),
}
_TITLES = {
    "record_entries": "Entry",
    "walk_in": "Walk-in",
    "seat_attendees": "Seat change",
    "set_rsvp": "Answer to the invitation",
    "add_guests": "New guests",
    "hide_guests": "Taking guests off the list",
    "show_guests": "Bringing guests back",
    "edit_guest": "Edit of a guest",
    "edit_attendee": "Edit of a guest",
    "edit_invitation": "Edit of a household",
    "move_to_household": "Move to another household",
    "add_floor_plan": "New floor plan",
    "add_tables": "New tables",
    "move_tables": "Moving tables",
    "edit_table": "Edit of a table",
    "remove_tables": "Removing tables",
    "restore_tables": "Bringing tables back",
    "issue_tickets": "New tickets",
    "sign_tickets": "Signing tickets",
    "revoke_ticket": "Revoking a ticket",
    "add_ticket_types": "New ticket types",
    "add_signing_key": "New key for tickets",
    "withdraw_signing_key": "Withdrawing a key for tickets",
    "add_door": "New door",
    "edit_door": "Edit of a door",
    "register_device": "New device",
    "revoke_device": "Revoking a device",
    "create_event": "New event",
    "edit_event": "Edit of the event",
    "add_session": "New session",
    "add_member": "New member",
    "settle_conflict": "Settling a conflict",
    "restore_rows": "Restoring the event",
    "restore_rights": "Restoring the event",
}
