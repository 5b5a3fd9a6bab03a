"""Erasing a guest at a server: the person is blanked in the log."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from pydantic_core import from_json
from sqlalchemy import ColumnElement, Connection, select

from models.invitations import Invitation
from models.people import Guest
from models.store.erasing import ERASED_NAME, blank_arguments, blank_reasons, erased_among, erased_guest, is_word
from models.store.exchange import Envelope
from models.store.log_tables import LogRow, OutcomeAbove


def blank_log(connection: Connection, event_id: str, guest_ids: Sequence[str], version: int) -> None:
    """Blank erased guests in the log of an event: a replay gives the same blanked rows.

    Reasons that named them are told again, at this version, to the devices that hold them.
    """
    for guest_id in guest_ids:
        person = erased_guest(connection, guest_id)
        blank_arguments(connection, LogRow, person, LogRow.event_id == event_id)
        for entity in (LogRow, OutcomeAbove):
            blank_reasons(connection, entity, person, entity.event_id == event_id, version=version)


def meaning_nobody_erased(connection: Connection, event_id: str, envelopes: Sequence[Envelope]) -> frozenset[str]:
    """Give the ids of those operations of a batch that mean no erased guest, looked up all at once: all or none."""
    if erased_among(connection, event_id, [(one.name, one.arguments) for one in envelopes]):
        return frozenset()
    return frozenset(one.op_id for one in envelopes)


def blanked_on_arrival(connection: Connection, event_id: str, name: str, arguments: str) -> str:
    """Give the arguments of an operation that comes late without those who were erased meanwhile."""
    for guest_id in erased_among(connection, event_id, [(name, arguments)]):
        person = erased_guest(connection, guest_id)
        person.only_word = ERASED_NAME
        arguments = person.blanked(name, arguments)
    return arguments


def seen_as_held(connection: Connection, event_id: str, name: str, arguments: str) -> str:
    """Give an edit that was blanked elsewhere as one of somebody who saw what is held here.

    A hub, or the device itself, blanked it before it came here, where the erasure is still to come: what the person
    saw is not known any more, and must not be taken for something else than what is held.
    """
    target = _EDITED.get(name.partition(".")[0])
    if target is None or "erased " not in arguments:
        return arguments
    entity, id_name = target
    try:
        what: dict[str, Any] = from_json(arguments)
        fields: dict[str, dict[str, Any] | None] = what["fields"]
        edits = {field: edit for field, edit in fields.items() if edit is not None and is_word(edit["seen"])}
        columns: list[ColumnElement[Any]] = [entity.__table__.c[field] for field in edits]
        row_id = str(what[id_name])
    except (ValueError, KeyError, TypeError, AttributeError):
        # It does not fit its own shape: whoever decodes it says so.
        return arguments
    if not edits:
        return arguments
    held = connection.execute(select(*columns).where(entity.id == row_id, entity.event_id == event_id)).one_or_none()
    if held is None:
        return arguments
    for edit, value in zip(edits.values(), held, strict=True):
        edit["seen"] = value
    return json.dumps(what, ensure_ascii=False, separators=(",", ":"))


_EDITED: dict[str, tuple[type[Guest] | type[Invitation], str]] = {
    "edit_guest": (Guest, "guest_id"),
    "edit_invitation": (Invitation, "invitation_id"),
}
