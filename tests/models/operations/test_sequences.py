"""Whatever people do one after the other: rule 1 holds, nothing but a refusal is raised, and undo leads back."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import select

from models.base import Value
from models.errors import Refused
from models.invitations import Attendee, Rsvp
from models.operations.base import Operation
from models.operations.edits import FieldEdit
from models.operations.people import (
    AddGuests,
    Answer,
    AttendeeField,
    EditAttendee,
    EditGuest,
    GuestField,
    HideGuests,
    JoiningGuest,
    MoveToHousehold,
    SetRsvp,
)
from models.operations.seating import (
    AddTables,
    EditTable,
    MoveTables,
    Placement,
    RemoveTables,
    SeatAttendees,
    TableField,
    TablePlace,
)
from models.seating import Seat, Table
from models.store.local_copy import LocalCopy
from tests.helpers.small_event import HOUSEHOLDS, TABLES, SmallEvent, new_guest, new_table, small_event

NAMES = st.sampled_from([name for names in HOUSEHOLDS.values() for name in names] + ["Late 0", "Late 1"])
PLACES = st.sampled_from([(label, number) for label, seats in TABLES.items() for number in range(1, seats + 1)])
WORDS = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), min_size=1, max_size=12)


class Planning(RuleBasedStateMachine):
    """An organizer who does and undoes things at random on one small event."""

    event: SmallEvent
    start: dict[str, list[tuple[Value, ...]]]

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="usher-planning-"))
        self.undo_stack: list[tuple[Operation, ...]] = []
        self.made = 0

    @initialize()
    def open_event(self) -> None:
        self.event = small_event(self.folder)
        self.start = self.event.state()

    def teardown(self) -> None:
        if not hasattr(self, "event"):
            return
        try:
            while self.undo_stack:
                self.event.copy.perform(self.undo_stack.pop())
            assert self.event.state() == self.start
        finally:
            self.event.copy.close()
            shutil.rmtree(self.folder)

    def _do(self, *operations: Operation) -> None:
        before = self.event.state()
        try:
            done = self.event.copy.perform(operations)
        except Refused:
            assert self.event.state() == before
        else:
            self.undo_stack.append(done.inverse)

    def _attendee(self, name: str) -> str:
        # Somebody who was not added yet is an id that nobody has: the operation has to refuse it.
        return self.event.attendees.get(name, self.event.plan_id)

    @rule(placements=st.lists(st.tuples(NAMES, st.none() | PLACES), min_size=1, max_size=4))
    def seat(self, placements: list[tuple[str, tuple[str, int] | None]]) -> None:
        self._do(
            SeatAttendees(
                placements=tuple(
                    Placement(attendee_id=self._attendee(name), seat_id=self.event.seats[place] if place else None)
                    for name, place in placements
                )
            )
        )

    @rule(first=NAMES, second=NAMES)
    def swap(self, first: str, second: str) -> None:
        where = self.event.seated()
        if first in where and second in where:
            placements = (self.event.place(first, *where[second]), self.event.place(second, *where[first]))
            self._do(SeatAttendees(placements=placements))

    @rule(answers=st.lists(st.tuples(NAMES, st.sampled_from(Rsvp), st.sampled_from(Rsvp)), min_size=1, max_size=3))
    def answer(self, answers: list[tuple[str, Rsvp, Rsvp]]) -> None:
        self._do(
            SetRsvp(
                answers=tuple(
                    Answer(attendee_id=self._attendee(name), rsvp=FieldEdit(seen=seen, new=new))
                    for name, seen, new in answers
                )
            )
        )

    @rule(names=st.lists(NAMES, min_size=1, max_size=3), household=st.none() | st.sampled_from(list(HOUSEHOLDS)))
    def hide(self, names: list[str], household: str | None) -> None:
        invitations = (self.event.invitations[household],) if household else ()
        self._do(HideGuests(attendee_ids=tuple(map(self._attendee, names)), invitation_ids=invitations))

    @precondition(lambda self: self.made < 2)
    @rule(household=st.sampled_from(list(HOUSEHOLDS)))
    def add_guest(self, household: str) -> None:
        guest = new_guest(self.event, f"Late {self.made}")
        self.made += 1
        joining = JoiningGuest(invitation_id=self.event.invitations[household], guest=guest)
        self._do(AddGuests(joining=(joining,)))

    @rule(names=st.lists(NAMES, min_size=1, max_size=3), household=st.sampled_from(list(HOUSEHOLDS)))
    def move_to_household(self, names: list[str], household: str) -> None:
        attendees = tuple(map(self._attendee, names))
        self._do(MoveToHousehold(attendee_ids=attendees, invitation_id=self.event.invitations[household]))

    @rule(name=NAMES, seen=st.none() | WORDS, new=st.none() | WORDS)
    def edit_guest(self, name: str, seen: str | None, new: str | None) -> None:
        fields = GuestField.model_validate({"diet": {"seen": seen, "new": new}})
        self._do(EditGuest(guest_id=self.event.guests.get(name, self.event.plan_id), fields=fields))

    @rule(name=NAMES, words=WORDS, meal=st.none() | WORDS)
    def edit_two_at_once(self, name: str, words: str, meal: str | None) -> None:
        renamed = GuestField.model_validate({"name": {"seen": name, "new": words}})
        eats = AttendeeField.model_validate({"meal": {"seen": None, "new": meal}})
        self._do(
            EditGuest(guest_id=self.event.guests.get(name, self.event.plan_id), fields=renamed),
            EditAttendee(attendee_id=self._attendee(name), fields=eats),
        )

    @rule(label=st.sampled_from(list(TABLES)), x=st.integers(0, 9_000), turn=st.integers(-360, 360))
    def move_table(self, label: str, x: int, turn: int) -> None:
        self._do(MoveTables(places=(TablePlace(table_id=self.event.tables[label], x=x, y=500, turn=turn),)))

    @rule(label=st.sampled_from(list(TABLES)), words=WORDS)
    def rename_table(self, label: str, words: str) -> None:
        fields = TableField.model_validate({"label": {"seen": label, "new": words}})
        self._do(EditTable(table_id=self.event.tables[label], fields=fields))

    @rule(labels=st.lists(st.sampled_from(list(TABLES)), min_size=1, max_size=2), everybody=st.booleans())
    def remove_tables(self, labels: list[str], everybody: bool) -> None:
        sitting = [name for name, (table, _) in self.event.seated().items() if table in labels]
        unseats = tuple(self.event.attendees[name] for name in sitting) if everybody else ()
        self._do(RemoveTables(table_ids=tuple(self.event.tables[label] for label in labels), unseats=unseats))

    @rule()
    def add_table(self) -> None:
        self._do(AddTables(tables=(new_table(self.event, f"new {len(self.event.tables)}", 1),)))

    @precondition(lambda self: self.undo_stack)
    @rule()
    def undo(self) -> None:
        self.event.copy.perform(self.undo_stack.pop())

    @precondition(lambda self: self.undo_stack)
    @rule()
    def undo_and_redo(self) -> None:
        before = self.event.state()
        undone = self.event.copy.perform(self.undo_stack.pop())
        redone = self.event.copy.perform(undone.inverse)
        assert self.event.state() == before
        self.undo_stack.append(redone.inverse)

    @precondition(lambda self: hasattr(self, "event"))
    @invariant()
    def a_seat_holds_one_person_who_comes(self) -> None:
        with self.event.copy.read() as connection:
            seated = connection.execute(
                select(Attendee.seat_id, Attendee.rsvp, Attendee.deleted_at, Table.deleted_at)
                .join(Seat, Seat.id == Attendee.seat_id)
                .join(Table, Table.id == Seat.table_id)
            ).all()
        assert len({seat for seat, *_ in seated}) == len(seated)
        for _, rsvp, hidden, table_hidden in seated:
            assert Rsvp(rsvp).comes
            assert hidden is None
            assert table_hidden is None


def test_all_that_was_done_can_be_handed_on(tmp_path: Path) -> None:
    event = small_event(tmp_path)
    event.copy.perform(event.copy.perform([SeatAttendees(placements=(event.place("Sami Quispe", "1", 1),))]).inverse)
    event.copy.close()
    copy = LocalCopy(event.copy.path, synchronous="OFF")
    assert copy.waiting().pending == 8
    copy.close()


TestPlanning = Planning.TestCase
TestPlanning.settings = settings(max_examples=25, stateful_step_count=25, deadline=None)
