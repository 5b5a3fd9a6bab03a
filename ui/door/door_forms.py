"""The two small forms in the verdict half: why somebody is let in anyway, and who walked in."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QLineEdit, QWidget

from models.free_seats import FreeSeat
from ui.door.typed_codes import code_in
from ui.theme import Theme
from ui.theme.style import set_look
from ui.widgets.buttons import Button, ButtonKind
from ui.widgets.cards import Card, label, wrapped

_LONGEST_REASON = 300
_LONGEST_NAME = 200
_LONGEST_NOTE = 500
_FIELD_STYLE = "QLineEdit, QComboBox { min-height: 30px; max-height: 30px; font-size: 16px; }"


class DoorForm(Card):
    """A few fields in a card; Enter hands them in, Escape leaves."""

    cancelled = Signal()
    entered = Signal()
    code_typed = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(padding=20, parent=parent)
        self.setStyleSheet(_FIELD_STYLE)
        self._problem = wrapped("", "problem")
        self._problem.hide()

    @property
    def problem(self) -> str:
        """What is wrong with the fields; empty when nothing is."""
        return self._problem.text()

    def show_problem(self, field: QLineEdit, sentence: str) -> None:
        """Say what is missing, and go to the field."""
        self._problem.setText(sentence)
        self._problem.setVisible(bool(sentence))
        set_look(field, "state", "problem" if sentence else "")
        if sentence:
            field.setFocus(Qt.FocusReason.OtherFocusReason)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if not self._take_code():
                self.entered.emit()
        elif event.key() == Qt.Key.Key_Escape:
            self.cancelled.emit()
        else:
            super().keyPressEvent(event)

    def _take_code(self) -> bool:
        """Pass on what a scanner typed into a field, and take it out of there."""
        field = self.focusWidget()
        code = code_in(field.text()) if isinstance(field, QLineEdit) else None
        if code is None or not isinstance(field, QLineEdit):
            return False
        field.setText(field.text().strip().removesuffix(code))
        self.code_typed.emit(code)
        return True

    def _foot(self, theme: Theme, done: str) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(8)
        self.done_button = Button(theme, done, ButtonKind.PRIMARY)
        self.done_button.clicked.connect(self.entered)
        self.cancel_button = Button(theme, self.tr("Cancel"), ButtonKind.PLAIN)
        self.cancel_button.clicked.connect(self.cancelled)
        row.addWidget(self._problem, 1)
        row.addStretch(0)
        row.addWidget(self.cancel_button)
        row.addWidget(self.done_button)
        return row


class ReasonForm(DoorForm):
    """Asks why somebody is let in over the verdict; the usual reasons are one press away."""

    reason_given = Signal(str)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.entered.connect(self.hand_in)
        self.field = _field(self.tr("Why are they let in anyway?"), _LONGEST_REASON)
        self.column.addWidget(_caption(self.tr("Reason"), self.field))
        self.column.addWidget(self.field)
        row = QHBoxLayout()
        row.setSpacing(8)
        self.usual_buttons: list[Button] = []
        for usual in (self.tr("Known to the host"), self.tr("Was outside for a moment"), self.tr("Scanned twice")):
            button = Button(theme, usual)
            button.clicked.connect(self._on_usual_chosen)
            self.usual_buttons.append(button)
            row.addWidget(button)
        row.addStretch(1)
        self.column.addLayout(row)
        self.column.addLayout(self._foot(theme, self.tr("Let in anyway")))

    def open(self) -> None:
        """Begin with an empty field."""
        self.field.clear()
        self.show_problem(self.field, "")
        self.field.setFocus(Qt.FocusReason.OtherFocusReason)

    def hand_in(self) -> None:
        """Pass the reason on; without one, say so."""
        reason = self.field.text().strip()
        if reason:
            self.reason_given.emit(reason)
        else:
            self.show_problem(self.field, self.tr("Letting somebody in anyway needs a reason: write a few words."))

    def _on_usual_chosen(self) -> None:
        sender = self.sender()
        if isinstance(sender, Button):
            self.field.setText(sender.text())
            self.hand_in()


class WalkInForm(DoorForm):
    """Takes the name of somebody who is on no list, a note, and a free seat if they get one."""

    walked_in = Signal(str, str, str)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.entered.connect(self.hand_in)
        self.name_field = _field(self.tr("First and last name"), _LONGEST_NAME)
        self.note_field = _field(self.tr("Anything the hosts should know"), _LONGEST_NOTE)
        self.seat_box = QComboBox()
        self.seat_box.setAccessibleName(self.tr("Seat"))
        for text, field in (
            (self.tr("Name"), self.name_field),
            (self.tr("Note"), self.note_field),
            (self.tr("Seat"), self.seat_box),
        ):
            self.column.addWidget(_caption(text, field))
            self.column.addWidget(field)
        self.column.addLayout(self._foot(theme, self.tr("Let in")))

    def open(self, name: str) -> None:
        """Begin, with a name that was typed already; what was left unfinished comes back."""
        if name:
            self.name_field.setText(name)
        # A draft of somebody else goes with the first letter that is typed.
        self.name_field.selectAll()
        self.show_problem(self.name_field, "")
        self.show_seats(())
        field = self.note_field if name else self.name_field
        field.setFocus(Qt.FocusReason.OtherFocusReason)

    def show_seats(self, seats: Sequence[FreeSeat]) -> None:
        """Offer one free seat a table."""
        self.seat_box.clear()
        self.seat_box.addItem(self.tr("No seat"), "")
        for seat in seats:
            text = self.tr("Table {table} · Seat {seat} · {count} free").format(
                table=seat.table, seat=seat.number, count=seat.free_at_table
            )
            self.seat_box.addItem(text, seat.seat_id)

    def forget(self) -> None:
        """Empty the fields after the person was let in."""
        self.name_field.clear()
        self.note_field.clear()

    def hand_in(self) -> None:
        """Pass the walk-in on; without a name, say so."""
        name = self.name_field.text().strip()
        if name:
            self.walked_in.emit(name, self.note_field.text().strip(), self.seat_box.currentData() or "")
        else:
            self.show_problem(self.name_field, self.tr("A walk-in needs a name: write one."))


def _field(placeholder: str, longest: int) -> QLineEdit:
    field = QLineEdit()
    field.setPlaceholderText(placeholder)
    field.setMaxLength(longest)
    return field


def _caption(text: str, field: QWidget) -> QLabel:
    caption = label(text, "field")
    caption.setBuddy(field)
    field.setAccessibleName(text)
    return caption
