"""Blanking an erased guest in stored operations, so that running them again gives the same blanked rows."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

from pydantic_core import from_json
from sqlalchemy import BindParameter, ColumnElement, Connection, Select, bindparam, or_, select, update

from models.attendance import Entry
from models.guest_lists.folding import fold
from models.ids import new_id
from models.invitations import Attendee, Invitation
from models.people import Guest
from models.store.copy_tables import OutboxRow
from models.store.log_tables import LogRow, OutcomeAbove
from models.store.portions import portions
from models.store.prepared import IDS, PreparedByIds
from models.tickets import Ticket

ERASED_NAME = "Erased guest"
"""The name of an erased guest, and of an invitation that was blanked with one."""
_IS_WORD = re.compile(r"erased [0-9a-f]{8}")
_Json = dict[str, Any]


@dataclass
class ErasedGuest:
    """An erased guest, and the words that stand for what was known of them.

    Each different value gets a word of its own (``erased 5d0c11fe``), the same wherever it stands: what was equal
    stays equal, so that an operation which runs again finds what it found before. Words are drawn, so that those
    of two servers never mean each other's.
    """

    guest_id: str
    attendee_ids: frozenset[str]
    invitation_ids: frozenset[str]
    serials: frozenset[str]
    words: dict[str, str] = field(default_factory=dict[str, str])
    only_word: str | None = None
    """The one word for all values, where nothing that runs again depends on them."""

    @property
    def ids(self) -> frozenset[str]:
        """Everything by which an operation can mean this guest."""
        return self.attendee_ids | self.invitation_ids | self.serials | {self.guest_id}

    def blanked(self, name: str, arguments: str) -> str:
        """Give an operation's arguments (JSON) with this guest blanked; the same text when they do not mean them."""
        if not any(one in arguments for one in self.ids):
            return arguments
        try:
            what: object = from_json(arguments)
        except ValueError:
            # Nothing was made of it, and nothing may be kept of it.
            return "{}"
        if not isinstance(what, dict):
            return arguments
        before = json.dumps(what)
        try:
            self._blank(name.partition(".")[0], cast(_Json, what))
        except (KeyError, TypeError, AttributeError, IndexError, ValueError):
            # It never fitted its own shape: nothing was made of it, and nothing may be kept of it.
            return "{}"
        changed = json.dumps(what) != before
        return json.dumps(what, ensure_ascii=False, separators=(",", ":")) if changed else arguments

    def blanked_text(self, text: str) -> str:
        """Give a sentence without what was known of this guest."""
        for value in sorted(self.words, key=len, reverse=True):
            text = text.replace(value, self.words[value])
        return text

    def word(self, value: object) -> Any:
        """Give what stands for a value; nothing stands for nothing."""
        if value is None or value in ("", [], {}):
            return value
        if isinstance(value, list):
            return [self.word(json.dumps(value))]
        if isinstance(value, dict):
            return {"erased": self.word(json.dumps(value))}
        text = str(value)
        if self.only_word is not None:
            return self.only_word
        if text == ERASED_NAME or _IS_WORD.fullmatch(text):
            return text
        return self.words.setdefault(text, f"erased {new_id()[:8]}")

    def _blank(self, stem: str, what: _Json) -> None:
        if stem == "add_guests":
            for household in what.get("households", []):
                self._household(household)
            for joining in what.get("joining", []):
                self._person(joining["guest"])
        elif stem == "walk_in":
            if what["guest_id"] == self.guest_id:
                self._replace(what, ("guest_name", "door_note"))
            self._entry(what["entry"])
        elif stem == "record_entries":
            for entry in what["entries"]:
                self._entry(entry)
        elif what.get("guest_id") == self.guest_id or what.get("invitation_id") in self.invitation_ids:
            self._edits(what.get("fields", {}))
        elif stem == "restore_rows":
            self._restored(what)

    def _household(self, household: _Json) -> None:
        if household["invitation_id"] in self.invitation_ids:
            self._replace(household, ("name",))
        for guest in household.get("guests", []):
            self._person(guest)

    def _person(self, guest: _Json) -> None:
        if guest["guest_id"] == self.guest_id:
            self._replace(guest, Guest.personal)

    def _entry(self, entry: _Json) -> None:
        attendee_id = entry.get("attendee_id")
        if attendee_id in self.attendee_ids or (attendee_id is None and entry.get("ticket_serial") in self.serials):
            self._replace(entry, ("shown_name", "forced_reason"))

    def _edits(self, fields: _Json) -> None:
        for edit in fields.values():
            if edit is not None:
                self._replace(edit, ("seen", "new"))

    def _replace(self, what: _Json, names: Sequence[str]) -> None:
        for name in names:
            if name in what:
                what[name] = self.word(what[name])

    def _restored(self, what: _Json) -> None:
        columns: list[str] = what["columns"]
        for row in what["rows"]:
            values: _Json = dict(zip(columns, row, strict=True))
            if what["table"] == "guests" and values["id"] == self.guest_id:
                for name in ("tags", "custom"):
                    if isinstance(values.get(name), str):
                        values[name] = json.dumps(self.word(from_json(values[name])), separators=(",", ":"))
                self._replace(values, [name for name in Guest.personal if name not in ("tags", "custom")])
                if "folded" in values:
                    values["folded"] = fold(values["name"])[:400]
            elif what["table"] == "invitations" and values["id"] in self.invitation_ids:
                self._replace(values, ("name", "message"))
            elif what["table"] == "entries":
                self._entry(values)
            row[:] = [values[column] for column in columns]


