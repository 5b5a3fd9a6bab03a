"""Draws what a webcam at a door looks at: the cards with the codes, and the room behind them."""

from math import cos, pi, sin

import cv2
import numpy as np
from numpy.typing import NDArray

from desktop.codes.views import Card, View

Picture = NDArray[np.uint8]
Modules = NDArray[np.bool_]

QUIET_ZONE = 4
"""Light modules around a code, as ISO/IEC 18004 asks."""


def paint_room(rng: np.random.Generator, width: int, height: int) -> Picture:
    """Paint an entrance hall out of focus: wall, door frames, lamps, people waiting, and a sharp poster."""
    coarse = rng.uniform(85, 150, (5, 8)).astype(np.float32)
    wall = np.clip(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC), 0, 255)
    room = (wall[:, :, None] * np.array([0.78, 0.9, 1.0], dtype=np.float32)).astype(np.uint8)
    for _ in range(6):
        left, top = int(rng.uniform(0, width)), int(rng.uniform(0, height * 0.4))
        right, bottom = left + int(rng.uniform(0.03, 0.15) * width), top + int(rng.uniform(0.3, 0.6) * height)
        cv2.rectangle(room, (left, top), (right, bottom), _muted(rng, 60, 190), -1)
    for _ in range(4):
        x, head = int(rng.uniform(0, width)), int(rng.uniform(0.05, 0.09) * height)
        y = int(rng.uniform(0.35, 0.5) * height)
        cv2.ellipse(room, (x, y + 6 * head), (round(2.4 * head), 5 * head), 0, 0, 360, _muted(rng, 20, 130), -1)
        skin = rng.uniform(0.35, 0.95)
        cv2.ellipse(room, (x, y), (head, round(head * 1.3)), 0, 0, 360, (150 * skin, 180 * skin, 225 * skin), -1)
    for _ in range(4):
        x, y, lamp = int(rng.uniform(0, width)), int(rng.uniform(0, 0.3 * height)), int(rng.uniform(6, 20))
        cv2.circle(room, (x, y), lamp, (225, 242, 250), -1)
    room = cv2.GaussianBlur(room, (0, 0), 4)
    # As sharp and as dense as print, since a reader has to turn such things down, too.
    left, top = int(rng.uniform(0, 0.8 * width)), int(rng.uniform(0, 0.5 * height))
    for line in range(12):
        for word in range(int(rng.integers(3, 9))):
            x, y = left + word * 26, top + line * 14
            cv2.rectangle(room, (x, y), (x + int(rng.uniform(6, 22)), y + 6), _muted(rng, 20, 210), -1)
    return np.asarray(cv2.GaussianBlur(room, (0, 0), 0.8), dtype=np.uint8)


def paint_card(modules: Modules, view: View, rng: np.random.Generator, oversampling: int) -> tuple[Picture, float]:
    """Draw the card face on, about `oversampling` times as large as it is seen.

    Returns it as BGRA, with the code in its middle, and how many of its pixels make one of the frame.
    """
    per_module = max(2, round(view.size * oversampling / len(modules)))
    scale = per_module * len(modules) / view.size
    light, dark = (235, 28) if view.card is Card.PAPER else (250, 10)
    ink, ground = (light, dark) if view.inverted else (dark, light)
    framed = np.pad(modules, QUIET_ZONE)
    code = np.where(framed, ink, ground).astype(np.uint8).repeat(per_module, axis=0).repeat(per_module, axis=1)
    side = len(code)
    # The code stays in the middle of the card, so that `View.centre` is the code's.
    edge_x, edge_y = (round(side * 0.1), round(side * 0.45))
    card = np.full((side + 2 * edge_y, side + 2 * edge_x), ground, dtype=np.uint8)
    card[edge_y : edge_y + side, edge_x : edge_x + side] = code
    _write_lines(card, edge_y, ink, rng)
    if view.moire > 0:
        card = _striped(card, view.moire, scale, rng)
    if view.glare > 0:
        card = _glaring(card, view.glare, rng)
    if view.card is Card.PHONE:
        bezel = max(2, round(side * 0.04))
        card = np.pad(card, bezel, constant_values=18)
    opaque = np.full_like(card, 255)
    return np.dstack((card, card, card, opaque)), scale


def _write_lines(card: Picture, edge: int, ink: int, rng: np.random.Generator) -> None:
    """Draw what looks like lines of print above and below the code."""
    high, wide = card.shape
    thick = max(1, edge // 12)
    for line in range(3):
        for top in (edge // 5 + line * edge // 4, high - edge + edge // 8 + line * edge // 4):
            long = int(wide * rng.uniform(0.3, 0.8))
            cv2.rectangle(card, (wide // 10, top), (wide // 10 + long, top + thick), (ink,), -1)


def _striped(card: Picture, strength: float, scale: float, rng: np.random.Generator) -> Picture:
    period = scale * rng.uniform(3, 12)
    direction = rng.uniform(0, pi)
    rows, columns = np.indices(card.shape, dtype=np.float32)
    wave = np.sin((columns * cos(direction) + rows * sin(direction)) * (2 * pi / period))
    return np.clip(card + strength * wave, 0, 255).astype(np.uint8)


def _glaring(card: Picture, strength: float, rng: np.random.Generator) -> Picture:
    high, wide = card.shape
    rows, columns = np.indices(card.shape, dtype=np.float32)
    across = (columns / wide - rng.uniform(0.2, 0.8)) / rng.uniform(0.15, 0.4)
    along = (rows / high - rng.uniform(0.2, 0.8)) / rng.uniform(0.15, 0.4)
    spot = strength * np.exp(-(across**2) - along**2)
    return (card + (255.0 - card) * spot).astype(np.uint8)


def _muted(rng: np.random.Generator, darkest: float, lightest: float) -> tuple[float, float, float]:
    """Draw a colour close to grey, as walls, doors and evening clothes have."""
    shade = rng.uniform(darkest, lightest)
    blue, green, red = shade * rng.uniform(0.8, 1.2, 3)
    return float(blue), float(green), float(red)
