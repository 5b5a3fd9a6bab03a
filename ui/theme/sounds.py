"""Plays the three sounds of a verdict where there is something to play them on."""

import logging
from contextlib import ExitStack
from enum import Enum
from importlib.resources import as_file, files
from typing import TYPE_CHECKING

from PySide6.QtCore import QMessageLogContext, QObject, QtMsgType, QUrl, qInstallMessageHandler

if TYPE_CHECKING:
    from PySide6.QtMultimedia import QSoundEffect

_log = logging.getLogger(__name__)


class Sound(Enum):
    """The sounds, each named as its file."""

    OK = "ok"
    WARNING = "warning"
    BAD = "bad"


class SoundPlayer(QObject):
    """Plays a sound at once, or does nothing on a machine without sound."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._muted = False
        self._opened = ExitStack()
        self._effects: dict[Sound, QSoundEffect] | None = None

    @property
    def is_muted(self) -> bool:
        """Whether a person asked for silence."""
        return self._muted

    @property
    def is_loaded(self) -> bool:
        """Whether the sounds were looked for already."""
        return self._effects is not None

    def set_muted(self, muted: bool) -> None:
        """Keep silent from now on, or no longer."""
        self._muted = muted

    def prepare(self) -> None:
        """Load the sounds ahead of the first one, so that it comes without delay."""
        if self._effects is None:
            self._effects = self._load()

    def play(self, sound: Sound) -> None:
        """Start `sound` from its beginning and return at once."""
        if self._muted:
            return
        self.prepare()
        effect = (self._effects or {}).get(sound)
        if effect is not None:
            effect.stop()
            effect.play()

    def close(self) -> None:
        """Stop what plays and let go of the files."""
        for effect in (self._effects or {}).values():
            effect.stop()
        self._effects = {}
        self._opened.close()

    def _load(self) -> dict[Sound, "QSoundEffect"]:
        # The multimedia back ends write lines of their own about optional libraries that are not there.
        previous = qInstallMessageHandler(_note_quietly)
        try:
            from PySide6.QtMultimedia import QMediaDevices, QSoundEffect

            if not QMediaDevices.audioOutputs():
                _log.info("No sound output was found; verdicts are shown without sound.")
                return {}
            folder = self._opened.enter_context(as_file(files("resources") / "sounds"))
            effects: dict[Sound, QSoundEffect] = {}
            for sound in Sound:
                effect = QSoundEffect(self)
                effect.setSource(QUrl.fromLocalFile(str(folder / f"{sound.value}.wav")))
                effects[sound] = effect
            return effects
        except ImportError as problem:
            _log.info("Sound is not available (%s); verdicts are shown without sound.", problem)
            return {}
        finally:
            qInstallMessageHandler(previous)


def _note_quietly(kind: QtMsgType, context: QMessageLogContext, message: str) -> None:
    _log.debug("multimedia: %s", message)
