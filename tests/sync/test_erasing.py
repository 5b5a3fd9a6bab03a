"""Erasing a guest: the person is gone from rows, logs, outboxes and files; the counts and every replay stay right."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select, update

from models.attendance import Entry, EntryHow, Verdict
from models.check_in import CheckIn
from models.codes import new_short_code
from models.conflicts import Conflict
from models.errors import Refused
from models.events import Direction, Role
from models.ids import new_id
from models.invitations import Attendee, Invitation
from models.operations.edits import FieldEdit
from models.operations.entries import NewEntry, RecordEntries
from models.operations.erasing import ERASED_NAME, EraseGuest
from models.operations.people import (
    AddGuests,
    EditGuest,
    EditInvitation,
    GuestField,
    InvitationField,
    MoveToHousehold,
    NewGuest,
    NewHousehold,
)
from models.people import Guest
from models.store.copy_tables import OutboxRow
from models.store.database import Database
from models.store.exchange import OutcomeKind
from models.store.log_tables import LogRow, Upstream
from models.store.schema import columns_of
from sync.client.engine import SyncEngine
from tests.helpers.small_network import STARTS, Device, Dinner, House, Server, begin_dinner

FIRST_NAME, SECOND_NAME, EMAIL, NOTE = "Mei Lindqvist", "Mei Zhou-Adeyemi", "mei@zhou.example", "sits by the window"
PRIVATE = (FIRST_NAME, SECOND_NAME, EMAIL, NOTE, "mei lindqvist", "zhou-adeyemi", "Zhou")


class Evening:
    """An owner, a second organizer and a door, and a guest about whom they have written a lot."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.server = house.server()
        self.owner = house.device(self.server)
        self.dinner = begin_dinner(self.owner)
        self.owner.exchange()
        self.other = house.device(self.server, Role.ORGANIZER)
        self.door = house.device(self.server, Role.DOOR)
        self.come_to_rest()
        self.attendee = self.dinner.people[1]
        with self.owner.copy.read() as connection:
            self.guest: str = connection.scalars(select(Attendee.guest_id).where(Attendee.id == self.attendee)).one()
        # Two edits that cross, two seats that cross, and two doors that both admit: each leaves a conflict.
        self.edit(self.other, name=FieldEdit(seen=FIRST_NAME, new="Mei Chen"))
        self.edit(self.owner, name=FieldEdit(seen=FIRST_NAME, new=SECOND_NAME), email=FieldEdit(seen=None, new=EMAIL))
        self.edit(self.owner, notes=FieldEdit(seen="x", new=NOTE), door_note=FieldEdit(seen=None, new=NOTE))
        self.owner.seat(self.attendee, self.dinner.seats[0])
        self.other.seat(self.dinner.people[0], self.dinner.seats[0])
        CheckIn(self.door.copy).show_person(self.attendee)
        CheckIn(self.other.copy).show_person(self.attendee)
        CheckIn(self.owner.copy).walk_in("Ruth Okafor", "by train")
        self.come_to_rest()

    @property
    def devices(self) -> list[Device]:
        return [self.other, self.owner, self.door]

    def edit(self, device: Device, **fields: object) -> None:
        device.copy.run(EditGuest(guest_id=self.guest, fields=GuestField.model_validate(fields)))

    def come_to_rest(self) -> None:
        for _ in range(2):
            for device in self.devices if hasattr(self, "door") else [self.owner]:
                device.exchange()

    def erase(self) -> None:
        self.owner.copy.run(EraseGuest(guest_id=self.guest))
        self.come_to_rest()
        self.server.database.scrub()

    def assert_equal(self) -> None:
        for device in self.devices:
            assert device.rows() == self.server.rows(device.caller.role)


@pytest.fixture
def evening(house: House) -> Evening:
    return Evening(house)


def held_by(database: Database) -> list[str]:
    """Give what the bytes of a database's files still hold of the guest."""
    path = Path(str(database.url.database))
    held = b"".join(one.read_bytes() for one in path.parent.glob(path.name + "*"))
    return [word for word in PRIVATE if word.encode() in held]


