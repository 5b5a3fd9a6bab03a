"""A device whose rights were taken away: what it still hands in, who decides about it, and what it is told."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from sqlalchemy import Connection, select
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from models.check_in import CheckIn
from models.errors import SyncError, UsherError
from models.events import Role
from models.ids import new_id
from models.operations.base import Operation
from models.operations.erasing import EraseGuest
from models.operations.events import RegisterDevice, RevokeDevice
from models.operations.quarantine import Judgement, JudgeQuarantined
from models.store.exchange import OutcomeKind
from models.store.local_copy import LocalCopy
from models.store.log_tables import LogRow
from models.store.rows import Context
from sync.client.loop import Reach, SyncLoop, SyncState
from sync.protocol import REVOKED, PairingCodeRequest
from sync.server.caller import Caller
from sync.server.open_log import OpenLog, Settled
from sync.server.quarantine import DEVICE_REVOKED, read_quarantine
from tests.helpers.devices import Venue, wait_until
from tests.helpers.events import an_entry
from tests.helpers.small_network import Dinner, House, Server, begin_dinner


class Evening:
    """A server, an organizer, and a second organizer whose laptop is lost with work on it."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.server = house.server()
        self.owner = house.device(self.server)
        self.dinner: Dinner = begin_dinner(self.owner)
        self.owner.exchange()
        self.lost = house.device(self.server, Role.ORGANIZER)
        self.lost.exchange()

    def do_work_there(self) -> list[str]:
        """Seat one guest and let another in on the lost laptop; give the two op ids."""
        self.lost.seat(self.dinner.people[0], self.dinner.seats[0])
        CheckIn(self.lost.copy).show_person(self.dinner.people[1])
        return [one.op_id for one in self.lost.copy.pending()]

    def revoke(self) -> None:
        self.owner.exchange()
        self.owner.copy.run(RevokeDevice(device_id=self.lost.caller.device_id))
        self.owner.exchange()

    def judge(self, op_id: str, verdict: Judgement) -> None:
        self.owner.copy.run(JudgeQuarantined(op_id=op_id, verdict=verdict))
        self.owner.exchange()

    def hand_in(self) -> None:
        with self.server.write() as connection:
            self.server.log.push(connection, self.lost.caller, self.lost.copy.pending())


@pytest.fixture
def evening(house: House) -> Evening:
    return Evening(house)


def logged(server: Server, op_id: str) -> tuple[str, str | None]:
    with server.read() as connection:
        row = connection.execute(select(LogRow.outcome, LogRow.reason_code).where(LogRow.op_id == op_id)).one()
    return row.outcome, row.reason_code


def test_what_a_revoked_device_hands_in_is_kept_and_changes_nothing(evening: Evening) -> None:
    op_ids = evening.do_work_there()
    evening.revoke()
    before = evening.server.rows()

    evening.hand_in()

    assert len(op_ids) == 2
    assert [logged(evening.server, one) for one in op_ids] == [(OutcomeKind.QUARANTINED, DEVICE_REVOKED)] * 2
    assert evening.server.rows() == before
    evening.house.check_replay(evening.server)


def test_handing_in_twice_puts_it_into_quarantine_once(evening: Evening) -> None:
    evening.do_work_there()
    evening.revoke()
    evening.hand_in()
    length = evening.server.count("event_log")
    evening.hand_in()
    assert evening.server.count("event_log") == length


def test_work_from_before_the_revoking_that_was_handed_in_stays(evening: Evening) -> None:
    op_ids = evening.do_work_there()
    evening.lost.exchange()
    evening.revoke()
    assert [logged(evening.server, one)[0] for one in op_ids] == [OutcomeKind.APPLIED] * 2


def test_an_organizer_takes_the_rights_of_other_organizers_but_not_of_the_owner(evening: Evening) -> None:
    other = evening.house.device(evening.server, Role.ORGANIZER)
    for device in (evening.lost, other):
        device.exchange()
    for device_id in (evening.owner.caller.device_id, other.caller.device_id):
        evening.lost.copy.run(RevokeDevice(device_id=device_id))
    op_ids = [one.op_id for one in evening.lost.copy.pending()]

    evening.lost.exchange()
    evening.owner.exchange()

    assert [logged(evening.server, one) for one in op_ids] == [
        (OutcomeKind.REFUSED, "not_allowed"),
        (OutcomeKind.APPLIED, None),
    ]
    evening.house.check_replay(evening.server)


