"""How a code is seen by a webcam: from where, through which optics, in which light."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from math import cos, pi, sin

import numpy as np


class Difficulty(StrEnum):
    """How hard the frames are to read."""

    CLEAR = "clear"
    """Near, sharp and well lit: any reader should manage."""
    DOOR = "door"
    """A guest who holds the ticket up properly in an evening's light."""
    MIX = "mix"
    """Everything at once, far codes, fast hands and dark halls included: what the measurements run on."""


class Card(StrEnum):
    """What a code is shown on."""

    PAPER = "paper"
    PHONE = "phone"


@dataclass(frozen=True, slots=True)
class View:
    """How one code is seen: where, from which side, and through which optics."""

    size: float
    """Width of the code without its quiet zone, in pixels of the frame, if it were not tilted."""
    centre: tuple[float, float]
    """Where the middle of the code is, in shares of the frame's width and height."""
    card: Card = Card.PAPER
    turn: float = 0.0
    """Degrees in the plane of the picture."""
    tilt: float = 0.0
    """Degrees out of it."""
    tilt_axis: float = 0.0
    """Degrees: the direction of the line about which it is tilted."""
    blur: float = 0.0
    """Sigma of the defocus, in pixels."""
    motion: float = 0.0
    """How far the hand moves during the exposure, in pixels."""
    motion_direction: float = 0.0
    noise: float = 0.0
    """Sigma of the sensor's noise, in grey levels."""
    light: float = 1.0
    """Share of the light of a well lit frame."""
    slope: float = 0.0
    """How much darker one side of the frame is than the other, as a share."""
    glare: float = 0.0
    """Strength of a lamp's reflection on the card: 1 whites out its middle."""
    moire: float = 0.0
    """Grey levels of the stripes between a screen's grid and the sensor's."""
    inverted: bool = False
    """Light modules on a dark ground, as in dark mode."""


def draw_view(rng: np.random.Generator, difficulty: Difficulty) -> View:
    """Draw at random how a code is seen, as hard as `difficulty` says."""
    if difficulty is Difficulty.CLEAR:
        return _clear_view(rng)
    if difficulty is Difficulty.DOOR:
        return _door_view(rng)
    return _mixed_view(rng)


def held_by_a_hand(view: View, rng: np.random.Generator, frames: int) -> Iterator[View]:
    """Yield `view` frame by frame with a hand's sway, faster at both ends, where the card comes and goes."""
    sway = rng.uniform(0, 2 * pi, 4)
    pace = rng.uniform(0.25, 0.5)
    for frame in range(frames):
        from_end = min(frame, frames - 1 - frame)
        rush = max(0.0, 1.0 - from_end / 3) if frames > 2 else 0.0
        phase = pace * frame
        yield replace(
            view,
            centre=(
                view.centre[0] + 0.008 * sin(phase + sway[0]),
                view.centre[1] + 0.012 * sin(0.8 * phase + sway[1]) + 0.08 * rush,
            ),
            size=view.size * (1 + 0.03 * sin(0.6 * phase + sway[2])),
            turn=view.turn + 2.5 * sin(0.9 * phase + sway[3]),
            tilt=view.tilt + 2.0 * sin(0.7 * phase + sway[1]),
            motion=view.motion * abs(cos(phase + sway[0])) + 8.0 * rush,
            motion_direction=view.motion_direction if rush == 0 else 90.0,
        )


def _clear_view(rng: np.random.Generator) -> View:
    return View(
        size=rng.uniform(230, 300),
        centre=(rng.uniform(0.4, 0.6), rng.uniform(0.45, 0.55)),
        turn=rng.uniform(-10, 10),
        tilt=rng.uniform(0, 8),
        tilt_axis=rng.uniform(0, 360),
        blur=rng.uniform(0, 0.5),
        noise=rng.uniform(1, 3),
    )


def _door_view(rng: np.random.Generator) -> View:
    return View(
        size=rng.uniform(150, 240),
        centre=(rng.uniform(0.35, 0.65), rng.uniform(0.4, 0.6)),
        card=Card.PHONE if rng.random() < 0.6 else Card.PAPER,
        turn=rng.normal(0, 12),
        tilt=rng.uniform(0, 28),
        tilt_axis=rng.uniform(0, 360),
        blur=rng.uniform(0.3, 1.2),
        motion=rng.uniform(0, 3),
        motion_direction=rng.uniform(0, 180),
        noise=rng.uniform(2, 7),
        light=rng.uniform(0.55, 1.05),
        slope=rng.uniform(0, 0.4),
        glare=rng.uniform(0, 0.35) if rng.random() < 0.3 else 0.0,
        inverted=bool(rng.random() < 0.06),
    )


def _mixed_view(rng: np.random.Generator) -> View:
    """Draw a view where each hardship comes on its own, so that no single one of them decides a measurement."""
    card = Card.PHONE if rng.random() < 0.5 else Card.PAPER
    # A camera in a dark hall turns up its gain, and the noise with it.
    dark_hall = rng.random() < 0.2
    return View(
        size=rng.uniform(70, 220),
        centre=(rng.uniform(0.2, 0.8), rng.uniform(0.3, 0.7)),
        card=card,
        turn=rng.uniform(-180, 180) if rng.random() < 0.2 else rng.normal(0, 15),
        tilt=rng.uniform(0, 40),
        tilt_axis=rng.uniform(0, 360),
        blur=rng.uniform(0.2, 1.2),
        motion=rng.uniform(2, 9) if rng.random() < 0.3 else 0.0,
        motion_direction=rng.uniform(0, 180),
        noise=rng.uniform(6, 10) if dark_hall else rng.uniform(1, 8),
        light=rng.uniform(0.2, 0.5) if dark_hall else rng.uniform(0.6, 1.1),
        slope=rng.uniform(0, 0.5),
        glare=rng.uniform(0.2, 0.9) if rng.random() < 0.2 else 0.0,
        moire=rng.uniform(3, 20) if card is Card.PHONE and rng.random() < 0.4 else 0.0,
        inverted=bool(card is Card.PHONE and rng.random() < 0.15),
    )
