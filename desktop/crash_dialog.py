"""The dialog that says that something went wrong, with the way to the log."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Qt, QUrl, Signal, Slot
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import (
    QApplication,
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QLabel,
    QStyle,
    QVBoxLayout,
)

from desktop.crashes import CrashReport

_WIDTH = 460


class CrashDialogs(QObject):
    """Shows crash reports one at a time: what comes while one is open is in the log only.

    To be made on the screen's thread; ``show`` may be called from every thread.
    """

    _reported = Signal(object)

    def __init__(self, log_file: Path, parent: QObject | None = None) -> None:
        """``log_file`` is what "Open the log" opens."""
        super().__init__(parent)
        self._log_file = log_file
        self._dialog: CrashDialog | None = None
        # Queued from the screen's thread as well: an error may come from the middle of painting.
        self._reported.connect(self._on_reported, Qt.ConnectionType.QueuedConnection)

    @property
    def dialog(self) -> CrashDialog | None:
        """The dialog that is open now, if one is."""
        return self._dialog

    def show(self, report: CrashReport) -> None:
        """Ask for a report to be shown; returns at once."""
        self._reported.emit(report)

    def close(self) -> None:
        """Close the dialog that is open, if one is."""
        if self._dialog is not None:
            self._dialog.reject()

    @Slot(object)
    def _on_reported(self, report: CrashReport) -> None:
        if self._dialog is not None:
            return
        self._dialog = CrashDialog(report, self._log_file)
        self._dialog.finished.connect(self._on_dialog_finished)
        self._dialog.open()

    @Slot()
    def _on_dialog_finished(self) -> None:
        if self._dialog is not None:
            self._dialog.deleteLater()
            self._dialog = None


class CrashDialog(QDialog):
    """One sentence about what went wrong, and what can be done with the report; nobody has to read it."""

    def __init__(self, report: CrashReport, log_file: Path) -> None:
        super().__init__(QApplication.activeWindow())
        self._report = report
        self._log_file = log_file
        self.setWindowTitle(self.tr("Usher"))
        self.sentence = _wrapped(report.sentence)
        self.hint = _wrapped(
            self.tr("You can go on working. If it happens again, send the report to those who look after Usher.")
        )
        self.hint.setProperty("look", "muted")
        icon = QLabel()
        size = 2 * self.fontMetrics().height()
        icon.setPixmap(self.style().standardIcon(QStyle.StandardPixmap.SP_MessageBoxWarning).pixmap(size))
        icon.setAlignment(Qt.AlignmentFlag.AlignTop)

        # Not a QMessageBox: each of its buttons closes it, and the log may be wanted after the copy.
        box = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        self.open_button = box.addButton(self.tr("Open the log"), QDialogButtonBox.ButtonRole.ActionRole)
        self.copy_button = box.addButton(self.tr("Copy the report"), QDialogButtonBox.ButtonRole.ActionRole)
        # Whichever button the focus is given to first: Enter closes.
        for button in (self.open_button, self.copy_button):
            button.setAutoDefault(False)
        self.open_button.clicked.connect(self._on_open_clicked)
        self.copy_button.clicked.connect(self._on_copy_clicked)
        box.rejected.connect(self.reject)
        close = box.button(QDialogButtonBox.StandardButton.Close)
        close.setDefault(True)
        close.setFocus()

        texts = QVBoxLayout()
        texts.setSpacing(8)
        texts.addWidget(self.sentence)
        texts.addWidget(self.hint)
        message = QHBoxLayout()
        message.setSpacing(16)
        message.addWidget(icon)
        message.addLayout(texts, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 20, 20, 16)
        column.setSpacing(20)
        column.addLayout(message, 1)
        column.addWidget(box)
        self.setMinimumWidth(_WIDTH)

    @Slot()
    def _on_open_clicked(self) -> None:
        if not QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._log_file))):
            # At least the way there: no program is set up for such files.
            self.hint.setText(self.tr("The log is here: {path}").format(path=self._log_file))

    @Slot()
    def _on_copy_clicked(self) -> None:
        QGuiApplication.clipboard().setText(self._report.text)
        self.copy_button.setText(self.tr("Copied"))


def _wrapped(text: str) -> QLabel:
    label = QLabel(text)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    label.setWordWrap(True)
    return label
