"""Joins an event that runs on another computer, by its pairing code."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QWidget

from ui.theme import Theme
from ui.theme.style import set_look
from ui.widgets.arrival_bar import ArrivalBar, Arrived
from ui.widgets.buttons import Button, ButtonKind
from ui.widgets.cards import Card, label, wrapped


class JoinCard(Card):
    """Takes a pairing code from the keyboard, or asks for the camera to read it."""

    join_requested = Signal(str)
    camera_requested = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(padding=20, parent=parent)
        self.code_field = QLineEdit()
        self.code_field.setPlaceholderText(self.tr("Pairing code"))
        self.code_field.setAccessibleName(self.tr("Pairing code"))
        self.code_field.returnPressed.connect(self._on_join_asked)
        self.code_field.textChanged.connect(self._on_code_changed)
        self.join_button = Button(theme, self.tr("Join"), ButtonKind.QUIET)
        self.join_button.clicked.connect(self._on_join_asked)
        self.camera_button = Button(theme, self.tr("Read the code with the camera"), ButtonKind.QUIET, "camera")
        self.camera_button.clicked.connect(self.camera_requested)
        self.problem = wrapped("", "problem")
        self.problem.hide()
        self.progress = label("", "muted")
        self.progress.hide()
        self.bar = ArrivalBar()
        sentence = wrapped(self.tr("Doors and other desks get theirs from the organizer's screen."), "muted")
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.code_field, 1)
        row.addWidget(self.join_button)
        foot = QHBoxLayout()
        foot.addWidget(self.camera_button)
        foot.addStretch(1)
        self.column.addWidget(label(self.tr("Join with a pairing code"), "section"))
        self.column.addWidget(sentence)
        self.column.addSpacing(4)
        self.column.addLayout(row)
        self.column.addWidget(self.progress)
        self.column.addWidget(self.bar)
        self.column.addWidget(self.problem)
        self.column.addLayout(foot)

    def show_problem(self, sentence: str) -> None:
        """Say below the field why the code was not taken, and take the next; no text takes it away."""
        self.show_ready()
        self.problem.setText(sentence)
        self.problem.setVisible(bool(sentence))
        self.code_field.setAccessibleDescription(sentence)
        set_look(self.code_field, "state", "problem" if sentence else "")

    def show_waiting(self) -> None:
        """Keep a second press out while the first is being answered."""
        for control in (self.code_field, self.join_button, self.camera_button):
            control.setEnabled(False)
        self.join_button.setText(self.tr("Joining…"))

    def show_progress(self, sentence: str, arrived: Arrived | None = None) -> None:
        """Say and show below the field how much of the event has arrived."""
        self.progress.setText(sentence)
        self.progress.setVisible(bool(sentence))
        self.bar.show_arrived(arrived)

    def show_ready(self) -> None:
        """Take the next code."""
        for control in (self.code_field, self.join_button, self.camera_button):
            control.setEnabled(True)
        self.show_progress("")
        self.join_button.setText(self.tr("Join"))

    def _on_join_asked(self) -> None:
        code = self.code_field.text().strip()
        if not code:
            self.show_problem(self.tr("Type the pairing code that the organizer's screen shows."))
            self.code_field.setFocus()
            return
        self.join_requested.emit(code)

    def _on_code_changed(self) -> None:
        self.show_problem("")
