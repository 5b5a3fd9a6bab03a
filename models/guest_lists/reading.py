"""Reads the guests out of a table, and says of every line that is not taken over as it stands why."""

import re
from collections.abc import Mapping
from dataclasses import replace

from models.guest_lists.answers import LARGEST_COUNT, read_count, read_rsvp, read_tags
from models.guest_lists.cleaning import clean, clean_lines, value_or_none
from models.guest_lists.contacts import Contacts, checked_country, read_emails, read_phones
from models.guest_lists.drafts import Draft, LineDraft, without_repeats
from models.guest_lists.fields import Field
from models.guest_lists.folding import fold
from models.guest_lists.households import bring_together
from models.guest_lists.names import NotAName, Person, people_from_parts, people_in, stands_for_a_household
from models.guest_lists.rows import GuestList, GuestRow, Problem
from models.guest_lists.tables import Sheet, TableRow
from models.invitations import Rsvp

_SHORT = 200
_SUMMARY = re.compile(
    r"(?:(?:grand|sub|overall) ?)?(?:totals?|totales|subtotals?|sums?|count|headcount|number|summe|insgesamt|anzahl|"
    r"gesamt(?:summe|zahl|anzahl)?|zwischensumme|suma|recuento|somme|sous total)"
    r"(?: (?:guests?|people|persons?|invited|attending|accepted|declined|pending|confirmed|coming|adults?|kids|"
    r"children|rsvps?|yes|no|seats?|tables?|of|for|and|count|number|gaste|personen|zusagen|absagen|erwachsene|kinder|"
    r"der|de|d|invitados|personas|asistentes|invites|personnes|general|generale?|anzahl|\d+))*"
    r"|\d+ (?:guests?|gaste|invitados|invites|people|personen|personas|personnes)(?: .*)?"
)
_WHOLE_NUMBER = re.compile(r"^(\d+)[.,]0+$")
_HEADING = re.compile(r"(?:table|tisch|mesa|group|gruppe|grupo|groupe) \d+")
_REMARK = re.compile(
    r"^(?:\*|#|//|note:|notes:|hinweis:|nota:|remarque:|last updated|stand:|exported|generated)", re.IGNORECASE
)
_BETWEEN_CHILDREN = re.compile(r"\s*[,;&\n+]\s*|\s+(?:and|und|y|e|et)\s+", re.IGNORECASE)
_COMPANION_FIELDS = (Field.PLUS_ONES, Field.PLUS_ONE_NAME)


def read_guests(sheet: Sheet, mapping: Mapping[Field, int], country: str | None = None) -> GuestList:
    """Return the guests of a table and its problems, each with its line.

    `mapping` says which column (from 0) holds which field; `country` (two letters) is that of phone numbers without a
    country's prefix. A line without a readable name is a problem and no guest; a line with an e-mail address or phone
    number that cannot be read is a guest without it, and a problem. Raises UnknownCountryError.
    """
    reader = _Reader(sheet, mapping, checked_country(country))
    for row in sheet.rows:
        if not row.is_blank:
            reader.read(row)
    rows = bring_together(without_repeats(reader.lines, reader.problems))
    problems = sorted(reader.problems, key=lambda problem: problem.line)
    skipped = tuple(Problem(row.line, "This line stands above the headers.") for row in sheet.lines_above)
    return GuestList(tuple(rows), tuple(problems), skipped)


