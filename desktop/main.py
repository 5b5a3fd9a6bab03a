"""The command line: opens the program, or does one thing and tells the result on stdout."""

from __future__ import annotations

import argparse
import io
import logging
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NoReturn

from desktop.launch import Launch, launched, program_version
from models.errors import UsherError

_log = logging.getLogger(__name__)

WRONG_USE = 2
INTERRUPTED = 130

_Run = Callable[[Launch, argparse.Namespace], int]


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line asks and return the exit code: 0, 1 when something went wrong, 2 for wrong use.

    `arguments` stand for those of the process. Raises SystemExit after help, the version and wrong use.
    """
    _write_utf8()
    try:
        chosen = _parse(list(sys.argv[1:] if arguments is None else arguments))
        return _run(chosen)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read the output has seen enough, as `head` has; Python would complain once more when it ends.
        sys.stdout = None
        return 1


def _run(chosen: argparse.Namespace) -> int:
    with launched() as launch:
        run: _Run = chosen.run
        try:
            code = run(launch, chosen)
            if sys.stdout is not None:
                sys.stdout.flush()
            return code
        except UsherError as error:
            _log.error("%s: %s", error.code, error.message)
            return _say(error.message)
        except BrokenPipeError:
            raise
        except Exception as error:
            launch.crashes.report(error)
            return 1


# -- the commands -----------------------------------------------------------------------------------------------------


def _open_program(launch: Launch, chosen: argparse.Namespace) -> int:
    if not has_screen(os.environ, sys.platform):
        raise UsherError("no_screen", "No screen was found: start Usher from a desktop session.")
    _before_qt()
    from desktop.application import open_program

    return open_program(launch, chosen.event)


def _run_demo(launch: Launch, chosen: argparse.Namespace) -> int:
    without_screen = chosen.headless or not has_screen(os.environ, sys.platform)
    _before_qt()
    if not (chosen.tour or without_screen):
        from desktop.application import open_sample

        return open_sample(launch)
    if without_screen:
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
    from desktop.tour import play_tour

    return play_tour(launch, chosen.out.absolute())


def _run_read_codes(_launch: Launch, chosen: argparse.Namespace) -> int:
    from desktop.codes.read_codes import run_read_codes

    return run_read_codes(chosen.paths, sys.stdout, sys.stderr)


def _run_import(_launch: Launch, chosen: argparse.Namespace) -> int:
    from desktop.guest_list_commands import import_guests, preview_guests

    if chosen.preview:
        print(preview_guests(chosen.file, chosen.sheet, chosen.country))
    else:
        print(import_guests(chosen.file, chosen.sheet, chosen.country, chosen.event))
    return 0


def _run_export(_launch: Launch, chosen: argparse.Namespace) -> int:
    from desktop.guest_list_commands import export_guests

    print(export_guests(chosen.event, chosen.to))
    return 0


# -- the arguments ----------------------------------------------------------------------------------------------------


class _Parser(argparse.ArgumentParser):
    """Answers wrong use with one sentence instead of a page."""

    def error(self, message: str) -> NoReturn:
        self.exit(WRONG_USE, f"{self.prog}: {' '.join(message.split())}; see “{self.prog} --help”.\n")


def _parse(arguments: list[str]) -> argparse.Namespace:
    parser = _Parser(
        prog="usher",
        usage="usher [EVENT] [--help] [--version]\n       usher COMMAND …",
        description="Invite, seat and admit guests. Without a command, Usher opens its window.",
        epilog="“usher COMMAND --help” tells more about a command; usher-server serves events to many devices.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"Usher {program_version()}")
    commands = parser.add_subparsers(prog="usher", title="commands", metavar="COMMAND", parser_class=_Parser)
    for add in (_add_demo, _add_read_codes, _add_import_guests, _add_export_guests):
        add(commands)
    # argparse takes any first word for a command; the name of an event is one word, too.
    if not arguments or (not arguments[0].startswith("-") and arguments[0] not in commands.choices):
        return _parse_event(arguments)
    chosen = parser.parse_args(arguments)
    if not hasattr(chosen, "run"):
        parser.error("a command is missing after the options")
    if chosen.run is _run_import and not (chosen.preview or chosen.event):
        commands.choices["import-guests"].error("--event DATABASE says where to import to, --preview only shows")
    return chosen


def _parse_event(arguments: list[str]) -> argparse.Namespace:
    parser = _Parser(prog="usher", add_help=False, allow_abbrev=False)
    parser.add_argument("event", nargs="?", type=Path, metavar="EVENT")
    parser.set_defaults(run=_open_program)
    chosen = parser.parse_args(arguments)
    if chosen.event is not None and not chosen.event.is_file():
        parser.error(f"“{chosen.event}” is neither a command nor the file of an event")
    return chosen


_Commands = argparse._SubParsersAction


def _add_demo(commands: _Commands[_Parser]) -> None:
    text = "open the sample event with its own server, or play the whole story by itself"
    parser = commands.add_parser("demo", help=text, description=_sentence(text), allow_abbrev=False)
    parser.add_argument(
        "--tour", action="store_true", help="play the story: seat, scan, lose the network, lose nothing"
    )
    parser.add_argument("--headless", action="store_true", help="play the story without a screen")
    parser.add_argument(
        "--out",
        type=Path,
        default=Path("demo-tour"),
        metavar="DIR",
        help="where the story leaves its pictures and report.json (default: %(default)s)",
    )
    parser.set_defaults(run=_run_demo)


def _add_read_codes(commands: _Commands[_Parser]) -> None:
    text = "read the QR codes in pictures, videos and folders, one JSON object a line"
    parser = commands.add_parser("read-codes", help=text, description=_sentence(text), allow_abbrev=False)
    parser.add_argument("paths", nargs="+", metavar="PATH", help="a picture, a video, or a folder of them")
    parser.set_defaults(run=_run_read_codes)


def _add_import_guests(commands: _Commands[_Parser]) -> None:
    text = "import a guest list (CSV, Excel, OpenDocument) into an event, or show what would be imported"
    parser = commands.add_parser("import-guests", help=text, description=_sentence(text), allow_abbrev=False)
    parser.add_argument("file", type=Path, metavar="FILE", help="the guest list")
    parser.add_argument("--sheet", metavar="NAME", help="the sheet of a workbook; by default the one with the guests")
    parser.add_argument(
        "--country", type=_country, metavar="CC", help="two letters: the country of phone numbers without its prefix"
    )
    parser.add_argument(
        "--preview", action="store_true", help="show columns, rows and problems as JSON, and import nothing"
    )
    parser.add_argument("--event", type=Path, metavar="DATABASE", help="the file of the event to import to")
    parser.set_defaults(run=_run_import)


def _add_export_guests(commands: _Commands[_Parser]) -> None:
    text = "write the guests of an event to a CSV or Excel file"
    parser = commands.add_parser("export-guests", help=text, description=_sentence(text), allow_abbrev=False)
    parser.add_argument("--event", type=Path, required=True, metavar="DATABASE", help="the file of the event")
    parser.add_argument("--to", type=Path, required=True, metavar="FILE", help="a new .csv or .xlsx file")
    parser.set_defaults(run=_run_export)


def _country(text: str) -> str:
    if len(text) != 2 or not (text.isascii() and text.isalpha()):
        raise argparse.ArgumentTypeError(f"“{text}” is no country: give two letters such as DE or US")
    return text.upper()


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."


# -- the surroundings -------------------------------------------------------------------------------------------------


def has_screen(environment: Mapping[str, str], system: str) -> bool:
    """Tell whether Qt will find something to draw on; without, it would end the process and not say why."""
    if environment.get("QT_QPA_PLATFORM") or system in {"win32", "darwin"}:
        return True
    return bool(environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY"))


def _before_qt() -> None:
    # OpenCV would wait ten seconds for a camera that was pulled out, and reads this when it is loaded.
    os.environ.setdefault("OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT", "2")


def _write_utf8() -> None:
    # JSON is UTF-8 on every system; what is no Unicode in a file's name comes out as a valid escape.
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")


def _say(sentence: str) -> int:
    if sys.stderr is not None:
        sys.stderr.write(f"{' '.join(sentence.split())}\n")
    return 1
