"""Tests of the door's screen."""
