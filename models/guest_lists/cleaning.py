"""Cleans the text of cells: one Unicode form, plain spaces, nothing invisible."""

import re
import unicodedata

_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb"
    "\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f]"
)
_JOINERS = re.compile("[\u200c\u200d]")
_BLANKS = re.compile(r"[^\S\n]+")
_NEWLINES = re.compile(r"\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
# Joiners shape letters only in scripts that come after Latin, Greek, Cyrillic and Hebrew.
_FIRST_JOINED_SCRIPT = "\u0600"

NO_VALUE = frozenset({"", "-", "–", "—", "--", ".", "n/a", "#n/a", "n.a.", "null", "none", "nan", "#ref!", "#name?",
                      "#value!", "keine", "keiner", "kein", "k.a.", "ninguno", "ninguna", "aucun", "aucune", "(none)",
                      "(blank)", "undefined"})  # fmt: skip
"""What people and programs write, in lower case, where they mean that a cell has no value."""

NO_NAME = frozenset(
    {"", "-", "–", "—", "--", ".", "n/a", "#n/a", "n.a.", "k.a.", "#ref!", "#name?", "#value!", "(blank)"}
)
"""The shorter list for names: there are people called Null and None."""


def clean_lines(text: str) -> str:
    """Return the text in NFC with plain single spaces and no invisible characters; line breaks stay."""
    if text.isascii() and text.isprintable() and "  " not in text:
        return text.strip()
    joined = _NEWLINES.sub("\n", unicodedata.normalize("NFC", text))
    visible = _JOINERS.sub(_keep_between_joined_letters, _INVISIBLE.sub("", joined))
    lines = [_BLANKS.sub(" ", line).strip() for line in visible.split("\n")]
    return unicodedata.normalize("NFC", "\n".join(lines).strip("\n"))


def clean(text: str) -> str:
    """Return the text cleaned like `clean_lines`, on one line."""
    return " ".join(clean_lines(text).split())


def value_or_none(text: str) -> str | None:
    """Return the cleaned text on one line, or None where it only says that there is no value."""
    cleaned = clean(text)
    return None if cleaned.casefold() in NO_VALUE else cleaned


def _keep_between_joined_letters(match: re.Match[str]) -> str:
    before = match.string[match.start() - 1] if match.start() else ""
    after = match.string[match.end()] if match.end() < len(match.string) else ""
    return match.group() if min(before, after) >= _FIRST_JOINED_SCRIPT else ""
