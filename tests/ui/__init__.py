"""Tests of the screens, with real widgets and real events."""
