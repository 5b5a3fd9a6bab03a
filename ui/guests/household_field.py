"""A field that names a household: one that is there, with completion, or a new one."""

from collections.abc import Iterable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QCompleter, QWidget

from models.guest_lists.folding import fold
from models.guest_table import GuestLine
from ui.guests.edits import HouseholdChoice

_MOST_LISTED = 12


class HouseholdField(QComboBox):
    """Offers the households of the event; a text that is none of them names a new one."""

    def __init__(self, lines: Iterable[GuestLine], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setEditable(True)
        self.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.setAccessibleName(self.tr("Household"))
        self.setMaxVisibleItems(_MOST_LISTED)
        names: dict[str, str] = {}
        sizes: dict[str, int] = {}
        for line in lines:
            names[line.invitation_id] = line.household
            sizes[line.invitation_id] = sizes.get(line.invitation_id, 0) + 1
        self._ids: dict[str, list[str]] = {}
        ordered = sorted(names.items(), key=lambda pair: fold(pair[1]))
        for invitation_id, name in ordered:
            self._ids.setdefault(fold(name), []).append(invitation_id)
        twice = {ids for key in self._ids.values() if len(key) > 1 for ids in key}
        for invitation_id, name in ordered:
            text = f"{name} ({sizes[invitation_id]})" if invitation_id in twice else name
            self.addItem(text, invitation_id)
        completer = QCompleter(self.model(), self)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        completer.setCompletionMode(QCompleter.CompletionMode.PopupCompletion)
        self.setCompleter(completer)
        self.setCurrentIndex(-1)
        line_edit = self.lineEdit()
        assert line_edit is not None
        line_edit.setPlaceholderText(self.tr("a new one"))

    def choose(self, invitation_id: str) -> None:
        """Name a household that is there."""
        self.setCurrentIndex(self.findData(invitation_id))

    def choice(self) -> HouseholdChoice:
        """Return the household that is meant."""
        text = self.currentText().strip()
        at = self.findText(text, Qt.MatchFlag.MatchFixedString)
        if at >= 0:
            return HouseholdChoice(text, self.itemData(at))
        same = self._ids.get(fold(text), []) if text else []
        return HouseholdChoice(text, same[0] if len(same) == 1 else None)
