"""The fields that a column of a guest list can hold."""

from enum import Enum


class Field(Enum):
    """What a column says about a guest; the values are the keys of the command line's JSON."""

    NAME = "name"
    FIRST_NAME = "first_name"
    MIDDLE_NAME = "middle_name"
    LAST_NAME = "last_name"
    EMAIL = "email"
    PHONE = "phone"
    RSVP = "rsvp"
    HOUSEHOLD = "household"
    INVITATION_CODE = "invitation_code"
    DIET = "diet"
    ALLERGIES = "allergies"
    MEAL = "meal"
    ACCESSIBILITY = "accessibility"
    TABLE = "table"
    SEAT = "seat"
    TAGS = "tags"
    COMPANY = "company"
    NOTES = "notes"
    TICKET_TYPE = "ticket_type"
    PLUS_ONES = "plus_ones"
    """How many come along, or whether somebody does, or who."""
    PARTY_SIZE = "party_size"
    """How many the line stands for, the named guest included."""
    PLUS_ONE_NAME = "plus_one_name"
    PLUS_ONE_FIRST_NAME = "plus_one_first_name"
    PLUS_ONE_LAST_NAME = "plus_one_last_name"
    PLUS_ONE_OF = "plus_one_of"
    CHILDREN = "children"
    """The names of children, or how many."""


PEOPLE_FIELDS = frozenset({Field.NAME, Field.FIRST_NAME, Field.LAST_NAME})
"""At least one of these has to be there for a table to be a guest list."""
