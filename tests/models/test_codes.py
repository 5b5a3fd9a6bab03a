"""Signed codes, short codes and links: what is read, and what is told apart."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.codes import (
    LONGEST_CODE,
    ShortCode,
    SignedCode,
    code_hmac,
    new_salt,
    new_serial,
    new_short_code,
    new_signing_key,
    parse_code,
    short_code_of,
    sign_ticket,
    written_short_code,
)
from models.ids import new_id

EVENT = "3f2a9c64-51d7-4b8e-9a10-6c2f5e7d8b91"
SERIAL = "00ff10a0b1c2d3e4"
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
CHECKS = ALPHABET + "*~$=U"
PRIVATE, PUBLIC = new_signing_key()
CODE = sign_ticket(PRIVATE, 7, EVENT, serial=SERIAL, admits=4, type_number=2)

numbers = st.integers(min_value=0, max_value=2**40 - 1)


def parsed(text: str) -> SignedCode:
    code = parse_code(text)
    assert isinstance(code, SignedCode)
    return code


def test_a_signed_code_says_what_was_signed() -> None:
    code = parsed(CODE)

    assert (code.key_number, code.admits, code.type_number, code.serial) == (7, 4, 2, SERIAL)
    assert code.is_of_event(EVENT)
    assert code.is_signed_by(PUBLIC, EVENT)


@given(st.integers(0, 255), st.integers(0, 255), st.integers(0, 255), st.binary(min_size=8, max_size=8), st.uuids())
def test_every_ticket_is_194_digits_and_comes_back(
    key: int, admits: int, kind: int, serial: bytes, event: object
) -> None:
    text = sign_ticket(PRIVATE, key, str(event), serial=serial.hex(), admits=admits, type_number=kind)
    code = parsed(text)

    assert len(text) == 194
    assert text.isascii()
    assert text.isdigit()
    assert (code.key_number, code.admits, code.type_number, code.serial) == (key, admits, kind, serial.hex())
    assert code.is_signed_by(PUBLIC, str(event))


def test_a_code_forged_by_any_one_bit_is_not_signed() -> None:
    forged = ["1" + str(int(CODE[1:]) ^ (1 << bit)).zfill(193) for bit in range(80 * 8)]

    assert [bit for bit, code in enumerate(forged) if parsed(code).is_signed_by(PUBLIC, EVENT)] == []


def test_a_code_of_another_event_or_key_is_not_signed() -> None:
    # The first five bytes are a hint only: an event that shares them is told apart by the signature.
    alike = EVENT[:-1] + "2"

    assert parsed(CODE).is_of_event(alike)
    assert not parsed(CODE).is_signed_by(PUBLIC, alike)
    assert not parsed(CODE).is_of_event(new_id())
    assert not parsed(CODE).is_signed_by(new_signing_key()[1], EVENT)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "7",
        CODE[:-1],
        CODE + "0",
        "2" + CODE[1:],
        "1" + "9" * 193,
        CODE.translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")),
        "1" * 10_240,
        "x" * 10_240,
        "https://tickets.example/" + "a" * LONGEST_CODE,
        "https://[broken/00000000",
        "https://tickets.example/",
        "https://tickets.example/some/page",
        "00000000U",
        "\x00" * 9,
    ],
)
def test_what_is_no_code_of_ours_is_none(text: str) -> None:
    assert parse_code(text) is None


@given(st.text(max_size=300))
def test_no_text_breaks_the_reader(text: str) -> None:
    code = parse_code(text)

    assert code is None or isinstance(code, (SignedCode, ShortCode))


def test_blanks_around_a_signed_code_do_no_harm() -> None:
    assert parse_code(f"  {CODE}\r\n") == parse_code(CODE)


@given(numbers)
def test_a_short_code_is_read_however_it_is_written(number: int) -> None:
    code = short_code_of(number)
    forms = [
        code,
        code.lower(),
        written_short_code(code),
        written_short_code(code).replace("-", " "),
        f" {code} ",
        code.replace("0", "O").replace("1", "I"),
        code.replace("1", "l"),
    ]

    assert {parse_code(form) for form in forms} == {ShortCode(code)}


@given(numbers)
def test_a_link_ends_in_a_short_code(number: int) -> None:
    code = short_code_of(number)
    encoded = "".join(f"%{ord(character):02X}" for character in code)
    forms = [
        f"https://gala.example/i/{code}",
        f"HTTPS://GALA.EXAMPLE/I/{code}/",
        f"http://gala.example:8443/a/b/{written_short_code(code)}?from=mail#top",
        f"https://gala.example/i/{encoded}",
    ]

    assert {parse_code(form) for form in forms} == {ShortCode(code)}


@given(numbers, st.integers(0, 8), st.sampled_from(CHECKS))
def test_every_single_wrong_character_is_caught(number: int, place: int, wrong: str) -> None:
    code = short_code_of(number)
    typed = code[:place] + wrong + code[place + 1 :]

    assert (parse_code(typed) is None) == (wrong != code[place])


@given(numbers, st.integers(0, 7))
def test_every_swap_of_neighbours_is_caught(number: int, place: int) -> None:
    code = short_code_of(number)
    typed = code[:place] + code[place + 1] + code[place] + code[place + 2 :]

    assert (parse_code(typed) is None) == (code[place] != code[place + 1])


def test_drawn_codes_are_valid_and_differ() -> None:
    codes = {new_short_code() for _ in range(200)}

    assert len(codes) == 200
    assert all(parse_code(code) == ShortCode(code) for code in codes)
    assert len({new_serial() for _ in range(200)}) == 200


def test_the_hmac_depends_on_the_salt() -> None:
    one, other = new_salt(), new_salt()
    code = new_short_code()

    assert code_hmac(one, code) == code_hmac(one, code)
    assert code_hmac(one, code) != code_hmac(other, code)
    assert len(code_hmac(one, code)) == 64