def test_no_file_holds_the_person_afterwards(evening: Evening) -> None:
    databases = [evening.server.database, *(device.copy.database for device in evening.devices)]
    assert all(held_by(one) for one in databases), "the check can fail"

    evening.erase()

    assert [held_by(one) for one in databases] == [[]] * len(databases)


def test_the_counts_stay_and_all_copies_are_equal(evening: Evening) -> None:
    tables = ("guests", "attendees", "entries", "conflicts", "invitations")
    before = {name: evening.server.count(name) for name in tables}
    seat = evening.owner.seat_of(evening.attendee)

    evening.erase()

    assert {name: evening.server.count(name) for name in tables} == before
    assert evening.owner.seat_of(evening.attendee) == seat
    evening.assert_equal()
    with evening.server.read() as connection:
        row = connection.execute(
            select(Guest.name, Guest.email, Guest.notes, Guest.tags, Guest.erased_at).where(Guest.id == evening.guest)
        ).one()
        details = list(connection.scalars(select(Conflict.details)))
    assert tuple(row)[:4] == (ERASED_NAME, None, None, [])
    assert row.erased_at is not None
    assert len(details) == 3
    assert all(word not in str(details) for word in PRIVATE)


def test_a_namesake_stays_named_in_what_conflicts_say(evening: Evening) -> None:
    namesake = evening.dinner.people[2]
    with evening.owner.copy.read() as connection:
        guest = connection.execute(
            select(Guest.id, Guest.name).join(Attendee, Attendee.guest_id == Guest.id).where(Attendee.id == namesake)
        ).one()
    name = GuestField(name=FieldEdit(seen=guest.name, new=SECOND_NAME))
    evening.owner.copy.run(EditGuest(guest_id=guest.id, fields=name))
    evening.come_to_rest()
    CheckIn(evening.door.copy).show_person(namesake)
    CheckIn(evening.other.copy).show_person(namesake)
    evening.come_to_rest()

    evening.erase()

    with evening.server.read() as connection:
        said = [one.get("guest") for one in connection.scalars(select(Conflict.details))]
    assert SECOND_NAME in said
    evening.assert_equal()
    evening.house.check_replay(evening.server)


def test_a_replay_of_the_blanked_log_gives_the_same_rows(evening: Evening) -> None:
    evening.house.check_replay(evening.server)
    evening.erase()
    evening.house.check_replay(evening.server)
    assert evening.server.count("conflicts") == 3


def test_the_others_on_the_list_keep_their_names(evening: Evening) -> None:
    evening.erase()
    with evening.server.read() as connection:
        names = set(connection.scalars(select(Guest.name)))
        log = "\n".join(connection.scalars(select(LogRow.arguments)))
    assert names == {"Ines Duarte", "Olu Bankole", "Ruth Okafor", ERASED_NAME}
    assert "Ines Duarte" in log
    assert "Ruth Okafor" in log


def test_what_comes_late_about_an_erased_guest_is_kept_without_the_name(evening: Evening) -> None:
    evening.edit(evening.other, name=FieldEdit(seen=SECOND_NAME, new="Mei Zhou"))
    CheckIn(evening.door.copy).show_person(evening.attendee)
    evening.owner.copy.run(EraseGuest(guest_id=evening.guest))
    evening.owner.exchange()
    entries = evening.server.count("entries")

    evening.come_to_rest()
    evening.server.database.scrub()
    for device in evening.devices:
        device.copy.database.scrub()

    assert evening.server.count("entries") == entries + 1
    with evening.other.copy.read() as connection:
        last = connection.execute(
            select(OutboxRow.outcome, OutboxRow.reason_code).order_by(OutboxRow.number.desc()).limit(1)
        ).one()
    assert tuple(last) == (OutcomeKind.REFUSED, "erased")
    databases = [evening.server.database, *(device.copy.database for device in evening.devices)]
    assert [held_by(one) for one in databases] == [[]] * len(databases)
    evening.assert_equal()
    evening.house.check_replay(evening.server)


