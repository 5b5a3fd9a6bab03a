"""What a ticket shows: the signed code, the short code typed by hand, and the link that ends in one.

The signed code is the digit ``1`` and 193 decimal digits of 80 bytes: key 1, admits 1, ticket type 1,
event 5, ticket 8, Ed25519 signature 64. It is signed over ``usher-ticket-1``, the event's whole UUID and
the first 16 bytes, so that a code of one event never passes for another's.
"""

from __future__ import annotations

import hmac
import re
import secrets
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import unquote, urlsplit
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

_PREFIX = b"usher-ticket-1"
_DIGITS = 193
_BYTES = 80
LONGEST_CODE = 2_000
"""Texts longer than this are never codes of ours."""

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_CHECKS = _ALPHABET + "*~$=U"
_WRITTEN_CODE = re.compile(r"(?<![\w-])[0-9A-Za-z]{4}-?[0-9A-Za-z]{4}-?[0-9A-Za-z*~$=](?![\w-])")
_LOOKALIKES = str.maketrans({"O": "0", "I": "1", "L": "1", "-": None, " ": None})


@dataclass(frozen=True, slots=True)
class SignedCode:
    """A signed code taken apart; nothing about it has been checked yet."""

    key_number: int
    admits: int
    type_number: int
    event_hint: bytes
    serial: str
    head: bytes
    signature: bytes

    def is_of_event(self, event_id: str) -> bool:
        """Tell whether the hint names this event."""
        return self.event_hint == UUID(event_id).bytes[:5]

    def is_signed_by(self, public_key: str, event_id: str) -> bool:
        """Check the signature with a public key (64 hexadecimal digits) for an event."""
        try:
            _public_key(public_key).verify(self.signature, _PREFIX + UUID(event_id).bytes + self.head)
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True, slots=True)
class ShortCode:
    """A short code: 40 bits and a check character, as typed or at the end of a link."""

    text: str


def new_serial() -> str:
    """Draw a ticket's random id, 16 hexadecimal digits."""
    return secrets.token_hex(8)


def new_short_code() -> str:
    """Draw a short code: 8 characters of Crockford's base 32 and a check character (modulo 37)."""
    return short_code_of(secrets.randbits(40))


def short_code_of(number: int) -> str:
    """Write 40 bits as a short code: most significant first, the check character is the number modulo 37."""
    characters = [_ALPHABET[(number >> shift) & 31] for shift in range(35, -1, -5)]
    return "".join(characters) + _CHECKS[number % 37]


def new_salt() -> str:
    """Draw an event's salt for code HMACs."""
    return secrets.token_hex(32)


def code_hmac(salt: str, code: str) -> str:
    """Give the HMAC-SHA256 that stands for a short code in a copy, 64 hexadecimal digits."""
    return hmac.digest(bytes.fromhex(salt), code.encode(), "sha256").hex()


def new_signing_key() -> tuple[str, str]:
    """Draw an Ed25519 key: private and public half, 64 hexadecimal digits each."""
    key = Ed25519PrivateKey.generate()
    return key.private_bytes_raw().hex(), key.public_key().public_bytes_raw().hex()


def sign_ticket(private_key: str, key_number: int, event_id: str, *, serial: str, admits: int, type_number: int) -> str:
    """Make the signed code of a ticket: 194 digits. ``admits`` and the numbers fit a byte (ValueError)."""
    event = UUID(event_id).bytes
    head = bytes([key_number, admits, type_number]) + event[:5] + bytes.fromhex(serial)
    signature = _private_key(private_key).sign(_PREFIX + event + head)
    return "1" + str(int.from_bytes(head + signature)).zfill(_DIGITS)


def parse_code(text: str) -> SignedCode | ShortCode | None:
    """Read a shown text as one of the three forms; None when it is none of them."""
    text = text.strip()
    if not text or len(text) > LONGEST_CODE:
        return None
    if len(text) == _DIGITS + 1 and text.isascii() and text.isdigit():
        return _parse_signed(text)
    if "://" in text:
        try:
            text = unquote(urlsplit(text).path).rstrip("/").rpartition("/")[2]
        except ValueError:
            return None
    code = text.upper().translate(_LOOKALIKES)
    if len(code) != 9 or any(character not in _ALPHABET for character in code[:8]):
        return None
    number = 0
    for character in code[:8]:
        number = number * 32 + _ALPHABET.index(character)
    return ShortCode(code) if short_code_of(number) == code else None


def without_short_codes(text: str, instead: str) -> str:
    """Put something else in the place of the short codes in a text, as printed or in capitals run together.

    Rather a word too many goes than a code too few stays: one in 37 words of nine capitals or digits passes for one.
    """
    return _WRITTEN_CODE.sub(lambda word: instead if _is_written_code(word[0]) else word[0], text)


def written_short_code(code: str) -> str:
    """Give a short code as it is printed for people: ``7K3M-9QXA-T``."""
    return f"{code[:4]}-{code[4:8]}-{code[8:]}"


def _is_written_code(word: str) -> bool:
    # A code may well be drawn without a digit; of words in capitals the check character lets few through.
    return ("-" in word or word == word.upper()) and isinstance(parse_code(word), ShortCode)


def _parse_signed(text: str) -> SignedCode | None:
    number = int(text[1:])
    if text[0] != "1" or number.bit_length() > _BYTES * 8:
        return None
    data = number.to_bytes(_BYTES)
    head, signature = data[:16], data[16:]
    return SignedCode(head[0], head[1], head[2], head[3:8], head[8:16].hex(), head, signature)


@lru_cache(maxsize=256)
def _public_key(text: str) -> Ed25519PublicKey:
    return Ed25519PublicKey.from_public_bytes(bytes.fromhex(text))


@lru_cache(maxsize=256)
def _private_key(text: str) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(text))
