"""Which server is above a hub, and the row that a hub's database needs before it follows anybody."""

from __future__ import annotations

from sqlalchemy import Connection, delete, insert, select

from models.events import Role
from models.ids import new_epoch
from models.store.copy_tables import Replica as ReplicaRow
from models.store.log_tables import Upstream


def prepare_hub(connection: Connection, event_id: str, install_id: str, device_id: str) -> None:
    """Make the one row that the undo log's triggers look at, in a hub's new database."""
    if connection.scalar(select(ReplicaRow.only)) is None:
        connection.execute(
            insert(ReplicaRow).values(
                only=1,
                install_id=install_id,
                epoch=new_epoch(),
                event_id=event_id,
                device_id=device_id,
                role=Role.OWNER,
                door_id=None,
                server_url=None,
                server_certificate=None,
                server_id=None,
                server_epoch=None,
                pulled_at=None,
            )
        )


def follow_upstream(connection: Connection, event_id: str, url: str, certificate: str | None = None) -> None:
    """Give a hub's event a server above it: publishing."""
    connection.execute(delete(Upstream).where(Upstream.event_id == event_id))
    connection.execute(
        insert(Upstream).values(
            event_id=event_id,
            server_url=url,
            server_certificate=certificate,
            server_id=None,
            server_epoch=None,
            pulled_at=None,
        )
    )


def read_upstream(connection: Connection, event_id: str) -> tuple[str, str | None] | None:
    """Give the address of the server above and its certificate's fingerprint, if there is one."""
    found = connection.execute(
        select(Upstream.server_url, Upstream.server_certificate).where(Upstream.event_id == event_id)
    ).one_or_none()
    return None if found is None else (found[0], found[1])
