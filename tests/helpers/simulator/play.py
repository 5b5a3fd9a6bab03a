"""Plays one seed: sets the network up, lets people work and things go wrong, brings quiet, and checks."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from models.codes import new_salt
from models.errors import BadInput, Refused, StoreError, SyncError, UsherError
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
from tests.helpers.simulator.actions import AT_A_DESK, AT_A_DOOR, Nothing, Person
from tests.helpers.simulator.chance import START, Chance, Clock, decided_by
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
    statements_compiled_once,
    temporary_folder,
)
from tests.helpers.simulator.wire import Faults, Network, SimulatedTransport

_ROUNDS_TO_QUIET = 25
_FROM_AFAR = ("refused", "gap", "forked")


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


def play(seed: int, wanted: Wanted | None = None, folder: Path | None = None) -> Played:
    """Run one seed. Raises :class:`Broken`, with the seed and the journal of what happened."""
    own = folder or temporary_folder()
    network = _World(seed, wanted or Wanted(), own)
    try:
        with decided_by(network.chance, network.clock), statements_compiled_once():
            return network.play()
    except Broken as broken:
        broken.seed, broken.journal = seed, network.played.journal
        raise
    finally:
        network.close()
        if folder is None:
            shutil.rmtree(own, ignore_errors=True)


class _World:
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

    # -- the parts --------------------------------------------------------------------------------------

    def template(self, sides: Any) -> Path:
        return empty_database(sides, self.wanted.loosened)

    def play(self) -> Played:
        self.set_up()
        steps = self.wanted.steps or self.chance.between(20, 70)
        weather = self.chance.one([0.0, 0.03, 0.08, 0.15])
        self.network.faults = Faults(weather, weather, weather, weather, weather / 4, weather / 4, weather)
        self.central.share_of_faults = weather / 10
        for device in self.devices:
            device.share_of_deaths = weather / 10
        for _ in range(steps):
            self.step()
        self.come_to_rest()
        self.check()
        return self.played

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
        person = Person(None, chance, ())  # type: ignore[arg-type]
        plan = new_id()
        kinds = tuple(NewTicketType(id=new_id(), name=f"type {number}", number=number) for number in (1, 2))
        households = tuple(
            NewHousehold(
                invitation_id=new_id(),
                name=f"household {number}",
                code=person_code(),
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

    # -- what happens -----------------------------------------------------------------------------------

    def step(self) -> None:
        chance = self.chance
        self.clock.pass_by(chance.one([0, 0, 0.001, 1, 20, 300]))
        kinds: list[tuple[Callable[[], None], float]] = [
            (lambda: self.work(chance.one(self.devices)), 10),
            (lambda: self.exchange(chance.one(self.devices)), 5),
            (self.deliver_something_late, 1.5),
            (lambda: self.kill(chance.one(self.devices)), 0.2),
            (lambda: self.restart(chance.one([self.central, *self.hubs])), 0.2),
            (self.collect_codes, 0.7),
        ]
        if self.hubs:
            kinds += [
                (lambda: self.exchange_hub(chance.one(self.hubs)), 2.5),
                (self.publish, 0.3),
                (self.roam, 0.4),
                (self.second_hub, 0.1),
            ]
        if self.wanted.copied_files is not False:
            share = 1.0 if self.wanted.copied_files else 0.1
            kinds += [(self.copy_a_file, share), (self.save_a_file, share), (self.restore_a_file, share)]
        chance.weighted([kind for kind, _ in kinds], [weight for _, weight in kinds])()

    def work(self, device: DeviceNode) -> None:
        choice = AT_A_DESK if device.is_organizer else AT_A_DOOR
        doing = self.chance.weighted([one for one, _ in choice], [weight for _, weight in choice])
        person = Person(device, self.chance, self.codes)
        admitted = len(device.admitted)
        what = f"{device.name}: {doing.__name__}"
        try:
            with device.on_its_clock():
                doing(person)
        except Nothing:
            return
        except Refused as refusal:
            what += f" refused here: {refusal.code}"
        except Died as death:
            what += f" and dies {death}"
            self.kill(device)
        for entry_id in device.admitted[admitted:]:
            self.shown[entry_id] = device.name
        made = self.note(device)
        self.tell(f"{what} {' '.join(made)}")

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

    def deliver_something_late(self) -> None:
        under_way = self.network.under_way
        if not under_way:
            return
        late = under_way.pop(self.chance.between(0, len(under_way) - 1))
        self.tell(f"arrives late: {late.sentence}")
        late.deliver()

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

    def roam(self) -> None:
        """Let a device go from a hub to the central server, or back."""
        device = self.chance.one(self.devices)
        server = self.some_server()
        if server is device.server:
            return
        self.tell(f"{device.name} goes from {device.server.name} to {server.name}")
        device.server = server
        with device.on_its_clock():
            try:
                device.copy.follow(f"sim://{server.name}")
            except Died:
                device.server = next(s for s in [*self.hubs, self.central] if s is not server)
                self.kill(device)
                device.copy.follow(f"sim://{device.server.name}")
        device.engine = None

    def second_hub(self) -> None:
        """Let another organizer's laptop open a hub of its own below the central server."""
        organizers = [one for one in self.devices if one.is_organizer and one.name == "organizer 2"]
        if not organizers or len(self.hubs) != 1 or not self.is_central_open:
            return
        laptop = organizers[0]
        hub = self.new_hub(new_id(), laptop.caller.device_id)
        hub.publish(self.central)
        self.tell(f"{laptop.name} opens {hub.name}")

    def copy_a_file(self) -> None:
        """Copy a device's file while it is closed, and use both."""
        if len(self.devices) > 6:
            return
        original = self.chance.one(self.devices)
        name = f"{original.name}, copy {len(self.devices)}"
        path = self._closed_copy(original, self.folder / f"{name}.usher")
        twin = DeviceNode(
            name, path, original.role, original.skew, original.caller, self.clock, original.server, self.chance
        )
        twin.last_number = original.last_number
        twin.open()
        twin.share_of_deaths = original.share_of_deaths
        self.devices.append(twin)
        self.tell(f"the file of {original.name} is copied, and both are used")

    def save_a_file(self) -> None:
        """Keep a copy of a device's file for later."""
        device = self.chance.one(self.devices)
        path = self._closed_copy(device, self.folder / f"saved {len(self.played.journal)}.usher")
        self.saved.append((device, path))
        self.tell(f"the file of {device.name} is saved")

    def restore_a_file(self) -> None:
        """Put an older file back in place of a device's own; what only the newer one knew is gone with it."""
        if not self.saved:
            return
        device, path = self.saved.pop(self.chance.between(0, len(self.saved) - 1))
        before = self._op_ids(device)
        device.copy.database.engine.dispose()
        for suffix in ("-wal", "-shm"):
            Path(f"{device.path}{suffix}").unlink(missing_ok=True)
        shutil.copyfile(path, device.path)
        self.kill(device)
        device.server = next(
            one for one in [*self.hubs, self.central] if f"sim://{one.name}" == device.copy.identity.server_url
        )
        lost = before - self._op_ids(device)
        still_somewhere = set().union(
            *(self._op_ids(one) for one in self.devices), *(self._logged(one) for one in [self.central, *self.hubs])
        )
        for op_id in sorted(lost - still_somewhere):
            self._forget(op_id)
        with device.copy.read() as connection:
            device.last_number = connection.exec_driver_sql("SELECT coalesce(max(number), 0) FROM outbox").scalar_one()
        device.inverses.clear()
        device.admitted.clear()
        self.tell(f"an older file of {device.name} is put back; {len(lost - still_somewhere)} operations went with it")

    def _closed_copy(self, device: DeviceNode, path: Path) -> Path:
        with device.copy.database.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        device.copy.database.engine.dispose()
        return Path(shutil.copyfile(device.path, path))

    def _op_ids(self, device: DeviceNode) -> set[str]:
        with device.copy.read() as connection:
            return set(connection.exec_driver_sql("SELECT op_id FROM outbox").scalars())

    def _logged(self, server: ServerNode) -> set[str]:
        with server.read() as connection:
            return set(connection.exec_driver_sql("SELECT op_id FROM event_log").scalars())

    def _forget(self, op_id: str) -> None:
        self.committed.pop(op_id, None)
        for entry_id in self.entries_of.get(op_id, []):
            self.shown.pop(entry_id, None)

    def collect_codes(self) -> None:
        """Let guests bring the tickets that were signed by now, by any server."""
        for server in [self.central, *self.hubs]:
            with server.read() as connection:
                found = connection.exec_driver_sql(
                    "SELECT signed_code FROM tickets WHERE signed_code IS NOT NULL ORDER BY created_at, id"
                ).scalars()
                self.codes += [code for code in found if code not in self.codes]

    # -- quiet, and what must hold then -------------------------------------------------------------------

    def come_to_rest(self) -> None:
        self.tell("quiet")
        self.network.faults = Faults()
        self.central.share_of_faults = 0.0
        for device in self.devices:
            device.share_of_deaths = 0.0
        while self.network.under_way:
            self.deliver_something_late()
        if not self.is_central_open:
            self.publish()
        self.until_nothing_moves()
        settle = self.chance.happens(0.5)
        if settle if self.wanted.settle_at_the_end is None else self.wanted.settle_at_the_end:
            owner = self.devices[0]
            for _ in range(30):
                try:
                    with owner.on_its_clock():
                        Person(owner, self.chance, ()).settle_conflict()
                except Nothing:
                    break
            self.note(owner)
            self.until_nothing_moves()

    def until_nothing_moves(self) -> None:
        for _ in range(_ROUNDS_TO_QUIET):
            if not self.exchange_all():
                return
        raise Broken(Invariant.QUIET, [f"messages still carry something after {_ROUNDS_TO_QUIET} rounds"])

    def after_commit(self, server: ServerNode) -> None:
        with server.read() as connection:
            checks.check_seats(connection, server.name)

    def check(self) -> None:
        checks.check_entries(self.central, self.committed, self.shown)
        checks.check_views(self.central, self.devices, self.hubs)
        self.played.double_admissions = checks.check_double_admissions(self.central, self.devices)
        path = new_file(self.template(SERVER), self.folder / "replay.sqlite")
        replay = ServerNode("replay", path, self.clock, new_id(), self.event_id, EventLog, self.chance)
        try:
            checks.check_replay(self.central, replay)
        finally:
            replay.stop()
        checks.check_outcomes(self.central, self.devices)
        with self.central.read() as connection:
            self.played.conflicts = connection.exec_driver_sql("SELECT count(*) FROM conflicts").scalar_one()
            self.played.log_rows = connection.exec_driver_sql("SELECT count(*) FROM event_log").scalar_one()
        self.played.messages = self.network.messages


def person_code() -> str:
    """Draw a household's code."""
    from models.codes import new_short_code

    return new_short_code()
