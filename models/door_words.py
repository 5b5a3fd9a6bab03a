"""What a door's screen says for a verdict: a tone, one word, a name in big letters, and what to do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from enum import StrEnum
from zoneinfo import ZoneInfo

from models.admission import Decision, DoorRules, Person
from models.attendance import Attendance, Passage, Verdict
from models.events import Direction

Say = Callable[[str], str]
"""Gives a text in the language of the screen."""

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_NAMED_IN_FULL = 3


class DoorTone(StrEnum):
    """The colour, the sign and the sound of a verdict; ``ask`` waits for the person at the door."""

    OK = "ok"
    WARNING = "warning"
    BAD = "bad"
    ASK = "ask"


@dataclass(frozen=True, slots=True)
class VerdictWords:
    """What the verdict half shows, from top to bottom; empty texts are left out."""

    tone: DoorTone
    word: str
    headline: str
    second: str = ""
    note: str = ""
    hint: str = ""

    @property
    def spoken(self) -> str:
        """All of it as a screen reader says it."""
        return ". ".join(part for part in (self.word, self.headline, self.second, self.note, self.hint) if part)


@dataclass(frozen=True, slots=True)
class Scene:
    """What the words depend on besides the decision: the clock on the wall, the door, and who else is invited.

    ``companions`` are the others on a person's invitation who could still come in.
    """

    zone: tzinfo
    now: datetime
    door: DoorRules = field(default_factory=DoorRules)
    companions: tuple[Person, ...] = ()


def english(text: str) -> str:
    """Leave a text as it is."""
    return text


def event_zone(name: str) -> tzinfo:
    """Give an event's time zone; UTC for a name that this machine does not know."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return UTC


def clock_text(moment: datetime, zone: tzinfo) -> str:
    """Give a time on the wall, ``19:02``."""
    return moment.astimezone(zone).strftime("%H:%M")


def day_text(moment: datetime, zone: tzinfo, say: Say = english) -> str:
    """Give a day, ``3 Dec``."""
    local = moment.astimezone(zone)
    return f"{local.day} {say(_MONTHS[local.month - 1])}"


def when_text(moment: datetime, zone: tzinfo, now: datetime, say: Say = english) -> str:
    """Give the time alone for today, ``19:02``, and the day before it otherwise, ``3 Dec 19:02``."""
    time = clock_text(moment, zone)
    same_day = moment.astimezone(zone).date() == now.astimezone(zone).date()
    return time if same_day else f"{day_text(moment, zone, say)} {time}"


def place_text(people: Sequence[Person], say: Say = english) -> str:
    """Give where people sit: ``Table 8 · Seat 3``, ``Table 8 · Seats 3, 4``, ``Tables 8, 9``; empty for nowhere."""
    seated = [person for person in people if person.table is not None]
    tables = list(dict.fromkeys(person.table or "" for person in seated))
    if not tables:
        return ""
    if len(tables) > 1:
        return say("Tables {tables}").format(tables=", ".join(tables))
    numbers = sorted(person.seat for person in seated if person.seat is not None)
    table = say("Table {table}").format(table=tables[0])
    if not numbers:
        return table
    template = say("Seat {seats}") if len(numbers) == 1 else say("Seats {seats}")
    return f"{table} · {template.format(seats=', '.join(map(str, numbers)))}"


def names_text(names: Sequence[str], say: Say = english) -> str:
    """Give several names as people say them: ``Jürgen & Heike Brandt``, ``Adaeze Okafor & 3 more``."""
    if not names:
        return ""
    family = _shared_last_word(names)
    if len(names) > _NAMED_IN_FULL or (len(names) == _NAMED_IN_FULL and not family):
        return say("{name} & {count} more").format(name=names[0], count=len(names) - 1)
    given = [name[: -len(family) - 1] for name in names] if family else list(names)
    joined = given[0] if len(given) == 1 else f"{', '.join(given[:-1])} & {given[-1]}"
    return f"{joined} {family}" if family else joined


