"""Saving an event to a file, restoring it and duplicating it."""

import gzip
import hashlib
import json
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from models.attendance import Verdict
from models.check_in import CheckIn
from models.duplicates import duplicate_operations
from models.errors import BadInput, Refused, StoreError
from models.event_files import (
    make_event,
    read_file_head,
    read_parts,
    restore_event,
    restore_operations,
    save_event,
)
from models.events import Door, Event, EventSession, Role
from models.ids import new_id
from models.invitations import Attendee, Invitation, PaymentStatus, Rsvp
from models.operations.base import BULK, Operation, apply_operation, decode, now_utc
from models.operations.edits import FieldEdit
from models.operations.events import AddDoor, AddMember, AddSession, RegisterDevice
from models.operations.people import EditInvitation, HideGuests, InvitationField
from models.operations.restoring import RestoreRights, RestoreRows
from models.people import Guest
from models.samples import new_event_operations
from models.seating import Seat, Table
from models.store.database import Database
from models.store.digest import digest
from models.store.local_copy import LocalCopy
from models.store.rows import Context
from models.store.schema import SERVER, SYNCED
from models.ticketing import read_printable_tickets, ticket_operations
from models.tickets import Ticket, TicketSecret
from tests.helpers.signing import sign_all_tickets
from tests.helpers.workspace import gala_copy

