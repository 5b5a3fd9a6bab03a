"""Folds text so that search and comparison forgive case, accents, punctuation and the order of names."""

import re
import unicodedata
from functools import lru_cache

# Letters that Unicode does not take apart into a plain letter and an accent.
_LETTERS = str.maketrans(
    {
        "ł": "l",
        "ø": "o",
        "đ": "d",
        "ð": "d",
        "þ": "th",
        "ħ": "h",
        "ı": "i",
        "ŧ": "t",
        "ŋ": "n",
        "æ": "ae",
        "œ": "oe",
        "ß": "ss",
        "ĸ": "k",
        "ə": "e",
        "'": "",
        "’": "",
        "‘": "",
        "ʼ": "",
        "ʻ": "",
        "ʹ": "",
        "`": "",
        "´": "",
    }
)
_SEPARATORS = re.compile(r"[\W_]+")
# Up to here an accent is an ornament for search; in later scripts (Devanagari, Thai, kana) marks are vowels and sounds.
_LAST_ACCENTED_SCRIPT = "\u06ff"


def words_of(text: str) -> frozenset[str]:
    """Return the words of a text as a set: a readable way to write long lists of them."""
    return frozenset(text.split())


TITLES = words_of(
    "mr mrs ms miss mx dr prof professor sir dame rev herr frau hr fr dipl ing "
    "sr sra srta dra mme mlle monsieur madame mademoiselle"
)
"""Folded words that may stand before a name without being part of it."""


@lru_cache(maxsize=4096)
def fold(text: str) -> str:
    """Return the text in the one spelling used to search and compare: lower case, no accents, single spaces.

    Folding twice changes nothing. Scripts whose marks are more than accents keep them.
    """
    if text.isascii():
        plain = text.casefold().translate(_LETTERS)
        return " ".join(_SEPARATORS.split(plain)).strip()
    return _fold_marks(_fold_marks(text))


def _fold_marks(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text).casefold().translate(_LETTERS)
    kept: list[str] = []
    base = ""
    for char in unicodedata.normalize("NFKD", decomposed):
        category = unicodedata.category(char)
        if category == "Cf":
            continue
        if category in {"Mn", "Me"}:
            if base > _LAST_ACCENTED_SCRIPT:
                kept.append(char)
            continue
        base = char
        kept.append(char)
    recomposed = unicodedata.normalize("NFC", "".join(kept))
    # Python's \w leaves out combining marks, which would cut words of the scripts that keep theirs.
    spaced = "".join(
        char if char.isalnum() or unicodedata.category(char).startswith("M") else " "
        for char in recomposed.translate(_LETTERS)
    )
    return " ".join(spaced.split())


def name_tokens(name: str) -> list[str]:
    """Return the folded words of a name in their order, without titles in front ("Dr. Ana Pérez" → ana, perez).

    A title stays where it tells two people apart: "Herr Brandt" and "Frau Brandt".
    """
    tokens = fold(name).split()
    start = 0
    while start < len(tokens) - 2 and tokens[start] in TITLES:
        start += 1
    return tokens[start:]


def name_key(name: str) -> str:
    """Return a key that is equal for names that differ only in case, accents, titles and the order of their words."""
    return " ".join(sorted(name_tokens(name)))
