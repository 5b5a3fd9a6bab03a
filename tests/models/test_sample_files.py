"""The sample event and the two further lists keep the facts that the program and its tour rely on."""

import csv
import itertools
import json
import math
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import openpyxl
import phonenumbers
import pytest
from email_validator import EmailNotValidError, validate_email

SAMPLES = Path(__file__).parents[2] / "resources" / "samples"
CHAIRS = 500
"""Room for a chair around a table, in millimetres."""
AISLE = 600
"""Room for a person between the chairs of two tables, in millimetres."""
WALL = 200


@dataclass(frozen=True)
class Outline:
    """A convex shape on the floor, by its corners in millimetres."""

    corners: tuple[tuple[float, float], ...]

    def overlaps(self, other: "Outline") -> bool:
        """Whether two shapes share floor: no straight line parts them (separating axis theorem)."""
        for shape in (self, other):
            for (x1, y1), (x2, y2) in itertools.pairwise((*shape.corners, shape.corners[0])):
                mine = [(y2 - y1) * x - (x2 - x1) * y for x, y in self.corners]
                theirs = [(y2 - y1) * x - (x2 - x1) * y for x, y in other.corners]
                if max(mine) <= min(theirs) or max(theirs) <= min(mine):
                    return False
        return True


def outline(thing: dict[str, Any], margin: float) -> Outline:
    """The floor that a table or fixture needs with ``margin`` millimetres around it."""
    if thing.get("shape") == "round":
        # The polygon stands outside the circle, so that it never needs less floor than the table.
        radius = (thing["width"] / 2 + margin) / math.cos(math.pi / 48)
        angles = (math.tau * step / 48 for step in range(48))
        return Outline(tuple((thing["x"] + radius * math.cos(a), thing["y"] + radius * math.sin(a)) for a in angles))
    half_width, half_height = thing["width"] / 2 + margin, thing["height"] / 2 + margin
    turn = math.radians(thing["turn"])
    signs = ((-1, -1), (1, -1), (1, 1), (-1, 1))
    return Outline(
        tuple(
            (
                thing["x"] + sx * half_width * math.cos(turn) - sy * half_height * math.sin(turn),
                thing["y"] + sx * half_width * math.sin(turn) + sy * half_height * math.cos(turn),
            )
            for sx, sy in signs
        )
    )


