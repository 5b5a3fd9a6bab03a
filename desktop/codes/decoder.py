"""Finds the QR codes in a frame: a quick look at every one, a closer look where that found nothing."""

from __future__ import annotations

import importlib
import logging
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

log = logging.getLogger(__name__)

Grey = NDArray[np.uint8]
Corners = tuple[tuple[float, float], tuple[float, float], tuple[float, float], tuple[float, float]]

LONGEST_TEXT = 4096
"""Characters kept of a code; the longest code of Usher has fewer than 300."""

PYZBAR_EVERY = 15
"""Misses from one look through zbar to the next: 25 ms each, for the rare code that only zbar can read."""

SMALL_CODES_EVERY = 3
"""Misses from one look for small codes to the next; the other misses get the look for dark frames."""

DARK_MODE_EVERY = 2
"""Misses from one inverted look to the next, where zxing-cpp is missing, which needs none."""

# Pictures beyond this many pixels show their modules large enough, and enlarging them would cost seconds.
_MOST_PIXELS_TO_ENLARGE = 4_000_000


@dataclass(frozen=True, slots=True)
class ReadCode:
    """One code in a frame: what it says, and where its corners are, in pixels of that frame."""

    text: str
    corners: Corners


@dataclass(frozen=True, slots=True)
class Sharpening:
    """How a frame is prepared for a closer look: smoothed, sharpened at its own size, then enlarged."""

    noise_sigma: float
    blur_sigma: float
    amount: float
    enlargement: float


FOR_DARK_FRAMES = Sharpening(noise_sigma=0.9, blur_sigma=1.6, amount=1.2, enlargement=1.25)
"""Against noise, which hides most of the codes that the quick look misses; about 5 ms."""

FOR_SMALL_CODES = Sharpening(noise_sigma=0.8, blur_sigma=1.6, amount=1.7, enlargement=1.5)
"""Against blur on codes with hardly more than two pixels a module; about 9 ms."""

Engine = Callable[[Grey], list[ReadCode]]
"""Finds codes in a contiguous grey picture (height x width, uint8); it never raises for what is in the picture."""


class CodeReader:
    """Reads the codes of one stream of frames, remembering how long it has found none.

    zxing-cpp looks at every frame and, where it finds nothing, at the same frame sharpened; at some of the misses
    pyzbar looks instead, since it fails on other codes. Either may be missing: the rest of the chain goes on, at worst
    with OpenCV's own reader.
    Not to be shared between threads.
    """

    def __init__(self) -> None:
        self._zxing = load_zxing()
        self._pyzbar = load_pyzbar()
        self._opencv = opencv_engine()
        self._misses = 0

    def read(self, frame: NDArray[np.uint8]) -> list[ReadCode]:
        """Return the codes found in one frame of a stream, spending little on frames that show none.

        `frame` is BGR (height x width x 3), BGRA or grey (height x width), uint8; raises ValueError for anything else.
        A code that is hard to read is found in some of its frames only.
        """
        grey = as_grey(frame)
        codes = self._quick_look(grey)
        if codes or grey.size == 0:
            return codes
        self._misses += 1
        if self._zxing is None:
            return self._dark_mode_look(grey) if self._misses % DARK_MODE_EVERY == 0 else []
        if self._misses % PYZBAR_EVERY == 0 and self._pyzbar is not None:
            return self._pyzbar(grey)
        small = self._misses % SMALL_CODES_EVERY == 0
        return _sharpened_look(self._zxing, grey, FOR_SMALL_CODES if small else FOR_DARK_FRAMES)

    def read_still(self, picture: NDArray[np.uint8]) -> list[ReadCode]:
        """Return the codes found in a single picture, going through the whole chain until something is found.

        Takes and raises what `read` does.
        """
        grey = as_grey(picture)
        if grey.size == 0:
            return []
        codes = self._quick_look(grey)
        if self._zxing is not None:
            for sharpening in (FOR_DARK_FRAMES, FOR_SMALL_CODES):
                codes = codes or _sharpened_look(self._zxing, grey, sharpening)
            if self._pyzbar is not None:
                codes = codes or self._pyzbar(grey)
        return codes or self._dark_mode_look(grey) or self._opencv(grey)

    def _quick_look(self, grey: Grey) -> list[ReadCode]:
        engine = self._zxing or self._pyzbar or self._opencv
        return engine(grey) if grey.size else []

    def _dark_mode_look(self, grey: Grey) -> list[ReadCode]:
        """Look for light codes on dark, which zxing-cpp reads by itself and the others do not."""
        engine = self._pyzbar or self._opencv
        return engine(np.subtract(255, grey, dtype=np.uint8))


