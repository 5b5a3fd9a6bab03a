"""Tests of reading, comparing and writing guest lists."""
