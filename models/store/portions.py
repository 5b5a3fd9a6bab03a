"""Long lists of ids in portions that one statement may hold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

T = TypeVar("T")
_AT_ONCE = 500


def portions(items: Sequence[T]) -> Iterator[Sequence[T]]:
    """Give the items in their order, at most 500 at once."""
    for start in range(0, len(items), _AT_ONCE):
        yield items[start : start + _AT_ONCE]
