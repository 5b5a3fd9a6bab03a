"""One desktop of the tour: the real program in a process of its own, driven by commands on standard input."""

from __future__ import annotations

import json
import logging
import sys
import threading
from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtWidgets import QApplication

from desktop.application import Program
from desktop.keyring_store import FileTokenStore
from desktop.launch import Launch, launched
from desktop.settings import SettingsFile
from desktop.tour.doorkeeper import DoorPart
from desktop.tour.facts import read_facts
from desktop.tour.hands import Answer, Hands, NotAsTold
from desktop.tour.organizer import OrganizerPart
from models.errors import UsherError
from sync.client.loop import Reach
from ui.theme import ThemeMode

_log = logging.getLogger(__name__)
_WINDOW = (1440, 900)


class Actor(QObject):
    """Does to the program what a person would do, one command at a time, on the screen's thread."""

    _line_read = Signal(str)

    def __init__(self, hands: Hands) -> None:
        """Drive a program by these hands."""
        super().__init__()
        self.hands = hands
        self._parts: tuple[object, ...] = (self, OrganizerPart(hands), DoorPart(hands))
        self._line_read.connect(self._on_line_read, Qt.ConnectionType.QueuedConnection)

    def start(self) -> None:
        """Begin to listen for commands."""
        threading.Thread(target=self._listen, name="tour-commands", daemon=True).start()

    def do_hello(self) -> Answer:
        """Answer that the program is there."""
        return {}

    def do_quit(self) -> Answer:
        """Close the window as a person would; the program ends in order."""
        QTimer.singleShot(0, self.hands.program.window.close)
        return {}

    def do_screenshot(self, path: str) -> Answer:
        """Save a picture of the window, with the dialog that is open over it."""
        self.hands.settle()
        self.hands.picture(self.hands.program.window, path)
        return {}

    def do_theme(self, mode: str) -> Answer:
        """Change between light and dark."""
        self.hands.program.theme.set_mode(ThemeMode(mode))
        self.hands.settle()
        return {}

    def do_show_page(self, key: str) -> Answer:
        """Go to one of the organizer's pages."""
        self.hands.program.window.show_page(key)
        self.hands.settle()
        return {}

    def do_facts(self) -> Answer:
        """Tell how this copy stands; with no event open, that."""
        event = self.hands.program.opened
        return {"event_id": None} if event is None else read_facts(event)

    def do_wait_for_standing(self, reach: str, seconds: float = 40.0) -> Answer:
        """Wait until the program knows how it stands to its server."""
        self.hands.wait(lambda: self.hands.event.standing.reach is Reach(reach), f"the standing “{reach}”", seconds)
        self.hands.settle()
        return self.do_facts()

    def _listen(self) -> None:
        for line in sys.stdin:
            self._line_read.emit(line)
        self._line_read.emit(json.dumps({"command": "quit"}))

    def _find(self, name: str) -> Callable[..., Answer]:
        for part in self._parts:
            if hasattr(part, name):
                return getattr(part, name)
        raise NotAsTold(f"Nobody here knows how to {name}.")

    def _on_line_read(self, line: str) -> None:
        told = json.loads(line)
        command = told.pop("command")
        try:
            answer = self._find(f"do_{command}")(**told)
        except UsherError as error:
            _log.exception("the command %s failed", command)
            answer = {"problem": error.message}
        except Exception as error:
            _log.exception("the command %s failed", command)
            answer = {"problem": f"{type(error).__name__}: {error}"}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


def main() -> int:
    """Run one desktop of the tour; its name is the only argument."""
    with launched() as launch:
        return _run(launch)


def _run(launch: Launch) -> int:
    qt = QApplication(sys.argv[:1])
    qt.setApplicationName("Usher")
    qt.setQuitOnLastWindowClosed(True)
    launch.log.take_qt_messages()
    settings = SettingsFile(launch.paths.settings_file)
    settings.change(theme_mode=ThemeMode.LIGHT.value, sound_on=False)
    program = Program(qt, launch.paths, settings, FileTokenStore(launch.paths.tokens_file), launch.crashes.report)
    program.window.resize(*_WINDOW)
    program.window.show()
    actor = Actor(Hands(program, qt, launch.crashes.report))
    actor.start()
    code = qt.exec()
    program.shutdown()
    return code


if __name__ == "__main__":
    raise SystemExit(main())
