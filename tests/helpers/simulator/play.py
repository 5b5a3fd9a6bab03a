"""Plays one seed: sets the network up, lets people work and things go wrong, brings quiet, and checks."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from models.errors import Refused
from tests.helpers.simulator import checks
from tests.helpers.simulator.actions import Nothing, Person
from tests.helpers.simulator.beginning import begin
from tests.helpers.simulator.chance import decided_by
from tests.helpers.simulator.nodes import (
    DeviceNode,
    statements_compiled_once,
    temporary_folder,
)
from tests.helpers.simulator.party import Played, Wanted
from tests.helpers.simulator.promises import Broken, Invariant
from tests.helpers.simulator.troubles import Troubled
from tests.helpers.simulator.wire import Faults

_ROUNDS_TO_QUIET = 25
_MOST_SETTLED = 30
_LENGTHS, _SHARES = ((4, 14), (14, 45), (45, 120)), (70, 25, 5)
"""Most stories are short: a fault needs few steps to show, and many short ones meet more of them than few long ones."""


def play(seed: int, wanted: Wanted | None = None, folder: Path | None = None) -> Played:
    """Run one seed. Raises :class:`Broken`, with the seed and the journal of what happened."""
    own = folder or temporary_folder()
    network = Run(seed, wanted or Wanted(), own)
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


class Run(Troubled):
    """One run from its beginning to its checks."""

    def play(self) -> Played:
        self.begin()
        steps = self.wanted.steps or self.chance.between(*self.chance.weighted(_LENGTHS, _SHARES))
        weather = self.chance.one([0.0, 0.03, 0.08, 0.15])
        self.network.faults = Faults(weather, weather, weather, weather, weather / 4, weather / 4, weather)
        # They cost both ends a look at every row: half of the stories meet them often enough.
        summed = self.chance.happens(0.5)
        self.network.gives_checksums = summed if self.wanted.checksums is None else self.wanted.checksums
        self.central.share_of_faults = weather / 10
        for device in self.devices:
            device.share_of_deaths = weather / 10
        if self.chance.happens(0.2):
            self.fall_behind()
        for _ in range(steps):
            self.step()
        self.come_to_rest()
        self.check()
        return self.played

    def begin(self) -> None:
        """Put the party where its story begins."""
        begin(self)

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
            (self.pair_a_device, 0.1),
            (self.join_again, 0.2),
            (self.move_a_clock, 0.2),
            (self.open_twice, 0.15),
            (self.update_the_server, 0.3),
            (self.back_the_server_up, 0.1),
            (self.restore_the_server, 0.1),
        ]
        if self.hubs:
            kinds += [
                (lambda: self.exchange_hub(chance.one(self.hubs)), 0.3 if self.wanted.apart else 2.5),
                (self.publish, 0.3),
                (self.second_hub, 0.1),
            ]
            if not self.wanted.apart:
                kinds += [(self.roam, 0.4), (self.burn_a_hub, 0.1)]
        if self.wanted.copied_files is not False:
            share = 1.0 if self.wanted.copied_files else 0.1
            kinds += [(self.copy_a_file, share), (self.save_a_file, share), (self.restore_a_file, share)]
        if self.wanted.revoked is not False:
            share = 1.0 if self.wanted.revoked else 0.1
            kinds += [(self.revoke_a_device, share), (self.judge_the_quarantine, share * 2)]
        chance.weighted([kind for kind, _ in kinds], [weight for _, weight in kinds])()

    def deliver_something_late(self) -> None:
        under_way = self.network.under_way
        if not under_way:
            return
        late = under_way.pop(self.chance.between(0, len(under_way) - 1))
        self.tell(f"arrives late: {late.sentence}")
        late.deliver()

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
        self.update_the_server()
        self.until_nothing_moves()
        if self.revoked_ids:
            self.judge_the_quarantine()
            self.until_nothing_moves()
        # Before conflicts are settled: of two entries that let somebody in twice, the second is often undone then.
        self.played.double_admissions = checks.check_double_admissions(self.central, self._not_revoked())
        settle = self.chance.happens(0.5)
        if settle if self.wanted.settle_at_the_end is None else self.wanted.settle_at_the_end:
            self.settle_conflicts(self.devices[0])
            self.until_nothing_moves()

    def settle_conflicts(self, owner: DeviceNode) -> None:
        """Let the owner go through the inbox until it is empty, or only holds what there is no seat for."""
        for _ in range(_MOST_SETTLED):
            try:
                with owner.on_its_clock():
                    Person(owner, self.chance, ()).settle_conflict()
            except Nothing:
                break
            except Refused as refusal:
                self.tell(f"the owner cannot settle a conflict: {refusal.code}")
        self.note(owner)

    def until_nothing_moves(self) -> None:
        for _ in range(_ROUNDS_TO_QUIET):
            if not self.exchange_all():
                return
        raise Broken(Invariant.QUIET, [f"messages still carry something after {_ROUNDS_TO_QUIET} rounds"])

    def _not_revoked(self) -> list[DeviceNode]:
        return [one for one in self.devices if one.caller.device_id not in self.revoked_ids]

    def check(self) -> None:
        devices = self._not_revoked()
        revoked = [one for one in [*self.devices, *self.left] if one.caller.device_id in self.revoked_ids]
        checks.check_copies(self.central, [*self.copied, *self.left])
        checks.check_quarantine(self.central, revoked)
        checks.check_entries(self.central, self.committed, self.shown)
        checks.check_views(self.central, devices, self.hubs)
        checks.check_double_admissions(self.central, devices)
        self.check_replay()
        checks.check_outcomes(self.central, devices)
        with self.central.read() as connection:
            self.played.conflicts = connection.exec_driver_sql("SELECT count(*) FROM conflicts").scalar_one()
            self.played.log_rows = connection.exec_driver_sql("SELECT count(*) FROM event_log").scalar_one()
        self.played.messages = self.network.messages
