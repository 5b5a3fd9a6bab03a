"""What all operations share: names, roles, and arguments that are refused before they reach a row."""

from __future__ import annotations

import json
import re
from datetime import datetime

import pytest
from pydantic import BaseModel, ValidationError
from sqlalchemy import BigInteger, Integer, SmallInteger, String, Text

from models import events, invitations, people, seating
from models.base import Synced, Timestamp, parse_time, time_text
from models.errors import BadInput
from models.events import Role
from models.ids import new_id
from models.operations.base import BULK, REGISTER, Nature, decode
from models.operations.edits import FieldEdit
from models.operations.events import DoorField, EventField
from models.operations.people import AddGuests, AttendeeField, GuestField, InvitationField
from models.operations.seating import SeatAttendees, TableField
from tests.helpers.small_event import SmallEvent, new_guest, new_household

ORGANIZERS = {Role.OWNER, Role.ORGANIZER}
AT_DOORS = {"record_entries.v1", "walk_in.v1", "seat_attendees.v1"}
FACTS = {"record_entries.v1", "walk_in.v1"}
BY_SERVERS = {"register_device.v1", "add_member.v1", "add_signing_key.v1", "sign_tickets.v1"}
BY_OWNERS = {"restore_rights.v1"}


def test_every_name_has_a_version_and_is_used_once() -> None:
    assert all(re.fullmatch(r"[a-z_]+\.v[1-9]", name) for name in REGISTER)
    assert len(set(REGISTER.values())) == len(REGISTER)
    assert all(kind.name == name for name, kind in REGISTER.items())


@pytest.mark.parametrize("name", sorted(REGISTER))
def test_an_operation_is_for_those_whose_work_it_is(name: str) -> None:
    kind = REGISTER[name]
    wanted = {Role.OWNER} if name in BY_OWNERS else ORGANIZERS | ({Role.DOOR} if name in AT_DOORS else set())
    assert kind.roles == wanted
    assert kind.made_by_servers == (name in BY_SERVERS)
    assert kind.nature is (Nature.FACT if name in FACTS else Nature.WISH)


def test_an_operation_of_a_newer_usher_is_named() -> None:
    with pytest.raises(BadInput) as caught:
        decode("teleport_guest.v1", "{}")
    assert caught.value.code == "unknown_operation"
    assert "teleport_guest.v1" in caught.value.message


@pytest.mark.parametrize(
    ("name", "arguments", "field"),
    [
        ("seat_attendees.v1", {}, "placements"),
        ("seat_attendees.v1", {"placements": []}, "placements"),
        ("seat_attendees.v1", {"placements": [{"attendee_id": "x", "seat_id": None}]}, "placements.0.attendee_id"),
        ("seat_attendees.v1", {"placements": [{"attendee_id": new_id()}]}, "placements.0.seat_id"),
        ("withdraw_signing_key.v1", {"key_id": new_id().upper()}, "key_id"),
        ("withdraw_signing_key.v1", {"key_id": new_id(), "really": True}, "really"),
        ("revoke_device.v1", {"device_id": 7}, "device_id"),
        ("move_tables.v1", {"places": [{"table_id": new_id(), "x": 2**40, "y": 0, "turn": 0}]}, "places.0.x"),
        ("move_tables.v1", {"places": [{"table_id": new_id(), "x": 0, "y": 0, "turn": 2**40}]}, "places.0.turn"),
        ("add_session.v1", {"session_id": new_id(), "title": "Talk", "starts_at": "2026-12-12T18:00:00"}, "starts_at"),
        ("add_session.v1", {"session_id": new_id(), "title": "Talk", "starts_at": "0001-01-01T00:00:00Z"}, "starts_at"),
        (
            "edit_event.v1",
            {"event_id": new_id(), "fields": {"ends_at": {"seen": None, "new": "2026-12-12T18:00:00"}}},
            "fields.ends_at.new",
        ),
        (
            "edit_event.v1",
            {"event_id": new_id(), "fields": {"capacity": {"seen": None, "new": 2**40}}},
            "fields.capacity.new",
        ),
    ],
)
def test_arguments_that_do_not_fit_name_their_field(name: str, arguments: dict[str, object], field: str) -> None:
    for given in (arguments, json.dumps(arguments)):
        with pytest.raises(BadInput) as caught:
            decode(name, given)
        assert caught.value.code == "bad_arguments"
        assert str(caught.value.details["field"]).startswith(field)
        assert field in caught.value.message


