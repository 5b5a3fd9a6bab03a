"""What can be done: each operation is one change that somebody meant, as data."""

from models.operations import conflicts, entries, erasing, events, people, quarantine, restoring, seating, tickets
from models.operations.base import Operation, apply_operation, decode

__all__ = [
    "Operation",
    "apply_operation",
    "conflicts",
    "decode",
    "entries",
    "erasing",
    "events",
    "people",
    "quarantine",
    "restoring",
    "seating",
    "tickets",
]
