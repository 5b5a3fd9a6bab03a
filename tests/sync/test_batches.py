"""Operations that come in one batch leave exactly what they leave when they come one by one, for fewer statements."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, event, insert, select

from models.events import Direction, Role
from models.ids import new_id
from models.operations.base import Operation
from models.operations.edits import FieldEdit
from models.operations.entries import NewEntry, RecordEntries
from models.operations.erasing import EraseGuest
from models.operations.people import EditGuest, GuestField
from models.operations.seating import Placement, SeatAttendees
from models.operations.tickets import IssueTickets
from models.store.database import Database
from models.store.exchange import Envelope, OutcomeKind
from models.store.log_tables import EventCounter, InstallSeen, LogRow, NumberSeen
from models.store.rows import Rows
from models.store.schema import SERVER, SYNCED
from sync.server.caller import Caller
from sync.server.event_log import EventLog
from tests.helpers.events import Gathering, an_entry, gathering, some_guests
from tests.helpers.servers import PostgresServer

NOON = datetime(2026, 12, 12, 12, tzinfo=UTC)
SERVER_ID = new_id()
INSTALL_ID, INSTALL_EPOCH = new_id(), 77
KEPT = (*SYNCED, LogRow, NumberSeen, InstallSeen, EventCounter)


class OneServer:
    """A server's log on a database of its own, with a clock that stands, so that two of them can be equal."""

    def __init__(self, where: str | Path, event_id: str) -> None:
        self.database = Database(where, SERVER, synchronous="OFF")
        self.log = EventLog(SERVER_ID, lambda: NOON)
        self._caller = Caller(event_id, INSTALL_ID, INSTALL_ID, Role.OWNER, is_hub=True)
        with self.database.write() as connection:
            connection.execute(
                insert(EventCounter).values(
                    event_id=event_id,
                    epoch=5,
                    install_id=INSTALL_ID,
                    install_epoch=INSTALL_EPOCH,
                    signing_number=None,
                    signing_private=None,
                )
            )

    def push(self, envelopes: Sequence[Envelope]) -> None:
        """Hand in until the server has everything, as a device does."""
        stopped = True
        while stopped:
            with self.database.write() as connection:
                stopped = self.log.push(connection, self._caller, envelopes).stopped

    def everything(self) -> dict[str, list[tuple[Any, ...]]]:
        """Read all rows of all tables that a push writes to."""
        with self.database.read() as connection:
            return {
                entity.__tablename__: sorted(
                    (tuple(row) for row in connection.execute(select(entity.__table__))), key=repr
                )
                for entity in KEPT
            }

    def outcomes(self) -> Counter[str]:
        with self.database.read() as connection:
            return Counter(connection.scalars(select(LogRow.outcome)))


@pytest.fixture(params=["SQLite", "PostgreSQL"])
def two_servers(
    request: pytest.FixtureRequest, tmp_path: Path, made: Gathering
) -> Iterator[tuple[OneServer, OneServer]]:
    """Give two servers that are equal and have the event, but no tickets: their signatures would differ."""
    with ExitStack() as stack:
        made_servers: list[OneServer] = []
        for name in ("first", "second"):
            where: str | Path = tmp_path / f"{name}.sqlite"
            if request.param == "PostgreSQL":
                postgres: PostgresServer = request.getfixturevalue("postgres")
                where = postgres.new_database()
            server = OneServer(where, made.event_id)
            stack.callback(server.database.close)
            made_servers.append(server)
        yield made_servers[0], made_servers[1]


@pytest.fixture
def made() -> Gathering:
    return gathering()


def numbered(operations: Sequence[Operation], device_id: str, first: int = 1) -> list[Envelope]:
    return [
        Envelope(
            install_id=device_id,
            epoch=3,
            number=number,
            op_id=new_id(),
            name=one.name,
            arguments=one.model_dump_json(),
            device_time=NOON,
            device_id=device_id,
            role=Role.OWNER,
        )
        for number, one in enumerate(operations, start=first)
    ]


def all_sorts(made: Gathering) -> list[Operation]:
    """Make what goes well, what is refused, what makes conflicts, and what means somebody who is erased."""
    attendees, guests = made.attendees, made.guests
    device_id = new_id()

    def seated(name: str, seat: int) -> Operation:
        return SeatAttendees(placements=(Placement(attendee_id=attendees[name], seat_id=made.seats[seat]),))

    def renamed(name: str, new: str) -> Operation:
        return EditGuest(guest_id=guests[name], fields=GuestField(name=FieldEdit(seen=name, new=new)))

    return [
        some_guests(3),
        seated("Samira Benali", 2),
        seated("Maja Lindqvist", 2),
        an_entry(attendees["Samira Benali"], device_id),
        an_entry(attendees["Samira Benali"], new_id(), 1),
        renamed("Maja Lindqvist", "Maja Berg"),
        renamed("Maja Lindqvist", "Maja Dal"),
        EraseGuest(guest_id=guests["Otto Lindqvist"]),
        an_entry(attendees["Otto Lindqvist"], device_id, 2),
        renamed("Otto Lindqvist", "Otto Berg"),
        EraseGuest(guest_id=guests["Otto Lindqvist"]),
        an_entry(new_id(), device_id, 3),
        some_guests(2, "Late"),
    ]


