"""The tables that only a server holds: the ordered log, its counters, identities and secrets."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Flag, Side, Timestamp

_SERVER = {"info": {"side": Side.SERVER}}


class EventCounter(Base):
    """One event at this server: the counter that is locked first, and who the server is to it.

    ``install_id``, ``install_epoch`` and ``next_number`` number the operations that the server makes itself. A hub
    with an upstream keeps here how far it has followed it.
    """

    __tablename__ = "event_counters"
    __table_args__ = _SERVER

    event_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    version: Mapped[int] = mapped_column(BigInteger, default=0)
    position: Mapped[int] = mapped_column(BigInteger, default=0)
    epoch: Mapped[int] = mapped_column(BigInteger)
    install_id: Mapped[str] = mapped_column(String(36))
    install_epoch: Mapped[int] = mapped_column(BigInteger)
    next_number: Mapped[int] = mapped_column(BigInteger, default=1)
    signing_number: Mapped[int | None]
    signing_private: Mapped[str | None] = mapped_column(String(64))


class Upstream(Base):
    """The server above a hub, for one event: how to reach it and how far it was followed."""

    __tablename__ = "upstreams"
    __table_args__ = _SERVER

    event_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    server_url: Mapped[str] = mapped_column(String(500))
    server_certificate: Mapped[str | None] = mapped_column(String(64))
    server_id: Mapped[str | None] = mapped_column(String(36))
    server_epoch: Mapped[int | None] = mapped_column(BigInteger)
    cookie: Mapped[int] = mapped_column(BigInteger, default=0)
    pulled_at: Mapped[datetime | None] = mapped_column(Timestamp)


class LogRow(Base):
    """One operation in the event's order, with its outcome and the context it was applied in.

    ``position`` is the order of arrival; ``version`` the event's version at which the outcome was last
    settled (``resettled``: not for the first time, as on a hub that rebased).
    ``upstream_seen`` is set on a hub once the server above has the operation.
    """

    __tablename__ = "event_log"
    __table_args__ = (
        UniqueConstraint("event_id", "op_id"),
        Index(None, "event_id", "install_id", "epoch", "number"),
        Index(None, "event_id", "version"),
        Index(None, "event_id", "upstream_seen"),
        _SERVER,
    )

    event_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    position: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    version: Mapped[int] = mapped_column(BigInteger)
    install_id: Mapped[str] = mapped_column(String(36))
    epoch: Mapped[int] = mapped_column(BigInteger)
    number: Mapped[int] = mapped_column(BigInteger)
    op_id: Mapped[str] = mapped_column(String(36))
    name: Mapped[str] = mapped_column(String(80))
    arguments: Mapped[str] = mapped_column(Text)
    device_time: Mapped[datetime] = mapped_column(Timestamp)
    server_time: Mapped[datetime] = mapped_column(Timestamp)
    device_id: Mapped[str | None] = mapped_column(String(36))
    role: Mapped[str] = mapped_column(String(16))
    handed_in_by: Mapped[str | None] = mapped_column(String(36))
    outcome: Mapped[str] = mapped_column(String(16))
    reason_code: Mapped[str | None] = mapped_column(String(80))
    reason: Mapped[str | None] = mapped_column(Text)
    resettled: Mapped[bool] = mapped_column(Flag, default=False)
    upstream_seen: Mapped[bool] = mapped_column(Flag, default=False)


class InstallSeen(Base):
    """The last number seen of one installed copy in one epoch."""

    __tablename__ = "installs_seen"
    __table_args__ = _SERVER

    event_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    install_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    epoch: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger)
    op_id: Mapped[str] = mapped_column(String(36))


class NumberSeen(Base):
    """A further number of an operation that its device handed in again in a new epoch."""

    __tablename__ = "numbers_seen"
    __table_args__ = _SERVER

    event_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    install_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    epoch: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    op_id: Mapped[str] = mapped_column(String(36))


class Tombstone(Base):
    """A row that a hub's rebase took back; its devices hear of it."""

    __tablename__ = "tombstones"
    __table_args__ = (Index(None, "event_id", "version"), _SERVER)

    event_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    table_name: Mapped[str] = mapped_column(String(40), primary_key=True)
    row_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    version: Mapped[int] = mapped_column(BigInteger)


