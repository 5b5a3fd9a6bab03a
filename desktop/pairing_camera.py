"""Reading a pairing code off an organizer's screen with this computer's camera."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QDialog, QVBoxLayout, QWidget

from desktop.camera_worker import Camera, CameraFeed, View
from models.errors import BadInput
from sync.client.pairing import parse_pairing_code
from ui.door.camera_view import CameraView
from ui.theme import Theme
from ui.widgets.cards import label


class PairingCamera(QDialog):
    """Shows what the camera sees until a pairing code is in it."""

    code_read = Signal(str)

    def __init__(
        self,
        theme: Theme,
        on_crash: Callable[[BaseException], None],
        parent: QWidget | None = None,
        view: View | None = None,
    ) -> None:
        """Look through the first camera, or at ``view``."""
        super().__init__(parent)
        self.setWindowTitle(self.tr("Read the pairing code"))
        self.camera = CameraView(theme)
        self.camera.setMinimumSize(640, 400)
        self.sentence = label(self.tr("Hold the camera to the code on the organizer's screen."), "muted")
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 24, 24, 24)
        column.setSpacing(16)
        column.addWidget(self.camera)
        column.addWidget(self.sentence)
        self._feed = CameraFeed(on_crash, parent=self)
        self._feed.frame_ready.connect(self.camera.show_frame)
        self._feed.code_read.connect(self._on_code_read)
        self._feed.camera_lost.connect(self.camera.show_problem)
        self.finished.connect(self._feed.stop)
        self._feed.choose(view or Camera(0))

    def _on_code_read(self, text: str) -> None:
        try:
            parse_pairing_code(text)
        except BadInput:
            self.sentence.setText(self.tr("This is another code: look for the one in “Pair a device”."))
            return
        self.code_read.emit(text)
        self.accept()
