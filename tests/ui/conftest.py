"""What tests of the screens share: a theme that the application wears."""

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QLocale
from PySide6.QtWidgets import QApplication

from ui.theme import Theme, ThemeMode


@pytest.fixture
def theme(qapp: QApplication) -> Iterator[Theme]:
    """The light theme, worn by the application for one test."""
    before = QLocale()
    QLocale.setDefault(QLocale(QLocale.Language.English, QLocale.Country.UnitedKingdom))
    worn = Theme(ThemeMode.LIGHT)
    worn.apply(qapp)
    yield worn
    QLocale.setDefault(before)
    # No event loop runs between tests: else every closed page lives on and is dressed again with each new theme.
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
