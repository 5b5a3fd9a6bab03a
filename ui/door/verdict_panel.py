"""The half of the door's screen that turns green, amber or red and says who it is in big letters."""

from collections.abc import Collection
from enum import Enum

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QAccessible,
    QAccessibleAnnouncementEvent,
    QColor,
    QFont,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QPushButton, QWidget

from models.admission import Decision
from models.door_desk import RoomSketch
from models.door_words import DoorTone, Say, Scene, VerdictWords
from ui.door.door_forms import DoorForm, ReasonForm, WalkInForm
from ui.door.fitted_text import FittedText, fit_text
from ui.door.group_picker import GroupPicker
from ui.door.room_map import paint_room
from ui.theme import ColourRole, Theme
from ui.theme.style import ThemedWidget

_RADIUS = 16.0
_DRAWN = QSize(832, 784)
_GROUNDS = {
    DoorTone.OK: ColourRole.VERDICT_OK,
    DoorTone.WARNING: ColourRole.VERDICT_WARNING,
    DoorTone.BAD: ColourRole.VERDICT_BAD,
}
_ANYWAY_STYLE = (
    "QPushButton {{ background: transparent; color: {ink}; border: 2px solid {ink}; border-radius: 10px;"
    " padding: 6px 16px; font-size: 15px; font-weight: 600; }}"
    "QPushButton:hover, QPushButton:focus {{ background: {ink}; color: {ground}; }}"
)


class PanelMode(Enum):
    """What stands below the name."""

    READY = "ready"
    VERDICT = "verdict"
    GROUP = "group"
    REASON = "reason"
    WALK_IN = "walk_in"


_LARGE = (PanelMode.READY, PanelMode.VERDICT)


