"""Usher with a part of its sync switched off on purpose: the tour must notice.

``python -m tests.helpers.sabotaged {rebase|dedupe} {desktop|server} ARGUMENTS…``
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from unittest.mock import patch

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from models.store.exchange import TableRows
from models.store.rebase import Rebased, write_rows
from models.store.rows import Change


def without_rebase() -> None:
    """Take in rows from afar without undoing what is pending and running it again."""
    import models.store.local_copy as copies
    import sync.server.hub_replica as hubs

    def rebase(
        connection: Connection,
        tables: Mapping[str, TableRows],
        gone: Sequence[tuple[str, str]],
        run_again: Callable[[], Change],
    ) -> Rebased:
        del run_again
        # What does not fit beside the work that was not put back would be mended by a fresh copy: it is left out.
        try:
            with connection.begin_nested():
                written = write_rows(connection, tables, gone)
        except IntegrityError:
            written = Change()
        return Rebased(Change(), written, Change(), Change())

    for module in (copies, hubs):
        patch.object(module, "rebase", rebase).start()


def without_dedupe() -> None:
    """Have servers take every envelope as one they have never seen."""
    import sync.server.event_log as logs

    def is_next(*_arguments: Any) -> bool:
        return True

    def known_ops(*_arguments: Any) -> set[str]:
        return set()

    patch.object(logs, "_known_ops", known_ops).start()
    patch.object(logs.EventLog, "_is_next", is_next).start()


SABOTAGE = {"rebase": without_rebase, "dedupe": without_dedupe}


def main(arguments: list[str]) -> int:
    """Switch a part off, then be a desktop of the tour or a server."""
    part, program, *rest = arguments
    SABOTAGE[part]()
    sys.argv = [program, *rest]
    if program == "desktop":
        from desktop.tour.actor import main as be_desktop

        return be_desktop()
    from sync.server.main import main as serve

    return serve(rest)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
