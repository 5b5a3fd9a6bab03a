"""Tests of the thread that looks through the camera, with real videos on a real thread."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPointF, QThread
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from desktop.camera_worker import (
    Camera,
    CameraFeed,
    Recording,
    View,
    as_image,
    open_view,
)
from desktop.codes.sources import CameraMissing, Frame, FrameSource, SourceEvent, VideoSource
from desktop.codes.staging import write_door_video
from desktop.codes.views import Difficulty
from ui.door.camera_view import CameraView
from ui.theme import Theme

CODES = ("7K3M9QXAT", "1" + "20" * 96 + "7")
SIZE = (640, 360)
FRAMES = 2 * (12 + 4) + 4


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("door") / "door.avi"
    write_door_video(
        path, CODES, 5, frames_per_code=12, gap_frames=4, width=SIZE[0], height=SIZE[1], difficulty=Difficulty.CLEAR
    )
    return path


class LooseCable:
    """A camera whose pictures come from a video: it is pulled out in the middle, and stays away for some tries."""

    def __init__(self, video: Path, frames: int, tries: int) -> None:
        self._video = VideoSource(video)
        self._frames_left = frames
        self._tries_left = tries
        self.closed = 0

    @property
    def name(self) -> str:
        return "Camera 7"

    def read(self) -> Frame | SourceEvent:
        if self._frames_left == 0:
            return SourceEvent.LOST
        self._frames_left -= 1
        frame = self._video.read()
        if frame is SourceEvent.ENDED:
            self._video.reopen()
            frame = self._video.read()
        # At a camera's pace, so that its pictures can be told apart.
        time.sleep(0.005)
        return frame

    def reopen(self) -> None:
        self._tries_left -= 1
        if self._tries_left >= 0:
            raise CameraMissing(7)
        self._frames_left = 10_000

    def close(self) -> None:
        self.closed += 1
        self._video.close()


class Door:
    """Hears all that a feed says, in order."""

    def __init__(self, open_view: Callable[[View], FrameSource] = open_view) -> None:
        self.crashes: list[BaseException] = []
        self.feed = CameraFeed(self.crashes.append, open_view)
        self.heard: list[str] = []
        self.codes: list[str] = []
        self.pictures: list[QImage] = []
        self.corners: list[tuple[QPointF, ...]] = []
        self.sentences: list[str] = []
        self.speeds: list[float] = []
        self.threads: set[bool] = set()
        self._here = QThread.currentThread()
        self.feed.frame_ready.connect(self._on_frame_ready)
        self.feed.code_read.connect(self._on_code_read)
        self.feed.camera_lost.connect(self._on_camera_lost)
        self.feed.camera_found.connect(self._on_camera_found)
        self.feed.frames_per_second.connect(self.speeds.append)
        self.feed.finished.connect(self._on_finished)

    def _on_frame_ready(self, picture: QImage, corners: tuple[QPointF, ...]) -> None:
        self.threads.add(QThread.currentThread() is self._here)
        self.pictures.append(picture)
        self.corners.append(corners)

    def _on_code_read(self, text: str) -> None:
        self.codes.append(text)

    def _on_camera_lost(self, sentence: str) -> None:
        self.heard.append("lost")
        self.sentences.append(sentence)

    def _on_camera_found(self, name: str) -> None:
        self.heard.append(f"found {name}")

    def _on_finished(self) -> None:
        self.heard.append("finished")


@pytest.fixture
def doors(qapp: object, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Door]]:
    monkeypatch.setattr("desktop.camera_worker.RETRY_SECONDS", 0.02)
    opened: list[Door] = []
    yield opened
    for door in opened:
        door.feed.stop()
        assert door.crashes == []


@pytest.fixture
def door(doors: list[Door]) -> Door:
    doors.append(Door())
    return doors[0]


def test_a_video_is_read_to_its_end(door: Door, qtbot: QtBot, video: Path) -> None:
    door.feed.choose(Recording(video))

    qtbot.waitUntil(lambda: "finished" in door.heard)

    assert door.codes == list(CODES)
    assert door.heard == [f"found {video}", "finished"]


def test_pictures_come_on_the_screens_thread_with_the_corners_of_the_codes(
    door: Door, qtbot: QtBot, video: Path
) -> None:
    door.feed.choose(Recording(video, frames_per_second=60))

    qtbot.waitUntil(lambda: "finished" in door.heard)

    assert door.threads == {True}
    assert {(picture.width(), picture.height()) for picture in door.pictures} == {SIZE}
    assert {len(corners) for corners in door.corners} == {0, 4}
    places = [place for corners in door.corners for place in corners]
    # A ticket may stick out of the picture a little.
    assert all(-10 <= place.x() <= SIZE[0] + 10 and -10 <= place.y() <= SIZE[1] + 10 for place in places)
    assert max(place.x() for place in places) - min(place.x() for place in places) > 150


def test_pictures_go_straight_into_the_view_of_the_door(
    door: Door, qtbot: QtBot, qapp: QApplication, video: Path
) -> None:
    theme = Theme()
    view = CameraView(theme)
    qtbot.addWidget(view)
    door.feed.frame_ready.connect(view.show_frame)
    door.feed.choose(Recording(video))

    qtbot.waitUntil(lambda: "finished" in door.heard)

    assert view.problem == ""


def test_a_recording_can_be_played_at_its_own_pace(door: Door, qtbot: QtBot, video: Path) -> None:
    began = time.monotonic()
    door.feed.choose(Recording(video, frames_per_second=100))

    qtbot.waitUntil(lambda: "finished" in door.heard)

    assert time.monotonic() - began > (FRAMES - 1) / 100
    assert door.codes == list(CODES)


def test_a_screen_that_is_busy_gets_no_heap_of_pictures(
    doors: list[Door], qtbot: QtBot, video: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a screen that draws nothing while the whole video is looked at
    monkeypatch.setattr("desktop.camera_worker.PICTURES_A_SECOND", 1_000_000)
    was_read = threading.Event()

    class Watched(VideoSource):
        def close(self) -> None:
            super().close()
            if self._number:
                was_read.set()

    door = Door(lambda view: Watched(video))
    doors.append(door)
    door.feed.choose(Recording(video))
    assert was_read.wait(30)

    qtbot.waitUntil(lambda: "finished" in door.heard)

    assert len(door.pictures) == 1
    assert door.codes == list(CODES)


def test_a_camera_that_is_pulled_out_comes_back_by_itself(doors: list[Door], qtbot: QtBot, video: Path) -> None:
    camera = LooseCable(video, frames=8, tries=3)
    door = Door(lambda view: camera)
    doors.append(door)
    door.feed.choose(Camera(7))

    qtbot.waitUntil(lambda: len(door.heard) == 3)
    shown = len(door.pictures)
    qtbot.waitUntil(lambda: CODES[1] in door.codes and len(door.pictures) > shown)

    assert door.heard == ["found Camera 7", "lost", "found Camera 7"]
    assert door.sentences == ["Camera 7 stopped: plug it in again, or close the program that took it."]
    door.feed.stop()
    assert camera.closed == 1


def test_a_camera_that_is_missing_is_said_once_and_found_when_it_is_plugged_in(
    doors: list[Door], qtbot: QtBot, video: Path
) -> None:
    tries: list[View] = []

    def plugged_in_at_the_third_try(view: View) -> FrameSource:
        tries.append(view)
        if len(tries) < 3:
            raise CameraMissing(7)
        return LooseCable(video, frames=10_000, tries=0)

    door = Door(plugged_in_at_the_third_try)
    doors.append(door)
    door.feed.choose(Camera(7))

    qtbot.waitUntil(lambda: len(door.pictures) > 0)

    assert door.heard == ["lost", "found Camera 7"]
    assert door.sentences[0].startswith("Camera 7 could not be opened")


def test_no_camera_at_all_is_one_sentence(door: Door, qtbot: QtBot) -> None:
    door.feed.choose(Camera(97))

    qtbot.waitUntil(lambda: door.heard == ["lost"])
    qtbot.wait(100)

    assert door.heard == ["lost"]


def test_a_file_that_is_no_video_ends_with_a_sentence(door: Door, qtbot: QtBot, tmp_path: Path) -> None:
    (tmp_path / "door.avi").write_bytes(b"not a video")
    door.feed.choose(Recording(tmp_path / "door.avi"))

    qtbot.waitUntil(lambda: "finished" in door.heard)

    assert door.heard == ["lost", "finished"]
    assert "door.avi" in door.sentences[0]


def test_another_camera_can_be_chosen_at_any_time(doors: list[Door], qtbot: QtBot, video: Path) -> None:
    first = LooseCable(video, frames=10_000, tries=0)
    door = Door(lambda view: first if view == Camera(7) else open_view(view))
    doors.append(door)
    door.feed.choose(Camera(7))
    qtbot.waitUntil(lambda: len(door.pictures) > 0)

    door.feed.choose(Recording(video))

    qtbot.waitUntil(lambda: "finished" in door.heard)
    assert door.heard == ["found Camera 7", f"found {video}", "finished"]
    assert first.closed == 1


def test_a_code_held_up_again_after_the_recording_is_played_again_counts_again(
    door: Door, qtbot: QtBot, video: Path
) -> None:
    for times in (1, 2):
        door.feed.choose(Recording(video))
        qtbot.waitUntil(lambda times=times: door.heard.count("finished") == times)

    assert door.codes == list(CODES) * 2


def test_stopping_is_prompt_and_nothing_is_heard_afterwards(doors: list[Door], qtbot: QtBot, video: Path) -> None:
    camera = LooseCable(video, frames=10_000, tries=0)
    door = Door(lambda view: camera)
    doors.append(door)
    door.feed.choose(Camera(7))
    qtbot.waitUntil(lambda: len(door.pictures) > 0)
    # Something is on its way now that the screen has not taken yet.
    time.sleep(0.1)
    before = len(door.pictures), list(door.heard), list(door.codes)

    began = time.monotonic()
    door.feed.stop()
    took = time.monotonic() - began
    door.feed.stop()
    qtbot.wait(50)

    assert took < 1
    assert camera.closed == 1
    assert (len(door.pictures), door.heard, door.codes) == before
    assert not door.feed.is_running


def test_after_stopping_the_camera_can_be_looked_through_again(door: Door, qtbot: QtBot, video: Path) -> None:
    door.feed.choose(Recording(video, frames_per_second=15))
    qtbot.waitUntil(lambda: len(door.heard) == 1)
    door.feed.stop()

    door.feed.choose(Recording(video))

    qtbot.waitUntil(lambda: "finished" in door.heard)
    assert door.codes == list(CODES)


def test_the_speed_is_told(door: Door, qtbot: QtBot, video: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("desktop.camera_worker._SPEED_EVERY", 0.1)
    door.feed.choose(Recording(video, frames_per_second=50))

    qtbot.waitUntil(lambda: len(door.speeds) >= 2)

    assert all(0 < speed < 80 for speed in door.speeds)


def test_a_bug_while_looking_is_reported_and_the_camera_tried_again(
    doors: list[Door], qtbot: QtBot, video: Path
) -> None:
    calls = threading.Semaphore(1)

    def broken_once(view: View) -> FrameSource:
        if calls.acquire(blocking=False):
            raise ZeroDivisionError
        return open_view(Recording(video))

    door = Door(broken_once)
    doors.append(door)
    door.feed.choose(Camera(0))

    qtbot.waitUntil(lambda: "finished" in door.heard)

    assert [type(crash) for crash in door.crashes] == [ZeroDivisionError]
    assert door.heard == ["lost", f"found {video}", "finished"]
    door.crashes.clear()


def test_an_image_has_the_colours_of_the_frame_and_pixels_of_its_own() -> None:
    frame = np.zeros((3, 5, 3), dtype=np.uint8)
    frame[1, 2] = (255, 128, 1)

    image = as_image(frame)
    frame[:] = 0

    colour = image.pixelColor(2, 1)
    assert (image.width(), image.height()) == (5, 3)
    assert (colour.red(), colour.green(), colour.blue()) == (1, 128, 255)
