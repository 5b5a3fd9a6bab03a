"""Writes tickets into a PDF: four on a page of A4, with marks to cut along."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QIODevice, QLineF, QMarginsF, QSaveFile, Qt
from PySide6.QtGui import QPageLayout, QPageSize, QPainter, QPdfWriter, QPen

from models.errors import UsherError
from models.ticketing import PrintableTicket
from ui.printing.ticket_face import HEIGHT, UNITS, WIDTH, TicketFace
from ui.theme import ColourRole, Colours
from ui.theme.palette import LIGHT

TICKETS_A_PAGE = 4
_PAGE_WIDTH, _PAGE_HEIGHT = 210.0, 297.0
_SIDE = (_PAGE_WIDTH - WIDTH) / 2
_TOP = (_PAGE_HEIGHT - TICKETS_A_PAGE * HEIGHT) / 2
_MARK = 5.0
_UNITS_AN_INCH = round(25.4 * UNITS)


class TicketPdf:
    """One PDF of tickets that is written page by page; the file appears only when it is finished.

    Tickets that wait for the server are left out and counted in ``waiting``.
    """

    def __init__(self, path: Path, tickets: Sequence[PrintableTicket], colours: Colours = LIGHT) -> None:
        """Begin the file. Raises UsherError ``nothing_to_print`` or ``cannot_write``."""
        self.tickets = [ticket for ticket in tickets if ticket.signed_code is not None]
        self.waiting = len(tickets) - len(self.tickets)
        self.pages = -(-len(self.tickets) // TICKETS_A_PAGE)
        self.pages_written = 0
        self._path = path
        self._face = TicketFace(colours)
        self._line = colours.of(ColourRole.MUTED)
        self._faint = colours.of(ColourRole.LINE)
        if not self.tickets:
            raise UsherError(
                "nothing_to_print", _words("No ticket is ready yet: they wait for the server to sign them.")
            )
        self._file = QSaveFile(str(path))
        if not self._file.open(QIODevice.OpenModeFlag.WriteOnly):
            raise self._not_written()
        self._writer = QPdfWriter(self._file)
        self._writer.setResolution(_UNITS_AN_INCH)
        self._writer.setPageLayout(
            QPageLayout(QPageSize(QPageSize.PageSizeId.A4), QPageLayout.Orientation.Portrait, QMarginsF(0, 0, 0, 0))
        )
        self._writer.setTitle(self.tickets[0].event_title)
        self._writer.setCreator("Usher")
        self._painter = QPainter()
        if not self._painter.begin(self._writer):
            self._file.cancelWriting()
            raise self._not_written()

    @property
    def is_complete(self) -> bool:
        """Whether all pages are written."""
        return self.pages_written == self.pages

    def write_page(self) -> None:
        """Write the next page."""
        if self.pages_written:
            self._writer.newPage()
        start = self.pages_written * TICKETS_A_PAGE
        for place, ticket in enumerate(self.tickets[start : start + TICKETS_A_PAGE]):
            self._painter.save()
            self._painter.translate(_SIDE * UNITS, (_TOP + place * HEIGHT) * UNITS)
            self._face.paint(self._painter, ticket)
            self._painter.restore()
        self._paint_marks()
        self.pages_written += 1

    def finish(self) -> int:
        """Put the file in its place and give the number of tickets in it. Raises UsherError ``cannot_write``."""
        self._painter.end()
        if not self._file.commit():
            raise self._not_written()
        return len(self.tickets)

    def cancel(self) -> None:
        """Stop; a file that was there before stays as it was."""
        self._painter.end()
        self._file.cancelWriting()
        self._file.commit()

    def _paint_marks(self) -> None:
        painter = self._painter
        painter.setPen(QPen(self._line, 0.15 * UNITS, Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap))
        for place in range(TICKETS_A_PAGE + 1):
            y = _TOP + place * HEIGHT
            painter.drawLine(_line(_SIDE - 1 - _MARK, y, _SIDE - 1, y))
            painter.drawLine(_line(_PAGE_WIDTH - _SIDE + 1, y, _PAGE_WIDTH - _SIDE + 1 + _MARK, y))
        for x in (_SIDE, _PAGE_WIDTH - _SIDE):
            painter.drawLine(_line(x, _TOP - 1 - _MARK, x, _TOP - 1))
            painter.drawLine(_line(x, _PAGE_HEIGHT - _TOP + 1, x, _PAGE_HEIGHT - _TOP + 1 + _MARK))

        between = QPen(self._faint, 0.15 * UNITS, Qt.PenStyle.DashLine, Qt.PenCapStyle.FlatCap)
        painter.setPen(between)
        for place in range(1, TICKETS_A_PAGE):
            y = _TOP + place * HEIGHT
            painter.drawLine(_line(_SIDE, y, _PAGE_WIDTH - _SIDE, y))

    def _not_written(self) -> UsherError:
        sentence = _words("“{name}” cannot be written ({reason}): choose another folder or free some space.")
        return UsherError(
            "cannot_write", sentence.format(name=self._path.name, reason=self._file.errorString().rstrip("."))
        )


def write_ticket_pdf(
    path: Path,
    tickets: Sequence[PrintableTicket],
    colours: Colours = LIGHT,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> int:
    """Write the tickets that are signed into a PDF and give their number.

    ``progress`` hears of each page: pages written, pages in all. When it raises, nothing is written and the error
    goes on. Raises UsherError ``nothing_to_print`` or ``cannot_write``.
    """
    pdf = TicketPdf(path, tickets, colours)
    try:
        while not pdf.is_complete:
            pdf.write_page()
            progress(pdf.pages_written, pdf.pages)
    except BaseException:
        pdf.cancel()
        raise
    return pdf.finish()


def _line(x1: float, y1: float, x2: float, y2: float) -> QLineF:
    return QLineF(x1 * UNITS, y1 * UNITS, x2 * UNITS, y2 * UNITS)


def _words(text: str) -> str:
    return QCoreApplication.translate("TicketPdf", text)
