"""How far this device's clock is off: measured by quick answers only, since a slow one says little about it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from models.store.exchange import Pulled
from sync.client.engine import SyncEngine
from sync.server.checksums import Checksums
from tests.helpers.devices import Venue


class SlowLine:
    """A clock and an uptime that run only while an answer is on its way."""

    def __init__(self) -> None:
        self.clock_now, self.uptime_now = datetime.now(UTC), 1_000.0

    def pass_by(self, seconds: float) -> None:
        self.clock_now += timedelta(seconds=seconds)
        self.uptime_now += seconds


def _measured(venue: Venue, monkeypatch: pytest.MonkeyPatch, ahead: float, *seconds: float) -> int:
    """Exchange once for each number of seconds that its answer takes; the server's clock is so many ahead."""
    door, line = venue.pair(), SlowLine()
    plain, checked = door.api.pull, door.api.pull_checked
    on_its_way = iter(seconds)

    def answer(pulled: Pulled) -> Pulled:
        server_time = line.clock_now + timedelta(seconds=ahead)
        line.pass_by(next(on_its_way))
        return pulled.model_copy(update={"server_time": server_time})

    monkeypatch.setattr(door.api, "pull", lambda cookie: answer(plain(cookie)))
    monkeypatch.setattr(door.api, "pull_checked", lambda cookie: answer(checked(cookie)))
    engine = SyncEngine(door.copy, door.api, clock=lambda: line.clock_now, uptime=lambda: line.uptime_now)
    for _ in seconds:
        engine.exchange()
    return door.copy.identity.skew_ms


def test_an_answer_that_takes_long_says_nothing_about_a_right_clock(
    own_venue: Venue, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert _measured(own_venue, monkeypatch, 0, 0.1, 40) == 0


def test_a_quick_answer_tells_how_far_the_clock_is_off_and_a_slow_one_leaves_it_so(
    own_venue: Venue, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert _measured(own_venue, monkeypatch, 60, 0.1, 0.2, 40) == 59_950


def test_an_answer_with_a_checksum_has_the_time_of_after_the_sum(
    own_venue: Venue, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, summed_at = Checksums.at, list[datetime]()

    def at(*given: Any) -> str:
        found = real(*given)
        summed_at.append(datetime.now(UTC))
        return found

    monkeypatch.setattr(Checksums, "at", at)
    assert own_venue.pair().api.pull_checked(0).server_time >= summed_at[0]
