"""Those who take part in a run, how they come together, and how they exchange."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from models.codes import new_salt, new_short_code
from models.errors import BadInput, StoreError, SyncError, UsherError
from models.events import Role
from models.ids import new_id
from models.invitations import Rsvp
from models.operations.events import AddDoor, AddMember, AddTicketTypes, CreateEvent, NewTicketType, RegisterDevice
from models.operations.people import AddGuests, NewHousehold
from models.operations.seating import AddFloorPlan, AddTables
from models.store.exchange import Pulled
from models.store.local_copy import LocalCopy
from sync.client.engine import SyncEngine
from sync.server.event_log import Caller, EventLog
from sync.server.hub_replica import prepare_hub
from tests.helpers.simulator import checks
from tests.helpers.simulator.actions import Person
from tests.helpers.simulator.chance import START, Chance, Clock
from tests.helpers.simulator.checks import Broken, Invariant
from tests.helpers.simulator.nodes import (
    COPY,
    DURABILITY,
    HUB,
    SERVER,
    DeviceNode,
    Died,
    HubNode,
    ServerNode,
    empty_database,
    entry_ids_of,
    new_file,
)
from tests.helpers.simulator.wire import Network, SimulatedTransport


@dataclass(frozen=True)
class Wanted:
    """What a run shall be like; the defaults leave everything to the seed."""

    steps: int | None = None
    hubs: bool | None = None
    copied_files: bool | None = None
    loosened: tuple[tuple[str, str], ...] = ()
    """Tables and their constraints to leave out, for an engine that is broken on purpose."""
    event_log: type[EventLog] = EventLog
    engine: type[SyncEngine] = SyncEngine
    settle_at_the_end: bool | None = None


@dataclass
class Played:
    """What a run did."""

    seed: int
    operations: int = 0
    exchanges: int = 0
    messages: int = 0
    deaths: int = 0
    double_admissions: int = 0
    conflicts: int = 0
    log_rows: int = 0
    journal: list[str] = field(default_factory=list)


class Party:
    """The servers, hubs and devices of one run, with what each of them has committed so far."""

    def __init__(self, seed: int, wanted: Wanted, folder: Path) -> None:
        self.seed, self.wanted, self.folder = seed, wanted, folder
        self.chance, self.clock = Chance(seed), Clock()
        self.played = Played(seed)
        self.network = Network(self.chance, self.tell)
        self.network.take_late_pull = self._take_late_pull
        self.hubs: list[HubNode] = []
        self.devices: list[DeviceNode] = []
        self.committed: dict[str, str] = {}
        self.shown: dict[str, str] = {}
        self.entries_of: dict[str, list[str]] = {}
        self.codes: list[str] = []
        self.saved: list[tuple[DeviceNode, Path]] = []

    def tell(self, what: str) -> None:
        self.played.journal.append(f"{(self.clock.true - START).total_seconds():8.1f} s  {what}")

    def close(self) -> None:
        for server in [*self.hubs, *([self.central] if hasattr(self, "central") else [])]:
            server.stop()
        for device in self.devices:
            device.copy.database.engine.dispose()

    def template(self, sides: Any) -> Path:
        return empty_database(sides, self.wanted.loosened)

    def set_up(self) -> None:
        chance = self.chance
        self.event_id = new_id()
        self.central = self.new_server("server")
        with_hub = chance.happens(0.4) if self.wanted.hubs is None else self.wanted.hubs
        at: ServerNode = self.central
        owner_install, owner_device = new_id(), new_id()
        if with_hub:
            at = self.new_hub(owner_install, owner_device)
        else:
            with at.write() as connection:
                at.log.open_event(connection, self.event_id)
        owner = self.new_device("organizer 1", Role.OWNER, at, owner_install, owner_device)
        with owner.on_its_clock():
            owner.copy.run_all(self.first_operations())
            self.note(owner)
        self.exchange(owner)
        if with_hub and chance.happens(0.6):
            self.publish()
        if chance.happens(0.5):
            self.new_device("organizer 2", Role.ORGANIZER, self.some_server())
        for number in range(1, chance.between(1, 4) + 1):
            self.new_device(f"door {number}", Role.DOOR, self.some_server())
        for _ in range(2):
            self.exchange_all()
        owner = self.devices[0]
        with owner.on_its_clock():
            person = Person(owner, chance, ())
            for _ in range(3):
                person.issue_tickets()
            self.note(owner)
        self.exchange_all()
        self.collect_codes()

    def first_operations(self) -> list[Any]:
        chance = self.chance
        person = Person(None, chance, ())  # type: ignore[arg-type]  # asks no device
        plan = new_id()
        kinds = tuple(NewTicketType(id=new_id(), name=f"type {number}", number=number) for number in (1, 2))
        households = tuple(
            NewHousehold(
                invitation_id=new_id(),
                name=f"household {number}",
                code=new_short_code(),
                secret_id=new_id(),
                guests=tuple(
                    person.new_guest().model_copy(update={"rsvp": Rsvp.ACCEPTED}) for _ in range(chance.between(1, 3))
                ),
            )
            for number in range(1, 5)
        )
        self.doors = [new_id(), new_id()]
        return [
            CreateEvent(
                event_id=self.event_id,
                title="Winter dinner",
                starts_at=START,
                time_zone="Europe/Berlin",
                capacity=chance.one([None, 8, 20]),
                code_salt=new_salt(),
            ),
            AddTicketTypes(ticket_types=kinds),
            AddFloorPlan(floor_plan_id=plan, plan_name="Hall", width=20_000, height=15_000),
            AddTables(tables=tuple(person.new_table(plan, f"T{number}") for number in (1, 2))),
            *(AddDoor(door_id=door, door_name=f"Door {number}") for number, door in enumerate(self.doors, start=1)),
            AddGuests(households=households),
        ]

    def new_server(self, name: str) -> ServerNode:
        path = new_file(self.template(SERVER), self.folder / f"{name}.sqlite")
        server = ServerNode(name, path, self.clock, new_id(), self.event_id, self.wanted.event_log, self.chance)
        server.on_commit = self.after_commit
        return server

    def new_hub(self, install_id: str, device_id: str) -> HubNode:
        name = f"hub {len(self.hubs) + 1}"
        path = new_file(self.template(HUB), self.folder / f"{name}.sqlite")
        hub = HubNode(
            name,
            path,
            self.clock,
            new_id(),
            self.event_id,
            self.wanted.event_log,
            self.chance,
            install_id=install_id,
            device_id=device_id,
        )
        hub.on_commit = self.after_commit
        with hub.write() as connection:
            prepare_hub(connection, self.event_id, install_id, device_id)
            hub.log.open_event(connection, self.event_id)
        self.hubs.append(hub)
        return hub

    def publish(self) -> None:
        """Open the event at the central server and give the first hub its upstream; asked twice now and then."""
        hub = self.hubs[0]
        if hub.upstream is None:
            with self.central.write() as connection:
                self.central.log.open_event(connection, self.event_id)
                member = AddMember(member_id=new_id(), user_id=new_id(), role=Role.OWNER)
                self.central.log.run_own(connection, self.event_id, [member])
        hub.publish(self.central)
        self.tell(f"{hub.name} is published")

    @property
    def is_central_open(self) -> bool:
        return not self.hubs or self.hubs[0].upstream is not None

    def some_server(self) -> ServerNode:
        return self.chance.one([*self.hubs, self.central] if self.is_central_open else list(self.hubs))

    def new_device(
        self,
        name: str,
        role: Role,
        server: ServerNode,
        install_id: str | None = None,
        device_id: str | None = None,
    ) -> DeviceNode:
        install_id, device_id = install_id or new_id(), device_id or new_id()
        door_id = self.chance.one(self.doors) if role is Role.DOOR else None
        server.run_own(
            [
                RegisterDevice(
                    device_id=device_id,
                    device_name=name,
                    role=role,
                    door_id=door_id if self._knows_door(server, door_id) else None,
                    install_id=install_id,
                )
            ]
        )
        path = new_file(self.template(COPY), self.folder / f"{name}.usher")
        skew = timedelta(milliseconds=self.chance.one([0, 0, 400, -3_000, 90_000, -600_000]))
        LocalCopy.create(
            path,
            event_id=self.event_id,
            device_id=device_id,
            role=role,
            install_id=install_id,
            door_id=door_id,
            server_url=f"sim://{server.name}",
            synchronous=DURABILITY,
        ).database.engine.dispose()
        caller = Caller(self.event_id, device_id, install_id, role)
        device = DeviceNode(name, path, role, skew, caller, self.clock, server, self.chance)
        device.open()
        self.devices.append(device)
        self.tell(f"{name} begins at {server.name}, its clock {skew.total_seconds()} s ahead")
        return device

    def _knows_door(self, server: ServerNode, door_id: str | None) -> bool:
        with server.read() as connection:
            found = connection.exec_driver_sql("SELECT 1 FROM doors WHERE id = ?", (door_id,)).first()
        return found is not None

    def note(self, device: DeviceNode) -> list[str]:
        """Keep what a device committed, read off its outbox."""
        made: list[str] = []
        for number, op_id, name, arguments in device.new_outbox_rows():
            self.committed[op_id] = device.name
            self.entries_of[op_id] = entry_ids_of(name, arguments)
            for entry_id in self.entries_of[op_id]:
                self.shown[entry_id] = device.name
            made.append(f"{number}:{op_id[:8]}")
            self.played.operations += 1
        return made

    def exchange(self, device: DeviceNode) -> bool:
        """Let a device exchange with its server; tell whether anything moved."""
        if device.engine is None:
            transport = SimulatedTransport(self.network, device.name, device.caller, device.server)
            device.engine = self.wanted.engine(device.copy, transport, self.clock)
        moved = self._exchange(device.name, device.engine, device.on_its_clock, lambda: self.kill(device))
        with device.copy.read() as connection:
            checks.check_seats(connection, device.name)
        return moved

    def exchange_hub(self, hub: HubNode) -> bool:
        """Let a hub exchange with the server above it; tell whether anything moved."""
        if hub.upstream is None:
            return False
        if hub.engine is None:
            transport = SimulatedTransport(self.network, hub.name, hub.caller, hub.upstream)
            hub.engine = self.wanted.engine(hub.replica, transport, self.clock)
        moved = self._exchange(hub.name, hub.engine, lambda: self.clock.showing(timedelta()), hub.restart)
        self.after_commit(hub)
        return moved

    def _exchange(self, name: str, engine: SyncEngine, on_clock: Any, restart: Callable[[], None]) -> bool:
        self.played.exchanges += 1
        try:
            with on_clock():
                done = engine.exchange()
        except Died as death:
            self.tell(f"{name} exchanges and dies {death}")
            restart()
            return True
        except (SyncError, StoreError, BadInput) as error:
            self.tell(f"{name} exchanges: {error.code}")
            return True
        except (UsherError, Broken):
            raise
        except Exception as error:
            raise Broken(
                Invariant.NO_FAULT, [f"the exchange of {name} raised {type(error).__name__}: {error}"]
            ) from error
        self.tell(f"{name} exchanges: handed in {done.pushed}, got {done.pulled_rows} rows")
        return bool(done.pushed or done.pulled_rows or done.started_anew)

    def exchange_all(self) -> bool:
        moved = [self.exchange_hub(hub) for hub in self.hubs]
        moved += [self.exchange(device) for device in self.devices]
        return any(moved)

    def _take_late_pull(self, name: str, pulled: Pulled) -> None:
        node = next((one for one in self.devices if one.name == name), None)
        try:
            if node is not None:
                with node.on_its_clock():
                    node.copy.apply_pull(pulled)
            else:
                hub = next(one for one in self.hubs if one.name == name)
                hub.replica.apply_pull(pulled)
        except StoreError as error:
            self.tell(f"{name} leaves a late answer: {error.code}")
        except Died:
            self.kill(node) if node is not None else None

    def kill(self, device: DeviceNode) -> None:
        """End the program at a device; answers that were on their way to it are gone."""
        self.played.deaths += 1
        device.kill()
        under_way = self.network.under_way
        under_way[:] = [late for late in under_way if late.to_device != device.name]

    def restart(self, server: ServerNode) -> None:
        self.played.deaths += 1
        self.tell(f"{server.name} is started again")
        server.restart()
        under_way = self.network.under_way
        under_way[:] = [late for late in under_way if late.to_device != server.name]

    def collect_codes(self) -> None:
        """Let guests bring the tickets that were signed by now, by any server."""
        for server in [self.central, *self.hubs]:
            with server.read() as connection:
                found = connection.exec_driver_sql(
                    "SELECT signed_code FROM tickets WHERE signed_code IS NOT NULL ORDER BY created_at, id"
                ).scalars()
                self.codes += [code for code in found if code not in self.codes]

    def after_commit(self, server: ServerNode) -> None:
        with server.read() as connection:
            checks.check_seats(connection, server.name)
