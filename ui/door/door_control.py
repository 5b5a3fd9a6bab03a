"""What happens at a door's screen: codes and people go in, verdicts, counts and the log come out."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from PySide6.QtCore import QObject, Signal

from models.admission import Decision, Person
from models.attendance import Verdict
from models.check_in import CheckedIn, CheckIn
from models.door_desk import (
    AtTheDoor,
    Desk,
    LogLine,
    companions_of,
    decide_household,
    found_people,
    last_to_undo,
    read_desk,
    read_log,
)
from models.door_words import (
    Say,
    Scene,
    VerdictWords,
    event_zone,
    forced_words,
    problem_words,
    undone_words,
    verdict_words,
    walk_in_words,
)
from models.errors import UsherError
from models.events import Direction, DoorDirection
from models.free_seats import FreeSeat, free_seats
from models.operations.base import now_utc
from models.store.local_copy import LocalCopy
from ui.door.door_follower import LOG_LINES, DoorFollower, DoorNews
from ui.workspace import Workspace

STILL_HELD = 3.0
"""Seconds after its last sighting within which the same code is the same ticket held still."""
FOUND = 8


@dataclass(frozen=True, slots=True)
class VerdictShown:
    """A verdict for the screen: the words, the decision behind them, and where the people sit."""

    words: VerdictWords
    decision: Decision | None = None
    table_ids: tuple[str, ...] = ()

    @property
    def is_group(self) -> bool:
        """Whether it asks who of a group is here."""
        return self.decision is not None and self.decision.verdict is Verdict.GROUP


class DoorControl(QObject):
    """Decides and records through the workspace and says what to show; it knows no widgets."""

    verdict_reached = Signal(object)
    counts_changed = Signal(int, int)
    log_changed = Signal(object)
    people_found = Signal(str, object)
    desk_changed = Signal()

    def __init__(
        self, workspace: Workspace, say: Say, door_id: str | None = None, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._workspace = workspace
        self._say = say
        self._door_id = door_id or workspace.identity.door_id
        self.staff_name = ""
        self.clock: Callable[[], float] = time.monotonic
        self._check_in: CheckIn | None = None
        self._last_code = ""
        self._last_seen = float("-inf")
        self._asked = ""
        self.shown: VerdictShown | None = None
        self.companions: tuple[Person, ...] = ()
        self.desk: Desk = self._read_desk()
        used = self.desk.door.direction
        self.direction = Direction.OUT if used is DoorDirection.OUT else Direction.IN
        self.log: list[LogLine] = []
        self._follower = DoorFollower(workspace, self._door_id, self)
        self._follower.followed.connect(self._on_followed)
        workspace.changes.changed.connect(self._follower.follow)

    def start(self) -> None:
        """Read the counts, the names and the log, away from the screen's thread."""
        self._follower.start()

    def scene(self, companions: Sequence[Person] = ()) -> Scene:
        """Give what the words depend on besides a decision."""
        return Scene(event_zone(self.desk.time_zone), self.now(), self.desk.door, tuple(companions))

    def now(self) -> datetime:
        """Give the time as entries are stamped with it: the device's, corrected by its measured skew."""
        return now_utc() + timedelta(milliseconds=self._workspace.skew_ms)

    @property
    def door_id(self) -> str | None:
        """The id of the door that is worked here."""
        return self._door_id

    def forget(self) -> None:
        """Let go of the verdict that was shown: nothing is to be overridden or completed any more."""
        self.shown = None
        self.companions = ()

    # -- what people do ---------------------------------------------------------------------------------

    def see_code(self, text: str) -> None:
        """Take a code that was read; one that is held still is taken once."""
        at = self.clock()
        held = text == self._last_code and at - self._last_seen < STILL_HELD
        self._last_code, self._last_seen = text, at
        if not held:
            direction = self.direction
            self._do(lambda check_in: check_in.show_code(text, direction), self._show_decision)

    def show_person(self, attendee_id: str) -> None:
        """Take a person that was found by name."""
        direction = self.direction
        self._do(lambda check_in: check_in.show_person(attendee_id, direction), self._show_decision)

    def admit(self, attendee_ids: Sequence[str]) -> None:
        """Let the chosen ones of the group that is shown through."""
        shown = self.shown
        if shown is None or shown.decision is None or not attendee_ids:
            return
        decision = shown.decision
        chosen = tuple(attendee_ids)
        self._do(
            lambda check_in: check_in.admit_chosen(chosen, decision.serial, decision.direction), self._show_decision
        )

    def show_companions(self) -> None:
        """Offer the others on the invitation of who was let in last."""
        shown = self.shown
        if shown is None or shown.decision is None or not self.companions:
            return
        invitation_id = self.companions[0].invitation_id
        direction, door_id = self.direction, self._door_id
        self._workspace.submit(
            lambda copy: decide_household(copy, invitation_id, door_id, direction),
            self._show_household,
            self._on_failed,
        )

    @property
    def may_override(self) -> bool:
        """Whether the verdict that is shown can be overridden here."""
        decision = self.shown.decision if self.shown else None
        return (
            decision is not None
            and not decision.passes
            and decision.verdict is not Verdict.GROUP
            and self.desk.door.may_override
        )

    def override(self, reason: str) -> None:
        """Let in anyway whom the verdict stopped."""
        decision = self.shown.decision if self.shown else None
        if decision is None or not self.may_override:
            return

        def show(at_door: AtTheDoor) -> None:
            words = forced_words(decision, reason, self.scene(at_door.companions), self._say)
            self._show(words, replace(decision, passes=True), at_door.companions)

        self._do(lambda check_in: check_in.override(decision, reason), show)

    def undo(self) -> None:
        """Undo the last thing by which somebody passed here."""
        event_id, device_id = self._workspace.event_id, self._workspace.identity.device_id

        def work(copy: LocalCopy) -> tuple[LogLine, CheckedIn] | None:
            with copy.read() as connection:
                line = last_to_undo(read_log(connection, event_id, device_id, LOG_LINES))
            return None if line is None else (line, self._at(copy).undo(line.entry_ids))

        def show(done: tuple[LogLine, CheckedIn] | None) -> None:
            if done is None:
                return
            line, checked_in = done
            self._show(undone_words(line.names, line.direction, line.happened_at, self.scene(), self._say), None)
            self._workspace.announce(checked_in.change)

        self._workspace.submit(work, show, self._on_failed)

    def walk_in(self, name: str, note: str, seat_id: str) -> None:
        """Let somebody in who is on no list."""

        def show(at_door: AtTheDoor) -> None:
            decision = at_door.checked_in.decision
            self._show(walk_in_words(decision.people, self._say), decision)

        self._do(lambda check_in: check_in.walk_in(name, note or None, seat_id or None), show)

    def set_direction(self, direction: Direction) -> None:
        """Record people who go in, or out, from now on."""
        self.direction = direction

    def search(self, text: str) -> None:
        """Look for a name; ``people_found`` brings the answer unless something else was asked meanwhile."""
        self._asked = text
        event_id = self._workspace.event_id

        def work(copy: LocalCopy) -> tuple[Person, ...]:
            with copy.read() as connection:
                return found_people(connection, event_id, self._follower.names(connection), text, FOUND)

        def show(people: tuple[Person, ...]) -> None:
            if text == self._asked:
                self.people_found.emit(text, people)

        self._workspace.submit(work, show, self._on_failed)

    def offer_seats(self, show: Callable[[Sequence[FreeSeat]], None]) -> None:
        """Look for free seats."""
        event_id = self._workspace.event_id

        def work(copy: LocalCopy) -> list[FreeSeat]:
            with copy.read() as connection:
                return free_seats(connection, event_id)

        self._workspace.submit(work, show, self._on_failed)

    # -- what comes of it -------------------------------------------------------------------------------

    def _do(self, work: Callable[[CheckIn], CheckedIn], show: Callable[[AtTheDoor], None]) -> None:
        event_id = self._workspace.event_id

        def with_companions(copy: LocalCopy) -> AtTheDoor:
            checked_in = work(self._at(copy))
            decision = checked_in.decision
            if decision.direction is Direction.OUT or decision.verdict is Verdict.GROUP or not decision.people:
                return AtTheDoor(checked_in)
            with copy.read() as connection:
                return AtTheDoor(checked_in, companions_of(connection, event_id, decision.people))

        def done(at_door: AtTheDoor) -> None:
            show(at_door)
            self._workspace.announce(at_door.checked_in.change)

        self._workspace.submit(with_companions, done, self._on_failed)

    def _at(self, copy: LocalCopy) -> CheckIn:
        if self._check_in is None:
            self._check_in = CheckIn(copy, staff_name=self.staff_name, door_id=self._door_id)
        self._check_in.staff_name = self.staff_name
        return self._check_in

    def _show_decision(self, at_door: AtTheDoor) -> None:
        decision = at_door.checked_in.decision
        companions = at_door.companions if decision.passes else ()
        self._show(verdict_words(decision, self.scene(companions), self._say), decision, companions)

    def _show_household(self, decision: Decision) -> None:
        if decision.verdict is Verdict.GROUP:
            self._show(verdict_words(decision, self.scene(), self._say), decision)

    def _show(self, words: VerdictWords, decision: Decision | None, companions: tuple[Person, ...] = ()) -> None:
        self.companions = companions
        people = decision.people if decision is not None and decision.passes else ()
        tables = tuple(dict.fromkeys(person.table_id for person in people if person.table_id))
        self.shown = VerdictShown(words, decision, tables if self.direction is Direction.IN else ())
        self.verdict_reached.emit(self.shown)

    def _on_failed(self, error: UsherError) -> None:
        self._last_code = ""
        self._show(problem_words(error.message, self._say), None)

    def _on_followed(self, news: DoorNews) -> None:
        self.counts_changed.emit(news.inside, news.expected)
        if news.log is not None:
            self.log = news.log
            self.log_changed.emit(self.log)
        if news.desk is not None and news.desk != self.desk:
            self.desk = news.desk
            self.desk_changed.emit()

    def _read_desk(self) -> Desk:
        with self._workspace.read() as connection:
            return read_desk(connection, self._workspace.event_id, self._door_id)
