"""The operation that erases a guest: the person goes, the counts stay."""

from __future__ import annotations

from sqlalchemy import or_, select

from models.attendance import Entry
from models.conflicts import Conflict
from models.invitations import Attendee, Invitation
from models.operations.base import Id, Operation, operation
from models.operations.people import folded_name
from models.people import Guest
from models.store.erasing import ERASED_NAME, made_walking_in
from models.store.rows import Rows, gone
from models.tickets import Ticket

_BLANKED_IN_CONFLICTS = frozenset({*Guest.personal, "message"} - {"name"})


@operation("erase_guest.v1")
class EraseGuest(Operation):
    """Blank everything that says who a guest was; answers, seats, tickets and entries stay as they are counted.

    An invitation of this guest alone, of the same name, or made when they walked in, loses its name and message too,
    whoever is in it by now. It cannot be undone.
    """

    guest_id: Id

    def apply(self, rows: Rows) -> None:
        """Blank the guest, the names in entries and conflicts, and the guest's own invitations."""
        connection, event_id = rows.connection, rows.context.event_id
        guest = connection.execute(
            select(Guest.name, Guest.erased_at, Guest.created_at).where(
                Guest.id == self.guest_id, Guest.event_id == event_id
            )
        ).one_or_none()
        if guest is None:
            raise gone(Guest)
        if guest.erased_at is not None:
            return
        at_event = select(Attendee.id, Attendee.invitation_id).where(Attendee.guest_id == self.guest_id)
        there = connection.execute(at_event).all()
        attendees, invitations = [row.id for row in there], {row.invitation_id for row in there}
        entries = self._blank_entries(rows, attendees)
        made = set(connection.scalars(made_walking_in(event_id, guest.created_at)))
        own = sorted(made | self._own_invitations(rows, invitations, guest.name))
        rows.update(Invitation, own, name=ERASED_NAME, message=None)
        self._blank_conflicts(rows, {self.guest_id, *attendees, *own, *entries})
        blank: dict[str, object] = {**dict.fromkeys(Guest.personal), "name": ERASED_NAME, "tags": []}
        rows.update(Guest, [self.guest_id], **blank, folded=folded_name(ERASED_NAME), erased_at=rows.context.at)

    def _blank_entries(self, rows: Rows, attendees: list[str]) -> list[str]:
        serials = select(Ticket.serial).where(Ticket.attendee_id.in_(attendees))
        found = select(Entry.id).where(
            Entry.event_id == rows.context.event_id,
            or_(Entry.attendee_id.in_(attendees), Entry.attendee_id.is_(None) & Entry.ticket_serial.in_(serials)),
        )
        entries = list(rows.connection.scalars(found))
        rows.update(Entry, entries, shown_name=ERASED_NAME)
        forced = select(Entry.id).where(Entry.id.in_(entries), Entry.forced_reason.is_not(None))
        rows.update(Entry, rows.connection.scalars(forced), forced_reason=ERASED_NAME)
        return entries

    def _own_invitations(self, rows: Rows, invitations: set[str], name: str) -> set[str]:
        shared = set(
            rows.connection.scalars(
                select(Attendee.invitation_id).where(
                    Attendee.invitation_id.in_(invitations), Attendee.guest_id != self.guest_id
                )
            )
        )
        named = rows.connection.scalars(
            select(Invitation.id).where(Invitation.id.in_(invitations), Invitation.name == name)
        )
        return (invitations - shared) | set(named)

    def _blank_conflicts(self, rows: Rows, ids: set[str]) -> None:
        # By ids, never by the name: another guest may have the same one.
        found = rows.connection.execute(
            select(Conflict.id, Conflict.about_id, Conflict.details).where(Conflict.event_id == rows.context.event_id)
        ).all()
        for row in found:
            blanked = dict(row.details)
            if blanked.get("holder_id") in ids:
                blanked["holder"] = ERASED_NAME
            if row.about_id in ids or blanked.get("first_entry") in ids:
                blanked |= {key: "" for key in blanked if key.removesuffix(":kept") in _BLANKED_IN_CONFLICTS}
                blanked |= {key: ERASED_NAME for key in blanked if key == "guest" or _is_name_edit(key, blanked)}
            if blanked != row.details:
                rows.update(Conflict, [row.id], details=blanked)


def _is_name_edit(key: str, details: dict[str, str]) -> bool:
    # A refusal has a "name" too: the operation's.
    return key in ("name", "name:kept") and "name:kept" in details
