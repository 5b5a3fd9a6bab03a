"""The command line of ``usher-server``: serve, make users, and what is done to events by hand."""

from __future__ import annotations

import argparse
import getpass
import logging
import os
import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from platformdirs import user_data_path

from models.errors import BadInput, UsherError
from sync.server.config import ServerConfig

if TYPE_CHECKING:
    from models.store.database import Database

_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


class _OneSentence(argparse.ArgumentParser):
    """A parser that answers wrong use with one sentence and exit code 2."""

    def error(self, message: str) -> NoReturn:
        print(f"{self.prog}: {message}.", file=sys.stderr)
        raise SystemExit(2)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run ``usher-server`` with these arguments. Gives the exit code."""
    parser = _parser()
    chosen = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    try:
        command = _COMMANDS.get(chosen.command)
        return _serve(parser, chosen) if command is None else command(chosen)
    except UsherError as error:
        print(f"usher-server: {error.message}", file=sys.stderr)
        return 2 if isinstance(error, BadInput) else 1


def _parser() -> _OneSentence:
    parser = _OneSentence(prog="usher-server", description="The central server of Usher.")
    _add_database(parser)
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen on (default: loopback)")
    parser.add_argument("--port", type=_port, default=8765, help="the port to listen on (default: 8765; 0: a free one)")
    parser.add_argument("--tls-cert", type=Path, metavar="PEM", help="the certificate for https")
    parser.add_argument("--tls-key", type=Path, metavar="PEM", help="the certificate's key")
    parser.add_argument(
        "--redis",
        metavar="URL",
        help="redis://…, where several processes on one database tell each other of news (default: none)",
    )
    commands = parser.add_subparsers(dest="command", title="commands", parser_class=_OneSentence)
    create = commands.add_parser("create-user", help="make a user who can publish events here")
    _add_database(create)
    create.add_argument("username", help="the name to log in with")
    create.add_argument("--email", help="an e-mail address to log in with")
    create.add_argument("--phone", help="a phone number to log in with, such as +351210000000")
    create.add_argument("--staff", action="store_true", help="a user who may look after the server")
    create.add_argument(
        "--password-stdin", action="store_true", help="read the password from standard input instead of asking"
    )
    devices = commands.add_parser("devices", help="list the events that are here, with their devices")
    revoke = commands.add_parser("revoke-device", help="take the rights of a lost device away, an owner's as well")
    revoke.add_argument("event", help="the title of its event, or the id")
    revoke.add_argument("device", help="its name, or the id")
    code = commands.add_parser("pairing-code", help="make a one-time code, where no organizer's laptop can")
    code.add_argument("event", help="the title of the event, or the id")
    code.add_argument("--door", help="the door to pair; without it the code is for an organizer's laptop")
    code.add_argument("--url", default="http://127.0.0.1:8765", help="where this server is reached (default: loopback)")
    code.add_argument("--tls-cert", type=Path, metavar="PEM", help="the server's own certificate, for its fingerprint")
    restored = commands.add_parser("restored", help="say that the database was put back to a backup")
    for one in (devices, revoke, code, restored):
        _add_database(one)
    return parser


def _add_database(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--database",
        metavar="URL",
        default=argparse.SUPPRESS,
        help="a file, or postgresql://… (default: SQLite in the user's data folder)",
    )


def _port(text: str) -> int:
    if not text.isdigit() or int(text) > 65_535:
        raise argparse.ArgumentTypeError("a port is a number from 0 to 65535")
    return int(text)


def _database(chosen: argparse.Namespace) -> str | Path:
    given: str | None = getattr(chosen, "database", None)
    if given is not None:
        return given
    home = os.environ.get("USHER_HOME")
    folder = Path(home) / "server" if home else user_data_path("usher", appauthor=False) / "server"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / "server.sqlite"


def _serve(parser: _OneSentence, chosen: argparse.Namespace) -> int:
    if (chosen.tls_cert is None) != (chosen.tls_key is None):
        parser.error("--tls-cert and --tls-key go together")
    for path in (chosen.tls_cert, chosen.tls_key):
        if path is not None and not path.is_file():
            parser.error(f"the file {path} is not there")
    if chosen.tls_cert is None and chosen.host not in _LOOPBACK:
        parser.error(f"listening on {chosen.host} needs --tls-cert and --tls-key: plain http is for loopback only")
    from sync.server.running import RunningServer, certificate_fingerprint

    server = RunningServer(
        ServerConfig(_database(chosen), chosen.host, chosen.port, chosen.tls_cert, chosen.tls_key, redis=chosen.redis)
    )
    print(f"Usher server at {server.url}", flush=True)
    if chosen.tls_cert is not None:
        print(f"The fingerprint of its certificate is {certificate_fingerprint(chosen.tls_cert)}", flush=True)
    server.run()
    return 0


def _create_user(chosen: argparse.Namespace) -> int:
    from models.store.database import Database
    from models.store.schema import SERVER
    from sync.server.accounts import Accounts

    password = sys.stdin.readline().rstrip("\r\n") if chosen.password_stdin else _asked_password()
    job = Accounts("").create(chosen.username, password, email=chosen.email, phone=chosen.phone, is_staff=chosen.staff)
    with closing(Database(_database(chosen), SERVER)) as database, database.write() as connection:
        job(connection)
    print(f"User {chosen.username} was made.")
    return 0


def _list_devices(chosen: argparse.Namespace) -> int:
    from sync.server.upkeep import read_events

    with _opened(chosen) as database, database.read() as connection:
        events = read_events(connection)
    for event in events:
        print(f"{event.title}  {event.event_id}")
        for device in event.devices:
            print(f"  {device.name} ({'revoked' if device.is_revoked else device.role})  {device.device_id}")
    if not events:
        print("No event is here yet.")
    return 0


def _revoke_device(chosen: argparse.Namespace) -> int:
    from sync.server.upkeep import revoke_device

    with _opened(chosen) as database, database.write() as connection:
        name = revoke_device(connection, chosen.event, chosen.device)
    print(f"“{name}” has no rights any more; what it still hands in waits for an organizer.")
    return 0


def _make_pairing_code(chosen: argparse.Namespace) -> int:
    from sync.client.pairing import PairingCode
    from sync.server.running import certificate_fingerprint
    from sync.server.upkeep import new_pairing_code

    certificate = None if chosen.tls_cert is None else certificate_fingerprint(chosen.tls_cert)
    with _opened(chosen) as database, database.write() as connection:
        code = new_pairing_code(connection, chosen.event, chosen.door)
    print(PairingCode(chosen.url.rstrip("/"), code, certificate))
    return 0


def _note_restored(chosen: argparse.Namespace) -> int:
    from sync.server.upkeep import note_restored

    with _opened(chosen) as database, database.write() as connection:
        count = note_restored(connection)
    print(f"The devices of {count} events will start from a fresh copy and hand in again what is missing here.")
    return 0


def _opened(chosen: argparse.Namespace) -> closing[Database]:
    """Open a database that is there already. Raises BadInput ``no_database`` rather than make a new one."""
    from models.store.database import Database
    from models.store.schema import SERVER

    where = _database(chosen)
    if "://" not in str(where) and not Path(where).is_file():
        raise BadInput("no_database", f"There is no database at “{where}”: give the one that the server uses.")
    return closing(Database(where, SERVER))


def _asked_password() -> str:
    if not sys.stdin.isatty():
        raise BadInput("no_password", "There is nobody to ask for a password here: hand it in with --password-stdin.")
    try:
        return getpass.getpass("Password: ")
    except (EOFError, KeyboardInterrupt) as error:
        raise BadInput("no_password", "No password was given: no user was made.") from error


_COMMANDS = {
    "create-user": _create_user,
    "devices": _list_devices,
    "revoke-device": _revoke_device,
    "pairing-code": _make_pairing_code,
    "restored": _note_restored,
}


if __name__ == "__main__":
    raise SystemExit(main())
