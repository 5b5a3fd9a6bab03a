"""Measures how long the floor plan takes to draw 500 tables with 10 seats, beside one item for each seat."""

from __future__ import annotations

import os
import time
from collections.abc import Callable

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QFont, QPainter
from PySide6.QtWidgets import QApplication, QGraphicsItem, QGraphicsView, QStyleOptionGraphicsItem, QWidget

from models.invitations import Rsvp
from models.room import Room, RoomGuest, RoomPlan, RoomSeat, RoomTable
from models.seating import Shape
from tests.bench.measuring import Measurement, as_table
from ui.planner.canvas import RoomCanvas
from ui.planner.paints import INITIALS_SIZE, LABEL_SIZE, Ink, Paints, SeatLook, TableLook
from ui.planner.scaled_view import ScaledView
from ui.planner.seat_layout import seat_layout
from ui.theme import Theme, ThemeMode

_COLUMNS = 25
_STEP = 3_600


def measure(tables: int = 500, seats: int = 10, frames: int = 10) -> list[Measurement]:
    """Time full frames at fit and at 100 %, and frames after one table has moved; CPU milliseconds at 1600 by 1000."""
    app = QApplication.instance() or QApplication([])
    assert isinstance(app, QApplication)
    theme = Theme(ThemeMode.LIGHT)
    theme.apply(app)
    room = _room(tables, seats)
    canvas, rival = RoomCanvas(theme), _item_for_each_seat(room, theme)
    canvas.resize(1600, 1000)
    rival.resize(1600, 1000)
    canvas.show()
    rival.show()
    canvas.show_room(room)
    rival.fit()
    rows = [_row("full frame, whole room", _frame(canvas, frames), _frame(rival, frames))]
    canvas.set_zoom(1.0)
    rival.set_zoom(1.0)
    rows.append(_row("full frame, 100 %", _frame(canvas, frames), _frame(rival, frames)))
    first = room.tables[0]
    item = canvas.item_of(first.id)
    own = [one for one in rival.scene().items() if one.data(0) == first.id]
    canvas.fit()
    rival.fit()

    def move_ours() -> None:
        item.moveBy(50, 0)

    def move_theirs() -> None:
        for one in own:
            one.moveBy(50, 0)

    rows.append(
        _row("frame while a table moves", _step(app, move_ours, frames * 5), _step(app, move_theirs, frames * 5))
    )
    canvas.close()
    rival.close()
    return rows


def _room(tables: int, seats: int) -> Room:
    made: list[RoomTable] = []
    for number in range(tables):
        places = tuple(
            RoomSeat(f"{number}-{seat}", seat, "regular", False, False, _guest(f"{number}-{seat}"))
            for seat in range(1, seats + 1)
        )
        x, y = _STEP // 2 + _STEP * (number % _COLUMNS), _STEP // 2 + _STEP * (number // _COLUMNS)
        made.append(RoomTable(str(number), str(number + 1), Shape.ROUND, x, y, 0, 1800, 1800, places))
    deep = -(-tables // _COLUMNS) * _STEP
    return Room(RoomPlan("plan", "Hall", _COLUMNS * _STEP, deep, ()), tuple(made), ())


def _guest(seat_id: str) -> RoomGuest:
    letters = chr(65 + hash(seat_id) % 26) + chr(65 + hash(seat_id) // 26 % 26)
    return RoomGuest(
        seat_id, seat_id, seat_id, seat_id, letters, Rsvp.ACCEPTED, None, None, None, (), "h", "H", seat_id
    )


class _Disc(QGraphicsItem):
    """A seat or the top of a table as an item of its own, with a word on it."""

    def __init__(self, paints: Paints, ink: Ink, words: str, size: int, radius: float) -> None:
        super().__init__()
        self._paints, self._ink, self._words, self._size = paints, ink, words, size
        self._box = QRectF(-radius, -radius, 2 * radius, 2 * radius)

    def boundingRect(self) -> QRectF:
        return self._box.adjusted(-30, -30, 30, 30)

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        painter.setPen(self._ink.pen)
        painter.setBrush(self._ink.brush)
        painter.drawEllipse(self._box)
        painter.setFont(self._paints.font(self._size, QFont.Weight.DemiBold))
        painter.drawText(self._box, Qt.AlignmentFlag.AlignCenter, self._words)


def _item_for_each_seat(room: Room, theme: Theme) -> ScaledView:
    view, paints = ScaledView(), Paints(theme)
    for table in room.tables:
        top = _Disc(paints, paints.tables[TableLook.CALM], table.label, LABEL_SIZE, table.width / 2)
        top.setPos(table.x, table.y)
        top.setData(0, table.id)
        view.scene().addItem(top)
        layout = seat_layout(table)
        for seat, spot in zip(table.seats, layout.spots, strict=True):
            letters = seat.guest.initials if seat.guest is not None else ""
            disc = _Disc(paints, paints.seats[SeatLook.TAKEN], letters, INITIALS_SIZE, layout.radius)
            disc.setPos(table.x + spot.x, table.y + spot.y)
            disc.setData(0, table.id)
            view.scene().addItem(disc)
    assert room.plan is not None
    view.set_floor(QRectF(0, 0, room.plan.width, room.plan.height))
    return view


def _frame(view: QGraphicsView, frames: int) -> float:
    picture = view.viewport().grab()
    started = time.process_time()
    for _ in range(frames):
        painter = QPainter(picture)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        view.render(painter)
        painter.end()
    return (time.process_time() - started) / frames * 1e3


def _step(app: QApplication, move: Callable[[], None], frames: int) -> float:
    app.processEvents()
    started = time.process_time()
    for _ in range(frames):
        move()
        app.processEvents()
    return (time.process_time() - started) / frames * 1e3


def _row(name: str, value: float, rival: float) -> Measurement:
    return Measurement(f"canvas: {name}", value, "ms", rival, "an item for each seat")


def main() -> None:
    """Print the measurements as a table."""
    print(as_table(measure()))


if __name__ == "__main__":
    main()
