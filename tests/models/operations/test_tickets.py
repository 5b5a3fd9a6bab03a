"""Operations on tickets and the keys that sign them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from models.codes import code_hmac, new_short_code
from models.ids import new_id
from models.invitations import Attendee
from models.operations.people import AttendeeField, EditAttendee, HideGuests
from models.operations.tickets import (
    AddSigningKey,
    IssueTickets,
    NewTicket,
    RevokeTicket,
    SignTickets,
    WithdrawSigningKey,
)
from models.tickets import SigningKey, Ticket, TicketSecret
from tests.helpers.small_event import STARTS, SmallEvent, new_ticket, refusal_of


def _tickets(event: SmallEvent) -> dict[str, str]:
    """Give the holder of every ticket that is valid, by the ticket."""
    with event.copy.read() as connection:
        found = connection.execute(
            select(Ticket.id, Ticket.attendee_id, Ticket.invitation_id).where(Ticket.revoked_at.is_(None))
        ).all()
    return {ticket: attendee or invitation or "" for ticket, attendee, invitation in found}


def _issued(event: SmallEvent, name: str = "Sami Quispe") -> NewTicket:
    ticket = new_ticket(attendee_id=event.attendees[name])
    event.copy.run(IssueTickets(tickets=(ticket,)))
    return ticket


def test_tickets_are_issued_to_people_and_to_households_with_their_secrets(event: SmallEvent) -> None:
    sami = event.attendees["Sami Quispe"]
    vip = AttendeeField.model_validate({"ticket_type_id": {"seen": None, "new": event.types["VIP"]}})
    event.copy.run(EditAttendee(attendee_id=sami, fields=vip))
    own = new_ticket(attendee_id=sami)
    group = new_ticket(invitation_id=event.invitations["Quispe"], admits=3)
    event.copy.run(IssueTickets(tickets=(own, group)))
    with event.copy.read() as connection:
        found = {
            row.id: row
            for row in connection.execute(
                select(Ticket.id, Ticket.serial, Ticket.admits, Ticket.type_number, Ticket.signed_code)
            )
        }
        secrets = {
            row.ticket_id: row.hmac
            for row in connection.execute(
                select(TicketSecret.ticket_id, TicketSecret.hmac).where(TicketSecret.ticket_id.is_not(None))
            )
        }
    assert tuple(found[own.ticket_id])[1:] == (own.serial, 1, 2, None)
    assert tuple(found[group.ticket_id])[1:] == (group.serial, 3, 0, None)
    assert secrets == {one.ticket_id: code_hmac("5a" * 32, one.short_code) for one in (own, group)}


def test_whoever_holds_a_valid_ticket_keeps_that_one(event: SmallEvent) -> None:
    first = _issued(event)
    sami, wayra = event.attendees["Sami Quispe"], event.attendees["Wayra Quispe"]
    again, new, second = new_ticket(attendee_id=sami), new_ticket(attendee_id=wayra), new_ticket(attendee_id=wayra)
    event.copy.run(IssueTickets(tickets=(again, new, second)))
    assert _tickets(event) == {first.ticket_id: sami, new.ticket_id: wayra}
    event.copy.run(RevokeTicket(ticket_id=first.ticket_id))
    event.copy.run(IssueTickets(tickets=(again,)))
    assert _tickets(event) == {again.ticket_id: sami, new.ticket_id: wayra}


def test_nobody_who_is_not_there_gets_a_ticket(event: SmallEvent) -> None:
    assert refusal_of(event, IssueTickets(tickets=(new_ticket(attendee_id=new_id()),))).code == "gone"
    assert refusal_of(event, IssueTickets(tickets=(new_ticket(invitation_id=new_id()),))).code == "gone"
    event.copy.run(HideGuests(attendee_ids=(event.attendees["Sami Quispe"],)))
    hidden = new_ticket(attendee_id=event.attendees["Sami Quispe"])
    assert refusal_of(event, IssueTickets(tickets=(hidden,))).code == "gone"


def test_a_serial_is_used_once(event: SmallEvent) -> None:
    first = _issued(event)
    same = new_ticket(attendee_id=event.attendees["Wayra Quispe"], serial=first.serial)
    assert refusal_of(event, IssueTickets(tickets=(same,))).code == "constraint"


@pytest.mark.parametrize(
    "values",
    [
        {"attendee_id": new_id(), "invitation_id": new_id()},
        {},
        {"attendee_id": new_id(), "admits": 0},
        {"attendee_id": new_id(), "admits": 256},
        {"attendee_id": new_id(), "serial": "XYZ"},
        {"attendee_id": new_id(), "short_code": new_short_code().lower() + "i"},
    ],
)
def test_a_ticket_has_one_holder_and_fits_its_code(values: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="validation error"):
        new_ticket(**values)


def test_signed_codes_are_filled_in_once(event: SmallEvent) -> None:
    ticket = _issued(event)
    code = "1" + "7" * 193
    event.copy.run(SignTickets(codes={ticket.ticket_id: code, new_id(): code}))
    change = event.copy.run(SignTickets(codes={ticket.ticket_id: "1" + "8" * 193}))
    assert not change
    with event.copy.read() as connection:
        assert connection.scalars(select(Ticket.signed_code)).all() == [code]
    with pytest.raises(ValueError, match="codes"):
        SignTickets(codes={ticket.ticket_id: "2" + "7" * 193})


def test_a_revoked_ticket_points_to_the_one_in_its_place(event: SmallEvent) -> None:
    old = _issued(event)
    new = new_ticket(attendee_id=event.attendees["Sami Quispe"])
    event.copy.run(RevokeTicket(ticket_id=old.ticket_id, replacement=new), at=STARTS)
    assert _tickets(event) == {new.ticket_id: event.attendees["Sami Quispe"]}
    with event.copy.read() as connection:
        found = connection.execute(
            select(Ticket.revoked_at, Ticket.replaced_by).where(Ticket.id == old.ticket_id)
        ).one()
    assert found == (STARTS, new.ticket_id)


def test_a_ticket_is_never_replaced_by_two(event: SmallEvent) -> None:
    old = _issued(event)
    first, second = (new_ticket(attendee_id=event.attendees["Sami Quispe"]) for _ in range(2))
    event.copy.run(RevokeTicket(ticket_id=old.ticket_id, replacement=first), at=STARTS)
    assert refusal_of(event, RevokeTicket(ticket_id=old.ticket_id, replacement=second)).code == "revoked_already"
    before = event.state()
    event.copy.run(RevokeTicket(ticket_id=old.ticket_id), at=STARTS + timedelta(hours=1))
    assert event.state() == before


def test_a_replacement_is_for_the_same_holder(event: SmallEvent) -> None:
    old = _issued(event)
    for other in (event.attendees["Wayra Quispe"], new_id()):
        swapped = RevokeTicket(ticket_id=old.ticket_id, replacement=new_ticket(attendee_id=other))
        assert refusal_of(event, swapped).code == "other_holder"
    assert refusal_of(event, RevokeTicket(ticket_id=new_id())).code == "gone"


def test_a_ticket_stays_when_its_holder_is_taken_off_the_list(event: SmallEvent) -> None:
    ticket = _issued(event)
    event.copy.run(HideGuests(attendee_ids=(event.attendees["Sami Quispe"],)))
    assert ticket.ticket_id in _tickets(event)
    with event.copy.read() as connection:
        assert connection.scalar(select(Attendee.id).where(Attendee.id == ticket.attendee_id)) is not None


def test_keys_are_published_and_withdrawn(event: SmallEvent) -> None:
    key = AddSigningKey(key_id=new_id(), number=7, public_key="cd" * 32)
    event.copy.run(key)
    event.copy.run(WithdrawSigningKey(key_id=key.key_id), at=STARTS)
    with event.copy.read() as connection:
        found = connection.execute(select(SigningKey.number, SigningKey.public_key, SigningKey.withdrawn_at)).one()
    assert found == (7, "cd" * 32, STARTS)
    assert refusal_of(event, WithdrawSigningKey(key_id=new_id())).code == "gone"
