"""Checksums of events that a server has taken, kept so that many devices at one version cost it one."""

from __future__ import annotations

import threading
from collections import OrderedDict
from concurrent.futures import Future

from sqlalchemy import Connection

from models.events import Role
from models.store.digest import digest, joined

_KEPT = 16


class Checksums:
    """Gives an event's checksum at a version, taken once however many ask, from any thread.

    It is good for as long as this server's process: whatever changes a row gives the event a new version.
    """

    def __init__(self) -> None:
        """Begin with none."""
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[str, Role, int], Future[str]] = OrderedDict()

    def at(self, connection: Connection, event_id: str, role: Role, version: int) -> str:
        """Give one hash over all rows as a role sees them, in the snapshot that ``version`` was read in.

        Who asks while another thread works it out waits for it.
        """
        key = (event_id, role, version)
        own = Future[str]()
        with self._lock:
            kept = self._kept.setdefault(key, own)
            self._kept.move_to_end(key)
            if len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        if kept is own:
            try:
                own.set_result(joined(digest(connection, event_id, role)))
            except BaseException as error:
                with self._lock:
                    self._kept.pop(key, None)
                own.set_exception(error)
        return kept.result()
