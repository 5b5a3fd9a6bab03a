"""Writes guests as CSV or Excel files that open safely and can be read back."""

import csv
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from models.guest_lists.cleaning import clean_lines
from models.guest_lists.errors import FileNotWritableError, UnknownFormatError
from models.guest_lists.rows import GuestRow

_HEADERS = (
    "Name", "E-mail", "Phone", "RSVP", "Household", "Diet", "Meal", "Table", "Seat", "Tags", "Company",
    "Accessibility", "Notes", "Ticket type", "Plus-one of",
)  # fmt: skip
_FORMULA_START = re.compile(r"'*[=+\-@\t\r]")
_WIDTHS = {"Name": 28, "E-mail": 30, "Phone": 18, "Household": 28, "Notes": 40}
_LONGEST_CELL = 32_767


def write_guest_list(path: str | Path, rows: Iterable[GuestRow]) -> None:
    """Write guests to a .csv (UTF-8 with byte order mark, for Excel) or .xlsx file, one line each, headers first.

    Cells that a spreadsheet would take for a formula are written so that it shows them as text.
    Raises UnknownFormatError for other endings and FileNotWritableError.
    """
    path = Path(path)
    table = _table(list(rows))
    try:
        match path.suffix.casefold():
            case ".csv":
                _write_csv(path, table)
            case ".xlsx":
                _write_xlsx(path, table)
            case _:
                raise UnknownFormatError(path.name)
    except OSError as error:
        raise FileNotWritableError(path.name, error.strerror or "the system refused") from error


def _table(rows: Sequence[GuestRow]) -> list[list[str]]:
    extra = list(dict.fromkeys(header for row in rows for header, _ in row.others))
    table = [[*_HEADERS, *extra]]
    for row in rows:
        others = dict(row.others)
        table.append(
            [
                row.name,
                row.email or "",
                row.phone or "",
                row.rsvp.value,
                row.household or "",
                row.diet or "",
                row.meal or "",
                row.table or "",
                row.seat or "",
                ", ".join(row.tags),
                row.company or "",
                row.accessibility or "",
                row.notes or "",
                row.ticket_type or "",
                row.plus_one_of or "",
                *(others.get(header, "") for header in extra),
            ]
        )
    return [[clean_lines(cell) for cell in cells] for cells in table]


def _write_csv(path: Path, table: Iterable[Sequence[str]]) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        for cells in table:
            writer.writerow([f"'{cell}" if _FORMULA_START.match(cell) else cell for cell in cells])


def _write_xlsx(path: Path, table: Iterable[Sequence[str]]) -> None:
    # Imported when it is needed: it takes as long as a tenth of the program's start.
    from openpyxl import Workbook
    from openpyxl.cell import Cell, WriteOnlyCell
    from openpyxl.styles import Font

    book = Workbook(write_only=True)
    sheet = book.create_sheet("Guests")
    sheet.freeze_panes = "B2"
    for at, header in enumerate(_HEADERS):
        sheet.column_dimensions[chr(ord("A") + at)].width = _WIDTHS.get(header, 14)
    for line, cells in enumerate(table):
        written: list[Cell] = []
        for text in cells:
            cell = WriteOnlyCell(sheet, text[:_LONGEST_CELL] or None)
            if text:
                # Without this a text that begins with "=" would be stored as a formula.
                cell.data_type = "s"
                cell.number_format = "@"
            if line == 0:
                cell.font = Font(bold=True)
            written.append(cell)
        sheet.append(written)
    book.save(path)
