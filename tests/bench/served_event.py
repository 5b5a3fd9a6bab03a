"""A server in a process of its own that holds a big event, and a way to be one of its devices."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from fastapi import FastAPI

from models.events import Role
from models.ids import new_id
from sync.protocol import PairingCodeRequest
from sync.server.caller import Caller
from sync.server.config import ServerConfig
from sync.server.running import RunningServer
from sync.server.service import Service
from tests.bench.measuring import ROOT
from tests.helpers.big_events import BigEvent, fill_with_big_event

NOTHING = "/nothing"
"""The path of a POST that does nothing, on the same server."""


@dataclass(frozen=True)
class ServedEvent:
    """Where a server answers, with one-time codes for devices."""

    url: str
    pairing_codes: tuple[str, ...]


@contextmanager
def served_event(database: str | Path, event: BigEvent, role: Role, devices: int) -> Generator[ServedEvent]:
    """Fill a database with an event and serve it until the block ends, with codes for so many devices."""
    service = Service(ServerConfig(database))
    try:
        with service.database.write() as connection:
            fill_with_big_event(connection, event)
        owner = Caller(event.event_id, new_id(), new_id(), Role.OWNER)
        door = event.door_ids[0] if role is Role.DOOR else None
        wanted = PairingCodeRequest(role=role, door_id=door, lifetime_seconds=86_400)
        codes = tuple(
            service.writer.submit(service.new_pairing_code(owner, wanted)).result().code for _ in range(devices)
        )
        if not service.database.is_sqlite:
            # PostgreSQL does so by itself within a minute or two; a database that is some seconds old guesses badly.
            with service.database.write() as connection:
                connection.exec_driver_sql("ANALYZE")
    finally:
        service.close()
    process = subprocess.Popen(
        [sys.executable, "-m", __name__, str(database)],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        yield ServedEvent(process.stdout.readline().strip(), codes)
    finally:
        process.terminate()
        process.communicate(timeout=30)


def _nothing() -> dict[str, bool]:
    return {"done": True}


def main() -> None:
    """Serve a database as ``usher-server`` does, and answer one POST more that does nothing."""
    server = RunningServer(ServerConfig(sys.argv[1], port=0))
    web = server._server.config.app
    assert isinstance(web, FastAPI)
    web.add_api_route(NOTHING, _nothing, methods=["POST"])
    print(server.url, flush=True)
    server.run()


if __name__ == "__main__":
    main()
