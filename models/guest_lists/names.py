"""Takes the names of people out of a cell: couples, "Last, First", titles and unnamed companions."""

import re
from dataclasses import dataclass

from models.guest_lists.cleaning import NO_NAME, clean, clean_lines
from models.guest_lists.folding import TITLES as _LEADING_TITLES
from models.guest_lists.folding import fold, words_of


@dataclass(frozen=True)
class Person:
    """Somebody that a cell stands for: a name, or a placeholder for a companion whose name is not known yet."""

    name: str
    placeholder: bool = False
    host: str | None = None
    """Whose companion a placeholder is, where the cell says so."""


_UNNAMED_WORDS = (
    r"guests?|unnamed guest|guest name|plus ?one|plus one|plusone|plus 1|plus eins|unknown guest|additional guest|"
    r"companion|significant other|date|unnamed|unknown|tbd|tba|tbc|n n|nn|name unknown|to be (?:announced|confirmed|"
    r"determined)|gast|begleitung|begleitperson|begleiter|begleiterin|weitere person|unbekannt|unbenannt|name folgt|"
    r"acompanantes?|invitad[oa]s?|por confirmar|por determinar|sin nombre|desconocid[oa]|"
    r"accompagnante?s?|accompagnateur|accompagnatrice|invitee?s?|inconnue?|sans nom|a confirmer|"
    r"child|kid|baby|kind|nino|nina|bebe|enfant"
)
_UNNAMED = re.compile(rf"(?:the |an? |eine? |una? |une )?(?:(?:\d+(?:st|nd|rd|th)? )?(?:{_UNNAMED_WORDS})(?: \d+)?)")
_UNNAMED_OF = re.compile(
    r"^\s*(?:(?:the|a|one|eine?|una?|une)\s+)?"
    r"(?:guest|plus[- ]?one|plus[- ]1|\+\s*1|companion|date|child|kid|baby|gast|begleitung|begleitperson|kind|"
    r"acompañante|invitad[oa]|niñ[oa]|accompagnante?|invitée?|enfant)\s*(?:\d+\s*)?"
    r"(?:\s+(?:of|for|to|von|für|zu|de la|del|de|du)\s+|\s+d[’'])(?P<host>.+)$",
    re.IGNORECASE,
)
_HOST_FIRST = re.compile(
    r"^(?P<host>.+?)(?:[’']s?\s+|\s+[-–]\s*|:\s*)(?:guest|plus[- ]?one|plus[- ]1|\+\s*1|companion|date|gast|begleitung|"
    r"acompañante|invitad[oa]|accompagnante?)\s*\d*\s*\)?$",
    re.IGNORECASE,
)
_SURNAMED = re.compile(r"^(?:guest|gast|begleitung|acompañante|accompagnante?)\s+(?P<rest>\S.*)$", re.IGNORECASE)
_BARE_PLUS = re.compile(r"^\(?\s*(?:\+|plus)\s*(?P<count>\d{1,2})\s*\)?$", re.IGNORECASE)
_AND_PLUS = re.compile(
    r"^(?P<base>.*?[^\W\d_].*?)\s*(?:[,(&]\s*)?(?:\+|\bplus\s|&\s*(?=\d))\s*(?P<count>\d{1,2})\s*\)?$", re.IGNORECASE
)
_AND_UNNAMED = re.compile(
    rf"^(?P<base>.+?)\s*(?:&|\+|,|/|;|\(|\s(?:and|und|mit|with|plus|y|e|con|et|avec)\s|\s(?=plus[- ]?(?:one|1)))"
    rf"\s*\(?(?:and |und |\+ ?)?"
    rf"(?:(?:his|her|their|a|one|seine|ihre|eine|su|un|una|une|son|sa)\s+)?"
    rf"(?P<word>(?:(?P<count>\d{{1,2}})\s+)?(?:{_UNNAMED_WORDS}|acompañantes?|invitée?s?|plus[- ]one))\s*\)?$",
    re.IGNORECASE,
)
_HOUSEHOLDS = re.compile(
    r"\b(family|families|familie|familia|famille)\b|\b(and|und|y|et|&) (kids|children|kinder|hijos|enfants)\b",
    re.IGNORECASE,
)
_COMPANY = re.compile(
    r"\b(gmbh|mbh|kg|ag|ohg|co|company|ltd|limited|inc|llc|llp|plc|corp|sons|söhne|partners|partner|associates|"
    r"s\.?l\.?|s\.?a\.?|s\.?a\.?r\.?l\.?|cie|hijos|fils)\.?$",
    re.IGNORECASE,
)
_JOIN = re.compile(r"\s*(?:&|\+|;|\n|(?<!\bc)/)\s*|\s+(?:and|und|et|y|e|AND|UND|ET|Y|E)\s+")
_SPANISH_AND = re.compile(r"\s(?:y|e|Y|E)\s")
_PARTICLES = words_of(
    "von van vom zu zum zur de del della der den des di da do dos das du la le las los lo ter ten te bin "
    "ibn al el af av st saint san santa mac mc o y e dell degli"
)
_SPANISH_SURNAMES = words_of(
    "garcia ruiz torres ramos moreno romero ortiz castro ortega molina delgado vega silva mendoza rojas "
    "morales reyes herrera cruz flores diaz navarro serrano blanco suarez castillo iglesias santos medina "
    "cortes prieto mendez fuentes carrasco aguilar vidal campos leon marin rubio sanz nunez pena cabrera "
    "gallego rivera soto"
)
_SECOND_GIVEN_NAMES = words_of("maria jose luis carlos jesus antonio isabel carmen")
_RELATIVES = words_of("family familie familia famille kids children kinder ninos hijos enfants")
_SUFFIXES = words_of("jr sr ii iii iv v phd md dds esq mba msc bsc ba ma llm jun sen junior senior")
# Beside another title these are titles too, though alone they may be names or initials.
TITLES = _LEADING_TITLES | {"m", "don", "dona", "lord", "lady"}
_LONGEST = 200


