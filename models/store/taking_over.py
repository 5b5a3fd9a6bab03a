"""Taking over what was made in another copy of the same event: in one that gives way, or one that was removed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import func, insert, select

from models.store.copy_tables import OutboxRow
from models.store.exchange import Envelope
from models.store.local_copy import LocalCopy


def take_over(copy: LocalCopy, old: LocalCopy) -> None:
    """Put all that was made in another copy for the same role at the end of this one's outbox.

    What had been handed in comes along: perhaps only a hub had it, which is lost. Operations get numbers of this copy
    and keep their ids, so a server that has one knows it. Their rows come with the next start or pull.
    """
    with old.read() as connection:
        whole = select(OutboxRow.op_id, OutboxRow.name, OutboxRow.arguments, OutboxRow.device_time)
        made = connection.execute(whole.order_by(OutboxRow.number)).mappings().all()
    _put_at_the_end(copy, made)


def take_in(copy: LocalCopy, saved: Iterable[Envelope]) -> int:
    """Put operations that were saved from another copy at the end of this one's outbox, as :func:`take_over` does.

    Gives how many were new here.
    """
    return _put_at_the_end(copy, [one.model_dump(include=_MADE) for one in saved])


_MADE = {"op_id", "name", "arguments", "device_time"}


def _put_at_the_end(copy: LocalCopy, made: Iterable[Mapping[Any, Any]]) -> int:
    with copy.database.write() as connection:
        known = set(connection.scalars(select(OutboxRow.op_id)))
        last = connection.scalar(select(func.max(OutboxRow.number))) or 0
        new = [row for row in made if row["op_id"] not in known]
        if new:
            rows = [{**row, "number": number} for number, row in enumerate(new, start=last + 1)]
            connection.execute(insert(OutboxRow), rows)
    return len(new)
