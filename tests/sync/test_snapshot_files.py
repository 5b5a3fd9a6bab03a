"""The snapshot files of a server: whose they are, how long they are kept, and how a download goes on."""

from __future__ import annotations

import base64
import gzip
import hashlib
import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from time import sleep
from typing import Any

import httpx
import pytest
from sqlalchemy import update

from models.errors import StoreError
from models.events import Role
from models.ids import new_epoch
from models.operations.erasing import EraseGuest
from models.store import snapshot as snapshot_module
from models.store.log_tables import EventCounter, LogRow
from sync.server import snapshots as snapshots_module
from sync.server.caller import Caller
from sync.server.service import Service
from sync.server.snapshots import KEPT_SECONDS, KeptSnapshot, SnapshotFiles
from tests.helpers.devices import TestDevice, Venue
from tests.helpers.events import an_entry, some_guests

PATH = "/sync/v1/snapshot"


class Time:
    """A clock that stands still until it is told otherwise."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def files(own_venue: Venue, tmp_path: Path, time: Time) -> Iterator[SnapshotFiles]:
    """Give files over the event's server, with a clock of the test's own."""
    (tmp_path / "kept").mkdir()
    made = SnapshotFiles(own_venue.service.database, own_venue.service.log, tmp_path / "kept", time)
    yield made
    made.close()


@pytest.fixture
def web(own_venue: Venue) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=own_venue.url, trust_env=False, timeout=20) as client:
        yield client


def _signed(device: TestDevice, **headers: str) -> dict[str, str]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return {"Authorization": f"Bearer {device.token}", **named}


def _caller(venue: Venue, device: TestDevice) -> Caller:
    caller = venue.service.caller(device.token)
    assert caller is not None
    return caller


def _bytes(kept: KeptSnapshot, start: int = 0) -> bytes:
    return b"".join(kept.pieces(start))


# -- over HTTP --------------------------------------------------------------------------------------


def test_an_answer_says_how_long_the_snapshot_is_and_what_its_hash_is(own_venue: Venue, web: httpx.Client) -> None:
    answer = web.get(PATH, headers=_signed(own_venue.pair()))
    digest = hashlib.sha256(answer.content).digest()
    assert answer.status_code == 200
    assert int(answer.headers["Content-Length"]) == len(answer.content)
    assert answer.headers["Repr-Digest"] == f"sha-256=:{base64.b64encode(digest).decode()}:"
    assert answer.headers["ETag"] == f'"{digest.hex()}"'
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert gzip.decompress(answer.content).startswith(b'{"server_id"')


@pytest.mark.parametrize("share", [0.01, 0.5, 0.99])
def test_a_download_goes_on_at_the_byte_where_it_was_though_others_write(
    own_venue: Venue, web: httpx.Client, share: float
) -> None:
    door = own_venue.pair()
    whole = web.get(PATH, headers=_signed(door))
    own_venue.organizer.copy.run(some_guests(3))
    own_venue.organizer.exchange()
    start = int(len(whole.content) * share)
    rest = web.get(PATH, headers=_signed(door, Range=f"bytes={start}-", If_Range=whole.headers["ETag"]))
    assert rest.status_code == 206
    assert rest.headers["Content-Range"] == f"bytes {start}-{len(whole.content) - 1}/{len(whole.content)}"
    assert rest.headers["Repr-Digest"] == whole.headers["Repr-Digest"]
    assert whole.content[:start] + rest.content == whole.content
    # A new download is of the present version, not of the kept one.
    assert web.get(PATH, headers=_signed(door)).headers["ETag"] != whole.headers["ETag"]


@pytest.mark.parametrize(
    "wanted", ["bytes=0-5", "bytes=-5", "bytes=3-,9-", "lines=3-", "nonsense", "bytes=" + "9" * 30 + "-"]
)
def test_a_range_that_no_device_of_ours_asks_for_gets_the_whole(
    own_venue: Venue, web: httpx.Client, wanted: str
) -> None:
    door = own_venue.pair()
    whole = web.get(PATH, headers=_signed(door))
    again = web.get(PATH, headers=_signed(door, Range=wanted, If_Range=whole.headers["ETag"]))
    assert (again.status_code, again.content) == (200, whole.content)


@pytest.mark.parametrize("begun", ['"of another server"', "", 'W/"weak"', "Fri, 20 Nov 2026 20:00:00 GMT"])
def test_another_file_than_was_begun_is_sent_whole(own_venue: Venue, web: httpx.Client, begun: str) -> None:
    door = own_venue.pair()
    answer = web.get(PATH, headers=_signed(door, Range="bytes=100-", If_Range=begun))
    assert answer.status_code == 200
    assert gzip.decompress(answer.content)


def test_asking_beyond_the_end_is_a_problem_that_says_so(own_venue: Venue, web: httpx.Client) -> None:
    door = own_venue.pair()
    whole = web.get(PATH, headers=_signed(door))
    size = len(whole.content)
    answer = web.get(PATH, headers=_signed(door, Range=f"bytes={size}-", If_Range=whole.headers["ETag"]))
    assert (answer.status_code, answer.json()["code"]) == (416, "no_such_range")
    assert answer.headers["Content-Range"] == f"bytes */{size}"


def test_a_door_never_gets_the_rest_of_an_organizers_file(own_venue: Venue, web: httpx.Client) -> None:
    door, organizer = own_venue.pair(), own_venue.pair(role=Role.ORGANIZER)
    full = web.get(PATH, headers=_signed(organizer))
    answer = web.get(PATH, headers=_signed(door, Range="bytes=1-", If_Range=full.headers["ETag"]))
    assert answer.status_code == 200
    assert answer.content != full.content
    said = gzip.decompress(answer.content).decode()
    assert [word for word in own_venue.made.private_words if word in said] == []
    # The check can fail: the organizer's file does hold them.
    assert own_venue.made.private_words[1] in gzip.decompress(full.content).decode()


def test_an_erased_guest_is_in_no_file_that_is_handed_out_later(own_venue: Venue, web: httpx.Client) -> None:
    door = own_venue.pair()
    before = web.get(PATH, headers=_signed(door))
    assert "Samira Benali" in gzip.decompress(before.content).decode()
    own_venue.organizer.copy.run(EraseGuest(guest_id=own_venue.made.guests["Samira Benali"]))
    own_venue.organizer.exchange()
    answer = web.get(PATH, headers=_signed(door, Range="bytes=10-", If_Range=before.headers["ETag"]))
    assert answer.status_code == 200
    assert "Samira Benali" not in gzip.decompress(answer.content).decode()


def test_erasing_drops_the_files_of_its_event_at_once(own_venue: Venue) -> None:
    files = own_venue.service.snapshots
    kept = files.present(_caller(own_venue, own_venue.pair()))
    own_venue.organizer.copy.run(EraseGuest(guest_id=own_venue.made.guests["Samira Benali"]))
    own_venue.organizer.exchange()
    assert _bytes(kept) == b""


# -- what is kept -----------------------------------------------------------------------------------


def test_doors_that_begin_at_the_same_moment_share_one_file(
    own_venue: Venue, files: SnapshotFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    callers = [_caller(own_venue, own_venue.pair(f"Door {number}")) for number in range(4)]
    made: list[str] = []
    write = snapshot_module.write_snapshot

    def counted(*given: Any) -> object:
        made.append("file")
        # Long enough for all to have asked.
        sleep(0.3)
        return write(*given)

    monkeypatch.setattr(snapshots_module, "write_snapshot", counted)
    found: list[KeptSnapshot] = []
    threads = [threading.Thread(target=lambda one=one: found.append(files.present(one))) for one in callers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 1
    assert {kept.etag for kept in found} == {found[0].etag}


def test_a_device_that_handed_something_in_has_a_file_of_its_own(own_venue: Venue, files: SnapshotFiles) -> None:
    door, other = own_venue.pair(), own_venue.pair()
    door.copy.run(an_entry(own_venue.made.attendees["Otto Lindqvist"], door.copy.identity.device_id))
    door.exchange()
    mine, shared = (files.present(_caller(own_venue, one)) for one in (door, other))
    install_id = door.copy.identity.install_id.encode()
    assert mine.whose.install_id == door.copy.identity.install_id
    assert b'"seen":[{"install_id":"' + install_id in gzip.decompress(_bytes(mine)).splitlines()[0]
    assert b'"seen":[]' in gzip.decompress(_bytes(shared)).splitlines()[0]
    assert files.begun(_caller(own_venue, other), mine.etag) is None
    assert files.begun(_caller(own_venue, door), mine.etag) is mine


def test_a_file_is_kept_for_an_hour(own_venue: Venue, files: SnapshotFiles, time: Time) -> None:
    caller = _caller(own_venue, own_venue.pair())
    kept = files.present(caller)
    time.now = KEPT_SECONDS - 1
    files.sweep()
    assert files.begun(caller, kept.etag) is kept
    time.now = KEPT_SECONDS
    assert files.begun(caller, kept.etag) is None
    files.sweep()
    assert _bytes(kept) == b""


def _restored(venue: Venue) -> None:
    """Put the server back to a moment with the same version but another last operation."""
    with venue.service.database.write() as connection:
        last = connection.exec_driver_sql("SELECT max(position) FROM event_log").scalar_one()
        connection.execute(
            update(LogRow).where(LogRow.position == last).values(op_id="11111111-1111-4111-8111-111111111111")
        )


def _older(venue: Venue) -> None:
    with venue.service.database.write() as connection:
        connection.execute(update(EventCounter).values(version=EventCounter.version - 1))


def _new_epoch(venue: Venue) -> None:
    with venue.service.database.write() as connection:
        connection.execute(update(EventCounter).values(epoch=new_epoch()))


@pytest.mark.parametrize("change", [_restored, _older, _new_epoch])
def test_a_file_of_a_history_that_is_gone_is_not_handed_out(
    own_venue: Venue, files: SnapshotFiles, change: Callable[[Venue], None]
) -> None:
    caller = _caller(own_venue, own_venue.pair())
    kept = files.present(caller)
    assert files.begun(caller, kept.etag) is kept
    change(own_venue)
    assert files.begun(caller, kept.etag) is None
    assert files.present(caller) is not kept
    files.sweep()
    assert _bytes(kept) == b""


def test_another_process_of_the_server_finds_an_erased_guest_out_by_itself(
    own_venue: Venue, files: SnapshotFiles
) -> None:
    # These files are not the service's own: nobody tells them of the erasure.
    caller = _caller(own_venue, own_venue.pair())
    kept = files.present(caller)
    own_venue.organizer.copy.run(EraseGuest(guest_id=own_venue.made.guests["Samira Benali"]))
    own_venue.organizer.exchange()
    assert files.begun(caller, kept.etag) is None
    files.sweep()
    assert _bytes(kept) == b""


def test_whoever_reads_a_file_reads_it_to_its_end(own_venue: Venue, files: SnapshotFiles) -> None:
    own_venue.organizer.copy.run(some_guests(400))
    own_venue.organizer.copy.run(some_guests(400))
    own_venue.organizer.exchange()
    kept = files.present(_caller(own_venue, own_venue.pair()))
    reading = kept.pieces(0)
    begun = next(reading)
    files.close()
    whole = begun + b"".join(reading)
    assert len(whole) == kept.size > 1 << 16
    assert hashlib.sha256(whole).digest() == kept.digest
    assert _bytes(kept) == b""


def test_the_oldest_files_make_room(own_venue: Venue, files: SnapshotFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshots_module, "MOST_KEPT", 2)
    kept: list[KeptSnapshot] = []
    for role in (Role.DOOR, Role.ORGANIZER, Role.VIEWER):
        kept.append(files.present(_caller(own_venue, own_venue.pair(role=role))))
    assert [bool(_bytes(one)) for one in kept] == [False, True, True]


def test_nobody_else_can_open_a_file_and_nothing_is_left_of_it(
    own_venue: Venue, files: SnapshotFiles, tmp_path: Path
) -> None:
    kept = files.present(_caller(own_venue, own_venue.pair()))
    found = os.fstat(kept._file.fileno())
    assert found.st_mode & 0o777 == 0o600
    assert found.st_size == kept.size
    assert found.st_dev == (tmp_path / "kept").stat().st_dev
    if os.name == "posix":
        assert found.st_nlink == 0
        assert list((tmp_path / "kept").iterdir()) == []
    files.close()
    assert list((tmp_path / "kept").iterdir()) == []


def test_a_folder_that_cannot_be_written_is_one_sentence(own_venue: Venue, tmp_path: Path) -> None:
    files = SnapshotFiles(own_venue.service.database, own_venue.service.log, tmp_path / "nowhere")
    with pytest.raises(StoreError) as raised:
        files.present(_caller(own_venue, own_venue.pair()))
    assert raised.value.code == "disk_full"


def test_a_server_keeps_its_files_beside_its_database(own_venue: Venue) -> None:
    service: Service = own_venue.service
    assert service.snapshots._folder == Path(str(service.database.url.database)).parent
