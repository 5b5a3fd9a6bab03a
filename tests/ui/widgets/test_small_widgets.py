"""Buttons, chips, cards, search and the other small widgets."""

from PySide6.QtCore import QPoint, QRectF, Qt
from PySide6.QtGui import QAction, QPainter, QPixmap
from PySide6.QtWidgets import QLabel, QMenu, QTableWidget
from pytestqt.qtbot import QtBot

from ui.theme import Theme, ThemeMode
from ui.theme.palette import DARK, LIGHT
from ui.widgets.buttons import ActionButton, Button, ButtonKind, IconButton
from ui.widgets.cards import CardButton, label
from ui.widgets.chips import FilterChip, StatusChip, Tone, chip_size, paint_chip
from ui.widgets.empty_state import EmptyState
from ui.widgets.search_field import SearchField
from ui.widgets.tables import ROW_HEIGHT, calm_table
from ui.widgets.task_progress import TaskProgress


def test_a_primary_button_is_painted_in_the_accent_of_each_theme(theme: Theme, qtbot: QtBot) -> None:
    button = Button(theme, "Suggest seats", ButtonKind.PRIMARY)
    qtbot.addWidget(button)
    button.resize(120, 32)

    def ground() -> str:
        return button.grab().toImage().pixelColor(6, 16).name().upper()

    assert ground() == LIGHT.accent
    theme.set_mode(ThemeMode.DARK)
    assert ground() == DARK.accent


def test_a_button_shows_that_the_keyboard_is_on_it(theme: Theme, qtbot: QtBot) -> None:
    button = Button(theme, "Print")
    qtbot.addWidget(button)
    button.show()
    qtbot.waitExposed(button)
    without = button.grab().toImage()
    button.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.waitUntil(button.hasFocus)

    assert button.grab().toImage() != without


def test_an_icon_button_says_its_name(theme: Theme, qtbot: QtBot) -> None:
    button = IconButton(theme, "trash", "Delete the table")
    qtbot.addWidget(button)

    assert button.accessibleName() == "Delete the table"
    assert button.toolTip() == "Delete the table"


def test_an_action_button_follows_its_action(theme: Theme, qtbot: QtBot) -> None:
    action = QAction("&Import…")
    button = ActionButton(action, ButtonKind.QUIET)
    qtbot.addWidget(button)
    assert button.text() == "&Import…"
    assert not button.isVisible()

    action.setText("Undo import of 112 rows")
    action.setEnabled(False)

    assert button.text() == "Undo import of 112 rows"
    assert button.accessibleName() == "Undo import of 112 rows"
    assert not button.isEnabled()


def test_a_filter_chip_switches_and_a_chip_with_a_menu_does_not(qtbot: QtBot, theme: Theme) -> None:
    chip, choice = FilterChip("Not seated"), FilterChip("RSVP: any")
    for widget in (chip, choice):
        qtbot.addWidget(widget)
    choice.setMenu(QMenu(choice))
    qtbot.mouseClick(chip, Qt.MouseButton.LeftButton)

    assert chip.isChecked()
    assert not choice.isCheckable()


def test_a_status_chip_takes_another_tone_at_once(qtbot: QtBot, theme: Theme) -> None:
    chip = StatusChip("pending")
    qtbot.addWidget(chip)
    chip.ensurePolished()
    chip.show_state("declined", Tone.BAD)

    assert chip.palette().color(chip.foregroundRole()).name().upper() == LIGHT.bad_ink


def test_a_painted_chip_is_as_wide_as_its_text_and_never_wider_than_its_cell(theme: Theme) -> None:
    canvas = QPixmap(200, 40)
    canvas.fill(Qt.GlobalColor.white)
    painter = QPainter(canvas)
    roomy = paint_chip(painter, theme, QRectF(0, 0, 200, 40), "accepted", Tone.OK)
    tight = paint_chip(painter, theme, QRectF(0, 0, 30, 40), "accepted", Tone.OK)
    painter.end()

    assert abs(roomy.width() - chip_size(theme, "accepted").width()) <= 1
    assert tight.width() == 30
    assert canvas.toImage().pixelColor(3, 20).name().upper() == LIGHT.ok_soft


def test_a_card_is_pressed_anywhere_on_it(theme: Theme, qtbot: QtBot) -> None:
    card = CardButton("Harbour Gala")
    card.column.addWidget(label("Harbour Gala", "section"))
    qtbot.addWidget(card)
    card.resize(300, 60)
    card.show()
    inner = card.findChild(QLabel)
    assert inner is not None
    with qtbot.waitSignal(card.clicked):
        qtbot.mouseClick(card, Qt.MouseButton.LeftButton, pos=inner.geometry().center() + QPoint(1, 1))


def test_a_search_is_asked_once_when_the_fingers_rest(theme: Theme, qtbot: QtBot) -> None:
    field = SearchField(theme, "Search guests")
    qtbot.addWidget(field)
    asked: list[str] = []
    field.search_changed.connect(asked.append)
    qtbot.keyClicks(field, "okaf")
    qtbot.waitUntil(lambda: asked == ["okaf"])

    qtbot.keyClick(field, Qt.Key.Key_Escape)
    assert asked == ["okaf", ""]
    assert field.text() == ""


def test_enter_asks_at_once(theme: Theme, qtbot: QtBot) -> None:
    field = SearchField(theme, "Search guests")
    qtbot.addWidget(field)
    field.setText("  lind ")
    with qtbot.waitSignal(field.search_changed, timeout=50) as asked:
        qtbot.keyClick(field, Qt.Key.Key_Return)

    assert asked.args == ["lind"]


def test_an_empty_state_offers_the_first_step(theme: Theme, qtbot: QtBot) -> None:
    state = EmptyState(theme, "guests", "No guests yet", "Drop a list here.", "Import a list…")
    qtbot.addWidget(state)
    button = state.findChild(Button)
    assert button is not None
    with qtbot.waitSignal(state.first_step_requested):
        button.click()

    assert state.accessibleName() == "No guests yet. Drop a list here."


def test_progress_can_be_cancelled_once(theme: Theme, qtbot: QtBot) -> None:
    progress = TaskProgress(theme)
    qtbot.addWidget(progress)
    progress.start("Importing guests", 240)
    progress.advance(90)
    cancel = progress.findChild(Button)
    assert cancel is not None
    with qtbot.waitSignal(progress.cancelled):
        cancel.click()

    assert progress.bar.value() == 90
    assert not cancel.isEnabled()
    progress.finish()
    assert progress.isHidden()


def test_a_calm_table_has_rows_of_one_height(qtbot: QtBot, theme: Theme) -> None:
    table = QTableWidget(3, 2)
    qtbot.addWidget(table)
    calm_table(table)

    assert table.rowHeight(2) == ROW_HEIGHT
    assert not table.showGrid()
