"""Changes saved from a removed event: another copy of the same event takes them in, once, and no other does."""

from contextlib import closing
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot
from sqlalchemy import select

from desktop.application import Program
from desktop.keyring_store import FileTokenStore
from desktop.removal import save_and_remove_event
from desktop.saved_changes import take_in_changes
from models.errors import BadInput
from models.events import Role
from models.ids import new_id
from models.store.copy_tables import OutboxRow
from models.store.local_copy import LocalCopy
from sync.server.running import RunningServer
from tests.desktop.conftest import StartProgram, admit_offline, in_step, join, message, pairing_code
from tests.helpers.events import an_entry


@pytest.fixture
def copies(tmp_path: Path) -> list[Path]:
    """Give the files of a door's, an organizer's and another event's copy, each with one change."""
    event_id = new_id()
    files: list[Path] = []
    for event, role in ((event_id, Role.DOOR), (event_id, Role.ORGANIZER), (new_id(), Role.ORGANIZER)):
        path = tmp_path / f"{len(files)}.usher"
        with closing(LocalCopy.create(path, event_id=event, device_id=new_id(), role=role, synchronous="OFF")) as copy:
            copy.run(an_entry(new_id(), copy.identity.device_id))
        files.append(path)
    return files


def _made(path: Path) -> list[str]:
    with closing(LocalCopy(path)) as copy, copy.read() as connection:
        return list(connection.scalars(select(OutboxRow.op_id).order_by(OutboxRow.number)))


def _saved(path: Path) -> Path:
    saved = path.with_suffix(".usher-changes")
    save_and_remove_event(path, FileTokenStore(path.with_name("tokens.json")), saved)
    return saved


def test_a_doors_changes_go_into_an_organizers_copy_of_the_event_once(copies: list[Path]) -> None:
    door, organizer, other = copies
    made, own = _made(door), _made(organizer)
    saved = _saved(door)

    taken = [take_in_changes(saved, [other, door, organizer]) for _ in range(2)]

    assert [(one.event, one.count) for one in taken] == [(organizer, 1), (organizer, 0)]
    assert _made(organizer) == own + made


def test_without_a_copy_that_may_make_them_the_event_is_to_be_joined_first(copies: list[Path]) -> None:
    door, organizer, other = copies
    saved = _saved(organizer)
    with pytest.raises(BadInput, match="join it first") as raised:
        take_in_changes(saved, [door, other])
    assert raised.value.code == "no_copy"


@pytest.mark.parametrize("text", ["", "{}", "[1]", '{"usher_outbox": 1, "event_id": "*", "envelopes": []}'])
def test_another_file_is_refused_with_a_sentence(text: str, tmp_path: Path) -> None:
    path = tmp_path / "any.usher-changes"
    path.write_text(text)
    with pytest.raises(BadInput) as raised:
        take_in_changes(path, [])
    assert raised.value.code == "foreign_file"


def test_a_file_of_changes_that_is_opened_reaches_the_server_through_the_event_that_was_joined_again(
    start: StartProgram, office: Program, server: RunningServer, tmp_path: Path, qtbot: QtBot
) -> None:
    door = start("door")
    path = join(door, pairing_code(office), qtbot)
    made = admit_offline(door, 2)
    saved = tmp_path / "door.usher-changes"
    save_and_remove_event(path, door._tokens, saved)

    door.open_file(saved)
    qtbot.waitUntil(lambda: "join it first" in message(door), timeout=10_000)
    join(door, pairing_code(office), qtbot)
    door.close_event()
    door.open_file(saved)
    qtbot.waitUntil(lambda: door.opened is not None, timeout=10_000)

    assert message(door) == "2 changes of “door.usher-changes” are in this event now."
    in_step(door, qtbot)
    with server.service.database.read() as connection:
        found = dict(connection.exec_driver_sql("SELECT op_id, outcome FROM event_log").all())
    assert [found[op_id] for op_id in made] == ["applied"] * 2
