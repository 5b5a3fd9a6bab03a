"""Writes the guests of an event to a file that a spreadsheet, or Usher, can read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from models.guest_lists.rows import GuestRow
from models.guest_lists.writing import write_guest_list
from models.guest_table import GuestLine


def export_guests(path: str | Path, lines: Sequence[GuestLine]) -> None:
    """Write guests to a .csv or .xlsx file, households together.

    Raises UnknownFormatError for other endings and FileNotWritableError.
    """
    write_guest_list(path, exported_rows(lines))


def exported_rows(lines: Iterable[GuestLine]) -> list[GuestRow]:
    """Give guests as the rows of a list, sorted by household and name, hosts before those they bring."""
    known = list(lines)
    names = {line.attendee_id: line.name for line in known}
    ordered = sorted(
        known, key=lambda line: (line.household.casefold(), line.invitation_id, bool(line.plus_one_of), line.folded)
    )
    return [
        GuestRow(
            name=line.name,
            line=at,
            email=line.email,
            phone=line.phone,
            rsvp=line.rsvp,
            household=line.household,
            diet=line.diet,
            table=line.table,
            tags=line.tags,
            placeholder=line.is_placeholder,
            plus_one_of=names.get(line.plus_one_of or ""),
            meal=line.meal,
            seat=None if line.seat is None else str(line.seat),
            company=line.company,
            accessibility=line.access_needs,
            notes=line.notes,
            ticket_type=line.ticket_type,
        )
        # Line 1 holds the headers.
        for at, line in enumerate(ordered, start=2)
    ]
