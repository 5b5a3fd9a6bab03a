"""E-mail addresses and phone numbers are read as people type them."""

import pytest

from models.guest_lists.contacts import checked_country, read_emails, read_phones
from models.guest_lists.errors import UnknownCountryError


@pytest.mark.parametrize(
    ("cell", "addresses"),
    [
        ("maja@x.example", ["maja@x.example"]),
        (" MAJA.L@X.Example ", ["maja.l@x.example"]),
        ("Maja Lindqvist <maja@x.example>", ["maja@x.example"]),
        ("mailto:maja@x.test;", ["maja@x.test"]),
        ("a@x.example; b@x.example", ["a@x.example", "b@x.example"]),
        ("a@x.example, A@x.example", ["a@x.example"]),
        ("jürgen@müller.example", ["jürgen@müller.example"]),
        ("maja@\u200bx.example", ["maja@x.example"]),
        ("n/a", []),
    ],
)
def test_addresses_are_read(cell: str, addresses: list[str]) -> None:
    found = read_emails(cell)
    assert list(found.values) == addresses
    assert found.unreadable == ()


@pytest.mark.parametrize("cell", ["maja", "maja@", "@x.example", "maja@x", "maja at x.example", "=A1", "a@b@c.example"])
def test_what_is_no_address_is_said_to_be_none(cell: str) -> None:
    found = read_emails(cell)
    assert found.values == ()
    assert found.unreadable


@pytest.mark.parametrize(
    ("cell", "country", "number"),
    [
        ("+46 70 123 45 67", None, "+46701234567"),
        ("0046 70 123 45 67", None, "+46701234567"),
        ("+49 (0) 170 1234567", None, "+491701234567"),
        ("0170/123 45 67", "DE", "+491701234567"),
        ("1701234567", "DE", "+491701234567"),
        ("491701234567", "DE", "+491701234567"),
        ("491701234567", None, "+491701234567"),
        ("(212) 555-0123", "US", "+12125550123"),
        ("'+34 600 123 456", None, "+34600123456"),
        ("Tel: +34 600 123 456", None, "+34600123456"),
        ("+34 600 123 456 (mobile)", None, "+34600123456"),
    ],
)
def test_numbers_are_read_as_e164(cell: str, country: str | None, number: str) -> None:
    assert read_phones(cell, country).values == (number,)


@pytest.mark.parametrize(
    ("cell", "country"), [("12", "DE"), ("555-0123", None), ("call me", "DE"), ("4.6701E+10", "SE")]
)
def test_what_is_no_number_is_said_to_be_none(cell: str, country: str | None) -> None:
    found = read_phones(cell, country)
    assert found.values == ()
    assert found.unreadable == (cell,)


def test_two_numbers_in_one_cell_are_both_read() -> None:
    assert read_phones("+46 70 123 45 67 / +46 70 123 45 68", None).values == ("+46701234567", "+46701234568")


def test_a_country_is_two_letters() -> None:
    assert checked_country("de") == "DE"
    assert checked_country("UK") == "GB"
    assert checked_country(None) is None
    with pytest.raises(UnknownCountryError):
        checked_country("Germany")