@pytest.mark.parametrize("text", ["", "not JSON", "[]", "null", '{"key_id": ', '{"key_id": "a\\u0000b"}'])
def test_arguments_that_are_no_object_are_refused(text: str) -> None:
    with pytest.raises(BadInput) as caught:
        decode("withdraw_signing_key.v1", text)
    assert caught.value.code == "bad_arguments"


EDITED: list[tuple[type[BaseModel], type[Synced]]] = [
    (EventField, events.Event),
    (DoorField, events.Door),
    (GuestField, people.Guest),
    (AttendeeField, invitations.Attendee),
    (InvitationField, invitations.Invitation),
    (TableField, seating.Table),
]


@pytest.mark.parametrize(("fields", "entity"), EDITED)
def test_no_edit_carries_more_than_its_column_holds(fields: type[BaseModel], entity: type[Synced]) -> None:
    for name in fields.model_fields:
        kind = entity.__table__.c[name].type
        for value in _too_large(kind):
            with pytest.raises(ValidationError) as caught:
                fields.model_validate({name: {"seen": None, "new": value}})
            assert any(one["loc"][:2] == (name, "new") for one in caught.value.errors()), (name, value)


def _too_large(kind: object) -> list[object]:
    if isinstance(kind, Timestamp):
        return ["2026-12-12T18:00:00", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59-12:00"]
    if isinstance(kind, BigInteger | Integer | SmallInteger):
        return [2**31, -(2**31) - 1]
    if isinstance(kind, Text) or not isinstance(kind, String):
        return ["x" * 10_001]
    return ["x" * ((kind.length or 0) + 1)]


def test_no_operation_carries_more_rows_than_may_travel(event: SmallEvent) -> None:
    place = event.place("Defne Marangoz", None)
    with pytest.raises(ValueError, match="at most"):
        SeatAttendees(placements=(place,) * (BULK + 1))
    household = new_household(event, "Crowd")
    guest = new_guest(event, "One Of Many")
    with pytest.raises(ValueError, match="at most"):
        AddGuests(households=(household.model_copy(update={"guests": (guest,) * (BULK + 1)}),))
    for name, kind in REGISTER.items():
        for field, info in kind.model_fields.items():
            if "tuple[" in str(info.annotation) and field != "unseats":
                limits = [limit for limit in map(_max_length, info.metadata) if limit is not None]
                checked_together = name == "add_guests.v1"
                assert checked_together or (limits and max(limits) <= BULK), f"{name}: {field}"


def _max_length(constraint: object) -> int | None:
    return getattr(constraint, "max_length", None)


def test_an_edit_without_fields_changes_nothing(event: SmallEvent) -> None:
    before = event.state()
    for name, own in (("edit_guest.v1", "guest_id"), ("edit_attendee.v1", "attendee_id")):
        ids = event.guests if own == "guest_id" else event.attendees
        event.copy.run(decode(name, {own: ids["Sami Quispe"], "fields": {}}))
    assert event.state() == before


def test_times_are_written_so_that_they_sort_and_can_be_read_again() -> None:
    texts = ["0900-01-01T00:00:00.000000Z", "1999-12-31T23:59:59.999999Z", "2026-12-12T18:30:00.000000Z"]
    assert [time_text(parse_time(text)) for text in texts] == texts == sorted(texts)
    assert time_text(datetime.fromisoformat("2026-12-12T20:30:00+02:00")) == texts[2]


def test_field_edits_keep_what_was_seen() -> None:
    edit = FieldEdit[str](seen="a", new="b")
    assert FieldEdit[str].model_validate_json(edit.model_dump_json()) == edit
