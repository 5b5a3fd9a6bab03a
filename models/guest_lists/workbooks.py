"""Reads the sheets of Excel and OpenDocument files as rows of text."""

import datetime
import io
import re
import zipfile
from collections.abc import Iterator
from contextlib import closing

from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
)

from models.guest_lists.errors import NotATableError, SheetMissingError, TableTooLargeError

CELL_LIMIT = 1_000_000
"""A table of this many cells or more is refused."""

_UNPACKED_LIMIT = 400 * 1024 * 1024
_CHUNK = 1 << 20
_FILLED_CELL = re.compile(rb'<c (?:[^>]*? )?r="([A-Z]{1,3})([0-9]{1,7})"[^>]*(?<!/)>')
_FORMULA = re.compile(rb"<f[ >/]")
_LARGEST_EXACT = 10**15

Value = int | float | str | bool | datetime.time | datetime.date | datetime.datetime | datetime.timedelta


def is_workbook(data: bytes) -> bool:
    """Say whether the bytes are an XLSX, XLSM, XLSB, ODS or XLS file, judged by content and not by name."""
    if data.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return True
    if not data.startswith(b"PK\x03\x04"):
        return False
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = set(archive.namelist())
            if "mimetype" in names:
                return b"spreadsheet" in archive.read("mimetype")
    except (zipfile.BadZipFile, RuntimeError, OSError, KeyError):
        return False
    return any(name.startswith("xl/workbook") for name in names)


class Workbook:
    """Opens a spreadsheet file and hands out its sheets as text."""

    def __init__(self, data: bytes, file: str) -> None:
        """Open the bytes of a spreadsheet; raises NotATableError or TableTooLargeError, which name `file`."""
        self._data = data
        self._file = file
        if data.startswith(b"PK"):
            _check_unpacked_size(data, file)
        self._workbook = self._open()
        metadata = self._workbook.sheets_metadata
        self._tables = [sheet.name for sheet in metadata if sheet.typ == SheetTypeEnum.WorkSheet]
        self._shown = {sheet.name for sheet in metadata if sheet.visible == SheetVisibleEnum.Visible}

    @property
    def sheet_names(self) -> tuple[str, ...]:
        """The names of the sheets that hold cells, in the order of the file."""
        return tuple(self._tables)

    @property
    def shown_sheet_names(self) -> tuple[str, ...]:
        """The names of the sheets that are not hidden (all of them where everything is)."""
        return tuple(name for name in self._tables if name in self._shown) or self.sheet_names

    def rows(self, sheet: str) -> list[list[str]]:
        """Return the cells of a sheet as text, from the first row of the sheet on.

        Raises SheetMissingError, TableTooLargeError and NotATableError.
        """
        name = self._name_of(sheet)
        cells = self._read(name)
        rows = [[cell_text(value) for value in row] for row in cells]
        if self._data.startswith(b"PK"):
            self._show_formulas(name, rows)
        return rows

    def _name_of(self, sheet: str) -> str:
        for name in self._tables:
            if name == sheet:
                return name
        for name in self._tables:
            if name.strip().casefold() == sheet.strip().casefold():
                return name
        raise SheetMissingError(self._file, sheet, self._tables)

    def _open(self) -> CalamineWorkbook:
        try:
            return CalamineWorkbook.from_filelike(io.BytesIO(self._data))
        except PasswordError as error:
            raise NotATableError(self._file, "protected by a password") from error
        except (CalamineError, OSError, ValueError) as error:
            raise NotATableError(self._file, "a damaged or unknown spreadsheet file") from error
        except BaseException as error:
            raise _as_panic(error, self._file) from error

    def _read(self, name: str) -> list[list[Value]]:
        try:
            sheet: CalamineSheet = self._workbook.get_sheet_by_name(name)
            if sheet.total_height * sheet.total_width >= CELL_LIMIT:
                raise TableTooLargeError(self._file, CELL_LIMIT)
            return sheet.to_python(skip_empty_area=False)
        except (CalamineError, OSError, ValueError) as error:
            raise NotATableError(self._file, "a damaged or unknown spreadsheet file") from error
        except TableTooLargeError:
            raise
        except BaseException as error:
            raise _as_panic(error, self._file) from error

    def _show_formulas(self, name: str, rows: list[list[str]]) -> None:
        """Put the text of formulas without a stored result into their cells, which would look empty otherwise."""
        if not _has_formulas(self._data):
            return
        # Imported when it is needed: it takes as long as a tenth of the program's start.
        import openpyxl

        with closing(openpyxl.load_workbook(io.BytesIO(self._data), read_only=True)) as book:
            if name not in book.sheetnames:
                return
            for row_at, row in enumerate(book[name].iter_rows(values_only=True)):
                for at, value in enumerate(row):
                    if not (isinstance(value, str) and value.startswith("=")):
                        continue
                    while len(rows) <= row_at:
                        rows.append([])
                    cells = rows[row_at]
                    cells.extend([""] * (at + 1 - len(cells)))
                    if not cells[at]:
                        cells[at] = value


def cell_text(value: Value) -> str:
    """Return a cell's value as a person would type it: whole numbers without a point, dates as 2026-05-01."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < _LARGEST_EXACT else format(value, ".15g")
    if isinstance(value, datetime.datetime):
        return value.date().isoformat() if value.time() == datetime.time() else value.isoformat(" ", "minutes")
    if isinstance(value, datetime.time):
        return value.isoformat("minutes")
    return str(value)


def _as_panic(error: BaseException, file: str) -> BaseException:
    # The reader's native code reports its own bugs with an exception that is no Exception.
    return NotATableError(file, "a damaged spreadsheet file") if type(error).__name__ == "PanicException" else error


def _check_unpacked_size(data: bytes, file: str) -> None:
    """Refuse archives that unpack to far more than a guest list, and sheets whose cells lie absurdly far apart."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > _UNPACKED_LIMIT:
                raise TableTooLargeError(file, CELL_LIMIT)
            for entry in archive.infolist():
                if re.fullmatch(r"xl/worksheets/[^/]+\.xml", entry.filename) and _is_vast(archive, entry):
                    raise TableTooLargeError(file, CELL_LIMIT)
    except (zipfile.BadZipFile, RuntimeError, OSError, EOFError) as error:
        raise NotATableError(file, "a damaged or unknown spreadsheet file") from error


def _is_vast(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bool:
    width = height = 0
    for chunk in _chunks(archive, entry):
        for column, row in _FILLED_CELL.findall(chunk):
            height = max(height, int(row))
            number = 0
            for letter in column:
                number = number * 26 + letter - 64
            width = max(width, number)
        if width * height >= 2 * CELL_LIMIT:
            return True
    return False


def _has_formulas(data: bytes) -> bool:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return any(
                _FORMULA.search(chunk)
                for entry in archive.infolist()
                if re.fullmatch(r"xl/worksheets/[^/]+\.xml", entry.filename)
                for chunk in _chunks(archive, entry)
            )
    except (zipfile.BadZipFile, RuntimeError, OSError, EOFError):
        return False


def _chunks(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    """Yield a member of an archive piece by piece, cut between tags."""
    rest = b""
    with archive.open(entry) as member:
        while piece := member.read(_CHUNK):
            joined = rest + piece
            cut = joined.rfind(b"<")
            cut = len(joined) if cut < 0 else cut
            rest = joined[cut:]
            yield joined[:cut]
    yield rest
