"""Who gets a ticket, and what is printed on it."""

from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from models.attendance import Verdict
from models.check_in import CheckIn
from models.events import Role
from models.ids import new_id
from models.invitations import Attendee, Rsvp
from models.operations.base import BULK
from models.operations.edits import FieldEdit
from models.operations.people import Answer, SetRsvp
from models.operations.tickets import IssueTickets, RevokeTicket
from models.people import Guest
from models.store.local_copy import LocalCopy
from models.ticketing import PrintableTicket, TicketCounts, count_tickets, read_printable_tickets, ticket_operations
from tests.helpers.big_events import big_event_operations
from tests.helpers.signing import sign_all_tickets
from tests.helpers.workspace import gala_copy


@pytest.fixture
def gala(tmp_path: Path) -> Iterator[LocalCopy]:
    copy = gala_copy(tmp_path)
    yield copy
    copy.close()


def issue(copy: LocalCopy) -> list[IssueTickets]:
    with copy.read() as connection:
        operations = ticket_operations(connection, copy.identity.event_id)
    copy.run_all(operations)
    return [one for one in operations if isinstance(one, IssueTickets)]


def counted(copy: LocalCopy) -> TicketCounts:
    with copy.read() as connection:
        return count_tickets(connection, copy.identity.event_id)


def printable(copy: LocalCopy) -> list[PrintableTicket]:
    with copy.read() as connection:
        return read_printable_tickets(connection, copy.identity.event_id)


def attendee_of(copy: LocalCopy, name: str) -> str:
    with copy.read() as connection:
        return connection.scalars(
            select(Attendee.id).join(Guest, Guest.id == Attendee.guest_id).where(Guest.name == name)
        ).one()


def answer(copy: LocalCopy, name: str, rsvp: Rsvp) -> None:
    attendee_id = attendee_of(copy, name)
    with copy.read() as connection:
        seen = Rsvp(connection.scalars(select(Attendee.rsvp).where(Attendee.id == attendee_id)).one())
    copy.run(SetRsvp(answers=(Answer(attendee_id=attendee_id, rsvp=FieldEdit(seen=seen, new=rsvp)),)))


def test_everybody_who_comes_and_every_household_gets_one_ticket(gala: LocalCopy) -> None:
    with gala.read() as connection:
        coming = connection.execute(
            select(Attendee.id, Attendee.invitation_id).where(Attendee.rsvp.in_([Rsvp.ACCEPTED, Rsvp.PENDING]))
        ).all()
    by_household = {
        row.invitation_id: [one for one in coming if one.invitation_id == row.invitation_id] for row in coming
    }
    issued = [ticket for operation in issue(gala) for ticket in operation.tickets]

    assert sorted(t.attendee_id for t in issued if t.attendee_id) == sorted(row.id for row in coming)
    assert {t.invitation_id: t.admits for t in issued if t.invitation_id} == {
        invitation: len(people) for invitation, people in by_household.items() if len(people) > 1
    }
    assert len({t.serial for t in issued}) == len({t.short_code for t in issued}) == len(issued)


def test_making_tickets_again_makes_none(gala: LocalCopy) -> None:
    issue(gala)

    assert issue(gala) == []
    assert counted(gala).missing == 0


def test_a_ticket_waits_until_a_server_has_signed_it(gala: LocalCopy) -> None:
    before = counted(gala)
    issue(gala)
    waiting = counted(gala)
    unsigned = {ticket.signed_code for ticket in printable(gala)}
    sign_all_tickets(gala)

    assert before == TicketCounts(0, 0, waiting.waiting)
    assert unsigned == {None}
    assert counted(gala) == TicketCounts(waiting.waiting, 0, 0)
    assert len({ticket.signed_code for ticket in printable(gala)}) == waiting.waiting


def test_who_declines_has_no_ticket_to_print_and_gets_one_back_with_a_change_of_mind(gala: LocalCopy) -> None:
    issue(gala)
    answer(gala, "Noreen Garrigan", Rsvp.DECLINED)
    names = {ticket.holder for ticket in printable(gala)}
    group = next(ticket for ticket in printable(gala) if ticket.holder == "Garrigan & Ümarik")
    answer(gala, "Noreen Garrigan", Rsvp.ACCEPTED)

    assert "Noreen Garrigan" not in names
    assert [person.name for person in group.people] == ["Tõnu Ümarik"]
    assert "Noreen Garrigan" in {ticket.holder for ticket in printable(gala)}
    assert counted(gala).missing == 0


def test_a_revoked_ticket_is_made_anew(gala: LocalCopy) -> None:
    issue(gala)
    old = next(ticket for ticket in printable(gala) if ticket.holder == "Noreen Garrigan")
    gala.run(RevokeTicket(ticket_id=old.ticket_id))
    missing = counted(gala).missing
    issue(gala)
    new = [ticket for ticket in printable(gala) if ticket.holder == "Noreen Garrigan"]

    assert missing == 1
    assert len(new) == 1
    assert new[0].short_code != old.short_code


def test_a_ticket_says_who_where_and_when_in_the_events_own_zone(gala: LocalCopy) -> None:
    issue(gala)
    sign_all_tickets(gala)
    alone = next(ticket for ticket in printable(gala) if ticket.holder == "Noreen Garrigan")
    group = next(ticket for ticket in printable(gala) if ticket.holder == "Garrigan & Ümarik")

    assert (alone.people[0].table, alone.people[0].seat, alone.ticket_type) == ("11", 9, "standard")
    assert (alone.is_group, alone.admits) == (False, 1)
    assert alone.place == "Old Customs House, Cais da Lanterna 14, Vila do Farol"
    assert alone.starts_at.tzinfo == ZoneInfo("Europe/Lisbon")
    assert alone.starts_at.isoformat() == "2026-12-12T18:30:00+00:00"
    assert (group.is_group, group.admits) == (True, 2)
    assert [person.name for person in group.people] == ["Noreen Garrigan", "Tõnu Ümarik"]


def test_a_households_own_ticket_comes_first_and_its_people_follow(gala: LocalCopy) -> None:
    issue(gala)
    tickets = printable(gala)
    place = next(number for number, ticket in enumerate(tickets) if ticket.holder == "Garrigan & Ümarik")

    assert [ticket.holder for ticket in tickets[place : place + 3]] == [
        "Garrigan & Ümarik",
        "Noreen Garrigan",
        "Tõnu Ümarik",
    ]


def test_a_printed_code_and_its_short_code_are_let_in(gala: LocalCopy) -> None:
    issue(gala)
    sign_all_tickets(gala)
    accepted = [ticket for ticket in printable(gala) if ticket.holder in ("Noreen Garrigan", "Tõnu Ümarik")]
    desk = CheckIn(gala)
    by_code = desk.show_code(accepted[0].signed_code or "").decision
    by_hand = desk.show_code(accepted[1].short_code).decision

    assert (by_code.verdict, by_hand.verdict) == (Verdict.ADMITTED, Verdict.ADMITTED)
    assert [one.name for one in by_code.people + by_hand.people] == ["Noreen Garrigan", "Tõnu Ümarik"]


def test_operations_are_no_larger_than_may_travel(tmp_path: Path) -> None:
    event_id = new_id()
    copy = LocalCopy.create(
        tmp_path / "big.usher", event_id=event_id, device_id=new_id(), role=Role.OWNER, synchronous="OFF"
    )
    copy.run_all([one for one in big_event_operations(event_id, 900, seed=5) if not isinstance(one, IssueTickets)])
    sizes = [len(operation.tickets) for operation in issue(copy)]
    copy.close()

    assert sum(sizes) > 900
    assert max(sizes) <= BULK
