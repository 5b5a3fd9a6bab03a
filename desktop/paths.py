"""Where Usher keeps its files on this computer: data, settings, logs and events."""

from __future__ import annotations

import os
import re
import sys
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from models.errors import StoreError

HOME_VARIABLE = "USHER_HOME"
"""Names one folder for everything, for a portable copy on a stick and for tests."""

EVENT_SUFFIX = ".usher"

# On Linux folders are written small, on Windows and macOS as the program is called.
_FOLDER_NAME = "Usher" if sys.platform in {"win32", "darwin"} else "usher"
_LONGEST_FILE_NAME = 60
# Windows keeps these for devices, whatever the suffix.
_DEVICE_NAMES = frozenset({"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10))})


@dataclass(frozen=True, slots=True)
class Paths:
    """Knows the folders of one person; each is made when it is asked for, with StoreError when it cannot be."""

    data_folder: Path
    config_folder: Path
    logs_folder: Path

    @property
    def data(self) -> Path:
        """What belongs to the person: events, tokens where there is no keyring."""
        return _made(self.data_folder)

    @property
    def config(self) -> Path:
        """The settings."""
        return _made(self.config_folder)

    @property
    def logs(self) -> Path:
        """The log files."""
        return _made(self.logs_folder)

    @property
    def events(self) -> Path:
        """The events that were made or joined here."""
        return _made(self.data_folder / "events")

    @property
    def settings_file(self) -> Path:
        """Where the settings are written."""
        return self.config / "settings.json"

    @property
    def tokens_file(self) -> Path:
        """Where device tokens are kept on a computer without a keyring."""
        return self.data / "tokens.json"

    def new_event_file(self, title: str) -> Path:
        """Give a path in the events folder that is still free, named after the event so that people recognise it."""
        name = file_name_for(title)
        folder = self.events
        candidate, number = folder / f"{name}{EVENT_SUFFIX}", 1
        while candidate.exists():
            number += 1
            candidate = folder / f"{name} {number}{EVENT_SUFFIX}"
        return candidate


def user_paths(environment: Mapping[str, str] | None = None) -> Paths:
    """Give the folders of the person who runs Usher: the system's usual ones, or all below ``USHER_HOME``."""
    home = (os.environ if environment is None else environment).get(HOME_VARIABLE, "").strip()
    if home:
        root = Path(home).expanduser().absolute()
        return Paths(root / "data", root / "config", root / "logs")
    return Paths(
        platformdirs.user_data_path(_FOLDER_NAME, appauthor=False),
        platformdirs.user_config_path(_FOLDER_NAME, appauthor=False),
        platformdirs.user_log_path(_FOLDER_NAME, appauthor=False),
    )


def file_name_for(title: str) -> str:
    """Turn a title in any script into a file name, without suffix, that every system takes."""
    text = unicodedata.normalize("NFC", title)
    text = re.sub(r"[^\w\s,&'()+-]", " ", text)
    # Windows drops dots and blanks at the end, and a leading dash reads as an option.
    text = " ".join(text.split())[:_LONGEST_FILE_NAME].strip(" .-")
    return text if text and text.casefold() not in _DEVICE_NAMES else f"Event {text}".strip()


def _made(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(
            "no_folder",
            f"The folder “{folder}” cannot be made: allow writing there, or set {HOME_VARIABLE} to another folder.",
            folder=str(folder),
        ) from error
    return folder
