"""A view of the floor in millimetres that zooms to the pointer, pans, and keeps the whole floor in sight."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QNativeGestureEvent, QPainter, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QFrame, QGraphicsScene, QGraphicsView, QWidget

from ui.planner.paints import FULL_SCALE

SMALLEST_ZOOM, LARGEST_ZOOM = 0.05, 4.0
ZOOM_STEP = 1.2
_WHEEL_NOTCH = 120
_ROUND_THE_FLOOR = 22


class ScaledView(QGraphicsView):
    """Zooms and pans over a floor; coordinates of its scene are millimetres."""

    zoomed = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._floor = QRectF(0, 0, 10_000, 10_000)
        self._keeps_fit = True
        scene = QGraphicsScene(self)
        scene.setItemIndexMethod(QGraphicsScene.ItemIndexMethod.BspTreeIndex)
        self.setScene(scene)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setRenderHint(QPainter.RenderHint.Antialiasing)
        self.setViewportUpdateMode(QGraphicsView.ViewportUpdateMode.SmartViewportUpdate)
        self.setOptimizationFlag(QGraphicsView.OptimizationFlag.DontSavePainterState)
        self.setTransformationAnchor(QGraphicsView.ViewportAnchor.NoAnchor)
        self.setResizeAnchor(QGraphicsView.ViewportAnchor.NoAnchor)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.scale(FULL_SCALE, FULL_SCALE)

    def set_floor(self, floor: QRectF) -> None:
        """Show this floor, all of it."""
        self._floor = floor
        # So much lies around it that every corner can be brought to the middle.
        around = 2 * max(floor.width(), floor.height())
        self.setSceneRect(floor.adjusted(-around, -around, around, around))
        self.viewport().update()
        self.fit()

    @property
    def zoom(self) -> float:
        """The zoom; 1.0 shows a metre as 60 pixels."""
        return self.transform().m11() / FULL_SCALE

    def set_zoom(self, zoom: float, around: QPoint | None = None) -> None:
        """Zoom, keeping the floor under ``around`` (a point of the viewport; else its middle) where it is."""
        around = around if around is not None else self.viewport().rect().center()
        floor = self.mapToScene(around)
        self._keeps_fit = False
        factor = min(max(zoom, SMALLEST_ZOOM), LARGEST_ZOOM) / self.zoom
        self.scale(factor, factor)
        self._bring(floor, around)
        self.zoomed.emit(self.zoom)

    def zoom_in(self) -> None:
        """Zoom in by a step."""
        self.set_zoom(self.zoom * ZOOM_STEP)

    def zoom_out(self) -> None:
        """Zoom out by a step."""
        self.set_zoom(self.zoom / ZOOM_STEP)

    def fit(self) -> None:
        """Show the whole room, and go on doing so when the window changes its size."""
        room = self._floor
        view = self.viewport().size()
        across = max(view.width() - 2 * _ROUND_THE_FLOOR, 50) / room.width()
        down = max(view.height() - 2 * _ROUND_THE_FLOOR, 50) / room.height()
        factor = min(max(min(across, down) / FULL_SCALE, SMALLEST_ZOOM), LARGEST_ZOOM) / self.zoom
        self.scale(factor, factor)
        self._bring(room.center(), self.viewport().rect().center())
        self._keeps_fit = True
        self.zoomed.emit(self.zoom)

    def pan(self, way: QPoint) -> None:
        """Move the room by so many pixels."""
        self._keeps_fit = False
        across, down = self.horizontalScrollBar(), self.verticalScrollBar()
        across.setValue(across.value() - way.x())
        down.setValue(down.value() - way.y())

    def _bring(self, floor: QPointF, place: QPoint) -> None:
        away = self.mapFromScene(floor) - place
        self.horizontalScrollBar().setValue(self.horizontalScrollBar().value() + away.x())
        self.verticalScrollBar().setValue(self.verticalScrollBar().value() + away.y())

    def wheelEvent(self, event: QWheelEvent) -> None:
        turned = event.angleDelta().y() or event.angleDelta().x()
        if turned:
            self.set_zoom(self.zoom * ZOOM_STEP ** (turned / _WHEEL_NOTCH), event.position().toPoint())
        event.accept()

    def viewportEvent(self, event: QEvent) -> bool:
        pinched = isinstance(event, QNativeGestureEvent)
        if pinched and event.gestureType() == Qt.NativeGestureType.ZoomNativeGesture:
            self.set_zoom(self.zoom * (1 + event.value()), event.position().toPoint())
            return True
        return super().viewportEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._keeps_fit:
            self.fit()