def verdict_words(decision: Decision, scene: Scene, say: Say = english) -> VerdictWords:
    """Say a decision, whatever its verdict."""
    if decision.verdict is Verdict.GROUP:
        return _group_words(decision, say)
    if decision.passes:
        return _passing_words(decision, scene, say)
    if decision.verdict in _WITHOUT_PERSON:
        return _ticket_words(decision, scene, say)
    return _stopped_words(decision, scene, say)


def forced_words(decision: Decision, reason: str, scene: Scene, say: Say = english) -> VerdictWords:
    """Say that somebody was let in over the verdict."""
    headline = names_text([person.name for person in decision.people], say) or say("Let in without a name")
    return VerdictWords(
        DoorTone.OK,
        say("Let in"),
        headline,
        place_text(decision.people, say),
        say("Reason: {reason}").format(reason=reason),
        _companions_hint(decision, scene, say),
    )


def walk_in_words(people: Sequence[Person], say: Say = english) -> VerdictWords:
    """Welcome somebody who was on no list."""
    return VerdictWords(
        DoorTone.OK,
        say("Welcome"),
        names_text([person.name for person in people], say),
        place_text(people, say) or say("Walk-in"),
        "",
        say("Added to the guest list as a walk-in"),
    )


def undone_words(
    names: Sequence[str], direction: Direction, happened_at: datetime, scene: Scene, say: Say = english
) -> VerdictWords:
    """Say which entry was undone."""
    when = when_text(happened_at, scene.zone, scene.now, say)
    template = say("Went out at {time}") if direction is Direction.OUT else say("Came in at {time}")
    headline = names_text([name for name in names if name], say) or say("Last entry")
    return VerdictWords(
        DoorTone.WARNING, say("Undone"), headline, template.format(time=when), "", say("This entry no longer counts")
    )


def problem_words(sentence: str, say: Say = english) -> VerdictWords:
    """Say that nothing was recorded, and why."""
    return VerdictWords(
        DoorTone.BAD,
        say("Not recorded"),
        say("Nobody was let in"),
        "",
        sentence,
        say("Try again, or call an organizer"),
    )


def presence_text(person: Person, scene: Scene, say: Say = english) -> str:
    """Say in a few words where a person is, for a list: ``inside since 19:02``; empty when they have not come."""
    last = person.last_passage
    if last is None:
        return ""
    when = when_text(last.happened_at, scene.zone, scene.now, say)
    template = say("inside since {time}") if person.attendance is Attendance.CHECKED_IN else say("left at {time}")
    return template.format(time=when)


def entry_label(verdict: Verdict, say: Say = english) -> str:
    """Name a verdict in the log of entries."""
    return say(_LABELS[verdict])


# -- people who pass ------------------------------------------------------------------------------------


def _passing_words(decision: Decision, scene: Scene, say: Say) -> VerdictWords:
    if decision.verdict is Verdict.NOT_ON_LIST_YET:
        return _unlisted_words(decision, say)
    headline = names_text([person.name for person in decision.people], say)
    place = place_text(decision.people, say)
    if decision.direction is Direction.OUT:
        if decision.person is not None and (decision.since is None or decision.since.direction != Direction.IN):
            hint = say("Marked as gone out; Ctrl+Z takes it back")
            return VerdictWords(DoorTone.WARNING, say("Was not inside"), headline, place, "", hint)
        return VerdictWords(
            DoorTone.OK, say("Goodbye"), headline, _since_in(decision, scene, say), "", say("Marked as gone out")
        )
    word = say("Welcome")
    note = _note(decision, say)
    if decision.verdict is Verdict.LEFT_EARLIER and decision.since is not None:
        word = say("Welcome back")
        left = say("Left at {place}").format(place=_passage_text(decision.since, scene, say))
        note = " · ".join(part for part in (left, note) if part)
    return VerdictWords(
        DoorTone.OK, word, headline, place or _type_text(decision.people), note, _companions_hint(decision, scene, say)
    )


def _unlisted_words(decision: Decision, say: Say) -> VerdictWords:
    admits = decision.admits
    headline = say("Valid ticket") if admits == 1 else say("Valid for {count} people").format(count=admits)
    return VerdictWords(
        DoorTone.OK,
        say("Welcome"),
        headline,
        say("Sold after the last update"),
        "",
        say("The name follows with the next contact to the server"),
    )


