"""What the tests of the inbox share."""

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QApplication


@pytest.fixture(autouse=True)
def closed_pages_are_destroyed(qapp: QApplication) -> Iterator[None]:
    """Destroy what a test closed: without a running event loop Qt keeps it, and each new theme dresses it again."""
    yield
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
