"""The way to a server over HTTP, with its errors in one sentence each."""

from __future__ import annotations

import gzip
import hashlib
import socket
import ssl
import threading
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any, TypeVar
from urllib.parse import SplitResult, urlsplit

import httpx
from pydantic import BaseModel, ValidationError

from models.errors import BadInput, SyncError
from models.store.exchange import Envelope, Pulled
from models.store.snapshot import SnapshotHead, read_head, unpacked_lines
from sync.client.download import Fetched, SnapshotDownload
from sync.protocol import (
    FORKED,
    GAP,
    PACKING_LEVEL,
    PROTOCOL,
    PROTOCOL_HEADER,
    WORTH_PACKING,
    About,
    LoginRequest,
    OutOfStep,
    PairAnswer,
    PairingCodeAnswer,
    PairingCodeRequest,
    PairRequest,
    Problem,
    PublishRequest,
    PushAnswer,
    PushRequest,
    QuarantineAnswer,
    Session,
    TokenAnswer,
)

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_TRIES_WITHOUT_A_BYTE = 3
_PAUSE_SECONDS = 0.3
_NO_SUCH_RANGE = 416
_CONNECTED = ("connection.connect_tcp.complete", "connection.start_tls.complete")
_NO_CHECK_TIME = ssl.VerifyFlags(0x200000)
"""X509_V_FLAG_NO_CHECK_TIME of OpenSSL, for which Python has no name."""
_OUT_OF_TIME = frozenset({9, 10})
"""X509_V_ERR_CERT_NOT_YET_VALID and X509_V_ERR_CERT_HAS_EXPIRED of OpenSSL."""
_SNAPSHOT_TIMEOUT = httpx.Timeout(30.0, connect=10.0)
Answer = TypeVar("Answer", bound=BaseModel)


