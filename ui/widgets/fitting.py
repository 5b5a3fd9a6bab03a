"""Makes dialogs and panels exactly as high as their texts need, which break their lines at a given width."""

from __future__ import annotations

from PySide6.QtWidgets import QDialog, QWidget


def fit_height(dialog: QDialog, width: int) -> None:
    """Make a dialog ``width`` logical pixels wide and as high as its layout wants to be then.

    By itself a dialog is measured at a narrower width, and does not follow a text that grows.
    """
    layout = dialog.layout()
    assert layout is not None
    polish_whole(dialog)
    layout.activate()
    dialog.resize(width, layout.totalHeightForWidth(width))


def polish_whole(widget: QWidget) -> None:
    """Let a widget and everything in it know their fonts: before they are shown for the first time they do not."""
    widget.ensurePolished()
    for part in widget.findChildren(QWidget):
        part.ensurePolished()
