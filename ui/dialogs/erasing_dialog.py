"""Erasing guests: what goes, what stays, and that there is no way back."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QDialog, QDialogButtonBox, QVBoxLayout, QWidget

from ui.theme import Theme
from ui.widgets.buttons import Button, ButtonKind
from ui.widgets.cards import Card, CardSurface, wrapped
from ui.widgets.fitting import fit_height

_NAMES_SHOWN = 4
_WIDTH = 480


class ErasingDialog(QDialog):
    """Asks whether some guests shall be erased; accepted means yes."""

    def __init__(self, theme: Theme, names: Sequence[str], parent: QWidget | None = None) -> None:
        """Ask about the guests with these names."""
        super().__init__(parent)
        self.setWindowTitle(self.tr("Erase guest") if len(names) == 1 else self.tr("Erase guests"))
        shown = ", ".join(names[:_NAMES_SHOWN])
        if 1 < len(names) <= _NAMES_SHOWN:
            shown = self.tr("{names} and {last}").format(names=", ".join(names[:-1]), last=names[-1])
        elif len(names) > _NAMES_SHOWN:
            shown = self.tr("{names} and {count} more").format(names=shown, count=len(names) - _NAMES_SHOWN)
        self.question = wrapped(self.tr("Erase {names}?").format(names=shown), "section")
        goes = wrapped(
            self.tr(
                "Blanked everywhere, on the server and on every device: name, e-mail, phone, company, notes, diet and"
                " needs, tags and own fields; also in conflicts, in the log and in what waits to be sent."
            )
        )
        stays = wrapped(
            self.tr("Answer, seat, ticket and entries stay without a name, so that every count stays right."), "muted"
        )
        self.warning = Card(CardSurface.WARNING, 12)
        self.warning.column.setSpacing(2)
        self.warning.column.addWidget(wrapped(self.tr("This cannot be undone."), "strong"))
        self.warning.column.addWidget(
            wrapped(
                self.tr(
                    "What you did before cannot be undone any more either. Files, prints and mails that were made"
                    " already are not reached."
                ),
                "muted",
            )
        )
        self.erase = Button(theme, self.tr("Erase"), ButtonKind.DANGER)
        self.erase.clicked.connect(self.accept)
        buttons = QDialogButtonBox()
        buttons.addButton(self.erase, QDialogButtonBox.ButtonRole.ActionRole)
        self.cancel = buttons.addButton(QDialogButtonBox.StandardButton.Cancel)
        # Enter leaves everything as it is.
        self.cancel.setDefault(True)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 24, 24, 24)
        column.setSpacing(12)
        for part in (self.question, goes, stays, self.warning):
            column.addWidget(part)
        column.addSpacing(4)
        column.addWidget(buttons)
        fit_height(self, _WIDTH)
