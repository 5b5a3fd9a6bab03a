"""The same server on PostgreSQL: the same story, and many writers at once."""

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import Connection, func, insert, inspect, select, text

from models.attendance import Entry
from models.conflicts import Conflict, ConflictKind
from models.errors import BadInput, StoreError, SyncError
from models.events import Device, Role
from models.ids import new_epoch, new_id
from models.operations.base import now_utc
from models.operations.seating import Placement, SeatAttendees
from models.people import Guest
from models.store.database import Database
from models.store.exchange import Envelope
from models.store.log_tables import LogRow, NumberSeen, ServerIdentity
from models.store.schema import SERVER, tables_for
from sync.client.api import ServerApi
from sync.protocol import LoginRequest, PairingCodeRequest, PairRequest
from sync.server.accounts import Accounts
from sync.server.config import ServerConfig
from sync.server.service import Service
from sync.server.writer import Writer
from tests.helpers.devices import PASSWORD, TestDevice, Venue, make_user, publish, venue_at
from tests.helpers.events import an_entry, gathering, some_guests
from tests.helpers.servers import ROOT, PostgresServer, running_server, server_process

WRITERS, BATCHES, IN_A_BATCH = 8, 6, 5


@pytest.fixture
def database_url(postgres: PostgresServer) -> str:
    """Give an empty database."""
    return postgres.new_database()


@pytest.fixture(scope="module")
def pg_venue(postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Venue]:
    """Give an event that an organizer published on a server with PostgreSQL."""
    with running_server(postgres.new_database()) as running:
        # All the writer's threads start now: one that starts in a test would look like one that the test left behind.
        for started in [running.service.writer.submit(lambda _connection: time.sleep(0.1)) for _ in range(16)]:
            started.result(30)
        made = venue_at(running, tmp_path_factory.mktemp("venue"), gathering())
        yield made
        made.close()


def test_the_migrations_make_the_tables_that_the_models_describe(database_url: str) -> None:
    database = Database(database_url, SERVER)
    with database.read() as connection:
        inspector = inspect(connection)
        found = {
            name: {column["name"] for column in inspector.get_columns(name)} for name in inspector.get_table_names()
        }
    database.close()
    found.pop("schema_version")
    assert found == {table.name: {column.name for column in table.columns} for table in tables_for(SERVER)}


def test_opening_a_database_again_changes_nothing(database_url: str) -> None:
    for _ in range(2):
        database = Database(database_url, SERVER)
        with database.read() as connection:
            assert connection.execute(text("SELECT count(*) FROM schema_version")).scalar() == 1
        database.close()


def test_two_services_that_start_together_make_one_schema_and_are_one_server(database_url: str) -> None:
    together = threading.Barrier(4)

    def start() -> Service:
        together.wait(10)
        return Service(ServerConfig(database_url))

    with ThreadPoolExecutor(4) as pool:
        services = [one.result(60) for one in [pool.submit(start) for _ in range(4)]]
    assert len({service.server_id for service in services}) == 1
    assert len({service.session_secret for service in services}) == 1
    with services[0].database.read() as connection:
        assert connection.scalar(select(func.count()).select_from(ServerIdentity)) == 1
    for service in services:
        service.close()


