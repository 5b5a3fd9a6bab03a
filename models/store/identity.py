"""Who a copy is, and how far it follows which server."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Connection, select

from models.events import Role
from models.store.copy_tables import Replica
from models.store.exchange import Receipt
from models.store.prepared import Prepared
from models.store.snapshot import SnapshotHead

_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class Followed:
    """Which server a replica follows and how far: a cookie belongs to one server and one epoch of it."""

    event_id: str
    server_id: str | None
    server_epoch: int | None
    cookie: int

    def is_ahead_of(self, said: SnapshotHead | Receipt) -> bool:
        """Tell whether the server was put back to a backup since this was so, by what it said last."""
        if self.server_id is None or self.server_id != said.server_id:
            return False
        return self.server_epoch != said.epoch or said.version < self.cookie


@dataclass(frozen=True)
class Installation:
    """Who a copy is, and where it is to find its server."""

    install_id: str
    epoch: int
    event_id: str
    device_id: str
    role: Role
    door_id: str | None
    server_url: str | None
    server_certificate: str | None
    skew_ms: int

    @property
    def server_known_by(self) -> str | None:
        """What no other server can show: the certificate that was pinned, else the address; None without a server.

        An authority vouches for an address over https, this laptop for one on loopback. The ids of a server and of an
        event prove nothing: every device knows them.
        """
        if self.server_url is None:
            return None
        parts = urlsplit(self.server_url)
        if parts.scheme == "https" and self.server_certificate is not None:
            return self.server_certificate
        return f"{parts.scheme}://{parts.hostname}:{parts.port or _PORTS.get(parts.scheme)}"


@dataclass(frozen=True)
class Identity(Installation):
    """Who a copy is and how far it has followed its server."""

    server_id: str | None
    server_epoch: int | None
    cookie: int
    acknowledged: int
    pulled_at: datetime | None

    @property
    def followed(self) -> Followed:
        """Which server the copy follows and how far."""
        return Followed(self.event_id, self.server_id, self.server_epoch, self.cookie)


def read_identity(connection: Connection) -> Identity:
    """Read who a copy is."""
    row = _IDENTITY.row(connection)
    values: dict[str, Any] = {**row._asdict(), "role": Role(row.role)}
    return Identity(**values)


_IDENTITY = Prepared(
    select(
        Replica.install_id,
        Replica.epoch,
        Replica.event_id,
        Replica.device_id,
        Replica.role,
        Replica.door_id,
        Replica.server_url,
        Replica.server_certificate,
        Replica.server_id,
        Replica.server_epoch,
        Replica.cookie,
        Replica.acknowledged,
        Replica.skew_ms,
        Replica.pulled_at,
    )
)