class OutcomeAbove(Base):
    """What the server above made of an operation that came to it directly: a hub tells its device, should it come."""

    __tablename__ = "outcomes_above"
    __table_args__ = (Index(None, "event_id", "install_id", "version"), _SERVER)

    event_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    op_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    install_id: Mapped[str] = mapped_column(String(36))
    version: Mapped[int] = mapped_column(BigInteger)
    outcome: Mapped[str] = mapped_column(String(16))
    reason_code: Mapped[str | None] = mapped_column(String(80))
    reason: Mapped[str | None] = mapped_column(Text)


class ServerIdentity(Base):
    """Who this server is, and the secret it signs sessions with."""

    __tablename__ = "server_identity"
    __table_args__ = _SERVER

    server_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    session_secret: Mapped[str] = mapped_column(String(64))


class DeviceToken(Base):
    """The hash of a device's token, and what the device may do; ``last_seen_at`` is empty until it is first shown."""

    __tablename__ = "device_tokens"
    __table_args__ = (Index(None, "event_id"), _SERVER)

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    event_id: Mapped[str] = mapped_column(String(36))
    device_id: Mapped[str] = mapped_column(String(36))
    install_id: Mapped[str] = mapped_column(String(36))
    role: Mapped[str] = mapped_column(String(16))
    door_id: Mapped[str | None] = mapped_column(String(36))
    is_hub: Mapped[bool] = mapped_column(Flag, default=False)
    issued_at: Mapped[datetime] = mapped_column(Timestamp)
    last_seen_at: Mapped[datetime | None] = mapped_column(Timestamp)


class PairingCode(Base):
    """A one-time code that pairs a device: only its hash is kept."""

    __tablename__ = "pairing_codes"
    __table_args__ = _SERVER

    code_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    event_id: Mapped[str] = mapped_column(String(36))
    role: Mapped[str] = mapped_column(String(16))
    door_id: Mapped[str | None] = mapped_column(String(36))
    made_by: Mapped[str | None] = mapped_column(String(36))
    """The device that asked for it; none where whoever runs the server did, or it is from before this was kept."""
    expires_at: Mapped[datetime] = mapped_column(Timestamp)
    used_at: Mapped[datetime | None] = mapped_column(Timestamp)


class User(Base):
    """A person with an account on a server."""

    __tablename__ = "users"
    __table_args__ = (
        UniqueConstraint("username"),
        UniqueConstraint("email"),
        UniqueConstraint("phone"),
        _SERVER,
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    username: Mapped[str] = mapped_column(String(80))
    email: Mapped[str | None] = mapped_column(String(254))
    phone: Mapped[str | None] = mapped_column(String(20))
    password_hash: Mapped[str | None] = mapped_column(String(200))
    is_active: Mapped[bool] = mapped_column(Flag, default=True)
    is_staff: Mapped[bool] = mapped_column(Flag, default=False)
    is_superuser: Mapped[bool] = mapped_column(Flag, default=False)
    joined_at: Mapped[datetime] = mapped_column(Timestamp)
    last_login_at: Mapped[datetime | None] = mapped_column(Timestamp)


class RefreshToken(Base):
    """The hash of a refresh token; ``family`` ties the ones that followed each other."""

    __tablename__ = "refresh_tokens"
    __table_args__ = (Index(None, "family"), _SERVER)

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[str] = mapped_column(String(36))
    family: Mapped[str] = mapped_column(String(36))
    expires_at: Mapped[datetime] = mapped_column(Timestamp)
    used_at: Mapped[datetime | None] = mapped_column(Timestamp)
