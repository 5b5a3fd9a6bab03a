"""Reads, compares and writes guest lists as they come from spreadsheets and other programs."""
