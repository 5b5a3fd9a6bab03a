"""A kept snapshot as HTTP gives it out: whole, or from the byte on where an earlier answer broke off."""

from __future__ import annotations

import re
from typing import Any

from fastapi import Response
from fastapi.responses import StreamingResponse

from sync.server import problems
from sync.server.caller import Caller
from sync.server.snapshots import KeptSnapshot, SnapshotFiles

_KIND = "application/octet-stream"
_FROM_BYTE = re.compile(r"bytes=(\d{1,15})-")
_PIECES: dict[str, Any] = {"content": {_KIND: {"schema": {"type": "string", "format": "binary"}}}}
SNAPSHOT_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"description": "The whole snapshot", **_PIECES},
    206: {"description": "The rest of a snapshot that broke off", **_PIECES},
}
"""What OpenAPI says of the answers."""


def snapshot_answer(files: SnapshotFiles, caller: Caller, wanted: str | None, begun: str | None) -> Response:
    """Answer a device that asks for its role's view.

    ``wanted`` is the header ``Range`` and ``begun`` is ``If-Range``: the ETag of the file that the device has the
    first bytes of. A file that is no longer kept is answered with a whole new one, as RFC 9110 says.
    Raises BadInput ``no_event`` and StoreError.
    """
    start = _FROM_BYTE.fullmatch((wanted or "").strip())
    kept = files.begun(caller, begun.strip()) if start and begun else None
    if start is None or kept is None:
        kept = files.present(caller)
        return _pieces(kept, 200, 0, {})
    first = int(start[1])
    if first >= kept.size:
        refusal = problems.answer(416, "no_such_range", "All of this snapshot was sent already: ask for it anew.")
        refusal.headers["Content-Range"] = f"bytes */{kept.size}"
        return refusal
    return _pieces(kept, 206, first, {"Content-Range": f"bytes {first}-{kept.size - 1}/{kept.size}"})


def _pieces(kept: KeptSnapshot, status: int, first: int, more: dict[str, str]) -> Response:
    headers = {
        "Accept-Ranges": "bytes",
        "Cache-Control": "private, no-store",
        "Content-Length": str(kept.size - first),
        "ETag": kept.etag,
        "Repr-Digest": kept.repr_digest,
        **more,
    }
    return StreamingResponse(kept.pieces(first), status, headers, _KIND)
