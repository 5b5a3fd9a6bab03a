"""Random identifiers."""

from __future__ import annotations

import secrets
from uuid import uuid4


def new_id() -> str:
    """Draw a random UUID, in lower case with hyphens."""
    return str(uuid4())


def new_epoch() -> int:
    """Draw a random 63-bit epoch (it fits a signed 64-bit column)."""
    return secrets.randbits(63) or 1
