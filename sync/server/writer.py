"""One writer for SQLite that commits many requests at once; on PostgreSQL one for each event that is busy."""

from __future__ import annotations

import logging
import queue
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from sqlalchemy import Connection
from sqlalchemy.exc import InvalidRequestError, OperationalError

from models.errors import StoreError
from models.store.database import Database

_log = logging.getLogger(__name__)
_GROUP = 64
_TRIES = 5
T = TypeVar("T")


class Writer:
    """Runs write jobs: each whole or not at all, answered only after its commit.

    On SQLite one thread takes all that wait, gives each a savepoint, and commits them together: competing
    writers would starve (see the figures). On PostgreSQL the jobs of one event, which would only wait for each other at
    its counter, are grouped the same way, and everything else runs side by side.
    """

    def __init__(self, database: Database) -> None:
        """Write to a database until :meth:`stop`."""
        self._database = database
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._pool: ThreadPoolExecutor | None = None
        self._thread: threading.Thread | None = None
        self._taking = threading.Lock()
        self._stopped = False
        self._of_event: dict[str, deque[_Job]] = {}
        if database.is_sqlite:
            self._thread = threading.Thread(target=self._run, name="usher-writer", daemon=True)
            self._thread.start()
        else:
            self._pool = ThreadPoolExecutor(max_workers=16, thread_name_prefix="usher-writer")

    def submit(self, work: Callable[[Connection], T], event_id: str | None = None) -> Future[T]:
        """Queue work on a write transaction; the future is settled after the commit.

        Work that names an event touches no other one; what waits for the same event is committed together.
        Raises StoreError ``stopped`` after :meth:`stop`.
        """
        with self._taking:
            if self._stopped:
                raise StoreError("stopped", "The server is stopping: try again in a moment.")
            if self._pool is not None and event_id is None:
                return self._pool.submit(self._run_alone, work)
            job = _Job(work, Future())
            if self._pool is None or event_id is None:
                self._jobs.put(job)
            elif event_id in self._of_event:
                self._of_event[event_id].append(job)
            else:
                self._of_event[event_id] = deque([job])
                self._pool.submit(self._run_event, event_id)
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

    def _run_event(self, event_id: str) -> None:
        """Run what waits for an event, and what comes meanwhile."""
        while True:
            with self._taking:
                waiting = self._of_event[event_id]
                jobs = [waiting.popleft() for _ in range(min(len(waiting), _GROUP))]
                if not jobs:
                    del self._of_event[event_id]
                    return
            jobs = [job for job in jobs if job.future.set_running_or_notify_cancel()]
            if len(jobs) == 1:
                self._done_alone(jobs[0]).tell()
                continue
            for one in self._done_together(jobs):
                # What ended a connection or met a deadlock is nobody's fault in particular.
                again = isinstance(one.error, OperationalError | InvalidRequestError)
                (self._done_alone(one.job) if again else one).tell()

    def _done_alone(self, job: _Job) -> _Result:
        try:
            return _Result(job, self._run_alone(job.work))
        except Exception as error:
            return _Result(job, None, error)

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
            for one in self._done_together([job for job in jobs if job.future.set_running_or_notify_cancel()]):
                one.tell()

    def _done_together(self, jobs: list[_Job]) -> list[_Result]:
        results: list[_Result] = []
        try:
            with self._database.write() as connection:
                for job in jobs:
                    savepoint = connection.begin_nested()
                    try:
                        result = job.work(connection)
                        savepoint.commit()
                        results.append(_Result(job, result))
                    except Exception as error:
                        savepoint.rollback()
                        results.append(_Result(job, None, error))
        except Exception as error:
            if not isinstance(error, StoreError):
                _log.exception("a group of writes failed")
            results = [_Result(job, None, error) for job in jobs]
        return results


@dataclass(frozen=True)
class _Job:
    work: Callable[[Connection], Any]
    future: Future[Any]


@dataclass(frozen=True)
class _Result:
    """What came of a job, not told yet."""

    job: _Job
    value: Any
    error: BaseException | None = None

    def tell(self) -> None:
        """Settle the job's future."""
        if self.error is None:
            self.job.future.set_result(self.value)
        else:
            self.job.future.set_exception(self.error)
