"""Duplicating: what the new event is called and when it begins."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from PySide6.QtCore import QDate, QTime
from PySide6.QtWidgets import (
    QDateEdit,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from models.errors import UsherError
from ui.theme import Theme
from ui.theme.style import set_look
from ui.widgets.buttons import Button, ButtonKind
from ui.widgets.cards import wrapped
from ui.widgets.fields import TimeField

Duplicate = Callable[[str, datetime, Callable[[], None], Callable[[UsherError], None]], None]
"""Makes a new event with a title and a start; answers when it is made, or with an error."""
_A_YEAR_OF_WEEKS = timedelta(weeks=52)


class DuplicateDialog(QDialog):
    """Asks for the title and the start of an event that is made like the present one."""

    def __init__(
        self, theme: Theme, title: str, starts_at: datetime, duplicate: Duplicate, parent: QWidget | None = None
    ) -> None:
        """Offer the same title on the same weekday a year later; ``starts_at`` is aware, in the event's zone."""
        super().__init__(parent)
        self._duplicate = duplicate
        self._zone = starts_at.tzinfo
        self.setWindowTitle(self.tr("Duplicate the event"))
        offered = starts_at + _A_YEAR_OF_WEEKS
        self.title_field = QLineEdit(title)
        self.title_field.setMaxLength(200)
        self.title_field.setAccessibleName(self.tr("Title"))
        self.title_field.textChanged.connect(self._on_title_changed)
        self.date_field = QDateEdit(QDate(offered.year, offered.month, offered.day))
        self.date_field.setCalendarPopup(True)
        self.date_field.setDisplayFormat("ddd d MMM yyyy")
        self.date_field.setAccessibleName(self.tr("Date"))
        self.time_field = TimeField(QTime(offered.hour, offered.minute))
        self.time_field.setAccessibleName(self.tr("Time"))
        self.go = Button(theme, self.tr("Duplicate"), ButtonKind.PRIMARY, "plus")
        # Only such a button stays the one that Enter presses.
        self.go.setAutoDefault(True)
        self.go.setDefault(True)
        self.go.clicked.connect(self._on_go_clicked)
        self._usual_sentence = self.tr(
            "People, tables, seats and doors come along; answers, tickets and entries begin anew."
        )
        self.sentence = wrapped(self._usual_sentence, "muted")
        when = QHBoxLayout()
        when.setSpacing(8)
        when.addWidget(self.date_field, 1)
        when.addWidget(self.time_field)
        form = QFormLayout()
        form.setSpacing(12)
        form.addRow(self.tr("Title"), self.title_field)
        form.addRow(self.tr("Starts"), when)
        buttons = QDialogButtonBox()
        buttons.addButton(self.go, QDialogButtonBox.ButtonRole.ActionRole)
        buttons.addButton(QDialogButtonBox.StandardButton.Cancel)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 24, 24, 24)
        column.setSpacing(16)
        column.addWidget(self.sentence)
        column.addLayout(form)
        column.addWidget(buttons)
        self.setMinimumWidth(460)

    def starts_at(self) -> datetime:
        """Give the start that is filled in, aware, in the event's zone."""
        day, clock = self.date_field.date(), self.time_field.time()
        return datetime(day.year(), day.month(), day.day(), clock.hour(), clock.minute(), tzinfo=self._zone)

    def _on_go_clicked(self) -> None:
        title = self.title_field.text().strip()
        if not title:
            self.sentence.setText(self.tr("The event needs a title: a few words that guests will recognise."))
            set_look(self.title_field, "state", "problem")
            self.title_field.setFocus()
            return
        self.go.setEnabled(False)
        self.sentence.setText(self.tr("Making the new event…"))
        self._duplicate(title, self.starts_at(), self.accept, self._on_failed)

    def _on_failed(self, error: UsherError) -> None:
        self.go.setEnabled(True)
        self.sentence.setText(error.message)

    def _on_title_changed(self) -> None:
        set_look(self.title_field, "state", "")
        self.sentence.setText(self._usual_sentence)
