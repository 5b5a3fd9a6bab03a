"""Counts the steps that SQLite takes on the calling thread, which say what a read costs on any machine."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from sqlalchemy import event

from models.store.database import Database


def steps_of(database: Database, work: Callable[[], object]) -> int:
    """Give how many steps of its own machine SQLite takes for some work, in this database and on this thread."""
    here, steps = threading.current_thread(), 0

    def count() -> int:
        nonlocal steps
        steps += threading.current_thread() is here
        return 0

    def watch(connection: Any, *_: object) -> None:
        connection.set_progress_handler(count, 1)

    def leave(connection: Any, *_: object) -> None:
        connection.set_progress_handler(None, 0)

    event.listen(database.engine, "checkout", watch)
    event.listen(database.engine, "checkin", leave)
    try:
        work()
    finally:
        event.remove(database.engine, "checkout", watch)
        event.remove(database.engine, "checkin", leave)
    return steps
