"""Users: their passwords, their sessions, and refresh tokens that work once."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import jwt
import pytest
from sqlalchemy import func, select, update

from models.errors import BadInput, SyncError
from models.store.database import Database
from models.store.log_tables import RefreshToken, User
from models.store.schema import SERVER
from sync.client.api import ServerApi
from sync.protocol import LoginRequest, Session
from sync.server.accounts import Accounts
from tests.helpers.devices import PASSWORD, Venue, make_user

SECRET = "a secret of at least thirty-two bytes"


class Desk:
    """Accounts in a database of their own, with a clock that a test can turn."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.now = datetime.now(UTC)
        self.accounts = Accounts(SECRET, lambda: self.now)

    def create(self, name: str, password: str = PASSWORD, *, email: str | None = None, phone: str | None = None) -> str:
        job = self.accounts.create(name, password, email=email, phone=phone)
        with self.database.write() as connection:
            return job(connection)

    def login(self, name: str, password: str = PASSWORD) -> Session:
        with self.database.read() as connection:
            user_id = self.accounts.recognise(connection, name, password)
        with self.database.write() as connection:
            return self.accounts.open_session(user_id)(connection)

    def refresh(self, token: str) -> Session | None:
        with self.database.write() as connection:
            return self.accounts.refresh(token)(connection)

    def logout(self, token: str) -> None:
        with self.database.write() as connection:
            self.accounts.logout(token)(connection)

    def tokens(self) -> int:
        with self.database.read() as connection:
            return connection.scalar(select(func.count()).select_from(RefreshToken)) or 0


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """Give one server's database to the module; each test makes users of its own."""
    made = Database(tmp_path_factory.mktemp("accounts") / "server.sqlite", SERVER, synchronous="OFF")
    yield made
    made.close()


@pytest.fixture
def desk(database: Database) -> Desk:
    """Give accounts whose clock stands."""
    return Desk(database)


def test_a_password_is_kept_as_argon2_and_never_as_it_is(desk: Desk, database: Database) -> None:
    desk.create("amara")
    with database.read() as connection:
        kept = connection.scalar(select(User.password_hash).where(User.username == "amara"))
    assert kept is not None
    assert kept.startswith("$argon2id$")
    assert PASSWORD not in kept
    path = Path(str(database.url.database))
    assert all(PASSWORD.encode() not in one.read_bytes() for one in path.parent.glob(path.name + "*"))


def test_a_user_logs_in_by_name_by_email_and_by_phone(desk: Desk) -> None:
    user_id = desk.create("bao", email="bao@post.example", phone="+84240000001")
    sessions = [desk.login(name) for name in ("bao", "bao@post.example", "+84240000001", " bao ")]
    assert {session.user_id for session in sessions} == {user_id}
    assert {desk.accounts.user_of(session.access) for session in sessions} == {user_id}
    assert len({session.refresh for session in sessions}) == 4


@pytest.mark.parametrize(("name", "password"), [("chike", "wrong wrong wrong"), ("nobody", PASSWORD), ("chike", " ")])
def test_a_wrong_name_and_a_wrong_password_read_the_same(desk: Desk, name: str, password: str) -> None:
    with suppress(BadInput):
        desk.create("chike")
    with pytest.raises(BadInput) as raised:
        desk.login(name, password)
    assert (raised.value.code, raised.value.message) == ("wrong_login", "The name or the password is wrong.")


def test_users_without_an_email_address_are_not_each_other(desk: Desk) -> None:
    assert desk.create("dora") != desk.create("dmitri")


@pytest.mark.parametrize(
    ("name", "names"),
    [
        ("elif", {}),
        (" elif ", {}),
        ("other", {"email": "elif@post.example"}),
        ("another", {"phone": "+90210000001"}),
        ("elif@post.example", {}),
        ("further", {"email": "+90210000001"}),
    ],
)
def test_a_name_belongs_to_one_user_in_whatever_place(desk: Desk, name: str, names: dict[str, str]) -> None:
    with suppress(BadInput):
        desk.create("elif", email="elif@post.example", phone="+90210000001")
    with pytest.raises(BadInput) as raised:
        desk.create(name, **names)
    assert raised.value.code == "user_exists"


@pytest.mark.parametrize(
    ("name", "password", "code"),
    [
        ("", PASSWORD, "no_username"),
        ("  ", PASSWORD, "no_username"),
        ("f", "short", "weak_password"),
        ("f" * 81, PASSWORD, "bad_username"),
    ],
)
def test_a_user_who_cannot_be_made_is_refused_with_a_sentence(desk: Desk, name: str, password: str, code: str) -> None:
    with pytest.raises(BadInput) as raised:
        desk.create(name, password)
    assert raised.value.code == code


