"""What people do at their devices: every operation there is, on rows that their copy shows them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, timedelta
from typing import Any

from sqlalchemy import select

from models.attendance import Verdict
from models.base import Value
from models.codes import new_serial, new_short_code
from models.conflict_words import (
    InboxItem,
    Settler,
    Way,
    conflict_words,
    keep,
    read_inbox,
    seat_elsewhere,
    see,
    take_other,
    undo_second,
)
from models.event_files import RowsPart, read_parts
from models.events import Direction, Door, Event, EventSession, Role
from models.free_seats import free_seats
from models.ids import new_id
from models.invitations import Attendee, Invitation, PaymentStatus, Rsvp, TicketType
from models.operations.base import Operation
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
from models.operations.restoring import GRANTING, restoring
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
from models.store.schema import BY_NAME
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
        guests = self.rows(
            Guest.id, Guest.name, Guest.email, Guest.door_note, Guest.tags, where=[Guest.deleted_at.is_(None)]
        )
        if not guests:
            raise Nothing
        # A few favourites, so that two desks come to the same guest.
        guest = self.chance.one(guests[:2] if self.chance.happens(0.7) else guests)
        texts = {
            "name": FieldEdit(seen=guest.name, new=self.chance.one(NAMES)),
            "email": FieldEdit(seen=guest.email, new=f"{self.chance.between(1, 9)}@example.org"),
            "door_note": FieldEdit(seen=guest.door_note, new=self.text()),
        }
        tags = {"tags": FieldEdit(seen=list(guest.tags), new=[self.text()])}
        chosen = tags if self.chance.happens(0.2) else {name: texts[name] for name in self.chance.some(list(texts), 3)}
        fields = GuestField.model_validate(chosen)
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
        """Take one of the ways out that the inbox offers for a conflict."""
        copy, now = self.device.copy, self.device.clock()
        with copy.read() as connection:
            waiting = [item for item in read_inbox(connection, copy.event_id) if item.is_open]
        if not waiting:
            raise Nothing
        item = self.chance.one(sorted(waiting, key=lambda one: one.conflict_id))
        identity = copy.identity
        settler = Settler(identity.device_id, now + timedelta(milliseconds=identity.skew_ms), now)
        ways = conflict_words(item, UTC, now).ways
        way = self.chance.weighted(ways, [1 if way is Way.KEEP else 2 for way in ways])
        self.perform(*self._settled(item, way, settler))

    def _settled(self, item: InboxItem, way: Way, settler: Settler) -> list[Operation]:
        if way is Way.SEAT_ELSEWHERE:
            with self.device.copy.read() as connection:
                free = free_seats(connection, self.device.copy.event_id, item.details.get("seat_id"))
            if not free:
                raise Nothing
            return seat_elsewhere(item, self.chance.one(free).seat_id, settler)
        ways = {Way.KEEP: keep, Way.UNDO_SECOND: undo_second, Way.TAKE_OTHER: take_other, Way.SEEN: see}
        return ways[way](item, settler)

    def save_rows(self) -> None:
        """Save the event as it is now, to a file that is kept beside."""
        with self.device.copy.read() as connection:
            self.device.saved_parts = tuple(read_parts(connection, self.device.copy.event_id))

    def restore_rows(self) -> None:
        """Bring some rows back out of the file that was saved before: those that are gone since, if there are such."""
        may_restore = [
            part
            for part in self.device.saved_parts
            if self.device.role is Role.OWNER or BY_NAME[part.table] not in GRANTING
        ]
        if not may_restore:
            raise Nothing
        part = self.chance.one([part for part in may_restore if self._gone_of(part)] or may_restore)
        rows = self.chance.some(self._gone_of(part) or part.rows, 3)
        self.perform(restoring(BY_NAME[part.table], part.columns, rows))

    def _gone_of(self, part: RowsPart) -> list[list[Value]]:
        there = {row.id for row in self.rows(BY_NAME[part.table].id)}
        place = part.columns.index("id")
        return [row for row in part.rows if row[place] not in there]

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
    (Person.edit_guest, 6),
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
    (Person.save_rows, 0.3),
    (Person.restore_rows, 1),
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
