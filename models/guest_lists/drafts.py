"""Guests while a list is being read: they still lack their companions and their household."""

from dataclasses import dataclass, field, replace

from models.guest_lists.folding import fold, name_key
from models.guest_lists.rows import GuestRow, Problem
from models.invitations import Rsvp

_COMPARED = ("household", "diet", "table", "meal", "seat", "company", "accessibility", "notes", "ticket_type")


@dataclass
class Draft:
    """One guest in the making, with what the line says about companions."""

    row: GuestRow
    host: "Draft | None" = None
    code: str | None = None

    @property
    def key(self) -> str:
        """The name as it is compared."""
        return name_key(self.row.name) or self.row.name


@dataclass
class LineDraft:
    """All that one line of the file gives: its people, and the companions it announces."""

    line: int
    label: str
    """What the line's household is called where the list does not say."""
    guests: list[Draft]
    companions: list[str] = field(default_factory=list[str])
    unnamed: int = 0
    party_size: int = 0
    code: str | None = None


def without_repeats(lines: list[LineDraft], problems: list[Problem]) -> list[LineDraft]:
    """Return the lines without guests who stood on an earlier line already; each such guest becomes a problem.

    The same guest = the same name with the same e-mail address or phone number, or, where neither line has either,
    with everything else the same. What only the later line knows is added to the earlier guest.
    """
    seen: dict[tuple[object, ...], Draft] = {}
    kept: list[LineDraft] = []
    for line in lines:
        guests: list[Draft] = []
        for guest in line.guests:
            earlier = next((seen[key] for key in _keys(guest) if key in seen), None)
            if earlier is None or earlier.row.line == guest.row.line:
                guests.append(guest)
                seen.update((key, guest) for key in _keys(guest) if key not in seen)
                continue
            problems.append(Problem(line.line, _merge(earlier, guest)))
            seen.update((key, earlier) for key in _keys(guest) if key not in seen)
        if guests:
            line.guests = guests
            kept.append(line)
    return kept


def _keys(guest: Draft) -> list[tuple[object, ...]]:
    row = guest.row
    if row.placeholder:
        return []
    keys: list[tuple[object, ...]] = []
    if row.email:
        keys.append(("email", guest.key, row.email))
    if row.phone:
        keys.append(("phone", guest.key, row.phone))
    if not keys:
        rest = tuple(fold(getattr(row, name) or "") for name in _COMPARED)
        keys.append(("all", guest.key, rest, row.rsvp, row.tags, guest.code, row.plus_one_of, row.others))
    return keys


def _merge(earlier: Draft, later: Draft) -> str:
    """Add to the earlier guest what only the later line knows, and return a sentence about it."""
    first, second = earlier.row, later.row
    added: dict[str, object] = {}
    differing: list[str] = []
    for name in ("email", "phone", *_COMPARED, "plus_one_of"):
        old, new = getattr(first, name), getattr(second, name)
        if new is None or (old is not None and fold(old) == fold(new)):
            continue
        if old is None:
            added[name] = new
        else:
            differing.append(f"{name.replace('_', ' ')} “{new}” instead of “{old}”")
    if first.rsvp is not second.rsvp and second.rsvp is not Rsvp.PENDING:
        if first.rsvp is Rsvp.PENDING:
            added["rsvp"] = second.rsvp
        else:
            differing.append(f"the answer “{second.rsvp.value}” instead of “{first.rsvp.value}”")
    known_tags = {fold(tag) for tag in first.tags}
    new_tags = tuple(tag for tag in second.tags if fold(tag) not in known_tags)
    if new_tags:
        added["tags"] = first.tags + new_tags
    known_headers = {header for header, _ in first.others}
    new_others = tuple(pair for pair in second.others if pair[0] not in known_headers)
    if new_others:
        added["others"] = first.others + new_others
    earlier.row = replace(first, **added)
    sentence = f"Same as line {first.line}: “{second.name}” is imported once"
    if added:
        sentence += ", with what this line adds"
    if differing:
        sentence += f"; this line has {', '.join(differing)}, which was left out"
    return sentence + "."
