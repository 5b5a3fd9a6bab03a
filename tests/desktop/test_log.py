"""Tests of the log file: what gets there, and what must not."""

import logging
import re
import time
import warnings
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from PySide6.QtCore import qWarning

from desktop.log import LogFile, redacted
from models.codes import new_short_code, new_signing_key, sign_ticket, written_short_code
from models.ids import new_id


@pytest.fixture
def log(tmp_path: Path) -> Iterator[LogFile]:
    with LogFile(tmp_path) as log:
        yield log


def text_of(log: LogFile) -> str:
    return log.path.read_text(encoding="utf-8")


@pytest.fixture
def far_from_greenwich() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TZ", "UTC-9")
        set_zone()
        yield
    set_zone()


def set_zone() -> None:
    if hasattr(time, "tzset"):  # Windows takes its zone from elsewhere
        time.tzset()


def test_lines_carry_the_time_in_utc(log: LogFile, far_from_greenwich: None) -> None:
    logging.getLogger("tests").info("Doors are open: %s", "北門")

    written = datetime.fromisoformat(text_of(log).split()[0])
    assert abs(datetime.now(UTC) - written) < timedelta(minutes=1)


def test_a_line_says_how_bad_it_is_and_who_says_it(log: LogFile) -> None:
    logging.getLogger("tests").info("Doors are open: %s", "北門")

    (line,) = text_of(log).splitlines()
    assert re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z INFO ", line)
    assert line.endswith("tests: Doors are open: 北門")


def test_what_qt_says_is_logged(log: LogFile, qapp: object) -> None:
    log.take_qt_messages()
    qWarning("a widget is unhappy")

    assert re.search(r"WARNING .* qt\.\w+: a widget is unhappy", text_of(log))


def test_python_warnings_are_logged(log: LogFile) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(True)
        warnings.warn("this will go away", FutureWarning, stacklevel=1)
        logging.captureWarnings(False)

    assert "FutureWarning: this will go away" in text_of(log)


def test_after_closing_nothing_more_is_written(tmp_path: Path) -> None:
    before = logging.getLogger().level
    log = LogFile(tmp_path)
    log.close()
    log.close()

    logging.getLogger("tests").error("too late")

    assert text_of(log) == ""
    assert logging.getLogger().level == before


def test_a_folder_that_cannot_be_written_costs_the_log_only(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")

    with LogFile(tmp_path / "file"):
        logging.getLogger("tests").error("nobody hears this")


def test_old_lines_make_room_for_new_ones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("desktop.log._BYTES_A_FILE", 2_000)
    with LogFile(tmp_path):
        for number in range(200):
            logging.getLogger("tests").info("line %d", number)

    files = sorted(path.name for path in tmp_path.iterdir())
    assert files == ["usher.log", *(f"usher.log.{number}" for number in range(1, 5))]
    assert "line 199" in (tmp_path / "usher.log").read_text(encoding="utf-8")


def test_codes_and_tokens_never_reach_the_file_not_even_in_tracebacks(log: LogFile) -> None:
    private, _ = new_signing_key()
    signed = sign_ticket(private, 1, new_id(), serial="00" * 8, admits=1, type_number=1)
    token = "vY3kQz9_JtR2mWc7XbN4-pLs6HdF8gTa1UeKo5Zi0Ox"
    short = new_short_code()
    secrets = (private, signed, token, short, written_short_code(short), "NHBSABKRY")

    for secret in secrets:
        logging.getLogger("tests").warning("shown at the door: %s.", secret)
        try:
            raise ValueError(f"what is {secret}?")
        except ValueError:
            logging.getLogger("tests").exception("a bug")

    text = text_of(log)
    assert [secret for secret in secrets if secret in text] == []
    assert text.count("[hidden]") >= 2 * len(secrets)


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("GET /pull?token=abc123&from=5", "GET /pull?token=[hidden]&from=5"),
        ("Authorization: Bearer abc.def", "Authorization: Bearer [hidden]"),
        ('{"device_token": "abc", "role": "door"}', '{"device_token": [hidden], "role": "door"}'),
        ("pairing code: 481516", "pairing code: [hidden]"),
        ("sent bearer abc.def on", "sent bearer [hidden] on"),
        ("password=hunter2", "password=[hidden]"),
    ],
)
def test_values_with_a_telling_name_are_hidden(said: str, kept: str) -> None:
    assert redacted(said) == kept


@pytest.mark.parametrize(
    "said",
    [
        "operation 0b6f2f4e-91f0-4c53-8a5e-6f5b2f3c7d10 of guest 2f1f0f36-4ad9-4b4e-9d7a-0b3f5a1e6c22 was refused",
        "pulled 1234567890 rows in 17 ms, status code: 409, error code: disk_full",
        'File "tests/desktop/test_log.py", line 3, in test_codes_and_tokens_never_reach_the_file_not_even_once',
        "connected, recovered, forgotten and INTEGRITY",
    ],
)
def test_what_helps_to_understand_stays_readable(said: str) -> None:
    assert redacted(said) == said