class ServerApi:
    """One server as a device or a user sees it.

    Over ``https`` the server is known by its certificate: by the fingerprint that the pairing code carried,
    else by the system's authorities. Plain ``http`` is taken on loopback only.
    """

    def __init__(
        self,
        url: str,
        *,
        token: str | None = None,
        certificate: str | None = None,
        timeout: float = 10.0,
        on_progress: Callable[[Fetched], None] | None = None,
    ) -> None:
        """Talk to the server at ``url``; ``certificate`` is a SHA-256 fingerprint in hexadecimal digits.

        ``on_progress`` hears how far the download of a snapshot is, on the calling thread.
        Raises BadInput ``bad_address`` for a URL that cannot be one, or plain HTTP to another machine.
        """
        parts = safe_address(url)
        self.url = url.rstrip("/")
        self.certificate = certificate
        self.token = token
        self._name = parts.netloc
        self._lock = threading.Lock()
        self._wires: list[socket.socket] = []
        self._ended = threading.Event()
        self._download = SnapshotDownload(on_progress)
        self._extensions = {"trace": self._on_trace}
        headers = {PROTOCOL_HEADER: str(PROTOCOL), "Accept-Encoding": "gzip"}
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        verify: ssl.SSLContext | bool = True
        if parts.scheme == "https" and certificate is not None:
            verify = pinned_context(parts, certificate, timeout)
        self._client = httpx.Client(base_url=self.url, headers=headers, timeout=timeout, verify=verify, trust_env=False)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()
        self._download.forget()

    def abort(self) -> None:
        """End what is under way, from another thread: it raises SyncError ``ended``, as everything later does.

        A call that is still waiting for a connection ends by its timeout.
        """
        with self._lock:
            self._ended.set()
            wires, self._wires = self._wires, []
        for wire in wires:
            _cut(wire)

    def about(self) -> About:
        """Ask who answers."""
        return self._get("/sync/v1/about", About)

    def push(self, envelopes: Sequence[Envelope]) -> PushAnswer:
        """Hand operations in. Raises OutOfStep and SyncError."""
        return self._post("/sync/v1/push", PushRequest(envelopes=list(envelopes)), PushAnswer)

    def pull(self, cookie: int) -> Pulled:
        """Ask for what changed after a cookie. Raises SyncError."""
        return self._get(f"/sync/v1/pull?cookie={cookie}", Pulled)

    def pull_checked(self, cookie: int) -> Pulled:
        """Ask for what changed after a cookie, and for a hash over all rows. Raises SyncError."""
        return self._get(f"/sync/v1/pull?cookie={cookie}&checksum=1", Pulled)

    @contextmanager
    def snapshot(self) -> Generator[HttpSnapshot]:
        """Ask for the whole view, which is read when all of it has arrived; a broken download goes on where it was.

        It goes on until three answers in a row brought nothing to go on from, and where this one gave up the next call
        does.
        Raises SyncError and BadInput ``bad_snapshot``.
        """
        with self._explained():
            self._fetch()
        try:
            lines = unpacked_lines(self._download.pieces())
            yield HttpSnapshot(read_head(next(lines, b"")), lines)
        finally:
            self._download.forget()

    def _fetch(self) -> None:
        misses = 0
        while True:
            before = self._download.received
            try:
                if self._fetch_on():
                    return
            except (httpx.ConnectError, httpx.ConnectTimeout):
                raise
            except httpx.TransportError as error:
                if isinstance(error, httpx.TimeoutException) and not self._download.can_go_on:
                    raise
            got_on = self._download.can_go_on and self._download.received > before
            misses = 0 if got_on else misses + 1
            if misses >= _TRIES_WITHOUT_A_BYTE:
                raise SyncError("away", f"The connection to {self._name} keeps breaking: the copy is fetched on later.")
            self._ended.wait(_PAUSE_SECONDS * misses)
            self._go_on()

    def _fetch_on(self) -> bool:
        """Ask for what is missing and tell whether it came; False where what is here is to be fetched anew."""
        with self._client.stream(
            "GET",
            "/sync/v1/snapshot",
            headers=self._download.headers(),
            timeout=_SNAPSHOT_TIMEOUT,
            extensions=self._extensions,
        ) as response:
            if response.status_code == _NO_SUCH_RANGE:
                self._download.forget()
                return False
            if not response.is_success:
                response.read()
                raise self._problem(response)
            self._download.take(response)
            return True

    def quarantine(self) -> QuarantineAnswer:
        """Ask what waits for an organizer's decision. Raises SyncError ``not_allowed``."""
        return self._get("/sync/v1/quarantine", QuarantineAnswer)

    def new_token(self) -> str | None:
        """Ask for a new token where the one shown is old; it is to be kept before it is used. Raises SyncError."""
        with self._explained():
            return self._read(self._client.post("/sync/v1/token", extensions=self._extensions), TokenAnswer).token

    def use_token(self, token: str) -> None:
        """Show another token from now on; on the thread that asks."""
        self.token = token
        self._client.headers["Authorization"] = f"Bearer {token}"

    def pair(self, request: PairRequest) -> PairAnswer:
        """Show a one-time code. Raises SyncError ``code_unknown``, ``code_used`` or ``code_expired``."""
        return self._post("/sync/v1/pair", request, PairAnswer)

    def new_pairing_code(self, request: PairingCodeRequest) -> PairingCodeAnswer:
        """Ask for a one-time code for a new device."""
        return self._post("/sync/v1/pairing-codes", request, PairingCodeAnswer)

    def login(self, request: LoginRequest) -> Session:
        """Log a user in. Raises SyncError ``wrong_login``."""
        return self._post("/api/auth/login", request, Session)

    def publish(self, request: PublishRequest, access: str) -> PairAnswer:
        """Bring a hub's event to this server as a logged-in user."""
        return self._post("/sync/v1/events", request, PairAnswer, headers={"Authorization": f"Bearer {access}"})

    def _get(self, path: str, kind: type[Answer]) -> Answer:
        with self._explained():
            return self._read(self._client.get(path, extensions=self._extensions), kind)

    def _post(self, path: str, message: BaseModel, kind: type[Answer], headers: dict[str, str] | None = None) -> Answer:
        body = message.model_dump_json().encode()
        said = {"Content-Type": "application/json", **(headers or {})}
        if len(body) > WORTH_PACKING:
            body = gzip.compress(body, PACKING_LEVEL, mtime=0)
            said["Content-Encoding"] = "gzip"
        with self._explained():
            response = self._client.post(path, content=body, headers=said, extensions=self._extensions)
            return self._read(response, kind)

    def _read(self, response: httpx.Response, kind: type[Answer]) -> Answer:
        if not response.is_success:
            raise self._problem(response)
        try:
            return kind.model_validate_json(response.content)
        except ValidationError as error:
            raise self._nonsense() from error

    def _problem(self, response: httpx.Response) -> SyncError:
        try:
            problem = Problem.model_validate_json(response.content)
        except ValidationError:
            return self._nonsense()
        if problem.code in (GAP, FORKED) and problem.install_id is not None and problem.expected is not None:
            return OutOfStep(problem.code, problem.install_id, problem.expected)
        return SyncError(problem.code, problem.detail, status=problem.status)

    def _nonsense(self) -> SyncError:
        return SyncError("nonsense", f"What answers at {self._name} is no Usher server: check the address.")

    def _wrong_certificate(self, error: ssl.SSLCertVerificationError) -> SyncError:
        if self.certificate is not None:
            return wrong_certificate(self._name)
        if error.verify_code in _OUT_OF_TIME:
            return SyncError(
                "certificate_out_of_time",
                f"The certificate of {self._name} is not valid on this laptop's date: set the clock right, or have the"
                " server's certificate renewed.",
            )
        return SyncError(
            "unknown_certificate",
            f"Nobody vouches for the certificate of {self._name}: check the address.",
        )

    def _on_trace(self, name: str, info: Mapping[str, Any]) -> None:
        # What httpx tells of its connections: the only way to one that waits for an answer.
        if name not in _CONNECTED:
            return
        wire: socket.socket = info["return_value"].get_extra_info("socket")
        with self._lock:
            if not self._ended.is_set():
                self._wires = [one for one in self._wires if one.fileno() >= 0]
                self._wires.append(wire)
                return
        _cut(wire)

    def _go_on(self) -> None:
        if self._ended.is_set():
            raise SyncError("ended", f"The exchange with {self._name} was ended here: it goes on the next time.")

    @contextmanager
    def _explained(self) -> Generator[None]:
        self._go_on()
        try:
            with self._translated():
                yield
        finally:
            self._go_on()

    @contextmanager
    def _translated(self) -> Generator[None]:
        try:
            yield
        except httpx.TimeoutException as error:
            raise SyncError(
                "slow", f"The server at {self._name} does not answer in time: try again in a moment."
            ) from error
        except httpx.TransportError as error:
            cause = _first_cause(error)
            if isinstance(cause, ssl.SSLCertVerificationError):
                raise self._wrong_certificate(cause) from error
            raise SyncError(
                "away", f"The server at {self._name} cannot be reached: check its address and the network."
            ) from error
        except (httpx.InvalidURL, httpx.DecodingError) as error:
            raise self._nonsense() from error


