"""Tests of cameras, videos, folders and pictures as sources of frames."""

import os
import subprocess
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import pytest

from desktop.codes import sources
from desktop.codes.sources import (
    CameraMissing,
    CameraSource,
    Frame,
    SourceEvent,
    UnreadableFile,
    VideoSource,
    files_in,
    list_cameras,
    open_source,
    read_picture,
)
from models.errors import UsherError

NO_CAMERA = 97


@pytest.fixture
def video(tmp_path: Path) -> Path:
    """Four frames, each a little lighter than the one before."""
    path = tmp_path / "door.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 10, (160, 120))
    for shade in (10, 60, 110, 160):
        writer.write(np.full((120, 160, 3), shade, dtype=np.uint8))
    writer.release()
    return path


def picture(path: Path, shade: int = 100) -> Path:
    assert cv2.imwrite(str(path), np.full((20, 30, 3), shade, dtype=np.uint8))
    return path


def shades(source: sources.FrameSource) -> list[int]:
    found = []
    while isinstance(frame := source.read(), Frame):
        found.append(round(float(frame.picture.mean()), -1))
    return found


def test_a_missing_camera_says_so_in_a_sentence_at_once_and_quietly(capfd):
    started = time.monotonic()
    with pytest.raises(CameraMissing, match="Camera 97 could not be opened: plug it in") as missing:
        open_source(NO_CAMERA)

    assert time.monotonic() - started < 2
    assert missing.value.code == "camera_missing"
    assert missing.value.details == {"index": NO_CAMERA}
    assert isinstance(missing.value, UsherError)
    assert capfd.readouterr().err == ""


def test_a_camera_that_is_pulled_out_is_reported_and_comes_back(video):
    # The end of a file is to OpenCV what an unplugged camera is: it opens, then reads fail.
    camera = CameraSource(0, open_capture=lambda index: cv2.VideoCapture(str(video)))
    frames = [camera.read() for _ in range(4)]

    assert all(isinstance(frame, Frame) for frame in frames)
    assert camera.read() is SourceEvent.LOST
    assert camera.read() is SourceEvent.LOST

    camera.reopen()

    back = camera.read()
    assert isinstance(back, Frame)
    assert (back.origin, back.number) == ("Camera 0", 4)
    camera.close()


def test_a_camera_that_is_still_away_stays_lost_and_can_be_tried_again(video):
    plugged = [True, False, True]
    camera = CameraSource(0, open_capture=lambda index: cv2.VideoCapture(str(video) if plugged.pop(0) else "gone.avi"))

    with pytest.raises(CameraMissing):
        camera.reopen()
    assert camera.read() is SourceEvent.LOST

    camera.reopen()
    assert isinstance(camera.read(), Frame)
    camera.close()


def test_one_dropped_frame_does_not_lose_the_camera(video):
    class Stuttering:
        def __init__(self) -> None:
            self._real = cv2.VideoCapture(str(video))
            self._reads = 0

        def isOpened(self) -> bool:
            return self._real.isOpened()

        def read(self):
            self._reads += 1
            return (False, None) if self._reads == 1 else self._real.read()

        def release(self) -> None:
            self._real.release()

    camera = CameraSource(0, open_capture=lambda index: Stuttering())

    assert isinstance(camera.read(), Frame)
    camera.close()


def test_a_video_gives_its_frames_in_order_then_ends_and_can_start_again(video):
    source = open_source(video)

    assert shades(source) == [10, 60, 110, 160]
    assert source.read() is SourceEvent.ENDED

    source.reopen()
    first = source.read()
    assert isinstance(first, Frame)
    assert (first.origin, first.number) == (str(video), 0)
    source.close()
    source.close()
    assert source.read() is SourceEvent.ENDED


def test_a_folder_gives_its_pictures_in_counting_order(tmp_path):
    for number, shade in ((10, 200), (2, 100), (1, 50)):
        picture(tmp_path / f"frame{number}.png", shade)
    (tmp_path / "notes.txt").write_text("not a picture")

    assert shades(open_source(tmp_path)) == [50, 100, 200]


