"""Entries, and the attendance that is read off them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from sqlalchemy import ColumnElement, Connection, Index, String, Text, and_, bindparam, or_, select
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Flag, Side, Synced, Timestamp
from models.events import Direction
from models.store.portions import portions
from models.store.prepared import Prepared


class Verdict(StrEnum):
    """What the admission function says; no other verdict exists."""

    ADMITTED = "admitted"
    ALREADY_INSIDE = "already_inside"
    LEFT_EARLIER = "left_earlier"
    GROUP = "group"
    UNKNOWN_CODE = "unknown_code"
    OTHER_EVENT = "other_event"
    FORGED = "forged"
    REVOKED = "revoked"
    CANCELLED = "cancelled"
    DECLINED = "declined"
    UNPAID = "unpaid"
    WRONG_DOOR = "wrong_door"
    WRONG_SESSION = "wrong_session"
    TOO_EARLY = "too_early"
    TOO_LATE = "too_late"
    NOT_ON_LIST_YET = "not_on_list_yet"
    CAPACITY = "capacity"

    @property
    def lets_in(self) -> bool:
        """Whether a person passes without anybody overriding."""
        return self in (Verdict.ADMITTED, Verdict.LEFT_EARLIER, Verdict.NOT_ON_LIST_YET)


class Attendance(StrEnum):
    """Where an attendee is, as far as the entries say."""

    NOT_CHECKED_IN = "not_checked_in"
    CHECKED_IN = "checked_in"
    LEFT = "left"


class EntryHow(StrEnum):
    """How an entry came about."""

    SCAN = "scan"
    SEARCH = "search"
    OTP = "otp"
    WALK_IN = "walk_in"
    UNDO = "undo"


class Entry(Synced):
    """One fact at a door. Entries are only added; a wrong one is undone by another one (``undoes``).

    ``passed`` says whether the person went through. ``happened_at`` is the device's time corrected by its
    last measured skew, ``device_at`` the device's own time, ``server_at`` the server's when it heard of it.
    There are no foreign keys: an entry is stored whatever else is known.
    """

    __tablename__ = "entries"
    __table_args__ = (
        Index(None, "event_id", "version"),
        Index(None, "attendee_id"),
        Index(None, "ticket_serial"),
        Index(None, "event_id", "happened_at"),
        {"info": {"side": Side.SYNCED}},
    )
    hidden_from_doors: ClassVar[frozenset[str]] = frozenset()

    op_id: Mapped[str] = mapped_column(String(36))
    attendee_id: Mapped[str | None] = mapped_column(String(36))
    ticket_serial: Mapped[str | None] = mapped_column(String(16))
    shown_name: Mapped[str] = mapped_column(String(200))
    direction: Mapped[str] = mapped_column(String(8))
    passed: Mapped[bool] = mapped_column(Flag)
    people: Mapped[int] = mapped_column(default=1)
    verdict: Mapped[str] = mapped_column(String(24))
    how: Mapped[str] = mapped_column(String(16))
    door_id: Mapped[str | None] = mapped_column(String(36))
    door_name: Mapped[str] = mapped_column(String(120))
    device_id: Mapped[str] = mapped_column(String(36))
    staff_name: Mapped[str] = mapped_column(String(120), default="")
    happened_at: Mapped[datetime] = mapped_column(Timestamp)
    device_at: Mapped[datetime] = mapped_column(Timestamp)
    server_at: Mapped[datetime | None] = mapped_column(Timestamp)
    forced_reason: Mapped[str | None] = mapped_column(Text)
    undoes: Mapped[str | None] = mapped_column(String(36))


@dataclass(frozen=True, slots=True)
class Passage:
    """One entry as attendance looks at it."""

    id: str
    op_id: str
    attendee_id: str | None
    ticket_serial: str | None
    direction: str
    passed: bool
    verdict: str
    shown_name: str
    door_name: str
    staff_name: str
    device_id: str
    happened_at: datetime
    forced_reason: str | None
    undoes: str | None
    people: int


_PASSAGE = (
    Entry.id,
    Entry.op_id,
    Entry.attendee_id,
    Entry.ticket_serial,
    Entry.direction,
    Entry.passed,
    Entry.verdict,
    Entry.shown_name,
    Entry.door_name,
    Entry.staff_name,
    Entry.device_id,
    Entry.happened_at,
    Entry.forced_reason,
    Entry.undoes,
    Entry.people,
)
PASSAGES = select(*_PASSAGE)
"""Reads entries for :func:`read_passages`."""
_WITH_TICKET = Prepared(PASSAGES.where(Entry.ticket_serial == bindparam("serial")))
_OF_ONE = Prepared(PASSAGES.where(Entry.attendee_id == bindparam("attendee_id")))
_OF_HOLDER = Prepared(
    PASSAGES.where(
        or_(
            Entry.attendee_id == bindparam("attendee_id"),
            and_(Entry.ticket_serial == bindparam("serial"), Entry.attendee_id.is_(None)),
        )
    )
)


def read_passages(connection: Connection, prepared: Prepared, **values: str) -> list[Passage]:
    """Read entries with a statement that narrows :data:`PASSAGES`, in no order."""
    return [Passage(*row) for row in prepared.rows(connection, **values)]


def passages_where(connection: Connection, condition: ColumnElement[bool]) -> list[Passage]:
    """Read the entries that fit a condition, in no order."""
    return [Passage(*row) for row in connection.execute(PASSAGES.where(condition))]


def passages_of(connection: Connection, attendee_ids: Sequence[str]) -> list[Passage]:
    """Read all entries of some attendees, in no order."""
    if len(attendee_ids) == 1:
        return read_passages(connection, _OF_ONE, attendee_id=attendee_ids[0])
    found: list[Passage] = []
    for some in portions(attendee_ids):
        found += passages_where(connection, Entry.attendee_id.in_(some))
    return found


def passages_with_ticket(connection: Connection, serial: str) -> list[Passage]:
    """Read all entries made with a ticket, in no order."""
    return read_passages(connection, _WITH_TICKET, serial=serial)


def passages_of_holder(connection: Connection, attendee_id: str, serial: str) -> list[Passage]:
    """Read an attendee's entries, and those made with the ticket before anybody knew whose it is, in no order."""
    return read_passages(connection, _OF_HOLDER, attendee_id=attendee_id, serial=serial)


