"""Shows how far long work has come, and lets it be stopped."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QVBoxLayout, QWidget

from ui.theme import Theme
from ui.widgets.buttons import Button
from ui.widgets.cards import Card, CardSurface, label


class TaskProgress(Card):
    """A card with what is being done, a bar and a button to cancel; hidden while nothing runs."""

    cancelled = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(CardSurface.RAISED, 12, parent)
        self._text = label("", "strong")
        self._count = label("", "small")
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._cancel = Button(theme, self.tr("Cancel"))
        self._cancel.clicked.connect(self._on_cancel_clicked)
        words = QHBoxLayout()
        words.addWidget(self._text, 1)
        words.addWidget(self._count)
        lines = QVBoxLayout()
        lines.setSpacing(8)
        lines.addLayout(words)
        lines.addWidget(self._bar)
        row = QHBoxLayout()
        row.setSpacing(16)
        row.addLayout(lines, 1)
        row.addWidget(self._cancel)
        self.column.addLayout(row)
        self.hide()

    @property
    def bar(self) -> QProgressBar:
        """The bar itself."""
        return self._bar

    def start(self, text: str, total: int) -> None:
        """Show `text` with `total` steps ahead; nought when nobody knows how many."""
        self._text.setText(text)
        self._bar.setRange(0, total)
        self._bar.setAccessibleName(text)
        self._cancel.setEnabled(True)
        self.advance(0)
        self.show()

    def advance(self, done: int) -> None:
        """Show that `done` steps are behind."""
        self._bar.setValue(done)
        total = self._bar.maximum()
        self._count.setText(self.tr("{done} of {total}").format(done=done, total=total) if total else "")

    def finish(self) -> None:
        """Hide again."""
        self.hide()

    def _on_cancel_clicked(self) -> None:
        # Work stops at its next step: until then a second press would say nothing new.
        self._cancel.setEnabled(False)
        self._text.setText(self.tr("Stopping…"))
        self.cancelled.emit()
