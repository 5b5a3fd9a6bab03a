"""Operations on the event itself, its ticket types, sessions, doors, devices and members."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator
from sqlalchemy import Connection, select

from models.errors import Refused
from models.events import Device, Door, Event, EventSession, EventState, Member, Role
from models.invitations import TicketType
from models.operations.base import BULK, Count, Id, Label, Line, Operation, Text, Time, operation
from models.operations.edits import FieldEdit, apply_edits, reversed_edits
from models.store.rows import Rows

City = Annotated[str, Field(max_length=120)]
TimeZone = Annotated[str, Field(min_length=1, max_length=64)]
DoorName = Annotated[str, Field(min_length=1, max_length=120)]


@operation("create_event.v1")
class CreateEvent(Operation):
    """Make an event; the first operation in its log."""

    event_id: Id
    title: Label
    kind: Annotated[str, Field(max_length=40)] = "gala"
    description: Text = ""
    venue_text: Line = ""
    city: City = ""
    starts_at: Time
    ends_at: Time | None = None
    time_zone: TimeZone
    capacity: Count | None = None
    is_paid: bool = False
    code_salt: Annotated[str, Field(pattern=r"^[0-9a-f]{32,64}$")]

    @model_validator(mode="after")
    def _ends_after_it_starts(self) -> CreateEvent:
        if self.ends_at is not None and self.ends_at < self.starts_at:
            raise ValueError("the event ends before it starts")
        return self

    def apply(self, rows: Rows) -> None:
        """Add the event's row."""
        if self.event_id != rows.context.event_id:
            raise Refused("other_event", "This change belongs to another event.")
        if rows.known(Event, [self.event_id]):
            raise Refused("exists", "This event is there already.")
        values = self.model_dump(exclude={"event_id"})
        rows.insert(Event, [{"id": self.event_id, **values}])


class EventField(BaseModel):
    """The fields of an event that can be edited."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: FieldEdit[Label] | None = None
    description: FieldEdit[Text] | None = None
    venue_text: FieldEdit[Line] | None = None
    city: FieldEdit[City] | None = None
    starts_at: FieldEdit[Time] | None = None
    ends_at: FieldEdit[Time | None] | None = None
    time_zone: FieldEdit[TimeZone] | None = None
    capacity: FieldEdit[Count | None] | None = None
    state: FieldEdit[EventState] | None = None


@operation("edit_event.v1")
class EditEvent(Operation):
    """Change fields of the event."""

    event_id: Id
    fields: EventField

    def apply(self, rows: Rows) -> None:
        """Set the fields; one that changed meanwhile is noted."""
        apply_edits(rows, Event, self.event_id, self.fields, for_doors=False)

    def inverse(self, connection: Connection, event_id: str) -> Sequence[Operation]:
        """Set the fields back."""
        fields = reversed_edits(connection, Event, self.event_id, event_id, self.fields)
        return [EditEvent(event_id=self.event_id, fields=fields)]


class NewTicketType(BaseModel):
    """A ticket type to add."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: Id
    name: Annotated[str, Field(min_length=1, max_length=80)]
    number: Annotated[int, Field(ge=0, le=255)]
    price: Annotated[Decimal, Field(ge=0, max_digits=20, decimal_places=4)] | None = None
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] | None = None
    sessions: Annotated[tuple[Id, ...], Field(max_length=BULK)] = ()


@operation("add_ticket_types.v1")
class AddTicketTypes(Operation):
    """Add ticket types; each number (a byte of the signed code) is used once."""

    ticket_types: Annotated[tuple[NewTicketType, ...], Field(min_length=1, max_length=50)]

    def apply(self, rows: Rows) -> None:
        """Add the rows."""
        taken = set(
            rows.connection.scalars(select(TicketType.number).where(TicketType.event_id == rows.context.event_id))
        )
        wanted = {new.number for new in self.ticket_types}
        if taken & wanted or len(wanted) != len(self.ticket_types):
            raise Refused("number_taken", "A ticket type with this number is there already: take another number.")
        rows.insert(TicketType, [{**new.model_dump(), "sessions": list(new.sessions)} for new in self.ticket_types])


