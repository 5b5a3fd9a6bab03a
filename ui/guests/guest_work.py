"""What is done from the guest screen: edits, answers, removing, moving, adding, importing and exporting."""

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QLocale, QObject
from PySide6.QtGui import QAction, QGuiApplication
from PySide6.QtWidgets import QDialog, QFileDialog, QWidget

from models.errors import BadInput, UsherError
from models.exporting import export_guests
from models.guest_table import GuestLine
from models.invitations import Rsvp
from models.operations.base import Operation
from models.operations.erasing import EraseGuest
from ui.dialogs.erasing_dialog import ErasingDialog
from ui.guests.background import Background
from ui.guests.edits import guest_edit, household_edit, move_guests, remove_guests, set_answers
from ui.guests.guest_dialogs import AddGuestDialog, HouseholdDialog
from ui.guests.guest_model import CellEdit, GuestModel
from ui.guests.import_dialog import ImportDialog
from ui.guests.words import rsvp_word
from ui.theme import Theme
from ui.widgets.chips import Tone
from ui.widgets.toast import Message, Toast
from ui.workspace import Workspace


class GuestWork(QObject):
    """Carries out what is asked for in the guest table, with the dialogs it takes, as named steps of undo."""

    def __init__(self, theme: Theme, workspace: Workspace, model: GuestModel, host: QWidget) -> None:
        super().__init__(host)
        self._theme = theme
        self._workspace = workspace
        self._model = model
        self._host = host
        self._background = Background(self)
        self._dialog: QDialog | None = None
        self.toast = Toast(theme, host)
        self.country = QLocale.territoryToCode(QLocale().territory()) or None
        """Where phone numbers without a country are from."""

    @property
    def dialog(self) -> QDialog | None:
        """The dialog that is open."""
        return self._dialog

    # -- in the table -------------------------------------------------------------------------------

    def edit(self, edit: CellEdit) -> None:
        """Change what a person typed into a cell, or say why it cannot be."""
        line = self._model.lines.get(edit.attendee_id or "")
        members = self._model.everybody_in(edit.invitation_id)
        try:
            if line is not None:
                name = line.name
                operations = guest_edit(line, edit.column, edit.text, self.country)
            elif members:
                name = members[0].household
                operations = household_edit(edit.invitation_id, name, edit.text)
            else:
                return
        except BadInput as error:
            self.say(error.message, Tone.BAD)
            return
        self._perform(self.tr("Edit {name}").format(name=name), operations)

    def set_answer(self, lines: Sequence[GuestLine], rsvp: Rsvp) -> None:
        """Record one answer for some guests."""
        text = self.tr("Set {who} to {answer}").format(who=self._who(lines), answer=rsvp_word(rsvp))
        self._perform(text, set_answers(lines, rsvp))

    def remove(self, lines: Sequence[GuestLine]) -> None:
        """Take guests off the list, and offer the way back."""
        if not lines:
            return
        who = self._who(lines)
        said = self.tr("{who} was removed.") if len(lines) == 1 else self.tr("{who} were removed.")
        self._perform(
            self.tr("Remove {who}").format(who=who),
            remove_guests(lines, self._left_empty(lines)),
            lambda: self.offer_undo(said.format(who=who)),
        )

    def ask_erasing(self, lines: Sequence[GuestLine]) -> None:
        """Ask whether some guests shall be erased, and erase them: for good, with no way back."""
        if not lines:
            return
        dialog = ErasingDialog(self._theme, [line.name for line in lines], self._host)
        dialog.accepted.connect(lambda: self._erase(lines))
        self._open(dialog)

    def ask_household(self, lines: Sequence[GuestLine]) -> None:
        """Ask which household some guests shall belong to, and move them."""
        if not lines:
            return
        names = [line.name for line in lines]
        dialog = HouseholdDialog(self._theme, self._model.lines.values(), names, self._host)

        def move() -> None:
            text = self.tr("Move {who} to another household").format(who=self._who(lines))
            self._perform(text, move_guests(lines, dialog.choice(), self._left_empty(lines)))

        dialog.accepted.connect(move)
        self._open(dialog)

    # -- coming in and going out --------------------------------------------------------------------

    def ask_guest(self, invitation_id: str) -> None:
        """Ask for a guest to add to a household that is there."""
        self._open_addition().choose_household(invitation_id)

    def ask_guest_anywhere(self) -> None:
        """Ask for a guest to add."""
        self._open_addition()

    def ask_list(self) -> None:
        """Open the import dialog, still empty."""
        self._open_import()

    def import_file(self, path: Path) -> None:
        """Open the import dialog on a file."""
        self._open_import().open_file(path)

    def paste(self) -> None:
        """Open the import dialog on the cells, or the file, that lie on the clipboard."""
        mime = QGuiApplication.clipboard().mimeData()
        files = [url.toLocalFile() for url in mime.urls() if url.isLocalFile()] if mime is not None else []
        text = mime.text() if mime is not None else ""
        if files:
            self.import_file(Path(files[0]))
        elif text.strip():
            self._open_import().open_pasted(text)
        else:
            self.say(self.tr("Nothing to paste: copy the cells of a guest list first."))

    def ask_where_to_export(self) -> None:
        """Ask for a file and write all guests to it."""
        path, _ = QFileDialog.getSaveFileName(
            self._host, self.tr("Export guests"), self.tr("Guests.xlsx"), self.tr("Excel (*.xlsx);;CSV (*.csv)")
        )
        if path:
            self.export_to(Path(path))

    def export_to(self, path: Path) -> None:
        """Write all guests to a CSV or Excel file, away from the screen's thread."""
        lines = list(self._model.lines.values())

        def done(_result: None) -> None:
            sentence = self.tr("{count} guests were written to “{file}”.")
            self.say(sentence.format(count=len(lines), file=path.name), Tone.OK)

        self._background.run(lambda: export_guests(path, lines), done, self._on_failed)

    # -- saying -------------------------------------------------------------------------------------

    def say(self, sentence: str, tone: Tone = Tone.NEUTRAL) -> None:
        """Show one sentence over the page."""
        self.toast.show_message(Message(sentence, tone))

    def offer_undo(self, sentence: str) -> None:
        """Show one sentence over the page, with a button that takes the last step back."""
        undo = QAction(self.tr("Undo"), self.toast)
        undo.triggered.connect(self._workspace.actions.stack.undo)
        self.toast.show_message(Message(sentence, Tone.NEUTRAL, undo))

    # -- inside -------------------------------------------------------------------------------------

    def _erase(self, lines: Sequence[GuestLine]) -> None:
        guest_ids = dict.fromkeys(line.guest_id for line in lines)

        def finish() -> None:
            # Earlier steps hold what was known of these people, and would write it again.
            self._workspace.actions.stack.clear()
            one, many = self.tr("The guest was erased."), self.tr("{count} guests were erased.")
            self.say((one if len(guest_ids) == 1 else many).format(count=len(guest_ids)))

        operations = [EraseGuest(guest_id=guest_id) for guest_id in guest_ids]
        self._perform(self.tr("Erase {who}").format(who=self._who(lines)), operations, finish)

    def _left_empty(self, lines: Sequence[GuestLine]) -> list[str]:
        leaving = {line.attendee_id for line in lines}
        return [
            invitation_id
            for invitation_id in dict.fromkeys(line.invitation_id for line in lines)
            if all(line.attendee_id in leaving for line in self._model.everybody_in(invitation_id))
        ]

    def _who(self, lines: Sequence[GuestLine]) -> str:
        if len(lines) == 1:
            return lines[0].name
        return self.tr("{count} guests").format(count=len(lines))

    def _perform(self, text: str, operations: Sequence[Operation], done: Callable[[], None] | None = None) -> None:
        if operations:
            self._workspace.actions.perform(text, operations, None if done is None else lambda _result: done())

    def _open_import(self) -> ImportDialog:
        if isinstance(self._dialog, ImportDialog):
            return self._dialog
        dialog = ImportDialog(self._theme, self._workspace, self.country, self._host)
        dialog.imported.connect(self._on_imported)
        self._open(dialog)
        return dialog

    def _open_addition(self) -> AddGuestDialog:
        dialog = AddGuestDialog(self._theme, self._model.lines.values(), self.country, self._host)
        dialog.guest_described.connect(self._on_guest_described)
        self._open(dialog)
        return dialog

    def _open(self, dialog: QDialog) -> None:
        if self._dialog is not None:
            self._dialog.close()
        self._dialog = dialog
        dialog.finished.connect(self._on_dialog_finished)
        dialog.open()

    def _on_dialog_finished(self) -> None:
        if self._dialog is not None:
            self._dialog.deleteLater()
            self._dialog = None

    def _on_guest_described(self, name: str, operations: list[Operation]) -> None:
        self._perform(self.tr("Add {name}").format(name=name), operations)

    def _on_imported(self, count: int, file: str) -> None:
        one, many = self.tr("1 guest was imported from {file}."), self.tr("{count} guests were imported from {file}.")
        said = one if count == 1 else many
        self.offer_undo(said.format(count=count, file=file))

    def _on_failed(self, error: UsherError) -> None:
        self.say(error.message, Tone.BAD)
