"""The errors that Usher explains to people: each has a stable code and one clear sentence."""

from __future__ import annotations


class UsherError(Exception):
    """Something that can be explained to a person: what, where, and what to do.

    ``code`` is stable (screens translate it, programs match on it), ``message`` is one English
    sentence, ``details`` are values for the log and for translated sentences.
    """

    def __init__(self, code: str, message: str, **details: object) -> None:
        """Keep the code, the sentence and the details."""
        super().__init__(message)
        self.code = code
        self.message = message
        self.details = details


class Refused(UsherError):
    """An operation that the rules of the domain do not allow in the present state."""


class StoreError(UsherError):
    """The database cannot be used as it is: locked, damaged, full or of a newer schema."""


class SyncError(UsherError):
    """The other end cannot be reached, or does not answer as the protocol says."""


class BadInput(UsherError):
    """A file, a code or a field that cannot be read as what it should be."""
