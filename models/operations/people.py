"""Operations on households, guests and their answers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator
from sqlalchemy import Connection, select

from models.codes import code_hmac
from models.errors import Refused
from models.events import Event
from models.guest_lists.folding import fold
from models.invitations import Attendee, Invitation, PaymentStatus, Rsvp, TicketType
from models.operations.base import BULK, Id, Label, Operation, Text, operation
from models.operations.edits import FieldEdit, apply_edits, reversed_edits
from models.people import Guest
from models.store.erasing import ERASED_NAME, is_new_name
from models.store.rows import Rows
from models.tickets import TicketSecret

Tag = Annotated[str, Field(min_length=1, max_length=60)]
Tags = Annotated[tuple[Tag, ...], Field(max_length=40)]
Email = Annotated[str, Field(max_length=254)]
Phone = Annotated[str, Field(max_length=20)]
Words = Annotated[str, Field(max_length=200)]
Meal = Annotated[str, Field(max_length=80)]
ShortCode = Annotated[str, Field(pattern=r"^[0-9A-HJKMNP-TV-Z]{8}[0-9A-HJKMNP-TV-Z*~$=U]$")]


class NewGuest(BaseModel):
    """A guest to add, with the attendee that puts them on the invitation."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    guest_id: Id
    attendee_id: Id
    name: Label
    email: Email | None = None
    phone: Phone | None = None
    company: Words | None = None
    notes: Text | None = None
    door_note: Text | None = None
    diet: Words | None = None
    access_needs: Words | None = None
    tags: Tags = ()
    rsvp: Rsvp = Rsvp.PENDING
    ticket_type_id: Id | None = None
    payment_status: PaymentStatus = PaymentStatus.UNPAID
    meal: Meal | None = None
    is_placeholder: bool = False
    plus_one_of: Id | None = None


class NewHousehold(BaseModel):
    """An invitation to add, with its guests."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    invitation_id: Id
    name: Label
    code: ShortCode
    secret_id: Id
    guests: tuple[NewGuest, ...] = ()


class JoiningGuest(BaseModel):
    """A guest to add to an invitation that is there."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    invitation_id: Id
    guest: NewGuest


def folded_name(name: str) -> str:
    """Give a name as search compares it, cut to what the column holds: some letters fold into many."""
    return fold(name)[:400]


def guest_values(new: NewGuest) -> dict[str, object]:
    """Give the columns of a new guest's row."""
    return {
        "id": new.guest_id,
        "name": new.name,
        "folded": folded_name(new.name),
        "email": new.email,
        "phone": new.phone,
        "company": new.company,
        "notes": new.notes,
        "door_note": new.door_note,
        "diet": new.diet,
        "access_needs": new.access_needs,
        "tags": list(new.tags),
    }


def attendee_values(new: NewGuest, invitation_id: str) -> dict[str, object]:
    """Give the columns of a new attendee's row, without a seat."""
    return {
        "id": new.attendee_id,
        "guest_id": new.guest_id,
        "invitation_id": invitation_id,
        "rsvp": new.rsvp,
        "ticket_type_id": new.ticket_type_id,
        "payment_status": new.payment_status,
        "plus_one_of": new.plus_one_of,
        "is_placeholder": new.is_placeholder,
        "meal": new.meal,
    }


def insert_households(rows: Rows, households: Sequence[NewHousehold]) -> None:
    """Add invitations with their secrets."""
    salt = rows.connection.scalar(select(Event.code_salt).where(Event.id == rows.context.event_id)) or ""
    rows.insert(Invitation, [{"id": new.invitation_id, "name": new.name, "code": new.code} for new in households])
    rows.insert(
        TicketSecret,
        [
            {
                "id": new.secret_id,
                "ticket_id": None,
                "invitation_id": new.invitation_id,
                "hmac": code_hmac(salt, new.code),
            }
            for new in households
        ],
    )


@operation("add_guests.v1")
class AddGuests(Operation):
    """Add households with their guests, and guests to households that are there; at most 500 guests."""

    households: tuple[NewHousehold, ...] = ()
    joining: tuple[JoiningGuest, ...] = ()

    @model_validator(mode="after")
    def _not_too_many(self) -> AddGuests:
        count = sum(len(new.guests) for new in self.households) + len(self.joining)
        if count > BULK or len(self.households) > BULK:
            raise ValueError(f"at most {BULK} guests in one operation")
        return self

    def _people(self) -> list[tuple[str, NewGuest]]:
        people = [(new.invitation_id, guest) for new in self.households for guest in new.guests]
        return people + [(new.invitation_id, new.guest) for new in self.joining]

    def apply(self, rows: Rows) -> None:
        """Add the rows."""
        people = self._people()
        rows.present(Invitation, {new.invitation_id for new in self.joining})
        rows.present(TicketType, {guest.ticket_type_id for _, guest in people if guest.ticket_type_id})
        insert_households(rows, self.households)
        rows.insert(Guest, [guest_values(guest) for _, guest in people])
        rows.insert(Attendee, [attendee_values(guest, invitation) for invitation, guest in people])

    def inverse(self, connection: Connection, event_id: str) -> Sequence[Operation]:
        """Hide what was added."""
        return [
            HideGuests(
                attendee_ids=tuple(guest.attendee_id for _, guest in self._people()),
                invitation_ids=tuple(new.invitation_id for new in self.households),
            )
        ]


