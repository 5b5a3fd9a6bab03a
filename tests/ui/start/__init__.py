"""Tests of `ui/start`."""
