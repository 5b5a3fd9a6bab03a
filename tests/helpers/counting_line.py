"""A line between devices and a server that counts what is asked and answered on it, by path."""

from __future__ import annotations

from collections import Counter

from tests.helpers.proxy import Proxy, _Line


class CountingLine(Proxy):
    """Relays as a Proxy does, faults included, and counts."""

    def __init__(self, target_port: int, seed: int = 1) -> None:
        self.asked: Counter[str] = Counter()
        """Requests by path."""
        self.sent: Counter[str] = Counter()
        """Bytes that came from the server, heads of answers included, by the path they answer."""
        super().__init__(target_port, seed)

    def _ask(self, line: _Line, piece: bytes) -> bool:
        before = line.path
        line.path = ""
        goes_on = super()._ask(line, piece)
        if line.path:
            self.asked[line.path] += 1
        line.path = line.path or before
        return goes_on

    def _answer(self, line: _Line, piece: bytes) -> bool:
        self.sent[line.path] += len(piece)
        return super()._answer(line, piece)
