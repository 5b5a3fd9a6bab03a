"""A small event at a server or a hub, with devices that exchange by direct calls: for the directed tests."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import select

from models.base import Side
from models.codes import new_salt, new_short_code
from models.errors import SyncError
from models.events import Role
from models.ids import new_epoch, new_id
from models.invitations import Attendee, Rsvp
from models.operations.events import AddMember, CreateEvent, RegisterDevice
from models.operations.people import AddGuests, NewGuest, NewHousehold
from models.operations.seating import AddFloorPlan, AddTables, NewSeat, NewTable, Placement, SeatAttendees
from models.store.database import Database
from models.store.exchange import Envelope, Pulled
from models.store.local_copy import LocalCopy
from models.store.schema import COPY, HUB, SERVER
from sync.client.engine import OpenSnapshot, SyncEngine
from sync.protocol import PushAnswer
from sync.server.event_log import Caller, EventLog
from sync.server.hub_replica import HubReplica
from sync.server.upstream import follow_upstream, prepare_hub
from tests.helpers.simulator import checks
from tests.helpers.simulator.chance import Chance
from tests.helpers.simulator.checks import View, view
from tests.helpers.simulator.nodes import closed, empty_database, new_file
from tests.helpers.simulator.wire import Network, SimulatedTransport

STARTS = datetime(2026, 12, 12, 18, tzinfo=UTC)


def now() -> datetime:
    return datetime.now(UTC)


class Way:
    """The way to a server, which can be cut."""

    def __init__(self, transport: SimulatedTransport) -> None:
        self.transport = transport
        self.is_cut = False

    def push(self, envelopes: Sequence[Envelope]) -> PushAnswer:
        self._pass()
        return self.transport.push(envelopes)

    def pull(self, cookie: int) -> Pulled:
        self._pass()
        return self.transport.pull(cookie)

    def pull_checked(self, cookie: int) -> Pulled:
        self._pass()
        return self.transport.pull_checked(cookie)

    def snapshot(self) -> AbstractContextManager[OpenSnapshot]:
        self._pass()
        return self.transport.snapshot()

    def _pass(self) -> None:
        if self.is_cut:
            raise SyncError("away", "The network is cut.")


@dataclass
class Device:
    """A copy with its way to a server."""

    copy: LocalCopy
    caller: Caller
    way: Way
    engine: SyncEngine

    def exchange(self) -> None:
        self.engine.exchange()

    def seat_of(self, attendee_id: str) -> str | None:
        with self.copy.read() as connection:
            return connection.scalar(select(Attendee.seat_id).where(Attendee.id == attendee_id))

    def seat(self, attendee_id: str, seat_id: str | None) -> None:
        placement = Placement(attendee_id=attendee_id, seat_id=seat_id, seen=self.seat_of(attendee_id))
        self.copy.run(SeatAttendees(placements=(placement,)))

    def rows(self) -> View:
        with self.copy.read() as connection:
            return view(connection, self.caller.event_id, self.caller.role)


class Server:
    """A server or a hub on a real file, called directly."""

    def __init__(self, path: Path, event_id: str, sides: frozenset[Side] = SERVER) -> None:
        self.name, self.event_id = path.name, event_id
        self.database = Database(new_file(empty_database(sides), path), sides, synchronous="OFF")
        self.log = EventLog(new_id(), now)
        self.pushes = self.pulls = 0
        self.gives_more = False
        self.write, self.read = self.database.write, self.database.read

    def rows(self, role: Role = Role.OWNER) -> View:
        with self.read() as connection:
            return view(connection, self.event_id, role)

    def count(self, table: str) -> int:
        with self.read() as connection:
            return connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one()

    def restart(self) -> None:
        raise AssertionError("no faults are asked for here")

    def back_up(self, path: Path) -> None:
        closed(self.database)
        shutil.copyfile(str(self.database.url.database), path)

    def put_back(self, path: Path) -> None:
        """Put a backup back, under a new epoch as an operator is told to."""
        closed(self.database)
        shutil.copyfile(path, str(self.database.url.database))
        with self.write() as connection:
            connection.exec_driver_sql("UPDATE event_counters SET epoch = ?", (new_epoch(),))


class House:
    """Makes the parts of one small network, and closes them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.event_id = new_id()
        self._databases: list[Database] = []
        self._network = Network(Chance(0), lambda _: None)

    def server(self, name: str = "server", *, opened: bool = True) -> Server:
        server = Server(self.folder / f"{name}.sqlite", self.event_id)
        self._databases.append(server.database)
        if opened:
            with server.write() as connection:
                server.log.open_event(connection, self.event_id)
        return server

    def hub(self) -> tuple[Server, HubReplica]:
        hub = Server(self.folder / "hub.sqlite", self.event_id, HUB)
        self._databases.append(hub.database)
        with hub.write() as connection:
            prepare_hub(connection, self.event_id, new_id(), new_id())
            hub.log.open_event(connection, self.event_id)
        return hub, HubReplica(hub.database, hub.log, self.event_id)

    def published(self, hub: Server, replica: HubReplica, central: Server) -> tuple[SyncEngine, Way]:
        """Give the hub an upstream, and the engine that exchanges with it."""
        with central.write() as connection:
            central.log.open_event(connection, self.event_id)
            owner = AddMember(member_id=new_id(), user_id=new_id(), role=Role.OWNER)
            central.log.run_own(connection, self.event_id, [owner])
        return self.linked(hub, replica, central)

    def linked(self, hub: Server, replica: HubReplica, central: Server) -> tuple[SyncEngine, Way]:
        with hub.write() as connection:
            follow_upstream(connection, self.event_id, "sim://central")
        caller = Caller(self.event_id, new_id(), new_id(), Role.OWNER, is_hub=True)
        way = Way(SimulatedTransport(self._network, "hub", caller, central))
        return SyncEngine(replica, way), way

    def device(self, server: Server, role: Role = Role.OWNER) -> Device:
        caller = Caller(self.event_id, new_id(), new_id(), role)
        registered = RegisterDevice(
            device_id=caller.device_id, device_name="device", role=role, install_id=caller.install_id
        )
        with server.write() as connection:
            server.log.run_own(connection, self.event_id, [registered])
        copy = LocalCopy.create(
            new_file(empty_database(COPY), self.folder / f"{caller.device_id}.usher"),
            event_id=self.event_id,
            device_id=caller.device_id,
            role=role,
            install_id=caller.install_id,
            synchronous="OFF",
        )
        return self.reached(copy, caller, server)

    def reached(self, copy: LocalCopy, caller: Caller, server: Server) -> Device:
        self._databases.append(copy.database)
        way = Way(SimulatedTransport(self._network, "device", caller, server))
        return Device(copy, caller, way, SyncEngine(copy, way))

    def check_replay(self, server: Server) -> None:
        """Apply a server's log to an empty one, which must give the same rows."""
        checks.check_replay(server, self.server(f"replay {len(self._databases)}", opened=False))

    def close(self) -> None:
        for database in self._databases:
            database.close()


