"""Turns the bytes of a text file into text, whatever encoding the program that wrote it used."""

import codecs
import re
import unicodedata
from collections import Counter

from charset_normalizer import from_bytes

from models.guest_lists.errors import NotATableError, WrongEncodingError

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig", "UTF-8"),
    (codecs.BOM_UTF32_LE, "utf-32", "UTF-32"),
    (codecs.BOM_UTF32_BE, "utf-32", "UTF-32"),
    (codecs.BOM_UTF16_LE, "utf-16", "UTF-16"),
    (codecs.BOM_UTF16_BE, "utf-16", "UTF-16"),
)
_WESTERN = (
    "äöüßÄÖÜ",
    "éèêëàâîïôûùüÿçœæÉÈÊËÀÂÎÏÔÛÙÇŒ",
    "áéíóúüñÁÉÍÓÚÜÑàèòçïÀÈÒÇïãõâêôÃÕÂÊÔìù",
    "åäöæøéÅÄÖÆØÉáíóúýþðÁÍÓÚÝÞÐ",
)
_EASTERN = (
    "ąćęłńóśźżĄĆĘŁŃÓŚŹŻ",
    "áčďéěíňóřšťúůýžÁČĎÉĚÍŇÓŘŠŤÚŮÝŽäôľĺŕÄÔĽĹŔ",
    "áéíóöőúüűÁÉÍÓÖŐÚÜŰ",
    "ăâîşţșțĂÂÎŞŢȘȚ",
    "čćđšžČĆĐŠŽ",
)
_TURKISH = ("çğıöşüâîÇĞİÖŞÜ",)
_CYRILLIC = ("".join(map(chr, range(0x0400, 0x0460))) + "Ґґ",)
_GREEK = ("".join(map(chr, range(0x0386, 0x03CF))),)
_MIXED_WEST = "".join(set("".join(_WESTERN)) - set("þðýÝÞÐìù"))
# Codec, the alphabets people write with it, and a handicap: how much rarer it is than the ones before.
_SINGLE_BYTE = (
    ("cp1252", (*_WESTERN, _MIXED_WEST), 0.0),
    ("cp1250", _EASTERN, 0.02),
    ("cp1251", _CYRILLIC, 0.02),
    ("cp1253", _GREEK, 0.02),
    ("cp1254", _TURKISH, 0.03),
    ("iso8859_15", _WESTERN, 0.03),
    ("iso8859_2", _EASTERN, 0.03),
    ("mac_roman", (*_WESTERN, _MIXED_WEST), 0.04),
    ("cp850", (*_WESTERN, _MIXED_WEST), 0.05),
    ("koi8_r", _CYRILLIC, 0.05),
)
_MULTI_BYTE = ("shift_jis", "gb18030", "big5", "euc_kr")
_MAGIC = (
    (b"%PDF", "a PDF document"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"II*\x00", "a picture"),
    (b"MM\x00*", "a picture"),
    (b"RIFF", "a recording or a picture"),
    (b"\x1f\x8b", "a compressed file"),
    (b"7z\xbc\xaf", "a compressed file"),
    (b"Rar!", "a compressed file"),
    (b"PK\x03\x04", "a compressed file"),
    (b"{\\rtf", "a text document"),
    (b"SQLite format 3\x00", "a database"),
    (b"\x7fELF", "a program"),
    (b"MZ\x90", "a program"),
)
_MARKUP = re.compile(rb"^(<!doctype|<html|<\?xml|<svg|<table)", re.IGNORECASE)
_JSON_START = re.compile(rb'^(\{\s*["}]|\[\s*[\[{"])')
_WORD = re.compile(r"[^\W\d_]+")
_ACCENTS_ALL_OVER = re.compile(r"[À-ÿ]{3}")
_CAPITAL_INSIDE = re.compile(r"[a-zß-öø-ÿа-яё][A-ZÀ-ÖØ-ÞŠŸА-ЯЁ]")
_MAX_CONTROL_SHARE = 0.02
_PLAUSIBLE = 0.15
_BARELY_PLAUSIBLE = 0.5
# A list in several languages of the West is common, but one language explains a short list better.
_MIXED = 0.3
_LONG = 60
_SCORED_CHARACTERS = 60_000


