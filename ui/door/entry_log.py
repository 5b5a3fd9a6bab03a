"""The last entries at this device, and the people whom a search found: two lists of one look."""

from collections.abc import Sequence
from datetime import tzinfo

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QPainter
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from models.admission import Person
from models.attendance import EntryHow
from models.door_desk import LogLine
from models.door_words import Say, Scene, clock_text, entry_label, names_text, place_text, presence_text
from models.events import Direction
from models.invitations import Rsvp
from ui.theme import ColourRole, Theme
from ui.widgets.chips import Tone, chip_size, paint_chip

_ROW = 35
_FOUND_ROW = 46
_SIDE = 16
_LINE = Qt.ItemDataRole.UserRole
_CHIP = Qt.ItemDataRole.UserRole + 1


class EntryLog(QListWidget):
    """Lists what happened here, the newest on top: time, name, and what became of it."""

    def __init__(self, theme: Theme, say: Say, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._say = say
        _calm(self, self.tr("Last entries"))
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setSelectionMode(QListWidget.SelectionMode.NoSelection)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setItemDelegate(_EntryDelegate(theme, self))

    def show_lines(self, lines: Sequence[LogLine], zone: tzinfo) -> None:
        """Show these lines in place of those before."""
        self.clear()
        for line in lines:
            time, name, chip, tone = self._words(line, zone)
            item = QListWidgetItem(f"{time}, {name}: {chip}")
            item.setData(_LINE, (time, name))
            item.setData(_CHIP, (chip, tone.value))
            self.addItem(item)

    def _words(self, line: LogLine, zone: tzinfo) -> tuple[str, str, str, Tone]:
        say = self._say
        chip, tone = self._chip(line)
        name = names_text(line.names, say)
        if not name and line.passed:
            name = self.tr("Without a name")
        elif not name:
            label = entry_label(line.verdict, say)
            name, chip = label[:1].upper() + label[1:], self.tr("not valid")
        if line.how is EntryHow.WALK_IN:
            name = self.tr("Walk-in: {name}").format(name=name)
        return clock_text(line.happened_at, zone), name, chip, tone

    def _chip(self, line: LogLine) -> tuple[str, Tone]:
        if line.undone:
            return self.tr("undone"), Tone.NEUTRAL
        if not line.passed:
            tone = Tone.WARNING if line.verdict.value in _CALM_REFUSALS else Tone.BAD
            return entry_label(line.verdict, self._say), tone
        way = self.tr("out") if line.direction is Direction.OUT else self.tr("in")
        if line.forced:
            return self.tr("{way} · forced").format(way=way), Tone.WARNING
        if line.how is EntryHow.WALK_IN:
            return self.tr("{way} · new").format(way=way), Tone.OK
        if line.people > 1:
            return f"{way} · {line.people}", Tone.OK
        return way, Tone.ACCENT if line.direction is Direction.OUT else Tone.OK


class NameResults(QListWidget):
    """Lists the people whom a search found; one of them is always chosen."""

    def __init__(self, theme: Theme, say: Say, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._say = say
        self._people: tuple[Person, ...] = ()
        _calm(self, self.tr("People found"))
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setItemDelegate(_FoundDelegate(theme, self))

    @property
    def chosen(self) -> Person | None:
        """The person that Enter would let in."""
        row = self.currentRow()
        return self._people[row] if 0 <= row < len(self._people) else None

    def show_people(self, people: Sequence[Person], scene: Scene) -> None:
        """Show people, the best match first and chosen."""
        self.clear()
        self._people = tuple(people)
        for person in people:
            place = place_text([person], self._say)
            chip, tone = self._state(person, scene)
            item = QListWidgetItem(", ".join(part for part in (person.name, place, chip) if part))
            item.setData(_LINE, (person.name, place))
            item.setData(_CHIP, (chip, tone.value))
            self.addItem(item)
        if people:
            self.setCurrentRow(0)

    def choose_next(self, step: int) -> None:
        """Choose the next person, or the one before."""
        if self._people:
            self.setCurrentRow(max(0, min(self.currentRow() + step, len(self._people) - 1)))

    def _state(self, person: Person, scene: Scene) -> tuple[str, Tone]:
        where = presence_text(person, scene, self._say)
        if where:
            return where, Tone.WARNING
        if person.rsvp is Rsvp.PENDING:
            return self.tr("no answer yet"), Tone.NEUTRAL
        if not person.rsvp.comes:
            return self._say(person.rsvp.value), Tone.BAD
        return "", Tone.OK


class _EntryDelegate(QStyledItemDelegate):
    """Paints time, name and chip on one line with a hairline below."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(100, _ROW)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        time, name = index.data(_LINE)
        chip, tone = index.data(_CHIP)
        colours = self._theme.colours
        rect: QRect = option.rect.adjusted(_SIDE, 0, -_SIDE, 0)
        painter.save()
        painter.setPen(colours.of(ColourRole.LINE))
        painter.drawLine(rect.left(), rect.bottom(), rect.right(), rect.bottom())
        painter.setFont(self._theme.font(13))
        painter.setPen(colours.of(ColourRole.TEXT))
        painter.drawText(rect, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, time)
        right = _paint_chip_at_right(painter, self._theme, QRectF(rect), chip, Tone(tone))
        _paint_elided(
            painter, self._theme.font(13, QFont.Weight.DemiBold), QRectF(rect).adjusted(44, 0, 0, 0), right, name
        )
        painter.restore()


class _FoundDelegate(QStyledItemDelegate):
    """Paints a name with its place below and its state at the right."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(100, _FOUND_ROW)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        name, place = index.data(_LINE)
        chip, tone = index.data(_CHIP)
        colours = self._theme.colours
        whole: QRect = option.rect.adjusted(6, 1, -6, -1)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if option.state & QStyle.StateFlag.State_Selected:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colours.of(ColourRole.ACCENT_SOFT))
            painter.drawRoundedRect(whole, 8, 8)
        rect = QRectF(whole.adjusted(_SIDE - 6, 0, -(_SIDE - 6), 0))
        right = _paint_chip_at_right(painter, self._theme, rect, chip, Tone(tone)) if chip else rect.right()
        upper = QRectF(rect.x(), rect.y(), rect.width(), rect.height() if not place else rect.height() * 0.56)
        painter.setPen(colours.of(ColourRole.TEXT))
        _paint_elided(painter, self._theme.font(15, QFont.Weight.DemiBold), upper, right, name)
        if place:
            lower = QRectF(rect.x(), upper.bottom() - 2, rect.width(), rect.bottom() - upper.bottom())
            painter.setPen(colours.of(ColourRole.MUTED_INK))
            _paint_elided(painter, self._theme.font(12), lower, right, place)
        painter.restore()


def _paint_chip_at_right(painter: QPainter, theme: Theme, rect: QRectF, chip: str, tone: Tone) -> float:
    width = min(chip_size(theme, chip).width(), rect.width() * 0.6)
    paint_chip(painter, theme, QRectF(rect.right() - width, rect.y(), width, rect.height()), chip, tone)
    return rect.right() - width - 10


def _paint_elided(painter: QPainter, font: QFont, rect: QRectF, right: float, text: str) -> None:
    room = QRectF(rect.x(), rect.y(), right - rect.x(), rect.height())
    painter.setFont(font)
    shown = QFontMetricsF(font).elidedText(text, Qt.TextElideMode.ElideRight, room.width())
    painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, shown)


def _calm(view: QListWidget, name: str) -> None:
    view.setAccessibleName(name)
    view.setUniformItemSizes(True)
    view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    view.setVerticalScrollMode(QListWidget.ScrollMode.ScrollPerPixel)


_CALM_REFUSALS = frozenset(
    {
        "already_inside",
        "left_earlier",
        "declined",
        "unpaid",
        "wrong_door",
        "wrong_session",
        "too_early",
        "too_late",
        "capacity",
    }
)
