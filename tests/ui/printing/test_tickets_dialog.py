"""The dialog that makes tickets and saves them."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtPdf import QPdfDocument
from PySide6.QtWidgets import QFileDialog, QPushButton
from pytestqt.qtbot import QtBot
from sqlalchemy import func, select, update

from models.store.local_copy import LocalCopy
from models.store.rows import Change
from models.tickets import Ticket
from tests.helpers.signing import sign_all_tickets
from tests.helpers.workspace import DirectRunner, gala_copy
from ui.printing.tickets_dialog import TicketsDialog
from ui.theme import Theme
from ui.workspace import Workspace

pytestmark = pytest.mark.qt_log_ignore("OpenType support missing")

ALL = "322"


@pytest.fixture
def gala(tmp_path: Path) -> Iterator[LocalCopy]:
    copy = gala_copy(tmp_path)
    yield copy
    copy.close()


@pytest.fixture
def dialog(gala: LocalCopy, theme: Theme, qtbot: QtBot) -> TicketsDialog:
    workspace = Workspace(gala, DirectRunner(gala))
    made = TicketsDialog(workspace, theme)
    workspace.setParent(made)
    qtbot.addWidget(made)
    return made


def press(qtbot: QtBot, button: QPushButton) -> None:
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def shown(dialog: TicketsDialog) -> tuple[str, str, str]:
    return dialog.ready_count.text(), dialog.waiting_count.text(), dialog.missing_count.text()


def sign(dialog: TicketsDialog, gala: LocalCopy) -> None:
    sign_all_tickets(gala)
    dialog.refresh()


def test_before_any_ticket_only_making_them_is_offered(dialog: TicketsDialog) -> None:
    assert shown(dialog) == ("0", "0", ALL)
    assert dialog.make_button.isEnabled()
    assert not dialog.save_button.isEnabled()


def test_made_tickets_wait_for_the_server(dialog: TicketsDialog, gala: LocalCopy, qtbot: QtBot) -> None:
    press(qtbot, dialog.make_button)
    with gala.read() as connection:
        issued = connection.scalar(select(func.count()).select_from(Ticket))

    assert str(issued) == ALL
    assert shown(dialog) == ("0", ALL, "0")
    assert ALL in dialog.sentence.text()
    assert not dialog.make_button.isEnabled()
    assert not dialog.save_button.isEnabled()


def test_the_dialog_hears_when_tickets_are_signed(
    dialog: TicketsDialog, gala: LocalCopy, theme: Theme, qtbot: QtBot
) -> None:
    press(qtbot, dialog.make_button)
    workspace = dialog.findChild(Workspace)
    assert workspace is not None
    changes: list[object] = []
    workspace.changes.changed.connect(changes.append)
    sign_all_tickets(gala)
    workspace.announce(Change({Ticket.__tablename__: frozenset({"any"})}))

    assert len(changes) == 1
    assert shown(dialog) == (ALL, "0", "0")
    assert dialog.save_button.isEnabled()


def test_signed_tickets_are_saved_where_the_person_says(
    dialog: TicketsDialog, gala: LocalCopy, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    press(qtbot, dialog.make_button)
    sign(dialog, gala)
    path = tmp_path / "my tickets.pdf"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))
    with qtbot.waitSignal(dialog.tickets_saved, timeout=60_000) as saved:
        press(qtbot, dialog.save_button)
        assert not dialog.save_button.isEnabled()
        assert not dialog.progress.isHidden()
    document = QPdfDocument()
    document.load(str(path))

    assert saved.args == [str(path), int(ALL)]
    assert document.pageCount() == 81
    assert dialog.sentence.text() == f"Tickets saved in “my tickets.pdf”: {ALL}."
    assert dialog.progress.isHidden()
    assert dialog.save_button.isEnabled()
    document.close()


def test_no_file_is_written_when_the_person_changes_their_mind(
    dialog: TicketsDialog, gala: LocalCopy, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    press(qtbot, dialog.make_button)
    sign(dialog, gala)
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: ("", ""))
    press(qtbot, dialog.save_button)

    assert dialog.progress.isHidden()
    assert dialog.save_button.isEnabled()


def test_saving_can_be_cancelled(dialog: TicketsDialog, gala: LocalCopy, qtbot: QtBot, tmp_path: Path) -> None:
    press(qtbot, dialog.make_button)
    sign(dialog, gala)
    path = tmp_path / "out" / "tickets.pdf"
    path.parent.mkdir()
    dialog.save_pdf(path)
    qtbot.waitUntil(lambda: dialog.progress.bar.value() >= 2)
    cancel = dialog.progress.findChild(QPushButton)
    assert cancel is not None
    press(qtbot, cancel)

    assert list(path.parent.iterdir()) == []
    assert dialog.sentence.text() == "Stopped: no file was written."
    assert dialog.save_button.isEnabled()


def test_closing_the_dialog_stops_saving(dialog: TicketsDialog, gala: LocalCopy, qtbot: QtBot, tmp_path: Path) -> None:
    press(qtbot, dialog.make_button)
    sign(dialog, gala)
    path = tmp_path / "out" / "tickets.pdf"
    path.parent.mkdir()
    dialog.show()
    dialog.save_pdf(path)
    qtbot.waitUntil(lambda: dialog.progress.bar.value() >= 1)
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)

    assert dialog.isHidden()
    assert list(path.parent.iterdir()) == []


def test_a_place_that_cannot_be_written_is_said(
    dialog: TicketsDialog, gala: LocalCopy, qtbot: QtBot, tmp_path: Path
) -> None:
    press(qtbot, dialog.make_button)
    sign(dialog, gala)
    dialog.save_pdf(tmp_path / "nowhere" / "tickets.pdf")

    assert "tickets.pdf" in dialog.sentence.text()
    assert dialog.sentence.property("look") == "problem"
    assert dialog.save_button.isEnabled()


def test_those_who_wait_are_counted_after_saving(
    dialog: TicketsDialog, gala: LocalCopy, qtbot: QtBot, tmp_path: Path
) -> None:
    press(qtbot, dialog.make_button)
    sign_all_tickets(gala)
    with gala.database.write() as connection:
        some = list(connection.scalars(select(Ticket.id).order_by(Ticket.id).limit(5)))
        connection.execute(update(Ticket).where(Ticket.id.in_(some)).values(signed_code=None))
    dialog.refresh()
    with qtbot.waitSignal(dialog.tickets_saved, timeout=60_000):
        dialog.save_pdf(tmp_path / "tickets.pdf")

    assert shown(dialog) == ("317", "5", "0")
    assert dialog.sentence.text().endswith("Waiting for the server and not in it: 5.")
