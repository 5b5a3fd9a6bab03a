"""The lines of the guest table are read from a real copy."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from models.attendance import Attendance
from models.events import Door
from models.guest_table import (
    GuestLine,
    affected_attendees,
    read_guest_rows,
    read_lines,
)
from models.invitations import Invitation, Rsvp
from models.operations.edits import FieldEdit
from models.operations.people import Answer, EditInvitation, HideGuests, InvitationField, SetRsvp
from models.operations.seating import EditTable, TableField
from models.store.local_copy import LocalCopy
from models.store.rows import Change
from tests.helpers.workspace import gala_copy


@pytest.fixture
def copy(tmp_path: Path) -> Iterator[LocalCopy]:
    opened = gala_copy(tmp_path)
    yield opened
    opened.close()


def lines_of(copy: LocalCopy) -> list[GuestLine]:
    with copy.read() as connection:
        return read_guest_rows(connection, copy.identity.event_id)


def one(copy: LocalCopy, name: str) -> GuestLine:
    return next(line for line in lines_of(copy) if line.name == name)


def test_a_line_has_guest_household_answer_and_seat(copy: LocalCopy) -> None:
    line = next(line for line in lines_of(copy) if line.is_seated and line.tags)
    assert line.table
    assert line.seat is not None
    assert line.household
    assert isinstance(line.rsvp, Rsvp)
    assert isinstance(line.tags, tuple)
    assert line.attendance is Attendance.NOT_CHECKED_IN


def test_single_lines_are_read_as_all_are(copy: LocalCopy) -> None:
    some = lines_of(copy)[:7]
    with copy.read() as connection:
        again = read_lines(connection, [line.attendee_id for line in some])
    assert sorted(again, key=lambda line: line.attendee_id) == sorted(some, key=lambda line: line.attendee_id)


def test_a_hidden_guest_has_no_line(copy: LocalCopy) -> None:
    line = one(copy, "Øyvind Sørensen")
    change = copy.run(HideGuests(attendee_ids=(line.attendee_id,)))
    with copy.read() as connection:
        assert affected_attendees(connection, change) == {line.attendee_id}
        assert read_lines(connection, [line.attendee_id]) == []
    assert len(lines_of(copy)) == 239


def test_another_name_of_a_household_or_table_affects_all_its_guests(copy: LocalCopy) -> None:
    line = one(copy, "Øyvind Sørensen")
    edit = FieldEdit[str](seen=line.household, new="Fjord")
    renamed = copy.run(EditInvitation(invitation_id=line.invitation_id, fields=InvitationField(name=edit)))
    seated = next(line for line in lines_of(copy) if line.is_seated)
    label = FieldEdit[str](seen=str(seated.table), new="Harbour")
    relabelled = copy.run(EditTable(table_id=str(seated.table_id), fields=TableField(label=label)))
    with copy.read() as connection:
        household = affected_attendees(connection, renamed)
        table = affected_attendees(connection, relabelled)
    lines = lines_of(copy)
    assert household == {one.attendee_id for one in lines if one.household == "Fjord"}
    assert table == {one.attendee_id for one in lines if one.table == "Harbour"}
    assert len(household) == 2


def test_a_change_of_something_else_affects_nobody(copy: LocalCopy) -> None:
    with copy.read() as connection:
        door = connection.scalar(select(Door.id))
        assert affected_attendees(connection, Change({Door.__tablename__: frozenset({str(door)})})) == set()
        assert affected_attendees(connection, Change({Invitation.__tablename__: frozenset()})) == set()


def test_an_answer_shows_and_declining_frees_the_seat(copy: LocalCopy) -> None:
    line = next(line for line in lines_of(copy) if line.is_seated and line.rsvp is Rsvp.ACCEPTED)
    answer = FieldEdit[Rsvp](seen=line.rsvp, new=Rsvp.DECLINED)
    copy.run(SetRsvp(answers=(Answer(attendee_id=line.attendee_id, rsvp=answer),)))
    again = one(copy, line.name)
    assert again.rsvp is Rsvp.DECLINED
    assert again.table is None
    assert not again.is_seated


def test_the_further_text_holds_what_a_search_looks_through(copy: LocalCopy) -> None:
    line = next(line for line in lines_of(copy) if line.email and line.company)
    assert line.further_text().startswith(line.household.lower()[:2])
    assert "example" in line.further_text()
