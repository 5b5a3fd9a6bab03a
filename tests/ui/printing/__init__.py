"""Tests of what is put on paper."""
