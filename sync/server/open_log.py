"""An event's log while its counter is locked: what a writer carries from the lock to the last row."""

from __future__ import annotations

from dataclasses import dataclass, field

from models.store.exchange import Seen


@dataclass
class OpenLog:
    """An event's log while its counter is locked in a transaction."""

    event_id: str
    version: int
    position: int
    install_id: str
    install_epoch: int
    next_number: int
    signing_number: int | None
    signing_private: str | None
    seen: dict[tuple[str, int], Seen] = field(default_factory=dict[tuple[str, int], Seen])
    revoked: frozenset[str] | None = None
    """The devices whose rights were taken away; None when they have to be read (again)."""
