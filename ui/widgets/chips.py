"""Pills: filters that are switched on and off, and soft chips that tell a state."""

from enum import StrEnum

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QPainter
from PySide6.QtWidgets import QLabel, QMenu, QPushButton, QWidget

from ui.theme import ColourRole, Theme
from ui.theme.style import set_look

_CHIP_RADIUS = 6.0
_CHIP_PADDING = 7.0
_CHIP_HEIGHT = 20.0
_CHIP_TEXT = 11


class Tone(StrEnum):
    """What a chip, a dot or a message means."""

    NEUTRAL = "neutral"
    OK = "ok"
    WARNING = "warning"
    BAD = "bad"
    ACCENT = "accent"

    @property
    def soft_role(self) -> ColourRole:
        """The surface of this tone."""
        return ColourRole.BACKGROUND if self is Tone.NEUTRAL else ColourRole(f"{self.value}_soft")

    @property
    def ink_role(self) -> ColourRole:
        """The text colour that reads on that surface."""
        return ColourRole.MUTED_INK if self is Tone.NEUTRAL else ColourRole(f"{self.value}_ink")

    @property
    def strong_role(self) -> ColourRole:
        """The full colour, for dots and outlines."""
        return ColourRole.MUTED if self is Tone.NEUTRAL else ColourRole(self.value)


class FilterChip(QPushButton):
    """A pill that switches a filter on and off; with a menu it opens that instead."""

    def __init__(self, text: str, parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        self.setCheckable(True)
        self.setAutoDefault(False)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setProperty("kind", "chip")

    def setMenu(self, menu: QMenu) -> None:
        """Open `menu` when pressed, and leave room for its arrow."""
        super().setMenu(menu)
        self.setCheckable(False)
        set_look(self, "has_menu", "yes")


class StatusChip(QLabel):
    """A word on a soft colour, such as "accepted"."""

    def __init__(self, text: str, tone: Tone = Tone.NEUTRAL, parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        self.setProperty("chip", "yes")
        self.setProperty("tone", tone.value)
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.setSizePolicy(self.sizePolicy().Policy.Fixed, self.sizePolicy().Policy.Fixed)

    def show_state(self, text: str, tone: Tone) -> None:
        """Show another word in another tone."""
        self.setText(text)
        set_look(self, "tone", tone.value)


def chip_size(theme: Theme, text: str) -> QSize:
    """Return the size in logical pixels that `paint_chip` needs for `text`."""
    metrics = QFontMetricsF(theme.font(_CHIP_TEXT, QFont.Weight.Medium))
    return QSize(round(metrics.horizontalAdvance(text) + 2 * _CHIP_PADDING + 0.5), round(_CHIP_HEIGHT))


def paint_chip(painter: QPainter, theme: Theme, bounds: QRectF, text: str, tone: Tone) -> QRectF:
    """Paint a status chip at the left of `bounds`, centred in its height, for use in item delegates.

    The text is shortened to what fits. Returns the rectangle that was covered.
    """
    font = theme.font(_CHIP_TEXT, QFont.Weight.Medium)
    metrics = QFontMetricsF(font)
    width = min(metrics.horizontalAdvance(text) + 2 * _CHIP_PADDING, bounds.width())
    chip = QRectF(bounds.left(), bounds.center().y() - _CHIP_HEIGHT / 2, width, _CHIP_HEIGHT)
    shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, width - 2 * _CHIP_PADDING + 0.5)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.colours.of(tone.soft_role))
    painter.drawRoundedRect(chip, _CHIP_RADIUS, _CHIP_RADIUS)
    painter.setFont(font)
    painter.setPen(theme.colours.of(tone.ink_role))
    painter.drawText(chip, Qt.AlignmentFlag.AlignCenter, shown)
    painter.restore()
    return chip