class VerdictPanel(ThemedWidget):
    """Shows one verdict until the next, a group to choose from, or one of the two forms.

    Sizes follow the drawing at 832 × 784 and shrink with the panel; the name shrinks further only where it
    would not fit three lines.
    """

    anyway_requested = Signal()
    form_left = Signal()

    def __init__(self, theme: Theme, say: Say, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self._mode = PanelMode.READY
        self._words = VerdictWords(DoorTone.ASK, "", "")
        self._room: RoomSketch | None = None
        self._table_ids: Collection[str] = ()
        self._map_place = QRectF()
        self._texts: list[tuple[FittedText, float, float]] = []
        self._headline_size = 0
        self.picker = GroupPicker(theme, say, self)
        self.reason_form = ReasonForm(theme, self)
        self.walk_in_form = WalkInForm(theme, self)
        for form in (self.reason_form, self.walk_in_form):
            form.cancelled.connect(self.form_left)
        self.anyway_button = QPushButton(self.tr("Let in anyway  F8"), self)
        self.anyway_button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.anyway_button.setAutoDefault(False)
        self.anyway_button.clicked.connect(self.anyway_requested)
        self.anyway_button.hide()
        self.setMinimumSize(360, 300)
        self._show_mode(PanelMode.READY)

    @property
    def mode(self) -> PanelMode:
        """What stands below the name now."""
        return self._mode

    @property
    def words(self) -> VerdictWords:
        """What is said now."""
        return self._words

    @property
    def headline_pixels(self) -> int:
        """How large the name is set, in logical pixels."""
        return self._headline_size

    @property
    def headline_lines(self) -> list[str]:
        """The name as it is broken into lines."""
        layout = self._texts[1][0].layout
        lines = (layout.lineAt(at) for at in range(layout.lineCount()))
        return [layout.text()[line.textStart() : line.textStart() + line.textLength()] for line in lines]

    @property
    def ground(self) -> QColor:
        """The colour of the whole half."""
        return self.theme.colours.of(_GROUNDS.get(self._words.tone, ColourRole.SURFACE))

    def show_verdict(self, words: VerdictWords, room: RoomSketch | None, table_ids: Collection[str]) -> None:
        """Show a verdict, with the way to these tables if there are any."""
        self._room, self._table_ids = room, table_ids
        self._show_words(words, PanelMode.VERDICT)

    def show_ready(self, words: VerdictWords) -> None:
        """Wait for the next ticket."""
        self._room, self._table_ids = None, ()
        self._show_words(words, PanelMode.READY)

    def show_group(self, words: VerdictWords, decision: Decision, scene: Scene) -> None:
        """Show the people of a group to choose from."""
        self.picker.show_group(decision, scene)
        self._show_words(words, PanelMode.GROUP)

    def ask_reason(self) -> None:
        """Ask why, below the verdict that stands there."""
        self._show_mode(PanelMode.REASON)
        self.reason_form.open()

    def ask_walk_in(self, words: VerdictWords, name: str) -> None:
        """Ask who walked in."""
        self._words = words
        self._show_mode(PanelMode.WALK_IN)
        self.walk_in_form.open(name)

    def offer_anyway(self, offered: bool) -> None:
        """Show the button that lets somebody in over the verdict, or hide it."""
        self.anyway_button.setVisible(offered)
        self._arrange()

    def set_hint(self, hint: str) -> None:
        """Say something else at the foot."""
        words = self._words
        self._words = VerdictWords(words.tone, words.word, words.headline, words.second, words.note, hint)
        self._arrange()

    def sizeHint(self) -> QSize:
        return _DRAWN

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._arrange()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colours = self.theme.colours
        plain = self._words.tone is DoorTone.ASK
        painter.setPen(QPen(colours.of(ColourRole.LINE), 1) if plain else Qt.PenStyle.NoPen)
        painter.setBrush(self.ground)
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), _RADIUS, _RADIUS)
        ink = self._ink()
        self._paint_sign(painter)
        for text, left, top in self._texts:
            text.draw(painter, left, top, ink)
        if self._mode is PanelMode.VERDICT and self._room is not None and self._table_ids:
            paint_room(painter, self.theme, self._room, self._table_ids, self._map_place, ink, self.ground)

    def _show_words(self, words: VerdictWords, mode: PanelMode) -> None:
        self._words = words
        self._show_mode(mode)
        self.setAccessibleName(words.spoken)
        QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, words.spoken))

    def _show_mode(self, mode: PanelMode) -> None:
        self._mode = mode
        self.picker.setVisible(mode is PanelMode.GROUP)
        self.reason_form.setVisible(mode is PanelMode.REASON)
        self.walk_in_form.setVisible(mode is PanelMode.WALK_IN)
        self.anyway_button.hide()
        self._arrange()

    def _ink(self) -> QColor:
        plain = self._words.tone is DoorTone.ASK
        return self.theme.colours.of(ColourRole.TEXT if plain else ColourRole.ON_VERDICT)

    def _on_theme_changed(self) -> None:
        self._arrange()

    # -- where everything stands --------------------------------------------------------------------------

    @property
    def _scale(self) -> float:
        return max(0.5, min(self.width() / _DRAWN.width(), self.height() / _DRAWN.height(), 1.6))

    def _arrange(self) -> None:
        scale = self._scale
        side = 56 * scale if self._mode in _LARGE else 44 * scale
        inner = QRectF(self.rect()).adjusted(side, 48 * scale, -side, -44 * scale)
        foot = self._arrange_foot(inner, scale)
        self._texts = [self._word_text(inner, scale)]
        sign = self._sign_place()
        top = max(sign.bottom(), self._texts[0][2] + self._texts[0][0].height)
        top += (54 if self._mode in _LARGE else 20) * scale
        top = self._arrange_words(inner, top, foot, scale)
        if foot > top:
            self._map_place = QRectF(inner.left(), top + 24 * scale, inner.width(), max(foot - top - 48 * scale, 0))
            limit = 230 * scale
            if self._map_place.height() > limit:
                self._map_place.setTop(self._map_place.bottom() - limit)
        hint = self._hint_text(inner, scale)
        if hint is not None:
            self._texts.append(hint)
        self._arrange_children(inner, top, foot, scale)
        self.update()

    def _arrange_words(self, inner: QRectF, top: float, foot: float, scale: float) -> float:
        words, theme = self._words, self.theme
        verdict = self._mode in _LARGE
        room = max(foot - top, 40.0)
        share = room * (0.62 if verdict else 0.4)
        largest = round((76 if verdict else 40) * scale)
        headline = fit_text(
            words.headline,
            lambda size: _display_font(theme, size, QFont.Weight.Bold),
            inner.width(),
            share,
            largest,
            3 if verdict else 2,
        )
        self._headline_size = headline.pixel_size
        self._texts.append((headline, inner.left(), top))
        top += headline.height + 4 * scale
        smaller = ((words.second, 44 if verdict else 22), (words.note, 24 if verdict else 18))
        for text, pixels in smaller:
            if text:
                fitted = fit_text(text, theme.font, inner.width(), room * 0.3, max(round(pixels * scale), 15), 2)
                self._texts.append((fitted, inner.left(), top))
                top += fitted.height + 10 * scale
        return top

    def _word_text(self, inner: QRectF, scale: float) -> tuple[FittedText, float, float]:
        sign = self._sign_place()
        left = sign.right() + 28 * scale
        largest = round((40 if self._mode in _LARGE else 28) * scale)
        word = fit_text(
            self._words.word,
            lambda size: _display_font(self.theme, size, QFont.Weight.DemiBold),
            inner.right() - left,
            sign.height(),
            largest,
            2,
        )
        return word, left, sign.center().y() - word.height / 2

    def _sign_place(self) -> QRectF:
        scale = self._scale
        if self._mode in _LARGE:
            return QRectF(58 * scale, 50 * scale, 86 * scale, 86 * scale)
        return QRectF(46 * scale, 36 * scale, 52 * scale, 52 * scale)

    def _arrange_foot(self, inner: QRectF, scale: float) -> float:
        """Give where the foot begins."""
        hint = self._hint_text(inner, scale)
        height = hint[0].height if hint is not None else 0.0
        if not self.anyway_button.isHidden():
            height = max(height, 38.0)
        return inner.bottom() - height - 16 * scale

    def _hint_text(self, inner: QRectF, scale: float) -> tuple[FittedText, float, float] | None:
        hint = self._words.hint
        if not hint or self._mode in (PanelMode.REASON, PanelMode.WALK_IN):
            return None
        width = inner.width()
        if not self.anyway_button.isHidden():
            width -= self.anyway_button.sizeHint().width() + 24
        fitted = fit_text(hint, self.theme.font, width, 80 * scale, max(round(21 * scale), 15), 3)
        return fitted, inner.left(), inner.bottom() - fitted.height

    def _arrange_children(self, inner: QRectF, top: float, foot: float, scale: float) -> None:
        button = self.anyway_button
        if not button.isHidden():
            ink, ground = self._ink().name(), self.ground.name()
            button.setStyleSheet(_ANYWAY_STYLE.format(ink=ink, ground=ground))
            size = button.sizeHint()
            button.setGeometry(round(inner.right()) - size.width(), round(inner.bottom()) - 38 + 2, size.width(), 38)
        left, width = round(inner.left()), round(inner.width())
        top += 8 * scale
        self.picker.setGeometry(left, round(top), width, max(round(foot - top), 60))
        for form in self._forms():
            height = min(form.sizeHint().height(), round(inner.bottom() - top) + round(30 * scale))
            form.setGeometry(left, round(top), width, height)

    def _forms(self) -> tuple[DoorForm, ...]:
        return (self.reason_form, self.walk_in_form)

    def _paint_sign(self, painter: QPainter) -> None:
        place = self._sign_place()
        tone = self._words.tone
        unit = place.width() / 86
        ink = self._ink() if tone is not DoorTone.ASK else self.theme.colours.of(ColourRole.ACCENT)
        pen = QPen(ink, 5.5 * unit)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(pen)
        if self._mode is not PanelMode.READY:
            painter.drawEllipse(place)
        pen.setWidthF(8 * unit)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
        painter.setPen(pen)
        painter.save()
        painter.translate(place.topLeft())
        painter.scale(unit, unit)
        pen.setWidthF(8)
        painter.setPen(pen)
        painter.drawPath(_frame() if self._mode is PanelMode.READY else _SIGNS[tone]())
        painter.restore()


