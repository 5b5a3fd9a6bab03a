"""The picture of the camera, its outline, and what stands there without one."""

from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor, QImage
from pytestqt.qtbot import QtBot

from ui.door.camera_view import CameraView
from ui.theme import Theme


def frame() -> QImage:
    image = QImage(640, 480, QImage.Format.Format_RGB32)
    image.fill(QColor("#2040C0"))
    for x in range(320):
        for y in range(0, 480, 1):
            image.setPixelColor(x, y, QColor("#C04020"))
    return image


def view(theme: Theme, qtbot: QtBot) -> CameraView:
    made = CameraView(theme)
    qtbot.addWidget(made)
    made.resize(640, 480)
    return made


def colour_at(made: CameraView, x: int, y: int) -> str:
    return made.grab().toImage().pixelColor(x, y).name()


def test_a_frame_fills_the_view(theme: Theme, qtbot: QtBot) -> None:
    made = view(theme, qtbot)
    made.show_frame(frame())
    assert (colour_at(made, 100, 240), colour_at(made, 500, 240)) == ("#c04020", "#2040c0")
    assert made.problem == ""


def test_a_mirror_exchanges_left_and_right(theme: Theme, qtbot: QtBot) -> None:
    made = view(theme, qtbot)
    made.set_mirrored(True)
    made.show_frame(frame(), [QPointF(10, 10), QPointF(110, 10), QPointF(110, 110), QPointF(10, 110)])
    assert (colour_at(made, 100, 240), colour_at(made, 500, 240)) == ("#2040c0", "#c04020")
    assert made.outline().at(0) == QPointF(630, 10)


def test_the_code_that_was_read_is_outlined_in_green(theme: Theme, qtbot: QtBot) -> None:
    made = view(theme, qtbot)
    corners = [QPointF(100, 100), QPointF(300, 100), QPointF(300, 300), QPointF(100, 300)]
    made.show_frame(frame(), corners)
    assert colour_at(made, 200, 100) == "#34d17a"
    made.show_frame(frame())
    assert colour_at(made, 200, 100) == "#c04020"


def test_the_outline_follows_the_scale_and_the_cut(theme: Theme, qtbot: QtBot) -> None:
    made = view(theme, qtbot)
    made.resize(320, 480)
    made.show_frame(frame(), [QPointF(320, 0), QPointF(320, 480), QPointF(400, 480)])
    assert made.outline().at(0) == QPointF(160, 0)


def test_a_problem_stands_there_until_the_next_frame(theme: Theme, qtbot: QtBot) -> None:
    made = view(theme, qtbot)
    made.show_problem("The camera was pulled out. Plug it in again.")
    assert made.accessibleName() == "The camera was pulled out. Plug it in again."
    without = colour_at(made, 100, 100)
    made.show_frame(frame())
    assert made.problem == ""
    assert colour_at(made, 100, 100) != without
