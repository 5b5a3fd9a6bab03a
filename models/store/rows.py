"""The one way in which operations read and change rows; it records what was changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, select

from models.base import Synced, Value
from models.conflicts import ConflictKind
from models.errors import Refused
from models.store.driver import value_mark
from models.store.driver_writes import insert_missing_rows, insert_rows, update_rows
from models.store.portions import portions

InsertMissing = Callable[[Connection, type[Synced], Sequence[Mapping[str, object]]], None]
"""How rows are added that may be there already; see :func:`insert_missing_rows`."""


@dataclass(frozen=True)
class Context:
    """What an operation is applied in; all of it is the same wherever the operation runs again.

    ``at`` is the device's time of the operation. ``version`` and ``server_at`` are given by a server only.
    """

    event_id: str
    op_id: str
    at: datetime
    version: int | None = None
    server_at: datetime | None = None


@dataclass(frozen=True)
class Change:
    """Which rows changed: ids by the name of their table."""

    rows: Mapping[str, frozenset[str]] = field(default_factory=dict[str, frozenset[str]])

    def __bool__(self) -> bool:
        """Tell whether anything changed."""
        return any(self.rows.values())

    def touches(self, *entities: type[Synced]) -> bool:
        """Tell whether a row of one of these tables changed."""
        return any(self.rows.get(entity.__tablename__) for entity in entities)

    def ids(self, entity: type[Synced]) -> frozenset[str]:
        """Give the changed ids of one table."""
        return self.rows.get(entity.__tablename__, frozenset())

    def joined_with(self, other: Change) -> Change:
        """Give both changes as one."""
        if not other.rows:
            return self
        return Change.of_all([self, other])

    def without(self, other: Change) -> Change:
        """Give what changed here and not in the other one."""
        nothing: frozenset[str] = frozenset()
        left = {name: ids - other.rows.get(name, nothing) for name, ids in self.rows.items()}
        return Change({name: ids for name, ids in left.items() if ids})

    @classmethod
    def of_all(cls, changes: Iterable[Change]) -> Change:
        """Give many changes as one, in a time that grows with their rows and not with its square."""
        found: dict[str, set[str]] = {}
        for change in changes:
            for name, ids in change.rows.items():
                found.setdefault(name, set()).update(ids)
        return cls({name: frozenset(ids) for name, ids in found.items()})


@dataclass(frozen=True)
class Finding:
    """Something that an operation met while it was applied, for a person to look at.

    A server makes a Conflict of it; a copy waits for the server's word. ``against`` are the ids of other
    operations it is about.
    """

    kind: ConflictKind
    about_table: str
    about_id: str | None
    details: Mapping[str, str]
    for_doors: bool
    against: tuple[str, ...] = ()


class Rows:
    """Reads and changes the rows of one event for one operation."""

    def __init__(
        self, connection: Connection, context: Context, insert_missing: InsertMissing = insert_missing_rows
    ) -> None:
        """Work on an open transaction. ``insert_missing`` may keep rows to write them later, with others."""
        self.connection = connection
        self.context = context
        self._insert_missing = insert_missing
        self.findings: list[Finding] = []
        self._changed: dict[str, set[str]] = {}

    @property
    def change(self) -> Change:
        """Which rows were changed so far."""
        return Change({name: frozenset(ids) for name, ids in self._changed.items()})

    def insert(self, entity: type[Synced], rows: Sequence[Mapping[str, object]]) -> None:
        """Add rows; ``id`` and the columns without a default must be there, the same keys in each."""
        if not rows:
            return
        insert_rows(self.connection, entity, self._stamped(rows))
        self._note(entity, (str(row["id"]) for row in rows))

    def insert_missing(self, entity: type[Synced], rows: Sequence[Mapping[str, object]]) -> None:
        """Add rows as :meth:`insert` does; one whose ``id`` is there already stays as it is, and counts as changed."""
        if not rows:
            return
        self._insert_missing(self.connection, entity, self._stamped(rows))
        self._note(entity, (str(row["id"]) for row in rows))

    def update(self, entity: type[Synced], ids: Iterable[str], **values: object) -> None:
        """Set the same values in some rows; raises Refused ``gone`` when one of them is not there."""
        wanted = list(dict.fromkeys(ids))
        values["updated_at"] = self.context.at
        if self.context.version is not None:
            values["version"] = self.context.version
        for some in portions(wanted):
            if update_rows(self.connection, entity, self.context.event_id, some, values) != len(some):
                raise gone(entity)
        self._note(entity, wanted)

    def stored(self, entity: type[Synced], ids: Sequence[str], columns: Sequence[str]) -> dict[str, tuple[Value, ...]]:
        """Give the stored values of those rows of the event that are there, hidden ones too, by their id."""
        names = ", ".join(columns)
        mark = value_mark(self.connection)
        found: dict[str, tuple[Value, ...]] = {}
        for some in portions(ids):
            rows = self.connection.exec_driver_sql(
                f"SELECT id, {names} FROM {entity.__tablename__} WHERE event_id = {mark}"
                f" AND id IN ({', '.join([mark] * len(some))})",
                (self.context.event_id, *some),
            )
            found.update((row[0], tuple(row[1:])) for row in rows)
        return found

    def restore(self, entity: type[Synced], columns: Sequence[str], rows: Sequence[Sequence[Value]]) -> None:
        """Add rows of stored values as they are, their own times included; the event and version are filled in."""
        if not rows:
            return
        names = ", ".join(["event_id", "version", *columns])
        mark = value_mark(self.connection)
        stamp = (self.context.event_id, self.context.version or 0)
        self.connection.exec_driver_sql(
            f"INSERT INTO {entity.__tablename__} ({names}) VALUES ({', '.join([mark] * (len(columns) + 2))})",
            [(*stamp, *row) for row in rows],
        )
        place = list(columns).index("id")
        self._note(entity, (str(row[place]) for row in rows))

    def present(self, entity: type[Synced], ids: Iterable[str]) -> None:
        """Raise Refused ``gone`` unless all these rows are there and not hidden."""
        wanted = set(ids)
        if self.known(entity, wanted) != wanted:
            raise gone(entity)

    def known(self, entity: type[Synced], ids: Iterable[str]) -> set[str]:
        """Give those of the ids that are there and not hidden."""
        found: set[str] = set()
        for some in portions(list(ids)):
            where = entity.id == some[0] if len(some) == 1 else entity.id.in_(some)
            found.update(
                self.connection.scalars(
                    select(entity.id).where(
                        where, entity.event_id == self.context.event_id, entity.deleted_at.is_(None)
                    )
                )
            )
        return found

    def find(self, finding: Finding) -> None:
        """Note something for a person to look at."""
        self.findings.append(finding)

    def _stamped(self, rows: Sequence[Mapping[str, object]]) -> list[dict[str, object]]:
        context = self.context
        stamp = {
            "event_id": context.event_id,
            "version": context.version or 0,
            "created_at": context.at,
            "updated_at": context.at,
        }
        return [{**row, **stamp} for row in rows]

    def _note(self, entity: type[Synced], ids: Iterable[str]) -> None:
        self._changed.setdefault(entity.__tablename__, set()).update(ids)


def gone(entity: type[Synced]) -> Refused:
    """Make the refusal for a row that is not there (any more)."""
    name = entity.__tablename__.rstrip("s").replace("_", " ")
    return Refused("gone", f"The {name} is not there any more: look at the list again.", table=entity.__tablename__)
