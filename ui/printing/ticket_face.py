"""The face of one printed ticket: who, what, when, where, and the code."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QDate, QLocale, QPointF, QRectF, Qt, QTime
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen

from models.ticketing import PrintablePerson, PrintableTicket
from ui.printing.qr_code import QUIET_MODULES, ticket_path
from ui.theme import ColourRole, Colours
from ui.theme.fonts import text_font

UNITS = 100.0
"""Painter units in a millimetre."""
WIDTH, HEIGHT = 190.0, 69.0
"""A ticket's size in millimetres."""
CODE_WIDTH = 40.7
"""A code's width without its quiet zone, in millimetres: 37 modules of 1.1 mm."""

_MODULE = CODE_WIDTH / 37
_STUB = 62.0
_BAND = 2.6
_LEFT = 10.0
_RIGHT = WIDTH - _STUB - 6.0
_POINT = 25.4 / 72
_MOST_NAMES = 8
_ALIGN_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignAbsolute


class TicketFace:
    """Paints tickets in one set of colours; the painter's unit is a hundredth of a millimetre."""

    def __init__(self, colours: Colours) -> None:
        self._accent = colours.of(ColourRole.ACCENT)
        self._text = colours.of(ColourRole.TEXT)
        self._muted = colours.of(ColourRole.MUTED_INK)
        self._line = colours.of(ColourRole.LINE)

    def paint(self, painter: QPainter, ticket: PrintableTicket) -> None:
        """Paint a signed ticket with its top left corner at the painter's origin. Raises ValueError without a code."""
        if ticket.signed_code is None:
            raise ValueError("a ticket without a code is not printed")
        painter.save()
        painter.setPen(Qt.PenStyle.NoPen)
        painter.fillRect(_rect(0, 0, _BAND, HEIGHT), self._accent)
        self._paint_event(painter, ticket)
        self._paint_holder(painter, ticket)
        if ticket.is_group:
            self._paint_group(painter, ticket)
        else:
            self._paint_facts(painter, ticket)
        self._paint_stub(painter, ticket, ticket.signed_code)
        painter.restore()

    def _paint_event(self, painter: QPainter, ticket: PrintableTicket) -> None:
        width = _RIGHT - _LEFT
        self._line_of(painter, ticket.event_title, _rect(_LEFT, 6, width, 5.2), 11, QFont.Weight.DemiBold, self._accent)
        self._line_of(painter, when_text(ticket), _rect(_LEFT, 11.4, width, 4.2), 8.5, QFont.Weight.Medium, self._text)
        self._line_of(painter, ticket.place, _rect(_LEFT, 15.6, width, 4.2), 8.5, QFont.Weight.Normal, self._muted)
        painter.setPen(QPen(self._line, 0.2 * UNITS))
        painter.drawLine(_point(_LEFT, 21.4), _point(_RIGHT, 21.4))

    def _paint_holder(self, painter: QPainter, ticket: PrintableTicket) -> None:
        room = _rect(_LEFT, 23.4, _RIGHT - _LEFT, 10.6)
        size = 23.0
        while size > 14 and _metrics(painter, size, QFont.Weight.Bold).horizontalAdvance(ticket.holder) > room.width():
            size -= 1
        self._line_of(painter, ticket.holder, room, size, QFont.Weight.Bold, self._text)

    def _paint_facts(self, painter: QPainter, ticket: PrintableTicket) -> None:
        person = ticket.people[0]
        facts = [
            (_words("Table"), person.table or ""),
            (_words("Seat"), str(person.seat) if person.seat is not None else ""),
            (_words("Ticket"), ticket.ticket_type),
        ]
        left = _LEFT
        for caption, value in facts:
            if not value:
                continue
            advance = _metrics(painter, 19, QFont.Weight.DemiBold).horizontalAdvance(value) / UNITS
            width = min(max(advance + 0.5, 16.0), _RIGHT - left)
            self._line_of(painter, caption, _rect(left, 42.6, width, 4), 8, QFont.Weight.Medium, self._muted)
            self._line_of(painter, value, _rect(left, 46.6, width, 9.4), 19, QFont.Weight.DemiBold, self._text)
            left += width + 8
        self._paint_hint(painter)

    def _paint_group(self, painter: QPainter, ticket: PrintableTicket) -> None:
        caption = _words("One ticket for {count} people").format(count=ticket.admits)
        self._line_of(painter, caption, _rect(_LEFT, 33.8, _RIGHT - _LEFT, 4.4), 9, QFont.Weight.Medium, self._muted)
        names = list(ticket.people)
        more = 0
        if len(names) > _MOST_NAMES:
            more = len(names) - (_MOST_NAMES - 1)
            names = names[: _MOST_NAMES - 1]
        column = (_RIGHT - _LEFT - 4) / 2
        for place, person in enumerate(names):
            self._paint_person(painter, person, _cell(place, column))
        if more:
            text = _words("and {count} more").format(count=more)
            self._line_of(painter, text, _cell(len(names), column), 9, QFont.Weight.Normal, self._muted)
        self._paint_hint(painter)

    def _paint_person(self, painter: QPainter, person: PrintablePerson, cell: QRectF) -> None:
        gap = 2 * UNITS
        beside = _metrics(painter, 8, QFont.Weight.Normal)
        wanted = _metrics(painter, 9, QFont.Weight.Medium).horizontalAdvance(person.name)
        # A whole name is worth more than the seat beside it.
        where, taken = "", 0.0
        for words in _places(person):
            taken = beside.horizontalAdvance(words)
            if wanted + gap + taken <= cell.width():
                where = words
                break
        name = QRectF(cell.x(), cell.y(), cell.width() - (taken + gap if where else 0), cell.height())
        used = self._line_of(painter, person.name, name, 9, QFont.Weight.Medium, self._text)
        if where:
            rest = QRectF(cell.x() + used + gap, cell.y(), taken + 0.5 * UNITS, cell.height())
            self._line_of(painter, where, rest, 8, QFont.Weight.Normal, self._muted)

    def _paint_hint(self, painter: QPainter) -> None:
        hint = _words("Show this code at the door, on paper or on your phone.")
        self._line_of(painter, hint, _rect(_LEFT, 60.8, _RIGHT - _LEFT, 4), 7.5, QFont.Weight.Normal, self._muted)

    def _paint_stub(self, painter: QPainter, ticket: PrintableTicket, code: str) -> None:
        fold = QPen(self._line, 0.3 * UNITS, Qt.PenStyle.CustomDashLine)
        fold.setDashPattern([4, 4])
        painter.setPen(fold)
        painter.drawLine(_point(WIDTH - _STUB, 4), _point(WIDTH - _STUB, HEIGHT - 4))
        quiet = QUIET_MODULES * _MODULE
        left = WIDTH - _STUB + (_STUB - CODE_WIDTH) / 2
        top = 4.0 + quiet
        painter.fillPath(ticket_path(code, _point(left, top), CODE_WIDTH * UNITS), QColor(Qt.GlobalColor.black))
        below = top + CODE_WIDTH + quiet
        font = _font(12, QFont.Weight.DemiBold)
        font.setLetterSpacing(QFont.SpacingType.PercentageSpacing, 108)
        painter.setFont(font)
        painter.setPen(self._text)
        painter.drawText(_rect(WIDTH - _STUB, below, _STUB, 5.4), Qt.AlignmentFlag.AlignCenter, ticket.short_code)
        painter.setFont(_font(7, QFont.Weight.Normal))
        painter.setPen(self._muted)
        painter.drawText(
            _rect(WIDTH - _STUB, below + 5.2, _STUB, 3.6),
            Qt.AlignmentFlag.AlignCenter,
            _words("if the code cannot be read"),
        )

    def _line_of(
        self,
        painter: QPainter,
        text: str,
        room: QRectF,
        points: float,
        weight: QFont.Weight,
        colour: QColor,
    ) -> float:
        # One line, shortened to its room; gives the width that was used.
        metrics = _metrics(painter, points, weight)
        shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, room.width())
        painter.setFont(_font(points, weight))
        painter.setPen(colour)
        painter.drawText(room, _ALIGN_LEFT | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextDontClip, shown)
        return metrics.horizontalAdvance(shown)


