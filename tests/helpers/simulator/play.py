"""Plays one seed: sets the network up, lets people work and things go wrong, brings quiet, and checks."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from models.errors import Refused
from models.ids import new_id
from sync.server.event_log import EventLog
from tests.helpers.simulator import checks
from tests.helpers.simulator.actions import AT_A_DESK, AT_A_DOOR, Nothing, Person
from tests.helpers.simulator.chance import decided_by
from tests.helpers.simulator.checks import Broken, Invariant
from tests.helpers.simulator.nodes import (
    SERVER,
    DeviceNode,
    Died,
    ServerNode,
    new_file,
    statements_compiled_once,
    temporary_folder,
)
from tests.helpers.simulator.party import Party, Played, Wanted
from tests.helpers.simulator.wire import Faults

_ROUNDS_TO_QUIET = 25


def play(seed: int, wanted: Wanted | None = None, folder: Path | None = None) -> Played:
    """Run one seed. Raises :class:`Broken`, with the seed and the journal of what happened."""
    own = folder or temporary_folder()
    network = _Run(seed, wanted or Wanted(), own)
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


class _Run(Party):
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

    def step(self) -> None:
        chance = self.chance
        self.clock.pass_by(chance.one([0, 0, 0.001, 1, 20, 300]))
        kinds: list[tuple[Callable[[], object], float]] = [
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

    def deliver_something_late(self) -> None:
        under_way = self.network.under_way
        if not under_way:
            return
        late = under_way.pop(self.chance.between(0, len(under_way) - 1))
        self.tell(f"arrives late: {late.sentence}")
        late.deliver()

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
