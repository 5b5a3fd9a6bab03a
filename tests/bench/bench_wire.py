"""Measures the way between two doors of one server, in a small and a large event: pokes, pushes, pulls and bytes."""

from __future__ import annotations

import gzip
import threading
import time
from collections.abc import Sequence
from contextlib import closing
from itertools import islice
from random import Random

import httpx

from models.attendance import Entry
from models.events import Role
from models.ids import new_id
from models.operations.entries import RecordEntries
from models.store.rows import Change
from sync.client.api import ServerApi
from sync.client.loop import Reach, SyncLoop, SyncState
from sync.protocol import BATCH
from tests.bench.bench_check_in import bare_database, bare_group_commit
from tests.bench.doors import CountedWire, Door, paired_doors
from tests.bench.measuring import Measurement, disk_folder, p50_and_p99, seconds_of
from tests.bench.served_event import NOTHING, ServedEvent, served_event
from tests.bench.waiting_work import check_in
from tests.helpers.big_events import BigEvent

_PATIENCE = 60.0
_BATCH = 50
_NOTHING = "POST that does nothing"


def measure(
    sizes: Sequence[int] = (1_000, 50_000), check_ins: int = 1_000, pushed: int = 500, pokes: int = 45, pulls: int = 200
) -> list[Measurement]:
    """Serve an event of each size from SQLite to two doors, and measure each part there; the bytes in the last one."""
    rows: list[Measurement] = []
    for guests in sizes:
        event = BigEvent(new_id(), guests, seed=7)
        with disk_folder() as folder, served_event(folder / "server.sqlite", event, Role.DOOR, 2) as served:
            doors = paired_doors(served, folder)
            people = iter(event.people)
            name = f"{guests:,} guests"
            nothing = _nothing(served, pulls)
            rows += _idle_pulls(name, doors[0], pulls, nothing)
            rows += _pokes(name, served, doors, [check_in(event, one) for one in islice(people, pokes)], nothing)
            rows += _pushes(name, doors[0], [check_in(event, one) for one in islice(people, pushed)])
            if guests == max(sizes):
                rows += _bytes(served, doors, [check_in(event, one) for one in islice(people, check_ins)])
            for door in doors:
                door.close()
    return rows


def _nothing(served: ServedEvent, count: int) -> list[float]:
    taken: list[float] = []
    with httpx.Client(base_url=served.url, trust_env=False) as client:
        for _ in range(count):
            started = time.perf_counter()
            client.post(NOTHING, content=b"{}").raise_for_status()
            taken.append(time.perf_counter() - started)
    return taken


def _idle_pulls(name: str, door: Door, count: int, nothing: Sequence[float]) -> list[Measurement]:
    taken: list[float] = []
    door.engine.exchange()
    cookie = door.copy.followed().cookie
    for _ in range(count):
        started = time.perf_counter()
        pulled = door.api.pull(cookie)
        taken.append(time.perf_counter() - started)
        assert pulled.carries_nothing
    return p50_and_p99(f"pull that brings nothing, {name}", taken, nothing, _NOTHING)


def _pokes(
    name: str, served: ServedEvent, doors: Sequence[Door], scans: Sequence[RecordEntries], nothing: Sequence[float]
) -> list[Measurement]:
    """Let one door's loop hand in an entry and take the time until the other door's loop tells of the row."""
    here, there = doors
    arrived: set[str] = set()
    in_step: list[SyncState] = []
    heard = threading.Condition()

    def on_change(change: Change) -> None:
        with heard:
            arrived.update(change.ids(Entry))
            heard.notify_all()

    def on_state(state: SyncState) -> None:
        with heard:
            if state.reach is Reach.IN_STEP:
                in_step.append(state)
            heard.notify_all()

    loops = [
        SyncLoop(here.copy, served.url, here.token, on_change=lambda _change: None, on_state=on_state),
        SyncLoop(there.copy, served.url, there.token, on_change=on_change, on_state=on_state),
    ]
    for loop in loops:
        loop.start()
    draw = Random(5)
    taken: list[float] = []
    try:
        # Both hold all rows against the server's once and open their live sockets: none of it is what is measured.
        with heard:
            assert heard.wait_for(lambda: len(in_step) >= 2 * len(loops), _PATIENCE)
        time.sleep(0.5)
        for scan in scans:
            started = time.perf_counter()
            here.copy.run(scan)
            loops[0].wake()
            with heard:
                came = heard.wait_for(lambda wanted=scan: wanted.entries[0].entry_id in arrived, _PATIENCE)
            assert came, "the entry did not arrive"
            taken.append(time.perf_counter() - started)
            time.sleep(draw.uniform(0.1, 0.3))
    finally:
        for loop in loops:
            loop.stop()
    return p50_and_p99(f"a scan here → its row there, {name}", taken, nothing, _NOTHING)


def _pushes(name: str, door: Door, scans: Sequence[RecordEntries]) -> list[Measurement]:
    door.engine.exchange()
    door.copy.run_all(scans)
    bare: list[float] = []
    taken: list[float] = []
    with disk_folder() as folder:
        rival = bare_database(folder / "bare.sqlite")
        for start in range(0, len(scans), _BATCH):
            batch = door.copy.pending(_BATCH, skip=start)
            taken.append(seconds_of(lambda some=batch: door.api.push(some)))
            bare.append(bare_group_commit(rival, len(batch)))
        rival.close()
    door.engine.exchange()
    size = min(_BATCH, len(scans))
    return p50_and_p99(f"push of {size} check-ins, {name}", taken, bare, f"bare commit of {size} rows")


def _bytes(served: ServedEvent, doors: Sequence[Door], scans: Sequence[RecordEntries]) -> list[Measurement]:
    here, there = doors
    facts = "".join(scan.model_dump_json() for scan in scans).encode()
    there.engine.exchange()
    here.copy.run_all(scans)
    wire = CountedWire(served.url)
    with closing(ServerApi(wire.url, token=here.token)) as api:
        for start in range(0, len(scans), BATCH):
            api.push(here.copy.pending(BATCH, skip=start))
        pushed = wire.taken()
    with closing(ServerApi(wire.url, token=there.token)) as api:
        pulled = api.pull(there.copy.followed().cookie)
        fetched = wire.taken()
    wire.close()
    assert len(pulled.tables[Entry.__tablename__].rows) == len(scans)
    count = f"{len(scans):,} check-ins"
    packed = len(gzip.compress(facts, 6)) / 1e3
    return [
        Measurement(f"bytes on the wire, {count} pushed", pushed / 1e3, "kB", len(facts) / 1e3, "their bare JSON"),
        Measurement(f"bytes on the wire, {count} pulled", fetched / 1e3, "kB", packed, "their bare JSON, by gzip"),
    ]