def when_text(ticket: PrintableTicket) -> str:
    """Write a ticket's day and time in the event's own zone, as the person's language does."""
    start = ticket.starts_at
    locale = QLocale()
    day = locale.toString(QDate(start.year, start.month, start.day), QLocale.FormatType.LongFormat)
    time = locale.toString(QTime(start.hour, start.minute), QLocale.FormatType.ShortFormat)
    return f"{day}, {time}"


def _places(person: PrintablePerson) -> list[str]:
    if person.table is None:
        return []
    table = _words("Table {table}").format(table=person.table)
    return [_words("Table {table} · seat {seat}").format(table=person.table, seat=person.seat), table]


def _cell(place: int, column: float) -> QRectF:
    return _rect(_LEFT + (place % 2) * (column + 4), 39 + (place // 2) * 5, column, 4.8)


def _rect(x: float, y: float, width: float, height: float) -> QRectF:
    return QRectF(x * UNITS, y * UNITS, width * UNITS, height * UNITS)


def _point(x: float, y: float) -> QPointF:
    return QPointF(x * UNITS, y * UNITS)


def _font(points: float, weight: QFont.Weight) -> QFont:
    font = text_font(points * _POINT * UNITS, weight)
    # A PDF cannot tell which letters a font's alternate shapes stand for: a code would be copied as nonsense.
    for tag in ("tnum", "calt"):
        font.setFeature(QFont.Tag(tag), 0)
    return font


def _metrics(painter: QPainter, points: float, weight: QFont.Weight) -> QFontMetricsF:
    return QFontMetricsF(_font(points, weight), painter.device())


def _words(text: str) -> str:
    return QCoreApplication.translate("TicketFace", text)
