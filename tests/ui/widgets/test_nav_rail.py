"""The rail that leads from page to page."""

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from ui.theme import Theme
from ui.widgets.nav_rail import NavRail


@pytest.fixture
def rail(theme: Theme, qtbot: QtBot) -> NavRail:
    rail = NavRail(theme)
    for key in ("guests", "tables", "conflicts"):
        rail.add_entry(key, key.title(), key)
    qtbot.addWidget(rail)
    rail.resize(68, 500)
    rail.show()
    qtbot.waitExposed(rail)
    return rail


def test_pressing_an_entry_says_which(rail: NavRail, qtbot: QtBot) -> None:
    with qtbot.waitSignal(rail.entry_chosen) as chosen:
        qtbot.mouseClick(rail.entry("tables"), Qt.MouseButton.LeftButton)

    assert chosen.args == ["tables"]


def test_arrows_walk_round_and_the_space_bar_chooses(rail: NavRail, qtbot: QtBot) -> None:
    rail.entry("guests").setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.waitUntil(rail.entry("guests").hasFocus)
    qtbot.keyClick(rail.entry("guests"), Qt.Key.Key_Up)
    assert rail.entry("conflicts").hasFocus()

    with qtbot.waitSignal(rail.entry_chosen) as chosen:
        qtbot.keyClick(rail.entry("conflicts"), Qt.Key.Key_Space)
    assert chosen.args == ["conflicts"]


def test_a_badge_is_painted_and_said(rail: NavRail) -> None:
    entry = rail.entry("conflicts")
    before = entry.grab().toImage()
    rail.set_badge("conflicts", 3)

    assert entry.accessibleName() == "Conflicts, 3 to look at"
    assert entry.grab().toImage() != before
    rail.set_badge("conflicts", 0)
    assert entry.accessibleName() == "Conflicts"


def test_a_low_window_takes_the_labels_not_the_entries(rail: NavRail, qtbot: QtBot) -> None:
    rail.resize(68, 140)

    assert rail.entry("guests").toolButtonStyle() == Qt.ToolButtonStyle.ToolButtonIconOnly
    qtbot.waitUntil(lambda: rail.entry("conflicts").geometry().bottom() < 140)
    rail.resize(68, 500)
    assert rail.entry("guests").toolButtonStyle() == Qt.ToolButtonStyle.ToolButtonTextUnderIcon