def test_erasing_a_walk_in_blanks_the_invitation_that_was_made_for_them(evening: Evening) -> None:
    with evening.owner.copy.read() as connection:
        walk_in = connection.scalars(select(Guest.id).where(Guest.name == "Ruth Okafor")).one()
    evening.owner.copy.run(EraseGuest(guest_id=walk_in))
    evening.come_to_rest()
    evening.server.database.scrub()
    for database in [evening.server.database, *(device.copy.database for device in evening.devices)]:
        path = Path(str(database.url.database))
        assert b"Ruth Okafor" not in b"".join(one.read_bytes() for one in path.parent.glob(path.name + "*"))
    evening.assert_equal()
    evening.house.check_replay(evening.server)


def test_a_walk_in_who_was_moved_into_a_household_leaves_no_name_behind(evening: Evening) -> None:
    copy = evening.owner.copy
    with copy.read() as connection:
        walk_in = connection.execute(
            select(Guest.id, Attendee.id).join(Attendee).where(Guest.name == "Ruth Okafor")
        ).one()
        household = connection.scalars(select(Attendee.invitation_id).where(Attendee.guest_id == evening.guest)).one()
    copy.run(MoveToHousehold(attendee_ids=(walk_in[1],), invitation_id=household))
    copy.run(EditGuest(guest_id=walk_in[0], fields=GuestField(name=FieldEdit(seen="Ruth Okafor", new="Ruth"))))
    evening.come_to_rest()
    copy.run(EraseGuest(guest_id=walk_in[0]))
    evening.come_to_rest()
    with evening.server.read() as connection:
        assert connection.exec_driver_sql("SELECT 1 FROM invitations WHERE name LIKE 'Ruth%'").first() is None
    evening.assert_equal()
    evening.house.check_replay(evening.server)


class Alone:
    """A guest who has an invitation alone, and whom an organizer who was away still knows."""

    def __init__(self, evening: Evening) -> None:
        self.evening = evening
        self.household = NewHousehold(
            invitation_id=new_id(),
            name=FIRST_NAME,
            code=new_short_code(),
            secret_id=new_id(),
            guests=(NewGuest(guest_id=new_id(), attendee_id=new_id(), name=FIRST_NAME),),
        )
        evening.owner.copy.run(AddGuests(households=(self.household,)))
        evening.come_to_rest()

    def edit(self, device: Device, **fields: object) -> None:
        words = InvitationField.model_validate(fields)
        device.copy.run(EditInvitation(invitation_id=self.household.invitation_id, fields=words))

    def erase(self) -> None:
        self.evening.owner.copy.run(EraseGuest(guest_id=self.household.guests[0].guest_id))
        self.evening.owner.exchange()

    def words(self) -> tuple[str, str | None]:
        with self.evening.server.read() as connection:
            held = select(Invitation.name, Invitation.message).where(Invitation.id == self.household.invitation_id)
            row = connection.execute(held).one()
        return row.name, row.message


@pytest.mark.parametrize(
    "fields",
    [
        {"name": FieldEdit(seen=FIRST_NAME, new=SECOND_NAME)},
        {"message": FieldEdit(seen=None, new=f"Dear {SECOND_NAME}")},
        {
            "name": FieldEdit(seen=FIRST_NAME, new=SECOND_NAME),
            "message": FieldEdit(seen=None, new=f"Dear {SECOND_NAME}"),
        },
    ],
    ids=["name", "message", "both"],
)
def test_words_of_an_erased_guests_invitation_that_come_late_bring_nothing_back(
    evening: Evening, fields: dict[str, object]
) -> None:
    alone = Alone(evening)
    alone.edit(evening.other, **fields)
    alone.erase()

    evening.come_to_rest()

    assert alone.words() == (ERASED_NAME, None)
    with evening.server.read() as connection:
        log = "\n".join(connection.scalars(select(LogRow.arguments).where(LogRow.name == EditInvitation.name)))
        told = str(list(connection.scalars(select(Conflict.details))))
    with evening.other.copy.read() as connection:
        edits = select(OutboxRow.arguments).where(OutboxRow.name == EditInvitation.name)
        outbox = "\n".join(connection.scalars(edits))
        outcome = connection.scalars(select(OutboxRow.reason_code).order_by(OutboxRow.number.desc()).limit(1)).one()
    for name in (FIRST_NAME, SECOND_NAME):
        assert name not in log
        assert name not in outbox
    assert f"Dear {SECOND_NAME}" not in told
    assert outcome == "erased"
    evening.assert_equal()
    evening.house.check_replay(evening.server)


