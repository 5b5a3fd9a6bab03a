"""Taking over the work of another copy of the same event, which the new copy takes the place of."""

from __future__ import annotations

from sqlalchemy import func, insert, select

from models.store.copy_tables import OutboxRow
from models.store.local_copy import LocalCopy


def take_over(copy: LocalCopy, old: LocalCopy) -> None:
    """Put all that was made in another copy for the same role at the end of this one's outbox.

    What had been handed in comes along: perhaps only a hub had it, which is lost. Operations get numbers of this copy
    and keep their ids, so a server that has one knows it. Their rows come with the next start or pull.
    """
    with old.read() as connection:
        whole = select(OutboxRow.op_id, OutboxRow.name, OutboxRow.arguments, OutboxRow.device_time)
        made = connection.execute(whole.order_by(OutboxRow.number)).mappings().all()
    with copy.database.write() as connection:
        known = set(connection.scalars(select(OutboxRow.op_id)))
        last = connection.scalar(select(func.max(OutboxRow.number))) or 0
        new = [row for row in made if row["op_id"] not in known]
        if new:
            rows = [{**row, "number": number} for number, row in enumerate(new, start=last + 1)]
            connection.execute(insert(OutboxRow), rows)
