"""Where frames come from: cameras, and the videos, folders and pictures that can stand in for one."""

from __future__ import annotations

import contextlib
import os
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from models.errors import BadInput, UsherError

Picture = NDArray[np.uint8]

PICTURE_SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".webp", ".tif", ".tiff", ".gif"})
VIDEO_SUFFIXES = frozenset({".avi", ".mp4", ".m4v", ".mov", ".mkv", ".webm", ".mpg", ".mpeg", ".mjpeg", ".wmv"})

# Wide enough for a ticket at arm's length; drivers that cannot do it choose the nearest size they have.
_CAMERA_SIZE = (1280, 720)
# One dropped frame is usual with long USB cables; three in a row are not.
_FAILURES_UNTIL_LOST = 3
_MOST_CAMERAS_PROBED = 4


class Capture(Protocol):
    """What is used of OpenCV's `VideoCapture`."""

    def isOpened(self) -> bool: ...

    def read(self) -> tuple[bool, Any]: ...

    def release(self) -> None: ...


CaptureOpener = Callable[[int], Capture]


class CameraMissing(UsherError):
    """A camera that is not there, or that another program holds."""

    def __init__(self, index: int) -> None:
        super().__init__(
            "camera_missing",
            f"Camera {index} could not be opened: plug it in, or close the program that is using it.",
            index=index,
        )


class UnreadableFile(BadInput):
    """A file that holds no picture and no video that can be read."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__("unreadable_file", f"{path} {reason}.", path=str(path), reason=reason)


class SourceEvent(Enum):
    """What a source says instead of a frame."""

    ENDED = "ended"
    """The last frame has been read."""
    LOST = "lost"
    """The camera stopped delivering: pulled out, or taken. `reopen` tries to get it back."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture (height x width x 3, BGR, uint8) with the file or camera it is from, and its number there from 0."""

    picture: Picture
    origin: str
    number: int


class FrameSource(Protocol):
    """Anything that delivers frames one after the other."""

    @property
    def name(self) -> str:
        """What to call it in a sentence."""
        ...

    def read(self) -> Frame | SourceEvent:
        """Return the next frame, or what happened instead; raises UnreadableFile for a damaged file."""
        ...

    def reopen(self) -> None:
        """Start again: the camera, or the file from its first frame. Raises as opening does."""
        ...

    def close(self) -> None:
        """Let go of the device or the file; closing twice is harmless."""
        ...


@dataclass(frozen=True, slots=True)
class CameraChoice:
    """A camera that can be chosen: the index to open it by, and a name to show."""

    index: int
    name: str


class CameraSource:
    """Delivers the frames of one camera, and says when it stops."""

    def __init__(self, index: int, open_capture: CaptureOpener | None = None) -> None:
        """Open the camera with this index; raises CameraMissing. `open_capture` replaces the system's cameras."""
        self._index = index
        self._open_capture = open_capture or _open_camera
        self._capture: Capture | None = None
        self._number = 0
        self.reopen()

    @property
    def name(self) -> str:
        return f"Camera {self._index}"

    def read(self) -> Frame | SourceEvent:
        if self._capture is None:
            return SourceEvent.LOST
        for _ in range(_FAILURES_UNTIL_LOST):
            picture = _next_picture(self._capture)
            if picture is not None:
                frame = Frame(picture, self.name, self._number)
                self._number += 1
                return frame
        self.close()
        return SourceEvent.LOST

    def reopen(self) -> None:
        self.close()
        with quiet_opencv():
            capture = self._open_capture(self._index)
        if not capture.isOpened():
            capture.release()
            raise CameraMissing(self._index)
        self._capture = capture

    def close(self) -> None:
        if self._capture is not None:
            self._capture.release()
            self._capture = None


class VideoSource:
    """Delivers the frames of one video file as fast as they are asked for."""

    def __init__(self, path: Path) -> None:
        """Open the video; raises UnreadableFile."""
        self._path = path
        self._capture: Capture | None = None
        self._number = 0
        self.reopen()

    @property
    def name(self) -> str:
        return str(self._path)

    def read(self) -> Frame | SourceEvent:
        picture = _next_picture(self._capture) if self._capture is not None else None
        if picture is None:
            if self._capture is not None and self._number == 0:
                self.close()
                raise UnreadableFile(self._path, "holds no frame that can be read: save or record it again")
            return SourceEvent.ENDED
        frame = Frame(picture, self.name, self._number)
        self._number += 1
        return frame

    def reopen(self) -> None:
        self.close()
        _check_file(self._path)
        with quiet_opencv():
            capture = cv2.VideoCapture(str(self._path), _video_backend())
        if not capture.isOpened():
            capture.release()
            raise UnreadableFile(self._path, "is no video that can be read: use an .avi, .mp4 or .webm file")
        self._capture = capture
        self._number = 0

    def close(self) -> None:
        if self._capture is not None:
            self._capture.release()
            self._capture = None


class PictureSource:
    """Delivers pictures as frames, one file each, in the order given."""

    def __init__(self, name: str, paths: tuple[Path, ...]) -> None:
        self._name = name
        self._paths = paths
        self._number = 0

    @property
    def name(self) -> str:
        return self._name

    def read(self) -> Frame | SourceEvent:
        if self._number >= len(self._paths):
            return SourceEvent.ENDED
        number, self._number = self._number, self._number + 1
        path = self._paths[number]
        return Frame(read_picture(path), str(path), number)

    def reopen(self) -> None:
        self._number = 0

    def close(self) -> None:
        self._number = len(self._paths)