def is_word(value: object) -> bool:
    """Tell whether a value stands for one that was blanked."""
    if isinstance(value, list):
        return len(cast("list[object]", value)) == 1 and is_word(cast("list[object]", value)[0])
    if isinstance(value, dict):
        return is_word(cast(_Json, value).get("erased"))
    return isinstance(value, str) and _IS_WORD.fullmatch(value) is not None


def is_new_name(seen: object, new: object) -> bool:
    """Tell whether the name of a blanked invitation is edited by somebody who saw it blanked, and means another."""
    return seen == ERASED_NAME and new != ERASED_NAME


def erased_guests(connection: Connection) -> list[str]:
    """Read the ids of all guests of a copy, or of a hub, that are erased."""
    return list(connection.scalars(select(Guest.id).where(Guest.erased_at.is_not(None))))


def erased_guest(connection: Connection, guest_id: str) -> ErasedGuest:
    """Read by what a guest can be meant, in the caller's transaction."""
    there = connection.execute(select(Attendee.id, Attendee.invitation_id).where(Attendee.guest_id == guest_id)).all()
    attendees = frozenset(row.id for row in there)
    guest = connection.execute(select(Guest.event_id, Guest.name, Guest.created_at).where(Guest.id == guest_id)).first()
    own = [row.invitation_id for row in there]
    if guest is not None:
        own += connection.scalars(made_walking_in(guest.event_id, guest.created_at))
    invitations = select(Invitation.id).where(Invitation.id.in_(own), Invitation.name == (guest and guest.name))
    serials = select(Ticket.serial).where(Ticket.attendee_id.in_(attendees))
    return ErasedGuest(
        guest_id, attendees, frozenset(connection.scalars(invitations)), frozenset(connection.scalars(serials))
    )


def made_walking_in(event_id: str, created_at: datetime) -> Select[str]:
    """Ask for the invitation that was made with a guest who walked in, wherever the guest has been moved since.

    Only such an invitation has no code, and one operation makes all its rows at one time of the device.
    """
    of_a_walk_in = (Invitation.code.is_(None), Invitation.created_at == created_at)
    return select(Invitation.id).where(Invitation.event_id == event_id, *of_a_walk_in)


def blank_outbox(connection: Connection, guest_ids: Sequence[str]) -> None:
    """Blank erased guests in a copy's outbox, in the caller's write transaction."""
    for guest_id in guest_ids:
        person = erased_guest(connection, guest_id)
        blank_arguments(connection, OutboxRow, person)
        blank_reasons(connection, OutboxRow, person)


def blank_arguments(
    connection: Connection, entity: type[OutboxRow] | type[LogRow], person: ErasedGuest, *where: ColumnElement[bool]
) -> None:
    """Blank an erased guest in the operations that a table keeps, as far as they fit ``where``."""
    meant = or_(*(entity.arguments.contains(one) for one in sorted(person.ids)))
    found = connection.execute(select(entity.op_id, entity.name, entity.arguments).where(*where, meant)).all()
    for op_id, name, arguments in found:
        blanked = person.blanked(name, arguments)
        if blanked != arguments:
            connection.execute(update(entity).where(*where, entity.op_id == op_id).values(arguments=blanked))


