"""The checksum of a pull: a copy whose rows are not the server's notices, and is mended with its outbox kept."""

import logging
import sqlite3
from contextlib import closing

import pytest

from models.events import Role
from sync.client.engine import CHECK_EVERY_PULLS, SyncEngine
from tests.helpers.devices import TestDevice, Venue
from tests.helpers.events import an_entry, some_guests


def _spoil(device: TestDevice) -> None:
    """Change a row behind Usher's back, with its triggers on as they are for every program."""
    with closing(sqlite3.connect(device.copy.path)) as connection, connection:
        connection.execute("UPDATE replica SET recording = 0")
        connection.execute("UPDATE guests SET name = 'Somebody Else' WHERE name = 'Maja Lindqvist'")
        connection.execute("UPDATE replica SET recording = 1")


@pytest.mark.parametrize("role", [Role.DOOR, Role.ORGANIZER])
def test_a_row_changed_behind_ushers_back_is_mended_and_the_outbox_kept(
    role: Role, own_venue: Venue, caplog: pytest.LogCaptureFixture
) -> None:
    device = own_venue.pair(role=role)
    device.exchange()
    _spoil(device)
    device.copy.run(an_entry(own_venue.made.attendees["Otto Lindqvist"], device.copy.identity.device_id))
    assert device.digest() != own_venue.digest(role)

    with caplog.at_level(logging.WARNING, "sync.client.engine"):
        done = device.exchange()
    assert done.started_anew
    assert [one.getMessage() for one in caplog.records if one.name == "sync.client.engine"] == [
        "a row here is not the server's: starting from a snapshot, the outbox is kept"
    ]
    assert device.copy.waiting().pending == 0
    assert device.digest() == own_venue.digest(role)
    with own_venue.service.database.read() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM entries").scalar() == 1


def test_pending_work_does_not_disturb_the_sum(own_venue: Venue, monkeypatch: pytest.MonkeyPatch) -> None:
    door = own_venue.pair()
    own_venue.organizer.copy.run(some_guests(3))
    own_venue.organizer.exchange()
    door.copy.run(an_entry(own_venue.made.attendees["Otto Lindqvist"], door.copy.identity.device_id))
    # Nothing is handed in, so the entry stands on top of the rows when the sum is taken.
    monkeypatch.setattr(SyncEngine, "_push", lambda _engine: 0)
    assert not door.exchange().started_anew
    assert door.copy.waiting().pending == 1


def test_the_first_pull_and_then_every_twentieth_is_checked(own_venue: Venue, monkeypatch: pytest.MonkeyPatch) -> None:
    door = own_venue.pair()
    asked: list[str] = []
    plain, checked = door.api.pull, door.api.pull_checked
    monkeypatch.setattr(door.api, "pull", lambda cookie: (asked.append("plain"), plain(cookie))[1])
    monkeypatch.setattr(door.api, "pull_checked", lambda cookie: (asked.append("checked"), checked(cookie))[1])
    engine = SyncEngine(door.copy, door.api)
    for _ in range(CHECK_EVERY_PULLS + 1):
        assert not engine.exchange().started_anew
    assert asked == ["checked", *["plain"] * (CHECK_EVERY_PULLS - 1), "checked"]


def test_a_sum_that_never_agrees_does_not_fetch_the_event_for_ever(own_venue: Venue) -> None:
    door = own_venue.pair()
    checked = door.api.pull_checked
    door.api.pull_checked = lambda cookie: checked(cookie).model_copy(update={"checksum": "00"})
    engine = SyncEngine(door.copy, door.api)
    anew = [engine.exchange().started_anew for _ in range(CHECK_EVERY_PULLS * 3)]
    assert anew.count(True) == 2