def as_grey(frame: NDArray[np.uint8]) -> Grey:
    """Return `frame` (BGR, BGRA or grey, uint8) as contiguous grey; raises ValueError for any other array."""
    if frame.dtype != np.uint8:
        raise ValueError(f"a frame holds uint8, not {frame.dtype}")
    if frame.ndim == 2:
        return np.ascontiguousarray(frame)
    if frame.ndim == 3 and frame.shape[2] in (1, 3, 4):
        if frame.size == 0 or frame.shape[2] == 1:
            return np.ascontiguousarray(frame[:, :, 0])
        conversion = cv2.COLOR_BGR2GRAY if frame.shape[2] == 3 else cv2.COLOR_BGRA2GRAY
        return np.asarray(cv2.cvtColor(frame, conversion), dtype=np.uint8)
    raise ValueError(f"a frame is height x width, with 3 or 4 channels or none, not {frame.shape}")


def load_zxing() -> Engine | None:
    """Return an engine on zxing-cpp, or None, with a line in the log, where that is not installed."""
    module = _optional("zxingcpp")
    if module is None:
        return None
    # Plain "QRCode" also matches Micro QR, and reads nonsense in noise.
    formats = module.BarcodeFormat.QRCodeModel2

    def find(grey: Grey) -> list[ReadCode]:
        return [
            ReadCode(_text(found.bytes), _zxing_corners(found.position))
            for found in module.read_barcodes(grey, formats=formats)
        ]

    return find


def load_pyzbar() -> Engine | None:
    """Return an engine on pyzbar, or None, with a line in the log, where it or its zbar library is missing."""
    module = _optional("pyzbar.pyzbar")
    if module is None:
        return None
    symbols = [module.ZBarSymbol.QRCODE]

    def find(grey: Grey) -> list[ReadCode]:
        try:
            found = module.decode(grey, symbols=symbols)
        except ValueError as error:
            # Raised for one part of a code spread over several: it has no corners to make a rectangle of.
            log.debug("pyzbar gave up on a frame: %s", error)
            return []
        return [ReadCode(_text(code.data), _four_corners(code.polygon, code.rect)) for code in found]

    return find


def opencv_engine() -> Engine:
    """Return an engine on OpenCV's detector: always there, and the weakest of the three."""
    detector = cv2.QRCodeDetector()

    def find(grey: Grey) -> list[ReadCode]:
        try:
            found, texts, corners, _ = detector.detectAndDecodeMulti(grey)
        except (cv2.error, UnicodeDecodeError) as error:
            log.debug("OpenCV gave up on a frame: %s", error)
            return []
        if not found:
            return []
        return [
            ReadCode(text[:LONGEST_TEXT], _as_corners(quad)) for text, quad in zip(texts, corners, strict=True) if text
        ]

    return find


def _sharpened_look(engine: Engine, grey: Grey, sharpening: Sharpening) -> list[ReadCode]:
    """Look at the frame once more, prepared as `sharpening` says.

    Smoothing first is what an unsharp mask alone lacks: noise that is sharpened, too, hides the code and looks like
    thousands of modules. Measured on the misses of 400 made-up frames: an unsharp mask on a 1.5 times enlargement
    rescued 25 of 105 in 15 ms each, this order 38 in 9 ms.
    """
    if grey.size > _MOST_PIXELS_TO_ENLARGE:
        return []
    smooth = cv2.GaussianBlur(grey, (0, 0), sharpening.noise_sigma)
    blurred = cv2.GaussianBlur(smooth, (0, 0), sharpening.blur_sigma)
    sharp = cv2.addWeighted(smooth, 1 + sharpening.amount, blurred, -sharpening.amount, 0)
    times = sharpening.enlargement
    larger = cv2.resize(sharp, None, fx=times, fy=times, interpolation=cv2.INTER_LINEAR)
    found = engine(np.asarray(larger, dtype=np.uint8))
    return [ReadCode(code.text, _as_corners(np.array(code.corners) / times)) for code in found]


def _optional(name: str) -> ModuleType | None:
    try:
        return importlib.import_module(name)
    # A wheel whose system library is missing raises OSError on Windows and ImportError elsewhere.
    except (ImportError, OSError) as error:
        log.warning("Codes are read without %s, which could not be loaded: %s", name, error)
        return None


def _text(data: bytes) -> str:
    return data.decode("utf-8", errors="replace")[:LONGEST_TEXT]


def _zxing_corners(position: Any) -> Corners:
    places = (position.top_left, position.top_right, position.bottom_right, position.bottom_left)
    return _as_corners(np.array([(place.x, place.y) for place in places]))


def _four_corners(polygon: Any, rect: Any) -> Corners:
    if len(polygon) == 4:
        return _as_corners(np.array(polygon))
    left, top, right, bottom = rect.left, rect.top, rect.left + rect.width, rect.top + rect.height
    return _as_corners(np.array([(left, top), (right, top), (right, bottom), (left, bottom)]))


def _as_corners(points: NDArray[Any]) -> Corners:
    first, second, third, fourth = ((float(x), float(y)) for x, y in points)
    return first, second, third, fourth
