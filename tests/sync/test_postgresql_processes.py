"""Two processes of one server on one PostgreSQL: many writers, and no pull that skips a version."""

import itertools
import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import psycopg
import pytest
from sqlalchemy import Connection, func, select, text
from sqlalchemy.dialects.postgresql import insert

from models.base import Value
from models.events import Role
from models.ids import new_epoch, new_id
from models.operations.base import Operation, now_utc
from models.operations.people import EditGuest, GuestField
from models.operations.seating import Placement, SeatAttendees
from models.store.exchange import Envelope, OutcomeKind, Pulled
from models.store.log_tables import EventCounter, InstallSeen, LogRow
from sync.client.api import ServerApi
from sync.protocol import PairingCodeRequest, PairRequest, PushAnswer
from sync.server.config import ServerConfig
from sync.server.event_log import Caller, EventLog
from sync.server.open_log import OpenLog
from sync.server.service import Service
from tests.helpers.devices import Venue
from tests.helpers.events import an_entry, gathering, some_guests
from tests.helpers.servers import PostgresServer, running_server, server_process

DOORS, ORGANIZERS, BATCHES, IN_A_BATCH = 14, 6, 5, 6
WAITS = 0.5
"""Seconds after which a writer that has not come through is waiting for another."""


class NaiveLog(EventLog):
    """The mistake that the counter's lock prevents: versions from a sequence, which needs no waiting."""

    def lock(self, connection: Connection, event_id: str) -> OpenLog:
        """Take the next thousand of versions, whoever else has some that are not committed yet."""
        taken = connection.execute(text("SELECT nextval('naive')")).scalar_one() * 1_000
        connection.execute(text("SELECT pg_sleep(0.02 * random())"))
        row = connection.execute(
            select(EventCounter.epoch, EventCounter.install_id, EventCounter.install_epoch).where(
                EventCounter.event_id == event_id
            )
        ).one()
        return OpenLog(event_id, row.epoch, taken, taken, row.install_id, row.install_epoch, taken, None, None)

    def close(self, connection: Connection, log: OpenLog, handed: set[tuple[str, int]]) -> None:
        """Note what was seen, and nothing about the event as a whole: that would be a lock again."""
        log.write_rows(connection)
        for key in handed:
            values = log.seen[key].model_dump()
            new = insert(InstallSeen).values(event_id=log.event_id, **values)
            connection.execute(new.on_conflict_do_update(index_elements=InstallSeen.__table__.primary_key, set_=values))

    def _now(self, connection: Connection, event_id: str) -> tuple[int, int]:
        """Take the highest version that was committed for the present one."""
        version = connection.scalar(select(func.max(LogRow.version)).where(LogRow.event_id == event_id)) or 0
        return version, super()._now(connection, event_id)[1]


@dataclass(frozen=True)
class WritingDevice:
    """A device without a copy: its token and what it says of itself."""

    caller: Caller
    token: str
    epoch: int

    def batch(self, operations: Sequence[Operation], first: int) -> list[Envelope]:
        """Number some operations from ``first`` on."""
        return [
            Envelope(
                install_id=self.caller.install_id,
                epoch=self.epoch,
                number=number,
                op_id=new_id(),
                name=one.name,
                arguments=one.model_dump_json(),
                device_time=now_utc(),
            )
            for number, one in enumerate(operations, start=first)
        ]


class Reader:
    """Pulls with a cookie, again and again, and keeps what it got: rows by table and id."""

    def __init__(self, pull: Callable[[int], Pulled]) -> None:
        self.pull = pull
        self.cookie = 0
        self.rows: dict[tuple[str, str], dict[str, Value]] = {}
        self.pulls_with_news = 0

    def step(self) -> None:
        answer = self.pull(self.cookie)
        assert answer.version >= self.cookie
        found = rows_of(answer)
        assert all(self.cookie < int(row["version"] or 0) <= answer.version for row in found.values())
        self.pulls_with_news += bool(found)
        self.rows.update(found)
        self.cookie = answer.version

    def skipped(self) -> set[tuple[str, str]]:
        """Give the rows that this reader never got, or only as they were before."""
        whole = rows_of(self.pull(0))
        assert self.rows.keys() <= whole.keys()
        return {key for key, row in whole.items() if self.rows.get(key) != row}


@dataclass(frozen=True)
class Skimmed:
    """What became of a reader: what it skipped, and how many of its pulls brought something."""

    skipped: set[tuple[str, str]]
    pulls_with_news: int


def rows_of(answer: Pulled) -> dict[tuple[str, str], dict[str, Value]]:
    found: dict[tuple[str, str], dict[str, Value]] = {}
    for table, part in answer.tables.items():
        for values in part.rows:
            row = dict(zip(part.columns, values, strict=True))
            found[table, str(row["id"])] = row
    return found


