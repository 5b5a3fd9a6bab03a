"""Applies Fusion, the palette, the font and the one style sheet, and follows the system's colour scheme."""

from enum import Enum
from importlib.resources import files
from pathlib import Path
from string import Template

from PySide6.QtCore import QEvent, QObject, Qt, QTemporaryDir, Signal
from PySide6.QtGui import QAction, QFont, QGuiApplication, QIcon, QPixmap
from PySide6.QtWidgets import QAbstractButton, QApplication, QWidget

from ui.theme.fonts import BODY_SIZE, load_bundled_fonts, text_font
from ui.theme.icons import IconPainter, application_icon, icon_source
from ui.theme.palette import DARK, HIGH_CONTRAST, LIGHT, ColourRole, Colours, qt_palette

# A style sheet can only show pictures that are files.
_STYLE_SHEET_ICONS = {
    "chevron-down": "muted",
    "chevron-up": "muted",
    "check": "on_accent",
    "minus": "on_accent",
}


class ThemeMode(Enum):
    """What decides the colours: the system, or the person."""

    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"
    HIGH_CONTRAST = "high-contrast"


class Theme(QObject):
    """Knows the colours in use, dresses the application in them and says when they change."""

    changed = Signal()

    def __init__(self, mode: ThemeMode = ThemeMode.SYSTEM, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._mode = mode
        self._app: QApplication | None = None
        self._icons = IconPainter()
        self._picture_folder = QTemporaryDir()
        self._colours = self._wanted_colours()

    @property
    def colours(self) -> Colours:
        """The colours in use now."""
        return self._colours

    @property
    def mode(self) -> ThemeMode:
        """What the colours are chosen by."""
        return self._mode

    @property
    def is_dark(self) -> bool:
        """Whether the background is darker than the text."""
        colours = self._colours
        return colours.of(ColourRole.BACKGROUND).lightness() < colours.of(ColourRole.TEXT).lightness()

    def apply(self, app: QApplication) -> None:
        """Dress `app` in this theme, now and whenever the mode or the system's scheme changes."""
        if self._app is None:
            hints = app.styleHints()
            hints.colorSchemeChanged.connect(self._on_system_scheme_changed)
            hints.accessibility().contrastPreferenceChanged.connect(self._on_system_scheme_changed)
        self._app = app
        load_bundled_fonts()
        app.setStyle("Fusion")
        app.setFont(text_font(BODY_SIZE))
        app.setWindowIcon(application_icon())
        self._tell_system()
        self._colours = self._wanted_colours()
        self._dress()

    def set_mode(self, mode: ThemeMode) -> None:
        """Choose the colours by `mode` from now on."""
        self._mode = mode
        self._tell_system()
        self._refresh()

    def icon(self, name: str, role: ColourRole = ColourRole.TEXT) -> QIcon:
        """Return the bundled icon `name` in a colour of this theme.

        It keeps its colour when the theme changes; `keep_icon` is for what stays on the screen.
        Raises `FileNotFoundError` when there is no such icon.
        """
        faded = self._colours.of(ColourRole.MUTED)
        faded.setAlphaF(0.55)
        return self._icons.icon(name, self._colours.of(role), faded)

    def pixmap(self, name: str, role: ColourRole, size: int, device_pixel_ratio: float = 1.0) -> QPixmap:
        """Return the bundled icon `name` as a picture of `size` logical pixels.

        Raises `FileNotFoundError` when there is no such icon.
        """
        return self._icons.pixmap(name, self._colours.of(role), size, device_pixel_ratio)

    def font(self, size: float = BODY_SIZE, weight: QFont.Weight = QFont.Weight.Normal) -> QFont:
        """Return the interface font with tabular figures, for painting by hand."""
        return text_font(size, weight)

    def keep_icon(self, target: QAction | QAbstractButton, name: str, role: ColourRole = ColourRole.TEXT) -> None:
        """Give `target` the icon `name` and redraw it at every change of colours."""
        keeper = target.findChild(_IconKeeper, options=Qt.FindChildOption.FindDirectChildrenOnly)
        if keeper is None:
            keeper = _IconKeeper(self, target)
        keeper.keep(name, role)

    def _wanted_colours(self) -> Colours:
        if self._mode is ThemeMode.SYSTEM:
            return self._system_colours()
        chosen = {ThemeMode.LIGHT: LIGHT, ThemeMode.DARK: DARK, ThemeMode.HIGH_CONTRAST: HIGH_CONTRAST}
        return chosen[self._mode]

    @staticmethod
    def _system_colours() -> Colours:
        if QGuiApplication.instance() is None:
            return LIGHT
        hints = QGuiApplication.styleHints()
        if hints.accessibility().contrastPreference() == Qt.ContrastPreference.HighContrast:
            return HIGH_CONTRAST
        return DARK if hints.colorScheme() == Qt.ColorScheme.Dark else LIGHT

    def _tell_system(self) -> None:
        # Title bars and native dialogs are drawn by the system: they follow only when it is told.
        if self._app is None:
            return
        hints = self._app.styleHints()
        if self._mode is ThemeMode.SYSTEM:
            hints.unsetColorScheme()
        else:
            light = self._mode is ThemeMode.LIGHT
            hints.setColorScheme(Qt.ColorScheme.Light if light else Qt.ColorScheme.Dark)

    def _refresh(self) -> None:
        wanted = self._wanted_colours()
        if wanted == self._colours:
            return
        self._colours = wanted
        if self._app is not None:
            self._dress()
        self.changed.emit()

    def _dress(self) -> None:
        assert self._app is not None
        self._app.setPalette(qt_palette(self._colours))
        self._app.setStyleSheet(self.style_sheet())

    def style_sheet(self) -> str:
        """Return the application's style sheet, filled with the colours in use."""
        template = Template((files("resources") / "themes" / "usher.qss").read_text("utf-8"))
        return template.substitute(self._colours.by_name() | self._style_sheet_pictures())

    def _style_sheet_pictures(self) -> dict[str, str]:
        pictures: dict[str, str] = {}
        for name, role in _STYLE_SHEET_ICONS.items():
            colour = self._colours.by_name()[role]
            path = Path(self._picture_folder.path()) / f"{name}-{colour.removeprefix('#')}.svg"
            if not path.exists():
                path.write_bytes(icon_source(name, colour))
            pictures[f"{name.replace('-', '_')}_picture"] = path.as_posix()
        return pictures

    def _on_system_scheme_changed(self) -> None:
        if self._mode is ThemeMode.SYSTEM:
            self._refresh()


class ThemedWidget(QWidget):
    """A widget that paints with the theme's colours and repaints when they change."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        theme.changed.connect(self._on_theme_changed)

    @property
    def theme(self) -> Theme:
        """The theme this widget is dressed in."""
        return self._theme

    def _on_theme_changed(self) -> None:
        self.update()


class _IconKeeper(QObject):
    """Redraws the icon of one button or action when the colours change; lives as long as that does."""

    def __init__(self, theme: Theme, target: QAction | QAbstractButton) -> None:
        super().__init__(target)
        self._theme = theme
        self._target = target
        self._name = ""
        self._role = ColourRole.TEXT
        theme.changed.connect(self._on_theme_changed)

    def keep(self, name: str, role: ColourRole) -> None:
        """Show the icon `name` in the colour of `role` from now on."""
        self._name = name
        self._role = role
        self._on_theme_changed()

    def _on_theme_changed(self) -> None:
        self._target.setIcon(self._theme.icon(self._name, self._role))


def set_look(widget: QWidget, name: str, value: str) -> None:
    """Set a property that the style sheet selects by, such as `tone`, and show it at once."""
    if widget.property(name) == value:
        return
    widget.setProperty(name, value)
    style = widget.style()
    style.unpolish(widget)
    style.polish(widget)
    QApplication.sendEvent(widget, QEvent(QEvent.Type.StyleChange))
    widget.update()
