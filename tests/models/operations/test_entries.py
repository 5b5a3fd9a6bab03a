"""Entries and walk-ins are facts: they are stored whatever else is true by then."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select, update

from models.attendance import Attendance, Entry, attendance, passages_of
from models.conflicts import ConflictKind
from models.errors import BadInput
from models.events import Event, Role
from models.ids import new_id
from models.invitations import Attendee, Invitation, PaymentStatus, Rsvp
from models.operations.base import BULK, Operation, apply_operation, decode
from models.operations.entries import NewEntry, RecordEntries, WalkIn
from models.operations.people import HideGuests
from models.operations.seating import RemoveTables
from models.people import Guest
from models.seating import Seat
from models.store.rows import Context, Finding
from tests.helpers.small_event import STARTS, SmallEvent


def _findings(event: SmallEvent, operation: Operation) -> tuple[Finding, ...]:
    with event.copy.database.write() as connection:
        return apply_operation(connection, operation, Context(event.event_id, new_id(), STARTS)).findings


def _walk_in(event: SmallEvent, name: str = "Tomás Ferreira", **values: object) -> WalkIn:
    event.attendees[name] = new_id()
    entry = event.entry(name, how="walk_in")
    given = {
        "guest_id": new_id(),
        "attendee_id": event.attendees[name],
        "invitation_id": new_id(),
        "guest_name": name,
        "entry": entry,
    }
    return WalkIn.model_validate({**given, **values})


def _entries(event: SmallEvent) -> list[str]:
    with event.copy.read() as connection:
        return sorted(connection.scalars(select(Entry.id)))


def test_an_entry_keeps_every_word_it_was_given(event: SmallEvent) -> None:
    entry = event.entry(
        ticket_serial="0123456789abcdef",
        direction="out",
        verdict="wrong_door",
        staff_name="Ilse",
        forced_reason="The speaker’s mother",
        people=3,
    )
    op_id = new_id()
    event.copy.run(RecordEntries(entries=(entry,)), op_id=op_id)
    with event.copy.read() as connection:
        row = connection.execute(select(Entry.__table__)).mappings().one()
    kept = {name: row["id" if name == "entry_id" else name] for name in NewEntry.model_fields}
    assert NewEntry.model_validate(kept) == entry
    assert (row["op_id"], row["server_at"]) == (op_id, None)


def test_an_entry_is_stored_whatever_else_is_known(event: SmallEvent) -> None:
    sami = event.attendees["Sami Quispe"]
    event.copy.run(HideGuests(attendee_ids=(sami,)))
    entries = (
        event.entry("Sami Quispe"),
        event.entry(attendee_id=new_id(), shown_name="Nobody Known"),
        event.entry(attendee_id=None, ticket_serial="00" * 8, verdict="not_on_list_yet", shown_name=""),
        event.entry(door_id=new_id(), undoes=new_id()),
    )
    event.copy.run(RecordEntries(entries=entries))
    assert _entries(event) == sorted(entry.entry_id for entry in entries)


def test_an_entry_that_comes_twice_is_there_once_as_it_was_first(event: SmallEvent) -> None:
    entry = event.entry(staff_name="Ilse")
    later = entry.model_copy(update={"staff_name": "Nobody"})
    event.copy.run(RecordEntries(entries=(entry, later)))
    event.copy.run(RecordEntries(entries=(later,)))
    with event.copy.read() as connection:
        assert connection.scalars(select(Entry.staff_name)).all() == ["Ilse"]


def test_many_entries_travel_together_but_not_too_many(event: SmallEvent) -> None:
    entries = tuple(event.entry(entry_id=new_id()) for _ in range(BULK))
    event.copy.run(RecordEntries(entries=entries))
    assert len(_entries(event)) == BULK
    with pytest.raises(ValueError, match="entries"):
        RecordEntries(entries=(*entries, event.entry()))
    with pytest.raises(ValueError, match="entries"):
        RecordEntries(entries=())


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("verdict", "perhaps"),
        ("direction", "up"),
        ("happened_at", "2026-12-12T18:30:00"),
        ("device_at", "0001-01-01T00:00:00Z"),
        ("people", -1),
        ("people", 256),
        ("ticket_serial", "short"),
        ("shown_name", "x" * 201),
        ("forced_reason", "x" * 301),
    ],
)
def test_an_entry_that_says_something_impossible_is_refused_by_name(
    field: str, value: object, event: SmallEvent
) -> None:
    arguments = {"entries": [{**event.entry().model_dump(mode="json"), field: value}]}
    with pytest.raises(BadInput) as caught:
        decode("record_entries.v1", arguments)
    assert caught.value.details["field"] == f"entries.0.{field}"


def test_a_walk_in_is_a_guest_with_an_answer_an_entry_and_a_seat(event: SmallEvent) -> None:
    walk_in = _walk_in(
        event, door_note="Friend of the band", ticket_type_id=event.types["VIP"], seat_id=event.seats["2", 1]
    )
    event.copy.run(walk_in)
    with event.copy.read() as connection:
        found = connection.execute(
            select(
                Guest.name,
                Guest.folded,
                Guest.tags,
                Guest.door_note,
                Attendee.rsvp,
                Attendee.payment_status,
                Attendee.ticket_type_id,
                Attendee.seat_id,
                Invitation.name,
                Invitation.code,
            )
            .join(Attendee, Attendee.guest_id == Guest.id)
            .join(Invitation, Invitation.id == Attendee.invitation_id)
            .where(Attendee.id == walk_in.attendee_id)
        ).one()
        assert attendance(passages_of(connection, [walk_in.attendee_id])) is Attendance.CHECKED_IN
    assert found == (
        "Tomás Ferreira",
        "tomas ferreira",
        ["walk-in"],
        "Friend of the band",
        Rsvp.ACCEPTED,
        PaymentStatus.PAID,
        event.types["VIP"],
        event.seats["2", 1],
        "Tomás Ferreira",
        None,
    )


def test_a_walk_in_of_an_unknown_ticket_type_is_let_in_without_one(event: SmallEvent) -> None:
    walk_in = _walk_in(event, ticket_type_id=new_id())
    event.copy.run(walk_in)
    with event.copy.read() as connection:
        found = connection.scalars(select(Attendee.ticket_type_id).where(Attendee.id == walk_in.attendee_id)).all()
    assert found == [None]


def test_a_walk_in_never_takes_a_seat_from_somebody(event: SmallEvent) -> None:
    event.seat("Defne Marangoz", "1", 1)
    (finding,) = _findings(event, _walk_in(event, seat_id=event.seats["1", 1]))
    assert (finding.kind, finding.for_doors) == (ConflictKind.SEAT_TAKEN, True)
    assert finding.details == {
        "table": "1",
        "seat": "1",
        "holder": "Defne Marangoz",
        "holder_id": event.attendees["Defne Marangoz"],
        "guest": "Tomás Ferreira",
    }
    assert event.seated() == {"Defne Marangoz": ("1", 1)}
    assert len(_entries(event)) == 1


def test_a_walk_in_whose_seat_is_blocked_or_gone_comes_in_without_it(event: SmallEvent) -> None:
    with event.copy.database.write() as connection:
        connection.execute(update(Seat).where(Seat.id == event.seats["1", 1]).values(blocked=True))
        connection.execute(update(Event).values(capacity=None))
    event.copy.run(RemoveTables(table_ids=(event.tables["2"],)))
    for name, seat in (("A", event.seats["1", 1]), ("B", event.seats["2", 1]), ("C", new_id())):
        findings = _findings(event, _walk_in(event, f"Guest {name}", seat_id=seat))
        assert [one.kind for one in findings] == [ConflictKind.SEAT_TAKEN]
    assert event.seated() == {}
    assert len(_entries(event)) == 3


def test_a_walk_in_over_the_capacity_is_let_in_and_flagged(event: SmallEvent) -> None:
    """The event has room for 8, and 6 are coming."""
    assert _findings(event, _walk_in(event, "Seventh")) == ()
    assert _findings(event, _walk_in(event, "Eighth")) == ()
    (finding,) = _findings(event, _walk_in(event, "Ninth"))
    assert finding.kind is ConflictKind.OVER_CAPACITY
    assert finding.details == {"guest": "Ninth", "capacity": "8", "coming": "9"}
    with event.copy.database.write() as connection:
        connection.execute(update(Event).values(capacity=None))
    assert _findings(event, _walk_in(event, "Tenth")) == ()


def test_a_walk_in_that_comes_twice_is_one_guest_with_one_entry(event: SmallEvent) -> None:
    walk_in = _walk_in(event)
    event.copy.run(walk_in)
    before = event.state()
    event.copy.run(walk_in)
    assert event.state() == before
    with event.copy.read() as connection:
        assert connection.scalar(select(func.count()).select_from(Guest)) == 7


def test_facts_have_no_way_back_but_another_entry(event: SmallEvent) -> None:
    for operation in (RecordEntries(entries=(event.entry(),)), _walk_in(event)):
        assert event.copy.perform([operation]).inverse == ()
        assert Role.DOOR in operation.roles
