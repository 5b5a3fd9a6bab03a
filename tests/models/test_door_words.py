"""What the door says for each verdict."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from models.admission import Decision, DoorRules, Person
from models.attendance import Passage, Verdict
from models.door_words import (
    DoorTone,
    Scene,
    VerdictWords,
    clock_text,
    entry_label,
    event_zone,
    forced_words,
    names_text,
    place_text,
    presence_text,
    problem_words,
    undone_words,
    verdict_words,
    walk_in_words,
    when_text,
)
from models.events import Direction, DoorDirection
from models.invitations import PaymentStatus, Rsvp

BERLIN = event_zone("Europe/Berlin")
NOW = datetime(2026, 12, 12, 18, 7, tzinfo=UTC)
OMAR = Person(
    attendee_id="1",
    name="Omar Abu Zaid",
    invitation_id="i",
    rsvp=Rsvp.ACCEPTED,
    payment_status=PaymentStatus.PAID,
    ticket_type_id="t",
    ticket_type="standard",
    sessions=(),
    table="8",
    table_id="table",
    seat=3,
    door_note=None,
    access_needs=None,
    diet=None,
    tags=(),
)


def passage(direction: Direction = Direction.IN, at: datetime = NOW - timedelta(minutes=5)) -> Passage:
    return Passage(
        id="e",
        op_id="o",
        attendee_id="1",
        ticket_serial=None,
        direction=direction,
        passed=True,
        verdict="admitted",
        shown_name="Omar Abu Zaid",
        door_name="Garden door",
        staff_name="Sam",
        device_id="d",
        happened_at=at,
        forced_reason=None,
        undoes=None,
        people=1,
    )


def scene(**values: object) -> Scene:
    return replace(Scene(BERLIN, NOW), **values)


def said(verdict: Verdict, **values: object) -> VerdictWords:
    given = {"people": (OMAR,), "direction": Direction.IN, "passes": False, **values}
    return verdict_words(Decision(verdict, **given), scene())


def someone(name: str, **values: object) -> Person:
    return replace(OMAR, name=name, **values)


def test_a_welcome_says_the_name_and_the_way() -> None:
    words = said(Verdict.ADMITTED, passes=True)
    assert (words.tone, words.word, words.headline, words.second) == (
        DoorTone.OK,
        "Welcome",
        "Omar Abu Zaid",
        "Table 8 · Seat 3",
    )


def test_the_others_on_the_invitation_are_named_without_their_family_name() -> None:
    adaeze = someone("Adaeze Okafor")
    others = tuple(someone(f"{name} Okafor") for name in ("Chidi", "Ngozi", "Ike"))
    decision = Decision(Verdict.ADMITTED, True, Direction.IN, (adaeze,))
    words = verdict_words(decision, scene(companions=others))
    assert words.hint == "3 more on this invitation: Chidi, Ngozi, Ike"


def test_others_with_other_family_names_keep_theirs() -> None:
    decision = Decision(Verdict.ADMITTED, True, Direction.IN, (someone("Adaeze Okafor"),))
    words = verdict_words(decision, scene(companions=(someone("Ike Brandt"),)))
    assert words.hint == "1 more on this invitation: Ike Brandt"


def test_what_the_door_should_know_is_said() -> None:
    guest = someone("Noor", door_note="Bring to the host", access_needs="Wheelchair")
    words = said(Verdict.ADMITTED, passes=True, people=(guest,), pending_rsvp=True)
    assert words.note == "Had not answered the invitation · Bring to the host · Wheelchair"


def test_somebody_without_a_seat_hears_their_ticket_type() -> None:
    words = said(Verdict.ADMITTED, passes=True, people=(replace(OMAR, table=None, seat=None),))
    assert words.second == "Standard"


def test_going_out_says_goodbye_and_since_when() -> None:
    words = said(Verdict.ADMITTED, passes=True, direction=Direction.OUT, since=passage())
    assert (words.tone, words.word, words.second) == (
        DoorTone.OK,
        "Goodbye",
        "Inside since 19:02 · Garden door · Sam",
    )


def test_coming_back_is_welcome_again() -> None:
    words = said(Verdict.LEFT_EARLIER, passes=True, since=passage(Direction.OUT))
    assert (words.tone, words.word, words.note) == (
        DoorTone.OK,
        "Welcome back",
        "Left at 19:02 · Garden door · Sam",
    )


def test_already_inside_says_when_where_and_by_whom() -> None:
    words = said(Verdict.ALREADY_INSIDE, since=passage())
    assert (words.tone, words.word, words.headline) == (DoorTone.WARNING, "Already inside", "Omar Abu Zaid")
    assert (words.second, words.hint) == ("Since 19:02 · Garden door · Sam", "Let in anyway asks for a reason")


def test_a_passage_of_another_day_says_the_day() -> None:
    words = said(Verdict.ALREADY_INSIDE, since=passage(at=datetime(2026, 12, 3, 18, 2, tzinfo=UTC)))
    assert words.second == "Since 3 Dec 19:02 · Garden door · Sam"


def test_a_revoked_ticket_says_when_and_what_to_ask_for() -> None:
    words = said(Verdict.REVOKED, revoked_at=datetime(2026, 12, 3, 12, tzinfo=UTC), was_replaced=True, people=(OMAR,))
    assert (words.tone, words.word, words.headline) == (DoorTone.BAD, "Not valid", "Ticket was revoked")
    assert (words.second, words.hint) == (
        "Replaced on 3 Dec by a new one",
        "Ask for the newer mail, or search by name",
    )
    assert words.note == "Made out to Omar Abu Zaid"
    plain = said(Verdict.REVOKED, revoked_at=datetime(2026, 12, 3, 12, tzinfo=UTC), people=())
    assert plain.second == "Revoked on 3 Dec"


@pytest.mark.parametrize(
    ("verdict", "tone", "word", "headline", "second"),
    [
        (Verdict.UNKNOWN_CODE, "bad", "Not valid", "Code is not known", "No ticket of this event has it"),
        (Verdict.OTHER_EVENT, "bad", "Not valid", "Ticket of another event", "It is not for tonight’s list"),
        (Verdict.FORGED, "bad", "Not valid", "Ticket is not genuine", "Its signature does not fit"),
        (Verdict.CANCELLED, "bad", "Cancelled", "Ticket was cancelled", "This place was cancelled"),
    ],
)
def test_tickets_that_are_not_good(verdict: Verdict, tone: str, word: str, headline: str, second: str) -> None:
    words = said(verdict, people=())
    assert (words.tone, words.word, words.headline, words.second) == (tone, word, headline, second)


@pytest.mark.parametrize(
    ("verdict", "word", "second"),
    [
        (Verdict.DECLINED, "Declined", "Answered that they are not coming"),
        (Verdict.UNPAID, "Not paid", "The ticket has not been paid"),
        (Verdict.WRONG_DOOR, "Wrong door", "Standard tickets use another door"),
        (Verdict.WRONG_SESSION, "Wrong session", "The ticket is for another session"),
        (Verdict.CAPACITY, "Full", "As many are inside as the room holds"),
        (Verdict.LEFT_EARLIER, "Left earlier", "Left at 19:02 · Garden door · Sam"),
        (Verdict.TOO_EARLY, "Too early", "This door opens at 20:30"),
        (Verdict.TOO_LATE, "Too late", "This door closed at 18:00"),
    ],
)
def test_people_who_are_stopped_hear_why(verdict: Verdict, word: str, second: str) -> None:
    words = said(
        verdict,
        since=passage(Direction.OUT),
        opens_at=datetime(2026, 12, 12, 19, 30, tzinfo=UTC),
        closes_at=datetime(2026, 12, 12, 17, 0, tzinfo=UTC),
    )
    assert (words.tone, words.word, words.headline, words.second) == (DoorTone.WARNING, word, "Omar Abu Zaid", second)


@pytest.mark.parametrize(
    ("used", "direction", "second"),
    [
        (DoorDirection.OUT, Direction.IN, "This door only leads out"),
        (DoorDirection.IN, Direction.OUT, "This door only leads in"),
    ],
)
def test_a_one_way_door_says_which_way(used: DoorDirection, direction: Direction, second: str) -> None:
    decision = Decision(Verdict.WRONG_DOOR, False, direction, (OMAR,))
    assert verdict_words(decision, scene(door=DoorRules(direction=used))).second == second


def test_a_door_without_overrides_sends_for_an_organizer() -> None:
    decision = Decision(Verdict.UNPAID, False, Direction.IN, (OMAR,))
    words = verdict_words(decision, scene(door=DoorRules(may_override=False)))
    assert words.hint == "This door lets nobody in on its own: call an organizer"


@pytest.mark.parametrize(("admits", "headline"), [(1, "Valid ticket"), (4, "Valid for 4 people")])
def test_a_ticket_not_on_the_list_yet_is_welcome_and_marked(admits: int, headline: str) -> None:
    words = said(Verdict.NOT_ON_LIST_YET, passes=True, people=(), admits=admits)
    assert (words.tone, words.headline, words.second) == (DoorTone.OK, headline, "Sold after the last update")


def test_a_group_asks_who_is_here() -> None:
    people = tuple(someone(f"{name} Okafor", attendee_id=name) for name in ("Adaeze", "Chidi", "Ike", "Ngozi"))
    words = said(Verdict.GROUP, people=people, open_ids=("Chidi", "Ike", "Ngozi"))
    assert (words.tone, words.headline, words.second) == (DoorTone.ASK, "Adaeze Okafor & 3 more", "3 of 4 can come in")
    out = said(Verdict.GROUP, people=people, open_ids=("Ike",), direction=Direction.OUT)
    assert out.second == "1 of 4 can go out"


@pytest.mark.parametrize("verdict", list(Verdict))
@pytest.mark.parametrize("direction", list(Direction))
@pytest.mark.parametrize("people", [(), (OMAR,), (OMAR, replace(OMAR, name="Noor Abu Zaid"))])
@pytest.mark.parametrize("passes", [False, True])
def test_every_verdict_has_words_and_never_green_for_who_does_not_pass(
    verdict: Verdict, direction: Direction, people: tuple[Person, ...], passes: bool
) -> None:
    words = said(verdict, direction=direction, people=people, passes=passes)
    assert words.word
    was_never_in = direction is Direction.OUT and len(people) == 1
    welcome = passes and verdict is not Verdict.GROUP and (not was_never_in or verdict is Verdict.NOT_ON_LIST_YET)
    assert (words.tone is DoorTone.OK) == welcome
    assert entry_label(verdict)


def test_somebody_who_goes_out_and_never_came_in_gets_no_green_light() -> None:
    words = said(Verdict.ADMITTED, direction=Direction.OUT, people=(OMAR,), passes=True)
    assert (words.tone, words.word) == (DoorTone.WARNING, "Was not inside")


@pytest.mark.parametrize(
    ("names", "text"),
    [
        ([], ""),
        (["Adaeze Okafor"], "Adaeze Okafor"),
        (["Jürgen Brandt", "Heike Brandt"], "Jürgen & Heike Brandt"),
        (["Jürgen Brandt", "Anna Lang"], "Jürgen Brandt & Anna Lang"),
        (["Adaeze Okafor", "Chidi Okafor", "Ike Okafor"], "Adaeze, Chidi & Ike Okafor"),
        (["Adaeze Okafor", "Chidi Okafor", "Anna Lang"], "Adaeze Okafor & 2 more"),
        (["Madonna", "Prince"], "Madonna & Prince"),
        (["Li Li", "Li"], "Li Li & Li"),
    ],
)
def test_several_names_are_said_as_people_say_them(names: list[str], text: str) -> None:
    assert names_text(names) == text


def test_places_of_several_people() -> None:
    assert place_text([OMAR, replace(OMAR, seat=1)]) == "Table 8 · Seats 1, 3"
    assert place_text([OMAR, replace(OMAR, table="9")]) == "Tables 8, 9"
    assert place_text([replace(OMAR, table=None)]) == ""


def test_times_are_those_of_the_events_place() -> None:
    assert clock_text(NOW, BERLIN) == "19:07"
    assert clock_text(NOW, event_zone("Asia/Tokyo")) == "03:07"
    assert when_text(NOW, event_zone("Asia/Tokyo"), NOW - timedelta(hours=6)) == "13 Dec 03:07"


def test_a_zone_nobody_knows_is_utc() -> None:
    assert clock_text(NOW, event_zone("Mars/Olympus")) == "18:07"
    assert clock_text(NOW, event_zone("")) == "18:07"


def test_an_override_says_its_reason() -> None:
    words = forced_words(Decision(Verdict.DECLINED, False, Direction.IN, (OMAR,)), "Changed her mind", scene())
    assert (words.tone, words.word, words.note) == (DoorTone.OK, "Let in", "Reason: Changed her mind")
    nameless = forced_words(Decision(Verdict.UNKNOWN_CODE, False, Direction.IN), "The driver", scene())
    assert nameless.headline == "Let in without a name"


def test_undoing_says_what_was_undone() -> None:
    words = undone_words(["Omar Abu Zaid"], Direction.IN, NOW, scene())
    assert (words.tone, words.word, words.headline, words.second) == (
        DoorTone.WARNING,
        "Undone",
        "Omar Abu Zaid",
        "Came in at 19:07",
    )
    assert undone_words([""], Direction.OUT, NOW, scene()).headline == "Last entry"


def test_a_walk_in_is_welcomed() -> None:
    words = walk_in_words([replace(OMAR, table=None)])
    assert (words.word, words.second, words.hint) == ("Welcome", "Walk-in", "Added to the guest list as a walk-in")


def test_a_problem_is_said_in_its_sentence() -> None:
    words = problem_words("The disk is full: make room on it.")
    assert (words.tone, words.note) == (DoorTone.BAD, "The disk is full: make room on it.")


def test_where_somebody_is_in_a_list() -> None:
    assert presence_text(OMAR, scene()) == ""
    assert presence_text(replace(OMAR, passages=(passage(),)), scene()) == "inside since 19:02"
    gone = (passage(), replace(passage(Direction.OUT, NOW), id="f"))
    assert presence_text(replace(OMAR, passages=gone), scene()) == "left at 19:07"


def test_the_words_are_said_in_the_language_of_the_screen() -> None:
    german = {"Welcome": "Willkommen", "Table {table}": "Tisch {table}", "Seat {seats}": "Platz {seats}"}
    decision = Decision(Verdict.ADMITTED, True, Direction.IN, (OMAR,))
    words = verdict_words(decision, scene(), lambda text: german.get(text, text))
    assert (words.word, words.second) == ("Willkommen", "Tisch 8 · Platz 3")


def test_a_screen_reader_hears_everything_in_one_go() -> None:
    words = VerdictWords(DoorTone.OK, "Welcome", "Omar", "Table 8", "", "Two more")
    assert words.spoken == "Welcome. Omar. Table 8. Two more"
