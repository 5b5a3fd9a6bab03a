"""Reads a file or pasted cells as one table of text, and finds the line with its headers."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from models.guest_lists.cleaning import clean, clean_lines
from models.guest_lists.decoding import decode_text, refuse_other_kinds
from models.guest_lists.errors import (
    EmptyTableError,
    FileMissingError,
    FileUnreadableError,
    NotATableError,
    TableTooLargeError,
)
from models.guest_lists.headers import count_known_headers, names_people
from models.guest_lists.workbooks import CELL_LIMIT, Workbook, is_workbook

_SIZE_LIMIT = 200 * 1024 * 1024
_HEADER_SEARCH = 40
_SNIFFED_LINES = 60
_DELIMITERS = (",", ";", "\t", "|")
_FIELD_LIMIT = 1 << 20
_ESCAPED_FORMULA = re.compile(r"'+[=+\-@\t\r]")


@dataclass(frozen=True)
class TableRow:
    """One line of a table: where it stands in the file (from 1) and its cells."""

    line: int
    cells: tuple[str, ...]

    @property
    def is_blank(self) -> bool:
        """Whether no cell holds anything visible."""
        return not any(self.cells)

    def cell(self, column: int | None) -> str:
        """Return the text of a column (from 0), or nothing where the line is shorter."""
        return self.cells[column] if column is not None and 0 <= column < len(self.cells) else ""


@dataclass(frozen=True)
class Sheet:
    """A table as text: the lines above its headers, the headers, the lines below, and which sheets the file has."""

    file: str
    name: str | None
    header: tuple[str, ...]
    header_line: int | None
    rows: tuple[TableRow, ...]
    lines_above: tuple[TableRow, ...] = ()
    sheet_names: tuple[str, ...] = ()

    @property
    def is_headed(self) -> bool:
        """Whether the first line holds headers; pasted cells may have none."""
        return self.header_line is not None


def read_table(path: str | Path, sheet: str | None = None) -> Sheet:
    """Read a CSV, TSV, XLSX, XLS or ODS file as a table of text.

    `sheet` chooses one of a workbook's sheets; without it the first one that looks like a guest list is taken.
    Raises a GuestListError: FileMissing, FileUnreadable, NotATable, EmptyTable, WrongEncoding, TableTooLarge or
    SheetMissing.
    """
    path = Path(path)
    file = path.name or str(path)
    data = _read_bytes(path, file)
    if not data.strip():
        raise EmptyTableError(file)
    if is_workbook(data):
        return _read_workbook(Workbook(data, file), file, sheet)
    refuse_other_kinds(data[:512], file)
    text = decode_text(data, file).lstrip("\ufeff")
    return _refuse_empty(_headed(_text_rows(text, file), file, None, ()))


def read_pasted(text: str) -> Sheet:
    """Read cells that were pasted from a spreadsheet, or lines of text, with or without a line of headers.

    Raises EmptyTableError and TableTooLargeError.
    """
    file = "pasted cells"
    rows = _text_rows(text.lstrip("\ufeff"), file)
    sheet = _headed(rows, file, None, ())
    if sheet.is_headed and count_known_headers(sheet.header) == 0:
        return _without_header(rows, file)
    return sheet


def _read_bytes(path: Path, file: str) -> bytes:
    try:
        if path.is_dir():
            raise FileUnreadableError(file, "it is a folder")
        if path.stat().st_size > _SIZE_LIMIT:
            raise TableTooLargeError(file, CELL_LIMIT)
        return path.read_bytes()
    except FileNotFoundError as error:
        raise FileMissingError(str(path)) from error
    except (OSError, ValueError) as error:
        raise FileUnreadableError(file, getattr(error, "strerror", None) or "the name is not a path") from error


def _read_workbook(workbook: Workbook, file: str, sheet: str | None) -> Sheet:
    names = workbook.sheet_names
    if sheet is not None:
        return _refuse_empty(_headed(_numbered(workbook.rows(sheet)), file, sheet, names))
    found: Sheet | None = None
    for name in workbook.shown_sheet_names:
        rows = _numbered(workbook.rows(name))
        if all(row.is_blank for row in rows):
            continue
        table = _headed(rows, file, name, names)
        if names_people(table.header):
            return _refuse_empty(table)
        found = found or table
    if found is None:
        raise EmptyTableError(file)
    return found


def _numbered(rows: Iterable[Sequence[str]]) -> list[TableRow]:
    return [TableRow(line, tuple(clean_lines(cell) for cell in cells)) for line, cells in enumerate(rows, start=1)]


def _text_rows(text: str, file: str) -> list[TableRow]:
    """Split text into lines of cells; each line counts from where it starts, since cells may hold line breaks."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    delimiter, start = _delimiter(text)
    csv.field_size_limit(_FIELD_LIMIT)
    rows: list[TableRow] = []
    cells = 0
    try:
        for line, record in _records(text.split("\n"), delimiter):
            cells += len(record)
            if cells >= CELL_LIMIT:
                raise TableTooLargeError(file, CELL_LIMIT)
            if line >= start:
                rows.append(TableRow(line, tuple(_plain_cell(cell) for cell in record)))
    except csv.Error as error:
        raise NotATableError(file, "text without readable rows and columns") from error
    return rows


