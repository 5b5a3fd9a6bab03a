"""The figures of a guest list follow its lines one by one."""

from dataclasses import replace
from pathlib import Path
from random import Random

from models.guest_counts import GuestCounts
from models.guest_table import GuestLine, read_guest_rows
from models.invitations import Rsvp
from tests.helpers.workspace import gala_copy


def gala_lines(folder: Path) -> list[GuestLine]:
    copy = gala_copy(folder)
    with copy.read() as connection:
        lines = read_guest_rows(connection, copy.identity.event_id)
    copy.close()
    return lines


def test_answers_meals_and_tags_are_counted(tmp_path: Path) -> None:
    lines = gala_lines(tmp_path)
    counts = GuestCounts(lines)
    answers = counts.answers
    assert (answers.guests, answers.accepted, answers.pending, answers.declined) == (240, 203, 31, 6)
    assert sum(count for _, count in counts.meals) == 203
    assert counts.meals == sorted(counts.meals, key=lambda meal: -meal[1])
    assert dict(counts.tags)["child"] == sum("child" in line.tags for line in lines)


def test_following_lines_counts_as_counting_all_anew_does(tmp_path: Path) -> None:
    lines = {line.attendee_id: line for line in gala_lines(tmp_path)}
    draw, counts = Random(3), GuestCounts(lines.values())
    for attendee_id, line in list(lines.items()):
        match draw.randrange(4):
            case 0:
                after = replace(line, rsvp=draw.choice(list(Rsvp)), meal=draw.choice([None, "fish", "soup"]))
            case 1:
                after = replace(line, tags=("late", *line.tags[1:]))
            case 2:
                counts.take_away(lines.pop(attendee_id))
                continue
            case _:
                continue
        counts.take_away(line)
        counts.add(after)
        lines[attendee_id] = after
    anew = GuestCounts(lines.values())
    assert (counts.answers, counts.meals, counts.tags) == (anew.answers, anew.meals, anew.tags)


def test_a_meal_or_tag_that_nobody_has_any_more_is_not_told(tmp_path: Path) -> None:
    line = replace(gala_lines(tmp_path)[0], rsvp=Rsvp.ACCEPTED, meal="soup", tags=("late",))
    counts = GuestCounts([line])
    before = counts.copied()
    counts.take_away(line)
    assert (counts.answers.guests, counts.meals, counts.tags) == (0, [], [])
    assert (before.answers.guests, before.meals, before.tags) == (1, [("soup", 1)], [("late", 1)])
