"""Tests of `ui/guests`."""