NEW_START = datetime(2027, 6, 5, 16, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def full_gala(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of the gala with something in every table, hidden rows included."""
    copy = gala_copy(tmp_path_factory.mktemp("gala"))
    event_id = copy.identity.event_id
    session = AddSession(session_id=new_id(), title="Dinner", starts_at=datetime(2026, 12, 12, 19, 30, tzinfo=UTC))
    door = AddDoor(
        door_id=new_id(),
        door_name="Dinner door",
        session_id=session.session_id,
        opens_at=datetime(2026, 12, 12, 19, 0, tzinfo=UTC),
    )
    copy.run_all([session, door])
    copy.run(RegisterDevice(device_id=new_id(), device_name="Laptop", role=Role.OWNER, install_id=new_id()))
    copy.run(AddMember(member_id=new_id(), user_id=new_id(), role=Role.ORGANIZER))
    with copy.read() as connection:
        copy_operations = ticket_operations(connection, event_id)
    copy.run_all(copy_operations)
    sign_all_tickets(copy)
    desk = CheckIn(copy, staff_name="Ama")
    for ticket in printed(copy)[:12]:
        desk.show_code(ticket)
    hidden = attendee_of(copy, "Tõnu Ümarik")
    copy.run(HideGuests(attendee_ids=(hidden,)))
    with copy.read() as connection:
        invitation_id = connection.scalars(select(Invitation.id).where(Invitation.name == "Okafor")).one()
    message = FieldEdit[str | None](seen=None, new="Do come.")
    copy.run(EditInvitation(invitation_id=invitation_id, fields=InvitationField(message=message)))
    copy.close()
    return copy.path


@pytest.fixture
def gala(full_gala: Path, tmp_path: Path) -> Iterator[LocalCopy]:
    """A copy of the full gala for one test."""
    copy = LocalCopy(Path(shutil.copy(full_gala, tmp_path)), synchronous="OFF")
    yield copy
    copy.close()


def printed(copy: LocalCopy) -> list[str]:
    with copy.read() as connection:
        tickets = read_printable_tickets(connection, copy.identity.event_id)
    return [ticket.signed_code or "" for ticket in tickets if not ticket.is_group]


def attendee_of(copy: LocalCopy, name: str) -> str:
    with copy.read() as connection:
        return connection.scalars(
            select(Attendee.id).join(Guest, Guest.id == Attendee.guest_id).where(Guest.name == name)
        ).one()


def digest_of(copy: LocalCopy) -> object:
    with copy.read() as connection:
        return digest(connection, copy.identity.event_id, Role.OWNER)


def saved(copy: LocalCopy, folder: Path) -> Path:
    path = folder / "gala.usher-event"
    save_event(copy, path, app_version="0.1.0")
    return path


def duplicated(copy: LocalCopy, target: Path) -> LocalCopy:
    event_id = new_id()
    with copy.read() as connection:
        operations = duplicate_operations(
            connection, copy.identity.event_id, new_event_id=event_id, title="Gala again", starts_at=NEW_START
        )
    return make_event(target, event_id, operations, synchronous="OFF")


# -- save and restore -------------------------------------------------------------------------------


def test_a_restored_event_equals_the_saved_one_row_for_row(gala: LocalCopy, tmp_path: Path) -> None:
    path = saved(gala, tmp_path)
    restored = restore_event(path, tmp_path / "restored.usher", synchronous="OFF")
    found = digest_of(restored)
    identity = restored.identity
    restored.close()

    assert found == digest_of(gala)
    assert identity.event_id == gala.identity.event_id
    assert identity.install_id != gala.identity.install_id
    assert (identity.role, identity.server_url) == (Role.OWNER, None)


def test_the_head_says_what_is_in_the_file(gala: LocalCopy, tmp_path: Path) -> None:
    head = read_file_head(saved(gala, tmp_path))

    assert (head.title, head.app_version, head.event_id) == (
        "Harbour Foundation Gala",
        "0.1.0",
        gala.identity.event_id,
    )
    assert (head.counts["guests"], head.counts["entries"], head.counts["members"]) == (240, 12, 1)


def test_saving_twice_gives_the_same_bytes(gala: LocalCopy, tmp_path: Path) -> None:
    first = saved(gala, tmp_path).read_bytes()

    assert saved(gala, tmp_path).read_bytes() == first


def test_the_rows_of_a_restored_event_reach_a_server(gala: LocalCopy, tmp_path: Path) -> None:
    restored = restore_event(saved(gala, tmp_path), tmp_path / "restored.usher", synchronous="OFF")
    event_id = restored.identity.event_id
    server = Database(tmp_path / "server.db", SERVER, synchronous="OFF")
    with server.write() as connection:
        for version, envelope in enumerate(restored.pending(10_000), 1):
            assert len(envelope.arguments) < 2_000_000
            context = Context(event_id, envelope.op_id, envelope.device_time, version, now_utc())
            apply_operation(connection, decode(envelope.name, envelope.arguments), context)
    with server.read() as connection:
        found = digest(connection, event_id, Role.OWNER)
        versions = set(connection.scalars(select(Guest.version)))
    restored.close()
    server.close()

    assert found == digest_of(gala)
    assert min(versions) > 0


def test_a_restored_event_admits_the_old_tickets_and_remembers_who_is_inside(gala: LocalCopy, tmp_path: Path) -> None:
    codes = printed(gala)
    restored = restore_event(saved(gala, tmp_path), tmp_path / "restored.usher", synchronous="OFF")
    desk = CheckIn(restored)
    verdicts = [desk.show_code(code).decision.verdict for code in (codes[0], codes[20])]
    restored.close()

    assert verdicts == [Verdict.ALREADY_INSIDE, Verdict.ADMITTED]


def test_restoring_what_is_there_already_changes_nothing(gala: LocalCopy) -> None:
    before = digest_of(gala)
    with gala.read() as connection:
        operations = list(restore_operations(read_parts(connection, gala.identity.event_id)))
    change = gala.run_all(operations)

    assert not change
    assert digest_of(gala) == before


def test_a_newer_row_is_never_overwritten_by_an_old_file(gala: LocalCopy) -> None:
    with gala.read() as connection:
        operations = list(restore_operations(read_parts(connection, gala.identity.event_id)))
    with gala.database.write() as connection:
        connection.execute(update(Guest).where(Guest.name == "Noreen Garrigan").values(diet="vegan"))
    with pytest.raises(Refused) as refused:
        gala.run_all(operations)

    assert refused.value.code == "restored_differs"


def test_parts_are_no_larger_than_may_travel(gala: LocalCopy) -> None:
    with gala.database.write() as connection:
        connection.execute(update(Guest).values(notes="n" * 10_000))
    with gala.read() as connection:
        parts = list(read_parts(connection, gala.identity.event_id))
        operations = list(restore_operations(parts))

    assert max(len(part.rows) for part in parts) <= BULK
    assert max(len(operation.model_dump_json()) for operation in operations) < 1_000_000


def test_a_doors_copy_is_not_saved(tmp_path: Path) -> None:
    copy = LocalCopy.create(
        tmp_path / "door.usher", event_id=new_id(), device_id=new_id(), role=Role.DOOR, synchronous="OFF"
    )
    with pytest.raises(Refused) as refused:
        save_event(copy, tmp_path / "door.usher-event")
    copy.close()

    assert refused.value.code == "role"
    assert not (tmp_path / "door.usher-event").exists()


def test_a_folder_that_cannot_be_written_gets_a_sentence(gala: LocalCopy, tmp_path: Path) -> None:
    with pytest.raises(StoreError) as error:
        save_event(gala, tmp_path / "nowhere" / "gala.usher-event")

    assert error.value.code == "cannot_write"


def test_an_event_is_not_restored_over_a_file(gala: LocalCopy, tmp_path: Path) -> None:
    path = saved(gala, tmp_path)
    before = digest_of(gala)
    with pytest.raises(StoreError) as error:
        restore_event(path, gala.path)

    assert error.value.code == "exists"
    assert digest_of(gala) == before


# -- bad files ----------------------------------------------------------------------------------------


def unpacked(path: Path) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    head, *parts = gzip.decompress(path.read_bytes()).splitlines()
    return json.loads(head), [json.loads(part) for part in parts]


def packed(path: Path, head: dict[str, Any], parts: list[dict[str, Any]]) -> None:
    """Write a file whose hash fits whatever stands in it."""
    body = b"".join(json.dumps(part).encode() + b"\n" for part in parts)
    head["sha256"] = hashlib.sha256(body).hexdigest()
    path.write_bytes(gzip.compress(json.dumps(head).encode() + b"\n" + body))


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-5000])


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def drop_a_line(path: Path) -> None:
    lines = gzip.decompress(path.read_bytes()).splitlines(keepends=True)
    path.write_bytes(gzip.compress(b"".join(lines[:-1])))


def change_a_name(path: Path) -> None:
    path.write_bytes(gzip.compress(gzip.decompress(path.read_bytes()).replace(b"Noreen", b"Doreen")))


def empty(path: Path) -> None:
    path.write_bytes(b"")


def text(path: Path) -> None:
    path.write_text("name,email\nAnna,anna@example.example\n")


def other_gzip(path: Path) -> None:
    path.write_bytes(gzip.compress(b'{"server_id": "x", "epoch": 1}\n'))


def gzipped_noise(path: Path) -> None:
    path.write_bytes(gzip.compress(bytes(range(256)) * 40))


def newer_format(path: Path) -> None:
    head, parts = unpacked(path)
    packed(path, {**head, "format_version": 2, "sha256": "?"}, parts)


def newer_table(path: Path) -> None:
    head, parts = unpacked(path)
    packed(path, head, [*parts, {"table": "holograms", "columns": ["id"], "rows": [[new_id()]]}])


def newer_column(path: Path) -> None:
    head, parts = unpacked(path)
    first = parts[0]
    packed(path, head, [{**first, "columns": [*first["columns"], "aura"], "rows": [[*first["rows"][0], "blue"]]}])


def number_for_a_name(path: Path) -> None:
    head, parts = unpacked(path)
    guests = next(part for part in parts if part["table"] == "guests")
    guests["rows"][0][guests["columns"].index("name")] = 5
    packed(path, head, parts)


def other_events_row(path: Path) -> None:
    head, parts = unpacked(path)
    parts[0]["rows"][0][parts[0]["columns"].index("id")] = new_id()
    packed(path, head, parts)


def dangling_reference(path: Path) -> None:
    head, parts = unpacked(path)
    packed(path, head, [part for part in parts if part["table"] != "invitations"])


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (cut, "damaged_file"),
        (flip, "damaged_file"),
        (drop_a_line, "damaged_file"),
        (change_a_name, "damaged_file"),
        (number_for_a_name, "damaged_file"),
        (other_events_row, "damaged_file"),
        (dangling_reference, "damaged_file"),
        (empty, "foreign_file"),
        (text, "foreign_file"),
        (other_gzip, "foreign_file"),
        (gzipped_noise, "foreign_file"),
        (newer_format, "newer_file"),
        (newer_table, "newer_file"),
        (newer_column, "newer_file"),
        (Path.unlink, "no_file"),
    ],
)
def test_a_bad_file_gets_one_sentence_and_leaves_nothing_behind(
    gala: LocalCopy, tmp_path: Path, spoil: Callable[[Path], None], code: str
) -> None:
    path = saved(gala, tmp_path)
    spoil(path)
    folder = tmp_path / "restored"
    with pytest.raises(BadInput) as error:
        restore_event(path, folder / "restored.usher", synchronous="OFF")

    assert error.value.code == code
    assert path.name in error.value.message
    assert error.value.message.endswith(".")
    assert not folder.exists() or list(folder.iterdir()) == []


# -- the operation ------------------------------------------------------------------------------------


def rows_of(copy: LocalCopy, table: str) -> tuple[list[str], list[list[object]]]:
    with copy.read() as connection:
        part = next(part for part in read_parts(connection, copy.identity.event_id) if part.table == table)
    return part.columns, [list(row) for row in part.rows]


@pytest.mark.parametrize(
    ("table", "column", "value"),
    [
        ("guests", "tags", "not json"),
        ("guests", "tags", '{"a": 1}'),
        ("guests", "tags", "[" * 20_000),
        ("guests", "name", None),
        ("guests", "name", "x" * 201),
        ("guests", "name", "a\x00b"),
        ("guests", "created_at", "2026-12-12"),
        ("guests", "created_at", "2026-12-12T18:30:00+00:00"),
        ("guests", "id", "1"),
        ("attendees", "rsvp", "perhaps"),
        ("attendees", "is_placeholder", 2),
        ("attendees", "guest_id", "'; DROP TABLE guests"),
        ("events", "code_salt", "salt"),
        ("ticket_types", "price", "NaN"),
        ("ticket_types", "number", 2**31),
        ("ticket_types", "number", -(2**31) - 1),
        ("ticket_types", "number", True),
        ("ticket_types", "number", 1.5),
        ("floor_plans", "fixtures", '[{"kind": "dragon"}]'),
        ("tickets", "serial", "zz"),
        ("entries", "verdict", "fine"),
    ],
)
def test_a_value_that_does_not_fit_its_column_is_refused(
    gala: LocalCopy, table: str, column: str, value: object
) -> None:
    columns, rows = rows_of(gala, table)
    good = {"table": table, "columns": columns, "rows": [list(rows[0])]}
    assert decode("restore_rows.v1", json.dumps(good))
    rows[0][columns.index(column)] = value
    with pytest.raises(BadInput) as error:
        decode("restore_rows.v1", json.dumps({**good, "rows": [rows[0]]}))

    assert error.value.code == "bad_arguments"


def test_only_an_owner_brings_back_what_grants_rights(gala: LocalCopy) -> None:
    columns, rows = rows_of(gala, "members")
    arguments = json.dumps({"table": "members", "columns": columns, "rows": rows})
    with pytest.raises(BadInput):
        decode("restore_rows.v1", arguments)

    assert isinstance(decode("restore_rights.v1", arguments), RestoreRights)
    assert RestoreRights.roles == {Role.OWNER}
    assert RestoreRows.roles == {Role.OWNER, Role.ORGANIZER}


@pytest.mark.parametrize("table", ["replica", "users", "outbox", "nothing", "guests; DROP TABLE guests"])
def test_only_synced_tables_are_restored(table: str) -> None:
    with pytest.raises(BadInput):
        decode("restore_rows.v1", json.dumps({"table": table, "columns": ["id"], "rows": [["x"]]}))


def test_a_row_of_an_older_usher_may_lack_a_column_that_can_be_empty(gala: LocalCopy, tmp_path: Path) -> None:
    columns, rows = rows_of(gala, "events")
    place = columns.index("capacity")
    older = RestoreRows.model_validate(
        {
            "table": "events",
            "columns": columns[:place] + columns[place + 1 :],
            "rows": [row[:place] + row[place + 1 :] for row in rows],
        }
    )
    copy = make_event(tmp_path / "older.usher", gala.identity.event_id, [older], synchronous="OFF")
    with copy.read() as connection:
        found = connection.execute(select(Event.title, Event.capacity)).one()
    copy.close()

    assert tuple(found) == ("Harbour Foundation Gala", None)


# -- duplicate ------------------------------------------------------------------------------------------


def texts_in(copy: LocalCopy) -> set[str]:
    """All keys, codes and secrets of a copy."""
    found: set[str] = set()
    with copy.read() as connection:
        for entity in SYNCED:
            found.update(connection.scalars(select(entity.id)))
        for column in (Invitation.code, TicketSecret.hmac, Event.code_salt):
            found.update(code for code in connection.scalars(select(column)) if code)
    return found


def test_a_duplicate_shares_no_key_and_no_code(gala: LocalCopy, tmp_path: Path) -> None:
    copy = duplicated(gala, tmp_path / "again.usher")
    shared = texts_in(copy) & texts_in(gala)
    copy.close()

    assert shared == set()


def test_a_duplicate_keeps_the_people_the_room_and_the_seats(gala: LocalCopy, tmp_path: Path) -> None:
    copy = duplicated(gala, tmp_path / "again.usher")
    wanted = (
        select(
            Guest.name,
            Guest.email,
            Guest.notes,
            Guest.tags,
            Invitation.name,
            Invitation.message,
            Table.label,
            Seat.number,
        )
        .join(Attendee, Attendee.guest_id == Guest.id)
        .join(Invitation, Invitation.id == Attendee.invitation_id)
        .outerjoin(Seat, Seat.id == Attendee.seat_id)
        .outerjoin(Table, Table.id == Seat.table_id)
        .where(Guest.deleted_at.is_(None))
        .order_by(Guest.name, Invitation.name)
    )
    with gala.read() as old, copy.read() as new:
        people = [connection.execute(wanted).all() for connection in (old, new)]
        answers = set(new.execute(select(Attendee.rsvp, Attendee.payment_status, Attendee.meal)))
        left = {name: one.count for name, one in digest(new, copy.identity.event_id, Role.OWNER).items()}
    copy.close()

    assert people[0] == people[1]
    assert len(people[0]) == 239
    assert answers == {(Rsvp.PENDING, PaymentStatus.UNPAID, None)}
    assert [left[name] for name in ("entries", "conflicts", "devices", "members", "tickets", "signing_keys")] == [0] * 6
    assert (left["tables"], left["seats"], left["doors"], left["ticket_types"]) == (26, 246, 3, 3)


def test_all_times_of_a_duplicate_move_with_its_start(gala: LocalCopy, tmp_path: Path) -> None:
    copy = duplicated(gala, tmp_path / "again.usher")
    with copy.read() as connection:
        event = connection.execute(select(Event.title, Event.starts_at, Event.ends_at, Event.state)).one()
        session = connection.execute(select(EventSession.id, EventSession.starts_at)).one()
        door = connection.execute(select(Door.session_id, Door.opens_at).where(Door.name == "Dinner door")).one()
    copy.close()

    assert tuple(event) == ("Gala again", NEW_START, NEW_START + timedelta(hours=6), "draft")
    assert session.starts_at == NEW_START + timedelta(hours=1)
    assert tuple(door) == (session.id, NEW_START + timedelta(minutes=30))


def test_an_old_ticket_is_another_events_at_the_duplicate(gala: LocalCopy, tmp_path: Path) -> None:
    code = printed(gala)[0]
    with gala.read() as connection:
        short = connection.scalars(select(Ticket.short_code).where(Ticket.signed_code == code)).one()
    copy = duplicated(gala, tmp_path / "again.usher")
    with copy.read() as connection:
        operations = ticket_operations(connection, copy.identity.event_id)
    copy.run_all(operations)
    sign_all_tickets(copy)
    desk = CheckIn(copy)
    old = [desk.show_code(text).decision.verdict for text in (code, short or "")]
    new = desk.show_code(printed(copy)[0]).decision.verdict
    copy.close()

    assert old == [Verdict.OTHER_EVENT, Verdict.UNKNOWN_CODE]
    assert new == Verdict.ADMITTED


def test_an_erased_guest_is_not_carried_into_a_duplicate(gala: LocalCopy, tmp_path: Path) -> None:
    with gala.database.write() as connection:
        connection.execute(update(Guest).where(Guest.name == "Noreen Garrigan").values(name="", erased_at=now_utc()))
    copy = duplicated(gala, tmp_path / "again.usher")
    with copy.read() as connection:
        names = set(connection.scalars(select(Guest.name)))
    copy.close()

    assert len(names) > 200
    assert not names & {"Noreen Garrigan", ""}


def test_an_event_without_guests_is_duplicated_too(tmp_path: Path) -> None:
    event_id = new_id()
    operations: list[Operation] = new_event_operations(
        event_id, title="Dinner", starts_at=NEW_START, place="", time_zone="UTC"
    )
    first = make_event(tmp_path / "first.usher", event_id, operations, synchronous="OFF")
    second = duplicated(first, tmp_path / "second.usher")
    with second.read() as connection:
        doors = list(connection.scalars(select(Door.name)))
    first.close()
    second.close()

    assert doors == ["Main door"]


def test_an_event_whose_operations_are_refused_leaves_no_file(tmp_path: Path) -> None:
    event_id = new_id()
    operations = new_event_operations(event_id, title="Dinner", starts_at=NEW_START, place="", time_zone="UTC")
    with pytest.raises(Refused):
        make_event(tmp_path / "twice" / "event.usher", event_id, [*operations, operations[0]], synchronous="OFF")

    assert list((tmp_path / "twice").iterdir()) == []