def refuse_other_kinds(head: bytes, file: str) -> None:
    """Raise NotATableError where the first bytes of a file are those of a picture, a document or a program."""
    for magic, what in _MAGIC:
        if head.startswith(magic):
            raise NotATableError(file, what)
    start = head.removeprefix(codecs.BOM_UTF8).lstrip()
    if _MARKUP.match(start):
        raise NotATableError(file, "a web page or another marked-up document")
    if _JSON_START.match(start):
        raise NotATableError(file, "structured data (JSON)")


def decode_text(data: bytes, file: str) -> str:
    """Return the text of a CSV-like file.

    A byte order mark decides; then valid UTF-8; then UTF-16 by its zero bytes; else the encoding whose words look
    most like words. Raises WrongEncodingError or NotATableError (naming `file`) where nothing fits.
    """
    for bom, codec, name in _BOMS:
        if data.startswith(bom):
            try:
                return data.decode(codec)
            except UnicodeDecodeError as error:
                raise WrongEncodingError(file, name) from error
    if b"\x00" in data:
        return _decode_with_zeros(data, file)
    if _control_share(data) > _MAX_CONTROL_SHARE:
        raise NotATableError(file, "a binary file")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return _decode_legacy(data, file)


def _decode_with_zeros(data: bytes, file: str) -> str:
    even, odd = data[0::2], data[1::2]
    codec = "utf-16-le" if odd.count(0) > even.count(0) else "utf-16-be"
    high = odd if codec == "utf-16-le" else even
    # Text of any script has many zero or equal high bytes: commas, digits and line ends have a zero one.
    if high.count(0) * 10 < len(high):
        raise NotATableError(file, "a binary file")
    try:
        text = data.decode(codec)
    except UnicodeDecodeError as error:
        raise NotATableError(file, "a binary file") from error
    if sum(unicodedata.category(char) in {"Cc", "Cn", "Co"} for char in text if char not in "\r\n\t") * 50 > len(text):
        raise NotATableError(file, "a binary file")
    return text


def _control_share(data: bytes) -> float:
    sample = data[:_SCORED_CHARACTERS]
    controls = sum(sample.count(code) for code in (*range(1, 9), *range(14, 32)) if code != codecs.BOM_UTF8[0])
    return controls / max(1, len(sample))


def _decode_legacy(data: bytes, file: str) -> str:
    best: tuple[float, str] | None = None
    for codec, alphabets, handicap in _SINGLE_BYTE:
        try:
            text = data.decode(codec)
        except UnicodeDecodeError:
            continue
        score = _strangeness(text, alphabets) + handicap
        if best is None or score < best[0]:
            best = (score, text)
    if best is not None and best[0] <= _PLAUSIBLE:
        return best[1]
    guess = from_bytes(data[:_SCORED_CHARACTERS], cp_isolation=list(_MULTI_BYTE)).best()
    if guess is not None:
        try:
            return data.decode(guess.encoding)
        except UnicodeDecodeError:
            pass
    if best is None or best[0] > _BARELY_PLAUSIBLE:
        raise WrongEncodingError(file, "UTF-8 or in any other encoding known here")
    return best[1]


def _strangeness(text: str, alphabets: tuple[str, ...]) -> float:
    """Return which share of the characters beyond ASCII is unlike words in the best of the alphabets (0 to about 2)."""
    sample = text[:_SCORED_CHARACTERS]
    foreign = Counter(char for char in sample if char > "\x7f")
    total = sum(foreign.values())
    if not total:
        return 0.0
    letters = {char: count for char, count in foreign.items() if char.isalpha()}
    outside = min(
        sum(count for char, count in letters.items() if char not in alphabet) + (_MIXED if len(alphabet) > _LONG else 0)
        for alphabet in alphabets
    )
    symbols = sum(_odd_symbol(sample, at) for at, char in enumerate(sample) if char > "\x7f" and char not in letters)
    words = [word for word in _WORD.findall(sample) if not word.isascii()]
    capitals = sum(bool(_CAPITAL_INSIDE.search(word)) for word in words)
    dense = sum(bool(_ACCENTS_ALL_OVER.search(word)) for word in words)
    return (outside + symbols + capitals + dense) / total


def _odd_symbol(text: str, at: int) -> float:
    before, after = text[max(0, at - 2) : at], text[at + 1 : at + 2]
    if unicodedata.category(text[at]) in {"Cc", "Cn", "Co"}:
        return 2.0
    # O’Brien and L’Écuyer have an apostrophe behind one letter; “Garc’a” is a wrongly read í.
    if text[at] in "’´" and not before.isalpha():
        return 0.0
    return 1.0 if before[-1:].isalpha() or after.isalpha() else 0.0