class NotAName(ValueError):
    """Says, in words for the person who imports, why a cell is not a name."""


def people_in(cell: str) -> tuple[Person, ...]:
    """Return the people whom a cell with whole names stands for; an empty tuple for an empty cell.

    "Brandt, Jürgen & Heike" → Jürgen Brandt, Heike Brandt; "Maja Lindqvist +1" → Maja Lindqvist and a placeholder.
    Raises NotAName for formulas, numbers, e-mail addresses and texts of more than 200 characters.
    """
    text = _trimmed(clean_lines(cell))
    if clean(text).casefold() in NO_NAME:
        return ()
    unnamed = _placeholders(clean(text))
    if unnamed:
        return unnamed
    _check(text)
    base, extra = _without_companions(text)
    trimmed = (_trimmed(name) for name in _names(_trimmed(base)))
    named = [Person(name) for name in trimmed if any(char.isalpha() for char in name)]
    if not named:
        raise NotAName(f"“{clean(text)}” is not a name")
    host = named[0].name
    return (*named, *(Person(f"Guest of {host}", placeholder=True, host=host) for _ in range(extra)))


def people_from_parts(first: str, middle: str, last: str) -> tuple[Person, ...]:
    """Return the people of a line that has given and family names in columns of their own (couples included)."""
    first, middle, last = ("" if clean(part).casefold() in NO_NAME else clean(part) for part in (first, middle, last))
    whole = " ".join(part for part in (first, middle, last) if part)
    if not whole:
        return ()
    unnamed = _placeholders(whole)
    if unnamed:
        return unnamed
    if first and _UNNAMED.fullmatch(fold(first)):
        return (Person(whole, placeholder=True),)
    for part in (first, last):
        if part:
            _check(part)
    givens = _split(first) if first else [""]
    extra = 0
    if first:
        base, extra = _without_companions(first)
        givens = _split(base)
    surnames = (
        [part for part in re.split(r"\s*(?:&|/)\s*|\s+(?:and|und|et)\s+", last) if part] if len(givens) > 1 else []
    )
    if len(surnames) != len(givens):
        surnames = [last] * len(givens)
    if len(givens) == 1 and middle:
        givens = [f"{givens[0]} {middle}".strip()]
    names = _with_titles_shared([f"{given} {surname}".strip() for given, surname in zip(givens, surnames, strict=True)])
    host = names[0]
    people = [Person(name) for name in names]
    return (*people, *(Person(f"Guest of {host}", placeholder=True, host=host) for _ in range(extra)))


