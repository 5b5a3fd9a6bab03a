"""What a server is told when it starts."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class ServerConfig:
    """Where a server keeps its data, where it listens, and whether it answers for one event as a hub.

    ``database`` is a path or a URL; ``hub_event`` makes it a hub with an undo log for that event.
    ``redis`` is the URL where several processes of one server hear of each other's commits.
    """

    database: str | Path
    host: str = "127.0.0.1"
    port: int = 8765
    tls_certificate: Path | None = None
    tls_key: Path | None = None
    hub_event: str | None = None
    synchronous: str = "FULL"
    redis: str | None = None

    @property
    def scheme(self) -> str:
        """``https`` when it has a certificate."""
        return "https" if self.tls_certificate is not None else "http"
