"""Signs an event's tickets as its server does, straight on a copy."""

from __future__ import annotations

from sqlalchemy import select

from models.codes import new_signing_key, sign_ticket
from models.ids import new_id
from models.operations.base import BULK
from models.operations.tickets import AddSigningKey, SignTickets
from models.store.local_copy import LocalCopy
from models.tickets import Ticket


def sign_all_tickets(copy: LocalCopy, *, key_number: int = 1) -> str:
    """Publish a new key, sign all tickets that wait for one, and give the private half."""
    private, public = new_signing_key()
    copy.run(AddSigningKey(key_id=new_id(), number=key_number, public_key=public))
    with copy.read() as connection:
        waiting = connection.execute(
            select(Ticket.id, Ticket.serial, Ticket.admits, Ticket.type_number).where(Ticket.signed_code.is_(None))
        ).all()
    event_id = copy.identity.event_id
    codes = {
        row.id: sign_ticket(
            private, key_number, event_id, serial=row.serial, admits=row.admits, type_number=row.type_number
        )
        for row in waiting
    }
    ids = list(codes)
    for start in range(0, len(ids), BULK):
        copy.run(SignTickets(codes={one: codes[one] for one in ids[start : start + BULK]}))
    return private
