"""The views of the import dialog: a preview with a choice above each column, and tables that jump and choose."""

from collections.abc import Mapping

from PySide6.QtCore import (
    QAbstractItemModel,
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QPainter, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from models.guest_lists.fields import Field
from models.importing import Choice
from ui.guests.import_models import KnownModel, SheetModel
from ui.guests.import_words import choice_word, field_word
from ui.theme import ColourRole, Theme
from ui.widgets.chips import Tone, paint_chip
from ui.widgets.tables import calm_table

AnyIndex = QModelIndex | QPersistentModelIndex
_CHOICE_HEIGHT = 32
_TITLE_HEIGHT = 26
_GAP = 4
_ROW_HEIGHT = 32
_RESULT_WIDTH = 92
_MOST_CHOICES = 200
_WIDEST = 240
_NARROWEST = 120


class MappingHeader(QHeaderView):
    """Shows the file's headings, and above each of them a choice of what the column holds."""

    mapping_chosen = Signal(object)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self._theme = theme
        self._choices: dict[int, QComboBox] = {}
        self.sectionResized.connect(self._place_choices)
        self.setSectionsClickable(False)

    @property
    def choices(self) -> dict[int, QComboBox]:
        """The choices by the column of the file (from 0)."""
        return self._choices

    def show_mapping(self, columns: int, mapping: Mapping[Field, int]) -> None:
        """Offer a choice for each column of the file, as it is mapped now."""
        if len(self._choices) != min(columns, _MOST_CHOICES):
            for combo in self._choices.values():
                combo.deleteLater()
            self._choices = {column: self._make_choice(column) for column in range(min(columns, _MOST_CHOICES))}
        held = {column: field for field, column in mapping.items()}
        for column, combo in self._choices.items():
            field = held.get(column)
            combo.setCurrentIndex(combo.findData(field.value) if field else 0)
        self._place_choices()

    def mapping(self) -> dict[Field, int]:
        """Return which field is held by which column, as chosen."""
        chosen = {column: combo.currentData() for column, combo in self._choices.items()}
        return {Field(value): column for column, value in chosen.items() if value is not None}

    def sizeHint(self) -> QSize:
        return QSize(super().sizeHint().width(), _CHOICE_HEIGHT + _TITLE_HEIGHT + 2 * _GAP)

    def paintSection(self, painter: QPainter, rect: QRect, section: int) -> None:
        colours = self._theme.colours
        painter.save()
        painter.fillRect(rect, colours.of(ColourRole.SURFACE))
        painter.fillRect(QRect(rect.left(), rect.bottom(), rect.width(), 1), colours.of(ColourRole.LINE))
        painter.setFont(self._theme.font(12))
        painter.setPen(colours.of(ColourRole.MUTED))
        place = rect.adjusted(12, _CHOICE_HEIGHT + _GAP, -6, 0)
        title = str(self.model().headerData(section, Qt.Orientation.Horizontal) or "")
        shown = painter.fontMetrics().elidedText(title, Qt.TextElideMode.ElideRight, place.width())
        painter.drawText(place, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, shown)
        painter.restore()

    def follow_scrolling(self) -> None:
        """Move the choices along with their columns."""
        self._place_choices()

    def _make_choice(self, column: int) -> QComboBox:
        combo = QComboBox(self.viewport())
        combo.addItem(self.tr("Leave out"), None)
        for field in Field:
            combo.addItem(field_word(field), field.value)
        combo.setProperty("column", column)
        combo.setMaxVisibleItems(16)
        combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        combo.setAccessibleName(self.tr("What column {number} holds").format(number=column + 1))
        combo.activated.connect(self._on_field_chosen)
        # The wheel scrolls the table; it must not change what a column means.
        combo.installEventFilter(self)
        combo.show()
        return combo

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(watched, QComboBox) and event.type() == QEvent.Type.Wheel:
            event.ignore()
            return True
        return super().eventFilter(watched, event)

    def _on_field_chosen(self) -> None:
        chosen = self.sender()
        if isinstance(chosen, QComboBox):
            for combo in self._choices.values():
                if combo is not chosen and combo.currentData() == chosen.currentData():
                    combo.setCurrentIndex(0)
            self.mapping_chosen.emit(self.mapping())

    def _place_choices(self) -> None:
        for column, combo in self._choices.items():
            section = column + 1
            left = self.sectionViewportPosition(section)
            combo.setGeometry(left + _GAP, _GAP, max(self.sectionSize(section) - 2 * _GAP, 0), _CHOICE_HEIGHT)


class PreviewTable(QTableView):
    """Shows the rows of the file as they are, with what becomes of each, and lets cells be corrected."""

    def __init__(self, theme: Theme, model: SheetModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.header = MappingHeader(theme, self)
        self.setHorizontalHeader(self.header)
        calm_table(self)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectItems)
        self.setModel(model)
        self.setItemDelegate(_PreviewDelegate(theme, model, self))
        self.setEditTriggers(
            QAbstractItemView.EditTrigger.DoubleClicked
            | QAbstractItemView.EditTrigger.EditKeyPressed
            | QAbstractItemView.EditTrigger.AnyKeyPressed
        )
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setAccessibleName(self.tr("Preview of the file"))
        vertical = self.verticalHeader()
        vertical.setDefaultSectionSize(_ROW_HEIGHT)
        vertical.setMinimumWidth(44)
        vertical.setDefaultAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        vertical.show()
        self.horizontalScrollBar().valueChanged.connect(self.header.follow_scrolling)
        theme.changed.connect(self.viewport().update)

    def fit_columns(self) -> None:
        """Give each column a width that shows most of its first rows."""
        self.setColumnWidth(0, _RESULT_WIDTH)
        model = self.model()
        metrics = self.fontMetrics()
        for column in range(1, model.columnCount()):
            widest = max(
                (
                    metrics.horizontalAdvance(str(model.index(row, column).data() or ""))
                    for row in range(min(model.rowCount(), 40))
                ),
                default=0,
            )
            self.setColumnWidth(column, min(max(widest + 28, _NARROWEST), _WIDEST))
        self.header.follow_scrolling()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.header.follow_scrolling()

    def go_to_line(self, line: int, column: int) -> None:
        """Show the row of a line and put the cursor into a column of the file (from 0)."""
        model = self.model()
        assert isinstance(model, SheetModel)
        row = model.row_of_line(line)
        if row is not None:
            index = model.index(row, column + 1)
            self.setCurrentIndex(index)
            self.scrollTo(index, QAbstractItemView.ScrollHint.PositionAtCenter)
            self.setFocus()


class _PreviewDelegate(QStyledItemDelegate):
    """Paints the first column as a chip and tints the rows that need a look."""

    def __init__(self, theme: Theme, model: SheetModel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._model = model

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: AnyIndex) -> None:
        colours = self._theme.colours
        bounds = QRectF(option.rect)
        is_selected = bool(option.state & QStyle.StateFlag.State_Selected) and index.column() > 0
        surface = ColourRole.ACCENT_SOFT if is_selected else ColourRole.SURFACE
        if not is_selected and self._model.has_problem(index.row()):
            surface = ColourRole.WARNING_SOFT
        painter.save()
        painter.fillRect(bounds, colours.of(surface))
        painter.fillRect(QRectF(bounds.left(), bounds.bottom() - 1, bounds.width(), 1), colours.of(ColourRole.LINE))
        inner = bounds.adjusted(12, 0, -6, -1)
        if index.column() == 0:
            result = self._model.result(index.row())
            if result is not None:
                paint_chip(painter, self._theme, inner, result[0], result[1])
        else:
            _draw(painter, self._theme, inner, str(index.data() or ""), ColourRole.TEXT)
        painter.restore()


class ListTable(QTableView):
    """Shows problems, or who is there already, in rows of one line."""

    def __init__(self, theme: Theme, model: QAbstractItemModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        calm_table(self)
        self.setModel(model)
        self.verticalHeader().setDefaultSectionSize(_ROW_HEIGHT)
        self.setItemDelegate(_ListDelegate(theme, self))
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.EditKeyPressed)
        theme.changed.connect(self.viewport().update)


class KnownTable(ListTable):
    """Shows who is there already; one press on the last column opens what can be done."""

    def __init__(self, theme: Theme, model: KnownModel, parent: QWidget | None = None) -> None:
        super().__init__(theme, model, parent)
        self.clicked.connect(self._on_clicked)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        room = self.viewport().width()
        shares = (0, 0.31, 0.31, 0.38)
        line, choice = 56, 132
        for column, share in enumerate(shares):
            self.setColumnWidth(column, int((room - line - choice) * share) if share else line)

    def _on_clicked(self, index: QModelIndex) -> None:
        if index.column() == KnownModel.CHOICE_COLUMN:
            self.edit(index)


class _ListDelegate(QStyledItemDelegate):
    """Paints plain rows, and the choice of what to do as a chip that opens."""

    def __init__(self, theme: Theme, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._theme = theme

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: AnyIndex) -> None:
        colours = self._theme.colours
        bounds = QRectF(option.rect)
        is_selected = bool(option.state & QStyle.StateFlag.State_Selected)
        painter.save()
        painter.fillRect(bounds, colours.of(ColourRole.ACCENT_SOFT if is_selected else ColourRole.SURFACE))
        painter.fillRect(QRectF(bounds.left(), bounds.bottom() - 1, bounds.width(), 1), colours.of(ColourRole.LINE))
        inner = bounds.adjusted(12, 0, -6, -1)
        text = str(index.data() or "")
        if _is_choice(index):
            tone = Tone.NEUTRAL if index.data(Qt.ItemDataRole.EditRole) == Choice.SKIP.value else Tone.ACCENT
            chip = paint_chip(painter, self._theme, inner, text, tone)
            icon = self._theme.pixmap("chevron-down", ColourRole.MUTED, 12, painter.device().devicePixelRatioF())
            painter.drawPixmap(QPoint(int(chip.right()) + 4, int(inner.center().y() - 6)), icon)
        else:
            _draw(painter, self._theme, inner, text, ColourRole.MUTED_INK if index.column() == 0 else ColourRole.TEXT)
        painter.restore()

    def createEditor(self, parent: QWidget, option: QStyleOptionViewItem, index: AnyIndex) -> QWidget:
        combo = QComboBox(parent)
        for choice in Choice:
            combo.addItem(choice_word(choice), choice.value)
        combo.activated.connect(self._on_activated)
        return combo

    def setEditorData(self, editor: QWidget, index: AnyIndex) -> None:
        if isinstance(editor, QComboBox):
            editor.setCurrentIndex(editor.findData(index.data(Qt.ItemDataRole.EditRole)))
            editor.showPopup()

    def setModelData(self, editor: QWidget, model: QAbstractItemModel, index: AnyIndex) -> None:
        if isinstance(editor, QComboBox) and editor.currentData() != index.data(Qt.ItemDataRole.EditRole):
            model.setData(index, editor.currentData(), Qt.ItemDataRole.EditRole)

    def updateEditorGeometry(self, editor: QWidget, option: QStyleOptionViewItem, index: AnyIndex) -> None:
        editor.setGeometry(option.rect.adjusted(2, 1, -2, -2))

    def _on_activated(self) -> None:
        editor = self.sender()
        if isinstance(editor, QComboBox):
            self.commitData.emit(editor)
            self.closeEditor.emit(editor)


def _is_choice(index: AnyIndex) -> bool:
    return isinstance(index.model(), KnownModel) and index.column() == KnownModel.CHOICE_COLUMN


def _draw(painter: QPainter, theme: Theme, place: QRectF, text: str, ink: ColourRole) -> None:
    if not text:
        return
    painter.setFont(theme.font())
    painter.setPen(theme.colours.of(ink))
    shown = painter.fontMetrics().elidedText(" ".join(text.split()), Qt.TextElideMode.ElideRight, int(place.width()))
    painter.drawText(place, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, shown)