def _display_font(theme: Theme, size: int, weight: QFont.Weight) -> QFont:
    """Give the font for large words: set a little closer, with figures and hyphens of their natural width."""
    font = theme.font(size, weight)
    font.unsetFeature(QFont.Tag("tnum"))
    font.setLetterSpacing(QFont.SpacingType.PercentageSpacing, 98)
    return font


def _check() -> QPainterPath:
    path = QPainterPath(QPointF(17, 42))
    path.lineTo(36, 60)
    path.lineTo(68, 24)
    return path


def _exclamation() -> QPainterPath:
    path = QPainterPath(QPointF(43, 20))
    path.lineTo(43, 48)
    path.moveTo(43, 64)
    path.lineTo(43, 65)
    return path


def _cross() -> QPainterPath:
    path = QPainterPath(QPointF(25, 25))
    path.lineTo(61, 61)
    path.moveTo(61, 25)
    path.lineTo(25, 61)
    return path


def _question() -> QPainterPath:
    path = QPainterPath(QPointF(30, 33))
    path.cubicTo(30, 15, 57, 15, 57, 32)
    path.cubicTo(57, 43, 43, 42, 43, 53)
    path.moveTo(43, 67)
    path.lineTo(43, 68)
    return path


def _frame() -> QPainterPath:
    path = QPainterPath()
    for x, y in ((1, 1), (-1, 1), (-1, -1), (1, -1)):
        path.moveTo(43 - x * 16, 43 - y * 36)
        path.lineTo(43 - x * 36, 43 - y * 36)
        path.lineTo(43 - x * 36, 43 - y * 16)
    path.moveTo(23, 43)
    path.lineTo(63, 43)
    return path


_SIGNS = {DoorTone.OK: _check, DoorTone.WARNING: _exclamation, DoorTone.BAD: _cross, DoorTone.ASK: _question}
