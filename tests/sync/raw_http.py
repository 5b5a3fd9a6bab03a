"""HTTP by hand, for requests that no client library would send and answers that no server would give."""

from __future__ import annotations

import json
import socket
import ssl
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit

from tests.helpers.certificates import TestCertificate


def send_head(url: str, path: str, *headers: str) -> tuple[int, dict[str, object]]:
    """Announce a body and never send it; give the answer's status and its problem document."""
    with _wire(url) as wire:
        wire.sendall("\r\n".join((f"POST {path} HTTP/1.1", "Host: x", *headers, "", "")).encode())
        return _answer(wire)


def send_in_pieces(url: str, path: str, piece: bytes, count: int) -> tuple[int, dict[str, object]]:
    """Send a body in pieces of no announced length; give the answer's status and its problem document."""
    with _wire(url) as wire:
        headers = ("Host: x", "Content-Type: application/json", "Transfer-Encoding: chunked")
        wire.sendall("\r\n".join((f"POST {path} HTTP/1.1", *headers, "", "")).encode())
        with suppress(OSError):
            for _ in range(count):
                wire.sendall(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
        return _answer(wire)


def _wire(url: str) -> socket.socket:
    address = urlsplit(url)
    return socket.create_connection((address.hostname or "", address.port or 80), timeout=20)


def _answer(wire: socket.socket) -> tuple[int, dict[str, object]]:
    answer = b""
    while not answer.rstrip().endswith(b"}"):
        part = wire.recv(65_536)
        if not part:
            break
        answer += part
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head.split()[1]), json.loads(body)


@contextmanager
def answering(handle: Callable[[socket.socket], None]) -> Generator[str]:
    """Listen on loopback and let ``handle`` answer each connection after its request; give the URL."""

    def listen(wire: socket.socket) -> None:
        wire.recv(65_536)
        handle(wire)

    with _serving(listen) as port:
        yield f"http://127.0.0.1:{port}"


@contextmanager
def recording(shown: TestCertificate) -> Generator[tuple[str, list[bytes]]]:
    """Listen over TLS with a certificate and keep what each connection says; give the URL and the list."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(shown.certificate, shown.key)
    heard: list[bytes] = []

    def listen(wire: socket.socket) -> None:
        said = b""
        with suppress(OSError), context.wrap_socket(wire, server_side=True) as safe:
            safe.settimeout(2)
            said = safe.recv(65_536)
        heard.append(said)

    with _serving(listen) as port:
        yield f"https://127.0.0.1:{port}", heard


@contextmanager
def _serving(handle: Callable[[socket.socket], None]) -> Generator[int]:
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                wire, _ = listening.accept()
            except OSError:
                return
            with wire, suppress(OSError):
                wire.settimeout(5)
                handle(wire)

    thread = threading.Thread(target=serve, name="answering", daemon=True)
    thread.start()
    try:
        yield listening.getsockname()[1]
    finally:
        with suppress(OSError):
            listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        thread.join(timeout=10)
