"""Decides which guests are shown and in which order: filters, sorting, and households that fold."""

from bisect import bisect
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from functools import lru_cache
from itertools import groupby
from typing import TypeVar

from models.guest_lists.folding import fold
from models.guest_table import GuestLine
from models.invitations import Rsvp

HOUSEHOLD_MARK = "h:"
"""What the key of a household's row begins with; a guest's row has the attendee's id."""
Span = tuple[int, int]
"""The first and the last of some rows that follow each other."""
T = TypeVar("T")
_LOOKED_AT = 500
"""One in so many is looked at to part what is to be sorted."""
_BETWEEN_FENCES = 8
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

    def sort_key(self, line: GuestLine) -> str:
        """Return what the guest is sorted by."""
        return _KEYS[self.sorted_by](line)


@dataclass(frozen=True, slots=True)
class Arrangement:
    """The rows in their order, who belongs to which household, and what they were arranged for; it never changes."""

    keys: list[str]
    """Attendee ids, and invitation ids behind :data:`HOUSEHOLD_MARK`."""
    shown: dict[str, list[str]]
    """The attendees of each invitation that pass the filters, in their order; none where households do not matter."""
    everybody: dict[str, list[str]]
    """All attendees of each invitation, in their order."""
    shown_guests: int
    """How many guests pass the filters, folded away or not."""
    wanted: Wanted
    folded_away: frozenset[str]


NOTHING = Arrangement([], {}, {}, 0, Wanted(), frozenset())
"""What is shown before anything was read."""


def arrange(
    lines: Mapping[str, GuestLine],
    wanted: Wanted,
    folded_away: frozenset[str],
    everybody: dict[str, list[str]] | None = None,
) -> Arrangement:
    """Arrange guests as wanted; the guests of the invitations in ``folded_away`` get no rows of their own.

    ``everybody`` is what an earlier arrangement of the same lines found out.
    """
    everybody = _households(lines) if everybody is None else everybody
    if not wanted.by_household:
        chosen = [line for line in lines.values() if wanted.takes(line)] if wanted.filters else list(lines.values())
        order = _in_order(chosen, wanted.sort_key, wanted.is_descending)
        keys = [line.attendee_id for line in order]
        return Arrangement(keys, {}, everybody, len(keys), wanted, folded_away)
    shown = everybody
    if wanted.filters:
        taken = ((one, [guest for guest in guests if wanted.takes(lines[guest])]) for one, guests in everybody.items())
        shown = {invitation_id: guests for invitation_id, guests in taken if guests}
    keys = []
    for invitation_id in _in_order(list(shown), _household_key(lines, wanted, shown), wanted.is_descending):
        if len(everybody[invitation_id]) == 1:
            # Somebody alone needs no line above them that says the same again.
            keys += shown[invitation_id]
            continue
        keys.append(HOUSEHOLD_MARK + invitation_id)
        if invitation_id not in folded_away:
            keys += shown[invitation_id]
    return Arrangement(keys, shown, everybody, sum(map(len, shown.values())), wanted, folded_away)


def _households(lines: Mapping[str, GuestLine]) -> dict[str, list[str]]:
    households: dict[str, list[GuestLine]] = {}
    for line in lines.values():
        households.setdefault(line.invitation_id, []).append(line)
    for members in households.values():
        if len(members) > 1:
            members.sort(key=_within_household)
    return {one: [line.attendee_id for line in members] for one, members in households.items()}


def _in_order(items: Sequence[T], key: Callable[[T], str], is_descending: bool) -> list[T]:
    """Sort some thousands at a time: one sort of all would hold Python, and with it the screen's thread, all along."""
    keyed = [(key(item), at) for at, item in enumerate(items)]
    fences = sorted(keyed[::_LOOKED_AT])[::_BETWEEN_FENCES]
    parts: list[list[tuple[str, int]]] = [[] for _ in range(len(fences) + 1)]
    for one in keyed:
        parts[bisect(fences, one)].append(one)
    ordered: list[T] = []
    for part in parts:
        part.sort()
        ordered += [items[at] for _, at in part]
    return ordered[::-1] if is_descending else ordered


@dataclass(frozen=True, slots=True)
class Placed:
    """An arrangement with its rows by their keys, and the step to it from the rows before.

    The first ``head`` rows stay; the ``removed`` ones behind them go, and ``added`` ones come in their place.
    """

    arrangement: Arrangement
    rows: dict[str, int] | None
    """None where nobody has looked them up yet."""
    head: int
    removed: int
    added: int


def place(arrangement: Arrangement, before: Sequence[str]) -> Placed:
    """Find the step to an arrangement from the keys of the rows before."""
    keys = arrangement.keys
    rows = dict(zip(keys, range(len(keys)), strict=True))
    shorter = min(len(before), len(keys))
    head = next((at for at in range(shorter) if before[at] != keys[at]), shorter)
    rest = shorter - head
    tail = next((at for at in range(rest) if before[-1 - at] != keys[-1 - at]), rest)
    return Placed(arrangement, rows, head, len(before) - head - tail, len(keys) - head - tail)


