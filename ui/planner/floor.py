"""Draws the room under the tables: the floor, its walls and everything in it that is no table."""

from __future__ import annotations

import math

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QFont, QPainter, QPen, QPolygonF

from models.room import RoomPlan
from models.seating import Fixture
from ui.planner.paints import FULL_SCALE, Paints
from ui.theme import ColourRole

_DOT_STEP = 1000
"""One dot a metre, in millimetres."""
_DOTS_FROM = 0.25
_THIN = 500
"""Fixtures thinner than this have their label beside them."""
_LABEL_PIXELS = 12
_SMALLEST_LABEL = 7.0
_ROUNDED = 120.0


def paint_floor(painter: QPainter, exposed: QRectF, plan: RoomPlan, paints: Paints, scale: float) -> None:
    """Paint the exposed part of the floor; coordinates in millimetres, ``scale`` in pixels for one of them."""
    room = QRectF(0, 0, plan.width, plan.height)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    if scale / FULL_SCALE >= _DOTS_FROM:
        _paint_dots(painter, exposed & room, paints)
    has_walls = any(fixture["kind"] == "wall" for fixture in plan.fixtures)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(paints.pen(ColourRole.LINE, 1.0) if has_walls else paints.pen(ColourRole.MUTED, 2.0))
    painter.drawRoundedRect(room, _ROUNDED / 2, _ROUNDED / 2)
    for fixture in plan.fixtures:
        reach = math.hypot(fixture["width"], fixture["height"]) / 2 + 4000
        around = QRectF(fixture["x"] - reach, fixture["y"] - reach, 2 * reach, 2 * reach)
        if around.intersects(exposed):
            _paint_fixture(painter, fixture, plan, paints, scale)
    painter.restore()


def _paint_dots(painter: QPainter, exposed: QRectF, paints: Paints) -> None:
    if exposed.isEmpty():
        return
    columns = range(math.ceil(exposed.left() / _DOT_STEP), math.floor(exposed.right() / _DOT_STEP) + 1)
    rows = range(math.ceil(exposed.top() / _DOT_STEP), math.floor(exposed.bottom() / _DOT_STEP) + 1)
    # So small that nobody sees whether they are round, and square ones cost a fraction.
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    painter.setPen(paints.pen(ColourRole.LINE, 2.0))
    painter.drawPoints(QPolygonF([QPointF(x * _DOT_STEP, y * _DOT_STEP) for x in columns for y in rows]))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)


def _paint_fixture(painter: QPainter, fixture: Fixture, plan: RoomPlan, paints: Paints, scale: float) -> None:
    box = QRectF(-fixture["width"] / 2, -fixture["height"] / 2, fixture["width"], fixture["height"])
    painter.save()
    painter.translate(fixture["x"], fixture["y"])
    painter.rotate(fixture["turn"])
    kind = fixture["kind"]
    painter.setPen(paints.pen(ColourRole.LINE, 1.2))
    painter.setBrush(QBrush(paints.colour(ColourRole.SURFACE)))
    if kind == "wall":
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QBrush(paints.colour(ColourRole.MUTED)))
        painter.drawRect(box)
    elif kind == "door":
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QBrush(paints.colour(ColourRole.ACCENT)))
        painter.drawRect(
            box.adjusted(0, box.height() * 0.3, 0, -box.height() * 0.3)
            if box.width() > box.height()
            else box.adjusted(box.width() * 0.3, 0, -box.width() * 0.3, 0)
        )
    elif kind == "pillar":
        painter.setBrush(QBrush(paints.colour(ColourRole.LINE)))
        painter.drawRoundedRect(box, 60, 60)
    elif kind == "dance_floor":
        painter.setPen(paints.pen(ColourRole.LINE, 1.6, Qt.PenStyle.DashLine))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(box, _ROUNDED, _ROUNDED)
    else:
        painter.drawRoundedRect(box, _ROUNDED, _ROUNDED)
    painter.restore()
    if fixture["label"]:
        _paint_label(painter, fixture, plan, paints, scale)


def _paint_label(painter: QPainter, fixture: Fixture, plan: RoomPlan, paints: Paints, scale: float) -> None:
    """Write the label as large as other labels on the screen, within what the fixture leaves for it."""
    upright = fixture["height"] > 1.5 * fixture["width"]
    turn = fixture["turn"] + (-90 if upright else 0)
    length, depth = max(fixture["width"], fixture["height"]), min(fixture["width"], fixture["height"])
    if not upright:
        length, depth = fixture["width"], fixture["height"]
    pixels = min(_LABEL_PIXELS, length * scale / max(len(fixture["label"]), 1) * 1.6)
    if pixels < _SMALLEST_LABEL:
        return
    lines = paints.lines(fixture["label"], 100, QFont.Weight.Medium)
    factor = pixels / scale / 100
    painter.save()
    painter.translate(fixture["x"], fixture["y"])
    painter.rotate(turn)
    if depth < _THIN:
        # Beside the wall, on the side of the room.
        inwards = plan.width / 2 - fixture["x"] if upright else plan.height / 2 - fixture["y"]
        side = math.copysign(depth / 2 + lines.height * factor * 0.62, inwards)
        painter.translate(0, side)
    painter.scale(factor, factor)
    painter.setFont(lines.font)
    painter.setPen(QPen(paints.colour(ColourRole.MUTED)))
    painter.drawStaticText(QPointF(-lines.width / 2, -lines.height / 2), lines.text)
    painter.restore()
