"""Events of any size, the same for the same seed: as operations, or written straight into a database."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from random import Random
from uuid import UUID

from sqlalchemy import Connection, inspect

from models.base import Synced, Value, canonical_json, time_text
from models.codes import code_hmac, short_code_of, sign_ticket
from models.events import Door, Event, EventState
from models.guest_lists.folding import fold
from models.invitations import Attendee, Invitation, PaymentStatus, Rsvp, TicketType
from models.operations.base import Operation
from models.operations.events import AddDoor, AddTicketTypes, CreateEvent, NewTicketType
from models.operations.people import NewGuest, NewHousehold
from models.operations.seating import AddFloorPlan, AddTables, NewSeat, NewTable, Placement
from models.operations.tickets import IssueTickets, NewTicket
from models.people import Guest
from models.samples import guest_operations, seating_operations
from models.seating import FloorPlan, Seat, SeatCategory, Table
from models.store.schema import columns_of
from models.store.undo_log import set_recording
from models.tickets import SigningKey, Ticket, TicketSecret

START = datetime(2026, 12, 12, 18, 30, tzinfo=UTC)
MADE_AT = START - timedelta(days=30)
SEATS_A_TABLE = 10
LARGEST_HOUSEHOLD = 6
TABLES_A_PART = 50
TICKETS_A_PART = 500
SPACING = 3_000

# fmt: off
_GIVEN = (
    "Adaeze", "Bao", "Chiara", "Dagny", "Eero", "Fatima", "Goran", "Hana", "Ilse", "Jun", "Kwame", "Leilani",
    "Mirela", "Nour", "Øyvind", "Paweł", "Quỳnh", "Rosalía", "Søren", "Tomoko", "Uma", "Valentín", "Wiebke",
    "Ximena", "Yusuf", "Žofia", "أمينة", "美咲", "Олена", "Νίκος", "ישראל", "지훈",
)
_FAMILY = (
    "Abendroth", "Bielak", "Castellanos", "Dlamini", "Eriksen", "Fonseca", "Grünwald", "Haddad", "Ivanova",
    "Jansen", "Kowalczyk", "Lindqvist", "Mbeki", "Nguyễn", "Okafor", "Pereira", "Quispe", "Rossi", "Sørensen",
    "Tanaka", "Urquhart", "Vlašić", "Weiß", "Xu", "Yılmaz", "Zieliński",
)
# fmt: on


@dataclass(frozen=True)
class Person:
    """One guest with the seat and the ticket, all ids made."""

    guest_id: str
    attendee_id: str
    name: str
    seat_id: str
    ticket_id: str
    secret_id: str
    serial: str
    short_code: str


@dataclass(frozen=True)
class Household:
    """One invitation with its people."""

    invitation_id: str
    secret_id: str
    name: str
    code: str
    people: tuple[Person, ...]


@dataclass(frozen=True)
class BigEvent:
    """An event of ``guests`` guests in households of one to six, at tables of ten, each with a ticket."""

    event_id: str
    guests: int
    seed: int

    @cached_property
    def _fixed(self) -> list[str]:
        draw = Random(f"fixed {self.seed}")
        return [_uuid(draw) for _ in range(6)]

    @property
    def door_ids(self) -> tuple[str, str]:
        """Two doors."""
        return self._fixed[0], self._fixed[1]

    @property
    def ticket_type_id(self) -> str:
        """The one ticket type, number 1."""
        return self._fixed[2]

    @property
    def floor_plan_id(self) -> str:
        """The one room."""
        return self._fixed[3]

    @property
    def signing_key_id(self) -> str:
        """The key that signs the tickets; its number is 1."""
        return self._fixed[4]

    @cached_property
    def salt(self) -> str:
        """The event's salt for short codes."""
        return Random(f"salt {self.seed}").randbytes(32).hex()

    @cached_property
    def private_key(self) -> str:
        """The private half of the signing key."""
        return Random(f"key {self.seed}").randbytes(32).hex()

    @cached_property
    def public_key(self) -> str:
        """The public half of the signing key."""
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(self.private_key))
        return key.public_key().public_bytes_raw().hex()

    @cached_property
    def tables(self) -> list[tuple[str, list[str]]]:
        """Each table's id and the ids of its seats."""
        draw = Random(f"tables {self.seed}")
        count = -(-self.guests // SEATS_A_TABLE)
        return [(_uuid(draw), [_uuid(draw) for _ in range(SEATS_A_TABLE)]) for _ in range(count)]

    @cached_property
    def households(self) -> list[Household]:
        """All households with their people."""
        draw = Random(f"people {self.seed}")
        seats = (seat for _, seats in self.tables for seat in seats)
        found: list[Household] = []
        left = self.guests
        while left:
            size = min(draw.randint(1, LARGEST_HOUSEHOLD), left)
            family = draw.choice(_FAMILY)
            people = tuple(_person(draw, family, next(seats)) for _ in range(size))
            found.append(Household(_uuid(draw), _uuid(draw), family, short_code_of(draw.getrandbits(40)), people))
            left -= size
        return found

    @cached_property
    def people(self) -> list[Person]:
        """All people, in the order of their households."""
        return [person for household in self.households for person in household.people]

    def signed_code(self, person: Person) -> str:
        """Sign a person's ticket."""
        return sign_ticket(self.private_key, 1, self.event_id, serial=person.serial, admits=1, type_number=1)


def big_event_operations(event_id: str, guests: int, seed: int) -> list[Operation]:
    """Give the operations that make a :class:`BigEvent`; no signed codes, as no server has signed yet."""
    event = BigEvent(event_id, guests, seed)
    return [
        CreateEvent(
            event_id=event_id,
            title=f"Gala for {guests}",
            starts_at=START,
            time_zone="Europe/Lisbon",
            code_salt=event.salt,
        ),
        AddTicketTypes(ticket_types=(NewTicketType(id=event.ticket_type_id, name="standard", number=1),)),
        AddFloorPlan(
            floor_plan_id=event.floor_plan_id, plan_name="Great hall", width=_side(event), height=_side(event)
        ),
        *_table_operations(event),
        *guest_operations(
            NewHousehold(
                invitation_id=household.invitation_id,
                name=household.name,
                code=household.code,
                secret_id=household.secret_id,
                guests=tuple(
                    NewGuest(
                        guest_id=person.guest_id,
                        attendee_id=person.attendee_id,
                        name=person.name,
                        rsvp=Rsvp.ACCEPTED,
                        ticket_type_id=event.ticket_type_id,
                    )
                    for person in household.people
                ),
            )
            for household in event.households
        ),
        *seating_operations(
            [Placement(attendee_id=person.attendee_id, seat_id=person.seat_id, seen=None) for person in event.people]
        ),
        *(
            IssueTickets(
                tickets=tuple(
                    NewTicket(
                        ticket_id=person.ticket_id,
                        secret_id=person.secret_id,
                        attendee_id=person.attendee_id,
                        serial=person.serial,
                        short_code=person.short_code,
                    )
                    for person in event.people[start : start + TICKETS_A_PART]
                )
            )
            for start in range(0, guests, TICKETS_A_PART)
        ),
        *(
            AddDoor(door_id=door_id, door_name=name)
            for door_id, name in zip(event.door_ids, ("North door", "Garden door"), strict=True)
        ),
    ]


def fill_with_big_event(connection: Connection, event: BigEvent) -> None:
    """Write a big event's rows into a copy or a server, in the caller's write transaction, as a server knows them.

    All rows have version 1 and all tickets are signed. On a copy nothing is pending afterwards; a server
    gets the event's counter, at version 1 and with the signing key.
    """
    tables = set(inspect(connection).get_table_names())
    if "replica" in tables:
        set_recording(connection, 0)
    for entity, rows in _stored_rows(event):
        _write(connection, event.event_id, entity, rows)
    if "replica" in tables:
        set_recording(connection, 1)
    if "event_counters" in tables:
        draw = Random(f"counter {event.seed}")
        counter: dict[str, Value] = {
            "event_id": event.event_id,
            "version": 1,
            "position": 0,
            "epoch": draw.getrandbits(62) + 1,
            "install_id": _uuid(draw),
            "install_epoch": draw.getrandbits(62) + 1,
            "next_number": 1,
            "signing_number": 1,
            "signing_private": event.private_key,
        }
        _insert(connection, "event_counters", tuple(counter), [tuple(counter.values())])


def _table_operations(event: BigEvent) -> Iterator[Operation]:
    for start in range(0, len(event.tables), TABLES_A_PART):
        yield AddTables(
            tables=tuple(
                NewTable(
                    table_id=table_id,
                    floor_plan_id=event.floor_plan_id,
                    label=str(index + 1),
                    shape="round",
                    x=_place(event, index)[0],
                    y=_place(event, index)[1],
                    width=1_800,
                    height=1_800,
                    seats=tuple(NewSeat(seat_id=seat, number=number) for number, seat in enumerate(seats, 1)),
                )
                for index, (table_id, seats) in enumerate(event.tables[start : start + TABLES_A_PART], start)
            )
        )


def _stored_rows(event: BigEvent) -> Iterator[tuple[type[Synced], list[dict[str, Value]]]]:
    title = f"Gala for {event.guests}"
    yield (
        Event,
        [
            {
                "id": event.event_id,
                "title": title,
                "kind": "gala",
                "description": "",
                "venue_text": "",
                "city": "",
                "starts_at": time_text(START),
                "time_zone": "Europe/Lisbon",
                "is_paid": 0,
                "state": EventState.DRAFT,
                "code_salt": event.salt,
            }
        ],
    )
    yield (
        Door,
        [
            {
                "id": door_id,
                "name": name,
                "ticket_types": "[]",
                "direction": "both",
                "re_entry": "yes",
                "may_override": 1,
            }
            for door_id, name in zip(event.door_ids, ("North door", "Garden door"), strict=True)
        ],
    )
    yield (
        Guest,
        [
            {"id": person.guest_id, "name": person.name, "folded": fold(person.name), "tags": "[]"}
            for person in event.people
        ],
    )
    yield (
        Invitation,
        [{"id": one.invitation_id, "name": one.name, "code": one.code, "kind": "direct"} for one in event.households],
    )
    yield TicketType, [{"id": event.ticket_type_id, "name": "standard", "number": 1, "sessions": "[]"}]
    room: dict[str, Value] = {"id": event.floor_plan_id, "name": "Great hall", "fixtures": canonical_json([])}
    yield FloorPlan, [{**room, "width": _side(event), "height": _side(event)}]
    yield (
        Table,
        [
            {
                "id": table_id,
                "floor_plan_id": event.floor_plan_id,
                "label": str(index + 1),
                "shape": "round",
                "x": _place(event, index)[0],
                "y": _place(event, index)[1],
                "turn": 0,
                "width": 1_800,
                "height": 1_800,
            }
            for index, (table_id, _) in enumerate(event.tables)
        ],
    )
    yield (
        Seat,
        [
            {
                "id": seat,
                "table_id": table_id,
                "number": number,
                "category": SeatCategory.REGULAR,
                "accessible": 0,
                "blocked": 0,
            }
            for table_id, seats in event.tables
            for number, seat in enumerate(seats, 1)
        ],
    )
    yield (
        Attendee,
        [
            {
                "id": person.attendee_id,
                "guest_id": person.guest_id,
                "invitation_id": household.invitation_id,
                "rsvp": Rsvp.ACCEPTED,
                "ticket_type_id": event.ticket_type_id,
                "seat_id": person.seat_id,
                "payment_status": PaymentStatus.UNPAID,
                "is_placeholder": 0,
            }
            for household in event.households
            for person in household.people
        ],
    )
    yield (
        Ticket,
        [
            {
                "id": person.ticket_id,
                "attendee_id": person.attendee_id,
                "serial": person.serial,
                "admits": 1,
                "type_number": 1,
                "short_code": person.short_code,
                "signed_code": event.signed_code(person),
            }
            for person in event.people
        ],
    )
    yield (
        TicketSecret,
        [
            {
                "id": person.secret_id,
                "ticket_id": person.ticket_id,
                "invitation_id": None,
                "hmac": code_hmac(event.salt, person.short_code),
            }
            for person in event.people
        ]
        + [
            {
                "id": one.secret_id,
                "ticket_id": None,
                "invitation_id": one.invitation_id,
                "hmac": code_hmac(event.salt, one.code),
            }
            for one in event.households
        ],
    )
    yield SigningKey, [{"id": event.signing_key_id, "number": 1, "public_key": event.public_key}]


def _write(connection: Connection, event_id: str, entity: type[Synced], rows: Sequence[Mapping[str, Value]]) -> None:
    at = time_text(MADE_AT)
    stamp: dict[str, Value] = {"event_id": event_id, "version": 1, "created_at": at, "updated_at": at}
    columns = columns_of(entity)
    _insert(
        connection,
        entity.__tablename__,
        columns,
        [tuple(stamp[column] if column in stamp else row.get(column) for column in columns) for row in rows],
    )


def _insert(connection: Connection, table: str, columns: Sequence[str], rows: Sequence[tuple[Value, ...]]) -> None:
    if not rows:
        return
    mark = "?" if connection.dialect.name == "sqlite" else "%s"
    connection.exec_driver_sql(
        f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join([mark] * len(columns))})", list(rows)
    )


def _person(draw: Random, family: str, seat_id: str) -> Person:
    return Person(
        guest_id=_uuid(draw),
        attendee_id=_uuid(draw),
        name=f"{draw.choice(_GIVEN)} {family}",
        seat_id=seat_id,
        ticket_id=_uuid(draw),
        secret_id=_uuid(draw),
        serial=draw.randbytes(8).hex(),
        short_code=short_code_of(draw.getrandbits(40)),
    )


def _columns(event: BigEvent) -> int:
    return max(int(len(event.tables) ** 0.5), 1)


def _side(event: BigEvent) -> int:
    # Room for one more line than the square root: the last line is seldom full.
    return min(SPACING * (_columns(event) + 3), 1_000_000)


def _place(event: BigEvent, index: int) -> tuple[int, int]:
    row, column = divmod(index, _columns(event))
    return SPACING * (column + 1), SPACING * (row + 1)


def _uuid(draw: Random) -> str:
    return str(UUID(int=draw.getrandbits(128), version=4))
