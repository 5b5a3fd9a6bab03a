"""Keeps what a door's screen tells beside the verdict up to date: counts, log, names and the desk."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal
from sqlalchemy import Connection, select

from models.attendance import Entry
from models.base import Synced
from models.door_counts import DoorCounts
from models.door_desk import Desk, LogLine, follow_names, name_index, read_desk, read_log
from models.errors import UsherError
from models.events import Door, Event
from models.invitations import Attendee
from models.name_search import NameIndex
from models.people import Guest
from models.seating import FloorPlan, Table
from models.store.local_copy import LocalCopy
from models.store.rows import Change
from ui.workspace import Workspace

_log = logging.getLogger(__name__)

LOG_LINES = 40
_PART = 250
"""So many rows are followed at once: a ticket that is held up meanwhile waits no longer than for them."""
_FOLLOWED: tuple[type[Synced], ...] = (Attendee, Guest, Entry)


@dataclass(frozen=True, slots=True)
class DoorNews:
    """What is to be shown now; None for what stays as it is."""

    inside: int
    expected: int
    log: list[LogLine] | None
    desk: Desk | None


class DoorFollower(QObject):
    """Follows changes away from the screen's thread, part by part; those that come meanwhile wait and are joined.

    The counts, the names and what is logged are touched by that work only, which is done one piece after the other.
    """

    followed = Signal(object)

    def __init__(self, workspace: Workspace, door_id: str | None, parent: QObject | None = None) -> None:
        """Follow nothing before ``start``."""
        super().__init__(parent)
        self._workspace = workspace
        self._door_id = door_id
        self._names: NameIndex | None = None
        self._counts = DoorCounts(workspace.event_id)
        self._logged: frozenset[str] = frozenset()
        self._missed: dict[type[Synced], set[str]] = {entity: set() for entity in _FOLLOWED}
        self._is_desk_stale = False
        self._is_all_stale = False
        self._is_started = False
        self._is_busy = False

    def start(self) -> None:
        """Read everything, and follow from then on."""
        self._is_started = self._is_all_stale = True
        self._go_on()

    def follow(self, change: Change) -> None:
        """Take in what a change is about."""
        for entity, ids in self._missed.items():
            ids.update(change.ids(entity))
        self._is_desk_stale |= change.touches(Event, Door, Table, FloorPlan)
        if self._is_desk_stale or any(self._missed.values()):
            self._go_on()

    def names(self, connection: Connection) -> NameIndex:
        """Give the names of all attendees; for work on the copy only, which comes in turn with what is followed."""
        if self._names is None:
            self._names = name_index(connection, self._workspace.event_id)
        return self._names

    def _go_on(self) -> None:
        if self._is_busy or not self._is_started:
            return
        if self._is_all_stale:
            self._is_all_stale = False
            for ids in self._missed.values():
                ids.clear()
            self._ask(self._read_all)
        elif self._is_desk_stale or any(self._missed.values()):
            part, is_desk_stale = self._next_part(), self._is_desk_stale
            self._is_desk_stale = False
            self._ask(lambda connection: self._follow_part(connection, part, is_desk_stale))

    def _ask(self, read: Callable[[Connection], DoorNews]) -> None:
        self._is_busy = True

        def work(copy: LocalCopy) -> DoorNews:
            with copy.read() as connection:
                return read(connection)

        self._workspace.submit(work, self._on_read, self._on_failed)

    def _next_part(self) -> Change:
        rows: dict[str, frozenset[str]] = {}
        room = _PART
        for entity, ids in self._missed.items():
            rows[entity.__tablename__] = frozenset(ids.pop() for _ in range(min(room, len(ids))))
            room -= len(rows[entity.__tablename__])
        return Change(rows)

    def _on_read(self, news: DoorNews) -> None:
        self._is_busy = False
        self.followed.emit(news)
        self._go_on()

    def _on_failed(self, error: UsherError) -> None:
        self._is_busy = False
        # Nobody knows what was missed: with the next change all is read. A verdict that stands is none the worse.
        self._is_all_stale = True
        _log.warning("what happened at the doors could not be read: %s: %s", error.code, error.message)

    # -- away from the screen's thread ------------------------------------------------------------------

    def _read_all(self, connection: Connection) -> DoorNews:
        self._counts.load(connection)
        self._names = name_index(connection, self._workspace.event_id)
        return self._news(self._read_log(connection), read_desk(connection, self._workspace.event_id, self._door_id))

    def _follow_part(self, connection: Connection, part: Change, is_desk_stale: bool) -> DoorNews:
        self._counts.follow(connection, part)
        if self._names is not None:
            follow_names(connection, self._names, part.ids(Attendee), part.ids(Guest))
        log = self._read_log(connection) if self._is_in_log(connection, part.ids(Entry)) else None
        desk = read_desk(connection, self._workspace.event_id, self._door_id) if is_desk_stale else None
        return self._news(log, desk)

    def _news(self, log: list[LogLine] | None, desk: Desk | None) -> DoorNews:
        return DoorNews(self._counts.inside, self._counts.expected, log, desk)

    def _read_log(self, connection: Connection) -> list[LogLine]:
        log = read_log(connection, self._workspace.event_id, self._workspace.identity.device_id, LOG_LINES)
        self._logged = frozenset(entry_id for line in log for entry_id in line.entry_ids)
        return log

    def _is_in_log(self, connection: Connection, entry_ids: frozenset[str]) -> bool:
        """Tell whether one of the entries was made here, undoes one that was, or is gone from the log."""
        if not entry_ids.isdisjoint(self._logged):
            return True
        here = self._workspace.identity.device_id
        found = connection.execute(select(Entry.device_id, Entry.undoes).where(Entry.id.in_(entry_ids)))
        return any(device_id == here or undoes in self._logged for device_id, undoes in found)
