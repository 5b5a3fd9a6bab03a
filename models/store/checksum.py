"""Holding a replica's rows against its server's by one hash over all of them."""

from __future__ import annotations

from sqlalchemy import Connection

from models.errors import StoreError
from models.events import Role
from models.store.digest import digest, joined
from models.store.exchange import Pulled
from models.store.identity import Followed
from models.store.undo_log import touched_rows


def agrees_as_it_is(connection: Connection, followed: Followed, role: Role, pulled: Pulled) -> bool:
    """Tell whether the rows agree with the server's before a pull is taken in: then nobody waits for the sum."""
    here = (followed.server_id, followed.server_epoch, followed.cookie)
    if here != (pulled.server_id, pulled.epoch, pulled.version) or touched_rows(connection):
        return False
    return joined(digest(connection, followed.event_id, role)) == pulled.checksum


def check_sum(connection: Connection, event_id: str, role: Role, expected: str | None) -> None:
    """Hold the rows, without what is pending, against the server's. Raises StoreError ``bad_checksum``."""
    if expected is None or joined(digest(connection, event_id, role)) == expected:
        return
    raise StoreError("bad_checksum", "This copy does not agree with the server: it is fetched again.")