def blank_reasons(
    connection: Connection,
    entity: type[OutboxRow] | type[LogRow] | type[OutcomeAbove],
    person: ErasedGuest,
    *where: ColumnElement[bool],
    **also: int,
) -> None:
    """Blank an erased guest in the reasons that a table keeps, as far as they fit ``where``.

    It comes after :func:`blank_arguments`, which knows what there was; ``also`` is set in the same rows.
    """
    told = select(entity.op_id, entity.reason).where(*where, entity.reason.is_not(None))
    for op_id, reason in connection.execute(told).all():
        blanked = person.blanked_text(reason or "")
        if blanked != reason:
            connection.execute(update(entity).where(*where, entity.op_id == op_id).values(reason=blanked, **also))


def newly_erased(tables: Mapping[str, Any]) -> list[str]:
    """Give the ids of the guests that a pull brings as erased."""
    part = tables.get(Guest.__tablename__)
    if part is None or "erased_at" not in part.columns:
        return []
    place, at = part.columns.index("id"), part.columns.index("erased_at")
    return [str(row[place]) for row in part.rows if row[at] is not None]


_IDS: BindParameter[Any] = bindparam(IDS, expanding=True)
_HOLDERS = PreparedByIds(
    select(Ticket.attendee_id).where(Ticket.event_id == bindparam("event_id"), Ticket.serial.in_(_IDS))
)
_ERASED_ATTENDEES = PreparedByIds(
    select(Guest.id)
    .join(Attendee, Attendee.guest_id == Guest.id)
    .where(Attendee.id.in_(_IDS), Guest.erased_at.is_not(None))
    .distinct()
)
_ERASED_GUESTS = PreparedByIds(select(Guest.id).where(Guest.id.in_(_IDS), Guest.erased_at.is_not(None)))
_BLANKED = PreparedByIds(select(Invitation.id).where(Invitation.id.in_(_IDS), Invitation.name == bindparam("name")))
_ERASED_IN_EVENT = select(Guest.id).where(Guest.event_id == bindparam("event_id"), Guest.erased_at.is_not(None))


@dataclass
class _Meant:
    """Whom some operations mean that come late: edits, entries and restored rows.

    An edit of an invitation means whoever it was blanked for, unless it gives the blanked one a new name.
    """

    attendee_ids: set[str] = field(default_factory=set[str])
    serials: set[str] = field(default_factory=set[str])
    guest_ids: set[str] = field(default_factory=set[str])
    invitation_ids: set[str] = field(default_factory=set[str])
    everybody: bool = False

    def add(self, name: str, arguments: str) -> None:
        stem = name.partition(".")[0]
        if stem not in ("edit_guest", "edit_invitation", "record_entries", "restore_rows"):
            return
        try:
            what: Any = from_json(arguments)
            if stem == "edit_guest":
                self.guest_ids.add(str(what["guest_id"]))
            elif stem == "edit_invitation":
                named: _Json | None = what["fields"].get("name")
                if named is None or not is_new_name(named["seen"], named["new"]):
                    self.invitation_ids.add(str(what["invitation_id"]))
            elif stem == "record_entries":
                self.attendee_ids.update(str(one["attendee_id"]) for one in what["entries"] if one.get("attendee_id"))
                self.serials.update(str(one["ticket_serial"]) for one in what["entries"] if one.get("ticket_serial"))
            elif what["table"] in (Guest.__tablename__, Entry.__tablename__, Invitation.__tablename__):
                self.everybody = True
        except (ValueError, KeyError, TypeError, AttributeError):
            # It does not fit its own shape: nothing will be made of it.
            return


def erased_among(connection: Connection, event_id: str, operations: Iterable[tuple[str, str]]) -> list[str]:
    """Give the erased guests whom operations (their names and arguments) mean that come late."""
    meant = _Meant()
    for name, arguments in operations:
        meant.add(name, arguments)
    invitations = portions(sorted(meant.invitation_ids))
    if meant.everybody or any(_BLANKED.rows_of(connection, some, name=ERASED_NAME) for some in invitations):
        return list(connection.scalars(_ERASED_IN_EVENT, {"event_id": event_id}))
    attendees, found = set(meant.attendee_ids), set[str]()
    for some in portions(sorted(meant.serials)):
        attendees.update(holder for (holder,) in _HOLDERS.rows_of(connection, some, event_id=event_id) if holder)
    for some in portions(sorted(attendees)):
        found.update(guest_id for (guest_id,) in _ERASED_ATTENDEES.rows_of(connection, some))
    for some in portions(sorted(meant.guest_ids)):
        found.update(guest_id for (guest_id,) in _ERASED_GUESTS.rows_of(connection, some))
    return sorted(found)
