"""What is known of the connection, in a panel over the page: what waits, what was refused and why, and what to do."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QKeyEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from models.errors import UsherError
from models.operations.base import now_utc
from models.outbox_report import (
    NotedChange,
    OutboxReport,
    contact_text,
    kinds_text,
    not_holding_text,
    noted_text,
    put_off_text,
    quarantined_text,
    read_outbox,
    report_text,
    skew_text,
    waiting_text,
)
from ui.dialogs.refused_row import RefusedRow
from ui.saying import say_report
from ui.theme import ColourRole, Theme
from ui.theme.style import set_look
from ui.widgets.arrival_bar import ArrivalBar, Arrived
from ui.widgets.buttons import Button, ButtonKind
from ui.widgets.card_rows import scrolled, take_away
from ui.widgets.cards import Card, CardSurface, label, wrapped
from ui.widgets.fitting import polish_whole
from ui.widgets.status_line import Connection, StatusDot, connection_tone, connection_words
from ui.workspace import Workspace

_WIDTH = 460
_GAP = 12
_PADDING = 20
_TOGETHER_MS = 120
"""News that come closer together than this are read once."""
_TRY_MS = 8_000
_COPIED_MS = 2_000
_NOT_HOLDING_SHOWN = 3


class ConnectionPanel(QFrame):
    """Shows how this copy stands to its server, and keeps it true while it is open.

    It lies within the page and leaves the keyboard to a field that somebody types or scans into.
    """

    closed = Signal()

    def __init__(
        self, theme: Theme, workspace: Workspace, try_now: Callable[[], None], parent: QWidget | None = None
    ) -> None:
        """Begin closed; ``try_now`` makes the copy and its server exchange at once."""
        super().__init__(parent)
        self._theme = theme
        self._workspace = workspace
        self._try_now = try_now
        self._hosts: dict[QAbstractButton, QWidget] = {}
        self._anchor: QWidget | None = None
        self._anchored = QRect()
        self._focus_before: QWidget | None = None
        self._connection = Connection.OFFLINE
        self._waiting = 0
        self._sentence = ""
        self._arrived: Arrived | None = None
        self._report: OutboxReport | None = None
        self._shown: tuple[NotedChange, ...] | None = None
        self._seen: set[str] = set()
        self.rows: list[RefusedRow] = []
        self.setProperty("part", "panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAccessibleName(self.tr("Connection"))

        self._dot = StatusDot(theme)
        self._title = label("", "title")
        self._state = wrapped("")
        self.bar = ArrivalBar()
        self._facts: dict[str, QLabel] = {}
        self._clock = Card(CardSurface.WARNING, 12)
        self._skew = wrapped("", "strong")
        self._clock.column.setSpacing(2)
        self._clock.column.addWidget(self._skew)
        self._clock.column.addWidget(
            wrapped(self.tr("The times of entries are corrected, and nothing is held up."), "muted")
        )
        self._refused_title = label("", "section")
        self._refused_column = QVBoxLayout()
        self._refused_column.setSpacing(8)
        self._more = label("", "muted")
        self.try_button = Button(theme, self.tr("Try now"), ButtonKind.PRIMARY, "refresh")
        self.copy_button = Button(theme, self.tr("Copy the report"), ButtonKind.QUIET, "export")
        self.close_button = Button(theme, self.tr("Close"), ButtonKind.QUIET)
        self._body = QWidget()
        self._lay_out()

        self.try_button.clicked.connect(self._on_try_pressed)
        self.copy_button.clicked.connect(self._on_copy_pressed)
        self.close_button.clicked.connect(self.close_panel)
        workspace.changes.changed.connect(self._on_changed)
        self._soon = _timer(self, _TOGETHER_MS, self.refresh)
        self._tried = _timer(self, _TRY_MS, self._on_tried)
        self._copied = _timer(self, _COPIED_MS, self._on_copied)
        self.hide()

    # -- opening and closing ------------------------------------------------------------------------------

    def attach(self, anchor: QAbstractButton, host: QWidget) -> None:
        """Open beside ``anchor``, within ``host``, whenever it is pressed; pressed again it closes."""
        self._hosts[anchor] = host
        anchor.clicked.connect(self._on_anchor_pressed)

    def open_at(self, anchor: QWidget, host: QWidget) -> None:
        """Open beside ``anchor``, within ``host``, with what is known now."""
        before = self.parentWidget()
        if before is not None:
            before.removeEventFilter(self)
        typed_into = QApplication.focusWidget()
        self._anchor, self._focus_before = anchor, typed_into
        self.setParent(host)
        host.installEventFilter(self)
        self.refresh()
        self._place()
        self.show()
        self.raise_()
        # Who types or scans goes on; everybody else gets the keyboard's way in.
        if not isinstance(typed_into, QLineEdit):
            self.try_button.setFocus(Qt.FocusReason.PopupFocusReason)

    def close_panel(self) -> None:
        """Close, and give the keyboard back to where it was; nothing happens when it is closed."""
        if not self.is_open:
            return
        had_focus = self.isAncestorOf(QApplication.focusWidget() or self)
        self._soon.stop()
        self.hide()
        ways_back = (self._focus_before, self._anchor, self.parentWidget())
        self._anchor = self._focus_before = None
        back = next((widget for widget in ways_back if widget is not None and widget.isVisible()), None)
        if had_focus and back is not None:
            back.setFocus(Qt.FocusReason.PopupFocusReason)
        self.closed.emit()

    def end(self) -> None:
        """Close for good: nothing opens it any more, and it goes from wherever it lies."""
        self.close_panel()
        for anchor in self._hosts:
            anchor.clicked.disconnect(self._on_anchor_pressed)
        self._hosts.clear()
        self._workspace.changes.changed.disconnect(self._on_changed)
        host = self.parentWidget()
        if host is not None:
            host.removeEventFilter(self)
        self.setParent(None)
        self.deleteLater()

    @property
    def is_open(self) -> bool:
        """Whether it is shown."""
        return not self.isHidden()

    # -- what is shown ------------------------------------------------------------------------------------

    def show_standing(
        self, connection: Connection, waiting: int = 0, sentence: str = "", arrived: Arrived | None = None
    ) -> None:
        """Show how the copy stands; `waiting` counts all that is still to send.

        `sentence` explains a problem, or says how much of an event has arrived; `arrived` says the same for the bar.
        """
        is_further = arrived is not None and self._arrived is not None
        self._connection, self._waiting, self._sentence, self._arrived = connection, waiting, sentence, arrived
        self._on_tried()
        if not self.is_open:
            return
        self._show_state()
        if not is_further:
            # What waits is not another for some more bytes, and they come ten times a second.
            self._read_soon()

    @property
    def title(self) -> str:
        """The few words at the top."""
        return self._title.text()

    @property
    def state(self) -> str:
        """The sentence below them."""
        return self._state.text()

    def fact(self, key: str) -> str:
        """The text of ``waiting``, ``kinds``, ``not_holding``, ``elsewhere``, ``contact`` or ``server``, if shown."""
        return self._facts[key].text() if not self._facts[key].isHidden() else ""

    @property
    def skew(self) -> str:
        """What is said about this laptop's clock; empty while it is right."""
        return self._skew.text() if not self._clock.isHidden() else ""

    def refresh(self) -> None:
        """Read anew what waits and what was refused."""
        self._soon.stop()
        try:
            with self._workspace.read() as connection:
                self._report = read_outbox(connection, say_report)
        except UsherError as error:
            self._connection, self._sentence = Connection.PROBLEM, error.message
        self._show_state()
        if self._report is not None:
            self._show_report(self._report, now_utc())
        self._place()

    def _show_state(self) -> None:
        self._dot.show_tone(connection_tone(self._connection))
        self._title.setText(connection_words(self._connection))
        self._state.setText(self._state_sentence())
        self.bar.show_arrived(self._arrived)
        quiet = self._connection is Connection.IN_STEP
        set_look(self.try_button, "kind", (ButtonKind.QUIET if quiet else ButtonKind.PRIMARY).value)
        self._theme.keep_icon(self.try_button, "refresh", ColourRole.TEXT if quiet else ColourRole.ON_ACCENT)

    def _state_sentence(self) -> str:
        left = max(self._waiting, self._report.waiting if self._report else 0)
        if self._connection in (Connection.PROBLEM, Connection.FETCHING) and self._sentence:
            return self._sentence
        if self._connection is Connection.OFFLINE:
            if left:
                return self.tr("The server does not answer. Work on: what waits is handed in by itself later.")
            return self.tr("The server does not answer, but everything is handed in. Work on.")
        if left:
            return self.tr("What waits is being handed in.")
        return self.tr("Everything is handed in.")

    def _show_report(self, report: OutboxReport, now: datetime) -> None:
        above = self._waiting - report.waiting if self._connection is Connection.OFFLINE else 0
        beyond = self.tr("{count} more wait here for the central server.").format(count=above)
        parts = (put_off_text(report, say_report), quarantined_text(report, say_report), beyond if above > 0 else "")
        not_holding = [not_holding_text(report, say_report)] if report.not_holding_count else []
        not_holding += [f"– {noted_text(change, say_report)}" for change in report.not_holding[:_NOT_HOLDING_SHOWN]]
        self._show_fact("waiting", waiting_text(report, now, say_report) or self.tr("Nothing"))
        self._show_fact("kinds", kinds_text(report, say_report))
        self._show_fact("not_holding", "\n".join(not_holding))
        self._show_fact("elsewhere", "\n".join(part for part in parts if part))
        self._show_fact("contact", contact_text(report, now, say_report))
        self._show_fact("server", report.server)
        skew = skew_text(report, say_report)
        self._skew.setText(f"{skew}.")
        self._clock.setVisible(bool(skew))
        self._show_refused(report, now)

    def _show_fact(self, key: str, text: str) -> None:
        self._facts[key].setText(text)
        self._facts[key].setVisible(bool(text))

    def _show_refused(self, report: OutboxReport, now: datetime) -> None:
        left = tuple(change for change in report.refused if change.op_id not in self._seen)
        unread = report.refused_count - len(report.refused)
        self._refused_title.setText(self.tr("Not taken by the server · {count}").format(count=len(left) + unread))
        self._refused_title.setVisible(bool(left))
        self._more.setText(self.tr("{count} older ones stand in the report.").format(count=unread))
        self._more.setVisible(bool(left) and unread > 0)
        if left == self._shown:
            return
        place = next((place for place, row in enumerate(self.rows) if row.seen_button.hasFocus()), None)
        take_away(self.rows)
        self._shown = left
        self.rows = [RefusedRow(self._theme, change, report, now) for change in left]
        for row in self.rows:
            row.seen.connect(self._on_seen)
            self._refused_column.addWidget(row)
            row.show()
        if place is not None:
            following = self.rows[min(place, len(self.rows) - 1)].seen_button if self.rows else self.close_button
            following.setFocus(Qt.FocusReason.TabFocusReason)

    # -- what people do -----------------------------------------------------------------------------------

    def _on_anchor_pressed(self) -> None:
        anchor = self.sender()
        assert isinstance(anchor, QAbstractButton)
        if self.is_open and self._anchor is anchor:
            self.close_panel()
        else:
            self.open_at(anchor, self._hosts[anchor])

    def _on_try_pressed(self) -> None:
        self.try_button.setText(self.tr("Trying…"))
        self._tried.start()
        self._try_now()

    def _on_tried(self) -> None:
        self._tried.stop()
        self.try_button.setText(self.tr("Try now"))

    def _on_copy_pressed(self) -> None:
        self.refresh()
        if self._report is not None:
            QGuiApplication.clipboard().setText(report_text(self._report, now_utc(), say_report))
            self.copy_button.setText(self.tr("Copied"))
            self._copied.start()

    def _on_copied(self) -> None:
        self.copy_button.setText(self.tr("Copy the report"))

    def _on_seen(self, op_id: str) -> None:
        self._seen.add(op_id)
        self.refresh()

    def _on_changed(self) -> None:
        if self.is_open:
            self._read_soon()

    def _read_soon(self) -> None:
        # Begun once and not put off by what comes meanwhile: news without a pause would be shown when they end.
        if not self._soon.isActive():
            self._soon.start()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        focused = QApplication.focusWidget()
        if event.key() == Qt.Key.Key_Escape:
            self.close_panel()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and isinstance(focused, QAbstractButton):
            focused.click()
        else:
            super().keyPressEvent(event)

    # -- where it lies ------------------------------------------------------------------------------------

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.parentWidget() and event.type() == QEvent.Type.Resize and self.is_open:
            # After the host has laid itself out, so that the anchor is where it will be.
            self._soon.start()
        if watched is self._body and event.type() == QEvent.Type.LayoutRequest:
            self._place()
        return super().eventFilter(watched, event)

    def _place(self) -> None:
        host, anchor = self.parentWidget(), self._anchor
        if host is None or anchor is None:
            return
        if anchor.isVisible():
            # As wide as the anchor, as high as the bar that it stands in.
            bar = anchor.parentWidget() or anchor
            top = bar.mapTo(host, QPoint(0, 0)).y()
            self._anchored = QRect(anchor.mapTo(host, QPoint(0, 0)).x(), top, anchor.width(), bar.height())
        anchored, room = self._anchored, host.rect().adjusted(_GAP, _GAP, -_GAP, -_GAP)
        is_above = anchored.center().y() > host.height() / 2
        free = anchored.top() - _GAP - room.top() if is_above else room.bottom() - anchored.bottom() - _GAP
        width = min(_WIDTH, room.width())
        height = min(self._wanted_height(width), free)
        left = max(room.left(), min(anchored.left(), room.right() - width + 1))
        top = anchored.top() - _GAP - height if is_above else anchored.bottom() + 1 + _GAP
        self.setGeometry(left, top, width, height)

    def _wanted_height(self, width: int) -> int:
        polish_whole(self)
        self._column.activate()
        frame = self.contentsMargins()
        body = self._column.totalHeightForWidth(width - frame.left() - frame.right())
        return body + self._foot.sizeHint().height() + frame.top() + frame.bottom()

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(self._dot)
        head.addWidget(self._title, 1)
        facts = QGridLayout()
        facts.setHorizontalSpacing(16)
        facts.setVerticalSpacing(4)
        facts.setColumnStretch(1, 1)
        named = {
            "waiting": self.tr("Waiting"),
            "kinds": "",
            "not_holding": "",
            "elsewhere": "",
            "contact": self.tr("Last contact"),
            "server": self.tr("Server"),
        }
        for row, (key, name) in enumerate(named.items()):
            if name:
                facts.addWidget(label(name, "muted"), row, 0, Qt.AlignmentFlag.AlignTop)
            self._facts[key] = wrapped("", "" if name else "muted")
            self._facts[key].setAccessibleName(name)
            facts.addWidget(self._facts[key], row, 1)
        self._column = column = QVBoxLayout(self._body)
        column.setContentsMargins(_PADDING, _PADDING - 4, _PADDING, 4)
        column.setSpacing(12)
        column.addLayout(head)
        column.addWidget(self._state)
        column.addWidget(self.bar)
        column.addLayout(facts)
        column.addWidget(self._clock)
        column.addWidget(self._refused_title)
        column.addLayout(self._refused_column)
        column.addWidget(self._more)
        column.addStretch(1)
        self._body.setProperty("surface", "clear")
        self._body.installEventFilter(self)
        self._foot = QWidget()
        buttons = QHBoxLayout(self._foot)
        buttons.setContentsMargins(_PADDING, 10, _PADDING, _PADDING - 4)
        buttons.setSpacing(8)
        buttons.addWidget(self.try_button)
        buttons.addWidget(self.copy_button)
        buttons.addStretch(1)
        buttons.addWidget(self.close_button)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        outer.addWidget(scrolled(self._body), 1)
        outer.addWidget(self._foot)


def _timer(parent: QObject, interval: int, slot: Callable[[], None]) -> QTimer:
    timer = QTimer(parent)
    timer.setSingleShot(True)
    timer.setInterval(interval)
    timer.timeout.connect(slot)
    return timer