def test_what_a_revoked_device_had_handed_in_comes_again_where_a_backup_lacks_it(
    evening: Evening, tmp_path: Path
) -> None:
    evening.server.back_up(tmp_path / "backup.sqlite")
    op_ids = evening.do_work_there()
    evening.lost.exchange()
    evening.server.put_back(tmp_path / "backup.sqlite")
    evening.revoke()

    with pytest.raises(SyncError):
        evening.lost.exchange()

    assert [logged(evening.server, one)[0] for one in op_ids] == [OutcomeKind.QUARANTINED] * 2
    assert evening.lost.copy.waiting().pending == 0


def test_nobody_accepts_in_advance_what_comes_once_their_rights_are_gone(evening: Evening) -> None:
    [seating, entry] = evening.do_work_there()
    for op_id in (seating, entry):
        # First what waits is kept aside, so that the decisions come before it.
        evening.lost.copy.run(JudgeQuarantined(op_id=op_id, verdict=Judgement.ACCEPT))
    *work, first, second = evening.lost.copy.pending()
    decisions = [one.model_copy(update={"epoch": 9, "number": place}) for place, one in enumerate((first, second), 1)]
    with evening.server.write() as connection:
        evening.server.log.push(connection, evening.lost.caller, decisions)
    assert [logged(evening.server, one.op_id)[0] for one in decisions] == [OutcomeKind.APPLIED] * 2
    evening.revoke()
    with evening.server.write() as connection:
        evening.server.log.push(connection, evening.lost.caller, work)

    assert [logged(evening.server, one) for one in (seating, entry)] == [(OutcomeKind.QUARANTINED, DEVICE_REVOKED)] * 2
    evening.judge(entry, Judgement.ACCEPT)
    assert logged(evening.server, entry)[0] == OutcomeKind.APPLIED


def test_two_copies_of_a_revoked_device_lose_nothing_to_each_other_at_a_server_that_was_put_back(
    evening: Evening, tmp_path: Path
) -> None:
    people, lost = evening.dinner.people, evening.lost
    CheckIn(lost.copy).show_person(people[0])
    lost.exchange()
    evening.server.back_up(tmp_path / "backup.sqlite")
    lost.copy.database.close()
    shutil.copyfile(str(lost.copy.database.url.database), tmp_path / "copied.usher")
    for person in people[1:]:
        CheckIn(lost.copy).show_person(person)
    made = [one.op_id for one in lost.copy.pending()]
    lost.exchange()
    evening.server.put_back(tmp_path / "backup.sqlite")
    evening.revoke()

    # What the copied file hands in takes the first of the numbers that the backup has forgotten.
    copied = evening.house.reached(LocalCopy(tmp_path / "copied.usher"), lost.caller, evening.server)
    CheckIn(copied.copy).show_person(people[1])
    made += [one.op_id for one in copied.copy.pending()]
    for device in (copied, lost, copied, lost):
        with pytest.raises(SyncError):
            device.exchange()

    assert [logged(evening.server, one)[0] for one in made] == [OutcomeKind.QUARANTINED] * 3
    assert lost.copy.waiting().pending == copied.copy.waiting().pending == 0
    numbers = evening.server.count("numbers_seen")
    with pytest.raises(SyncError):
        lost.exchange()
    assert evening.server.count("numbers_seen") == numbers


def test_what_an_organizer_accepts_is_applied_then_for_everybody(evening: Evening) -> None:
    seating, entry = evening.do_work_there()
    evening.revoke()
    evening.hand_in()

    evening.judge(seating, Judgement.ACCEPT)
    assert evening.owner.seat_of(evening.dinner.people[0]) == evening.dinner.seats[0]
    assert evening.server.count("entries") == 0
    evening.judge(entry, Judgement.ACCEPT)

    assert evening.server.count("entries") == 1
    assert [logged(evening.server, one) for one in (seating, entry)] == [(OutcomeKind.APPLIED, None)] * 2
    assert evening.owner.rows() == evening.server.rows()
    evening.house.check_replay(evening.server)


