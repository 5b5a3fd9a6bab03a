"""Messages of one sentence that lie over the window and stop nobody."""

from dataclasses import dataclass

from PySide6.QtCore import QEvent, QObject, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QAction
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QSizePolicy, QWidget

from ui.theme import ColourRole, Theme
from ui.theme.style import set_look
from ui.widgets.buttons import ActionButton, ButtonKind, IconButton
from ui.widgets.cards import wrapped
from ui.widgets.chips import Tone

_MARGIN = 16
_WIDEST = 640
_SHORT_STAY = 6_000
_LONG_STAY = 12_000
_ICONS = {
    Tone.NEUTRAL: "info-circle",
    Tone.ACCENT: "info-circle",
    Tone.OK: "check-circle",
    Tone.WARNING: "alert-circle",
    Tone.BAD: "cross-circle",
}


@dataclass(frozen=True, slots=True)
class Message:
    """One sentence, how serious it is, and the one thing that can be done about it."""

    text: str
    tone: Tone
    action: QAction | None = None


class Toast(QFrame):
    """Shows the newest message at the foot of `host`; what went wrong stays until it is closed."""

    closed = Signal()

    def __init__(self, theme: Theme, host: QWidget) -> None:
        super().__init__(host)
        self._theme = theme
        self._host = host
        self._foot = 0
        self._message: Message | None = None
        self._action_button: ActionButton | None = None
        self.setProperty("part", "toast")
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(14, 8, 8, 8)
        self._row.setSpacing(10)
        self._sign = QLabel()
        self._text = wrapped("")
        self._text.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._close = IconButton(theme, "close", self.tr("Close the message"), ColourRole.MUTED_INK)
        self._close.clicked.connect(self.dismiss)
        self._row.addWidget(self._sign)
        self._row.addWidget(self._text, 1)
        self._row.addWidget(self._close)
        self._stay = QTimer(self)
        self._stay.setSingleShot(True)
        self._stay.timeout.connect(self.dismiss)
        theme.changed.connect(self._draw_sign)
        host.installEventFilter(self)
        self.hide()

    @property
    def message(self) -> Message | None:
        """What is shown now."""
        return self._message

    def set_foot(self, height: int) -> None:
        """Keep `height` logical pixels free below, for a status line."""
        self._foot = height
        self._place()

    def show_message(self, message: Message) -> None:
        """Show `message` in place of the one before, and let screen readers say it."""
        self._message = message
        set_look(self, "tone", message.tone.value)
        self._text.setText(message.text)
        self._draw_sign()
        self._show_action(message.action)
        self.setAccessibleName(message.text)
        self._place()
        self.show()
        self.raise_()
        announcement = QAccessibleAnnouncementEvent(self, message.text)
        if message.tone is Tone.BAD:
            announcement.setPoliteness(QAccessible.AnnouncementPoliteness.Assertive)
        QAccessible.updateAccessibility(announcement)
        if message.tone is Tone.BAD:
            self._stay.stop()
        else:
            self._stay.start(_LONG_STAY if message.action or message.tone is Tone.WARNING else _SHORT_STAY)

    def dismiss(self) -> None:
        """Take the message away."""
        self._stay.stop()
        self._message = None
        self.hide()
        self.closed.emit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._host and event.type() == QEvent.Type.Resize:
            self._place()
        return super().eventFilter(watched, event)

    def enterEvent(self, event: QEvent) -> None:
        # Nobody should have to race the clock to the button.
        if self._stay.isActive():
            self._stay.start(_LONG_STAY)

    def _show_action(self, action: QAction | None) -> None:
        if self._action_button is not None:
            self._row.removeWidget(self._action_button)
            self._action_button.hide()
            self._action_button.deleteLater()
            self._action_button = None
        if action is not None:
            self._action_button = ActionButton(action, ButtonKind.QUIET, self)
            self._action_button.clicked.connect(self.dismiss)
            self._row.insertWidget(2, self._action_button)

    def _draw_sign(self) -> None:
        if self._message is None:
            return
        tone = self._message.tone
        role = ColourRole.ACCENT if tone is Tone.NEUTRAL else tone.strong_role
        self._sign.setPixmap(self._theme.pixmap(_ICONS[tone], role, 20, self.devicePixelRatioF()))

    def _place(self) -> None:
        room = self._host.size() - QSize(2 * _MARGIN, self._foot + 2 * _MARGIN)
        if room.width() <= 0:
            return
        self.ensurePolished()
        self._row.activate()
        text_width = self._text.fontMetrics().horizontalAdvance(self._text.text()) + 4
        frame = self._row.contentsMargins().left() + self._row.contentsMargins().right()
        others = [self._sign, self._close, *([self._action_button] if self._action_button else [])]
        rest = sum(widget.sizeHint().width() + self._row.spacing() for widget in others)
        width = min(text_width + rest + frame + 4, room.width(), _WIDEST)
        height = max(self._row.heightForWidth(width), self._row.sizeHint().height() if width < _WIDEST else 0, 48)
        self.setGeometry(
            (self._host.width() - width) // 2,
            self._host.height() - self._foot - _MARGIN - height,
            width,
            height,
        )
        self._text.setAlignment(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft)