@operation("hide_guests.v1")
class HideGuests(Operation):
    """Take guests off the list (and invitations that are left empty); their seats become free."""

    attendee_ids: Annotated[tuple[Id, ...], Field(max_length=BULK)]
    invitation_ids: Annotated[tuple[Id, ...], Field(max_length=BULK)] = ()

    def apply(self, rows: Rows) -> None:
        """Hide the rows."""
        rows.present(Attendee, self.attendee_ids)
        rows.update(Attendee, self.attendee_ids, deleted_at=rows.context.at, seat_id=None)
        rows.update(Guest, _guests_of(rows.connection, self.attendee_ids), deleted_at=rows.context.at)
        occupied = _invitations_with_people(rows.connection, self.invitation_ids)
        rows.update(Invitation, set(self.invitation_ids) - occupied, deleted_at=rows.context.at)

    def inverse(self, connection: Connection, event_id: str) -> Sequence[Operation]:
        """Show them again and give the seats back."""
        from models.operations.seating import SeatAttendees, present_placements

        back: list[Operation] = [ShowGuests(attendee_ids=self.attendee_ids, invitation_ids=self.invitation_ids)]
        seated = [one.at_seat() for one in present_placements(connection, self.attendee_ids) if one.seat_id]
        return [*back, SeatAttendees(placements=tuple(seated))] if seated else back


@operation("show_guests.v1")
class ShowGuests(Operation):
    """Bring hidden guests and invitations back to the list, without a seat."""

    attendee_ids: Annotated[tuple[Id, ...], Field(max_length=BULK)]
    invitation_ids: Annotated[tuple[Id, ...], Field(max_length=BULK)] = ()

    def apply(self, rows: Rows) -> None:
        """Show the rows."""
        rows.update(Invitation, self.invitation_ids, deleted_at=None)
        rows.update(Attendee, self.attendee_ids, deleted_at=None)
        rows.update(Guest, _guests_of(rows.connection, self.attendee_ids), deleted_at=None)

    def inverse(self, connection: Connection, event_id: str) -> Sequence[Operation]:
        """Hide them again."""
        return [HideGuests(attendee_ids=self.attendee_ids, invitation_ids=self.invitation_ids)]


class GuestField(BaseModel):
    """The fields of a guest that can be edited."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: FieldEdit[Label] | None = None
    email: FieldEdit[Email | None] | None = None
    phone: FieldEdit[Phone | None] | None = None
    company: FieldEdit[Words | None] | None = None
    notes: FieldEdit[Text | None] | None = None
    door_note: FieldEdit[Text | None] | None = None
    diet: FieldEdit[Words | None] | None = None
    access_needs: FieldEdit[Words | None] | None = None
    tags: FieldEdit[Annotated[list[Tag], Field(max_length=40)]] | None = None


@operation("edit_guest.v1")
class EditGuest(Operation):
    """Change fields of a guest."""

    guest_id: Id
    fields: GuestField

    def apply(self, rows: Rows) -> None:
        """Set the fields; one that changed meanwhile is noted."""
        erased_at = rows.connection.scalar(select(Guest.erased_at).where(Guest.id == self.guest_id))
        if erased_at is not None:
            raise Refused("erased", "This guest was erased: nothing is written about them any more.")
        apply_edits(rows, Guest, self.guest_id, self.fields, for_doors=False)
        if self.fields.name is not None:
            rows.update(Guest, [self.guest_id], folded=folded_name(self.fields.name.new))

    def inverse(self, connection: Connection, event_id: str) -> Sequence[Operation]:
        """Set the fields back."""
        fields = reversed_edits(connection, Guest, self.guest_id, event_id, self.fields)
        return [EditGuest(guest_id=self.guest_id, fields=fields)]


class AttendeeField(BaseModel):
    """The fields of an attendee that can be edited (the answer and the seat have operations of their own)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    meal: FieldEdit[Meal | None] | None = None
    ticket_type_id: FieldEdit[Id | None] | None = None
    payment_status: FieldEdit[PaymentStatus] | None = None


@operation("edit_attendee.v1")
class EditAttendee(Operation):
    """Change an attendee's meal, ticket type or payment."""

    attendee_id: Id
    fields: AttendeeField

    def apply(self, rows: Rows) -> None:
        """Set the fields; one that changed meanwhile is noted."""
        wanted = self.fields.ticket_type_id
        if wanted is not None and wanted.new is not None:
            rows.present(TicketType, [wanted.new])
        apply_edits(rows, Attendee, self.attendee_id, self.fields, for_doors=False)

    def inverse(self, connection: Connection, event_id: str) -> Sequence[Operation]:
        """Set the fields back."""
        fields = reversed_edits(connection, Attendee, self.attendee_id, event_id, self.fields)
        return [EditAttendee(attendee_id=self.attendee_id, fields=fields)]


