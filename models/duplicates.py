"""Making a new event of an old one: the same people and the same room, with keys of its own."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy import Connection, select

from models.codes import new_salt, new_short_code
from models.events import Door, Event, EventSession
from models.ids import new_id
from models.invitations import Attendee, Invitation, Rsvp, TicketType
from models.operations.base import BULK, Operation
from models.operations.edits import FieldEdit
from models.operations.events import AddDoor, AddSession, AddTicketTypes, CreateEvent, NewTicketType
from models.operations.people import AddGuests, EditInvitation, InvitationField, NewGuest, NewHousehold
from models.operations.seating import AddFloorPlan, AddTables, NewSeat, NewTable, PlacedFixture, Placement
from models.people import Guest
from models.samples import guest_operations, seating_operations
from models.seating import FloorPlan, Seat, SeatCategory, Shape, Table

_TYPES_A_PART = 50
_SEATS_A_PART = BULK


class _NewIds(defaultdict[str, str]):
    """Gives each old id one new id."""

    def __missing__(self, old: str) -> str:
        self[old] = new_id()
        return self[old]

    def made(self, old: str | None) -> str | None:
        # What was hidden is not made again, and nothing may refer to it.
        return None if old is None else self.get(old)


def duplicate_operations(
    connection: Connection, event_id: str, *, new_event_id: str, title: str, starts_at: datetime
) -> list[Operation]:
    """Give the operations that make a new event like this one.

    Guests, households, tables, seats, who sits where, ticket types, doors, sessions and the room are kept;
    all times move along with the start. Keys, invitation codes and the salt are drawn anew, answers go back to
    pending and payments to unpaid. Entries, conflicts, devices, members, tickets and signing keys stay behind, and
    so do rows that were hidden and people who were erased.
    """
    ids = _NewIds()
    shift = starts_at - connection.execute(select(Event.starts_at).where(Event.id == event_id)).scalar_one()
    return [
        _create_event(connection, event_id, new_event_id, title, starts_at, shift),
        *_sessions(connection, event_id, ids, shift),
        *_ticket_types(connection, event_id, ids),
        *_doors(connection, event_id, ids, shift),
        *_rooms(connection, event_id, ids),
        *_tables(connection, event_id, ids),
        *_guests(connection, event_id, ids),
        *_messages(connection, event_id, ids),
        *seating_operations(_placements(connection, event_id, ids)),
    ]


def _create_event(
    connection: Connection, event_id: str, new_event_id: str, title: str, starts_at: datetime, shift: timedelta
) -> CreateEvent:
    old = connection.execute(
        select(
            Event.kind,
            Event.description,
            Event.venue_text,
            Event.city,
            Event.ends_at,
            Event.time_zone,
            Event.capacity,
            Event.is_paid,
        ).where(Event.id == event_id)
    ).one()
    return CreateEvent(
        event_id=new_event_id,
        title=title,
        kind=old.kind,
        description=old.description,
        venue_text=old.venue_text,
        city=old.city,
        starts_at=starts_at,
        ends_at=_moved(old.ends_at, shift),
        time_zone=old.time_zone,
        capacity=old.capacity,
        is_paid=old.is_paid,
        code_salt=new_salt(),
    )


def _ticket_types(connection: Connection, event_id: str, ids: _NewIds) -> Iterator[Operation]:
    found = connection.execute(
        select(
            TicketType.id,
            TicketType.name,
            TicketType.number,
            TicketType.price,
            TicketType.currency,
            TicketType.sessions,
        )
        .where(TicketType.event_id == event_id, TicketType.deleted_at.is_(None))
        .order_by(TicketType.number)
    ).all()
    new = [
        NewTicketType(
            id=ids[row.id],
            name=row.name,
            number=row.number,
            price=row.price,
            currency=row.currency,
            sessions=tuple(ids[one] for one in row.sessions if one in ids),
        )
        for row in found
    ]
    for start in range(0, len(new), _TYPES_A_PART):
        yield AddTicketTypes(ticket_types=tuple(new[start : start + _TYPES_A_PART]))


def _sessions(connection: Connection, event_id: str, ids: _NewIds, shift: timedelta) -> Iterator[Operation]:
    for row in connection.execute(
        select(EventSession.id, EventSession.title, EventSession.speaker, EventSession.starts_at, EventSession.ends_at)
        .where(EventSession.event_id == event_id, EventSession.deleted_at.is_(None))
        .order_by(EventSession.starts_at, EventSession.id)
    ):
        yield AddSession(
            session_id=ids[row.id],
            title=row.title,
            speaker=row.speaker,
            starts_at=row.starts_at + shift,
            ends_at=_moved(row.ends_at, shift),
        )


def _doors(connection: Connection, event_id: str, ids: _NewIds, shift: timedelta) -> Iterator[Operation]:
    for row in connection.execute(
        select(
            Door.id,
            Door.name,
            Door.ticket_types,
            Door.session_id,
            Door.opens_at,
            Door.closes_at,
            Door.direction,
            Door.re_entry,
            Door.zone_capacity,
            Door.may_override,
        )
        .where(Door.event_id == event_id, Door.deleted_at.is_(None))
        .order_by(Door.created_at, Door.name)
    ):
        yield AddDoor.model_validate(
            {
                "door_id": ids[row.id],
                "door_name": row.name,
                "ticket_types": tuple(ids[one] for one in row.ticket_types if one in ids),
                "session_id": ids.made(row.session_id),
                "opens_at": _moved(row.opens_at, shift),
                "closes_at": _moved(row.closes_at, shift),
                "direction": row.direction,
                "re_entry": row.re_entry,
                "zone_capacity": row.zone_capacity,
                "may_override": row.may_override,
            }
        )


def _rooms(connection: Connection, event_id: str, ids: _NewIds) -> Iterator[Operation]:
    for plan_id, name, width, height, fixtures in connection.execute(
        select(FloorPlan.id, FloorPlan.name, FloorPlan.width, FloorPlan.height, FloorPlan.fixtures)
        .where(FloorPlan.event_id == event_id, FloorPlan.deleted_at.is_(None))
        .order_by(FloorPlan.created_at, FloorPlan.id)
    ):
        yield AddFloorPlan(
            floor_plan_id=ids[plan_id],
            plan_name=name,
            width=width,
            height=height,
            fixtures=tuple(PlacedFixture.model_validate(fixture) for fixture in fixtures),
        )


def _tables(connection: Connection, event_id: str, ids: _NewIds) -> Iterator[Operation]:
    seats: dict[str, list[NewSeat]] = defaultdict(list)
    for row in connection.execute(
        select(Seat.id, Seat.table_id, Seat.number, Seat.category, Seat.accessible)
        .where(Seat.event_id == event_id, Seat.deleted_at.is_(None))
        .order_by(Seat.table_id, Seat.number)
    ):
        new = NewSeat(
            seat_id=ids[row.id], number=row.number, category=SeatCategory(row.category), accessible=row.accessible
        )
        seats[row.table_id].append(new)
    part: list[NewTable] = []
    room = _SEATS_A_PART
    for row in connection.execute(
        select(
            Table.id,
            Table.floor_plan_id,
            Table.label,
            Table.shape,
            Table.x,
            Table.y,
            Table.turn,
            Table.width,
            Table.height,
        )
        .where(Table.event_id == event_id, Table.deleted_at.is_(None))
        .order_by(Table.created_at, Table.id)
    ):
        table = NewTable(
            table_id=ids[row.id],
            floor_plan_id=ids[row.floor_plan_id],
            label=row.label,
            shape=Shape(row.shape).value,
            x=row.x,
            y=row.y,
            turn=row.turn,
            width=row.width,
            height=row.height,
            seats=tuple(seats[row.id]),
        )
        if part and room < len(table.seats):
            yield AddTables(tables=tuple(part))
            part, room = [], _SEATS_A_PART
        part.append(table)
        room -= max(len(table.seats), 1)
    if part:
        yield AddTables(tables=tuple(part))


def _guests(connection: Connection, event_id: str, ids: _NewIds) -> list[AddGuests]:
    people: dict[str, list[NewGuest]] = defaultdict(list)
    found = connection.execute(
        select(
            Attendee.id,
            Attendee.invitation_id,
            Attendee.guest_id,
            Attendee.ticket_type_id,
            Attendee.plus_one_of,
            Attendee.is_placeholder,
            Guest.name,
            Guest.email,
            Guest.phone,
            Guest.company,
            Guest.notes,
            Guest.door_note,
            Guest.diet,
            Guest.access_needs,
            Guest.tags,
        )
        .join(Guest, Guest.id == Attendee.guest_id)
        .where(Attendee.event_id == event_id, Attendee.deleted_at.is_(None), _is_kept())
        .order_by(Attendee.created_at, Guest.folded, Attendee.id)
    ).all()
    new_ids = {row.id: ids[row.id] for row in found}
    for row in found:
        people[row.invitation_id].append(
            NewGuest(
                guest_id=ids[row.guest_id],
                attendee_id=new_ids[row.id],
                name=row.name,
                email=row.email,
                phone=row.phone,
                company=row.company,
                notes=row.notes,
                door_note=row.door_note,
                diet=row.diet,
                access_needs=row.access_needs,
                tags=tuple(row.tags),
                ticket_type_id=ids.made(row.ticket_type_id),
                is_placeholder=row.is_placeholder,
                plus_one_of=ids.made(row.plus_one_of),
            )
        )
    return guest_operations(
        NewHousehold(
            invitation_id=ids[invitation_id],
            name=name,
            code=new_short_code(),
            secret_id=new_id(),
            guests=tuple(people[invitation_id]),
        )
        for invitation_id, name in connection.execute(
            select(Invitation.id, Invitation.name)
            .where(Invitation.event_id == event_id, Invitation.deleted_at.is_(None))
            .order_by(Invitation.created_at, Invitation.name, Invitation.id)
        )
    )


def _messages(connection: Connection, event_id: str, ids: _NewIds) -> Iterator[Operation]:
    for invitation_id, message in connection.execute(
        select(Invitation.id, Invitation.message)
        .where(Invitation.event_id == event_id, Invitation.deleted_at.is_(None), Invitation.message.is_not(None))
        .order_by(Invitation.id)
    ):
        fields = InvitationField(message=FieldEdit[str | None](seen=None, new=message))
        yield EditInvitation(invitation_id=ids[invitation_id], fields=fields)


def _placements(connection: Connection, event_id: str, ids: _NewIds) -> list[Placement]:
    return [
        Placement(attendee_id=ids[attendee_id], seat_id=ids[seat_id], seen=None)
        for attendee_id, seat_id, rsvp in connection.execute(
            select(Attendee.id, Attendee.seat_id, Attendee.rsvp)
            .join(Guest, Guest.id == Attendee.guest_id)
            .where(Attendee.event_id == event_id, Attendee.deleted_at.is_(None), _is_kept())
            .order_by(Attendee.id)
        )
        if seat_id is not None and Rsvp(rsvp).comes
    ]


def _is_kept():
    return Guest.deleted_at.is_(None) & Guest.erased_at.is_(None)


def _moved(moment: datetime | None, shift: timedelta) -> datetime | None:
    return None if moment is None else moment + shift
