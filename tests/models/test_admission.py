"""Every verdict of the admission function, through real copies and real codes."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from models.admission import (
    DoorRules,
    House,
    Person,
    Shown,
    count_inside,
    decide,
    look_up_code,
    look_up_household,
    look_up_person,
    read_door,
    read_house,
)
from models.attendance import Verdict
from models.check_in import CheckIn
from models.codes import new_serial, new_short_code, new_signing_key, sign_ticket
from models.events import Direction, DoorDirection, EventState, ReEntry
from models.ids import new_id
from models.invitations import PaymentStatus, Rsvp
from models.operations.edits import FieldEdit
from models.operations.events import EditEvent, EventField
from models.operations.people import HideGuests
from models.operations.tickets import NewTicket, RevokeTicket, WithdrawSigningKey
from tests.helpers.door_event import DoorEvent, add_session, door_event

NOW = datetime(2026, 12, 12, 19, 0, tzinfo=UTC)


@pytest.fixture
def event(tmp_path: Path) -> Iterator[DoorEvent]:
    made = door_event(tmp_path)
    yield made
    made.copy.close()


def shown_code(event: DoorEvent, text: str) -> Shown:
    with event.copy.read() as connection:
        return look_up_code(connection, event.event_id, text)


def decision(event: DoorEvent, shown: Shown, door: DoorRules | None = None, direction: Direction = Direction.IN):
    rules = door or DoorRules()
    with event.copy.read() as connection:
        house = read_house(connection, event.event_id, rules)
    return decide(shown, house, rules, NOW, direction)


def person(event: DoorEvent, name: str) -> Shown:
    with event.copy.read() as connection:
        return look_up_person(connection, event.event_id, event.attendees[name])


def test_a_signed_ticket_admits_its_person_with_table_and_seat(event: DoorEvent) -> None:
    ticket = event.ticket_for("Adaeze Okafor")
    decided = decision(event, shown_code(event, ticket.signed_code))
    assert (decided.verdict, decided.passes, decided.serial) == (Verdict.ADMITTED, True, ticket.serial)
    assert decided.person is not None
    assert (decided.person.name, decided.person.table, decided.person.seat) == ("Adaeze Okafor", "8", 3)


@pytest.mark.parametrize(
    "written",
    ["{code}", "{head}-{tail}", " {lower} ", "https://example.org/i/{code}", "https://example.org/i/{code}/"],
)
def test_a_short_code_is_found_however_it_is_written(event: DoorEvent, written: str) -> None:
    code = event.ticket_for("Omar Abu Zaid").short_code
    text = written.format(code=code, head=code[:4], tail=code[4:], lower=code.lower())
    decided = decision(event, shown_code(event, text))
    assert decided.verdict is Verdict.ADMITTED
    assert decided.person is not None
    assert decided.person.name == "Omar Abu Zaid"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "nonsense",
        "x" * 10_000,
        "1" * 194,
        "9" * 194,
        "https://example.org/",
        "https://[broken",
        "7K3M9QXAT*!",
    ],
)
def test_what_is_no_code_of_ours_is_unknown_or_of_another_event(event: DoorEvent, text: str) -> None:
    verdict = decision(event, shown_code(event, text)).verdict
    assert verdict in (Verdict.UNKNOWN_CODE, Verdict.OTHER_EVENT)
    assert (verdict is Verdict.OTHER_EVENT) == (text == "1" * 194)


def test_a_well_formed_short_code_that_nobody_has_is_unknown(event: DoorEvent) -> None:
    assert decision(event, shown_code(event, new_short_code())).verdict is Verdict.UNKNOWN_CODE


def test_another_events_ticket_is_told_apart(event: DoorEvent) -> None:
    private, _ = new_signing_key()
    code = sign_ticket(private, 1, new_id(), serial=new_serial(), admits=1, type_number=0)
    assert decision(event, shown_code(event, code)).verdict is Verdict.OTHER_EVENT


def test_a_code_forged_by_one_bit_is_found_out(event: DoorEvent) -> None:
    code = event.ticket_for("Omar Abu Zaid").signed_code
    number = int(code[1:]) ^ 1
    assert decision(event, shown_code(event, "1" + str(number).zfill(193))).verdict is Verdict.FORGED


def test_a_code_signed_with_somebody_elses_key_is_forged(event: DoorEvent) -> None:
    private, _ = new_signing_key()
    code = sign_ticket(private, 1, event.event_id, serial=new_serial(), admits=1, type_number=0)
    assert decision(event, shown_code(event, code)).verdict is Verdict.FORGED


def test_a_revoked_ticket_says_when_and_that_it_was_replaced(event: DoorEvent) -> None:
    ticket = event.ticket_for("Omar Abu Zaid")
    newer = NewTicket(
        ticket_id=new_id(),
        secret_id=new_id(),
        attendee_id=event.attendees["Omar Abu Zaid"],
        serial=new_serial(),
        short_code=new_short_code(),
    )
    event.copy.run(RevokeTicket(ticket_id=ticket.ticket_id, replacement=newer))
    old = decision(event, shown_code(event, ticket.signed_code))
    assert (old.verdict, old.passes, old.was_replaced) == (Verdict.REVOKED, False, True)
    assert old.revoked_at is not None
    assert decision(event, shown_code(event, event.sign(newer.serial))).verdict is Verdict.ADMITTED


def test_every_ticket_of_a_withdrawn_key_is_revoked(event: DoorEvent) -> None:
    ticket = event.ticket_for("Omar Abu Zaid")
    event.copy.run(WithdrawSigningKey(key_id=event.key_id))
    assert decision(event, shown_code(event, ticket.signed_code)).verdict is Verdict.REVOKED


def test_a_ticket_sold_after_the_last_pull_is_admitted_for_its_number(event: DoorEvent) -> None:
    decided = decision(event, shown_code(event, event.sign(new_serial(), admits=3)))
    assert (decided.verdict, decided.passes, decided.admits) == (Verdict.NOT_ON_LIST_YET, True, 3)


def test_a_ticket_not_on_the_list_yet_is_admitted_once(event: DoorEvent) -> None:
    code = event.sign(new_serial(), admits=2)
    CheckIn(event.copy).show_code(code)
    again = decision(event, shown_code(event, code))
    assert (again.verdict, again.passes) == (Verdict.ALREADY_INSIDE, False)
    assert again.since is not None


def test_a_ticket_not_on_the_list_yet_may_leave_and_return(event: DoorEvent) -> None:
    code = event.sign(new_serial())
    check_in = CheckIn(event.copy)
    check_in.show_code(code)
    out = check_in.show_code(code, Direction.OUT)
    assert out.decision.passes
    assert decision(event, shown_code(event, code)).passes


def test_a_hidden_guests_ticket_is_cancelled(event: DoorEvent) -> None:
    ticket = event.ticket_for("Omar Abu Zaid")
    event.copy.run(HideGuests(attendee_ids=(event.attendees["Omar Abu Zaid"],)))
    assert decision(event, shown_code(event, ticket.signed_code)).verdict is Verdict.CANCELLED


@pytest.mark.parametrize(("rsvp", "verdict"), [(Rsvp.DECLINED, Verdict.DECLINED), (Rsvp.CANCELLED, Verdict.CANCELLED)])
def test_who_does_not_come_is_stopped(event: DoorEvent, rsvp: Rsvp, verdict: Verdict) -> None:
    event.add_household("Lang", "Anna Lang", rsvp=rsvp)
    decided = decision(event, person(event, "Anna Lang"))
    assert (decided.verdict, decided.passes) == (verdict, False)


def test_a_pending_answer_is_admitted_and_marked(event: DoorEvent) -> None:
    event.add_household("Lang", "Anna Lang", rsvp=Rsvp.PENDING)
    decided = decision(event, person(event, "Anna Lang"))
    assert (decided.verdict, decided.passes, decided.pending_rsvp) == (Verdict.ADMITTED, True, True)


@pytest.mark.parametrize("status", [PaymentStatus.UNPAID, PaymentStatus.REFUNDED])
def test_a_paid_event_stops_who_has_not_paid(tmp_path: Path, status: PaymentStatus) -> None:
    event = door_event(tmp_path, is_paid=True)
    event.add_household("Lang", "Anna Lang", payment_status=status)
    assert decision(event, person(event, "Anna Lang")).verdict is Verdict.UNPAID
    assert decision(event, person(event, "Omar Abu Zaid")).verdict is Verdict.ADMITTED
    event.copy.close()


def test_a_cancelled_event_admits_nobody(event: DoorEvent) -> None:
    edit = FieldEdit[EventState](seen=EventState.DRAFT, new=EventState.CANCELLED)
    event.copy.run(EditEvent(event_id=event.event_id, fields=EventField(state=edit)))
    assert decision(event, person(event, "Omar Abu Zaid")).verdict is Verdict.CANCELLED


def test_a_door_for_other_ticket_types_is_the_wrong_door(event: DoorEvent) -> None:
    door = DoorRules(ticket_types=(event.types["VIP"],))
    assert decision(event, person(event, "Omar Abu Zaid"), door).verdict is Verdict.WRONG_DOOR
    assert decision(event, person(event, "Adaeze Okafor"), door).verdict is Verdict.ADMITTED


def test_a_door_that_leads_out_lets_nobody_in_but_everybody_out(event: DoorEvent) -> None:
    door = DoorRules(direction=DoorDirection.OUT)
    assert decision(event, person(event, "Omar Abu Zaid"), door).verdict is Verdict.WRONG_DOOR
    assert decision(event, person(event, "Omar Abu Zaid"), door, Direction.OUT).passes
    unlisted = shown_code(event, event.sign(new_serial()))
    assert decision(event, unlisted, door).verdict is Verdict.WRONG_DOOR
    assert decision(event, unlisted, door, Direction.OUT).passes


def test_a_door_that_leads_in_lets_nobody_out(event: DoorEvent) -> None:
    door = DoorRules(direction=DoorDirection.IN)
    decided = decision(event, person(event, "Omar Abu Zaid"), door, Direction.OUT)
    assert (decided.verdict, decided.passes) == (Verdict.WRONG_DOOR, False)


def test_a_sessions_door_stops_tickets_for_another_session(event: DoorEvent) -> None:
    dinner, talk = add_session(event, "Dinner"), add_session(event, "Talk")
    shown = person(event, "Omar Abu Zaid")
    bound = replace(shown, people=(replace(shown.people[0], sessions=(talk,)),))
    assert decision(event, bound, DoorRules(session_id=dinner)).verdict is Verdict.WRONG_SESSION
    assert decision(event, bound, DoorRules(session_id=talk)).verdict is Verdict.ADMITTED
    assert decision(event, shown, DoorRules(session_id=dinner)).verdict is Verdict.ADMITTED


@pytest.mark.parametrize(
    ("opens", "closes", "verdict"),
    [
        (1, None, Verdict.TOO_EARLY),
        (0, None, Verdict.ADMITTED),
        (None, 0, Verdict.TOO_LATE),
        (None, 1, Verdict.ADMITTED),
    ],
)
def test_a_door_keeps_its_times(event: DoorEvent, opens: int | None, closes: int | None, verdict: Verdict) -> None:
    door = DoorRules(
        opens_at=None if opens is None else NOW + timedelta(minutes=opens),
        closes_at=None if closes is None else NOW + timedelta(minutes=closes),
    )
    assert decision(event, person(event, "Omar Abu Zaid"), door).verdict is verdict


def test_people_may_leave_after_a_door_has_closed(event: DoorEvent) -> None:
    door = DoorRules(closes_at=NOW - timedelta(hours=1))
    assert decision(event, person(event, "Omar Abu Zaid"), door, Direction.OUT).passes


def test_who_is_inside_is_shown_with_when_where_and_by_whom(event: DoorEvent) -> None:
    CheckIn(event.copy, staff_name="Sam").show_person(event.attendees["Omar Abu Zaid"])
    decided = decision(event, person(event, "Omar Abu Zaid"))
    assert (decided.verdict, decided.passes) == (Verdict.ALREADY_INSIDE, False)
    assert decided.since is not None
    assert (decided.since.door_name, decided.since.staff_name) == ("North door", "Sam")


@pytest.mark.parametrize(
    ("rule", "exits", "passes"),
    [
        (ReEntry.YES, 3, True),
        (ReEntry.ONCE, 1, True),
        (ReEntry.ONCE, 2, False),
        (ReEntry.NO, 1, False),
    ],
)
def test_who_left_returns_as_often_as_the_door_allows(
    event: DoorEvent, rule: ReEntry, exits: int, passes: bool
) -> None:
    check_in, omar = CheckIn(event.copy), event.attendees["Omar Abu Zaid"]
    for _ in range(exits):
        check_in.show_person(omar)
        check_in.show_person(omar, Direction.OUT)
    decided = decision(event, person(event, "Omar Abu Zaid"), DoorRules(re_entry=rule))
    assert (decided.verdict, decided.passes) == (Verdict.LEFT_EARLIER, passes)


def test_a_full_zone_stops_newcomers_and_those_who_return(event: DoorEvent) -> None:
    check_in = CheckIn(event.copy)
    check_in.show_person(event.attendees["Omar Abu Zaid"])
    full = DoorRules(zone_capacity=1)
    assert decision(event, person(event, "Heike Brandt"), full).verdict is Verdict.CAPACITY
    assert decision(event, person(event, "Heike Brandt"), DoorRules(zone_capacity=2)).passes
    check_in.show_person(event.attendees["Heike Brandt"])
    check_in.show_person(event.attendees["Heike Brandt"], Direction.OUT)
    assert decision(event, person(event, "Heike Brandt"), full).verdict is Verdict.CAPACITY


def test_a_groups_code_lists_who_can_still_come_in(event: DoorEvent) -> None:
    ticket = event.group_ticket("Okafor", 4)
    CheckIn(event.copy).show_person(event.attendees["Chidi Okafor"])
    decided = decision(event, shown_code(event, ticket.signed_code))
    assert (decided.verdict, decided.passes) == (Verdict.GROUP, False)
    assert [one.name for one in decided.people] == ["Adaeze Okafor", "Chidi Okafor", "Ike Okafor", "Ngozi Okafor"]
    assert set(decided.open_ids) == {event.attendees[f"{name} Okafor"] for name in ("Adaeze", "Ike", "Ngozi")}


def test_an_invitations_own_code_stands_for_its_group(event: DoorEvent) -> None:
    decided = decision(event, shown_code(event, event.codes["Brandt"]))
    assert (decided.verdict, len(decided.people)) == (Verdict.GROUP, 2)


def test_a_group_of_one_is_decided_as_that_person(event: DoorEvent) -> None:
    assert decision(event, shown_code(event, event.codes["Abu Zaid"])).verdict is Verdict.ADMITTED


def test_a_group_that_is_inside_says_so(event: DoorEvent) -> None:
    check_in = CheckIn(event.copy)
    check_in.admit_chosen([event.attendees["Jürgen Brandt"], event.attendees["Heike Brandt"]])
    decided = decision(event, shown_code(event, event.codes["Brandt"]))
    assert (decided.verdict, decided.passes) == (Verdict.ALREADY_INSIDE, False)
    assert decided.since is not None


def test_a_group_without_anybody_left_is_cancelled(event: DoorEvent) -> None:
    event.copy.run(HideGuests(attendee_ids=(event.attendees["Heike Brandt"], event.attendees["Jürgen Brandt"])))
    assert decision(event, shown_code(event, event.codes["Brandt"])).verdict is Verdict.CANCELLED


def test_of_a_group_going_out_those_inside_are_offered(event: DoorEvent) -> None:
    CheckIn(event.copy).show_person(event.attendees["Heike Brandt"])
    decided = decision(event, shown_code(event, event.codes["Brandt"]), direction=Direction.OUT)
    assert decided.open_ids == (event.attendees["Heike Brandt"],)


def test_somebody_who_is_not_there_is_unknown(event: DoorEvent) -> None:
    with event.copy.read() as connection:
        assert look_up_person(connection, event.event_id, new_id()).problem is Verdict.UNKNOWN_CODE


def test_a_household_is_read_by_name(event: DoorEvent) -> None:
    with event.copy.read() as connection:
        people = look_up_household(connection, event.event_id, event.invitations["Brandt"])
    assert [one.name for one in people] == ["Heike Brandt", "Jürgen Brandt"]


def test_a_door_that_is_not_there_lets_everybody_through(event: DoorEvent) -> None:
    with event.copy.read() as connection:
        assert read_door(connection, new_id()) == DoorRules()
        assert read_door(connection, event.doors["North door"]).name == "North door"


def test_people_inside_are_counted_once_each_with_those_on_unknown_tickets(event: DoorEvent) -> None:
    check_in = CheckIn(event.copy)
    check_in.admit_chosen([event.attendees["Jürgen Brandt"], event.attendees["Heike Brandt"]])
    check_in.show_code(event.sign(new_serial(), admits=3))
    check_in.show_person(event.attendees["Heike Brandt"], Direction.OUT)
    with event.copy.read() as connection:
        assert count_inside(connection, event.event_id) == 4


def test_an_undone_entry_without_a_name_does_not_count(event: DoorEvent) -> None:
    check_in = CheckIn(event.copy)
    stopped = check_in.show_code("nonsense")
    forced = check_in.override(stopped.decision, "The host’s driver")
    with event.copy.read() as connection:
        assert count_inside(connection, event.event_id) == 1
    check_in.undo(forced.entry_ids)
    with event.copy.read() as connection:
        assert count_inside(connection, event.event_id) == 0


def test_the_copy_of_another_salt_knows_no_codes_of_this_event(event: DoorEvent, tmp_path: Path) -> None:
    other = door_event(tmp_path / "other")
    assert (
        decision(other, shown_code(other, event.ticket_for("Omar Abu Zaid").short_code)).verdict is Verdict.UNKNOWN_CODE
    )
    other.copy.close()


def test_the_first_thing_in_the_way_is_the_verdict(event: DoorEvent) -> None:
    event.add_household("Lang", "Anna Lang", rsvp=Rsvp.DECLINED)
    closed = DoorRules(closes_at=NOW - timedelta(hours=1), ticket_types=(event.types["VIP"],))
    assert decision(event, person(event, "Anna Lang"), closed).verdict is Verdict.DECLINED
    assert decision(event, person(event, "Omar Abu Zaid"), closed).verdict is Verdict.WRONG_DOOR


def test_all_verdicts_that_pass_without_an_override_are_said_to_let_in() -> None:
    assert {one for one in Verdict if one.lets_in} == {
        Verdict.ADMITTED,
        Verdict.LEFT_EARLIER,
        Verdict.NOT_ON_LIST_YET,
    }


def test_the_same_input_gives_the_same_decision() -> None:
    someone = Person(
        "a", "Omar", "i", Rsvp.ACCEPTED, PaymentStatus.PAID, None, "", (), None, None, None, None, None, None, ()
    )
    house = House("e", EventState.PUBLISHED, False)
    shown = Shown(people=(someone,))
    assert decide(shown, house, DoorRules(), NOW, Direction.IN) == decide(shown, house, DoorRules(), NOW, Direction.IN)
    assert someone.last_passage is None
