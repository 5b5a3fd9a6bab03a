"""The tour: the whole story played by real processes, with a screenshot of each step and a report."""

from desktop.tour.player import play_tour

__all__ = ["play_tour"]
