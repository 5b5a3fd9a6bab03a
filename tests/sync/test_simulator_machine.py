"""The simulated network as a state machine: Hypothesis chooses each step, and shrinks what breaks a promise."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from tests.helpers.simulator import Broken, Invariant, Wanted
from tests.helpers.simulator.breakages import BREAKAGES
from tests.helpers.simulator.chance import decided_by
from tests.helpers.simulator.nodes import statements_compiled_once, temporary_folder
from tests.helpers.simulator.play import Run
from tests.helpers.simulator.wire import Faults


class Drawn:
    """Dice whose every throw Hypothesis decides, and can make smaller."""

    def __init__(self, data: st.DataObject) -> None:
        self._data = data

    def random(self) -> float:
        return self._data.draw(st.integers(0, 99)) / 100

    def randint(self, low: int, high: int) -> int:
        return self._data.draw(st.integers(low, high))

    def randrange(self, limit: int) -> int:
        return self._data.draw(st.integers(0, limit - 1))

    def sample(self, values: Sequence[Any], count: int) -> list[Any]:
        left = list(values)
        return [left.pop(self.randrange(len(left))) for _ in range(count)]

    def choices(self, values: Sequence[Any], weights: Sequence[float]) -> list[Any]:
        return [values[self.randrange(len(values))]]


class Network(RuleBasedStateMachine):
    """One network; whoever subclasses it may break the engine."""

    wanted = Wanted()
    steps_of_the_last = 0

    def __init__(self) -> None:
        super().__init__()
        self._stack = ExitStack()
        self._folder = temporary_folder()
        self.run = Run(1, self.wanted, self._folder)
        self._stack.callback(shutil.rmtree, self._folder, ignore_errors=True)
        self._stack.callback(self.run.close)
        self._stack.enter_context(decided_by(self.run.chance, self.run.clock))
        self._stack.enter_context(statements_compiled_once())

    @initialize(data=st.data(), first=st.integers(1, 4))
    def begin(self, data: st.DataObject, first: int) -> None:
        """Set one of a few networks up, with a message lost or repeated now and then."""
        self.run.chance.reset(f"machine {first}")
        self.run.begin()
        self.run.network.faults = Faults(0.1, 0.1, 0.1, 0.1, 0.02, 0.02)
        self.run.central.share_of_faults = 0.02
        self.run.chance.throw_with(Drawn(data))
        self._before = len(self.run.played.journal)

    @rule(which=st.integers(0, 7))
    def somebody_works(self, which: int) -> None:
        devices = self.run.devices
        self.run.work(devices[which % len(devices)])

    @rule(which=st.integers(0, 7))
    def somebody_exchanges(self, which: int) -> None:
        devices = self.run.devices
        self.run.exchange(devices[which % len(devices)])

    @rule()
    def hubs_exchange(self) -> None:
        for hub in self.run.hubs:
            self.run.exchange_hub(hub)

    @rule(which=st.integers(0, 7))
    def somebody_is_killed(self, which: int) -> None:
        devices = self.run.devices
        self.run.kill(devices[which % len(devices)])

    @rule(seconds=st.sampled_from([0.001, 20.0, 3600.0]))
    def time_passes(self, seconds: float) -> None:
        self.run.clock.pass_by(seconds)

    @rule()
    def a_message_arrives_late(self) -> None:
        self.run.deliver_something_late()

    @rule()
    def something_befalls_the_network(self) -> None:
        run = self.run
        files = [run.copy_a_file, run.save_a_file, run.restore_a_file, run.open_twice]
        hubs = [run.publish, run.roam, run.second_hub, run.burn_a_hub]
        people = [run.revoke_a_device, run.judge_the_quarantine, run.move_a_clock, run.collect_codes]
        run.chance.one([*files, *hubs, *people])()

    @rule()
    def a_device_joins(self) -> None:
        self.run.pair_a_device()

    @rule()
    def somebody_joins_again(self) -> None:
        self.run.join_again()

    @rule()
    def the_server_is_backed_up(self) -> None:
        self.run.back_the_server_up()

    @rule()
    def the_server_is_put_back(self) -> None:
        self.run.restore_the_server()

    @rule()
    def the_server_falls_behind(self) -> None:
        self.run.fall_behind()

    @rule()
    def the_server_is_updated(self) -> None:
        self.run.update_the_server()

    @rule(which=st.integers(0, 2))
    def a_server_is_started_again(self, which: int) -> None:
        servers = [self.run.central, *self.run.hubs]
        self.run.restart(servers[which % len(servers)])

    def teardown(self) -> None:
        """Bring quiet and check every promise."""
        try:
            if self.run.devices:
                type(self).steps_of_the_last = len(self.run.played.journal) - self._before
                self.run.come_to_rest()
                self.run.check()
        finally:
            self._stack.close()


_QUICK = settings(
    max_examples=25,
    stateful_step_count=20,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
    print_blob=False,
)


@pytest.fixture(autouse=True)
def quiet_logs() -> Any:
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


def test_every_promise_holds_whatever_is_chosen_next() -> None:
    run_state_machine_as_test(Network, settings=_QUICK)


def test_a_broken_engine_is_found_and_made_small() -> None:
    breakage = next(one for one in BREAKAGES if one.name == "cursor off by one")
    with breakage.broken() as wanted:

        class BrokenNetwork(Network):
            pass

        BrokenNetwork.wanted = wanted
        with pytest.raises(Broken) as found:
            run_state_machine_as_test(BrokenNetwork, settings=settings(_QUICK, phases=[Phase.generate, Phase.shrink]))

    assert found.value.invariant is Invariant.EQUAL_VIEWS
    assert BrokenNetwork.steps_of_the_last <= 3