class InvitationField(BaseModel):
    """The fields of an invitation that can be edited."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: FieldEdit[Label] | None = None
    message: FieldEdit[Text | None] | None = None


@operation("edit_invitation.v1")
class EditInvitation(Operation):
    """Change a household's name or message."""

    invitation_id: Id
    fields: InvitationField

    def apply(self, rows: Rows) -> None:
        """Set the fields; one that changed meanwhile is noted.

        The words of an invitation that was blanked with a guest may be those which were erased: it needs a new name
        first, from somebody who saw that it has none.
        """
        held = rows.connection.scalar(select(Invitation.name).where(Invitation.id == self.invitation_id))
        name = self.fields.name
        if held == ERASED_NAME and (name is None or not is_new_name(name.seen, name.new)):
            raise Refused("erased", "The words of this household were erased: give it a new name first.")
        apply_edits(rows, Invitation, self.invitation_id, self.fields, for_doors=False)

    def inverse(self, connection: Connection, event_id: str) -> Sequence[Operation]:
        """Set the fields back."""
        fields = reversed_edits(connection, Invitation, self.invitation_id, event_id, self.fields)
        return [EditInvitation(invitation_id=self.invitation_id, fields=fields)]


class RsvpField(BaseModel):
    """The answer, as an edit."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rsvp: FieldEdit[Rsvp]


class Answer(BaseModel):
    """One attendee's new answer."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    attendee_id: Id
    rsvp: FieldEdit[Rsvp]


@operation("set_rsvp.v1")
class SetRsvp(Operation):
    """Record answers; who declines or cancels frees the seat."""

    answers: Annotated[tuple[Answer, ...], Field(min_length=1, max_length=BULK)]

    def apply(self, rows: Rows) -> None:
        """Set the answers."""
        for answer in self.answers:
            apply_edits(rows, Attendee, answer.attendee_id, RsvpField(rsvp=answer.rsvp), for_doors=False)
            if not answer.rsvp.new.comes:
                rows.update(Attendee, [answer.attendee_id], seat_id=None)

    def inverse(self, connection: Connection, event_id: str) -> Sequence[Operation]:
        """Set the answers back and give the seats back."""
        from models.operations.seating import SeatAttendees, present_placements

        ids = [one.attendee_id for one in self.answers]
        there = select(Attendee.id, Attendee.rsvp).where(Attendee.id.in_(ids))
        held = {row.id: row.rsvp for row in connection.execute(there)}
        back = tuple(
            Answer(
                attendee_id=one.attendee_id,
                rsvp=FieldEdit(seen=one.rsvp.new, new=Rsvp(held.get(one.attendee_id, one.rsvp.seen))),
            )
            for one in self.answers
        )
        leaving = [one.attendee_id for one in self.answers if not one.rsvp.new.comes]
        seated = tuple(one.at_seat() for one in present_placements(connection, leaving) if one.seat_id)
        undo: list[Operation] = [SetRsvp(answers=back)]
        return [*undo, SeatAttendees(placements=seated)] if seated else undo


@operation("move_to_household.v1")
class MoveToHousehold(Operation):
    """Put attendees on another invitation of the event."""

    attendee_ids: Annotated[tuple[Id, ...], Field(min_length=1, max_length=BULK)]
    invitation_id: Id

    def apply(self, rows: Rows) -> None:
        """Set the invitation."""
        rows.present(Invitation, [self.invitation_id])
        rows.present(Attendee, self.attendee_ids)
        rows.update(Attendee, self.attendee_ids, invitation_id=self.invitation_id)

    def inverse(self, connection: Connection, event_id: str) -> Sequence[Operation]:
        """Put them back where they were."""
        before: dict[str, list[str]] = {}
        found = select(Attendee.id, Attendee.invitation_id).where(Attendee.id.in_(self.attendee_ids))
        for attendee_id, invitation_id in connection.execute(found):
            before.setdefault(invitation_id, []).append(attendee_id)
        return [
            MoveToHousehold(attendee_ids=tuple(ids), invitation_id=invitation) for invitation, ids in before.items()
        ]


def _guests_of(connection: Connection, attendee_ids: Sequence[str]) -> list[str]:
    return list(connection.scalars(select(Attendee.guest_id).where(Attendee.id.in_(attendee_ids)).distinct()))


def _invitations_with_people(connection: Connection, invitation_ids: Sequence[str]) -> set[str]:
    return set(
        connection.scalars(
            select(Attendee.invitation_id).where(
                Attendee.invitation_id.in_(invitation_ids), Attendee.deleted_at.is_(None)
            )
        )
    )
