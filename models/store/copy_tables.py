"""The tables that only a copy holds: who it is, its outbox and its undo log."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Flag, Side, Timestamp

_COPY = {"info": {"side": Side.COPY}}


class Replica(Base):
    """The one row that says who this copy is and how far it has followed its server.

    ``acknowledged`` is the last number of this epoch that a pull reported as seen; ``recording`` switches
    the undo log's triggers.
    """

    __tablename__ = "replica"
    __table_args__ = _COPY

    only: Mapped[int] = mapped_column(Integer, primary_key=True, default=1)
    install_id: Mapped[str] = mapped_column(String(36))
    epoch: Mapped[int] = mapped_column(BigInteger)
    event_id: Mapped[str] = mapped_column(String(36))
    device_id: Mapped[str] = mapped_column(String(36))
    role: Mapped[str] = mapped_column(String(16))
    door_id: Mapped[str | None] = mapped_column(String(36))
    server_url: Mapped[str | None] = mapped_column(String(500))
    server_certificate: Mapped[str | None] = mapped_column(String(64))
    server_id: Mapped[str | None] = mapped_column(String(36))
    server_epoch: Mapped[int | None] = mapped_column(BigInteger)
    cookie: Mapped[int] = mapped_column(BigInteger, default=0)
    acknowledged: Mapped[int] = mapped_column(BigInteger, default=0)
    skew_ms: Mapped[int] = mapped_column(BigInteger, default=0)
    pulled_at: Mapped[datetime | None] = mapped_column(Timestamp)
    recording: Mapped[bool] = mapped_column(Flag, default=True)


class OutboxRow(Base):
    """One operation made here, kept until the event is archived.

    ``holds`` is 0 when the operation no longer fits what the server sent meanwhile (it is handed in all
    the same); ``outcome`` is what the server made of it.
    """

    __tablename__ = "outbox"
    __table_args__ = _COPY

    number: Mapped[int] = mapped_column(Integer, primary_key=True)
    op_id: Mapped[str] = mapped_column(String(36), unique=True)
    name: Mapped[str] = mapped_column(String(80))
    arguments: Mapped[str] = mapped_column(Text)
    device_time: Mapped[datetime] = mapped_column(Timestamp)
    holds: Mapped[bool] = mapped_column(Flag, default=True)
    outcome: Mapped[str | None] = mapped_column(String(16))
    reason_code: Mapped[str | None] = mapped_column(String(80))
    reason: Mapped[str | None] = mapped_column(Text)


class UndoRow(Base):
    """What a row was before the pending operations: NULL when it was not there."""

    __tablename__ = "undo_log"
    __table_args__ = _COPY

    table_name: Mapped[str] = mapped_column(String(40), primary_key=True)
    row_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    before: Mapped[str | None] = mapped_column(Text)
