"""The buttons that lie over the plan: tables to add at the top, zoom at the bottom."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QMenu, QWidget

from ui.planner.canvas import RoomCanvas
from ui.planner.table_work import LONG_TABLES, ROUND_TABLES, TableKind
from ui.theme import Theme
from ui.widgets.buttons import Button

_EDGE = 14
_ZOOM_WIDTH = 72


class FloorTools(QWidget):
    """Frames the plan with its buttons."""

    table_wanted = Signal(object)

    def __init__(self, theme: Theme, canvas: RoomCanvas, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._canvas = canvas
        self.round_button = Button(theme, self.tr("Round"), icon_name="plus")
        self.round_button.setMenu(self._menu(ROUND_TABLES))
        self.long_button = Button(theme, self.tr("Long"), icon_name="plus")
        self.long_button.setMenu(self._menu(LONG_TABLES))
        self.zoom_out_button = Button(theme, "−")
        self.zoom_out_button.setAccessibleName(self.tr("Zoom out"))
        self.zoom_button = Button(theme, "100 %")
        self.zoom_button.setMinimumWidth(_ZOOM_WIDTH)
        self.zoom_button.setToolTip(self.tr("Show a metre as 60 pixels"))
        self.zoom_in_button = Button(theme, "+")
        self.zoom_in_button.setAccessibleName(self.tr("Zoom in"))
        self.fit_button = Button(theme, self.tr("Fit"))
        self.fit_button.setToolTip(self.tr("Show the whole room (0)"))
        self.zoom_out_button.clicked.connect(canvas.zoom_out)
        self.zoom_in_button.clicked.connect(canvas.zoom_in)
        self.fit_button.clicked.connect(canvas.fit)
        self.zoom_button.clicked.connect(self._on_zoom_clicked)
        canvas.zoomed.connect(self._on_zoomed)
        self.first_step = QLabel(self.tr("No tables yet. Add one with “Round” or “Long”, or drop guests on the floor."))
        self.first_step.setProperty("look", "muted")
        self.first_step.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.first_step.hide()
        layers = QGridLayout(self)
        layers.setContentsMargins(0, 0, 0, 0)
        layers.addWidget(canvas, 0, 0)
        align = Qt.AlignmentFlag
        layers.addWidget(self.first_step, 0, 0, align.AlignCenter)
        layers.addWidget(_row([self.round_button, self.long_button]), 0, 0, align.AlignTop | align.AlignLeft)
        zoom = [self.zoom_out_button, self.zoom_button, self.zoom_in_button, self.fit_button]
        layers.addWidget(_row(zoom), 0, 0, align.AlignBottom | align.AlignRight)
        self._on_zoomed(canvas.zoom)

    def _menu(self, kinds: Sequence[TableKind]) -> QMenu:
        menu = QMenu(self)
        for kind in kinds:
            action = menu.addAction(
                self.tr("%n seats", "", kind.seats) + f"   ·   {kind.width / 1000:g} × {kind.height / 1000:g} m"
            )
            action.setData(kind)
            action.triggered.connect(self._on_kind_chosen)
        return menu

    def _on_kind_chosen(self) -> None:
        action = self.sender()
        if isinstance(action, QAction):
            self.table_wanted.emit(action.data())

    def _on_zoom_clicked(self) -> None:
        self._canvas.set_zoom(1.0)

    def _on_zoomed(self, zoom: float) -> None:
        self.zoom_button.setText(f"{round(zoom * 100)} %")
        self.zoom_button.setAccessibleName(self.tr("Zoom {percent} %").format(percent=round(zoom * 100)))


def _row(buttons: Sequence[QWidget]) -> QWidget:
    row = QWidget()
    layout = QHBoxLayout(row)
    layout.setContentsMargins(_EDGE, _EDGE, _EDGE, _EDGE)
    layout.setSpacing(6)
    for button in buttons:
        layout.addWidget(button)
    return row
