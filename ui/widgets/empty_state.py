"""What an empty list shows: what goes there, and the first step."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from ui.theme import ColourRole, Theme
from ui.theme.style import ThemedWidget
from ui.widgets.buttons import Button, ButtonKind
from ui.widgets.cards import label


class EmptyState(QWidget):
    """An icon, one line, one sentence, and at most one button for the first step."""

    first_step_requested = Signal()

    def __init__(
        self,
        theme: Theme,
        icon_name: str,
        title: str,
        sentence: str,
        first_step: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 24, 24, 24)
        column.setSpacing(8)
        column.addStretch(2)
        column.addWidget(SoftIcon(theme, icon_name), alignment=Qt.AlignmentFlag.AlignHCenter)
        column.addSpacing(8)
        self._title = label(title, "title")
        self._sentence = label(sentence, "muted")
        for line in (self._title, self._sentence):
            line.setAlignment(Qt.AlignmentFlag.AlignCenter)
            line.setWordWrap(True)
            column.addWidget(line)
        if first_step:
            button = Button(theme, first_step, ButtonKind.PRIMARY)
            button.clicked.connect(self.first_step_requested)
            column.addSpacing(8)
            column.addWidget(button, alignment=Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(3)
        self.setAccessibleName(f"{title}. {sentence}")

    def show_text(self, title: str, sentence: str) -> None:
        """Say something else, such as that a search found nobody."""
        self._title.setText(title)
        self._sentence.setText(sentence)
        self.setAccessibleName(f"{title}. {sentence}")


class SoftIcon(ThemedWidget):
    """An icon in the accent colour on a soft disc."""

    def __init__(self, theme: Theme, icon_name: str, diameter: int = 56, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self._icon_name = icon_name
        self.setFixedSize(diameter, diameter)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.theme.colours.of(ColourRole.ACCENT_SOFT))
        painter.drawEllipse(self.rect())
        size = round(self.width() * 0.46)
        pixmap = self.theme.pixmap(self._icon_name, ColourRole.ACCENT_INK, size, self.devicePixelRatioF())
        offset = (self.width() - size) // 2
        painter.drawPixmap(offset, offset, pixmap)
