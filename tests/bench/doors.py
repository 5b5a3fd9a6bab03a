"""Doors of a served event, each with a copy of its own, and a wire that counts what goes over it."""

from __future__ import annotations

import shutil
import socket
import sqlite3
import threading
from collections.abc import Sequence
from contextlib import closing, suppress
from pathlib import Path
from urllib.parse import urlsplit

from models.ids import new_epoch, new_id
from models.store.local_copy import LocalCopy
from sync.client.api import ServerApi
from sync.client.engine import SyncEngine
from sync.client.pairing import PairingCode, pair
from sync.protocol import PairRequest
from tests.bench.served_event import ServedEvent

_PIECE = 1 << 16


class Door:
    """One door's copy with its engine, as a running program holds it. Ends with :meth:`close`."""

    def __init__(self, copy: LocalCopy, token: str, url: str) -> None:
        """Follow the server at ``url``."""
        self.copy = copy
        self.token = token
        self.api = ServerApi(url, token=token, timeout=60.0)
        self.engine = SyncEngine(copy, self.api)

    def close(self) -> None:
        """Close the copy and the connections."""
        self.api.close()
        self.copy.close()


def paired_doors(served: ServedEvent, folder: Path, urls: Sequence[str] = ()) -> list[Door]:
    """Pair a door with each code, in step with the server: what a program does only at its start is over by then.

    The first fetches its copy, the others get a copy of that one. With ``urls`` each takes its own way to the server.
    """
    first = pair(PairingCode(served.url, served.pairing_codes[0]), "Door 1", folder, keep_token=lambda _i, _t: None)
    first.copy.close()
    paired = [(first.copy.path, first.token)]
    for number, code in enumerate(served.pairing_codes[1:], start=2):
        path = folder / f"door-{number}.usher"
        shutil.copyfile(first.copy.path, path)
        install_id = new_id()
        with closing(ServerApi(served.url)) as api:
            answer = api.pair(PairRequest(code=code, install_id=install_id, device_name=f"Door {number}"))
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute(
                "UPDATE replica SET install_id = ?, epoch = ?, device_id = ?",
                (install_id, new_epoch(), answer.device_id),
            )
        paired.append((path, answer.token))
    ways = urls or [served.url] * len(paired)
    doors = [Door(LocalCopy(path), token, url) for (path, token), url in zip(paired, ways, strict=True)]
    for door in doors:
        door.engine.exchange()
    return doors


class CountedWire:
    """Relays TCP connections to a server and counts the bytes each way; TCP's own headers are not counted."""

    def __init__(self, url: str) -> None:
        """Listen on a free loopback port until :meth:`close`."""
        self._target = ("127.0.0.1", urlsplit(url).port or 0)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        self._sent = self._received = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def taken(self) -> int:
        """Give the bytes both ways since the last time."""
        count, self._sent, self._received = self._sent + self._received, 0, 0
        return count

    def close(self) -> None:
        """Take no more connections."""
        self._listening.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listening.accept()
                far = socket.create_connection(self._target)
                threading.Thread(target=self._there, args=(near, far), daemon=True).start()
                threading.Thread(target=self._back, args=(far, near), daemon=True).start()

    def _there(self, near: socket.socket, far: socket.socket) -> None:
        with suppress(OSError):
            while piece := near.recv(_PIECE):
                self._sent += len(piece)
                far.sendall(piece)
            far.shutdown(socket.SHUT_WR)

    def _back(self, far: socket.socket, near: socket.socket) -> None:
        with suppress(OSError), far, near:
            while piece := far.recv(_PIECE):
                self._received += len(piece)
                near.sendall(piece)
