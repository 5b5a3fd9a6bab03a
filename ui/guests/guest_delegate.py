"""Paints the rows of the guest table, with chips and folding marks, and gives their editors."""

from typing import Any

from PySide6.QtCore import QAbstractItemModel, QEvent, QModelIndex, QObject, QPersistentModelIndex, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QKeyEvent, QPainter
from PySide6.QtWidgets import QComboBox, QLineEdit, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from models.invitations import Rsvp
from ui.guests.arrangement import Column
from ui.guests.guest_model import GuestModel
from ui.guests.words import rsvp_word
from ui.theme import ColourRole, Theme
from ui.widgets.chips import chip_size, paint_chip

AnyIndex = QModelIndex | QPersistentModelIndex
PADDING = 12
INDENT = 40
FOLD_WIDTH = 26
"""As wide is the part of a household's row that folds it when clicked."""
_CHIP_GAP = 4
_BODY = 13
_MUTED_COLUMNS = frozenset({Column.EMAIL, Column.PHONE, Column.COMPANY})


class GuestDelegate(QStyledItemDelegate):
    """Paints guests and households, and edits their cells in place."""

    def __init__(self, theme: Theme, model: GuestModel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._model = model
        self._fonts = {weight: theme.font(_BODY, weight) for weight in (QFont.Weight.Normal, QFont.Weight.DemiBold)}
        self._metrics = {weight: QFontMetricsF(font) for weight, font in self._fonts.items()}

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: AnyIndex) -> None:
        colours = self._theme.colours
        household = self._model.household_at(index.row())
        bounds = QRectF(option.rect)
        state = option.state
        is_selected = bool(state & QStyle.StateFlag.State_Selected)
        surface = ColourRole.ACCENT_SOFT if is_selected else ColourRole.RAISED if household else ColourRole.SURFACE
        painter.save()
        painter.fillRect(bounds, colours.of(surface))
        painter.fillRect(QRectF(bounds.left(), bounds.bottom() - 1, bounds.width(), 1), colours.of(ColourRole.LINE))
        inner = bounds.adjusted(PADDING, 0, -PADDING / 2, -1)
        if index.column() == Column.NAME:
            self._paint_name(painter, inner, index, household)
        else:
            self._paint_rest(painter, inner, index, household)
        if state & QStyle.StateFlag.State_HasFocus:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(colours.of(ColourRole.ACCENT))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(bounds.adjusted(1.5, 1.5, -1.5, -2.5), 4, 4)
        painter.restore()

    def createEditor(self, parent: QWidget, option: QStyleOptionViewItem, index: AnyIndex) -> QWidget:
        if index.column() == Column.RSVP:
            combo = QComboBox(parent)
            for rsvp in Rsvp:
                combo.addItem(rsvp_word(rsvp), rsvp.value)
            combo.activated.connect(self._on_answer_chosen)
            return combo
        line = QLineEdit(parent)
        line.setFrame(False)
        return line

    def setEditorData(self, editor: QWidget, index: AnyIndex) -> None:
        text = str(index.data(Qt.ItemDataRole.EditRole) or "")
        if isinstance(editor, QComboBox):
            editor.setCurrentIndex(editor.findData(text))
            editor.showPopup()
        elif isinstance(editor, QLineEdit):
            editor.setText(text)
            editor.selectAll()

    def setModelData(self, editor: QWidget, model: QAbstractItemModel, index: AnyIndex) -> None:
        value: Any = editor.currentData() if isinstance(editor, QComboBox) else None
        if isinstance(editor, QLineEdit):
            value = editor.text()
        model.setData(index, value, Qt.ItemDataRole.EditRole)

    def updateEditorGeometry(self, editor: QWidget, option: QStyleOptionViewItem, index: AnyIndex) -> None:
        rect = option.rect
        if index.column() == Column.NAME:
            rect = rect.adjusted(int(self._text_left(index)) - 6, 0, 0, 0)
        editor.setGeometry(rect.adjusted(2, 2, -2, -3))

    def eventFilter(self, editor: QObject, event: QEvent) -> bool:
        # Enter in an answer's list chooses; the view takes it for the end of editing by itself only in text.
        is_enter = isinstance(event, QKeyEvent) and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if isinstance(editor, QComboBox) and is_enter and event.type() == QEvent.Type.KeyPress:
            self._finish(editor)
            return True
        return super().eventFilter(editor, event)

    def _on_answer_chosen(self) -> None:
        editor = self.sender()
        if isinstance(editor, QComboBox):
            self._finish(editor)

    def _finish(self, editor: QComboBox) -> None:
        self.commitData.emit(editor)
        self.closeEditor.emit(editor)

    def _text_left(self, index: AnyIndex) -> float:
        if not self._model.wanted.by_household:
            return PADDING
        return INDENT if self._model.is_inside_household(index.row()) else PADDING + 14

    def _paint_name(self, painter: QPainter, inner: QRectF, index: AnyIndex, household: str | None) -> None:
        line = self._model.line_at(index.row())
        text = str(index.data() or "")
        place = inner.adjusted(self._text_left(index) - PADDING, 0, 0, 0)
        if household is not None:
            folded = self._model.is_folded(household)
            icon = self._theme.pixmap(
                "chevron-right" if folded else "chevron-down", ColourRole.TEXT, 14, painter.device().devicePixelRatioF()
            )
            painter.drawPixmap(int(inner.left()) - 4, int(inner.center().y() - 7), icon)
            self._draw_text(painter, place, text, ColourRole.TEXT, QFont.Weight.DemiBold)
        else:
            is_nobody = line is not None and (line.is_placeholder or line.is_erased)
            ink = ColourRole.MUTED if is_nobody else ColourRole.TEXT
            self._draw_text(painter, place, text, ink, QFont.Weight.Normal)

    def _paint_rest(self, painter: QPainter, inner: QRectF, index: AnyIndex, household: str | None) -> None:
        chips = self._model.chips(index)
        if chips is not None:
            self._paint_chips(painter, inner, chips)
            return
        text = str(index.data() or "")
        is_quiet = household is not None or index.column() in _MUTED_COLUMNS or text == "–"
        ink = ColourRole.MUTED_INK if is_quiet else ColourRole.TEXT
        self._draw_text(painter, inner, text, ink, QFont.Weight.Normal)

    def _paint_chips(self, painter: QPainter, inner: QRectF, chips: list[Any]) -> None:
        left = inner.left()
        for at, (text, tone) in enumerate(chips):
            width = chip_size(self._theme, text).width()
            room = inner.right() - left
            hidden = len(chips) - at
            if width > room and (at or hidden > 1):
                rest = QRectF(left, inner.top(), max(room, 0), inner.height())
                self._draw_text(painter, rest, f"+{hidden}", ColourRole.MUTED, QFont.Weight.Normal)
                return
            paint_chip(painter, self._theme, QRectF(left, inner.top(), room, inner.height()), text, tone)
            left += width + _CHIP_GAP

    def _draw_text(self, painter: QPainter, place: QRectF, text: str, ink: ColourRole, weight: QFont.Weight) -> None:
        if not text:
            return
        painter.setFont(self._fonts[weight])
        painter.setPen(QColor(self._theme.colours.of(ink)))
        shown = self._metrics[weight].elidedText(text, Qt.TextElideMode.ElideRight, place.width())
        painter.drawText(place, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, shown)
