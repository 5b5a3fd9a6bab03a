"""What a running server consists of, without the web around it: database, writer, log, identity, live sockets."""

from __future__ import annotations

import logging
import secrets
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection, String, bindparam, insert, select, text, update

from models.errors import BadInput, UsherError
from models.events import Device, Event, Member, Role
from models.ids import new_id
from models.operations.base import now_utc
from models.operations.events import AddMember, RegisterDevice
from models.people import Guest
from models.store.database import Database
from models.store.exchange import Envelope, Pulled
from models.store.log_tables import DeviceToken, InstallSeen, PairingCode, ServerIdentity
from models.store.prepared import Prepared
from models.store.schema import HUB, SERVER
from sync.protocol import (
    PairAnswer,
    PairingCodeAnswer,
    PairingCodeRequest,
    PairRequest,
    Poke,
    PublishRequest,
    PushAnswer,
    QuarantineAnswer,
    TokenAnswer,
)
from sync.server.caller import Caller
from sync.server.checksums import Checksums
from sync.server.config import ServerConfig
from sync.server.event_log import EventLog
from sync.server.hub_replica import HubReplica
from sync.server.quarantine import read_quarantine, revoked_devices
from sync.server.snapshots import SnapshotFiles
from sync.server.tokens import Bearer, hashed, keep_token, renew_token, take_first_showing
from sync.server.upstream import prepare_hub, read_upstream
from sync.server.writer import Writer

_log = logging.getLogger(__name__)
_CODE_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
_CODE_LENGTH = 10
_BEARER = Prepared(
    select(
        DeviceToken.event_id,
        DeviceToken.device_id,
        DeviceToken.install_id,
        DeviceToken.role,
        DeviceToken.is_hub,
        DeviceToken.last_seen_at,
        Device.revoked_at,
    )
    .outerjoin(Device, Device.id == DeviceToken.device_id)
    .where(DeviceToken.token_hash == bindparam("token_hash", type_=String))
)


def keep_pairing_code(
    event_id: str, request: PairingCodeRequest, now: datetime, *, made_by: str | None
) -> Callable[[Connection], PairingCodeAnswer]:
    """Give the write job that makes a one-time code; ``made_by`` is None where whoever runs the server asks."""
    code = "".join(secrets.choice(_CODE_ALPHABET) for _ in range(_CODE_LENGTH))
    expires_at = now + timedelta(seconds=request.lifetime_seconds)

    def work(connection: Connection) -> PairingCodeAnswer:
        connection.execute(
            insert(PairingCode).values(
                code_hash=hashed(code),
                event_id=event_id,
                role=request.role,
                door_id=request.door_id,
                made_by=made_by,
                expires_at=expires_at,
                used_at=None,
            )
        )
        return PairingCodeAnswer(code=code, expires_at=expires_at)

    return work


