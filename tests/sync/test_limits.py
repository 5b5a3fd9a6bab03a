"""What is too long or too much is refused with the field's name, and what just fits is read."""

from __future__ import annotations

import gzip
import json
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from models.ids import new_epoch, new_id
from models.operations.base import now_utc
from models.store.exchange import LONGEST_ARGUMENTS, Envelope
from sync.protocol import BATCH, LARGEST_BODY
from sync.server.packing import TooMuch, unpacked
from tests.helpers.devices import TestDevice, Venue
from tests.sync.raw_http import send_head, send_in_pieces

NUL = "a\x00b"


@pytest.fixture
def web(venue: Venue) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {venue.organizer.token}"}
    with httpx.Client(base_url=venue.url, headers=headers, trust_env=False, timeout=30) as client:
        yield client


def _push(device: TestDevice, count: int = 1, **changed: object) -> dict[str, Any]:
    """Make a push of operations that nobody knows, in an epoch of its own."""
    plain = Envelope(
        install_id=device.copy.identity.install_id,
        epoch=new_epoch(),
        number=1,
        op_id=new_id(),
        name="unknown.v1",
        arguments="{}",
        device_time=now_utc(),
    ).model_dump(mode="json")
    return {"envelopes": [{**plain, "number": at, "op_id": new_id(), **changed} for at in range(1, count + 1)]}


def _pair(**changed: object) -> dict[str, Any]:
    return {"code": "QQQQQQQQQQ", "install_id": new_id(), "device_name": "Door", **changed}


def _event(**changed: object) -> dict[str, Any]:
    return {
        "event_id": new_id(),
        "install_id": new_id(),
        "device_id": new_id(),
        "device_name": "Hub",
        **changed,
    }


Make = Callable[[TestDevice], dict[str, Any]]
TOO_MUCH: dict[str, tuple[str, Make, str]] = {
    "arguments": ("/sync/v1/push", lambda one: _push(one, arguments="x" * (LONGEST_ARGUMENTS + 1)), "arguments"),
    "name": ("/sync/v1/push", lambda one: _push(one, name="x" * 81), "name"),
    "envelopes": ("/sync/v1/push", lambda one: _push(one, BATCH + 1), "envelopes"),
    "far future": ("/sync/v1/push", lambda one: _push(one, device_time="3000-01-01T00:00:00Z"), "device_time"),
    "code": ("/sync/v1/pair", lambda _: _pair(code="x" * 65), "code"),
    "no code": ("/sync/v1/pair", lambda _: _pair(code=""), "code"),
    "device name": ("/sync/v1/pair", lambda _: _pair(device_name="x" * 121), "device_name"),
    "no device name": ("/sync/v1/pair", lambda _: _pair(device_name=""), "device_name"),
    "device name with NUL": ("/sync/v1/pair", lambda _: _pair(device_name=NUL), "device_name"),
    "install": ("/sync/v1/pair", lambda _: _pair(install_id="x" * 37), "install_id"),
    "lifetime": ("/sync/v1/pairing-codes", lambda _: {"role": "door", "lifetime_seconds": 86_401}, "lifetime_seconds"),
    "hub's name": ("/sync/v1/events", lambda _: _event(device_name="x" * 121), "device_name"),
    "login": ("/api/auth/login", lambda _: {"login": "x" * 255, "password": "x"}, "login"),
    "login with NUL": ("/api/auth/login", lambda _: {"login": NUL, "password": "x"}, "login"),
    "password": ("/api/auth/login", lambda _: {"login": "ada", "password": "x" * 1_025}, "password"),
    "refresh": ("/api/auth/refresh", lambda _: {"refresh": "x" * 513}, "refresh"),
    "logout": ("/api/auth/logout", lambda _: {"refresh": "x" * 513}, "refresh"),
}
JUST_FITS: dict[str, tuple[str, Make, int]] = {
    "arguments": ("/sync/v1/push", lambda one: _push(one, arguments="x" * LONGEST_ARGUMENTS), 200),
    "name": ("/sync/v1/push", lambda one: _push(one, name="x" * 80), 200),
    "envelopes": ("/sync/v1/push", lambda one: _push(one, BATCH), 200),
    "far future": ("/sync/v1/push", lambda one: _push(one, device_time="2999-12-31T23:59:59Z"), 200),
    "code": ("/sync/v1/pair", lambda _: _pair(code="x" * 64), 404),
    "device name": ("/sync/v1/pair", lambda _: _pair(device_name="é" * 120), 404),
    "lifetime": ("/sync/v1/pairing-codes", lambda _: {"role": "door", "lifetime_seconds": 86_400}, 200),
    "login": ("/api/auth/login", lambda _: {"login": "x" * 254, "password": "x" * 1_024}, 401),
    "refresh": ("/api/auth/refresh", lambda _: {"refresh": "x" * 512}, 401),
}


