"""QR codes as vector shapes, sharp at every size and on every printer."""

from __future__ import annotations

import qrcode
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainterPath
from qrcode.exceptions import DataOverflowError
from qrcode.util import QRData

TICKET_VERSION = 5
"""37 × 37 modules: with correction M it holds 202 digits, and a signed code has 194."""
QUIET_MODULES = 4
"""The empty border that the standard asks for, in modules."""


def ticket_modules(digits: str) -> list[list[bool]]:
    """Encode a signed code as the dark and light modules of a QR code, row by row, without its border.

    Version 5 with correction M, digits packed as numbers. Raises ValueError for anything but digits, or too many.
    """
    if not (digits.isascii() and digits.isdigit()):
        raise ValueError("a signed code consists of digits")
    code = qrcode.QRCode(version=TICKET_VERSION, error_correction=qrcode.ERROR_CORRECT_M, border=0)
    code.add_data(QRData(digits), optimize=0)
    try:
        code.make(fit=False)
    except DataOverflowError as error:
        raise ValueError("a signed code has 194 digits") from error
    return [[bool(dark) for dark in row] for row in code.get_matrix()]


def ticket_path(digits: str, corner: QPointF, width: float) -> QPainterPath:
    """Draw a signed code as one shape: ``width`` wide without the border, its top left corner at ``corner``.

    All dark modules are in one path, so that no seam shows between neighbours wherever it is rendered.
    """
    return _path(ticket_modules(digits), corner, width)


def text_path(text: str, corner: QPointF, width: float) -> QPainterPath:
    """Draw any text as one shape that is ``width`` wide, its border of 4 empty modules included.

    Raises ValueError for a text that no QR code holds (about 2,300 bytes).
    """
    code = qrcode.QRCode(error_correction=qrcode.ERROR_CORRECT_M, border=QUIET_MODULES)
    code.add_data(text)
    code.make(fit=True)
    return _path([[bool(dark) for dark in row] for row in code.get_matrix()], corner, width)


def _path(rows: list[list[bool]], corner: QPointF, width: float) -> QPainterPath:
    side = width / len(rows)
    path = QPainterPath()
    path.setFillRule(Qt.FillRule.WindingFill)
    for line, row in enumerate(rows):
        start: int | None = None
        for place, dark in enumerate([*row, False]):
            if dark and start is None:
                start = place
            elif not dark and start is not None:
                path.addRect(QRectF(corner.x() + start * side, corner.y() + line * side, (place - start) * side, side))
                start = None
    return path
