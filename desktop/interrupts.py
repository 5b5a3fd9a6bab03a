"""Lets Ctrl+C and the system's wish to end reach the program, which spends its time inside Qt's event loop."""

from __future__ import annotations

import contextlib
import signal
import socket
from types import FrameType, TracebackType

from PySide6.QtCore import QObject, QSocketNotifier, Signal, Slot

_WISHES = (signal.SIGINT, signal.SIGTERM)


class Interrupts(QObject):
    """Tells once that the program is asked to end; asked a second time, the process ends without further ado.

    To be made on the main thread, beside the QApplication, and closed before it goes.
    """

    interrupted = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        # Python runs its handlers between two steps of Python code, and an idle event loop takes none: the byte that
        # is written at the signal wakes it.
        self._receiver, self._sender = socket.socketpair()
        self._receiver.setblocking(False)
        self._sender.setblocking(False)
        self._notifier: QSocketNotifier | None = QSocketNotifier(
            self._receiver.fileno(), QSocketNotifier.Type.Read, self
        )
        self._notifier.activated.connect(self._on_woken)
        self._before_fd = signal.set_wakeup_fd(self._sender.fileno(), warn_on_full_buffer=False)
        self._before = {wish: signal.signal(wish, self._on_asked_to_end) for wish in _WISHES}

    def close(self) -> None:
        """Give the signals back; closing twice is harmless."""
        if self._notifier is None:
            return
        self._notifier.setEnabled(False)
        self._notifier = None
        signal.set_wakeup_fd(self._before_fd)
        for wish, before in self._before.items():
            signal.signal(wish, signal.SIG_DFL if before is None else before)
        self._receiver.close()
        self._sender.close()

    def __enter__(self) -> Interrupts:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self.close()

    def _on_asked_to_end(self, number: int, frame: FrameType | None) -> None:
        for wish in _WISHES:
            signal.signal(wish, signal.SIG_DFL)
        self.interrupted.emit()

    @Slot()
    def _on_woken(self) -> None:
        with contextlib.suppress(BlockingIOError):
            self._receiver.recv(64)