@operation("add_session.v1")
class AddSession(Operation):
    """Add a session to the event."""

    session_id: Id
    title: Label
    speaker: Annotated[str, Field(max_length=200)] = ""
    starts_at: Time
    ends_at: Time | None = None

    def apply(self, rows: Rows) -> None:
        """Add the row."""
        values = self.model_dump(exclude={"session_id"})
        rows.insert(EventSession, [{"id": self.session_id, **values}])


@operation("add_door.v1")
class AddDoor(Operation):
    """Add a door with its rules."""

    door_id: Id
    door_name: DoorName
    ticket_types: Annotated[tuple[Id, ...], Field(max_length=BULK)] = ()
    session_id: Id | None = None
    opens_at: Time | None = None
    closes_at: Time | None = None
    direction: Literal["in", "out", "both"] = "both"
    re_entry: Literal["yes", "once", "no"] = "yes"
    zone_capacity: Count | None = None
    may_override: bool = True

    def apply(self, rows: Rows) -> None:
        """Add the row."""
        if self.session_id is not None:
            rows.present(EventSession, [self.session_id])
        values = self.model_dump(exclude={"door_id", "door_name"})
        rows.insert(
            Door,
            [{**values, "id": self.door_id, "name": self.door_name, "ticket_types": list(self.ticket_types)}],
        )


class DoorField(BaseModel):
    """The fields of a door that can be edited."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: FieldEdit[DoorName] | None = None
    ticket_types: FieldEdit[Annotated[list[Id], Field(max_length=BULK)]] | None = None
    session_id: FieldEdit[Id | None] | None = None
    opens_at: FieldEdit[Time | None] | None = None
    closes_at: FieldEdit[Time | None] | None = None
    direction: FieldEdit[Literal["in", "out", "both"]] | None = None
    re_entry: FieldEdit[Literal["yes", "once", "no"]] | None = None
    zone_capacity: FieldEdit[Count | None] | None = None
    may_override: FieldEdit[bool] | None = None


@operation("edit_door.v1")
class EditDoor(Operation):
    """Change a door's name and rules."""

    door_id: Id
    fields: DoorField

    def apply(self, rows: Rows) -> None:
        """Set the fields; one that changed meanwhile is noted."""
        session = self.fields.session_id
        if session is not None and session.new is not None:
            rows.present(EventSession, [session.new])
        apply_edits(rows, Door, self.door_id, self.fields, for_doors=True)

    def inverse(self, connection: Connection, event_id: str) -> Sequence[Operation]:
        """Set the fields back."""
        fields = reversed_edits(connection, Door, self.door_id, event_id, self.fields)
        return [EditDoor(door_id=self.door_id, fields=fields)]


@operation("register_device.v1")
class RegisterDevice(Operation):
    """Note that an installed copy was paired; made by the server that paired it."""

    made_by_servers = True

    device_id: Id
    device_name: Annotated[str, Field(min_length=1, max_length=120)]
    role: Role
    door_id: Id | None = None
    install_id: Id

    def apply(self, rows: Rows) -> None:
        """Add the row."""
        if self.door_id is not None:
            rows.present(Door, [self.door_id])
        rows.insert(
            Device,
            [
                {
                    "id": self.device_id,
                    "name": self.device_name,
                    "role": self.role,
                    "door_id": self.door_id,
                    "install_id": self.install_id,
                }
            ],
        )


@operation("revoke_device.v1")
class RevokeDevice(Operation):
    """Take a device's rights away; an owner's are taken by an owner only."""

    device_id: Id

    def roles_allowed(self, connection: Connection) -> frozenset[Role]:
        """Leave the owners' devices to the owners, whatever an organizer's device asks for."""
        held = connection.scalar(select(Device.role).where(Device.id == self.device_id))
        return frozenset({Role.OWNER}) if held == Role.OWNER else self.roles

    def apply(self, rows: Rows) -> None:
        """Mark the row."""
        rows.update(Device, [self.device_id], revoked_at=rows.context.at)


@operation("add_member.v1")
class AddMember(Operation):
    """Give a user of the server a role; made by the server when a user publishes the event."""

    made_by_servers = True

    member_id: Id
    user_id: Id
    role: Role

    def apply(self, rows: Rows) -> None:
        """Add the row."""
        rows.insert(Member, [{"id": self.member_id, "user_id": self.user_id, "role": self.role}])
