"""Where a whole event is saved to, and by which version of the program."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QFileDialog, QWidget

from desktop.paths import file_name_for
from models.event_files import SUFFIX


def choose_event_file(parent: QWidget, title: str) -> Path | None:
    """Ask for the file that an event of this title is saved to; None when nobody wants one."""
    chosen, _ = QFileDialog.getSaveFileName(
        parent,
        QCoreApplication.translate("EventSaving", "Save event to a file"),
        str(Path.home() / f"{file_name_for(title)}{SUFFIX}"),
        QCoreApplication.translate("EventSaving", "Saved events ({pattern})").format(pattern=f"*{SUFFIX}"),
    )
    if not chosen:
        return None
    return Path(chosen if chosen.endswith(SUFFIX) else f"{chosen}{SUFFIX}")


def app_version() -> str:
    """Give the program's version, as saved events hold it."""
    return QCoreApplication.applicationVersion() or "0"
