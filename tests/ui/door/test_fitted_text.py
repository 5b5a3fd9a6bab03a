"""Names are set as large as they fit, and never cut off."""

import pytest
from PySide6.QtGui import QFont

from ui.door.fitted_text import FittedText, fit_text
from ui.theme import Theme


def fitted(theme: Theme, text: str, width: float = 720, height: float = 260) -> FittedText:
    return fit_text(text, lambda size: theme.font(size, QFont.Weight.Bold), width, height, 76, 3)


def covered(text: FittedText) -> int:
    return sum(text.layout.lineAt(at).textLength() for at in range(text.lines))


def test_a_usual_name_stands_in_one_line_at_full_size(theme: Theme) -> None:
    text = fitted(theme, "Adaeze Okafor")
    assert (text.pixel_size, text.lines) == (76, 1)


@pytest.mark.parametrize(
    "name",
    [
        "Wilhelmina Aleksandra Konstantinopoulou Featherstone Szczepan",
        "Konstantinopoulou" * 4,
        "佐藤" * 30,
        "أمينة بنت عبد الرحمن بن محمد بن عبد الله بن سالم الهاشمي",
        "x",
    ],
)
def test_every_name_fits_whole(theme: Theme, name: str) -> None:
    text = fitted(theme, name)
    widest = max(text.layout.lineAt(at).naturalTextWidth() for at in range(text.lines))
    assert covered(text) == len(name)
    assert text.height <= 260
    assert widest <= 720


def test_words_are_kept_whole_while_there_is_room(theme: Theme) -> None:
    text = fitted(theme, "Wilhelmina Aleksandra Szczepańska")
    words = [text.layout.text()[line.textStart() :][: line.textLength()] for line in lines(text)]
    assert all(part.strip() in ["Wilhelmina", "Aleksandra", "Szczepańska"] or " " in part for part in words)


def lines(text: FittedText):
    return [text.layout.lineAt(at) for at in range(text.lines)]


def test_in_a_tiny_place_it_is_set_as_small_as_can_be(theme: Theme) -> None:
    assert fitted(theme, "Wilhelmina Aleksandra " * 10, 200, 20).pixel_size == 12
