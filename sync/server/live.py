"""The devices' live sockets: after a commit each of an event's devices hears that there is a new version."""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable

from fastapi import WebSocket, WebSocketDisconnect
from starlette.concurrency import run_in_threadpool

from models.errors import StoreError
from sync.protocol import Poke
from sync.server.caller import Caller

_log = logging.getLogger(__name__)
_JOINED_SECONDS = 0.05
NOT_WELCOME = 4401
"""The code that a socket is closed with when its device has no rights here (any more)."""


class LiveSockets:
    """Knows who listens to which event, and pokes them; pokes that come close together are one."""

    def __init__(self, revoked_devices: Callable[[str], frozenset[str]]) -> None:
        """Begin with nobody listening; ``revoked_devices`` gives an event's, whose sockets are closed."""
        self._revoked_devices = revoked_devices
        self._sockets: dict[str, dict[WebSocket, str]] = defaultdict(dict)
        self._due: dict[str, int] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def attach(self, loop: asyncio.AbstractEventLoop) -> None:
        """Poke on this loop from now on."""
        self._loop = loop

    def poke(self, poke: Poke) -> None:
        """Poke an event's listeners soon; from any thread."""
        loop = self._loop
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(self._join, poke)

    def poke_everybody(self) -> None:
        """Poke all listeners, because news of other processes may have gone by; on the loop."""
        for event_id, sockets in self._sockets.items():
            if sockets:
                self._join(Poke(event_id=event_id, version=0))

    async def listen(self, socket: WebSocket, caller: Caller) -> None:
        """Hold one device's socket until it leaves."""
        await socket.accept()
        self._sockets[caller.event_id][socket] = caller.device_id
        try:
            # Nothing that a device says here means anything: the socket is for pokes only.
            while (await socket.receive())["type"] != "websocket.disconnect":
                pass
        finally:
            self._sockets[caller.event_id].pop(socket, None)

    def _join(self, poke: Poke) -> None:
        waiting = poke.event_id in self._due
        self._due[poke.event_id] = max(poke.version, self._due.get(poke.event_id, 0))
        if not waiting:
            task = asyncio.get_running_loop().create_task(self._send(poke.event_id))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _send(self, event_id: str) -> None:
        await asyncio.sleep(_JOINED_SECONDS)
        poke = Poke(event_id=event_id, version=self._due.pop(event_id))
        listening = dict(self._sockets[event_id])
        revoked = await self._revoked(event_id) if listening else frozenset[str]()
        for socket, device_id in listening.items():
            try:
                if device_id in revoked:
                    await socket.close(NOT_WELCOME, "revoked")
                else:
                    await socket.send_text(poke.model_dump_json())
            except (RuntimeError, WebSocketDisconnect) as error:
                _log.debug("a listener left: %s", error)
                self._sockets[event_id].pop(socket, None)

    async def _revoked(self, event_id: str) -> frozenset[str]:
        try:
            return await run_in_threadpool(self._revoked_devices, event_id)
        except StoreError as error:
            _log.warning("who may listen could not be read: %s", error.message)
            return frozenset()
