"""The three questions that make an event."""

from datetime import UTC, datetime

from PySide6.QtCore import QDateTime, QTime, QTimeZone, Signal
from PySide6.QtWidgets import (
    QDateEdit,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from ui.start.event_choices import EventDraft
from ui.theme import Theme
from ui.theme.style import set_look
from ui.widgets.buttons import Button, ButtonKind
from ui.widgets.cards import Card, label, wrapped
from ui.widgets.fields import TimeField

_FIELD_HEIGHT = 32
_USUAL_LEAD_DAYS = 21
_USUAL_START = QTime(18, 30)


class NewEventCard(Card):
    """Asks for title, date and place; everything else has a default and can wait."""

    event_requested = Signal(EventDraft)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(padding=20, parent=parent)
        self.title_field = QLineEdit()
        self.title_field.setPlaceholderText(self.tr("Harvest dinner"))
        self.title_field.setAccessibleName(self.tr("Title"))
        self.title_field.setMaxLength(200)
        self.title_field.textChanged.connect(self._on_title_changed)
        self.title_field.returnPressed.connect(self._on_make_asked)
        self.problem = wrapped("", "problem")
        self.problem.hide()
        self.place_field = QLineEdit()
        self.place_field.setPlaceholderText(self.tr("can wait"))
        self.place_field.setAccessibleName(self.tr("Place"))
        self.place_field.setMaxLength(200)
        self.place_field.returnPressed.connect(self._on_make_asked)
        start = QDateTime.currentDateTime().addDays(_USUAL_LEAD_DAYS)
        self.date_field = QDateEdit(start.date())
        self.date_field.setCalendarPopup(True)
        self.date_field.setDisplayFormat("ddd d MMM yyyy")
        self.date_field.setAccessibleName(self.tr("Date"))
        self.date_field.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.time_field = TimeField(_USUAL_START)
        self.time_field.setAccessibleName(self.tr("Time"))
        self.make_button = Button(theme, self.tr("Make the event"), ButtonKind.PRIMARY, "plus")
        self.make_button.clicked.connect(self._on_make_asked)

        when = QHBoxLayout()
        when.setSpacing(8)
        when.addWidget(self.date_field, 1)
        when.addWidget(self.time_field)
        title = QVBoxLayout()
        title.setSpacing(4)
        title.addWidget(self.title_field)
        title.addWidget(self.problem)
        form = QFormLayout()
        form.setHorizontalSpacing(16)
        form.setVerticalSpacing(10)
        form.addRow(_field_name(self.tr("Title")), title)
        form.addRow(_field_name(self.tr("Starts")), when)
        form.addRow(_field_name(self.tr("Place")), self.place_field)
        self.column.addWidget(label(self.tr("Make an event"), "section"))
        self.column.addSpacing(4)
        self.column.addLayout(form)
        self.column.addSpacing(4)
        foot = QHBoxLayout()
        foot.addWidget(self.make_button)
        foot.addStretch(1)
        self.column.addLayout(foot)

    def draft(self) -> EventDraft:
        """Return what is filled in, without blanks around it."""
        local = QDateTime(self.date_field.date(), self.time_field.time())
        return EventDraft(
            title=self.title_field.text().strip(),
            starts_at=datetime.fromtimestamp(local.toSecsSinceEpoch(), tz=UTC),
            time_zone=bytes(QTimeZone.systemTimeZoneId().data()).decode("ascii"),
            place=self.place_field.text().strip(),
        )

    def clear(self) -> None:
        """Empty the fields that a person filled in."""
        self.title_field.clear()
        self.place_field.clear()

    def _on_make_asked(self) -> None:
        draft = self.draft()
        if not draft.title:
            self._show_problem(self.tr("The event needs a title: a few words that guests will recognise."))
            self.title_field.setFocus()
            return
        self.event_requested.emit(draft)

    def _on_title_changed(self) -> None:
        self._show_problem("")

    def _show_problem(self, sentence: str) -> None:
        self.problem.setText(sentence)
        self.problem.setVisible(bool(sentence))
        self.title_field.setAccessibleDescription(sentence)
        set_look(self.title_field, "state", "problem" if sentence else "")


def _field_name(text: str) -> QLabel:
    # As high as the field beside it, so that both stand on one line.
    name = label(text, "field")
    name.setFixedHeight(_FIELD_HEIGHT)
    return name
