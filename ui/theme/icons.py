"""Draws the bundled icon family in the colours of a theme."""

from dataclasses import dataclass
from importlib.resources import files

from PySide6.QtCore import QByteArray, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QGuiApplication, QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

ICON_SIZES = (16, 18, 20, 22, 24, 32)
_APPLICATION_SIZES = (16, 32, 48, 64, 128, 256, 512)


@dataclass(frozen=True, slots=True)
class _PixmapKey:
    name: str
    colour: str
    size: int
    device_pixel_ratio: float


def application_icon() -> QIcon:
    """Return the program's own icon, the same in every theme."""
    icon = QIcon()
    folder = files("resources") / "icons"
    for size in _APPLICATION_SIZES:
        pixmap = QPixmap()
        pixmap.loadFromData((folder / f"usher-{size}.png").read_bytes())
        icon.addPixmap(pixmap)
    return icon


def icon_source(name: str, colour: str) -> bytes:
    """Return the SVG text of icon `name` drawn in `colour` (`#RRGGBB`).

    Raises `FileNotFoundError` when there is no such icon.
    """
    source = (files("resources") / "icons" / f"{name}.svg").read_bytes()
    return source.replace(b"currentColor", colour.encode("ascii"))


class IconPainter:
    """Renders icons once for each colour, size and screen density, and keeps them."""

    def __init__(self) -> None:
        self._pixmaps: dict[_PixmapKey, QPixmap] = {}
        self._renderers: dict[tuple[str, str], QSvgRenderer] = {}

    def icon(self, name: str, colour: QColor, disabled: QColor) -> QIcon:
        """Return icon `name` in `colour`, sharp on every screen that is connected now.

        Raises `FileNotFoundError` when there is no such icon.
        """
        result = QIcon()
        for ratio in self._device_pixel_ratios():
            for size in ICON_SIZES:
                result.addPixmap(self.pixmap(name, colour, size, ratio))
                result.addPixmap(self.pixmap(name, disabled, size, ratio), QIcon.Mode.Disabled)
        return result

    def pixmap(self, name: str, colour: QColor, size: int, device_pixel_ratio: float) -> QPixmap:
        """Return icon `name` as a square of `size` logical pixels.

        Raises `FileNotFoundError` when there is no such icon.
        """
        key = _PixmapKey(name, colour.name(), size, device_pixel_ratio)
        if key not in self._pixmaps:
            self._pixmaps[key] = self._rendered(key)
        return self._pixmaps[key]

    def _rendered(self, key: _PixmapKey) -> QPixmap:
        # Looked up first: a missing file must not leave a painter open on the pixmap.
        renderer = self._renderer(key.name, key.colour)
        edge = round(key.size * key.device_pixel_ratio)
        pixmap = QPixmap(QSize(edge, edge))
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        renderer.render(painter, QRectF(0, 0, edge, edge))
        painter.end()
        pixmap.setDevicePixelRatio(key.device_pixel_ratio)
        return pixmap

    def _renderer(self, name: str, colour: str) -> QSvgRenderer:
        if (name, colour) not in self._renderers:
            self._renderers[(name, colour)] = QSvgRenderer(QByteArray(icon_source(name, colour)))
        return self._renderers[(name, colour)]

    @staticmethod
    def _device_pixel_ratios() -> list[float]:
        return sorted({1.0, 2.0, *(screen.devicePixelRatio() for screen in QGuiApplication.screens())})
