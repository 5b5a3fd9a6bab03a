"""The sample gala, a new event and the big events that benches use."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import func, select

from models.events import Door, Event, Role
from models.ids import new_id
from models.invitations import Attendee, Invitation, Rsvp, TicketType
from models.operations.base import BULK
from models.operations.people import NewGuest, NewHousehold
from models.people import Guest
from models.samples import guest_operations, new_event_operations, sample_operations
from models.seating import FloorPlan, Seat, Table
from models.store.database import Database
from models.store.digest import TableDigest, digest
from models.store.local_copy import LocalCopy
from models.store.log_tables import EventCounter
from models.store.schema import SERVER
from tests.helpers.big_events import BigEvent, big_event_operations, fill_with_big_event


def empty_copy(path: Path, event_id: str) -> LocalCopy:
    return LocalCopy.create(path, event_id=event_id, device_id=new_id(), role=Role.OWNER, synchronous="OFF")


def counts(found: dict[str, TableDigest]) -> dict[str, int]:
    return {name: one.count for name, one in found.items() if one.count}


def test_the_sample_is_the_gala_with_everybody_at_the_seat_the_file_says(tmp_path: Path) -> None:
    event_id = new_id()
    copy = empty_copy(tmp_path / "gala.usher", event_id)
    copy.run_all(sample_operations(event_id))
    with copy.read() as connection:
        event = connection.execute(select(Event.title, Event.starts_at, Event.time_zone, Event.capacity)).one()
        seated = connection.execute(
            select(Table.label, Seat.number, Attendee.rsvp)
            .join(Seat, Seat.id == Attendee.seat_id)
            .join(Table, Table.id == Seat.table_id)
            .join(Guest, Guest.id == Attendee.guest_id)
            .where(Guest.name == "Noreen Garrigan")
        ).one()
        doors = set(connection.scalars(select(Door.name)))
        households = connection.scalar(select(func.count()).select_from(Invitation))
        accessible = connection.scalar(
            select(func.count()).select_from(Seat).join(Table).where(Table.label == "5", Seat.accessible.is_(True))
        )
        found = counts(digest(connection, event_id, Role.OWNER))
    copy.close()

    assert tuple(event) == ("Harbour Foundation Gala", datetime(2026, 12, 12, 18, 30, tzinfo=UTC), "Europe/Lisbon", 280)
    assert tuple(seated) == ("11", 9, Rsvp.ACCEPTED)
    assert doors == {"North door", "Garden door"}
    assert accessible == 2
    assert (found["guests"], found["attendees"], found["tables"], households) == (240, 240, 26, 111)


def test_the_sample_opened_twice_shares_no_key_and_no_code(tmp_path: Path) -> None:
    seen: list[set[str]] = []
    for name in ("a", "b"):
        event_id = new_id()
        copy = empty_copy(tmp_path / name, event_id)
        copy.run_all(sample_operations(event_id))
        with copy.read() as connection:
            ids = {one for entity in (Guest, Attendee, Seat, Table) for one in connection.scalars(select(entity.id))}
            codes = {code for code in connection.scalars(select(Invitation.code)) if code}
        copy.close()
        seen.append(ids | codes | {event_id})

    assert not seen[0] & seen[1]


def test_a_new_event_has_a_room_a_door_and_a_ticket_type(tmp_path: Path) -> None:
    event_id = new_id()
    copy = empty_copy(tmp_path / "new.usher", event_id)
    starts_at = datetime(2027, 5, 1, 17, 0, tzinfo=UTC)
    copy.run_all(
        new_event_operations(
            event_id, title="Harvest dinner", starts_at=starts_at, place="Barn", time_zone="Asia/Kolkata"
        )
    )
    with copy.read() as connection:
        event = connection.execute(select(Event.title, Event.venue_text, Event.starts_at, Event.time_zone)).one()
        room = connection.execute(select(FloorPlan.name, FloorPlan.width, FloorPlan.height)).one()
        door = connection.scalars(select(Door.name)).one()
        number = connection.scalars(select(TicketType.number)).one()
    copy.close()

    assert tuple(event) == ("Harvest dinner", "Barn", starts_at, "Asia/Kolkata")
    assert tuple(room) == ("Main room", 20_000, 15_000)
    assert (door, number) == ("Main door", 1)


@pytest.mark.parametrize("sizes", [[], [1], [BULK], [BULK + 1], [1203, 2], [3] * 400, [0] * (BULK + 1)])
def test_no_operation_carries_more_guests_than_may_travel(sizes: list[int]) -> None:
    households = [household(size) for size in sizes]
    operations = guest_operations(households)
    carried = [guest for one in operations for new in one.households for guest in new.guests]
    carried += [new.guest for one in operations for new in one.joining]

    assert {guest.guest_id for guest in carried} == {guest.guest_id for new in households for guest in new.guests}
    assert len(carried) == sum(sizes)
    assert [new.invitation_id for one in operations for new in one.households] == [h.invitation_id for h in households]
    for one in operations:
        assert len(one.households) <= BULK
        assert sum(len(new.guests) for new in one.households) + len(one.joining) <= BULK


def test_a_big_event_is_the_same_by_operations_and_written_directly(tmp_path: Path) -> None:
    event_id = new_id()
    by_operations = empty_copy(tmp_path / "a.usher", event_id)
    by_operations.run_all(big_event_operations(event_id, 730, seed=3))
    directly = empty_copy(tmp_path / "b.usher", event_id)
    with directly.database.write() as connection:
        fill_with_big_event(connection, BigEvent(event_id, 730, seed=3))
    with by_operations.read() as one, directly.read() as other:
        counted = [counts(digest(connection, event_id, Role.OWNER)) for connection in (one, other)]
        wanted = select(Attendee.id, Attendee.seat_id, Guest.name, Guest.folded).join(Guest).order_by(Attendee.id)
        people = [connection.execute(wanted).all() for connection in (one, other)]
    assert directly.waiting().pending == 0
    by_operations.close()
    directly.close()

    assert people[0] == people[1]
    assert len(people[0]) == 730
    assert counted[1].pop("signing_keys") == 1
    assert counted[0] == counted[1]


def test_a_big_event_fills_a_server_with_its_counter(tmp_path: Path) -> None:
    event = BigEvent(new_id(), 30, seed=1)
    server = Database(tmp_path / "server.db", SERVER, synchronous="OFF")
    with server.write() as connection:
        fill_with_big_event(connection, event)
    with server.read() as connection:
        version = connection.scalars(select(EventCounter.version).where(EventCounter.event_id == event.event_id)).one()
        guests = connection.scalar(select(func.count()).select_from(Guest))
    server.close()

    assert (version, guests) == (1, 30)


def household(size: int) -> NewHousehold:
    return NewHousehold(
        invitation_id=new_id(),
        name="Everybody",
        code="00000000" + "0",
        secret_id=new_id(),
        guests=tuple(
            NewGuest(guest_id=new_id(), attendee_id=new_id(), name=f"Guest {number}") for number in range(size)
        ),
    )
