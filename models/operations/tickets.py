"""Operations on tickets and the keys that sign them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator
from sqlalchemy import select

from models.codes import code_hmac
from models.errors import Refused
from models.events import Event
from models.invitations import Attendee, Invitation, TicketType
from models.operations.base import BULK, Id, Operation, operation
from models.operations.people import ShortCode
from models.store.rows import Rows, gone
from models.tickets import SigningKey, Ticket, TicketSecret

Serial = Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]
KeyText = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class NewTicket(BaseModel):
    """A ticket to issue, for one attendee or for one invitation."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    ticket_id: Id
    secret_id: Id
    attendee_id: Id | None = None
    invitation_id: Id | None = None
    serial: Serial
    admits: Annotated[int, Field(ge=1, le=255)] = 1
    short_code: ShortCode

    @model_validator(mode="after")
    def _for_one_holder(self) -> NewTicket:
        if (self.attendee_id is None) == (self.invitation_id is None):
            raise ValueError("a ticket is for an attendee or for an invitation")
        return self

    @property
    def holder_id(self) -> str:
        """Whom the ticket is for: an attendee or an invitation."""
        return self.attendee_id or self.invitation_id or ""


@operation("issue_tickets.v1")
class IssueTickets(Operation):
    """Issue tickets; whoever holds a valid one keeps that one. A server signs them afterwards."""

    tickets: Annotated[tuple[NewTicket, ...], Field(min_length=1, max_length=BULK)]

    def apply(self, rows: Rows) -> None:
        """Add the rows of those who have none yet; of several for one holder, the first."""
        for_people = [new.attendee_id for new in self.tickets if new.attendee_id]
        for_groups = [new.invitation_id for new in self.tickets if new.invitation_id]
        rows.present(Attendee, for_people)
        rows.present(Invitation, for_groups)
        served = _holders(rows, for_people, for_groups)
        wanted = {new.holder_id: new for new in reversed(self.tickets)}
        insert_tickets(rows, [new for holder, new in reversed(wanted.items()) if holder not in served])


@operation("sign_tickets.v1")
class SignTickets(Operation):
    """Fill in the signed codes; made by the server that issues them. A code that is there stays."""

    made_by_servers = True

    codes: Annotated[dict[Id, Annotated[str, Field(pattern=r"^1\d{193}$")]], Field(min_length=1, max_length=BULK)]

    def apply(self, rows: Rows) -> None:
        """Set the codes of the tickets that wait for one."""
        waiting = rows.connection.scalars(
            select(Ticket.id).where(
                Ticket.id.in_(list(self.codes)),
                Ticket.event_id == rows.context.event_id,
                Ticket.signed_code.is_(None),
            )
        ).all()
        for ticket_id in sorted(waiting):
            rows.update(Ticket, [ticket_id], signed_code=self.codes[ticket_id])


@operation("revoke_ticket.v1")
class RevokeTicket(Operation):
    """Make a ticket invalid, with a new one for the same holder in its place or none.

    A ticket that is revoked already stays as it is: with a second replacement, two would be valid.
    """

    ticket_id: Id
    replacement: NewTicket | None = None

    def apply(self, rows: Rows) -> None:
        """Mark the ticket, add the replacement."""
        ticket = rows.connection.execute(
            select(Ticket.attendee_id, Ticket.invitation_id, Ticket.revoked_at).where(
                Ticket.id == self.ticket_id, Ticket.event_id == rows.context.event_id, Ticket.deleted_at.is_(None)
            )
        ).one_or_none()
        if ticket is None:
            raise gone(Ticket)
        if self.replacement is not None:
            if self.replacement.holder_id != (ticket.attendee_id or ticket.invitation_id):
                raise Refused("other_holder", "A replacement is for the same guest: issue a new ticket instead.")
            if ticket.revoked_at is not None:
                raise Refused("revoked_already", "This ticket was revoked already: look at the list again.")
            insert_tickets(rows, [self.replacement])
        elif ticket.revoked_at is not None:
            return
        rows.update(
            Ticket,
            [self.ticket_id],
            revoked_at=rows.context.at,
            replaced_by=self.replacement.ticket_id if self.replacement else None,
        )


@operation("add_signing_key.v1")
class AddSigningKey(Operation):
    """Publish the public half of a server's key; made by that server."""

    made_by_servers = True

    key_id: Id
    number: Annotated[int, Field(ge=0, le=255)]
    public_key: KeyText

    def apply(self, rows: Rows) -> None:
        """Add the row."""
        rows.insert(SigningKey, [{"id": self.key_id, "number": self.number, "public_key": self.public_key}])


@operation("withdraw_signing_key.v1")
class WithdrawSigningKey(Operation):
    """Make all codes signed with a key read as revoked."""

    key_id: Id

    def apply(self, rows: Rows) -> None:
        """Mark the key."""
        rows.update(SigningKey, [self.key_id], withdrawn_at=rows.context.at)


def insert_tickets(rows: Rows, tickets: Sequence[NewTicket]) -> None:
    """Add tickets with their secrets; the type's number is read off the attendee."""
    salt = rows.connection.scalar(select(Event.code_salt).where(Event.id == rows.context.event_id)) or ""
    numbers = _type_numbers(rows, [new.attendee_id for new in tickets if new.attendee_id])
    rows.insert(
        Ticket,
        [
            {
                "id": new.ticket_id,
                "attendee_id": new.attendee_id,
                "invitation_id": new.invitation_id,
                "serial": new.serial,
                "admits": new.admits,
                "type_number": numbers.get(new.attendee_id or "", 0),
                "short_code": new.short_code,
            }
            for new in tickets
        ],
    )
    rows.insert(
        TicketSecret,
        [
            {
                "id": new.secret_id,
                "ticket_id": new.ticket_id,
                "invitation_id": None,
                "hmac": code_hmac(salt, new.short_code),
            }
            for new in tickets
        ],
    )


def _holders(rows: Rows, attendees: Sequence[str], invitations: Sequence[str]) -> set[str]:
    found = rows.connection.execute(
        select(Ticket.attendee_id, Ticket.invitation_id).where(
            Ticket.event_id == rows.context.event_id,
            Ticket.revoked_at.is_(None),
            Ticket.attendee_id.in_(attendees) | Ticket.invitation_id.in_(invitations),
        )
    )
    return {attendee or invitation or "" for attendee, invitation in found}


def _type_numbers(rows: Rows, attendee_ids: Sequence[str]) -> dict[str, int]:
    found = rows.connection.execute(
        select(Attendee.id, TicketType.number)
        .join(TicketType, TicketType.id == Attendee.ticket_type_id)
        .where(Attendee.id.in_(attendee_ids))
    )
    return {row.id: row.number for row in found}
