"""Tickets, the secrets that find them, and the keys that sign them."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from sqlalchemy import Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Side, Synced, Timestamp, refers_to


class Ticket(Synced):
    """What is shown at the door: for one attendee, or for an invitation's whole group.

    ``serial`` is the random id in the signed code, 16 hexadecimal digits. ``signed_code`` is filled in by
    a server; until then the ticket waits for it.
    """

    __tablename__ = "tickets"
    __table_args__ = (
        refers_to("attendee_id", "attendees.id"),
        refers_to("invitation_id", "invitations.id"),
        UniqueConstraint("event_id", "serial"),
        Index(None, "event_id", "version"),
        Index(None, "attendee_id"),
        Index(None, "invitation_id"),
        {"info": {"side": Side.SYNCED}},
    )
    hidden_from_doors: ClassVar[frozenset[str]] = frozenset({"short_code", "signed_code"})

    attendee_id: Mapped[str | None] = mapped_column(String(36))
    invitation_id: Mapped[str | None] = mapped_column(String(36))
    serial: Mapped[str] = mapped_column(String(16))
    admits: Mapped[int]
    type_number: Mapped[int]
    short_code: Mapped[str | None] = mapped_column(String(16))
    signed_code: Mapped[str | None] = mapped_column(String(200))
    revoked_at: Mapped[datetime | None] = mapped_column(Timestamp)
    replaced_by: Mapped[str | None] = mapped_column(String(36))


class TicketSecret(Synced):
    """The salted HMAC of a short code or an invitation's code: a copy can check a code, not print it."""

    __tablename__ = "ticket_secrets"
    __table_args__ = (
        refers_to("ticket_id", "tickets.id"),
        refers_to("invitation_id", "invitations.id"),
        Index(None, "event_id", "version"),
        Index(None, "event_id", "hmac"),
        {"info": {"side": Side.SYNCED}},
    )

    ticket_id: Mapped[str | None] = mapped_column(String(36))
    invitation_id: Mapped[str | None] = mapped_column(String(36))
    hmac: Mapped[str] = mapped_column(String(64))


class SigningKey(Synced):
    """The public half of a server's key; ``number`` is its byte in a code and only a hint."""

    __tablename__ = "signing_keys"
    __table_args__ = (
        Index(None, "event_id", "version"),
        {"info": {"side": Side.SYNCED}},
    )

    number: Mapped[int]
    public_key: Mapped[str] = mapped_column(String(64))
    withdrawn_at: Mapped[datetime | None] = mapped_column(Timestamp)
