"""Joins a door's screen with a camera: which cameras there are, what the chosen one sees, what it reads."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject, QTimer

from desktop.camera_worker import Camera, CameraFeed, Recording, View
from desktop.codes.sources import CameraChoice as FoundCamera
from desktop.codes.sources import list_cameras
from desktop.settings import SettingsFile
from desktop.writer import Errands
from models.errors import UsherError
from ui.door.camera_view import CameraChoice
from ui.door.door_page import DoorPage

_log = logging.getLogger(__name__)
LOOK_AGAIN_MS = 3_000
"""From one look for cameras to the next while there is none."""


class DoorCamera(QObject):
    """Feeds one door's screen from one camera, or from a recording that stands in for it."""

    def __init__(
        self, page: DoorPage, settings: SettingsFile, errands: Errands, on_crash: Callable[[BaseException], None]
    ) -> None:
        """Join the two; :meth:`start` looks for cameras."""
        super().__init__(page)
        self._page = page
        self._settings = settings
        self._errands = errands
        self._view: View | None = None
        self._is_wanted = False
        self._look_again = QTimer(self)
        self._look_again.setSingleShot(True)
        self._look_again.setInterval(LOOK_AGAIN_MS)
        self._look_again.timeout.connect(self._look)
        self.feed = CameraFeed(on_crash, parent=self)
        self.feed.frame_ready.connect(page.show_frame)
        self.feed.code_read.connect(page.on_code)
        self.feed.camera_lost.connect(page.show_camera_problem)
        self.feed.camera_found.connect(self._on_camera_found)
        self.feed.frames_per_second.connect(self._on_speed_measured)
        page.camera_chosen.connect(self._on_camera_chosen)
        page.camera.set_mirrored(settings.current.mirror_camera)
        page.foot.mirror_toggled.connect(self._on_mirror_toggled)

    def start(self) -> None:
        """Look for cameras away from the screen, and use the one of the last time or the first."""
        self._is_wanted = True
        self._look()

    def watch(self, view: View) -> None:
        """Look at a camera or a recording from now on."""
        self._view = view
        self.feed.choose(view)

    def stop(self) -> None:
        """Let go of the camera, also of one that is still being looked for."""
        self._is_wanted = False
        self._look_again.stop()
        self.feed.stop()

    def _look(self) -> None:
        if self._is_wanted and not self.feed.is_running:
            self._errands.submit(list_cameras, self._on_cameras_found, self._on_failed)

    def _on_cameras_found(self, cameras: Sequence[FoundCamera]) -> None:
        if not self._is_wanted:
            return
        self._page.set_cameras([CameraChoice(str(camera.index), camera.name) for camera in cameras])
        if self.feed.is_running:
            return
        if not cameras:
            self._look_again.start()
            return
        known = {camera.index for camera in cameras}
        last = self._settings.current.camera
        self.watch(Camera(last if last in known else cameras[0].index))

    def _on_failed(self, error: UsherError) -> None:
        self._page.show_camera_problem(error.message)

    def _on_camera_found(self, name: str) -> None:
        if isinstance(self._view, Recording):
            self._page.set_cameras([CameraChoice(self._camera_id, self._view.path.name)])
        self._page.show_camera(self._camera_id)

    def _on_speed_measured(self, speed: float) -> None:
        self._page.show_camera(self._camera_id, speed)

    @property
    def _camera_id(self) -> str:
        return str(self._view.index) if isinstance(self._view, Camera) else "recording"

    def _on_camera_chosen(self, camera_id: str) -> None:
        if not camera_id.isdigit():
            return
        self._settings.change(camera=int(camera_id))
        self.watch(Camera(int(camera_id)))

    def _on_mirror_toggled(self, mirrored: bool) -> None:
        self._settings.change(mirror_camera=mirrored)
        self._page.camera.set_mirrored(mirrored)
