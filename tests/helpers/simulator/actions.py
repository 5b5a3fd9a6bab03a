"""What people do at their devices: every operation there is, on rows that their copy shows them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal

from sqlalchemy import select

from models.attendance import Verdict
from models.codes import new_serial, new_short_code
from models.conflicts import Conflict
from models.events import Direction, Door, Event, EventSession
from models.ids import new_id
from models.invitations import Attendee, Invitation, PaymentStatus, Rsvp, TicketType
from models.operations.base import Operation
from models.operations.conflicts import SettleConflict
from models.operations.edits import FieldEdit
from models.operations.erasing import EraseGuest
from models.operations.events import (
    AddDoor,
    AddSession,
    AddTicketTypes,
    DoorField,
    EditDoor,
    EditEvent,
    EventField,
    NewTicketType,
)
from models.operations.people import (
    AddGuests,
    Answer,
    AttendeeField,
    EditAttendee,
    EditGuest,
    EditInvitation,
    GuestField,
    HideGuests,
    InvitationField,
    JoiningGuest,
    MoveToHousehold,
    NewGuest,
    NewHousehold,
    SetRsvp,
)
from models.operations.seating import (
    AddTables,
    EditTable,
    MoveTables,
    NewSeat,
    NewTable,
    Placement,
    RemoveTables,
    RestoreTables,
    SeatAttendees,
    TableField,
    TablePlace,
)
from models.operations.tickets import IssueTickets, NewTicket, RevokeTicket, WithdrawSigningKey
from models.people import Guest
from models.seating import FloorPlan, Seat, Table
from models.tickets import SigningKey, Ticket
from tests.helpers.simulator.chance import Chance
from tests.helpers.simulator.nodes import DeviceNode

NAMES = ("Ines Duarte", "Tariq Aziz", "Mei Lindqvist", "Olu Bankole", "Sana Petrov", "Ruth Okafor", "Yann Le Goff")
TABLE_SIZE = 4


class Nothing(Exception):
    """There is nothing on this copy to do that with."""


def some_text(chance: Chance) -> str:
    return f"text {chance.between(1, 4)}"


def new_guest(chance: Chance) -> NewGuest:
    return NewGuest(
        guest_id=new_id(),
        attendee_id=new_id(),
        name=chance.one(NAMES),
        email="guest@example.org",
        phone="+4930123456",
        notes="private",
        door_note=some_text(chance),
        rsvp=chance.one(list(Rsvp)),
        payment_status=PaymentStatus.PAID,
    )


def new_table(chance: Chance, plan_id: str, label: str) -> NewTable:
    return NewTable(
        table_id=new_id(),
        floor_plan_id=plan_id,
        label=label,
        shape="round",
        x=chance.between(0, 9000),
        y=1000,
        width=1800,
        height=1800,
        seats=tuple(NewSeat(seat_id=new_id(), number=number) for number in range(1, TABLE_SIZE + 1)),
    )


class Person:
    """Somebody at a device, who looks at its copy and does something."""

    def __init__(self, device: DeviceNode, chance: Chance, codes: Sequence[str]) -> None:
        self.device, self.chance, self.codes = device, chance, codes

    # -- looking --------------------------------------------------------------------------------------

    def rows(self, *columns: Any, where: Sequence[Any] = ()) -> list[Any]:
        """Read rows in a fixed order, so that the same dice pick the same row."""
        with self.device.copy.read() as connection:
            return list(connection.execute(select(*columns).where(*where).order_by(columns[0])))

    def any_of(self, *columns: Any, where: Sequence[Any] = ()) -> Any:
        found = self.rows(*columns, where=where)
        if not found:
            raise Nothing
        return self.chance.one(found)

    def attendees(self) -> list[Any]:
        return self.rows(Attendee.id, Attendee.seat_id, Attendee.rsvp, where=[Attendee.deleted_at.is_(None)])

    def seats(self) -> list[str]:
        found = self.rows(
            Seat.id,
            where=[Seat.table_id.in_(select(Table.id).where(Table.deleted_at.is_(None))), Seat.deleted_at.is_(None)],
        )
        return [row.id for row in found]

    def text(self) -> str:
        return some_text(self.chance)

    # -- doing ----------------------------------------------------------------------------------------

    def perform(self, *operations: Operation) -> None:
        """Do something that can be undone."""
        done = self.device.copy.perform(operations)
        if done.inverse:
            self.device.inverses.append(done.inverse)

    def add_guests(self) -> None:
        guests = tuple(new_guest(self.chance) for _ in range(self.chance.between(1, 3)))
        household = NewHousehold(
            invitation_id=new_id(), name=self.text(), code=new_short_code(), secret_id=new_id(), guests=guests
        )
        self.perform(AddGuests(households=(household,)))

    def join_household(self) -> None:
        invitation = self.any_of(Invitation.id, where=[Invitation.deleted_at.is_(None)])
        self.perform(AddGuests(joining=(JoiningGuest(invitation_id=invitation.id, guest=new_guest(self.chance)),)))

    def edit_guest(self) -> None:
        guest = self.any_of(
            Guest.id, Guest.name, Guest.email, Guest.door_note, Guest.tags, where=[Guest.deleted_at.is_(None)]
        )
        fields = self.chance.one(
            [
                GuestField(name=FieldEdit(seen=guest.name, new=self.chance.one(NAMES))),
                GuestField(email=FieldEdit(seen=guest.email, new=f"{self.chance.between(1, 9)}@example.org")),
                GuestField(door_note=FieldEdit(seen=guest.door_note, new=self.text())),
                GuestField(tags=FieldEdit(seen=list(guest.tags), new=[self.text()])),
            ]
        )
        self.perform(EditGuest(guest_id=guest.id, fields=fields))

    def edit_attendee(self) -> None:
        one = self.any_of(Attendee.id, Attendee.meal, Attendee.ticket_type_id, Attendee.payment_status)
        kind = self.any_of(TicketType.id)
        fields = self.chance.one(
            [
                AttendeeField(meal=FieldEdit(seen=one.meal, new=self.text())),
                AttendeeField(ticket_type_id=FieldEdit(seen=one.ticket_type_id, new=kind.id)),
                AttendeeField(
                    payment_status=FieldEdit(
                        seen=PaymentStatus(one.payment_status), new=self.chance.one(list(PaymentStatus))
                    )
                ),
            ]
        )
        self.perform(EditAttendee(attendee_id=one.id, fields=fields))

    def edit_invitation(self) -> None:
        one = self.any_of(Invitation.id, Invitation.name, Invitation.message)
        fields = self.chance.one(
            [
                InvitationField(name=FieldEdit(seen=one.name, new=self.text())),
                InvitationField(message=FieldEdit(seen=one.message, new=self.text())),
            ]
        )
        self.perform(EditInvitation(invitation_id=one.id, fields=fields))

    def edit_event(self) -> None:
        event = self.any_of(Event.id, Event.title, Event.capacity)
        fields = self.chance.one(
            [
                EventField(title=FieldEdit(seen=event.title, new=self.text())),
                EventField(capacity=FieldEdit(seen=event.capacity, new=self.chance.between(5, 30))),
            ]
        )
        self.perform(EditEvent(event_id=event.id, fields=fields))

    def hide_guests(self) -> None:
        people = self.rows(Attendee.id, Attendee.invitation_id, where=[Attendee.deleted_at.is_(None)])
        if not people:
            raise Nothing
        one = self.chance.one(people)
        self.perform(HideGuests(attendee_ids=(one.id,), invitation_ids=(one.invitation_id,)))

    def answer(self) -> None:
        people = self.attendees()
        if not people:
            raise Nothing
        answers = tuple(
            Answer(attendee_id=one.id, rsvp=FieldEdit(seen=Rsvp(one.rsvp), new=self.chance.one(list(Rsvp))))
            for one in self.chance.some(people, 2)
        )
        self.perform(SetRsvp(answers=answers))

    def move_household(self) -> None:
        people = self.attendees()
        invitation = self.any_of(Invitation.id)
        if not people:
            raise Nothing
        ids = tuple(one.id for one in self.chance.some(people, 2))
        self.perform(MoveToHousehold(attendee_ids=ids, invitation_id=invitation.id))

    def seat(self) -> None:
        """Seat somebody on any seat, free or taken: a taken one swaps the two, as a drop on the planner does."""
        people, seats = [one for one in self.attendees() if Rsvp(one.rsvp).comes], self.seats()
        if not people or not seats:
            raise Nothing
        who, seat = self.chance.one(people), self.chance.one(seats)
        placements = [Placement(attendee_id=who.id, seat_id=seat, seen=who.seat_id)]
        holder = next((one for one in self.attendees() if one.seat_id == seat and one.id != who.id), None)
        if holder is not None:
            placements.append(Placement(attendee_id=holder.id, seat_id=who.seat_id, seen=seat))
        self.perform(SeatAttendees(placements=tuple(placements)))

    def unseat(self) -> None:
        seated = [one for one in self.attendees() if one.seat_id]
        if not seated:
            raise Nothing
        who = self.chance.one(seated)
        self.perform(SeatAttendees(placements=(Placement(attendee_id=who.id, seat_id=None, seen=who.seat_id),)))

    def seat_household(self) -> None:
        people, seats = [one for one in self.attendees() if Rsvp(one.rsvp).comes], self.seats()
        taken = {one.seat_id for one in self.attendees()}
        free = [seat for seat in seats if seat not in taken]
        chosen = self.chance.some(people, 4) if people else []
        if not chosen or len(free) < len(chosen):
            raise Nothing
        first = self.chance.between(0, len(free) - len(chosen))
        placements = tuple(
            Placement(attendee_id=one.id, seat_id=seat, seen=one.seat_id)
            for one, seat in zip(chosen, free[first:], strict=False)
        )
        self.perform(SeatAttendees(placements=placements))

    def add_table(self) -> None:
        plan = self.any_of(FloorPlan.id)
        self.perform(AddTables(tables=(new_table(self.chance, plan.id, f"T{self.chance.between(10, 99)}"),)))

    def move_table(self) -> None:
        table = self.any_of(Table.id, where=[Table.deleted_at.is_(None)])
        place = TablePlace(table_id=table.id, x=self.chance.between(0, 9), y=self.chance.between(0, 9), turn=0)
        self.perform(MoveTables(places=(place,)))

    def edit_table(self) -> None:
        table = self.any_of(Table.id, Table.label)
        fields = TableField(label=FieldEdit(seen=table.label, new=self.text()))
        self.perform(EditTable(table_id=table.id, fields=fields))

    def remove_table(self) -> None:
        table = self.any_of(Table.id, where=[Table.deleted_at.is_(None)])
        seats = select(Seat.id).where(Seat.table_id == table.id)
        sitting = tuple(row.id for row in self.rows(Attendee.id, where=[Attendee.seat_id.in_(seats)]))
        self.perform(RemoveTables(table_ids=(table.id,), unseats=sitting))

    def restore_table(self) -> None:
        table = self.any_of(Table.id, where=[Table.deleted_at.is_not(None)])
        self.perform(RestoreTables(table_ids=(table.id,)))

    def new_ticket(self, attendee_id: str | None, invitation_id: str | None) -> NewTicket:
        return NewTicket(
            ticket_id=new_id(),
            secret_id=new_id(),
            attendee_id=attendee_id,
            invitation_id=invitation_id,
            serial=new_serial(),
            admits=1 if attendee_id else 3,
            short_code=new_short_code(),
        )

    def issue_tickets(self) -> None:
        people = self.attendees()
        if not people:
            raise Nothing
        tickets = [self.new_ticket(one.id, None) for one in self.chance.some(people, 3)]
        if self.chance.happens(0.3):
            invitation = self.any_of(Invitation.id, where=[Invitation.deleted_at.is_(None)])
            tickets.append(self.new_ticket(None, invitation.id))
        self.perform(IssueTickets(tickets=tuple(tickets)))

    def revoke_ticket(self) -> None:
        one = self.any_of(Ticket.id, Ticket.attendee_id, Ticket.invitation_id, where=[Ticket.revoked_at.is_(None)])
        replacement = self.new_ticket(one.attendee_id, one.invitation_id) if self.chance.happens(0.5) else None
        self.perform(RevokeTicket(ticket_id=one.id, replacement=replacement))

    def withdraw_key(self) -> None:
        key = self.any_of(SigningKey.id)
        if self.chance.happens(0.9):
            raise Nothing
        self.perform(WithdrawSigningKey(key_id=key.id))

    def edit_door(self) -> None:
        door = self.any_of(Door.id, Door.direction, Door.zone_capacity, Door.name, Door.session_id)
        sessions = [row.id for row in self.rows(EventSession.id)]
        fields = self.chance.one(
            [
                DoorField(direction=FieldEdit(seen=door.direction, new=self.chance.one(["both", "both", "in"]))),
                DoorField(zone_capacity=FieldEdit(seen=door.zone_capacity, new=self.chance.one([None, None, 3]))),
                DoorField(name=FieldEdit(seen=door.name, new=self.text())),
                DoorField(session_id=FieldEdit(seen=door.session_id, new=self.chance.one([None, *sessions]))),
            ]
        )
        self.perform(EditDoor(door_id=door.id, fields=fields))

    def add_door(self) -> None:
        self.perform(AddDoor(door_id=new_id(), door_name=self.text()))

    def add_session(self) -> None:
        self.perform(AddSession(session_id=new_id(), title=self.text(), starts_at=self.device.clock()))

    def add_ticket_type(self) -> None:
        kind = NewTicketType(id=new_id(), name=self.text(), number=self.chance.between(0, 20))
        self.perform(AddTicketTypes(ticket_types=(kind,)))

    def settle_conflict(self) -> None:
        one = self.any_of(Conflict.id, where=[Conflict.resolved_at.is_(None)])
        ways: list[Literal["kept", "undone", "seen"]] = ["kept", "undone", "seen"]
        how = self.chance.one(ways)
        device_id = self.device.caller.device_id
        self.perform(SettleConflict(conflict_id=one.id, resolution=how, settled_by=device_id))

    def erase_guest(self) -> None:
        guest = self.any_of(Guest.id, where=[Guest.deleted_at.is_(None), Guest.erased_at.is_(None)])
        self.device.copy.run(EraseGuest(guest_id=guest.id))

    def undo(self) -> None:
        if not self.device.inverses:
            raise Nothing
        self.perform(*self.device.inverses.pop())

    # -- at a door --------------------------------------------------------------------------------------

    def scan(self) -> None:
        """Show a ticket; sometimes choose from the group or override what the verdict stops."""
        if not self.codes:
            raise Nothing
        direction = Direction.OUT if self.chance.happens(0.25) else Direction.IN
        # A few favourites, so that the same ticket comes up at several doors.
        count = min(len(self.codes), 4) if self.chance.happens(0.7) else len(self.codes)
        done = self.device.desk.show_code(self.codes[self.chance.between(0, count - 1)], direction)
        decision = done.decision
        if decision.verdict is Verdict.GROUP and decision.open_ids:
            chosen = self.chance.some(sorted(decision.open_ids), 3)
            done = self.device.desk.admit_chosen(chosen, decision.serial, direction)
        elif not decision.passes and self.chance.happens(0.2):
            done = self.device.desk.override(decision, "known to the host")
        self.device.admitted += done.entry_ids

    def find_by_name(self) -> None:
        people = self.attendees()
        if not people:
            raise Nothing
        direction = Direction.OUT if self.chance.happens(0.3) else Direction.IN
        who = people[self.chance.between(0, min(4, len(people)) - 1)]
        self.device.admitted += self.device.desk.show_person(who.id, direction).entry_ids

    def undo_entry(self) -> None:
        if not self.device.admitted:
            raise Nothing
        self.device.desk.undo([self.chance.one(self.device.admitted[-6:])])

    def walk_in(self) -> None:
        seats = self.seats()
        seat = self.chance.one(seats) if seats and self.chance.happens(0.6) else None
        done = self.device.desk.walk_in(self.chance.one(NAMES), self.text(), seat)
        self.device.admitted += done.entry_ids


AT_A_DESK: Sequence[tuple[Callable[[Person], None], float]] = (
    (Person.add_guests, 2),
    (Person.join_household, 1),
    (Person.edit_guest, 3),
    (Person.edit_attendee, 2),
    (Person.edit_invitation, 1),
    (Person.edit_event, 1),
    (Person.hide_guests, 1.5),
    (Person.answer, 3),
    (Person.move_household, 1),
    (Person.seat, 6),
    (Person.unseat, 1.5),
    (Person.seat_household, 2),
    (Person.add_table, 0.7),
    (Person.move_table, 1),
    (Person.edit_table, 1),
    (Person.remove_table, 1),
    (Person.restore_table, 1),
    (Person.issue_tickets, 1.5),
    (Person.revoke_ticket, 1),
    (Person.withdraw_key, 0.3),
    (Person.edit_door, 1),
    (Person.add_door, 0.3),
    (Person.add_session, 0.3),
    (Person.add_ticket_type, 0.5),
    (Person.settle_conflict, 2),
    (Person.erase_guest, 0.3),
    (Person.undo, 4),
    (Person.find_by_name, 1),
    (Person.walk_in, 0.5),
)
AT_A_DOOR: Sequence[tuple[Callable[[Person], None], float]] = (
    (Person.scan, 10),
    (Person.find_by_name, 4),
    (Person.undo_entry, 2),
    (Person.walk_in, 2),
    (Person.seat, 2),
    (Person.undo, 0.5),
)
