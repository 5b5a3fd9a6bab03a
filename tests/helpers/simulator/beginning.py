"""How a run begins: an event with guests, tables and tickets, on a server or a hub, with some devices around it.

Setting one up costs as much as a short story. So a few dozen are made once in a process, and each seed goes on from
copies of one of them; an engine that is broken on purpose sets up its own, since it may spoil that too.
"""

from __future__ import annotations

import atexit
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from models.codes import new_salt, new_short_code
from models.event_files import RowsPart, make_event, restore_event, save_event
from models.events import Role
from models.ids import new_id
from models.invitations import Rsvp
from models.operations.events import AddDoor, AddTicketTypes, CreateEvent, NewTicketType
from models.operations.people import AddGuests, NewHousehold
from models.operations.seating import AddFloorPlan, AddTables
from tests.helpers.simulator.actions import Person, new_guest, new_table
from tests.helpers.simulator.chance import START, decided_by
from tests.helpers.simulator.nodes import DURABILITY, DeviceNode, ServerNode, closed, temporary_folder
from tests.helpers.simulator.party import Party, Wanted

BEGINNINGS = 24


@dataclass(frozen=True)
class _Hub:
    name: str
    server_id: str
    install_id: str
    device_id: str
    is_published: bool


@dataclass(frozen=True)
class _Device:
    name: str
    role: Role
    install_id: str
    device_id: str
    server: str
    last_number: int
    noted: Sequence[str]


@dataclass(frozen=True)
class _Beginning:
    """A network that was set up and closed: its files, and who is there."""

    folder: Path
    event_id: str
    central_id: str
    doors: Sequence[str]
    hubs: Sequence[_Hub]
    devices: Sequence[_Device]
    committed: Mapping[str, str]
    entries_of: Mapping[str, list[str]]
    codes: Sequence[str]
    saved_parts: Sequence[RowsPart]
    journal: Sequence[str]
    replayed: int


def begin(party: Party) -> None:
    """Let the seed choose a beginning and put the party there."""
    if party.wanted == Wanted():
        _take_over(party, _beginning(party.chance.between(1, BEGINNINGS)))
    else:
        _set_up(party)
    party.set_clocks()


@lru_cache(maxsize=BEGINNINGS)
def _beginning(number: int) -> _Beginning:
    folder = temporary_folder()
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    party = Party(f"beginning {number}", Wanted(), folder)
    with decided_by(party.chance, party.clock):
        _set_up(party)
        if party.is_central_open:
            party.check_replay()
            with party.central.read() as connection:
                party.replayed = connection.exec_driver_sql("SELECT count(*) FROM event_log").scalar_one()
    for node in [party.central, *party.hubs]:
        closed(node.database)
    for device in party.devices:
        closed(device.copy.database)
    return _Beginning(
        folder,
        party.event_id,
        party.central.server_id,
        tuple(party.doors),
        tuple(
            _Hub(hub.name, hub.server_id, hub.install_id, hub.device_id, hub.upstream is not None) for hub in party.hubs
        ),
        tuple(
            _Device(
                one.name,
                one.role,
                one.caller.install_id,
                one.caller.device_id,
                one.server.name,
                one.last_number,
                tuple(one.noted),
            )
            for one in party.devices
        ),
        dict(party.committed),
        dict(party.entries_of),
        tuple(party.codes),
        party.devices[0].saved_parts,
        tuple(party.played.journal),
        party.replayed,
    )


def _take_over(party: Party, beginning: _Beginning) -> None:
    shutil.copytree(beginning.folder, party.folder, dirs_exist_ok=True, copy_function=shutil.copyfile)
    party.event_id, party.doors, party.codes = beginning.event_id, list(beginning.doors), list(beginning.codes)
    party.committed, party.entries_of = dict(beginning.committed), dict(beginning.entries_of)
    party.played.journal += beginning.journal
    party.central = party.server_on_file("server", beginning.central_id)
    for one in beginning.hubs:
        hub = party.hub_on_file(one.name, one.server_id, one.install_id, one.device_id)
        hub.upstream = party.central if one.is_published else None
    party.replayed = beginning.replayed
    party.is_central_open = all(one.is_published for one in beginning.hubs)
    party.made_hubs = len(beginning.hubs)
    servers: dict[str, ServerNode] = {one.name: one for one in [party.central, *party.hubs]}
    for one in beginning.devices:
        device = party.device_on_file(one.name, one.role, servers[one.server], one.install_id, one.device_id)
        device.last_number, device.noted = one.last_number, list(one.noted)
        device.saved_parts = beginning.saved_parts if device.is_organizer else ()


