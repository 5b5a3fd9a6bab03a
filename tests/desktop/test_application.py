"""The program as a whole: opening, joining, closing, and what happens when something is not as it should be."""

import json
import shutil
import socket
import sqlite3
import sys
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from sqlalchemy import func, select
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite

from desktop.application import Program, make_program
from desktop.crash_dialog import CrashDialogs
from desktop.crashes import CrashReporter, print_sentence
from desktop.hub import hub_file
from desktop.launch import Launch
from desktop.log import LogFile
from models.attendance import Entry
from models.errors import SyncError, UsherError
from models.events import Door, Event, Role
from models.ids import new_id
from models.operations.edits import FieldEdit
from models.operations.events import AddDoor, EditEvent, EventField
from models.people import Guest
from sync.client.engine import SyncEngine
from sync.client.loop import Reach
from sync.server.running import RunningServer
from tests.desktop.conftest import StartProgram, end, home_at, in_step, message, pairing_code
from tests.helpers.devices import PASSWORD
from tests.helpers.servers import free_port
from tests.sync.raw_http import answering
from ui.dialogs.publish_dialog import PublishDialog
from ui.start.event_choices import EventDraft
from ui.theme import ThemeMode
from ui.widgets.status_line import Connection

DRAFT = EventDraft("Harvest dinner", datetime(2027, 9, 18, 16, 0, tzinfo=UTC), "Europe/Lisbon", "Old mill")


def _make(program: Program, title: str = DRAFT.title) -> Path:
    program.start_page.new_event.event_requested.emit(EventDraft(title, DRAFT.starts_at, DRAFT.time_zone, DRAFT.place))
    assert program.opened is not None
    return program.opened.path


def _count(program: Program, entity: type[Guest] | type[Entry]) -> int:
    assert program.opened is not None
    with program.opened.copy.read() as connection:
        return connection.scalar(select(func.count()).select_from(entity)) or 0


def _added_doors(program: Program) -> int:
    """How many doors there are beside the one that every event begins with."""
    assert program.opened is not None
    with program.opened.copy.read() as connection:
        return (connection.scalar(select(func.count()).select_from(Door)) or 0) - 1


def _add_door(program: Program, name: str) -> None:
    assert program.opened is not None
    program.opened.workspace.actions.perform(f"Add {name}", [AddDoor(door_id=new_id(), door_name=name)])


# -- opening ----------------------------------------------------------------------------------------------------------


def test_the_sample_opens_with_a_server_of_its_own(program: Program, qtbot: QtBot) -> None:
    qtbot.mouseClick(program.start_page.sample.open_button, Qt.MouseButton.LeftButton)

    in_step(program, qtbot)
    qtbot.waitUntil(lambda: program.window.status_line.text == "In step with the server")
    assert program.window.header.title == "Harbour Foundation Gala"
    assert _count(program, Guest) == 240
    assert program.window.current_page == "guests"


def test_an_event_of_three_answers_is_open_at_once_and_remembered(program: Program, qtbot: QtBot) -> None:
    path = _make(program)

    in_step(program, qtbot)
    assert program.window.header.title == "Harvest dinner"
    program.close_event()
    assert program.window.current_page == ""
    assert program.window.windowTitle() == "Usher"
    (card,) = program.start_page.recent.cards
    assert (card.recent.path, card.recent.title, card.recent.place) == (path, "Harvest dinner", "Old mill")

    qtbot.mouseClick(card, Qt.MouseButton.LeftButton)
    assert program.opened is not None
    assert program.opened.path == path


def test_the_time_is_shown_in_the_zone_of_the_event(program: Program) -> None:
    _make(program)

    assert program.window.header._subtitle.text() == "Sat 18 Sept 2027 · 17:00 · Old mill"


def test_another_event_takes_the_place_of_the_one_before(program: Program, qtbot: QtBot) -> None:
    first = _make(program, "First")
    second = _make(program, "Second")
    assert program.window.header.title == "Second"
    program.open_file(first)
    assert program.window.header.title == "First"
    in_step(program, qtbot)
    assert [event.path for event in program._settings.current.recent] == [first, second]