def pair_writer(venue: Venue, role: Role) -> WritingDevice:
    code = venue.organizer.api.new_pairing_code(PairingCodeRequest(role=role)).code
    install_id = new_id()
    answer = venue.organizer.api.pair(PairRequest(code=code, install_id=install_id, device_name=f"A {role}"))
    caller = Caller(answer.event_id, answer.device_id, install_id, role)
    return WritingDevice(caller, answer.token, new_epoch())


def work_of(venue: Venue, device: WritingDevice, turn: int) -> list[Operation]:
    """Make a batch: entries at a door; at a desk new guests, names that others edit too, and seats that others want."""
    made = venue.made
    if device.caller.role is Role.DOOR:
        return [an_entry(new_id(), device.caller.device_id, turn) for _ in range(IN_A_BATCH)]
    names, attendees = list(made.guests.values()), list(made.attendees.values())
    wishes: list[Operation] = [some_guests(2, "Late"), some_guests(1, "Later")]
    for place in range(IN_A_BATCH - len(wishes)):
        if place % 2:
            fields = GuestField.model_validate({"name": {"seen": "Somebody", "new": f"Name {new_id()[:8]}"}})
            wishes.append(EditGuest(guest_id=names[(turn + place) % len(names)], fields=fields))
        else:
            where = Placement(attendee_id=attendees[(turn + place) % len(attendees)], seat_id=made.seats[turn % 6])
            wishes.append(SeatAttendees(placements=(where,)))
    return wishes


class Way(Protocol):
    """How a device reaches a server."""

    def push(self, envelopes: Sequence[Envelope]) -> PushAnswer: ...

    def pull(self, cookie: int) -> Pulled: ...


Ways = Callable[[WritingDevice], AbstractContextManager[Sequence[Way]]]


@dataclass(frozen=True)
class DirectWay:
    """Asks a log without a server around it, which would let one transaction at a time through."""

    service: Service
    log: EventLog
    caller: Caller

    def push(self, envelopes: Sequence[Envelope]) -> PushAnswer:
        with self.service.database.write() as connection:
            return self.log.push(connection, self.caller, envelopes)

    def pull(self, cookie: int) -> Pulled:
        with self.service.database.read() as connection:
            return self.log.pull(connection, self.caller, cookie)


def write_and_read(
    venue: Venue, ways_of: Ways, writers: Sequence[WritingDevice], readers: Sequence[WritingDevice]
) -> list[Skimmed]:
    """Let all write at once, each batch on the next way in turn, while the readers pull all the time."""
    ended = threading.Event()
    together = threading.Barrier(len(writers) + len(readers))

    def write(device: WritingDevice, place: int) -> None:
        with ways_of(device) as ways:
            together.wait(60)
            for turn in range(BATCHES):
                batch = device.batch(work_of(venue, device, turn), turn * IN_A_BATCH + 1)
                assert not ways[(turn + place) % len(ways)].push(batch).stopped

    def read(device: WritingDevice) -> Skimmed:
        with ways_of(device) as ways:
            turns = itertools.cycle(ways)
            reader = Reader(lambda cookie: next(turns).pull(cookie))
            together.wait(60)
            while not ended.is_set():
                reader.step()
            reader.step()
            return Skimmed(reader.skipped(), reader.pulls_with_news)

    with ThreadPoolExecutor(len(writers) + len(readers)) as pool:
        reading = [pool.submit(read, device) for device in readers]
        writing = [pool.submit(write, device, place) for place, device in enumerate(writers)]
        try:
            for one in writing:
                one.result(120)
        finally:
            ended.set()
        return [one.result(60) for one in reading]


def ways_to(urls: Sequence[str]) -> Ways:
    """Give the ways to all processes."""

    @contextmanager
    def ways_of(device: WritingDevice) -> Generator[list[ServerApi]]:
        ways = [ServerApi(url, token=device.token, timeout=60) for url in urls]
        try:
            yield ways
        finally:
            for way in ways:
                way.close()

    return ways_of


@pytest.fixture
def database_url(postgres: PostgresServer) -> str:
    """Give an empty database."""
    return postgres.new_database()


@pytest.fixture
def service(database_url: str) -> Iterator[Service]:
    """Give what the processes write, to look at."""
    opened = Service(ServerConfig(database_url))
    yield opened
    opened.close()


