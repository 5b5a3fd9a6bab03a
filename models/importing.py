"""Plans what importing a guest list would do to an event, and gives the operations that do it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from sqlalchemy import Connection, select

from models.codes import new_short_code
from models.guest_lists.folding import fold, name_key
from models.guest_lists.matching import KnownGuest, MatchKind, match_rows
from models.guest_lists.rows import GuestRow, Problem
from models.guest_table import GuestLine, read_guest_rows
from models.ids import new_id
from models.import_seating import SeatBook, TableSeats, party_seats, read_table_seats
from models.invitations import Invitation, Rsvp, TicketType
from models.operations.base import BULK, Operation
from models.operations.edits import FieldEdit
from models.operations.people import (
    AddGuests,
    Answer,
    AttendeeField,
    EditAttendee,
    EditGuest,
    GuestField,
    JoiningGuest,
    NewGuest,
    NewHousehold,
    SetRsvp,
)
from models.operations.seating import Placement, SeatAttendees

_LONGEST_MEAL = 80
_LONGEST_TAG = 60
_MOST_TAGS = 40
_OF_ATTENDEE = frozenset({"meal", "ticket_type_id"})


class RowKind(StrEnum):
    """How a row of the list stands to the event's guests."""

    NEW = "new"
    UPDATE = "update"
    SAME = "same"
    SIMILAR = "similar"


class Choice(StrEnum):
    """What shall be done with a row."""

    ADD = "add"
    UPDATE = "update"
    SKIP = "skip"


@dataclass(frozen=True, slots=True)
class Difference:
    """A field that the list fills otherwise than the event; ``field`` is the column's name."""

    field: str
    seen: str | tuple[str, ...] | None
    new: str | tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class PlannedRow:
    """One guest of the list, whom of the event it means, and what shall be done."""

    row: GuestRow
    kind: RowKind
    choice: Choice
    why: str
    known: GuestLine | None = None
    differences: tuple[Difference, ...] = ()


@dataclass(frozen=True, slots=True)
class ImportCounts:
    """How many rows of each kind a plan has."""

    guests: int
    new: int
    updates: int
    same: int
    similar: int


@dataclass(frozen=True)
class ImportSituation:
    """What an import finds in the event: guests, households, tables with their seats, and ticket types."""

    lines: tuple[GuestLine, ...]
    households: Mapping[str, tuple[str, ...]]
    """Ids of invitations by their folded names."""
    tables: tuple[TableSeats, ...]
    ticket_types: Mapping[str, str]
    """Ids by folded names."""


@dataclass(frozen=True)
class ImportPlan:
    """What an import would do, row by row, and what about the list needs a person's eye.

    Seats are given in the order of the list; a table without room, or one that is not there, is a problem.
    """

    rows: tuple[PlannedRow, ...]
    reading_problems: tuple[Problem, ...]
    situation: ImportSituation
    seats: Mapping[int, str]
    """The seat that a row's guest gets, by the row's place in the plan."""
    planning_problems: tuple[Problem, ...]

    @property
    def problems(self) -> tuple[Problem, ...]:
        """All problems in the order of their lines."""
        return tuple(sorted(self.reading_problems + self.planning_problems, key=lambda problem: problem.line))

    @property
    def counts(self) -> ImportCounts:
        """How many rows there are of each kind."""
        kinds = Counter(planned.kind for planned in self.rows)
        return ImportCounts(
            len(self.rows), kinds[RowKind.NEW], kinds[RowKind.UPDATE], kinds[RowKind.SAME], kinds[RowKind.SIMILAR]
        )

    def chosen(self, choice: Choice) -> int:
        """Return for how many rows something was chosen."""
        return sum(planned.choice is choice for planned in self.rows)

    @property
    def changes_something(self) -> bool:
        """Whether importing would change anything."""
        return bool(self.seats) or any(
            planned.choice is Choice.ADD or (planned.choice is Choice.UPDATE and planned.differences)
            for planned in self.rows
        )

    def with_choices(self, choices: Mapping[int, Choice]) -> ImportPlan:
        """Return the plan with other choices for the rows at some places. Raises ValueError for an update of nobody."""
        rows = list(self.rows)
        for at, choice in choices.items():
            if choice is Choice.UPDATE and rows[at].known is None:
                raise ValueError("nobody to update")
            rows[at] = replace(rows[at], choice=choice)
        return _with_seats(tuple(rows), self.reading_problems, self.situation)


