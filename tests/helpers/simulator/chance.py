"""The seed's dice, clock and ids: everything that is random or a time in the program comes from here."""

from __future__ import annotations

import random
from collections.abc import Generator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, Protocol, TypeVar
from unittest.mock import patch
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

T = TypeVar("T")

START = datetime(2026, 12, 12, 17, 0, tzinfo=UTC)


class Dice(Protocol):
    """What decides a story: the seed's generator, or somebody who tries to break a promise."""

    def random(self) -> float: ...
    def randint(self, a: int, b: int, /) -> int: ...
    def randrange(self, start: int, /) -> int: ...
    def sample(self, population: Sequence[Any], k: int, /) -> list[Any]: ...
    def choices(self, population: Sequence[Any], weights: Sequence[float], /) -> list[Any]: ...


class Chance:
    """Draws everything a run needs from one seed.

    What people and the network do comes from one stream, ids from another: so an engine that is broken on
    purpose, and draws fewer ids, still meets the same story.
    """

    def __init__(self, seed: int | str) -> None:
        self.reset(seed)

    def reset(self, seed: int | str) -> None:
        """Begin anew with another seed."""
        self._story: Dice = random.Random(f"story {seed}")
        self._ids = random.Random(f"ids {seed}")

    def throw_with(self, dice: Dice) -> None:
        """Let other dice decide what happens from now on; ids stay as they are."""
        self._story = dice

    def happens(self, share: float) -> bool:
        return self._story.random() < share

    def between(self, low: int, high: int) -> int:
        return self._story.randint(low, high)

    def one(self, values: Sequence[T]) -> T:
        return values[self._story.randrange(len(values))]

    def some(self, values: Sequence[T], most: int) -> list[T]:
        return self._story.sample(list(values), min(len(values), self._story.randint(1, most)))

    def weighted(self, values: Sequence[T], weights: Sequence[float]) -> T:
        return self._story.choices(values, weights)[0]

    def uuid(self) -> UUID:
        return UUID(int=self._ids.getrandbits(128), version=4)

    def bits(self, count: int) -> int:
        return self._ids.getrandbits(count)

    def below(self, limit: int) -> int:
        return self._ids.randrange(limit)

    def hexadecimal(self, count: int) -> str:
        return self._ids.randbytes(count).hex()

    def signing_key(self) -> tuple[str, str]:
        key = Ed25519PrivateKey.from_private_bytes(self._ids.randbytes(32))
        return key.private_bytes_raw().hex(), key.public_key().public_bytes_raw().hex()


class Clock:
    """The true time, and what the clock of whoever is acting shows."""

    def __init__(self) -> None:
        self.true = START
        self._skew = timedelta()

    def __call__(self) -> datetime:
        return self.true + self._skew

    def uptime(self) -> float:
        """Give the seconds since the story began, whatever any clock shows."""
        return (self.true - START).total_seconds()

    def pass_by(self, seconds: float) -> None:
        self.true += timedelta(seconds=seconds)

    @contextmanager
    def showing(self, skew: timedelta) -> Generator[None]:
        """Show another skew for a while: that of the device or server which acts."""
        before, self._skew = self._skew, skew
        try:
            yield
        finally:
            self._skew = before


@contextmanager
def decided_by(chance: Chance, clock: Clock) -> Generator[None]:
    """Let the program draw its ids, keys and times from the seed."""
    dice = SimpleNamespace(
        randbits=lambda count: chance.bits(count),
        randbelow=lambda limit: chance.below(limit),
        token_hex=lambda count: chance.hexadecimal(count),
    )
    with ExitStack() as stack:
        for target, value in (
            ("models.ids.uuid4", chance.uuid),
            ("models.ids.secrets", dice),
            ("models.codes.secrets", dice),
            ("sync.server.signing.secrets", dice),
            ("sync.server.signing.new_signing_key", chance.signing_key),
            ("models.store.local_copy.now_utc", clock),
            ("models.check_in.now_utc", clock),
            ("sync.server.hub_replica.now_utc", clock),
        ):
            stack.enter_context(patch(target, value))
        yield