def test_two_events_of_one_name_have_two_files(program: Program) -> None:
    assert _make(program).name == "Harvest dinner.usher"
    assert _make(program).name == "Harvest dinner 2.usher"


def test_the_undo_shortcut_works_in_the_second_event_too(program: Program, qtbot: QtBot) -> None:
    _make(program, "First")
    program.open_sample()
    assert program.opened is not None
    program.window.show_page("conflicts")
    program.window.activateWindow()
    stack = program.opened.workspace.actions.stack
    assert program.screens is not None
    assert program.screens.planner is not None
    _rename(program, "Winter gala")
    qtbot.waitUntil(lambda: stack.canUndo())

    qtbot.keyClick(program.window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: program.window.header.title == "Harbour Foundation Gala")


def _rename(program: Program, title: str) -> None:
    assert program.opened is not None
    workspace = program.opened.workspace
    with workspace.read() as connection:
        seen = connection.execute(select(Event.title)).scalar_one()
    fields = EventField(title=FieldEdit[str](seen=seen, new=title))
    workspace.actions.perform(f"Rename the event to {title}", [EditEvent(event_id=workspace.event_id, fields=fields)])


def test_undo_and_redo_stand_in_the_header_with_their_names(program: Program, qtbot: QtBot) -> None:
    program.open_sample()
    program.window.show_page("tables")
    assert program.opened is not None
    undo, redo = program.window.header.buttons[:2]
    assert (undo.isEnabled(), redo.isEnabled()) == (False, False)

    _rename(program, "Winter gala")
    qtbot.waitUntil(lambda: program.window.header.title == "Winter gala")
    assert undo.text() == "Undo rename the event to Winter gala"
    qtbot.mouseClick(undo, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: program.window.header.title == "Harbour Foundation Gala")
    assert redo.text() == "Redo rename the event to Winter gala"
    qtbot.mouseClick(redo, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: program.window.header.title == "Winter gala")


def test_the_theme_is_remembered(start: StartProgram, qtbot: QtBot) -> None:
    first = start()
    first.theme.set_mode(ThemeMode.DARK)
    end(first)

    again = start()
    assert again.theme.mode is ThemeMode.DARK
    qtbot.mouseClick(again.start_page.mode_button, Qt.MouseButton.LeftButton)
    assert again.theme.mode is ThemeMode.LIGHT


# -- joining ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("K7Q2M", "This is no pairing code: copy all of it from the organizer's screen."),
        ("usher:" + "9" * 10_000, "This is no pairing code: copy all of it from the organizer's screen."),
        ("usher:ftp://somewhere#ABC", "“ftp://somewhere” is no server's address: it begins with https://."),
        ("usher:http://venue.example#ABC", "“venue.example” must be reached over https://, not http://."),
    ],
)
def test_nonsense_for_a_pairing_code_is_told_in_the_card(
    program: Program, qtbot: QtBot, code: str, sentence: str
) -> None:
    card = program.start_page.join
    card.code_field.setText(code)
    qtbot.mouseClick(card.join_button, Qt.MouseButton.LeftButton)

    qtbot.waitUntil(lambda: card.problem.text() == sentence)
    assert card.join_button.isEnabled()
    assert program.opened is None


def test_a_code_for_a_server_that_is_away_is_told_in_the_card(program: Program, qtbot: QtBot) -> None:
    card = program.start_page.join
    program.join(f"usher:http://127.0.0.1:{free_port()}#ABCDEFGH")

    qtbot.waitUntil(lambda: "cannot be reached" in card.problem.text())
    assert card.join_button.text() == "Join"


def test_wrong_used_and_expired_codes_are_told_in_the_card_and_lose_nothing(start: StartProgram, qtbot: QtBot) -> None:
    office, door = start("office"), start("door")
    _make(office)
    code = pairing_code(office)
    card = door.start_page.join

    door.join(code[:-8] + "00000000")
    qtbot.waitUntil(lambda: "is not known here" in card.problem.text())
    door.join(code)
    qtbot.waitUntil(lambda: door.opened is not None, timeout=10_000)
    door.close_event()
    door.join(code)
    qtbot.waitUntil(lambda: "was used already" in card.problem.text())

    late = pairing_code(office)
    hub = office.opened.hub if office.opened is not None else None
    assert hub is not None
    with hub.server.service.database.write() as connection:
        connection.exec_driver_sql("UPDATE pairing_codes SET expires_at = '2020-01-01T00:00:00.000000Z'")
    door.join(late)
    qtbot.waitUntil(lambda: "has expired" in card.problem.text())

    (recent,) = door.start_page.recent.cards
    qtbot.mouseClick(recent, Qt.MouseButton.LeftButton)
    in_step(door, qtbot)


