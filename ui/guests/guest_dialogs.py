"""The small dialogs of the guest table: add a guest, move guests to another household."""

from collections.abc import Iterable

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QDialog, QFormLayout, QHBoxLayout, QLabel, QLineEdit, QVBoxLayout, QWidget

from models.errors import BadInput
from models.guest_table import GuestLine
from models.invitations import Rsvp
from models.operations.base import Operation
from ui.guests.edits import GuestDraft, HouseholdChoice, add_guest
from ui.guests.household_field import HouseholdField
from ui.guests.words import rsvp_word
from ui.theme import Theme
from ui.theme.style import set_look
from ui.widgets.buttons import Button, ButtonKind
from ui.widgets.cards import label, wrapped

_FIELD_HEIGHT = 32
_FIELD_WIDTH = 340


class AddGuestDialog(QDialog):
    """Asks for one guest after the other; ``guest_described`` carries a name and the operations that add the guest."""

    guest_described = Signal(str, list)

    def __init__(
        self, theme: Theme, lines: Iterable[GuestLine], country: str | None, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Add guest"))
        self._country = country
        self.name_field = _line(self.tr("Name"))
        self.email_field = _line(self.tr("E-mail"))
        self.phone_field = _line(self.tr("Phone"))
        self.household_field = HouseholdField(lines)
        self.rsvp_field = QComboBox()
        self.rsvp_field.setAccessibleName(self.tr("RSVP"))
        for rsvp in Rsvp:
            self.rsvp_field.addItem(rsvp_word(rsvp), rsvp.value)
        self.problem = wrapped("", "problem")
        self.problem.hide()
        self.add_button = Button(theme, self.tr("Add guest"), ButtonKind.PRIMARY)
        self.add_button.setAutoDefault(True)
        self.add_button.setDefault(True)
        self.add_button.clicked.connect(self._on_add_clicked)
        self.next_button = Button(theme, self.tr("Add and next"))
        self.next_button.clicked.connect(self._on_next_clicked)
        cancel = Button(theme, self.tr("Cancel"))
        cancel.clicked.connect(self.reject)
        form = QFormLayout()
        form.setHorizontalSpacing(16)
        form.setVerticalSpacing(10)
        for text, widget in (
            (self.tr("Name"), self.name_field),
            (self.tr("E-mail"), self.email_field),
            (self.tr("Phone"), self.phone_field),
            (self.tr("Household"), self.household_field),
            (self.tr("RSVP"), self.rsvp_field),
        ):
            widget.setMinimumWidth(_FIELD_WIDTH)
            form.addRow(_field_name(text), widget)
        column = _column(self)
        column.addLayout(form)
        column.addWidget(self.problem)
        column.addLayout(_foot(cancel, self.next_button, self.add_button))

    def choose_household(self, invitation_id: str) -> None:
        """Begin with a household that is there."""
        self.household_field.choose(invitation_id)

    def draft(self) -> GuestDraft:
        """Return what is typed."""
        return GuestDraft(
            self.name_field.text(),
            self.email_field.text(),
            self.phone_field.text(),
            self.household_field.choice(),
            Rsvp(self.rsvp_field.currentData()),
        )

    def _on_add_clicked(self) -> None:
        if self._describe():
            self.accept()

    def _on_next_clicked(self) -> None:
        if self._describe():
            for field in (self.name_field, self.email_field, self.phone_field):
                field.clear()
            self.name_field.setFocus()

    def _describe(self) -> bool:
        draft = self.draft()
        fields = {"no_name": self.name_field, "bad_email": self.email_field, "bad_phone": self.phone_field}
        try:
            operations: list[Operation] = add_guest(draft, self._country)
        except BadInput as error:
            self._show_problem(error.message, fields.get(error.code, self.name_field))
            return False
        self._show_problem("", None)
        self.guest_described.emit(draft.name.strip(), operations)
        return True

    def _show_problem(self, sentence: str, wrong: QLineEdit | None) -> None:
        self.problem.setText(sentence)
        self.problem.setVisible(bool(sentence))
        for field in (self.name_field, self.email_field, self.phone_field):
            set_look(field, "state", "problem" if field is wrong else "")
            field.setAccessibleDescription(sentence if field is wrong else "")
        if wrong is not None:
            wrong.setFocus()


class HouseholdDialog(QDialog):
    """Asks which household some guests shall belong to; ``choice`` tells it when the dialog was accepted."""

    def __init__(
        self, theme: Theme, lines: Iterable[GuestLine], names: list[str], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Move to household"))
        self.household_field = HouseholdField(lines)
        self.household_field.setMinimumWidth(_FIELD_WIDTH)
        self.household_field.editTextChanged.connect(self._on_text_changed)
        self.move_button = Button(theme, self.tr("Move"), ButtonKind.PRIMARY)
        self.move_button.setAutoDefault(True)
        self.move_button.setDefault(True)
        self.move_button.setEnabled(False)
        self.move_button.clicked.connect(self.accept)
        cancel = Button(theme, self.tr("Cancel"))
        cancel.clicked.connect(self.reject)
        who = names[0] if len(names) == 1 else self.tr("{count} guests").format(count=len(names))
        column = _column(self)
        sentence = self.tr("Choose the household {who} shall belong to, or type the name of a new one.")
        text = wrapped(sentence.format(who=who), "muted")
        column.addWidget(text)
        column.addWidget(self.household_field)
        column.addLayout(_foot(cancel, self.move_button))

    def choice(self) -> HouseholdChoice:
        """Return the household that was chosen."""
        return self.household_field.choice()

    def _on_text_changed(self, text: str) -> None:
        self.move_button.setEnabled(bool(text.strip()))


def _line(name: str) -> QLineEdit:
    field = QLineEdit()
    field.setAccessibleName(name)
    field.setMaxLength(254)
    return field


def _column(dialog: QDialog) -> QVBoxLayout:
    column = QVBoxLayout(dialog)
    column.setContentsMargins(20, 20, 20, 20)
    column.setSpacing(14)
    return column


def _foot(*buttons: Button) -> QHBoxLayout:
    foot = QHBoxLayout()
    foot.setSpacing(8)
    foot.addStretch(1)
    for button in buttons:
        foot.addWidget(button)
    return foot


def _field_name(text: str) -> QLabel:
    # As high as the field beside it, so that both stand on one line.
    name = label(text, "field")
    name.setFixedHeight(_FIELD_HEIGHT)
    return name
