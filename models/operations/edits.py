"""Edits of single fields: each carries what the person saw, so that nothing is overwritten unseen."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict
from sqlalchemy import Connection, bindparam, select

from models.base import Synced, canonical_json, time_text
from models.conflicts import ConflictKind
from models.store.prepared import Prepared
from models.store.rows import Finding, Rows, gone

T = TypeVar("T")
Fields = TypeVar("Fields", bound=BaseModel)


class FieldEdit(BaseModel, Generic[T]):
    """What a field was when the person looked, and what it shall be."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    seen: T
    new: T


def apply_edits(rows: Rows, entity: type[Synced], row_id: str, fields: BaseModel, *, for_doors: bool) -> None:
    """Set the edited fields of one row.

    A field that holds neither what was seen nor the new value is set all the same (the later in the order
    wins); what it held goes into one Finding for the whole operation, so that nothing is lost.
    Raises Refused ``gone`` when the row is not there.
    """
    edits = _edits(fields)
    held = _held(rows.connection, entity, row_id, rows.context.event_id, edits)
    if held is None:
        raise gone(entity)
    overwritten: dict[str, str] = {}
    for field, edit in edits.items():
        if held[field] != edit.seen and held[field] != edit.new:
            overwritten[field] = _text(held[field])
            overwritten[f"{field}:kept"] = _text(edit.new)
    rows.update(entity, [row_id], **{field: edit.new for field, edit in edits.items()})
    if overwritten:
        rows.find(Finding(ConflictKind.EDITED_TWICE, entity.__tablename__, row_id, overwritten, for_doors=for_doors))


def reversed_edits(connection: Connection, entity: type[Synced], row_id: str, event_id: str, fields: Fields) -> Fields:
    """Give the edits that set the fields back to what the row holds now, which may be newer than what was seen."""
    edits = _edits(fields)
    held = _held(connection, entity, row_id, event_id, edits) or {name: edit.seen for name, edit in edits.items()}
    return type(fields).model_validate({name: {"seen": edit.new, "new": held[name]} for name, edit in edits.items()})


def _held(
    connection: Connection, entity: type[Synced], row_id: str, event_id: str, edits: dict[str, FieldEdit[Any]]
) -> dict[str, Any] | None:
    row = _read_fields(entity, tuple(edits)).row(connection, id=row_id, event_id=event_id)
    return None if row is None else dict(zip(edits, row[1:], strict=True))


@cache
def _read_fields(entity: type[Synced], fields: tuple[str, ...]) -> Prepared:
    columns = [entity.__table__.c[name] for name in fields]
    return Prepared(
        select(entity.id, *columns).where(
            entity.id == bindparam("id"), entity.event_id == bindparam("event_id"), entity.deleted_at.is_(None)
        )
    )


def _edits(fields: BaseModel) -> dict[str, FieldEdit[Any]]:
    given = {name: getattr(fields, name) for name in type(fields).model_fields}
    return {name: edit for name, edit in given.items() if isinstance(edit, FieldEdit)}


def _text(value: object) -> str:
    if isinstance(value, datetime):
        return time_text(value)
    return value if isinstance(value, str) else canonical_json(value)
