"""Who a copy is: whether two of them belong to one server."""

from __future__ import annotations

import pytest

from models.events import Role
from models.ids import new_id
from models.store.identity import Installation

PINNED = "ab" * 32


def _known_by(url: str | None, certificate: str | None = None) -> str | None:
    return Installation(new_id(), 1, new_id(), new_id(), Role.DOOR, None, url, certificate, 0).server_known_by


@pytest.mark.parametrize(
    "other",
    [
        ("https://events.example", PINNED),
        ("https://stranger.example", None),
        ("http://events.example", None),
        ("https://events.example:8443", None),
        (None, None),
    ],
)
def test_another_address_or_a_certificate_of_its_own_is_another_server(other: tuple[str | None, str | None]) -> None:
    assert _known_by("https://events.example") != _known_by(*other)


def test_a_server_is_the_same_however_its_address_is_written() -> None:
    assert _known_by("https://Events.example") == _known_by("https://events.example:443/")
    assert _known_by("https://events.example", PINNED) == _known_by("https://10.0.0.7:8443", PINNED)


def test_a_certificate_that_is_never_shown_proves_nothing() -> None:
    assert _known_by("http://127.0.0.1:8000", PINNED) != _known_by("https://events.example", PINNED)
