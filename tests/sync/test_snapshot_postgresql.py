"""Snapshots and tokens where two processes of one server share a PostgreSQL: each keeps files of its own."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from sqlalchemy import update

from models.events import Role
from models.operations.base import now_utc
from models.operations.erasing import EraseGuest
from models.store.log_tables import DeviceToken
from sync.client.api import ServerApi
from sync.client.engine import SyncEngine
from sync.server.running import RunningServer
from sync.server.tokens import RENEWED_AFTER
from tests.helpers.devices import TestDevice, Venue, venue_at
from tests.helpers.events import gathering, some_guests
from tests.helpers.servers import PostgresServer, running_server


class TwoProcesses:
    """Two servers on one database, as two processes behind one address are; the event is published at the first."""

    def __init__(self, first: RunningServer, second: RunningServer, venue: Venue) -> None:
        self.first, self.second, self.venue = first, second, venue

    def ask(self, server: RunningServer, device: TestDevice, **headers: str) -> httpx.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        signed = {"Authorization": f"Bearer {device.token}", **named}
        return httpx.get(f"{server.url}/sync/v1/snapshot", headers=signed, trust_env=False, timeout=20)


@pytest.fixture
def two(postgres: PostgresServer, tmp_path: Path) -> Iterator[TwoProcesses]:
    url = postgres.new_database()
    with running_server(url) as first, running_server(url) as second:
        venue = venue_at(first, tmp_path, gathering())
        yield TwoProcesses(first, second, venue)
        venue.close()


def test_a_download_that_meets_the_other_process_is_the_same_copy_begun_anew(two: TwoProcesses) -> None:
    door = two.venue.pair()
    begun = two.ask(two.first, door)
    etag = begun.headers["ETag"]
    rest = two.ask(two.second, door, Range="bytes=100-", If_Range=etag)
    assert (rest.status_code, rest.content) == (200, begun.content)
    # By now the other process has the same file under the same name: what was begun at the first goes on there.
    again = two.ask(two.second, door, Range="bytes=100-", If_Range=etag)
    assert (again.status_code, begun.content[:100] + again.content) == (206, begun.content)


def test_a_guest_erased_at_one_process_is_in_no_file_of_the_other(two: TwoProcesses) -> None:
    door = two.venue.pair()
    begun = two.ask(two.second, door)
    assert "Samira Benali" in gzip.decompress(begun.content).decode()
    two.venue.organizer.copy.run(EraseGuest(guest_id=two.venue.made.guests["Samira Benali"]))
    two.venue.organizer.exchange()
    rest = two.ask(two.second, door, Range="bytes=100-", If_Range=begun.headers["ETag"])
    assert rest.status_code == 200
    assert "Samira Benali" not in gzip.decompress(rest.content).decode()


def test_a_copy_begun_at_the_one_process_follows_at_the_other(two: TwoProcesses) -> None:
    door = two.venue.pair()
    two.venue.organizer.copy.run(some_guests(20))
    two.venue.organizer.exchange()
    api = ServerApi(two.second.url, token=door.token)
    assert not SyncEngine(door.copy, api).exchange().started_anew
    api.close()
    assert door.digest() == two.venue.digest(Role.DOOR)


def test_a_token_renewed_at_one_process_ends_the_old_one_at_both(two: TwoProcesses) -> None:
    door = two.venue.pair()
    with two.first.service.database.write() as connection:
        connection.execute(update(DeviceToken).values(issued_at=now_utc() - RENEWED_AFTER))
    new = door.api.new_token()
    assert new is not None
    assert two.second.service.caller(door.token) is not None
    assert two.second.service.caller(new) is not None
    assert two.first.service.caller(door.token) is None
    assert two.second.service.caller(door.token) is None
