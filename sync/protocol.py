"""The messages of the wire, shared by both ends. Rows and envelopes are in ``models.store.exchange``."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from models.errors import SyncError
from models.events import Role
from models.store.exchange import Envelope, Receipt, Uuid

PROTOCOL = 1
"""The version of the protocol; a server takes this one and refuses others with a sentence."""
PROTOCOL_HEADER = "Usher-Protocol"
BATCH = 500
"""At most so many envelopes travel in one push."""
BATCH_BYTES = 4 * 1024 * 1024
"""A push ends with the operation that passes so many bytes of arguments, well below what a body may hold."""
LARGEST_BODY = 16 * 1024 * 1024
"""At most so many bytes of a request's body are read, and at most so many may come of it when it is unpacked."""
WORTH_PACKING = 1_024
"""Bodies of more bytes travel by gzip, both ways."""
PACKING_LEVEL = 2
"""Quick rather than small: most of what gzip saves is saved by then."""

_NO_NUL = r"^[^\x00]*$"
"""PostgreSQL's texts hold every character but this one."""
DeviceName = Annotated[str, Field(min_length=1, max_length=120, pattern=_NO_NUL)]


class _Message(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class PushRequest(_Message):
    """Operations handed in, in the order of their numbers."""

    envelopes: Annotated[list[Envelope], Field(min_length=1, max_length=BATCH)]


class PushAnswer(Receipt):
    """What the server has by now of each installed copy that was handed in.

    ``stopped`` is true when a fault of the server ended the batch early: the rest is handed in again.
    """

    stopped: bool = False


class PairRequest(_Message):
    """A device that shows a one-time code."""

    code: Annotated[str, Field(min_length=1, max_length=64)]
    install_id: Uuid
    device_name: DeviceName


class PairAnswer(_Message):
    """What a paired device may do, and the token it shows from now on."""

    token: str
    event_id: Uuid
    device_id: Uuid
    role: Role
    door_id: Uuid | None
    event_title: str


class TokenAnswer(_Message):
    """A new token for a device; none while the one it shows is good for longer."""

    token: str | None


class PairingCodeRequest(_Message):
    """An organizer that wants a one-time code for a new device."""

    role: Role
    door_id: Uuid | None = None
    lifetime_seconds: Annotated[int, Field(ge=10, le=86_400)] = 900


class PairingCodeAnswer(_Message):
    """A one-time code, shown once."""

    code: str
    expires_at: datetime


class QuarantinedChange(_Message):
    """One operation of a revoked device that waits for an organizer; ``about`` names whom or what it changes."""

    op_id: str
    name: str
    device_name: str
    made_at: datetime
    came_at: datetime
    sentence: str
    about: str = ""


class QuarantineAnswer(_Message):
    """What waits for an organizer's decision, in the order it came."""

    changes: list[QuarantinedChange]


class PublishRequest(_Message):
    """A hub that brings its event to a server; a logged-in user asks."""

    event_id: Uuid
    install_id: Uuid
    device_id: Uuid
    device_name: DeviceName


class LoginRequest(_Message):
    """A user's name (username, e-mail or phone number) and password."""

    login: Annotated[str, Field(min_length=1, max_length=254, pattern=_NO_NUL)]
    password: Annotated[str, Field(min_length=1, max_length=1024)]


class RefreshRequest(_Message):
    """A refresh token, used once."""

    refresh: Annotated[str, Field(min_length=1, max_length=512)]


class Session(_Message):
    """A user's access token (minutes) and refresh token (weeks)."""

    access: str
    refresh: str
    user_id: str


class About(_Message):
    """Who answers at an address."""

    product: str = "usher"
    protocol: int = PROTOCOL
    server_id: str
    server_time: datetime


class Poke(_Message):
    """What the live socket carries after a commit: nothing but where to look."""

    event_id: str
    version: int


class Problem(_Message):
    """An error as RFC 9457 describes it, with a stable ``code`` and, where one is at fault, the ``field``."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    code: str
    field: str | None = None
    install_id: str | None = None
    expected: int | None = None


class OutOfStep(SyncError):
    """A push that does not continue where the server is: a gap, or a number known with another operation."""

    def __init__(self, code: str, install_id: str, expected: int) -> None:
        """Say which installed copy and which number the server expects."""
        super().__init__(code, f"The server expects number {expected} of this device next.", expected=expected)
        self.install_id = install_id
        self.expected = expected


REVOKED = "revoked"
"""The code of an answer to a device whose rights were taken away: it hands in what it did and gets nothing more."""
NO_TOKEN = "no_token"
"""The code of an answer to a token that the server does not know, or not any more."""
GAP = "gap"
FORKED = "forked"
