"""What all operations share, and the register that finds one by its name."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, ClassVar, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from models.errors import BadInput, Refused, UsherError
from models.events import Role
from models.store.driver_writes import insert_missing_rows
from models.store.exchange import Moment
from models.store.rows import Change, Context, Finding, InsertMissing, Rows

Id = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]
"""A UUID in lower case with hyphens."""
Line = Annotated[str, StringConstraints(max_length=300)]
Label = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Text = Annotated[str, StringConstraints(max_length=10_000)]
Time = Moment
Count = Annotated[int, Field(ge=1, le=1_000_000)]
"""A capacity."""

BULK = 500
"""At most so many rows travel in one operation; larger work is several operations under one undo."""

ORGANIZERS = frozenset({Role.OWNER, Role.ORGANIZER})
EVERYBODY_AT_WORK = ORGANIZERS | {Role.DOOR}


class Nature(StrEnum):
    """Whether a server may refuse an operation."""

    FACT = "fact"
    WISH = "wish"


class Operation(BaseModel, ABC):
    """One change that somebody meant.

    ``apply`` is deterministic: ids, times and the device come in as arguments or in the context. It
    validates, changes rows through :class:`Rows`, and raises :class:`Refused` when the rules forbid it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: ClassVar[str]
    roles: ClassVar[frozenset[Role]] = ORGANIZERS
    nature: ClassVar[Nature] = Nature.WISH
    made_by_servers: ClassVar[bool] = False
    refusal_concerns_doors: ClassVar[bool] = False

    @abstractmethod
    def apply(self, rows: Rows) -> None:
        """Validate and change the rows."""

    def roles_allowed(self, connection: Connection) -> frozenset[Role]:
        """Give the roles that may do it as the rows are: ``roles``, unless it depends on what it is about."""
        return self.roles

    def inverse(self, connection: Connection, event_id: str) -> Sequence[Operation]:
        """Give the operations that undo this one, read off the state before it; none if it cannot be undone."""
        return ()


@dataclass(frozen=True)
class Applied:
    """What came of applying an operation."""

    change: Change
    findings: tuple[Finding, ...]


FAULTS = (UsherError, SQLAlchemyError, ValueError, TypeError, LookupError, AttributeError, ArithmeticError)
"""What an operation may raise: a refusal, or by a mistake of ours. Neither holds up what comes after it."""

REGISTER: dict[str, type[Operation]] = {}

_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")

_Kind = TypeVar("_Kind", bound=type[Operation])


def operation(name: str) -> Callable[[_Kind], _Kind]:
    """Register an operation class under its versioned name, such as ``seat_attendees.v1``."""
    if not re.fullmatch(r"[a-z_]+\.v[1-9]", name):
        raise ValueError(name)

    def register(kind: _Kind) -> _Kind:
        kind.name = name
        REGISTER[name] = kind
        return kind

    return register


def decode(name: str, arguments: str | Mapping[str, object]) -> Operation:
    """Make an operation of its name and its arguments (JSON text, or values).

    Raises BadInput ``unknown_operation`` for a name from a newer Usher and ``bad_arguments``, naming the
    first field that does not fit.
    """
    kind = REGISTER.get(name)
    if kind is None:
        raise BadInput("unknown_operation", f"This Usher does not know the change “{name[:80]}”: update it.", name=name)
    if isinstance(arguments, str) and holds_nul(arguments):
        raise BadInput("bad_arguments", f"The change “{name}” holds a character that no text may hold.", name=name)
    try:
        if isinstance(arguments, str):
            return kind.model_validate_json(arguments)
        return kind.model_validate(arguments)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise BadInput(
            "bad_arguments", f"The change “{name}” does not fit at “{where}”: {first['msg']}.", field=where
        ) from error


def holds_nul(arguments: str) -> bool:
    """Tell whether a text in some arguments (JSON) holds the character NUL, which PostgreSQL cannot store."""
    return "\\u0000" in arguments and _NUL.search(arguments) is not None


def apply_operation(
    connection: Connection, what: Operation, context: Context, insert_missing: InsertMissing = insert_missing_rows
) -> Applied:
    """Apply an operation inside the caller's transaction and savepoint.

    Raises :class:`Refused`; the caller rolls back to its savepoint then. A constraint of the database
    that speaks up is a refusal too: the rules hold even where an operation forgot to look.
    """
    rows = Rows(connection, context, insert_missing)
    try:
        what.apply(rows)
    except IntegrityError as error:
        raise Refused(
            "constraint",
            "The change does not fit what is there by now: look at it again.",
            cause=str(error.orig),
        ) from error
    return Applied(change=rows.change, findings=tuple(rows.findings))


def now_utc() -> datetime:
    """Give the present time, aware; for callers that make operations, never for ``apply``."""
    return datetime.now(UTC)
