"""Recognises which column of a table holds what."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence

from models.guest_lists.fields import PEOPLE_FIELDS, Field
from models.guest_lists.folding import fold
from models.guest_lists.headers import GROUP_HEADERS, LOOSE_NAME_HEADERS, meaning_of
from models.guest_lists.tables import TableRow

__all__ = ["Field", "has_names", "recognise_columns"]

_LOOKED_AT = 300
_MOSTLY = 0.6
_LARGEST_HOUSEHOLD = 8
_EMAIL = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")
_PHONE = re.compile(r"\+?[\d\s()./-]{7,20}")


def recognise_columns(header: Sequence[str], rows: Sequence[TableRow]) -> Mapping[Field, int]:
    """Return which column (from 0) holds which field, read off the headers and, where they leave it open, the data.

    Of two columns for one field the one with values wins, then the one with the more telling header, then the first.
    Columns that nothing is known about are left out.
    """
    sample = [row for row in rows[:_LOOKED_AT] if not row.is_blank]
    filled = [any(row.cell(column) for row in sample) for column in range(len(header))]
    best: dict[Field, tuple[tuple[bool, int, int], int]] = {}
    for column, title in enumerate(header):
        meaning = meaning_of(title)
        if meaning is None:
            continue
        field, sureness = meaning
        score = (filled[column], sureness, -column)
        if field not in best or score > best[field][0]:
            best[field] = (score, column)
    found = {field: column for field, (_, column) in best.items()}
    _settle_names(found, header, sample)
    _settle_group(found, header, sample)
    if Field.MEAL in found and Field.DIET not in found:
        found[Field.DIET] = found.pop(Field.MEAL)
    if Field.ALLERGIES in found and Field.DIET not in found:
        found[Field.DIET] = found.pop(Field.ALLERGIES)
    _guess_from_data(found, header, sample)
    return {field: found[field] for field in Field if field in found}


def has_names(mapping: Mapping[Field, int]) -> bool:
    """Say whether the columns hold names, without which no guest can be read."""
    return not PEOPLE_FIELDS.isdisjoint(mapping)


def _settle_names(found: dict[Field, int], header: Sequence[str], rows: Sequence[TableRow]) -> None:
    """Tell half a name from a whole one: "Name" beside "Vorname" is a surname, "Nombre" alone is everything."""
    if Field.NAME in found:
        name = found[Field.NAME]
        loose = fold(header[name]) in LOOSE_NAME_HEADERS
        half, other = (
            (Field.LAST_NAME, Field.FIRST_NAME) if Field.FIRST_NAME in found else (Field.FIRST_NAME, Field.LAST_NAME)
        )
        if loose and half not in found and other in found and not _contains(rows, name, found[other]):
            found[half] = found.pop(Field.NAME)
        return
    if Field.FIRST_NAME in found and Field.LAST_NAME not in found:
        lone = Field.FIRST_NAME
    elif Field.LAST_NAME in found and Field.FIRST_NAME not in found:
        lone = Field.LAST_NAME
    else:
        return
    if fold(header[found[lone]]) in LOOSE_NAME_HEADERS:
        found[Field.NAME] = found.pop(lone)


def _contains(rows: Sequence[TableRow], whole: int, part: int) -> bool:
    """Say whether one column's words are mostly among those of another."""
    pairs = [(fold(row.cell(whole)).split(), fold(row.cell(part)).split()) for row in rows]
    pairs = [(words, some) for words, some in pairs if words and some]
    return bool(pairs) and sum(set(some) <= set(words) for words, some in pairs) >= _MOSTLY * len(pairs)


def _settle_group(found: dict[Field, int], header: Sequence[str], rows: Sequence[TableRow]) -> None:
    for column, title in enumerate(header):
        if fold(title) not in GROUP_HEADERS or column in found.values():
            continue
        sizes = Counter(value for row in rows if (value := fold(row.cell(column))))
        small = bool(sizes) and max(sizes.values()) <= _LARGEST_HOUSEHOLD and len(sizes) > 1
        wanted = Field.HOUSEHOLD if small or Field.TAGS in found else Field.TAGS
        if wanted is Field.HOUSEHOLD and Field.HOUSEHOLD in found:
            wanted = Field.TAGS
        found.setdefault(wanted, column)


def _guess_from_data(found: dict[Field, int], header: Sequence[str], rows: Sequence[TableRow]) -> None:
    """Find e-mail addresses under a header that nobody knows, and everything in cells without headers."""
    free = [column for column in range(len(header)) if column not in found.values()]
    if Field.EMAIL not in found:
        _take(found, Field.EMAIL, free, rows, _EMAIL)
    if any(header):
        return
    _take(found, Field.PHONE, free, rows, _PHONE)
    if not has_names(found):
        for column in free:
            values = [row.cell(column) for row in rows if row.cell(column)]
            if values and sum(any(char.isalpha() for char in value) for value in values) >= _MOSTLY * len(values):
                found[Field.NAME] = column
                return


def _take(
    found: dict[Field, int], field: Field, free: list[int], rows: Sequence[TableRow], pattern: re.Pattern[str]
) -> None:
    for column in free:
        values = [row.cell(column) for row in rows if row.cell(column)]
        if values and sum(bool(pattern.fullmatch(value)) for value in values) >= _MOSTLY * len(values):
            found[field] = column
            free.remove(column)
            return
