"""Turns what a person typed or chose in the guest table into operations, or says why it cannot be done."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication

from models.codes import new_short_code
from models.errors import BadInput
from models.guest_lists.answers import read_tags
from models.guest_lists.cleaning import clean
from models.guest_lists.contacts import read_emails, read_phones
from models.guest_table import GuestLine
from models.ids import new_id
from models.invitations import Rsvp
from models.operations.base import BULK, Operation
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
    NewGuest,
    NewHousehold,
    SetRsvp,
)
from ui.guests.arrangement import Column

_LONGEST = {Column.NAME: 200, Column.COMPANY: 300, Column.DIET: 200, Column.MEAL: 80}
_FIELDS = {
    Column.NAME: "name",
    Column.EMAIL: "email",
    Column.PHONE: "phone",
    Column.COMPANY: "company",
    Column.DIET: "diet",
    Column.TAGS: "tags",
}
_LONGEST_TAG = 60
_MOST_TAGS = 40


@dataclass(frozen=True, slots=True)
class HouseholdChoice:
    """Which household is meant: one that is there, or a new one by its name."""

    name: str
    invitation_id: str | None = None


@dataclass(frozen=True, slots=True)
class GuestDraft:
    """A guest to add, as typed."""

    name: str
    email: str
    phone: str
    household: HouseholdChoice
    rsvp: Rsvp


def guest_edit(line: GuestLine, column: Column, text: str, country: str | None) -> list[Operation]:
    """Give the operations for a text typed into a guest's cell, none when it changes nothing.

    Raises BadInput with one sentence for an e-mail address, a phone number or a name that cannot be used.
    """
    if column is Column.RSVP:
        return set_answers([line], Rsvp(text))
    new = _read(column, text, country)
    if column is Column.MEAL:
        if new == line.meal:
            return []
        fields = AttendeeField.model_validate({"meal": {"seen": line.meal, "new": new}})
        return [EditAttendee(attendee_id=line.attendee_id, fields=fields)]
    field = _FIELDS[column]
    held = getattr(line, field)
    seen = list(held) if column is Column.TAGS else held
    if new == seen:
        return []
    return [EditGuest(guest_id=line.guest_id, fields=GuestField.model_validate({field: {"seen": seen, "new": new}}))]


def household_edit(invitation_id: str, seen: str, text: str) -> list[Operation]:
    """Give the operations for another name of a household. Raises BadInput when there is none."""
    name = _read(Column.NAME, text, None)
    if name == seen:
        return []
    fields = InvitationField.model_validate({"name": {"seen": seen, "new": name}})
    return [EditInvitation(invitation_id=invitation_id, fields=fields)]


def set_answers(lines: Iterable[GuestLine], rsvp: Rsvp) -> list[Operation]:
    """Give the operations that record one answer for all of these guests."""
    answers = [
        Answer(attendee_id=line.attendee_id, rsvp=FieldEdit[Rsvp](seen=line.rsvp, new=rsvp))
        for line in lines
        if line.rsvp is not rsvp
    ]
    return [SetRsvp(answers=tuple(answers[at : at + BULK])) for at in range(0, len(answers), BULK)]


def remove_guests(lines: Sequence[GuestLine], left_empty: Sequence[str]) -> list[Operation]:
    """Give the operations that take guests off the list, with the invitations that are left empty."""
    operations: list[Operation] = []
    for at in range(0, len(lines), BULK):
        ids = tuple(line.attendee_id for line in lines[at : at + BULK])
        operations.append(HideGuests(attendee_ids=ids))
    return operations + _hide_households(left_empty)


def move_guests(lines: Sequence[GuestLine], household: HouseholdChoice, left_empty: Sequence[str]) -> list[Operation]:
    """Give the operations that put guests on another invitation, new or there already."""
    target = household.invitation_id or new_id()
    moving = [line.attendee_id for line in lines if line.invitation_id != target]
    if not moving:
        return []
    operations: list[Operation] = []
    if household.invitation_id is None:
        operations.append(AddGuests(households=(_new_household(target, household.name, ()),)))
    operations += [
        MoveToHousehold(attendee_ids=tuple(moving[at : at + BULK]), invitation_id=target)
        for at in range(0, len(moving), BULK)
    ]
    return operations + _hide_households([one for one in left_empty if one != target])


def add_guest(draft: GuestDraft, country: str | None) -> list[Operation]:
    """Give the operations that add one guest. Raises BadInput for what cannot be used."""
    name = _read(Column.NAME, draft.name, None)
    guest = NewGuest(
        guest_id=new_id(),
        attendee_id=new_id(),
        name=str(name),
        email=_read_email(draft.email),
        phone=_read_phone(draft.phone, country),
        rsvp=draft.rsvp,
    )
    if draft.household.invitation_id is not None:
        return [AddGuests(joining=(JoiningGuest(invitation_id=draft.household.invitation_id, guest=guest),))]
    household = clean(draft.household.name)[:200] or str(name)
    return [AddGuests(households=(_new_household(new_id(), household, (guest,)),))]


def _hide_households(invitation_ids: Sequence[str]) -> list[Operation]:
    return [
        HideGuests(attendee_ids=(), invitation_ids=tuple(invitation_ids[at : at + BULK]))
        for at in range(0, len(invitation_ids), BULK)
    ]


def _new_household(invitation_id: str, name: str, guests: tuple[NewGuest, ...]) -> NewHousehold:
    return NewHousehold(
        invitation_id=invitation_id, name=name, code=new_short_code(), secret_id=new_id(), guests=guests
    )


def _read(column: Column, text: str, country: str | None) -> str | list[str] | None:
    if column is Column.EMAIL:
        return _read_email(text)
    if column is Column.PHONE:
        return _read_phone(text, country)
    if column is Column.TAGS:
        tags = read_tags(text)
        if len(tags) > _MOST_TAGS or any(len(tag) > _LONGEST_TAG for tag in tags):
            sentence = _tr("A guest has at most 40 tags of at most 60 letters: use fewer or shorter ones.")
            raise BadInput("bad_tags", sentence)
        return list(tags)
    value = clean(text)
    if column is Column.NAME and not value:
        raise BadInput("no_name", _tr("A name is needed here: type one, or press Escape to keep what was there."))
    if len(value) > _LONGEST[column]:
        sentence = _tr("This is longer than {count} letters: shorten it.")
        raise BadInput("too_long", sentence.format(count=_LONGEST[column]))
    return value or None


def _read_email(text: str) -> str | None:
    found = read_emails(text)
    if found.unreadable or len(found.values) > 1:
        sentence = _tr("“{text}” is not one e-mail address: write it like name@company.com.")
        raise BadInput("bad_email", sentence.format(text=clean(text)[:80]))
    return found.values[0] if found.values else None


def _read_phone(text: str, country: str | None) -> str | None:
    found = read_phones(text, country)
    if found.unreadable or len(found.values) > 1:
        sentence = _tr("“{text}” is not one phone number: write it with the country, like +44 20 7946 0018.")
        raise BadInput("bad_phone", sentence.format(text=clean(text)[:80]))
    return found.values[0] if found.values else None


def _tr(text: str) -> str:
    return QCoreApplication.translate("GuestEdits", text)
