"""Reads tickets from a camera on a thread of its own: pictures for the screen, codes for the door."""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, QPointF, QThread, QTimer, Signal, Slot
from PySide6.QtGui import QImage

from desktop.codes.decoder import CodeReader
from desktop.codes.sightings import Sightings
from desktop.codes.sources import CameraMissing, Frame, FrameSource, Picture, SourceEvent, open_source
from models.errors import UsherError

_log = logging.getLogger(__name__)

RETRY_SECONDS = 1.0
"""From one try to get a lost camera back to the next."""

PICTURES_A_SECOND = 30.0
"""Shown at most; a camera that delivers more is decoded all the same."""

AS_FAST_AS_DECODED = math.inf

_SPEED_EVERY = 1.0


@dataclass(frozen=True, slots=True)
class Camera:
    """A camera of this computer, by its index."""

    index: int


@dataclass(frozen=True, slots=True)
class Recording:
    """A video, a picture or a folder of pictures that stands in for a camera; no frame of it is dropped."""

    path: Path
    frames_per_second: float = AS_FAST_AS_DECODED


View = Camera | Recording


def open_view(view: View) -> FrameSource:
    """Open a camera or a recording; raises CameraMissing or UnreadableFile."""
    return open_source(view.index if isinstance(view, Camera) else view.path)


class CameraFeed(QObject):
    """Shows what one camera sees and says which codes it reads; all its signals come on the screen's thread.

    A camera that is not there, or is pulled out, is tried again every second until another is chosen. To be stopped
    before it goes.
    """

    frame_ready = Signal(QImage, object)
    """A picture, and the corners of the code read in it (a tuple of QPointF in its pixels, empty without a code).

    There are no more of them than the screen draws.
    """
    code_read = Signal(str)
    """What a code says: once for each time it is held up."""
    camera_lost = Signal(str)
    """One sentence; ``camera_found`` follows when it is back."""
    camera_found = Signal(str)
    """The camera's name; pictures follow."""
    frames_per_second = Signal(float)
    """How many frames were looked at, every second."""
    finished = Signal()
    """The recording has been read to its end, or cannot be read on."""

    _view_asked = Signal(object)
    _end_asked = Signal()

    def __init__(
        self,
        on_crash: Callable[[BaseException], None],
        open_view: Callable[[View], FrameSource] = open_view,
        parent: QObject | None = None,
    ) -> None:
        """``on_crash`` gets errors nobody expects, on the camera's thread; ``open_view`` is called there, too."""
        super().__init__(parent)
        self._on_crash = on_crash
        self._open_view = open_view
        self._thread: QThread | None = None
        self._worker: _CameraWorker | None = None

    @property
    def is_running(self) -> bool:
        """Whether a camera is being looked at, or looked for."""
        return self._thread is not None

    def choose(self, view: View) -> None:
        """Look at a camera or a recording from now on, in place of the one before."""
        if self._thread is None:
            self._start()
        self._view_asked.emit(view)

    def stop(self) -> None:
        """Let go of the camera and end the thread; stopping twice is harmless, and ``choose`` starts again."""
        thread, worker = self._thread, self._worker
        if thread is None or worker is None:
            return
        # What the worker has said and nobody has heard yet is about a camera that is no longer wanted.
        self._thread, self._worker = None, None
        worker.stops.set()
        self._end_asked.emit()
        thread.wait()
        self._view_asked.disconnect(worker.on_view_asked)
        self._end_asked.disconnect(worker.on_end_asked)
        thread.deleteLater()

    def _start(self) -> None:
        thread = QThread(self)
        thread.setObjectName("camera")
        worker = _CameraWorker(self._open_view, self._on_crash)
        worker.moveToThread(thread)
        self._view_asked.connect(worker.on_view_asked)
        self._end_asked.connect(worker.on_end_asked)
        worker.frame_ready.connect(self._on_frame_ready)
        worker.code_read.connect(self._on_code_read)
        worker.camera_lost.connect(self._on_camera_lost)
        worker.camera_found.connect(self._on_camera_found)
        worker.speed_measured.connect(self._on_speed_measured)
        worker.finished.connect(self._on_finished)
        thread.start()
        self._thread, self._worker = thread, worker

    def _is_current(self) -> bool:
        return self._worker is not None and self.sender() is self._worker

    @Slot(QImage, object)
    def _on_frame_ready(self, picture: QImage, corners: tuple[QPointF, ...]) -> None:
        if self._worker is not None and self._is_current():
            self.frame_ready.emit(picture, corners)
            # Only now the next: a screen that is slow must not be sent more than it can draw.
            self._worker.screen_is_free.set()

    @Slot(str)
    def _on_code_read(self, text: str) -> None:
        if self._is_current():
            self.code_read.emit(text)

    @Slot(str)
    def _on_camera_lost(self, sentence: str) -> None:
        if self._is_current():
            self.camera_lost.emit(sentence)

    @Slot(str)
    def _on_camera_found(self, name: str) -> None:
        if self._is_current():
            self.camera_found.emit(name)

    @Slot(float)
    def _on_speed_measured(self, speed: float) -> None:
        if self._is_current():
            self.frames_per_second.emit(speed)

    @Slot()
    def _on_finished(self) -> None:
        if self._is_current():
            self.finished.emit()