def is_unnamed(name: str) -> bool:
    """Say whether a name stands for somebody whose name is not known, such as "Guest" or "+1"."""
    return bool(_placeholders(clean(name)))


def stands_for_a_household(name: str) -> bool:
    """Say whether a name means a whole family, such as "The Okafor Family"."""
    return bool(_HOUSEHOLDS.search(name))


def _placeholders(text: str) -> tuple[Person, ...]:
    bare = _BARE_PLUS.fullmatch(text)
    if bare:
        return (Person(text, placeholder=True),) * max(1, min(int(bare.group("count")), 20))
    if text and not text.strip("?¿ ."):
        return (Person(text, placeholder=True),)
    if _UNNAMED.fullmatch(fold(text)) and not text.startswith("="):
        return (Person(text, placeholder=True),)
    of = _UNNAMED_OF.match(text) or _HOST_FIRST.match(text)
    if of:
        return (Person(text, placeholder=True, host=_in_order(of.group("host").strip())),)
    if _SURNAMED.match(text) and not _JOIN.search(text):
        return (Person(text, placeholder=True),)
    return ()


def _trimmed(text: str) -> str:
    """Return the text without the signs that join names where they stand at its ends."""
    return text.rstrip(" ,;&+/\n(").lstrip(" ,;&/\n)")


def _check(text: str) -> None:
    shown = clean(text)
    if text.startswith("="):
        raise NotAName(f"“{shown[:40]}” is a formula, not a name")
    if len(text) > _LONGEST:
        raise NotAName(f"“{shown[:40]}…” is too long to be a name")
    if "@" in text and re.search(r"\S@\S+\.\S", text):
        raise NotAName(f"“{shown}” is an e-mail address, not a name")
    if not any(char.isalpha() for char in text):
        raise NotAName(f"“{shown}” is not a name")


def _without_companions(text: str) -> tuple[str, int]:
    """Return the text without "+1" or "& guest" behind it, and how many unnamed companions that were."""
    found = _AND_PLUS.match(text)
    if found:
        return found.group("base").rstrip(" ,;&(+"), min(int(found.group("count")), 20)
    found = _AND_UNNAMED.match(text)
    if found and not text.casefold().endswith((", jr", ", sr")):
        return found.group("base").rstrip(" ,;&(+"), min(int(found.group("count") or 1), 20)
    return text, 0


def _split(text: str) -> list[str]:
    """Return the parts of a text between "&", "and", "und", "y", "et" and the like."""
    pieces = [clean(piece) for piece in _JOIN.split(text)]
    if len(pieces) > 1 and (_COMPANY.search(text) or not _RELATIVES.isdisjoint(fold(piece) for piece in pieces)):
        return [clean(text)]
    return [part for piece in pieces if (part := piece.strip(" ,"))]


def _names(text: str) -> list[str]:
    parts = _split(text)
    if len(parts) == 1:
        return _listed(parts[0]) or [_in_order(parts[0])]
    # "José Ortega y Gasset" is one man, "Ana y Luis García" and "García, Ana y Luis" are two people.
    if _SPANISH_AND.search(text) and len(parts) == 2 and _is_double_surname(text, parts):
        return [_in_order(clean(text))]
    if "," in parts[0] and not any("," in part for part in parts[1:]):
        surname, given = (piece.strip() for piece in parts[0].split(",", 1))
        if given and len(parts[-1].split()) > 1 and "," not in given and len(surname.split()) == 1:
            parts = [surname, given, *parts[1:]]
        elif given:
            parts = [
                f"{given} {surname}",
                *(part if len(part.split()) > 1 else f"{part} {surname}" for part in parts[1:]),
            ]
            return _with_titles_shared(parts)
    spread = [name for part in parts for name in (_listed(part) or [_in_order(part)])]
    return _with_titles_shared(_with_surname_shared(spread, text))


