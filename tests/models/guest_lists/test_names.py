"""Names are taken out of cells as people write them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.guest_lists.names import NotAName, people_from_parts, people_in, stands_for_a_household


@pytest.mark.parametrize(
    ("cell", "names"),
    [
        ("Maja Lindqvist", ["Maja Lindqvist"]),
        ("Lindqvist, Maja", ["Maja Lindqvist"]),
        ("Lindqvist,Maja", ["Maja Lindqvist"]),
        ("García López, Ana María", ["Ana María García López"]),
        ("van der Berg, Pieter Jan", ["Pieter Jan van der Berg"]),
        ("Smith, Dr. John", ["Dr. John Smith"]),
        ("John Smith, PhD", ["John Smith, PhD"]),
        ("King, Martin, Jr.", ["Martin King, Jr."]),
        ("Jürgen & Heike Brandt", ["Jürgen Brandt", "Heike Brandt"]),
        ("Jürgen und Heike Brandt", ["Jürgen Brandt", "Heike Brandt"]),
        ("Brandt, Jürgen & Heike", ["Jürgen Brandt", "Heike Brandt"]),
        ("Brandt, Jürgen & Lang, Heike", ["Jürgen Brandt", "Heike Lang"]),
        ("Maria Brandt & Jürgen", ["Maria Brandt", "Jürgen Brandt"]),
        ("Heike und Jürgen von der Heide", ["Heike von der Heide", "Jürgen von der Heide"]),
        ("Ana y Luis García", ["Ana García", "Luis García"]),
        ("Ana y Luis García López", ["Ana García López", "Luis García López"]),
        ("ANA Y LUIS GARCÍA", ["ANA GARCÍA", "LUIS GARCÍA"]),
        ("Pablo e Inés Ruiz", ["Pablo Ruiz", "Inés Ruiz"]),
        ("José Ortega y Gasset", ["José Ortega y Gasset"]),
        ("Ortega y Gasset, José", ["José Ortega y Gasset"]),
        ("García, Ana y Luis", ["Ana García", "Luis García"]),
        ("Élodie et Marc Cœur", ["Élodie Cœur", "Marc Cœur"]),
        ("Anna + Peter Lang", ["Anna Lang", "Peter Lang"]),
        ("Anna/Peter Lang", ["Anna Lang", "Peter Lang"]),
        ("Maja Lindqvist and Peter Chen", ["Maja Lindqvist", "Peter Chen"]),
        ("Anna, Peter & Mia Lang", ["Anna Lang", "Peter Lang", "Mia Lang"]),
        ("Anna Lang, Peter Lang", ["Anna Lang", "Peter Lang"]),
        ("Mr & Mrs John Smith", ["Mr John Smith", "Mrs Smith"]),
        ("Herr und Frau Brandt", ["Herr Brandt", "Frau Brandt"]),
        ("Sr. y Sra. García López", ["Sr. García López", "Sra. García López"]),
        ("M. et Mme Dupont", ["M. Dupont", "Mme Dupont"]),
        ("Dr. Ana Pérez", ["Dr. Ana Pérez"]),
        ("Smith & Sons Ltd", ["Smith & Sons Ltd"]),
        ("Peter Lang & family", ["Peter Lang & family"]),
        ("Christopher Guest", ["Christopher Guest"]),
        ("山田太郎", ["山田太郎"]),
        ("\u200bMaja\u00a0 Lindqvist\ufeff", ["Maja Lindqvist"]),
        ("Null", ["Null"]),
        ("Jose\u0301 Nun\u0303ez", ["José Nuñez"]),
    ],
)
def test_people_are_read_from_one_cell(cell: str, names: list[str]) -> None:
    assert [person.name for person in people_in(cell)] == names


@pytest.mark.parametrize(
    ("cell", "host"),
    [
        ("Guest", None),
        ("guest 2", None),
        ("+1", None),
        ("Plus One", None),
        ("plus-one", None),
        ("Begleitung", None),
        ("Acompañante", None),
        ("Invité", None),
        ("TBD", None),
        ("N.N.", None),
        ("???", None),
        ("Plus one of Maja Lindqvist", "Maja Lindqvist"),
        ("Guest of Lindqvist, Maja", "Maja Lindqvist"),
        ("Begleitung von Maja Lindqvist", "Maja Lindqvist"),
        ("Acompañante de Ana García", "Ana García"),
        ("Invité de Hélène", "Hélène"),
        ("Maja Lindqvist's guest", "Maja Lindqvist"),
        ("Maja’s +1", "Maja"),
    ],
)
def test_unnamed_companions_are_placeholders(cell: str, host: str | None) -> None:
    (person,) = people_in(cell)
    assert person.placeholder
    assert person.host == host


@pytest.mark.parametrize(
    ("cell", "companions"),
    [
        ("Maja Lindqvist +1", 1),
        ("Maja Lindqvist (+2)", 2),
        ("Maja Lindqvist & Guest", 1),
        ("Maja Lindqvist plus one", 1),
        ("Lindqvist, Maja + Begleitung", 1),
        ("Maja Lindqvist y acompañante", 1),
        ("Maja Lindqvist and 2 guests", 2),
    ],
)
def test_companions_behind_a_name_become_placeholders_beside_it(cell: str, companions: int) -> None:
    host, *others = people_in(cell)
    assert (host.name, host.placeholder) == ("Maja Lindqvist", False)
    assert len(others) == companions
    assert all(other.placeholder and other.host == "Maja Lindqvist" for other in others)


@pytest.mark.parametrize(
    ("first", "last", "names"),
    [
        ("Maja", "Lindqvist", ["Maja Lindqvist"]),
        ("Jürgen & Heike", "Brandt", ["Jürgen Brandt", "Heike Brandt"]),
        ("Anna & Peter", "Lang & Chen", ["Anna Lang", "Peter Chen"]),
        ("Mr & Mrs", "Smith", ["Mr Smith", "Mrs Smith"]),
        ("", "Brandt", ["Brandt"]),
        ("Jennifer", "Null", ["Jennifer Null"]),
        ("Ana", "García y Vega", ["Ana García y Vega"]),
        ("-", "-", []),
    ],
)
def test_people_are_read_from_two_cells(first: str, last: str, names: list[str]) -> None:
    assert [person.name for person in people_from_parts(first, "", last)] == names


def test_a_guest_as_a_first_name_is_a_placeholder() -> None:
    assert people_from_parts("Guest", "", "Lindqvist")[0].placeholder
    assert people_from_parts("Plus", "", "One")[0].placeholder
    assert not people_from_parts("Christopher", "", "Guest")[0].placeholder


@pytest.mark.parametrize("cell", ["=1+1", "=cmd|' /C calc'!A0", "12345", "maja@x.example", "x" * 201, "+-*"])
def test_what_cannot_be_a_name_is_refused(cell: str) -> None:
    with pytest.raises(NotAName):
        people_in(cell)


@pytest.mark.parametrize("cell", ["", "  ", "-", "n/a", "\u200b"])
def test_an_empty_cell_holds_nobody(cell: str) -> None:
    assert people_in(cell) == ()


def test_a_family_stands_for_a_household() -> None:
    assert stands_for_a_household("The Okafor Family")
    assert stands_for_a_household("Familie Brandt")
    assert not stands_for_a_household("Maja Lindqvist")


@given(st.text(max_size=40))
def test_any_cell_gives_people_with_names_or_a_reason(cell: str) -> None:
    try:
        people = people_in(cell)
    except NotAName:
        people = ()
    assert all(person.name.strip() for person in people)


GIVEN = st.sampled_from(["Ana", "Luis", "Jürgen", "Mary Ann", "Jean-Luc", "Dr. Wei", "M.", "李"])
FAMILY = st.sampled_from(["García", "García López", "von der Heide", "O’Brien", "Brandt", "Guest", "Chen"])
JOINT = st.sampled_from([" & ", " und ", " y ", " et ", " + ", "/", " and "])
SHAPES = st.sampled_from(
    ["{0} {2}", "{2}, {0}", "{0}{3}{1} {2}", "{2}, {0}{3}{1}", "{0} {2}{3}{1} {2}", "{0} {2} +1", "{0} {2}{3}Guest"]
)


@settings(max_examples=300)
@given(SHAPES, GIVEN, GIVEN, FAMILY, JOINT)
def test_a_name_that_was_read_once_reads_the_same_again(shape: str, one: str, two: str, name: str, joint: str) -> None:
    for person in people_in(shape.format(one, two, name, joint)):
        assert [again.name for again in people_in(person.name)] == [person.name]
