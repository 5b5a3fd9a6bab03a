"""Taking over the work of another copy of the same event that never reached a server."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import func, insert, select

from models.store.copy_tables import OutboxRow
from models.store.exchange import Envelope
from models.store.local_copy import LocalCopy


def take_over(copy: LocalCopy, envelopes: Iterable[Envelope]) -> int:
    """Put operations that were made in another copy at the end of this one's outbox; those that are there stay once.

    They get numbers of this copy, and keep their ids: a server that has one already knows it. Their rows come with the
    next start or pull. Gives how many were taken over.
    """
    with copy.database.write() as connection:
        known = set(connection.scalars(select(OutboxRow.op_id)))
        number = connection.scalar(select(func.max(OutboxRow.number))) or 0
        count = 0
        for one in envelopes:
            if one.op_id in known:
                continue
            known.add(one.op_id)
            count += 1
            connection.execute(
                insert(OutboxRow).values(
                    number=number + count,
                    op_id=one.op_id,
                    name=one.name,
                    arguments=one.arguments,
                    device_time=one.device_time,
                )
            )
    return count
