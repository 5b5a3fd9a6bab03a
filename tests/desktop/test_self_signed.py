"""Connecting an event with a server that made its certificate itself, known by its fingerprint."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from desktop.application import Program
from desktop.hub import parse_fingerprint
from models.errors import BadInput
from sync.client.loop import Reach
from sync.server.running import RunningServer
from tests.desktop.conftest import in_step
from tests.helpers.certificates import TestCertificate, self_signed
from tests.helpers.devices import PASSWORD, make_user
from tests.helpers.servers import running_server
from ui.dialogs.publish_dialog import PublishDialog


@pytest.fixture
def certificate(tmp_path: Path) -> TestCertificate:
    return self_signed(tmp_path)


@pytest.fixture
def secure(tmp_path: Path, certificate: TestCertificate) -> Iterator[RunningServer]:
    """A server with a certificate that nobody vouches for, and a user called ada."""
    with running_server(
        tmp_path / "secure.sqlite", tls_certificate=certificate.certificate, tls_key=certificate.key
    ) as running:
        make_user(running.service, "ada")
        yield running


def _shouted(fingerprint: str) -> str:
    """Write a fingerprint as other programs show it: in capitals, with colons."""
    return ":".join(fingerprint[at : at + 2].upper() for at in range(0, 64, 2))


def _filled_in(program: Program, server: RunningServer, qtbot: QtBot) -> PublishDialog:
    """Open the sample and the dialog that publishes it, with everything typed but a fingerprint."""
    program.open_sample()
    in_step(program, qtbot)
    assert program.screens is not None
    program.screens.open_publishing()
    dialog = program.screens.dialog
    assert isinstance(dialog, PublishDialog)
    dialog.address.setText(server.url)
    dialog.login.setText("ada")
    dialog.password.setText(PASSWORD)
    return dialog


def test_an_event_is_connected_by_the_fingerprint_and_stays_so_after_a_restart(
    program: Program, secure: RunningServer, certificate: TestCertificate, qtbot: QtBot
) -> None:
    dialog = _filled_in(program, secure, qtbot)
    qtbot.mouseClick(dialog.go, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: dialog.fingerprint.isVisible(), timeout=10_000)
    assert dialog.sentence.text().startswith("Nobody vouches for the certificate")

    dialog.fingerprint.setText("12:34")
    qtbot.mouseClick(dialog.go, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: dialog.sentence.text().startswith("This is no SHA-256"), timeout=10_000)
    dialog.fingerprint.setText(_shouted(certificate.fingerprint))
    qtbot.mouseClick(dialog.go, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: program.screens is not None and program.screens.dialog is None, timeout=10_000)
    in_step(program, qtbot)

    assert program.opened is not None
    path = program.opened.path
    program.open_file(path)
    in_step(program, qtbot)
    assert program.opened.standing.reach is Reach.IN_STEP
    assert program.opened.hub is not None
    assert program.opened.hub.upstream_url == secure.url


def test_another_certificate_under_the_same_address_is_refused(
    program: Program, secure: RunningServer, qtbot: QtBot
) -> None:
    dialog = _filled_in(program, secure, qtbot)
    dialog.fingerprint.setText("0" * 64)
    qtbot.mouseClick(dialog.go, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: dialog.go.isEnabled(), timeout=10_000)
    assert "shows another certificate" in dialog.sentence.text()
    assert dialog.isVisible()
    assert dialog.fingerprint.isVisible()


def test_a_fingerprint_is_read_as_other_programs_write_it() -> None:
    digits = "0123456789abcdef" * 4
    assert parse_fingerprint(_shouted(digits)) == digits
    assert parse_fingerprint(f" {digits} ") == digits
    assert parse_fingerprint("  ") is None
    with pytest.raises(BadInput, match="64 of the digits"):
        parse_fingerprint("ab:cd")
