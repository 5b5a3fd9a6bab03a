"""What every command of Usher starts from: its folders, its log, its crash reports and its version."""

from __future__ import annotations

import contextlib
import sys
import tomllib
from collections.abc import Generator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from desktop.crashes import CrashReport, CrashReporter
from desktop.log import LogFile
from desktop.paths import Paths, user_paths
from models.errors import StoreError

_DISTRIBUTION = "usher-events"


@dataclass(frozen=True, slots=True)
class Launch:
    """Holds what a command is given; it is closed by ``launched``, after everything else."""

    paths: Paths
    log: LogFile
    crashes: CrashReporter
    version: str


@contextlib.contextmanager
def launched() -> Generator[Launch]:
    """Open the log and catch what nobody catches, on stderr as long as no window shows it, until the block ends."""
    paths = user_paths()
    # A home that cannot be written costs the log; what the person asked for may work all the same.
    with contextlib.suppress(StoreError):
        paths.logs.resolve()
    release = program_version()
    with LogFile(paths.logs_folder) as log:

        def show(report: CrashReport) -> None:
            if sys.stderr is not None:
                sys.stderr.write(f"{report.sentence} The report is in {log.path}\n")

        crashes = CrashReporter(show, release)
        crashes.install()
        try:
            yield Launch(paths, log, crashes, release)
        finally:
            crashes.close()


def program_version() -> str:
    """Give the version of Usher: of the installed program, or of the folder it runs from."""
    try:
        return version(_DISTRIBUTION)
    except PackageNotFoundError:
        project = Path(__file__).parent.parent / "pyproject.toml"
        with contextlib.suppress(OSError, tomllib.TOMLDecodeError, KeyError):
            return str(tomllib.loads(project.read_text(encoding="utf-8"))["project"]["version"])
        return "unknown"