def _records(lines: list[str], delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the line number and the cells of each record.

    A quotation mark that is not closed would swallow the lines up to the next one: its line is read without the mark.
    """
    start = 0
    while start < len(lines):
        reader = csv.reader((line + "\n" for line in islice(lines, start, None)), delimiter=delimiter)
        at = start
        for record in reader:
            end = start + reader.line_num
            if end - at > 1 and not _is_well_quoted(lines[at:end], delimiter):
                yield at + 1, lines[at].replace('"', "").split(delimiter)
                start = at + 1
                break
            yield at + 1, record
            at = end
        else:
            return


def _is_well_quoted(lines: list[str], delimiter: str) -> bool:
    try:
        return len(list(csv.reader((line + "\n" for line in lines), delimiter=delimiter, strict=True))) == 1
    except csv.Error:
        return False


def _plain_cell(cell: str) -> str:
    """Clean a cell and take away the apostrophe that keeps spreadsheets from reading it as a formula."""
    cleaned = clean_lines(cell)
    return cleaned[1:] if _ESCAPED_FORMULA.match(cleaned) else cleaned


def _delimiter(text: str) -> tuple[str, int]:
    """Return the character between cells and the first line that holds cells (Excel may write "sep=;" above)."""
    head = re.match(r"sep=(.)\r?\n", text, re.IGNORECASE)
    if head:
        return head.group(1), 2
    sample = "".join(text[:_FIELD_LIMIT].splitlines(keepends=True)[:_SNIFFED_LINES])
    best = (0.0, ",")
    for delimiter in _DELIMITERS:
        best = max(best, (_fitness(sample, delimiter), delimiter), key=lambda found: found[0])
    return best[1], 1


def _fitness(sample: str, delimiter: str) -> float:
    """Return how well a delimiter fits: lines that it cuts into equally many cells, and headers that we know."""
    try:
        records = [record for record in csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter) if any(record)]
    except csv.Error:
        return 0.0
    widths = [len(record) for record in records if len(record) > 1]
    if not widths:
        return 0.0
    usual = max(set(widths), key=widths.count)
    known = max(count_known_headers(record) for record in records[:_HEADER_SEARCH])
    return known * 2 + widths.count(usual) / len(records) + min(usual, 30) / 100


def _headed(rows: list[TableRow], file: str, name: str | None, sheets: tuple[str, ...]) -> Sheet:
    at = _header_index(rows)
    if at is None:
        raise EmptyTableError(file if name is None else f"{file}, sheet {name}")
    header = tuple(clean(cell) for cell in rows[at].cells)
    above = tuple(row for row in rows[:at] if not row.is_blank)
    return Sheet(file, name, header, rows[at].line, tuple(rows[at + 1 :]), above, sheets)


def _refuse_empty(sheet: Sheet) -> Sheet:
    if all(row.is_blank for row in sheet.rows) and count_known_headers(sheet.header):
        raise EmptyTableError(sheet.file, "has headers but no guests below them")
    return sheet


def _without_header(rows: list[TableRow], file: str) -> Sheet:
    width = max(len(row.cells) for row in rows)
    return Sheet(file, None, ("",) * width, None, tuple(rows))


def _header_index(rows: Sequence[TableRow]) -> int | None:
    """Return which row holds the headers: of the first filled ones that which has most headers we know."""
    best: tuple[int, int, int] | None = None
    searched = 0
    for at, row in enumerate(rows):
        if row.is_blank:
            continue
        score = (int(names_people(row.cells)), count_known_headers(row.cells), -at)
        if best is None or score > best:
            best = score
        searched += 1
        if searched >= _HEADER_SEARCH:
            break
    return None if best is None else -best[2]
