"""Files of every kind become the same table of text, or one clear error."""

import io
import zipfile
from datetime import date, datetime, time
from pathlib import Path

import openpyxl
import pytest

from models.errors import UsherError
from models.guest_lists.errors import (
    EmptyTableError,
    FileMissingError,
    FileUnreadableError,
    NotATableError,
    SheetMissingError,
    TableTooLargeError,
)
from models.guest_lists.tables import read_pasted, read_table


def write(folder: Path, content: str | bytes, name: str = "list.csv") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def workbook(folder: Path, sheets: dict[str, list[list[object]]], name: str = "list.xlsx") -> Path:
    book = openpyxl.Workbook()
    assert book.active is not None
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    book.save(folder / name)
    return folder / name


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(tmp_path: Path, delimiter: str) -> None:
    text = "\n".join(delimiter.join(cells) for cells in (["Name", "Email", "Notes"], ["Maja", "m@x.example", "a. b"]))
    sheet = read_table(write(tmp_path, text))
    assert sheet.header == ("Name", "Email", "Notes")
    assert sheet.rows[0].cells == ("Maja", "m@x.example", "a. b")


def test_commas_inside_a_list_with_semicolons_do_not_part_cells(tmp_path: Path) -> None:
    sheet = read_table(write(tmp_path, "Name;Tags\nLindqvist, Maja;a, b, c\nChen, Wei;a, b\n"))
    assert sheet.rows[0].cells == ("Lindqvist, Maja", "a, b, c")


def test_excels_line_about_the_separator_is_no_header(tmp_path: Path) -> None:
    sheet = read_table(write(tmp_path, "sep=;\r\nName;E-Mail\r\nMaja;m@x.example\r\n"))
    assert sheet.header == ("Name", "E-Mail")
    assert sheet.rows[0].line == 3


def test_a_list_of_one_column_needs_no_delimiter(tmp_path: Path) -> None:
    sheet = read_table(write(tmp_path, "Name\nMaja Lindqvist\nWei Chen\n"))
    assert [row.cells for row in sheet.rows if not row.is_blank] == [("Maja Lindqvist",), ("Wei Chen",)]


def test_lines_count_from_one_and_cells_may_hold_several_lines(tmp_path: Path) -> None:
    sheet = read_table(write(tmp_path, 'Name,Notes\n"Maja","two\nlines"\nWei,one\n'))
    assert [(row.line, row.cells) for row in sheet.rows if not row.is_blank] == [
        (2, ("Maja", "two\nlines")),
        (4, ("Wei", "one")),
    ]


def test_a_quotation_mark_that_is_not_closed_swallows_no_other_line(tmp_path: Path) -> None:
    sheet = read_table(write(tmp_path, 'Name,Email\n"Maja,m@x.example\nWei,w@x.example\nAda,a@x.example\n'))
    assert [row.cells[0] for row in sheet.rows if not row.is_blank] == ["Maja", "Wei", "Ada"]


def test_line_ends_of_old_macs_are_line_ends(tmp_path: Path) -> None:
    assert [row.cells[0] for row in read_table(write(tmp_path, "Name,Email\rMaja,m\rWei,w")).rows] == ["Maja", "Wei"]


def test_titles_above_the_headers_are_kept_apart(tmp_path: Path) -> None:
    sheet = read_table(
        write(tmp_path, "Summer gala 2026,,\n,,\nFirst name,Last name,Email\nMaja,Lindqvist,m@x.example\n")
    )
    assert sheet.header_line == 3
    assert sheet.header[0] == "First name"
    assert [row.line for row in sheet.lines_above] == [1]


def test_an_apostrophe_before_a_formula_sign_is_taken_away(tmp_path: Path) -> None:
    sheet = read_table(write(tmp_path, "Name,Phone,Notes\nMaja,'+46701234567,''=1\n"))
    assert sheet.rows[0].cells == ("Maja", "+46701234567", "'=1")


def test_cells_of_a_workbook_become_the_text_a_person_would_type(tmp_path: Path) -> None:
    # Cells of a workbook know no time zone.
    evening = datetime.fromisoformat("2026-05-01T19:30")
    values: list[object] = [
        "Maja", 5.0, 2.5, 46701234567, True, date(2026, 5, 1), evening, time(19, 30), None,
    ]  # fmt: skip
    path = workbook(tmp_path, {"Guests": [["Name", *"bcdefghi"], values]})
    assert read_table(path).rows[0].cells == (
        "Maja", "5", "2.5", "46701234567", "TRUE", "2026-05-01", "2026-05-01 19:30", "19:30", "",
    )  # fmt: skip


def test_lines_of_a_workbook_are_its_row_numbers(tmp_path: Path) -> None:
    path = workbook(tmp_path, {"Guests": [[], ["Gala"], [], ["Name", "Email"], ["Maja", ""], [], ["Wei", ""]]})
    sheet = read_table(path)
    assert sheet.header_line == 4
    assert [row.line for row in sheet.rows if not row.is_blank] == [5, 7]