def test_a_database_of_another_program_is_left_alone(database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("CREATE TABLE recipes (name text)")
    with pytest.raises(StoreError) as raised:
        Database(database_url, SERVER)
    assert raised.value.code == "damaged"


def test_the_whole_way_from_pairing_to_equal_copies(pg_venue: Venue) -> None:
    doors = [pg_venue.pair(name, door=name) for name in ("North door", "Garden door")]
    attendee = pg_venue.made.attendees["Samira Benali"]
    for minute, door in enumerate(doors):
        door.copy.run(an_entry(attendee, door.copy.identity.device_id, minute))
    pg_venue.organizer.copy.run(some_guests(120))
    for device in (*doors, pg_venue.organizer, *doors):
        device.exchange()

    assert pg_venue.organizer.digest() == pg_venue.digest(Role.OWNER)
    for door in doors:
        assert door.digest() == pg_venue.digest(Role.DOOR)
        with door.copy.read() as connection:
            kinds = connection.scalars(select(Conflict.kind)).all()
            assert connection.scalar(select(Device.door_id).where(Device.id == door.copy.identity.device_id))
        assert ConflictKind.DOUBLE_ADMISSION in kinds


def test_a_device_that_lost_its_place_starts_from_a_snapshot_with_its_outbox(pg_venue: Venue) -> None:
    door = pg_venue.pair()
    door.copy.run(an_entry(pg_venue.made.attendees["Otto Lindqvist"], door.copy.identity.device_id))
    door.copy.follow(pg_venue.url)
    done = door.exchange()
    assert done.started_anew
    assert done.pushed == 1
    assert door.digest() == pg_venue.digest(Role.DOOR)


def test_one_seat_wanted_twice_is_one_guests_and_one_conflict(pg_venue: Venue) -> None:
    left, right = (pg_venue.pair(role=Role.ORGANIZER) for _ in range(2))
    seat = pg_venue.made.seats[4]
    names = ("Maja Lindqvist", "Otto Lindqvist")
    for device, name in zip((left, right), names, strict=True):
        attendee = pg_venue.made.attendees[name]
        device.copy.run(SeatAttendees(placements=(Placement(attendee_id=attendee, seat_id=seat),)))
    for device in (left, right, left):
        device.exchange()
    assert left.digest() == right.digest() == pg_venue.digest(Role.ORGANIZER)
    with right.copy.read() as connection:
        kinds = connection.scalars(select(Conflict.kind)).all()
    assert kinds.count(ConflictKind.SEAT_TAKEN) == 1


def test_a_code_that_two_show_at_once_pairs_one(pg_venue: Venue) -> None:
    code = pg_venue.organizer.api.new_pairing_code(PairingCodeRequest(role=Role.DOOR)).code
    together = threading.Barrier(4)

    def show() -> str:
        api = ServerApi(pg_venue.url)
        together.wait(10)
        try:
            return api.pair(PairRequest(code=code, install_id=new_id(), device_name="Door")).device_id
        except SyncError as error:
            return error.code
        finally:
            api.close()

    with ThreadPoolExecutor(4) as pool:
        answers = [one.result(30) for one in [pool.submit(show) for _ in range(4)]]
    assert sorted(answer == "code_used" for answer in answers) == [False, True, True, True]


def test_a_refresh_token_that_two_show_at_once_ends_its_family(pg_venue: Venue) -> None:
    api = ServerApi(pg_venue.url)
    session = api.login(LoginRequest(login="ada", password=PASSWORD))
    api.close()
    writer, desk = pg_venue.service.writer, Accounts(pg_venue.service.session_secret)
    waiting = [writer.submit(desk.refresh(session.refresh)) for _ in range(4)]
    given = [one.result(30) for one in waiting]
    following = [one for one in given if one is not None]
    assert len(following) == 1
    assert writer.submit(desk.refresh(following[0].refresh)).result(30) is None


def test_strangers_and_members_publish_as_on_sqlite(pg_venue: Venue) -> None:
    make_user(pg_venue.service, "grace", email="grace@post.example")
    assert publish(pg_venue.url, pg_venue.organizer.copy)
    with pytest.raises(SyncError) as raised:
        publish(pg_venue.url, pg_venue.organizer.copy, login="grace@post.example")
    assert raised.value.code == "not_allowed"


def test_what_postgresql_cannot_hold_stops_no_other_operation(pg_venue: Venue) -> None:
    device = pg_venue.pair(role=Role.ORGANIZER)
    bad, good = some_guests(1, "Bad\x00name"), some_guests(1, "Good name")
    identity = device.copy.identity
    batch = [
        Envelope(
            install_id=identity.install_id,
            epoch=identity.epoch,
            number=number,
            op_id=new_id(),
            name=one.name,
            arguments=one.model_dump_json(),
            device_time=now_utc(),
        )
        for number, one in enumerate((bad, good), start=1)
    ]
    answers = [device.api.push(batch) for _ in range(3)]
    assert answers[-1].stopped is False
    with pg_venue.service.database.read() as connection:
        assert connection.scalar(select(func.count()).select_from(Guest).where(Guest.name == "Good name 0")) == 1


def test_many_writers_get_versions_of_their_own_and_no_pull_skips_one(pg_venue: Venue) -> None:
    writers = [pg_venue.pair(f"Door {number}") for number in range(WRITERS)]
    reader = pg_venue.pair("Reader")
    start = reader.copy.identity.cookie
    before = pg_venue.digest(Role.DOOR)["entries"].count
    ended = threading.Event()
    pulled: dict[str, int] = {}

    def follow() -> None:
        cookie = start
        last = False
        while not last:
            last = ended.is_set()
            answer = reader.api.pull(cookie)
            part = answer.tables.get("entries")
            if part is not None:
                place, version = part.columns.index("id"), part.columns.index("version")
                assert all(cookie < int(row[version] or 0) <= answer.version for row in part.rows)
                pulled.update({str(row[place]): int(row[version] or 0) for row in part.rows})
            cookie = answer.version

    with ThreadPoolExecutor(WRITERS + 1) as pool:
        following = pool.submit(follow)
        pushing = [pool.submit(_push_batches(writer, pg_venue)) for writer in writers]
        try:
            for one in pushing:
                one.result(60)
        finally:
            ended.set()
        following.result(60)

    with pg_venue.service.database.read() as connection:
        found = connection.execute(select(Entry.id, Entry.version).where(Entry.version > start))
        stored = {row.id: row.version for row in found}
        versions = connection.scalars(
            select(LogRow.version).where(LogRow.event_id == pg_venue.made.event_id).order_by(LogRow.position)
        ).all()
    assert len(stored) == WRITERS * BATCHES * IN_A_BATCH
    assert pulled == stored
    assert list(versions) == sorted(set(versions))
    assert pg_venue.digest(Role.DOOR)["entries"].count == before + len(stored)


class Held:
    """Keeps the writer busy with an event until it is let go, so that what is submitted meanwhile waits together."""

    def __init__(self, writer: Writer, event_id: str) -> None:
        self._started, self._release = threading.Event(), threading.Event()
        self.done = writer.submit(self._wait, event_id)
        assert self._started.wait(10)

    def _wait(self, _connection: Connection) -> None:
        self._started.set()
        assert self._release.wait(10)

    def let_go(self) -> None:
        self._release.set()


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    opened = Database(database_url, SERVER)
    yield opened
    opened.close()


@pytest.fixture
def writer(database: Database) -> Iterator[Writer]:
    made = Writer(database)
    yield made
    made.stop()


def _transaction(connection: Connection) -> int:
    return connection.execute(text("SELECT pg_current_xact_id()::text::bigint")).scalar_one()


def test_what_waits_for_one_event_is_committed_together_and_nothing_else_waits_for_it(writer: Writer) -> None:
    held = Held(writer, "evening")
    waiting = [writer.submit(_transaction, "evening") for _ in range(20)]
    others = [writer.submit(_transaction, "matinee").result(10), writer.submit(_transaction).result(10)]
    assert not any(one.done() for one in waiting)
    held.let_go()
    assert len({one.result(10) for one in waiting} | set(others)) == 3


def test_one_that_fails_leaves_the_others_of_its_group_and_one_in_a_deadlock_is_run_again(
    writer: Writer, database: Database
) -> None:
    tries: list[int] = []

    def note(number: int) -> Callable[[Connection], int]:
        def work(connection: Connection) -> int:
            values = {"event_id": "e", "install_id": "i", "epoch": 1, "number": number, "op_id": "o"}
            connection.execute(insert(NumberSeen).values(values))
            return number

        return work

    def refused(connection: Connection) -> int:
        note(2)(connection)
        raise BadInput("no", "No.")

    def deadlocked_once(connection: Connection) -> int:
        tries.append(1)
        if len(tries) == 1:
            connection.execute(text("DO $$ BEGIN RAISE SQLSTATE '40P01'; END $$"))
        return note(3)(connection)

    held = Held(writer, "e")
    waiting = [writer.submit(work, "e") for work in (note(1), refused, deadlocked_once, note(1), note(4))]
    held.let_go()
    outcomes = [type(one.exception(10)).__name__ for one in waiting]
    assert outcomes == ["NoneType", "BadInput", "NoneType", "IntegrityError", "NoneType"]
    with database.read() as connection:
        assert list(connection.scalars(select(NumberSeen.number).order_by(NumberSeen.number))) == [1, 3, 4]
    assert len(tries) == 2


def test_a_writer_that_stops_finishes_what_waits_for_an_event(database: Database) -> None:
    writer = Writer(database)
    waiting = [writer.submit(_transaction, f"event {number % 3}") for number in range(100)]
    writer.stop()
    assert all(one.done() and one.exception() is None for one in waiting)


def test_two_processes_serve_one_event(database_url: str, tmp_path: Path) -> None:
    with running_server(database_url) as first, running_server(database_url) as second:
        venue = venue_at(first, tmp_path, gathering())
        door = venue.pair()
        there = TestDevice(door.copy, ServerApi(second.url, token=door.token), door.token)
        door.copy.run(an_entry(venue.made.attendees["Samira Benali"], door.copy.identity.device_id))
        assert there.exchange().pushed == 1
        venue.organizer.exchange()
        assert not there.exchange().started_anew
        assert venue.organizer.digest() == venue.digest(Role.OWNER)
        assert venue.organizer.digest()["entries"].count == 1
        there.api.close()
        venue.close()


def test_usher_server_serves_from_postgresql(database_url: str) -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "sync.server.main",
            "create-user",
            "--database",
            database_url,
            "--password-stdin",
            "ada",
        ],
        cwd=ROOT,
        input=PASSWORD + "\n",
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    with server_process("--database", database_url, "--port", "0") as server:
        api = ServerApi(server.address())
        assert api.login(LoginRequest(login="ada", password=PASSWORD)).user_id
        api.close()
        code, log = server.end()
    assert code == 0, log


def _push_batches(device: TestDevice, venue: Venue) -> Callable[[], None]:
    identity = device.copy.identity
    epoch = new_epoch()

    def push() -> None:
        api = ServerApi(venue.url, token=device.token)
        for batch in range(BATCHES):
            first = batch * IN_A_BATCH
            api.push(
                [
                    Envelope(
                        install_id=identity.install_id,
                        epoch=epoch,
                        number=number,
                        op_id=new_id(),
                        name="record_entries.v1",
                        arguments=an_entry(new_id(), identity.device_id, number).model_dump_json(),
                        device_time=now_utc(),
                    )
                    for number in range(first + 1, first + IN_A_BATCH + 1)
                ]
            )
        api.close()

    return push
