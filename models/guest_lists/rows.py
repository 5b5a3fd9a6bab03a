"""What comes out of reading a guest list: guests, and every line that needs a person's eye."""

from dataclasses import dataclass

from models.invitations import Rsvp


@dataclass(frozen=True)
class GuestRow:
    """One guest as read from a list; missing values are None."""

    name: str
    line: int
    """The line of the file (from 1) that the guest stands on; a couple in one cell shares it."""
    email: str | None = None
    """In lower case, valid in form."""
    phone: str | None = None
    """In E.164."""
    rsvp: Rsvp = Rsvp.PENDING
    household: str | None = None
    """Equal for all who share an invitation."""
    diet: str | None = None
    table: str | None = None
    tags: tuple[str, ...] = ()
    placeholder: bool = False
    """Whether this is a companion whose name is not known yet."""
    plus_one_of: str | None = None
    """The name of the guest who brings this one."""
    meal: str | None = None
    seat: str | None = None
    company: str | None = None
    accessibility: str | None = None
    notes: str | None = None
    ticket_type: str | None = None
    others: tuple[tuple[str, str], ...] = ()
    """Values of columns that Usher has no field for, with their headers."""


@dataclass(frozen=True)
class Problem:
    """Something about a line of the file that was not taken over as it stands, and why."""

    line: int
    reason: str


@dataclass(frozen=True)
class GuestList:
    """The guests of a table and its problems, both in the order of the file."""

    rows: tuple[GuestRow, ...]
    problems: tuple[Problem, ...]
    skipped: tuple[Problem, ...] = ()
    """Lines above the headers, such as the title of the list: no guests, and nothing to settle."""
