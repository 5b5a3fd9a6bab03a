"""Gzip on the wire: bodies of requests are unpacked up to a limit, and large answers are packed for who asks for it."""

from __future__ import annotations

import gzip
import zlib

from fastapi import Response

from sync.protocol import PACKING_LEVEL, WORTH_PACKING

_GZIP = zlib.MAX_WBITS | 16


class TooMuch(Exception):
    """Says that more comes of a packed body than may."""


class NotGzip(Exception):
    """Says that a body is not what gzip makes, or not all of it."""


def unpacked(body: bytes, at_most: int) -> bytes:
    """Give what was packed by gzip. Raises TooMuch, without unpacking more than ``at_most`` bytes, and NotGzip."""
    unpacker = zlib.decompressobj(_GZIP)
    try:
        plain = unpacker.decompress(body, at_most + 1)
    except zlib.error as error:
        raise NotGzip from error
    if len(plain) > at_most:
        raise TooMuch
    if not unpacker.eof or unpacker.unused_data:
        raise NotGzip
    return plain


def json_answer(text: str, accepted: str) -> Response:
    """Answer with JSON, packed where it is large and the header ``Accept-Encoding`` allows it."""
    body = text.encode()
    headers = {"Vary": "Accept-Encoding"}
    if len(body) > WORTH_PACKING and _takes_gzip(accepted):
        body = gzip.compress(body, PACKING_LEVEL, mtime=0)
        headers["Content-Encoding"] = "gzip"
    return Response(body, headers=headers, media_type="application/json")


def _takes_gzip(accepted: str) -> bool:
    for part in accepted.lower().split(","):
        coding, _, quality = part.partition(";")
        if coding.strip() == "gzip":
            return quality.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False
