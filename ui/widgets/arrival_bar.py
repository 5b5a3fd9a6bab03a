"""A bar that shows how much of something large has arrived."""

from dataclasses import dataclass

from PySide6.QtWidgets import QProgressBar, QWidget


@dataclass(frozen=True, slots=True)
class Arrived:
    """How much of a whole is here, in bytes."""

    received: int
    total: int


class ArrivalBar(QProgressBar):
    """Shows how much has arrived, and takes no room while nothing is on its way."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setTextVisible(False)
        self.setAccessibleName(self.tr("Fetching the event"))
        self.hide()

    def show_arrived(self, arrived: Arrived | None) -> None:
        """Show how much is here; None when nothing is on its way, or no longer."""
        if arrived is not None:
            self.setRange(0, arrived.total)
            self.setValue(arrived.received)
        self.setVisible(arrived is not None)
