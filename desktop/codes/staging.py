"""Makes the frames that a webcam at a door would deliver, for the tour, the measurements and the tests."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import cos, radians, sin
from pathlib import Path

import cv2
import numpy as np
import qrcode
from numpy.typing import NDArray
from qrcode.constants import ERROR_CORRECT_M

from desktop.codes.scenery import Modules, Picture, paint_card, paint_room
from desktop.codes.sources import quiet_opencv
from desktop.codes.views import Difficulty, View, draw_view, held_by_a_hand
from models.errors import UsherError

# A card is drawn and warped this much larger than it is seen, then averaged down, as a sensor's pixels do.
_OVERSAMPLING = 3
# Focal length in widths of the frame: that of a usual webcam, about 60 degrees across.
_FOCAL_LENGTH = 0.87
# Drawing fresh noise for every frame would take longer than all the rest of it.
_NOISE_FIELDS = 6


class UnwritableVideo(UsherError):
    """A video that could not be written where it was asked for."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            "unwritable_video",
            f"The video {path} could not be written: check that the folder exists and has room.",
            path=str(path),
        )


@dataclass(frozen=True, slots=True)
class HeldUp:
    """In which frames of a video a code is held up."""

    text: str
    first_frame: int
    last_frame: int


def code_modules(text: str) -> Modules:
    """Return the modules of a QR code of `text` without its quiet zone, True for dark.

    The version is the smallest that fits at error correction M; digits are stored as digits.
    """
    code = qrcode.QRCode(error_correction=ERROR_CORRECT_M, border=0)
    code.add_data(text.encode(), optimize=0)
    code.make(fit=True)
    return np.array(code.get_matrix(), dtype=np.bool_)


def stage_frame(
    code: str | Modules,
    rng: np.random.Generator,
    width: int = 1280,
    height: int = 720,
    difficulty: Difficulty = Difficulty.DOOR,
) -> Picture:
    """Return one BGR frame (height x width x 3) in which `code` is held up; the same `rng` state gives the same frame.

    `code` is a text, or the modules of a code (True for dark) without a quiet zone.
    """
    return stage_view(code, draw_view(rng, difficulty), rng, width, height)


def stage_view(
    code: str | Modules, view: View, rng: np.random.Generator, width: int = 1280, height: int = 720
) -> Picture:
    """Return one BGR frame in which `code` is seen exactly as `view` says."""
    modules = code_modules(code) if isinstance(code, str) else code
    return _Stage(rng, width, height).frame(modules, view)


def stage_empty_frame(
    rng: np.random.Generator, width: int = 1280, height: int = 720, difficulty: Difficulty = Difficulty.DOOR
) -> Picture:
    """Return one BGR frame of the door with nobody holding anything up."""
    return _Stage(rng, width, height).empty_frame(draw_view(rng, difficulty))


def write_door_video(
    path: Path,
    codes: Sequence[str],
    seed: int,
    *,
    frames_per_code: int = 15,
    gap_frames: int = 6,
    frames_per_second: float = 15.0,
    width: int = 1280,
    height: int = 720,
    difficulty: Difficulty = Difficulty.DOOR,
) -> tuple[HeldUp, ...]:
    """Write a Motion-JPEG .avi in which `codes` are held up one after the other, with empty frames between.

    Returns in which frames each code is in view, in order. The frames depend on the arguments alone.
    Raises UnwritableVideo when the file cannot be made.
    """
    with quiet_opencv():
        writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), frames_per_second, (width, height))
    if not writer.isOpened():
        raise UnwritableVideo(path)
    rng = np.random.default_rng(seed)
    stage = _Stage(rng, width, height)
    empty_view = replace(draw_view(rng, difficulty), light=1.0)
    shown: list[HeldUp] = []
    number = 0
    try:
        for code in codes:
            for _ in range(gap_frames):
                writer.write(stage.empty_frame(empty_view))
            number += gap_frames
            modules = code_modules(code)
            for view in held_by_a_hand(draw_view(rng, difficulty), rng, frames_per_code):
                writer.write(stage.frame(modules, view))
            shown.append(HeldUp(code, number, number + frames_per_code - 1))
            number += frames_per_code
        for _ in range(gap_frames):
            writer.write(stage.empty_frame(empty_view))
    finally:
        writer.release()
    if not path.is_file():
        raise UnwritableVideo(path)
    return tuple(shown)


