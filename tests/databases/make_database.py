"""Makes the event file kept for a schema: ``python -m tests.databases.make_database``, once before a release."""

from __future__ import annotations

import sqlite3
import sys
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import update

from models.check_in import CheckIn
from models.operations.seating import SeatAttendees
from models.operations.tickets import IssueTickets
from models.store.copy_tables import Replica
from models.store.migrations import HEAD
from tests.helpers.signing import sign_all_tickets
from tests.helpers.small_event import new_ticket, small_event

FOLDER = Path(__file__).parent


def make_database(to: Path) -> None:
    """Write an event with guests, tables, tickets, entries and work that waits, all in the one file."""
    with TemporaryDirectory() as folder:
        event = small_event(Path(folder))
        event.copy.run(
            SeatAttendees(placements=(event.place("Defne Marangoz", "1", 1), event.place("Kerem Marangoz", "1", 2)))
        )
        tickets = [new_ticket(attendee_id=attendee) for attendee in event.attendees.values()]
        group = new_ticket(invitation_id=event.invitations["Quispe"], admits=3)
        event.copy.run(IssueTickets(tickets=(*tickets, group)))
        sign_all_tickets(event.copy)
        with event.copy.database.write() as connection:
            connection.execute(update(Replica).values(acknowledged=event.copy.waiting().pending))
        event.settle()
        door = CheckIn(event.copy, staff_name="Ilse", door_id=event.door_id)
        door.show_person(event.attendees["Defne Marangoz"])
        door.show_person(event.attendees["Åsa Lindqvist"])
        door.walk_in("Tomás Ferreira", seat_id=event.seats["2", 1])
        event.copy.close()
        _shrink(event.copy.path)
        to.write_bytes(event.copy.path.read_bytes())


def _shrink(path: Path) -> None:
    # Most tables hold a few rows: small pages make a small file.
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for statement in (
            "PRAGMA journal_mode = DELETE",
            "PRAGMA page_size = 1024",
            "VACUUM",
            "PRAGMA journal_mode = WAL",
        ):
            connection.execute(statement)


if __name__ == "__main__":
    target = FOLDER / f"{HEAD}.usher"
    if target.exists():
        sys.exit(f"{target.name} is there: a released schema does not change any more.")
    make_database(target)
