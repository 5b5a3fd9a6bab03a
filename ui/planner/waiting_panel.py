"""The waiting list beside the plan: search, households or guests, and cards to drag from."""

from __future__ import annotations

from PySide6.QtCore import (
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import (
    QColor,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QFont,
    QFontMetricsF,
    QKeyEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QButtonGroup,
    QFrame,
    QHBoxLayout,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from models.room import EMPTY_ROOM, Room
from ui.planner.carrying import unpacked
from ui.planner.placing import OnWaitingList, Plan, plan_drop
from ui.planner.waiting_rows import Grouping, WaitingRole, WaitingRows
from ui.theme import ColourRole, Theme
from ui.widgets.cards import label
from ui.widgets.chips import FilterChip
from ui.widgets.empty_state import EmptyState
from ui.widgets.search_field import SearchField

_CARD_HEIGHT = 57
_CARD_GAP = 8
_SIDE = 16
_PADDING = 11


class WaitingPanel(QFrame):
    """Lists who waits for a seat and hands them on: to the pointer, or with Enter to the choice of a table."""

    guests_pulled = Signal(list)
    seat_choice_requested = Signal(list)
    plan_dropped = Signal(object)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("part", "rail")
        self._has_waiting = False
        self.rows = WaitingRows(self)
        self.search_field = SearchField(theme, self.tr("Search guests, tags, diets"))
        self.search_field.search_changed.connect(self._on_search_changed)
        self.list = WaitingList(theme, self.rows)
        self.list.guests_pulled.connect(self.guests_pulled)
        self.list.seat_choice_requested.connect(self.seat_choice_requested)
        self.list.plan_dropped.connect(self.plan_dropped)
        self._count = label("", "muted")
        self._empty = EmptyState(theme, "guests", "", "")
        # Over the list, which stays in place: an empty one, too, takes guests who are dropped on it.
        QVBoxLayout(self.list.viewport()).addWidget(self._empty)
        self.households_chip = FilterChip(self.tr("Households"))
        self.guests_chip = FilterChip(self.tr("Guests"))
        self._chips = QButtonGroup(self)
        for chip in (self.households_chip, self.guests_chip):
            self._chips.addButton(chip)
        self.households_chip.setChecked(True)
        self._chips.buttonClicked.connect(self._on_grouping_chosen)
        self._lay_out()
        self._show_state()

    def show_room(self, room: Room) -> None:
        """List who waits in this room; what was selected stays selected."""
        self.list.show_room(room)
        self._has_waiting = bool(room.waiting)
        self._count.setText(
            self.tr("%n guests", "", room.waiting_count) if room.waiting_count != 1 else self.tr("1 guest")
        )
        self._show_state()

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.addWidget(label(self.tr("Waiting"), "section"))
        head.addStretch(1)
        head.addWidget(self._count)
        chips = QHBoxLayout()
        chips.setSpacing(6)
        chips.addWidget(self.households_chip)
        chips.addWidget(self.guests_chip)
        chips.addStretch(1)
        top = QVBoxLayout()
        top.setContentsMargins(_SIDE, 14, _SIDE, 0)
        top.setSpacing(10)
        top.addLayout(head)
        top.addWidget(self.search_field)
        top.addLayout(chips)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(10)
        column.addLayout(top)
        column.addWidget(self.list, 1)

    def _on_search_changed(self, text: str) -> None:
        with_selection = self.list.keeping_selection()
        self.rows.search(text)
        with_selection()
        self._show_state()

    def _on_grouping_chosen(self) -> None:
        self.rows.group_by(Grouping.GUESTS if self.guests_chip.isChecked() else Grouping.HOUSEHOLDS)
        self._show_state()

    def _show_state(self) -> None:
        self._empty.setVisible(self.rows.rowCount() == 0)
        if self._has_waiting:
            self._empty.show_text(self.tr("Nobody found"), self.tr("No one who waits fits these words."))
        else:
            self._empty.show_text(
                self.tr("Nobody waits"),
                self.tr("Guests without a seat are listed here. Drag somebody here to unseat them."),
            )


class WaitingList(QListView):
    """The cards; a card, or all that are selected, can be dragged, and seated guests dropped to unseat them."""

    guests_pulled = Signal(list)
    seat_choice_requested = Signal(list)
    plan_dropped = Signal(object)

    def __init__(self, theme: Theme, rows: WaitingRows, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._waiting_rows = rows
        self._room = EMPTY_ROOM
        self._is_target = False
        self.setModel(rows)
        self.setItemDelegate(_CardPainter(theme, self))
        self.setUniformItemSizes(True)
        self.setMouseTracking(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setDragEnabled(True)
        self.setAcceptDrops(True)
        self.viewport().setAcceptDrops(True)
        self.setDragDropMode(QAbstractItemView.DragDropMode.DragDrop)
        self.setAccessibleName(self.tr("Waiting for a seat"))
        self.setAccessibleDescription(self.tr("Press Enter to choose a table for those who are selected."))
        theme.changed.connect(self.viewport().update)

    @property
    def selected_attendees(self) -> list[str]:
        """The attendee ids of the cards that are selected."""
        return self._waiting_rows.attendees_at(self.selectionModel().selectedIndexes())

    def show_room(self, room: Room) -> None:
        """List who waits in this room."""
        restore = self.keeping_selection()
        self._room = room
        self._waiting_rows.show_households(room.waiting)
        restore()

    def keeping_selection(self) -> _Selected:
        """Remember what is selected; call what comes back when the rows are new."""
        return _Selected(self, self._waiting_rows)

    def startDrag(self, supported_actions: Qt.DropAction) -> None:
        attendees = self.selected_attendees
        if attendees:
            self.guests_pulled.emit(attendees)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.selected_attendees:
            self.seat_choice_requested.emit(self.selected_attendees)
            return
        super().keyPressEvent(event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        event.setAccepted(self._plan(event).fits)
        self._show_as_target(event.isAccepted())

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self._show_as_target(False)

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        event.setDropAction(Qt.DropAction.MoveAction)
        event.setAccepted(self._plan(event).fits)

    def dropEvent(self, event: QDropEvent) -> None:
        self._show_as_target(False)
        plan = self._plan(event)
        event.setDropAction(Qt.DropAction.MoveAction)
        event.setAccepted(plan.fits)
        if plan.fits:
            self.plan_dropped.emit(plan)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self._is_target:
            painter = QPainter(self.viewport())
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(self._theme.colours.of(ColourRole.ACCENT), 2.0, Qt.PenStyle.DashLine))
            painter.drawRoundedRect(QRectF(self.viewport().rect()).adjusted(6, 2, -6, -6), 10, 10)

    def _show_as_target(self, is_target: object) -> None:
        self._is_target = bool(is_target)
        self.viewport().update()

    def _plan(self, event: QDropEvent) -> Plan:
        return plan_drop(self._room, unpacked(event.mimeData()), OnWaitingList())


class _Selected:
    """What was selected before the rows changed."""

    def __init__(self, view: QListView, rows: WaitingRows) -> None:
        self._view = view
        self._rows = rows
        self._keys = rows.keys_at(view.selectionModel().selectedIndexes())
        current = rows.keys_at([view.currentIndex()])
        self._current = next(iter(current), "")

    def __call__(self) -> None:
        """Select it again, as far as it is still listed."""
        chosen = QItemSelection()
        for key in self._keys:
            index = self._rows.index_of(key)
            if index.isValid():
                chosen.select(index, index)
        model = self._view.selectionModel()
        model.select(chosen, QItemSelectionModel.SelectionFlag.ClearAndSelect)
        current = self._rows.index_of(self._current)
        if current.isValid():
            model.setCurrentIndex(current, QItemSelectionModel.SelectionFlag.NoUpdate)


class _CardPainter(QStyledItemDelegate):
    """Paints one household or guest as a card."""

    def __init__(self, theme: Theme, view: QListView) -> None:
        super().__init__(view)
        self._view = view
        self._theme = theme
        self._strong = theme.font(13, QFont.Weight.DemiBold)
        self._plain = theme.font(13)

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(120, _CARD_HEIGHT + _CARD_GAP)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        state = option.state
        colours = self._theme.colours
        selected = bool(state & QStyle.StateFlag.State_Selected)
        hovered = bool(state & QStyle.StateFlag.State_MouseOver)
        focused = bool(state & QStyle.StateFlag.State_HasFocus)
        # The scroll bar stands in the margin, so that the cards are as wide as the search field.
        right = _SIDE - (self._view.width() - self._view.viewport().width())
        card = QRectF(option.rect).adjusted(_SIDE + 0.5, 0.5, -right - 0.5, -_CARD_GAP + 0.5)
        edge = ColourRole.ACCENT if selected else ColourRole.MUTED if hovered else ColourRole.LINE
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(colours.of(ColourRole.ACCENT if focused else edge), 2.0 if focused else 1.0))
        painter.setBrush(colours.of(ColourRole.ACCENT_SOFT if selected else ColourRole.RAISED))
        painter.drawRoundedRect(card, 9, 9)
        inner = card.adjusted(_PADDING, 8, -_PADDING, -8)
        muted = colours.of(ColourRole.MUTED_INK if selected else ColourRole.MUTED)
        self._write(painter, inner, index, colours.of(ColourRole.TEXT), muted)
        painter.restore()

    def _write(
        self, painter: QPainter, inner: QRectF, index: QModelIndex | QPersistentModelIndex, ink: QColor, muted: QColor
    ) -> None:
        strong, plain = QFontMetricsF(self._strong), QFontMetricsF(self._plain)
        count = index.data(WaitingRole.COUNT)
        number = str(count)
        is_household = index.data(WaitingRole.GROUPING) is Grouping.HOUSEHOLDS
        room_for_title = inner.width() - (strong.horizontalAdvance(number) + 8 if is_household else 0)
        left, right = Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignRight
        upper = QRectF(inner.left(), inner.top(), inner.width(), strong.height())
        lower = QRectF(inner.left(), inner.bottom() - plain.height(), inner.width(), plain.height())
        elide = Qt.TextElideMode.ElideRight
        painter.setFont(self._strong)
        painter.setPen(ink)
        painter.drawText(upper, left, strong.elidedText(index.data(), elide, room_for_title))
        painter.setPen(muted)
        if is_household:
            painter.drawText(upper, right, number)
        painter.setFont(self._plain)
        painter.drawText(lower, left, plain.elidedText(index.data(WaitingRole.LINE), elide, inner.width()))
