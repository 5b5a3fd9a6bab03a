"""What can be wrong with a guest list file as a whole, each with a stable code."""

from collections.abc import Sequence

from models.errors import BadInput


class GuestListError(BadInput):
    """Says why a guest list could not be read or written at all."""


class FileMissingError(GuestListError):
    """The path leads to no file."""

    def __init__(self, file: str) -> None:
        super().__init__(
            "guest_list_file_missing", f"“{file}” was not found: check the name and the folder.", file=file
        )


class FileUnreadableError(GuestListError):
    """The file is there but the system does not let it be read."""

    def __init__(self, file: str, why: str) -> None:
        super().__init__(
            "guest_list_file_unreadable",
            f"“{file}” could not be opened ({why}): check that it is a file, that you may read it, "
            "and that no other program holds it.",
            file=file,
            why=why,
        )


class NotATableError(GuestListError):
    """The file holds something else than rows and columns."""

    def __init__(self, file: str, what: str) -> None:
        super().__init__(
            "guest_list_not_a_table",
            f"“{file}” is {what}, not a table: choose a CSV, Excel or OpenDocument file.",
            file=file,
            what=what,
        )


class EmptyTableError(GuestListError):
    """The table holds no guest."""

    def __init__(self, file: str, what: str = "is empty") -> None:
        super().__init__(
            "guest_list_empty",
            f"“{file}” {what}: choose a list with one line of headers and a line for each guest.",
            file=file,
        )


class WrongEncodingError(GuestListError):
    """The bytes are no text in any encoding we know."""

    def __init__(self, file: str, encoding: str) -> None:
        super().__init__(
            "guest_list_wrong_encoding",
            f"The letters in “{file}” cannot be read as {encoding}: save the list again as “CSV UTF-8”.",
            file=file,
            encoding=encoding,
        )


class TableTooLargeError(GuestListError):
    """The table has more cells than a guest list can have."""

    def __init__(self, file: str, limit: int) -> None:
        super().__init__(
            "guest_list_too_large",
            f"“{file}” is too large: a list has less than {limit:,} cells, so split it or remove what is not needed.",
            file=file,
            limit=limit,
        )


class SheetMissingError(GuestListError):
    """The workbook has no sheet of the name asked for."""

    def __init__(self, file: str, sheet: str, sheets: Sequence[str]) -> None:
        there = ", ".join(f"“{name}”" for name in sheets) or "none"
        super().__init__(
            "guest_list_sheet_missing",
            f"“{file}” has no sheet “{sheet}”: choose one of {there}.",
            file=file,
            sheet=sheet,
            sheets=tuple(sheets),
        )


class NoNameColumnError(GuestListError):
    """No column was recognised as holding names."""

    def __init__(self, file: str, headers: Sequence[str]) -> None:
        shown = ", ".join(f"“{header}”" for header in list(headers)[:8] if header) or "no headers"
        super().__init__(
            "guest_list_no_name_column",
            f"“{file}” has no column with names (found {shown}): "
            "add a header such as “Name”, or choose the column yourself.",
            file=file,
            headers=tuple(headers),
        )


class UnknownCountryError(GuestListError):
    """The country for phone numbers is no two-letter country code."""

    def __init__(self, country: str) -> None:
        super().__init__(
            "guest_list_unknown_country",
            f"“{country}” is no country code for phone numbers: use two letters such as DE, ES or US.",
            country=country,
        )


class FileNotWritableError(GuestListError):
    """The list could not be written where it was asked for."""

    def __init__(self, file: str, why: str) -> None:
        super().__init__(
            "guest_list_not_writable",
            f"“{file}” could not be written ({why}): close it in other programs or choose another place.",
            file=file,
            why=why,
        )


class UnknownFormatError(GuestListError):
    """The file name does not say in which of the known forms to write."""

    def __init__(self, file: str) -> None:
        super().__init__(
            "guest_list_unknown_format",
            f"“{file}” cannot be written: give it a name that ends in .csv or .xlsx.",
            file=file,
        )
