"""What the start page is given and what it hands on."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path


@dataclass(frozen=True, slots=True)
class RecentEvent:
    """An event that was opened on this computer before; times are aware."""

    path: Path
    title: str
    place: str
    starts_at: datetime
    last_opened: datetime


@dataclass(frozen=True, slots=True)
class EventDraft:
    """What is asked for before an event exists: `starts_at` is aware UTC, `time_zone` an IANA name."""

    title: str
    starts_at: datetime
    time_zone: str
    place: str