def test_a_household_whose_name_was_erased_gets_a_new_one_and_a_replay_knows_it(evening: Evening) -> None:
    alone = Alone(evening)
    alone.erase()
    evening.come_to_rest()
    with pytest.raises(Refused, match="a new name first"):
        alone.edit(evening.other, message=FieldEdit(seen=None, new="Dear all"))

    alone.edit(evening.other, name=FieldEdit(seen=ERASED_NAME, new="The Okafors"))
    alone.edit(evening.other, message=FieldEdit(seen=None, new="Dear all"))
    evening.come_to_rest()

    assert alone.words() == ("The Okafors", "Dear all")
    evening.assert_equal()
    evening.house.check_replay(evening.server)

    # when: whoever moved in there meanwhile is erased, too
    with evening.owner.copy.read() as connection:
        walk_in = connection.execute(
            select(Guest.id, Attendee.id).join(Attendee).where(Guest.name == "Ruth Okafor")
        ).one()
    evening.owner.copy.run(MoveToHousehold(attendee_ids=(walk_in[1],), invitation_id=alone.household.invitation_id))
    renamed = GuestField(name=FieldEdit(seen="Ruth Okafor", new="The Okafors"))
    evening.owner.copy.run(EditGuest(guest_id=walk_in[0], fields=renamed))
    evening.owner.copy.run(EraseGuest(guest_id=walk_in[0]))
    evening.come_to_rest()

    assert alone.words() == (ERASED_NAME, None)
    with evening.server.read() as connection:
        assert "The Okafors" not in "\n".join(connection.scalars(select(LogRow.arguments)))
    evening.assert_equal()
    evening.house.check_replay(evening.server)


@pytest.mark.parametrize("is_late", [False, True], ids=["before", "late"])
def test_why_somebody_was_let_in_anyway_is_blanked_with_them_and_counts_on(evening: Evening, is_late: bool) -> None:
    why = "Mei Zhou-Adeyemi is the bride's sister"
    forced = RecordEntries(
        entries=(
            NewEntry(
                entry_id=new_id(),
                attendee_id=evening.attendee,
                shown_name=SECOND_NAME,
                direction=Direction.IN,
                passed=True,
                verdict=Verdict.UNPAID,
                how=EntryHow.SCAN,
                device_id=evening.door.caller.device_id,
                happened_at=STARTS,
                device_at=STARTS,
                forced_reason=why,
            ),
        )
    )
    evening.door.copy.run(forced)
    if not is_late:
        evening.come_to_rest()
    evening.owner.copy.run(EraseGuest(guest_id=evening.guest))
    evening.owner.exchange()
    evening.come_to_rest()

    with evening.server.read() as connection:
        reasons = set(connection.scalars(select(Entry.forced_reason)))
        log = "\n".join(connection.scalars(select(LogRow.arguments)))
    with evening.door.copy.read() as connection:
        outbox = "\n".join(connection.scalars(select(OutboxRow.arguments)))
    assert reasons == {None, ERASED_NAME}
    assert why not in log
    assert why not in outbox
    evening.assert_equal()
    evening.house.check_replay(evening.server)