def test_what_no_longer_fits_when_it_is_accepted_is_refused_with_its_reason(evening: Evening) -> None:
    seating, _entry = evening.do_work_there()
    evening.revoke()
    evening.hand_in()
    evening.owner.seat(evening.dinner.people[2], evening.dinner.seats[0])
    evening.owner.exchange()

    evening.judge(seating, Judgement.ACCEPT)

    assert logged(evening.server, seating) == (OutcomeKind.REFUSED, "seat_taken")
    assert evening.owner.rows() == evening.server.rows()
    evening.house.check_replay(evening.server)


def test_discarding_only_marks_and_can_be_taken_back(evening: Evening) -> None:
    seating, _entry = evening.do_work_there()
    evening.revoke()
    evening.hand_in()
    before = evening.server.rows()

    evening.judge(seating, Judgement.DISCARD)
    assert logged(evening.server, seating) == (OutcomeKind.DISCARDED, DEVICE_REVOKED)
    assert evening.server.rows() == before
    evening.house.check_replay(evening.server)

    evening.judge(seating, Judgement.ACCEPT)
    evening.judge(seating, Judgement.DISCARD)
    assert logged(evening.server, seating) == (OutcomeKind.APPLIED, None)
    evening.house.check_replay(evening.server)


def test_a_door_decides_nothing_and_neither_does_the_revoked_device(evening: Evening) -> None:
    seating, _entry = evening.do_work_there()
    evening.lost.copy.run(JudgeQuarantined(op_id=seating, verdict=Judgement.ACCEPT))
    evening.revoke()
    evening.hand_in()
    door = evening.house.device(evening.server, Role.DOOR)
    door.exchange()
    door.copy.run(JudgeQuarantined(op_id=seating, verdict=Judgement.ACCEPT))
    door.exchange()
    assert logged(evening.server, seating)[0] == OutcomeKind.QUARANTINED
    evening.house.check_replay(evening.server)


def test_organizers_see_who_did_what_when_and_doors_do_not(evening: Evening) -> None:
    seating, entry = evening.do_work_there()
    evening.revoke()
    evening.hand_in()
    with evening.server.read() as connection:
        shown = read_quarantine(connection, evening.owner.caller).changes
        with pytest.raises(UsherError, match="Only an organizer") as refused:
            read_quarantine(connection, Caller(evening.house.event_id, new_id(), new_id(), Role.DOOR))
    assert [one.op_id for one in shown] == [seating, entry]
    assert shown[0].device_name == "device"
    assert "Seat change · Ines Duarte" in shown[0].sentence
    assert refused.value.code == "not_allowed"


def test_a_hub_keeps_the_quarantine_and_the_central_server_decides(house: House) -> None:
    hub, replica = house.hub()
    central = house.server("central", opened=False)
    owner = house.device(hub)
    dinner = begin_dinner(owner)
    owner.exchange()
    up, _way = house.published(hub, replica, central)
    lost = house.device(hub, Role.ORGANIZER)
    lost.exchange()
    lost.seat(dinner.people[0], dinner.seats[0])
    [seating] = [one.op_id for one in lost.copy.pending()]
    owner.exchange()
    owner.copy.run(RevokeDevice(device_id=lost.caller.device_id))
    owner.exchange()
    with hub.write() as connection:
        hub.log.push(connection, lost.caller, lost.copy.pending())
    up.exchange()
    assert logged(hub, seating)[0] == logged(central, seating)[0] == OutcomeKind.QUARANTINED

    owner.copy.run(JudgeQuarantined(op_id=seating, verdict=Judgement.ACCEPT))
    owner.exchange()
    assert logged(hub, seating)[0] == OutcomeKind.QUARANTINED
    up.exchange()
    up.exchange()
    owner.exchange()

    assert logged(hub, seating)[0] == logged(central, seating)[0] == OutcomeKind.APPLIED
    assert owner.seat_of(dinner.people[0]) == dinner.seats[0]
    assert owner.rows() == hub.rows() == central.rows()


