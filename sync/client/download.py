"""A snapshot on its way to a device: what has arrived of it, kept when the line breaks, and checked at the end."""

from __future__ import annotations

import base64
import hashlib
import re
import tempfile
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import IO

import httpx

from models.errors import BadInput
from models.store.snapshot import bad_snapshot

LARGEST_SNAPSHOT = 1 << 30
"""Bytes, packed: what sends more is no server of ours."""
_PARTIAL = 206
_IN_MEMORY = 8 << 20
_PIECE = 1 << 16
_TELL_EVERY_SECONDS = 0.1
_PART = re.compile(r"bytes (\d{1,15})-(\d{1,15})/(\d{1,15})")
_SHA256 = re.compile(r"(?:^|[\s,])sha-256=:([A-Za-z0-9+/=]{44}):")


@dataclass(frozen=True)
class Fetched:
    """How far the download of a whole copy is, in bytes."""

    received: int
    total: int


class SnapshotDownload:
    """Takes in the bytes of a snapshot over as many answers as it needs."""

    def __init__(self, on_progress: Callable[[Fetched], None] | None = None) -> None:
        """Begin with nothing; ``on_progress`` is called while bytes come, about ten times a second."""
        self._on_progress = on_progress
        self._told_at = 0.0
        self._begin()

    @property
    def received(self) -> int:
        """Bytes that have arrived."""
        return self._received

    @property
    def can_go_on(self) -> bool:
        """Whether a further answer could bring the rest of what has arrived."""
        return self._etag is not None and self._received > 0

    def headers(self) -> dict[str, str]:
        """Give what to ask with: for the rest, or for all."""
        if self._etag is None or not self._received:
            return {}
        return {"Range": f"bytes={self._received}-", "If-Range": self._etag}

    def take(self, response: httpx.Response) -> None:
        """Read an answer to its end. What has arrived by then stays, whatever httpx raises.

        Raises BadInput ``bad_snapshot`` for what is too large or, once it is whole, not what the server meant.
        """
        if response.status_code == _PARTIAL:
            self._check_part(response)
        else:
            self.forget()
            self._total = _number(response.headers.get("Content-Length"))
            self._etag = _strong(response.headers.get("ETag"))
        if self._total > LARGEST_SNAPSHOT:
            raise self._spoiled()
        # In the pieces they come in: gathered into larger ones, the last bytes before a break would be lost.
        for piece in response.iter_raw():
            self._open().write(piece)
            self._digest.update(piece)
            self._received += len(piece)
            if self._received > LARGEST_SNAPSHOT:
                raise self._spoiled()
            self._tell()
        meant = _SHA256.search(response.headers.get("Repr-Digest", ""))
        if meant is not None and base64.b64encode(self._digest.digest()).decode() != meant[1]:
            raise self._spoiled()
        self._told_at = 0.0
        self._tell()

    def pieces(self) -> Generator[bytes]:
        """Give all that has arrived, from the beginning."""
        file = self._open()
        file.seek(0)
        while piece := file.read(_PIECE):
            yield piece

    def forget(self) -> None:
        """Drop what has arrived."""
        if self._file is not None:
            self._file.close()
        self._begin()

    def _open(self) -> IO[bytes]:
        if self._file is None:
            # Without a name, and readable by nobody else; small ones never reach the disk.
            self._file = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115  # open until it is forgotten
        return self._file

    def _begin(self) -> None:
        self._file: IO[bytes] | None = None
        self._digest = hashlib.sha256()
        self._received = 0
        self._total = 0
        self._etag: str | None = None

    def _check_part(self, response: httpx.Response) -> None:
        part = _PART.fullmatch(response.headers.get("Content-Range", ""))
        found = (int(part[1]), int(part[3]), response.headers.get("ETag")) if part else None
        if found != (self._received, self._total, self._etag):
            raise self._spoiled()

    def _spoiled(self) -> BadInput:
        self.forget()
        return bad_snapshot()

    def _tell(self) -> None:
        now = time.monotonic()
        if self._on_progress is None or not self._total or now - self._told_at < _TELL_EVERY_SECONDS:
            return
        self._told_at = now
        self._on_progress(Fetched(self._received, self._total))


def _number(text: str | None) -> int:
    return int(text) if text is not None and text.isdigit() and len(text) < 16 else 0


def _strong(etag: str | None) -> str | None:
    """Give an ETag that stands for exactly these bytes; a weak one is of no use here."""
    return etag if etag is not None and etag.startswith('"') and len(etag) < 200 else None
