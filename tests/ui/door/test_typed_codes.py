"""Codes that come through the keyboard are told from names."""

import pytest

from models.codes import new_short_code
from ui.door.typed_codes import BURST_GAP, DigitBurst, code_in, is_like_a_code, is_short_code

SIGNED = "1" + "4" * 193


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        (SIGNED, SIGNED),
        (f" {SIGNED}\n", SIGNED),
        (f"ann{SIGNED}", SIGNED),
        ("https://example.org/i/7K3M9QXAT", "https://example.org/i/7K3M9QXAT"),
        ("annhttps://example.org/i/7K3M9QXAT", "annhttps://example.org/i/7K3M9QXAT"),
        ("4006381333931", "4006381333931"),
        ("Anna Lang", None),
        ("Katherine", None),
        ("12", None),
        ("", None),
        ("Room 101", None),
    ],
)
def test_what_was_typed_is_a_code_or_a_name(typed: str, code: str | None) -> None:
    assert code_in(typed) == code


def test_a_short_code_with_a_digit_is_a_code() -> None:
    code = next(one for one in iter(new_short_code, None) if any(map(str.isdigit, one)))
    assert code_in(f"{code[:4]}-{code[4:8]}-{code[8:]}".lower()) is not None
    assert is_short_code(code)
    assert not is_short_code(code[:-1])


def test_fast_digits_are_a_scanner_and_slow_ones_a_person() -> None:
    fast, slow = DigitBurst(), DigitBurst()
    for index in range(12):
        fast.press("7", index * BURST_GAP / 4)
        slow.press("7", index * BURST_GAP * 2)
    assert fast.is_scanner
    assert not slow.is_scanner
    assert fast.take(11 * BURST_GAP / 4) == "7" * 12
    assert slow.take(100.0) == ""


@pytest.mark.parametrize("typed", ["d226v56w", "D226-V56W", "NJZY-9V8H-", "njzy9v8h*", "7K3M 9QXA T"])
def test_a_code_with_a_slip_in_it_is_told_from_a_name(typed: str) -> None:
    assert is_like_a_code(typed)


@pytest.mark.parametrize("typed", ["Anna Lang", "Lindqvist", "xyzzy", "Room 7", "4 Okafor"])
def test_a_name_is_not_taken_for_a_code_with_a_slip(typed: str) -> None:
    assert not is_like_a_code(typed)