class HttpSnapshot:
    """A snapshot that arrived over HTTP."""

    def __init__(self, head: SnapshotHead, lines: Iterator[bytes]) -> None:
        """Hold the head and the lines to come."""
        self.head = head
        self._lines = lines

    def lines(self) -> Iterator[bytes]:
        """Give the lines after the head."""
        return self._lines


def safe_address(url: str) -> SplitResult:
    """Take a server's URL apart.

    Raises BadInput ``bad_address`` for a URL that cannot be one, or plain HTTP to another machine.
    """
    try:
        parts = urlsplit(url)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        good = good and not any(character.isspace() for character in url)
        httpx.URL(url)
    except (ValueError, httpx.InvalidURL):
        good = False
    if not good:
        raise BadInput("bad_address", f"“{url[:200]}” is no server's address: it begins with https://.")
    parts = urlsplit(url)
    if parts.scheme == "http" and parts.hostname not in _LOOPBACK:
        raise BadInput("bad_address", f"“{parts.hostname}” must be reached over https://, not http://.")
    return parts


def pinned_context(address: SplitResult, fingerprint: str, timeout: float) -> ssl.SSLContext:
    """Trust exactly the certificate with this SHA-256 fingerprint.

    Raises SyncError ``away`` or ``wrong_certificate`` when the server shows another one.
    """
    try:
        shown = ssl.get_server_certificate((address.hostname or "", address.port or 443), timeout=timeout)
    except OSError as error:
        raise SyncError(
            "away", f"The server at {address.netloc} cannot be reached: check its address and the network."
        ) from error
    if hashlib.sha256(ssl.PEM_cert_to_DER_cert(shown)).hexdigest() != fingerprint.lower():
        raise wrong_certificate(address.netloc)
    context = ssl.create_default_context(cadata=shown)
    context.check_hostname = False
    # The pinned certificate is trusted as it is, whoever signed it.
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    # A laptop whose clock is years off knows it as well, and so does one that pinned it years ago.
    context.verify_flags |= _NO_CHECK_TIME
    return context


def wrong_certificate(name: str) -> SyncError:
    """Make the error for a server that shows another certificate than the pairing code promised."""
    return SyncError("wrong_certificate", f"{name} is not the server this device was paired with: pair it again.")


def _cut(wire: socket.socket) -> None:
    # Not the method of a TLS socket, which would first forget what another thread is reading from.
    with suppress(OSError):
        socket.socket.shutdown(wire, socket.SHUT_RDWR)


def _first_cause(error: BaseException) -> BaseException:
    while (deeper := error.__cause__ or error.__context__) is not None:
        error = deeper
    return error
