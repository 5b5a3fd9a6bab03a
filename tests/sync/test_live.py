"""The live socket: a poke arrives, a lost socket comes back, and the end is prompt."""

import socket
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from models.events import Role
from models.ids import new_id
from sync.client.live import PokeListener
from sync.protocol import PairingCodeRequest, PairRequest, Poke
from tests.helpers.devices import Venue, publish, venue_at, wait_until
from tests.helpers.events import an_entry, gathering
from tests.helpers.servers import free_port, running_server
from tests.sync.raw_http import answering


class Ear:
    """Listens as a device does and counts what it hears."""

    def __init__(self, url: str, token: str) -> None:
        self.heard = 0
        self.listener = PokeListener(url, token, self._poked)
        self.listener.start()

    def _poked(self) -> None:
        self.heard += 1

    def hears_more_than(self, count: int) -> None:
        wait_until(lambda: self.heard > count)


@pytest.fixture
def ear(venue: Venue) -> Iterator[Ear]:
    """Give a listener of the organizer's that is connected (which counts as news)."""
    made = Ear(venue.url, venue.organizer.token)
    made.hears_more_than(0)
    time.sleep(0.1)
    yield made
    made.listener.stop()


def test_a_push_pokes_the_other_devices_at_once(venue: Venue, ear: Ear) -> None:
    door = venue.pair()
    ear.hears_more_than(1)
    before = ear.heard
    door.copy.run(an_entry(venue.made.attendees["Maja Lindqvist"], door.copy.identity.device_id))
    started = time.monotonic()
    door.exchange()
    ear.hears_more_than(before)
    assert time.monotonic() - started < 3


def test_what_is_handed_in_once_more_wakes_nobody(venue: Venue, ear: Ear) -> None:
    door = venue.pair()
    door.copy.run(an_entry(venue.made.attendees["Maja Lindqvist"], door.copy.identity.device_id))
    again = door.copy.pending()
    before = ear.heard
    door.exchange()
    ear.hears_more_than(before)
    time.sleep(0.2)
    before = ear.heard
    for _ in range(3):
        door.api.push(again)
        time.sleep(0.1)
    assert ear.heard == before


def test_a_pairing_is_news_for_the_organizer(venue: Venue, ear: Ear) -> None:
    before = ear.heard
    code = venue.organizer.api.new_pairing_code(PairingCodeRequest(role=Role.DOOR)).code
    venue.organizer.api.pair(PairRequest(code=code, install_id=new_id(), device_name="Door"))
    ear.hears_more_than(before)


def test_pokes_that_come_together_are_one(venue: Venue, ear: Ear) -> None:
    before = ear.heard
    for _ in range(200):
        venue.service.poke(venue.made.event_id, 0)
    ear.hears_more_than(before)
    time.sleep(0.3)
    assert ear.heard - before <= 10


def test_a_poke_says_where_to_look_and_nothing_else(venue: Venue) -> None:
    address = venue.url.replace("http", "ws", 1) + "/sync/v1/live"
    with connect(address, additional_headers={"Authorization": f"Bearer {venue.organizer.token}"}, proxy=None) as wire:
        time.sleep(0.1)
        venue.service.poke(venue.made.event_id, 0)
        text = wire.recv(timeout=10)
    assert Poke.model_validate_json(text) == Poke(event_id=venue.made.event_id, version=0)
    assert len(text) < 100


def test_another_events_devices_hear_nothing(venue: Venue, ear: Ear, tmp_path: Path) -> None:
    before = ear.heard
    venue.service.poke("another event", 5)
    time.sleep(0.3)
    assert ear.heard == before


@pytest.mark.parametrize("token", ["", "nonsense"])
def test_a_stranger_gets_no_socket(venue: Venue, token: str) -> None:
    address = venue.url.replace("http", "ws", 1) + "/sync/v1/live"
    with pytest.raises(InvalidStatus) as raised:
        connect(address, additional_headers={"Authorization": f"Bearer {token}"}, proxy=None)
    assert raised.value.response.status_code == 403


def test_what_a_device_says_on_the_socket_means_nothing_and_breaks_nothing(venue: Venue) -> None:
    address = venue.url.replace("http", "ws", 1) + "/sync/v1/live"
    with connect(address, additional_headers={"Authorization": f"Bearer {venue.organizer.token}"}, proxy=None) as wire:
        wire.send("hello")
        wire.send(b"\x00\x01")
        time.sleep(0.2)
        venue.service.poke(venue.made.event_id, 0)
        assert venue.made.event_id in str(wire.recv(timeout=10))


def test_a_lost_socket_comes_back_by_itself(tmp_path: Path) -> None:
    made = gathering()
    with running_server(tmp_path / "server.sqlite") as first:
        venue = venue_at(first, tmp_path, made)
        port, token = first.port, publish(first.url, venue.organizer.copy)
        ear = Ear(first.url, token)
        ear.hears_more_than(0)
        venue.close()
    heard = ear.heard
    with running_server(tmp_path / "server.sqlite", port=port) as second:
        ear.hears_more_than(heard)
        heard = ear.heard
        time.sleep(0.1)
        second.service.poke(made.event_id, 0)
        ear.hears_more_than(heard)
        ear.listener.stop()


def test_stopping_is_prompt_while_connected(venue: Venue) -> None:
    ear = Ear(venue.url, venue.organizer.token)
    ear.hears_more_than(0)
    started = time.monotonic()
    ear.listener.stop()
    assert time.monotonic() - started < 2
    heard = ear.heard
    venue.service.poke(venue.made.event_id, 0)
    time.sleep(0.2)
    assert ear.heard == heard


def test_stopping_is_prompt_while_nobody_answers() -> None:
    ear = Ear(f"http://127.0.0.1:{free_port()}", "token")
    time.sleep(0.2)
    started = time.monotonic()
    ear.listener.stop()
    assert time.monotonic() - started < 2
    assert ear.heard == 0


def test_stopping_is_prompt_while_a_server_is_silent() -> None:
    def silent(wire: socket.socket) -> None:
        wire.settimeout(1)
        with suppress(OSError):
            wire.recv(1)

    with answering(silent) as url:
        ear = Ear(url, "token")
        time.sleep(0.2)
        started = time.monotonic()
        ear.listener.stop()
        assert time.monotonic() - started < 2
    assert ear.heard == 0


def test_stopping_a_server_is_prompt_while_devices_listen(tmp_path: Path) -> None:
    with running_server(tmp_path / "server.sqlite") as server:
        venue = venue_at(server, tmp_path, gathering())
        ear = Ear(server.url, venue.organizer.token)
        ear.hears_more_than(0)
        started = time.monotonic()
        server.stop()
        assert time.monotonic() - started < 5
        ear.listener.stop()
        venue.close()
