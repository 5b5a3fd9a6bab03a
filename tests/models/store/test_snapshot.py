"""A snapshot brings a role's whole view over, and one that is not whole changes nothing."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from models.errors import BadInput, SyncError
from models.events import Member, Role
from models.ids import new_id
from models.invitations import Invitation
from models.operations.events import AddMember, CreateEvent
from models.operations.people import AddGuests, EditGuest, GuestField
from models.operations.seating import SeatAttendees
from models.operations.tickets import IssueTickets
from models.people import Guest
from models.store import snapshot as snapshot_module
from models.store.local_copy import LocalCopy
from models.store.snapshot import read_head, unpacked_lines
from models.tickets import Ticket
from tests.helpers.small_event import SmallEvent, new_household, new_ticket, small_event
from tests.helpers.small_server import SmallServer, copy_digest, new_copy, small_server, start_from


@pytest.fixture
def event(tmp_path: Path) -> Iterator[SmallEvent]:
    made = small_event(tmp_path)
    made.seat("Defne Marangoz", "1", 1)
    fields = GuestField.model_validate(
        {"email": {"seen": None, "new": "illari@example.org"}, "notes": {"seen": None, "new": "Owes a favour"}}
    )
    made.copy.run(EditGuest(guest_id=made.guests["Illari Quispe"], fields=fields))
    made.copy.run(IssueTickets(tickets=tuple(new_ticket(attendee_id=one) for one in made.attendees.values())))
    yield made
    made.copy.close()


@pytest.fixture
def server(event: SmallEvent, tmp_path: Path) -> Iterator[SmallServer]:
    with small_server(tmp_path, event.event_id) as made:
        made.push(event.copy)
        yield made


@pytest.fixture
def copy(server: SmallServer, event: SmallEvent, tmp_path: Path) -> Iterator[LocalCopy]:
    """An organizer's further copy that has started, with one change that waits."""
    made = new_copy(tmp_path, event.event_id, Role.ORGANIZER)
    server.start(made)
    made.run(SeatAttendees(placements=(event.place("Kerem Marangoz", "1", 2),)))
    yield made
    made.close()


def _lines(packed: list[bytes]) -> list[Any]:
    return [json.loads(line) for line in gzip.decompress(b"".join(packed)).splitlines()]


def _packed(lines: list[Any]) -> list[bytes]:
    return [gzip.compress(b"".join(json.dumps(line).encode() + b"\n" for line in lines))]


@pytest.mark.parametrize("role", list(Role))
def test_a_snapshot_holds_what_the_role_sees_row_for_row(
    role: Role, event: SmallEvent, server: SmallServer, tmp_path: Path
) -> None:
    copy = new_copy(tmp_path, event.event_id, role)
    server.start(copy)
    assert copy_digest(copy) == server.digest(role)
    assert copy.waiting().pending == 0
    assert copy.identity.cookie == server.pulled(copy).version
    copy.close()


@pytest.mark.parametrize("role", [Role.DOOR, Role.VIEWER])
def test_a_door_gets_no_address_no_note_no_code_and_no_member(
    role: Role, event: SmallEvent, server: SmallServer, tmp_path: Path
) -> None:
    with server.database.write() as connection:
        server.log.run_own(
            connection, event.event_id, [AddMember(member_id=new_id(), user_id=new_id(), role=Role.OWNER)]
        )
    copy = new_copy(tmp_path, event.event_id, role)
    server.start(copy)
    with copy.read() as connection:
        assert connection.execute(select(Guest.email, Guest.notes, Guest.company, Guest.phone).distinct()).all() == [
            (None, None, None, None)
        ]
        assert connection.scalars(select(Invitation.code).distinct()).all() == [None]
        assert connection.execute(select(Ticket.short_code, Ticket.signed_code).distinct()).all() == [(None, None)]
        assert connection.scalar(select(func.count()).select_from(Member)) == 0
    copy.close()
    packed = gzip.decompress(b"".join(server.snapshot(copy_of(role, event, tmp_path))))
    for secret in (b"illari@example.org", b"Owes a favour", b'"short_code"', b'"code"', b'"members"'):
        assert secret not in packed