@pytest.fixture(scope="module")
def gala() -> dict[str, Any]:
    return json.loads((SAMPLES / "gala.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def guests(gala: dict[str, Any]) -> list[dict[str, Any]]:
    return [guest for household in gala["households"] for guest in household["guests"]]


@pytest.fixture(scope="module")
def tables(gala: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {table["label"]: table for table in gala["floor_plan"]["tables"]}


def seated_runs(household: dict[str, Any]) -> Iterator[tuple[str, Sequence[int]]]:
    """The seats of one household, table by table."""
    seated = sorted((g["table"], g["seat"]) for g in household["guests"] if "table" in g)
    for label, group in itertools.groupby(seated, key=lambda place: place[0]):
        yield label, [seat for _, seat in group]


def test_the_gala_begins_on_a_saturday_evening_in_lisbon(gala: dict[str, Any]) -> None:
    event = gala["event"]
    zone = ZoneInfo(event["time_zone"])
    starts, ends = (datetime.fromisoformat(event[key]).astimezone(zone) for key in ("starts_at", "ends_at"))
    assert f"{starts:%Y-%m-%d %H:%M %w}" == "2026-12-12 18:30 6"
    assert f"{ends:%Y-%m-%d %H:%M}" == "2026-12-13 00:30"
    assert event["capacity"] == 280


def test_240_guests_come_in_about_110_households(gala: dict[str, Any], guests: list[dict[str, Any]]) -> None:
    sizes = [len(household["guests"]) for household in gala["households"]]
    assert len(guests) == 240
    assert 105 <= len(sizes) <= 115
    assert (min(sizes), max(sizes)) == (1, 6)
    assert len({household["name"] for household in gala["households"]}) == len(sizes)
    assert len({guest["name"] for guest in guests}) == 240


def test_answers_and_meals_add_up(guests: list[dict[str, Any]]) -> None:
    assert Counter(g["rsvp"] for g in guests) == {"accepted": 203, "pending": 31, "declined": 6}
    assert Counter(g["meal"] for g in guests if g["rsvp"] == "accepted") == {
        "fish": 88,
        "beef": 71,
        "vegan": 29,
        "child": 15,
    }
    assert not [g["name"] for g in guests if g["rsvp"] != "accepted" and "meal" in g]


def test_nobody_is_served_against_their_diet(guests: list[dict[str, Any]]) -> None:
    meals = {
        "halal": {"fish", "vegan"},
        "kosher": {"fish", "vegan"},
        "vegetarian": {"vegan"},
        "vegan": {"vegan"},
    }
    wrong = [
        g["name"]
        for g in guests
        for diet, allowed in meals.items()
        if diet in g.get("diet", "").split(", ") and g.get("meal", "child") not in {*allowed, "child"}
    ]
    assert not wrong


def test_the_floor_has_26_tables_and_everything_a_gala_needs(
    gala: dict[str, Any], tables: dict[str, dict[str, Any]]
) -> None:
    assert len(gala["floor_plan"]["tables"]) == len(tables) == 26
    kinds = {fixture["kind"] for fixture in gala["floor_plan"]["fixtures"]}
    assert kinds == {"wall", "door", "stage", "bar", "dance_floor", "pillar"}
    lengths = [
        thing[key]
        for thing in (*tables.values(), *gala["floor_plan"]["fixtures"])
        for key in ("x", "y", "width", "height", "turn")
    ]
    assert all(type(length) is int for length in lengths)


def test_no_two_tables_share_floor_with_chairs_and_an_aisle(tables: dict[str, dict[str, Any]]) -> None:
    outlines = {label: outline(table, CHAIRS + AISLE / 2) for label, table in tables.items()}
    touching = [
        (one, other) for one, other in itertools.combinations(outlines, 2) if outlines[one].overlaps(outlines[other])
    ]
    assert not touching


def test_no_chair_stands_in_a_fixture(gala: dict[str, Any], tables: dict[str, dict[str, Any]]) -> None:
    fixtures = [
        (fixture["label"] or fixture["kind"], outline(fixture, 0)) for fixture in gala["floor_plan"]["fixtures"]
    ]
    blocked = [
        (label, name)
        for label, table in tables.items()
        for name, fixture in fixtures
        if outline(table, CHAIRS).overlaps(fixture)
    ]
    assert not blocked


def test_everything_stands_inside_the_room(gala: dict[str, Any], tables: dict[str, dict[str, Any]]) -> None:
    width, height = gala["floor_plan"]["width"], gala["floor_plan"]["height"]
    for table in tables.values():
        for x, y in outline(table, CHAIRS).corners:
            assert WALL <= x <= width - WALL, table["label"]
            assert WALL <= y <= height - WALL, table["label"]
    for fixture in gala["floor_plan"]["fixtures"]:
        for x, y in outline(fixture, 0).corners:
            assert 0 <= round(x) <= width, fixture
            assert 0 <= round(y) <= height, fixture


def test_overlapping_shapes_are_told_from_neighbours() -> None:
    round_table = {"shape": "round", "x": 0, "y": 0, "width": 1800, "height": 1800, "turn": 0}
    long_table = {"shape": "rectangle", "x": 2000, "y": 0, "width": 2400, "height": 900, "turn": 0}
    assert outline(round_table, 0).overlaps(outline(long_table, 0))
    assert not outline(round_table, 0).overlaps(outline({**long_table, "turn": 90}, 0))


def test_seats_exist_and_hold_one_guest_each(guests: list[dict[str, Any]], tables: dict[str, dict[str, Any]]) -> None:
    assert all(("table" in g) == ("seat" in g) for g in guests)
    places = [(g["table"], g["seat"]) for g in guests if "seat" in g]
    assert len(places) == len(set(places)) == 200
    assert not [(label, seat) for label, seat in places if not 1 <= seat <= tables[label]["seats"]]
    for table in tables.values():
        assert all(1 <= seat <= table["seats"] for seat in table.get("accessible_seats", []))


def test_nobody_who_declined_is_seated(guests: list[dict[str, Any]]) -> None:
    assert not [g["name"] for g in guests if g["rsvp"] == "declined" and "table" in g]


def test_households_sit_side_by_side(gala: dict[str, Any], tables: dict[str, dict[str, Any]]) -> None:
    for household in gala["households"]:
        runs = list(seated_runs(household))
        assert len(runs) <= 1, household["name"]
        for label, seats in runs:
            around = tables[label]["seats"]
            gaps = sum((seat % around) + 1 not in seats for seat in seats)
            assert gaps <= 1, (household["name"], label, seats)


def test_wheelchairs_have_places_they_can_reach(
    guests: list[dict[str, Any]], tables: dict[str, dict[str, Any]]
) -> None:
    seated = [g for g in guests if g.get("access_needs") == "wheelchair" and "table" in g]
    assert seated
    for guest in seated:
        assert guest["seat"] in tables[guest["table"]]["accessible_seats"], guest["name"]
    taken = {(g["table"], g["seat"]) for g in guests if "table" in g}
    free = {
        label
        for label, table in tables.items()
        for seat in table.get("accessible_seats", [])
        if (label, seat) not in taken
    }
    assert {"5", "9"} <= free


def test_a_household_of_four_waits_and_several_tables_have_room_for_it(
    gala: dict[str, Any], guests: list[dict[str, Any]], tables: dict[str, dict[str, Any]]
) -> None:
    waiting = {
        household["name"]: len(household["guests"])
        for household in gala["households"]
        if not list(seated_runs(household))
    }
    drawn = {
        "Okafor": 4,
        "Lindqvist & Sørensen": 2,
        "Nguyễn": 3,
        "Castellanos": 2,
        "Abu Zaid": 5,
        "Whitcombe": 1,
        "Yıldız": 2,
        "Brandt": 2,
    }
    assert drawn.items() <= waiting.items()
    seated = Counter(g["table"] for g in guests if "table" in g)
    free = {label: table["seats"] - seated[label] for label, table in tables.items()}
    assert len([label for label, count in free.items() if count >= 4]) >= 4
    assert len([label for label, count in free.items() if 0 < count < 4]) >= 3


def test_ticket_types_are_known_and_all_used(gala: dict[str, Any], guests: list[dict[str, Any]]) -> None:
    names = [ticket_type["name"] for ticket_type in gala["ticket_types"]]
    assert names == ["standard", "VIP", "crew"]
    assert {g["ticket_type"] for g in guests} == set(names)


def test_phone_numbers_are_valid_and_e_164(guests: list[dict[str, Any]]) -> None:
    phones = [g["phone"] for g in guests if "phone" in g]
    assert len(phones) == len(set(phones)) >= 60
    for phone in phones:
        number = phonenumbers.parse(phone)
        assert phonenumbers.is_valid_number(number), phone
        assert phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164) == phone


def test_e_mail_addresses_are_each_used_once_and_reach_nobody(guests: list[dict[str, Any]]) -> None:
    addresses = [g["email"] for g in guests if "email" in g]
    assert len(addresses) == len(set(addresses)) >= 120
    for address in addresses:
        validate_email(address, check_deliverability=False, test_environment=True)
        assert address.endswith(".example")


def test_names_come_in_many_scripts(guests: list[dict[str, Any]]) -> None:
    scripts = {unicodedata.name(letter).split()[0] for g in guests for letter in g["name"] if letter.isalpha()}
    assert len(scripts) >= 8
    assert {
        "LATIN",
        "ARABIC",
        "HEBREW",
        "CYRILLIC",
        "GREEK",
        "DEVANAGARI",
        "CJK",
        "HANGUL",
        "THAI",
    } <= scripts
    elsewhere = [g for g in guests if not unicodedata.name(g["name"][0]).startswith("LATIN")]
    assert 15 <= len(elsewhere) <= 20


def test_names_are_stored_composed(guests: list[dict[str, Any]]) -> None:
    assert not [g["name"] for g in guests if unicodedata.normalize("NFC", g["name"]) != g["name"]]


def test_each_guest_has_a_line_of_their_own(guests: list[dict[str, Any]]) -> None:
    lines = (SAMPLES / "gala.json").read_text(encoding="utf-8").splitlines()
    listed = [line.strip().rstrip(",") for line in lines if '"rsvp"' in line]
    assert [json.loads(line) for line in listed] == guests


def test_the_csv_list_has_its_known_troubles(guests: list[dict[str, Any]]) -> None:
    with (SAMPLES / "further_guests.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter=";"))
    assert len(rows) == 24
    assert [line for line, row in enumerate(rows, 2) if not row["Name"]] == [11]
    assert [line for line, row in enumerate(rows, 2) if is_broken(row["E-Mail"])] == [14]
    known = {g["email"] for g in guests if "email" in g}
    assert [row["Name"] for row in rows if row["E-Mail"] in known] == ["Gudrun Bielefeldt"]
    for row in rows:
        assert not row["Telefon"] or phonenumbers.is_valid_number(phonenumbers.parse(row["Telefon"], "DE"))


def is_broken(address: str) -> bool:
    """Whether an address that was given is none."""
    try:
        validate_email(address or "nobody@nowhere.example", check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        return True
    return False


def test_the_workbook_has_titles_above_its_header_and_numeric_phones(guests: list[dict[str, Any]]) -> None:
    book = openpyxl.load_workbook(SAMPLES / "further_guests.xlsx", read_only=True)
    rows = list(book.worksheets[0].iter_rows(values_only=True))
    book.close()
    header, people = rows[3], rows[4:]
    assert rows[0][0] == "Harbour Foundation Gala"
    assert header[:4] == ("First Name", "Last Name", "Party", "RSVP")
    assert len(people) == 18
    assert 4 in Counter(person[header.index("Party")] for person in people).values()
    phones = [person[header.index("Phone")] for person in people if person[header.index("Phone")]]
    assert phones
    assert all(isinstance(phone, int) for phone in phones)
    known = {g["phone"] for g in guests if "phone" in g}
    for phone in phones:
        assert phonenumbers.is_valid_number(phonenumbers.parse(f"+{phone}"))
        assert f"+{phone}" not in known
