"""The dialog that makes an event's tickets and saves them as a PDF."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QStandardPaths, QTimer, Signal
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QDialog, QFileDialog, QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from models.errors import UsherError
from models.invitations import Attendee
from models.people import Guest
from models.store.local_copy import LocalCopy
from models.store.rows import Change
from models.ticketing import (
    PrintableTicket,
    TicketCounts,
    count_tickets,
    read_printable_tickets,
    ticket_operations,
)
from models.tickets import Ticket
from ui.printing.ticket_pdf import TicketPdf
from ui.theme import ColourRole, Theme
from ui.theme.style import set_look
from ui.widgets.buttons import Button, ButtonKind
from ui.widgets.cards import Card, label, wrapped
from ui.widgets.chips import StatusChip, Tone
from ui.widgets.task_progress import TaskProgress
from ui.workspace import Workspace

_WIDTH = 520


class TicketsDialog(QDialog):
    """Shows how far the tickets are, makes those that are missing, and saves the signed ones as a PDF."""

    tickets_saved = Signal(str, int)

    def __init__(self, workspace: Workspace, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._workspace = workspace
        self._theme = theme
        self._counts = TicketCounts(0, 0, 0)
        self._pdf: TicketPdf | None = None
        self._path = Path()
        self._is_busy = False
        self.setWindowTitle(self.tr("Tickets"))
        self.setMinimumWidth(_WIDTH)
        self.ready_count = _figure()
        self.ready_count.setAccessibleName(self.tr("Ready to print"))
        self.waiting_count = _figure()
        self.waiting_count.setAccessibleName(self.tr("Waiting for the server"))
        self.missing_count = _figure()
        self.missing_count.setAccessibleName(self.tr("Not made yet"))
        self.state_chip = StatusChip("")
        self.sentence = wrapped("", "muted")
        self.make_button = Button(theme, self.tr("Make tickets"), ButtonKind.PRIMARY, "ticket")
        self.make_button.clicked.connect(self._on_make_clicked)
        self.save_button = Button(theme, self.tr("Save as PDF…"), ButtonKind.QUIET, "printer")
        self.save_button.clicked.connect(self._on_save_clicked)
        self.close_button = Button(theme, self.tr("Close"), ButtonKind.PLAIN)
        self.close_button.clicked.connect(self.close)
        self.progress = TaskProgress(theme)
        self.progress.cancelled.connect(self._on_cancelled)
        self._next_page = QTimer(self)
        self._next_page.setInterval(0)
        self._next_page.timeout.connect(self._on_page_due)
        self._lay_out()
        workspace.changes.changed.connect(self._on_changed)
        self.refresh()

    def refresh(self) -> None:
        """Count anew."""
        with self._workspace.read() as connection:
            counts = count_tickets(connection, self._workspace.event_id)
        self._show_counts(counts)

    def make_tickets(self) -> None:
        """Issue the tickets that are missing; it cannot be undone, only revoked one by one."""
        event_id = self._workspace.event_id

        def work(copy: LocalCopy) -> Change:
            with copy.read() as connection:
                operations = ticket_operations(connection, event_id)
            return copy.run_all(operations)

        self._set_busy(True)
        self._workspace.submit(work, self._on_made, self._on_failed)

    def save_pdf(self, path: Path) -> None:
        """Save all signed tickets into ``path``, page by page, so that it can be cancelled."""
        event_id = self._workspace.event_id

        def work(copy: LocalCopy) -> list[PrintableTicket]:
            with copy.read() as connection:
                return read_printable_tickets(connection, event_id)

        self._path = path
        self._set_busy(True)
        self._workspace.submit(work, self._on_tickets_read, self._on_failed)

    def closeEvent(self, event: QCloseEvent) -> None:
        self._stop()
        super().closeEvent(event)

    def reject(self) -> None:
        self._stop()
        super().reject()

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 20, 20, 16)
        column.setSpacing(12)
        top = QHBoxLayout()
        top.addWidget(label(self.tr("Tickets"), "title"))
        top.addStretch(1)
        top.addWidget(self.state_chip)
        about = wrapped(
            self.tr(
                "Everybody who comes gets a signed ticket, and so does each household of two or more. "
                "Who has one already keeps it."
            ),
            "muted",
        )
        figures = Card(padding=16)
        grid = QGridLayout()
        grid.setHorizontalSpacing(24)
        for place, (count, words) in enumerate(
            (
                (self.ready_count, self.tr("ready to print")),
                (self.waiting_count, self.tr("wait for the server")),
                (self.missing_count, self.tr("not made yet")),
            )
        ):
            grid.addWidget(count, 0, place)
            grid.addWidget(label(words, "small"), 1, place)
            grid.setColumnStretch(place, 1)
        figures.column.addLayout(grid)
        foot = QHBoxLayout()
        foot.setSpacing(8)
        foot.addWidget(self.close_button)
        foot.addStretch(1)
        foot.addWidget(self.save_button)
        foot.addWidget(self.make_button)
        column.addLayout(top)
        column.addWidget(about)
        column.addWidget(figures)
        column.addWidget(self.progress)
        column.addWidget(self.sentence)
        column.addLayout(foot)

    def _show_counts(self, counts: TicketCounts) -> None:
        self._counts = counts
        for widget, count in (
            (self.ready_count, counts.ready),
            (self.waiting_count, counts.waiting),
            (self.missing_count, counts.missing),
        ):
            widget.setText(f"{count:,}".replace(",", "\u202f"))
        if counts.missing:
            self.state_chip.show_state(self.tr("to be made"), Tone.ACCENT)
        elif counts.waiting:
            self.state_chip.show_state(self.tr("being signed"), Tone.WARNING)
        elif counts.ready:
            self.state_chip.show_state(self.tr("all ready"), Tone.OK)
        else:
            self.state_chip.show_state(self.tr("no guests yet"), Tone.NEUTRAL)
        self._show_next_step(self.make_button, "ticket", is_next=counts.missing > 0)
        self._show_next_step(self.save_button, "printer", is_next=not counts.missing and counts.ready > 0)
        self._set_busy(self._is_busy)

    def _show_next_step(self, button: Button, icon: str, *, is_next: bool) -> None:
        set_look(button, "kind", (ButtonKind.PRIMARY if is_next else ButtonKind.QUIET).value)
        self._theme.keep_icon(button, icon, ColourRole.ON_ACCENT if is_next else ColourRole.TEXT)
        if is_next:
            button.setFocus()

    def _make_room(self) -> None:
        # A dialog does not grow by itself when something in it is shown.
        layout = self.layout()
        if layout is not None:
            layout.activate()
            self.resize(self.width(), max(self.height(), layout.totalHeightForWidth(self.width())))

    def _set_busy(self, busy: bool) -> None:
        self._is_busy = busy
        self.make_button.setEnabled(not busy and self._counts.missing > 0)
        self.save_button.setEnabled(not busy and self._counts.ready > 0)

    def _say(self, sentence: str, look: str = "muted") -> None:
        self.sentence.setText(sentence)
        set_look(self.sentence, "look", look)
        self._make_room()

    def _stop(self) -> None:
        self._next_page.stop()
        if self._pdf is not None:
            self._pdf.cancel()
            self._pdf = None
        self.progress.finish()
        self._set_busy(False)

    def _on_changed(self, change: Change) -> None:
        if change.touches(Ticket, Attendee, Guest):
            self.refresh()

    def _on_make_clicked(self) -> None:
        self.make_tickets()

    def _on_made(self, change: Change) -> None:
        self._is_busy = False
        self._workspace.announce(change)
        made = len(change.ids(Ticket))
        self.refresh()
        if self._counts.waiting:
            self._say(self.tr("Tickets made: %n. The server signs them; then they can be printed.", "", made))
        else:
            self._say(self.tr("Tickets made: %n.", "", made))

    def _on_save_clicked(self) -> None:
        folder = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation)
        chosen, _ = QFileDialog.getSaveFileName(
            self, self.tr("Save tickets"), str(Path(folder) / self.tr("tickets.pdf")), self.tr("PDF (*.pdf)")
        )
        if chosen:
            self.save_pdf(Path(chosen))

    def _on_tickets_read(self, tickets: list[PrintableTicket]) -> None:
        try:
            self._pdf = TicketPdf(self._path, tickets)
        except UsherError as error:
            self._on_failed(error)
            return
        self._say("")
        self.progress.start(self.tr("Drawing pages"), self._pdf.pages)
        self._make_room()
        self._next_page.start()

    def _on_page_due(self) -> None:
        pdf = self._pdf
        if pdf is None:
            self._next_page.stop()
            return
        if not pdf.is_complete:
            pdf.write_page()
            self.progress.advance(pdf.pages_written)
            return
        self._pdf = None
        try:
            count = pdf.finish()
        except UsherError as error:
            self._on_failed(error)
            return
        finally:
            self._stop()
        said = self.tr("Tickets saved in “{name}”: %n.", "", count).format(name=self._path.name)
        if pdf.waiting:
            said += " " + self.tr("Waiting for the server and not in it: %n.", "", pdf.waiting)
        self._say(said)
        self.tickets_saved.emit(str(self._path), count)

    def _on_cancelled(self) -> None:
        self._stop()
        self._say(self.tr("Stopped: no file was written."))

    def _on_failed(self, error: UsherError) -> None:
        self._stop()
        self._say(error.message, "problem")


def _figure() -> QLabel:
    return label("0", "headline")
