"""The door's screen at work: real keys, real codes, a real copy."""

import pytest
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAccessible, QColor, QImage
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from models.admission import look_up_person
from models.attendance import Attendance
from models.check_in import CheckIn
from models.codes import new_serial, new_short_code
from models.door_words import DoorTone
from models.errors import StoreError
from models.events import Direction
from models.ids import new_id
from models.invitations import Rsvp
from models.operations.tickets import NewTicket, RevokeTicket
from tests.helpers.door_event import DoorEvent
from tests.ui.door.conftest import DoorAtWork
from ui.door.camera_view import CameraChoice
from ui.door.verdict_panel import PanelMode
from ui.theme import Theme, ThemeMode
from ui.widgets.status_line import Connection

ENTER, ESCAPE, UP, DOWN = Qt.Key.Key_Return, Qt.Key.Key_Escape, Qt.Key.Key_Up, Qt.Key.Key_Down
F2, F4, F8 = Qt.Key.Key_F2, Qt.Key.Key_F4, Qt.Key.Key_F8
CTRL = Qt.KeyboardModifier.ControlModifier


def ground_of(door: DoorAtWork) -> str:
    picture = door.page.panel.grab().toImage()
    return picture.pixelColor(picture.width() // 2, 12).name().upper()


def attendance_of(event: DoorEvent, name: str) -> Attendance:
    with event.copy.read() as connection:
        return look_up_person(connection, event.event_id, event.attendees[name]).people[0].attendance


# -- verdicts --------------------------------------------------------------------------------------------


def test_before_the_first_ticket_it_says_what_to_do(door: DoorAtWork) -> None:
    assert door.said == ("ask", "Ready", "Show a ticket")
    assert door.counts == (0, 7)
    assert door.page.search.hasFocus()


def test_a_good_ticket_turns_the_half_green(door: DoorAtWork, theme: Theme) -> None:
    door.show(door.event.ticket_for("Adaeze Okafor").signed_code)
    assert door.said == ("ok", "Welcome", "Adaeze Okafor")
    assert door.page.panel.words.second == "Table 8 · Seat 3"
    assert door.page.panel.words.hint == "3 more on this invitation: Chidi, Ike, Ngozi"
    assert ground_of(door) == theme.colours.verdict_ok
    assert door.counts == (1, 6)
    assert door.log == ["Adaeze Okafor: in"]


def test_a_second_time_it_turns_amber(door: DoorAtWork, theme: Theme) -> None:
    code = door.event.ticket_for("Omar Abu Zaid").signed_code
    door.show(code)
    door.show(code)
    assert door.said == ("warning", "Already inside", "Omar Abu Zaid")
    assert door.page.panel.words.second.endswith(" · North door · Sam")
    assert ground_of(door) == theme.colours.verdict_warning
    assert door.page.panel.anyway_button.isVisible()
    assert door.log == ["Omar Abu Zaid: already inside", "Omar Abu Zaid: in"]


@pytest.mark.parametrize("mode", [ThemeMode.LIGHT, ThemeMode.DARK])
def test_a_ticket_that_is_not_good_turns_it_red_in_both_themes(door: DoorAtWork, theme: Theme, mode: ThemeMode) -> None:
    theme.set_mode(mode)
    old = door.event.ticket_for("Omar Abu Zaid")
    newer = NewTicket(
        ticket_id=new_id(),
        secret_id=new_id(),
        attendee_id=door.event.attendees["Omar Abu Zaid"],
        serial=new_serial(),
        short_code=new_short_code(),
    )
    door.event.copy.run(RevokeTicket(ticket_id=old.ticket_id, replacement=newer))
    door.show(old.signed_code)
    assert door.said == ("bad", "Not valid", "Ticket was revoked")
    assert ground_of(door) == "#B3261E"
    door.show("nonsense")
    assert door.log[0] == "Unknown code: not valid"


def test_each_tone_has_a_sign_of_its_own(door: DoorAtWork) -> None:
    ticket = door.event.ticket_for("Omar Abu Zaid")
    shapes = set()
    for code in (ticket.signed_code, ticket.signed_code, "nonsense", door.event.codes["Okafor"]):
        door.show(code)
        ground = door.page.panel.ground
        picture = door.page.panel.grab().toImage()
        shapes.add(tuple(picture.pixelColor(x, y) != ground for x in range(60, 140, 3) for y in range(52, 134, 3)))
    assert len(shapes) == 4


def test_the_verdict_stays_until_the_next_one(door: DoorAtWork, qtbot: QtBot) -> None:
    door.show(door.event.ticket_for("Adaeze Okafor").signed_code)
    qtbot.wait(50)
    door.type("xy")
    door.press(ESCAPE)
    assert door.said == ("ok", "Welcome", "Adaeze Okafor")


def test_a_screen_reader_is_told_the_verdict(door: DoorAtWork) -> None:
    door.show(door.event.ticket_for("Omar Abu Zaid").signed_code)
    interface = QAccessible.queryAccessibleInterface(door.page.panel)
    assert interface.text(QAccessible.Text.Name) == "Welcome. Omar Abu Zaid. Table 10 · Seat 1"


def test_nothing_is_green_when_it_could_not_be_recorded(door: DoorAtWork, monkeypatch: pytest.MonkeyPatch) -> None:
    code = door.event.ticket_for("Omar Abu Zaid").signed_code

    def full(*_: object, **__: object) -> None:
        raise StoreError("full", "The disk is full: make room on it.")

    with monkeypatch.context() as patch:
        patch.setattr(door.event.copy, "run_in", full)
        door.show(code)
    assert door.said[:2] == ("bad", "Not recorded")
    assert door.page.panel.words.note == "The disk is full: make room on it."
    assert attendance_of(door.event, "Omar Abu Zaid") is Attendance.NOT_CHECKED_IN
    door.page.on_code(code)
    assert door.said == ("ok", "Welcome", "Omar Abu Zaid")


# -- the same ticket held still ---------------------------------------------------------------------------


def test_a_ticket_held_still_counts_once_however_long(door: DoorAtWork) -> None:
    code = door.event.ticket_for("Omar Abu Zaid").signed_code
    for _ in range(40):
        door.page.on_code(code)
        door.seconds += 0.5
    assert door.said == ("ok", "Welcome", "Omar Abu Zaid")
    door.seconds += 3
    door.page.on_code(code)
    assert door.said[1] == "Already inside"


def test_another_code_in_between_makes_it_count_again(door: DoorAtWork) -> None:
    code = door.event.ticket_for("Omar Abu Zaid").signed_code
    door.page.on_code(code)
    door.page.on_code("nonsense")
    door.page.on_code(code)
    assert len(door.log) == 3


# -- groups ------------------------------------------------------------------------------------------------


def test_enter_lets_the_whole_group_in(door: DoorAtWork) -> None:
    door.show(door.event.codes["Okafor"])
    assert door.said == ("ask", "Who is here?", "Adaeze Okafor & 3 more")
    assert door.counts == (0, 7)
    door.press(ENTER)
    assert door.said == ("ok", "Welcome", "Adaeze Okafor & 3 more")
    assert door.counts == (4, 3)
    assert door.log == ["Adaeze Okafor & 3 more: in · 4"]


def test_digits_choose_and_those_left_are_offered_when_the_code_comes_back(door: DoorAtWork) -> None:
    door.show(door.event.codes["Okafor"])
    door.press(Qt.Key.Key_2)
    door.press(Qt.Key.Key_3)
    assert "chosen in" in door.page.foot.keys_text
    assert door.page.panel.words.hint == "Enter lets the 2 chosen in"
    door.press(ENTER)
    assert door.said == ("ok", "Welcome", "Chidi & Ike Okafor")
    assert door.page.panel.words.hint == "2 more on this invitation: Adaeze, Ngozi"
    door.show(door.event.codes["Okafor"])
    assert [row.isEnabled() for row in door.page.panel.picker.rows] == [True, False, False, True]
    assert "inside since" in door.page.panel.picker.rows[1].accessibleName()
    door.press(Qt.Key.Key_2)
    door.press(ENTER)
    assert door.counts == (4, 3)


def test_a_digit_pressed_twice_unticks(door: DoorAtWork) -> None:
    door.show(door.event.codes["Okafor"])
    door.press(Qt.Key.Key_1)
    door.press(Qt.Key.Key_1)
    assert door.page.panel.picker.ticked_ids == ()
    door.press(Qt.Key.Key_9)
    assert door.page.panel.picker.ticked_ids == ()
    assert door.page.panel.words.hint == "Enter lets all in, digits choose"


def test_arrows_and_space_choose_too(door: DoorAtWork) -> None:
    door.show(door.event.codes["Okafor"])
    for key in (DOWN, DOWN, Qt.Key.Key_Space, UP, Qt.Key.Key_Space):
        door.press(key)
    door.press(ENTER)
    assert door.said[2] == "Adaeze & Chidi Okafor"


def test_a_click_ticks(door: DoorAtWork, qtbot: QtBot) -> None:
    door.show(door.event.codes["Okafor"])
    qtbot.mouseClick(door.page.panel.picker.rows[3], Qt.MouseButton.LeftButton)
    door.press(ENTER)
    assert door.said[2] == "Ngozi Okafor"


def test_after_one_ticket_enter_offers_the_others_of_the_household(door: DoorAtWork) -> None:
    door.show(door.event.ticket_for("Adaeze Okafor").signed_code)
    door.press(ENTER)
    assert door.said[1] == "Who is here?"
    assert door.counts == (1, 6)
    door.press(ENTER)
    assert door.counts == (4, 3)


def test_escape_leaves_a_group_alone(door: DoorAtWork) -> None:
    door.show(door.event.codes["Okafor"])
    door.press(ESCAPE)
    assert door.said[1] == "Ready"
    door.press(ENTER)
    assert door.counts == (0, 7)


# -- searching ----------------------------------------------------------------------------------------------


def test_typing_anywhere_searches_and_forgives_accents(door: DoorAtWork) -> None:
    door.event.add_household("Łuczak", "Tomasz Łuczak")
    door.workspace.announce(door.event.copy.run_all([]))
    door.page.control.start()
    door.page.header.direction_chip.setFocus()
    door.search("lucz")
    assert door.page.search.text() == "lucz"
    assert door.page.results.isVisible()
    assert door.page.results.chosen is not None
    door.press(ENTER)
    assert door.said == ("ok", "Welcome", "Tomasz Łuczak")
    assert door.page.search.text() == ""
    assert door.page.log.isVisible()


def test_arrows_choose_among_the_people_found(door: DoorAtWork) -> None:
    door.search("okafor")
    for key in (DOWN, DOWN, UP):
        door.press(key)
    chosen = door.page.results.chosen
    assert chosen is not None
    door.press(ENTER)
    assert door.said == ("ok", "Welcome", chosen.name)


def test_enter_before_the_answer_came_lets_nobody_in(door: DoorAtWork) -> None:
    door.search("omar")
    door.type("x")
    door.press(ENTER)
    assert door.counts == (0, 7)


def test_somebody_who_is_not_found_may_walk_in_under_that_name(door: DoorAtWork) -> None:
    door.search("Quentin")
    assert "Nobody is called “Quentin”" in door.page._nobody.text()
    door.press(F2)
    assert door.page.panel.walk_in_form.name_field.text() == "Quentin"


def test_a_new_guest_is_found_as_soon_as_they_are_known(door: DoorAtWork) -> None:
    door.press(F2)
    door.type("Tomasz Nowy")
    door.press(ENTER)
    door.search("nowy")
    assert door.page.results.chosen is not None


# -- scanners and codes typed by hand -----------------------------------------------------------------------


def test_a_usb_scanner_types_194_digits(door: DoorAtWork) -> None:
    code = door.event.ticket_for("Omar Abu Zaid").signed_code
    assert len(code) == 194
    door.scan(code)
    assert door.said == ("ok", "Welcome", "Omar Abu Zaid")
    assert door.page.search.text() == ""


def test_a_scanner_works_while_a_group_waits_for_digits(door: DoorAtWork) -> None:
    code = door.event.ticket_for("Omar Abu Zaid").signed_code
    door.show(door.event.codes["Okafor"])
    door.scan(code)
    assert door.said == ("ok", "Welcome", "Omar Abu Zaid")
    assert door.counts == (1, 6)


@pytest.mark.parametrize("link", ["{code}", "https://example.org/i/{code}"])
def test_a_scanner_may_type_a_short_code_or_a_link(door: DoorAtWork, link: str) -> None:
    ticket = door.event.ticket_for("Omar Abu Zaid")
    while not any(map(str.isdigit, ticket.short_code)):
        ticket = door.event.ticket_for("Heike Brandt")
    door.show(door.event.codes["Okafor"])
    door.scan(link.format(code=ticket.short_code))
    assert door.said[:2] == ("ok", "Welcome")


def test_a_scanner_does_not_become_a_reason(door: DoorAtWork) -> None:
    code = door.event.ticket_for("Omar Abu Zaid").signed_code
    door.show(code)
    door.show(code)
    door.press(F8)
    door.scan(door.event.ticket_for("Heike Brandt").signed_code)
    assert door.said == ("ok", "Welcome", "Heike Brandt")
    assert door.log[0] == "Heike Brandt: in"


# -- let in anyway ------------------------------------------------------------------------------------------


def test_letting_in_anyway_needs_a_reason(door: DoorAtWork) -> None:
    door.event.add_household("Lang", "Anna Lang", rsvp=Rsvp.DECLINED)
    door.page.control.show_person(door.event.attendees["Anna Lang"])
    assert door.said == ("warning", "Declined", "Anna Lang")
    door.press(F8)
    form = door.page.panel.reason_form
    assert form.field.hasFocus()
    door.press(ENTER)
    assert form.problem == "Letting somebody in anyway needs a reason: write a few words."
    assert attendance_of(door.event, "Anna Lang") is Attendance.NOT_CHECKED_IN
    door.type("Changed her mind")
    door.press(ENTER)
    assert door.said == ("ok", "Let in", "Anna Lang")
    assert door.page.panel.words.note == "Reason: Changed her mind"
    assert attendance_of(door.event, "Anna Lang") is Attendance.CHECKED_IN
    assert door.log[0] == "Anna Lang: in · forced"
    assert door.page.search.hasFocus()


def test_a_usual_reason_is_one_press(door: DoorAtWork, qtbot: QtBot) -> None:
    door.show("nonsense")
    qtbot.mouseClick(door.page.panel.anyway_button, Qt.MouseButton.LeftButton)
    qtbot.mouseClick(door.page.panel.reason_form.usual_buttons[0], Qt.MouseButton.LeftButton)
    assert door.page.panel.words.note == "Reason: Known to the host"
    assert door.counts == (1, 7)


def test_escape_takes_the_question_back(door: DoorAtWork) -> None:
    door.show("nonsense")
    door.press(F8)
    door.press(ESCAPE)
    assert door.said == ("bad", "Not valid", "Code is not known")
    assert door.page.panel.anyway_button.isVisible()
    assert door.page.search.hasFocus()


def test_where_the_door_may_not_override_nothing_is_offered(theme: Theme, event: DoorEvent, qtbot: QtBot) -> None:
    side = event.add_door("Side door", may_override=False, direction="in")
    door = DoorAtWork(theme, event, qtbot, side)
    door.show("nonsense")
    door.press(F8)
    assert door.page.panel.mode is PanelMode.VERDICT
    assert not door.page.panel.anyway_button.isVisible()
    assert "F8" not in door.page.foot.keys_text


def test_who_was_let_in_is_not_offered_to_be_let_in_again(door: DoorAtWork) -> None:
    door.show(door.event.ticket_for("Omar Abu Zaid").signed_code)
    door.press(F8)
    assert door.page.panel.mode is PanelMode.VERDICT


# -- undo, out, walk-in -------------------------------------------------------------------------------------


def test_undo_takes_back_the_last_entry_and_then_the_one_before(door: DoorAtWork) -> None:
    door.show(door.event.ticket_for("Omar Abu Zaid").signed_code)
    door.show(door.event.codes["Okafor"])
    door.press(ENTER)
    door.press(Qt.Key.Key_Z, CTRL)
    assert door.said == ("warning", "Undone", "Adaeze Okafor & 3 more")
    assert door.counts == (1, 6)
    door.press(Qt.Key.Key_Z, CTRL)
    assert door.said[2] == "Omar Abu Zaid"
    assert door.counts == (0, 7)
    door.press(Qt.Key.Key_Z, CTRL)
    assert door.said[2] == "Omar Abu Zaid"
    assert door.log == ["Adaeze Okafor & 3 more: undone", "Omar Abu Zaid: undone"]


def test_going_out_is_one_key_away_and_shown(door: DoorAtWork) -> None:
    code = door.event.ticket_for("Omar Abu Zaid").signed_code
    door.show(code)
    door.press(F4)
    assert door.page.header.direction_chip.isChecked()
    door.show(code)
    assert door.said == ("ok", "Goodbye", "Omar Abu Zaid")
    assert door.counts == (0, 6)
    assert door.log[0] == "Omar Abu Zaid: out"
    door.press(F4)
    door.show(code)
    assert door.said == ("ok", "Welcome back", "Omar Abu Zaid")


def test_a_door_that_only_leads_out_begins_with_going_out(theme: Theme, event: DoorEvent, qtbot: QtBot) -> None:
    door = DoorAtWork(theme, event, qtbot, event.add_door("Exit", direction="out"))
    assert door.page.control.direction is Direction.OUT
    assert not door.page.header.direction_chip.isVisible()
    door.press(F4)
    assert door.page.control.direction is Direction.OUT


def test_a_walk_in_takes_two_fields_and_a_seat(door: DoorAtWork) -> None:
    door.press(F2)
    form = door.page.panel.walk_in_form
    door.type("Tomasz Łuczak")
    door.press(Qt.Key.Key_Tab)
    door.type("Plays the cello")
    form.seat_box.setCurrentIndex(1)
    door.press(ENTER)
    assert door.said == ("ok", "Welcome", "Tomasz Łuczak")
    assert door.page.panel.words.second == "Table 1 · Seat 1"
    assert door.counts == (1, 7)
    assert door.log == ["Walk-in: Tomasz Łuczak: in · new"]
    door.press(F2)
    assert form.name_field.text() == ""


def test_a_walk_in_needs_a_name(door: DoorAtWork) -> None:
    door.press(F2)
    door.press(ENTER)
    assert door.page.panel.walk_in_form.problem == "A walk-in needs a name: write one."
    door.press(ESCAPE)
    assert door.said[1] == "Ready"


def test_a_ticket_in_the_middle_of_a_walk_in_wins_and_the_draft_comes_back(door: DoorAtWork) -> None:
    door.press(F2)
    door.type("Tomasz")
    door.show(door.event.ticket_for("Omar Abu Zaid").signed_code)
    assert door.said == ("ok", "Welcome", "Omar Abu Zaid")
    door.press(F2)
    assert door.page.panel.walk_in_form.name_field.text() == "Tomasz"


# -- reading from two metres ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["Omar Abu Zaid", "Adaeze Okafor"])
def test_a_usual_name_is_large_at_both_sizes(door: DoorAtWork, name: str) -> None:
    door.page.control.show_person(door.event.attendees[name])
    assert door.page.panel.headline_pixels >= 64
    door.page.resize(1280, 720)
    QApplication.processEvents()
    assert door.page.panel.headline_pixels >= 48


def test_a_name_of_sixty_letters_shrinks_and_is_not_cut(door: DoorAtWork) -> None:
    name = "Wilhelmina Aleksandra Konstantinopoulou Featherstone Szczepa"
    assert len(name) == 60
    door.event.add_household("Long", name)
    door.page.control.show_person(door.event.attendees[name])
    panel = door.page.panel
    assert 40 <= panel.headline_pixels < 76
    assert "".join(panel.headline_lines) == name


@pytest.mark.parametrize("size", [QSize(1440, 900), QSize(1280, 720), QSize(960, 600)])
def test_nothing_sticks_out_at_any_size(door: DoorAtWork, size: QSize) -> None:
    door.page.resize(size)
    QApplication.processEvents()
    assert door.page.size() == size
    door.show("nonsense")
    panel = door.page.panel
    assert panel.rect().contains(panel.anyway_button.geometry())
    door.press(F8)
    assert panel.rect().contains(panel.reason_form.geometry())
    door.press(ESCAPE)
    door.press(F2)
    assert panel.rect().contains(panel.walk_in_form.geometry())


# -- what stands around -----------------------------------------------------------------------------------------


def test_offline_is_a_quiet_pill_that_goes_away_by_itself(door: DoorAtWork) -> None:
    pill = door.page.header.connection
    assert not pill.isVisible()
    door.page.set_connection(Connection.OFFLINE, 14)
    assert (pill.isVisible(), pill.text()) == (True, "Working offline · 14 to send")
    door.page.set_connection(Connection.OFFLINE)
    assert pill.text() == "Working offline"
    door.page.set_connection(Connection.PROBLEM, text="The server does not know this device.")
    assert pill.text() == "The server does not know this device."
    door.page.set_connection(Connection.IN_STEP)
    assert not pill.isVisible()


def test_a_long_problem_leaves_the_header_its_room(door: DoorAtWork) -> None:
    sentence = "This device's rights were taken away: it can hand in what it did; ask an organizer for the rest."
    door.page.set_connection(Connection.PROBLEM, text=sentence)
    pill = door.page.header.connection
    assert pill.text() == sentence
    assert pill.width() <= 400


def test_cameras_are_chosen_at_the_foot(door: DoorAtWork, qtbot: QtBot) -> None:
    door.page.set_cameras([CameraChoice("0", "USB 1080p"), CameraChoice("1", "Built in")])
    door.page.show_camera("0", 29.2)
    assert door.page.foot.camera_button.text() == "Camera: USB 1080p · 29 frames/s"
    with qtbot.waitSignal(door.page.camera_chosen) as chosen:
        door.page.foot.menu.actions()[1].trigger()
    assert chosen.args == ["1"]
    door.page.foot.mirror_action.trigger()
    assert door.page.camera.is_mirrored


def test_a_camera_that_is_missing_says_so_until_a_frame_comes(door: DoorAtWork) -> None:
    door.page.set_cameras([])
    assert door.page.camera.problem.startswith("No camera was found")
    door.page.show_camera_problem("The camera was pulled out.")
    assert door.page.camera.problem == "The camera was pulled out."
    frame = QImage(64, 48, QImage.Format.Format_RGB32)
    frame.fill(QColor("white"))
    door.page.show_frame(frame)
    assert door.page.camera.problem == ""


def test_changes_from_afar_change_the_counts(door: DoorAtWork) -> None:
    change = CheckIn(door.event.copy).show_person(door.event.attendees["Omar Abu Zaid"]).change
    assert door.counts == (0, 7)
    door.workspace.announce(change)
    assert door.counts == (1, 6)


def test_the_top_line_names_door_and_event(door: DoorAtWork) -> None:
    texts = [door.page.header._door.text(), door.page.header._event.text()]
    assert texts == ["North door", "Harbour Foundation Gala"]
    assert len(door.page.header.clock.text()) == 5


def test_the_map_shows_the_way_only_to_those_who_come_in(door: DoorAtWork) -> None:
    code = door.event.ticket_for("Adaeze Okafor").signed_code
    door.show(code)
    with_map = door.page.panel.grab().toImage()
    door.show(code)
    assert door.page.control.shown is not None
    assert door.page.control.shown.table_ids == ()
    assert with_map.pixelColor(100, 550) != QColor(door.page.panel.ground)
    assert door.page.panel.words.tone is DoorTone.WARNING
