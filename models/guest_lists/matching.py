"""Compares the guests of a list with those who are there already: new, the same, or perhaps the same."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum

from rapidfuzz import fuzz, process

from models.guest_lists.folding import fold, name_key, name_tokens
from models.guest_lists.names import is_unnamed
from models.guest_lists.rows import GuestRow

_NEAR = 88.0
_SAME_WORD = 80.0
_LARGEST_BLOCK = 3_000
_PREFIX = 2


@dataclass(frozen=True)
class KnownGuest:
    """A guest who is there already, as far as comparing needs it."""

    id: str
    name: str
    email: str | None = None
    phone: str | None = None
    household: str | None = None


class MatchKind(Enum):
    """How a guest of a list stands to those who are there."""

    NEW = "new"
    SAME = "same"
    SIMILAR = "similar"


@dataclass(frozen=True)
class Match:
    """One guest of a list, whom it matches, and a short reason to show."""

    row: GuestRow
    kind: MatchKind
    guest_id: str | None = None
    why: str = ""


def match_rows(rows: Sequence[GuestRow], existing: Sequence[KnownGuest]) -> tuple[Match, ...]:
    """Return a match for each row, in their order.

    The same = the same e-mail address or phone number with a given name that fits (people of one household share
    them), or the same name with nothing against it. Similar = a near-equal name, or an equal one with something
    against it. Accents, case, titles and the order of names count for nothing. A placeholder is the same as an
    unnamed guest of its household, and similar to one of that household who is on no line of the list. A guest is
    matched by name only once, so a list that was imported before gives nothing but the same.
    """
    return _Matcher(rows, existing).matches()


class _Matcher:
    """Finds matches by hashes first and by likeness only among guests with a word of the name in common."""

    def __init__(self, rows: Sequence[GuestRow], existing: Sequence[KnownGuest]) -> None:
        self._rows = rows
        self._guests = existing
        self._keys = [name_key(guest.name) or guest.name.strip() for guest in existing]
        self._households = [fold(guest.household) if guest.household else "" for guest in existing]
        self._unnamed = [is_unnamed(guest.name) for guest in existing]
        self._claimed = [False] * len(existing)
        self._by_email = _index((guest.email or "").casefold() for guest in existing)
        self._by_phone = _index(guest.phone or "" for guest in existing)
        self._by_key = _index(self._keys)
        self._by_household = _index(self._households)
        self._found: list[Match | None] = [None] * len(rows)
        self._blocks: dict[tuple[str, ...], list[int]] | None = None

    def matches(self) -> tuple[Match, ...]:
        """Return the match of each row; surer kinds of match claim their guests first."""
        named = [at for at, row in enumerate(self._rows) if not row.placeholder]
        unnamed = [at for at, row in enumerate(self._rows) if row.placeholder]
        for find in (self._by_contact_and_key, self._by_contact, self._by_name):
            for at in named:
                if self._found[at] is None:
                    self._found[at] = find(self._rows[at])
        for find in (self._own_placeholder, self._place_in_household):
            for at in unnamed:
                if self._found[at] is None:
                    self._found[at] = find(self._rows[at])
        for at in named:
            if self._found[at] is None:
                self._found[at] = self._similar(self._rows[at])
        return tuple(
            match or Match(row, MatchKind.NEW, None, "nobody like this is on the list yet")
            for match, row in zip(self._found, self._rows, strict=True)
        )

    def _same(self, row: GuestRow, guest: int, why: str) -> Match:
        self._claimed[guest] = True
        return Match(row, MatchKind.SAME, self._guests[guest].id, why)

    def _contact_candidates(self, row: GuestRow) -> Iterable[tuple[int, str]]:
        for guest in self._by_email.get((row.email or "").casefold(), ()):
            yield guest, "same e-mail address"
        for guest in self._by_phone.get(row.phone or "", ()):
            yield guest, "same phone number"

    def _by_contact_and_key(self, row: GuestRow) -> Match | None:
        key = _key(row)
        found = [(guest, why) for guest, why in self._contact_candidates(row) if self._keys[guest] == key]
        found.sort(key=lambda pair: (self._claimed[pair[0]], not self._shares_household(row, pair[0])))
        return self._same(row, found[0][0], f"{found[0][1]} and name") if found else None

    def _by_contact(self, row: GuestRow) -> Match | None:
        for guest, why in self._contact_candidates(row):
            if (
                not self._claimed[guest]
                and not self._unnamed[guest]
                and _may_be_one(row.name, self._guests[guest].name)
            ):
                return self._same(row, guest, why)
        return None

    def _by_name(self, row: GuestRow) -> Match | None:
        candidates = [
            guest
            for guest in self._by_key.get(_key(row), ())
            if not self._claimed[guest] and self._speaks_nothing_against(row, guest)
        ]
        if not candidates:
            return None
        best = max(candidates, key=lambda guest: self._agreement(row, guest))
        return self._same(row, best, "same name")

    def _shares_household(self, row: GuestRow, guest: int) -> bool:
        return bool(row.household) and fold(row.household or "") == self._households[guest]

    def _agreement(self, row: GuestRow, guest: int) -> tuple[bool, bool]:
        known = self._guests[guest]
        return self._shares_household(row, guest), (known.email, known.phone) == (row.email, row.phone)

    def _speaks_nothing_against(self, row: GuestRow, guest: int) -> bool:
        known = self._guests[guest]
        return (
            _agree((row.email or "").casefold(), (known.email or "").casefold())
            and _agree(row.phone or "", known.phone or "")
            and _agree(fold(row.household or ""), self._households[guest])
        )

    def _own_placeholder(self, row: GuestRow) -> Match | None:
        """Find the unnamed guest that this placeholder became: same words and same household, each taken once."""
        key = fold(row.name)
        household = fold(row.household or "")
        for guest in self._by_key.get(_key(row), ()):
            theirs = self._households[guest]
            fits = (
                household == theirs or (not household and theirs in {"", key}) or (not theirs and bool(row.plus_one_of))
            )
            if self._unnamed[guest] and not self._claimed[guest] and fits:
                return self._same(row, guest, "the unnamed guest of the same household")
        return None

    def _place_in_household(self, row: GuestRow) -> Match | None:
        """Find a place in the household: another unnamed guest, or one who has got a name since."""
        if not row.household:
            return None
        free = [guest for guest in self._by_household.get(fold(row.household), ()) if not self._claimed[guest]]
        free.sort(key=lambda guest: not self._unnamed[guest])
        if not free:
            return None
        if self._unnamed[free[0]]:
            return self._same(row, free[0], "an unnamed guest of the same household")
        self._claimed[free[0]] = True
        known = self._guests[free[0]]
        return Match(row, MatchKind.SIMILAR, known.id, f"“{known.name}” may be this unnamed guest by now")

    def _similar(self, row: GuestRow) -> Match | None:
        key = _key(row)
        equal = [guest for guest in self._by_key.get(key, ()) if not self._claimed[guest]]
        if equal:
            guest = max(equal, key=lambda guest: self._agreement(row, guest))
            return Match(row, MatchKind.SIMILAR, self._guests[guest].id, f"same name, {self._difference(row, guest)}")
        near = self._nearest(row, key)
        if near is not None:
            known = self._guests[near]
            return Match(row, MatchKind.SIMILAR, known.id, f"the name is much like “{known.name}”")
        if row.household:
            for guest in self._by_household.get(fold(row.household), ()):
                if self._unnamed[guest] and not self._claimed[guest]:
                    self._claimed[guest] = True
                    why = f"may be the unnamed guest of “{row.household}”"
                    return Match(row, MatchKind.SIMILAR, self._guests[guest].id, why)
        return None

    def _difference(self, row: GuestRow, guest: int) -> str:
        known = self._guests[guest]
        if not _agree((row.email or "").casefold(), (known.email or "").casefold()):
            return "another e-mail address"
        if not _agree(row.phone or "", known.phone or ""):
            return "another phone number"
        return "another household"

    def _nearest(self, row: GuestRow, key: str) -> int | None:
        """Return the guest with the nearest name, among those with a word or all beginnings of words in common."""
        tokens = name_tokens(row.name)
        if not tokens:
            return None
        blocks = self._word_blocks()
        sizes = sorted((blocks.get(block, []) for block in _block_keys(tokens)), key=len)
        candidates: dict[int, str] = {}
        for block in sizes:
            if len(candidates) + len(block) > _LARGEST_BLOCK and candidates:
                break
            candidates.update(
                (guest, self._keys[guest]) for guest in block[:_LARGEST_BLOCK] if not self._claimed[guest]
            )
        best = process.extractOne(key, candidates, scorer=fuzz.ratio, score_cutoff=_NEAR)
        if best is not None:
            return best[2]
        if len(tokens) < 2:
            return None
        words = set(tokens)
        for guest, other in candidates.items():
            others = set(other.split())
            if len(others) > 1 and (words <= others or others <= words):
                return guest
        return None

    def _word_blocks(self) -> dict[tuple[str, ...], list[int]]:
        if self._blocks is None:
            blocks: defaultdict[tuple[str, ...], list[int]] = defaultdict(list)
            for guest, key in enumerate(self._keys):
                if not self._unnamed[guest]:
                    for block in _block_keys(key.split()):
                        blocks[block].append(guest)
            self._blocks = dict(blocks)
        return self._blocks


def _key(row: GuestRow) -> str:
    return name_key(row.name) or row.name.strip()


def _index(values: Iterable[str]) -> dict[str, list[int]]:
    index: defaultdict[str, list[int]] = defaultdict(list)
    for at, value in enumerate(values):
        if value:
            index[value].append(at)
    return dict(index)


def _block_keys(tokens: Sequence[str]) -> list[tuple[str, ...]]:
    beginnings = tuple(sorted(token[:_PREFIX] for token in tokens))
    return [*((token,) for token in dict.fromkeys(tokens)), ("", *beginnings)]


def _agree(one: str, other: str) -> bool:
    return not one or not other or one == other


def _may_be_one(one: str, other: str) -> bool:
    """Say whether two names that share an e-mail address or a phone number may be one person's.

    The given name decides: Maja Lindqvist may have become Maja Berg, but Heike Brandt is not Jürgen Brandt.
    """
    left, right = name_tokens(one), name_tokens(other)
    if not left or not right:
        return one.strip() == other.strip()
    if set(left) <= set(right) or set(right) <= set(left):
        return left[0] in right or right[0] in left or len(left) == len(right) == 1
    shared = set(left) & set(right)
    if shared:
        if left[0] in shared and right[0] in shared:
            return True
        rest_left = " ".join(token for token in left if token not in shared)
        rest_right = " ".join(token for token in right if token not in shared)
        initials = rest_left[0] == rest_right[0] and 1 in {len(rest_left), len(rest_right)}
        return initials or fuzz.ratio(rest_left, rest_right) >= _SAME_WORD
    return fuzz.ratio(" ".join(sorted(left)), " ".join(sorted(right))) >= _SAME_WORD
