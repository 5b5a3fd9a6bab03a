"""What happens with an error that nobody caught: a report in the log, and one sentence for the person."""

from __future__ import annotations

import faulthandler
import logging
import platform
import sys
import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, TextIO

from desktop.log import redacted
from models.errors import UsherError

if TYPE_CHECKING:
    from sys import UnraisableHookArgs

_log = logging.getLogger(__name__)

FAULTS_NAME = "usher-faults.log"
"""Where the last words go when the process dies inside a library, beside the log."""


@dataclass(frozen=True, slots=True)
class CrashReport:
    """One error: the sentence for the person, and the text for those who mend it (codes and tokens hidden)."""

    sentence: str
    text: str


class CrashReporter:
    """Catches what no other code did, in every thread and in Qt's slots, logs it and shows it.

    ``show`` gets a report for each of them, in the thread in which it happened; what it raises is logged only.
    """

    def __init__(self, show: Callable[[CrashReport], None], version: str = "") -> None:
        """Show reports through ``show``; ``version`` of the program is put into them."""
        self._show = show
        self._version = version
        self._restore: list[Callable[[], None]] = []
        self._faults: TextIO | None = None
        self._is_reporting = threading.local()

    def show_through(self, show: Callable[[CrashReport], None]) -> None:
        """Show reports in another way from now on: in a dialog, once there is a window."""
        self._show = show

    def install(self) -> None:
        """Take over the hooks of Python; PySide hands errors in slots to the first of them."""
        if self._restore:
            return
        before = sys.excepthook, threading.excepthook, sys.unraisablehook
        self._restore = [
            lambda: setattr(sys, "excepthook", before[0]),
            lambda: setattr(threading, "excepthook", before[1]),
            lambda: setattr(sys, "unraisablehook", before[2]),
        ]
        sys.excepthook = self._on_uncaught
        threading.excepthook = self._on_thread_failed
        sys.unraisablehook = self._on_unraisable

    def watch_faults(self, folder: Path) -> None:
        """Write a crash inside a library (a segmentation fault) to a file in ``folder``; one line if that fails."""
        try:
            self._faults = (folder / FAULTS_NAME).open("a", encoding="utf-8")
        except OSError as error:
            _log.warning("Crashes inside libraries are not written down: %s", error)
            return
        faulthandler.enable(self._faults)

    def close(self) -> None:
        """Give the hooks and the file back; closing twice is harmless."""
        for restore in self._restore:
            restore()
        self._restore = []
        if self._faults is not None:
            faulthandler.disable()
            self._faults.close()
            self._faults = None

    def report(self, error: BaseException) -> None:
        """Log an unexpected error with its traceback and show it; from any thread, and it never raises."""
        if getattr(self._is_reporting, "now", False):
            # Raised by showing the report before it: that would go on for ever.
            _log.critical("A report could not be shown", exc_info=error)
            return
        self._is_reporting.now = True
        try:
            _log.critical("Nobody caught this", exc_info=error)
            self._show(make_report(error, self._version))
        except Exception as failure:
            _log.critical("A report could not be shown", exc_info=failure)
        finally:
            self._is_reporting.now = False

    def _on_uncaught(self, kind: type[BaseException], error: BaseException, where: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            _stop_quietly()
            return
        self.report(error.with_traceback(where))

    def _on_thread_failed(self, args: threading.ExceptHookArgs) -> None:
        if args.exc_value is not None and not isinstance(args.exc_value, SystemExit):
            self.report(args.exc_value)

    def _on_unraisable(self, args: UnraisableHookArgs) -> None:
        # While things are being thrown away: nothing that the person does depends on it.
        _log.error("%s: %r", args.err_msg or "Ignored", args.object, exc_info=args.exc_value)


def make_report(error: BaseException, version: str = "") -> CrashReport:
    """Put an error into a sentence, and into a text with the traceback and the versions in use."""
    if isinstance(error, UsherError):
        sentence = error.message
    else:
        sentence = "Something went wrong that Usher did not expect: what you had finished is saved."
    qt = sys.modules.get("PySide6")
    lines = [
        f"Usher {version}".rstrip(),
        f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}, thread {threading.current_thread().name}",
        f"Python {platform.python_version()}, PySide {getattr(qt, '__version__', 'not loaded')}, {platform.platform()}",
        "",
        "".join(traceback.format_exception(error)).rstrip(),
    ]
    return CrashReport(sentence, redacted("\n".join(lines)))


def print_sentence(report: CrashReport) -> None:
    """Show a report where there is no window: its sentence, on stderr."""
    if sys.stderr is not None:
        sys.stderr.write(f"{report.sentence}\n")


def _stop_quietly() -> None:
    """End the program as Ctrl+C asks, when it was pressed while a slot ran."""
    core = sys.modules.get("PySide6.QtCore")
    # Without a running loop, asking it to end would end every later one at once.
    if core is not None and core.QThread.currentThread().loopLevel() > 0:
        core.QCoreApplication.exit(130)
