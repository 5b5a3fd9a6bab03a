"""A workspace on a real copy whose work runs at once, on the thread of the test."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from models.errors import UsherError
from models.events import Role
from models.ids import new_id
from models.samples import sample_operations
from models.store.local_copy import LocalCopy

T = TypeVar("T")


class DirectRunner:
    """Runs work on the copy as soon as it is submitted."""

    def __init__(self, copy: LocalCopy) -> None:
        self.copy = copy

    def submit(
        self, work: Callable[[LocalCopy], T], done: Callable[[T], None], failed: Callable[[UsherError], None]
    ) -> None:
        try:
            result = work(self.copy)
        except UsherError as error:
            failed(error)
        else:
            done(result)


def gala_copy(folder: Path) -> LocalCopy:
    """Make a copy that holds the sample gala."""
    event_id = new_id()
    copy = LocalCopy.create(
        folder / "gala.usher", event_id=event_id, device_id=new_id(), role=Role.OWNER, synchronous="OFF"
    )
    copy.close()
    copy = LocalCopy(folder / "gala.usher", synchronous="OFF")
    copy.run_all(sample_operations(event_id))
    return copy