@pytest.mark.parametrize("order", range(4))
def test_a_batch_leaves_what_its_operations_leave_one_by_one(
    two_servers: tuple[OneServer, OneServer], made: Gathering, order: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    together, apart = two_servers
    device_id = new_id()
    beginning = numbered(made.operations[:-1], device_id)
    work = all_sorts(made)
    random.Random(order).shuffle(work)
    faulty = an_entry(made.attendees["Ngozi Okonkwo"], device_id, 4)
    _let_fail(monkeypatch, faulty)
    batch = numbered([*work[:7], faulty, *work[7:]], device_id, len(beginning) + 1)
    # Some that no server can apply, and some that come under a further number.
    batch[2] = batch[2].model_copy(update={"name": "dance.v9"})
    batch[4] = batch[4].model_copy(update={"arguments": "{}"})
    batch[3:3] = [batch[2]]
    batch += [batch[1], batch[5], beginning[3]]
    batch = [one.model_copy(update={"number": number}) for number, one in enumerate(batch, start=len(beginning) + 1)]

    for server in (together, apart):
        server.push(beginning)
    together.push(batch)
    for one in batch:
        apart.push([one])

    assert _with_words_counted(together) == _with_words_counted(apart)
    assert together.outcomes().keys() >= {OutcomeKind.APPLIED, OutcomeKind.REFUSED, OutcomeKind.WAITING}


@pytest.mark.parametrize("evening", range(6))
def test_a_batch_of_comings_and_goings_makes_the_conflicts_that_they_make_one_by_one(
    two_servers: tuple[OneServer, OneServer], made: Gathering, evening: int
) -> None:
    together, apart = two_servers
    device_id = new_id()
    beginning = numbered(made.operations[:-1], device_id)
    dice = random.Random(evening)
    work = [*_comings_and_goings(made, dice), *made.operations[-1:], *_comings_and_goings(made, dice)]
    evening_long = numbered(work, device_id, len(beginning) + 1)

    for server in (together, apart):
        server.push(beginning)
    together.push(evening_long)
    for one in evening_long:
        apart.push([one])

    told = [server.everything()["conflicts"] for server in (together, apart)]
    assert told[0] == told[1]
    assert len(told[0]) > 5
    assert together.everything()["entries"] == apart.everything()["entries"]


def _comings_and_goings(made: Gathering, dice: random.Random) -> list[Operation]:
    """Let a few people in and out at two doors, alone and in groups, by name and by ticket; some entries are undone."""
    doors, tickets = [new_id(), new_id()], made.operations[-1]
    assert isinstance(tickets, IssueTickets)
    attendees = list(made.attendees.values())[:3]
    serials = [ticket.serial for ticket in tickets.tickets[:3]]
    entries: list[NewEntry] = []
    work: list[Operation] = []
    for _ in range(25):
        base = an_entry(attendees[0], dice.choice(doors), dice.randrange(120)).entries[0]
        if entries and dice.random() < 0.2:
            taken_back = dice.choice(entries)
            group = [taken_back.model_copy(update={"entry_id": new_id(), "undoes": taken_back.entry_id})]
        else:
            out = {"direction": Direction.OUT} if dice.random() < 0.25 else {}
            group = []
            for number in dice.sample(range(3), dice.choice([1, 1, 2, 3])):
                # A ticket that this door does not know yet: whose it is shows once it was issued at the server.
                who = {"attendee_id": None, "ticket_serial": serials[number]}
                known = {"attendee_id": attendees[number]}
                by = known if dice.random() < 0.6 else who
                group.append(base.model_copy(update={"entry_id": new_id(), **by, **out}))
            entries += group
        work.append(RecordEntries(entries=tuple(group)))
    return work


def test_a_batch_of_entries_makes_one_savepoint_and_few_statements(
    two_servers: tuple[OneServer, OneServer], made: Gathering
) -> None:
    server, _ = two_servers
    device_id = new_id()
    crowd = some_guests(51)
    beginning = numbered([*made.operations[:-1], crowd], device_id)
    server.push(beginning)
    entries = [an_entry(household.guests[0].attendee_id, device_id) for household in crowd.households]
    made_statements: list[str] = []

    def note(_connection: Connection, _cursor: object, statement: str, *_more: object) -> None:
        made_statements.append(statement)

    event.listen(server.database.engine, "before_cursor_execute", note)
    server.push(numbered(entries[:1], device_id, len(beginning) + 1))
    made_statements.clear()
    server.push(numbered(entries[1:], device_id, len(beginning) + 2))

    assert sum(one.startswith("SAVEPOINT") for one in made_statements) == 1
    # None of them is for one entry alone: writing them, and looking for double admissions, serves the whole batch.
    assert len(made_statements) <= 20


def _with_words_counted(server: OneServer) -> str:
    """Give all that a server holds, with the words that stand for erased values, which each draws, in their order."""
    words: dict[str, str] = {}
    held = repr(server.everything())
    return re.sub(r"erased [0-9a-f]{8}", lambda word: words.setdefault(word[0], f"erased {len(words)}"), held)


def _let_fail(monkeypatch: pytest.MonkeyPatch, faulty: RecordEntries) -> None:
    """Let one operation fail by the server's own fault, after it has written."""
    whole = RecordEntries.apply
    entry_id = faulty.entries[0].entry_id

    def apply(operation: RecordEntries, rows: Rows) -> None:
        whole(operation, rows)
        if operation.entries[0].entry_id == entry_id:
            raise ValueError("a fault of the server")

    monkeypatch.setattr(RecordEntries, "apply", apply)
