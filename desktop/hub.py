"""The server inside a desktop: an event made here has it from its first minute; publishing gives it an upstream."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from desktop.keyring_store import TokenStore
from models.errors import BadInput, SyncError
from models.store.local_copy import LocalCopy
from models.store.rows import Change
from sync.client.api import ServerApi
from sync.client.loop import Reach, SyncLoop, SyncState
from sync.client.pairing import PairingCode
from sync.protocol import LoginRequest, PairingCodeRequest, PublishRequest, QuarantineAnswer
from sync.server.config import ServerConfig
from sync.server.event_log import Caller
from sync.server.running import RunningServer
from sync.server.upstream import follow_upstream, read_upstream

_log = logging.getLogger(__name__)
HUB_SUFFIX = ".hub"
_ARRIVAL_SECONDS = 5.0


class DesktopHub:
    """Runs the server of one event that was made on this computer, on loopback, while the event is open."""

    def __init__(self, copy: LocalCopy, tokens: TokenStore, device_name: str, path: Path | None = None) -> None:
        """Start the server beside an open copy; the copy follows it. Raises UsherError.

        ``path`` is its file where that is not beside the copy's, as while a damaged copy is replaced.
        """
        self._copy = copy
        self._tokens = tokens
        identity = copy.identity
        self.event_id = identity.event_id
        self.path = path or hub_file(copy.path)
        self.server = self._server_on(_last_port(identity.server_url))
        self._upstream: SyncLoop | None = None
        self._asking: ServerApi | None = None
        self.upstream_url: str | None = None
        self.problem = ""
        """A sentence about the server above, where a person has to do something."""
        self.server.start()
        try:
            self.token = self._own_token(device_name)
            self.server.service.on_poke(lambda _poke: self._wake_upstream())
            self._follow()
        except BaseException:
            self.stop()
            raise

    @property
    def url(self) -> str:
        """Where the hub answers: at the port of the last time, so that devices find it again, if it is still free."""
        return self.server.url

    def _server_on(self, port: int) -> RunningServer:
        try:
            return RunningServer(ServerConfig(self.path, port=port, hub_event=self.event_id))
        except SyncError as error:
            if port == 0 or error.code != "address_taken":
                raise
            _log.warning(
                "port %s is taken: the hub takes another one, and devices paired with it must pair again", port
            )
            return RunningServer(ServerConfig(self.path, port=0, hub_event=self.event_id))

    def publish(self, url: str, login: str, password: str, certificate: str | None = None) -> None:
        """Bring the event to a server, as a user of it; the hub hands everything on from now on.

        Runs off the screen's thread. Raises SyncError and BadInput.
        """
        identity = self._copy.identity
        with self._asked(_api_for(url, certificate)) as api:
            session = api.login(LoginRequest(login=login, password=password))
            answer = api.publish(
                PublishRequest(
                    event_id=identity.event_id,
                    install_id=identity.install_id,
                    device_id=identity.device_id,
                    device_name="Hub",
                ),
                session.access,
            )
        self._tokens.keep(self._upstream_account, answer.token)
        with self.server.service.database.write() as connection:
            follow_upstream(connection, identity.event_id, api.url, certificate)
        self._stop_following()
        self._follow()

    def new_pairing_code(self, request: PairingCodeRequest) -> PairingCode:
        """Ask the server above, or this hub where there is none, for a one-time code. Raises UsherError.

        Waits a moment for what is still to be handed on: whoever pairs is to find the whole event.
        """
        self._let_arrive()
        above = self._above()
        if above is None:
            service = self.server.service
            answer = service.writer.submit(service.new_pairing_code(self._caller(), request)).result()
            return PairingCode(self.url, answer.code)
        url, certificate = above
        token = self._tokens.token(self._upstream_account)
        with self._asked(ServerApi(url, token=token, certificate=certificate)) as api:
            answer = api.new_pairing_code(request)
        return PairingCode(url, answer.code, certificate)

    def quarantine(self) -> QuarantineAnswer:
        """Ask the server above, or this hub where there is none, what waits for a decision. Raises UsherError."""
        above = self._above()
        if above is None:
            return self.server.service.quarantine(self._caller())
        url, certificate = above
        token = self._tokens.token(self._upstream_account)
        with self._asked(ServerApi(url, token=token, certificate=certificate)) as api:
            return api.quarantine()

    def _caller(self) -> Caller:
        identity = self._copy.identity
        return Caller(self.event_id, identity.device_id, "", identity.role)

    def _let_arrive(self) -> None:
        deadline = time.monotonic() + _ARRIVAL_SECONDS
        hub = self.server.service.hub
        while time.monotonic() < deadline:
            if not self._copy.count_pending() and (self._upstream is None or hub is None or not hub.waiting()):
                return
            time.sleep(0.05)
        _log.warning("a pairing code is made while some of the event is still to be handed on")

    def hurry(self) -> None:
        """Cut off what waits for an answer of the server above: the program is closing. From another thread."""
        asking = self._asking
        if asking is not None:
            asking.abort()

    def stop(self) -> None:
        """End the server; what could not be handed on waits in its file for the next start."""
        self._stop_following()
        self.server.stop()

    def _own_token(self, device_name: str) -> str:
        identity, service = self._copy.identity, self.server.service
        if not service.has_event(self.event_id):
            token = service.found_event(identity.event_id, identity.device_id, device_name, identity.install_id)
        else:
            token = self._tokens.token(identity.install_id) or service.new_own_token(
                identity.event_id, identity.device_id, identity.install_id
            )
        self._tokens.keep(identity.install_id, token)
        return token

    @contextmanager
    def _asked(self, api: ServerApi) -> Generator[ServerApi]:
        self._asking = api
        try:
            yield api
        finally:
            self._asking = None
            api.close()

    @property
    def _upstream_account(self) -> str:
        return f"hub-{self.event_id}"

    def _above(self) -> tuple[str, str | None] | None:
        with self.server.service.database.read() as connection:
            return read_upstream(connection, self.event_id)

    def _follow(self) -> None:
        above = self._above()
        hub = self.server.service.hub
        if above is None or hub is None:
            return
        url, certificate = above
        token = self._tokens.token(self._upstream_account)
        if token is None:
            _log.error("the key for the server above is gone")
            self.problem = "The key for this event's server is gone: connect it again under “Server…”."
            return
        self.problem = ""
        self.upstream_url = url
        self._upstream = SyncLoop(
            hub,
            url,
            token,
            certificate=certificate,
            on_change=self._on_change,
            on_state=self._on_state,
            keep_token=self._keep_upstream_token,
        )
        self._upstream.start()

    def _stop_following(self) -> None:
        upstream, self._upstream = self._upstream, None
        if upstream is not None:
            upstream.stop()

    def _wake_upstream(self) -> None:
        upstream = self._upstream
        if upstream is not None:
            upstream.wake()

    def _keep_upstream_token(self, token: str) -> None:
        self._tokens.keep(self._upstream_account, token)

    def _on_change(self, _change: Change) -> None:
        self.server.service.poke(self.event_id, 0)

    def _on_state(self, state: SyncState) -> None:
        service = self.server.service
        reached = state.reach is Reach.IN_STEP
        problem = state.sentence if state.reach is Reach.PROBLEM else ""
        if reached != service.upstream_reached or problem != self.problem:
            service.upstream_reached, self.problem = reached, problem
            service.poke(self.event_id, 0)


def _api_for(url: str, certificate: str | None) -> ServerApi:
    try:
        return ServerApi(url, certificate=certificate)
    except SyncError as error:
        if error.code != "wrong_certificate":
            raise
        raise SyncError(
            "wrong_certificate", "This server shows another certificate than the one with this fingerprint: check both."
        ) from error


def _last_port(url: str | None) -> int:
    """Give the port at which the hub was the last time; 0, any free one, the first time."""
    return (urlsplit(url).port or 0) if url else 0


def hub_file(copy_path: Path) -> Path:
    """Give the file of the hub that belongs to a copy."""
    return copy_path.with_name(copy_path.name + HUB_SUFFIX)


def has_hub(copy_path: Path) -> bool:
    """Tell whether an event file was made on this computer and has a hub."""
    return hub_file(copy_path).exists()


def parse_server_address(text: str) -> str:
    """Give the address a person typed as a URL; without a scheme it is https. Raises BadInput ``bad_address``."""
    text = text.strip().rstrip("/")
    if not text:
        raise BadInput("bad_address", "The server's address is missing: type it, such as https://usher.example.")
    return text if "://" in text else f"https://{text}"


def parse_fingerprint(text: str) -> str | None:
    """Give a certificate's SHA-256 fingerprint as a person typed it, in plain lower case; None for an empty text.

    Raises BadInput ``bad_fingerprint``.
    """
    digits = "".join(text.split()).replace(":", "").lower()
    if digits and not re.fullmatch(r"[0-9a-f]{64}", digits):
        raise BadInput(
            "bad_fingerprint", "This is no SHA-256 fingerprint: it has 64 of the digits 0 to 9 and the letters A to F."
        )
    return digits or None
