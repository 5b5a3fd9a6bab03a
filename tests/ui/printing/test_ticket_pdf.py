"""The PDF of tickets, rendered back to pictures and read as a door's camera reads them."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
import zxingcpp
from PySide6.QtCore import QLocale, QPointF, QSize
from PySide6.QtGui import QImage, QPainter
from PySide6.QtPdf import QPdfDocument

from models.codes import new_signing_key, sign_ticket
from models.errors import UsherError
from models.ids import new_id
from models.ticketing import PrintablePerson, PrintableTicket, read_printable_tickets, ticket_operations
from tests.helpers.signing import sign_all_tickets
from tests.helpers.workspace import gala_copy
from ui.printing.qr_code import QUIET_MODULES, ticket_modules, ticket_path
from ui.printing.ticket_face import CODE_WIDTH, when_text
from ui.printing.ticket_pdf import TICKETS_A_PAGE, TicketPdf, write_ticket_pdf
from ui.theme import Theme

# Fonts for every script are a matter of the machine; the codes must be readable without them.
pytestmark = pytest.mark.qt_log_ignore("OpenType support missing")

DPI = 150
EVENT = new_id()
PRIVATE, _ = new_signing_key()


def ticket(number: int = 1) -> PrintableTicket:
    code = sign_ticket(PRIVATE, 1, EVENT, serial=f"{number:016x}", admits=1, type_number=1)
    return PrintableTicket(
        ticket_id=new_id(),
        holder="Maja Lindqvist",
        people=(PrintablePerson("Maja Lindqvist", "7", 3),),
        is_group=False,
        admits=1,
        signed_code=code,
        short_code="7K3M-9QXA-T",
        ticket_type="VIP",
        event_title="Harbour Foundation Gala",
        place="Old Customs House",
        starts_at=datetime(2026, 12, 12, 18, 30, tzinfo=UTC),
    )


def rendered(path: Path) -> Iterator[np.ndarray]:
    """Give each page as grey pixels at 150 dpi on white paper."""
    document = QPdfDocument()
    assert document.load(str(path)) is QPdfDocument.Error.None_
    for page in range(document.pageCount()):
        points = document.pagePointSize(page)
        size = QSize(round(points.width() / 72 * DPI), round(points.height() / 72 * DPI))
        paper = QImage(size, QImage.Format.Format_RGB32)
        paper.fill(0xFFFFFFFF)
        painter = QPainter(paper)
        painter.drawImage(0, 0, document.render(page, size))
        painter.end()
        grey = paper.convertToFormat(QImage.Format.Format_Grayscale8)
        lines = np.frombuffer(grey.constBits(), np.uint8).reshape(grey.height(), grey.bytesPerLine())
        yield lines[:, : grey.width()].copy()
    document.close()


def text_of(path: Path) -> str:
    document = QPdfDocument()
    document.load(str(path))
    pages = [document.getAllText(page).text() for page in range(document.pageCount())]
    document.close()
    return "\n".join(pages)


def test_every_ticket_of_the_gala_is_read_from_the_printed_page(theme: Theme, tmp_path: Path) -> None:
    copy = gala_copy(tmp_path)
    with copy.read() as connection:
        operations = ticket_operations(connection, copy.identity.event_id)
    copy.run_all(operations)
    sign_all_tickets(copy)
    with copy.read() as connection:
        tickets = read_printable_tickets(connection, copy.identity.event_id)
    copy.close()
    path = tmp_path / "tickets.pdf"
    heard: list[tuple[int, int]] = []
    written = write_ticket_pdf(path, tickets, progress=lambda done, total: heard.append((done, total)))
    read = [barcode.text for page in rendered(path) for barcode in zxingcpp.read_barcodes(page)]

    assert len(tickets) > 300
    assert written == len(tickets)
    assert sorted(read) == sorted(one.signed_code or "" for one in tickets)
    pages = -(-written // TICKETS_A_PAGE)
    assert heard == [(page, pages) for page in range(1, pages + 1)]


def test_a_signed_code_makes_a_version_5_code_of_37_modules() -> None:
    rows = ticket_modules(ticket().signed_code or "")

    assert [len(row) for row in rows] == [37] * 37


@pytest.mark.parametrize("text", ["", "12a4", "١٢٣", "1" * 203])
def test_what_is_no_signed_code_is_not_encoded(text: str) -> None:
    with pytest.raises(ValueError, match=r"a signed code (consists of|has 194) digits"):
        ticket_modules(text)


def test_the_drawn_code_covers_exactly_the_dark_modules() -> None:
    code = ticket().signed_code or ""
    path = ticket_path(code, QPointF(10, 20), 370)

    for line, row in enumerate(ticket_modules(code)):
        for place, dark in enumerate(row):
            assert path.contains(QPointF(10 + place * 10 + 5, 20 + line * 10 + 5)) == dark


def test_a_printed_code_is_at_least_40_mm_wide_in_a_quiet_zone(theme: Theme, tmp_path: Path) -> None:
    path = tmp_path / "one.pdf"
    write_ticket_pdf(path, [ticket()])
    page = next(rendered(path))
    found = zxingcpp.read_barcode(page)
    assert found is not None
    corners = found.position
    width = (corners.top_right.x - corners.top_left.x) / DPI * 25.4
    module = CODE_WIDTH / 37 / 25.4 * DPI
    quiet = int(QUIET_MODULES * module) - 2
    left, right = corners.top_left.x - 1, corners.top_right.x + 2
    top, bottom = corners.top_left.y - 1, corners.bottom_left.y + 2

    assert width >= 40 - 0.5
    assert (page[top:bottom, left - quiet : left] > 250).all()
    assert (page[top:bottom, right : right + quiet] > 250).all()
    assert (page[top - quiet : top, left:right] > 250).all()
    assert (page[bottom : bottom + quiet, left:right] > 250).all()


def test_a_ticket_says_who_where_and_when(theme: Theme, tmp_path: Path) -> None:
    path = tmp_path / "one.pdf"
    write_ticket_pdf(path, [ticket()])
    text = text_of(path)

    for words in ("Maja Lindqvist", "Harbour Foundation Gala", "Old Customs House", "VIP", "7K3M-9QXA-T", "18:30"):
        assert words in text
    assert "12 December 2026" in text


def test_a_households_ticket_lists_its_people_and_counts_the_rest(theme: Theme, tmp_path: Path) -> None:
    people = tuple(PrintablePerson(f"Guest Number{number}", "12", number) for number in range(1, 21))
    group = replace(ticket(), holder="Okafor", people=people, is_group=True, admits=20, ticket_type="")
    path = tmp_path / "group.pdf"
    write_ticket_pdf(path, [group])
    text = text_of(path)

    assert "Okafor" in text
    assert "One ticket for 20 people" in text
    assert "Guest Number7" in text
    assert "and 13 more" in text
    assert "Guest Number8" not in text


@pytest.mark.parametrize(
    "name",
    [
        "",
        "X",
        "A very long name " * 12,
        "أمينة بن يوسف",
        "美咲 田中",
        "אברהם",
        "नीलम शर्मा",
        "👩‍👩‍👧",
        "Zoë\u0301 \u202eevil",
    ],
)
def test_no_name_spoils_the_code(theme: Theme, tmp_path: Path, name: str) -> None:
    person = PrintablePerson(name, "A table with a long name", 12)
    odd = [
        replace(ticket(1), holder=name, people=(person,)),
        replace(ticket(2), holder=name, people=(person, person), is_group=True, event_title=name * 3, place=name),
    ]
    path = tmp_path / "odd.pdf"
    write_ticket_pdf(path, odd)
    read = {barcode.text for page in rendered(path) for barcode in zxingcpp.read_barcodes(page)}

    assert read == {one.signed_code for one in odd}


def test_tickets_that_wait_for_the_server_are_left_out_and_counted(theme: Theme, tmp_path: Path) -> None:
    waiting = replace(ticket(2), holder="Omar Abu Zaid", signed_code=None)
    path = tmp_path / "tickets.pdf"
    pdf = TicketPdf(path, [ticket(1), waiting])
    pdf.write_page()
    written = pdf.finish()

    assert (written, pdf.waiting, pdf.pages) == (1, 1, 1)
    assert "Omar" not in text_of(path)


def test_without_a_signed_ticket_nothing_is_written(theme: Theme, tmp_path: Path) -> None:
    path = tmp_path / "tickets.pdf"
    with pytest.raises(UsherError) as error:
        write_ticket_pdf(path, [replace(ticket(), signed_code=None)])

    assert error.value.code == "nothing_to_print"
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_gets_a_sentence(theme: Theme, tmp_path: Path) -> None:
    with pytest.raises(UsherError) as error:
        write_ticket_pdf(tmp_path / "nowhere" / "tickets.pdf", [ticket()])

    assert error.value.code == "cannot_write"
    assert "tickets.pdf" in error.value.message


def test_stopping_half_way_keeps_the_file_that_was_there(theme: Theme, tmp_path: Path) -> None:
    path = tmp_path / "tickets.pdf"
    path.write_bytes(b"the one from before")

    def stop(done: int, total: int) -> None:
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_ticket_pdf(path, [ticket(number) for number in range(20)], progress=stop)

    assert path.read_bytes() == b"the one from before"
    assert [one.name for one in tmp_path.iterdir()] == ["tickets.pdf"]


def test_the_day_is_written_in_the_persons_language(theme: Theme) -> None:
    before = QLocale()
    QLocale.setDefault(QLocale(QLocale.Language.German, QLocale.Country.Germany))
    words = when_text(ticket())
    QLocale.setDefault(before)

    assert words == "Samstag, 12. Dezember 2026, 18:30"
