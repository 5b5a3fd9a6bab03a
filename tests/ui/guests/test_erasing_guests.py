"""Erasing guests from the guest screen: asked for, explained, done for good."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot
from sqlalchemy import select, update

from models.events import Role
from models.operations.edits import FieldEdit
from models.operations.people import EditGuest, GuestField
from models.people import Guest
from models.store.copy_tables import Replica
from models.store.local_copy import LocalCopy
from tests.helpers.workspace import DirectRunner
from ui.dialogs.erasing_dialog import ErasingDialog
from ui.guests.guests_page import GuestsPage
from ui.theme import Theme
from ui.workspace import Workspace


def _choose(page: GuestsPage, *names: str) -> list[str]:
    """Choose guests by name; give their attendees."""
    found = [line.attendee_id for name in names for line in page.model.lines.values() if line.name == name]
    assert len(found) == len(names)
    page.view.choose(found, found[0])
    return found


def _names(page: GuestsPage, count: int) -> list[str]:
    return sorted(line.name for line in page.model.lines.values() if line.email)[:count]


def _erase_entry(menu: QMenu) -> list[str]:
    return [action.text() for action in menu.actions() if action.text().startswith("Erase")]


def _ask(page: GuestsPage) -> ErasingDialog:
    next(action for action in page.view.row_menu().actions() if action.text().startswith("Erase")).trigger()
    dialog = page.work.dialog
    assert isinstance(dialog, ErasingDialog)
    return dialog


def test_the_menu_of_a_row_erases_a_guest_after_a_word_about_it(
    page: GuestsPage, workspace: Workspace, qtbot: QtBot
) -> None:
    (name,) = _names(page, 1)
    (attendee_id,) = _choose(page, name)
    before = page.model.lines[attendee_id]
    assert _erase_entry(page.view.row_menu()) == [f"Erase {name}…"]
    dialog = _ask(page)
    assert dialog.question.property("text") == f"Erase {name}?"

    qtbot.mouseClick(dialog.erase, Qt.MouseButton.LeftButton)

    after = page.model.lines[attendee_id]
    assert (after.name, after.email, after.phone, after.notes, after.tags) == ("Erased guest", None, None, None, ())
    assert after.is_erased
    assert (after.rsvp, after.seat_id, after.meal) == (before.rsvp, before.seat_id, before.meal)
    row = page.model.row_of(attendee_id)
    assert row is not None
    assert page.model.index(row, 0).data() == "Erased guest"
    with workspace.read() as connection:
        assert connection.scalar(select(Guest.erased_at).where(Guest.id == before.guest_id)) is not None


def test_enter_in_the_question_erases_nobody(page: GuestsPage, qtbot: QtBot) -> None:
    (name,) = _names(page, 1)
    (attendee_id,) = _choose(page, name)
    dialog = _ask(page)
    qtbot.keyClick(dialog, Qt.Key.Key_Return)
    assert not dialog.isVisible()
    assert page.model.lines[attendee_id].name == name


def test_no_step_of_undo_brings_anything_of_an_erased_guest_back(
    page: GuestsPage, workspace: Workspace, qtbot: QtBot
) -> None:
    (name,) = _names(page, 1)
    (attendee_id,) = _choose(page, name)
    line = page.model.lines[attendee_id]
    fields = GuestField(email=FieldEdit[str | None](seen=line.email, new="new@post.example"))
    workspace.actions.perform(f"Edit {name}", [EditGuest(guest_id=line.guest_id, fields=fields)])
    assert workspace.actions.stack.canUndo()

    qtbot.mouseClick(_ask(page).erase, Qt.MouseButton.LeftButton)

    assert not workspace.actions.stack.canUndo()
    assert not workspace.actions.stack.canRedo()
    assert page.work.toast.message is not None
    assert page.work.toast.message.text == "The guest was erased."


def test_several_are_erased_at_once_and_those_who_are_erased_are_not_asked_about(
    page: GuestsPage, qtbot: QtBot
) -> None:
    names = _names(page, 2)
    chosen = _choose(page, *names)
    assert _erase_entry(page.view.row_menu()) == ["Erase 2 guests…"]
    dialog = _ask(page)
    assert dialog.question.property("text") in (
        f"Erase {names[0]} and {names[1]}?",
        f"Erase {names[1]} and {names[0]}?",
    )
    qtbot.mouseClick(dialog.erase, Qt.MouseButton.LeftButton)
    assert [page.model.lines[one].name for one in chosen] == ["Erased guest"] * 2
    page.view.choose(chosen, chosen[0])
    assert _erase_entry(page.view.row_menu()) == []


@pytest.mark.parametrize("role", [Role.DOOR, Role.VIEWER])
def test_who_is_no_organizer_is_not_offered_it(theme: Theme, copy: LocalCopy, qtbot: QtBot, role: Role) -> None:
    with copy.database.write() as connection:
        connection.execute(update(Replica).values(role=role))
    page = GuestsPage(theme, Workspace(copy, DirectRunner(copy)))
    qtbot.addWidget(page)
    _choose(page, *_names(page, 1))
    assert _erase_entry(page.view.row_menu()) == []
