"""Importing a list adds whom it should, once, and says what it could not do."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from models.exporting import export_guests
from models.guest_lists.preview import preview_guest_list
from models.guest_lists.rows import GuestRow
from models.guest_table import GuestLine, read_guest_rows
from models.importing import Choice, ImportPlan, RowKind, import_operations, plan_import, read_situation
from models.invitations import Rsvp
from models.operations.people import AddGuests, EditGuest
from models.store.local_copy import LocalCopy
from tests.helpers.workspace import gala_copy

SAMPLES = Path(__file__).parents[2] / "resources" / "samples"


@pytest.fixture
def copy(tmp_path: Path) -> Iterator[LocalCopy]:
    opened = gala_copy(tmp_path)
    yield opened
    opened.close()


def lines_of(copy: LocalCopy) -> dict[str, GuestLine]:
    with copy.read() as connection:
        return {line.name: line for line in read_guest_rows(connection, copy.identity.event_id)}


def plan_of(copy: LocalCopy, *rows: GuestRow) -> ImportPlan:
    with copy.read() as connection:
        return plan_import(rows, read_situation(connection, copy.identity.event_id))


def plan_file(copy: LocalCopy, path: Path, country: str = "DE") -> ImportPlan:
    preview = preview_guest_list(path, country=country)
    with copy.read() as connection:
        situation = read_situation(connection, copy.identity.event_id)
    return plan_import(preview.rows, situation, preview.problems)


@pytest.mark.parametrize(("name", "guests", "new"), [("further_guests.csv", 24, 23), ("further_guests.xlsx", 18, 18)])
def test_a_file_is_imported_once_and_undone_as_one(copy: LocalCopy, name: str, guests: int, new: int) -> None:
    before = lines_of(copy)
    plan = plan_file(copy, SAMPLES / name)
    assert (plan.counts.guests, plan.counts.new) == (guests, new)
    done = copy.perform(import_operations(plan))
    assert len(lines_of(copy)) == 240 + new
    again = plan_file(copy, SAMPLES / name)
    assert again.counts.same == guests
    assert not again.changes_something
    assert import_operations(again) == []
    copy.perform(done.inverse)
    assert lines_of(copy) == before


def test_problems_of_reading_keep_their_lines(copy: LocalCopy) -> None:
    plan = plan_file(copy, SAMPLES / "further_guests.csv")
    assert [problem.line for problem in plan.problems] == [11, 14]


def test_households_stay_together_and_plus_ones_know_their_host(copy: LocalCopy) -> None:
    copy.perform(import_operations(plan_file(copy, SAMPLES / "further_guests.csv")))
    lines = lines_of(copy)
    host, companion = lines["Tilman Rautenberg"], lines["Begleitung von Tilman Rautenberg"]
    assert host.invitation_id == companion.invitation_id
    assert companion.is_placeholder
    assert companion.plus_one_of == host.attendee_id
    assert lines["Heidrun Pfefferkorn"].table == "12"
    assert lines["Ragna Thorvaldsdatter"].rsvp is Rsvp.DECLINED


def test_only_what_differs_is_edited_and_empty_cells_change_nothing(copy: LocalCopy) -> None:
    line = lines_of(copy)["Øyvind Sørensen"]
    row = GuestRow("Sorensen, Oyvind", 2, email=line.email, diet="no fish", tags=("Choir",), rsvp=Rsvp.PENDING)
    plan = plan_of(copy, row)
    assert plan.rows[0].kind is RowKind.UPDATE
    assert {one.field for one in plan.rows[0].differences} == {"diet", "tags"}
    operations = import_operations(plan)
    assert [type(one) for one in operations] == [EditGuest]
    copy.perform(operations)
    after = lines_of(copy)["Øyvind Sørensen"]
    assert (after.diet, after.email, after.rsvp) == ("no fish", line.email, line.rsvp)
    assert after.tags == (*line.tags, "Choir")
    assert plan_of(copy, row).counts.same == 1


def test_an_answer_is_taken_over(copy: LocalCopy) -> None:
    line = next(one for one in lines_of(copy).values() if one.rsvp is Rsvp.PENDING and one.email)
    plan = plan_of(copy, GuestRow(line.name, 2, email=line.email, rsvp=Rsvp.ACCEPTED))
    copy.perform(import_operations(plan))
    assert lines_of(copy)[line.name].rsvp is Rsvp.ACCEPTED


def test_somebody_similar_waits_for_a_choice(copy: LocalCopy) -> None:
    known = lines_of(copy)["Øyvind Sørensen"]
    plan = plan_of(copy, GuestRow("Oyvind Sorenson", 2, email="o@other.example"))
    assert (plan.rows[0].kind, plan.rows[0].choice) == (RowKind.SIMILAR, Choice.SKIP)
    assert import_operations(plan) == []
    updated = plan.with_choices({0: Choice.UPDATE})
    copy.perform(import_operations(updated))
    assert lines_of(copy)["Oyvind Sorenson"].attendee_id == known.attendee_id
    added = plan_of(copy, GuestRow("Oyvind Sorensson", 2, email="p@other.example")).with_choices({0: Choice.ADD})
    copy.perform(import_operations(added))
    assert len(lines_of(copy)) == 241


def test_nobody_cannot_be_updated(copy: LocalCopy) -> None:
    plan = plan_of(copy, GuestRow("Zubeida Quist", 2))
    with pytest.raises(ValueError, match="nobody"):
        plan.with_choices({0: Choice.UPDATE})


def test_a_guest_joins_the_household_that_is_there(copy: LocalCopy) -> None:
    known = lines_of(copy)["Øyvind Sørensen"]
    plan = plan_of(copy, GuestRow("Torgeir Aasen", 2, household=known.household.upper()))
    operations = import_operations(plan)
    copy.perform(operations)
    assert lines_of(copy)["Torgeir Aasen"].invitation_id == known.invitation_id
    assert [type(one) for one in operations] == [AddGuests]


def test_an_unknown_table_and_a_full_one_are_problems(copy: LocalCopy) -> None:
    with copy.read() as connection:
        tables = read_situation(connection, copy.identity.event_id).tables
    roomy = max(tables, key=lambda table: len(table.free))
    rows = [GuestRow(f"Guest Number{letter}", 2 + at, table=roomy.label) for at, letter in enumerate("abcdefghijkl")]
    rows.append(GuestRow("Zubeida Quist", 90, table="Nowhere"))
    rows.append(GuestRow("Zoltan Quast", 91, table=roomy.label, rsvp=Rsvp.DECLINED))
    plan = plan_of(copy, *rows)
    assert len(plan.seats) == len(roomy.free)
    reasons = [problem.reason for problem in plan.problems]
    assert len(reasons) == 12 - len(roomy.free) + 1
    assert all("imported without a seat" in reason for reason in reasons)
    assert "no table “Nowhere”" in reasons[-1]
    copy.perform(import_operations(plan))
    assert sum(line.table == roomy.label for line in lines_of(copy).values()) >= len(roomy.free)


def test_a_table_named_in_words_is_the_same_table(copy: LocalCopy) -> None:
    with copy.read() as connection:
        tables = read_situation(connection, copy.identity.event_id).tables
    free = next(table for table in tables if len(table.free) > 1 and table.label.isdigit())
    number, seat_id = free.free[-1]
    plan = plan_of(copy, GuestRow("Zubeida Quist", 2, table=f"Tisch Nr. {free.label}", seat=str(number)))
    assert plan.seats == {0: seat_id}


def test_an_unknown_ticket_type_is_a_problem(copy: LocalCopy) -> None:
    plan = plan_of(copy, GuestRow("Zubeida Quist", 2, ticket_type="Gold"), GuestRow("Ada Quell", 3, ticket_type="vip"))
    assert [problem.line for problem in plan.problems] == [2]
    copy.perform(import_operations(plan))
    lines = lines_of(copy)
    assert (lines["Zubeida Quist"].ticket_type, lines["Ada Quell"].ticket_type) == (None, "VIP")


def test_large_lists_travel_in_parts_of_five_hundred(copy: LocalCopy) -> None:
    rows = [GuestRow(f"Person{number:04} Alone{number:04}", number) for number in range(700)]
    rows += [
        GuestRow(f"Member{number:04} Crowd{number:04}", 1_000 + number, household="Crowd") for number in range(620)
    ]
    plan = plan_of(copy, *rows)
    operations = import_operations(plan)
    additions: list[Any] = [one for one in operations if isinstance(one, AddGuests)]
    counts = [sum(len(new.guests) for new in one.households) + len(one.joining) for one in additions]
    assert sum(counts) == plan.chosen(Choice.ADD)
    assert max(counts) <= 500
    copy.perform(operations)
    together = [line for line in lines_of(copy).values() if line.household == "Crowd"]
    assert len(together) > 500
    assert len({line.invitation_id for line in together}) == 1


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_what_is_exported_is_known_when_it_comes_back(copy: LocalCopy, tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"all.{ending}"
    export_guests(path, list(lines_of(copy).values()))
    plan = plan_file(copy, path)
    assert plan.counts.guests == 240
    assert plan.counts.new == 0
    assert import_operations(plan) == []


def test_skipping_an_update_leaves_the_guest_alone(copy: LocalCopy) -> None:
    line = lines_of(copy)["Øyvind Sørensen"]
    plan = plan_of(copy, GuestRow(line.name, 2, email=line.email, diet="vegan", table="12"))
    skipped = plan.with_choices({0: Choice.SKIP})
    assert replace(skipped.rows[0], choice=Choice.UPDATE) == plan.rows[0]
    assert import_operations(skipped) == []
