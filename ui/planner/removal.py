"""Asks before a table is removed at which people sit, and says who they are."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QHBoxLayout, QVBoxLayout, QWidget

from models.room import RoomTable
from ui.planner.words import names_in_a_sentence, tables_in_words
from ui.theme import Theme
from ui.widgets.buttons import Button, ButtonKind
from ui.widgets.cards import label, wrapped


class RemovalQuestion(QDialog):
    """One question in a sentence with the names of those who would lose their seats."""

    def __init__(self, theme: Theme, tables: Sequence[RoomTable], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        what = tables_in_words(tables)
        self.setWindowTitle(self.tr("Remove {tables}?").format(tables=what))
        names = [guest.name for table in tables for guest in table.sitting]
        sentence = self.tr("Removing sends {names} to the waiting list. Undo brings everything back.").format(
            names=names_in_a_sentence(names)
        )
        self.sentence = wrapped(sentence)
        self.remove_button = Button(theme, self.tr("Remove"), ButtonKind.DANGER)
        self.remove_button.clicked.connect(self.accept)
        self.keep_button = Button(theme, self.tr("Keep"))
        self.keep_button.clicked.connect(self.reject)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(self.keep_button)
        buttons.addWidget(self.remove_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 18, 20, 16)
        column.setSpacing(12)
        column.addWidget(label(self.windowTitle(), "title"))
        column.addWidget(self.sentence)
        column.addSpacing(4)
        column.addLayout(buttons)
        self.setMinimumWidth(380)
        self.setAccessibleDescription(sentence)
        self.keep_button.setFocus()
