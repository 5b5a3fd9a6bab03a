"""A desktop of the tour as its player sees it: a process that takes commands and answers, a line of JSON each."""

from __future__ import annotations

import json
import queue
import subprocess
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from models.errors import UsherError


class TourFailed(UsherError):
    """A step of the tour did not go as it must."""

    def __init__(self, message: str) -> None:
        """Say what went wrong, in one sentence."""
        super().__init__("tour_failed", message)


class RemoteDesktop:
    """One desktop process."""

    def __init__(self, name: str, command: Sequence[str], environment: dict[str, str], log: Path) -> None:
        """Start the process; its standard error goes to ``log``."""
        self.name = name
        self._errors = log.open("wb")
        self._process = subprocess.Popen(
            [*command, name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            env=environment,
            text=True,
            encoding="utf-8",
        )
        self._answers: queue.SimpleQueue[str] = queue.SimpleQueue()
        threading.Thread(target=self._listen, name=f"tour-{name}", daemon=True).start()

    def ask(self, command: str, timeout: float = 90.0, **arguments: object) -> dict[str, Any]:
        """Have the desktop do something and wait for its answer. Raises TourFailed."""
        self.begin(command, **arguments)
        return self.answer(command, timeout)

    def begin(self, command: str, **arguments: object) -> None:
        """Have the desktop do something; :meth:`answer` waits for the end of it."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps({"command": command, **arguments}) + "\n")
            self._process.stdin.flush()
        except OSError as error:
            raise TourFailed(f"The desktop “{self.name}” is gone: see its log.") from error

    def answer(self, command: str, timeout: float = 90.0) -> dict[str, Any]:
        """Wait for the answer to what was begun. Raises TourFailed."""
        try:
            line = self._answers.get(timeout=timeout)
        except queue.Empty as error:
            raise TourFailed(f"The desktop “{self.name}” did not finish “{command}” in {timeout:.0f} s.") from error
        if not line:
            raise TourFailed(f"The desktop “{self.name}” ended during “{command}”: see its log.")
        answer: dict[str, Any] = json.loads(line)
        if "problem" in answer:
            raise TourFailed(f"“{command}” failed on the desktop “{self.name}”: {answer['problem']}")
        return answer

    def close(self) -> None:
        """End the process, by asking first."""
        if self._process.poll() is None:
            try:
                self.ask("quit", timeout=20.0)
                self._process.wait(timeout=20.0)
            except (TourFailed, subprocess.TimeoutExpired):
                self._process.kill()
        self._process.wait(timeout=20.0)
        self._errors.close()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.startswith("{"):
                self._answers.put(line)
        self._answers.put("")
