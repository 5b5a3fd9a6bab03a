"""Servers, an event on them, and devices, for the tests of the wire."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sync.server.running import RunningServer
from tests.helpers.devices import Venue, venue_at
from tests.helpers.events import gathering
from tests.helpers.servers import PostgresServer, postgres_server, running_server
from tests.helpers.small_network import House


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RunningServer]:
    """Give a server of the test's own, on SQLite, that answers on loopback."""
    with running_server(tmp_path / "server.sqlite") as running:
        yield running


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """Give a small network without a wire; what it makes is closed afterwards."""
    made = House(tmp_path)
    yield made
    made.close()


@pytest.fixture
def own_venue(server: RunningServer, tmp_path: Path) -> Iterator[Venue]:
    """Give an event that nobody else touches, for tests that count or that spoil something."""
    made = venue_at(server, tmp_path, gathering())
    yield made
    made.close()


@pytest.fixture(scope="module")
def venue(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Venue]:
    """Give an event that a module's tests share; each pairs devices of its own."""
    folder = tmp_path_factory.mktemp("venue")
    with running_server(folder / "server.sqlite") as running:
        made = venue_at(running, folder, gathering())
        yield made
        made.close()


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """Give one PostgreSQL for all tests of this process; each makes databases of its own."""
    with postgres_server() as running:
        yield running
