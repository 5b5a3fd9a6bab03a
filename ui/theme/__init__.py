"""How Usher looks: colours, fonts, icons and sounds, gathered in one `Theme` that widgets are given."""

from ui.theme.palette import ColourRole, Colours
from ui.theme.style import Theme, ThemeMode

__all__ = ["ColourRole", "Colours", "Theme", "ThemeMode"]
