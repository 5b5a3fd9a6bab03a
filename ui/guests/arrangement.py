"""Decides which guests are shown and in which order: filters, sorting, and households that fold."""

from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from enum import IntEnum
from functools import lru_cache
from typing import Any

from models.guest_lists.folding import fold
from models.guest_table import GuestLine
from models.invitations import Rsvp

HOUSEHOLD_MARK = "h:"
"""What the key of a household's row begins with; a guest's row has the attendee's id."""
_RSVP_ORDER = {Rsvp.ACCEPTED: 0, Rsvp.PENDING: 1, Rsvp.DECLINED: 2, Rsvp.CANCELLED: 3}


class Column(IntEnum):
    """The columns of the guest table."""

    NAME = 0
    EMAIL = 1
    RSVP = 2
    MEAL = 3
    SEAT = 4
    TAGS = 5
    DIET = 6
    PHONE = 7
    COMPANY = 8
    TICKET = 9
    ATTENDANCE = 10


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the person wants to see, and in which order."""

    by_household: bool = True
    found: frozenset[str] | None = None
    """Ids of attendees that a search found; None without a search."""
    rsvp: Rsvp | None = None
    tag: str | None = None
    only_unseated: bool = False
    sorted_by: Column = Column.NAME
    is_descending: bool = False

    @property
    def filters(self) -> bool:
        """Whether some guests may be left out."""
        return self.found is not None or self.rsvp is not None or self.tag is not None or self.only_unseated

    def takes(self, line: GuestLine) -> bool:
        """Tell whether a guest is to be shown."""
        return (
            (self.found is None or line.attendee_id in self.found)
            and (self.rsvp is None or line.rsvp is self.rsvp)
            and (self.tag is None or self.tag in line.tags)
            and not (self.only_unseated and (line.is_seated or not line.rsvp.comes))
        )

    def sort_key(self, line: GuestLine) -> Any:
        """Return what the guest is sorted by."""
        return _KEYS[self.sorted_by](line)


@dataclass(slots=True)
class Arrangement:
    """The rows in their order, and who belongs to which household."""

    keys: list[str] = field(default_factory=list)
    """Attendee ids, and invitation ids behind :data:`HOUSEHOLD_MARK`."""
    shown: dict[str, list[str]] = field(default_factory=dict)
    """The attendees of each invitation that pass the filters, in their order."""
    everybody: dict[str, list[str]] = field(default_factory=dict)
    """All attendees of each invitation."""


def arrange(lines: Mapping[str, GuestLine], wanted: Wanted, folded_away: Set[str]) -> Arrangement:
    """Arrange guests as wanted; the guests of the invitations in ``folded_away`` get no rows of their own."""
    everybody: dict[str, list[str]] = {}
    for line in lines.values():
        everybody.setdefault(line.invitation_id, []).append(line.attendee_id)
    chosen = [line for line in lines.values() if wanted.takes(line)] if wanted.filters else list(lines.values())
    if not wanted.by_household:
        chosen.sort(key=wanted.sort_key, reverse=wanted.is_descending)
        return Arrangement([line.attendee_id for line in chosen], {}, everybody)
    groups: dict[str, list[GuestLine]] = {}
    for line in chosen:
        groups.setdefault(line.invitation_id, []).append(line)
    for members in groups.values():
        members.sort(key=_within_household)
    order = sorted(groups.values(), key=_group_key(wanted), reverse=wanted.is_descending)
    arrangement = Arrangement([], {}, everybody)
    for members in order:
        invitation_id = members[0].invitation_id
        ids = [line.attendee_id for line in members]
        arrangement.shown[invitation_id] = ids
        if len(everybody[invitation_id]) == 1:
            # Somebody alone needs no line above them that says the same again.
            arrangement.keys += ids
            continue
        arrangement.keys.append(HOUSEHOLD_MARK + invitation_id)
        if invitation_id not in folded_away:
            arrangement.keys += ids
    return arrangement


@dataclass(frozen=True, slots=True)
class Placed:
    """An arrangement with its rows by their keys, and the step to it from the rows before.

    The first ``head`` rows stay; the ``removed`` ones behind them go, and ``added`` ones come in their place.
    """

    arrangement: Arrangement
    rows: dict[str, int]
    head: int
    removed: int
    added: int


def place(lines: Mapping[str, GuestLine], wanted: Wanted, folded_away: Set[str], before: Sequence[str]) -> Placed:
    """Arrange guests as wanted, and find the step to that from the keys of the rows before."""
    arrangement = arrange(lines, wanted, folded_away)
    keys = arrangement.keys
    rows = {key: row for row, key in enumerate(keys)}
    shorter = min(len(before), len(keys))
    head = next((at for at in range(shorter) if before[at] != keys[at]), shorter)
    rest = shorter - head
    tail = next((at for at in range(rest) if before[-1 - at] != keys[-1 - at]), rest)
    return Placed(arrangement, rows, head, len(before) - head - tail, len(keys) - head - tail)


def keeps_place(wanted: Wanted, before: GuestLine | None, after: GuestLine | None) -> bool:
    """Tell whether a guest's row stays where it is when their line becomes another one; None is nobody."""
    if before is None or after is None:
        return before is after
    if before.invitation_id != after.invitation_id or wanted.takes(before) != wanted.takes(after):
        return False
    return _places(wanted, before) == _places(wanted, after)


def _places(wanted: Wanted, line: GuestLine) -> tuple[Any, ...]:
    return line.folded, line.household, line.plus_one_of, line.is_placeholder, wanted.sort_key(line)


def _group_key(wanted: Wanted) -> Callable[[list[GuestLine]], Any]:
    if wanted.sorted_by is Column.NAME:
        return lambda members: (_folded(members[0].household), members[0].invitation_id)
    if wanted.is_descending:
        return lambda members: max(wanted.sort_key(line) for line in members)
    return lambda members: min(wanted.sort_key(line) for line in members)


def _within_household(line: GuestLine) -> tuple[bool, bool, str]:
    return bool(line.plus_one_of), line.is_placeholder, line.folded


@lru_cache(maxsize=200_000)
def _folded(text: str) -> str:
    return fold(text)


@lru_cache(maxsize=10_000)
def _natural(label: str) -> tuple[int, str]:
    return (int(label), "") if label.isascii() and label.isdigit() else (1_000_000, fold(label))


def _text_key(text: str | None) -> tuple[bool, str]:
    # What is empty comes last.
    return (not text, (text or "").casefold())


def _seat_key(line: GuestLine) -> tuple[bool, tuple[int, str], int]:
    return (line.table is None, _natural(line.table or ""), line.seat or 0)


_KEYS: dict[Column, Callable[[GuestLine], Any]] = {
    Column.NAME: lambda line: line.folded,
    Column.EMAIL: lambda line: (_text_key(line.email), line.folded),
    Column.RSVP: lambda line: (_RSVP_ORDER[line.rsvp], line.folded),
    Column.MEAL: lambda line: (_text_key(line.meal), line.folded),
    Column.SEAT: lambda line: (_seat_key(line), line.folded),
    Column.TAGS: lambda line: (_text_key(", ".join(line.tags)), line.folded),
    Column.DIET: lambda line: (_text_key(line.diet), line.folded),
    Column.PHONE: lambda line: (_text_key(line.phone), line.folded),
    Column.COMPANY: lambda line: (_text_key(line.company), line.folded),
    Column.TICKET: lambda line: (_text_key(line.ticket_type), line.folded),
    Column.ATTENDANCE: lambda line: (line.attendance.value, line.folded),
}
