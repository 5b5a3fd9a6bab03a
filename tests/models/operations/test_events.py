"""Operations on the event, its ticket types, sessions, doors, devices and members."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from models.base import Synced
from models.conflicts import ConflictKind
from models.events import Device, Door, Event, EventSession, Member, Role
from models.ids import new_id
from models.invitations import TicketType
from models.operations.base import Operation, apply_operation
from models.operations.events import (
    AddDoor,
    AddMember,
    AddSession,
    AddTicketTypes,
    CreateEvent,
    DoorField,
    EditDoor,
    EditEvent,
    EventField,
    NewTicketType,
    RegisterDevice,
    RevokeDevice,
)
from models.store.rows import Context, Finding
from tests.helpers.small_event import STARTS, SmallEvent, assert_undone_exactly, refusal_of


def _create(event_id: str, **values: object) -> CreateEvent:
    given = {"event_id": event_id, "title": "Again", "starts_at": STARTS, "time_zone": "UTC", "code_salt": "ab" * 16}
    return CreateEvent.model_validate({**given, **values})


def _findings(event: SmallEvent, operation: Operation) -> tuple[Finding, ...]:
    with event.copy.database.write() as connection:
        return apply_operation(connection, operation, Context(event.event_id, new_id(), STARTS)).findings


def test_an_event_is_made_once_and_only_in_its_own_log(event: SmallEvent) -> None:
    assert refusal_of(event, _create(event.event_id)).code == "exists"
    assert refusal_of(event, _create(new_id())).code == "other_event"


def test_an_event_does_not_end_before_it_starts() -> None:
    with pytest.raises(ValueError, match="ends before"):
        _create(new_id(), ends_at=STARTS - timedelta(hours=1))


def test_fields_of_the_event_are_edited_and_set_back(event: SmallEvent) -> None:
    fields = EventField.model_validate(
        {
            "title": {"seen": "Winter supper", "new": "Spring supper"},
            "starts_at": {"seen": STARTS, "new": STARTS + timedelta(days=90)},
            "capacity": {"seen": 8, "new": None},
            "state": {"seen": "draft", "new": "published"},
        }
    )
    assert_undone_exactly(event, EditEvent(event_id=event.event_id, fields=fields))


def test_the_way_back_leads_to_what_was_there_even_where_the_person_saw_something_older(event: SmallEvent) -> None:
    stale = EventField.model_validate({"title": {"seen": "An older title", "new": "Spring supper"}})
    assert_undone_exactly(event, EditEvent(event_id=event.event_id, fields=stale))


def test_an_edit_over_a_newer_value_wins_and_keeps_the_other(event: SmallEvent) -> None:
    fields = EventField.model_validate(
        {"title": {"seen": "An older title", "new": "Spring supper"}, "city": {"seen": "Porto", "new": "Faro"}}
    )
    (finding,) = _findings(event, EditEvent(event_id=event.event_id, fields=fields))
    assert finding.kind is ConflictKind.EDITED_TWICE
    assert finding.details == {
        "title": "Winter supper",
        "title:kept": "Spring supper",
        "city": "",
        "city:kept": "Faro",
    }
    with event.copy.read() as connection:
        assert connection.execute(select(Event.title, Event.city)).one() == ("Spring supper", "Faro")


def test_an_edit_to_what_is_there_already_is_no_conflict(event: SmallEvent) -> None:
    same = EventField.model_validate({"title": {"seen": "An older title", "new": "Winter supper"}})
    assert _findings(event, EditEvent(event_id=event.event_id, fields=same)) == ()


def test_an_event_that_is_not_there_cannot_be_edited(event: SmallEvent) -> None:
    fields = EventField.model_validate({"title": {"seen": "a", "new": "b"}})
    assert refusal_of(event, EditEvent(event_id=new_id(), fields=fields)).code == "gone"


def test_ticket_types_have_exact_prices_and_numbers_of_their_own(event: SmallEvent) -> None:
    crew = NewTicketType(id=new_id(), name="crew", number=3, price=Decimal("19.90"), currency="EUR")
    event.copy.run(AddTicketTypes(ticket_types=(crew,)))
    with event.copy.read() as connection:
        found = connection.execute(select(TicketType.price, TicketType.currency).where(TicketType.number == 3)).one()
    assert found == (Decimal("19.90"), "EUR")

    same = NewTicketType(id=new_id(), name="other", number=3)
    assert refusal_of(event, AddTicketTypes(ticket_types=(same,))).code == "number_taken"
    twice = (NewTicketType(id=new_id(), name="a", number=9), NewTicketType(id=new_id(), name="b", number=9))
    assert refusal_of(event, AddTicketTypes(ticket_types=twice)).code == "number_taken"


@pytest.mark.parametrize("price", ["NaN", "Infinity", "-1", "1e40", "0.00001"])
def test_a_price_is_an_amount(price: str) -> None:
    with pytest.raises(ValueError, match="price"):
        NewTicketType.model_validate({"id": new_id(), "name": "odd", "number": 4, "price": price})


def test_a_door_of_a_session_needs_the_session(event: SmallEvent) -> None:
    session = new_id()
    door = AddDoor(door_id=new_id(), door_name="Talks", session_id=session)
    assert refusal_of(event, door).code == "gone"
    event.copy.run(AddSession(session_id=session, title="Talk", starts_at=STARTS))
    event.copy.run(door)
    with event.copy.read() as connection:
        assert connection.scalar(select(Door.session_id).where(Door.id == door.door_id)) == session
        assert connection.scalar(select(EventSession.title)) == "Talk"


def test_the_rules_of_a_door_are_edited_and_set_back(event: SmallEvent) -> None:
    fields = DoorField.model_validate(
        {
            "name": {"seen": "Main door", "new": "North door"},
            "ticket_types": {"seen": [], "new": [event.types["VIP"]]},
            "opens_at": {"seen": None, "new": STARTS},
            "re_entry": {"seen": "yes", "new": "once"},
            "zone_capacity": {"seen": None, "new": 40},
            "may_override": {"seen": True, "new": False},
        }
    )
    assert_undone_exactly(event, EditDoor(door_id=event.door_id, fields=fields))


def test_a_door_is_not_given_a_session_that_is_not_there(event: SmallEvent) -> None:
    fields = DoorField.model_validate({"session_id": {"seen": None, "new": new_id()}})
    assert refusal_of(event, EditDoor(door_id=event.door_id, fields=fields)).code == "gone"


def test_devices_are_registered_and_revoked(event: SmallEvent) -> None:
    device = RegisterDevice(
        device_id=new_id(), device_name="Tablet", role=Role.DOOR, door_id=event.door_id, install_id=new_id()
    )
    event.copy.run(device)
    event.copy.run(RevokeDevice(device_id=device.device_id), at=STARTS)
    with event.copy.read() as connection:
        found = connection.execute(select(Device.name, Device.role, Device.door_id, Device.revoked_at)).one()
    assert found == ("Tablet", "door", event.door_id, STARTS)
    elsewhere = device.model_copy(update={"device_id": new_id(), "door_id": new_id()})
    assert refusal_of(event, elsewhere).code == "gone"
    assert refusal_of(event, RevokeDevice(device_id=new_id())).code == "gone"


def test_members_are_added(event: SmallEvent) -> None:
    user = new_id()
    event.copy.run(AddMember(member_id=new_id(), user_id=user, role=Role.ORGANIZER))
    with event.copy.read() as connection:
        assert connection.execute(select(Member.user_id, Member.role)).all() == [(user, "organizer")]


@pytest.mark.parametrize(
    ("entity", "operation"),
    [
        (Door, AddDoor(door_id=new_id(), door_name="Twice")),
        (EventSession, AddSession(session_id=new_id(), title="Twice", starts_at=STARTS)),
        (Member, AddMember(member_id=new_id(), user_id=new_id(), role=Role.VIEWER)),
    ],
)
def test_an_id_that_is_there_already_is_refused(entity: type[Synced], operation: Operation, event: SmallEvent) -> None:
    change = event.copy.run(operation)
    assert len(change.ids(entity)) == 1
    assert refusal_of(event, operation).code == "constraint"
