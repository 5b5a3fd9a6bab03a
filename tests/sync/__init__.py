"""Tests of both ends of the wire."""
