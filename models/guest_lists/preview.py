"""Shows a guest list file as it would be imported."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from models.guest_lists.columns import has_names, recognise_columns
from models.guest_lists.errors import NoNameColumnError
from models.guest_lists.fields import Field
from models.guest_lists.reading import read_guests
from models.guest_lists.rows import GuestRow, Problem
from models.guest_lists.tables import Sheet, read_table


@dataclass(frozen=True)
class GuestListPreview:
    """A list as it would be imported: the columns as recognised, the guests, and the problems."""

    sheet: Sheet
    mapping: Mapping[Field, int]
    rows: tuple[GuestRow, ...]
    problems: tuple[Problem, ...]

    @property
    def columns(self) -> dict[Field, str]:
        """The header of each recognised field."""
        return {field: self.sheet.header[column] for field, column in self.mapping.items()}


def preview_guest_list(
    path: str | Path,
    sheet: str | None = None,
    country: str | None = None,
    mapping: Mapping[Field, int] | None = None,
) -> GuestListPreview:
    """Read a file as it would be imported, without importing anything.

    `mapping` replaces the columns as recognised. Raises a GuestListError where the file is no guest list.
    """
    return preview_sheet(read_table(path, sheet), country, mapping)


def preview_sheet(
    sheet: Sheet, country: str | None = None, mapping: Mapping[Field, int] | None = None
) -> GuestListPreview:
    """Read a table as it would be imported; raises NoNameColumnError and UnknownCountryError."""
    columns = recognise_columns(sheet.header, sheet.rows) if mapping is None else mapping
    if not has_names(columns):
        raise NoNameColumnError(sheet.file, sheet.header)
    guests = read_guests(sheet, columns, country)
    return GuestListPreview(sheet, columns, guests.rows, guests.problems)


def preview_to_json(preview: GuestListPreview) -> str:
    """Return a preview as the JSON text of the command line: `columns`, `rows` and `problems`."""
    document = {
        "columns": {field.value: header for field, header in preview.columns.items()},
        "rows": [
            {
                "name": row.name,
                "email": row.email,
                "phone": row.phone,
                "rsvp": row.rsvp.value,
                "household": row.household,
                "diet": row.diet,
                "table": row.table,
                "tags": list(row.tags),
                "placeholder": row.placeholder,
                "line": row.line,
            }
            for row in preview.rows
        ],
        "problems": [{"line": problem.line, "reason": problem.reason} for problem in preview.problems],
    }
    return json.dumps(document, ensure_ascii=False, indent=2)