class Service:
    """One server's work: every request is a method here, the web is only its skin."""

    def __init__(self, config: ServerConfig, clock: Callable[[], datetime] = now_utc) -> None:
        """Open the database. Raises StoreError."""
        self.config = config
        self.clock = clock
        sides = HUB if config.hub_event else SERVER
        self.database = Database(config.database, sides, synchronous=config.synchronous)
        self.server_id, self.session_secret = self._identify()
        self.log = EventLog(self.server_id, clock)
        self.writer = Writer(self.database)
        self.snapshots = SnapshotFiles(self.database, self.log, self._folder())
        self._checksums = Checksums()
        self._listeners: list[Callable[[Poke], None]] = []
        self._told: dict[str, int] = {}
        self._lock = threading.Lock()
        self.hub: HubReplica | None = None
        self.upstream_reached = True
        self._forgotten = self._count_erased()
        self.try_waiting_again()
        if config.hub_event is not None:
            self.hub = HubReplica(self.database, self.log, config.hub_event)

    def close(self) -> None:
        """Finish what waits and close the database."""
        self.writer.stop()
        self.snapshots.close()
        self.database.close()

    def _folder(self) -> Path | None:
        """Give the folder of the database, where large files are expected; none with PostgreSQL."""
        file = self.database.url.database if self.database.is_sqlite else None
        return Path(file).parent if file else None

    def try_waiting_again(self) -> None:
        """Apply what an older version of this server or a passing fault left waiting.

        A hub with a server above it does so as it rebases.
        """
        with self.database.read() as connection:
            hub_event = self.config.hub_event
            if hub_event is not None and read_upstream(connection, hub_event) is not None:
                return
            waiting = self.log.events_with_waiting(connection)
        for event_id in waiting:
            with self.database.write() as connection:
                version = self.log.settle_waiting(connection, event_id)
            self.poke(event_id, version)

    def forget_the_erased(self) -> None:
        """Leave nothing of guests erased since the last time: no byte in the database's file, no kept snapshot."""
        erased = self._count_erased()
        with self._lock:
            events = list(erased - self._forgotten)
            self._forgotten = erased
        for event_id in events:
            self.snapshots.drop_event(event_id)
        if events:
            self.database.scrub()

    def _count_erased(self) -> Counter[str]:
        with self.database.read() as connection:
            return Counter(connection.scalars(select(Guest.event_id).where(Guest.erased_at.is_not(None))))

    # -- news -----------------------------------------------------------------------------------------

    def on_poke(self, listener: Callable[[Poke], None]) -> None:
        """Call back, on any thread, after each commit that changed an event."""
        with self._lock:
            self._listeners.append(listener)

    def poke(self, event_id: str, version: int) -> None:
        """Tell everybody who listens that an event has a new version; 0 tells of news that no version counts.

        What everybody has heard already is not told again: a push that repeats what is known wakes nobody.
        """
        with self._lock:
            if 0 < version <= self._told.get(event_id, 0):
                return
            self._told[event_id] = max(version, self._told.get(event_id, 0))
            listeners = list(self._listeners)
        for listener in listeners:
            listener(Poke(event_id=event_id, version=version))

    # -- sync -----------------------------------------------------------------------------------------

    def push(self, caller: Caller, envelopes: Sequence[Envelope]) -> Callable[[Connection], PushAnswer]:
        """Give the write job that takes operations in."""
        return lambda connection: self.log.push(connection, caller, envelopes)

    def pull(self, caller: Caller, cookie: int) -> Pulled:
        """Give what changed after a cookie, with a hub's word on its own upper server."""
        with self.database.read() as connection:
            return self._pulled(connection, caller, cookie)

    def pull_checked(self, caller: Caller, cookie: int) -> Pulled:
        """Give what changed after a cookie, with a hash over all rows as the caller's role sees them by then."""
        with self.database.read() as connection:
            pulled = self._pulled(connection, caller, cookie)
            checksum = self._checksums.at(connection, caller.event_id, caller.role, pulled.version)
        # The sum takes a while over a large event: the time is told as it is when the answer leaves.
        return pulled.model_copy(update={"checksum": checksum, "server_time": self.log.now()})

    def _pulled(self, connection: Connection, caller: Caller, cookie: int) -> Pulled:
        pulled = self.log.pull(connection, caller, cookie)
        waiting = None if self.hub is None else self.hub.waiting_for_upstream(connection)
        if waiting is None:
            return pulled
        return pulled.model_copy(update={"upstream_waiting": waiting, "upstream_reached": self.upstream_reached})

    # -- identity -------------------------------------------------------------------------------------

    def caller(self, token: str) -> Caller | None:
        """Find who a device token belongs to, one whose rights were taken away too; None for an unknown one."""
        with self.database.read() as connection:
            row = _BEARER.row(connection, token_hash=hashed(token))
        if row is None:
            return None
        if row.last_seen_at is None:
            self._take_first_showing(token)
        is_revoked = row.revoked_at is not None
        return Caller(row.event_id, row.device_id, row.install_id, Role(row.role), row.is_hub, is_revoked)

    def _take_first_showing(self, token: str) -> None:
        try:
            self.writer.submit(take_first_showing(hashed(token), self.clock)).result()
        except UsherError as error:
            _log.warning("the first use of a token is noted later: %s", error.message)

    def new_token(self, token: str) -> Callable[[Connection], TokenAnswer]:
        """Give the write job that renews a device's token once it is old. Raises BadInput ``no_token``."""
        return renew_token(token, self.clock)

    def quarantine(self, caller: Caller) -> QuarantineAnswer:
        """Give what revoked devices handed in and no organizer has decided about. Raises BadInput ``not_allowed``."""
        with self.database.read() as connection:
            return read_quarantine(connection, caller)

    def revoked_devices(self, event_id: str) -> frozenset[str]:
        """Give the ids of the devices of an event whose rights were taken away."""
        with self.database.read() as connection:
            return revoked_devices(connection, event_id)

    def new_pairing_code(
        self, caller: Caller, request: PairingCodeRequest
    ) -> Callable[[Connection], PairingCodeAnswer]:
        """Give the write job that makes a one-time code. Raises BadInput ``not_allowed``."""
        if caller.role not in (Role.OWNER, Role.ORGANIZER) or request.role is Role.OWNER:
            raise BadInput("not_allowed", "Only an organizer pairs devices.")
        return keep_pairing_code(caller.event_id, request, self.clock(), made_by=caller.device_id)

    def pair(self, request: PairRequest) -> Callable[[Connection], PairAnswer]:
        """Give the write job that uses a one-time code up and makes a device of its bearer.

        Raises BadInput ``code_unknown``, ``code_used``, ``code_expired``, and ``not_new`` for the id of an installed
        copy that is known here: each pairing is of a new one.
        """
        code_hash = hashed(request.code.strip().upper())
        device_id, token = new_id(), secrets.token_urlsafe(32)

        def work(connection: Connection) -> PairAnswer:
            row = connection.execute(
                select(
                    PairingCode.event_id,
                    PairingCode.role,
                    PairingCode.door_id,
                    PairingCode.made_by,
                    PairingCode.expires_at,
                    PairingCode.used_at,
                )
                .where(PairingCode.code_hash == code_hash)
                .with_for_update()
            ).one_or_none()
            if row is None:
                raise BadInput("code_unknown", "This pairing code is not known here: ask the organizer for a new one.")
            if row.used_at is not None:
                raise BadInput("code_used", "This pairing code was used already: ask the organizer for a new one.")
            if row.expires_at <= self.clock() or row.made_by in revoked_devices(connection, row.event_id):
                raise BadInput("code_expired", "This pairing code has expired: ask the organizer for a new one.")
            if self._knows_install(connection, row.event_id, request.install_id):
                raise BadInput("not_new", "This copy was paired before: join again, which begins a new one.")
            connection.execute(
                update(PairingCode).where(PairingCode.code_hash == code_hash).values(used_at=self.clock())
            )
            bearer = Bearer(row.event_id, device_id, request.install_id, Role(row.role), row.door_id)
            self._register(connection, bearer, request.device_name)
            keep_token(connection, token, bearer, self.clock())
            title = connection.scalar(select(Event.title).where(Event.id == row.event_id)) or ""
            return PairAnswer(
                token=token,
                event_id=row.event_id,
                device_id=device_id,
                role=Role(row.role),
                door_id=row.door_id,
                event_title=title,
            )

        return work

    def publish(self, request: PublishRequest, user_id: str) -> Callable[[Connection], PairAnswer]:
        """Give the write job that opens an event for a user's hub; the hub hands its log in afterwards.

        Asked again by a member of the event (a lost answer, another organizer's laptop), it gives a further token.
        Raises BadInput ``not_allowed`` to everybody else.
        """
        token = secrets.token_urlsafe(32)

        def work(connection: Connection) -> PairAnswer:
            if not self.log.has_event(connection, request.event_id):
                self.log.open_event(connection, request.event_id)
                owner = AddMember(member_id=new_id(), user_id=user_id, role=Role.OWNER)
                self.log.run_own(connection, request.event_id, [owner])
            elif not self._is_member(connection, request.event_id, user_id):
                raise BadInput("not_allowed", "This event belongs to somebody else on this server.")
            bearer = Bearer(request.event_id, request.device_id, request.install_id, Role.OWNER, is_hub=True)
            keep_token(connection, token, bearer, self.clock())
            return PairAnswer(
                token=token,
                event_id=request.event_id,
                device_id=request.device_id,
                role=Role.OWNER,
                door_id=None,
                event_title="",
            )

        return work

    def has_event(self, event_id: str) -> bool:
        """Tell whether this server has an event's log."""
        with self.database.read() as connection:
            return self.log.has_event(connection, event_id)

    def found_event(self, event_id: str, device_id: str, device_name: str, install_id: str) -> str:
        """Open an event at this hub for the desktop it runs in. Gives the desktop's token."""
        token = secrets.token_urlsafe(32)
        with self.database.write() as connection:
            prepare_hub(connection, event_id, install_id, device_id)
            self.log.open_event(connection, event_id)
            bearer = Bearer(event_id, device_id, install_id, Role.OWNER)
            self._register(connection, bearer, device_name)
            keep_token(connection, token, bearer, self.clock())
        return token

    def new_own_token(self, event_id: str, device_id: str, install_id: str) -> str:
        """Give the desktop that this hub runs in a further token, when it lost the one it had."""
        token = secrets.token_urlsafe(32)
        with self.database.write() as connection:
            keep_token(connection, token, Bearer(event_id, device_id, install_id, Role.OWNER), self.clock())
        return token

    def _knows_install(self, connection: Connection, event_id: str, install_id: str) -> bool:
        """Tell whether an installed copy has a key, a device or operations here: nobody else may speak in its name."""
        for entity in (DeviceToken, Device, InstallSeen):
            known = select(entity.install_id).where(entity.event_id == event_id, entity.install_id == install_id)
            if connection.scalar(known.limit(1)) is not None:
                return True
        return False

    def _register(self, connection: Connection, bearer: Bearer, name: str) -> None:
        device = RegisterDevice(
            device_id=bearer.device_id,
            device_name=name,
            role=bearer.role,
            door_id=bearer.door_id,
            install_id=bearer.install_id,
        )
        self.log.run_own(connection, bearer.event_id, [device])

    def _is_member(self, connection: Connection, event_id: str, user_id: str) -> bool:
        found = connection.scalar(
            select(Member.id).where(
                Member.event_id == event_id,
                Member.user_id == user_id,
                Member.role.in_([Role.OWNER, Role.ORGANIZER]),
                Member.deleted_at.is_(None),
            )
        )
        return found is not None

    def _identify(self) -> tuple[str, str]:
        with self.database.write() as connection:
            if not self.database.is_sqlite:
                # Two processes of one server that start together are one server.
                connection.execute(text("LOCK TABLE server_identity IN EXCLUSIVE MODE"))
            row = connection.execute(select(ServerIdentity.server_id, ServerIdentity.session_secret)).one_or_none()
            if row is not None:
                return row.server_id, row.session_secret
            server_id, secret = new_id(), secrets.token_hex(32)
            connection.execute(insert(ServerIdentity).values(server_id=server_id, session_secret=secret))
            return server_id, secret
