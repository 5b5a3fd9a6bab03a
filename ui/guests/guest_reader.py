"""Reads the guest list and what changes in it, and arranges it as wanted, all beside the screen's thread."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from PySide6.QtCore import QObject, Signal
from sqlalchemy import Connection

from models.errors import UsherError
from models.guest_counts import GuestCounts
from models.guest_table import SHOWN_ENTITIES, GuestLine, affected_attendees, read_guest_rows, read_lines
from models.name_search import NameIndex, SearchEntry
from models.store.local_copy import LocalCopy
from models.store.rows import Change
from ui.guests.arrangement import Arrangement, Placed, Span, Wanted, arrange, carried, keeps_place, place
from ui.guests.guest_model import GuestModel
from ui.workspace import Workspace

_LARGE_PART = 4
"""When more than one line in so many may have changed, reading all of them anew is faster."""


@dataclass(frozen=True, slots=True)
class GuestList:
    """All guests as they were read, their figures, and the index that finds them; nothing of it changes any more."""

    lines: dict[str, GuestLine]
    counts: GuestCounts
    index: NameIndex


@dataclass(frozen=True, slots=True)
class Wish:
    """What the person wants to see: ``wanted`` but for what a search finds, the search, and what is folded away."""

    wanted: Wanted
    typed: str
    folded_away: frozenset[str]


@dataclass(frozen=True, slots=True)
class News:
    """A list that was read, what changed in it since what is shown, and its rows for a wish."""

    known: GuestList
    changed: frozenset[str]
    """The attendees who came, went or look different now."""
    wish: Wish
    placed: Placed | None
    """The rows, unless they stay as they are."""
    is_asked_for: bool
    """Whether the person wanted other rows than those that are shown."""
    chosen_before: tuple[Span, ...]
    """The rows that were chosen when this was asked for."""
    chosen: tuple[Span, ...]
    """The same ones among the new rows."""


@dataclass(frozen=True, slots=True)
class _Question:
    """What is to be read, and what the screen shows while it is asked."""

    known: GuestList
    unshown: frozenset[str]
    change: Change | None
    wish: Wish
    shown_lines: dict[str, GuestLine]
    shown: Arrangement
    chosen: tuple[Span, ...]


class GuestReader(QObject):
    """Keeps the list up to date and arranged as wished: one reading at a time.

    What changes meanwhile, in the list or in the wish, is seen to after it, all at once.
    """

    arrived = Signal(object)
    failed = Signal(object)

    def __init__(
        self,
        workspace: Workspace,
        model: GuestModel,
        chosen: Callable[[], tuple[Span, ...]],
        parent: QObject | None = None,
    ) -> None:
        """Read for a model; ``chosen`` tells which of its rows are selected just now."""
        super().__init__(parent)
        self._workspace = workspace
        self._model = model
        self._chosen = chosen
        self.wish = Wish(model.wanted, "", model.folded_away)
        self.known = GuestList({}, GuestCounts(), NameIndex())
        self._unshown: frozenset[str] = frozenset()
        self._waiting: list[Change] = []
        self._is_all_wanted = False
        self._is_wish_new = False
        self._is_reading = False

    @property
    def is_reading(self) -> bool:
        """Whether something is on its way."""
        return self._is_reading

    def want(self, wish: Wish) -> None:
        """Arrange the guests in another way."""
        if wish != self.wish:
            self.wish = wish
            self._is_wish_new = True
            self._go_on()

    def note_turned(self, invitation_id: str) -> None:
        """Know of a household that the model has folded away, or unfolded, already."""
        self.wish = replace(self.wish, folded_away=self.wish.folded_away ^ {invitation_id})

    def read_all(self) -> None:
        """Read all guests anew."""
        self._is_all_wanted = True
        self._go_on()

    def read_changed(self, change: Change) -> None:
        """Read what a change may have changed."""
        self._waiting.append(change)
        self._go_on()

    def _go_on(self) -> None:
        if not self._is_reading and (self._is_all_wanted or self._waiting or self._is_wish_new):
            self._ask(None if self._is_all_wanted else Change.of_all(self._waiting))

    def _ask(self, change: Change | None) -> None:
        self._is_reading, self._is_all_wanted, self._is_wish_new, self._waiting = True, False, False, []
        model, event_id = self._model, self._workspace.event_id
        question = _Question(
            self.known, self._unshown, change, self.wish, model.lines, model.arrangement, self._chosen()
        )

        def read(copy: LocalCopy) -> News:
            known, changed = question.known, frozenset[str]()
            if question.change is None or question.change:
                with copy.read() as connection:
                    known, changed = _read_again(connection, event_id, question.known, question.change)
            return _ready_to_show(question, known, changed)

        self._workspace.submit(read, self._on_read, self._on_failed)

    def _on_read(self, news: News) -> None:
        self._is_reading = False
        self.known = news.known
        if news.wish != self.wish:
            # Filtered, sorted or folded in the meantime: the rows are those of another wish.
            self._unshown = news.changed
            self._ask(None if self._is_all_wanted else Change.of_all(self._waiting))
            return
        self._unshown = frozenset()
        self.arrived.emit(news)
        self._go_on()

    def _on_failed(self, error: UsherError) -> None:
        self._is_reading = False
        # Nobody knows what was missed: with the next change all is read.
        self._is_all_wanted = True
        self.failed.emit(error)


def _read_again(
    connection: Connection, event_id: str, known: GuestList, change: Change | None
) -> tuple[GuestList, frozenset[str]]:
    """Read what a change may have changed, or all; give the list as it is now, and whose line is another one."""
    affected = None if change is None else _affected(connection, known, change)
    read = read_guest_rows(connection, event_id) if affected is None else read_lines(connection, sorted(affected))
    found = {line.attendee_id: line for line in read}
    scope = found.keys() | (known.lines.keys() if affected is None else affected)
    # A line that says the same is kept: then neither figures nor rows have to follow.
    changed = frozenset(one for one in scope if known.lines.get(one) != found.get(one))
    if not changed:
        return known, changed
    return _followed(known, changed, found), changed


def _affected(connection: Connection, known: GuestList, change: Change) -> set[str] | None:
    most = len(known.lines) // _LARGE_PART
    if sum(len(change.ids(entity)) for entity in SHOWN_ENTITIES) > most:
        return None
    affected = affected_attendees(connection, change)
    return affected if len(affected) <= most else None


def _followed(known: GuestList, changed: frozenset[str], found: dict[str, GuestLine]) -> GuestList:
    lines, counts, index = dict(known.lines), known.counts.copied(), known.index.copied()
    for attendee_id in changed:
        before = lines.pop(attendee_id, None) if attendee_id not in found else lines.get(attendee_id)
        if before is not None:
            counts.take_away(before)
    for attendee_id, line in found.items():
        if attendee_id in changed:
            lines[attendee_id] = line
            counts.add(line)
    index.discard(changed - found.keys())
    index.put(SearchEntry(one, line.folded, line.further_text()) for one, line in found.items() if one in changed)
    return GuestList(lines, counts, index)


def _ready_to_show(question: _Question, known: GuestList, changed: frozenset[str]) -> News:
    wish = question.wish
    wanted = replace(wish.wanted, found=frozenset(known.index.search(wish.typed)) if wish.typed else None)
    changed |= question.unshown
    shown = question.shown
    is_asked_for = (wanted, wish.folded_away) != (shown.wanted, shown.folded_away)
    if not is_asked_for and all(
        keeps_place(wanted, question.shown_lines.get(one), known.lines.get(one)) for one in changed
    ):
        return News(known, changed, wish, None, is_asked_for, question.chosen, question.chosen)
    everybody = shown.everybody if known.lines is question.shown_lines else None
    placed = place(arrange(known.lines, wanted, wish.folded_away, everybody), shown.keys)
    chosen = carried(question.chosen, shown, placed)
    return News(known, changed, wish, placed, is_asked_for, question.chosen, chosen)