class _CameraWorker(QObject):
    """Looks at one frame at a time, on the thread it was moved to, and listens to orders between two frames."""

    frame_ready = Signal(QImage, object)
    code_read = Signal(str)
    camera_lost = Signal(str)
    camera_found = Signal(str)
    speed_measured = Signal(float)
    finished = Signal()

    def __init__(self, open_view: Callable[[View], FrameSource], on_crash: Callable[[BaseException], None]) -> None:
        super().__init__()
        self.screen_is_free = threading.Event()
        self.screen_is_free.set()
        self.stops = threading.Event()
        self._open_view = open_view
        self._on_crash = on_crash
        self._view: View | None = None
        self._source: FrameSource | None = None
        self._reader: CodeReader | None = None
        self._sightings = Sightings(0.0)
        self._is_lost = False
        self._next_due = 0.0
        self._next_picture = 0.0
        self._counted = 0
        self._counted_since = 0.0
        # Children move to the worker's thread with it.
        self._next_step = QTimer(self)
        self._next_step.setSingleShot(True)
        self._next_step.timeout.connect(self._on_next_step)

    @Slot(object)
    def on_view_asked(self, view: View) -> None:
        """Let go of the camera before and open this one."""
        self._let_go()
        self._view = view
        self._is_lost = False
        self._next_step.start(0)

    @Slot()
    def on_end_asked(self) -> None:
        """Let go of the camera and end the thread."""
        self._next_step.stop()
        self._let_go()
        QThread.currentThread().quit()

    @Slot()
    def _on_next_step(self) -> None:
        if self.stops.is_set() or self._view is None:
            return
        try:
            wait = self._step(self._view)
        except CameraMissing as error:
            wait = self._lose(error.message)
        except UsherError as error:
            _log.warning("%s: %s", error.code, error.message)
            self.camera_lost.emit(error.message)
            wait = self._finish()
        except Exception as error:
            self._on_crash(error)
            self._let_go()
            wait = self._lose("The camera's picture cannot be read: choose another camera.")
        if wait is not None:
            self._next_step.start(math.ceil(wait * 1000))

    def _step(self, view: View) -> float | None:
        """Look at one frame; give the seconds until the next one, or None when there is none."""
        source = self._opened(view)
        seen = source.read()
        if seen is SourceEvent.ENDED:
            return self._finish()
        if not isinstance(seen, Frame):
            name = source.name
            return self._lose(f"{name} stopped: plug it in again, or close the program that took it.")
        if self._is_lost:
            self._be_found(source)
        self._look_at(seen.picture)
        now = time.monotonic()
        self._measure_speed(now)
        if not isinstance(view, Recording) or view.frames_per_second == AS_FAST_AS_DECODED:
            return 0.0
        self._next_due = max(self._next_due + 1 / view.frames_per_second, now - 1)
        return max(0.0, self._next_due - now)

    def _opened(self, view: View) -> FrameSource:
        if self._source is None:
            self._reader = self._reader or CodeReader()
            self._source = self._open_view(view)
            # Recordings may be decoded faster than they were made, so only their frames count.
            self._sightings = Sightings(0.0 if isinstance(view, Recording) else Sightings.SECONDS_OUT_OF_SIGHT)
            self._be_found(self._source)
        elif self._is_lost:
            self._source.reopen()
        return self._source

    def _look_at(self, picture: Picture) -> None:
        assert self._reader is not None
        codes = self._reader.read(picture)
        now = time.monotonic()
        if now >= self._next_picture and self.screen_is_free.is_set():
            self.screen_is_free.clear()
            self._next_picture = now + 1 / PICTURES_A_SECOND
            corners = tuple(QPointF(x, y) for x, y in codes[0].corners) if codes else ()
            self.frame_ready.emit(as_image(picture), corners)
        for text in self._sightings.new_among((code.text for code in codes), now):
            self.code_read.emit(text)

    def _be_found(self, source: FrameSource) -> None:
        self._is_lost = False
        self._next_due = self._counted_since = time.monotonic()
        self._counted = 0
        _log.info("Pictures come from %s", source.name)
        self.camera_found.emit(source.name)

    def _lose(self, sentence: str) -> float:
        """Say once that the camera is gone; give the seconds until it is looked for again."""
        if not self._is_lost:
            self._is_lost = True
            _log.warning("%s", sentence)
            self.camera_lost.emit(sentence)
        return RETRY_SECONDS

    def _finish(self) -> None:
        self._let_go()
        self._view = None
        self.finished.emit()

    def _let_go(self) -> None:
        if self._source is not None:
            self._source.close()
            self._source = None

    def _measure_speed(self, now: float) -> None:
        self._counted += 1
        if (passed := now - self._counted_since) >= _SPEED_EVERY:
            self.speed_measured.emit(self._counted / passed)
            self._counted, self._counted_since = 0, now


def as_image(picture: Picture) -> QImage:
    """Copy a frame (height x width x 3, BGR, uint8) into an image that owns its pixels."""
    height, width = picture.shape[:2]
    return QImage(picture.data, width, height, picture.strides[0], QImage.Format.Format_BGR888).copy()
