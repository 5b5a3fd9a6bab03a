"""Exported lists open safely in spreadsheets and read back as they were."""

import csv
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.guest_lists.errors import FileNotWritableError, UnknownFormatError
from models.guest_lists.matching import KnownGuest, MatchKind, match_rows
from models.guest_lists.preview import preview_guest_list
from models.guest_lists.rows import GuestRow
from models.guest_lists.writing import write_guest_list
from models.invitations import Rsvp

ROWS = (
    GuestRow("Maja Lindqvist", 2, "maja@x.example", "+46701234567", Rsvp.ACCEPTED, "Maja Lindqvist", "vegan", "5",
             ("VIP", "crew"), meal="Fish", seat="3", company="=Acme", accessibility="ramp", notes="two\nlines",
             ticket_type="Gold", others=(("Shirt", "M"),)),
    GuestRow("Guest of Maja Lindqvist", 3, household="Maja Lindqvist", placeholder=True, plus_one_of="Maja Lindqvist"),
    GuestRow("Jürgen Brandt", 4, "brandt@x.example", household="Brandt", rsvp=Rsvp.DECLINED),
    GuestRow("Heike Brandt", 5, "brandt@x.example", household="Brandt", rsvp=Rsvp.CANCELLED),
    GuestRow("+1", 6, household="Brandt", placeholder=True),
    GuestRow("@ada", 7, notes="=HYPERLINK(\"x\")", table="-2", tags=("+x",)),
    GuestRow("山田太郎", 8, table="'=5"),
)  # fmt: skip


@pytest.mark.parametrize("name", ["list.csv", "list.xlsx"])
def test_an_exported_list_reads_back_as_it_was(tmp_path: Path, name: str) -> None:
    write_guest_list(tmp_path / name, ROWS)
    preview = preview_guest_list(tmp_path / name)
    assert preview.problems == ()
    # A note of two lines makes the lines below it stand one further down in a CSV file.
    assert [replace(row, line=0) for row in preview.rows] == [replace(row, line=0) for row in ROWS]
    guests = [KnownGuest(str(row.line), row.name, row.email, row.phone, row.household) for row in ROWS]
    assert {found.kind for found in match_rows(preview.rows, guests)} == {MatchKind.SAME}


def test_no_cell_of_a_csv_file_begins_like_a_formula(tmp_path: Path) -> None:
    write_guest_list(tmp_path / "list.csv", ROWS)
    with (tmp_path / "list.csv").open(encoding="utf-8-sig", newline="") as file:
        cells = [cell for record in csv.reader(file) for cell in record]
    assert '\'=HYPERLINK("x")' in cells
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]


def test_no_cell_of_a_workbook_is_a_formula(tmp_path: Path) -> None:
    write_guest_list(tmp_path / "list.xlsx", ROWS)
    sheet = openpyxl.load_workbook(tmp_path / "list.xlsx").active
    assert sheet is not None
    cells = [cell for line in sheet.iter_rows() for cell in line if cell.value is not None]
    assert "=Acme" in [cell.value for cell in cells]
    assert {cell.data_type for cell in cells} == {"s"}


def test_a_list_of_nobody_has_headers(tmp_path: Path) -> None:
    write_guest_list(tmp_path / "list.csv", ())
    assert (tmp_path / "list.csv").read_text(encoding="utf-8-sig").startswith("Name,E-mail,Phone,RSVP,Household")


def test_another_ending_or_a_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnknownFormatError):
        write_guest_list(tmp_path / "list.pdf", ROWS)
    with pytest.raises(FileNotWritableError):
        write_guest_list(tmp_path / "nowhere" / "list.csv", ROWS)


TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=15)


@settings(max_examples=20)
@given(st.lists(st.tuples(TEXT, TEXT), min_size=1, max_size=5))
def test_notes_and_companies_of_any_text_are_written_and_read(
    tmp_path_factory: pytest.TempPathFactory, texts: list[tuple[str, str]]
) -> None:
    folder = tmp_path_factory.mktemp("lists")
    rows = [
        GuestRow(f"Guest{chr(97 + at)} Lang", at + 2, notes=notes, company=company)
        for at, (notes, company) in enumerate(texts)
    ]
    for name in ("list.csv", "list.xlsx"):
        write_guest_list(folder / name, rows)
        once = preview_guest_list(folder / name).rows
        write_guest_list(folder / name, once)
        twice = preview_guest_list(folder / name).rows
        assert [replace(row, line=0) for row in twice] == [replace(row, line=0) for row in once]
        assert [row.name for row in once] == [row.name for row in rows]
