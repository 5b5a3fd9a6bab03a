"""Lists the people of a group's code, each with a digit to choose them by."""

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFont, QFontMetricsF, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QScrollArea, QVBoxLayout, QWidget

from models.admission import Decision, Person
from models.door_words import Say, Scene, place_text, presence_text
from ui.theme import ColourRole, Theme
from ui.widgets.chips import Tone, chip_size, paint_chip

_ROW = 54
_KEY = 30
_DIGITS = 9


class GroupPicker(QScrollArea):
    """Keeps who is ticked; nobody ticked means everybody who can still pass."""

    chosen_changed = Signal()

    def __init__(self, theme: Theme, say: Say, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._say = say
        self._rows: list[GroupRow] = []
        self._cursor = -1
        self.setWidgetResizable(True)
        self.setProperty("surface", "clear")
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName(self.tr("People of this group"))

    @property
    def rows(self) -> list["GroupRow"]:
        """The rows from top to bottom."""
        return list(self._rows)

    @property
    def ticked_ids(self) -> tuple[str, ...]:
        """The attendees that were ticked."""
        return tuple(row.person.attendee_id for row in self._rows if row.isChecked())

    @property
    def wanted_ids(self) -> tuple[str, ...]:
        """The attendees that Enter lets through: the ticked, or all who can still pass."""
        return self.ticked_ids or tuple(row.person.attendee_id for row in self._rows if row.isEnabled())

    def show_group(self, decision: Decision, scene: Scene) -> None:
        """List a group's people, nobody ticked."""
        sheet = QWidget()
        sheet.setProperty("surface", "clear")
        column = QVBoxLayout(sheet)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        self._rows = []
        self._cursor = -1
        for number, person in enumerate(decision.people, 1):
            row = GroupRow(self._theme, person, number if number <= _DIGITS else 0, self._say)
            row.show_state(*self._state(person, person.attendee_id in decision.open_ids, scene))
            row.toggled.connect(self._on_toggled)
            column.addWidget(row)
            self._rows.append(row)
        column.addStretch(1)
        self.setWidget(sheet)
        self.chosen_changed.emit()

    def toggle(self, digit: int) -> None:
        """Tick or untick the person with a digit, if there is one who can pass."""
        if 1 <= digit <= min(len(self._rows), _DIGITS):
            self._rows[digit - 1].click()

    def move_cursor(self, step: int) -> None:
        """Move the mark by which Space ticks; it skips those who cannot pass."""
        at = self._cursor
        while 0 <= at + step < len(self._rows):
            at += step
            if self._rows[at].isEnabled():
                self._cursor = at
                break
        for place, row in enumerate(self._rows):
            row.set_marked(place == self._cursor)
        if self._cursor >= 0:
            self.ensureWidgetVisible(self._rows[self._cursor])

    def toggle_at_cursor(self) -> None:
        """Tick or untick the marked person."""
        if self._cursor >= 0:
            self._rows[self._cursor].click()

    def _state(self, person: Person, is_open: bool, scene: Scene) -> tuple[str, Tone, bool]:
        where = presence_text(person, scene, self._say)
        if is_open:
            return where, Tone.NEUTRAL, True
        return (
            where or (self._say(person.rsvp.value) if not person.rsvp.comes else self.tr("not here")),
            Tone.WARNING,
            False,
        )

    def _on_toggled(self) -> None:
        self.chosen_changed.emit()


class GroupRow(QAbstractButton):
    """One person of a group: digit, name, place, and a tick."""

    def __init__(self, theme: Theme, person: Person, number: int, say: Say, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.person = person
        self._number = number
        self._place = place_text([person], say)
        self._state = ""
        self._tone = Tone.NEUTRAL
        self._is_marked = False
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setFixedHeight(_ROW)
        theme.changed.connect(self._on_theme_changed)

    def show_state(self, state: str, tone: Tone, is_open: bool) -> None:
        """Say where the person is; only who can still pass can be ticked."""
        self._state, self._tone = state, tone
        self.setEnabled(is_open)
        digit = str(self._number) if self._number else ""
        self.setAccessibleName(", ".join(part for part in (digit, self.person.name, self._place, state) if part))

    def set_marked(self, marked: bool) -> None:
        """Show that Space ticks this one."""
        self._is_marked = marked
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(320, _ROW)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        # Enter lets people in from wherever the focus is: only Space ticks.
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            event.ignore()
            return
        super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        colours = self._theme.colours
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        ticked = self.isChecked()
        edge = ColourRole.ACCENT if ticked or self._is_marked or self.hasFocus() else ColourRole.LINE
        painter.setPen(QPen(colours.of(edge), 2 if self._is_marked or self.hasFocus() else 1))
        painter.setBrush(colours.of(ColourRole.ACCENT_SOFT if ticked else ColourRole.RAISED))
        painter.drawRoundedRect(area, 10, 10)
        if not self.isEnabled():
            painter.setOpacity(0.6)
        key = QRectF(12, (self.height() - _KEY) / 2, _KEY, _KEY)
        self._paint_key(painter, key, ticked)
        right = area.right() - 14
        if self._state:
            width = chip_size(self._theme, self._state).width()
            paint_chip(painter, self._theme, QRectF(right - width, 0, width, self.height()), self._state, self._tone)
            right -= width + 10
        if self._place:
            font = self._theme.font(15)
            width = QFontMetricsF(font).horizontalAdvance(self._place)
            painter.setFont(font)
            painter.setPen(colours.of(ColourRole.MUTED_INK))
            painter.drawText(
                QRectF(right - width, 0, width + 1, self.height()), Qt.AlignmentFlag.AlignVCenter, self._place
            )
            right -= width + 12
        font = self._theme.font(19, QFont.Weight.DemiBold)
        name = QRectF(key.right() + 14, 0, right - key.right() - 14, self.height())
        painter.setFont(font)
        painter.setPen(colours.of(ColourRole.TEXT))
        shown = QFontMetricsF(font).elidedText(self.person.name, Qt.TextElideMode.ElideRight, name.width())
        painter.drawText(name, Qt.AlignmentFlag.AlignVCenter, shown)

    def _paint_key(self, painter: QPainter, key: QRectF, ticked: bool) -> None:
        colours = self._theme.colours
        painter.setPen(QPen(colours.of(ColourRole.ACCENT if ticked else ColourRole.MUTED), 1.2))
        painter.setBrush(colours.of(ColourRole.ACCENT if ticked else ColourRole.SURFACE))
        painter.drawRoundedRect(key, 7, 7)
        if ticked:
            size = 20
            tick = self._theme.pixmap("check", ColourRole.ON_ACCENT, size, self.devicePixelRatioF())
            painter.drawPixmap(round(key.center().x() - size / 2), round(key.center().y() - size / 2), tick)
        elif self._number:
            painter.setFont(self._theme.font(15, QFont.Weight.DemiBold))
            painter.setPen(colours.of(ColourRole.TEXT))
            painter.drawText(key, Qt.AlignmentFlag.AlignCenter, str(self._number))

    def _on_theme_changed(self) -> None:
        self.update()
