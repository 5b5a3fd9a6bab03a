"""Carrying guests from one place to another: what travels in a drag, and what is seen of it."""

from __future__ import annotations

import json
from collections.abc import Sequence

from PySide6.QtCore import QMimeData, QPoint, QRectF, Qt
from PySide6.QtGui import QColor, QDrag, QFont, QFontMetricsF, QPainter, QPen, QPixmap
from PySide6.QtWidgets import QWidget

from ui.theme import ColourRole, Theme

MIME_TYPE = "application/x-usher-attendees"
_PADDING = 12
_SHADOW = 14
_WIDEST_TEXT = 260
_HELD_AT = QPoint(_SHADOW + 20, _SHADOW + 22)


def parcel(attendee_ids: Sequence[str]) -> QMimeData:
    """Wrap attendee ids for a drag."""
    mime = QMimeData()
    mime.setData(MIME_TYPE, json.dumps(list(attendee_ids)).encode())
    return mime


def unpacked(mime: QMimeData) -> tuple[str, ...]:
    """Give the attendee ids of a drag; none when it carries something else or cannot be read."""
    if not mime.hasFormat(MIME_TYPE):
        return ()
    try:
        found = json.loads(bytes(mime.data(MIME_TYPE).data()))
    except ValueError:
        return ()
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        return ()
    return tuple(dict.fromkeys(found))


def carry(source: QWidget, attendee_ids: Sequence[str], picture: QPixmap) -> None:
    """Let the pointer carry guests until it lets go of them; returns then."""
    drag = QDrag(source)
    drag.setMimeData(parcel(attendee_ids))
    drag.setPixmap(picture)
    drag.setHotSpot(_HELD_AT)
    drag.exec(Qt.DropAction.MoveAction)


def party_picture(theme: Theme, title: str, line: str, device_pixel_ratio: float) -> QPixmap:
    """Draw the card under the pointer: who is carried, and how they will sit."""
    strong, small = theme.font(13, QFont.Weight.DemiBold), theme.font(12)
    wide, narrow = QFontMetricsF(strong), QFontMetricsF(small)
    title = wide.elidedText(title, Qt.TextElideMode.ElideRight, _WIDEST_TEXT)
    line = narrow.elidedText(line, Qt.TextElideMode.ElideRight, _WIDEST_TEXT)
    text_width = max(wide.horizontalAdvance(title), narrow.horizontalAdvance(line), 110.0)
    card = QRectF(_SHADOW, _SHADOW, text_width + 2 * _PADDING, wide.height() + narrow.height() + 16)
    pixmap = QPixmap(
        round((card.width() + 2 * _SHADOW) * device_pixel_ratio),
        round((card.height() + 2 * _SHADOW + 4) * device_pixel_ratio),
    )
    pixmap.setDevicePixelRatio(device_pixel_ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    _paint_shadow(painter, card)
    painter.setPen(QPen(theme.colours.of(ColourRole.ACCENT), 1.6))
    painter.setBrush(theme.colours.of(ColourRole.SURFACE))
    painter.drawRoundedRect(card, 9, 9)
    top = card.top() + 7
    painter.setFont(strong)
    painter.setPen(theme.colours.of(ColourRole.TEXT))
    painter.drawText(
        QRectF(card.left() + _PADDING, top, text_width + 2, wide.height()), Qt.AlignmentFlag.AlignLeft, title
    )
    painter.setFont(small)
    painter.setPen(theme.colours.of(ColourRole.MUTED))
    painter.drawText(
        QRectF(card.left() + _PADDING, top + wide.height() + 2, text_width + 2, narrow.height()),
        Qt.AlignmentFlag.AlignLeft,
        line,
    )
    painter.end()
    return pixmap


def _paint_shadow(painter: QPainter, card: QRectF) -> None:
    painter.setPen(Qt.PenStyle.NoPen)
    for width in range(_SHADOW, 0, -2):
        painter.setBrush(QColor(0, 0, 0, 3 + (_SHADOW - width) // 2))
        painter.drawRoundedRect(card.adjusted(-width, -width + 4, width, width + 4), 9 + width, 9 + width)