def read_situation(connection: Connection, event_id: str) -> ImportSituation:
    """Read what an import has to know of an event."""
    households: defaultdict[str, list[str]] = defaultdict(list)
    there = select(Invitation.id, Invitation.name).where(
        Invitation.event_id == event_id, Invitation.deleted_at.is_(None)
    )
    for invitation_id, name in connection.execute(there):
        households[fold(name)].append(invitation_id)
    types = select(TicketType.name, TicketType.id).where(
        TicketType.event_id == event_id, TicketType.deleted_at.is_(None)
    )
    return ImportSituation(
        lines=tuple(read_guest_rows(connection, event_id)),
        households={name: tuple(ids) for name, ids in households.items()},
        tables=tuple(read_table_seats(connection, event_id)),
        ticket_types={fold(name): type_id for name, type_id in connection.execute(types)},
    )


def plan_import(rows: Sequence[GuestRow], situation: ImportSituation, problems: Iterable[Problem] = ()) -> ImportPlan:
    """Compare a list with the event and choose for each row: add, update what differs, or leave alone.

    A row that is only similar to somebody is left alone until a person chooses, unless it names a guest who
    had no name so far. Empty cells, pending answers and a table for somebody who sits already change nothing.
    """
    by_attendee = {line.attendee_id: line for line in situation.lines}
    known = [
        KnownGuest(line.attendee_id, line.name, line.email, line.phone, line.household) for line in situation.lines
    ]
    planned: list[PlannedRow] = []
    for match in match_rows(rows, known):
        row = _fitted(match.row)
        line = by_attendee.get(match.guest_id or "")
        if match.kind is MatchKind.NEW or line is None:
            planned.append(PlannedRow(row, RowKind.NEW, Choice.ADD, match.why))
            continue
        differences = tuple(_differences(row, line, situation))
        if match.kind is MatchKind.SIMILAR:
            names_somebody = line.is_placeholder and not row.placeholder
            kind, choice = RowKind.SIMILAR, Choice.UPDATE if names_somebody else Choice.SKIP
        elif differences:
            kind, choice = RowKind.UPDATE, Choice.UPDATE
        else:
            kind, choice = RowKind.SAME, Choice.SKIP
        planned.append(PlannedRow(row, kind, choice, match.why, line, differences))
    return _with_seats(tuple(planned), tuple(problems), situation)


def import_operations(plan: ImportPlan) -> list[Operation]:
    """Give the operations of a plan, none when the list brings nothing new; ids and codes are drawn anew.

    Households first (at most 500 guests in one operation), then edits of fields that differ, answers, seats.
    """
    ids = {
        at: (new_id(), new_id()) if planned.choice is Choice.ADD else _known_ids(planned)
        for at, planned in enumerate(plan.rows)
    }
    operations: list[Operation] = [*_additions(plan, ids)]
    answers: list[Answer] = []
    for planned in plan.rows:
        if planned.choice is Choice.UPDATE and planned.known is not None:
            operations += _edits(planned.known, planned.differences)
            answers += [
                Answer(
                    attendee_id=planned.known.attendee_id,
                    rsvp=FieldEdit[Rsvp](seen=planned.known.rsvp, new=planned.row.rsvp),
                )
                for difference in planned.differences
                if difference.field == "rsvp"
            ]
    operations += [SetRsvp(answers=tuple(answers[at : at + BULK])) for at in range(0, len(answers), BULK)]
    placements = [Placement(attendee_id=ids[at][1], seat_id=seat) for at, seat in plan.seats.items()]
    operations += [
        SeatAttendees(placements=tuple(placements[at : at + BULK])) for at in range(0, len(placements), BULK)
    ]
    return operations


