"""Operations on households, guests and their answers."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from models.codes import code_hmac
from models.ids import new_id
from models.invitations import Attendee, Invitation, Rsvp
from models.operations.edits import FieldEdit
from models.operations.people import (
    AddGuests,
    Answer,
    AttendeeField,
    EditAttendee,
    EditGuest,
    EditInvitation,
    GuestField,
    HideGuests,
    InvitationField,
    JoiningGuest,
    MoveToHousehold,
    SetRsvp,
    ShowGuests,
)
from models.operations.seating import SeatAttendees
from models.people import Guest
from models.tickets import TicketSecret
from tests.helpers.small_event import (
    SmallEvent,
    assert_undone_exactly,
    new_guest,
    new_household,
    refusal_of,
)


def _answer(event: SmallEvent, name: str, new: Rsvp, seen: Rsvp = Rsvp.ACCEPTED) -> Answer:
    return Answer(attendee_id=event.attendees[name], rsvp=FieldEdit(seen=seen, new=new))


def _hidden(event: SmallEvent) -> tuple[set[str], set[str]]:
    with event.copy.read() as connection:
        guests = connection.scalars(select(Guest.name).where(Guest.deleted_at.is_not(None)))
        invitations = connection.scalars(select(Invitation.name).where(Invitation.deleted_at.is_not(None)))
        return set(guests), set(invitations)


def test_households_and_joining_guests_are_added_and_taken_back(event: SmallEvent) -> None:
    joining = JoiningGuest(invitation_id=event.invitations["Quispe"], guest=new_guest(event, "Nina Quispe"))
    household = new_household(event, "Oduya", "Maren Oduya", "Tayo Oduya")
    assert_undone_exactly(event, AddGuests(households=(household,), joining=(joining,)))


def test_a_guest_is_kept_as_given_and_found_by_the_folded_name(event: SmallEvent) -> None:
    guest = new_guest(
        event, "Łukasz Żółć", email="l@example.org", tags=("Press",), meal="fish", ticket_type_id=event.types["VIP"]
    )
    event.copy.run(AddGuests(joining=(JoiningGuest(invitation_id=event.invitations["Quispe"], guest=guest),)))
    with event.copy.read() as connection:
        found = connection.execute(
            select(Guest.folded, Guest.email, Guest.tags, Attendee.meal, Attendee.ticket_type_id, Attendee.rsvp)
            .join(Attendee, Attendee.guest_id == Guest.id)
            .where(Guest.id == guest.guest_id)
        ).one()
    assert found == ("lukasz zolc", "l@example.org", ["Press"], "fish", event.types["VIP"], "accepted")


def test_of_a_households_code_doors_can_only_check_the_hash(event: SmallEvent) -> None:
    household = new_household(event, "Oduya", "Maren Oduya")
    event.copy.run(AddGuests(households=(household,)))
    with event.copy.read() as connection:
        kept = connection.scalar(select(TicketSecret.hmac).where(TicketSecret.invitation_id == household.invitation_id))
    assert kept == code_hmac("5a" * 32, household.code)


def test_nobody_joins_what_is_not_there(event: SmallEvent) -> None:
    guest = new_guest(event, "Nina Quispe")
    assert refusal_of(event, AddGuests(joining=(JoiningGuest(invitation_id=new_id(), guest=guest),))).code == "gone"
    of_no_type = guest.model_copy(update={"ticket_type_id": new_id()})
    joining = JoiningGuest(invitation_id=event.invitations["Quispe"], guest=of_no_type)
    assert refusal_of(event, AddGuests(joining=(joining,))).code == "gone"


def test_an_id_or_a_code_that_is_there_already_is_refused(event: SmallEvent) -> None:
    household = new_household(event, "Oduya", "Maren Oduya")
    event.copy.run(AddGuests(households=(household,)))
    assert refusal_of(event, AddGuests(households=(household,))).code == "constraint"
    same_code = new_household(event, "Other").model_copy(update={"code": household.code})
    assert refusal_of(event, AddGuests(households=(same_code,))).code == "constraint"


def test_hiding_a_household_frees_its_seats_and_undo_gives_them_back(event: SmallEvent) -> None:
    event.seat("Illari Quispe", "1", 1)
    event.seat("Wayra Quispe", "1", 2)
    names = ("Illari Quispe", "Wayra Quispe", "Sami Quispe")
    hide = HideGuests(
        attendee_ids=tuple(event.attendees[name] for name in names), invitation_ids=(event.invitations["Quispe"],)
    )
    assert_undone_exactly(event, hide)
    event.copy.run(hide)
    assert event.seated() == {}
    assert _hidden(event) == (set(names), {"Quispe"})


def test_an_invitation_with_somebody_left_on_it_stays(event: SmallEvent) -> None:
    event.copy.run(
        HideGuests(attendee_ids=(event.attendees["Sami Quispe"],), invitation_ids=(event.invitations["Quispe"],))
    )
    assert _hidden(event) == ({"Sami Quispe"}, set())


def test_who_is_hidden_or_unknown_cannot_be_hidden_edited_or_answered_for(event: SmallEvent) -> None:
    hide = HideGuests(attendee_ids=(event.attendees["Sami Quispe"],))
    event.copy.run(hide)
    diet = GuestField.model_validate({"diet": {"seen": None, "new": "vegan"}})
    meal = AttendeeField.model_validate({"meal": {"seen": None, "new": "fish"}})
    for operation in (
        hide,
        HideGuests(attendee_ids=(new_id(),)),
        HideGuests(attendee_ids=(), invitation_ids=(new_id(),)),
        ShowGuests(attendee_ids=(new_id(),)),
        EditGuest(guest_id=event.guests["Sami Quispe"], fields=diet),
        EditAttendee(attendee_id=event.attendees["Sami Quispe"], fields=meal),
        EditInvitation(invitation_id=new_id(), fields=InvitationField()),
        SetRsvp(answers=(_answer(event, "Sami Quispe", Rsvp.DECLINED),)),
        MoveToHousehold(attendee_ids=(event.attendees["Sami Quispe"],), invitation_id=event.invitations["Lindqvist"]),
    ):
        assert refusal_of(event, operation).code == "gone"


def test_naming_somebody_twice_hides_them_once(event: SmallEvent) -> None:
    before = event.state()
    sami = event.attendees["Sami Quispe"]
    done = event.copy.perform([HideGuests(attendee_ids=(sami, sami))])
    assert _hidden(event)[0] == {"Sami Quispe"}
    event.copy.perform(done.inverse)
    assert event.state() == before


def test_fields_of_a_guest_are_edited_and_set_back(event: SmallEvent) -> None:
    fields = GuestField.model_validate(
        {
            "name": {"seen": "Sami Quispe", "new": "Sámi Quispe-Ñahui"},
            "email": {"seen": None, "new": "sami@example.org"},
            "tags": {"seen": [], "new": ["Family", "Speaker"]},
        }
    )
    edit = EditGuest(guest_id=event.guests["Sami Quispe"], fields=fields)
    assert_undone_exactly(event, edit)
    event.copy.run(edit)
    with event.copy.read() as connection:
        folded = connection.scalar(select(Guest.folded).where(Guest.id == event.guests["Sami Quispe"]))
    assert folded == "sami quispe nahui"


def test_fields_of_an_attendee_and_an_invitation_are_edited_and_set_back(event: SmallEvent) -> None:
    fields = AttendeeField.model_validate(
        {
            "meal": {"seen": None, "new": "fish"},
            "ticket_type_id": {"seen": None, "new": event.types["VIP"]},
            "payment_status": {"seen": "unpaid", "new": "paid"},
        }
    )
    words = InvitationField.model_validate(
        {"name": {"seen": "Quispe", "new": "Quispe & friends"}, "message": {"seen": None, "new": "Do come."}}
    )
    assert_undone_exactly(
        event,
        EditAttendee(attendee_id=event.attendees["Sami Quispe"], fields=fields),
        EditInvitation(invitation_id=event.invitations["Quispe"], fields=words),
    )
    unknown = AttendeeField.model_validate({"ticket_type_id": {"seen": None, "new": new_id()}})
    edit = EditAttendee(attendee_id=event.attendees["Sami Quispe"], fields=unknown)
    assert refusal_of(event, edit).code == "gone"


@pytest.mark.parametrize("answer", [Rsvp.DECLINED, Rsvp.CANCELLED])
def test_who_does_not_come_frees_the_seat_and_undo_gives_it_back(answer: Rsvp, event: SmallEvent) -> None:
    event.seat("Illari Quispe", "1", 1)
    event.seat("Wayra Quispe", "1", 2)
    declined = SetRsvp(answers=(_answer(event, "Illari Quispe", answer), _answer(event, "Wayra Quispe", Rsvp.PENDING)))
    assert_undone_exactly(event, declined)
    event.copy.run(declined)
    assert event.seated() == {"Wayra Quispe": ("1", 2)}


def test_an_answer_over_another_one_is_set_back_to_the_other_one(event: SmallEvent) -> None:
    event.copy.run(SetRsvp(answers=(_answer(event, "Sami Quispe", Rsvp.PENDING),)))
    stale = SetRsvp(answers=(_answer(event, "Sami Quispe", Rsvp.DECLINED, seen=Rsvp.ACCEPTED),))
    assert_undone_exactly(event, stale)


def test_a_seat_that_somebody_else_has_by_now_is_not_taken_back_by_undo(event: SmallEvent) -> None:
    event.seat("Illari Quispe", "1", 1)
    done = event.copy.perform([SetRsvp(answers=(_answer(event, "Illari Quispe", Rsvp.DECLINED),))])
    event.seat("Wayra Quispe", "1", 1)
    answer, seat = done.inverse
    event.copy.run(answer)
    assert isinstance(seat, SeatAttendees)
    assert refusal_of(event, seat).code == "seat_taken"
    assert event.seated() == {"Wayra Quispe": ("1", 1)}


def test_guests_change_their_household_and_go_back(event: SmallEvent) -> None:
    moved = MoveToHousehold(
        attendee_ids=(event.attendees["Sami Quispe"], event.attendees["Åsa Lindqvist"]),
        invitation_id=event.invitations["Marangoz"],
    )
    assert_undone_exactly(event, moved)
    nowhere = MoveToHousehold(attendee_ids=(event.attendees["Sami Quispe"],), invitation_id=new_id())
    assert refusal_of(event, nowhere).code == "gone"
