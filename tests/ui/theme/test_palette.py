"""Whether every text can be read in every theme."""

from itertools import product

import pytest
from PySide6.QtGui import QColor

from ui.theme.palette import DARK, HIGH_CONTRAST, LIGHT, ColourRole, Colours

LEAST_CONTRAST = 4.5

PLAIN_SURFACES = ("background", "surface", "raised")
PAIRS = [
    *product(("text", "muted", "ok", "warning", "bad", "accent", "accent_ink"), PLAIN_SURFACES),
    *product(("text", "muted_ink"), ("ok_soft", "warning_soft", "bad_soft", "accent_soft", "background")),
    ("ok_ink", "ok_soft"),
    ("warning_ink", "warning_soft"),
    ("bad_ink", "bad_soft"),
    ("accent_ink", "accent_soft"),
    ("on_accent", "accent"),
    ("on_accent", "accent_strong"),
    ("on_verdict", "verdict_ok"),
    ("on_verdict", "verdict_warning"),
    ("on_verdict", "verdict_bad"),
]


def luminance(colour: QColor) -> float:
    """Relative luminance as WCAG 2.2 defines it."""

    def linear(channel: float) -> float:
        return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4

    return 0.2126 * linear(colour.redF()) + 0.7152 * linear(colour.greenF()) + 0.0722 * linear(colour.blueF())


def contrast(one: QColor, other: QColor) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def test_contrast_of_black_on_white_is_twenty_one() -> None:
    assert contrast(QColor("black"), QColor("white")) == pytest.approx(21)


@pytest.mark.parametrize("colours", [LIGHT, DARK, HIGH_CONTRAST], ids=["light", "dark", "high-contrast"])
def test_every_text_reads_on_its_surface(colours: Colours) -> None:
    weak = {
        f"{text} on {surface}": round(ratio, 2)
        for text, surface in PAIRS
        if (ratio := contrast(colours.of(ColourRole(text)), colours.of(ColourRole(surface)))) < LEAST_CONTRAST
    }

    assert weak == {}


def test_high_contrast_text_reaches_the_strict_grade() -> None:
    assert contrast(QColor(HIGH_CONTRAST.muted), QColor(HIGH_CONTRAST.surface)) > 7


def test_every_role_names_a_colour_and_every_colour_has_a_role() -> None:
    assert {role.value for role in ColourRole} == set(LIGHT.by_name())
