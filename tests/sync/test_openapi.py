"""Whatever is sent to the routes that the server describes, it answers as it describes, and never with a fault."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, seed, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import APIOperation, BaseSchema, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from models.events import Role
from models.ids import new_epoch
from models.store.exchange import Envelope
from sync.client.api import ServerApi
from sync.protocol import LoginRequest
from tests.helpers.devices import PASSWORD, Venue

EXAMPLES = 20
CALM = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large, HealthCheck.large_base_example]
CHECKS = [not_a_server_error, content_type_conformance, response_schema_conformance, status_code_conformance]


class Caller:
    """Sends what was thought up, with a right to be heard, and counts what came of it."""

    def __init__(self, venue: Venue) -> None:
        self.venue = venue
        self.answers: Counter[tuple[str, int]] = Counter()
        self.session = requests.Session()
        self.session.trust_env = False
        api = ServerApi(venue.url)
        self.access = api.login(LoginRequest(login="ada", password=PASSWORD)).access
        api.close()
        self.devices = [venue.organizer, venue.pair(role=Role.ORGANIZER), venue.pair()]
        self._turn = 0

    def send(self, case: schemathesis.Case) -> None:
        self._turn += 1
        device = self.devices[self._turn % len(self.devices)]
        token = self.access if case.path == "/sync/v1/events" else device.token
        if case.path == "/sync/v1/push":
            case.body = self._as_its_own(case.body, device.copy.identity.install_id)
        response = case.call(session=self.session, headers={"Authorization": f"Bearer {token}"}, timeout=20)
        self.answers[case.path, response.status_code] += 1
        case.validate_response(response, checks=CHECKS)

    def _as_its_own(self, body: Any, install_id: str) -> Any:
        """Let a push that would be taken, were it another device's, be this one's."""
        try:
            found = [Envelope.model_validate(one) for one in body["envelopes"]]
        except Exception:
            return body
        epoch = new_epoch()
        return {
            "envelopes": [
                one.model_copy(update={"install_id": install_id, "epoch": epoch, "number": number}).model_dump(
                    mode="json"
                )
                for number, one in enumerate(found, start=1)
            ]
        }


@pytest.fixture(scope="module")
def caller(venue: Venue) -> Iterator[Caller]:
    made = Caller(venue)
    yield made
    made.session.close()


@pytest.fixture(scope="module")
def described(venue: Venue) -> Iterator[BaseSchema]:
    """Give what the server itself says about its routes."""
    with pytest.MonkeyPatch.context() as patch:
        # Wrong passwords and codes are counted, and a hundred of them would be answered all alike.
        patch.setattr("sync.server.try_limit.TRIES", 10**9)
        yield schemathesis.openapi.from_url(f"{venue.url}/openapi.json")


def _operations(described: BaseSchema) -> list[APIOperation[Any, Any, Any, Any]]:
    return [found.ok() for found in described.get_all_operations() if isinstance(found, Ok)]


def test_every_route_is_described(described: BaseSchema, venue: Venue) -> None:
    labels = [operation.label for operation in _operations(described)]
    assert {"POST /sync/v1/push", "GET /sync/v1/pull", "GET /sync/v1/snapshot", "POST /api/auth/login"} <= set(labels)


@pytest.mark.parametrize("mode", list(GenerationMode), ids=str)
def test_whatever_comes_is_answered_as_it_is_described(
    described: BaseSchema, caller: Caller, mode: GenerationMode, subtests: pytest.Subtests
) -> None:
    for operation in _operations(described):
        with subtests.test(operation.label):

            @seed(1)
            @settings(max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=CALM)
            @given(case=operation.as_strategy(mode))
            def send(case: schemathesis.Case) -> None:
                caller.send(case)

            try:
                send()
            except Unsatisfiable:
                # A route without parameters cannot be asked wrongly.
                assert mode is GenerationMode.NEGATIVE


def test_values_at_the_edges_are_answered_as_they_are_described(
    described: BaseSchema, caller: Caller, subtests: pytest.Subtests
) -> None:
    for operation in _operations(described):
        cases = described.iter_coverage_cases(
            operation, generation_modes=list(GenerationMode), generation_config=described.config.generation
        )
        with subtests.test(operation.label):
            for case in cases:
                caller.send(case)
