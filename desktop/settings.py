"""What Usher remembers for the person who uses it on this computer."""

from __future__ import annotations

import logging
import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from desktop.atomic_file import write_atomically
from ui.start.event_choices import RecentEvent

_log = logging.getLogger(__name__)

MOST_RECENT_EVENTS = 12
_JOINED_FILE = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}-")
"""Joined by a code, an event is named by its id: its title is not known before it is here."""


class RememberedEvent(BaseModel):
    """An event that was opened here, as the file keeps it."""

    model_config = ConfigDict(frozen=True)

    path: Path
    title: str
    place: str
    starts_at: AwareDatetime
    last_opened: AwareDatetime


class Settings(BaseModel):
    """All settings with their types, bounds and defaults; entries of other versions are left out when reading."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    theme_mode: Literal["system", "light", "dark", "high-contrast"] = "system"
    """The values of ``ui.theme.ThemeMode``."""
    recent: tuple[RememberedEvent, ...] = ()
    """The newest first, MOST_RECENT_EVENTS at most."""
    camera: Annotated[int, Field(ge=0)] | None = None
    """The index of the camera at the door; None for the first one."""
    mirror_camera: bool = False
    sound_on: bool = True
    staff_name: Annotated[str, Field(max_length=80)] = ""
    window_geometry: Annotated[str, Field(pattern="^[A-Za-z0-9+/=]*$")] = ""
    """What QWidget.saveGeometry gave, in Base64."""
    default_country: Annotated[str, Field(pattern="^([A-Z]{2})?$")] = ""
    """ISO 3166 code for phone numbers written without one; empty when it is not known."""

    def in_words(self, sentence: str, path: Path) -> str:
        """Say an event's title in a sentence where the name of its file stands, if that is only an id."""
        if not _JOINED_FILE.match(path.name):
            return sentence
        title = next((event.title for event in self.recent if event.path == path.absolute()), path.name)
        return sentence.replace(f"“{path.name}”", f"“{title}”")

    def recent_events(self) -> tuple[RecentEvent, ...]:
        """Give the recent events as the start page takes them."""
        return tuple(
            RecentEvent(event.path, event.title, event.place, event.starts_at, event.last_opened)
            for event in self.recent
        )


class SettingsFile:
    """Reads the settings when it is made, and writes them whenever they change."""

    def __init__(self, path: Path) -> None:
        """Read a file; one that is not there gives the defaults, one that is unreadable is kept aside."""
        self._path = path
        self._current = self._read()

    @property
    def path(self) -> Path:
        """Where they are written."""
        return self._path

    @property
    def current(self) -> Settings:
        """The settings as they are now."""
        return self._current

    def change(self, **values: object) -> Settings:
        """Set some of the fields of Settings, write the file and give the new settings.

        Raises TypeError for a field that does not exist and ValueError for a value out of bounds. A file that cannot
        be written costs a line in the log: the new settings hold until the program ends.
        """
        unknown = values.keys() - Settings.model_fields.keys()
        if unknown:
            raise TypeError(f"no such settings: {', '.join(sorted(unknown))}")
        self._current = Settings.model_validate(dict(self._current) | values)
        self._write()
        return self._current

    def remember_event(self, event: RecentEvent) -> Settings:
        """Put an event at the top of the recent ones; the same path moves up."""
        newest = RememberedEvent(
            path=event.path.absolute(),
            title=event.title,
            place=event.place,
            starts_at=event.starts_at,
            last_opened=event.last_opened,
        )
        others = tuple(other for other in self._current.recent if other.path != newest.path)
        return self.change(recent=(newest, *others)[:MOST_RECENT_EVENTS])

    def forget_event(self, path: Path) -> Settings:
        """Take an event off the recent ones, as when its file is gone."""
        return self.change(recent=tuple(event for event in self._current.recent if event.path != path.absolute()))

    def _read(self) -> Settings:
        try:
            content = self._path.read_bytes()
        except FileNotFoundError:
            return Settings()
        except OSError as error:
            _log.warning("The settings cannot be read, the defaults are used: %s", error)
            return Settings()
        try:
            return Settings.model_validate_json(content)
        except ValidationError as error:
            aside = self._put_aside()
            first = error.errors(include_url=False, include_input=False)[0]
            place = ".".join(str(part) for part in first["loc"]) or "the file"
            _log.warning("The settings were unreadable (%s: %s); %s; defaults are used", place, first["msg"], aside)
            return Settings()

    def _put_aside(self) -> str:
        aside = self._path.with_name(f"{self._path.name}.unreadable")
        try:
            self._path.replace(aside)
        except OSError as error:
            return f"the file could not be kept aside: {error}"
        return f"the file was kept as {aside.name}"

    def _write(self) -> None:
        try:
            write_atomically(self._path, self._current.model_dump_json(indent=2) + "\n")
        except OSError as error:
            _log.warning("The settings could not be written: %s", error)