def turn(arrangement: Arrangement, invitation_id: str, row: int | None) -> Placed:
    """Fold a household's guests away, or show them again; ``row`` is the household's own, if it has one.

    It costs what moving some rows costs, whatever the number of guests: it runs while somebody waits for it.
    """
    folded_away = arrangement.folded_away ^ {invitation_id}
    keys, guests = arrangement.keys, arrangement.shown.get(invitation_id, [])
    if row is None:
        return Placed(replace(arrangement, folded_away=folded_away), None, len(keys), 0, 0)
    head, count = row + 1, len(guests)
    if invitation_id in folded_away:
        keys = keys[:head] + keys[head + count :]
        return Placed(replace(arrangement, keys=keys, folded_away=folded_away), None, head, count, 0)
    keys = keys[:head] + guests + keys[head:]
    return Placed(replace(arrangement, keys=keys, folded_away=folded_away), None, head, 0, count)


def carried(spans: Sequence[Span], before: Arrangement, placed: Placed) -> tuple[Span, ...]:
    """Give the rows in which the keys of some rows before are now.

    A household stands for guests who are folded away: with all its guests goes its row, and with its row go those who
    were folded away and are so no longer. So everybody stays one run of rows.
    """
    keys = {key for first, last in spans for key in before.keys[first : last + 1]}
    if not keys:
        return ()
    after = placed.arrangement
    for invitation_id in before.folded_away - after.folded_away:
        if HOUSEHOLD_MARK + invitation_id in keys:
            keys.update(before.shown.get(invitation_id, ()))
    for invitation_id, everybody in after.everybody.items():
        if keys.issuperset(everybody):
            keys.add(HOUSEHOLD_MARK + invitation_id)
    rows = placed.rows or {}
    return spans_of(row for key in keys if (row := rows.get(key)) is not None)


def spans_of(rows: Iterable[int]) -> tuple[Span, ...]:
    """Put rows together that follow each other: thousands of single ones are slow to choose."""
    spans: list[Span] = []
    for _, run in groupby(enumerate(sorted(rows)), lambda numbered: numbered[1] - numbered[0]):
        together = [row for _, row in run]
        spans.append((together[0], together[-1]))
    return tuple(spans)


def keeps_place(wanted: Wanted, before: GuestLine | None, after: GuestLine | None) -> bool:
    """Tell whether a guest's row stays where it is when their line becomes another one; None is nobody."""
    if before is None or after is None:
        return before is after
    if before.invitation_id != after.invitation_id or wanted.takes(before) != wanted.takes(after):
        return False
    return _places(wanted, before) == _places(wanted, after)


def _places(wanted: Wanted, line: GuestLine) -> tuple[object, ...]:
    return line.folded, line.household, line.plus_one_of, line.is_placeholder, wanted.sort_key(line)


def _household_key(
    lines: Mapping[str, GuestLine], wanted: Wanted, shown: Mapping[str, Sequence[str]]
) -> Callable[[str], str]:
    if wanted.sorted_by is Column.NAME:
        return lambda one: _key(_folded(lines[shown[one][0]].household), one)
    best = max if wanted.is_descending else min
    return lambda one: best(wanted.sort_key(lines[guest]) for guest in shown[one])


def _within_household(line: GuestLine) -> tuple[bool, bool, str]:
    return bool(line.plus_one_of), line.is_placeholder, line.folded


# Keys are plain texts, which Python compares fastest: parts with a character between them that no part has.


def _key(*parts: str) -> str:
    return "\0".join(parts)


@lru_cache(maxsize=200_000)
def _folded(text: str) -> str:
    return fold(text)


@lru_cache(maxsize=10_000)
def _natural(label: str) -> str:
    number = label.lstrip("0")
    # What is longer is larger.
    return f"0{len(number):03}{number}" if label.isascii() and label.isdigit() else f"1{fold(label)}"


def _text_key(text: str | None, line: GuestLine) -> str:
    # What is empty comes last.
    return _key("0", text.casefold(), line.folded) if text else _key("1", line.folded)


def _seat_key(line: GuestLine) -> str:
    if line.table is None:
        return _key("1", line.folded)
    return _key("0", _natural(line.table), f"{line.seat or 0:06}", line.folded)


_KEYS: dict[Column, Callable[[GuestLine], str]] = {
    Column.NAME: lambda line: line.folded,
    Column.EMAIL: lambda line: _text_key(line.email, line),
    Column.RSVP: lambda line: _key(str(_RSVP_ORDER[line.rsvp]), line.folded),
    Column.MEAL: lambda line: _text_key(line.meal, line),
    Column.SEAT: _seat_key,
    Column.TAGS: lambda line: _text_key(", ".join(line.tags), line),
    Column.DIET: lambda line: _text_key(line.diet, line),
    Column.PHONE: lambda line: _text_key(line.phone, line),
    Column.COMPANY: lambda line: _text_key(line.company, line),
    Column.TICKET: lambda line: _text_key(line.ticket_type, line),
    Column.ATTENDANCE: lambda line: _key(line.attendance.value, line.folded),
}
