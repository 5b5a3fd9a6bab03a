"""The door's screen and its camera: looked for, found later, chosen, let go."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from desktop.camera_worker import Camera, CameraFeed, Recording, View
from desktop.codes.sources import CameraChoice, CameraMissing, FrameSource, VideoSource
from desktop.codes.staging import write_door_video
from desktop.codes.views import Difficulty
from desktop.door_camera import DoorCamera
from desktop.settings import SettingsFile
from desktop.writer import Errands
from models.store.local_copy import LocalCopy
from tests.helpers.workspace import DirectRunner, gala_copy
from ui.door.door_page import DoorPage
from ui.theme import Theme, ThemeMode
from ui.workspace import Workspace

CODE = "7K3M9QXAT"


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("door") / "door.avi"
    write_door_video(
        path, (CODE,), 5, frames_per_code=12, gap_frames=4, width=640, height=360, difficulty=Difficulty.CLEAR
    )
    return path


@pytest.fixture
def page(qtbot: QtBot, tmp_path: Path) -> Iterator[DoorPage]:
    copy: LocalCopy = gala_copy(tmp_path)
    page = DoorPage(Theme(ThemeMode.LIGHT), Workspace(copy, DirectRunner(copy)))
    qtbot.addWidget(page)
    yield page
    copy.close()


@pytest.fixture
def settings(tmp_path: Path) -> SettingsFile:
    return SettingsFile(tmp_path / "settings.json")


@pytest.fixture
def there(monkeypatch: pytest.MonkeyPatch) -> list[CameraChoice]:
    """The cameras that are plugged in."""
    cameras: list[CameraChoice] = []
    monkeypatch.setattr("desktop.door_camera.list_cameras", lambda: list(cameras))
    monkeypatch.setattr("desktop.door_camera.LOOK_AGAIN_MS", 30)
    return cameras


@pytest.fixture
def camera(
    page: DoorPage, settings: SettingsFile, video: Path, there: list[CameraChoice], monkeypatch: pytest.MonkeyPatch
) -> Iterator[DoorCamera]:
    """A door's camera whose cameras 0 and 2 show a video; all others are missing."""

    def open_view(view: View) -> FrameSource:
        if isinstance(view, Camera) and view.index not in (0, 2):
            raise CameraMissing(view.index)
        return VideoSource(video)

    def feed(on_crash: Callable[[BaseException], None], parent: DoorCamera) -> CameraFeed:
        return CameraFeed(on_crash, open_view, parent)

    monkeypatch.setattr("desktop.door_camera.CameraFeed", feed)
    crashes: list[BaseException] = []
    errands = Errands(crashes.append)
    camera = DoorCamera(page, settings, errands, crashes.append)
    yield camera
    camera.stop()
    errands.shutdown()
    assert crashes == []


def test_the_first_camera_is_used_and_its_codes_reach_the_page(
    camera: DoorCamera, page: DoorPage, there: list[CameraChoice], qtbot: QtBot
) -> None:
    there.append(CameraChoice(0, "Built-in camera"))
    seen: list[str] = []
    camera.feed.code_read.connect(seen.append)
    camera.start()
    qtbot.waitUntil(lambda: CODE in seen, timeout=10_000)
    assert page.foot.camera_button.text().startswith("Camera: Built-in camera")
    assert page.control.shown is not None


def test_the_camera_of_the_last_time_is_used_when_it_is_there(
    camera: DoorCamera, there: list[CameraChoice], settings: SettingsFile, qtbot: QtBot
) -> None:
    there += [CameraChoice(0, "Built-in camera"), CameraChoice(2, "USB camera")]
    settings.change(camera=2)
    camera.start()
    qtbot.waitUntil(lambda: camera.feed.is_running)
    assert camera._view == Camera(2)


def test_a_camera_that_is_plugged_in_later_is_used_by_itself(
    camera: DoorCamera, page: DoorPage, there: list[CameraChoice], qtbot: QtBot
) -> None:
    camera.start()
    qtbot.waitUntil(lambda: page.camera.problem.startswith("No camera was found"))
    assert not camera.feed.is_running
    there.append(CameraChoice(0, "USB camera"))
    qtbot.waitUntil(lambda: camera.feed.is_running)
    qtbot.waitUntil(lambda: page.camera.problem == "")


def test_a_missing_camera_is_told_and_another_can_be_chosen(
    camera: DoorCamera, page: DoorPage, there: list[CameraChoice], settings: SettingsFile, qtbot: QtBot
) -> None:
    there += [CameraChoice(1, "Pulled out"), CameraChoice(0, "Built-in camera")]
    camera.start()
    qtbot.waitUntil(lambda: "Camera 1 could not" in page.camera.problem)
    page.camera_chosen.emit("0")
    qtbot.waitUntil(lambda: page.camera.problem == "", timeout=10_000)
    assert settings.current.camera == 0


def test_a_camera_found_after_the_door_was_left_is_not_touched(
    camera: DoorCamera, there: list[CameraChoice], qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_answer = threading.Event()

    def slowly() -> list[CameraChoice]:
        may_answer.wait(10)
        return [CameraChoice(0, "Built-in camera")]

    monkeypatch.setattr("desktop.door_camera.list_cameras", slowly)
    camera.start()
    camera.stop()
    may_answer.set()
    qtbot.waitUntil(lambda: camera._errands.waiting == 0)
    assert not camera.feed.is_running


def test_mirroring_is_remembered(camera: DoorCamera, page: DoorPage, settings: SettingsFile) -> None:
    page.foot.mirror_action.setChecked(True)
    assert settings.current.mirror_camera
    page.foot.mirror_action.setChecked(False)
    assert not settings.current.mirror_camera


def test_a_recording_stands_in_for_a_camera(camera: DoorCamera, page: DoorPage, video: Path, qtbot: QtBot) -> None:
    with qtbot.waitSignal(camera.feed.finished, timeout=10_000):
        camera.watch(Recording(video))
    assert page.control.shown is not None
