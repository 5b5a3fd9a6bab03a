"""Shows what the camera sees, with an outline round the code that was read."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPainterPath, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from ui.theme import ColourRole, Theme
from ui.theme.style import ThemedWidget

_RADIUS = 14.0
_GROUND = QColor("#32353A")
_INK = QColor("#E7E9EB")
_MUTED = QColor("#A9B0B7")
_OUTLINE = QColor("#34D17A")
_OUTLINE_WIDTH = 4.0


@dataclass(frozen=True, slots=True)
class CameraChoice:
    """A camera that can be chosen: what the worker knows it by, and what it is called."""

    id: str
    name: str


class CameraView(ThemedWidget):
    """Paints frames filling its whole area, or says in a sentence why there are none."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self._frame: QImage | None = None
        self._corners: tuple[QPointF, ...] = ()
        self._problem = self.tr("Waiting for the camera")
        self._is_mirrored = False
        self.setMinimumSize(200, 120)
        self._describe()

    @property
    def problem(self) -> str:
        """The sentence that stands in the place of the picture; empty while there is one."""
        return self._problem

    @property
    def is_mirrored(self) -> bool:
        """Whether left and right are exchanged, as in a mirror."""
        return self._is_mirrored

    def set_mirrored(self, mirrored: bool) -> None:
        """Exchange left and right, or no longer."""
        self._is_mirrored = mirrored
        self.update()

    def show_frame(self, frame: QImage, corners: Sequence[QPointF] = ()) -> None:
        """Show a frame; ``corners`` are those of the code that was read in it, in its pixels."""
        had_problem = bool(self._problem)
        self._frame = frame
        self._corners = tuple(corners)
        self._problem = ""
        if had_problem:
            self._describe()
        self.update()

    def show_problem(self, sentence: str) -> None:
        """Say why there is no picture, until the next frame."""
        self._problem = sentence
        self._frame = None
        self._corners = ()
        self._describe()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(560, 430)

    def outline(self) -> QPolygonF:
        """Give the outline of the code that was read, in the widget's own coordinates."""
        if self._frame is None or len(self._corners) < 3:
            return QPolygonF()
        target = self._target(self._frame)
        scale = target.width() / self._frame.width()
        points = [QPointF(target.x() + one.x() * scale, target.y() + one.y() * scale) for one in self._corners]
        if self._is_mirrored:
            points = [QPointF(self.width() - one.x(), one.y()) for one in points]
        return QPolygonF(points)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = QPainterPath()
        area.addRoundedRect(QRectF(self.rect()), _RADIUS, _RADIUS)
        painter.setClipPath(area)
        painter.fillRect(self.rect(), _GROUND)
        if self._frame is None:
            self._paint_problem(painter)
            return
        painter.save()
        if self._is_mirrored:
            painter.translate(self.width(), 0)
            painter.scale(-1, 1)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(self._target(self._frame), self._frame)
        painter.restore()
        outline = self.outline()
        if not outline.isEmpty():
            pen = QPen(_OUTLINE, _OUTLINE_WIDTH)
            pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
            painter.setPen(pen)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawPolygon(outline)

    def _target(self, frame: QImage) -> QRectF:
        scale = max(self.width() / frame.width(), self.height() / frame.height())
        width, height = frame.width() * scale, frame.height() * scale
        return QRectF((self.width() - width) / 2, (self.height() - height) / 2, width, height)

    def _paint_problem(self, painter: QPainter) -> None:
        size = 40
        centre = self.rect().center()
        icon = self.theme.pixmap("camera", ColourRole.ON_VERDICT, size, self.devicePixelRatioF())
        painter.setOpacity(0.55)
        painter.drawPixmap(centre.x() - size // 2, centre.y() - size - 14, icon)
        painter.setOpacity(1.0)
        inner = self.rect().adjusted(28, 0, -28, 0)
        painter.setPen(_INK)
        painter.setFont(self.theme.font(15))
        flags = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWordWrap
        words = QRectF(inner.x(), centre.y(), inner.width(), self.height() - centre.y())
        covered = painter.boundingRect(words, flags, self._problem)
        painter.drawText(words, flags, self._problem)
        painter.setPen(_MUTED)
        painter.setFont(self.theme.font(13))
        words.setTop(covered.bottom() + 6)
        painter.drawText(words, flags, self.tr("Typing a name or a code, and a USB scanner, work all the same."))

    def _describe(self) -> None:
        self.setAccessibleName(self._problem or self.tr("Picture of the camera"))