def _known_ids(planned: PlannedRow) -> tuple[str, str]:
    return (planned.known.guest_id, planned.known.attendee_id) if planned.known else ("", "")


def _fitted(row: GuestRow) -> GuestRow:
    """Cut what is longer than the event can hold, so that comparing again finds the same."""
    tags = tuple(tag[:_LONGEST_TAG] for tag in row.tags[:_MOST_TAGS])
    meal = row.meal[:_LONGEST_MEAL] if row.meal else row.meal
    return row if (tags, meal) == (row.tags, row.meal) else replace(row, tags=tags, meal=meal)


def _differences(row: GuestRow, line: GuestLine, situation: ImportSituation) -> Iterable[Difference]:
    if not row.placeholder and name_key(row.name) != name_key(line.name):
        yield Difference("name", line.name, row.name)
    for field, seen, new in (
        ("email", line.email, row.email),
        ("phone", line.phone, row.phone),
        ("company", line.company, row.company),
        ("notes", line.notes, row.notes),
        ("diet", line.diet, row.diet),
        ("access_needs", line.access_needs, row.accessibility),
        ("meal", line.meal, row.meal),
    ):
        if new and new != seen:
            yield Difference(field, seen, new)
    had = {fold(tag) for tag in line.tags}
    further = tuple(tag for tag in row.tags if fold(tag) not in had)
    if further:
        yield Difference("tags", line.tags, (line.tags + further)[:_MOST_TAGS])
    if row.rsvp is not Rsvp.PENDING and row.rsvp is not line.rsvp:
        yield Difference("rsvp", line.rsvp.value, row.rsvp.value)
    ticket_type = situation.ticket_types.get(fold(row.ticket_type or ""))
    if ticket_type is not None and ticket_type != line.ticket_type_id:
        yield Difference("ticket_type_id", line.ticket_type_id, ticket_type)


def _with_seats(
    rows: tuple[PlannedRow, ...], reading_problems: tuple[Problem, ...], situation: ImportSituation
) -> ImportPlan:
    book = SeatBook(situation.tables)
    seats: dict[int, str] = {}
    problems: list[Problem] = []
    parties: dict[tuple[str, str], list[int]] = {}
    for at, planned in enumerate(rows):
        row = planned.row
        has_known_type = row.ticket_type is None or fold(row.ticket_type) in situation.ticket_types
        if planned.choice is not Choice.SKIP and not has_known_type:
            sentence = f"There is no ticket type “{row.ticket_type}”: “{row.name}” was imported without one."
            problems.append(Problem(row.line, sentence))
        if row.table and _wants_seat(planned):
            parties.setdefault((row.table, row.household or row.name), []).append(at)
    for (label, _), places in parties.items():
        people = [(rows[at].row.name, rows[at].row.seat) for at in places]
        for at, seat in zip(places, party_seats(book, label, people), strict=True):
            if seat.seat_id is not None:
                seats[at] = seat.seat_id
            else:
                problems.append(Problem(rows[at].row.line, seat.problem))
    return ImportPlan(rows, reading_problems, situation, seats, tuple(problems))


def _wants_seat(planned: PlannedRow) -> bool:
    if planned.choice is Choice.ADD:
        return planned.row.rsvp.comes
    left_alone = planned.choice is Choice.SKIP and planned.kind is not RowKind.SAME
    if planned.known is None or left_alone:
        return False
    changed = planned.choice is Choice.UPDATE and planned.row.rsvp is not Rsvp.PENDING
    answer = planned.row.rsvp if changed else planned.known.rsvp
    return not planned.known.is_seated and answer.comes