def test_two_processes_that_start_together_migrate_once(database_url: str) -> None:
    address = ("--database", database_url, "--port", "0")
    with server_process(*address) as first, server_process(*address) as second:
        apis = [ServerApi(one.address()) for one in (first, second)]
        servers = {api.about().server_id for api in apis}
        for api in apis:
            api.close()
        ended = [one.end() for one in (first, second)]
    assert [code for code, _ in ended] == [0, 0], ended
    assert len(servers) == 1
    with psycopg.connect(database_url) as connection:
        (count,) = connection.execute("SELECT count(*) FROM schema_version").fetchone() or (0,)
    assert count == 1


def test_twenty_writers_at_two_processes_and_no_pull_skips_a_version(
    database_url: str, service: Service, tmp_path: Path
) -> None:
    address = ("--database", database_url, "--port", "0")
    with server_process(*address) as first, server_process(*address) as second:
        urls = [first.address(), second.address()]
        venue = Venue(service, urls[0], tmp_path, gathering())
        event_id = venue.made.event_id
        writers = [pair_writer(venue, role) for role in [Role.DOOR] * DOORS + [Role.ORGANIZER] * ORGANIZERS]
        readers = [pair_writer(venue, role) for role in (Role.ORGANIZER, Role.DOOR)]
        done = write_and_read(venue, ways_to(urls), writers, readers)

        assert [one.skipped for one in done] == [set(), set()]
        # They did read while the others wrote, or the test would prove nothing.
        assert all(one.pulls_with_news > 10 for one in done)
        with service.database.read() as connection:
            log = connection.execute(
                select(LogRow.position, LogRow.version, LogRow.outcome)
                .where(LogRow.event_id == event_id)
                .order_by(LogRow.position)
            ).all()
            seen = dict(
                connection.execute(
                    select(InstallSeen.install_id, InstallSeen.number).where(InstallSeen.event_id == event_id)
                ).all()
            )
        assert [row.position for row in log] == list(range(1, len(log) + 1))
        versions = [row.version for row in log]
        assert versions == sorted(set(versions))
        assert all(seen[writer.caller.install_id] == BATCHES * IN_A_BATCH for writer in writers)
        assert {OutcomeKind(row.outcome) for row in log} <= {OutcomeKind.APPLIED, OutcomeKind.REFUSED}
        venue.close()


@pytest.mark.parametrize(("kind", "waited", "count_of_skipped"), [(EventLog, True, 0), (NaiveLog, False, 1)])
def test_a_version_that_is_committed_out_of_turn_is_skipped_unless_writers_wait(
    postgres: PostgresServer, tmp_path: Path, kind: type[EventLog], waited: bool, count_of_skipped: int
) -> None:
    with running_server(postgres.new_database()) as running:
        venue = Venue(running.service, running.url, tmp_path, gathering())
        first, second, reading = (pair_writer(venue, Role.DOOR) for _ in range(3))
        database = running.service.database
        log = naive_log(running.service) if kind is NaiveLog else running.service.log

        def push(connection: Connection, device: WritingDevice) -> None:
            log.push(connection, device.caller, device.batch([an_entry(new_id(), device.caller.device_id)], 1))

        def push_and_commit() -> None:
            with database.write() as connection:
                push(connection, second)

        reader = Reader(DirectWay(running.service, log, reading.caller).pull)
        reader.step()
        with ThreadPoolExecutor(1) as pool:
            with database.write() as connection:
                push(connection, first)
                overtaking = pool.submit(push_and_commit)
                threading.Event().wait(WAITS)
                assert overtaking.done() is not waited
                reader.step()
            overtaking.result(30)
        reader.step()
        assert len(reader.skipped()) == count_of_skipped
        venue.close()


@pytest.mark.parametrize("kind", [EventLog, NaiveLog])
def test_twenty_transactions_at_once_hide_rows_from_a_reader_unless_writers_wait(
    postgres: PostgresServer, tmp_path: Path, kind: type[EventLog]
) -> None:
    with running_server(postgres.new_database()) as running:
        venue = Venue(running.service, running.url, tmp_path, gathering())
        writers = [pair_writer(venue, Role.DOOR) for _ in range(DOORS + ORGANIZERS)]
        readers = [pair_writer(venue, Role.ORGANIZER)]
        log = naive_log(running.service) if kind is NaiveLog else running.service.log
        (read,) = write_and_read(
            venue, lambda device: nullcontext([DirectWay(running.service, log, device.caller)]), writers, readers
        )
        assert bool(read.skipped) is (kind is NaiveLog)
        venue.close()


def naive_log(service: Service) -> NaiveLog:
    """Make the naive log of a service's database, whose sequence begins above every version there is."""
    with service.database.write() as connection:
        connection.execute(text("CREATE SEQUENCE naive START 10"))
    return NaiveLog(service.server_id)
