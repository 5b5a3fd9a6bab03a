"""The devices of an event: who they are, taking their rights away, and what revoked ones handed in afterwards."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

from PySide6.QtCore import QSize, QTimer
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QDialog, QHBoxLayout, QVBoxLayout, QWidget
from sqlalchemy import select

from models.device_list import DeviceLine, may_revoke, read_devices
from models.door_words import event_zone
from models.errors import UsherError
from models.events import Device, Door, Event
from models.operations.base import now_utc
from models.operations.events import RevokeDevice
from models.operations.quarantine import Judgement, JudgeQuarantined
from models.store.rows import Change
from ui.dialogs.device_row import DeviceRow
from ui.dialogs.held_row import HeldChange, HeldRow
from ui.theme import Theme
from ui.widgets.buttons import Button, ButtonKind
from ui.widgets.card_rows import scrolled, take_away
from ui.widgets.cards import label, wrapped
from ui.workspace import Workspace

AskHeld = Callable[[Callable[[Sequence[HeldChange]], None], Callable[[UsherError], None]], None]
"""Asks the server what waits for a decision; answers with it, or with an error."""

_SIZE = QSize(620, 560)
_ASK_AGAIN_MS = 10_000
_HELD_SHOWN = 60


class DevicesDialog(QDialog):
    """Lists the devices of an event and what waits for a decision; every step is an operation of its own."""

    def __init__(self, theme: Theme, workspace: Workspace, ask_held: AskHeld, parent: QWidget | None = None) -> None:
        """Show the devices at once; what waits follows when the server has answered."""
        super().__init__(parent)
        self._theme = theme
        self._workspace = workspace
        self._ask_held = ask_held
        self._is_asking = False
        self._lines: list[DeviceLine] = []
        self._held: list[HeldChange] = []
        self._decided: dict[str, Judgement] = {}
        self.rows: list[DeviceRow] = []
        self.held_rows: list[HeldRow] = []
        self.setWindowTitle(self.tr("Devices"))

        self.held_title = label("", "section")
        self.accept_all = Button(theme, self.tr("Accept all"), ButtonKind.QUIET, "check")
        self.accept_all.clicked.connect(self._on_accept_all_pressed)
        self.held_sentence = wrapped("", "muted")
        self._held_column = _column()
        self._held_part = self._make_held_part()
        self.devices_title = label(self.tr("Devices"), "section")
        self.nothing_held = wrapped("", "muted")
        self.close_button = Button(theme, self.tr("Close"), ButtonKind.QUIET)
        self.close_button.setAutoDefault(True)
        self.close_button.setDefault(True)
        self.close_button.clicked.connect(self.reject)
        self._column = _column()
        self._lay_out()
        self._again = QTimer(self)
        self._again.setInterval(_ASK_AGAIN_MS)
        self._again.timeout.connect(self.ask)
        self.finished.connect(self._again.stop)
        workspace.changes.changed.connect(self._on_changed)
        self._show_held_part("")
        self.refresh()
        # Enter, pressed at once, closes: it neither accepts nor revokes anything.
        self.close_button.setFocus()

    def sizeHint(self) -> QSize:
        return _SIZE

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.ask()
        self._again.start()

    def refresh(self) -> None:
        """Read the devices and show them."""
        with self._workspace.read() as connection:
            lines = read_devices(connection, self._workspace.identity)
            zone = connection.scalar(select(Event.time_zone).where(Event.id == self._workspace.event_id))
        self._zone = event_zone(zone or "UTC")
        if lines == self._lines:
            return
        self._lines = lines
        self._take_away(self.rows)
        self.rows = [DeviceRow(self._theme, line, self._zone, now_utc()) for line in lines]
        for row in self.rows:
            if may_revoke(row.line, self._workspace.identity.role):
                row.offer_revoking()
            row.revoke_chosen.connect(self._on_revoke_chosen)
            self._column.addWidget(row)
        self._order_by_tab()

    def ask(self) -> None:
        """Ask the server what waits for a decision."""
        if self._is_asking:
            return
        self._is_asking = True
        self._ask_held(self._on_held, self._on_held_failed)

    # -- what people decide -------------------------------------------------------------------------------

    def _on_revoke_chosen(self, device_id: str) -> None:
        name = next((line.name for line in self._lines if line.device_id == device_id), "")
        text = self.tr("Revoke {device}").format(device=name)
        self._workspace.actions.perform(text, [RevokeDevice(device_id=device_id)])

    def _on_judged(self, op_id: str, verdict: Judgement) -> None:
        self._judge([op_id], verdict)

    def _on_accept_all_pressed(self) -> None:
        self._judge([held.op_id for held in self._held if held.op_id not in self._decided], Judgement.ACCEPT)

    def _judge(self, op_ids: Sequence[str], verdict: Judgement) -> None:
        operations = [JudgeQuarantined(op_id=op_id, verdict=verdict) for op_id in op_ids]
        if not operations:
            return

        def show(_performed: object) -> None:
            self._decided |= dict.fromkeys(op_ids, verdict)
            self._show_decisions()

        self._workspace.actions.perform(self.tr("Decide about a revoked device's work"), operations, show)

    # -- what is shown ------------------------------------------------------------------------------------

    def _on_changed(self, change: Change) -> None:
        if change.touches(Device, Door):
            self.refresh()

    def _on_held(self, found: Sequence[HeldChange]) -> None:
        self._is_asking = False
        listed = {held.op_id for held in found}
        # What was decided here stays in sight, decided, until the dialog is opened anew.
        kept = [held for held in self._held if held.op_id in self._decided and held.op_id not in listed]
        self._show_held([*kept, *found])
        self._show_held_part("")

    def _on_held_failed(self, error: UsherError) -> None:
        self._is_asking = False
        self._show_held_part(error.message)

    def _show_held(self, held: list[HeldChange]) -> None:
        if held == self._held:
            return
        self._held = held
        self._take_away(self.held_rows)
        self.held_rows = [HeldRow(self._theme, one, self._zone, now_utc()) for one in held[:_HELD_SHOWN]]
        for row in self.held_rows:
            row.judged.connect(self._on_judged)
            self._held_column.addWidget(row)
        self._order_by_tab()
        self._show_decisions()

    def _order_by_tab(self) -> None:
        # As it is read, from the top to the foot; by itself it would be as it was made.
        held = [button for row in self.held_rows for button in (row.accept, row.discard)]
        devices = [button for row in self.rows for button in (row.revoke, row.really, row.keep)]
        for before, after in pairwise((self.accept_all, *held, *devices, self.close_button)):
            QWidget.setTabOrder(before, after)

    def _take_away(self, rows: Sequence[QWidget]) -> None:
        focused = self.focusWidget()
        if focused is not None and any(row.isAncestorOf(focused) for row in rows):
            # Otherwise it would go to the next button, which may be another device's.
            self.close_button.setFocus()
        take_away(rows)

    def _show_decisions(self) -> None:
        focused = self.focusWidget()
        was_deciding = focused is not None and self._held_part.isAncestorOf(focused)
        for row in self.held_rows:
            verdict = self._decided.get(row.held.op_id)
            if verdict is not None:
                row.show_decision(verdict)
        left = sum(held.op_id not in self._decided for held in self._held)
        title = self.tr("Waiting for your decision · {count}").format(count=left)
        self.held_title.setText(title if left else self.tr("Decided"))
        self.accept_all.setVisible(left > 1)
        if was_deciding and not left:
            self.close_button.setFocus()
        sentence = self.tr(
            "Revoked devices handed this in afterwards. Accepted, it counts as if it had come in time;"
            " discarded, it is only kept in the log."
        )
        if not left:
            sentence = self.tr("Everything is decided. The server acts on it as soon as it hears of it.")
        elif len(self._held) > _HELD_SHOWN:
            more = len(self._held) - _HELD_SHOWN
            sentence += " " + self.tr("{count} more follow, and “Accept all” counts for them too.").format(count=more)
        self.held_sentence.setText(sentence)

    def _show_held_part(self, problem: str) -> None:
        self._held_part.setVisible(bool(self._held))
        text = self.tr("What revoked devices hand in afterwards waits here for a decision; there is nothing now.")
        if problem:
            text = self.tr("What waits for a decision is not known now. {problem}").format(problem=problem)
        elif self._held:
            text = ""
        self.nothing_held.setText(text)
        self.nothing_held.setVisible(bool(text))

    def _make_held_part(self) -> QWidget:
        part = QWidget()
        head = QHBoxLayout()
        head.addWidget(self.held_title, 1)
        head.addWidget(self.accept_all)
        column = QVBoxLayout(part)
        column.setContentsMargins(0, 0, 0, 12)
        column.setSpacing(8)
        column.addLayout(head)
        column.addWidget(self.held_sentence)
        column.addLayout(self._held_column)
        return part

    def _lay_out(self) -> None:
        body = QWidget()
        body.setProperty("surface", "clear")
        inner = QVBoxLayout(body)
        inner.setContentsMargins(24, 24, 24, 8)
        inner.setSpacing(8)
        inner.addWidget(self._held_part)
        inner.addWidget(self.devices_title)
        inner.addLayout(self._column)
        inner.addWidget(self.nothing_held)
        inner.addStretch(1)
        foot = QHBoxLayout()
        foot.setContentsMargins(24, 8, 24, 20)
        foot.addStretch(1)
        foot.addWidget(self.close_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(scrolled(body), 1)
        column.addLayout(foot)
        self.setMinimumWidth(480)


def _column() -> QVBoxLayout:
    column = QVBoxLayout()
    column.setSpacing(8)
    return column
