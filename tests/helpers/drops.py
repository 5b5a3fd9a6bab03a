"""Carrying guests with the pointer, by the same events that the guided tour sends."""

from ui.planner.gestures import drag_away, drag_over, drop, drop_on, hold

__all__ = ["drag_away", "drag_over", "drop", "drop_on", "hold"]
