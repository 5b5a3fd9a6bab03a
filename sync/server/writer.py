"""One writer for SQLite that commits many requests at once; several for PostgreSQL."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from models.errors import StoreError
from models.store.database import Database

_log = logging.getLogger(__name__)
_GROUP = 64
_TRIES = 5
T = TypeVar("T")


class Writer:
    """Runs write jobs: each whole or not at all, answered only after its commit.

    On SQLite one thread takes all that wait, gives each a savepoint, and commits them together: competing
    writers would starve (see the figures). On PostgreSQL jobs run side by side and meet at the event's counter.
    """

    def __init__(self, database: Database) -> None:
        """Write to a database until :meth:`stop`."""
        self._database = database
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._pool: ThreadPoolExecutor | None = None
        self._thread: threading.Thread | None = None
        self._taking = threading.Lock()
        self._stopped = False
        if database.is_sqlite:
            self._thread = threading.Thread(target=self._run, name="usher-writer", daemon=True)
            self._thread.start()
        else:
            self._pool = ThreadPoolExecutor(max_workers=16, thread_name_prefix="usher-writer")

    def submit(self, work: Callable[[Connection], T]) -> Future[T]:
        """Queue work on a write transaction; the future is settled after the commit.

        Raises StoreError ``stopped`` after :meth:`stop`.
        """
        with self._taking:
            if self._stopped:
                raise StoreError("stopped", "The server is stopping: try again in a moment.")
            if self._pool is not None:
                return self._pool.submit(self._run_alone, work)
            job = _Job(work, Future())
            self._jobs.put(job)
        return cast("Future[T]", job.future)

    def stop(self) -> None:
        """Finish what waits and end."""
        with self._taking:
            self._stopped = True
        if self._pool is not None:
            self._pool.shutdown(wait=True)
        if self._thread is not None:
            self._jobs.put(None)
            self._thread.join(timeout=30.0)

    def _run_alone(self, work: Callable[[Connection], T]) -> T:
        for _ in range(_TRIES - 1):
            try:
                with self._database.write() as connection:
                    return work(connection)
            except OperationalError as error:
                _log.info("a write is tried again: %s", error.orig)
        with self._database.write() as connection:
            return work(connection)

    def _run(self) -> None:
        going_on = True
        while going_on:
            first = self._jobs.get()
            if first is None:
                return
            jobs = [first]
            while len(jobs) < _GROUP:
                try:
                    job = self._jobs.get_nowait()
                except queue.Empty:
                    break
                if job is None:
                    going_on = False
                    break
                jobs.append(job)
            # Whoever asked may have left meanwhile; a future that is running can no longer be called off.
            self._run_group([job for job in jobs if job.future.set_running_or_notify_cancel()])

    def _run_group(self, jobs: list[_Job]) -> None:
        results: list[tuple[_Job, Any, BaseException | None]] = []
        try:
            with self._database.write() as connection:
                for job in jobs:
                    savepoint = connection.begin_nested()
                    try:
                        result = job.work(connection)
                        savepoint.commit()
                        results.append((job, result, None))
                    except Exception as error:
                        savepoint.rollback()
                        results.append((job, None, error))
        except Exception as error:
            if not isinstance(error, StoreError):
                _log.exception("a group of writes failed")
            results = [(job, None, error) for job in jobs]
        for job, result, error in results:
            if error is None:
                job.future.set_result(result)
            else:
                job.future.set_exception(error)


@dataclass(frozen=True)
class _Job:
    work: Callable[[Connection], Any]
    future: Future[Any]
