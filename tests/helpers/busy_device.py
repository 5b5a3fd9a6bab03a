"""A device in a process of its own that works without a pause: it admits, undoes, walks people in and edits.

``python -m tests.helpers.busy_device COPY URL TOKEN SEED``: prints each operation's id once it is committed, one a
line, and ends in order when its standard input does.
"""

from __future__ import annotations

import random
import sys
import threading
from pathlib import Path

from sqlalchemy import func, select

from models.check_in import CheckIn
from models.errors import Refused
from models.events import Direction, Role
from models.ids import new_id
from models.invitations import Attendee
from models.operations.edits import FieldEdit
from models.operations.events import AddDoor
from models.operations.people import EditGuest, GuestField
from models.people import Guest
from models.store.copy_tables import OutboxRow
from models.store.local_copy import LocalCopy
from sync.client.loop import SyncLoop
from tests.helpers.events import some_guests

_PAUSE_SECONDS = 0.02


class BusyDevice:
    """Does one thing after the other to a copy, as a person at a door or an organizer would."""

    def __init__(self, copy: LocalCopy, seed: int) -> None:
        """Work on a copy; what is done follows the seed."""
        self._copy = copy
        self._chance = random.Random(seed)
        self._desk = CheckIn(copy, staff_name="Busy")
        self._entries: list[str] = []
        self._said = self._last_number()

    def work(self) -> list[str]:
        """Do one thing; give the ids of the operations that it committed."""
        doings = [self._admit, self._admit, self._admit, self._undo, self._walk_in]
        if self._copy.identity.role is not Role.DOOR:
            doings += [self._edit, self._edit, self._invite, self._add_door]
        try:
            self._chance.choice(doings)()
        except Refused:
            return []
        with self._copy.read() as connection:
            rows = connection.execute(
                select(OutboxRow.number, OutboxRow.op_id)
                .where(OutboxRow.number > self._said)
                .order_by(OutboxRow.number)
            ).all()
        if rows:
            self._said = rows[-1].number
        return [row.op_id for row in rows]

    def _last_number(self) -> int:
        with self._copy.read() as connection:
            return connection.scalar(select(func.max(OutboxRow.number))) or 0

    def _admit(self) -> None:
        with self._copy.read() as connection:
            people = list(connection.scalars(select(Attendee.id).where(Attendee.deleted_at.is_(None))))
        direction = self._chance.choice((Direction.IN, Direction.IN, Direction.OUT))
        if people:
            self._entries += self._desk.show_person(self._chance.choice(people), direction).entry_ids

    def _undo(self) -> None:
        if self._entries:
            self._desk.undo([self._entries.pop()])

    def _walk_in(self) -> None:
        self._entries += self._desk.walk_in(f"Walk-in {self._chance.randrange(1_000)}").entry_ids

    def _edit(self) -> None:
        with self._copy.read() as connection:
            row = self._chance.choice(connection.execute(select(Guest.id, Guest.company)).all())
        word = f"Company {self._chance.randrange(1_000)}"
        edit = FieldEdit[str | None](seen=row.company, new=word)
        self._copy.run(EditGuest(guest_id=row.id, fields=GuestField(company=edit)))

    def _invite(self) -> None:
        self._copy.run(some_guests(1, "Late"))

    def _add_door(self) -> None:
        self._copy.run(AddDoor(door_id=new_id(), door_name=f"Door {self._chance.randrange(1_000)}"))


def main(arguments: list[str]) -> int:
    """Be a device until standard input ends."""
    path, url, token, seed = arguments
    copy = LocalCopy(Path(path))
    loop = SyncLoop(copy, url, token, on_change=lambda _change: None, on_state=lambda _state: None, every=1.0)
    device = BusyDevice(copy, int(seed))
    over = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), over.set()), name="busy-end", daemon=True).start()
    loop.start()
    try:
        while not over.wait(_PAUSE_SECONDS):
            done = device.work()
            if done:
                sys.stdout.write("".join(f"{op_id}\n" for op_id in done))
                sys.stdout.flush()
                loop.wake()
    finally:
        loop.stop()
        copy.close()
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
