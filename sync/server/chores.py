"""What a server does every few minutes by itself, while it runs."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress

from starlette.concurrency import run_in_threadpool

from models.errors import UsherError

_log = logging.getLogger(__name__)
CHORES_SECONDS = 300.0


@asynccontextmanager
async def chores(*works: Callable[[], object], seconds: float = CHORES_SECONDS) -> AsyncGenerator[None]:
    """Do some works on a thread every few minutes while the block lasts; one that fails is logged and tried later."""

    async def go_on() -> None:
        while True:
            await asyncio.sleep(seconds)
            for work in works:
                try:
                    await run_in_threadpool(work)
                except UsherError as error:
                    _log.warning("a chore is done later: %s", error.message)

    task = asyncio.create_task(go_on())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
