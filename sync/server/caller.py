"""Who asks a server."""

from __future__ import annotations

from dataclasses import dataclass

from models.events import Role


@dataclass(frozen=True)
class Caller:
    """Who is asking: a paired device in a role, or a hub that hands on what others gave it.

    A revoked one may hand in what it did, into the quarantine, and nothing else.
    """

    event_id: str
    device_id: str
    install_id: str
    role: Role
    is_hub: bool = False
    is_revoked: bool = False
