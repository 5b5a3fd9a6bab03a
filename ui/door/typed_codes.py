"""Tells codes that come through the keyboard, from a USB scanner or typed by hand, from names."""

import re

from models.codes import ShortCode, parse_code

BURST_GAP = 0.08
"""Seconds between two keys up to which they belong to one burst: scanners type faster than people."""
SHORTEST_CODE = 9

_SIGNED_AT_END = re.compile(r"\d{194}$")
_LINK_AT_END = re.compile(r"[a-z]+://\S+$", re.IGNORECASE)
_BARCODE = re.compile(r"\d{6,}")
_LIKE_A_CODE = re.compile(r"[0-9A-Za-z]{4}[- ]?[0-9A-Za-z]{3,5}[- ]?[0-9A-Za-z*~$=]?")


def code_in(typed: str) -> str | None:
    """Give the code in what was typed up to Enter, or None when it reads like a name.

    A scanner may type behind letters that stood in the field already: the code at the end counts. A short
    code needs a digit in it here; nine letters may be a name.
    """
    text = typed.strip()
    for pattern in (_SIGNED_AT_END, _LINK_AT_END):
        found = pattern.search(text)
        if found:
            return found.group()
    if _BARCODE.fullmatch(text):
        return text
    return text if any(map(str.isdigit, text)) and is_short_code(text) else None


def is_short_code(typed: str) -> bool:
    """Tell whether a text is a short code with a check character that fits."""
    return isinstance(parse_code(typed), ShortCode)


def is_like_a_code(typed: str) -> bool:
    """Tell whether a text that is no name on the list looks like a short code with a slip in it."""
    return any(map(str.isdigit, typed)) and _LIKE_A_CODE.fullmatch(typed.strip()) is not None


class DigitBurst:
    """Collects digits that were meant to choose people until it is clear whether a scanner typed them."""

    def __init__(self) -> None:
        self._text = ""
        self._last = float("-inf")

    @property
    def is_scanner(self) -> bool:
        """Whether so many came so fast that nobody chose with them."""
        return len(self._text) >= SHORTEST_CODE

    def press(self, character: str, at: float) -> None:
        """Note a key; ``at`` in seconds of a clock that only goes forward."""
        self._text = self._text + character if at - self._last <= BURST_GAP else character
        self._last = at

    def take(self, at: float) -> str:
        """Give what is in an unbroken burst at this time, and begin anew."""
        text = self._text if at - self._last <= BURST_GAP else ""
        self._text = ""
        return text
