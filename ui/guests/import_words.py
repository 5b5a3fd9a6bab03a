"""The words of the import dialog: fields of a list, kinds of rows, choices and differences."""

from PySide6.QtCore import QCoreApplication, QLocale

from models.guest_lists.fields import Field
from models.importing import Choice, Difference, ImportCounts, ImportSituation, PlannedRow, RowKind
from models.invitations import Rsvp
from ui.guests.words import rsvp_word
from ui.widgets.chips import Tone

KIND_TONES = {
    RowKind.NEW: Tone.OK,
    RowKind.UPDATE: Tone.ACCENT,
    RowKind.SAME: Tone.NEUTRAL,
    RowKind.SIMILAR: Tone.WARNING,
}


def field_word(field: Field) -> str:
    """Return what a column of a list can hold, as the person chooses it."""
    words = {
        Field.NAME: _tr("Name"),
        Field.FIRST_NAME: _tr("First name"),
        Field.MIDDLE_NAME: _tr("Middle name"),
        Field.LAST_NAME: _tr("Last name"),
        Field.EMAIL: _tr("E-mail"),
        Field.PHONE: _tr("Phone"),
        Field.RSVP: _tr("RSVP"),
        Field.HOUSEHOLD: _tr("Household"),
        Field.INVITATION_CODE: _tr("Invitation code"),
        Field.DIET: _tr("Diet"),
        Field.ALLERGIES: _tr("Allergies"),
        Field.MEAL: _tr("Meal"),
        Field.ACCESSIBILITY: _tr("Accessibility"),
        Field.TABLE: _tr("Table"),
        Field.SEAT: _tr("Seat"),
        Field.TAGS: _tr("Tags"),
        Field.COMPANY: _tr("Company"),
        Field.NOTES: _tr("Notes"),
        Field.TICKET_TYPE: _tr("Ticket type"),
        Field.PLUS_ONES: _tr("Plus-ones"),
        Field.PARTY_SIZE: _tr("Party size"),
        Field.PLUS_ONE_NAME: _tr("Plus-one’s name"),
        Field.PLUS_ONE_FIRST_NAME: _tr("Plus-one’s first name"),
        Field.PLUS_ONE_LAST_NAME: _tr("Plus-one’s last name"),
        Field.PLUS_ONE_OF: _tr("Plus-one of"),
        Field.CHILDREN: _tr("Children"),
    }
    return words[field]


def kind_word(kind: RowKind) -> str:
    """Return what a row of the list is to the event."""
    words = {
        RowKind.NEW: _tr("new"),
        RowKind.UPDATE: _tr("update"),
        RowKind.SAME: _tr("the same"),
        RowKind.SIMILAR: _tr("similar"),
    }
    return words[kind]


def choice_word(choice: Choice) -> str:
    """Return what can be done with a row."""
    words = {
        Choice.ADD: _tr("Add as new"),
        Choice.UPDATE: _tr("Update"),
        Choice.SKIP: _tr("Skip"),
    }
    return words[choice]


def summary(counts: ImportCounts, problems: int) -> str:
    """Return what a list comes to, such as "24 guests: 21 new, 1 update, 1 the same, 1 similar · 2 problems"."""
    guests = _tr("1 guest") if counts.guests == 1 else _tr("{count} guests").format(count=counts.guests)
    kinds = [
        f"{count} {kind_word(kind)}"
        for kind, count in (
            (RowKind.NEW, counts.new),
            (RowKind.UPDATE, counts.updates),
            (RowKind.SAME, counts.same),
            (RowKind.SIMILAR, counts.similar),
        )
        if count
    ]
    text = f"{guests}: {', '.join(kinds)}" if kinds else guests
    if problems:
        text += " · " + (_tr("1 problem") if problems == 1 else _tr("{count} problems").format(count=problems))
    return text


def difference_text(planned: PlannedRow, situation: ImportSituation) -> str:
    """Return what an update would change, such as "E-mail: a@x.com → b@x.com"."""
    type_names = {type_id: name for name, type_id in situation.ticket_types.items()}
    return "; ".join(
        f"{_difference_word(one)}: {_value(one, one.seen, type_names) or '–'} → {_value(one, one.new, type_names)}"
        for one in planned.differences
    )


def file_side(planned: PlannedRow) -> str:
    """Return who the file names, in one line."""
    row = planned.row
    return " · ".join(part for part in (row.name, row.email, row.phone, row.household) if part)


def list_side(planned: PlannedRow) -> str:
    """Return who of the event is meant, in one line."""
    line = planned.known
    if line is None:
        return ""
    return " · ".join(part for part in (line.name, line.email, line.phone, line.household) if part)


def countries(codes: frozenset[str]) -> list[tuple[str, str]]:
    """Return the names of countries with their codes, sorted by name."""
    named = [(QLocale.territoryToString(QLocale.codeToTerritory(code)), code) for code in codes if code.isalpha()]
    return sorted(named, key=lambda pair: pair[0])


def _difference_word(difference: Difference) -> str:
    words = {
        "name": _tr("Name"),
        "email": _tr("E-mail"),
        "phone": _tr("Phone"),
        "company": _tr("Company"),
        "notes": _tr("Notes"),
        "diet": _tr("Diet"),
        "access_needs": _tr("Accessibility"),
        "meal": _tr("Meal"),
        "tags": _tr("Tags"),
        "rsvp": _tr("RSVP"),
        "ticket_type_id": _tr("Ticket type"),
    }
    return words[difference.field]


def _value(difference: Difference, value: str | tuple[str, ...] | None, type_names: dict[str, str]) -> str:
    if value is None:
        return ""
    if isinstance(value, tuple):
        return ", ".join(value)
    if difference.field == "rsvp":
        return rsvp_word(Rsvp(value))
    return type_names.get(value, value) if difference.field == "ticket_type_id" else value


def _tr(text: str) -> str:
    return QCoreApplication.translate("ImportWords", text)
