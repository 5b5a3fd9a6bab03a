"""Carrying pokes between the processes of one server, over Redis; without it their clients pull by the clock."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any, cast

from pydantic import ValidationError
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisAway
from redis.exceptions import RedisError

from models.errors import BadInput
from models.ids import new_id
from sync.protocol import Poke

_log = logging.getLogger(__name__)
_ANSWER_SECONDS = 5.0
_QUIET_SECONDS = 15.0
_FIRST_PAUSE_SECONDS = 0.2
_LONGEST_PAUSE_SECONDS = 10.0
_MOST_EVENTS_DUE = 10_000


class FanOut:
    """Tells the other processes of a server which events have a new version, and hears the same of them.

    A message is a Poke and nothing else, and nobody waits for it. While Redis is away the newest version of each
    event is kept to be told later; a process that comes back to it pokes all its own listeners once.
    """

    def __init__(self, url: str) -> None:
        """Use the Redis at ``url`` once :meth:`running` is entered. Raises BadInput ``bad_redis``."""
        try:
            # Every loss of the connection is to be seen here, so the client must not hide one by trying again.
            self._redis: Any = cast(Any, Redis).from_url(
                url,
                protocol=2,
                socket_connect_timeout=_ANSWER_SECONDS,
                socket_timeout=_ANSWER_SECONDS,
                retry=Retry(NoBackoff(), 0),
            )
        except (ValueError, TypeError) as error:
            raise BadInput("bad_redis", "This is no address of a Redis: give it as redis://host:port.") from error
        self._process_id = new_id()
        self._due: dict[str, int] = {}
        self._news = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._is_away = False

    def tell(self, poke: Poke) -> None:
        """Tell the other processes soon; from any thread, and without waiting."""
        loop = self._loop
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(self._join, poke)

    @asynccontextmanager
    async def running(
        self, server_id: str, heard: Callable[[Poke], None], missed: Callable[[], None]
    ) -> AsyncGenerator[None]:
        """Tell and listen on this loop until the block ends.

        ``heard`` takes the pokes of the other processes; ``missed`` is called when some may have gone by unheard.
        """
        self._loop = asyncio.get_running_loop()
        task = asyncio.create_task(self._keep_on(f"usher:{server_id}:", heard, missed))
        try:
            yield
        finally:
            self._loop = None
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
            await self._redis.aclose()

    def _join(self, poke: Poke) -> None:
        if len(self._due) >= _MOST_EVENTS_DUE and poke.event_id not in self._due:
            return
        self._due[poke.event_id] = max(poke.version, self._due.get(poke.event_id, 0))
        self._news.set()

    async def _keep_on(self, prefix: str, heard: Callable[[Poke], None], missed: Callable[[], None]) -> None:
        pause = _FIRST_PAUSE_SECONDS
        while True:
            started = asyncio.get_running_loop().time()
            try:
                async with self._redis.pubsub() as channel, asyncio.TaskGroup() as both:
                    await channel.psubscribe(f"{prefix}*")
                    both.create_task(self._tell_due(prefix))
                    both.create_task(self._listen(channel, prefix, heard, missed))
            except* (RedisError, OSError, TimeoutError) as errors:
                self._lost(errors.exceptions[0])
            await self._redis.connection_pool.disconnect()
            if asyncio.get_running_loop().time() - started > _LONGEST_PAUSE_SECONDS:
                pause = _FIRST_PAUSE_SECONDS
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)

    async def _tell_due(self, prefix: str) -> None:
        while True:
            await self._news.wait()
            self._news.clear()
            for event_id, version in list(self._due.items()):
                poke = Poke(event_id=event_id, version=version)
                await self._redis.publish(f"{prefix}{self._process_id}", poke.model_dump_json())
                # A newer version that came meanwhile stays due.
                if self._due.get(event_id) == version:
                    del self._due[event_id]

    async def _listen(
        self, channel: Any, prefix: str, heard: Callable[[Poke], None], missed: Callable[[], None]
    ) -> None:
        own = f"{prefix}{self._process_id}".encode()
        asked = False
        while True:
            message: dict[str, Any] | None = await channel.get_message(timeout=_QUIET_SECONDS)
            if message is None:
                # A connection can be dead without a word: one that is quiet is asked, and one that stays quiet is left.
                if asked:
                    raise RedisAway("no answer")
                asked = True
                await channel.ping()
                continue
            asked = False
            if message["type"] == "psubscribe":
                self._is_back()
                missed()
            elif message["type"] == "pmessage" and message["channel"] != own:
                _hear(message["data"], heard)

    def _is_back(self) -> None:
        # What was due while it was away goes out now.
        self._news.set()
        if self._is_away:
            _log.info("Redis is back: clients of the other processes hear of news at once again")
        self._is_away = False

    def _lost(self, error: BaseException) -> None:
        if not self._is_away:
            _log.warning("Redis is away: clients of the other processes hear of news by the clock only (%s)", error)
        self._is_away = True


def _hear(data: bytes, heard: Callable[[Poke], None]) -> None:
    try:
        heard(Poke.model_validate_json(data))
    except ValidationError:
        _log.warning("a message on Redis was no poke")
