"""The guest list commands of the command line: show, import, export; each gives its result as JSON text."""

from __future__ import annotations

import json
from pathlib import Path

from models.errors import UsherError
from models.events import Role
from models.exporting import export_guests as write_guests
from models.guest_lists.preview import GuestListPreview, preview_guest_list, preview_to_json
from models.guest_table import read_guest_rows
from models.importing import Choice, ImportPlan, PlannedRow, RowKind, import_operations, plan_import, read_situation
from models.store.local_copy import LocalCopy

_MAY_IMPORT = frozenset({Role.OWNER, Role.ORGANIZER})


def preview_guests(file: Path, sheet: str | None, country: str | None) -> str:
    """Give the columns, rows and problems of a list as it would be imported. Raises a GuestListError."""
    return preview_to_json(preview_guest_list(file, sheet, country))


def import_guests(file: Path, sheet: str | None, country: str | None, database: Path) -> str:
    """Import a list into an event's file in one transaction and give what was done.

    `added`, `updated` and `unchanged` count guests, `seated` seats that were given; `similar` lists the lines which
    were left out because they may mean a guest who is there already; `problems` is as in the preview.
    Raises a GuestListError, StoreError or Refused; nothing is changed then.
    """
    preview = preview_guest_list(file, sheet, country)
    copy = LocalCopy(database)
    try:
        plan = _import(copy, preview)
    finally:
        copy.close()
    return json.dumps(_import_report(plan), ensure_ascii=False, indent=2)


def export_guests(database: Path, to: Path) -> str:
    """Write an event's guests to a .csv or .xlsx file and give their number.

    Raises StoreError, UnknownFormatError and FileNotWritableError.
    """
    copy = LocalCopy(database)
    try:
        with copy.read() as connection:
            lines = read_guest_rows(connection, copy.identity.event_id)
    finally:
        copy.close()
    write_guests(to, lines)
    return json.dumps({"guests": len(lines), "file": str(to)}, ensure_ascii=False, indent=2)


def _import(copy: LocalCopy, preview: GuestListPreview) -> ImportPlan:
    identity = copy.identity
    if identity.role not in _MAY_IMPORT:
        raise UsherError(
            "not_an_organizer",
            f"“{copy.path.name}” is the copy of a door or a viewer: import into an organizer's copy of the event.",
        )
    # Looked at and changed in one transaction: the event may be open in a window at the same time.
    with copy.database.write() as connection:
        plan = plan_import(preview.rows, read_situation(connection, identity.event_id), preview.problems)
        copy.run_in(connection, import_operations(plan))
    return plan


def _import_report(plan: ImportPlan) -> dict[str, object]:
    return {
        "added": plan.chosen(Choice.ADD),
        "updated": plan.chosen(Choice.UPDATE),
        "unchanged": sum(planned.kind is RowKind.SAME for planned in plan.rows),
        "seated": len(plan.seats),
        "similar": [_similar(planned) for planned in plan.rows if _waits_for_a_person(planned)],
        "problems": [{"line": problem.line, "reason": problem.reason} for problem in plan.problems],
    }


def _waits_for_a_person(planned: PlannedRow) -> bool:
    return planned.kind is RowKind.SIMILAR and planned.choice is Choice.SKIP


def _similar(planned: PlannedRow) -> dict[str, object]:
    return {
        "line": planned.row.line,
        "name": planned.row.name,
        "known": planned.known.name if planned.known else None,
        "why": planned.why,
    }
