"""The bundled icons."""

from importlib.resources import files

import pytest
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication

from ui.theme.icons import IconPainter, application_icon

NAMES = sorted(
    entry.name.removesuffix(".svg") for entry in (files("resources") / "icons").iterdir() if entry.name.endswith(".svg")
)


@pytest.mark.parametrize("name", NAMES)
def test_every_icon_draws_something_inside_its_square(name: str, qapp: QApplication) -> None:
    image = IconPainter().pixmap(name, QColor("#0F6E66"), 24, 2.0).toImage()

    painted = sum(image.pixelColor(x, y).alpha() > 0 for x in range(48) for y in range(48))
    assert image.width() == 48
    assert painted > 40


def test_a_picture_is_rendered_once_for_each_density(qapp: QApplication) -> None:
    painter = IconPainter()
    first = painter.pixmap("guests", QColor("red"), 20, 1.0)

    assert painter.pixmap("guests", QColor("red"), 20, 1.0).cacheKey() == first.cacheKey()
    assert painter.pixmap("guests", QColor("red"), 20, 1.5).width() == 30


def test_the_application_icon_has_every_size(qapp: QApplication) -> None:
    assert {size.width() for size in application_icon().availableSizes()} == {16, 32, 48, 64, 128, 256, 512}