def test_a_hub_that_decided_alone_is_published_with_its_decision(house: House) -> None:
    hub, replica = house.hub()
    central = house.server("central", opened=False)
    owner = house.device(hub)
    dinner = begin_dinner(owner)
    owner.exchange()
    lost = house.device(hub, Role.ORGANIZER)
    lost.exchange()
    for person, seat in zip(dinner.people, dinner.seats, strict=False):
        lost.seat(person, seat)
    op_ids = [one.op_id for one in lost.copy.pending()]
    owner.exchange()
    owner.copy.run(RevokeDevice(device_id=lost.caller.device_id))
    owner.exchange()
    with hub.write() as connection:
        hub.log.push(connection, lost.caller, lost.copy.pending())
    owner.copy.run(JudgeQuarantined(op_id=op_ids[0], verdict=Judgement.ACCEPT))
    owner.copy.run(JudgeQuarantined(op_id=op_ids[1], verdict=Judgement.DISCARD))
    owner.exchange()
    up, _way = house.published(hub, replica, central)
    for _ in range(4):
        up.exchange()
    owner.exchange()

    expected = [OutcomeKind.APPLIED, OutcomeKind.DISCARDED, OutcomeKind.QUARANTINED]
    assert [logged(central, one)[0] for one in op_ids] == expected
    assert [logged(hub, one)[0] for one in op_ids] == expected
    assert owner.rows() == hub.rows() == central.rows()


# -- over HTTP --------------------------------------------------------------------------------------


def _hear_everything(wire: ClientConnection) -> None:
    while True:
        wire.recv(timeout=10)


def _revoke(venue: Venue, device_id: str) -> None:
    revoking: Operation = RevokeDevice(device_id=device_id)
    venue.organizer.exchange()
    venue.organizer.copy.run(revoking)
    venue.organizer.exchange()


def test_a_revoked_device_hands_in_its_queue_gets_a_receipt_and_nothing_else(own_venue: Venue) -> None:
    door = own_venue.pair("Lost tablet", door="North door")
    door.copy.run(an_entry(own_venue.made.attendees["Maja Lindqvist"], door.copy.identity.device_id))
    _revoke(own_venue, door.copy.identity.device_id)

    with pytest.raises(SyncError) as raised:
        door.exchange()

    assert raised.value.code == REVOKED
    assert "rights were taken away" in raised.value.message
    assert door.copy.waiting().pending == 0
    for ask in (lambda: door.api.pull(0), lambda: door.api.new_pairing_code(PairingCodeRequest(role=Role.DOOR))):
        with pytest.raises(SyncError) as raised:
            ask()
        assert (raised.value.code, raised.value.details["status"]) == (REVOKED, 401)
    with pytest.raises(SyncError, match="taken away"), door.api.snapshot():
        pass
    assert own_venue.digest(Role.DOOR)["entries"].count == 0

    [shown] = own_venue.organizer.api.quarantine().changes
    assert (shown.device_name, shown.name) == ("Lost tablet", "record_entries.v1")
    own_venue.organizer.copy.run(JudgeQuarantined(op_id=shown.op_id, verdict=Judgement.ACCEPT))
    own_venue.organizer.exchange()
    assert own_venue.digest(Role.DOOR)["entries"].count == 1
    assert own_venue.organizer.api.quarantine().changes == []


def test_an_erasure_that_is_accepted_leaves_nothing_of_the_guest_on_the_server(own_venue: Venue) -> None:
    name = "Samira Benali"
    other = own_venue.pair("Lost laptop", Role.ORGANIZER)
    file = Path(str(own_venue.service.database.url.database))

    def held() -> bool:
        return any(name.encode() in one.read_bytes() for one in file.parent.glob(f"{file.name}*"))

    other.copy.run(EraseGuest(guest_id=own_venue.made.guests[name]))
    _revoke(own_venue, other.copy.identity.device_id)
    with pytest.raises(SyncError):
        other.exchange()
    assert held()

    [shown] = own_venue.organizer.api.quarantine().changes
    own_venue.organizer.copy.run(JudgeQuarantined(op_id=shown.op_id, verdict=Judgement.ACCEPT))
    own_venue.organizer.exchange()

    assert not held()
    with own_venue.organizer.api.snapshot() as snapshot:
        assert name.encode() not in b"".join(snapshot.lines())