def standing(passages: Iterable[Passage]) -> list[Passage]:
    """Give the passages that count, in their order: those who passed and were not undone.

    The order is by ``happened_at``, ties by ``op_id`` (then by id, for several in one operation).
    """
    known = list(passages)
    undone = {entry.undoes for entry in known if entry.undoes}
    counted = [entry for entry in known if entry.passed and not entry.undoes and entry.id not in undone]
    return sorted(counted, key=lambda entry: (entry.happened_at, entry.op_id, entry.id))


def attendance(passages: Iterable[Passage]) -> Attendance:
    """Read one attendee's attendance off the entries."""
    counted = standing(passages)
    if not counted:
        return Attendance.NOT_CHECKED_IN
    return Attendance.CHECKED_IN if counted[-1].direction == Direction.IN else Attendance.LEFT


def double_admissions(passages: Iterable[Passage]) -> list[tuple[Passage, Passage]]:
    """Find the pairs of operations that let one attendee in twice without knowing of each other.

    A pair overlaps when no "out" stands between its two "in" entries. An entry that was forced over
    ``already_inside`` knew of the other one and is no double admission.
    """
    pairs: dict[tuple[str, str], tuple[Passage, Passage]] = {}
    run: list[Passage] = []
    for entry in standing(passages):
        if entry.direction == Direction.OUT:
            run = []
        elif entry.verdict != Verdict.ALREADY_INSIDE:
            for earlier in run:
                if earlier.op_id != entry.op_id:
                    pairs.setdefault((earlier.op_id, entry.op_id), (earlier, entry))
            run.append(entry)
    return list(pairs.values())
