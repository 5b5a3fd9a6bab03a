"""What whoever runs a server does to its events by hand, from the command line, beside the running server."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from models.errors import SyncError
from models.events import Role
from models.ids import new_id
from sync.client.pairing import pair, parse_pairing_code
from sync.protocol import REVOKED
from sync.server.main import main
from tests.helpers.devices import Venue, venue_at
from tests.helpers.events import an_entry, gathering
from tests.helpers.servers import running_server

TITLE = "Winter supper"


def said(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> tuple[int, str]:
    capsys.readouterr()
    code = main([str(one) for one in arguments])
    heard = capsys.readouterr()
    return code, (heard.out or heard.err).strip()


def test_a_lost_laptop_is_shut_out_by_whoever_runs_the_server(
    own_venue: Venue, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ("--database", tmp_path / "server.sqlite")
    lost = own_venue.pair("Grace's laptop", role=Role.ORGANIZER)
    code, listed = said(capsys, "devices", *where)
    assert code == 0
    assert listed.splitlines()[0] == f"{TITLE}  {own_venue.made.event_id}"
    assert f"  Grace's laptop (organizer)  {lost.copy.identity.device_id}" in listed.splitlines()

    code, sentence = said(capsys, "revoke-device", *where, TITLE, "Grace's laptop")
    assert (code, sentence[:24]) == (0, "“Grace's laptop” has no ")
    with pytest.raises(SyncError) as raised:
        lost.exchange()
    assert raised.value.code == REVOKED
    assert "Grace's laptop (revoked)" in said(capsys, "devices", *where)[1]


@pytest.mark.parametrize(("options", "role"), [(("--door", "North door"), Role.DOOR), ((), Role.ORGANIZER)])
def test_a_code_from_the_command_line_pairs_a_device(
    own_venue: Venue, tmp_path: Path, capsys: pytest.CaptureFixture[str], options: tuple[str, ...], role: Role
) -> None:
    where = ("--database", tmp_path / "server.sqlite")
    code, text = said(capsys, "pairing-code", *where, TITLE, *options, "--url", own_venue.url)
    assert code == 0
    paired = pair(parse_pairing_code(text), "New laptop", tmp_path / new_id(), keep_token=lambda _install, _token: None)
    assert paired.copy.identity.role is role
    assert paired.copy.identity.door_id == (own_venue.made.doors["North door"] if options else None)
    paired.copy.close()


def test_after_restored_every_device_hands_in_again_what_the_backup_lacks(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    database, backup = tmp_path / "server.sqlite", tmp_path / "backup.sqlite"
    with running_server(database) as first:
        venue = venue_at(first, tmp_path, gathering())
        door, port = venue.pair(), first.port
    shutil.copyfile(database, backup)
    with running_server(database, port=port):
        door.copy.run(an_entry(venue.made.attendees["Maja Lindqvist"], door.copy.identity.device_id))
        door.exchange()
    shutil.copyfile(backup, database)

    code, sentence = said(capsys, "restored", "--database", database)
    assert (code, sentence[:20]) == (0, "The devices of 1 eve")
    with running_server(database, port=port) as again:
        done = door.exchange()
        door.exchange()
        with again.service.database.read() as connection:
            assert connection.exec_driver_sql("SELECT count(*) FROM entries").scalar_one() == 1
    assert done.started_anew
    venue.close()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("revoke-device", "Summer ball", "Door"), "no event “Summer ball”"),
        (("revoke-device", TITLE, "Nobody's"), "no device “Nobody's”"),
        (("revoke-device", TITLE, "Twin"), "name of 2 devices"),
        (("pairing-code", TITLE, "--door", "Cat flap"), "no door “Cat flap”"),
    ],
)
def test_what_is_not_there_is_said_in_one_sentence(
    own_venue: Venue, tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], words: str
) -> None:
    for _ in range(2):
        own_venue.pair("Twin")
    command, *rest = arguments
    code, sentence = said(capsys, command, "--database", tmp_path / "server.sqlite", *rest)
    assert code == 2
    assert words in sentence
    assert len(sentence.splitlines()) == 1


def test_no_database_is_made_by_asking(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, sentence = said(capsys, "restored", "--database", tmp_path / "mistyped.sqlite")
    assert code == 2
    assert "There is no database" in sentence
    assert list(tmp_path.iterdir()) == []