def test_a_door_is_paired_with_another_programs_hub_and_both_see_an_entry(start: StartProgram, qtbot: QtBot) -> None:
    office, door = start("office"), start("door")
    office.open_sample()
    door.join(pairing_code(office))
    qtbot.waitUntil(lambda: door.opened is not None, timeout=10_000)

    assert door.screens is not None
    assert door.screens.door.isVisible()
    assert door.window.current_page == ""
    in_step(door, qtbot)
    door.screens.door.control.walk_in("Amadou Keïta", "", "")
    qtbot.waitUntil(lambda: _count(office, Entry) == 1, timeout=10_000)
    in_step(office, qtbot)


def test_a_connection_that_breaks_after_the_code_was_taken_asks_for_a_new_code(
    start: StartProgram, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    office, door = start("office"), start("door")
    _make(office)
    code = pairing_code(office)

    def breaks(_engine: SyncEngine) -> None:
        raise SyncError("away", "The server cannot be reached: it is tried again.")

    with monkeypatch.context() as patch:
        patch.setattr("sync.client.pairing.SyncEngine.exchange", breaks)
        door.join(code)
        qtbot.waitUntil(lambda: "ask for a new one" in door.start_page.join.problem.text(), timeout=10_000)
    door.join(pairing_code(office))
    qtbot.waitUntil(lambda: door.opened is not None, timeout=10_000)


# -- publishing -------------------------------------------------------------------------------------------------------


def test_an_event_is_published_through_the_dialog_and_says_so(
    program: Program, server: RunningServer, qtbot: QtBot
) -> None:
    _make(program)
    dialog = _publishing(program, server.url, PASSWORD)
    assert dialog.sentence.text() == "Connecting…"
    qtbot.waitUntil(lambda: "is handed on" in message(program), timeout=10_000)

    assert program.screens is not None
    assert program.screens.dialog is None
    assert message(program) == f"The event is handed on to {server.url} now."
    assert program.opened is not None
    event_id = program.opened.workspace.event_id
    qtbot.waitUntil(lambda: _title_at(server, event_id) == "Harvest dinner", timeout=10_000)
    in_step(program, qtbot)


def _publishing(program: Program, address: str, password: str) -> PublishDialog:
    assert program.screens is not None
    program.screens.open_publishing()
    dialog = program.screens.dialog
    assert isinstance(dialog, PublishDialog)
    dialog.address.setText(address)
    dialog.login.setText("ada")
    dialog.password.setText(password)
    dialog.go.click()
    return dialog


def _title_at(server: RunningServer, event_id: str) -> str | None:
    with server.service.database.read() as connection:
        return connection.scalar(select(Event.title).where(Event.id == event_id))


def test_what_keeps_an_event_from_being_published_is_told_in_the_dialog(
    program: Program, server: RunningServer, qtbot: QtBot
) -> None:
    _make(program)
    with answering(lambda wire: wire.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nHello")) as stranger:
        for address, password, words in (
            (server.url, "wrong password", "password"),
            (f"http://127.0.0.1:{free_port()}", PASSWORD, "cannot be reached"),
            (stranger, PASSWORD, "is no Usher server"),
            ("", PASSWORD, "address is missing"),
            ("http://[", PASSWORD, "is no server's address"),
        ):
            dialog = _publishing(program, address, password)
            qtbot.waitUntil(dialog.go.isEnabled, timeout=10_000)
            assert words in dialog.sentence.text()
            assert dialog.sentence.text().count(". ") == 0
            dialog.reject()
    in_step(program, qtbot)


def test_a_dialog_that_was_left_is_not_needed_for_the_answer(
    program: Program, server: RunningServer, qtbot: QtBot
) -> None:
    _make(program)
    dialog = _publishing(program, server.url, PASSWORD)
    dialog.reject()
    qtbot.waitUntil(lambda: "is handed on to" in message(program), timeout=10_000)


# -- closing ----------------------------------------------------------------------------------------------------------


def test_work_that_waits_when_the_window_closes_is_there_again_and_is_handed_in(
    start: StartProgram, qtbot: QtBot
) -> None:
    office, desk = start("office"), start("desk")
    path = _make(office)
    desk.join(pairing_code(office, Role.ORGANIZER))
    qtbot.waitUntil(lambda: desk.opened is not None, timeout=10_000)
    in_step(desk, qtbot)
    office.close_event()
    _add_door(desk, "North")
    _add_door(desk, "Garden")
    _add_door(desk, "Stage")
    qtbot.waitUntil(lambda: desk.window.status_line.text == "Working offline · 3 to send", timeout=10_000)
    assert desk.screens is not None
    assert desk.screens.door.header.connection.text() == "Working offline · 3 to send"
    copy = desk._settings.current.recent[0].path
    end(desk)

    office.open_file(path)
    assert office.opened is not None
    assert office.opened.hub is not None
    address = office.opened.hub.url
    again = start("desk")
    again.open_file(copy)
    assert _added_doors(again) == 3
    assert again.opened is not None
    # Its hub has another port since; a hub on the local network would be found at its new one.
    again.opened.copy.follow_address(address)
    again.open_file(copy)
    in_step(again, qtbot)
    qtbot.waitUntil(lambda: _added_doors(office) == 3, timeout=10_000)


def test_closing_in_the_middle_of_work_keeps_all_of_it(start: StartProgram) -> None:
    program = start()
    path = _make(program)
    for number in range(20):
        _add_door(program, f"Door {number}")
    end(program)

    again = start()
    again.open_file(path)
    assert _added_doors(again) == 20


@pytest.mark.parametrize("answers", ["nothing", "half"])
def test_a_silent_server_does_not_hold_the_closing_up(
    start: StartProgram, qtbot: QtBot, server: RunningServer, answers: str
) -> None:
    program = start()
    _make(program)
    _publishing(program, server.url, PASSWORD)
    qtbot.waitUntil(lambda: "is handed on to" in message(program), timeout=10_000)
    hub = program.opened.hub if program.opened is not None else None
    assert hub is not None
    asked: list[int] = []
    released = threading.Event()

    def be_silent(wire: socket.socket) -> None:
        asked.append(1)
        if answers == "half":
            wire.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{")
        released.wait(20)

    with answering(be_silent) as silent:
        assert program.opened is not None
        with hub.server.service.database.write() as connection:
            connection.exec_driver_sql("UPDATE upstreams SET server_url = ?", (silent,))
        path = program.opened.path
        program.open_file(path)
        qtbot.waitUntil(lambda: bool(asked), timeout=10_000)
        _add_door(program, "North")
        qtbot.waitUntil(lambda: _added_doors(program) == 1)
        started = time.monotonic()
        end(program)
        took = time.monotonic() - started
        released.set()
    assert took < 2.5

    again = start()
    again.open_file(path)
    assert _added_doors(again) == 1


# -- what is wrong with a file ----------------------------------------------------------------------------------------


@pytest.fixture
def two_events(program: Program) -> tuple[Path, Path]:
    """Two closed events on the list of recent ones."""
    good, bad = _make(program, "Good"), _make(program, "Bad")
    program.close_event()
    return good, bad


def _refused(program: Program, bad: Path, good: Path) -> str:
    program.open_file(bad)
    sentence = message(program)
    assert program.opened is None
    assert program.start_page.isVisible()
    assert sentence.endswith(".")
    assert sentence.count(". ") == 0
    assert program.window.actions() == []
    program.open_file(good)
    assert program.window.header.title == "Good"
    return sentence


def test_a_damaged_file_is_told_and_the_others_open(program: Program, two_events: tuple[Path, Path]) -> None:
    good, bad = two_events
    bad.write_bytes(b"no database at all" * 1000)
    assert "“Bad.usher” is damaged" in _refused(program, bad, good)
    assert bad.read_bytes().startswith(b"no database at all")


def test_a_file_that_breaks_off_is_told_and_the_others_open(program: Program, two_events: tuple[Path, Path]) -> None:
    good, bad = two_events
    content = bad.read_bytes()
    bad.write_bytes(content[:4096] + b"\xff" * (len(content) - 4096))
    assert "“Bad.usher” is damaged" in _refused(program, bad, good)


def test_a_file_of_a_newer_usher_is_told_and_the_others_open(program: Program, two_events: tuple[Path, Path]) -> None:
    good, bad = two_events
    with sqlite3.connect(bad) as raw:
        raw.execute("UPDATE schema_version SET version_num = '9999'")
    raw.close()
    assert "newer" in _refused(program, bad, good)


def test_a_file_that_another_program_holds_is_told_and_the_others_open(
    program: Program, two_events: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    good, bad = two_events
    monkeypatch.setattr("models.store.database.PATIENCE", 0.1)
    raw = sqlite3.connect(bad)
    raw.execute("PRAGMA locking_mode = EXCLUSIVE")
    raw.execute("BEGIN EXCLUSIVE")
    try:
        assert "is in use by another program" in _refused(program, bad, good)
    finally:
        raw.rollback()
        raw.close()
    program.open_file(bad)
    assert program.window.header.title == "Bad"


def test_a_file_without_an_event_in_it_is_told_and_the_others_open(
    program: Program, two_events: tuple[Path, Path]
) -> None:
    good, bad = two_events
    with sqlite3.connect(bad) as raw:
        raw.execute("PRAGMA foreign_keys = OFF")
        raw.execute("DELETE FROM events")
    raw.close()
    assert "join again with a new pairing code" in _refused(program, bad, good)


def test_a_missing_file_is_told_and_can_be_taken_off_the_list(
    program: Program, two_events: tuple[Path, Path], qtbot: QtBot
) -> None:
    good, bad = two_events
    bad.unlink()
    program.open_file(bad)
    assert "“Bad.usher” is not there" in message(program)
    assert len(program.start_page.recent.cards) == 2

    shown = program.window.toast.message
    assert shown is not None
    assert shown.action is not None
    shown.action.trigger()
    assert [card.recent.path for card in program.start_page.recent.cards] == [good]


def test_a_folder_that_cannot_be_made_is_told(program: Program) -> None:
    program._paths.data_folder.mkdir(parents=True, exist_ok=True)
    (program._paths.data_folder / "events").write_text("in the way")
    program.open_sample()
    assert "cannot be made" in message(program)
    program.join("usher:http://127.0.0.1:1#ABC")
    program.start_page.event_requested.emit(DRAFT)
    assert program.opened is None


def test_without_its_hub_an_event_works_on_offline_and_says_so(
    program: Program, two_events: tuple[Path, Path], qtbot: QtBot
) -> None:
    _, bad = two_events
    hub = hub_file(bad)
    aside = hub.with_suffix(".aside")
    shutil.move(hub, aside)
    program.open_file(bad)
    assert program.window.header.title == "Bad"
    assert program.window.status_line.text == (
        "Working offline: “Bad.usher.hub” is missing, put it back beside “Bad.usher”."
    )
    _add_door(program, "North")
    qtbot.waitUntil(lambda: _added_doors(program) == 1)
    program.close_event()

    shutil.move(aside, hub)
    program.open_file(bad)
    in_step(program, qtbot)
    assert _added_doors(program) == 1


def test_with_a_damaged_hub_an_event_opens_and_says_so(program: Program, two_events: tuple[Path, Path]) -> None:
    _, bad = two_events
    for suffix in ("-wal", "-shm"):
        Path(f"{hub_file(bad)}{suffix}").unlink(missing_ok=True)
    hub_file(bad).write_bytes(b"nothing of use" * 1000)
    program.open_file(bad)
    assert program.window.header.title == "Bad"
    assert program.window.status_line.connection is Connection.PROBLEM
    assert "“Bad.usher.hub” is damaged" in program.window.status_line.text


def test_a_device_whose_key_is_gone_works_on_offline_and_says_so(start: StartProgram, qtbot: QtBot) -> None:
    office, door = start("office"), start("door")
    office.open_sample()
    door.join(pairing_code(office))
    qtbot.waitUntil(lambda: door.opened is not None, timeout=10_000)
    in_step(door, qtbot)
    path = door._settings.current.recent[0].path
    door.close_event()
    door._paths.tokens_file.write_text(json.dumps({}))

    door.open_file(path)
    assert door.screens is not None
    assert door.opened is not None
    sentence = "Working offline: the key of this device is gone, ask the organizer to pair it anew."
    assert door.screens.door.header.connection.text() == sentence
    door.screens.door.control.walk_in("Amadou Keïta", "", "")
    qtbot.waitUntil(lambda: _count(door, Entry) == 1)
    assert door.opened.standing.waiting == 1

    door._paths.tokens_file.write_text("{ this is no JSON")
    door.open_file(path)
    assert "cannot be read" in door.opened.standing.sentence
    assert door.opened.standing.reach is Reach.PROBLEM


def test_a_full_disk_is_told_once_and_work_goes_on_when_there_is_room(
    program: Program, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    _make(program)
    in_step(program, qtbot)
    execute = SQLiteDialect_pysqlite.do_execute

    def full(self, cursor, statement, parameters, context=None):
        if statement.startswith("INSERT"):
            raise sqlite3.OperationalError("database or disk is full")
        return execute(self, cursor, statement, parameters, context)

    with monkeypatch.context() as patch:
        patch.setattr(SQLiteDialect_pysqlite, "do_execute", full)
        _add_door(program, "North")
        qtbot.waitUntil(lambda: bool(message(program)))
    assert message(program) == (
        "The disk with “Harvest dinner.usher” is full: free some space and try again; nothing was lost."
    )
    assert _added_doors(program) == 0
    _add_door(program, "North")
    qtbot.waitUntil(lambda: _added_doors(program) == 1)
    in_step(program, qtbot)


def test_a_crash_in_a_slot_shows_one_dialog_and_the_program_goes_on(
    program: Program, qtbot: QtBot, tmp_path: Path
) -> None:
    dialogs = CrashDialogs(tmp_path / "usher.log")
    reporter = CrashReporter(dialogs.show)
    hook = sys.excepthook
    reporter.install()
    try:
        for _ in range(3):
            QTimer.singleShot(0, lambda: 1 / 0)
        qtbot.waitUntil(lambda: dialogs.dialog is not None)
        QApplication.processEvents()
        dialog = dialogs.dialog
        assert dialog is not None
        assert (
            dialog.sentence.text() == "Something went wrong that Usher did not expect: what you had finished is saved."
        )
        dialogs.close()
        assert dialogs.dialog is None
    finally:
        reporter.close()
    assert sys.excepthook is hook
    _make(program)
    in_step(program, qtbot)


def test_a_crash_on_the_thread_of_an_event_is_a_sentence_too(
    program: Program, qtbot: QtBot, crashes: list[BaseException]
) -> None:
    _make(program)
    assert program.opened is not None
    said: list[str] = []
    program.opened.workspace.submit(lambda _copy: str(1 // 0), said.append, lambda error: said.append(error.message))
    qtbot.waitUntil(lambda: bool(said))
    assert said == ["That did not work because of an error in Usher: nothing was changed, and the log has a report."]
    assert [type(crash) for crash in crashes] == [ZeroDivisionError]
    crashes.clear()
    _add_door(program, "North")
    qtbot.waitUntil(lambda: _added_doors(program) == 1)


def test_without_a_keyring_the_window_says_where_keys_are_kept(
    qapp: QApplication, qtbot: QtBot, tmp_path: Path
) -> None:
    # The tests run with a keyring that always fails, as on a laptop without one.
    failed: list[UsherError] = []
    with LogFile(tmp_path / "logs") as log:
        program = make_program(Launch(home_at(tmp_path), log, CrashReporter(print_sentence), "1"), qapp)
        qtbot.addWidget(program.window)
        program.errands.submit(lambda: program._tokens.keep("a device", "a key"), lambda _none: None, failed.append)
        qtbot.waitUntil(lambda: "no keyring that works" in message(program), timeout=10_000)
        end(program)
    assert failed == []
