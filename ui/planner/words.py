"""Says in words what the plan shows in dots: who sits on a seat and what to think of with them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from PySide6.QtCore import QCoreApplication

from models.invitations import Rsvp
from models.room import Marker, RoomGuest, RoomSeat, RoomTable
from models.seating import Shape

translate = QCoreApplication.translate

_FEW_NAMES = 3


def guest_remarks(guest: RoomGuest) -> list[str]:
    """Give what to think of with a guest, each in a word or two."""
    remarks = [guest.diet] if guest.diet else []
    if guest.access_needs:
        remarks.append(guest.access_needs)
    if Marker.VIP in guest.markers:
        remarks.append(translate("Planner", "VIP"))
    if Marker.CHILD in guest.markers:
        remarks.append(translate("Planner", "child"))
    return remarks


def seat_words(seat: RoomSeat) -> str:
    """Say who sits on a seat, or what kind of seat it is."""
    if seat.guest is not None:
        parts = [seat.guest.name, *guest_remarks(seat.guest)]
        if seat.guest.rsvp is Rsvp.PENDING:
            parts.append(translate("Planner", "has not answered"))
        return " · ".join(parts)
    parts = [translate("Planner", "Seat {number}").format(number=seat.number)]
    parts.append(translate("Planner", "blocked") if seat.blocked else translate("Planner", "free"))
    if seat.accessible:
        parts.append(translate("Planner", "for a wheelchair"))
    return " · ".join(parts)


def shape_words(table: RoomTable) -> str:
    """Say which shape and size a table has ("round · 1.8 m")."""
    if table.shape is Shape.ROUND:
        return translate("Planner", "round · {size} m").format(size=_metres(table.width))
    return translate("Planner", "long · {width} × {height} m").format(
        width=_metres(table.width), height=_metres(table.height)
    )


def meal_words(guests: Sequence[RoomGuest]) -> str:
    """Count the meals of some guests ("3 fish · 1 vegan")."""
    counted = Counter(guest.meal for guest in guests if guest.meal)
    return " · ".join(f"{count} {meal}" for meal, count in counted.most_common())


def table_title(label: str) -> str:
    """Name a table in a sentence or a heading."""
    return translate("Planner", "Table {label}").format(label=label)


def tables_in_words(tables: Sequence[RoomTable]) -> str:
    """Name one table, or count several."""
    if len(tables) == 1:
        return table_title(tables[0].label)
    return translate("Planner", "%n tables", None, len(tables))


def names_in_a_sentence(names: Sequence[str]) -> str:
    """Join names as in a sentence, the first three and how many more."""
    # A name in another script must not turn the sentence round.
    names = [f"\u2068{name}\u2069" for name in names]
    if len(names) == 1:
        return names[0]
    if len(names) <= _FEW_NAMES + 1:
        return translate("Planner", "{names} and {last}").format(names=", ".join(names[:-1]), last=names[-1])
    return translate("Planner", "{names} and %n others", None, len(names) - _FEW_NAMES).format(
        names=", ".join(names[:_FEW_NAMES])
    )


def _metres(millimetres: int) -> str:
    return f"{millimetres / 1000:.2f}".rstrip("0").rstrip(".")
