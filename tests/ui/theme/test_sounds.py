"""The three sounds, and silence."""

import wave
from importlib.resources import files

import pytest
from PySide6.QtWidgets import QApplication

from ui.theme.sounds import Sound, SoundPlayer


@pytest.mark.parametrize("sound", Sound)
def test_every_sound_is_short_and_small(sound: Sound) -> None:
    path = files("resources") / "sounds" / f"{sound.value}.wav"
    with path.open("rb") as opened, wave.open(opened) as recorded:
        seconds = recorded.getnframes() / recorded.getframerate()

    assert 0.2 < seconds < 0.8
    assert len(path.read_bytes()) < 40_000


def test_a_muted_player_loads_nothing(qapp: QApplication) -> None:
    player = SoundPlayer()
    player.set_muted(True)
    player.play(Sound.OK)

    assert player.is_muted
    assert not player.is_loaded


def test_playing_without_a_sound_output_is_silent(qapp: QApplication) -> None:
    player = SoundPlayer()
    player.play(Sound.BAD)
    player.play(Sound.OK)
    player.close()

    assert player.is_loaded
