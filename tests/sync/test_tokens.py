"""A device's token is renewed when it is old, and no lost answer locks the device out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from models.errors import StoreError, SyncError
from models.operations.base import now_utc
from models.operations.events import RevokeDevice
from models.store.log_tables import DeviceToken
from sync.client.api import ServerApi
from sync.client.loop import Reach, SyncLoop, SyncState
from sync.server.running import RunningServer
from sync.server.tokens import RENEWED_AFTER, hashed
from tests.helpers.counting_line import CountingLine
from tests.helpers.devices import TestDevice, Venue, wait_until
from tests.helpers.events import an_entry
from tests.helpers.proxy import Fault

PATH = "/sync/v1/token"


@pytest.fixture
def door(venue: Venue) -> TestDevice:
    """Give a door whose token is a month old."""
    device = venue.pair()
    _age(venue, device.token)
    return device


@pytest.fixture
def line(own_venue: Venue, server: RunningServer) -> Iterator[CountingLine]:
    made = CountingLine(server.port)
    yield made
    made.close()


def _age(venue: Venue, token: str, by: timedelta = RENEWED_AFTER) -> None:
    with venue.service.database.write() as connection:
        connection.execute(
            update(DeviceToken).where(DeviceToken.token_hash == hashed(token)).values(issued_at=now_utc() - by)
        )


def _hashes(venue: Venue, device: TestDevice) -> set[str]:
    with venue.service.database.read() as connection:
        return set(
            connection.scalars(
                select(DeviceToken.token_hash).where(DeviceToken.install_id == device.copy.identity.install_id)
            )
        )


def _works(venue: Venue, token: str) -> bool:
    api = ServerApi(venue.url, token=token)
    try:
        api.pull(0)
    except SyncError as error:
        return error.code != "no_token"
    finally:
        api.close()
    return True


def test_a_young_token_is_not_renewed(venue: Venue) -> None:
    device = venue.pair()
    _age(venue, device.token, RENEWED_AFTER - timedelta(minutes=1))
    assert device.api.new_token() is None
    assert _hashes(venue, device) == {hashed(device.token)}


def test_the_old_token_is_good_until_the_new_one_is_shown(venue: Venue, door: TestDevice) -> None:
    new = door.api.new_token()
    assert new is not None
    assert new != door.token
    assert _works(venue, door.token)
    assert _works(venue, door.token)
    assert _works(venue, new)
    assert not _works(venue, door.token)
    assert _hashes(venue, door) == {hashed(new)}


def test_an_answer_that_was_lost_is_asked_for_again_and_never_counts(venue: Venue, door: TestDevice) -> None:
    lost, kept = door.api.new_token(), door.api.new_token()
    assert lost is not None
    assert kept is not None
    assert _works(venue, door.token)
    assert not _works(venue, lost)
    assert _works(venue, kept)
    assert not _works(venue, door.token)


def test_the_new_token_is_the_same_device(venue: Venue, door: TestDevice) -> None:
    new = door.api.new_token()
    assert new is not None
    before, after = venue.service.caller(door.token), venue.service.caller(new)
    assert before == after
    assert after is not None


def test_no_other_device_loses_its_token(venue: Venue, door: TestDevice) -> None:
    others = [venue.pair("Other"), venue.organizer]
    new = door.api.new_token()
    assert new is not None
    assert _works(venue, new)
    assert all(_works(venue, other.token) for other in others)


def test_a_revoked_device_gets_no_new_token(venue: Venue, door: TestDevice) -> None:
    venue.organizer.exchange()
    venue.organizer.copy.run(RevokeDevice(device_id=door.copy.identity.device_id))
    venue.organizer.exchange()
    with pytest.raises(SyncError) as raised:
        door.api.new_token()
    assert raised.value.code == "revoked"


def test_a_stranger_gets_no_token(venue: Venue) -> None:
    api = ServerApi(venue.url, token="nonsense")
    with pytest.raises(SyncError) as raised:
        api.new_token()
    api.close()
    assert raised.value.code == "no_token"


class Program:
    """A loop on a door's copy, with a store for its token."""

    def __init__(self, device: TestDevice, url: str) -> None:
        self.kept: list[str] = []
        self.states: list[SyncState] = []
        self.is_full = False
        self.device = device
        self.loop = SyncLoop(
            device.copy,
            url,
            device.token,
            on_change=lambda _change: None,
            on_state=self.states.append,
            keep_token=self._keep,
            every=0.2,
        )
        self.loop.start()

    def _keep(self, token: str) -> None:
        if self.is_full:
            raise StoreError("tokens_not_written", "The key of this device cannot be kept.")
        self.kept.append(token)

    def is_in_step(self) -> bool:
        return bool(self.states) and self.states[-1].reach is Reach.IN_STEP


def test_a_program_keeps_the_new_token_and_goes_on_with_it(own_venue: Venue) -> None:
    door = own_venue.pair()
    _age(own_venue, door.token)
    program = Program(door, own_venue.url)
    try:
        wait_until(lambda: bool(program.kept) and not _works(own_venue, door.token))
        assert _works(own_venue, program.kept[0])
        door.copy.run(an_entry(own_venue.made.attendees["Otto Lindqvist"], door.copy.identity.device_id))
        program.loop.wake()
        wait_until(lambda: door.copy.waiting().pending == 0)
        # The socket that pokes shows it too, the next time it is opened.
        assert program.loop._listener._token == program.kept[0]
    finally:
        program.loop.stop()
    assert len(program.kept) == 1


def test_a_program_whose_answer_was_lost_gets_its_token_all_the_same(own_venue: Venue, line: CountingLine) -> None:
    door = own_venue.pair()
    _age(own_venue, door.token)
    line.order(Fault.SWALLOW, PATH)
    line.order(Fault.CUT_ANSWER, PATH)
    program = Program(door, line.url)
    try:
        wait_until(lambda: bool(program.kept) and not _works(own_venue, door.token), 20)
        wait_until(program.is_in_step)
    finally:
        program.loop.stop()
    assert line.asked[PATH] == 3
    assert _hashes(own_venue, door) == {hashed(program.kept[0])}


def test_a_token_that_cannot_be_kept_is_not_used(own_venue: Venue) -> None:
    door = own_venue.pair()
    _age(own_venue, door.token)
    program = Program(door, own_venue.url)
    program.is_full = True
    try:
        wait_until(lambda: len(_hashes(own_venue, door)) == 2)
        wait_until(lambda: len(program.states) > 3 and program.is_in_step())
    finally:
        program.loop.stop()
    assert _works(own_venue, door.token)


def test_a_program_asks_once_a_day_and_not_at_each_exchange(own_venue: Venue, line: CountingLine) -> None:
    program = Program(own_venue.pair(), line.url)
    try:
        wait_until(lambda: len(program.states) > 4)
    finally:
        program.loop.stop()
    assert line.asked[PATH] == 1
