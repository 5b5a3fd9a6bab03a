"""The figures of a guest list, kept up to date line by line: answers, meals and tags."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from models.guest_lists.folding import fold
from models.guest_table import GuestLine
from models.invitations import Rsvp


@dataclass(frozen=True, slots=True)
class AnswerCounts:
    """How many guests there are, by their answers."""

    guests: int
    accepted: int
    pending: int
    declined: int
    cancelled: int


class GuestCounts:
    """Counts what lines say as they come and go, without looking at all of them again."""

    def __init__(self, lines: Iterable[GuestLine] = ()) -> None:
        """Count some lines from the start."""
        self._answers: Counter[Rsvp] = Counter()
        self._meals: Counter[str] = Counter()
        self._tags: Counter[str] = Counter()
        for line in lines:
            self.add(line)

    def copied(self) -> GuestCounts:
        """Give the same figures, to be counted on apart from these."""
        other = GuestCounts()
        other._answers, other._meals, other._tags = self._answers.copy(), self._meals.copy(), self._tags.copy()
        return other

    def add(self, line: GuestLine) -> None:
        """Count a line that came."""
        self._count(line, 1)

    def take_away(self, line: GuestLine) -> None:
        """Count a line no longer; it was counted before."""
        self._count(line, -1)

    @property
    def answers(self) -> AnswerCounts:
        """How many guests there are, by their answers."""
        answers = self._answers
        return AnswerCounts(
            answers.total(),
            answers[Rsvp.ACCEPTED],
            answers[Rsvp.PENDING],
            answers[Rsvp.DECLINED],
            answers[Rsvp.CANCELLED],
        )

    @property
    def meals(self) -> list[tuple[str, int]]:
        """The meals of those who accepted, the most wanted first."""
        found = ((meal, count) for meal, count in self._meals.items() if count)
        return sorted(found, key=lambda one: (-one[1], one[0]))

    @property
    def tags(self) -> list[tuple[str, int]]:
        """How many guests have each tag, in the order of the tags' names."""
        return sorted(((tag, count) for tag, count in self._tags.items() if count), key=lambda one: fold(one[0]))

    def _count(self, line: GuestLine, step: int) -> None:
        self._answers[line.rsvp] += step
        if line.meal and line.rsvp is Rsvp.ACCEPTED:
            self._meals[line.meal] += step
        for tag in line.tags:
            self._tags[tag] += step
