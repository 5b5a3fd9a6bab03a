"""The tokens of devices: kept as hashes, and renewed so that no lost answer locks a device out."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, Row, and_, delete, insert, select, update

from models.errors import BadInput
from models.events import Role
from models.store.log_tables import DeviceToken
from sync.protocol import TokenAnswer

RENEWED_AFTER = timedelta(days=30)


def hashed(secret: str) -> str:
    """Give the SHA-256 of a random secret, as the server keeps it (64 hexadecimal digits)."""
    return hashlib.sha256(secret.encode()).hexdigest()


@dataclass(frozen=True)
class Bearer:
    """Whose a token is, and what it is good for."""

    event_id: str
    device_id: str
    install_id: str
    role: Role
    door_id: str | None = None
    is_hub: bool = False


def keep_token(connection: Connection, token: str, bearer: Bearer, now: datetime) -> None:
    """Keep a new token, which its bearer has not shown yet."""
    connection.execute(
        insert(DeviceToken).values(token_hash=hashed(token), **asdict(bearer), issued_at=now, last_seen_at=None)
    )


def renew_token(token: str, clock: Callable[[], datetime]) -> Callable[[Connection], TokenAnswer]:
    """Give the write job that makes a new token for the device that shows an old one.

    The old one stays good until the new one is shown: an answer that was lost is asked for again, and the token in it
    never counts. Raises BadInput ``no_token`` from the job.
    """
    fresh = secrets.token_urlsafe(32)

    def work(connection: Connection) -> TokenAnswer:
        row = connection.execute(
            select(DeviceToken.__table__).where(DeviceToken.token_hash == hashed(token)).with_for_update()
        ).one_or_none()
        if row is None:
            raise BadInput("no_token", "This device is not paired here: pair it again.")
        now = clock()
        if row.issued_at > now - RENEWED_AFTER:
            return TokenAnswer(token=None)
        never_shown = and_(_of_same_device(row), DeviceToken.last_seen_at.is_(None))
        connection.execute(delete(DeviceToken).where(never_shown, DeviceToken.token_hash != row.token_hash))
        bearer = Bearer(row.event_id, row.device_id, row.install_id, Role(row.role), row.door_id, row.is_hub)
        keep_token(connection, fresh, bearer, now)
        return TokenAnswer(token=fresh)

    return work


def take_first_showing(token_hash: str, clock: Callable[[], datetime]) -> Callable[[Connection], None]:
    """Give the write job that notes that a token was shown, and ends those that its device had before."""

    def work(connection: Connection) -> None:
        row = connection.execute(
            select(DeviceToken.__table__).where(DeviceToken.token_hash == token_hash).with_for_update()
        ).one_or_none()
        if row is None or row.last_seen_at is not None:
            return
        connection.execute(update(DeviceToken).where(DeviceToken.token_hash == token_hash).values(last_seen_at=clock()))
        connection.execute(delete(DeviceToken).where(_of_same_device(row), DeviceToken.issued_at < row.issued_at))

    return work


def _of_same_device(row: Row[tuple[object, ...]]) -> ColumnElement[bool]:
    return and_(
        DeviceToken.event_id == row.event_id,
        DeviceToken.device_id == row.device_id,
        DeviceToken.install_id == row.install_id,
        DeviceToken.is_hub == row.is_hub,
    )
