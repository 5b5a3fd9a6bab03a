"""Reads e-mail addresses and phone numbers as people type them."""

import re
from dataclasses import dataclass

import phonenumbers
from email_validator import EmailNotValidError, validate_email
from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberFormat, ValidationResult

from models.guest_lists.cleaning import clean, value_or_none
from models.guest_lists.errors import UnknownCountryError

_BETWEEN_ADDRESSES = re.compile(r"[\s,;|]+")
_IN_BRACKETS = re.compile(r"<([^<>]*)>")
_WRAPPING = "<>()[]'\"“”„.,;:"
_BETWEEN_NUMBERS = re.compile(r"\s*[;|\n]\s*|\s*,\s*|\s+/\s+|\s+(?:or|oder|o|ou)\s+|/(?=\s*\+)", re.IGNORECASE)
_TRUNK_ZERO = re.compile(r"\(\s*0\s*\)")
_LABEL = re.compile(r"^[A-Za-zÀ-ÿ. ]{1,20}:?\s*(?=[+(\d])|\([A-Za-zÀ-ÿ. ]+\)\s*$")
_EXPONENT = re.compile(r"\d(?:[.,]\d+)?e\+?\d+", re.IGNORECASE)
_LONG_WITH_COUNTRY = 11
_OTHER_NAMES = {"UK": "GB", "EL": "GR"}


@dataclass(frozen=True)
class Contacts:
    """What a cell held: the values that can be used, and the texts that cannot."""

    values: tuple[str, ...] = ()
    unreadable: tuple[str, ...] = ()


def checked_country(country: str | None) -> str | None:
    """Return a country as the two capital letters that phone numbers need; raises UnknownCountryError."""
    if country is None or not country.strip():
        return None
    code = country.strip().upper()
    code = _OTHER_NAMES.get(code, code)
    if code not in phonenumbers.SUPPORTED_REGIONS:
        raise UnknownCountryError(country)
    return code


def read_emails(cell: str) -> Contacts:
    """Return the e-mail addresses of a cell, in lower case, checked for form only (nothing is looked up)."""
    text = value_or_none(cell)
    if text is None:
        return Contacts()
    bracketed = [inner for inner in _IN_BRACKETS.findall(text) if "@" in inner]
    pieces = bracketed or _BETWEEN_ADDRESSES.split(text)
    candidates = [piece for piece in pieces if "@" in piece]
    if not candidates:
        return Contacts(unreadable=(text,))
    good: list[str] = []
    bad: list[str] = []
    for candidate in candidates:
        address = _checked_email(candidate)
        if address is None:
            bad.append(candidate)
        elif address not in good:
            good.append(address)
    if not bracketed and len(pieces) > 1 and not good:
        bad = [text]
    return Contacts(tuple(good), tuple(bad))


def _checked_email(text: str) -> str | None:
    address = re.sub(r"^mailto:", "", text.strip(_WRAPPING), flags=re.IGNORECASE).strip(_WRAPPING)
    try:
        # The test environment's rules allow .test domains; deliverability would ask the network.
        checked = validate_email(address, check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        return None
    return checked.normalized.lower()


def read_phones(cell: str, country: str | None) -> Contacts:
    """Return the phone numbers of a cell in E.164; numbers without a country's prefix are read as of `country`."""
    if value_or_none(cell) is None:
        return Contacts()
    whole = _e164(clean(cell), country)
    if whole is not None:
        return Contacts((whole,))
    good: list[str] = []
    bad: list[str] = []
    for piece in _BETWEEN_NUMBERS.split(cell):
        if not piece.strip():
            continue
        number = _e164(piece, country)
        if number is None:
            bad.append(clean(piece))
        elif number not in good:
            good.append(number)
    return Contacts(tuple(good), tuple(bad))


def _e164(text: str, country: str | None) -> str | None:
    number = _TRUNK_ZERO.sub("", _LABEL.sub("", text.strip().lstrip("'’")).strip())
    if _EXPONENT.fullmatch(number):
        return None
    number = re.sub(r"^00(?=[1-9])", "+", number.replace("O", "0") if number[:1].isdigit() else number)
    parsed = _parsed(number, country)
    digits = re.sub(r"\D", "", number)
    if not number.startswith("+") and len(digits) >= _LONG_WITH_COUNTRY and not digits.startswith("0"):
        # Spreadsheets drop the plus of numbers; "49170…" is then a whole number, not a German one of 49170.
        whole = _parsed("+" + digits, None)
        own = country is not None and phonenumbers.country_code_for_region(country)
        if whole is not None and phonenumbers.is_valid_number(whole):
            valid_here = parsed is not None and phonenumbers.is_valid_number(parsed)
            if whole.country_code == own or not valid_here:
                parsed = whole
    if parsed is None:
        return None
    return phonenumbers.format_number(parsed, PhoneNumberFormat.E164)


def _parsed(number: str, country: str | None) -> PhoneNumber | None:
    try:
        parsed = phonenumbers.parse(number, country)
    except NumberParseException:
        return None
    # Possible rather than valid: lists hold numbers of ranges newer than the tables of this library.
    if phonenumbers.is_possible_number_with_reason(parsed) != ValidationResult.IS_POSSIBLE:
        return None
    return parsed
