"""Changes that waited when their event was removed: kept in a file, and taken in by another copy of the event."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from desktop.atomic_file import write_atomically
from models.errors import BadInput, StoreError, UsherError
from models.events import Role
from models.operations.base import ORGANIZERS
from models.store.exchange import Envelope, Uuid
from models.store.identity import Identity
from models.store.local_copy import LocalCopy
from models.store.taking_over import take_in

CHANGES_SUFFIX = ".usher-changes"

_log = logging.getLogger(__name__)


class _SavedChanges(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    usher_outbox: Literal[1] = 1
    event_id: Uuid
    role: Role
    envelopes: list[Envelope]


@dataclass(frozen=True)
class TakenIn:
    """The event that changes were taken into, and how many of them it did not have."""

    event: Path
    count: int


def save_changes(path: Path, owner: Identity, waiting: Sequence[Envelope]) -> None:
    """Write what waits in a copy to a file and read it again. Raises StoreError ``not_saved``."""
    text = _SavedChanges(event_id=owner.event_id, role=owner.role, envelopes=list(waiting)).model_dump_json()
    try:
        write_atomically(path, text)
        kept = path.read_text(encoding="utf-8")
    except OSError as error:
        raise StoreError(
            "not_saved", f"“{path.name}” could not be written, so nothing was removed: choose another place."
        ) from error
    if kept != text:
        raise StoreError("not_saved", f"“{path.name}” could not be read again, so nothing was removed.")


def take_in_changes(path: Path, events: Iterable[Path]) -> TakenIn:
    """Put saved changes into the outbox of the first of ``events`` that is a copy of theirs and may make them.

    That is one for the same role, or an organizer's. What a copy has already it is not given twice.
    Raises BadInput ``foreign_file`` and ``no_copy``, and StoreError.
    """
    saved = _read(path)
    for event in events:
        try:
            copy = LocalCopy(event)
        except UsherError as error:
            _log.info("a copy that cannot be opened is passed over: %s", error.code)
            continue
        with closing(copy):
            owner = copy.identity
            if owner.event_id == saved.event_id and (owner.role is saved.role or owner.role in ORGANIZERS):
                return TakenIn(event, take_in(copy, saved.envelopes))
    raise BadInput(
        "no_copy", f"The event that “{path.name}” belongs to is not on this laptop: join it first, then open the file."
    )


def _read(path: Path) -> _SavedChanges:
    try:
        return _SavedChanges.model_validate_json(path.read_bytes())
    except OSError as error:
        raise BadInput(
            "no_file", f"“{path.name}” cannot be opened: check that the file is there and may be read."
        ) from error
    except ValidationError as error:
        raise BadInput(
            "foreign_file", f"“{path.name}” holds no changes that Usher saved, or not all of them: use another copy."
        ) from error
