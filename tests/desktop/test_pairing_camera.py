"""Reading a pairing code off a screen with the camera."""

from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import pytest
from pytestqt.qtbot import QtBot

from desktop.camera_worker import Recording
from desktop.codes.staging import write_door_video
from desktop.codes.views import Difficulty
from desktop.pairing_camera import PairingCamera
from ui.theme import Theme, ThemeMode

PAIRING = "usher:https://venue.example:8443#K7Q2M9XA"
Show = Callable[[str], PairingCamera]


@pytest.fixture
def show(qtbot: QtBot, tmp_path: Path) -> Iterator[Show]:
    """Opens the dialog on a video in which a code is held up."""
    crashes: list[BaseException] = []
    opened: list[PairingCamera] = []

    def show_it(text: str) -> PairingCamera:
        video = tmp_path / "screen.avi"
        write_door_video(
            video, (text,), 5, frames_per_code=12, gap_frames=4, width=640, height=480, difficulty=Difficulty.CLEAR
        )
        assert cv2.VideoCapture(str(video)).isOpened()
        dialog = PairingCamera(Theme(ThemeMode.LIGHT), crashes.append, view=Recording(video))
        qtbot.addWidget(dialog)
        opened.append(dialog)
        return dialog

    yield show_it
    for dialog in opened:
        dialog.reject()
    assert crashes == []


def test_a_pairing_code_is_handed_on_and_closes_the_dialog(show: Show, qtbot: QtBot) -> None:
    dialog = show(PAIRING)
    dialog.open()
    with qtbot.waitSignals([dialog.code_read, dialog.finished], timeout=10_000):
        pass
    assert not dialog.isVisible()
    assert not dialog._feed.is_running


def test_another_code_is_told_and_the_dialog_stays(show: Show, qtbot: QtBot) -> None:
    dialog = show("https://somewhere.example/menu")
    dialog.open()
    qtbot.waitUntil(lambda: dialog.sentence.text().startswith("This is another code"), timeout=10_000)
    assert dialog.isVisible()


def test_leaving_lets_go_of_the_camera(show: Show, qtbot: QtBot) -> None:
    dialog = show(PAIRING)
    dialog.open()
    assert dialog._feed.is_running
    dialog.reject()
    assert not dialog._feed.is_running


def test_a_camera_that_is_missing_is_told(qtbot: QtBot, tmp_path: Path) -> None:
    crashes: list[BaseException] = []
    dialog = PairingCamera(Theme(ThemeMode.LIGHT), crashes.append, view=Recording(tmp_path / "nothing.avi"))
    qtbot.addWidget(dialog)
    dialog.open()
    qtbot.waitUntil(lambda: "nothing.avi" in dialog.camera.problem, timeout=10_000)
    assert dialog.camera.problem.endswith(".")
    dialog.reject()
