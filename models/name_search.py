"""Searches names in memory as fast as a person types, and forgives accents and typing mistakes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from rapidfuzz import process
from rapidfuzz.distance import OSA

from models.guest_lists.folding import fold

_SHORTEST_WITH_MISTAKE = 3
_SHORTEST_WITH_TWO = 6


@dataclass(frozen=True, slots=True)
class SearchEntry:
    """One thing that can be found: its id, its folded name, and what else is looked through (folded)."""

    id: str
    folded: str
    further: str = ""


@dataclass(slots=True)
class _Words:
    """The different words of all names, and which entries have them."""

    words: list[str] = field(default_factory=list[str])
    entries: dict[str, set[str]] = field(default_factory=dict[str, set[str]])


class NameIndex:
    """Finds entries by the beginnings of their words, then by any part, then, if there is nothing, by near spellings.

    Ranks: the name begins with what was typed; each typed word begins a word of the name; the same with the further
    text; found inside of words; typed with a mistake or two, from the first letter on.
    """

    def __init__(self, entries: Iterable[SearchEntry] = ()) -> None:
        """Hold some entries from the start."""
        # With a blank in front, " ma" is found at the beginning of any word.
        self._names: dict[str, str] = {}
        self._texts: dict[str, str] = {}
        self._words: _Words | None = None
        self.put(entries)

    def __len__(self) -> int:
        """Return how many entries there are."""
        return len(self._names)

    def copied(self) -> NameIndex:
        """Give an index of the same entries that can be changed apart from this one."""
        other = NameIndex()
        other._names, other._texts = self._names.copy(), self._texts.copy()
        return other

    def put(self, entries: Iterable[SearchEntry]) -> None:
        """Add entries, or replace those with the same ids."""
        for entry in entries:
            self._names[entry.id] = f" {entry.folded}"
            self._texts[entry.id] = f" {entry.folded} {entry.further}" if entry.further else f" {entry.folded}"
        self._words = None

    def discard(self, ids: Iterable[str]) -> None:
        """Take entries away; unknown ids are no mistake."""
        for entry_id in ids:
            self._names.pop(entry_id, None)
            self._texts.pop(entry_id, None)
        self._words = None

    def search(self, query: str, limit: int | None = None) -> list[str]:
        """Return the ids of what fits, the best first, at most ``limit``; all ids for an empty query."""
        typed = fold(query)
        if not typed:
            return list(self._names)[:limit]
        words = typed.split()
        needles = [f" {word}" for word in words]
        begins = self._with_all(needles)
        found = self._ranked(begins, typed, needles)
        if limit is not None and len(found) >= limit:
            return found[:limit]
        # Single letters are inside of nearly everything.
        if min(map(len, words)) > 1:
            already = set(found)
            inside = [(self._names[one], one) for one in self._with_all(words) if one not in already]
            found += [entry_id for _, entry_id in sorted(inside)]
        return (found or self._misspelt(words))[:limit]

    def _with_all(self, parts: list[str]) -> list[str]:
        first, *others = parts
        found = [entry_id for entry_id, text in self._texts.items() if first in text]
        for part in others:
            found = [entry_id for entry_id in found if part in self._texts[entry_id]]
        return found

    def _ranked(self, found: list[str], typed: str, needles: list[str]) -> list[str]:
        ranked: list[tuple[int, str, str]] = []
        beginning = f" {typed}"
        for entry_id in found:
            name = self._names[entry_id]
            if name.startswith(beginning):
                rank = 0
            elif needles[0] in name and all(needle in name for needle in needles):
                rank = 1
            else:
                rank = 2
            ranked.append((rank, name, entry_id))
        return [entry_id for _, _, entry_id in sorted(ranked)]

    def _misspelt(self, words: list[str]) -> list[str]:
        vocabulary = self._vocabulary()
        best: dict[str, int] | None = None
        for word in words:
            near = self._near(word, vocabulary)
            if best is None:
                best = near
            else:
                best = {entry_id: best[entry_id] + near[entry_id] for entry_id in best.keys() & near.keys()}
        found = best or {}
        return sorted(found, key=lambda entry_id: (found[entry_id], self._names[entry_id]))

    def _near(self, word: str, vocabulary: _Words) -> dict[str, int]:
        """Return the entries with a word near this one, or with one that begins nearly so, and how far it is."""
        allowed = _allowed_mistakes(word)
        distances: dict[str, int] = {}
        shortened = [known[: len(word)] for known in vocabulary.words]
        # An unfinished word is compared with beginnings; one letter too many or too few moves their end.
        one_longer = [known[: len(word) + 1] for known in vocabulary.words]
        for candidates in (vocabulary.words, shortened, one_longer):
            for _, distance, at in process.extract(
                word, candidates, scorer=OSA.distance, score_cutoff=allowed, limit=None
            ):
                known = vocabulary.words[at]
                distances[known] = min(int(distance), distances.get(known, allowed))
        near: dict[str, int] = {}
        for known, distance in distances.items():
            for entry_id in vocabulary.entries[known]:
                near[entry_id] = min(distance, near.get(entry_id, allowed))
        return near

    def _vocabulary(self) -> _Words:
        if self._words is None:
            entries: dict[str, set[str]] = {}
            for entry_id, name in self._names.items():
                for word in name.split():
                    entries.setdefault(word, set()).add(entry_id)
            self._words = _Words(list(entries), entries)
        return self._words


def _allowed_mistakes(word: str) -> int:
    if len(word) < _SHORTEST_WITH_MISTAKE:
        return 0
    return 1 if len(word) < _SHORTEST_WITH_TWO else 2