class _Stage:
    """Holds the room behind the cards and the sensor's noise, and draws frames in front of it."""

    def __init__(self, rng: np.random.Generator, width: int, height: int) -> None:
        self._rng = rng
        self._width = width
        self._height = height
        self._room = paint_room(rng, width, height)
        # Left unfilled until needed: a single frame draws one field only.
        self._noise: list[NDArray[np.float32]] = []

    def frame(self, modules: Modules, view: View) -> Picture:
        picture = self._room.copy()
        self._show(picture, modules, view)
        return self._through_the_camera(picture, view)

    def empty_frame(self, view: View) -> Picture:
        return self._through_the_camera(self._room.copy(), view)

    def _show(self, picture: Picture, modules: Modules, view: View) -> None:
        """Blend the card with its code into `picture`, blurred as its distance and its motion blur it."""
        texture, scale = paint_card(modules, view, self._rng, _OVERSAMPLING)
        to_frame = self._projection(texture.shape[1], texture.shape[0], scale, view)
        corners = cv2.perspectiveTransform(_corners_of(texture), to_frame)[0]
        margin = int(4 * view.blur + view.motion) + 2
        left, top = np.maximum(np.floor(corners.min(axis=0)).astype(int) - margin, 0)
        right, bottom = np.ceil(corners.max(axis=0)).astype(int) + margin
        right, bottom = min(int(right), self._width), min(int(bottom), self._height)
        if right <= left or bottom <= top:
            return
        wide, high = right - left, bottom - top
        enlarge = np.array(
            [[_OVERSAMPLING, 0, -left * _OVERSAMPLING], [0, _OVERSAMPLING, -top * _OVERSAMPLING], [0, 0, 1.0]]
        )
        canvas = (wide * _OVERSAMPLING, high * _OVERSAMPLING)
        seen = cv2.warpPerspective(texture, enlarge @ to_frame, canvas, flags=cv2.INTER_LINEAR)
        seen = cv2.resize(seen, (wide, high), interpolation=cv2.INTER_AREA).astype(np.float32)
        if view.blur > 0:
            seen = cv2.GaussianBlur(seen, (0, 0), view.blur)
        if view.motion >= 1:
            seen = cv2.filter2D(seen, -1, _motion_kernel(view.motion, view.motion_direction))
        cover = seen[:, :, 3:] / 255.0
        part = picture[top:bottom, left:right]
        part[:] = np.clip(seen[:, :, :3] + part * (1.0 - cover), 0, 255).astype(np.uint8)

    def _projection(self, wide: int, high: int, scale: float, view: View) -> NDArray[np.float64]:
        """Return the homography from the card's drawing to the frame, by a pinhole camera."""
        focal = _FOCAL_LENGTH * self._width
        turn, tilt, axis = radians(view.turn), radians(view.tilt), radians(view.tilt_axis)
        about, _ = cv2.Rodrigues(np.array([cos(axis) * tilt, sin(axis) * tilt, 0.0]))
        in_plane = np.array([[cos(turn), -sin(turn), 0.0], [sin(turn), cos(turn), 0.0], [0.0, 0.0, 1.0]])
        turned = np.asarray(about, dtype=np.float64) @ in_plane
        # One unit of depth equals one pixel at the focal length, so an untilted code is `view.size` wide.
        flat = np.array([[1 / scale, 0, -wide / 2 / scale], [0, 1 / scale, -high / 2 / scale], [0, 0, 1.0]])
        pose = np.column_stack((turned[:, 0], turned[:, 1], np.array([0.0, 0.0, focal])))
        centre_x, centre_y = view.centre[0] * self._width, view.centre[1] * self._height
        camera = np.array([[focal, 0, centre_x], [0, focal, centre_y], [0, 0, 1.0]])
        return camera @ pose @ flat

    def _through_the_camera(self, picture: Picture, view: View) -> Picture:
        """Apply the light of the hall and the noise of the sensor to the whole frame."""
        across = np.linspace(1.0, 1.0 - view.slope, self._width, dtype=np.float32)
        light = np.ascontiguousarray(np.broadcast_to(view.light * across, picture.shape[:2]))
        lit = cv2.multiply(picture, cv2.merge((light, light, light)), dtype=cv2.CV_32F)
        if view.noise > 0:
            noise = self._next_noise() * np.float32(view.noise)
            lit = cv2.add(lit, cv2.merge((noise, noise, noise)))
        return np.clip(lit, 0, 255).astype(np.uint8)

    def _next_noise(self) -> NDArray[np.float32]:
        shape = (self._height, self._width)
        if len(self._noise) < _NOISE_FIELDS:
            self._noise.append(self._rng.standard_normal(shape, dtype=np.float32))
            return self._noise[-1]
        field = self._noise[int(self._rng.integers(_NOISE_FIELDS))]
        return np.roll(field, int(self._rng.integers(field.size)))


def _motion_kernel(length: float, direction: float) -> NDArray[np.float32]:
    """Return a line of `length` pixels as a kernel that sums to 1."""
    side = int(length) // 2 * 2 + 3
    kernel = np.zeros((side, side), dtype=np.float32)
    middle, reach = side / 2 - 0.5, (length - 1) / 2
    sub = 16
    step_x, step_y = cos(radians(direction)) * reach, sin(radians(direction)) * reach
    start = (round((middle - step_x) * sub), round((middle - step_y) * sub))
    end = (round((middle + step_x) * sub), round((middle + step_y) * sub))
    cv2.line(kernel, start, end, (1.0,), 1, cv2.LINE_AA, 4)
    return kernel / kernel.sum()


def _corners_of(texture: Picture) -> NDArray[np.float32]:
    high, wide = texture.shape[:2]
    return np.array([[[0, 0], [wide, 0], [wide, high], [0, high]]], dtype=np.float32)