def _note(decision: Decision, say: Say) -> str:
    parts: list[str] = []
    if decision.pending_rsvp:
        parts.append(say("Had not answered the invitation"))
    for person in decision.people:
        parts += [text for text in (person.door_note, person.access_needs) if text]
    return " · ".join(dict.fromkeys(parts))


def _companions_hint(decision: Decision, scene: Scene, say: Say) -> str:
    if not scene.companions:
        return ""
    family = _shared_last_word([person.name for person in (*decision.people, *scene.companions)])
    names = [one.name[: -len(family) - 1] if family else one.name for one in scene.companions]
    shown = ", ".join(names[:4]) + ("…" if len(names) > 4 else "")
    return say("{count} more on this invitation: {names}").format(count=len(names), names=shown)


def _since_in(decision: Decision, scene: Scene, say: Say) -> str:
    if decision.since is None or decision.since.direction != Direction.IN:
        return ""
    return say("Inside since {place}").format(place=_passage_text(decision.since, scene, say))


def _type_text(people: Sequence[Person]) -> str:
    kinds = list(dict.fromkeys(person.ticket_type for person in people if person.ticket_type))
    return ", ".join(kind[0].upper() + kind[1:] for kind in kinds)


# -- a group ------------------------------------------------------------------------------------------


def _group_words(decision: Decision, say: Say) -> VerdictWords:
    still = len(decision.open_ids)
    if decision.direction is Direction.OUT:
        second = say("{count} of {all} can go out")
        hint = say("Enter lets all out, digits choose")
    else:
        second = say("{count} of {all} can come in")
        hint = say("Enter lets all in, digits choose")
    return VerdictWords(
        DoorTone.ASK,
        say("Who is here?"),
        names_text([person.name for person in decision.people], say),
        second.format(count=still, all=len(decision.people)),
        "",
        hint,
    )


# -- tickets that are not good --------------------------------------------------------------------------


def _ticket_words(decision: Decision, scene: Scene, say: Say) -> VerdictWords:
    hint = say("Search by name, or ask for the ticket in the mail")
    second = ""
    if decision.verdict is Verdict.UNKNOWN_CODE:
        headline, second = say("Code is not known"), say("No ticket of this event has it")
    elif decision.verdict is Verdict.OTHER_EVENT:
        headline, second = say("Ticket of another event"), say("It is not for tonight’s list")
    elif decision.verdict is Verdict.FORGED:
        headline, second = say("Ticket is not genuine"), say("Its signature does not fit")
        hint = say("Search by name, or call an organizer")
    else:
        headline = say("Ticket was revoked")
        if decision.revoked_at is not None:
            day = day_text(decision.revoked_at, scene.zone, say)
            template = say("Replaced on {day} by a new one") if decision.was_replaced else say("Revoked on {day}")
            second = template.format(day=day)
        hint = say("Ask for the newer mail, or search by name")
    return VerdictWords(DoorTone.BAD, say("Not valid"), headline, second, _holders(decision, say), hint)


def _holders(decision: Decision, say: Say) -> str:
    names = names_text([person.name for person in decision.people], say)
    return say("Made out to {name}").format(name=names) if names else ""


# -- people who are stopped -----------------------------------------------------------------------------


def _stopped_words(decision: Decision, scene: Scene, say: Say) -> VerdictWords:
    verdict = decision.verdict
    tone = DoorTone.BAD if verdict is Verdict.CANCELLED else DoorTone.WARNING
    headline = names_text([person.name for person in decision.people], say)
    if not headline:
        headline = say("Ticket was cancelled") if verdict is Verdict.CANCELLED else say("Valid ticket")
    return VerdictWords(
        tone,
        say(_WORDS[verdict]),
        headline,
        _stopped_second(decision, scene, say),
        _note(decision, say) if verdict is not Verdict.CANCELLED else "",
        _stopped_hint(decision, scene, say),
    )


