"""Whatever the arguments of an operation hold, a server has an outcome for it and makes no mistake of its own."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, seed, settings
from schemathesis import GenerationMode
from schemathesis.core.result import Ok
from sqlalchemy import func, select, update

from models.events import Role
from models.ids import new_epoch, new_id
from models.operations.base import REGISTER, now_utc
from models.operations.erasing import EraseGuest
from models.people import Guest
from models.store.exchange import Envelope, Outcome, OutcomeKind, Pulled
from models.store.log_tables import LogRow
from models.store.schema import SYNCED
from sync.server.caller import Caller
from tests.helpers.devices import Venue
from tests.helpers.small_event import small_event
from tests.helpers.small_network import House, begin_dinner
from tests.helpers.small_server import SmallServer, small_server

CALM = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large, HealthCheck.large_base_example]
EXAMPLES = {GenerationMode.POSITIVE: 8, GenerationMode.NEGATIVE: 3}
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class Sender:
    """Hands in operations with arguments that somebody thought up, some of them about rows that are there."""

    def __init__(self, server: SmallServer) -> None:
        self.server = server
        self.hub = Caller(server.event_id, new_id(), new_id(), Role.OWNER, is_hub=True)
        self.chance = random.Random(1)
        with server.database.read() as connection:
            self.ids = {entity.__tablename__: connection.scalars(select(entity.id)).all() for entity in SYNCED}
        self.every_id = [one for ids in self.ids.values() for one in ids]

    def send(self, name: str, arguments: object) -> Outcome | None:
        """Hand one in with arguments about rows that are there; give what became of it."""
        return self.send_text(name, json.dumps(self._about_rows(arguments)))

    def send_text(self, name: str, arguments: str) -> Outcome | None:
        """Hand one in, as a hub would that may hand in anything; give what became of it."""
        envelope = Envelope(
            install_id=self.hub.install_id,
            epoch=new_epoch(),
            number=1,
            op_id=new_id(),
            name=name,
            arguments=arguments,
            device_time=now_utc(),
            device_id=self.hub.device_id,
            role=Role.OWNER,
        )
        with self.server.database.write() as connection:
            answer = self.server.log.push(connection, self.hub, [envelope])
            row = connection.execute(
                select(LogRow.outcome, LogRow.reason_code, LogRow.reason).where(LogRow.op_id == envelope.op_id)
            ).one_or_none()
        assert not answer.stopped, (name, envelope.arguments)
        assert row is not None
        return Outcome(op_id=envelope.op_id, outcome=OutcomeKind(row[0]), code=row[1], reason=row[2])

    def _about_rows(self, value: Any, key: str = "") -> Any:
        """Put ids of rows that are there in the place of most ids, of the right table where the key names one."""
        if isinstance(value, dict):
            return {one: self._about_rows(held, one) for one, held in value.items()}
        if isinstance(value, list):
            return [self._about_rows(one, key.removesuffix("s")) for one in value]
        if isinstance(value, str) and _ID.fullmatch(value) and self.chance.random() < 0.7:
            return self.chance.choice(self.ids.get(key.removesuffix("_id") + "s") or self.every_id)
        return value


@pytest.fixture(scope="module")
def sender(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sender]:
    folder: Path = tmp_path_factory.mktemp("bad")
    event = small_event(folder)
    with small_server(folder, event.event_id) as server:
        server.push(event.copy)
        yield Sender(server)
    event.copy.close()


def _routes() -> dict[str, Any]:
    """Describe each operation as if it were a route of its own, so that its arguments can be thought up."""
    paths: dict[str, Any] = {}
    schemas: dict[str, Any] = {}
    for name, kind in REGISTER.items():
        described = kind.model_json_schema(ref_template="#/components/schemas/" + name + ".{model}")
        schemas |= {f"{name}.{key}": value for key, value in described.pop("$defs", {}).items()}
        body = {"required": True, "content": {"application/json": {"schema": described}}}
        paths[f"/{name}"] = {"post": {"requestBody": body, "responses": {"200": {"description": "An outcome"}}}}
    info = {"title": "Operations", "version": "1"}
    return {"openapi": "3.1.0", "info": info, "paths": paths, "components": {"schemas": schemas}}


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
def test_no_arguments_make_the_server_fail(sender: Sender, mode: GenerationMode, subtests: pytest.Subtests) -> None:
    outcomes: set[OutcomeKind] = set()
    for found in schemathesis.openapi.from_dict(_routes()).get_all_operations():
        assert isinstance(found, Ok)
        operation = found.ok()
        with subtests.test(operation.path):

            @seed(1)
            @settings(max_examples=EXAMPLES[mode], deadline=None, database=None, suppress_health_check=CALM)
            @given(case=operation.as_strategy(mode))
            def send(case: schemathesis.Case) -> None:
                outcome = sender.send(
                    case.path.removeprefix("/"), case.body if isinstance(case.body, (dict, list)) else {}
                )
                assert outcome is not None
                assert outcome.code not in ("server_fault", "unknown_operation"), outcome
                outcomes.add(outcome.outcome)

            send()
    assert OutcomeKind.REFUSED in outcomes
    assert mode is GenerationMode.NEGATIVE or OutcomeKind.APPLIED in outcomes


DEEP = "[" * 50_000 + "]" * 50_000


@pytest.mark.parametrize(
    ("name", "arguments"),
    [("record_entries.v1", DEEP), ("tomorrow.v1", DEEP), ("tomorrow.v1", '{"a":' * 50_000), ("tomorrow.v1", "\x00")],
    ids=["known and deep", "unknown and deep", "deep in objects", "NUL"],
)
def test_arguments_that_nobody_can_keep_or_read_are_refused_with_their_message(
    own_venue: Venue, name: str, arguments: str
) -> None:
    door = own_venue.pair("Door", door="North door")
    envelope = {"install_id": door.copy.identity.install_id, "epoch": 1, "number": 1, "op_id": new_id(), "name": name}
    body = {"envelopes": [{**envelope, "arguments": arguments, "device_time": now_utc().isoformat()}]}

    answer = httpx.post(
        f"{own_venue.url}/sync/v1/push", json=body, headers={"Authorization": f"Bearer {door.token}"}, trust_env=False
    )

    assert (answer.status_code, answer.json()["field"]) == (422, "body.envelopes.0.arguments")


@pytest.mark.parametrize(
    "arguments",
    [json.dumps({"text": "[{" * 500}), json.dumps({"entries": [[]] * 500}), "[]," * 500],
    ids=["in a text", "side by side", "no JSON"],
)
def test_many_brackets_that_are_not_deep_within_each_other_concern_their_operation_only(
    sender: Sender, arguments: str
) -> None:
    outcome = sender.send_text("record_entries.v1", arguments)
    assert outcome is not None
    assert outcome.code == "bad_arguments"


def test_a_hub_hands_on_what_comes_after_arguments_that_it_kept_once_and_nobody_takes(house: House) -> None:
    hub, replica = house.hub()
    owner = house.device(hub)
    dinner = begin_dinner(owner)
    owner.exchange()
    up, _way = house.published(hub, replica, house.server("central", opened=False))
    up.exchange()
    for arguments in ("\x00", DEEP):
        owner.seat(dinner.people[0], None if owner.seat_of(dinner.people[0]) else dinner.seats[0])
        owner.exchange()
        with hub.write() as connection:
            last = select(func.max(LogRow.position)).scalar_subquery()
            connection.execute(update(LogRow).where(LogRow.position == last).values(arguments=arguments))
    owner.seat(dinner.people[1], dinner.seats[1])
    owner.exchange()

    up.exchange()

    assert replica.waiting() == 0
    owner.exchange()
    assert owner.seat_of(dinner.people[1]) == dinner.seats[1]


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("edit_guest.v1", DEEP),
        ("edit_invitation.v1", {"invitation_id": "GUEST", "fields": []}),
        ("restore_rows.v1", {"table": "guests", "columns": ["id", "tags"], "rows": [["GUEST", DEEP]]}),
        ("restore_rows.v1", {"table": "guests", "columns": ["id", "tags"], "rows": [["GUEST", "no JSON"]]}),
    ],
    ids=["deep", "no object", "deep tags", "bad tags"],
)
def test_arguments_about_an_erased_guest_that_do_not_fit_are_kept_without_anything(
    house: House, name: str, arguments: str | dict[str, Any]
) -> None:
    server = house.server()
    owner = house.device(server)
    begin_dinner(owner)
    with owner.copy.read() as connection:
        guest = connection.scalars(select(Guest.id)).first()
    assert guest is not None
    owner.copy.run(EraseGuest(guest_id=guest))
    owner.exchange()
    text = arguments if isinstance(arguments, str) else json.dumps(arguments).replace("GUEST", guest)
    # As from before arguments were looked at: the check of messages would not let all of them in.
    envelope = Envelope.model_construct(
        install_id=owner.caller.install_id, epoch=1, number=1, op_id=new_id(), name=name, arguments=text,
        device_time=now_utc(), device_id=None, role=None,
    )  # fmt: skip

    with server.write() as connection:
        server.log.push(connection, owner.caller, [envelope])
        kept = connection.execute(
            select(LogRow.outcome, LogRow.reason_code).where(LogRow.op_id == envelope.op_id)
        ).one()

    assert tuple(kept) == (OutcomeKind.REFUSED, "bad_arguments")


def test_what_was_taken_can_be_read_again(sender: Sender) -> None:
    with sender.server.database.read() as connection:
        pulled = sender.server.log.pull(connection, sender.hub, 0)
    assert Pulled.model_validate_json(pulled.model_dump_json()) == pulled
