"""What a door does with a verdict: decide and record in one transaction, override, choose, undo, let a walk-in in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection, select

from models.admission import (
    Decision,
    DoorRules,
    House,
    Person,
    Shown,
    decide,
    look_up_code,
    look_up_person,
    read_door_and_house,
    read_people,
)
from models.attendance import Entry, EntryHow, Verdict
from models.errors import Refused
from models.events import Direction
from models.ids import new_id
from models.operations.base import now_utc
from models.operations.entries import NewEntry, RecordEntries, WalkIn
from models.store.identity import Identity, read_identity
from models.store.local_copy import LocalCopy
from models.store.rows import Change

_LookUp = Callable[[Connection, str], Shown]


@dataclass(frozen=True)
class CheckedIn:
    """What happened at the door: the verdict, the entries made for it, and the rows that changed."""

    decision: Decision
    entry_ids: tuple[str, ...]
    change: Change
    at: datetime


class CheckIn:
    """Admits people at one device: every method decides and records in one write transaction."""

    def __init__(self, copy: LocalCopy, *, staff_name: str = "", door_id: str | None = None) -> None:
        """Work on a copy; the door is the one the device was paired for unless another is given."""
        self._copy = copy
        self._door_id = door_id
        self.staff_name = staff_name

    def show_code(self, text: str, direction: Direction = Direction.IN) -> CheckedIn:
        """Decide on a shown text. One person who may pass is let through and recorded at once.

        A group is not recorded yet (see :meth:`admit_chosen`); a refusal is recorded as an entry that did
        not pass.
        """
        return self._decide_and_record(
            lambda connection, event_id: look_up_code(connection, event_id, text), EntryHow.SCAN, direction
        )

    def show_person(self, attendee_id: str, direction: Direction = Direction.IN) -> CheckedIn:
        """Decide on a person that was found by name."""
        return self._decide_and_record(
            lambda connection, event_id: look_up_person(connection, event_id, attendee_id), EntryHow.SEARCH, direction
        )

    def admit_chosen(
        self, attendee_ids: Sequence[str], serial: str | None = None, direction: Direction = Direction.IN
    ) -> CheckedIn:
        """Let the chosen members of a group through: those who may pass are recorded in one operation.

        The decision given back is the first one in the way, or ``admitted`` for all.
        """
        with self._copy.database.write() as connection:
            desk = self._desk(connection)
            people = read_people(connection, desk.identity.event_id, attendee_ids)
            house = desk.house
            decisions: list[Decision] = []
            for one in people:
                decision = decide(Shown(people=(one,), serial=serial), house, desk.door, desk.now, direction)
                if decision.passes and house.inside is not None:
                    house = replace(house, inside=house.inside + 1)
                decisions.append(decision)
            passing = [one for one in decisions if one.passes]
            entries = [desk.entry(one, one.people[0], EntryHow.SCAN) for one in passing]
            change = self._record(connection, entries)
        first = next((one for one in decisions if not one.passes), decisions[0] if decisions else None)
        if first is None:
            raise Refused("nobody_chosen", "Nobody was chosen: tick at least one person.")
        if passing:
            first = Decision(
                Verdict.ADMITTED,
                passes=True,
                direction=direction,
                people=tuple(one.people[0] for one in passing),
                serial=serial,
            )
        return CheckedIn(first, tuple(entry.entry_id for entry in entries), change, desk.now)

    def override(self, decision: Decision, reason: str) -> CheckedIn:
        """Let through whom the verdict stopped, with a reason that becomes part of the entry (rule 7).

        Raises Refused ``no_override`` where the door's rules do not allow it, ``no_reason`` without a reason.
        """
        if not reason.strip():
            raise Refused("no_reason", "Letting somebody in anyway needs a reason: write a few words.")
        with self._copy.database.write() as connection:
            desk = self._desk(connection)
            if not desk.door.may_override:
                raise Refused("no_override", "This door may not override: call an organizer.")
            people = decision.people or (None,)
            entries = [desk.entry(decision, one, EntryHow.SCAN, forced_reason=reason.strip()) for one in people]
            change = self._record(connection, entries)
        return CheckedIn(decision, tuple(entry.entry_id for entry in entries), change, desk.now)

    def undo(self, entry_ids: Sequence[str]) -> CheckedIn:
        """Undo entries by further entries. Raises Refused ``gone`` for one that is not there or undone already."""
        with self._copy.database.write() as connection:
            desk = self._desk(connection)
            found = connection.execute(
                select(
                    Entry.id,
                    Entry.attendee_id,
                    Entry.ticket_serial,
                    Entry.shown_name,
                    Entry.direction,
                    Entry.verdict,
                ).where(Entry.id.in_(list(entry_ids)))
            ).all()
            undone = connection.scalar(select(Entry.id).where(Entry.undoes.in_(list(entry_ids))))
            if len(found) != len(set(entry_ids)) or undone is not None:
                raise Refused("gone", "This entry was undone already.")
            entries = [
                desk.new_entry(
                    attendee_id=row.attendee_id,
                    ticket_serial=row.ticket_serial,
                    shown_name=row.shown_name,
                    direction=Direction(row.direction),
                    passed=False,
                    verdict=Verdict(row.verdict),
                    how=EntryHow.UNDO,
                    undoes=row.id,
                )
                for row in found
            ]
            change = self._record(connection, entries)
            people = read_people(
                connection,
                desk.identity.event_id,
                [row.attendee_id for row in found if row.attendee_id],
            )
        decision = Decision(Verdict.ADMITTED, passes=False, direction=Direction.OUT, people=people)
        return CheckedIn(decision, tuple(entry.entry_id for entry in entries), change, desk.now)

    def walk_in(self, name: str, note: str | None = None, seat_id: str | None = None) -> CheckedIn:
        """Let in somebody who is on no list. Raises Refused ``no_name`` for an empty name."""
        if not name.strip():
            raise Refused("no_name", "A walk-in needs a name: write one.")
        with self._copy.database.write() as connection:
            desk = self._desk(connection)
            attendee_id = new_id()
            entry = desk.new_entry(
                attendee_id=attendee_id,
                shown_name=name.strip(),
                direction=Direction.IN,
                passed=True,
                verdict=Verdict.ADMITTED,
                how=EntryHow.WALK_IN,
            )
            operation = WalkIn(
                guest_id=new_id(),
                attendee_id=attendee_id,
                invitation_id=new_id(),
                guest_name=name.strip(),
                door_note=note,
                seat_id=seat_id,
                entry=entry,
            )
            change = self._copy.run_in(connection, [operation], at=desk.device_now)
            people = read_people(connection, desk.identity.event_id, [attendee_id])
        decision = Decision(Verdict.ADMITTED, passes=True, direction=Direction.IN, people=people)
        return CheckedIn(decision, (entry.entry_id,), change, desk.now)

    def _decide_and_record(self, look_up: _LookUp, how: EntryHow, direction: Direction) -> CheckedIn:
        with self._copy.database.write() as connection:
            desk = self._desk(connection)
            shown = look_up(connection, desk.identity.event_id)
            decision = decide(shown, desk.house, desk.door, desk.now, direction)
            if decision.verdict is Verdict.GROUP:
                return CheckedIn(decision, (), Change(), desk.now)
            entry = desk.entry(decision, decision.person, how)
            change = self._record(connection, [entry])
        return CheckedIn(decision, (entry.entry_id,), change, desk.now)

    def _record(self, connection: Connection, entries: Sequence[NewEntry]) -> Change:
        if not entries:
            return Change()
        return self._copy.run_in(connection, [RecordEntries(entries=tuple(entries))], at=entries[0].device_at)

    def _desk(self, connection: Connection) -> _Desk:
        identity = read_identity(connection)
        door, house = read_door_and_house(connection, identity.event_id, self._door_id or identity.door_id)
        device_now = now_utc()
        now = device_now + timedelta(milliseconds=identity.skew_ms)
        return _Desk(identity, door, house, now, device_now, self.staff_name)


@dataclass(frozen=True, slots=True)
class _Desk:
    """Where and when a decision is made."""

    identity: Identity
    door: DoorRules
    house: House
    now: datetime
    device_now: datetime
    staff_name: str

    def new_entry(
        self,
        *,
        attendee_id: str | None,
        shown_name: str,
        direction: Direction,
        passed: bool,
        verdict: Verdict,
        how: EntryHow,
        ticket_serial: str | None = None,
        people: int = 1,
        forced_reason: str | None = None,
        undoes: str | None = None,
    ) -> NewEntry:
        """Make an entry of what happened here and now."""
        return NewEntry(
            entry_id=new_id(),
            attendee_id=attendee_id,
            ticket_serial=ticket_serial,
            shown_name=shown_name,
            direction=direction,
            passed=passed,
            people=people,
            verdict=verdict,
            how=how,
            door_id=self.door.id,
            door_name=self.door.name,
            device_id=self.identity.device_id,
            staff_name=self.staff_name,
            happened_at=self.now,
            device_at=self.device_now,
            forced_reason=forced_reason,
            undoes=undoes,
        )

    def entry(
        self, decision: Decision, person: Person | None, how: EntryHow, forced_reason: str | None = None
    ) -> NewEntry:
        """Make the entry of a decision about a person, or about a ticket that nobody is known for yet."""
        unlisted = decision.verdict is Verdict.NOT_ON_LIST_YET
        return self.new_entry(
            attendee_id=person.attendee_id if person else None,
            ticket_serial=decision.serial,
            shown_name=person.name if person else "",
            direction=decision.direction,
            passed=decision.passes or forced_reason is not None,
            people=decision.admits if unlisted else 1,
            verdict=decision.verdict,
            how=how,
            forced_reason=forced_reason,
        )