def open_source(where: int | Path) -> FrameSource:
    """Open a camera by its index, or a video, a picture or a folder of pictures by its path.

    Raises CameraMissing or UnreadableFile.
    """
    if isinstance(where, int):
        return CameraSource(where)
    if where.is_dir():
        pictures = tuple(path for path in files_in(where) if path.suffix.lower() in PICTURE_SUFFIXES)
        if not pictures:
            raise UnreadableFile(where, "holds no pictures: choose a folder with .png or .jpg files")
        return PictureSource(str(where), pictures)
    _check_file(where)
    if is_picture(where):
        return PictureSource(str(where), (where,))
    return VideoSource(where)


def is_picture(path: Path) -> bool:
    """Tell whether a file is to be read as a picture: by its suffix or, where that is unknown, by its content."""
    suffix = path.suffix.lower()
    if suffix in PICTURE_SUFFIXES or suffix in VIDEO_SUFFIXES:
        return suffix in PICTURE_SUFFIXES
    with quiet_opencv(), contextlib.suppress(cv2.error):
        return cv2.haveImageReader(str(path))
    return False


def files_in(folder: Path) -> list[Path]:
    """Return the pictures and videos below `folder`, its subfolders included, with 2 before 10.

    Raises UnreadableFile when the folder cannot be listed.
    """
    found: list[Path] = []

    def fail(error: OSError) -> None:
        raise UnreadableFile(Path(error.filename or folder), "cannot be opened: check who may read it") from error

    for parent, _, names in os.walk(folder, onerror=fail):
        found += [Path(parent, name) for name in names]
    wanted = PICTURE_SUFFIXES | VIDEO_SUFFIXES
    return sorted((path for path in found if path.suffix.lower() in wanted), key=_counting_order)


def read_picture(path: Path) -> Picture:
    """Return a picture file as height x width x 3, BGR, turned as its camera was; raises UnreadableFile."""
    _check_file(path)
    try:
        # Not cv2.imread, which cannot open names outside the code page on Windows.
        content = np.fromfile(path, dtype=np.uint8)
    except OSError as error:
        raise UnreadableFile(path, "cannot be opened: check who may read it") from error
    picture = None
    if content.size:
        with quiet_opencv(), contextlib.suppress(cv2.error):
            picture = cv2.imdecode(content, cv2.IMREAD_COLOR)
    if picture is None:
        raise UnreadableFile(path, "is no picture that can be read: save it again as .png or .jpg")
    return np.asarray(picture, dtype=np.uint8)


def list_cameras(already_open: frozenset[int] = frozenset()) -> list[CameraChoice]:
    """Return the cameras of this computer; those in `already_open` are listed without being touched.

    On Linux the kernel is asked; elsewhere the first few indexes are opened for a moment, which can take a second.
    """
    if sys.platform.startswith("linux"):
        return _cameras_of_the_kernel()
    found: list[CameraChoice] = []
    for index in range(_MOST_CAMERAS_PROBED):
        if index in already_open or _can_be_opened(index):
            found.append(CameraChoice(index, f"Camera {index + 1}"))
    return found


@contextlib.contextmanager
def quiet_opencv() -> Iterator[None]:
    """Keep OpenCV from writing to stderr what is reported as an error anyway."""
    before = cv2.utils.logging.getLogLevel()
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    # FFmpeg has a level of its own; -8 is its "quiet", and it is read when a file is opened.
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
    try:
        yield
    finally:
        cv2.utils.logging.setLogLevel(before)


def _next_picture(capture: Capture) -> Picture | None:
    with quiet_opencv():
        try:
            delivered, picture = capture.read()
        except cv2.error:
            return None
    return np.asarray(picture, dtype=np.uint8) if delivered and picture is not None else None


def _video_backend() -> int:
    # Left to itself, OpenCV tries a reader of its own that complains about damaged files on stderr.
    backends = cv2.videoio_registry.getStreamBackends()
    return cv2.CAP_FFMPEG if cv2.CAP_FFMPEG in backends else cv2.CAP_ANY


def _open_camera(index: int) -> cv2.VideoCapture:
    # OpenCV's first choice on Windows takes many seconds to open a camera.
    backend = {"win32": cv2.CAP_DSHOW, "darwin": cv2.CAP_AVFOUNDATION}.get(sys.platform, cv2.CAP_ANY)
    capture = cv2.VideoCapture(index, backend)
    if capture.isOpened():
        # Most webcams deliver this size at full rate only as Motion-JPEG.
        capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG"))
        capture.set(cv2.CAP_PROP_FRAME_WIDTH, _CAMERA_SIZE[0])
        capture.set(cv2.CAP_PROP_FRAME_HEIGHT, _CAMERA_SIZE[1])
        # An older frame than the newest shows a ticket that is gone.
        capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)
    return capture


def _can_be_opened(index: int) -> bool:
    try:
        CameraSource(index).close()
    except CameraMissing:
        return False
    return True


def _cameras_of_the_kernel() -> list[CameraChoice]:
    found: list[CameraChoice] = []
    for device in sorted(Path("/dev").glob("video*"), key=_counting_order):
        digits = device.name.removeprefix("video")
        if not digits.isdecimal():
            continue
        about = Path("/sys/class/video4linux", device.name)
        # A webcam's second device delivers statistics, not pictures.
        if _line_of(about / "index") not in {"", "0"}:
            continue
        found.append(CameraChoice(int(digits), _line_of(about / "name") or f"Camera {int(digits) + 1}"))
    return found


def _line_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""


def _check_file(path: Path) -> None:
    if not path.is_file():
        reason = "is no file" if path.exists() else "does not exist"
        raise UnreadableFile(path, f"{reason}: check the name")


def _counting_order(path: Path) -> list[tuple[int, str]]:
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", str(path)) if part]
