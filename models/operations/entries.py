"""Operations at a door: entries and walk-ins. They are facts: no server ever refuses one."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import func, select

from models.attendance import Entry, EntryHow, Verdict
from models.conflicts import ConflictKind
from models.errors import Refused
from models.events import Direction, Event
from models.invitations import Attendee, Invitation, PaymentStatus, Rsvp, TicketType
from models.operations.base import (
    BULK,
    EVERYBODY_AT_WORK,
    Id,
    Label,
    Line,
    Nature,
    Operation,
    Text,
    Time,
    operation,
)
from models.operations.people import folded_name
from models.operations.seating import check_seats, seat_holders, seat_words
from models.people import Guest
from models.store.rows import Finding, Rows


class NewEntry(BaseModel):
    """One fact at a door, with all its times."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    entry_id: Id
    attendee_id: Id | None = None
    ticket_serial: Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")] | None = None
    shown_name: Annotated[str, Field(max_length=200)]
    direction: Direction
    passed: bool
    people: Annotated[int, Field(ge=0, le=255)] = 1
    verdict: Verdict
    how: EntryHow
    door_id: Id | None = None
    door_name: Annotated[str, Field(max_length=120)] = ""
    device_id: Id
    staff_name: Annotated[str, Field(max_length=120)] = ""
    happened_at: Time
    device_at: Time
    forced_reason: Line | None = None
    undoes: Id | None = None


@operation("record_entries.v1")
class RecordEntries(Operation):
    """Record that people came in, went out, were turned away, or that an entry was a mistake."""

    roles = EVERYBODY_AT_WORK
    nature = Nature.FACT

    entries: Annotated[tuple[NewEntry, ...], Field(min_length=1, max_length=BULK)]

    def apply(self, rows: Rows) -> None:
        """Add the rows; one that is there already stays as it is."""
        insert_entries(rows, self.entries)


@operation("walk_in.v1")
class WalkIn(Operation):
    """Let in somebody who is on no list: a guest, an attendee and an entry at once, with a seat if one is free."""

    roles = EVERYBODY_AT_WORK
    nature = Nature.FACT

    guest_id: Id
    attendee_id: Id
    invitation_id: Id
    guest_name: Label
    door_note: Text | None = None
    ticket_type_id: Id | None = None
    seat_id: Id | None = None
    entry: NewEntry

    def apply(self, rows: Rows) -> None:
        """Add the rows; a seat that is taken by now, and a full house, are noted and stop nothing."""
        connection = rows.connection
        if connection.scalar(select(Attendee.id).where(Attendee.id == self.attendee_id)) is None:
            rows.insert(Invitation, [{"id": self.invitation_id, "name": self.guest_name, "code": None}])
            rows.insert(
                Guest,
                [
                    {
                        "id": self.guest_id,
                        "name": self.guest_name,
                        "folded": folded_name(self.guest_name),
                        "email": None,
                        "phone": None,
                        "company": None,
                        "notes": None,
                        "door_note": self.door_note,
                        "diet": None,
                        "access_needs": None,
                        "tags": ["walk-in"],
                    }
                ],
            )
            rows.insert(
                Attendee,
                [
                    {
                        "id": self.attendee_id,
                        "guest_id": self.guest_id,
                        "invitation_id": self.invitation_id,
                        "rsvp": Rsvp.ACCEPTED,
                        "ticket_type_id": self._known_ticket_type(rows),
                        "seat_id": self._free_seat(rows),
                        "payment_status": PaymentStatus.PAID,
                        "plus_one_of": None,
                    }
                ],
            )
            self._look_at_capacity(rows)
        insert_entries(rows, (self.entry,))

    def _known_ticket_type(self, rows: Rows) -> str | None:
        wanted = self.ticket_type_id
        return wanted if wanted is not None and rows.known(TicketType, [wanted]) else None

    def _free_seat(self, rows: Rows) -> str | None:
        if self.seat_id is None:
            return None
        try:
            check_seats(rows, [self.seat_id])
            holders = [*seat_holders(rows.connection, [self.seat_id]).values()]
        except Refused:
            holders = [("", "")]
        if not holders:
            return self.seat_id
        words = seat_words(rows.connection, self.seat_id)
        holder_id, holder = holders[0]
        details = {**words, "holder": holder, "holder_id": holder_id, "guest": self.guest_name}
        rows.find(Finding(ConflictKind.SEAT_TAKEN, Attendee.__tablename__, self.attendee_id, details, for_doors=True))
        return None

    def _look_at_capacity(self, rows: Rows) -> None:
        event_id = rows.context.event_id
        capacity = rows.connection.scalar(select(Event.capacity).where(Event.id == event_id))
        if capacity is None:
            return
        coming = rows.connection.scalar(
            select(func.count())
            .select_from(Attendee)
            .where(Attendee.event_id == event_id, Attendee.deleted_at.is_(None), Attendee.rsvp == Rsvp.ACCEPTED)
        )
        if (coming or 0) > capacity:
            details = {"guest": self.guest_name, "capacity": str(capacity), "coming": str(coming)}
            rows.find(
                Finding(
                    ConflictKind.OVER_CAPACITY,
                    Attendee.__tablename__,
                    self.attendee_id,
                    details,
                    for_doors=True,
                )
            )


def insert_entries(rows: Rows, entries: tuple[NewEntry, ...]) -> None:
    """Add entries that are not there yet."""
    context = rows.context
    rows.insert_missing(
        Entry,
        [
            {
                **{column: getattr(entry, column) for column in _AS_GIVEN},
                "id": entry.entry_id,
                "op_id": context.op_id,
                "server_at": context.server_at,
            }
            for entry in entries
        ],
    )


_AS_GIVEN = tuple(name for name in NewEntry.model_fields if name != "entry_id")
"""The columns of an entry that hold what the operation says, as it says it."""
