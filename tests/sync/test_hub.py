"""A hub: a server to the devices near it, a client of the central server, whose order wins in the end."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from models.attendance import Entry
from models.check_in import CheckIn
from models.conflicts import Conflict
from models.errors import SyncError
from models.events import Role
from models.ids import new_id
from models.operations.conflicts import SettleConflict
from models.operations.entries import RecordEntries
from models.operations.events import AddMember, RegisterDevice, RevokeDevice
from models.operations.people import HideGuests
from models.operations.tickets import AddSigningKey
from models.store.copy_tables import OutboxRow
from models.store.digest import digest, joined
from models.store.exchange import Pulled
from models.store.log_tables import LogRow
from models.store.undo_log import set_recording
from sync.client.engine import SyncEngine
from sync.server.hub_replica import HubReplica
from tests.helpers.small_network import Device, Dinner, House, Way, begin_dinner, now


class Venue:
    """A hub with an organizer and a door behind it, and a central server with an organizer of its own."""

    def __init__(self, house: House) -> None:
        self.hub, self.replica = house.hub()
        self.central = house.server("central", opened=False)
        self.organizer = house.device(self.hub)
        self.dinner: Dinner = begin_dinner(self.organizer)
        self.organizer.exchange()
        self.up, self.way = self.publish(house)
        self.up.exchange()
        self.door = house.device(self.hub, Role.DOOR)
        self.door.exchange()
        self.up.exchange()
        self.away = house.device(self.central, Role.ORGANIZER)
        self.away.exchange()

    def publish(self, house: House) -> tuple[SyncEngine, Way]:
        return house.published(self.hub, self.replica, self.central)

    @property
    def devices(self) -> list[Device]:
        return [self.organizer, self.door, self.away]

    def come_to_rest(self) -> None:
        for _ in range(3):
            self.up.exchange()
            for device in self.devices:
                device.exchange()

    def assert_equal(self) -> None:
        assert self.hub.rows() == self.central.rows()
        for device in self.devices:
            assert device.rows() == self.central.rows(device.caller.role)


@pytest.fixture
def venue(house: House) -> Venue:
    return Venue(house)


def outcomes(device: Device) -> list[str | None]:
    with device.copy.read() as connection:
        return list(connection.scalars(select(OutboxRow.outcome).order_by(OutboxRow.number)))


def open_conflicts(device: Device) -> list[str]:
    with device.copy.read() as connection:
        return list(connection.scalars(select(Conflict.id).where(Conflict.resolved_at.is_(None))))


def test_an_event_without_any_server_lives_on_its_hub(house: House) -> None:
    hub, _replica = house.hub()
    organizer = house.device(hub)
    dinner = begin_dinner(organizer)
    organizer.exchange()
    door = house.device(hub, Role.DOOR)
    door.exchange()

    CheckIn(door.copy).show_person(dinner.people[0])
    door.exchange()
    organizer.exchange()

    assert organizer.rows() == hub.rows()
    assert door.rows() == hub.rows(Role.DOOR)
    assert hub.count("entries") == 1


def test_publishing_hands_the_whole_log_on_as_it_came(venue: Venue) -> None:
    columns = (LogRow.install_id, LogRow.epoch, LogRow.number, LogRow.op_id, LogRow.role, LogRow.device_id)
    with venue.hub.read() as connection:
        below = set(connection.execute(select(*columns)).all())
    with venue.central.read() as connection:
        above = set(connection.execute(select(*columns)).all())

    assert below <= above
    assert venue.replica.waiting() == 0
    venue.come_to_rest()
    venue.assert_equal()


def test_publishing_twice_doubles_and_loses_nothing(house: House, venue: Venue) -> None:
    CheckIn(venue.door.copy).show_person(venue.dinner.people[0])
    venue.door.exchange()
    venue.come_to_rest()
    length = venue.central.count("event_log")
    before = venue.central.rows()

    venue.up, _way = house.linked(venue.hub, venue.replica, venue.central)
    venue.come_to_rest()

    assert venue.central.count("event_log") == length
    assert venue.central.rows() == before
    venue.assert_equal()


def test_nothing_is_lost_while_the_server_above_is_away(venue: Venue) -> None:
    venue.way.is_cut = True
    for who in venue.dinner.people:
        CheckIn(venue.door.copy).show_person(who)
    venue.door.exchange()
    with pytest.raises(SyncError):
        venue.up.exchange()

    venue.organizer.exchange()

    assert venue.replica.waiting() == 3
    assert venue.door.copy.waiting().pending == 0
    assert venue.organizer.rows() == venue.hub.rows()
    venue.way.is_cut = False
    venue.come_to_rest()
    assert venue.replica.waiting() == 0
    assert venue.central.count("entries") == 3
    venue.assert_equal()


def test_the_central_order_wins_over_what_the_hub_had_applied(venue: Venue) -> None:
    first, second, _third = venue.dinner.people
    seat = venue.dinner.seats[0]
    venue.organizer.seat(first, seat)
    venue.organizer.exchange()
    assert outcomes(venue.organizer)[-1] is None
    venue.away.seat(second, seat)
    venue.away.exchange()

    venue.come_to_rest()

    assert venue.organizer.seat_of(first) is None
    assert venue.organizer.seat_of(second) == seat
    assert outcomes(venue.organizer)[-1] == "refused"
    venue.assert_equal()


def test_what_the_hub_had_refused_and_the_central_server_applied_reads_applied(venue: Venue) -> None:
    first, second, _third = venue.dinner.people
    seat = venue.dinner.seats[0]
    venue.organizer.seat(first, seat)
    venue.organizer.exchange()
    venue.door.seat(second, seat)
    venue.door.exchange()
    assert outcomes(venue.door)[-1] == "refused"
    venue.away.copy.run(HideGuests(attendee_ids=(first,)))
    venue.away.exchange()

    venue.come_to_rest()

    assert venue.door.seat_of(second) == seat
    assert outcomes(venue.door)[-1] == "applied"
    assert venue.door.copy.waiting().refused == 0
    venue.assert_equal()


def test_rows_that_the_hub_takes_back_are_gone_on_its_devices(venue: Venue) -> None:
    first, second, _third = venue.dinner.people
    seat = venue.dinner.seats[0]
    venue.organizer.seat(first, seat)
    venue.organizer.exchange()
    venue.door.seat(second, seat)
    venue.door.exchange()
    venue.organizer.exchange()
    assert len(open_conflicts(venue.organizer)) == len(open_conflicts(venue.door)) == 1
    # The central server hears first that the guest on the seat does not come: no conflict there.
    venue.away.copy.run(HideGuests(attendee_ids=(first,)))
    venue.away.exchange()

    venue.come_to_rest()

    assert venue.hub.count("tombstones") > 0
    with venue.door.copy.read() as connection:
        kinds = connection.scalars(select(Conflict.about_id)).all()
    assert second not in kinds
    venue.assert_equal()


def test_all_rows_that_the_server_above_takes_back_are_gone_on_the_hubs_devices(venue: Venue) -> None:
    entries = [CheckIn(venue.door.copy).show_person(person).entry_ids[0] for person in venue.dinner.people[:2]]
    venue.come_to_rest()
    assert venue.hub.count("entries") == 2

    pulled = venue.way.pull(venue.replica.followed().cookie)
    venue.replica.apply_pull(pulled.model_copy(update={"gone": [("entries", one) for one in entries]}))
    venue.door.exchange()

    assert (venue.hub.count("entries"), venue.hub.count("tombstones")) == (0, 2)
    assert venue.door.rows()["entries"] == {}


def test_a_double_admission_across_hub_and_server_is_a_conflict_everywhere(house: House, venue: Venue) -> None:
    far_door = house.device(venue.central, Role.DOOR)
    far_door.exchange()
    CheckIn(venue.door.copy).show_person(venue.dinner.people[0])
    CheckIn(far_door.copy).show_person(venue.dinner.people[0])
    venue.door.exchange()
    far_door.exchange()

    venue.come_to_rest()
    far_door.exchange()

    found = {tuple(open_conflicts(device)) for device in [*venue.devices, far_door]}
    assert len(found) == 1
    assert len(found.pop()) == 1


def test_a_conflict_settled_at_the_hub_is_settled_above(venue: Venue) -> None:
    first, second, _third = venue.dinner.people
    venue.organizer.seat(first, venue.dinner.seats[0])
    venue.organizer.exchange()
    venue.door.seat(second, venue.dinner.seats[0])
    venue.door.exchange()
    venue.organizer.exchange()
    (conflict,) = open_conflicts(venue.organizer)

    settled_by = venue.organizer.caller.device_id
    venue.organizer.copy.run(SettleConflict(conflict_id=conflict, resolution="seen", settled_by=settled_by))
    venue.come_to_rest()

    assert [open_conflicts(device) for device in venue.devices] == [[], [], []]
    assert venue.central.count("conflicts") == 1
    venue.assert_equal()


def test_what_only_a_server_makes_is_no_operation_of_a_hubs_device(venue: Venue) -> None:
    thief = [
        AddMember(member_id=new_id(), user_id=new_id(), role=Role.OWNER),
        AddSigningKey(key_id=new_id(), number=7, public_key="ab" * 32),
        RegisterDevice(device_id=new_id(), device_name="Thief", role=Role.OWNER, install_id=new_id()),
    ]
    before = venue.central.rows()
    for device in (venue.door, venue.organizer):
        device.copy.run_all(thief)
        op_ids = [one.op_id for one in device.copy.pending()]
        device.exchange()
        venue.come_to_rest()

        for server in (venue.hub, venue.central):
            with server.read() as connection:
                found = connection.execute(select(LogRow.outcome, LogRow.reason_code).where(LogRow.op_id.in_(op_ids)))
                assert [tuple(row) for row in found] == [("refused", "not_allowed")] * 3
    assert venue.central.rows() == before
    venue.assert_equal()


def test_a_device_that_goes_to_the_central_server_takes_its_outbox_along(house: House, venue: Venue) -> None:
    venue.way.is_cut = True
    CheckIn(venue.door.copy).show_person(venue.dinner.people[0])
    venue.door.exchange()
    CheckIn(venue.door.copy).show_person(venue.dinner.people[1])
    venue.door.copy.follow("sim://central")
    moved = house.reached(venue.door.copy, venue.door.caller, venue.central)

    moved.exchange()

    assert venue.central.count("entries") == 2
    assert moved.copy.waiting().pending == 0
    venue.way.is_cut = False
    venue.door = moved
    venue.come_to_rest()
    assert venue.central.count("entries") == venue.hub.count("entries") == 2
    venue.assert_equal()


def test_a_refusal_by_the_central_server_is_still_known_at_a_hub_that_never_had_the_operation(
    house: House, venue: Venue
) -> None:
    first, second, _third = venue.dinner.people
    venue.organizer.seat(first, venue.dinner.seats[0])
    venue.away.seat(second, venue.dinner.seats[0])
    venue.organizer.exchange()
    venue.up.exchange()
    venue.away.exchange()
    assert outcomes(venue.away)[-1] == "refused"
    venue.up.exchange()

    venue.away.copy.follow("sim://hub")
    venue.away = house.reached(venue.away.copy, venue.away.caller, venue.hub)
    venue.away.exchange()

    assert outcomes(venue.away)[-1] == "refused"


def test_a_gap_that_the_hub_cannot_fill_holds_nobody_up(venue: Venue) -> None:
    CheckIn(venue.door.copy).show_person(venue.dinner.people[0])
    CheckIn(venue.organizer.copy).show_person(venue.dinner.people[1])
    venue.door.exchange()
    # The number before went another way: what the hub has begins beyond what the server expects.
    with venue.hub.write() as connection:
        connection.exec_driver_sql(
            "UPDATE event_log SET number = number + 5 WHERE install_id = ?", (venue.door.caller.install_id,)
        )
    venue.organizer.exchange()

    venue.come_to_rest()

    assert venue.replica.waiting() == 0
    assert venue.central.count("entries") == 2
    venue.assert_equal()


def test_another_operation_under_a_known_number_is_handed_on_under_a_new_epoch(house: House, venue: Venue) -> None:
    # One file used twice: one at the hub, one at the central server.
    caller = venue.door.caller
    CheckIn(venue.door.copy).show_person(venue.dinner.people[0])
    envelope = venue.door.copy.pending()[0]
    venue.door.copy.database.close()
    far = CheckIn(venue.door.copy).show_person(venue.dinner.people[1])
    stray = venue.door.copy.pending()[1].model_copy(update={"number": envelope.number})
    house.reached(venue.door.copy, caller, venue.central).way.push([stray])
    venue.door.way.push([envelope])

    venue.replica.apply_pull(venue.way.pull(venue.replica.followed().cookie))
    # The number is known above, the operation is not.
    assert venue.replica.waiting() == 1
    venue.up.exchange()
    venue.up.exchange()

    with venue.central.read() as connection:
        known = set(connection.scalars(select(LogRow.op_id)))
    assert {envelope.op_id, stray.op_id} <= known
    assert venue.replica.waiting() == 0
    assert far.decision.passes
    venue.come_to_rest()
    assert venue.central.count("entries") == 2


def test_what_went_past_the_hub_comes_again_through_it_where_a_backup_lacks_it(
    house: House, venue: Venue, tmp_path: Path
) -> None:
    door = house.device(venue.central, Role.DOOR)
    door.exchange()
    venue.central.back_up(tmp_path / "backup.sqlite")
    CheckIn(door.copy).show_person(venue.dinner.people[0])
    door.exchange()
    venue.up.exchange()
    door.copy.follow("sim://hub")
    door = house.reached(door.copy, door.caller, venue.hub)
    door.exchange()
    venue.central.put_back(tmp_path / "backup.sqlite")
    assert venue.central.count("entries") == 0

    for _ in range(3):
        venue.come_to_rest()
        door.exchange()

    assert venue.central.count("entries") == 1
    assert door.rows() == venue.central.rows(Role.DOOR)
    venue.assert_equal()


def test_what_a_revoked_hub_had_handed_on_comes_again_where_a_backup_lacks_it(
    house: House, venue: Venue, tmp_path: Path
) -> None:
    venue.come_to_rest()
    venue.central.back_up(tmp_path / "backup.sqlite")
    for person in venue.dinner.people:
        CheckIn(venue.door.copy).show_person(person)
        made = venue.door.copy.pending()
        venue.door.exchange()
        venue.come_to_rest()
    # Others were quicker after the server was put back: its log has the same length, with other work in it.
    venue.central.put_back(tmp_path / "backup.sqlite")
    stray = made[-1].model_copy(update={"op_id": new_id(), "number": made[-1].number - 2})
    house.reached(venue.door.copy, venue.door.caller, venue.central).way.push([stray])
    caller = venue.way.transport.caller
    taken_away = [
        RegisterDevice(device_id=caller.device_id, device_name="Hub", role=Role.OWNER, install_id=caller.install_id),
        RevokeDevice(device_id=caller.device_id),
    ]
    with venue.central.write() as connection:
        venue.central.log.run_own(connection, venue.central.event_id, taken_away)

    for _ in range(2):
        with pytest.raises(SyncError):
            venue.up.exchange()

    with venue.central.read() as connection:
        there = set(connection.scalars(select(LogRow.op_id)))
    with venue.hub.read() as connection:
        assert set(connection.scalars(select(LogRow.op_id).where(LogRow.name == RecordEntries.name))) <= there
    assert venue.replica.waiting() == 0


def test_a_row_that_a_hub_has_wrong_is_found_by_the_sum_and_is_right_at_its_devices_again(
    house: House, venue: Venue, monkeypatch: pytest.MonkeyPatch
) -> None:
    venue.come_to_rest()
    with venue.hub.write() as connection:
        set_recording(connection, 0)
        connection.exec_driver_sql("UPDATE guests SET name = 'Somebody else'")
        set_recording(connection, 1)
    newcomer = house.device(venue.hub)
    newcomer.exchange()
    CheckIn(venue.door.copy).show_person(venue.dinner.people[0])
    venue.door.exchange()

    def with_its_sum(cookie: int) -> Pulled:
        pulled = venue.way.pull(cookie)
        with venue.central.read() as connection:
            checksum = joined(digest(connection, venue.central.event_id, Role.OWNER))
        return pulled.model_copy(update={"checksum": checksum})

    monkeypatch.setattr(venue.way, "pull_checked", with_its_sum)
    SyncEngine(venue.replica, venue.way).exchange()
    venue.come_to_rest()
    newcomer.exchange()

    assert newcomer.rows() == venue.central.rows()
    assert venue.central.count("entries") == 1
    venue.assert_equal()


def test_a_hub_with_a_wrong_clock_gives_its_devices_the_time_of_the_server_above(venue: Venue) -> None:
    ahead = timedelta(hours=2)
    venue.central.log._clock = lambda: now() + ahead
    venue.come_to_rest()
    for device in (venue.organizer, venue.door):
        assert abs(device.copy.identity.skew_ms - 7_200_000) < 2_000

    # Known still when the hub starts again, with no server above it in reach.
    venue.hub.log.behind = timedelta()
    HubReplica(venue.hub.database, venue.hub.log, venue.hub.event_id)
    CheckIn(venue.door.copy).show_person(venue.dinner.people[0])
    venue.door.exchange()
    with venue.hub.read() as connection:
        entry = connection.execute(select(Entry.happened_at, Entry.server_at)).one()
    assert all(abs(moment - now() - ahead) < timedelta(seconds=10) for moment in entry)
