"""A line to search with, that waits for the fingers to rest before it asks."""

from PySide6.QtCore import QEvent, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QKeyEvent
from PySide6.QtWidgets import QLineEdit, QWidget

from ui.theme import ColourRole, Theme

_REST_MILLISECONDS = 90


class SearchField(QLineEdit):
    """A search line with a glass before it and a cross behind it; Escape empties it."""

    search_changed = Signal(str)

    def __init__(self, theme: Theme, placeholder: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setPlaceholderText(placeholder)
        self.setAccessibleName(placeholder)
        glass = QAction(self)
        theme.keep_icon(glass, "search", ColourRole.MUTED)
        self.addAction(glass, QLineEdit.ActionPosition.LeadingPosition)
        self._cross = QAction(self.tr("Clear the search"), self)
        theme.keep_icon(self._cross, "close", ColourRole.MUTED)
        self._cross.triggered.connect(self.clear)
        self.addAction(self._cross, QLineEdit.ActionPosition.TrailingPosition)
        self._cross.setVisible(False)
        self.setTextMargins(-4, 0, 0, 0)
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(_REST_MILLISECONDS)
        self._rest.timeout.connect(self._on_rested)
        self._last_asked = ""
        self.textChanged.connect(self._on_text_changed)

    def ask_now(self) -> None:
        """Ask without waiting, as Enter does."""
        self._rest.stop()
        self._on_rested()

    def event(self, event: QEvent) -> bool:
        # A shortcut on Escape elsewhere must not win while there is something to clear.
        if isinstance(event, QKeyEvent) and self._claims(event):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.text():
            self.clear()
            self.ask_now()
            return
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.ask_now()
        super().keyPressEvent(event)

    def _claims(self, event: QKeyEvent) -> bool:
        override = event.type() == QEvent.Type.ShortcutOverride
        return override and event.key() == Qt.Key.Key_Escape and bool(self.text())

    def _on_text_changed(self, text: str) -> None:
        self._cross.setVisible(bool(text))
        self._rest.start()

    def _on_rested(self) -> None:
        wanted = self.text().strip()
        if wanted != self._last_asked:
            self._last_asked = wanted
            self.search_changed.emit(wanted)
