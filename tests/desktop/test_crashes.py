"""Tests of what happens with errors that nobody caught."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QObject, Qt, QTimer, QUrl, Signal, Slot
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QDialog
from pytestqt.qtbot import QtBot

from desktop.crash_dialog import CrashDialogs
from desktop.crashes import FAULTS_NAME, CrashReport, CrashReporter, make_report, print_sentence
from models.errors import StoreError


class Broken(QObject):
    """Fails whenever it hears its signal."""

    called = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.called.connect(self._on_called)

    @Slot()
    def _on_called(self) -> None:
        raise LookupError("slot")


@pytest.fixture
def shown() -> list[CrashReport]:
    return []


@pytest.fixture
def reporter(shown: list[CrashReport]) -> Iterator[CrashReporter]:
    # Installed by each test: pytest-qt puts a hook of its own in place after the fixtures.
    reporter = CrashReporter(shown.append, "1.2.3")
    yield reporter
    reporter.close()


@pytest.fixture
def dialogs(qtbot: QtBot, tmp_path: Path) -> Iterator[CrashDialogs]:
    dialogs = CrashDialogs(tmp_path / "usher.log")
    yield dialogs
    dialogs.close()


def test_an_error_in_a_slot_is_logged_with_its_traceback_and_shown(
    reporter: CrashReporter, shown: list[CrashReport], qapp: object, caplog: pytest.LogCaptureFixture
) -> None:
    reporter.install()
    broken = Broken()
    broken.called.emit()

    assert [report.text.splitlines()[-1] for report in shown] == ["LookupError: slot"]
    (record,) = caplog.records
    assert record.levelname == "CRITICAL"
    assert record.exc_info is not None
    assert isinstance(record.exc_info[1], LookupError)


def test_an_error_in_a_thread_is_shown(reporter: CrashReporter, shown: list[CrashReport]) -> None:
    reporter.install()

    def fail() -> None:
        raise LookupError("thread")

    thread = threading.Thread(target=fail, name="decoder")
    thread.start()
    thread.join()

    (report,) = shown
    assert "LookupError: thread" in report.text
    assert "thread decoder" in report.text


def test_a_thread_that_ends_itself_is_no_crash(reporter: CrashReporter, shown: list[CrashReport]) -> None:
    reporter.install()
    thread = threading.Thread(target=sys.exit)
    thread.start()
    thread.join()

    assert shown == []


def test_an_error_while_something_is_thrown_away_is_only_logged(
    reporter: CrashReporter, shown: list[CrashReport], caplog: pytest.LogCaptureFixture
) -> None:
    reporter.install()

    class Stubborn:
        def __del__(self) -> None:
            raise LookupError("will not go")

    stubborn = Stubborn()
    del stubborn

    assert shown == []
    assert [record.levelname for record in caplog.records] == ["ERROR"]


def test_ctrl_c_in_a_slot_is_no_crash(reporter: CrashReporter, shown: list[CrashReport]) -> None:
    reporter.install()
    sys.excepthook(KeyboardInterrupt, KeyboardInterrupt(), None)

    assert shown == []


def test_ctrl_c_in_a_slot_ends_the_program_quietly() -> None:
    # Whoever starts the tests in the background may have them ignore the signal, and that is inherited.
    program = (
        "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler);"
        "from PySide6.QtCore import QCoreApplication, QTimer;"
        "from desktop.crashes import CrashReporter, print_sentence;"
        "app = QCoreApplication([]); reporter = CrashReporter(print_sentence); reporter.install();"
        "QTimer.singleShot(0, lambda: signal.raise_signal(signal.SIGINT)); sys.exit(app.exec())"
    )

    result = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False, timeout=60)

    assert (result.returncode, result.stdout, result.stderr) == (130, b"", b"")


def test_a_report_that_cannot_be_shown_ends_there(caplog: pytest.LogCaptureFixture) -> None:
    def fail(report: CrashReport) -> None:
        reporter.report(ValueError("while showing"))
        raise LookupError("no dialog")

    reporter = CrashReporter(fail)
    reporter.report(ValueError("first"))

    assert [record.message for record in caplog.records] == [
        "Nobody caught this",
        "A report could not be shown",
        "A report could not be shown",
    ]


def test_closing_gives_the_hooks_back() -> None:
    before = sys.excepthook, threading.excepthook, sys.unraisablehook
    reporter = CrashReporter(lambda report: None)
    reporter.install()
    reporter.install()
    during = sys.excepthook, threading.excepthook, sys.unraisablehook
    reporter.close()
    reporter.close()

    assert all(hook is not old for hook, old in zip(during, before, strict=True))
    assert (sys.excepthook, threading.excepthook, sys.unraisablehook) == before


def test_a_report_names_the_versions_and_hides_codes() -> None:
    report = make_report(ValueError(f"what is 1{'4' * 193}?"), "1.2.3")

    assert report.text.startswith("Usher 1.2.3\n")
    assert f"Python {sys.version_info.major}.{sys.version_info.minor}" in report.text
    assert "what is [hidden]?" in report.text


def test_what_can_be_explained_is_explained() -> None:
    sentence = "The disk is full: free some space and try again."

    assert make_report(StoreError("disk_full", sentence)).sentence == sentence


def test_without_a_window_the_sentence_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    print_sentence(make_report(ValueError("bug")))

    assert capsys.readouterr().err.count("\n") == 1


def test_the_dialog_says_a_sentence_and_copies_the_report(qtbot: QtBot, dialogs: CrashDialogs) -> None:
    dialogs.show(CrashReport("It broke.", "all the details"))
    qtbot.waitUntil(lambda: dialogs.dialog is not None)
    dialog = dialogs.dialog
    assert dialog is not None
    assert dialog.sentence.text() == "It broke."
    assert "details" not in dialog.sentence.text() + dialog.hint.text()

    dialog.copy_button.click()

    assert QGuiApplication.clipboard().text() == "all the details"
    assert dialog.isVisible()


def test_enter_closes_the_dialog(qtbot: QtBot, dialogs: CrashDialogs) -> None:
    dialogs.show(CrashReport("It broke.", "details"))
    qtbot.waitUntil(lambda: dialogs.dialog is not None)

    qtbot.keyClick(dialogs.dialog, Qt.Key.Key_Return)

    assert dialogs.dialog is None


def test_the_dialog_opens_the_log(
    qtbot: QtBot, dialogs: CrashDialogs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[QUrl] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: bool(opened.append(url)))
    dialogs.show(CrashReport("It broke.", "details"))
    qtbot.waitUntil(lambda: dialogs.dialog is not None)
    assert dialogs.dialog is not None

    dialogs.dialog.open_button.click()

    assert [Path(url.toLocalFile()) for url in opened] == [tmp_path / "usher.log"]
    # Nothing could open it, so the dialog says where it is.
    assert "usher.log" in dialogs.dialog.hint.text()


def test_two_dialogs_are_never_open_at_once(qtbot: QtBot, dialogs: CrashDialogs) -> None:
    for number in range(3):
        dialogs.show(CrashReport(f"Crash {number}.", "details"))
    qtbot.waitUntil(lambda: dialogs.dialog is not None)
    qtbot.wait(20)

    first = dialogs.dialog
    assert first is not None
    assert first.sentence.text() == "Crash 0."
    first.done(QDialog.DialogCode.Rejected)
    assert dialogs.dialog is None
    dialogs.show(CrashReport("Crash 3.", "details"))
    qtbot.waitUntil(lambda: dialogs.dialog is not None and dialogs.dialog.sentence.text() == "Crash 3.")


def test_an_error_in_another_thread_opens_the_dialog_on_the_screens(qtbot: QtBot, dialogs: CrashDialogs) -> None:
    reporter = CrashReporter(print_sentence)
    reporter.show_through(dialogs.show)
    thread = threading.Thread(target=reporter.report, args=(ValueError("far away"),))
    thread.start()
    thread.join()
    assert dialogs.dialog is None

    qtbot.waitUntil(lambda: dialogs.dialog is not None)

    assert dialogs.dialog is not None
    assert dialogs.dialog.thread() is dialogs.thread()


def test_an_error_in_a_timer_does_not_end_the_program(
    qtbot: QtBot, reporter: CrashReporter, shown: list[CrashReport]
) -> None:
    reporter.install()
    broken = Broken()
    QTimer.singleShot(0, broken._on_called)
    qtbot.waitUntil(lambda: len(shown) == 1)


def test_a_crash_inside_a_library_leaves_a_trace(tmp_path: Path) -> None:
    program = (
        "import faulthandler, pathlib, sys; from desktop.crashes import CrashReporter, print_sentence;"
        "reporter = CrashReporter(print_sentence); reporter.watch_faults(pathlib.Path(sys.argv[1]));"
        "faulthandler._sigsegv()"
    )

    result = subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=False, timeout=60)

    assert result.returncode != 0
    assert "Segmentation fault" in (tmp_path / FAULTS_NAME).read_text(encoding="utf-8") or sys.platform == "win32"