@dataclass
class Dinner:
    """What the small event holds: three guests, a table of four."""

    people: list[str]
    seats: list[str]


def begin_dinner(device: Device) -> Dinner:
    """Make the small event on an organizer's copy."""
    plan, table = new_id(), new_id()
    people, seats = [new_id() for _ in range(3)], [new_id() for _ in range(4)]
    guests = tuple(
        NewGuest(guest_id=new_id(), attendee_id=who, name=name, email="a@example.org", notes="x", rsvp=Rsvp.ACCEPTED)
        for who, name in zip(people, ("Ines Duarte", "Mei Lindqvist", "Olu Bankole"), strict=True)
    )
    household = NewHousehold(
        invitation_id=new_id(), name="All", code=new_short_code(), secret_id=new_id(), guests=guests
    )
    new_table = NewTable(
        table_id=table,
        floor_plan_id=plan,
        label="T1",
        shape="round",
        x=0,
        y=0,
        width=1800,
        height=1800,
        seats=tuple(NewSeat(seat_id=seat, number=number) for number, seat in enumerate(seats, start=1)),
    )
    device.copy.run_all(
        [
            CreateEvent(
                event_id=device.caller.event_id,
                title="Dinner",
                starts_at=STARTS,
                time_zone="UTC",
                code_salt=new_salt(),
            ),
            AddFloorPlan(floor_plan_id=plan, plan_name="Hall", width=9000, height=9000),
            AddTables(tables=(new_table,)),
            AddGuests(households=(household,)),
        ]
    )
    return Dinner(people, seats)


__all__ = ["Device", "Dinner", "House", "Server", "begin_dinner", "now"]
