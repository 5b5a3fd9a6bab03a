"""What two copies hand each other: envelopes with operations one way, rows and outcomes the other."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field
from pydantic_core import from_json

from models.base import Value
from models.events import Role

ShortText = Annotated[str, Field(max_length=80, pattern=r"^[^\x00]*$")]
Uuid = Annotated[str, Field(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]
Moment = Annotated[AwareDatetime, Field(ge=datetime(1900, 1, 1, tzinfo=UTC), lt=datetime(3000, 1, 1, tzinfo=UTC))]
"""A time with a zone that a clock can show; anything else could be stored and not be read again."""
LONGEST_ARGUMENTS = 2_000_000
"""Characters: a longer operation is refused where it is made, since it could never be handed on."""
Number = Annotated[int, Field(ge=1, lt=2**63)]
_FEW_BRACKETS = 100


def _fit_to_be_kept(arguments: str) -> str:
    if "\x00" in arguments:
        raise ValueError("no text may hold the character NUL")
    # Lists and objects are as deep within each other as there are brackets, at most: nearly all have a few only.
    if arguments.count("[") + arguments.count("{") > _FEW_BRACKETS and _is_too_deep(arguments):
        raise ValueError("lists and objects are too deep within each other")
    return arguments


def _is_too_deep(arguments: str) -> bool:
    try:
        from_json(arguments)
    except ValueError as error:
        # What is no JSON at all is told by whoever decodes it, as the outcome of one operation.
        return "recursion limit" in str(error)
    return False


def fit_to_be_handed_on(arguments: str) -> str:
    """Give stored arguments as they travel: without those that no server takes, so that nothing behind them waits.

    Only a hub's log from before arguments were looked at can hold such, and nothing was ever made of them.
    """
    try:
        return _fit_to_be_kept(arguments)
    except ValueError:
        return "{}"


class _Message(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class OutcomeKind(StrEnum):
    """What a server made of an operation."""

    APPLIED = "applied"
    REFUSED = "refused"
    WAITING = "waiting"
    QUARANTINED = "quarantined"
    DISCARDED = "discarded"


class Envelope(_Message):
    """One operation on its way: ``(install, epoch, number)`` is its place, ``op_id`` its identity.

    ``role`` and ``device_id`` are filled in by a hub that hands on what others gave it.
    """

    install_id: Uuid
    epoch: Number
    number: Number
    op_id: Uuid
    name: ShortText
    arguments: Annotated[str, Field(max_length=LONGEST_ARGUMENTS), AfterValidator(_fit_to_be_kept)]
    device_time: Moment
    device_id: Uuid | None = None
    role: Role | None = None


class Outcome(_Message):
    """What became of one operation."""

    op_id: str
    outcome: OutcomeKind
    code: str | None = None
    reason: str | None = None
    install_id: str | None = None
    """Whose operation it is, where a hub hears of other copies' as well."""


class Seen(_Message):
    """The last number of an installed copy's epoch that a server has."""

    install_id: str
    epoch: int
    number: int
    op_id: str


class Receipt(_Message):
    """What a server says it has of each installed copy that was handed in, and which state of it says so.

    ``server_id`` and ``epoch`` are missing where the server is of an earlier version.
    """

    version: int
    seen: list[Seen]
    server_id: str | None = None
    epoch: int | None = None


class TableRows(_Message):
    """Rows of one table: stored values in the order of ``columns``."""

    columns: tuple[str, ...]
    rows: list[list[Value]]


class Pulled(_Message):
    """Everything that changed after a cookie, as the role of the asking device sees it."""

    server_id: str
    epoch: int
    version: int
    tables: dict[str, TableRows]
    gone: list[tuple[str, str]] = []
    seen: list[Seen] = []
    outcomes: list[Outcome] = []
    server_time: datetime
    upstream_waiting: int | None = None
    """On a hub with a server above it: how many operations it has still to hand on."""
    upstream_reached: bool = True
    checksum: str | None = None
    """Where it was asked for: one hash over all tables at ``version``, as the role of the asking device sees them."""

    @property
    def carries_nothing(self) -> bool:
        """Whether nothing changed that the asking device sees, and nothing is to be held against a checksum."""
        return not (self.tables or self.gone or self.outcomes or self.checksum)
