"""The line at the top of the door's screen, with its counts and clock, and the keys at the foot."""

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QAction, QActionGroup, QFont, QFontMetricsF, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QFrame, QHBoxLayout, QMenu, QSizePolicy, QToolButton, QWidget

from models.events import Direction, DoorDirection
from ui.door.camera_view import CameraChoice
from ui.theme import ColourRole, Theme
from ui.theme.style import ThemedWidget
from ui.widgets.buttons import Button, ButtonKind
from ui.widgets.cards import label
from ui.widgets.chips import FilterChip, Tone
from ui.widgets.status_line import Connection, connection_tone, connection_words

_HEADER_HEIGHT = 52
_FOOT_HEIGHT = 32
_PILL_HEIGHT = 26
_PILL_WIDEST = 400
_PILL_SIDES = 26
_NO_PEN = QPen(Qt.PenStyle.NoPen)


class CountPill(ThemedWidget):
    """A word and a number in a pill: "Inside 134"."""

    def __init__(self, theme: Theme, word: str, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self._word = word
        self._count: int | None = None
        self.setFixedHeight(_PILL_HEIGHT)
        self.show_count(None)

    @property
    def count(self) -> int | None:
        """The number that is shown."""
        return self._count

    def show_count(self, count: int | None) -> None:
        """Show a number; None while it is not known yet."""
        self._count = count
        self.setAccessibleName(f"{self._word} {self._number()}")
        self.setFixedWidth(self.sizeHint().width())
        self.update()

    def sizeHint(self) -> QSize:
        word = QFontMetricsF(self._word_font()).horizontalAdvance(self._word)
        number = QFontMetricsF(self._number_font()).horizontalAdvance(self._number())
        return QSize(round(word + number + 10 + 24), _PILL_HEIGHT)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colours = self.theme.colours
        painter.setPen(colours.of(ColourRole.LINE))
        painter.setBrush(colours.of(ColourRole.RAISED))
        area = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.drawRoundedRect(area, area.height() / 2, area.height() / 2)
        painter.setPen(colours.of(ColourRole.TEXT))
        inner = self.rect().adjusted(12, 0, -12, 0)
        painter.setFont(self._word_font())
        painter.drawText(inner, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, self._word)
        painter.setFont(self._number_font())
        painter.drawText(inner, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, self._number())

    def _number(self) -> str:
        return "–" if self._count is None else str(self._count)

    def _word_font(self) -> QFont:
        return self.theme.font(12)

    def _number_font(self) -> QFont:
        return self.theme.font(15, QFont.Weight.DemiBold)


class ConnectionPill(QAbstractButton):
    """Says quietly that the door works offline, and tells more when pressed; nothing to see while all is well."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._tone = Tone.WARNING
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setToolTip(self.tr("Show what waits and what was refused"))
        self.setFixedHeight(_PILL_HEIGHT)
        theme.changed.connect(self._on_theme_changed)
        self.hide()

    def show_state(self, text: str, tone: Tone) -> None:
        """Say something, or nothing with an empty text."""
        self._tone = tone
        self.setText(text)
        self.setAccessibleName(text)
        self.setVisible(bool(text))
        # A long sentence begins here, and stands whole in what a press opens.
        wanted = round(QFontMetricsF(self._font()).horizontalAdvance(text)) + _PILL_SIDES
        self.setFixedWidth(min(wanted, _PILL_WIDEST))
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        # Otherwise the door's screen would take it as a word for the guest.
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
            return
        super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colours = self._theme.colours
        is_lit = self.hasFocus() or self.underMouse()
        painter.setPen(QPen(colours.of(self._tone.strong_role), 2 if self.hasFocus() else 1) if is_lit else _NO_PEN)
        painter.setBrush(colours.of(self._tone.soft_role))
        area = QRectF(self.rect()).adjusted(1, 1, -1, -1) if is_lit else QRectF(self.rect())
        painter.drawRoundedRect(area, area.height() / 2, area.height() / 2)
        painter.setFont(self._font())
        painter.setPen(colours.of(self._tone.ink_role))
        room = self.width() - _PILL_SIDES + 1
        shown = QFontMetricsF(self._font()).elidedText(self.text(), Qt.TextElideMode.ElideRight, room)
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, shown)

    def _font(self) -> QFont:
        return self._theme.font(12, QFont.Weight.DemiBold)

    def _on_theme_changed(self) -> None:
        self.update()


class DoorHeader(QFrame):
    """Door, event, which way people pass, how many are inside and expected, the connection, the time."""

    direction_chosen = Signal(object)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("part", "header")
        self.setFixedHeight(_HEADER_HEIGHT)
        self.back = Button(theme, self.tr("Back to planning"), ButtonKind.PLAIN, "chevron-left")
        self.back.setToolTip(self.tr("Leave the door's screen"))
        self.back.hide()
        self._door = label("", "title")
        self._event = label("", "muted")
        self._event.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.direction_chip = FilterChip(self.tr("Going out"))
        self.direction_chip.setToolTip(self.tr("Record people who leave (F4)"))
        self.direction_chip.toggled.connect(self._on_direction_toggled)
        self.inside = CountPill(theme, self.tr("Inside"))
        self.expected = CountPill(theme, self.tr("Expected"))
        self.to_look_at = ConnectionPill(theme)
        self.connection = ConnectionPill(theme)
        self.clock = label("")
        self.clock.setFont(theme.font(18, QFont.Weight.DemiBold))
        self.clock.setStyleSheet("font-size: 18px; font-weight: 600;")
        row = QHBoxLayout(self)
        row.setContentsMargins(20, 0, 20, 0)
        row.setSpacing(14)
        row.addWidget(self.back)
        row.addWidget(self._door)
        row.addWidget(self._event, 1)
        for widget in (self.direction_chip, self.inside, self.expected, self.to_look_at, self.connection, self.clock):
            row.addWidget(widget)

    def show_names(self, door: str, event: str) -> None:
        """Show which door of which event this is."""
        self._door.setText(door)
        self._event.setText(event)

    def show_directions(self, used: DoorDirection) -> None:
        """Offer the way out only at a door that is used both ways."""
        self.direction_chip.setVisible(used is DoorDirection.BOTH)

    def show_connection(self, connection: Connection, waiting: int, text: str) -> None:
        """Say that the door is offline, or has a problem; otherwise only what ``text`` says, if anything."""
        if connection in (Connection.IN_STEP, Connection.SENDING):
            self.connection.show_state(text, Tone.WARNING)
        else:
            self.connection.show_state(text or connection_words(connection, waiting), connection_tone(connection))

    def _on_direction_toggled(self, out: bool) -> None:
        self.direction_chosen.emit(Direction.OUT if out else Direction.IN)


class DoorFoot(QFrame):
    """The keys that can be pressed, and the camera with its menu."""

    camera_chosen = Signal(str)
    mirror_toggled = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("part", "status")
        self.setFixedHeight(_FOOT_HEIGHT)
        self._keys = label("")
        self._keys.setTextFormat(Qt.TextFormat.RichText)
        self._cameras: tuple[CameraChoice, ...] = ()
        self._chosen = ""
        self._rate: float | None = None
        self.camera_button = QToolButton()
        self.camera_button.setProperty("kind", "plain")
        self.camera_button.setStyleSheet(
            "QToolButton { padding: 1px 6px; min-height: 0; border-radius: 6px; font-size: 12px; font-weight: 400;"
            " color: palette(placeholder-text); }"
            "QToolButton::menu-indicator { image: none; }"
        )
        self.camera_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.camera_button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.menu = QMenu(self)
        self.camera_button.setMenu(self.menu)
        self.mirror_action = QAction(self.tr("Mirror the picture"), self)
        self.mirror_action.setCheckable(True)
        self.mirror_action.toggled.connect(self.mirror_toggled)
        row = QHBoxLayout(self)
        row.setContentsMargins(20, 0, 12, 0)
        row.addWidget(self._keys)
        row.addStretch(1)
        row.addWidget(self.camera_button)
        self.show_cameras(())

    @property
    def keys_text(self) -> str:
        """The keys as they are shown (rich text)."""
        return self._keys.text()

    def show_keys(self, keys: Sequence[tuple[str, str]]) -> None:
        """Show keys with what they do."""
        gap = "&nbsp;" * 5
        self._keys.setText(gap.join(f"<b>{key}</b> {what}" for key, what in keys))
        self._keys.setAccessibleName(", ".join(f"{key}: {what}" for key, what in keys))

    def show_cameras(self, cameras: Sequence[CameraChoice]) -> None:
        """Offer these cameras."""
        self._cameras = tuple(cameras)
        self.menu.clear()
        group = QActionGroup(self.menu)
        for camera in cameras:
            action = self.menu.addAction(camera.name)
            action.setCheckable(True)
            action.setChecked(camera.id == self._chosen)
            action.setData(camera.id)
            group.addAction(action)
        if not cameras:
            none = self.menu.addAction(self.tr("No camera was found"))
            none.setEnabled(False)
        group.triggered.connect(self._on_camera_triggered)
        self.menu.addSeparator()
        self.menu.addAction(self.mirror_action)
        self._show_camera()

    def show_camera(self, camera_id: str, rate: float | None = None) -> None:
        """Show which camera is in use and how many frames a second come."""
        self._chosen, self._rate = camera_id, rate
        for action in self.menu.actions():
            if action.data() == camera_id:
                action.setChecked(True)
        self._show_camera()

    def _show_camera(self) -> None:
        name = next((one.name for one in self._cameras if one.id == self._chosen), "")
        text = self.tr("Camera: {name}").format(name=name) if name else self.tr("No camera")
        if name and self._rate is not None:
            text += self.tr(" · {rate} frames/s").format(rate=round(self._rate))
        self.camera_button.setText(text)
        self.camera_button.setAccessibleName(text)

    def _on_camera_triggered(self, action: QAction) -> None:
        self.show_camera(action.data())
        self.camera_chosen.emit(action.data())
