"""Signing tickets: what a server does by itself once tickets were issued."""

from __future__ import annotations

import secrets
from collections.abc import Sequence

from sqlalchemy import Connection, select, update

from models.codes import new_signing_key, sign_ticket
from models.ids import new_id
from models.operations.base import BULK, Operation
from models.operations.tickets import AddSigningKey, SignTickets
from models.store.log_tables import EventCounter
from models.store.rows import Change
from models.tickets import Ticket
from sync.server.open_log import OpenLog


def follow_ups(connection: Connection, log: OpenLog, operation: Operation, change: Change) -> Sequence[Operation]:
    """Give the operations that sign the tickets which an operation added, with a key of this server's own.

    The first time, the key is drawn and its public half goes into the log before the first signature.
    """
    if operation.made_by_servers:
        return ()
    ids = sorted(change.ids(Ticket))
    waiting = connection.execute(
        select(Ticket.id, Ticket.serial, Ticket.admits, Ticket.type_number).where(
            Ticket.id.in_(ids), Ticket.event_id == log.event_id, Ticket.signed_code.is_(None)
        )
    ).all()
    if not waiting:
        return ()
    made: list[Operation] = []
    if log.signing_private is None or log.signing_number is None:
        private, public = new_signing_key()
        log.signing_private, log.signing_number = private, secrets.randbelow(255) + 1
        # In a statement of its own: whatever goes wrong with another one, the key is none of its values.
        connection.execute(
            update(EventCounter)
            .where(EventCounter.event_id == log.event_id)
            .values(signing_number=log.signing_number, signing_private=private)
        )
        made.append(AddSigningKey(key_id=new_id(), number=log.signing_number, public_key=public))
    codes = {
        row.id: sign_ticket(
            log.signing_private,
            log.signing_number,
            log.event_id,
            serial=row.serial,
            admits=row.admits,
            type_number=row.type_number,
        )
        for row in waiting
    }
    parts = list(codes.items())
    made += [SignTickets(codes=dict(parts[start : start + BULK])) for start in range(0, len(parts), BULK)]
    return made
