"""Removing an event from this computer: what waits is said first, and nothing goes without a clear word."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QDialog, QDialogButtonBox, QVBoxLayout, QWidget

from models.errors import UsherError
from ui.theme import Theme
from ui.widgets.buttons import Button, ButtonKind
from ui.widgets.cards import label

Remove = Callable[[Callable[[], None], Callable[[UsherError], None]], None]
"""Removes the event, the first way or after saving; answers when it is done, or with an error."""


class RemovalDialog(QDialog):
    """Asks whether an event shall leave this computer, and offers to save what is not handed on."""

    def __init__(
        self,
        theme: Theme,
        title: str,
        waiting: int,
        remove: Remove,
        save_and_remove: Remove,
        parent: QWidget | None = None,
    ) -> None:
        """Ask about the event called ``title``, for which ``waiting`` changes are still to be handed on."""
        super().__init__(parent)
        self.setWindowTitle(self.tr("Remove from this laptop"))
        self.question = label(
            self.tr("“{title}” leaves this computer, with every name in it. The server keeps it.").format(title=title)
        )
        self.question.setWordWrap(True)
        self.sentence = label(self._waiting_text(waiting), "muted")
        self.sentence.setWordWrap(True)
        self.remove = Button(theme, self.tr("Remove"), ButtonKind.DANGER)
        self.remove.setEnabled(waiting == 0)
        self.remove.clicked.connect(lambda: self._begin(remove))
        self.save_first = Button(theme, self.tr("Save the changes to a file and remove…"), ButtonKind.QUIET)
        self.save_first.clicked.connect(lambda: self._begin(save_and_remove))
        buttons = QDialogButtonBox()
        buttons.addButton(self.save_first, QDialogButtonBox.ButtonRole.ActionRole)
        buttons.addButton(self.remove, QDialogButtonBox.ButtonRole.ActionRole)
        self.cancel = buttons.addButton(QDialogButtonBox.StandardButton.Cancel)
        self.save_first.setVisible(waiting > 0)
        # Enter leaves everything as it is.
        self.cancel.setDefault(True)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 24, 24, 24)
        column.setSpacing(16)
        column.addWidget(self.question)
        column.addWidget(self.sentence)
        column.addWidget(buttons)
        self.setMinimumWidth(460)
        self._waiting = waiting

    def _begin(self, way: Remove) -> None:
        self.remove.setEnabled(False)
        self.save_first.setEnabled(False)
        self.sentence.setText(self.tr("Removing the event…"))
        way(self.accept, self._on_failed)

    def _on_failed(self, error: UsherError) -> None:
        self.remove.setEnabled(self._waiting == 0)
        self.save_first.setEnabled(True)
        self.sentence.setText(error.message)

    def _waiting_text(self, waiting: int) -> str:
        if not waiting:
            return self.tr("Everything that was done here is handed on.")
        if waiting == 1:
            return self.tr("1 change waits here for the server: connect and let it go out first.")
        return self.tr("{count} changes wait here for the server: connect and let them go out first.").format(
            count=waiting
        )
