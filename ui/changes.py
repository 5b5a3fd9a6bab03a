"""The one signal that rows changed: screens repaint from it, whoever made the change."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal


class Changes(QObject):
    """Tells all screens which rows changed (a ``models.store.rows.Change``), from here or from afar."""

    changed = Signal(object)