def copy_of(role: Role, event: SmallEvent, folder: Path) -> LocalCopy:
    """Make a copy only for who it is."""
    made = new_copy(folder, event.event_id, role)
    made.close()
    return made


def test_work_that_waits_lies_on_top_of_a_new_snapshot(event: SmallEvent, server: SmallServer, copy: LocalCopy) -> None:
    before = copy.pending()
    server.start(copy)
    assert copy.pending() == before
    server.exchange(copy)
    assert copy_digest(copy) == server.digest(Role.ORGANIZER)


def test_a_snapshot_replaces_what_the_server_no_longer_has(
    event: SmallEvent, server: SmallServer, tmp_path: Path
) -> None:
    (tmp_path / "elsewhere").mkdir()
    copy = new_copy(tmp_path, event.event_id, Role.OWNER)
    server.start(copy)
    bare = new_copy(tmp_path / "elsewhere", event.event_id, Role.OWNER)
    bare.run(
        CreateEvent(
            event_id=event.event_id,
            title="Winter supper",
            starts_at=datetime(2026, 12, 1, 19, tzinfo=UTC),
            time_zone="UTC",
            code_salt="5a" * 32,
        )
    )
    with small_server(tmp_path / "elsewhere", event.event_id) as other:
        other.push(bare)
        other.start(copy)
        assert copy_digest(copy) == other.digest(Role.OWNER)
    with copy.read() as connection:
        assert connection.scalar(select(func.count()).select_from(Guest)) == 0
    bare.close()
    copy.close()


def test_a_server_that_does_not_have_the_event_yet_empties_no_copy(
    event: SmallEvent, server: SmallServer, tmp_path: Path
) -> None:
    (tmp_path / "elsewhere").mkdir()
    copy = new_copy(tmp_path, event.event_id, Role.OWNER)
    server.start(copy)
    before = copy_digest(copy)
    with small_server(tmp_path / "elsewhere", event.event_id) as empty, pytest.raises(SyncError) as error:
        empty.start(copy)
    assert error.value.code == "not_there_yet"
    assert copy_digest(copy) == before
    copy.close()


def test_a_large_table_travels_in_several_lines(event: SmallEvent, server: SmallServer, tmp_path: Path) -> None:
    households = [new_household(event, f"House {n}", f"Guest {n} a", f"Guest {n} b") for n in range(300)]
    event.copy.run_all([AddGuests(households=tuple(households[:150])), AddGuests(households=tuple(households[150:]))])
    server.push(event.copy)
    copy = new_copy(tmp_path, event.event_id, Role.OWNER)
    packed = server.snapshot(copy)
    assert sum(line.get("table") == "guests" for line in _lines(packed)) == 2
    start_from(copy, packed)
    assert copy_digest(copy) == server.digest(Role.OWNER)
    copy.close()


def test_tables_and_columns_of_a_newer_server_are_left_out(
    event: SmallEvent, server: SmallServer, tmp_path: Path
) -> None:
    copy = new_copy(tmp_path, event.event_id, Role.OWNER)
    lines = _lines(server.snapshot(copy))
    total = lines.pop()
    for line in lines[1:]:
        line["columns"].insert(1, "zodiac_sign")
        for row in line["rows"]:
            row.insert(1, "Leo")
    lines.append({"table": "horoscopes", "columns": ["id", "text"], "rows": [["1", "A tall stranger"]]})
    start_from(copy, _packed([*lines, {"total": total["total"] + 1}]))
    assert copy_digest(copy) == server.digest(Role.OWNER)
    copy.close()


def _without_last_line(lines: list[Any]) -> list[Any]:
    return lines[:-1]


def _without_some_rows(lines: list[Any]) -> list[Any]:
    return [lines[0], *lines[2:]]


def _with_rows_twice(lines: list[Any]) -> list[Any]:
    return [*lines[:-1], lines[-2], {"total": lines[-1]["total"] + len(lines[-2]["rows"])}]


def _with_a_short_row(lines: list[Any]) -> list[Any]:
    lines[2]["rows"][0].pop()
    return lines


