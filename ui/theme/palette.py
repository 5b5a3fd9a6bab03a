"""The named colours of every theme."""

from dataclasses import dataclass, fields
from enum import StrEnum

from PySide6.QtGui import QColor, QPalette


class ColourRole(StrEnum):
    """A colour by its meaning; each value is the name of a field of `Colours`."""

    BACKGROUND = "background"
    SURFACE = "surface"
    RAISED = "raised"
    LINE = "line"
    TEXT = "text"
    MUTED = "muted"
    MUTED_INK = "muted_ink"
    OK = "ok"
    OK_SOFT = "ok_soft"
    OK_INK = "ok_ink"
    WARNING = "warning"
    WARNING_SOFT = "warning_soft"
    WARNING_INK = "warning_ink"
    BAD = "bad"
    BAD_SOFT = "bad_soft"
    BAD_INK = "bad_ink"
    ACCENT = "accent"
    ACCENT_SOFT = "accent_soft"
    ACCENT_INK = "accent_ink"
    ACCENT_STRONG = "accent_strong"
    ON_ACCENT = "on_accent"
    VERDICT_OK = "verdict_ok"
    VERDICT_WARNING = "verdict_warning"
    VERDICT_BAD = "verdict_bad"
    ON_VERDICT = "on_verdict"


@dataclass(frozen=True, slots=True)
class Colours:
    """One complete set of named colours, each as `#RRGGBB`.

    A `soft` colour is a quiet surface; its `ink` is the text colour that reads on it (WCAG AA, 4.5:1),
    and `muted_ink` is the muted text for every soft surface. `accent_strong` is the accent while pressed.
    """

    background: str
    surface: str
    raised: str
    line: str
    text: str
    muted: str
    muted_ink: str
    ok: str
    ok_soft: str
    ok_ink: str
    warning: str
    warning_soft: str
    warning_ink: str
    bad: str
    bad_soft: str
    bad_ink: str
    accent: str
    accent_soft: str
    accent_ink: str
    accent_strong: str
    on_accent: str
    verdict_ok: str = "#15803D"
    verdict_warning: str = "#B45309"
    verdict_bad: str = "#B3261E"
    on_verdict: str = "#FFFFFF"

    def of(self, role: ColourRole) -> QColor:
        """Return the colour for `role`, ready to paint with."""
        return QColor(getattr(self, role.value))

    def by_name(self) -> dict[str, str]:
        """Return every colour under its name, to fill a style sheet with."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


LIGHT = Colours(
    background="#F6F6F3",
    surface="#FFFFFF",
    raised="#FBFBF9",
    line="#E4E3DD",
    text="#1D2125",
    muted="#6A7178",
    muted_ink="#555C63",
    ok="#15803D",
    ok_soft="#DDF3E4",
    ok_ink="#12703A",
    warning="#B45309",
    warning_soft="#FBEBD3",
    warning_ink="#9A4507",
    bad="#B3261E",
    bad_soft="#FADEDB",
    bad_ink="#A8231B",
    accent="#0F6E66",
    accent_soft="#DCEFEC",
    accent_ink="#0F6E66",
    accent_strong="#0B5851",
    on_accent="#FFFFFF",
)

DARK = Colours(
    background="#15171A",
    surface="#1D2024",
    raised="#22262B",
    line="#32373D",
    text="#ECEEF0",
    muted="#9AA2AB",
    muted_ink="#B4BBC3",
    ok="#22A559",
    ok_soft="#17361F",
    ok_ink="#3FC47A",
    warning="#E39A3B",
    warning_soft="#3D2E17",
    warning_ink="#E39A3B",
    bad="#E5665C",
    bad_soft="#42211F",
    bad_ink="#F0857C",
    accent="#4FB8AC",
    accent_soft="#173A37",
    accent_ink="#62C5BA",
    accent_strong="#3FA398",
    on_accent="#0D1413",
)

HIGH_CONTRAST = Colours(
    background="#000000",
    surface="#000000",
    raised="#0C0F12",
    line="#C9CED4",
    text="#FFFFFF",
    muted="#DDE2E7",
    muted_ink="#FFFFFF",
    ok="#4ADE80",
    ok_soft="#06260F",
    ok_ink="#7DF0A6",
    warning="#FFC24B",
    warning_soft="#2E2003",
    warning_ink="#FFD482",
    bad="#FF8A80",
    bad_soft="#340B08",
    bad_ink="#FFB3AC",
    accent="#5EEAD8",
    accent_soft="#06302B",
    accent_ink="#8FF5E8",
    accent_strong="#9BF7EB",
    on_accent="#000000",
)


def qt_palette(colours: Colours) -> QPalette:
    """Return the toolkit's palette for `colours`, for everything the style sheet does not name."""
    palette = QPalette()
    role = QPalette.ColorRole
    chosen = {
        role.Window: colours.background,
        role.WindowText: colours.text,
        role.Base: colours.surface,
        role.AlternateBase: colours.raised,
        role.Text: colours.text,
        role.PlaceholderText: colours.muted,
        role.Button: colours.raised,
        role.ButtonText: colours.text,
        role.BrightText: colours.bad,
        role.ToolTipBase: colours.text,
        role.ToolTipText: colours.surface,
        role.Highlight: colours.accent_soft,
        role.HighlightedText: colours.text,
        role.Accent: colours.accent,
        role.Link: colours.accent,
        role.LinkVisited: colours.accent,
        role.Light: colours.raised,
        role.Midlight: colours.line,
        role.Mid: colours.line,
        role.Dark: colours.line,
        role.Shadow: colours.line,
    }
    for colour_role, value in chosen.items():
        palette.setColor(colour_role, QColor(value))
    for colour_role in (role.WindowText, role.Text, role.ButtonText, role.HighlightedText):
        palette.setColor(QPalette.ColorGroup.Disabled, colour_role, QColor(colours.muted))
    return palette