def _additions(plan: ImportPlan, ids: Mapping[int, tuple[str, str]]) -> Iterable[Operation]:
    """Put the new guests into operations of at most 500: new households, and guests who join one."""
    joined = _joined_households(plan)
    hosts = {
        (fold(planned.row.household or ""), name_key(planned.row.name)): ids[at][1]
        for at, planned in enumerate(plan.rows)
        if ids[at][1]
    }
    parts: dict[str, list[NewGuest]] = {}
    names: dict[str, str] = {}
    for at, planned in enumerate(plan.rows):
        if planned.choice is not Choice.ADD:
            continue
        row = planned.row
        key = fold(row.household) if row.household else f"\n{at}"
        invitation_id = joined.get(key) or joined.setdefault(f"\nnew {key}", new_id())
        names.setdefault(invitation_id, row.household or row.name)
        guest = _new_guest(row, ids[at], plan.situation, hosts)
        parts.setdefault(invitation_id, []).append(guest)
    new = {invitation_id for key, invitation_id in joined.items() if key.startswith("\nnew ")}
    households: list[NewHousehold] = []
    joining: list[JoiningGuest] = []
    room = BULK
    for invitation_id, guests in parts.items():
        is_there = invitation_id not in new
        while guests:
            if room == 0 or (room < len(guests) <= BULK and not is_there):
                yield AddGuests(households=tuple(households), joining=tuple(joining))
                households, joining, room = [], [], BULK
            some, guests = guests[:room], guests[room:]
            room -= len(some)
            if is_there:
                joining += [JoiningGuest(invitation_id=invitation_id, guest=guest) for guest in some]
                continue
            household = NewHousehold(
                invitation_id=invitation_id,
                name=names[invitation_id],
                code=new_short_code(),
                secret_id=new_id(),
                guests=tuple(some),
            )
            households.append(household)
            is_there = True
    if households or joining:
        yield AddGuests(households=tuple(households), joining=tuple(joining))


def _joined_households(plan: ImportPlan) -> dict[str, str]:
    """Return the invitations of the event that the list's households are, by folded names.

    One whose guests the list names is the one; else the only one of that name.
    """
    joined: dict[str, str] = {}
    for planned in plan.rows:
        if planned.row.household and planned.known is not None and planned.choice is not Choice.ADD:
            sure = planned.kind is not RowKind.SIMILAR or planned.choice is Choice.UPDATE
            if sure:
                joined.setdefault(fold(planned.row.household), planned.known.invitation_id)
    for planned in plan.rows:
        key = fold(planned.row.household or "")
        there = plan.situation.households.get(key, ())
        if key and len(there) == 1:
            joined.setdefault(key, there[0])
    return joined


def _new_guest(
    row: GuestRow,
    ids: tuple[str, str],
    situation: ImportSituation,
    hosts: Mapping[tuple[str, str], str],
) -> NewGuest:
    return NewGuest(
        guest_id=ids[0],
        attendee_id=ids[1],
        name=row.name,
        email=row.email,
        phone=row.phone,
        company=row.company,
        notes=row.notes,
        diet=row.diet,
        access_needs=row.accessibility,
        tags=row.tags,
        rsvp=row.rsvp,
        meal=row.meal,
        ticket_type_id=situation.ticket_types.get(fold(row.ticket_type or "")),
        is_placeholder=row.placeholder,
        plus_one_of=hosts.get((fold(row.household or ""), name_key(row.plus_one_of))) if row.plus_one_of else None,
    )


def _edits(line: GuestLine, differences: Sequence[Difference]) -> Iterable[Operation]:
    def edits(fields: Iterable[Difference]) -> dict[str, dict[str, object]]:
        return {
            one.field: {
                "seen": list(one.seen) if isinstance(one.seen, tuple) else one.seen,
                "new": list(one.new) if isinstance(one.new, tuple) else one.new,
            }
            for one in fields
        }

    of_guest = edits(one for one in differences if one.field not in _OF_ATTENDEE | {"rsvp"})
    of_attendee = edits(one for one in differences if one.field in _OF_ATTENDEE)
    if of_guest:
        yield EditGuest(guest_id=line.guest_id, fields=GuestField.model_validate(of_guest))
    if of_attendee:
        yield EditAttendee(attendee_id=line.attendee_id, fields=AttendeeField.model_validate(of_attendee))
