"""The inbox as a person uses it: sentences, buttons, badge and settled ones."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot
from sqlalchemy import select, update

from models.admission import count_inside, look_up_person
from models.attendance import Entry
from models.conflict_words import Way
from models.events import Role
from models.operations.base import now_utc
from models.operations.seating import Placement, SeatAttendees
from models.store.copy_tables import Replica
from tests.helpers.conflict_rows import admit_twice, note_edited_twice, seat_refused, walk_in_on_taken_seat
from tests.helpers.door_event import DoorEvent, door_event
from tests.helpers.workspace import DirectRunner
from ui.conflicts.conflict_card import ConflictCard
from ui.conflicts.conflicts_page import ConflictsPage
from ui.theme import Theme
from ui.workspace import Workspace


@pytest.fixture
def event(tmp_path: Path) -> Iterator[DoorEvent]:
    made = door_event(tmp_path)
    yield made
    made.copy.close()


@pytest.fixture
def workspace(event: DoorEvent) -> Workspace:
    return Workspace(event.copy, DirectRunner(event.copy))


@pytest.fixture
def page(theme: Theme, workspace: Workspace, qtbot: QtBot) -> ConflictsPage:
    made = ConflictsPage(theme, workspace)
    qtbot.addWidget(made)
    made.resize(1000, 700)
    made.show()
    qtbot.waitExposed(made)
    return made


def press(qtbot: QtBot, card: ConflictCard, way: Way) -> None:
    qtbot.mouseClick(card.buttons[way], Qt.MouseButton.LeftButton)


def test_without_conflicts_it_says_what_would_stand_here(page: ConflictsPage) -> None:
    assert page.empty.isVisible()
    assert "Nothing to look at" in page.empty.accessibleName()
    assert page.open_count == 0


def test_a_conflict_that_comes_from_afar_appears_at_once_and_counts(
    page: ConflictsPage, event: DoorEvent, workspace: Workspace, qtbot: QtBot
) -> None:
    change = admit_twice(event, "Omar Abu Zaid", first_at=now_utc())
    with qtbot.waitSignal(page.open_count_changed) as counted:
        workspace.announce(change)
    assert counted.args == [1]
    assert not page.empty.isVisible()
    (card,) = page.cards
    assert card.sentence.startswith("Omar Abu Zaid was let in twice: North ")
    assert card.sentence.endswith(", both offline")
    assert card.sentence in card.accessibleName()


def test_undoing_the_second_entry_settles_and_corrects_the_count(
    page: ConflictsPage, event: DoorEvent, workspace: Workspace, qtbot: QtBot
) -> None:
    workspace.announce(admit_twice(event, "Omar Abu Zaid", first_at=now_utc()))
    press(qtbot, page.cards[0], Way.UNDO_SECOND)
    assert (page.cards, page.open_count) == ([], 0)
    assert page.settled_cards[0].detail.startswith("Second entry undone · ")
    with event.copy.read() as connection:
        assert count_inside(connection, event.event_id) == 1


def test_keeping_both_folds_the_card_away(
    page: ConflictsPage, event: DoorEvent, workspace: Workspace, qtbot: QtBot
) -> None:
    workspace.announce(admit_twice(event, "Omar Abu Zaid", first_at=now_utc()))
    press(qtbot, page.cards[0], Way.KEEP)
    assert page.settled_button.text() == "Settled · 1"
    assert not page.settled_cards[0].isVisible()
    qtbot.mouseClick(page.settled_button, Qt.MouseButton.LeftButton)
    assert page.settled_cards[0].isVisible()
    assert page.settled_cards[0].buttons == {}


def test_a_guest_without_a_seat_is_seated_at_the_nearest_free_one(
    page: ConflictsPage, event: DoorEvent, workspace: Workspace, qtbot: QtBot
) -> None:
    workspace.announce(seat_refused(event, "Heike Brandt", "8", 3))
    card = page.cards[0]
    press(qtbot, card, Way.SEAT_ELSEWHERE)
    assert card.seat_buttons[0].text() == "Table 8 · Seat 2"
    assert len(card.seat_buttons) == 4
    qtbot.mouseClick(card.seat_buttons[0], Qt.MouseButton.LeftButton)
    with event.copy.read() as connection:
        heike = look_up_person(connection, event.event_id, event.attendees["Heike Brandt"]).people[0]
    assert (heike.table, heike.seat) == ("8", 2)
    assert page.settled_cards[0].detail.startswith("Seated elsewhere · ")
    assert workspace.actions.stack.undoText() == "seat Heike Brandt elsewhere"


def test_a_walk_in_on_a_taken_seat_can_be_left_as_it_is(
    page: ConflictsPage, event: DoorEvent, workspace: Workspace, qtbot: QtBot
) -> None:
    workspace.announce(walk_in_on_taken_seat(event, "Tomasz Łuczak", "8", 3))
    press(qtbot, page.cards[0], Way.KEEP)
    assert page.settled_cards[0].detail.startswith("Left as it is · ")


def test_the_overwritten_note_is_taken_back(
    page: ConflictsPage, event: DoorEvent, workspace: Workspace, qtbot: QtBot
) -> None:
    workspace.announce(note_edited_twice(event, "Omar Abu Zaid", other="First", kept="Second"))
    press(qtbot, page.cards[0], Way.TAKE_OTHER)
    with event.copy.read() as connection:
        omar = look_up_person(connection, event.event_id, event.attendees["Omar Abu Zaid"]).people[0]
    assert omar.door_note == "First"
    assert page.open_count == 0


def test_buttons_are_reached_by_keyboard(
    page: ConflictsPage, event: DoorEvent, workspace: Workspace, qtbot: QtBot
) -> None:
    workspace.announce(admit_twice(event, "Omar Abu Zaid", first_at=now_utc()))
    button = page.cards[0].buttons[Way.KEEP]
    button.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.keyClick(button, Qt.Key.Key_Space)
    assert page.open_count == 0


def test_a_door_sees_conflicts_without_buttons(
    theme: Theme, event: DoorEvent, workspace: Workspace, qtbot: QtBot
) -> None:
    with event.copy.database.write() as connection:
        connection.execute(update(Replica).values(role=Role.DOOR))
    door = Workspace(event.copy, DirectRunner(event.copy))
    admit_twice(event, "Omar Abu Zaid", first_at=now_utc())
    page = ConflictsPage(theme, door)
    qtbot.addWidget(page)
    assert not page.may_settle
    assert page.open_count == 1
    assert page.cards[0].buttons == {}


def test_an_order_that_is_not_kept_is_said(
    page: ConflictsPage, event: DoorEvent, workspace: Workspace, qtbot: QtBot
) -> None:
    workspace.announce(seat_refused(event, "Heike Brandt", "8", 3))
    card = page.cards[0]
    press(qtbot, card, Way.SEAT_ELSEWHERE)
    event.seat("Jürgen Brandt", "8", 2)
    with qtbot.waitSignal(workspace.actions.failed) as failed:
        qtbot.mouseClick(card.seat_buttons[0], Qt.MouseButton.LeftButton)
    assert failed.args is not None
    assert "is held by Jürgen Brandt" in failed.args[0]
    assert page.open_count == 1


@pytest.mark.parametrize("width", [420, 640, 1280])
def test_no_sentence_is_squeezed(
    page: ConflictsPage, event: DoorEvent, workspace: Workspace, qtbot: QtBot, width: int
) -> None:
    page.resize(width, 300)
    for name in ("Omar Abu Zaid", "Heike Brandt", "Jürgen Brandt"):
        workspace.announce(admit_twice(event, name, first_at=now_utc()))

    def all_have_their_height() -> bool:
        texts = [text for card in page.cards for text in card.findChildren(QLabel) if text.wordWrap()]
        return bool(texts) and all(text.height() >= text.heightForWidth(text.width()) for text in texts)

    qtbot.waitUntil(all_have_their_height)


def test_undoing_is_stamped_with_the_clock_as_it_was_measured_while_the_page_was_open(
    page: ConflictsPage, event: DoorEvent, workspace: Workspace, qtbot: QtBot
) -> None:
    workspace.hear(admit_twice(event, "Adaeze Okafor", first_at=now_utc()))
    event.copy.measure_skew(600_000)
    press(qtbot, page.cards[0], Way.UNDO_SECOND)
    with event.copy.read() as connection:
        happened_at, device_at = connection.execute(
            select(Entry.happened_at, Entry.device_at).where(Entry.undoes.is_not(None))
        ).one()
    assert happened_at - device_at == timedelta(minutes=10)


def test_what_guests_and_doors_do_is_only_looked_up_when_the_page_is_seen(
    page: ConflictsPage, event: DoorEvent, workspace: Workspace
) -> None:
    workspace.announce(seat_refused(event, "Heike Brandt", "8", 3))
    page.hide()
    placement = Placement(attendee_id=event.attendees["Heike Brandt"], seat_id=event.seats["8", 2])

    workspace.announce(event.copy.run(SeatAttendees(placements=(placement,))))
    assert page.cards[0].detail == "Heike Brandt has no seat now."

    page.show()
    assert page.cards[0].detail == "Heike Brandt sits at table 8, seat 2 now."
