"""Tests of where the tokens of a device are kept."""

import logging
import stat
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import keyring
import pytest
from keyring.backends.null import Keyring as NullKeyring
from keyring.errors import KeyringError, PasswordDeleteError

from desktop.keyring_store import SERVICE, FileTokenStore, KeyringTokenStore, TokenStore
from models.errors import StoreError


class MemoryKeyring(NullKeyring):
    """Stands in for the system's keyring, which a test must not touch; can be locked."""

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[tuple[str, str], str] = {}
        self.is_locked = False

    def get_password(self, service: str, username: str) -> str | None:
        self._check()
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self._check()
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        self._check()
        if self.kept.pop((service, username), None) is None:
            raise PasswordDeleteError

    def _check(self) -> None:
        if self.is_locked:
            raise KeyringError("locked")


@pytest.fixture
def memory() -> Iterator[MemoryKeyring]:
    before = keyring.get_keyring()
    memory = MemoryKeyring()
    keyring.set_keyring(memory)
    yield memory
    keyring.set_keyring(before)


@pytest.fixture
def file(tmp_path: Path) -> FileTokenStore:
    return FileTokenStore(tmp_path / "tokens.json")


def check_that_it_keeps(store: TokenStore) -> None:
    store.keep("north", "token-1")
    store.keep("garden", "token-2")
    store.keep("north", "token-3")
    store.forget("garden")
    store.forget("nobody")

    assert [store.token(account) for account in ("north", "garden", "nobody")] == ["token-3", None, None]


def test_the_file_keeps_tokens(file: FileTokenStore, tmp_path: Path) -> None:
    check_that_it_keeps(file)

    assert FileTokenStore(tmp_path / "tokens.json").token("north") == "token-3"


def test_the_keyring_keeps_tokens(file: FileTokenStore, memory: MemoryKeyring, tmp_path: Path) -> None:
    check_that_it_keeps(KeyringTokenStore(file))

    assert memory.kept == {(SERVICE, "north"): "token-3"}
    assert list(tmp_path.iterdir()) == []


def test_only_the_owner_can_read_the_file(file: FileTokenStore, tmp_path: Path) -> None:
    file.keep("north", "token")

    mode = stat.S_IMODE((tmp_path / "tokens.json").stat().st_mode)

    assert mode == 0o600 or sys.platform == "win32"


def test_without_a_keyring_the_file_is_used_and_it_is_said_once(
    file: FileTokenStore, caplog: pytest.LogCaptureFixture
) -> None:
    # The tests run with a keyring that always fails, as on a server without a session.
    said: list[str] = []
    store = KeyringTokenStore(file, said.append)

    with caplog.at_level(logging.WARNING):
        check_that_it_keeps(store)

    assert file.token("north") == "token-3"
    assert len(said) == 1
    assert len(caplog.records) == 1
    assert "token-" not in caplog.text


def test_a_token_from_before_there_was_a_keyring_is_found_and_moves_there(
    file: FileTokenStore, memory: MemoryKeyring
) -> None:
    file.keep("north", "old")
    store = KeyringTokenStore(file)
    assert store.token("north") == "old"

    store.keep("north", "new")

    assert file.token("north") is None
    assert store.token("north") == "new"


def test_a_keyring_that_is_locked_later_costs_no_new_token(file: FileTokenStore, memory: MemoryKeyring) -> None:
    store = KeyringTokenStore(file)
    store.keep("north", "first")
    memory.is_locked = True

    store.keep("garden", "second")

    assert store.token("garden") == "second"


@pytest.mark.parametrize("content", ["", "[]", '{"north": 5}', "\x00"])
def test_a_damaged_file_is_one_sentence_and_is_not_overwritten(
    file: FileTokenStore, tmp_path: Path, content: str
) -> None:
    (tmp_path / "tokens.json").write_text(content, encoding="utf-8")

    for use in (lambda: file.token("north"), lambda: file.keep("north", "token"), lambda: file.forget("north")):
        with pytest.raises(StoreError, match="pair this device again"):
            use()

    assert (tmp_path / "tokens.json").read_text(encoding="utf-8") == content


def test_a_token_that_cannot_be_kept_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "tokens.json").mkdir()
    file = FileTokenStore(tmp_path / "folder" / "tokens.json")
    (tmp_path / "folder").write_text("in the way", encoding="utf-8")

    with pytest.raises(StoreError):
        file.keep("north", "token")


def test_threads_that_keep_at_once_lose_nothing(file: FileTokenStore) -> None:
    threads = [threading.Thread(target=file.keep, args=(f"door {number}", f"token {number}")) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [file.token(f"door {number}") for number in range(12)] == [f"token {number}" for number in range(12)]