def test_a_formula_without_a_result_shows_as_its_text(tmp_path: Path) -> None:
    path = workbook(tmp_path, {"Guests": [["Name", "Email"], ["=A1&B1", "m@x.example"], ["Wei", ""]]})
    assert read_table(path).rows[0].cells == ("=A1&B1", "m@x.example")


def test_the_sheet_that_looks_like_a_guest_list_is_taken(tmp_path: Path) -> None:
    path = workbook(
        tmp_path, {"Read me": [["How to use this"]], "Guests": [["Name"], ["Maja"]], "More": [["Name"], ["Wei"]]}
    )
    sheet = read_table(path)
    assert sheet.name == "Guests"
    assert sheet.sheet_names == ("Read me", "Guests", "More")
    assert read_table(path, "more").rows[0].cells == ("Wei",)


def test_a_sheet_that_is_not_there_is_refused_with_those_that_are(tmp_path: Path) -> None:
    path = workbook(tmp_path, {"Guests": [["Name"], ["Maja"]], "Crew": [["Name"], ["Wei"]]})
    with pytest.raises(SheetMissingError, match="“Guests”, “Crew”"):
        read_table(path, "Guest")


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"%PDF-1.7\n%\xe2\xe3", "list.csv"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "list.csv"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", "list.xlsx"),
        (b"<!DOCTYPE html><html><table><tr><td>Name</td></tr></table></html>", "list.xls"),
        (b'{"guests": [{"name": "Maja"}]}', "list.csv"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 2000, "list.xls"),
        (b"PK\x03\x04" + b"\x00" * 100, "list.xlsx"),
    ],
)
def test_a_file_that_is_no_table_is_refused(tmp_path: Path, content: bytes, name: str) -> None:
    with pytest.raises(NotATableError) as caught:
        read_table(write(tmp_path, content, name))
    assert name in caught.value.message


def test_another_archive_and_a_damaged_workbook_are_refused(tmp_path: Path) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("word/document.xml", "<w/>")
    with pytest.raises(NotATableError):
        read_table(write(tmp_path, packed.getvalue(), "letter.docx"))
    whole = workbook(tmp_path, {"Guests": [["Name"], ["Maja"]]}).read_bytes()
    broken = whole.replace(b"PK\x01\x02", b"PX\x01\x02")
    with pytest.raises(NotATableError):
        read_table(write(tmp_path, broken, "broken.xlsx"))


@pytest.mark.parametrize("content", ["", "   \n\n", "\ufeff", ",,,\n,,\n", "Name;E-mail\n", "Name,Email\n,,\n"])
def test_an_empty_list_is_refused(tmp_path: Path, content: str) -> None:
    with pytest.raises(EmptyTableError):
        read_table(write(tmp_path, content))


def test_an_empty_workbook_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EmptyTableError):
        read_table(workbook(tmp_path, {"Guests": []}))


def test_a_million_cells_are_refused(tmp_path: Path) -> None:
    with pytest.raises(TableTooLargeError):
        read_table(write(tmp_path, "Name,b,c,d\n" + ",,,\n" * 250_000))


def test_a_workbook_with_cells_absurdly_far_apart_is_refused(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    assert book.active is not None
    book.active["A1"] = "Name"
    book.active["XFD1048576"] = "far"
    book.save(tmp_path / "far.xlsx")
    with pytest.raises(TableTooLargeError):
        read_table(tmp_path / "far.xlsx")


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(FileMissingError):
        read_table(tmp_path / "nowhere.csv")
    with pytest.raises(FileUnreadableError):
        read_table(tmp_path)


def test_every_error_has_a_stable_code_and_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(UsherError) as caught:
        read_table(tmp_path / "nowhere.csv")
    assert caught.value.code == "guest_list_file_missing"
    assert caught.value.message.endswith(".")


def test_pasted_cells_may_have_headers_or_none() -> None:
    assert read_pasted("Name\tEmail\nMaja\tm@x.example").header == ("Name", "Email")
    bare = read_pasted("Maja Lindqvist\tm@x.example\nWei Chen\tw@x.example")
    assert not bare.is_headed
    assert [row.line for row in bare.rows] == [1, 2]
    with pytest.raises(EmptyTableError):
        read_pasted("  \n")


def test_an_opendocument_sheet_is_read(tmp_path: Path) -> None:
    spaces = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for name in ("office", "table", "text", "style")
    )
    rows = "".join(
        "<table:table-row>"
        + "".join(
            f'<table:table-cell office:value-type="string"><text:p>{cell}</text:p></table:table-cell>' for cell in cells
        )
        + "</table:table-row>"
        for cells in (["Name", "Email"], ["Łukasz", "l@x.example"])
    )
    with zipfile.ZipFile(tmp_path / "list.ods", "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", '<?xml version="1.0"?><manifest/>')
        archive.writestr(
            "content.xml",
            f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {spaces}>'
            "<office:automatic-styles></office:automatic-styles><office:body><office:spreadsheet>"
            f'<table:table table:name="Guests">{rows}</table:table>'
            "</office:spreadsheet></office:body></office:document-content>",
        )
    sheet = read_table(tmp_path / "list.ods")
    assert (sheet.name, sheet.rows[0].cells) == ("Guests", ("Łukasz", "l@x.example"))
