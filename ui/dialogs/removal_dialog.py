"""Removing an event from this computer: what waits is said first, and nothing goes without a clear word."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QDialog, QDialogButtonBox, QVBoxLayout, QWidget

from models.errors import UsherError
from ui.theme import Theme
from ui.theme.style import set_look
from ui.widgets.buttons import Button, ButtonKind
from ui.widgets.cards import wrapped
from ui.widgets.fitting import fit_height

_WIDTH = 500
Remove = Callable[[Callable[[], None], Callable[[UsherError], None]], None]
"""Removes the event, the first way or after saving; answers when it is done, or with an error."""


class RemovalDialog(QDialog):
    """Asks whether an event shall leave this computer, and offers to save what is not handed on."""

    def __init__(
        self,
        theme: Theme,
        title: str,
        waiting: int | None,
        remove: Remove,
        save_and_remove: Remove,
        parent: QWidget | None = None,
    ) -> None:
        """Ask about the event called ``title``, for which ``waiting`` changes are still to be handed on.

        None stands for an event that is on no server: it goes only once it is saved.
        """
        super().__init__(parent)
        self.setWindowTitle(self.tr("Remove from this laptop"))
        question = self.tr("“{title}” leaves this laptop, with every name in it. The server keeps it.")
        save_first = self.tr("Save the changes to a file and remove…")
        if waiting is None:
            question = self.tr("“{title}” is on this laptop only, and on no server.")
            save_first = self.tr("Save the event to a file and remove…")
        self.question = wrapped(question.format(title=title))
        self.sentence = wrapped("", "muted")
        self.remove = Button(theme, self.tr("Remove"), ButtonKind.DANGER)
        self.remove.clicked.connect(lambda: self._begin(remove))
        self.save_first = Button(theme, save_first, ButtonKind.QUIET)
        self.save_first.clicked.connect(lambda: self._begin(save_and_remove))
        buttons = QDialogButtonBox()
        buttons.addButton(self.save_first, QDialogButtonBox.ButtonRole.ActionRole)
        buttons.addButton(self.remove, QDialogButtonBox.ButtonRole.ActionRole)
        self.cancel = buttons.addButton(QDialogButtonBox.StandardButton.Cancel)
        # Enter leaves everything as it is.
        self.cancel.setDefault(True)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 24, 24, 24)
        column.setSpacing(16)
        column.addWidget(self.question)
        column.addWidget(self.sentence)
        column.addWidget(buttons)
        self.setFixedWidth(_WIDTH)
        self._is_working = False
        self._waiting = waiting
        self.show_waiting(waiting)
        self.cancel.setFocus()

    def show_waiting(self, waiting: int | None) -> None:
        """Say how many changes are still to be handed on: without any, the event can go at once."""
        self._waiting = waiting
        if self._is_working:
            return
        focused = self.focusWidget()
        self.remove.setVisible(waiting is not None)
        self.remove.setEnabled(waiting == 0)
        self.save_first.setEnabled(True)
        self.save_first.setVisible(waiting != 0)
        if focused is self.cancel:
            # A button that appears beside it takes the keyboard, and Enter with it.
            self.cancel.setFocus()
        self._say(self._waiting_text(waiting))

    def take_back(self) -> None:
        """Offer everything again: the removal was not begun after all."""
        self._is_working = False
        self.cancel.setEnabled(True)
        # Disabled meanwhile, it lost the keyboard.
        self.cancel.setFocus()
        self.show_waiting(self._waiting)

    def reject(self) -> None:
        # Half of an event would be left if it was let go of now.
        if not self._is_working:
            super().reject()

    def _begin(self, way: Remove) -> None:
        self._is_working = True
        self.cancel.setEnabled(False)
        self.remove.setEnabled(False)
        self.save_first.setEnabled(False)
        self._say(self.tr("Removing the event…"))
        way(self.accept, self._on_failed)

    def _on_failed(self, error: UsherError) -> None:
        waiting = error.details.get("waiting")
        if isinstance(waiting, int):
            self._waiting = waiting
        self.take_back()
        self._say(error.message, "problem")

    def _say(self, sentence: str, look: str = "muted") -> None:
        self.sentence.setText(sentence)
        set_look(self.sentence, "look", look)
        fit_height(self, _WIDTH)

    def _waiting_text(self, waiting: int | None) -> str:
        if waiting is None:
            return self.tr("Save it first: from the file it can be opened again, here or on another laptop.")
        if not waiting:
            return self.tr("Everything that was done here is handed on.")
        if waiting == 1:
            return self.tr("1 change waits here for the server: connect and let it go out first.")
        return self.tr("{count} changes wait here for the server: connect and let them go out first.").format(
            count=waiting
        )
