"""Guests of a list are compared with those who are there already."""

import time
from collections.abc import Sequence

from models.guest_lists.columns import recognise_columns
from models.guest_lists.matching import KnownGuest, Match, MatchKind, match_rows
from models.guest_lists.reading import read_guests
from models.guest_lists.rows import GuestRow
from models.guest_lists.tables import read_pasted


def known(*guests: tuple[str, str | None, str | None, str | None]) -> list[KnownGuest]:
    return [KnownGuest(str(at), *guest) for at, guest in enumerate(guests)]


def row(name: str, email: str | None = None, phone: str | None = None, household: str | None = None) -> GuestRow:
    return GuestRow(name, 2, email, phone, household=household)


def match(one: GuestRow, guests: Sequence[KnownGuest]) -> tuple[str, str | None]:
    (found,) = match_rows([one], guests)
    return found.kind.value, found.guest_id


def imported(rows: Sequence[GuestRow]) -> list[KnownGuest]:
    return [KnownGuest(f"id{at}", one.name, one.email, one.phone, one.household) for at, one in enumerate(rows)]


MESSY = """Name;Email;Phone;Party;Plus ones
Jürgen & Heike Brandt;brandt@x.example;+49 170 1234567;;
Maja Lindqvist;m@x.example;;;2
Guest;;;Obi;
Guest;;;Obi;
Ada Obi;;;Obi;
Juan García;;;A;
Juan García;;;B;
Juan García;;;;
+1;;;;
Begleitung;;;;
Anna Lang;lang@x.example;;Lang;
Anne Lang;lang@x.example;;Lang;
Plus one of Ada Obi;;;;
Mr & Mrs Smith;smith@x.example;;;
Wei Chen +1;;;;
Wei Chen;w@x.example;;;
"""


def messy_rows() -> tuple[GuestRow, ...]:
    sheet = read_pasted(MESSY)
    return read_guests(sheet, recognise_columns(sheet.header, sheet.rows)).rows


def test_importing_a_list_twice_finds_everybody_once() -> None:
    rows = messy_rows()
    matches = match_rows(rows, imported(rows))
    assert {found.kind for found in matches} == {MatchKind.SAME}
    assert len({found.guest_id for found in matches}) == len(rows)


def test_importing_a_list_twice_finds_everybody_whatever_the_order() -> None:
    rows = messy_rows()
    guests = list(reversed(imported(rows)))
    assert [found.kind for found in match_rows(rows, guests)] == [MatchKind.SAME] * len(rows)


def test_the_same_address_or_number_is_the_same_guest() -> None:
    guests = known(("Maja Lindqvist", "m@x.example", None, None), ("Wei Chen", None, "+46701234567", None))
    assert match(row("Maja Berg", "M@x.example"), guests) == ("same", "0")
    assert match(row("M. Lindqvist", "m@x.example"), guests) == ("same", "0")
    assert match(row("Chen Wei", None, "+46701234567"), guests) == ("same", "1")


def test_another_given_name_on_the_same_address_is_another_guest() -> None:
    guests = known(("Heike Brandt", "b@x.example", None, None))
    assert match(row("Jürgen Brandt", "b@x.example"), guests)[0] == "new"
    assert match(row("Peter Chen", "b@x.example"), guests)[0] == "new"


def test_accents_and_the_order_of_names_are_ignored() -> None:
    guests = known(("José Núñez", None, None, None))
    assert match(row("NUNEZ JOSE"), guests) == ("same", "0")


def test_the_same_name_with_another_address_is_only_similar() -> None:
    guests = known(("Maja Lindqvist", "m@x.example", None, None))
    assert match(row("Maja Lindqvist", "other@x.example"), guests) == ("similar", "0")
    assert match(row("Maja Lindqvist"), guests) == ("same", "0")


def test_a_near_equal_name_is_similar() -> None:
    guests = known(("Maja Lindqvist", None, None, None), ("Ana García López", None, None, None))
    assert match(row("Maja Lindquist"), guests) == ("similar", "0")
    assert match(row("Lindqvst, Maja"), guests) == ("similar", "0")
    assert match(row("Ana García"), guests) == ("similar", "1")
    assert match(row("Maja Berg"), guests)[0] == "new"


def test_a_guest_who_is_found_for_sure_is_offered_to_nobody_else() -> None:
    guests = known(("Anna Lang", "l@x.example", None, None))
    kinds = [found.kind for found in match_rows([row("Anne Lang"), row("Anna Lang", "l@x.example")], guests)]
    assert kinds == [MatchKind.NEW, MatchKind.SAME]


def test_a_placeholder_finds_the_guest_who_got_a_name_meanwhile() -> None:
    guests = known(("Maja Lindqvist", None, None, "L"), ("Peter Chen", None, None, "L"))
    host = row("Maja Lindqvist", household="L")
    companion = GuestRow("Guest of Maja Lindqvist", 2, household="L", placeholder=True, plus_one_of="Maja Lindqvist")
    found = match_rows([host, companion], guests)
    assert [(one.kind, one.guest_id) for one in found] == [(MatchKind.SAME, "0"), (MatchKind.SIMILAR, "1")]


def test_a_name_may_belong_to_the_unnamed_guest_of_its_household() -> None:
    guests = known(("Maja Lindqvist", None, None, "L"), ("Guest of Maja Lindqvist", None, None, "L"))
    assert match(row("Peter Chen", household="L"), guests) == ("similar", "1")


def test_a_placeholder_of_another_household_is_new() -> None:
    guests = known(("Guest", None, None, "A"))
    assert match(GuestRow("Guest", 2, household="B", placeholder=True), guests)[0] == "new"


def test_every_match_says_why() -> None:
    rows = messy_rows()
    found: tuple[Match, ...] = match_rows(rows, known(("Maja Lindquist", None, None, None)))
    assert all(one.why for one in found)


def test_five_thousand_rows_against_fifty_thousand_guests_take_seconds() -> None:
    first = [
        f"{start}{end}"
        for start in ("Ma", "Jo", "An", "Lu", "We", "To", "Gra", "He")
        for end in ("ja", "el", "ina", "k", "ri")
    ]
    last = [f"{start}{end}" for start in first for end in ("son", "mann", "ez", "ski", "off")]
    guests = [
        KnownGuest(str(at), f"{first[at % 40]} {last[at // 40 % 200]}", f"g{at}@x.example", None, None)
        for at in range(50_000)
    ]
    rows = [row(f"{first[at % 40]}x {last[at // 40 % 200]}q", f"n{at}@x.example") for at in range(5_000)]
    started = time.perf_counter()
    assert len(match_rows(rows, guests)) == 5_000
    assert time.perf_counter() - started < 20