def test_a_user_who_was_switched_off_neither_logs_in_nor_goes_on(desk: Desk, database: Database) -> None:
    user_id = desk.create("gitta")
    session = desk.login("gitta")
    with database.write() as connection:
        connection.execute(update(User).where(User.id == user_id).values(is_active=False))
    with pytest.raises(BadInput) as raised:
        desk.login("gitta")
    assert raised.value.code == "wrong_login"
    assert desk.refresh(session.refresh) is None


def test_an_access_token_ends_after_minutes(desk: Desk) -> None:
    desk.create("hana")
    claims = jwt.decode(desk.login("hana").access, SECRET, algorithms=["HS256"])
    assert claims["exp"] - claims["iat"] == 15 * 60
    desk.now -= timedelta(minutes=16)
    old = desk.login("hana").access
    with pytest.raises(BadInput) as raised:
        desk.accounts.user_of(old)
    assert raised.value.code == "not_logged_in"


@pytest.mark.parametrize(
    "token",
    [
        "",
        "nonsense",
        jwt.encode({"sub": "x", "exp": 9_999_999_999}, "another secret of at least thirty-two b", algorithm="HS256"),
        jwt.encode({"sub": "x"}, SECRET, algorithm="HS256"),
        jwt.encode({"exp": 9_999_999_999}, SECRET, algorithm="HS256"),
        jwt.encode({"sub": "x", "exp": 9_999_999_999}, "", algorithm="none"),
    ],
    ids=["empty", "nonsense", "another server's", "without an end", "without a user", "unsigned"],
)
def test_a_forged_access_token_is_nobody(desk: Desk, token: str) -> None:
    with pytest.raises(BadInput) as raised:
        desk.accounts.user_of(token)
    assert raised.value.code == "not_logged_in"


def test_a_refresh_token_is_traded_for_the_next_one(desk: Desk) -> None:
    user_id = desk.create("ines")
    session = desk.login("ines")
    for _ in range(3):
        following = desk.refresh(session.refresh)
        assert following is not None
        assert following.refresh != session.refresh
        assert following.user_id == desk.accounts.user_of(following.access) == user_id
        session = following


def test_a_refresh_token_that_is_shown_twice_ends_its_family_and_no_other(desk: Desk) -> None:
    desk.create("jonas")
    stolen, elsewhere = desk.login("jonas"), desk.login("jonas")
    following = desk.refresh(stolen.refresh)
    assert following is not None

    assert desk.refresh(stolen.refresh) is None

    assert desk.refresh(following.refresh) is None
    assert desk.refresh(elsewhere.refresh) is not None


def test_an_unknown_and_an_expired_refresh_token_give_nothing(desk: Desk) -> None:
    desk.create("kavya")
    session = desk.login("kavya")
    assert desk.refresh("nonsense") is None
    desk.now += timedelta(days=31)
    assert desk.refresh(session.refresh) is None


def test_logging_out_ends_the_family(desk: Desk) -> None:
    desk.create("lucia")
    session = desk.login("lucia")
    before = desk.tokens()
    desk.logout(session.refresh)
    assert desk.tokens() == before - 1
    assert desk.refresh(session.refresh) is None


def test_a_login_over_http_and_its_refresh(venue: Venue) -> None:
    user_id = make_user(venue.service, "mona", email="mona@post.example")
    api = ServerApi(venue.url)
    session = api.login(LoginRequest(login="mona@post.example", password=PASSWORD))
    with pytest.raises(SyncError) as raised:
        api.login(LoginRequest(login="mona", password="not that one"))
    api.close()
    assert session.user_id == user_id
    assert (raised.value.code, raised.value.details["status"]) == ("wrong_login", 401)
    with httpx.Client(base_url=venue.url, trust_env=False) as web:
        first = web.post("/api/auth/refresh", json={"refresh": session.refresh})
        again = web.post("/api/auth/refresh", json={"refresh": session.refresh})
        out = web.post("/api/auth/logout", json={"refresh": first.json()["refresh"]})
    assert (first.status_code, again.status_code, out.status_code) == (200, 401, 204)
    assert again.json()["code"] == "not_logged_in"


def test_passwords_cannot_be_guessed_by_the_thousand(own_venue: Venue) -> None:
    api = ServerApi(own_venue.url)
    codes: list[str] = []
    for attempt in range(12):
        with pytest.raises(SyncError) as raised:
            api.login(LoginRequest(login="ada", password=f"guess number {attempt}"))
        codes.append(raised.value.code)
    api.close()
    assert codes == ["wrong_login"] * 10 + ["too_many_tries"] * 2