def _with_a_list_in_a_row(lines: list[Any]) -> list[Any]:
    lines[2]["rows"][0][0] = ["nested"]
    return lines


def _with_a_number_too_large(lines: list[Any]) -> list[Any]:
    lines[2]["rows"][0][0] = 2**70
    return lines


def _with_an_empty_name(lines: list[Any]) -> list[Any]:
    line = next(line for line in lines if line.get("table") == "guests")
    line["rows"][0][line["columns"].index("name")] = None
    return lines


def _with_a_line_that_is_a_list(lines: list[Any]) -> list[Any]:
    return [lines[0], ["rows"], *lines[1:]]


@pytest.mark.parametrize(
    "spoil",
    [
        _without_last_line,
        _without_some_rows,
        _with_rows_twice,
        _with_a_short_row,
        _with_a_list_in_a_row,
        _with_a_number_too_large,
        _with_an_empty_name,
        _with_a_line_that_is_a_list,
    ],
)
def test_a_snapshot_that_does_not_fit_changes_nothing(
    spoil: Callable[[list[Any]], list[Any]], server: SmallServer, copy: LocalCopy
) -> None:
    _assert_refused(copy, _packed(spoil(_lines(server.snapshot(copy)))))


@pytest.mark.parametrize("kept", [0.0, 0.02, 0.5, 0.99])
def test_a_snapshot_that_breaks_off_changes_nothing(kept: float, server: SmallServer, copy: LocalCopy) -> None:
    packed = b"".join(server.snapshot(copy))
    _assert_refused(copy, [packed[: int(len(packed) * kept)]])


def test_a_snapshot_with_changed_bytes_changes_nothing(server: SmallServer, copy: LocalCopy) -> None:
    packed = bytearray(b"".join(server.snapshot(copy)))
    for place in (1, len(packed) // 3, len(packed) - 6):
        spoiled = bytearray(packed)
        spoiled[place] ^= 0x55
        _assert_refused(copy, [bytes(spoiled)])


@pytest.mark.parametrize(
    "content", [b"", b"<html>Not here</html>", gzip.compress(b"Not here\n")], ids=["nothing", "a page", "packed words"]
)
def test_an_answer_that_is_no_snapshot_changes_nothing(content: bytes, copy: LocalCopy) -> None:
    _assert_refused(copy, [content])


def test_a_snapshot_that_unpacks_without_end_is_given_up() -> None:
    bomb = gzip.compress(b"x" * 5_000_000)
    with pytest.raises(BadInput) as caught:
        list(unpacked_lines([bomb], limit=1_000_000))
    assert caught.value.code == "bad_snapshot"


def test_a_line_without_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshot_module, "LONGEST_LINE", 2_000_000)
    with pytest.raises(BadInput) as caught:
        list(unpacked_lines([gzip.compress(b"x" * 9_000_000)]))
    assert caught.value.code == "bad_snapshot"


def test_lines_are_found_wherever_the_parts_are_cut(server: SmallServer, copy: LocalCopy) -> None:
    packed = b"".join(server.snapshot(copy))
    whole = list(unpacked_lines([packed]))
    assert whole == gzip.decompress(packed).splitlines()
    for size in (1, 7, 1_000):
        assert list(unpacked_lines(packed[at : at + size] for at in range(0, len(packed), size))) == whole


def test_the_first_line_says_what_the_snapshot_is_of(server: SmallServer, copy: LocalCopy) -> None:
    head = read_head(next(unpacked_lines(server.snapshot(copy))))
    assert (head.server_id, head.event_id, head.version) == (server.server_id, server.event_id, copy.identity.cookie)
    with pytest.raises(BadInput):
        read_head(b'{"table": "guests"}')


def _assert_refused(copy: LocalCopy, packed: list[bytes]) -> None:
    before = (copy_digest(copy), copy.pending(), copy.identity)
    with pytest.raises(BadInput) as caught:
        start_from(copy, packed)
    assert caught.value.code == "bad_snapshot"
    assert (copy_digest(copy), copy.pending(), copy.identity) == before
