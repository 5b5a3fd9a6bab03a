"""The dialog that asks for the title and the start of a duplicate."""

from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from PySide6.QtCore import QDate, QTime
from pytestqt.qtbot import QtBot

from models.errors import StoreError, UsherError
from ui.dialogs.duplicate_dialog import DuplicateDialog
from ui.theme import Theme

LISBON = ZoneInfo("Europe/Lisbon")
STARTS = datetime(2026, 12, 12, 18, 30, tzinfo=LISBON)


class Made:
    """Keeps what was asked for, and answers when a test does."""

    def __init__(self) -> None:
        self.wanted: list[tuple[str, datetime]] = []
        self.done: Callable[[], None] = lambda: None
        self.failed: Callable[[UsherError], None] = lambda _error: None

    def __call__(
        self, title: str, starts_at: datetime, done: Callable[[], None], failed: Callable[[UsherError], None]
    ) -> None:
        self.wanted.append((title, starts_at))
        self.done, self.failed = done, failed


@pytest.fixture
def made() -> Made:
    return Made()


@pytest.fixture
def dialog(theme: Theme, qtbot: QtBot, made: Made) -> DuplicateDialog:
    dialog = DuplicateDialog(theme, "Winter gala", STARTS, made)
    qtbot.addWidget(dialog)
    dialog.open()
    return dialog


def test_it_offers_the_same_weekday_and_time_a_year_later(dialog: DuplicateDialog) -> None:
    assert dialog.starts_at() == datetime(2027, 12, 11, 18, 30, tzinfo=LISBON)
    assert dialog.starts_at().weekday() == STARTS.weekday()


def test_the_time_is_that_of_the_events_zone(dialog: DuplicateDialog, made: Made) -> None:
    dialog.date_field.setDate(QDate(2027, 6, 5))
    dialog.time_field.setTime(QTime(20, 15))
    dialog.title_field.setText("  Summer gala ")
    dialog.go.click()
    ((title, starts_at),) = made.wanted
    assert title == "Summer gala"
    assert starts_at.isoformat() == "2027-06-05T20:15:00+01:00"


def test_it_closes_when_the_event_is_made(dialog: DuplicateDialog, made: Made) -> None:
    dialog.go.click()
    assert dialog.sentence.text() == "Making the new event…"
    assert not dialog.go.isEnabled()
    made.done()
    assert not dialog.isVisible()


def test_without_a_title_it_asks_for_one(dialog: DuplicateDialog, made: Made) -> None:
    dialog.title_field.setText("   ")
    dialog.go.click()
    assert made.wanted == []
    assert dialog.sentence.text().startswith("The event needs a title")
    dialog.title_field.setText("Spring gala")
    assert dialog.sentence.text().startswith("People, tables")


def test_a_full_disk_is_told_and_nothing_typed_is_lost(dialog: DuplicateDialog, made: Made) -> None:
    dialog.title_field.setText("Spring gala")
    dialog.go.click()
    made.failed(StoreError("disk_full", "The disk is full: free some space and try again."))
    assert dialog.sentence.text() == "The disk is full: free some space and try again."
    assert dialog.title_field.text() == "Spring gala"
    assert dialog.go.isEnabled()
