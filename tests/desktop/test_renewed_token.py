"""Tokens that are a month old are renewed by the program itself, and kept where it keeps its keys."""

from pathlib import Path

from pytestqt.qtbot import QtBot
from sqlalchemy import update

from desktop.application import Program
from desktop.keyring_store import FileTokenStore
from models.operations.base import now_utc
from models.store.database import Database
from models.store.log_tables import DeviceToken
from sync.server.running import RunningServer
from sync.server.tokens import RENEWED_AFTER
from tests.desktop.conftest import StartProgram, end, home_at, in_step


def _age_tokens(database: Database) -> None:
    with database.write() as connection:
        connection.execute(update(DeviceToken).values(issued_at=now_utc() - RENEWED_AFTER))


def test_a_program_renews_its_keys_for_its_hub_and_for_the_server_above(
    start: StartProgram, office: Program, server: RunningServer, tmp_path: Path, qtbot: QtBot
) -> None:
    assert office.opened is not None
    assert office.opened.hub is not None
    path, identity = office.opened.path, office.opened.copy.identity
    accounts = (identity.install_id, f"hub-{identity.event_id}")
    kept = FileTokenStore(home_at(tmp_path / "office").tokens_file)
    before = [kept.token(account) for account in accounts]
    _age_tokens(office.opened.hub.server.service.database)
    _age_tokens(server.service.database)
    end(office)

    again = start("office")
    again.open_file(path)
    qtbot.waitUntil(
        lambda: all(old != kept.token(account) for old, account in zip(before, accounts, strict=True)), timeout=15_000
    )
    in_step(again, qtbot)

    end(again)
    third = start("office")
    third.open_file(path)
    in_step(third, qtbot)
    assert None not in before
