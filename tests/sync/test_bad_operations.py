"""Whatever the arguments of an operation hold, a server has an outcome for it and makes no mistake of its own."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, seed, settings
from schemathesis import GenerationMode
from schemathesis.core.result import Ok
from sqlalchemy import select

from models.events import Role
from models.ids import new_epoch, new_id
from models.operations.base import REGISTER, now_utc
from models.store.exchange import Envelope, Outcome, OutcomeKind, Pulled
from models.store.log_tables import LogRow
from models.store.schema import SYNCED
from sync.server.caller import Caller
from tests.helpers.small_event import small_event
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
        """Hand one in, as a hub would that may hand in anything; give what became of it, if it was not applied."""
        envelope = Envelope(
            install_id=self.hub.install_id,
            epoch=new_epoch(),
            number=1,
            op_id=new_id(),
            name=name,
            arguments=json.dumps(self._about_rows(arguments)),
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


def test_what_was_taken_can_be_read_again(sender: Sender) -> None:
    with sender.server.database.read() as connection:
        pulled = sender.server.log.pull(connection, sender.hub, 0)
    assert Pulled.model_validate_json(pulled.model_dump_json()) == pulled