@pytest.mark.parametrize(("path", "make", "field"), TOO_MUCH.values(), ids=TOO_MUCH)
def test_what_is_too_much_is_named(venue: Venue, web: httpx.Client, path: str, make: Make, field: str) -> None:
    if path == "/sync/v1/events":
        session = web.post("/api/auth/login", json={"login": "ada", "password": "correct horse battery"}).json()
        web.headers["Authorization"] = f"Bearer {session['access']}"
    answer = web.post(path, json=make(venue.organizer))
    problem = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.status_code, problem["code"]) == (422, "bad_message")
    assert problem["field"].rpartition(".")[2] == field
    assert f"“{problem['field']}”" in problem["detail"]
    assert len(answer.content) < 1_000


@pytest.mark.parametrize(("path", "make", "status"), JUST_FITS.values(), ids=JUST_FITS)
def test_what_just_fits_is_read(venue: Venue, web: httpx.Client, path: str, make: Make, status: int) -> None:
    answer = web.post(path, json=make(venue.organizer))
    assert answer.status_code == status, answer.text
    assert answer.json().get("code") != "bad_message"


def test_a_body_that_is_too_large_is_named_whether_it_says_so_or_not(venue: Venue) -> None:
    announced = send_head(venue.url, "/sync/v1/push", f"Content-Length: {LARGEST_BODY + 1}")
    pieces = send_in_pieces(venue.url, "/sync/v1/push", b" " * (1 << 20), LARGEST_BODY // (1 << 20) + 1)
    for status, problem in (announced, pieces):
        assert (status, problem["code"], problem["field"]) == (413, "too_large", "body")
        assert "16 MB" in str(problem["detail"])


def test_a_body_of_the_largest_size_is_read(venue: Venue, web: httpx.Client) -> None:
    body = b'{"envelopes": []}'
    answer = web.post(
        "/sync/v1/push",
        content=body + b" " * (LARGEST_BODY - len(body)),
        headers={"Content-Type": "application/json"},
    )
    assert (answer.status_code, answer.json()["field"]) == (422, "body.envelopes")


# -- gzip -------------------------------------------------------------------------------------------

PACKED = {"Content-Type": "application/json", "Content-Encoding": "gzip"}


def _packed_push(venue: Venue) -> bytes:
    return gzip.compress(json.dumps(_push(venue.organizer, BATCH)).encode())


def test_a_packed_body_is_read_like_a_plain_one(venue: Venue, web: httpx.Client) -> None:
    answer = web.post("/sync/v1/push", content=_packed_push(venue), headers=PACKED)
    assert answer.status_code == 200, answer.text
    assert answer.json()["seen"][0]["number"] == BATCH


def test_a_packed_body_may_not_become_larger_than_a_plain_one(venue: Venue, web: httpx.Client) -> None:
    body = b'{"envelopes": []}'
    fits = web.post("/sync/v1/push", content=gzip.compress(body + b" " * (LARGEST_BODY - len(body))), headers=PACKED)
    one_more = web.post(
        "/sync/v1/push", content=gzip.compress(body + b" " * (LARGEST_BODY - len(body) + 1)), headers=PACKED
    )
    assert (fits.status_code, fits.json()["field"]) == (422, "body.envelopes")
    assert (one_more.status_code, one_more.json()["code"], one_more.json()["field"]) == (413, "too_large", "body")


def test_a_bomb_is_never_unpacked_whole() -> None:
    packer = zlib.compressobj(wbits=zlib.MAX_WBITS | 16)
    bomb = b"".join([*(packer.compress(bytes(1 << 20)) for _ in range(256)), packer.flush()])
    tracemalloc.start()
    try:
        with pytest.raises(TooMuch):
            unpacked(bomb, 1 << 20)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 8 << 20


@pytest.mark.parametrize("spoil", [lambda body: body[:-9], lambda _: b"", lambda _: b"{}", lambda body: body + b"more"])
def test_a_body_that_gzip_did_not_make_is_named(
    venue: Venue, web: httpx.Client, spoil: Callable[[bytes], bytes]
) -> None:
    answer = web.post("/sync/v1/push", content=spoil(_packed_push(venue)), headers=PACKED)
    assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (400, "bad_packing", "body")


def test_another_packing_is_refused_with_a_sentence(web: httpx.Client) -> None:
    answer = web.post("/sync/v1/push", content=b"{}", headers={**PACKED, "Content-Encoding": "br"})
    assert (answer.status_code, answer.json()["code"]) == (415, "other_packing")
    assert "plain or by gzip" in answer.json()["detail"]
