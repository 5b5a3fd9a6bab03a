"""What befalls a network beside its messages: files copied and put back, hubs burned, rights taken, clocks moved."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from models.errors import Refused
from models.events import Role
from models.ids import new_epoch, new_id
from models.operations.events import RevokeDevice
from models.operations.quarantine import Judgement, JudgeQuarantined
from models.store.taking_over import take_over
from sync.server.quarantine import read_quarantine
from tests.helpers.simulator.nodes import DeviceNode, Died, ServerNode, closed
from tests.helpers.simulator.on_the_way import check_outbox
from tests.helpers.simulator.party import Party

_MOST_DEVICES = 8
_OF_A_LATER_VERSION = frozenset({"edit_door.v1", "move_tables.v1", "walk_in.v1"})


class Troubled(Party):
    """A party to which things happen."""

    def roam(self) -> None:
        """Let a device go from a hub to the central server, or back."""
        device = self.chance.one(self.devices)
        server = self.some_server()
        if server is device.server:
            return
        self.go_to(device, server)

    def go_to(self, device: DeviceNode, server: ServerNode) -> None:
        """Let a device follow another server from now on."""
        self.tell(f"{device.name} goes from {device.server.name} to {server.name}")
        device.server = server
        try:
            device.copy.follow(f"sim://{server.name}")
        except Died:
            self.kill(device)
            device.copy.database.engine.dispose()
            share, device.share_of_deaths = device.share_of_deaths, 0.0
            device.copy.follow(f"sim://{server.name}")
            device.share_of_deaths = share
        device.engine = None

    def second_hub(self) -> None:
        """Let another organizer's laptop open a hub of its own below the central server."""
        organizers = [one for one in self.devices if one.is_organizer and one.name == "organizer 2"]
        if not organizers or len(self.hubs) != 1 or not self.is_central_open:
            return
        if organizers[0].caller.device_id in self.revoked_ids:
            return
        laptop = organizers[0]
        hub = self.new_hub(new_id(), laptop.caller.device_id)
        hub.skew = laptop.skew
        hub.publish(self.central)
        self.tell(f"{laptop.name} opens {hub.name}")

    def copy_a_file(self) -> None:
        """Copy a device's file while it is closed, and use both."""
        if len(self.devices) >= _MOST_DEVICES:
            return
        original = self.chance.one(self.devices)
        name = f"{original.name}, copy {len(self.devices)}"
        path = self._closed_copy(original, self.folder / f"{name}.usher")
        twin = DeviceNode(
            name, path, original.role, original.skew, original.caller, self.clock, original.server, self.chance
        )
        twin.last_number, twin.noted = original.last_number, list(original.noted)
        twin.in_step_at = original.in_step_at
        twin.open()
        twin.share_of_deaths = original.share_of_deaths
        self.devices.append(twin)
        self.copied += [original, twin]
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
        device.noted = []
        self.kill(device)
        followed = device.copy.identity.server_url
        device.server = next(
            (one for one in [*self.hubs, self.central] if f"sim://{one.name}" == followed), self.central
        )
        if followed != f"sim://{device.server.name}":
            self.go_to(device, device.server)
        gone = self._forget_what_is_nowhere(before - self._op_ids(device))
        with device.copy.read() as connection:
            device.last_number = connection.exec_driver_sql("SELECT coalesce(max(number), 0) FROM outbox").scalar_one()
            device.noted = list(connection.exec_driver_sql("SELECT op_id FROM outbox ORDER BY number").scalars())
        device.inverses.clear()
        device.admitted.clear()
        self.copied.append(device)
        self.tell(f"an older file of {device.name} is put back; {gone} operations went with it")

    def back_the_server_up(self) -> None:
        """Keep a copy of the central server's database for later."""
        if self.is_central_open:
            path = self.folder / f"backup {len(self.played.journal)}.sqlite"
            closed(self.central.database)
            self.backups.append(Path(shutil.copyfile(self.central.path, path)))
            self.tell("the server is backed up")

    def restore_the_server(self) -> None:
        """Put an older database of the central server back, as its operator is told to: under a new epoch.

        What only it had is gone with it; devices that it does not know any more join again.
        """
        if not self.backups:
            return
        path = self.backups.pop(self.chance.between(0, len(self.backups) - 1))
        before = self._logged(self.central)
        closed(self.central.database)
        for suffix in ("-wal", "-shm"):
            Path(f"{self.central.path}{suffix}").unlink(missing_ok=True)
        shutil.copyfile(path, self.central.path)
        self.restart(self.central)
        with self.central.write() as connection:
            connection.exec_driver_sql("UPDATE event_counters SET epoch = ?", (new_epoch(),))
        self.network.given_out.forget(self.central.name)
        for device in self.left:
            device.copy.database.engine.dispose()
        self.left.clear()
        gone = self._forget_what_is_nowhere(before - self._logged(self.central))
        self.tell(f"the server is put back to a backup; {gone} operations went with it")
        self._pair_again()

    def _closed_copy(self, device: DeviceNode, path: Path) -> Path:
        closed(device.copy.database)
        return Path(shutil.copyfile(device.path, path))

    def _op_ids(self, device: DeviceNode) -> set[str]:
        with device.copy.read() as connection:
            return set(connection.exec_driver_sql("SELECT op_id FROM outbox").scalars())

    def _logged(self, server: ServerNode) -> set[str]:
        with server.read() as connection:
            return set(connection.exec_driver_sql("SELECT op_id FROM event_log").scalars())

    def _forget_what_is_nowhere(self, lost: set[str]) -> int:
        """Expect nothing more of operations that no device and no server has; give how many."""
        gone = lost.difference(
            *(self._op_ids(one) for one in self.devices), *(self._logged(one) for one in [self.central, *self.hubs])
        )
        for op_id in gone:
            self.committed.pop(op_id, None)
            for entry_id in self.entries_of.get(op_id, []):
                self.shown.pop(entry_id, None)
        return len(gone)

    def pair_a_device(self) -> None:
        """Let another door begin in the middle of it all."""
        if len(self.devices) < _MOST_DEVICES:
            self.new_device(f"late door {len(self.devices)}", Role.DOOR, self.some_server())

    def join_again(self) -> None:
        """Let a device join once more with a new code, perhaps for another role."""
        others = self._of_nobody_special()
        if self.is_central_open and others:
            old = self.chance.one(others)
            role = self.chance.one([old.role, old.role, Role.DOOR, Role.ORGANIZER])
            self.exchange(old)
            self._join(old, role)

    def _of_nobody_special(self) -> list[DeviceNode]:
        """Give the devices beside the owner's and the laptops that hubs run on."""
        special = {self.devices[0].caller.device_id, *(hub.device_id for hub in self.hubs)}
        return [one for one in self.devices if one.caller.device_id not in special]

    def _join(self, old: DeviceNode, role: Role) -> None:
        """Pair a device with the central server; a new copy for the same role takes the place of the one it has."""
        if len(self.devices) >= _MOST_DEVICES:
            return
        self.made_again += 1
        name = f"{old.name.partition(', again')[0]}, again {self.made_again}"
        new = self.new_device(name, role, self.central)
        new.skew = old.skew
        if role is old.role:
            take_over(new.copy, old.copy)
        with new.copy.read() as connection:
            new.noted = list(connection.exec_driver_sql("SELECT op_id FROM outbox ORDER BY number").scalars())
        new.last_number = len(new.noted)
        new.share_of_deaths = old.share_of_deaths
        before = (self.played.failed_exchanges, self.played.deaths)
        self.exchange(new)
        if role is not old.role or before != (self.played.failed_exchanges, self.played.deaths):
            self.tell(f"{old.name} stays beside {new.name}")
            return
        self.network.drop_answers_to(old.name)
        self.devices.remove(old)
        self.left.append(old)
        self.copied = [one for one in self.copied if one is not old]
        self.saved = [(device, path) for device, path in self.saved if device is not old]
        self.tell(f"{new.name} takes over from {old.name}")

    def move_a_clock(self) -> None:
        """Let somebody set a clock, forward or back, or let it run off: a device's mostly, or that of a server."""
        servers: list[DeviceNode | ServerNode] = [self.central, *self.hubs]
        node = self.chance.one(servers if self.chance.happens(0.3) else self.devices)
        node.skew = node.skew + timedelta(seconds=self.chance.one([-7200, -90, -1, 1, 45, 3600, 86_400]))
        self.tell(f"the clock of {node.name} is {node.skew.total_seconds()} s ahead now")

    def open_twice(self) -> None:
        """Open a device's file in a second program while the first has it open, and let both work and exchange."""
        device = self.chance.one(self.devices)
        second = replace(device, engine=None)
        second.open()
        self.tell(f"the file of {device.name} is opened a second time")
        try:
            for one in self.chance.some([second, device, second, device], 4):
                self.work(one)
                device.last_number = second.last_number = max(device.last_number, second.last_number)
                if self.chance.happens(0.5):
                    self.exchange(one)
        finally:
            # The one it has by now: it may have died and been opened again.
            second.copy.close()

    def burn_a_hub(self) -> None:
        """Lose a hub for good; its devices go to another server and take along what they have."""
        if not self.is_central_open or not self.hubs:
            return
        hub = self.chance.one(self.hubs)
        self.hubs.remove(hub)
        # What a device had done that was put back to an older file since, perhaps only this hub had.
        gone = self._forget_what_is_nowhere(self._logged(hub))
        hub.stop()
        self.network.drop_answers_to(hub.name)
        self.network.drop_requests_to(hub.name)
        self.tell(f"{hub.name} burns; {gone} operations went with it")
        for device in self.devices:
            if device.server is hub:
                self.go_to(device, self.central)
        self._pair_again()

    def _pair_again(self) -> None:
        """Let the central server know the devices that come to it: those that it does not know join it now."""
        for device in list(self.devices):
            with self.central.read() as connection:
                known = set(connection.exec_driver_sql("SELECT id FROM devices").scalars())
            if device.server is not self.central or device.caller.device_id in known:
                continue
            if device in self._of_nobody_special():
                self._join(device, device.role)
            if device in self.devices:
                self.register(self.central, device.caller.device_id, device.caller.install_id, device.name, device.role)

    def revoke_a_device(self) -> None:
        """Let the owner take a device's rights away, which goes on working and does not know."""
        owner, others = self.devices[0], self._of_nobody_special()
        if not others or len(self.revoked_ids) >= 2:
            return
        lost = self.chance.one(others).caller.device_id
        try:
            with owner.on_its_clock():
                owner.copy.run(RevokeDevice(device_id=lost))
        except Refused as refusal:
            self.tell(f"the owner cannot revoke {lost[:8]}: {refusal.code}")
            return
        except Died:
            self.kill(owner)
        self.note(owner)
        self.revoked_ids.add(lost)
        self.tell(f"the owner revokes {', '.join(one.name for one in self.devices if one.caller.device_id == lost)}")

    def judge_the_quarantine(self) -> None:
        """Let the owner accept or discard some of what revoked devices handed in."""
        owner = self.devices[0]
        with owner.server.read() as connection:
            waiting = read_quarantine(connection, owner.caller).changes
        for one in waiting:
            verdict = self.chance.one([Judgement.ACCEPT, Judgement.ACCEPT, Judgement.DISCARD, None])
            if verdict is None:
                continue
            try:
                with owner.on_its_clock():
                    owner.copy.run(JudgeQuarantined(op_id=one.op_id, verdict=verdict))
            except Died:
                self.kill(owner)
            self.tell(f"the owner decides: {verdict} {one.name} {one.op_id[:8]}")
        self.note(owner)

    def fall_behind(self) -> None:
        """Let the central server be of an earlier version than the devices, or of a later one."""
        if self.chance.happens(0.5):
            self.central.gives_more = True
            self.tell("the server is of a later version")
        else:
            self.central.does_not_know = _OF_A_LATER_VERSION
            self.tell("the server is of an earlier version")

    def update_the_server(self) -> None:
        """Start the server in its present version; what was waiting for that, or for a fault to pass, is settled."""
        self.tell("the server is updated")
        self.central.update()

    def while_a_snapshot_is_written(self, name: str) -> None:
        """Let another device hand something in while a snapshot is on its way to the one of this name."""
        others = [one for one in self.devices if one.name != name]
        if not self._is_writing and others and self.chance.happens(0.3):
            self._is_writing = True
            try:
                self.exchange(self.chance.one(others))
            finally:
                self._is_writing = False

    def check_after_a_death(self, device: DeviceNode) -> None:
        """Check what is left on a device's disk."""
        if not self.wanted.check_deaths:
            return
        logged = set[str]().union(*(self._logged(one) for one in [self.central, *self.hubs]))
        check_outbox(device, logged, self.revoked_ids)
