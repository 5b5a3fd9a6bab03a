"""The limit of wrong tries, one after the other and all at once."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from models.errors import BadInput, SyncError
from sync.client.api import ServerApi
from sync.protocol import LoginRequest
from sync.server import try_limit
from sync.server.try_limit import TRIES, TryLimit
from tests.helpers.devices import Venue


def test_passwords_cannot_be_guessed_at_the_same_moment_either(own_venue: Venue) -> None:
    def guess(number: int) -> str:
        api = ServerApi(own_venue.url)
        with pytest.raises(SyncError) as raised:
            api.login(LoginRequest(login="ada", password=f"guess number {number}"))
        api.close()
        return raised.value.code

    with ThreadPoolExecutor(24) as pool:
        codes = Counter(pool.map(guess, range(48)))

    assert codes == {"wrong_login": TRIES, "too_many_tries": 48 - TRIES}


def test_what_went_well_counts_for_nothing() -> None:
    limit = TryLimit()
    for _ in range(5 * TRIES):
        with limit.trying("192.0.2.1"):
            pass
    with pytest.raises(ZeroDivisionError), limit.trying("192.0.2.1"):
        raise ZeroDivisionError
    _fail(limit, "192.0.2.1", TRIES)


def test_after_a_minute_one_may_try_again_and_nothing_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1_000.0]
    monkeypatch.setattr(try_limit, "monotonic", lambda: now[0])
    limit = TryLimit()
    _fail(limit, "192.0.2.1", TRIES)
    with pytest.raises(BadInput, match="wait a minute"), limit.trying("192.0.2.1"):
        pass
    _fail(limit, "192.0.2.2", TRIES)

    now[0] += 61.0
    _fail(limit, "192.0.2.3", 1)
    assert list(limit._tries) == ["192.0.2.3"]
    _fail(limit, "192.0.2.1", TRIES)


def _fail(limit: TryLimit, address: str, times: int) -> None:
    for _ in range(times):
        with pytest.raises(BadInput, match="no"), limit.trying(address):
            raise BadInput("no", "no")
