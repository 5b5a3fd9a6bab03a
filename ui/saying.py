"""Gives the words that come from the models in the language of the screen, each under its context of translation."""

from PySide6.QtCore import QCoreApplication


def say_at_door(text: str) -> str:
    """Give a text of the door's words."""
    return QCoreApplication.translate("DoorWords", text)


def say_conflict(text: str) -> str:
    """Give a text of the inbox's words."""
    return QCoreApplication.translate("ConflictWords", text)


def say_report(text: str) -> str:
    """Give a text of the words about what waits for a server, what it refused, and which devices there are."""
    return QCoreApplication.translate("OutboxReport", text)
