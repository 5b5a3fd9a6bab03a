"""Tests of the inbox of conflicts."""
