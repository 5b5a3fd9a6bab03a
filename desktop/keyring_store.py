"""Keeps the tokens of this device: in the system's keyring, or in a file that only its owner can read."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from desktop.atomic_file import write_atomically
from models.errors import StoreError

_log = logging.getLogger(__name__)

SERVICE = "Usher"
"""What the entries are filed under in the keyring."""


class TokenStore(Protocol):
    """Keeps one token an account; an account is the id of a paired device."""

    def token(self, account: str) -> str | None:
        """Give the token of an account, or None when none is kept."""
        ...

    def keep(self, account: str, token: str) -> None:
        """Keep a token, in place of the one before. Raises StoreError when it cannot be kept."""
        ...

    def forget(self, account: str) -> None:
        """Drop the token of an account; one that is not there is no error."""
        ...


class FileTokenStore:
    """Keeps tokens in one JSON file with mode 600; on Windows the person's profile guards it."""

    def __init__(self, path: Path) -> None:
        """Use a file that need not be there yet."""
        self._path = path
        self._lock = threading.Lock()

    def token(self, account: str) -> str | None:
        """Give the token of an account, or None. Raises StoreError for a file that cannot be read."""
        with self._lock:
            return self._read().get(account)

    def keep(self, account: str, token: str) -> None:
        """Keep a token. Raises StoreError when the file cannot be read or written."""
        with self._lock:
            self._write(self._read() | {account: token})

    def forget(self, account: str) -> None:
        """Drop the token of an account. Raises StoreError when the file cannot be read or written."""
        with self._lock:
            tokens = self._read()
            if tokens.pop(account, None) is not None:
                self._write(tokens)

    def _read(self) -> dict[str, str]:
        try:
            found: object = json.loads(self._path.read_bytes())
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            raise self._unreadable() from error
        if not isinstance(found, dict) or not all(isinstance(token, str) for token in found.values()):
            raise self._unreadable()
        return found

    def _write(self, tokens: dict[str, str]) -> None:
        try:
            write_atomically(self._path, json.dumps(tokens, indent=2) + "\n")
        except OSError as error:
            raise StoreError(
                "tokens_not_written",
                f"The key of this device cannot be kept in “{self._path}”: allow writing there and pair it again.",
            ) from error

    def _unreadable(self) -> StoreError:
        return StoreError(
            "tokens_unreadable",
            f"The keys in “{self._path}” cannot be read: move the file away and pair this device again.",
        )


class KeyringTokenStore:
    """Keeps tokens in the system's keyring, and in a file from the moment that fails.

    ``on_fallback`` gets one sentence, once, when the keyring is not to be had.
    """

    def __init__(self, file: FileTokenStore, on_fallback: Callable[[str], None] | None = None) -> None:
        """Use the keyring of this system; ``file`` is for when there is none."""
        self._file = file
        self._on_fallback = on_fallback
        self._lock = threading.Lock()
        self._keyring_works = True

    def token(self, account: str) -> str | None:
        """Give the token of an account from the keyring or, where it was kept without one, from the file."""
        found = self._try(lambda keyring: keyring.get_password(SERVICE, account))
        return found if isinstance(found, str) else self._file.token(account)

    def keep(self, account: str, token: str) -> None:
        """Keep a token in one of the two places and drop an older one from the other."""
        if self._try(lambda keyring: keyring.set_password(SERVICE, account, token) or True):
            self._file.forget(account)
        else:
            self._file.keep(account, token)

    def forget(self, account: str) -> None:
        """Drop the token of an account wherever it is."""

        def delete(keyring: Any) -> None:
            if keyring.get_password(SERVICE, account) is not None:
                keyring.delete_password(SERVICE, account)

        self._try(delete)
        self._file.forget(account)

    def _try(self, work: Callable[[Any], object]) -> object:
        """Do something with the keyring; None when there is none that works."""
        with self._lock:
            if not self._keyring_works:
                return None
            try:
                # Looking for the system's keyring takes a while: not before the first token is asked for.
                import keyring

                return work(keyring)
            # Each backend raises errors of its own kind: of D-Bus, of Windows, of the login keychain.
            except Exception as error:
                self._keyring_works = False
                reason = f"{type(error).__name__}: {error}".splitlines()[0]
        _log.warning("The system's keyring cannot be used (%s); tokens are kept in a file", reason)
        if self._on_fallback is not None:
            self._on_fallback("This laptop has no keyring that works: the key of this device is kept in a file.")
        return None
