"""``usher-server`` as people start it: a process of its own, with its words and its exit codes."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from sync.client.api import ServerApi
from sync.protocol import LoginRequest
from tests.helpers.certificates import self_signed
from tests.helpers.devices import PASSWORD
from tests.helpers.servers import ROOT, running_server, server_process


def _run(*arguments: str | Path, said: str | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "sync.server.main", *map(str, arguments)],
        cwd=ROOT,
        input=said,
        stdin=subprocess.DEVNULL if said is None else None,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def _sentence(done: subprocess.CompletedProcess[str]) -> str:
    assert done.stdout == ""
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("usher-server"), lines
    assert lines[0].endswith("."), lines
    return lines[0]


@pytest.mark.parametrize("command", ["", "create-user", "devices", "revoke-device", "pairing-code", "restored"])
def test_help_is_given_for_every_command(command: str) -> None:
    done = _run(*command.split(), "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert "--database" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["--port", "99999"], "65535"),
        (["--no-such-thing"], "--no-such-thing"),
        (["paint-the-walls"], "paint-the-walls"),
        (["create-user"], "username"),
        (["--host", "0.0.0.0"], "--tls-cert"),
        (["--tls-cert", "cert.pem"], "go together"),
        (["--tls-cert", "missing.pem", "--tls-key", "missing.key"], "missing.pem"),
        (["--database", "carrier-pigeon://coop/1", "--port", "0"], "postgresql://"),
        (["--database", "mysql://host/name", "--port", "0"], "postgresql://"),
    ],
    ids=["port", "option", "command", "no name", "plain http", "no key", "no file", "no url", "other database"],
)
def test_wrong_use_gets_one_sentence_and_exit_code_2(arguments: list[str], word: str) -> None:
    done = _run(*arguments)
    assert done.returncode == 2
    assert word in _sentence(done)


def test_a_database_that_cannot_be_used_gets_one_sentence(tmp_path: Path) -> None:
    letter = tmp_path / "letter.txt"
    letter.write_text("Dear Ada, " * 500)
    for where in (letter, tmp_path / "nowhere" / "server.sqlite", "postgresql://127.0.0.1:1/usher"):
        done = _run("--database", where, "--port", "0")
        assert done.returncode == 1, done.stderr
        last = done.stderr.strip().splitlines()[-1]
        assert last.startswith("usher-server: ")
        assert "Traceback" not in done.stderr


def test_a_certificate_that_is_none_gets_one_sentence(tmp_path: Path) -> None:
    for name in ("cert.pem", "key.pem"):
        (tmp_path / name).write_text("this is no PEM")
    where = ["--database", tmp_path / "server.sqlite", "--port", "0"]
    done = _run(*where, "--tls-cert", tmp_path / "cert.pem", "--tls-key", tmp_path / "key.pem")
    assert done.returncode == 2
    assert "PEM" in done.stderr.strip().splitlines()[-1]
    assert "Traceback" not in done.stderr


def test_a_user_who_was_made_can_log_in(tmp_path: Path) -> None:
    database = tmp_path / "server.sqlite"
    make = ["create-user", "--database", database, "--password-stdin", "--email", "noor@post.example", "noor"]
    done = _run(*make, said=PASSWORD + "\n")
    assert (done.returncode, done.stdout) == (0, "User noor was made.\n")
    again = _run(*make, said=PASSWORD + "\n")
    assert again.returncode == 2
    assert "there already" in again.stderr

    with server_process("--database", database, "--port", "0") as server:
        api = ServerApi(server.address())
        session = api.login(LoginRequest(login="noor@post.example", password=PASSWORD))
        api.close()
    assert session.access


@pytest.mark.parametrize(
    ("said", "word"), [("short\n", "at least 10 characters"), ("", "at least"), (None, "--password-stdin")]
)
def test_a_user_without_a_good_password_is_not_made(tmp_path: Path, said: str | None, word: str) -> None:
    chosen = [] if said is None else ["--password-stdin"]
    done = _run("create-user", "--database", tmp_path / "server.sqlite", *chosen, "omar", said=said)
    assert done.returncode == 2
    assert word in done.stderr.strip().splitlines()[-1]
    assert "Traceback" not in done.stderr


def test_an_address_that_somebody_has_gets_one_sentence(tmp_path: Path) -> None:
    with running_server(tmp_path / "first.sqlite") as first:
        done = _run("--database", tmp_path / "second.sqlite", "--port", str(first.port))
    assert done.returncode == 1
    assert "another program has it" in _sentence(done)


def test_it_ends_cleanly_when_it_is_asked_to(tmp_path: Path) -> None:
    database = tmp_path / "server.sqlite"
    with server_process("--database", database, "--port", "0") as server:
        api = ServerApi(server.address())
        assert api.about().product == "usher"
        api.close()
        started = time.monotonic()
        code, log = server.end()
    assert code == 0, log
    assert "Traceback" not in log
    assert time.monotonic() - started < 5
    # The last connection was closed in order: nothing is left beside the file.
    assert [path.name for path in tmp_path.iterdir()] == ["server.sqlite"]


def test_without_a_database_it_keeps_its_data_in_the_persons_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("USHER_HOME", str(tmp_path / "home"))
    with server_process("--port", "0") as server:
        api = ServerApi(server.address())
        assert api.about().product == "usher"
        api.close()
    assert (tmp_path / "home" / "server" / "server.sqlite").is_file()


def test_the_fingerprint_that_people_have_to_type_is_said_at_the_start(tmp_path: Path) -> None:
    made = self_signed(tmp_path)
    options = ("--port", "0", "--tls-cert", made.certificate, "--tls-key", made.key)
    with server_process("--database", tmp_path / "server.sqlite", *options) as server:
        server.address()
        assert server.process.stdout is not None
        said = server.process.stdout.readline()
    assert said == f"The fingerprint of its certificate is {made.fingerprint}\n"
