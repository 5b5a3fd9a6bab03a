"""What a door sees of the conflicts that concern it: a pill, and sentences that never take the keyboard."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from models.check_in import CheckIn
from models.conflict_words import Settler, read_inbox, see
from models.operations.base import now_utc
from tests.helpers.devices import TestDevice, Venue, venue_at
from tests.helpers.events import gathering
from tests.helpers.servers import running_server
from tests.helpers.workspace import DirectRunner
from ui.door.door_page import DoorPage
from ui.theme import Theme
from ui.workspace import Workspace

GUEST = "Maja Lindqvist"


class Station:
    """A door's laptop with its page, on a real server."""

    def __init__(self, device: TestDevice, theme: Theme, qtbot: QtBot) -> None:
        self.device = device
        self.workspace = Workspace(device.copy, DirectRunner(device.copy))
        self.page = DoorPage(theme, self.workspace)
        self.page.sounds.set_muted(True)
        qtbot.addWidget(self.page)
        self.page.resize(1280, 720)
        self.page.show()
        self.page.activateWindow()
        qtbot.waitExposed(self.page)

    def exchange(self) -> None:
        self.workspace.hear(self.device.exchange().change)

    def admit(self, attendee_id: str) -> None:
        CheckIn(self.device.copy).show_person(attendee_id)

    @property
    def sentences(self) -> list[str]:
        return [card.sentence.text() for card in self.page.look.cards]


@pytest.fixture
def venue(tmp_path: Path) -> Iterator[Venue]:
    with running_server(tmp_path / "server.sqlite") as server:
        made = venue_at(server, tmp_path, gathering())
        yield made
        made.close()


@pytest.fixture
def station(venue: Venue, theme: Theme, qtbot: QtBot) -> Callable[[str], Station]:
    def make(door: str) -> Station:
        made = Station(venue.pair(f"Laptop at {door}", door=door or None), theme, qtbot)
        made.exchange()
        return made

    return make


def _admitted_twice(venue: Venue, north: Station, garden: Station) -> None:
    """Let one guest in at both doors while neither hears of the other; then both hear of it."""
    for one in (north, garden):
        one.admit(venue.made.attendees[GUEST])
    for one in (north, garden, north):
        one.exchange()


def test_both_doors_that_let_a_guest_in_twice_see_it_and_no_other_door_does(
    venue: Venue, station: Callable[[str], Station]
) -> None:
    north, garden, spare = station("North door"), station("Garden door"), station("")
    assert not north.page.header.to_look_at.isVisible()

    _admitted_twice(venue, north, garden)
    spare.exchange()

    for one in (north, garden):
        assert one.page.header.to_look_at.isVisible()
        assert one.page.header.to_look_at.text() == "1 thing to look at"
        (sentence,) = one.sentences
        assert sentence.startswith(f"{GUEST} was let in twice: North door ")
    assert not spare.page.header.to_look_at.isVisible()
    assert spare.page.look.count == 0


def test_the_second_laptop_at_a_door_sees_what_the_first_one_did(
    venue: Venue, station: Callable[[str], Station]
) -> None:
    first, second, garden = station("North door"), station("North door"), station("Garden door")
    _admitted_twice(venue, first, garden)
    second.exchange()
    assert second.page.look.count == 1


def test_the_list_opens_over_the_verdicts_half_and_leaves_the_keyboard_where_it_is(
    venue: Venue, station: Callable[[str], Station], qtbot: QtBot
) -> None:
    north, garden = station("North door"), station("Garden door")
    _admitted_twice(venue, north, garden)
    page = north.page
    garden.page.close()
    page.activateWindow()
    qtbot.waitUntil(lambda: QApplication.focusWidget() is page.search)
    qtbot.keyClicks(page.search, "Ma")

    qtbot.mouseClick(page.header.to_look_at, Qt.MouseButton.LeftButton)
    assert page.look.isVisible()
    assert QApplication.focusWidget() is page.search
    assert not page.look.geometry().intersects(page.search.geometry())
    qtbot.keyClicks(page.search, "ja")
    assert page.search.text() == "Maja"
    assert page.look.isVisible()

    qtbot.mouseClick(page.look.close_button, Qt.MouseButton.LeftButton)
    assert not page.look.isVisible()
    assert QApplication.focusWidget() is page.search


def test_what_comes_while_the_list_is_open_finds_room_in_it(venue: Venue, station: Callable[[str], Station]) -> None:
    north, garden = station("North door"), station("Garden door")
    _admitted_twice(venue, north, garden)
    north.page.look.toggle()
    before = north.page.look.height()
    for one in (north, garden):
        one.admit(venue.made.attendees["Otto Lindqvist"])
    for one in (north, garden, north):
        one.exchange()
    assert len(north.sentences) == 2
    card = north.page.look.cards[1]
    assert north.page.look.height() >= before + card.heightForWidth(card.width())


def test_the_next_verdict_closes_the_list(venue: Venue, station: Callable[[str], Station], qtbot: QtBot) -> None:
    north, garden = station("North door"), station("Garden door")
    _admitted_twice(venue, north, garden)
    qtbot.keyClick(north.page.search, Qt.Key.Key_F6)
    assert north.page.look.isVisible()
    assert "to look at" in north.page.foot.keys_text
    north.page.on_code("nonsense")
    assert not north.page.look.isVisible()
    assert north.page.header.to_look_at.isVisible()


def test_escape_closes_the_list_before_it_clears_the_search(
    venue: Venue, station: Callable[[str], Station], qtbot: QtBot
) -> None:
    north, garden = station("North door"), station("Garden door")
    _admitted_twice(venue, north, garden)
    qtbot.keyClicks(north.page.search, "Otto")
    qtbot.keyClick(north.page.search, Qt.Key.Key_F6)
    qtbot.keyClick(north.page.search, Qt.Key.Key_Escape)
    assert not north.page.look.isVisible()
    assert north.page.search.text() == "Otto"


def test_what_an_organizer_settled_is_gone_from_the_door(venue: Venue, station: Callable[[str], Station]) -> None:
    north, garden = station("North door"), station("Garden door")
    _admitted_twice(venue, north, garden)
    organizer = venue.organizer
    organizer.exchange()
    with organizer.copy.read() as connection:
        (item,) = read_inbox(connection, venue.made.event_id)
    settler = Settler(organizer.copy.identity.device_id, now_utc(), now_utc())
    organizer.copy.run_all(see(item, settler))
    organizer.exchange()
    north.page.look.toggle()

    north.exchange()

    assert not north.page.header.to_look_at.isVisible()
    assert not north.page.look.isVisible()
    assert "to look at" not in north.page.foot.keys_text
