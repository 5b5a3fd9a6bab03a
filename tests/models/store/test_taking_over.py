"""Taking over what another copy of the same event has not handed in."""

from __future__ import annotations

from pathlib import Path

from models.events import Role
from models.operations.entries import RecordEntries
from models.store.taking_over import take_over
from tests.helpers.small_event import small_event
from tests.helpers.small_server import new_copy, small_server


def test_what_waited_in_one_copy_reaches_the_server_through_another_once(tmp_path: Path) -> None:
    event = small_event(tmp_path)
    with small_server(tmp_path, event.event_id) as server:
        server.push(event.copy)
        old, new = (new_copy(tmp_path, event.event_id, Role.DOOR) for _ in range(2))
        server.start(old)
        for name in ("first", "second"):
            entry = event.entry(shown_name=name)
            old.run(RecordEntries(entries=(entry,)))
        waiting = old.pending()

        assert take_over(new, waiting) == 2
        assert take_over(new, waiting) == 0

        server.start(new)
        server.exchange(new)
        with server.database.read() as connection:
            logged = dict(connection.exec_driver_sql("SELECT op_id, install_id FROM event_log").all())
        assert [logged[one.op_id] for one in waiting] == [new.identity.install_id] * 2
        assert new.waiting().pending == 0
        with new.read() as connection:
            names = {name for (name,) in connection.exec_driver_sql("SELECT shown_name FROM entries")}
        assert names == {"first", "second"}
        for copy in (old, new, event.copy):
            copy.close()
