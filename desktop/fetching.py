"""How far the download of a whole event is, as the screens show it: in words and for a bar."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from sync.client.download import Fetched
from ui.widgets.arrival_bar import Arrived

_MEGABYTE = 1_000_000
_KILOBYTE = 1_000


def fetching_text(fetched: Fetched) -> str:
    """Say how much of an event is here, such as “Fetching the event: 2.1 of 4.9 MB”."""
    if fetched.total < _MEGABYTE:
        text = QCoreApplication.translate("Fetching", "Fetching the event: {here} of {all} kB")
        here, whole = (f"{size // _KILOBYTE}" for size in (fetched.received, fetched.total + _KILOBYTE - 1))
    else:
        text = QCoreApplication.translate("Fetching", "Fetching the event: {here} of {all} MB")
        here, whole = (f"{size / _MEGABYTE:.1f}" for size in (fetched.received, fetched.total))
    return text.format(here=here, all=whole)


def arrived_of(fetched: Fetched | None) -> Arrived | None:
    """Give how much of an event is here, for a bar; None when it is not on its way."""
    return None if fetched is None else Arrived(fetched.received, fetched.total)
