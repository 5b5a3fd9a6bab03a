"""Servers over https: known by the certificate that the pairing code carried, and by nothing else."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from models.errors import BadInput, SyncError
from models.events import Role
from sync.client.api import ServerApi
from sync.client.live import PokeListener
from sync.client.loop import Reach, SyncLoop, SyncState
from sync.client.pairing import PairingCode, pair
from sync.protocol import PairingCodeRequest
from sync.server.running import certificate_fingerprint
from tests.helpers.certificates import TestCertificate, self_signed
from tests.helpers.devices import Venue, venue_at, wait_until
from tests.helpers.events import an_entry, gathering
from tests.helpers.servers import running_server
from tests.sync.raw_http import recording


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> TestCertificate:
    """Give the certificate that the module's server shows."""
    return self_signed(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> TestCertificate:
    """Give a certificate that nobody pinned."""
    return self_signed(tmp_path_factory.mktemp("other"), "somebody.else.example")


@pytest.fixture(scope="module")
def safe_venue(certificate: TestCertificate, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Venue]:
    """Give an event on a server that speaks https."""
    folder = tmp_path_factory.mktemp("venue")
    settings = {"tls_certificate": certificate.certificate, "tls_key": certificate.key}
    with running_server(folder / "server.sqlite", **settings) as running:
        made = venue_at(running, folder, gathering(), certificate.fingerprint)
        yield made
        made.close()


def test_the_fingerprint_is_read_off_the_certificate(certificate: TestCertificate, tmp_path: Path) -> None:
    assert certificate_fingerprint(certificate.certificate) == certificate.fingerprint
    chain = tmp_path / "chain.pem"
    chain.write_text(f"subject=usher\n{certificate.certificate.read_text()}{certificate.certificate.read_text()}")
    assert certificate_fingerprint(chain) == certificate.fingerprint
    (tmp_path / "none.pem").write_text("no certificate")
    for path in (tmp_path / "none.pem", tmp_path / "missing.pem", certificate.key):
        with pytest.raises(BadInput) as raised:
            certificate_fingerprint(path)
        assert raised.value.code == "bad_certificate"


def test_a_device_pairs_and_exchanges_over_https(safe_venue: Venue) -> None:
    door = safe_venue.pair(door="North door")
    attendee = safe_venue.made.attendees["Maja Lindqvist"]
    door.copy.run(an_entry(attendee, door.copy.identity.device_id))
    assert safe_venue.url.startswith("https://")
    assert door.exchange().pushed == 1
    assert door.digest() == safe_venue.digest(Role.DOOR)
    assert door.copy.identity.server_certificate == safe_venue.certificate


def test_a_fingerprint_typed_in_capitals_is_the_same(safe_venue: Venue, certificate: TestCertificate) -> None:
    api = ServerApi(safe_venue.url, certificate=certificate.fingerprint.upper())
    assert api.about().product == "usher"
    api.close()


def test_the_live_socket_works_with_the_pinned_certificate(safe_venue: Venue, certificate: TestCertificate) -> None:
    door = safe_venue.pair()
    pokes: list[int] = []
    listener = PokeListener(safe_venue.url, door.token, lambda: pokes.append(1), certificate=certificate.fingerprint)
    listener.start()
    wait_until(lambda: len(pokes) >= 1)
    safe_venue.service.poke(safe_venue.made.event_id, 99)
    wait_until(lambda: len(pokes) >= 2)
    listener.stop()


def test_another_certificate_is_refused_with_a_sentence(safe_venue: Venue, other: TestCertificate) -> None:
    code = safe_venue.organizer.api.new_pairing_code(PairingCodeRequest(role=Role.DOOR)).code
    with pytest.raises(SyncError) as raised:
        pair(
            PairingCode(safe_venue.url, code, other.fingerprint),
            "Door",
            safe_venue.folder / "never",
            keep_token=lambda _install, _token: None,
        )
    assert raised.value.code == "wrong_certificate"
    assert "not the server this device was paired with" in raised.value.message
    assert not (safe_venue.folder / "never").exists()


def test_a_certificate_that_nobody_vouches_for_is_refused_without_a_pin(safe_venue: Venue) -> None:
    api = ServerApi(safe_venue.url)
    with pytest.raises(SyncError) as raised:
        api.about()
    api.close()
    assert raised.value.code == "unknown_certificate"


@pytest.mark.parametrize("days", [-2, 2])
def test_a_pinned_certificate_is_the_server_whatever_the_date(days: int, tmp_path: Path) -> None:
    shown = self_signed(tmp_path, made_at=datetime.now(UTC) + timedelta(days=days))
    settings = {"tls_certificate": shown.certificate, "tls_key": shown.key}
    with running_server(tmp_path / "server.sqlite", **settings) as running:
        api = ServerApi(running.url, certificate=shown.fingerprint)
        assert api.about().product == "usher"
        api.close()


@pytest.mark.parametrize("days", [-2, 2])
def test_a_certificate_that_is_vouched_for_and_out_of_time_says_so(
    days: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = self_signed(tmp_path, made_at=datetime.now(UTC) + timedelta(days=days))
    monkeypatch.setattr("certifi.where", lambda: str(shown.certificate))
    settings = {"tls_certificate": shown.certificate, "tls_key": shown.key}
    with running_server(tmp_path / "server.sqlite", **settings) as running, pytest.raises(SyncError) as raised:
        ServerApi(running.url).about()
    assert raised.value.code == "certificate_out_of_time"
    assert "set the clock right" in raised.value.message


def test_a_server_that_changes_its_certificate_is_noticed_by_a_device_that_checked_it_before(
    certificate: TestCertificate, other: TestCertificate, tmp_path: Path
) -> None:
    first = {"tls_certificate": certificate.certificate, "tls_key": certificate.key}
    with running_server(tmp_path / "server.sqlite", **first) as running:
        port = running.port
        api = ServerApi(running.url, certificate=certificate.fingerprint)
    second = {"tls_certificate": other.certificate, "tls_key": other.key, "port": port}
    with running_server(tmp_path / "server.sqlite", **second), pytest.raises(SyncError) as raised:
        api.about()
    api.close()
    assert raised.value.code == "wrong_certificate"


def test_the_token_never_reaches_a_server_with_another_certificate(
    certificate: TestCertificate, other: TestCertificate
) -> None:
    with recording(other) as (url, heard):
        listener = PokeListener(url, "the-token", lambda: None, certificate=certificate.fingerprint)
        listener.start()
        wait_until(lambda: len(heard) >= 1)
        listener.stop()
        with pytest.raises(SyncError) as raised:
            ServerApi(url, token="the-token", certificate=certificate.fingerprint)
    assert raised.value.code == "wrong_certificate"
    assert b"the-token" not in b"".join(heard)


def test_the_token_never_goes_to_another_computer_in_plain(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = threading.Event()
    monkeypatch.setattr("sync.client.live.connect", lambda *_args, **_kwargs: asked.set())
    listener = PokeListener("http://venue.example", "the-token", lambda: None)
    listener.start()
    assert not asked.wait(0.3)
    listener.stop()


def test_a_loop_says_that_the_certificate_is_another_one(safe_venue: Venue, other: TestCertificate) -> None:
    door = safe_venue.pair()
    states: list[SyncState] = []
    loop = SyncLoop(
        door.copy,
        safe_venue.url,
        door.token,
        certificate=other.fingerprint,
        on_change=lambda _change: None,
        on_state=states.append,
    )
    loop.start()
    wait_until(lambda: len(states) > 0)
    loop.stop()
    assert states[0].reach is Reach.PROBLEM
    assert "pair it again" in states[0].sentence