def test_a_picture_is_one_frame(tmp_path):
    source = open_source(picture(tmp_path / "one.png"))

    frame = source.read()
    assert isinstance(frame, Frame)
    assert frame.picture.shape == (20, 30, 3)
    assert source.read() is SourceEvent.ENDED


def test_a_picture_whose_name_is_not_latin_is_read(tmp_path):
    target = tmp_path / "билет 券.png"
    picture(tmp_path / "plain.png").rename(target)

    assert read_picture(target).shape == (20, 30, 3)


def test_a_picture_without_a_known_suffix_is_known_by_its_content(tmp_path):
    target = tmp_path / "upload"
    picture(tmp_path / "plain.png").rename(target)

    assert isinstance(open_source(target).read(), Frame)


@pytest.mark.parametrize("name", ["ticket.png", "ticket.avi", "ticket.mp4", "ticket.bin"])
@pytest.mark.parametrize("content", [b"", b"This is a letter, not a picture.\n" * 40])
def test_a_file_that_is_something_else_gets_one_sentence(tmp_path, capfd, name, content):
    path = tmp_path / name
    path.write_bytes(content)

    with pytest.raises(UnreadableFile, match=r"can be read: .*\.$") as refused:
        open_source(path).read()

    assert str(path) in refused.value.message
    assert refused.value.code == "unreadable_file"
    assert capfd.readouterr().err == ""


def test_a_video_cut_off_after_its_header_gets_one_sentence(video, capfd):
    whole = video.read_bytes()
    for kept in (300, whole.index(b"movi") + 4):
        video.write_bytes(whole[:kept])

        with pytest.raises(UnreadableFile, match=r"door\.avi"):
            VideoSource(video).read()
    assert capfd.readouterr().err == ""


def test_a_file_that_is_not_there_and_a_folder_without_pictures_say_so(tmp_path):
    with pytest.raises(UnreadableFile, match="does not exist"):
        open_source(tmp_path / "nothing.avi")
    with pytest.raises(UnreadableFile, match="holds no pictures"):
        open_source(tmp_path)


def test_subfolders_are_looked_through(tmp_path):
    (tmp_path / "b").mkdir()
    inner, outer = picture(tmp_path / "b" / "x.PNG"), picture(tmp_path / "a.jpg")

    assert files_in(tmp_path) == [outer, inner]


def test_the_list_of_cameras_is_quick_and_quiet(capfd):
    started = time.monotonic()
    found = list_cameras()

    assert time.monotonic() - started < 5
    assert all(choice.name for choice in found)
    assert capfd.readouterr().err == ""


def test_elsewhere_than_on_linux_cameras_are_found_by_opening_them(monkeypatch, video):
    opened: list[int] = []

    def open_capture(index: int) -> cv2.VideoCapture:
        opened.append(index)
        return cv2.VideoCapture(str(video) if index == 2 else "none.avi")

    monkeypatch.setattr(sources.sys, "platform", "win32")
    monkeypatch.setattr(sources, "_open_camera", open_capture)

    found = list_cameras(already_open=frozenset({0}))

    assert [(choice.index, choice.name) for choice in found] == [(0, "Camera 1"), (2, "Camera 3")]
    assert 0 not in opened


def test_opencv_is_as_talkative_afterwards_as_before():
    before = cv2.utils.logging.getLogLevel()
    with sources.quiet_opencv():
        assert cv2.utils.logging.getLogLevel() == cv2.utils.logging.LOG_LEVEL_SILENT
    assert cv2.utils.logging.getLogLevel() == before


def test_sources_need_no_screen_toolkit():
    root = Path(sources.__file__).parents[2]
    script = "import sys, desktop.codes.read_codes; sys.exit(any(n.startswith('PySide6') for n in sys.modules))"

    finished = subprocess.run(
        [sys.executable, "-c", script], cwd=root, env=os.environ | {"PYTHONPATH": str(root)}, check=False
    )

    assert finished.returncode == 0