class _Reader:
    """Reads line after line into drafts and collects the problems."""

    def __init__(self, sheet: Sheet, mapping: Mapping[Field, int], country: str | None) -> None:
        self.lines: list[LineDraft] = []
        self.problems: list[Problem] = []
        self._sheet = sheet
        self._mapping = mapping
        self._country = country
        mapped = set(mapping.values())
        codes = {mapping[Field.INVITATION_CODE]} if Field.INVITATION_CODE in mapping else set[int]()
        self._other_columns = [
            (title, column) for column, title in enumerate(sheet.header) if title and column not in mapped - codes
        ]
        self._header = {column: fold(title) for column, title in enumerate(sheet.header)}

    def read(self, row: TableRow) -> None:
        """Read one line that is not blank: into a draft, or into a problem."""
        row = self._with_name_in_one_cell(row)
        why = self._no_guest(row)
        if why:
            self._complain(row, why)
            return
        try:
            people = self._people(row)
        except NotAName as error:
            self._complain(row, f"{error}, so this line was not imported.")
            return
        if not people:
            self._complain(row, "There is no name on this line, so it was not imported.")
            return
        self.lines.append(self._draft(row, people))
        self._look_at_the_rest(row, people)

    def _with_name_in_one_cell(self, row: TableRow) -> TableRow:
        """Put "Lindqvist, Maja" together again where its comma has cut it and moved all other cells to the right."""
        name, email = self._mapping.get(Field.NAME), self._mapping.get(Field.EMAIL)
        width = len(self._sheet.header)
        if name is None or email is None or email <= name or len(row.cells) <= width:
            return row
        if "@" in row.cell(email) or "@" not in row.cell(email + 1):
            return row
        joined = ", ".join(row.cells[name : name + 2])
        self._complain(row, f"“{joined}” was read as one name, although its comma parts two cells.")
        return TableRow(row.line, (*row.cells[:name], joined, *row.cells[name + 2 :]))

    def _cell(self, row: TableRow, field: Field) -> str:
        return row.cell(self._mapping.get(field))

    def _complain(self, row: TableRow, reason: str) -> None:
        self.problems.append(Problem(row.line, reason))

    def _no_guest(self, row: TableRow) -> str | None:
        """Return why a line is none of a guest (headers again, a total, a heading, a remark), or None if it may be."""
        filled = [(column, cell) for column, cell in enumerate(row.cells) if cell]
        same = sum(fold(cell) == self._header.get(column, "") != "" for column, cell in filled)
        if same == len(filled) and same >= min(2, len(self._mapping)) and self._sheet.is_headed:
            return "This line repeats the headers, so it was left out."
        first = fold(filled[0][1])
        if _SUMMARY.fullmatch(first) and not any("@" in cell for _, cell in filled):
            return f"“{clean(filled[0][1])}” looks like a total and not like a guest, so this line was left out."
        if len(filled) == 1 and len(self._sheet.header) > 1:
            text = filled[0][1]
            if text.endswith(":") or _HEADING.fullmatch(first):
                return f"“{clean(text)}” looks like a heading and not like a guest, so this line was left out."
            if _REMARK.match(text):
                return f"“{clean(text)[:80]}” looks like a remark and not like a guest, so this line was left out."
        return None

    def _people(self, row: TableRow) -> tuple[Person, ...]:
        first, middle, last = (
            self._cell(row, field) for field in (Field.FIRST_NAME, Field.MIDDLE_NAME, Field.LAST_NAME)
        )
        people = people_from_parts(first, middle, last) if first or last else ()
        if not people:
            people = people_in(self._cell(row, Field.NAME))
        host = value_or_none(self._cell(row, Field.PLUS_ONE_OF))
        if host is None:
            return people
        if not people:
            return (Person(f"Guest of {host}", placeholder=True, host=host),)
        return (replace(people[0], host=host), *people[1:])

    def _draft(self, row: TableRow, people: tuple[Person, ...]) -> LineDraft:
        template = self._template(row)
        emails = self._contacts(row, Field.EMAIL, read_emails(self._cell(row, Field.EMAIL)), people)
        phones = self._contacts(row, Field.PHONE, read_phones(self._cell(row, Field.PHONE), self._country), people)
        guests: list[Draft] = []
        for at, person in enumerate(people):
            guest = replace(template, name=person.name, placeholder=person.placeholder, plus_one_of=person.host)
            if person.placeholder and at:
                guest = replace(guest, notes=None, others=(), diet=None, meal=None, seat=None, accessibility=None)
            else:
                guest = replace(guest, email=_share(emails, at), phone=_share(phones, at))
            if at:
                guest = replace(guest, seat=None)
            guests.append(Draft(guest, host=guests[0] if at and person.placeholder else None))
        named = [person.name for person in people if not person.placeholder]
        line = LineDraft(
            row.line, self._label(row, people), guests, code=value_or_none(self._cell(row, Field.INVITATION_CODE))
        )
        for guest in guests:
            guest.code = line.code
        if named:
            self._read_companions(row, line)
        return line

    def _label(self, row: TableRow, people: tuple[Person, ...]) -> str:
        """Return the household's name for a line with several people: the couple as written, or the host."""
        named = [person for person in people if not person.placeholder]
        if len(named) < 2:
            return people[0].name
        parts = (clean(self._cell(row, field)) for field in (Field.FIRST_NAME, Field.LAST_NAME))
        return " ".join(part for part in parts if part) or clean(self._cell(row, Field.NAME))

    def _template(self, row: TableRow) -> GuestRow:
        diet, allergies = self._short(row, Field.DIET), self._short(row, Field.ALLERGIES)
        if allergies and allergies != diet:
            diet = f"{diet}; {allergies}" if diet else allergies
        others = tuple((title, text) for title, column in self._other_columns if (text := clean(row.cell(column))))
        return GuestRow(
            name="",
            line=row.line,
            rsvp=self._rsvp(row),
            household=self._short(row, Field.HOUSEHOLD),
            diet=diet,
            meal=self._short(row, Field.MEAL),
            table=self._short(row, Field.TABLE),
            seat=self._short(row, Field.SEAT),
            tags=read_tags(self._cell(row, Field.TAGS)),
            company=self._short(row, Field.COMPANY),
            accessibility=self._short(row, Field.ACCESSIBILITY),
            ticket_type=self._short(row, Field.TICKET_TYPE),
            notes=clean_lines(self._cell(row, Field.NOTES)) or None,
            others=others,
        )

    def _short(self, row: TableRow, field: Field) -> str | None:
        text = value_or_none(self._cell(row, field))
        if text is not None:
            text = _WHOLE_NUMBER.sub(r"\1", text)
        if text is None or len(text) <= _SHORT:
            return text
        title = self._sheet.header[self._mapping[field]] or field.value
        self._complain(row, f"The text under “{title}” is longer than {_SHORT} characters and was cut there.")
        return text[:_SHORT].rstrip()

    def _rsvp(self, row: TableRow) -> Rsvp:
        cell = self._cell(row, Field.RSVP)
        rsvp = read_rsvp(cell)
        if rsvp is None:
            self._complain(
                row, f"The answer “{clean(cell)[:80]}” was not understood; the guest was imported as pending."
            )
            return Rsvp.PENDING
        return rsvp

    def _contacts(self, row: TableRow, field: Field, found: Contacts, people: tuple[Person, ...]) -> tuple[str, ...]:
        what = "e-mail address" if field is Field.EMAIL else "phone number"
        for text in found.unreadable:
            hint = ""
            if field is Field.PHONE and self._country is None and not text.lstrip("'(").startswith(("+", "00")):
                hint = " without a country code"
            self._complain(row, f"“{text[:80]}” is not a usable {what}{hint}; the guest was imported without it.")
        named = max(1, sum(not person.placeholder for person in people))
        for text in found.values[named:]:
            self._complain(row, f"A guest has one {what}: “{text}” was left out, “{found.values[0]}” was kept.")
        return found.values[:named]

    def _read_companions(self, row: TableRow, line: LineDraft) -> None:
        """Read who else comes with the people of a line: names, numbers or a yes."""
        counted = named = 0
        for field in _COMPANION_FIELDS:
            text = self._cell(row, field)
            if not text:
                continue
            count = read_count(text)
            if count is not None:
                counted = max(counted, self._sensible(row, field, count))
                continue
            try:
                people = people_in(text)
            except NotAName:
                self._complain(row, f"The companions “{clean(text)[:80]}” were not understood and were left out.")
                continue
            line.companions += [person.name for person in people if not person.placeholder]
            counted = max(counted, len(people))
        parts = [clean(self._cell(row, field)) for field in (Field.PLUS_ONE_FIRST_NAME, Field.PLUS_ONE_LAST_NAME)]
        try:
            for person in people_from_parts(parts[0], "", parts[1]):
                counted = max(counted, 1)
                line.companions += [] if person.placeholder else [person.name]
        except NotAName as error:
            self._complain(row, f"{error}; this companion was left out.")
        line.companions = list(dict.fromkeys(line.companions))
        named = len(line.companions)
        line.unnamed = max(0, counted - named) + self._children(row, line)
        size = self._cell(row, Field.PARTY_SIZE)
        if size:
            count = read_count(size)
            if count is None:
                self._complain(row, f"The number of guests “{clean(size)[:80]}” was not understood and was left out.")
            line.party_size = self._sensible(row, Field.PARTY_SIZE, count or 0)

    def _children(self, row: TableRow, line: LineDraft) -> int:
        """Add the children who have names to the companions and return how many have none."""
        text = self._cell(row, Field.CHILDREN)
        count = read_count(text)
        if count is not None:
            return self._sensible(row, Field.CHILDREN, count)
        for piece in _BETWEEN_CHILDREN.split(text):
            if any(char.isalpha() for char in piece) and not piece.startswith("="):
                line.companions.append(clean(piece))
            elif piece.strip():
                self._complain(row, f"“{clean(piece)[:80]}” is not the name of a child and was left out.")
        return 0

    def _sensible(self, row: TableRow, field: Field, count: int) -> int:
        if count <= LARGEST_COUNT:
            return count
        title = self._sheet.header[self._mapping[field]] or field.value
        self._complain(row, f"{count} under “{title}” is more than {LARGEST_COUNT} companions, so none were added.")
        return 0

    def _look_at_the_rest(self, row: TableRow, people: tuple[Person, ...]) -> None:
        """Say what needs a look: families as one guest, lost letters, cells beyond the headers."""
        name = people[0].name
        if len(people) == 1 and not people[0].placeholder and stands_for_a_household(name):
            self._complain(row, f"“{name}” sounds like a whole household and was imported as one guest.")
        if any("\ufffd" in person.name for person in people):
            self._complain(row, f"“{name}” has letters that were lost when the list was saved; correct the name.")
        beyond = [cell for cell in row.cells[len(self._sheet.header) :] if cell]
        if beyond:
            self._complain(row, f"“{clean(beyond[0])[:80]}” stands to the right of the last header and was left out.")


def _share(values: tuple[str, ...], at: int) -> str | None:
    """Return the value of the person at a place of a line: their own, or the one that the line's people share."""
    if not values:
        return None
    return values[at] if at < len(values) else values[0] if len(values) == 1 else None
