"""What every test starts from: no display, no keyring, an empty home, and nothing left running afterwards."""

import os
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

# Before Qt is imported anywhere, also in the processes that tests start.
os.environ["QT_QPA_PLATFORM"] = "offscreen"
os.environ["PYTHON_KEYRING_BACKEND"] = "keyring.backends.fail.Keyring"

# A busy machine is slow now and then; that is not what the properties are about.
settings.register_profile("shared machine", deadline=None)
settings.load_profile("shared machine")

GRACE = 3.0
"""Seconds that a thread may take to end after its test."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the file that takes longest: the other processes do the rest meanwhile."""
    items.sort(key=lambda item: item.path.name != "test_simulator.py")


@pytest.fixture(scope="session", autouse=True)
def empty_home() -> Iterator[Path]:
    """Keep the settings and databases of the person who runs the tests out of them."""
    with tempfile.TemporaryDirectory(prefix="usher-home-") as folder, pytest.MonkeyPatch.context() as patch:
        for variable, name in {
            "HOME": "",
            "XDG_DATA_HOME": "data",
            "XDG_CONFIG_HOME": "config",
            "XDG_CACHE_HOME": "cache",
            "XDG_STATE_HOME": "state",
            "XDG_RUNTIME_DIR": "run",
            "APPDATA": "roaming",
            "LOCALAPPDATA": "local",
        }.items():
            place = Path(folder, name)
            place.mkdir(mode=0o700, exist_ok=True)
            patch.setenv(variable, str(place))
        yield Path(folder)


@pytest.fixture(autouse=True)
def nothing_left_behind() -> Iterator[None]:
    """Fail the test that leaves a thread running or a window open."""
    threads = set(threading.enumerate())
    windows = _open_windows()
    yield
    deadline = time.monotonic() + GRACE
    while (leaked := _lasting_threads() - threads) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not leaked, f"threads still running: {sorted(thread.name for thread in leaked)}"
    opened = _open_windows() - windows
    assert not opened, f"windows still open: {sorted(opened)}"


def _lasting_threads() -> set[threading.Thread]:
    # Daemons end with the process, by intent; the stand-ins for threads of Qt's are among them.
    return {thread for thread in threading.enumerate() if not thread.daemon and thread.is_alive()}


def _open_windows() -> set[str]:
    # Tests of the domain and the wire run without Qt; they must not load it for this.
    widgets = sys.modules.get("PySide6.QtWidgets")
    if widgets is None or widgets.QApplication.instance() is None:
        return set()
    return {
        f"{type(window).__name__} {window.windowTitle()!r} {id(window):#x}"
        for window in widgets.QApplication.topLevelWidgets()
        if window.isVisible()
    }
