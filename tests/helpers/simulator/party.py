"""Those who take part in a run, how they come together, and how they exchange."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from models.errors import BadInput, Refused, StoreError, SyncError, UsherError
from models.events import Role
from models.ids import new_id
from models.operations.events import AddMember, RegisterDevice
from models.store.exchange import Pulled
from models.store.local_copy import LocalCopy
from sync.client.engine import Occasion, Replica, SyncEngine
from sync.protocol import REVOKED
from sync.server.event_log import Caller, EventLog
from sync.server.upstream import prepare_hub
from tests.helpers.simulator import checks
from tests.helpers.simulator.actions import AT_A_DESK, AT_A_DOOR, Nothing, Person
from tests.helpers.simulator.chance import START, Chance, Clock
from tests.helpers.simulator.nodes import (
    COPY,
    DURABILITY,
    HUB,
    SERVER,
    DeviceNode,
    Died,
    HubNode,
    ServerNode,
    closed,
    empty_database,
    entry_ids_of,
    new_file,
)
from tests.helpers.simulator.promises import Broken, Invariant
from tests.helpers.simulator.wire import Network, SimulatedTransport

_SKEWS = (0, 0, 400, -3_000, 90_000, -600_000, 7_200_000, -10_800_000)
"""In milliseconds; the last two are clocks of another time zone."""
_WRONG_SERVERS = 0.2
"""The share of stories whose central server has a wrong clock; laptops have one far more often."""


@dataclass(frozen=True)
class Wanted:
    """What a run shall be like; the defaults leave everything to the seed."""

    steps: int | None = None
    hubs: bool | None = None
    copied_files: bool | None = None
    revoked: bool | None = None
    apart: bool = False
    """Whether hubs hardly ever reach the server, and devices stay where they are: so the two orders differ much."""
    loosened: tuple[tuple[str, str], ...] = ()
    """Tables and their constraints to leave out, for an engine that is broken on purpose."""
    event_log: type[EventLog] = EventLog
    engine: type[SyncEngine] = SyncEngine
    settle_at_the_end: bool | None = None
    check_deaths: bool = True
    """Whether a copy is looked at after each death; not, for an engine whose fault another check has to find."""
    checksums: bool | None = None
    """Whether pulls carry checksums; not, for an engine whose faults they would mend before a check could see them."""


@dataclass
class Played:
    """What a run did."""

    seed: int | str
    operations: int = 0
    exchanges: int = 0
    messages: int = 0
    failed_exchanges: int = 0
    deaths: int = 0
    double_admissions: int = 0
    conflicts: int = 0
    log_rows: int = 0
    journal: list[str] = field(default_factory=list)


class Party:
    """The servers, hubs and devices of one run, with what each of them has committed so far."""

    central: ServerNode
    event_id: str
    doors: list[str]

    def __init__(self, seed: int | str, wanted: Wanted, folder: Path) -> None:
        self.seed, self.wanted, self.folder = seed, wanted, folder
        self.chance, self.clock = Chance(seed), Clock()
        self.played = Played(seed)
        self.network = Network(self.chance, self.tell, gives_checksums=wanted.checksums is not False)
        self.network.take_late_pull = self._take_late_pull
        self.network.meanwhile = self.while_a_snapshot_is_written
        self._is_writing = False
        self.hubs: list[HubNode] = []
        self.devices: list[DeviceNode] = []
        self.committed: dict[str, str] = {}
        self.shown: dict[str, str] = {}
        self.entries_of: dict[str, list[str]] = {}
        self.codes: list[str] = []
        self.saved: list[tuple[DeviceNode, Path]] = []
        self.backups: list[Path] = []
        self.copied: list[DeviceNode] = []
        """Devices whose file was copied or put back from a copy."""
        self.left: list[DeviceNode] = []
        """Devices that joined again: another copy has taken over what they did."""
        self.revoked_ids: set[str] = set()
        self.is_central_open = True
        self.made_hubs = self.made_again = 0
        self.replayed = 0
        """How many positions of the log the beginning has replayed."""

    def tell(self, what: str) -> None:
        self.played.journal.append(f"{(self.clock.true - START).total_seconds():8.1f} s  {what}")

    def close(self) -> None:
        for server in [*self.hubs, *([self.central] if hasattr(self, "central") else [])]:
            server.stop()
        for device in [*self.devices, *self.left]:
            device.copy.database.engine.dispose()

    def template(self, sides: Any) -> Path:
        return empty_database(sides, self.wanted.loosened)

    def new_server(self, name: str) -> ServerNode:
        new_file(self.template(SERVER), self.folder / f"{name}.sqlite")
        return self.server_on_file(name, new_id())

    def check_replay(self) -> None:
        """Replay the central log; what the beginning replayed already stays, unless it was blanked since."""
        with self.central.read() as connection:
            if connection.exec_driver_sql("SELECT 1 FROM guests WHERE erased_at IS NOT NULL").first():
                self.replayed = 0
        path = self.folder / "replay.sqlite"
        if not self.replayed:
            new_file(self.template(SERVER), path)
        replay = ServerNode("replay", path, self.clock, new_id(), self.event_id, EventLog, self.chance)
        try:
            checks.check_replay(self.central, replay, self.replayed)
            closed(replay.database)
        finally:
            replay.stop()

    def server_on_file(self, name: str, server_id: str) -> ServerNode:
        """Start a server on the file of its name."""
        path = self.folder / f"{name}.sqlite"
        server = ServerNode(name, path, self.clock, server_id, self.event_id, self.wanted.event_log, self.chance)
        server.before_commit = checks.check_seats
        return server

    def new_hub(self, install_id: str, device_id: str) -> HubNode:
        self.made_hubs += 1
        name = f"hub {self.made_hubs}"
        new_file(self.template(HUB), self.folder / f"{name}.sqlite")
        hub = self.hub_on_file(name, new_id(), install_id, device_id)
        with hub.write() as connection:
            prepare_hub(connection, self.event_id, install_id, device_id)
            hub.log.open_event(connection, self.event_id)
        return hub

    def hub_on_file(self, name: str, server_id: str, install_id: str, device_id: str) -> HubNode:
        """Start a hub on the file of its name."""
        hub = HubNode(
            name,
            self.folder / f"{name}.sqlite",
            self.clock,
            server_id,
            self.event_id,
            self.wanted.event_log,
            self.chance,
            install_id=install_id,
            device_id=device_id,
        )
        hub.before_commit = checks.check_seats
        self.hubs.append(hub)
        return hub

    def publish(self) -> None:
        """Open the event at the central server and give the first hub its upstream; asked twice now and then."""
        if not self.hubs:
            return
        hub = self.hubs[0]
        if hub.upstream is None:
            with self.central.write() as connection:
                self.central.log.open_event(connection, self.event_id)
                member = AddMember(member_id=new_id(), user_id=new_id(), role=Role.OWNER)
                self.central.log.run_own(connection, self.event_id, [member])
        hub.publish(self.central)
        self.is_central_open = True
        self.tell(f"{hub.name} is published")

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
        door_id = self.register(server, device_id, install_id, name, role)
        path = new_file(self.template(COPY), self.folder / f"{name}.usher")
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
        self.tell(f"{name} begins at {server.name}")
        return self.device_on_file(name, role, server, install_id, device_id)

    def register(self, server: ServerNode, device_id: str, install_id: str, name: str, role: Role) -> str | None:
        """Note a device at a server, as pairing with it does; give the door it is for."""
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
        return door_id

    def device_on_file(self, name: str, role: Role, server: ServerNode, install_id: str, device_id: str) -> DeviceNode:
        """Start a device on the file of its name."""
        caller = Caller(self.event_id, device_id, install_id, role)
        path = self.folder / f"{name}.usher"
        device = DeviceNode(name, path, role, self.a_skew(), caller, self.clock, server, self.chance)
        device.open()
        device.note_step()
        self.devices.append(device)
        return device

    def a_skew(self) -> timedelta:
        """Draw how far a device's clock is off: mostly a little, now and then by hours."""
        return timedelta(milliseconds=self.chance.one(_SKEWS))

    def set_clocks(self) -> None:
        """Draw how far everybody's clock is off."""
        for node in [*self.devices, *self.hubs]:
            node.skew = self.a_skew()
        self.central.skew = self.a_skew() if self.chance.happens(_WRONG_SERVERS) else timedelta()

    def _knows_door(self, server: ServerNode, door_id: str | None) -> bool:
        with server.read() as connection:
            found = connection.exec_driver_sql("SELECT 1 FROM doors WHERE id = ?", (door_id,)).first()
        return found is not None

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
            device.engine = self.wanted.engine(device.copy, transport, self.clock, self.clock.uptime)
        failed, deaths = self.played.failed_exchanges, self.played.deaths
        moved = self._exchange(device.name, device.copy, device.engine, device.on_its_clock, lambda: self.kill(device))
        if self.played.failed_exchanges != failed:
            self.check_after_a_death(device)
        elif self.played.deaths == deaths:
            device.note_step()
        if moved:
            with device.copy.read() as connection:
                checks.check_seats(connection, device.name)
        return moved

    def exchange_hub(self, hub: HubNode) -> bool:
        """Let a hub exchange with the server above it; tell whether anything moved."""
        if hub.upstream is None:
            return False
        if hub.engine is None:
            transport = SimulatedTransport(self.network, hub.name, hub.caller, hub.upstream)
            hub.engine = self.wanted.engine(hub.replica, transport, self.clock, self.clock.uptime)
        moved = self._exchange(hub.name, hub.replica, hub.engine, hub.on_its_clock, hub.restart)
        if moved:
            with hub.read() as connection:
                checks.check_seats(connection, hub.name)
        return moved

    def _exchange(
        self, name: str, replica: Replica, engine: SyncEngine, on_clock: Any, restart: Callable[[], None]
    ) -> bool:
        self.played.exchanges += 1
        occasion = self.chance.one(list(Occasion))
        waited = _numbers_pending(replica)
        try:
            with on_clock():
                done = engine.exchange(occasion)
        except Died as death:
            self.tell(f"{name} exchanges and dies {death}")
            restart()
            return True
        except (SyncError, StoreError, BadInput) as error:
            self.tell(f"{name} exchanges: {error.code}")
            self.played.failed_exchanges += 1
            return error.code != REVOKED
        except (UsherError, Broken):
            raise
        except Exception as error:
            raise Broken(
                Invariant.NO_FAULT, [f"the exchange of {name} raised {type(error).__name__}: {error}"]
            ) from error
        self.tell(f"{name} exchanges: handed in {done.pushed}, got {done.pulled_rows} rows")
        # A fork that a pull shows moves no row, and yet all is to be handed in again under the new epoch.
        return bool(done.pushed or done.pulled_rows or done.started_anew) or _numbers_pending(replica) != waited

    def exchange_all(self) -> bool:
        moved = [self.exchange_hub(hub) for hub in self.hubs]
        moved += [self.exchange(device) for device in self.devices if not self._is_even(device)]
        return any(moved)

    def _is_even(self, device: DeviceNode) -> bool:
        """Tell whether a device has all that its server has, and nothing to hand in: asking would say so, slowly."""
        with device.server.read() as connection:
            found = connection.exec_driver_sql("SELECT version, epoch FROM event_counters").one()
        with device.copy.read() as connection:
            here = connection.exec_driver_sql(
                "SELECT cookie, server_epoch, acknowledged >= (SELECT coalesce(max(number), 0) FROM outbox)"
                " FROM replica"
            ).one()
        return tuple(here) == (*found, 1)

    def _take_late_pull(self, name: str, pulled: Pulled) -> None:
        node = next((one for one in self.devices if one.name == name), None)
        try:
            if node is not None:
                with node.on_its_clock():
                    node.copy.apply_pull(pulled)
            else:
                hub = next(one for one in self.hubs if one.name == name)
                with hub.on_its_clock():
                    hub.replica.apply_pull(pulled)
        except StoreError as error:
            self.tell(f"{name} leaves a late answer: {error.code}")
        except Died:
            self.kill(node) if node is not None else None

    def kill(self, device: DeviceNode) -> None:
        """End the program at a device; answers that were on their way to it are gone."""
        self.played.deaths += 1
        device.kill()
        self.check_after_a_death(device)
        self.network.drop_answers_to(device.name)

    def while_a_snapshot_is_written(self, name: str) -> None:
        """What others do while a device fetches a snapshot; nothing, unless a run does."""

    def check_after_a_death(self, device: DeviceNode) -> None:
        """Check what is left on a device's disk; nothing, unless a run does."""

    def restart(self, server: ServerNode) -> None:
        self.played.deaths += 1
        self.tell(f"{server.name} is started again")
        server.restart()
        self.network.drop_answers_to(server.name)

    def collect_codes(self) -> None:
        """Let guests bring the tickets that were signed by now, by any server."""
        for server in [self.central, *self.hubs]:
            with server.read() as connection:
                found = connection.exec_driver_sql(
                    "SELECT signed_code FROM tickets WHERE signed_code IS NOT NULL ORDER BY created_at, id"
                ).scalars()
                self.codes += [code for code in found if code not in self.codes]


def _numbers_pending(replica: Replica) -> list[tuple[str, int, int]]:
    """Give under which numbers a replica has still to hand something in."""
    return [(one.install_id, one.epoch, one.number) for one in replica.pending()]