def test_no_file_holds_the_person_after_a_start_from_a_snapshot(evening: Evening) -> None:
    assert held_by(evening.other.copy.database), "the check can fail"
    evening.owner.copy.run(EraseGuest(guest_id=evening.guest))
    evening.owner.exchange()

    evening.other.copy.follow(None)
    evening.other.exchange()

    assert held_by(evening.other.copy.database) == []


def test_a_guest_is_erased_once_and_not_edited_afterwards(evening: Evening) -> None:
    evening.erase()
    before = evening.server.rows()
    evening.other.copy.run(EraseGuest(guest_id=evening.guest))
    evening.come_to_rest()
    assert evening.server.rows() == before
    with pytest.raises(Refused, match="was erased"):
        evening.edit(evening.owner, name=FieldEdit(seen=ERASED_NAME, new="Mei"))


def dinner_at_a_hub(house: House) -> tuple[Server, Server, Device, Dinner, SyncEngine]:
    """Publish a dinner that began at a hub: give the hub, the central server, the owner, the dinner and the way up."""
    hub, replica = house.hub()
    central = house.server("central", opened=False)
    owner = house.device(hub)
    dinner = begin_dinner(owner)
    owner.exchange()
    up, _way = house.published(hub, replica, central)
    up.exchange()
    return hub, central, owner, dinner, up


def test_a_hub_blanks_its_log_when_the_erasure_comes_from_above(house: House) -> None:
    hub, central, owner, dinner, up = dinner_at_a_hub(house)
    away = house.device(central, Role.ORGANIZER)
    away.exchange()
    with away.copy.read() as connection:
        guest = connection.scalars(select(Attendee.guest_id).where(Attendee.id == dinner.people[1])).one()
    assert FIRST_NAME in held_by(hub.database)

    away.copy.run(EraseGuest(guest_id=guest))
    away.exchange()
    up.exchange()
    owner.exchange()
    central.database.scrub()

    for database in (hub.database, central.database, owner.copy.database, away.copy.database):
        assert FIRST_NAME not in held_by(database)
    assert owner.rows() == hub.rows() == central.rows() == away.rows()


def test_no_file_of_a_hub_holds_the_person_after_a_start_from_a_snapshot(house: House) -> None:
    hub, central, _owner, dinner, up = dinner_at_a_hub(house)
    away = house.device(central, Role.ORGANIZER)
    away.exchange()
    with away.copy.read() as connection:
        guest = connection.scalars(select(Attendee.guest_id).where(Attendee.id == dinner.people[1])).one()
    away.copy.run(EraseGuest(guest_id=guest))
    away.exchange()

    with hub.write() as connection:
        connection.execute(update(Upstream).values(server_id=None, server_epoch=None))
    up.exchange()

    assert FIRST_NAME not in held_by(hub.database)


def test_an_edit_that_a_hub_blanked_before_it_handed_it_on_is_no_conflict_above(house: House) -> None:
    _hub, central, owner, dinner, up = dinner_at_a_hub(house)
    with owner.copy.read() as connection:
        guest = connection.scalars(select(Attendee.guest_id).where(Attendee.id == dinner.people[1])).one()
    name = GuestField(name=FieldEdit(seen=FIRST_NAME, new=SECOND_NAME))

    owner.copy.run(EditGuest(guest_id=guest, fields=name))
    owner.copy.run(EraseGuest(guest_id=guest))
    owner.exchange()
    up.exchange()

    assert central.count("conflicts") == 0
    with central.read() as connection:
        assert connection.scalars(select(Guest.name).where(Guest.id == guest)).one() == ERASED_NAME
    central.database.scrub()
    assert held_by(central.database) == []
    house.check_replay(central)


def test_every_column_that_can_say_something_of_a_guest_is_blanked() -> None:
    says_nothing = {"id", "event_id", "version", "created_at", "updated_at", "deleted_at", "erased_at"}

    assert {*Guest.personal, "folded"} == set(columns_of(Guest)) - says_nothing
