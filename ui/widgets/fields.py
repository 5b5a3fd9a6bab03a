"""Spin boxes that leave room between their border and their text."""

from PySide6.QtCore import QEvent, QTime
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import QAbstractSpinBox, QSpinBox, QTimeEdit, QWidget

_TEXT_LEFT = 9
_ARROWS_WIDTH = 24


def _place_text(field: QAbstractSpinBox) -> None:
    # Qt 6.11 ignores the style sheet's padding of spin boxes, and leaves one pixel where there are no arrows.
    arrows = field.buttonSymbols() != QAbstractSpinBox.ButtonSymbols.NoButtons
    right = _ARROWS_WIDTH if arrows else _TEXT_LEFT
    field.lineEdit().setGeometry(_TEXT_LEFT, 2, max(0, field.width() - _TEXT_LEFT - right), field.height() - 4)


class NumberField(QSpinBox):
    """A whole number with arrows."""

    def __init__(self, least: int, most: int, value: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setRange(least, most)
        self.setValue(value)
        self.setMinimumWidth(84)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        _place_text(self)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        _place_text(self)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        _place_text(self)


class TimeField(QTimeEdit):
    """A time of day, typed or stepped with the arrow keys."""

    def __init__(self, value: QTime, parent: QWidget | None = None) -> None:
        super().__init__(value, parent)
        self.setButtonSymbols(QTimeEdit.ButtonSymbols.NoButtons)
        self.setFixedWidth(86)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        _place_text(self)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        _place_text(self)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        _place_text(self)
