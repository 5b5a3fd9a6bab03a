"""The one screen at a door: camera, search and log at the left, the verdict at the right, everything by keyboard."""

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, QPointF, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QHideEvent, QImage, QKeyEvent, QKeySequence, QShowEvent
from PySide6.QtWidgets import QApplication, QGridLayout, QStackedWidget, QVBoxLayout, QWidget

from models.admission import Person
from models.door_desk import LogLine
from models.door_words import DoorTone, VerdictWords, clock_text, event_zone
from models.events import Direction, DoorDirection
from ui.door.camera_view import CameraChoice, CameraView
from ui.door.door_bars import DoorFoot, DoorHeader
from ui.door.door_control import DoorControl, VerdictShown
from ui.door.entry_log import EntryLog, NameResults
from ui.door.look_panel import LookPanel
from ui.door.typed_codes import DigitBurst, code_in, is_like_a_code, is_short_code
from ui.door.verdict_panel import PanelMode, VerdictPanel
from ui.saying import say_at_door
from ui.theme import Theme
from ui.theme.sounds import Sound, SoundPlayer
from ui.widgets.cards import Card, wrapped
from ui.widgets.search_field import SearchField
from ui.widgets.status_line import Connection
from ui.workspace import Workspace

_MARGIN = 16
_GAP = 12
_SOUNDS = {
    DoorTone.OK: Sound.OK,
    DoorTone.WARNING: Sound.WARNING,
    DoorTone.BAD: Sound.BAD,
    # A group waits for an answer: nobody may take its sound for "go".
    DoorTone.ASK: Sound.WARNING,
}
_FORMS = (PanelMode.REASON, PanelMode.WALK_IN)
_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class DoorPage(QWidget):
    """Shows what the control says and turns keys, codes and frames into what people mean by them."""

    camera_chosen = Signal(str)
    left = Signal()

    def __init__(
        self,
        theme: Theme,
        workspace: Workspace,
        door_name: str = "",
        staff_name: str = "",
        door_id: str | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.control = DoorControl(workspace, say_at_door, door_id, self)
        self.control.staff_name = staff_name
        self._door_name = door_name
        self._burst = DigitBurst()
        self._results_for = ""
        self.setProperty("surface", "background")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAccessibleName(self.tr("Door"))

        self.sounds = SoundPlayer(self)
        self.header = DoorHeader(theme)
        self.camera = CameraView(theme)
        self.search = SearchField(theme, self.tr("Type a name to search"))
        self.search.setStyleSheet("QLineEdit { min-height: 30px; font-size: 16px; border-radius: 10px; }")
        self.log = EntryLog(theme, say_at_door)
        self.results = NameResults(theme, say_at_door)
        self.panel = VerdictPanel(theme, say_at_door)
        self.foot = DoorFoot()
        self._nobody = wrapped("", "muted")
        self._nobody.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._lower = QStackedWidget()
        self._no_entries = wrapped(self.tr("Everybody who passes here is listed, the last one on top."), "muted")
        self._no_entries.setAlignment(Qt.AlignmentFlag.AlignCenter)
        for part in (self._no_entries, self.log, self.results, self._nobody):
            self._lower.addWidget(part)
        self._lay_out()
        self.look = LookPanel(theme, workspace, lambda: self.control.door_id, self.header.to_look_at, self)
        self._connect()

        self._clock_timer = QTimer(self)
        self._clock_timer.setInterval(1000)
        self._clock_timer.timeout.connect(self._show_clock)
        self.setFocusProxy(self.search)
        self._show_desk()
        self.look.refresh()
        self.show_ready()
        self.control.start()

    # -- what the program brings --------------------------------------------------------------------------

    @Slot(str)
    def on_code(self, text: str) -> None:
        """Take a code that the camera read; the same ticket held still counts once."""
        self.control.see_code(text)

    def show_frame(self, frame: QImage, corners: Sequence[QPointF] = ()) -> None:
        """Show a frame of the camera; ``corners`` are those of a code in it, in its pixels."""
        self.camera.show_frame(frame, corners)

    def set_cameras(self, cameras: Sequence[CameraChoice]) -> None:
        """Offer these cameras in the menu at the foot."""
        self.foot.show_cameras(cameras)
        if not cameras:
            self.camera.show_problem(self.tr("No camera was found. Plug one in: it is used by itself."))

    def show_camera(self, camera_id: str, frames_a_second: float | None = None) -> None:
        """Show which camera is in use and how fast its frames come."""
        self.foot.show_camera(camera_id, frames_a_second)

    def show_camera_problem(self, sentence: str) -> None:
        """Say why there is no picture; the next frame takes it away."""
        self.camera.show_problem(sentence)

    def set_connection(self, connection: Connection, waiting: int = 0, text: str = "") -> None:
        """Show how this copy stands to its server, with what is still to send."""
        self.header.show_connection(connection, waiting, text)

    def offer_way_back(self) -> None:
        """Let the person leave this screen: it is an organizer's, not a door's own."""
        self.header.back.show()

    def set_staff(self, staff_name: str) -> None:
        """Note in entries who works here."""
        self.control.staff_name = staff_name

    def show_ready(self) -> None:
        """Ask for the next ticket."""
        going_out = self.control.direction is Direction.OUT
        words = VerdictWords(
            DoorTone.ASK,
            self.tr("Going out") if going_out else self.tr("Ready"),
            self.tr("Show a ticket to go out") if going_out else self.tr("Show a ticket"),
            self.tr("Hold it up, or type a name"),
        )
        self.control.forget()
        self.panel.show_ready(words)
        self._show_keys()

    # -- what the control says ----------------------------------------------------------------------------

    def _on_verdict_reached(self, shown: VerdictShown) -> None:
        self.search.clear()
        self._show_log()
        self.search.setFocus(Qt.FocusReason.OtherFocusReason)
        if shown.is_group and shown.decision is not None:
            self.panel.show_group(shown.words, shown.decision, self.control.scene())
        else:
            room = self.control.desk.room_of(shown.table_ids[0]) if shown.table_ids else None
            self.panel.show_verdict(shown.words, room, shown.table_ids)
            self.panel.offer_anyway(self.control.may_override)
        self._show_keys()
        self.sounds.play(_SOUNDS[shown.words.tone])

    def _on_counts_changed(self, inside: int, expected: int) -> None:
        self.header.inside.show_count(inside)
        self.header.expected.show_count(expected)

    def _on_log_changed(self, lines: Sequence[LogLine]) -> None:
        self.log.show_lines(lines, event_zone(self.control.desk.time_zone))
        if self._lower.currentWidget() is self._no_entries:
            self._show_log()

    def _on_people_found(self, text: str, people: Sequence[Person]) -> None:
        if text != self.search.text().strip():
            return
        self._results_for = text
        self.results.show_people(people, self.control.scene())
        if is_like_a_code(text):
            nobody = self.tr("“{code}” looks like a ticket's code with a slip in it: compare it letter by letter.")
            self._nobody.setText(nobody.format(code=text))
        else:
            self._nobody.setText(self.tr("Nobody is called “{name}”. F2 lets them in as a walk-in.").format(name=text))
        self._lower.setCurrentWidget(self.results if people else self._nobody)
        self._show_keys()

    # -- what people do -----------------------------------------------------------------------------------

    def open_walk_in(self) -> None:
        """Ask who walked in; a name that was searched for in vain is taken along."""
        typed = self.search.text().strip()
        self.search.clear()
        self._show_log()
        words = VerdictWords(DoorTone.ASK, self.tr("Walk-in"), self.tr("Who is it?"))
        self.control.forget()
        self.panel.ask_walk_in(words, typed)
        self.control.offer_seats(self.panel.walk_in_form.show_seats)
        self._show_keys()

    def open_reason(self) -> None:
        """Ask why somebody is let in over the verdict, where the door's rules allow it."""
        if self.control.may_override and self.panel.mode is PanelMode.VERDICT:
            self.panel.ask_reason()
            self._show_keys()

    def toggle_direction(self) -> None:
        """Change between people who come and people who go, at a door that is used both ways."""
        if self.control.desk.door.direction is DoorDirection.BOTH:
            self.header.direction_chip.toggle()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.search and isinstance(event, QKeyEvent):
            if event.type() == QEvent.Type.ShortcutOverride and event.matches(QKeySequence.StandardKey.Undo):
                event.accept()
                return True
            if event.type() == QEvent.Type.KeyPress and self._take_key(event):
                return True
        return super().eventFilter(watched, event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self._take_key(event):
            return
        is_text = bool(event.text()) and event.text().isprintable()
        if is_text and self.panel.mode not in _FORMS and not self.search.hasFocus():
            self.search.setFocus(Qt.FocusReason.OtherFocusReason)
            QApplication.sendEvent(self.search, event)
            return
        super().keyPressEvent(event)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._show_clock()
        self._clock_timer.start()
        self.search.setFocus(Qt.FocusReason.OtherFocusReason)
        self.sounds.prepare()

    def hideEvent(self, event: QHideEvent) -> None:
        self._clock_timer.stop()
        super().hideEvent(event)

    def _take_key(self, event: QKeyEvent) -> bool:
        key = event.key()
        if key == Qt.Key.Key_F2:
            self.open_walk_in()
        elif key == Qt.Key.Key_F6:
            self.look.toggle()
        elif key == Qt.Key.Key_Escape and self.look.is_open:
            self.look.close_panel()
        elif key == Qt.Key.Key_F4:
            self.toggle_direction()
        elif key == Qt.Key.Key_F8:
            self.open_reason()
        elif self.panel.mode in _FORMS and not self.search.hasFocus():
            return False
        elif event.matches(QKeySequence.StandardKey.Undo):
            self.control.undo()
        elif key in _ENTER:
            self._on_enter()
        elif key == Qt.Key.Key_Escape and not self.search.text() and self.panel.mode is PanelMode.GROUP:
            self.show_ready()
        elif key in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self._move(1 if key == Qt.Key.Key_Down else -1)
        else:
            return self.panel.mode is PanelMode.GROUP and not self.search.text() and self._choose(event)
        return True

    def _choose(self, event: QKeyEvent) -> bool:
        """Take a key for the group that is shown: a digit or Space; anything else begins a search."""
        text = event.text()
        at = self.control.clock()
        if text.isascii() and text.isdigit():
            self._burst.press(text, at)
            if not self._burst.is_scanner:
                self.panel.picker.toggle(int(text))
            return True
        if text == " ":
            self.panel.picker.toggle_at_cursor()
            return True
        if text and text.isprintable():
            # A scanner began a short code with digits: they belong to it.
            self.search.insert(self._burst.take(at))
        return False

    def _on_enter(self) -> None:
        burst = self._burst.is_scanner
        scanned = self._burst.take(self.control.clock())
        typed = self.search.text().strip()
        if burst and scanned:
            self.control.see_code(scanned)
        elif typed:
            self._on_typed(typed)
        elif self.panel.mode is PanelMode.GROUP:
            self.control.admit(self.panel.picker.wanted_ids)
        else:
            self.control.show_companions()

    def _on_typed(self, typed: str) -> None:
        code = code_in(typed)
        known = self._results_for == typed
        person = self.results.chosen if known and self._lower.currentWidget() is self.results else None
        if code is not None:
            self.search.clear()
            self.control.see_code(code)
        elif person is not None:
            self.control.show_person(person.attendee_id)
        elif known and is_short_code(typed):
            self.control.see_code(typed)
        else:
            # Nobody is let in whom the person at the door has not seen in the list.
            self.search.ask_now()

    def _move(self, step: int) -> None:
        if self._lower.currentWidget() is self.results:
            self.results.choose_next(step)
        elif self.panel.mode is PanelMode.GROUP:
            self.panel.picker.move_cursor(step)

    def _on_search_changed(self, text: str) -> None:
        if text:
            self.control.search(text)
        else:
            self._show_log()

    def _on_search_edited(self, text: str) -> None:
        # What is listed belongs to an older text until the answer comes.
        self._results_for = ""
        if not text.strip():
            self._show_log()

    def _on_code_typed(self, code: str) -> None:
        self.control.see_code(code)

    def _on_walked_in(self, name: str, note: str, seat_id: str) -> None:
        self.panel.walk_in_form.forget()
        self.control.walk_in(name, note, seat_id)

    def _on_form_left(self) -> None:
        self.search.setFocus(Qt.FocusReason.OtherFocusReason)
        shown = self.control.shown
        if self.panel.mode is PanelMode.REASON and shown is not None:
            self.panel.show_verdict(shown.words, None, ())
            self.panel.offer_anyway(self.control.may_override)
            self._show_keys()
        else:
            self.show_ready()

    def _on_chosen_changed(self) -> None:
        if self.panel.mode is not PanelMode.GROUP:
            return
        ticked = len(self.panel.picker.ticked_ids)
        out = self.control.direction is Direction.OUT
        if ticked:
            hint = self.tr("Enter lets the {count} chosen out") if out else self.tr("Enter lets the {count} chosen in")
            self.panel.set_hint(hint.format(count=ticked))
        elif self.control.shown is not None:
            self.panel.set_hint(self.control.shown.words.hint)
        self._show_keys()

    def _on_direction_chosen(self, direction: Direction) -> None:
        self.control.set_direction(direction)
        self.show_ready()

    # -- what stands around -------------------------------------------------------------------------------

    def _show_log(self) -> None:
        self._results_for = ""
        self._lower.setCurrentWidget(self.log if self.control.log else self._no_entries)

    def _show_desk(self) -> None:
        desk = self.control.desk
        self.header.show_names(self._door_name or desk.door.name or self.tr("Door"), desk.title)
        self.header.show_directions(desk.door.direction)
        self._show_clock()

    def _show_clock(self) -> None:
        self.header.clock.setText(clock_text(self.control.now(), event_zone(self.control.desk.time_zone)))

    def _show_keys(self) -> None:
        out = self.control.direction is Direction.OUT
        keys: list[tuple[str, str]] = []
        if self.panel.mode in _FORMS:
            keys = [(self.tr("Enter"), self.tr("done")), (self.tr("Esc"), self.tr("cancel"))]
        elif self._lower.currentWidget() is self.results:
            keys = [(self.tr("↑ ↓"), self.tr("choose")), (self.tr("Enter"), self.tr("out") if out else self.tr("in"))]
            keys.append((self.tr("Esc"), self.tr("clear")))
        elif self.panel.mode is PanelMode.GROUP:
            ticked = bool(self.panel.picker.ticked_ids)
            all_in = self.tr("all out") if out else self.tr("all in")
            chosen = self.tr("chosen out") if out else self.tr("chosen in")
            keys = [(self.tr("Enter"), chosen if ticked else all_in), (self.tr("1–9"), self.tr("choose"))]
        elif self.control.companions:
            keys = [(self.tr("Enter"), self.tr("the others"))]
        if self.control.may_override and self.panel.mode is PanelMode.VERDICT:
            keys.append((self.tr("F8"), self.tr("let in anyway")))
        keys += [(self.tr("Ctrl Z"), self.tr("undo")), (self.tr("F2"), self.tr("walk-in"))]
        if self.control.desk.door.direction is DoorDirection.BOTH:
            keys.append((self.tr("F4"), self.tr("coming in") if out else self.tr("going out")))
        if self.look.count:
            keys.append((self.tr("F6"), self.tr("to look at")))
        self.foot.show_keys(keys)

    def _lay_out(self) -> None:
        lower = Card(padding=1)
        lower.column.setContentsMargins(1, 6, 1, 6)
        lower.column.addWidget(self._lower)
        left = QVBoxLayout()
        left.setSpacing(_GAP)
        left.addWidget(self.camera, 56)
        left.addWidget(self.search)
        left.addWidget(lower, 36)
        # A grid shares the width by its stretches alone, whatever the parts would like.
        halves = QGridLayout()
        halves.setContentsMargins(_MARGIN, _MARGIN, _MARGIN, _MARGIN)
        halves.setSpacing(_MARGIN)
        halves.addLayout(left, 0, 0)
        halves.addWidget(self.panel, 0, 1)
        halves.setColumnStretch(0, 40)
        halves.setColumnStretch(1, 60)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.header)
        column.addLayout(halves, 1)
        column.addWidget(self.foot)

    def _connect(self) -> None:
        control, panel = self.control, self.panel
        control.verdict_reached.connect(self._on_verdict_reached)
        # Nothing lies over a verdict.
        control.verdict_reached.connect(self.look.close_panel)
        self.look.count_changed.connect(self._show_keys)
        control.counts_changed.connect(self._on_counts_changed)
        control.log_changed.connect(self._on_log_changed)
        control.people_found.connect(self._on_people_found)
        control.desk_changed.connect(self._show_desk)
        self.search.installEventFilter(self)
        self.search.search_changed.connect(self._on_search_changed)
        self.search.textChanged.connect(self._on_search_edited)
        self.results.itemClicked.connect(self._on_result_clicked)
        panel.anyway_requested.connect(self.open_reason)
        panel.form_left.connect(self._on_form_left)
        panel.picker.chosen_changed.connect(self._on_chosen_changed)
        panel.reason_form.reason_given.connect(control.override)
        panel.walk_in_form.walked_in.connect(self._on_walked_in)
        for form in (panel.reason_form, panel.walk_in_form):
            form.code_typed.connect(self._on_code_typed)
        self.header.direction_chosen.connect(self._on_direction_chosen)
        self.header.back.clicked.connect(self.left)
        self.foot.camera_chosen.connect(self.camera_chosen)
        self.foot.mirror_toggled.connect(self.camera.set_mirrored)

    def _on_result_clicked(self) -> None:
        self._on_typed(self.search.text().strip())
