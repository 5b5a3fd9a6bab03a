"""Pairing codes as people see them, and a device's first copy made with one.

A full code is ``usher:`` + the server's address + ``#`` + the one-time code, with the fingerprint of the
server's certificate behind a further ``#`` where it has one. It is shown as a QR code and can be typed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from models.errors import BadInput
from models.ids import new_id
from models.store.database import FULL
from models.store.local_copy import LocalCopy
from sync.client.api import ServerApi
from sync.client.download import Fetched
from sync.client.engine import SyncEngine
from sync.protocol import PairRequest

_SCHEME = "usher:"
_LONGEST = 1_000


@dataclass(frozen=True)
class PairingCode:
    """Where to pair, with which one-time code, and the certificate the server will show."""

    server_url: str
    code: str
    certificate: str | None = None

    def __str__(self) -> str:
        """Write the code as it is shown and typed."""
        return f"{_SCHEME}{self.server_url}#{self.code}" + (f"#{self.certificate}" if self.certificate else "")


def parse_pairing_code(text: str) -> PairingCode:
    """Read a full pairing code. Raises BadInput ``bad_pairing_code``."""
    text = text.strip()
    if len(text) > _LONGEST:
        text = ""
    parts = text.removeprefix(_SCHEME).split("#")
    if not text.startswith(_SCHEME) or len(parts) not in (2, 3) or not all(parts) or "://" not in parts[0]:
        raise BadInput("bad_pairing_code", "This is no pairing code: copy all of it from the organizer's screen.")
    return PairingCode(
        parts[0].strip(), parts[1].strip().upper(), parts[2].strip().lower() if len(parts) == 3 else None
    )


@dataclass(frozen=True)
class PairedCopy:
    """A new copy with the token that its device shows from now on."""

    copy: LocalCopy
    token: str
    event_title: str


def pair(
    code: PairingCode,
    device_name: str,
    folder: Path,
    *,
    keep_token: Callable[[str, str], None],
    on_progress: Callable[[Fetched], None] | None = None,
    prepare: Callable[[LocalCopy], None] | None = None,
    synchronous: str = FULL,
) -> PairedCopy:
    """Pair this device and fetch its first copy into ``folder``.

    ``keep_token(install_id, token)`` is called as soon as the code is used up, so that a failing download can go on
    later; ``on_progress`` hears how far the download is; ``prepare`` gets the new copy before anything is fetched.
    Raises SyncError and BadInput.
    """
    install_id = new_id()
    api = ServerApi(code.server_url, certificate=code.certificate)
    try:
        answer = api.pair(PairRequest(code=code.code, install_id=install_id, device_name=device_name))
    finally:
        api.close()
    keep_token(install_id, answer.token)
    copy = LocalCopy.create(
        folder / f"{answer.event_id}-{answer.device_id[:8]}.usher",
        event_id=answer.event_id,
        device_id=answer.device_id,
        role=answer.role,
        install_id=install_id,
        door_id=answer.door_id,
        server_url=code.server_url,
        server_certificate=code.certificate,
        synchronous=synchronous,
    )
    try:
        if prepare is not None:
            prepare(copy)
        api = ServerApi(code.server_url, token=answer.token, certificate=code.certificate, on_progress=on_progress)
        try:
            SyncEngine(copy, api).exchange()
        finally:
            api.close()
    except BaseException:
        copy.close()
        raise
    return PairedCopy(copy, answer.token, answer.event_title)
