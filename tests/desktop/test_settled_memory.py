"""A long look for garbage sets what is in use aside, until the event is closed."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from desktop.settled_memory import SettledMemory


@pytest.fixture(autouse=True)
def nothing_is_set_aside() -> Iterator[None]:
    gc.unfreeze()
    yield
    gc.unfreeze()


def test_a_long_look_sets_everything_aside_and_closing_brings_it_back() -> None:
    memory = SettledMemory(long_seconds=0.0)
    gc.collect()
    assert gc.get_freeze_count() > 10_000
    memory.close()
    assert gc.get_freeze_count() == 0
    gc.collect()
    assert gc.get_freeze_count() == 0


def test_a_short_look_and_one_at_a_part_of_the_memory_set_nothing_aside() -> None:
    memory = SettledMemory(long_seconds=60.0)
    gc.collect()
    memory.close()
    partly = SettledMemory(long_seconds=0.0)
    gc.collect(1)
    assert gc.get_freeze_count() == 0
    partly.close()


def test_closing_twice_leaves_another_events_memory_alone() -> None:
    first, second = SettledMemory(long_seconds=0.0), SettledMemory(long_seconds=0.0)
    first.close()
    gc.collect()
    first.close()
    assert gc.get_freeze_count() > 0
    second.close()
