"""The log file: what happened, in UTC, without the codes and tokens that let people in."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType
from typing import Any
from uuid import UUID

from models.codes import without_short_codes

LOG_NAME = "usher.log"

_BYTES_A_FILE = 2_000_000
_OLD_FILES = 4
_LINE = "%(asctime)s.%(msecs)03dZ %(levelname)-7s %(process)d %(threadName)s %(name)s: %(message)s"
_TIME = "%Y-%m-%dT%H:%M:%S"
# They write a line for each request, with its address.
_TALKATIVE = ("httpx", "httpcore", "websockets", "uvicorn.access", "keyring")

_HIDDEN = "[hidden]"
_NAMED = re.compile(
    r"""(?ix)
    (\b (?: [a-z0-9_-]* (?: token | password | passwd | secret | salt | private[ _-]?key )
          | (?: pairing | ticket | short | signed | invitation | one[ _-]?time ) [ _-]? (?: code | password )
          | authorization | otp ) ["']? \s* [=:] \s* (?: (?: bearer | basic ) \s+ )? )
    ( "[^"]*" | '[^']*' | [^\s,;&"')}\]]+ )
    """
)
_BEARER = re.compile(r"(?i)\b(bearer\s+)(?!\[hidden)[^\s,;\"')}\]]+")
_LONG_NUMBER = re.compile(r"\d{40,}")
_LONG_WORD = re.compile(r"[A-Za-z0-9_-]{32,}")


def redacted(text: str) -> str:
    """Return a text for the log with everything hidden that looks like a code, a token or a key.

    Ids of rows stay readable.
    """
    text = _NAMED.sub(rf"\1{_HIDDEN}", text)
    text = _BEARER.sub(rf"\1{_HIDDEN}", text)
    text = _LONG_NUMBER.sub(_HIDDEN, text)
    text = _LONG_WORD.sub(_without_secret, text)
    return without_short_codes(text, _HIDDEN)


class LogFile:
    """Writes everything that is logged in this process to one file in the logs folder, until it is closed."""

    def __init__(self, folder: Path, level: int = logging.INFO) -> None:
        """Begin to write; a folder that cannot be written to costs the log, never the program."""
        self.path = folder / LOG_NAME
        self._restore_qt: Callable[[], None] | None = None
        self._handler = _make_handler(self.path)
        root = logging.getLogger()
        self._level_before = root.level
        root.addHandler(self._handler)
        root.setLevel(level)
        for name in _TALKATIVE:
            logging.getLogger(name).setLevel(logging.WARNING)
        logging.captureWarnings(True)

    def take_qt_messages(self) -> None:
        """Take in what Qt has to say, too, from now on; loads Qt."""
        from PySide6.QtCore import qInstallMessageHandler

        if self._restore_qt is None:
            previous: Any = qInstallMessageHandler(log_qt_message)

            def restore() -> None:
                qInstallMessageHandler(previous)

            self._restore_qt = restore

    def close(self) -> None:
        """Stop writing and give the file back; closing twice is harmless."""
        if self._restore_qt is not None:
            self._restore_qt()
            self._restore_qt = None
        root = logging.getLogger()
        if self._handler in root.handlers:
            logging.captureWarnings(False)
            root.removeHandler(self._handler)
            root.setLevel(self._level_before)
            self._handler.close()

    def __enter__(self) -> LogFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self.close()


def log_qt_message(kind: object, context: object, message: str) -> None:
    """Log one message of Qt under its category; to be installed with qInstallMessageHandler."""
    category = getattr(context, "category", None) or "default"
    level = _QT_LEVELS.get(getattr(kind, "name", ""), logging.WARNING)
    logging.getLogger(f"qt.{category}").log(level, "%s", message)


_QT_LEVELS = {
    "QtDebugMsg": logging.DEBUG,
    "QtInfoMsg": logging.INFO,
    "QtWarningMsg": logging.WARNING,
    "QtCriticalMsg": logging.ERROR,
    "QtFatalMsg": logging.CRITICAL,
}


class _RedactingFormatter(logging.Formatter):
    """Writes lines in UTC and hides what must not be kept, in tracebacks as well."""

    converter = time.gmtime

    def format(self, record: logging.LogRecord) -> str:
        return redacted(super().format(record))


class _SharedFile(RotatingFileHandler):
    """Rotates where it can: on Windows a second program that is running holds the file."""

    def doRollover(self) -> None:
        try:
            super().doRollover()
        except OSError:
            if self.stream is None:
                self.stream = self._open()

    def handleError(self, record: logging.LogRecord) -> None:
        """Let a line go that cannot be written: a full disk must not stop a door."""


def _make_handler(path: Path) -> logging.Handler:
    try:
        handler: logging.Handler = _SharedFile(
            path, maxBytes=_BYTES_A_FILE, backupCount=_OLD_FILES, encoding="utf-8", errors="backslashreplace"
        )
    except OSError:
        handler = logging.NullHandler()
    handler.setFormatter(_RedactingFormatter(_LINE, _TIME))
    return handler


def _without_secret(found: re.Match[str]) -> str:
    word = found[0]
    if _is_id(word):
        return word
    is_hexadecimal = len(word) >= 40 and re.fullmatch(r"[0-9a-f]+|[0-9A-F]+", word)
    # Names of functions are as long, but not of all three kinds.
    is_random = all(re.search(kind, word) for kind in ("[a-z]", "[A-Z]", "[0-9]"))
    return _HIDDEN if is_hexadecimal or is_random else word


def _is_id(word: str) -> bool:
    try:
        return str(UUID(word)) == word
    except ValueError:
        return False
