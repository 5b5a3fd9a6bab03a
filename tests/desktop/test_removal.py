"""Removing an event from this computer: only what is handed on goes, and then no byte of it stays."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from sqlalchemy import update

from desktop.hub import DesktopHub, hub_file
from desktop.keyring_store import FileTokenStore
from desktop.removal import remove_event, save_and_remove_event, save_event_and_remove, wipe_file
from models.errors import BadInput, StoreError
from models.events import Role
from models.ids import new_id
from models.store.database import Database
from models.store.exchange import Receipt, Seen
from models.store.local_copy import LocalCopy
from models.store.log_tables import LogRow
from models.store.schema import HUB
from sync.server.upstream import follow_upstream
from tests.helpers.events import gathering

NAME = "Samira Benali"


@pytest.fixture
def tokens(tmp_path: Path) -> FileTokenStore:
    return FileTokenStore(tmp_path / "tokens.json")


def an_event(folder: Path, tokens: FileTokenStore) -> tuple[Path, str]:
    """Make a copy with guests and a token; give its file and its account."""
    made = gathering()
    path = folder / "gala.usher"
    copy = LocalCopy.create(path, event_id=made.event_id, device_id=new_id(), role=Role.OWNER, synchronous="OFF")
    copy.run_all(made.operations)
    account = copy.identity.install_id
    tokens.keep(account, "a secret")
    copy.close()
    return path, account


def hand_on(path: Path) -> None:
    """Let a server have seen everything."""
    copy = LocalCopy(path)
    last = copy.pending(10_000)[-1]
    seen = Seen(install_id=last.install_id, epoch=last.epoch, number=last.number, op_id=last.op_id)
    copy.keep_receipt(Receipt(version=1, seen=[seen]))
    copy.close()


def bytes_in(folder: Path) -> bytes:
    return b"".join(one.read_bytes() for one in folder.rglob("*") if one.is_file())


def test_an_event_that_is_handed_on_goes_with_its_key_and_every_name(tmp_path: Path, tokens: FileTokenStore) -> None:
    path, account = an_event(tmp_path, tokens)
    hand_on(path)
    assert NAME.encode() in bytes_in(tmp_path)

    remove_event(path, tokens)

    assert NAME.encode() not in bytes_in(tmp_path)
    assert [one.name for one in tmp_path.iterdir()] == ["tokens.json"]
    assert tokens.token(account) is None


def test_what_a_crash_left_of_a_repair_goes_too(tmp_path: Path, tokens: FileTokenStore) -> None:
    path, _account = an_event(tmp_path, tokens)
    hand_on(path)
    for ending in (".damaged-2", ".damaged-2-wal", ".mending", ".mending-wal", ".mending-from", ".mending-from-shm"):
        path.with_name(path.name + ending).write_text(NAME)

    remove_event(path, tokens)

    assert [one.name for one in tmp_path.iterdir()] == ["tokens.json"]


def test_what_waits_keeps_the_event_and_is_counted(tmp_path: Path, tokens: FileTokenStore) -> None:
    path, account = an_event(tmp_path, tokens)
    copy = LocalCopy(path)
    waiting = copy.waiting().pending
    copy.close()

    with pytest.raises(BadInput, match=f"{waiting} changes wait here") as raised:
        remove_event(path, tokens)

    assert raised.value.code == "not_handed_on"
    assert path.exists()
    assert tokens.token(account) == "a secret"


def test_saving_first_keeps_what_waits_in_a_file(tmp_path: Path, tokens: FileTokenStore) -> None:
    path, account = an_event(tmp_path, tokens)
    copy = LocalCopy(path)
    op_ids = [one.op_id for one in copy.pending(10_000)]
    copy.close()
    saved = tmp_path / "elsewhere" / "waiting.json"

    count = save_and_remove_event(path, tokens, saved)

    kept = json.loads(saved.read_text(encoding="utf-8"))
    assert count == len(op_ids)
    assert [one["op_id"] for one in kept["envelopes"]] == op_ids
    assert not path.exists()
    assert tokens.token(account) is None


def test_a_file_that_cannot_be_written_stops_the_removal(tmp_path: Path, tokens: FileTokenStore) -> None:
    path, _account = an_event(tmp_path, tokens)
    (tmp_path / "no folder").write_text("a file")
    with pytest.raises(StoreError) as raised:
        save_and_remove_event(path, tokens, tmp_path / "no folder" / "waiting.json")
    assert raised.value.code == "not_saved"
    assert path.exists()


def test_an_event_that_is_on_no_server_is_not_removed(tmp_path: Path, tokens: FileTokenStore) -> None:
    path, _account = an_event(tmp_path, tokens)
    copy = LocalCopy(path)
    hub = DesktopHub(copy, tokens, "Laptop")
    hub.stop()
    copy.close()
    for remove in (
        lambda: remove_event(path, tokens),
        lambda: save_and_remove_event(path, tokens, tmp_path / "x.json"),
    ):
        with pytest.raises(BadInput) as raised:
            remove()
        assert raised.value.code == "only_copy"
    assert path.exists()
    assert hub_file(path).exists()


def test_an_only_copy_stays_when_the_file_it_is_saved_to_cannot_be_written(
    tmp_path: Path, tokens: FileTokenStore
) -> None:
    path, _account = an_event(tmp_path, tokens)
    (tmp_path / "no folder").write_text("a file")
    with pytest.raises(StoreError) as raised:
        save_event_and_remove(path, tokens, tmp_path / "no folder" / "gala.usher-event", "1")
    assert raised.value.code == "cannot_write"
    assert path.exists()


def test_a_published_event_goes_with_its_hub_once_the_hub_has_handed_everything_on(
    tmp_path: Path, tokens: FileTokenStore
) -> None:
    path, _account = an_event(tmp_path, tokens)
    copy = LocalCopy(path)
    hub = DesktopHub(copy, tokens, "Laptop")
    hub.stop()
    event_id = copy.identity.event_id
    copy.close()
    hand_on(path)
    tokens.keep(f"hub-{event_id}", "the hub's secret")
    database = Database(hub_file(path), HUB)
    with database.write() as connection:
        follow_upstream(connection, event_id, "https://events.example")
    with pytest.raises(BadInput, match="1 change waits here"):
        remove_event(path, tokens)
    with database.write() as connection:
        connection.execute(update(LogRow).values(upstream_seen=True))
    database.close()

    remove_event(path, tokens)

    assert [one.name for one in tmp_path.iterdir()] == ["tokens.json"]
    assert tokens.token(f"hub-{event_id}") is None


def test_a_wiped_file_is_empty_even_under_another_name(tmp_path: Path) -> None:
    path, other = tmp_path / "a", tmp_path / "b"
    path.write_bytes(NAME.encode() * 100_000)
    other.hardlink_to(path)
    wipe_file(path)
    assert other.read_bytes() == b""
    assert not path.exists()
    wipe_file(path)