def test_a_door_is_not_shown_the_quarantine(venue: Venue) -> None:
    with pytest.raises(SyncError) as raised:
        venue.pair().api.quarantine()
    assert raised.value.code == "not_allowed"


def test_the_live_socket_of_a_revoked_device_is_closed_and_the_others_stay(own_venue: Venue) -> None:
    door, other = own_venue.pair(), own_venue.pair()
    address = own_venue.url.replace("http", "ws", 1) + "/sync/v1/live"
    own, theirs = (
        connect(address, additional_headers={"Authorization": f"Bearer {one.token}"}, proxy=None)
        for one in (door, other)
    )
    with own, theirs:
        _revoke(own_venue, door.copy.identity.device_id)
        with pytest.raises(ConnectionClosed) as closed:
            _hear_everything(own)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 4401
        own_venue.service.poke(own_venue.made.event_id, 99)
        while "99" not in str(theirs.recv(timeout=10)):
            pass


def test_the_loop_of_a_revoked_device_says_so_and_the_door_goes_on(own_venue: Venue) -> None:
    door = own_venue.pair(door="North door")
    _revoke(own_venue, door.copy.identity.device_id)
    states: list[SyncState] = []
    loop = SyncLoop(door.copy, own_venue.url, door.token, on_change=lambda _: None, on_state=states.append, every=0.2)
    loop.start()
    try:
        wait_until(lambda: bool(states))
        door.copy.run(an_entry(own_venue.made.attendees["Otto Lindqvist"], door.copy.identity.device_id))
        loop.wake()
        wait_until(lambda: door.copy.waiting().pending == 0)
    finally:
        loop.stop()
    assert states[-1].reach is Reach.PROBLEM
    assert states[-1].sentence == (
        "This device's rights were taken away. What it did is handed in; an organizer decides about it."
    )
    with door.copy.read() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM entries").scalar_one() == 1


def test_a_revoked_device_hands_everything_in_again_where_its_server_was_lost(house: House, evening: Evening) -> None:
    made = evening.do_work_there()
    evening.revoke()
    with pytest.raises(SyncError):
        evening.lost.exchange()
    assert evening.lost.copy.pending() == []
    other = house.server("other")
    for device in (evening.owner, evening.lost):
        who = device.caller
        paired = RegisterDevice(device_id=who.device_id, device_name="laptop", role=who.role, install_id=who.install_id)
        with other.write() as connection:
            other.log.run_own(connection, house.event_id, [paired])
        device.copy.follow("sim://other")
    house.reached(evening.owner.copy, evening.owner.caller, other).exchange()

    with pytest.raises(SyncError):
        house.reached(evening.lost.copy, evening.lost.caller, other).exchange()

    assert [logged(other, op_id) for op_id in made] == [("quarantined", DEVICE_REVOKED)] * 2
    assert evening.lost.copy.pending() == []


def test_an_accepted_change_that_the_server_stumbles_over_is_tried_again(
    house: House, evening: Evening, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = evening.do_work_there()[1]
    evening.revoke()
    evening.hand_in()
    settle = evening.server.log.settle

    def stumble(connection: Connection, log: OpenLog, operation: Operation, context: Context) -> Settled | None:
        return None if context.op_id == entry else settle(connection, log, operation, context)

    with monkeypatch.context() as patch:
        patch.setattr(evening.server.log, "settle", stumble)
        evening.judge(entry, Judgement.ACCEPT)
    assert logged(evening.server, entry) == ("waiting", "server_fault")

    with evening.server.write() as connection:
        evening.server.log.settle_waiting(connection, house.event_id)
    assert logged(evening.server, entry) == ("applied", None)
    assert evening.server.count("entries") == 1