def _is_double_surname(text: str, parts: list[str]) -> bool:
    surname, comma, given = text.partition(",")
    if comma:
        return bool(_SPANISH_AND.search(surname)) and not _JOIN.search(given.strip())
    left, right = (part.split() for part in parts)
    return len(left) > 1 and len(right) == 1 and fold(left[0]) not in TITLES


def _listed(part: str) -> list[str]:
    """Return the names of a list with commas ("Anna Lang, Peter Lang"), or nothing for "Last, First"."""
    pieces = [clean(piece) for piece in part.split(",") if clean(piece)]
    if len(pieces) < 2 or any(fold(piece).replace(" ", "") in _SUFFIXES for piece in pieces):
        return []
    words = [piece.split() for piece in pieces]
    if any(len(word) < 2 for word in words):
        return []
    first, *_ = words
    surnames_first = any(fold(word) in _PARTICLES for word in first) or all(map(_is_spanish_surname, first))
    same_surname = len({fold(word[-1]) for word in words}) == 1
    return pieces if len(pieces) > 2 or same_surname or not surnames_first else []


def _in_order(name: str) -> str:
    """Return "Lindqvist, Maja" as "Maja Lindqvist"; suffixes such as "Jr." and "PhD" stay behind their comma."""
    pieces = [clean(piece) for piece in name.split(",") if clean(piece)]
    suffixes = [piece for piece in pieces[1:] if fold(piece).replace(" ", "") in _SUFFIXES]
    rest = [piece for piece in pieces if piece not in suffixes]
    ordered = " ".join((*rest[1:], *rest[:1])) if len(rest) > 1 else " ".join(rest)
    return ", ".join((ordered, *suffixes)) if ordered else clean(name)


def _with_surname_shared(names: list[str], text: str) -> list[str]:
    """Give single words the family name of the others ("Jürgen & Heike Brandt", "Maria Brandt & Jürgen")."""
    full = [name for name in names if _word_count(name) > 1]
    if not full or len(full) == len(names):
        return names
    surname = _surname(full[-1], spanish=bool(_SPANISH_AND.search(text)))
    return [name if _word_count(name) > 1 or _only_titles(name) else f"{name} {surname}" for name in names]


def _with_titles_shared(names: list[str]) -> list[str]:
    """Read "Mr & Mrs John Smith": the first title takes the whole name, the second the family name."""
    if len(names) < 2 or not _only_titles(names[0]) or _only_titles(names[-1]):
        return names
    *titled, last = names
    words = last.split()
    at = next((index for index, word in enumerate(words) if fold(word) not in TITLES), len(words) - 1)
    title, rest = " ".join(words[:at]), words[at:]
    spanish = len(rest) > 1 and _is_spanish_surname(rest[0])
    surname = " ".join(rest) if len(rest) == 1 or spanish else _surname(" ".join(rest), spanish=False)
    if not all(_only_titles(name) for name in titled):
        return names
    return [
        f"{titled[0]} {' '.join(rest)}",
        *(f"{name} {surname}" for name in titled[1:]),
        f"{title} {surname}".strip(),
    ]


def _surname(name: str, *, spanish: bool) -> str:
    words = [word for word in name.partition(",")[0].split() if fold(word) not in TITLES] or name.split()
    if spanish and len(words) > 2 and not _is_given_twice(words):
        return " ".join(words[1:])
    start = len(words) - 1
    while start > 1 and fold(words[start - 1]) in _PARTICLES:
        start -= 1
    if start > 1 and _is_spanish_surname(words[start - 1]) and _is_spanish_surname(words[start]):
        start -= 1
    return " ".join(words[start:])


def _is_given_twice(words: list[str]) -> bool:
    return len(words) == 3 and fold(words[1]) in _SECOND_GIVEN_NAMES


def _is_spanish_surname(word: str) -> bool:
    folded = fold(word)
    return folded in _SPANISH_SURNAMES or folded.endswith("ez")


def _word_count(name: str) -> int:
    return sum(fold(word) not in TITLES for word in name.split())


def _only_titles(name: str) -> bool:
    return bool(name) and all(fold(word) in TITLES for word in name.split())
