"""Users of a server: their passwords (Argon2), their sessions (JWT) and refresh tokens that are used once."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cache

import jwt
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import Connection, delete, insert, or_, select, update

from models.errors import BadInput
from models.ids import new_id
from models.operations.base import now_utc
from models.store.log_tables import RefreshToken, User
from sync.protocol import Session
from sync.server.tokens import hashed

_ACCESS = timedelta(minutes=15)
_REFRESH = timedelta(days=30)
SHORTEST_PASSWORD = 10
_LONGEST_NAME, _LONGEST_EMAIL, _LONGEST_PHONE = 80, 254, 20
_hasher = PasswordHasher()


class Accounts:
    """Logs users in and out; all write methods give jobs for the server's writer."""

    def __init__(self, secret: str, clock: Callable[[], datetime] = now_utc) -> None:
        """Sign sessions with the server's secret."""
        self._secret = secret
        self._clock = clock

    def create(
        self,
        username: str,
        password: str,
        *,
        email: str | None = None,
        phone: str | None = None,
        is_staff: bool = False,
    ) -> Callable[[Connection], str]:
        """Give the write job that makes a user; its result is the user's id.

        Raises BadInput ``weak_password``, ``no_username``, ``bad_username``, and ``user_exists`` from the job.
        """
        username = username.strip()
        if len(password) < SHORTEST_PASSWORD:
            raise BadInput(
                "weak_password", f"A password has at least {SHORTEST_PASSWORD} characters: choose a longer one."
            )
        if not username:
            raise BadInput("no_username", "A user needs a name: give one.")
        if len(username) > _LONGEST_NAME or len(email or "") > _LONGEST_EMAIL or len(phone or "") > _LONGEST_PHONE:
            raise BadInput("bad_username", "The name, the e-mail address or the phone number is too long: shorten it.")
        names = [name for name in (username, email, phone) if name]
        password_hash = _hasher.hash(password)
        user_id = new_id()

        def work(connection: Connection) -> str:
            taken = or_(User.username.in_(names), User.email.in_(names), User.phone.in_(names))
            if connection.scalar(select(User.id).where(taken).limit(1)) is not None:
                raise BadInput("user_exists", "A user with this name, e-mail address or phone number is there already.")
            connection.execute(
                insert(User).values(
                    id=user_id,
                    username=username,
                    email=email or None,
                    phone=phone or None,
                    password_hash=password_hash,
                    is_staff=is_staff,
                    joined_at=self._clock(),
                    last_login_at=None,
                )
            )
            return user_id

        return work

    def recognise(self, connection: Connection, login: str, password: str) -> str:
        """Find a user by name, e-mail or phone and check the password, on a connection that only reads.

        Checking takes long by intent, so it is no work for the writer; it takes as long for a user who is not there
        as for a wrong password. Gives the user's id. Raises BadInput ``wrong_login``.
        """
        name = login.strip()
        user = connection.execute(
            select(User.id, User.password_hash, User.is_active).where(
                or_(User.username == name, User.email == name, User.phone == name)
            )
        ).first()
        nobody = _nobody()
        right = _is_right(user.password_hash if user and user.password_hash else nobody, password)
        if user is None or not right or not user.is_active:
            raise BadInput("wrong_login", "The name or the password is wrong.")
        return user.id

    def open_session(self, user_id: str) -> Callable[[Connection], Session]:
        """Give the write job that logs in a user who was recognised."""

        def work(connection: Connection) -> Session:
            connection.execute(update(User).where(User.id == user_id).values(last_login_at=self._clock()))
            return self._session(connection, user_id, new_id())

        return work

    def refresh(self, token: str) -> Callable[[Connection], Session | None]:
        """Give the write job that trades a refresh token for a new session.

        A token is used once: shown again, it was stolen or lost, and its whole family ends (the job's result is
        None then, and for an unknown or expired one, so that the end is committed).
        """

        def work(connection: Connection) -> Session | None:
            row = connection.execute(
                select(RefreshToken.user_id, RefreshToken.family, RefreshToken.expires_at, RefreshToken.used_at)
                .where(RefreshToken.token_hash == hashed(token))
                .with_for_update()
            ).one_or_none()
            if row is None or row.expires_at <= self._clock():
                return None
            active = connection.scalar(select(User.is_active).where(User.id == row.user_id))
            if row.used_at is not None or not active:
                connection.execute(delete(RefreshToken).where(RefreshToken.family == row.family))
                return None
            connection.execute(
                update(RefreshToken).where(RefreshToken.token_hash == hashed(token)).values(used_at=self._clock())
            )
            return self._session(connection, row.user_id, row.family)

        return work

    def logout(self, token: str) -> Callable[[Connection], None]:
        """Give the write job that ends the family of a refresh token."""

        def work(connection: Connection) -> None:
            family = select(RefreshToken.family).where(RefreshToken.token_hash == hashed(token)).scalar_subquery()
            connection.execute(delete(RefreshToken).where(RefreshToken.family == family))

        return work

    def user_of(self, access: str) -> str:
        """Read the user's id off an access token. Raises BadInput ``not_logged_in``."""
        try:
            claims = jwt.decode(access, self._secret, algorithms=["HS256"], options={"require": ["exp", "sub"]})
        except jwt.InvalidTokenError as error:
            raise BadInput("not_logged_in", "Log in first, or again.") from error
        return str(claims["sub"])

    def _session(self, connection: Connection, user_id: str, family: str) -> Session:
        now = self._clock()
        refresh = secrets.token_urlsafe(32)
        connection.execute(
            insert(RefreshToken).values(
                token_hash=hashed(refresh), user_id=user_id, family=family, expires_at=now + _REFRESH, used_at=None
            )
        )
        access = jwt.encode({"sub": user_id, "iat": now, "exp": now + _ACCESS}, self._secret, algorithm="HS256")
        return Session(access=access, refresh=refresh, user_id=user_id)


@cache
def _nobody() -> str:
    """Give the hash of a password that nobody knows, made at the first login: every start would wait for it."""
    return _hasher.hash(secrets.token_urlsafe(16))


def _is_right(password_hash: str, password: str) -> bool:
    try:
        return _hasher.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False
