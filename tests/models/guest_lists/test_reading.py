"""Guests are read out of messy lists, and nothing is dropped in silence."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.guest_lists.columns import Field, recognise_columns
from models.guest_lists.errors import UnknownCountryError
from models.guest_lists.reading import read_guests
from models.guest_lists.rows import GuestList
from models.guest_lists.tables import Sheet, TableRow, read_pasted
from models.invitations import Rsvp


def read(text: str, country: str | None = None) -> GuestList:
    sheet = read_pasted(text)
    return read_guests(sheet, recognise_columns(sheet.header, sheet.rows), country)


def names(found: GuestList) -> list[str]:
    return [row.name for row in found.rows]


def households(found: GuestList) -> list[str | None]:
    return [row.household for row in found.rows]


def problem_lines(found: GuestList) -> list[int]:
    return [problem.line for problem in found.problems]


def test_every_field_of_a_line_is_read() -> None:
    header = "Name;Email;Phone;RSVP;Party;Diet;Allergies;Table;Seat;Tags;Company;Notes;Ticket type;Shirt"
    line = "Maja Lindqvist;MAJA@x.example;070 123 45 67;yes;Lindqvist;vegan;nuts;5.0;3;VIP, crew;Acme;Early;Gold;M"
    found = read(f"{header}\n{line}\n", "SE")
    (row,) = found.rows
    assert (row.name, row.email, row.phone) == ("Maja Lindqvist", "maja@x.example", "+46701234567")
    assert row.rsvp is Rsvp.ACCEPTED
    assert (row.household, row.diet, row.table, row.seat) == ("Lindqvist", "vegan; nuts", "5", "3")
    assert (row.tags, row.company, row.notes, row.ticket_type) == (("VIP", "crew"), "Acme", "Early", "Gold")
    assert (row.line, row.placeholder, row.others) == (2, False, (("Shirt", "M"),))
    assert found.problems == ()


def test_missing_values_are_none() -> None:
    (row,) = read("Name,Email,Phone,RSVP,Party,Diet,Table,Tags\nMaja,,,,,none,-,\n").rows
    assert (row.email, row.phone, row.household, row.diet, row.table, row.tags) == (None, None, None, None, None, ())
    assert row.rsvp is Rsvp.PENDING


def test_a_couple_in_one_cell_is_two_guests_who_share_line_and_household() -> None:
    found = read("Name;Email;Table\nJürgen & Heike Brandt;brandt@x.example;4\n")
    assert names(found) == ["Jürgen Brandt", "Heike Brandt"]
    assert households(found) == ["Jürgen & Heike Brandt"] * 2
    assert [(row.line, row.email, row.table) for row in found.rows] == [(2, "brandt@x.example", "4")] * 2


def test_a_couple_with_two_addresses_gets_one_each() -> None:
    found = read("Name;Email\nAna y Luis García;ana@x.example, luis@x.example\n")
    assert [row.email for row in found.rows] == ["ana@x.example", "luis@x.example"]


def test_two_couples_of_one_name_are_two_households() -> None:
    found = read("Name;Email\nAnna & Peter Lang;a@x.example\nAnna & Peter Lang;b@x.example\n")
    assert len(set(households(found))) == 2


def test_lines_with_one_household_share_it_in_one_spelling() -> None:
    found = read("Name,Party\nMaja,The Lindqvists\nWei,the  lindqvists\nAda,Obi\n")
    assert households(found) == ["The Lindqvists", "The Lindqvists", "Obi"]


def test_an_empty_household_below_a_filled_one_stays_empty() -> None:
    assert households(read("Name,Party\nMaja,Lindqvist\nWei,\n")) == ["Lindqvist", None]


def test_a_shared_order_code_is_a_household_and_a_lone_one_is_none() -> None:
    found = read("Order code,Attendee name\nABC12,Maja\nABC12,Wei\nXYZ89,Ada\n")
    assert households(found) == ["ABC12", "ABC12", None]


def test_counted_companions_become_placeholders_in_the_hosts_household() -> None:
    found = read("Name,RSVP,Plus ones,Table\nMaja Lindqvist,yes,2,7\nWei Chen,,no,\n")
    assert [(row.name, row.placeholder, row.household) for row in found.rows] == [
        ("Maja Lindqvist", False, "Maja Lindqvist"),
        ("Guest of Maja Lindqvist", True, "Maja Lindqvist"),
        ("Guest of Maja Lindqvist", True, "Maja Lindqvist"),
        ("Wei Chen", False, None),
    ]
    assert {(row.rsvp, row.table, row.plus_one_of) for row in found.rows[1:3]} == {
        (Rsvp.ACCEPTED, "7", "Maja Lindqvist")
    }


def test_a_named_companion_is_a_guest() -> None:
    found = read("Name,Plus one\nMaja Lindqvist,Peter Chen\nAda Obi,TBD\nWei Li,yes\n")
    assert [(row.name, row.placeholder) for row in found.rows] == [
        ("Maja Lindqvist", False), ("Peter Chen", False), ("Ada Obi", False), ("Guest of Ada Obi", True),
        ("Wei Li", False), ("Guest of Wei Li", True),
    ]  # fmt: skip


def test_a_companion_with_a_line_of_their_own_is_not_added_twice() -> None:
    found = read("Name,Plus one\nMaja Lindqvist,Peter Chen\nPeter Chen,\n")
    assert names(found) == ["Maja Lindqvist", "Peter Chen"]
    assert households(found) == ["Maja Lindqvist", "Maja Lindqvist"]
    counted = read("Name,Plus ones\nMaja Lindqvist,1\nPlus one of Maja Lindqvist,\n")
    assert [row.placeholder for row in counted.rows] == [False, True]
    assert households(counted) == ["Maja Lindqvist", "Maja Lindqvist"]


def test_a_party_size_counts_the_guest_and_the_named_members() -> None:
    found = read("Name,Party,Party size\nMaja,L,3\nPeter,L,3\nAda,,2\nWei,,1\n")
    assert [(row.name, row.placeholder) for row in found.rows] == [
        ("Maja", False), ("Guest of Maja", True), ("Peter", False), ("Ada", False), ("Guest of Ada", True),
        ("Wei", False),
    ]  # fmt: skip


def test_placeholders_on_lines_of_their_own_stay_apart() -> None:
    found = read("First name,Last name,Party\nMaja,Lindqvist,L\nGuest,,L\nGuest,,L\n")
    assert [(row.name, row.placeholder, row.household) for row in found.rows[1:]] == [("Guest", True, "L")] * 2
    assert found.problems == ()


def test_a_guest_called_guest_is_a_placeholder_only_beside_the_host() -> None:
    found = read("Name\nMaja Lindqvist\nMaja Lindqvist Guest\nChristopher Guest\n")
    assert [row.placeholder for row in found.rows] == [False, True, False]


def test_children_are_named_or_counted() -> None:
    found = read("Name,Children\nMaja Lindqvist,Tom and Mia\nAda Obi,2\n")
    assert names(found) == ["Maja Lindqvist", "Tom", "Mia", "Ada Obi", "Guest of Ada Obi", "Guest of Ada Obi"]


def test_a_line_without_a_name_is_a_problem_and_no_guest() -> None:
    found = read("Name,Email\n,nobody@x.example\nMaja,m@x.example\n")
    assert names(found) == ["Maja"]
    assert problem_lines(found) == [2]


@pytest.mark.parametrize("cell", ["=HYPERLINK(A1)", "12345", "x@y.example"])
def test_a_formula_a_number_or_an_address_is_no_name(cell: str) -> None:
    found = read(f"Name,Email\n{cell},m@x.example\nMaja,\n")
    assert names(found) == ["Maja"]
    assert problem_lines(found) == [2]


def test_cells_that_look_like_formulas_are_kept_as_text() -> None:
    (row,) = read("Name,Notes,Tags,Table\n@maja,=1+1,-vip,+5\n").rows
    assert (row.name, row.notes, row.tags, row.table) == ("@maja", "=1+1", ("-vip",), "+5")


def test_a_bad_address_or_number_is_left_out_and_the_guest_is_kept() -> None:
    found = read("Name,Email,Phone\nMaja,maja@,12\n", "SE")
    assert [(row.name, row.email, row.phone) for row in found.rows] == [("Maja", None, None)]
    assert problem_lines(found) == [2, 2]
    assert "maja@" in found.problems[0].reason
    assert "12" in found.problems[1].reason


def test_a_number_without_a_country_says_so() -> None:
    assert "without a country code" in read("Name,Phone\nMaja,070 123 45 67\n").problems[0].reason


def test_a_second_address_is_reported() -> None:
    found = read("Name;Email\nMaja;a@x.example, b@x.example\n")
    assert found.rows[0].email == "a@x.example"
    assert "b@x.example" in found.problems[0].reason


def test_an_answer_that_is_not_understood_is_pending_and_reported() -> None:
    found = read("Name,RSVP\nMaja,purple\n")
    assert found.rows[0].rsvp is Rsvp.PENDING
    assert "purple" in found.problems[0].reason


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Maja Lindqvist,m@x.example,", "Maja Lindqvist,m@x.example,"),
        ("Maja Lindqvist,m@x.example,", '"LINDQVIST, Maja", M@x.example ,'),
        ("José Núñez,,+46 70 123 45 67", "Jose Nunez,,0046701234567"),
        ("Maja Lindqvist,,", "maja  lindqvist,,"),
    ],
)
def test_the_same_guest_on_two_lines_is_imported_once(first: str, second: str) -> None:
    found = read(f"Name,Email,Phone\n{first}\nWei Chen,,\n{second}\n")
    assert len(found.rows) == 2
    assert problem_lines(found) == [4]
    assert "line 2" in found.problems[0].reason


def test_what_only_the_second_line_knows_is_added_and_what_differs_is_said() -> None:
    found = read("Name,Email,RSVP,Diet,Table\nMaja,m@x.example,,,3\nMaja,m@x.example,yes,vegan,5\n")
    (row,) = found.rows
    assert (row.rsvp, row.diet, row.table) == (Rsvp.ACCEPTED, "vegan", "3")
    assert "“5” instead of “3”" in found.problems[0].reason


def test_people_of_one_name_without_anything_in_common_are_two() -> None:
    assert len(read("Name,Email\nJuan García,a@x.example\nJuan García,b@x.example\n").rows) == 2
    assert len(read("Name,Party\nJuan García,A\nJuan García,B\n").rows) == 2


def test_members_of_a_household_with_one_address_are_different_people() -> None:
    assert len(read("Name,Email\nHeike Brandt,b@x.example\nJürgen Brandt,b@x.example\n").rows) == 2


@pytest.mark.parametrize(
    "line", ["Total,5", "TOTAL: 42,", "Summe,,", "Gesamt 12,", "42 guests,", "Total guests,42", "Anzahl Gäste: 12,"]
)
def test_totals_are_no_guests(line: str) -> None:
    found = read(f"Name,Email\nMaja,\n{line}\n")
    assert names(found) == ["Maja"]
    assert problem_lines(found) == [3]


def test_repeated_headers_and_headings_are_left_out_and_listed() -> None:
    found = read("Name,Email\nMaja,\nName,Email\nBride's side:,\nTable 4,\nWei,\n")
    assert names(found) == ["Maja", "Wei"]
    assert problem_lines(found) == [3, 4, 5]


def test_blank_lines_are_nothing() -> None:
    found = read("Name,Email\n\n , \nMaja,\n,\n\u200b,\u00a0\n")
    assert names(found) == ["Maja"]
    assert found.problems == ()


def test_lines_above_the_headers_are_listed_as_skipped() -> None:
    found = read("Summer gala\n\nName,Email\nMaja,\n")
    assert [skipped.line for skipped in found.skipped] == [1]
    assert found.problems == ()


def test_a_comma_in_a_name_that_moved_the_cells_is_repaired_and_reported() -> None:
    found = read("Name,Email\nLindqvist, Maja,m@x.example\nWei Chen,w@x.example\n")
    assert [(row.name, row.email) for row in found.rows] == [
        ("Maja Lindqvist", "m@x.example"), ("Wei Chen", "w@x.example"),
    ]  # fmt: skip
    assert problem_lines(found) == [2]


def test_cells_beyond_the_headers_are_reported() -> None:
    found = read("Name,Email\nMaja,m@x.example,left over\n")
    assert "left over" in found.problems[0].reason


def test_a_family_as_one_guest_is_reported() -> None:
    found = read("Name,Email\nThe Okafor Family,o@x.example\n")
    assert names(found) == ["The Okafor Family"]
    assert problem_lines(found) == [2]


def test_too_many_companions_are_a_mistake() -> None:
    found = read("Name,Plus ones\nMaja,300\n")
    assert names(found) == ["Maja"]
    assert problem_lines(found) == [2]


def test_the_caller_may_choose_the_columns() -> None:
    sheet = read_pasted("Name,Alias\nwrong,Maja Lindqvist\n")
    found = read_guests(sheet, {Field.NAME: 1})
    assert names(found) == ["Maja Lindqvist"]


def test_an_unknown_country_is_refused() -> None:
    with pytest.raises(UnknownCountryError):
        read("Name\nMaja\n", "Sweden")


FRAGMENTS = st.sampled_from(
    ["", "Maja Lindqvist", "Jürgen & Heike Brandt", "Guest", "+1", "=1+1", "Total", "Name", "m@x.example", "yes", "no",
     "2", "300", "Brandt", "brandt", "Plus one of Maja Lindqvist", "\u200b", "-", "@x", "Lindqvist, Maja", "A1"]
)  # fmt: skip
CELLS = st.one_of(FRAGMENTS, st.text(max_size=12))
FIELDS = st.lists(st.sampled_from(list(Field)), min_size=1, max_size=8, unique=True)


@given(FIELDS, st.lists(st.lists(CELLS, max_size=9), max_size=8))
def test_every_line_that_is_not_blank_ends_in_a_guest_or_a_problem(fields: list[Field], lines: list[list[str]]) -> None:
    header = tuple(field.value for field in fields)
    rows = tuple(TableRow(line, tuple(cells)) for line, cells in enumerate(lines, start=2))
    found = read_guests(Sheet("list", None, header, 1, rows), {field: at for at, field in enumerate(fields)}, "DE")
    told = {row.line for row in found.rows} | {problem.line for problem in found.problems}
    assert told == {row.line for row in rows if not row.is_blank}
    assert all(row.name.strip() for row in found.rows)


@given(st.lists(st.lists(CELLS, min_size=1, max_size=5), min_size=1, max_size=8))
def test_any_pasted_table_can_be_read(lines: list[list[str]]) -> None:
    text = "\n".join("\t".join(cell.replace("\t", " ").replace('"', "") for cell in cells) for cells in lines)
    if not text.replace("\u200b", "").strip() or not any(char.isprintable() and not char.isspace() for char in text):
        return
    read("Name\tEmail\tRSVP\tPlus ones\tParty\n" + text)
