"""The start page: four ways to an event."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from PySide6.QtCore import QDate, QMimeData, QPoint, QPointF, Qt, QTime, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from ui.start.event_choices import EventDraft, RecentEvent
from ui.start.start_page import StartPage
from ui.theme import Theme

NOW = datetime.now(UTC)
GALA = RecentEvent(Path("gala.usher"), "Harbour Gala", "Old Customs House", NOW, NOW - timedelta(days=3))
DINNER = RecentEvent(Path("dinner.usher"), "Dinner", "", NOW, NOW)


@pytest.fixture
def page(theme: Theme, qtbot: QtBot) -> StartPage:
    page = StartPage(theme)
    qtbot.addWidget(page)
    page.resize(1280, 720)
    page.show()
    page.activateWindow()
    qtbot.waitUntil(page.isActiveWindow)
    return page


def test_the_first_run_offers_the_sample(page: StartPage, qtbot: QtBot) -> None:
    assert page.recent.cards == []
    with qtbot.waitSignal(page.sample_requested):
        qtbot.mouseClick(page.sample.open_button, Qt.MouseButton.LeftButton)


def test_recent_events_stand_newest_first_and_open(page: StartPage, qtbot: QtBot) -> None:
    page.show_recents([GALA, DINNER])
    assert [card.recent.title for card in page.recent.cards] == ["Dinner", "Harbour Gala"]
    assert "Old Customs House" in page.recent.cards[1].accessibleName()

    page.recent.cards[1].setFocus(Qt.FocusReason.TabFocusReason)
    with qtbot.waitSignal(page.recent_requested) as requested:
        qtbot.keyClick(page.recent.cards[1], Qt.Key.Key_Space)
    assert requested.args == [Path("gala.usher")]


def test_an_event_is_made_from_three_answers(page: StartPage, qtbot: QtBot) -> None:
    form = page.new_event
    qtbot.keyClicks(form.title_field, "  Harvest dinner ")
    form.date_field.setDate(QDate(2026, 12, 12))
    form.time_field.setTime(QTime(19, 15))
    qtbot.keyClicks(form.place_field, "Old Customs House")
    with qtbot.waitSignal(page.event_requested) as requested:
        qtbot.keyClick(form.place_field, Qt.Key.Key_Return)

    assert requested.args is not None
    draft = requested.args[0]
    assert isinstance(draft, EventDraft)
    assert (draft.title, draft.place) == ("Harvest dinner", "Old Customs House")
    assert draft.starts_at == datetime(2026, 12, 12, 19, 15).astimezone(UTC)
    assert draft.time_zone


def test_a_missing_title_is_said_beside_it(page: StartPage, qtbot: QtBot) -> None:
    form = page.new_event
    with qtbot.assertNotEmitted(page.event_requested):
        qtbot.mouseClick(form.make_button, Qt.MouseButton.LeftButton)
    assert form.problem.isVisible()
    assert form.title_field.accessibleDescription() == form.problem.text()
    assert form.title_field.hasFocus()

    qtbot.keyClicks(form.title_field, "G")
    assert not form.problem.isVisible()


def test_a_pairing_code_is_handed_on_without_blanks(page: StartPage, qtbot: QtBot) -> None:
    qtbot.keyClicks(page.join.code_field, " K7QF-2M9D ")
    with qtbot.waitSignal(page.join_requested) as requested:
        qtbot.keyClick(page.join.code_field, Qt.Key.Key_Return)

    assert requested.args == ["K7QF-2M9D"]


def test_an_empty_pairing_code_asks_for_one(page: StartPage, qtbot: QtBot) -> None:
    with qtbot.assertNotEmitted(page.join_requested):
        qtbot.mouseClick(page.join.join_button, Qt.MouseButton.LeftButton)

    assert page.join.problem.isVisible()


def test_a_refused_code_is_explained_until_it_is_changed(page: StartPage, qtbot: QtBot) -> None:
    page.join.code_field.setText("K7QF")
    page.join.show_waiting()
    assert not page.join.join_button.isEnabled()
    page.join.show_problem("This code was used already: ask for a new one.")
    assert page.join.join_button.isEnabled()
    assert page.join.problem.isVisible()

    page.join.code_field.setText("K7QG")
    assert not page.join.problem.isVisible()


def test_the_camera_can_be_asked_for(page: StartPage, qtbot: QtBot) -> None:
    with qtbot.waitSignal(page.camera_requested):
        page.join.camera_button.click()


def test_a_dropped_file_is_asked_for(page: StartPage, qtbot: QtBot, tmp_path: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(tmp_path / "gala.usher"))])
    copy, left, none = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(QPoint(9, 9), copy, data, left, none)
    drop = QDropEvent(QPointF(9, 9), copy, data, left, none)
    QApplication.sendEvent(page.viewport(), enter)
    with qtbot.waitSignal(page.file_requested) as requested:
        QApplication.sendEvent(page.viewport(), drop)

    assert requested.args == [tmp_path / "gala.usher"]


def test_tab_walks_through_the_form_in_reading_order(page: StartPage, qtbot: QtBot) -> None:
    form = page.new_event
    form.title_field.setFocus()
    walked = []
    # Date and time let Tab walk through their parts first.
    while form.make_button not in walked and len(walked) < 12:
        qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
        walked.append(QApplication.focusWidget())

    assert list(dict.fromkeys(walked)) == [form.date_field, form.time_field, form.place_field, form.make_button]


def test_a_narrow_page_stacks_its_columns_without_cutting_any_off(page: StartPage, qtbot: QtBot) -> None:
    page.resize(640, 360)
    qtbot.waitUntil(lambda: page.new_event.mapTo(page, QPoint(0, 0)).y() > page.sample.height())

    for card in (page.sample, page.new_event, page.join):
        left = card.mapTo(page.viewport(), card.rect().topLeft()).x()
        assert 0 <= left < left + card.width() <= page.viewport().width()


def test_the_moon_turns_the_lights_out_and_back_on(page: StartPage, theme: Theme, qtbot: QtBot) -> None:
    page.mode_button.click()
    assert theme.is_dark
    assert page.mode_button.accessibleName() == "Light colours"
    page.mode_button.click()
    assert not theme.is_dark
