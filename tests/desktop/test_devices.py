"""Devices in the real program: revoked by a click, refused from then on, and their late work decided about."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot
from sqlalchemy import func, select

from desktop.application import Program
from models.attendance import Entry
from models.check_in import CheckIn
from models.errors import SyncError
from models.events import Device, Role
from models.invitations import Attendee
from models.store.local_copy import LocalCopy
from sync.client.api import ServerApi
from sync.client.engine import SyncEngine
from sync.client.pairing import pair, parse_pairing_code
from sync.server.running import RunningServer
from tests.desktop.conftest import StartProgram, in_step, join, message, pairing_code
from tests.helpers.devices import TestDevice
from ui.dialogs.devices_dialog import DevicesDialog


@pytest.fixture
def gala(program: Program, qtbot: QtBot) -> Program:
    """The program with the sample open and in step with its own server."""
    program.open_sample()
    in_step(program, qtbot)
    return program


@pytest.fixture
def paired(tmp_path: Path) -> Iterator[list[TestDevice]]:
    """The devices that a test paired; they are closed after it."""
    devices: list[TestDevice] = []
    yield devices
    for device in devices:
        device.close()


def _pair(program: Program, paired: list[TestDevice], folder: Path, name: str) -> TestDevice:
    code = parse_pairing_code(pairing_code(program))
    made = pair(code, name, folder / name, keep_token=lambda _install, _token: None, synchronous="OFF")
    device = TestDevice(made.copy, ServerApi(code.server_url, token=made.token), made.token)
    paired.append(device)
    return device


def _let_in(copy: LocalCopy, place: int) -> str:
    """Let the guest at a place of the list in; give the name."""
    with copy.read() as connection:
        attendees = connection.scalars(
            select(Attendee.id).where(Attendee.rsvp == "accepted").order_by(Attendee.id)
        ).all()
    checked_in = CheckIn(copy).show_person(attendees[place])
    assert checked_in.decision.passes
    return checked_in.decision.people[0].name


def _entries(program: Program) -> int:
    assert program.opened is not None
    with program.opened.copy.read() as connection:
        return connection.scalar(select(func.count()).select_from(Entry)) or 0


def _open_devices(program: Program) -> DevicesDialog:
    assert program.screens is not None
    program.screens.menu.devices.trigger()
    dialog = program.screens.dialog
    assert isinstance(dialog, DevicesDialog)
    assert dialog.isVisible()
    assert dialog.focusWidget() is dialog.close_button
    return dialog


def _press_by_key(dialog: DevicesDialog, button: QWidget, qtbot: QtBot) -> None:
    dialog.activateWindow()
    button.setFocus()
    qtbot.waitUntil(button.hasFocus)
    qtbot.keyClick(button, Qt.Key.Key_Space)


def _revoke(dialog: DevicesDialog, name: str, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: any(row.line.name == name for row in dialog.rows), timeout=10_000)
    row = next(row for row in dialog.rows if row.line.name == name)
    qtbot.mouseClick(row.revoke, Qt.MouseButton.LeftButton)
    _press_by_key(dialog, row.really, qtbot)
    qtbot.waitUntil(
        lambda: any(row.line.name == name and row.line.revoked_at is not None for row in dialog.rows), timeout=10_000
    )
    assert dialog.focusWidget() is dialog.close_button


def _handed_on(program: Program, qtbot: QtBot) -> None:
    """Wait until the server has what was done here."""
    assert program.opened is not None
    copy = program.opened.copy
    qtbot.waitUntil(lambda: copy.waiting().pending == 0, timeout=10_000)


def _hand_in_refused(device: TestDevice) -> None:
    with pytest.raises(SyncError) as raised:
        SyncEngine(device.copy, device.api).exchange()
    assert raised.value.code == "revoked"


def test_a_device_is_revoked_by_two_clicks_and_what_it_did_offline_is_decided_here(
    gala: Program, paired: list[TestDevice], tmp_path: Path, qtbot: QtBot
) -> None:
    lost = _pair(gala, paired, tmp_path, "Lost laptop")
    _pair(gala, paired, tmp_path, "Spare laptop")
    names = [_let_in(lost.copy, place) for place in range(3)]
    dialog = _open_devices(gala)
    qtbot.waitUntil(lambda: dialog.nothing_held.text().endswith("there is nothing now."), timeout=10_000)

    _revoke(dialog, "Lost laptop", qtbot)
    _handed_on(gala, qtbot)
    _hand_in_refused(lost)
    assert _entries(gala) == 0

    dialog.ask()
    qtbot.waitUntil(lambda: len(dialog.held_rows) == 3, timeout=10_000)
    assert [row.what.text() for row in dialog.held_rows] == [f"Entry · {name}" for name in names]
    assert dialog.held_title.text() == "Waiting for your decision · 3"
    assert dialog.held_rows[0].origin.text().startswith("Lost laptop, ")
    assert dialog.accept_all.nextInFocusChain() is dialog.held_rows[0].accept
    assert dialog.held_rows[2].discard.nextInFocusChain() is dialog.rows[0].revoke

    qtbot.mouseClick(dialog.held_rows[1].discard, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: dialog.held_rows[1].decision.text() == "discarded", timeout=10_000)
    assert dialog.held_title.text() == "Waiting for your decision · 2"
    _press_by_key(dialog, dialog.accept_all, qtbot)
    qtbot.waitUntil(lambda: _entries(gala) == 2, timeout=10_000)
    assert [row.decision.text() for row in dialog.held_rows] == ["accepted", "discarded", "accepted"]
    assert dialog.held_title.text() == "Decided"
    assert dialog.focusWidget() is dialog.close_button

    dialog.close()
    again = _open_devices(gala)
    qtbot.waitUntil(lambda: again.nothing_held.text().endswith("there is nothing now."), timeout=10_000)
    assert again.held_rows == []


def test_a_published_events_server_is_asked_by_every_organizer(
    start: StartProgram, office: Program, paired: list[TestDevice], tmp_path: Path, qtbot: QtBot
) -> None:
    other = start("other")
    join(other, pairing_code(office, Role.ORGANIZER), qtbot)
    lost = _pair(office, paired, tmp_path, "Lost laptop")
    name = _let_in(lost.copy, 0)
    dialog = _open_devices(other)
    _revoke(dialog, "Lost laptop", qtbot)
    _handed_on(other, qtbot)
    _hand_in_refused(lost)

    at_office = _open_devices(office)
    qtbot.waitUntil(lambda: len(at_office.held_rows) == 1, timeout=10_000)
    dialog.ask()
    qtbot.waitUntil(lambda: len(dialog.held_rows) == 1, timeout=10_000)
    assert dialog.held_rows[0].what.text() == f"Entry · {name}"
    assert not dialog.accept_all.isVisible()

    qtbot.mouseClick(dialog.held_rows[0].accept, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: _entries(other) == 1 and _entries(office) == 1, timeout=15_000)


def test_one_computer_never_revokes_itself_nor_an_organizer_the_owner(
    start: StartProgram, office: Program, qtbot: QtBot
) -> None:
    other = start("other")
    join(other, pairing_code(office, Role.ORGANIZER), qtbot)
    dialog = _open_devices(other)
    qtbot.waitUntil(lambda: len(dialog.rows) == 2, timeout=10_000)
    assert [row.line.is_here for row in dialog.rows] == [True, False]
    assert [row.revoke.isVisible() for row in dialog.rows] == [False, False]

    at_office = _open_devices(office)
    qtbot.waitUntil(lambda: len(at_office.rows) == 2, timeout=10_000)
    assert [row.revoke.isVisible() for row in at_office.rows] == [False, True]


def test_keeping_a_device_changes_nothing(
    gala: Program, paired: list[TestDevice], tmp_path: Path, qtbot: QtBot
) -> None:
    door = _pair(gala, paired, tmp_path, "North laptop")
    dialog = _open_devices(gala)
    qtbot.waitUntil(lambda: len(dialog.rows) == 2, timeout=10_000)
    row = dialog.rows[1]
    qtbot.mouseClick(row.revoke, Qt.MouseButton.LeftButton)
    assert row.question.isVisible()
    qtbot.keyClick(dialog.focusWidget() or dialog, Qt.Key.Key_Return)
    assert not row.question.isVisible()
    assert row.revoke.isVisible()
    assert gala.opened is not None
    with gala.opened.copy.read() as connection:
        assert set(connection.scalars(select(Device.revoked_at))) == {None}
    door.exchange()


def test_without_a_server_the_devices_are_shown_and_a_sentence_says_what_is_not_known(
    office: Program, server: RunningServer, qtbot: QtBot
) -> None:
    server.stop()
    dialog = _open_devices(office)
    qtbot.waitUntil(lambda: "is not known now" in dialog.nothing_held.text(), timeout=15_000)
    assert "cannot be reached" in dialog.nothing_held.text()
    assert len(dialog.rows) == 1


def test_a_doors_program_offers_no_devices(start: StartProgram, gala: Program, qtbot: QtBot) -> None:
    door = start("door")
    join(door, pairing_code(gala), qtbot)
    assert door.screens is not None
    assert not door.screens.menu.devices.isVisible()


def test_an_organizer_hears_by_herself_that_something_waits(
    gala: Program, paired: list[TestDevice], tmp_path: Path, qtbot: QtBot
) -> None:
    assert gala.screens is not None
    lost = _pair(gala, paired, tmp_path, "Lost laptop")
    for place in range(2):
        _let_in(lost.copy, place)
    dialog = _open_devices(gala)
    _revoke(dialog, "Lost laptop", qtbot)
    _handed_on(gala, qtbot)
    dialog.close()
    menu = gala.screens.menu.devices
    with qtbot.waitSignal(gala.screens.watch.counted, timeout=10_000):
        gala.screens.watch.look()
    assert (menu.text(), message(gala)) == ("Devices…", "")

    _hand_in_refused(lost)
    with qtbot.waitSignal(gala.screens.watch.counted, timeout=10_000):
        gala.screens.watch.look()
    assert menu.text() == "Devices… · 2 to decide"
    assert message(gala) == "2 changes of a revoked device wait for a decision."
    toast = gala.window.toast.message
    assert toast is not None
    assert toast.action is not None
    toast.action.trigger()
    assert isinstance(gala.screens.dialog, DevicesDialog)


def test_where_no_device_was_revoked_nothing_is_asked(gala: Program, qtbot: QtBot) -> None:
    assert gala.opened is not None
    assert gala.screens is not None
    asked = gala.opened.errands.waiting
    gala.screens.watch.look()
    assert gala.opened.errands.waiting == asked
