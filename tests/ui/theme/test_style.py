"""What the application wears."""

import pytest
from PySide6.QtCore import QTime
from PySide6.QtGui import QAction, QFont, QFontMetricsF, QPalette
from PySide6.QtWidgets import QApplication, QComboBox, QDateEdit, QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from ui.theme import ColourRole, Theme, ThemeMode
from ui.theme.palette import DARK, HIGH_CONTRAST, LIGHT
from ui.theme.style import set_look
from ui.widgets.buttons import Button
from ui.widgets.fields import NumberField, TimeField
from ui.widgets.search_field import SearchField


def shown_colour(button: QAction | QPushButton) -> str:
    """The colour of the most opaque pixels of the icon."""
    image = button.icon().pixmap(32, 32).toImage()
    pixels = [image.pixelColor(x, y) for x in range(image.width()) for y in range(image.height())]
    return max(pixels, key=lambda pixel: pixel.alpha()).name().upper()


def test_the_application_wears_the_chosen_colours(theme: Theme, qapp: QApplication) -> None:
    theme.set_mode(ThemeMode.DARK)

    assert theme.colours is DARK
    assert qapp.palette().color(QPalette.ColorRole.Window).name().upper() == DARK.background
    assert DARK.accent in qapp.styleSheet()
    assert LIGHT.background not in qapp.styleSheet()


def test_a_change_of_mode_is_told_once(theme: Theme, qtbot: QtBot) -> None:
    told: list[str] = []
    theme.changed.connect(lambda: told.append(theme.colours.background))

    theme.set_mode(ThemeMode.HIGH_CONTRAST)
    theme.set_mode(ThemeMode.HIGH_CONTRAST)

    assert told == [HIGH_CONTRAST.background]


def test_following_a_system_without_a_preference_is_light(theme: Theme) -> None:
    theme.set_mode(ThemeMode.DARK)
    theme.set_mode(ThemeMode.SYSTEM)

    assert not theme.is_dark


def test_every_name_in_the_style_sheet_is_filled(theme: Theme) -> None:
    assert "$" not in theme.style_sheet()


def test_a_kept_icon_follows_the_colours(theme: Theme, qtbot: QtBot) -> None:
    action = QAction("Undo")
    theme.keep_icon(action, "undo", ColourRole.ACCENT)
    before = shown_colour(action)

    theme.set_mode(ThemeMode.DARK)

    assert before == LIGHT.accent
    assert shown_colour(action) == DARK.accent


def test_keeping_another_icon_replaces_the_first(theme: Theme, qtbot: QtBot) -> None:
    button = QPushButton()
    qtbot.addWidget(button)
    theme.keep_icon(button, "undo", ColourRole.ACCENT)
    theme.keep_icon(button, "redo", ColourRole.BAD)

    theme.set_mode(ThemeMode.DARK)

    assert shown_colour(button) == DARK.bad


def test_an_unknown_icon_is_refused(theme: Theme) -> None:
    with pytest.raises(FileNotFoundError):
        theme.icon("no-such-icon")


def test_figures_are_equally_wide_also_in_styled_labels(theme: Theme, qtbot: QtBot) -> None:
    label = QLabel("1")
    label.setProperty("look", "headline")
    qtbot.addWidget(label)
    label.ensurePolished()

    for font in (theme.font(), label.font()):
        metrics = QFontMetricsF(font)
        assert metrics.horizontalAdvance("1111") == metrics.horizontalAdvance("8888")


def test_the_bundled_font_is_used_in_its_weights(theme: Theme) -> None:
    widths = [
        QFontMetricsF(theme.font(40, weight)).horizontalAdvance("Harbour Gala")
        for weight in (QFont.Weight.Normal, QFont.Weight.Medium, QFont.Weight.DemiBold, QFont.Weight.Bold)
    ]

    assert theme.font().families()[0] == "Inter"
    assert len(set(widths)) == len(widths)


def test_a_look_set_later_is_shown_at_once(theme: Theme, qtbot: QtBot) -> None:
    label = QLabel("late")
    qtbot.addWidget(label)
    label.ensurePolished()
    set_look(label, "look", "problem")

    assert label.palette().color(label.foregroundRole()).name().upper() == LIGHT.bad


def test_controls_are_between_32_and_34_high(theme: Theme, qtbot: QtBot) -> None:
    controls = [Button(theme, "Print", icon_name="printer"), QLineEdit(), QComboBox(), QDateEdit()]
    controls += [NumberField(1, 20, 8), TimeField(QTime(18, 30)), SearchField(theme, "Search")]
    page = QWidget()
    column = QVBoxLayout(page)
    for control in controls:
        column.addWidget(control)
    qtbot.addWidget(page)
    page.show()
    page.grab()

    heights = {type(control).__name__: control.height() for control in controls}
    assert {name: height for name, height in heights.items() if not 32 <= height <= 34} == {}


def test_the_text_of_a_number_stands_clear_of_its_border(theme: Theme, qtbot: QtBot) -> None:
    field = NumberField(1, 20, 8)
    qtbot.addWidget(field)
    field.show()
    theme.set_mode(ThemeMode.DARK)

    assert field.lineEdit().x() >= 8
    assert field.lineEdit().geometry().right() < field.width() - 20