def _stopped_second(decision: Decision, scene: Scene, say: Say) -> str:
    verdict = decision.verdict
    if verdict is Verdict.ALREADY_INSIDE and decision.since is not None:
        return say("Since {place}").format(place=_passage_text(decision.since, scene, say))
    if verdict is Verdict.LEFT_EARLIER and decision.since is not None:
        return say("Left at {place}").format(place=_passage_text(decision.since, scene, say))
    if verdict is Verdict.TOO_EARLY and decision.opens_at is not None:
        opens = when_text(decision.opens_at, scene.zone, scene.now, say)
        return say("This door opens at {time}").format(time=opens)
    if verdict is Verdict.TOO_LATE and decision.closes_at is not None:
        closed = when_text(decision.closes_at, scene.zone, scene.now, say)
        return say("This door closed at {time}").format(time=closed)
    if verdict is Verdict.WRONG_DOOR:
        return _wrong_door(decision, scene, say)
    return say(_SECONDS.get(verdict, ""))


def _wrong_door(decision: Decision, scene: Scene, say: Say) -> str:
    if scene.door.direction == Direction.OUT and decision.direction is Direction.IN:
        return say("This door only leads out")
    if scene.door.direction == Direction.IN and decision.direction is Direction.OUT:
        return say("This door only leads in")
    kind = _type_text(decision.people)
    return say("{type} tickets use another door").format(type=kind) if kind else say("This ticket uses another door")


def _stopped_hint(decision: Decision, scene: Scene, say: Say) -> str:
    if not scene.door.may_override:
        return say("This door lets nobody in on its own: call an organizer")
    return say("Let in anyway asks for a reason")


def _passage_text(passage: Passage, scene: Scene, say: Say) -> str:
    when = when_text(passage.happened_at, scene.zone, scene.now, say)
    return " · ".join(part for part in (when, passage.door_name, passage.staff_name) if part)


def _shared_last_word(names: Sequence[str]) -> str:
    last = {name.rpartition(" ")[2] for name in names}
    return last.pop() if len(names) > 1 and len(last) == 1 and all(" " in name for name in names) else ""


_WITHOUT_PERSON = frozenset({Verdict.UNKNOWN_CODE, Verdict.OTHER_EVENT, Verdict.FORGED, Verdict.REVOKED})
_WORDS = {
    Verdict.ADMITTED: "Stopped",
    Verdict.ALREADY_INSIDE: "Already inside",
    Verdict.LEFT_EARLIER: "Left earlier",
    Verdict.CANCELLED: "Cancelled",
    Verdict.DECLINED: "Declined",
    Verdict.UNPAID: "Not paid",
    Verdict.WRONG_DOOR: "Wrong door",
    Verdict.WRONG_SESSION: "Wrong session",
    Verdict.TOO_EARLY: "Too early",
    Verdict.TOO_LATE: "Too late",
    Verdict.NOT_ON_LIST_YET: "Not on the list yet",
    Verdict.CAPACITY: "Full",
}
_SECONDS = {
    Verdict.CANCELLED: "This place was cancelled",
    Verdict.DECLINED: "Answered that they are not coming",
    Verdict.UNPAID: "The ticket has not been paid",
    Verdict.WRONG_SESSION: "The ticket is for another session",
    Verdict.CAPACITY: "As many are inside as the room holds",
}
_LABELS = {
    Verdict.ADMITTED: "in",
    Verdict.ALREADY_INSIDE: "already inside",
    Verdict.LEFT_EARLIER: "left earlier",
    Verdict.GROUP: "group",
    Verdict.UNKNOWN_CODE: "unknown code",
    Verdict.OTHER_EVENT: "other event",
    Verdict.FORGED: "not genuine",
    Verdict.REVOKED: "revoked",
    Verdict.CANCELLED: "cancelled",
    Verdict.DECLINED: "declined",
    Verdict.UNPAID: "not paid",
    Verdict.WRONG_DOOR: "wrong door",
    Verdict.WRONG_SESSION: "wrong session",
    Verdict.TOO_EARLY: "too early",
    Verdict.TOO_LATE: "too late",
    Verdict.NOT_ON_LIST_YET: "not on the list yet",
    Verdict.CAPACITY: "full",
}
