"""Says what happens when guests are put down somewhere in the room, before it happens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from PySide6.QtCore import QCoreApplication

from models.operations.base import BULK, Operation
from models.operations.seating import AddTables, NewTable, Placement, SeatAttendees
from models.room import Room, RoomGuest, RoomSeat, RoomTable
from models.seat_choice import Shortage, seats_for, shortage
from ui.planner.table_work import MOST_SEATS, new_table, round_table_for
from ui.widgets.chips import Tone

translate = QCoreApplication.translate


@dataclass(frozen=True, slots=True)
class AtSeat:
    """A seat as the place to put guests down; a group sits down from there on."""

    table_id: str
    seat_id: str


@dataclass(frozen=True, slots=True)
class AtTable:
    """A table as the place to put guests down."""

    table_id: str


@dataclass(frozen=True, slots=True)
class OnFloor:
    """The open floor, in millimetres from the room's top left corner."""

    x: float
    y: float


@dataclass(frozen=True, slots=True)
class OnWaitingList:
    """The waiting list."""


Target = AtSeat | AtTable | OnFloor | OnWaitingList


@dataclass(frozen=True, slots=True)
class Plan:
    """What would be done, under which name, and what is said about it beforehand.

    Without operations it cannot be done, and ``hint`` says why. ``seat_ids`` are the seats to be taken.
    """

    hint: str
    tone: Tone
    text: str = ""
    operations: tuple[Operation, ...] = ()
    seat_ids: tuple[str, ...] = ()
    table: NewTable | None = None

    @property
    def fits(self) -> bool:
        """Whether it can be done."""
        return bool(self.operations)


def plan_drop(room: Room, attendee_ids: Sequence[str], target: Target) -> Plan:
    """Plan to put guests down at a target."""
    party = [room.guests[one] for one in attendee_ids if one in room.guests]
    if not party or len(party) != len(attendee_ids):
        return _refusal(translate("Placing", "Not on the list any more"))
    if isinstance(target, OnWaitingList):
        return _plan_unseating(room, party)
    staying_away = [guest for guest in party if not guest.comes]
    if staying_away:
        return _refusal(translate("Placing", "{name} does not come").format(name=staying_away[0].name))
    if isinstance(target, OnFloor):
        return _plan_new_table(room, party, target)
    table = room.table_by_id.get(target.table_id)
    if table is None:
        return _refusal(translate("Placing", "This table is gone"))
    if isinstance(target, AtSeat):
        return _plan_at_seat(room, party, table, target.seat_id)
    return _plan_at_table(room, party, table)


def party_name(room: Room, attendee_ids: Sequence[str]) -> str:
    """Name some guests: one by name, a household by its own, others by their number."""
    party = [room.guests[one] for one in attendee_ids if one in room.guests]
    if len(party) == 1:
        return party[0].name
    if party and len({guest.household_id for guest in party}) == 1:
        family = [guest for guest in room.guests.values() if guest.household_id == party[0].household_id]
        seated = sum(1 for guest in family if guest.comes and guest.seat_id is not None)
        coming = sum(1 for guest in family if guest.comes)
        if len(party) in (coming, coming - seated, seated):
            return translate("Placing", "{name} household").format(name=party[0].household)
    return translate("Placing", "%n guests", None, len(party))


def shortage_words(short: Shortage) -> str:
    """Say why a party does not fit at a table."""
    return translate("Placing", "{free} free, {needed} needed").format(free=short.free, needed=short.needed)


def seating(placements: Sequence[Placement]) -> tuple[Operation, ...]:
    """Seat, move and unseat, in as few operations as may be."""
    return tuple(
        SeatAttendees(placements=tuple(placements[start : start + BULK])) for start in range(0, len(placements), BULK)
    )


def _refusal(why: str) -> Plan:
    return Plan(why, Tone.BAD)


def _ids(party: Sequence[RoomGuest]) -> list[str]:
    return [guest.attendee_id for guest in party]


def _placement(guest: RoomGuest, seat_id: str | None) -> Placement:
    return Placement(attendee_id=guest.attendee_id, seat_id=seat_id, seen=guest.seat_id)


def _plan_unseating(room: Room, party: Sequence[RoomGuest]) -> Plan:
    sitting = [guest for guest in party if guest.seat_id is not None]
    if not sitting:
        return _refusal(translate("Placing", "Waiting already"))
    name = party_name(room, _ids(sitting))
    return Plan(
        translate("Placing", "Back to the waiting list"),
        Tone.ACCENT,
        translate("Placing", "Unseat {who}").format(who=name),
        seating([_placement(guest, None) for guest in sitting]),
    )