def _set_up(party: Party) -> None:
    chance, wanted = party.chance, party.wanted
    party.event_id = new_id()
    party.central = party.new_server("server")
    with_hub = chance.happens(0.4) if wanted.hubs is None else wanted.hubs
    at: ServerNode = party.central
    owner_install, owner_device = new_id(), new_id()
    party.is_central_open = not with_hub
    if with_hub:
        at = party.new_hub(owner_install, owner_device)
    else:
        with at.write() as connection:
            at.log.open_event(connection, party.event_id)
    if with_hub and chance.happens(0.3):
        owner = _owner_of_a_saved_event(party, at, owner_device)
    else:
        owner = party.new_device("organizer 1", Role.OWNER, at, owner_install, owner_device)
        with owner.on_its_clock():
            owner.copy.run_all(_first_operations(party))
    party.note(owner)
    party.exchange(owner)
    if with_hub and chance.happens(0.6):
        party.publish()
    if chance.happens(0.5):
        party.new_device("organizer 2", Role.ORGANIZER, party.some_server())
    for number in range(1, chance.between(1, 4) + 1):
        party.new_device(f"door {number}", Role.DOOR, party.some_server())
    for _ in range(2):
        party.exchange_all()
    with owner.on_its_clock():
        person = Person(owner, chance, ())
        for _ in range(3):
            person.issue_tickets()
        party.note(owner)
    person.save_rows()
    party.exchange_all()
    party.collect_codes()


def _owner_of_a_saved_event(party: Party, hub: ServerNode, device_id: str) -> DeviceNode:
    """Let the owner begin with an event that was saved to a file elsewhere, and is restored here."""
    name = "organizer 1"
    elsewhere, saved = party.folder / "elsewhere.usher", party.folder / "saved.event"
    made = make_event(elsewhere, party.event_id, _first_operations(party), synchronous=DURABILITY)
    save_event(made, saved)
    made.close()
    copy = restore_event(saved, party.folder / f"{name}.usher", device_id=device_id, synchronous=DURABILITY)
    copy.follow(f"sim://{hub.name}")
    install_id = copy.identity.install_id
    copy.close()
    party.register(hub, device_id, install_id, name, Role.OWNER)
    party.tell(f"{name} begins at {hub.name} with a saved event")
    return party.device_on_file(name, Role.OWNER, hub, install_id, device_id)


def _first_operations(party: Party) -> list[Any]:
    chance = party.chance
    plan = new_id()
    kinds = tuple(NewTicketType(id=new_id(), name=f"type {number}", number=number) for number in (1, 2))
    households = tuple(
        NewHousehold(
            invitation_id=new_id(),
            name=f"household {number}",
            code=new_short_code(),
            secret_id=new_id(),
            guests=tuple(
                new_guest(chance).model_copy(update={"rsvp": Rsvp.ACCEPTED}) for _ in range(chance.between(1, 3))
            ),
        )
        for number in range(1, 5)
    )
    party.doors = [new_id(), new_id()]
    return [
        CreateEvent(
            event_id=party.event_id,
            title="Winter dinner",
            starts_at=START,
            time_zone="Europe/Berlin",
            capacity=chance.one([None, 8, 20]),
            code_salt=new_salt(),
        ),
        AddTicketTypes(ticket_types=kinds),
        AddFloorPlan(floor_plan_id=plan, plan_name="Hall", width=20_000, height=15_000),
        AddTables(tables=tuple(new_table(chance, plan, f"T{number}") for number in (1, 2))),
        *(AddDoor(door_id=door, door_name=f"Door {number}") for number, door in enumerate(party.doors, start=1)),
        AddGuests(households=households),
    ]
