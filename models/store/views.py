"""What each role sees of an event: a mask over columns and rows."""

from __future__ import annotations

from functools import lru_cache

from models.base import Synced
from models.conflicts import Conflict
from models.events import Role
from models.store.schema import columns_of

_MASKED = frozenset({Role.DOOR, Role.VIEWER})


@lru_cache(maxsize=256)
def visible_columns(entity: type[Synced], role: Role) -> tuple[str, ...]:
    """Give the columns of a table that a role's copy holds; none if it holds no row of it."""
    if role not in _MASKED:
        return columns_of(entity)
    if entity.unseen_by_doors:
        return ()
    return tuple(column for column in columns_of(entity) if column not in entity.hidden_from_doors)


def door_conflicts_only(entity: type[Synced], role: Role) -> bool:
    """Tell whether a role sees only those rows that are meant for doors."""
    return entity is Conflict and role in _MASKED