def _plan_at_seat(room: Room, party: Sequence[RoomGuest], table: RoomTable, seat_id: str) -> Plan:
    seat = room.seat_by_id[seat_id]
    if len(party) > 1:
        return _plan_at_table(room, party, table, seat_id)
    guest = party[0]
    if seat.guest == guest:
        return _refusal(translate("Placing", "Sits here already"))
    if seat.blocked:
        return _refusal(translate("Placing", "This seat is blocked"))
    if seat.guest is None:
        return _plan_seats(room, party, table, (seat,))
    return _plan_on_taken_seat(guest, seat, seat.guest)


def _plan_on_taken_seat(guest: RoomGuest, seat: RoomSeat, sitter: RoomGuest) -> Plan:
    both = seating([_placement(guest, seat.id), _placement(sitter, guest.seat_id)])
    if guest.seat_id is not None:
        return Plan(
            translate("Placing", "Swap with {name}").format(name=sitter.name),
            Tone.ACCENT,
            translate("Placing", "Swap {one} and {other}").format(one=guest.name, other=sitter.name),
            both,
            (seat.id,),
        )
    return Plan(
        translate("Placing", "{name} goes to the waiting list").format(name=sitter.name),
        Tone.WARNING,
        translate("Placing", "Seat {one} instead of {other}").format(one=guest.name, other=sitter.name),
        both,
        (seat.id,),
    )


def _plan_at_table(room: Room, party: Sequence[RoomGuest], table: RoomTable, start: str | None = None) -> Plan:
    ids = frozenset(_ids(party))
    short = shortage(table, len(party), ids)
    if short is not None:
        return _refusal(shortage_words(short))
    if start is None and all(guest.seat_id in {seat.id for seat in table.seats} for guest in party):
        return _refusal(translate("Placing", "At this table already"))
    seats = seats_for(table, len(party), ids, start) or seats_for(table, len(party), ids)
    assert seats is not None
    return _plan_seats(room, party, table, seats)


def _plan_seats(room: Room, party: Sequence[RoomGuest], table: RoomTable, seats: Sequence[RoomSeat]) -> Plan:
    placements = [_placement(guest, seat.id) for guest, seat in zip(party, seats, strict=True)]
    name = party_name(room, _ids(party))
    if len(party) == 1:
        hint = translate("Placing", "Table {table}, seat {seat}").format(table=table.label, seat=seats[0].number)
        text = translate("Placing", "Seat {who}").format(who=name)
    else:
        hint = translate("Placing", "%n side by side", None, len(party))
        if not _is_row(table, seats):
            hint = translate("Placing", "%n, not side by side", None, len(party))
        text = translate("Placing", "Seat {who} at table {table}").format(who=name, table=table.label)
    changed = [one for one in placements if one.seat_id != one.seen]
    if not changed:
        return _refusal(translate("Placing", "At this table already"))
    return Plan(hint, Tone.OK, text, seating(changed), tuple(seat.id for seat in seats))


def _is_row(table: RoomTable, seats: Sequence[RoomSeat]) -> bool:
    places = [table.seats.index(seat) for seat in seats]
    return all((after - before) % len(table.seats) == 1 for before, after in pairwise(places))


def _plan_new_table(room: Room, party: Sequence[RoomGuest], floor: OnFloor) -> Plan:
    plan = room.plan
    kind = round_table_for(len(party))
    if plan is None or not (0 <= floor.x <= plan.width and 0 <= floor.y <= plan.height):
        return _refusal(translate("Placing", "Outside the room"))
    if kind is None:
        return _refusal(translate("Placing", "At most %n at a new table", None, MOST_SEATS))
    table = new_table(room, plan, kind, floor.x, floor.y)
    placements = [_placement(guest, seat.seat_id) for guest, seat in zip(party, table.seats, strict=False)]
    return Plan(
        translate("Placing", "New table {table} for %n", None, len(party)).format(table=table.label),
        Tone.OK,
        translate("Placing", "Seat {who} at a new table").format(who=party_name(room, _ids(party))),
        (AddTables(tables=(table,)), *seating(placements)),
        tuple(seat.seat_id for seat in table.seats[: len(party)]),
        table,
    )
