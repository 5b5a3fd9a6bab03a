"""Invitations (households), attendees and ticket types."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from enum import StrEnum
from typing import ClassVar

from sqlalchemy import Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Flag, Json, Money, Side, Synced, refers_to


class Rsvp(StrEnum):
    """What a guest answered."""

    PENDING = "pending"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    CANCELLED = "cancelled"

    @property
    def comes(self) -> bool:
        """Whether a seat may be kept for this answer."""
        return self in (Rsvp.PENDING, Rsvp.ACCEPTED)


class PaymentStatus(StrEnum):
    """Whether a ticket has been paid."""

    UNPAID = "unpaid"
    PAID = "paid"
    REFUNDED = "refunded"


class InvitationState(StrEnum):
    """What an invitation's attendees add up to."""

    PENDING = "pending"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    PARTIAL = "partial"
    ATTENDED = "attended"


class Invitation(Synced):
    """What one household or company gets: one code for one or more guests."""

    __tablename__ = "invitations"
    __table_args__ = (
        UniqueConstraint("event_id", "code"),
        Index(None, "event_id", "version"),
        {"info": {"side": Side.SYNCED}},
    )
    hidden_from_doors: ClassVar[frozenset[str]] = frozenset({"code", "message"})

    name: Mapped[str] = mapped_column(String(200))
    code: Mapped[str | None] = mapped_column(String(16))
    kind: Mapped[str] = mapped_column(String(16), default="direct")
    message: Mapped[str | None] = mapped_column(Text)


class TicketType(Synced):
    """Standard, VIP, crew…; ``number`` is its byte in a signed code, empty lists open everything."""

    __tablename__ = "ticket_types"
    __table_args__ = (
        Index(None, "event_id", "version"),
        {"info": {"side": Side.SYNCED}},
    )

    name: Mapped[str] = mapped_column(String(80))
    number: Mapped[int]
    price: Mapped[Decimal | None] = mapped_column(Money)
    currency: Mapped[str | None] = mapped_column(String(3))
    sessions: Mapped[list[str]] = mapped_column(Json)


class Attendee(Synced):
    """One guest on one invitation: the answer, the seat and the ticket type hang here."""

    __tablename__ = "attendees"
    __table_args__ = (
        refers_to("guest_id", "guests.id"),
        refers_to("invitation_id", "invitations.id"),
        refers_to("ticket_type_id", "ticket_types.id"),
        refers_to("seat_id", "seats.id"),
        UniqueConstraint("seat_id"),
        Index(None, "event_id", "version"),
        Index(None, "guest_id"),
        Index(None, "invitation_id"),
        {"info": {"side": Side.SYNCED}},
    )

    guest_id: Mapped[str] = mapped_column(String(36))
    invitation_id: Mapped[str] = mapped_column(String(36))
    rsvp: Mapped[str] = mapped_column(String(16), default=Rsvp.PENDING)
    ticket_type_id: Mapped[str | None] = mapped_column(String(36))
    seat_id: Mapped[str | None] = mapped_column(String(36))
    payment_status: Mapped[str] = mapped_column(String(16), default=PaymentStatus.UNPAID)
    plus_one_of: Mapped[str | None] = mapped_column(String(36))
    is_placeholder: Mapped[bool] = mapped_column(Flag, default=False)
    meal: Mapped[str | None] = mapped_column(String(80))


def invitation_state(answers: Iterable[str], anybody_let_in: int) -> InvitationState:
    """Read an invitation's state off its attendees' answers and the number of them let in (domain: Invitation)."""
    if anybody_let_in:
        return InvitationState.ATTENDED
    given = set(answers)
    if given <= {Rsvp.PENDING}:
        return InvitationState.PENDING
    if given <= {Rsvp.ACCEPTED}:
        return InvitationState.ACCEPTED
    if given <= {Rsvp.DECLINED, Rsvp.CANCELLED}:
        return InvitationState.DECLINED
    return InvitationState.PARTIAL
